"""How amounts, instants, dates and counts are written for people: the GOV.UK way, in London time."""

from __future__ import annotations

from flask import Flask
from markupsafe import Markup

from bacs.calendar import LONDON
from payouts.when import clock, day, instant, short_day, time_of_day, weekday

# pages find all figures in one place; messages know those of time too
__all__ = ["LONDON", "clock", "day", "instant", "short_day", "time_of_day", "weekday"]


def pounds(pence: int) -> str:
    """`£1,234.50` from 123450; `-£0.05` from -5."""
    sign = "-" if pence < 0 else ""
    whole, rest = divmod(abs(pence), 100)
    return f"{sign}£{whole:,}.{rest:02d}"


def count(number: int, one: str, many: str = "") -> str:
    """`1 payee`, `5,000 payees`. Without `many`, an s is put on `one`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def up_to(number: int, most: int, one: str, many: str = "") -> str:
    """`5 payees`, `999 payees`, `More than 999 payees` where no more than `most` were counted."""
    return count(number, one, many) if number < most else f"More than {count(most - 1, one, many)}"


def number(value: int) -> str:
    return f"{value:,}"


def payments_in(payments: int, items: int | None) -> str:
    """`60`, or `60, in 45 credits` where some payments go to the bank as one. items: none of what was kept before."""
    return number(payments) if not items or items == payments else f"{number(payments)}, in {count(items, 'credit')}"


def file_size(octets: int) -> str:
    """`640 kB`, `20 MB`: in thousands, as file managers show it."""
    if octets < 1_000:
        return count(octets, "byte")
    if octets < 1_000_000:
        return f"{octets / 1_000:.0f} kB"
    return f"{octets / 1_000_000:.0f} MB"


def digest(written: str) -> Markup:
    """A digest in its own type, that may break anywhere on a narrow screen."""
    return Markup('<span class="app-digest">{}</span>').format(written)


def wait(seconds: float) -> str:
    """`30 seconds`, `5 minutes`: rounded up, so that whoever waits this long has waited long enough."""
    whole = max(1, -int(-seconds // 1))
    return count(whole, "second") if whole < 60 else count(-(-whole // 60), "minute")


def register(app: Flask) -> None:
    for figure in (
        pounds,
        count,
        number,
        payments_in,
        day,
        short_day,
        weekday,
        clock,
        time_of_day,
        instant,
        file_size,
        digest,
    ):
        app.add_template_filter(figure)

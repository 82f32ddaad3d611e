"""The tables of a report: one definition for the page, for CSV and for a workbook, so that all say the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from payouts.reports.figures import Figures, Report
from payouts.reports.outstanding import Age, Outstanding

Cell = str | date | int | float | None


class Kind(StrEnum):
    """What a column holds: pence, hundredths of a penny, a share from 0 to 1 …"""

    WORDS = "words"
    STEP = "step"
    COUNT = "count"
    PENCE = "pence"
    HUNDREDTHS = "hundredths"
    SHARE = "share"


class Column(NamedTuple):
    words: str
    kind: Kind


class Table(NamedTuple):
    """A table: every row has a cell a column. `name` stands in addresses and file names."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: list[tuple[Cell, ...]]


CHANNELS = {
    "bacs": "Bacs",
    "faster_payments_file": "Faster Payments file",
    "bank_portal": "Bank’s portal",
    "cheque": "Cheque",
}
AGES = {
    Age.NOT_DUE: "Not due before today",
    Age.UP_TO_A_WEEK: "Due 1 to 7 days ago",
    Age.UP_TO_A_MONTH: "Due 8 to 30 days ago",
    Age.UP_TO_A_QUARTER: "Due 31 to 90 days ago",
    Age.LONGER: "Due more than 90 days ago",
}


def channel_words(channel: str) -> str:
    return CHANNELS.get(channel, channel.replace("_", " ").capitalize())


FIGURES = (
    Column("Released", Kind.COUNT),
    Column("Released, amount", Kind.PENCE),
    Column("Paid", Kind.COUNT),
    Column("Paid, amount", Kind.PENCE),
    Column("Paid share", Kind.SHARE),
    Column("Came back", Kind.COUNT),
    Column("Came back share", Kind.SHARE),
)


def figure_cells(figures: Figures) -> tuple[Cell, ...]:
    return (
        figures.released.payments,
        figures.released.pence,
        figures.paid.payments,
        figures.paid.pence,
        figures.paid_share,
        figures.came_back.payments,
        figures.returned_share,
    )


OF_A_STEP = (
    Column("Released", Kind.COUNT),
    Column("Released, amount", Kind.PENCE),
    Column("Paid share", Kind.SHARE),
    Column("Came back", Kind.COUNT),
)


def over_time(now: Report, before: Report | None) -> Table:
    """Each step beside the one at its place in the days before."""
    columns = [Column("Pay dates", Kind.STEP), *OF_A_STEP]
    if before is not None:
        columns += [
            Column("Held against", Kind.STEP),
            Column("Released then, amount", Kind.PENCE),
            Column("Came back then", Kind.COUNT),
        ]
    return Table("over-time", "Over time", tuple(columns), list(steps_beside(now, before)))


def steps_beside(now: Report, before: Report | None) -> Iterator[tuple[Cell, ...]]:
    earlier = list(before.steps.items()) if before else []
    for place, (step, figures) in enumerate(now.steps.items()):
        released, back = figures.released, figures.came_back
        row: tuple[Cell, ...] = (step, released.payments, released.pence, figures.paid_share, back.payments)
        if before is not None:
            then, those = earlier[place] if place < len(earlier) else (None, Figures())
            row += (then, those.released.pence, those.came_back.payments)
        yield row


def by_scheme(now: Report, names: Sequence[tuple[UUID, str]]) -> Table:
    rows = [(name, *figure_cells(now.schemes[key])) for key, name in names if key in now.schemes]
    return Table("by-scheme", "By scheme", (Column("Scheme", Kind.WORDS), *FIGURES), rows)


def by_channel(now: Report, before: Report | None) -> Table:
    """How payments went, what they cost, and how that has shifted."""
    columns = [
        Column("Channel", Kind.WORDS),
        Column("Released", Kind.COUNT),
        Column("Share", Kind.SHARE),
        Column("Released, amount", Kind.PENCE),
        Column("Cost", Kind.PENCE),
        Column("Cost of a payment", Kind.HUNDREDTHS),
    ]
    if before is not None:
        columns += [Column("Released then", Kind.COUNT), Column("Share then", Kind.SHARE)]
    rows: list[tuple[Cell, ...]] = []
    for channel in sorted({*now.channels, *(before.channels if before else ())}):
        figures, cost = now.channels.get(channel, Figures()), now.costs.get(channel)
        row: tuple[Cell, ...] = (
            channel_words(channel),
            figures.released.payments,
            share(figures, now),
            figures.released.pence,
            cost.pence if cost else None,
            cost.hundredths_a_payment if cost else None,
        )
        if before is not None:
            then = before.channels.get(channel, Figures())
            row += (then.released.payments, share(then, before))
        rows.append(row)
    return Table("by-channel", "By channel", tuple(columns), rows)


def share(figures: Figures, of: Report) -> float | None:
    whole = of.total.released.payments
    return figures.released.payments / whole if whole else None


def on_time(now: Report, before: Report | None) -> Table:
    columns = [
        Column("Pay dates", Kind.WORDS),
        Column("Paid on time", Kind.COUNT),
        Column("Paid late", Kind.COUNT),
        Column("On time share", Kind.SHARE),
        Column("On its way", Kind.COUNT),
        Column("Returned and held", Kind.COUNT),
        Column("Ended otherwise", Kind.COUNT),
    ]
    named = [("These days", now), *([("Held against", before)] if before else [])]
    rows: list[tuple[Cell, ...]] = [
        (
            name,
            one.total.on_time.payments,
            one.total.late.payments,
            one.total.on_time_share,
            one.total.on_its_way.payments,
            one.total.held.payments,
            one.total.ended.payments,
        )
        for name, one in named
    ]
    return Table("on-time", "On time and late", tuple(columns), rows)


def not_arrived(ages: Sequence[Outstanding]) -> Table:
    columns = (
        Column("Age", Kind.WORDS),
        Column("On its way", Kind.COUNT),
        Column("On its way, amount", Kind.PENCE),
        Column("Returned and held", Kind.COUNT),
        Column("Returned and held, amount", Kind.PENCE),
    )
    rows: list[tuple[Cell, ...]] = [
        (AGES[one.age], one.on_its_way.payments, one.on_its_way.pence, one.held.payments, one.held.pence)
        for one in ages
    ]
    return Table("not-arrived", "Not arrived yet, today", columns, rows)


def since_first(whole: Report, names: Sequence[tuple[UUID, str]]) -> Table:
    """Totals since first use, by scheme and by channel."""
    rows: list[tuple[Cell, ...]] = [
        *((f"Scheme: {name}", *figure_cells(whole.schemes[key])) for key, name in names if key in whole.schemes),
        *((f"Channel: {channel_words(one)}", *figure_cells(found)) for one, found in sorted(whole.channels.items())),
        ("All", *figure_cells(whole.total)),
    ]
    return Table("since-first-use", "Since first use", (Column("Of", Kind.WORDS), *FIGURES), rows)

"""`payouts office`: the days on which a body's people work, and days on which nothing is released."""

from __future__ import annotations

from datetime import datetime, timedelta

import click

from payouts.commands import ground
from schemes import freeze, office_days
from schemes.database import new_id
from schemes.duties import london_day
from schemes.office_days import ClosedDay, Country, OfficeDays

DAY = click.DateTime(["%Y-%m-%d"])
YEAR = timedelta(days=366)


@click.group()
def office() -> None:
    """Office days, and days on which nothing is released."""


@office.command("show")
@ground.body_option
def show(body_name: str | None) -> None:
    """The country's bank holidays that count, the body's closed days, and the days without releases."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        days = office_days.current(session)
        click.echo(f"{days.country}\tfiles are planned {days.early_days} days before the last possible one")
        for closed in days.closed:
            click.echo(f"{closed.day}\tclosed: {closed.name}")
        today = london_day(given.now())
        for frozen in freeze.freezes_between(session, today, today + YEAR):
            what = "only what can't wait is released" if frozen.urgent_allowed else "nothing is released"
            click.echo(f"{frozen.first_day} to {frozen.last_day}\t{what}\t{frozen.id}")


@office.command("propose-days")
@click.argument("country", type=click.Choice([country.value for country in Country]))
@click.option("--early-days", type=int, default=1, show_default=True, help="Days before the last possible input.")
@click.option("--closed", multiple=True, type=(DAY, str), help="A day and what it is; all that are to count.")
@click.option("--reason", required=True)
@ground.person_options
@ground.body_option
def propose_days(
    country: str,
    early_days: int,
    closed: tuple[tuple[datetime, str], ...],
    reason: str,
    email: str,
    code: str | None,
    body_name: str | None,
) -> None:
    """Propose on which days the offices work; `payouts change confirm` by somebody else makes it count."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    wanted = OfficeDays(Country(country), early_days, tuple(ClosedDay(day.date(), name) for day, name in closed))
    with given.transaction(body_id) as session:
        proposed = office_days.propose(session, wanted, change_id=new_id(), reason=reason, by=by, at=given.now())
    click.echo(f"Proposed, {proposed.id}.")


@office.command("propose-freeze")
@click.argument("first", type=DAY)
@click.argument("last", type=DAY)
@click.option("--urgent", is_flag=True, help="What can't wait is released, if whoever releases it says why.")
@click.option("--reason", required=True)
@ground.person_options
@ground.body_option
def propose_freeze(
    first: datetime, last: datetime, urgent: bool, reason: str, email: str, code: str | None, body_name: str | None
) -> None:
    """Propose to release nothing from one day to another; `payouts change confirm` by somebody else makes it count."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    facts = {"urgent_allowed": urgent, "change_id": new_id(), "reason": reason, "by": by, "at": given.now()}
    with given.transaction(body_id) as session:
        proposed = freeze.propose(session, first.date(), last.date(), **facts)  # type: ignore[arg-type]
    click.echo(f"Proposed, {proposed.id}.")

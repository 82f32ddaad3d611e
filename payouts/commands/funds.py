"""`payouts funds`: the money on the accounts that a body pays from, for the days to come."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import click
from sqlalchemy.orm import Session

from bacs import pence
from payouts.checks.funds import record_funds
from payouts.commands import ground
from payouts.commands.scheme import POUNDS
from payouts.funds import funds_ahead, newest_of_days
from schemes.bank_profile import bank_profiles
from schemes.database import new_id
from schemes.duties import london_day


@click.group("funds")
def funds() -> None:
    """The money that the accounts to pay from have, day by day."""


@funds.command("show")
@ground.body_option
def show(body_name: str | None) -> None:
    """Of each account and day to come: what it has, what payrolls take, and what is left."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        for profile in bank_profiles(session):
            each_day = newest_of_days(session, profile.line_id, []).get(None)
            if each_day:
                click.echo(f"{profile.name}\teach day\t{pence.format(each_day.available_pence)}")
            for found in funds_ahead(session, profile, since=london_day(given.now())):
                has = pence.format(found.recorded.available_pence) if found.recorded else "not recorded"
                left = f"\tleft {pence.format(found.left_pence)}" if found.recorded else ""
                click.echo(f"{profile.name}\t{found.day}\t{has}\ttaken {pence.format(found.needed_pence)}{left}")


@funds.command("record")
@click.argument("account")
@click.argument("amount", type=POUNDS)
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="The day payees have the money; else each day.")
@click.option("--seen-in", required=True, help="Where it was seen, like the treasury's forecast.")
@ground.person_options
@ground.body_option
def record(
    account: str, amount: int, day: datetime | None, seen_in: str, email: str, code: str | None, body_name: str | None
) -> None:
    """Record that an ACCOUNT, by its name, has an AMOUNT in pounds for all that is paid from it on a day."""
    given = ground.service()
    by = ground.acting(given, ground.one_body(given, body_name), email, code)
    with given.transaction(by.body_id) as session:
        record_funds(
            session,
            funds_id=new_id(),
            bank_profile_id=line_of(session, account),
            day=day.date() if day else None,
            available_pence=amount,
            seen_in=seen_in,
            by=by,
            at=given.now(),
        )
    click.echo("Recorded.")


def line_of(session: Session, name: str) -> UUID:
    found = next((profile for profile in bank_profiles(session) if profile.name == name), None)
    if found is None:
        raise click.ClickException(f"there is no account called {name}")
    return found.line_id

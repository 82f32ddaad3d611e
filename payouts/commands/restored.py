"""`payouts restored`: a database that came back from a backup, before anything is sent from it."""

from __future__ import annotations

import sys

import click
from sqlalchemy import select

from payouts import restored as copies
from payouts.app import Service
from payouts.commands import ground
from payouts.payroll import Payroll, PayrollStatus
from payouts.tasks.kinds import KINDS, Outside
from schemes import database, standing

NOT_RELEASED = (PayrollStatus.BUILDING, PayrollStatus.CHECKED, PayrollStatus.SEALING, PayrollStatus.SEALED)


@click.group()
def restored() -> None:
    """A database that came back from a backup."""


@restored.command("check")
def check() -> None:
    """Whether all rows are there, whether it is older than what happened, and what would go out of it. Exit 1 if so.

    Works as the owner of the tables (OWNER_DATABASE_URL).
    """
    given = ground.service()
    if not given.settings.owner_database_url:
        raise click.ClickException("OWNER_DATABASE_URL is not set: only the owner of the tables sees every row")
    engine = database.connect(given.settings.owner_database_url)
    with engine.connect() as owner:
        keys, lost = copies.dangling(owner)
    for key in lost:
        click.echo(f"{key.table}: {key.rows:,} rows name what is not there ({key.key})")
    click.echo(f"{keys} foreign keys looked at, {len(lost)} with rows that lead nowhere.")
    behind = copies.hold(given, at=given.now())
    for body in behind:
        click.echo(
            f"{body.name}: its chain ends at {body.position:,}, but {body.published:,} was published: "
            "what happened since is not in this copy"
        )
    if behind:
        say_what_would_go_out(given, behind)
    else:
        click.echo("No published head is newer than this database.")
    sys.exit(1 if lost or behind else 0)


def say_what_would_go_out(given: Service, behind: list[copies.Behind]) -> None:
    """What somebody has to ask the bank and Notify about first."""
    with given.transaction(None) as session:
        waiting = {kind.kind: kind.waiting for kind in standing.tasks_standing(session, given.now()) if kind.waiting}
    for kind, tasks in waiting.items():
        if isinstance(KINDS.get(kind), Outside):
            click.echo(f"  {tasks:,} {kind} would be done as soon as clock and workers run")
    for body in behind:
        with given.transaction(body.body_id) as session:
            for payroll in session.scalars(select(Payroll).where(Payroll.status.in_(NOT_RELEASED))):
                click.echo(
                    f"  {body.name}: payroll {payroll.number} for {payroll.pay_date} is {payroll.status} here; "
                    "ask the bank whether its file arrived before anybody releases it"
                )
    click.echo("Held until `payouts restored go-on`: nobody decides, no file is given out, nothing is sent.")


@restored.command("go-on")
@click.option("--operator", required=True, help="Who you are.")
@click.confirmation_option(prompt="Did you ask the bank and Notify what arrived since the copy was made?")
def go_on(operator: str) -> None:
    """Let people, workers and clock go on with a copy that is older than what happened, and record it in its trail.

    Its newer heads are laid aside, and kept: work where the clock's folder of heads is (PAYOUTS_AUDIT_HEADS).
    """
    given = ground.service()
    held = copies.hold(given, at=given.now())
    for path in copies.go_on(given, held, at=given.now()):
        click.echo(f"Its newer heads are kept in {path.name}.")
    for body in held:
        click.echo(f"{body.name} goes on from {body.position:,} of {body.published:,}, said {operator}.")
    click.echo("The clock works again within 10 seconds." if held else "Nothing was held.")

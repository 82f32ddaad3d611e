"""`payouts body`: the bodies of this installation."""

from __future__ import annotations

import click

from payouts.commands import ground
from schemes import before_body, cooling_off
from schemes.body import MOST_COOLING_OFF_DAYS, BodyKind, add_body
from schemes.cooling_off import CoolingOff
from schemes.database import new_id


@click.group()
def body() -> None:
    """The public bodies of this installation."""


@body.command("list")
def list_bodies() -> None:
    """Name, kind and id of each body."""
    given = ground.service()
    with given.transaction(None) as session:
        for body_id, name, kind in before_body.all_bodies(session):
            click.echo(f"{name}\t{kind}\t{body_id}")


@body.command("add")
@click.argument("name")
@click.option("--live", is_flag=True, help="A live body, whose files move money. Otherwise a sandbox.")
@click.option("--contact", required=True, help="The e-mail address that payees are told to write to.")
@click.option("--colour", default="#1d70b8", show_default=True, help="The colour of its pages, as #rrggbb.")
def add(name: str, contact: str, colour: str, *, live: bool) -> None:
    """Add a body. It begins with no people, schemes or payees."""
    given = ground.service()
    body_id = new_id()
    kind = BodyKind.LIVE if live else BodyKind.SANDBOX
    with given.transaction(body_id) as session:
        add_body(session, body_id, kind=kind, name=name, contact_email=contact, colour=colour, at=given.now())
    click.echo(f"Added {name} ({kind}), {body_id}.")


@body.command("cooling-off")
@click.argument("days", type=click.IntRange(0, MOST_COOLING_OFF_DAYS))
@click.option("--first", type=click.IntRange(0, MOST_COOLING_OFF_DAYS), help="Of a payee's first bank details.")
@click.option("--high", type=click.IntRange(0, MOST_COOLING_OFF_DAYS), help="Of changes that are risky.")
@ground.body_option
def set_cooling_off(days: int, first: int | None, high: int | None, body_name: str | None) -> None:
    """Set how many working days bank details wait before they are used. What is confirmed keeps its day.

    DAYS is for an ordinary change. Without --first and --high those stay, but risky ones never wait for less.
    """
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        before = cooling_off.current(session)
        first = before.first_days if first is None else first
        high = max(before.high_days, days, first) if high is None else high
        changed = cooling_off.set_to(session, CoolingOff(first, days, high), at=given.now())
    click.echo(
        f"{changed.name}: bank details are used after they are confirmed, changed ones {days} working days later, "
        f"first ones {first}, risky ones {high}."
    )

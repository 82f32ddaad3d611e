"""`payouts body`: the bodies of this installation."""

from __future__ import annotations

from datetime import datetime

import click

from bacs import pence
from payouts.commands import ground
from payouts.commands.scheme import POUNDS
from payouts.gates.can_pay import can_pay_today
from payouts.gates.cover import reviews_waiting
from schemes import before_body, cooling_off, passkey, passkey_rule
from schemes.body import MOST_COOLING_OFF_DAYS, BodyKind, DutyPattern, add_body, get_body
from schemes.body_details import propose_retention, set_details
from schemes.cooling_off import CoolingOff
from schemes.database import new_id
from schemes.duties import duties_on, london_day, propose_duties
from schemes.gate_rule import DECIDERS, GateKind
from schemes.person import names, people


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


@body.command("duties")
@ground.body_option
def duties(body_name: str | None) -> None:
    """How many people run a payroll, and whether the body's people can: per scheme one way, or who is missing."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        today = london_day(given.now())
        pattern, cover = duties_on(session, today)
        until = f" until {cover.until}, {pence.format(cover.ceiling_pence)} a payroll at most" if cover else ""
        click.echo(f"{pattern} people{until}")
        people = names(session)
        for found in can_pay_today(session, today=today):
            if found.way is None:
                click.echo(f"{found.scheme.code}\tno\tlacks: {', '.join(found.lacking)}")
                continue
            way = (
                f"{post.name}: {', '.join(people[person] for person in sorted(found.way.gates[position]))}"
                for position, post in enumerate(found.posts, start=1)
            )
            click.echo(f"{found.scheme.code}\tyes\tbuilt by {people[found.way.builder]}; {'; '.join(way)}")
        for review, payroll in reviews_waiting(session):
            click.echo(f"payroll {payroll.number}\tto be reviewed by {review.due_on(given.calendar)}")


@body.command("propose-duties")
@click.argument("pattern", type=click.Choice([pattern.value for pattern in DutyPattern]))
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The last day of cover by two.")
@click.option("--ceiling", type=POUNDS, help="The most that two may pay in one payroll, in pounds.")
@click.option("--reason", required=True)
@ground.person_options
@ground.body_option
def propose(
    pattern: str,
    until: datetime | None,
    ceiling: int | None,
    reason: str,
    email: str,
    code: str | None,
    body_name: str | None,
) -> None:
    """Propose how many people run a payroll; `payouts change confirm` by somebody else makes it count."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        proposed = propose_duties(
            session,
            DutyPattern(pattern),
            until=until.date() if until else None,
            ceiling_pence=ceiling,
            change_id=new_id(),
            reason=reason,
            by=by,
            at=given.now(),
        )
    click.echo(f"Proposed, {proposed.id}.")


@body.command("passkeys")
@ground.body_option
def tell_passkeys(body_name: str | None) -> None:
    """Tell at which gates a go is signed with a passkey, and who of those who decide has one."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        kinds = passkey_rule.current(session)
        deciders = [(person, roles) for person, roles in people(session) if not set(DECIDERS).isdisjoint(roles)]
        have = passkey.holders(session, [person.id for person, _ in deciders])
    click.echo(f"passkeys at: {', '.join(kind for kind in GateKind if kind in kinds) or 'no gate'}")
    for person, roles in deciders:
        click.echo(f"{'has one ' if person.id in have else 'has none'}  {person.email}  {', '.join(sorted(roles))}")


@body.command("propose-passkeys")
@click.argument("kinds", nargs=-1, type=click.Choice([kind.value for kind in GateKind]))
@click.option("--reason", required=True)
@ground.person_options
@ground.body_option
def propose_passkeys(kinds: tuple[str, ...], reason: str, email: str, code: str | None, body_name: str | None) -> None:
    """Propose at which gates a go takes a passkey (none named: at no gate); somebody else confirms it."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    wanted = [GateKind(kind) for kind in kinds]
    with given.transaction(body_id) as session:
        proposed = passkey_rule.propose(session, wanted, change_id=new_id(), reason=reason, by=by, at=given.now())
    click.echo(f"Proposed, {proposed.id}.")


@body.command("set")
@click.option("--name")
@click.option("--colour", help="As #rrggbb. It must be dark enough to be read on.")
@click.option("--contact", help="The e-mail address that payees are told to write to.")
@click.option("--phone", help="The phone number for questions; '' for none.")
@ground.person_options
@ground.body_option
def set_body(
    name: str | None,
    colour: str | None,
    contact: str | None,
    phone: str | None,
    email: str,
    code: str | None,
    body_name: str | None,
) -> None:
    """Change how the body is called, looks and is reached."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        there = get_body(session)
        changed = set_details(
            session,
            name=there.name if name is None else name,
            colour=there.colour if colour is None else colour,
            contact_email=there.contact_email if contact is None else contact,
            contact_phone=there.contact_phone if phone is None else phone,
            by=by,
            at=given.now(),
        )
    click.echo(f"{changed.name}, {changed.colour}, {changed.contact_email}, {changed.contact_phone or 'no phone'}.")


@body.command("propose-retention")
@click.argument("years", type=int)
@click.option("--reason", required=True)
@ground.person_options
@ground.body_option
def retention(years: int, reason: str, email: str, code: str | None, body_name: str | None) -> None:
    """Propose how many financial years are kept besides the current one."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        proposed = propose_retention(session, years, change_id=new_id(), reason=reason, by=by, at=given.now())
    click.echo(f"Proposed, {proposed.id}.")

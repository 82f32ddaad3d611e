"""`payouts payroll look-back`: what people say after a payroll, and the actions that come of it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import click

from payouts.commands import ground
from payouts.commands.payroll import person_of, ready
from payouts.looking_back import look_back as looking
from payouts.looking_back.look_back import Heading
from payouts.payroll import get_payroll, payroll_of_number
from schemes.database import new_id
from schemes.person import names


@click.group("look-back")
def look_back() -> None:
    """The short review after a payroll, and its actions."""


@look_back.command("show")
@click.argument("number", type=int)
@ground.body_option
def show(number: int, body_name: str | None) -> None:
    """What was said under each heading, then the actions: id, heading, who, by when, state, what."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        payroll, people = payroll_of_number(session, number), names(session)
        made = looking.look_back_of(session, payroll.id)
        for heading, words in (made.said if made else {}).items():
            click.echo(f"{heading}\t{words}")
        carried = looking.carried_of(session, payroll.id)
        for action in [*looking.actions_of(session, payroll.id), *looking.earlier_actions(session, payroll)]:
            state = "done" if action.done_at else "carried on" if action.id in carried else "open"
            owner = people.get(action.owner_id, str(action.owner_id))
            click.echo(f"{action.id}\t{action.heading}\t{owner}\t{action.due_on}\t{state}\t{action.what}")


@look_back.command("write")
@click.argument("number", type=int)
@click.option("--communication", default="")
@click.option("--decision-making", default="")
@click.option("--testing", default="")
@click.option("--design", default="")
@click.option("--momentum", default="")
@ground.person_options
@ground.body_option
def write(number: int, email: str, code: str | None, body_name: str | None, **said: str) -> None:
    """Keep what was said after a payroll, once."""
    given, by = ready(email, code, body_name)
    with given.transaction(by.body_id) as session:
        payroll = get_payroll(session, payroll_of_number(session, number).id, lock=True)
        words = {heading: said[heading.value] for heading in Heading}
        looking.look_back(session, payroll, look_back_id=new_id(), said=words, by=by, at=given.now())
    click.echo("Kept.")


@look_back.command("add")
@click.argument("number", type=int)
@click.argument("heading", type=click.Choice([heading.value for heading in Heading]))
@click.argument("what")
@click.argument("owner")
@click.argument("due_on", type=click.DateTime(["%Y-%m-%d"]))
@ground.person_options
@ground.body_option
def add(
    number: int,
    heading: str,
    what: str,
    owner: str,
    due_on: datetime,
    email: str,
    code: str | None,
    body_name: str | None,
) -> None:
    """Add an action that somebody (OWNER, an e-mail address) sees to by a day."""
    given, by = ready(email, code, body_name)
    with given.transaction(by.body_id) as session:
        payroll = payroll_of_number(session, number)
        added = looking.add_action(
            session,
            payroll,
            action_id=new_id(),
            heading=Heading(heading),
            what=what,
            owner_id=person_of(session, owner),
            due_on=due_on.date(),
            by=by,
            at=given.now(),
        )
    click.echo(f"Added: {added.id}")


@look_back.command("done")
@click.argument("action_id", type=click.UUID)
@ground.person_options
@ground.body_option
def done(action_id: UUID, email: str, code: str | None, body_name: str | None) -> None:
    """Say that an action is done."""
    given, by = ready(email, code, body_name)
    with given.transaction(by.body_id) as session:
        looking.end_action(session, looking.get_action(session, action_id, lock=True), by=by, at=given.now())
    click.echo("Done.")


@look_back.command("carry-on")
@click.argument("number", type=int)
@click.argument("action_id", type=click.UUID)
@click.argument("reason")
@ground.person_options
@ground.body_option
def carry_on(number: int, action_id: UUID, reason: str, email: str, code: str | None, body_name: str | None) -> None:
    """Say why an open action does not hold payroll NUMBER up; it comes up at the next one again."""
    given, by = ready(email, code, body_name)
    with given.transaction(by.body_id) as session:
        payroll = get_payroll(session, payroll_of_number(session, number).id, lock=True)
        action = looking.get_action(session, action_id, lock=True)
        looking.carry_on(session, action, payroll, reason=reason, by=by, at=given.now())
    click.echo("Carried on.")

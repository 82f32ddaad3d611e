"""`payouts change`: what waits for a second person, and that person's word."""

from __future__ import annotations

from uuid import UUID

import click

from payouts.commands import ground
from payouts.every_effect import EFFECTS
from payouts.people import confirm as confirm_change
from payouts.web import change_words
from schemes import change_applied
from schemes.bank_profile_change import see_account
from schemes.change import get_change, waiting
from schemes.person import names


@click.group()
def change() -> None:
    """Changes that take effect only when a second person confirms them."""


@change.command("list")
@ground.body_option
def list_changes(body_name: str | None) -> None:
    """Id, what it changes and who proposed it, of each that waits, oldest first."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        people = names(session)
        for one in waiting(session):
            click.echo(f"{one.id}\t{change_words.title(one, people)}\t{people.get(one.proposed_by, '')}")


@change.command("show")
@click.argument("change_id", type=click.UUID)
@ground.body_option
def show(change_id: UUID, body_name: str | None) -> None:
    """What a change would change, before and after, and why it was proposed."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        people, one = names(session), get_change(session, change_id)
        click.echo(f"{change_words.title(one, people)}: {one.reason}")
        for row in change_words.rows(one, people):
            click.echo(f"{row.what}\t{row.before or '-'}\t{(row.after or '-') if row.differs else '(stays)'}")
        click.echo(f"confirmed by\t{', '.join(EFFECTS[one.kind].confirmers)}")


@change.command("account")
@click.argument("change_id", type=click.UUID)
@ground.person_options
@ground.body_option
def account(change_id: UUID, email: str, code: str | None, body_name: str | None) -> None:
    """The whole number of a proposed account to pay from, which its second person looks at first. It is recorded."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        seen = see_account(session, given.seals, get_change(session, change_id), by=by, at=given.now())
    click.echo(f"{seen.sort_code}\t{seen.account_number}")


@change.command("confirm")
@click.argument("change_id", type=click.UUID)
@ground.person_options
@ground.body_option
def confirm(change_id: UUID, email: str, code: str | None, body_name: str | None) -> None:
    """Confirm a change that somebody else proposed: it takes effect."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        confirm_change(session, given, get_change(session, change_id, lock=True), by=by, at=given.now())
    click.echo("Confirmed.")


@change.command("reject")
@click.argument("change_id", type=click.UUID)
@click.option("--reason", required=True)
@ground.person_options
@ground.body_option
def reject(change_id: UUID, reason: str, email: str, code: str | None, body_name: str | None) -> None:
    """Reject a change, or withdraw your own."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        waiting_change = get_change(session, change_id, lock=True)
        change_applied.reject(session, waiting_change, reason=reason, by=by, at=given.now())
    click.echo("Rejected.")

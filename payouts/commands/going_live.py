"""`payouts body go-live`: the checklist of a sandbox, its request to go live, and the operator's word on it."""

from __future__ import annotations

from typing import Any

import click

from payouts.commands import ground
from payouts.going_live import answering, asking, readiness
from schemes import before_body
from schemes.body import BodyKind
from schemes.database import connect, new_id
from schemes.person import names

SHORTEST_DIGEST = 12


@click.group("go-live")
def go_live() -> None:
    """The way from a sandbox to a live body. Only whoever holds OWNER_DATABASE_URL approves: no page can."""


@go_live.command("checklist")
@ground.body_option
def checklist(body_name: str | None) -> None:
    """The points of a sandbox as they stand now: state, owner, and what was counted, is missing or was said."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        people = names(session)
        for row in readiness.checklist(session, given):
            owner = people.get(row.owner.owner_id, "") if row.owner else ""
            said = row.word.words if row.word and row.point in readiness.SAID else ""
            more = "; ".join([*([str(row.number)] if row.number else []), *row.lacks, *([said] if said else [])])
            click.echo(f"{'done' if row.done else 'open'}\t{row.point}\t{owner or 'no owner'}\t{more}")


@go_live.command("ask")
@click.option("--name", required=True, help="What the live body is called.")
@click.option("--contact", required=True, help="The e-mail address that its payees are told to write to.")
@click.option("--reason", required=True, help="Why now: the second administrator and the operator read it.")
@ground.person_options
@ground.body_option
def ask(name: str, contact: str, reason: str, email: str, code: str | None, body_name: str | None) -> None:
    """Ask for a live body; `payouts change confirm` by a second administrator sends the request to the operator."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    facts: dict[str, Any] = {"live_name": name, "contact_email": contact, "reason": reason, "by": by, "at": given.now()}
    with given.transaction(body_id) as session:
        proposed = asking.propose(session, given, change_id=new_id(), **facts)
    click.echo(f"Asked. A second administrator confirms it: payouts change confirm {proposed.id}")


@go_live.command("list")
def list_requests() -> None:
    """Sandbox, state, name of the live body, who asked and when: the newest request of each."""
    given = ground.service()
    with given.transaction(None) as session:
        sandboxes = [body for body in before_body.all_bodies(session) if body[2] == BodyKind.SANDBOX]
    for body_id, name, _ in sandboxes:
        with given.transaction(body_id) as session:
            asked = asking.newest_request(session)
            if asked is not None:
                by = names(session).get(asked.asked_by, str(asked.asked_by))
                state = asking.state_of(session, asked)
                click.echo(f"{name}\t{state}\t{asked.live_name}\t{by}\t{asked.asked_at:%Y-%m-%d %H:%M}")


@go_live.command("show")
@ground.body_option
def show(body_name: str | None) -> None:
    """The list as it stood when a sandbox asked, with the digest that an approval names."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        asked = asking.newest_request(session)
        if asked is None:
            raise click.ClickException("this sandbox has not asked to go live")
        people = {str(key): name for key, name in names(session).items()}
        by, other = people.get(str(asked.asked_by)), people.get(str(asked.confirmed_by))
        click.echo(f"{asking.state_of(session, asked)}\t{asked.live_name}\t{asked.contact_email}\t{by} and {other}")
        for point, fact in asked.checklist.items():
            said = fact["said"]
            words = f"{people.get(said['by'], said['by'])} on {said['at'][:10]}: {said['words']}" if said else ""
            owner = people.get(fact["owner"] or "", "no owner")
            click.echo(f"{point}\t{owner}\t{fact['number'] or ''}\t{words}")
        for person in readiness.administrators_among(readiness.real_people(session)):
            click.echo(f"administrator\t{person.name}\t{person.email}")
        click.echo(f"digest\t{asked.digest}")


operator_option = click.option("--operator", required=True, help="Your name: it is kept with the decision.")
words_option = click.option("--words", required=True, help="What you looked at, or why not. The sandbox reads it.")
digest_option = click.option(
    "--digest", "list_digest", required=True, help=f"Of the list that you read: its first {SHORTEST_DIGEST} characters."
)


@go_live.command("approve")
@operator_option
@words_option
@digest_option
@ground.body_option
def approve(operator: str, words: str, list_digest: str, body_name: str | None) -> None:
    """Make the live body that a sandbox asked for, with the sandbox's real administrators."""
    live_id = decide(body_name, list_digest, approved=True, operator=operator, words=words)
    click.echo(f"Approved. The live body is {live_id}.")


@go_live.command("decline")
@operator_option
@words_option
@digest_option
@ground.body_option
def decline(operator: str, words: str, list_digest: str, body_name: str | None) -> None:
    """Say why a sandbox does not go live yet. It can ask again."""
    decide(body_name, list_digest, approved=False, operator=operator, words=words)
    click.echo("Declined.")


def decide(body_name: str | None, list_digest: str, *, approved: bool, operator: str, words: str) -> object:
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    if len(list_digest) < SHORTEST_DIGEST:
        raise click.ClickException(f"give {SHORTEST_DIGEST} characters of the digest at least")
    if not given.settings.owner_database_url:
        raise click.ClickException("OWNER_DATABASE_URL is not set: only the owner of the tables decides")
    owner = connect(given.settings.owner_database_url)
    try:
        facts: dict[str, Any] = {"operator": operator, "words": words, "list_digest": list_digest, "at": given.now()}
        return answering.decide(owner, given, body_id, approved=approved, **facts)
    finally:
        owner.dispose()

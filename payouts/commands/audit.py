"""`payouts audit`: the trail, and whether anybody tampered with it."""

from __future__ import annotations

import sys

import click

from payouts.commands import ground
from schemes import audit as trail
from schemes import before_body, database
from schemes.person import names


@click.group()
def audit() -> None:
    """The audit trail."""


@audit.command("verify")
@ground.body_option
def verify(body_name: str | None) -> None:
    """Walk each body's chain, and name every row that was changed, removed or inserted. Exit 1 if there is any.

    Works as the owner of the tables where OWNER_DATABASE_URL is set, so that nothing is hidden from it.
    """
    given = ground.service()
    engine = database.connect(given.settings.owner_database_url) if given.settings.owner_database_url else given.engine
    with given.transaction(None) as session:
        bodies = before_body.all_bodies(session)
    if body_name is not None:
        wanted = ground.one_body(given, body_name)
        bodies = [found for found in bodies if found[0] == wanted]
    faults = 0
    for body_id, name, _ in bodies:
        heads = list(trail.published(given.settings.audit_heads, body_id, signer=given.signer))
        with database.transaction(engine, body_id) as session:
            verdict = trail.verify(session, body_id, heads)
        faults += len(verdict.faults)
        says = "whole" if not verdict.faults else f"{len(verdict.faults)} faults"
        click.echo(
            f"{name}: {verdict.linked:,} events linked, {verdict.pending:,} waiting, {len(heads):,} heads: {says}"
        )
        for fault in verdict.faults:
            click.echo(f"  {fault}")
    sys.exit(1 if faults else 0)


@audit.command("list")
@click.option("--limit", default=50, show_default=True)
@ground.body_option
def list_events(limit: int, body_name: str | None) -> None:
    """The newest events of a body."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        people = names(session)
        for event in trail.trail(session, limit=limit):
            who = people.get(event.actor_id, "the service") if event.actor_id else "the service"
            click.echo(f"{event.at:%Y-%m-%d %H:%M:%S}\t{who}\t{event.action}\t{event.facts}")

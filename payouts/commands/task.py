"""`payouts task`: work that stopped because it kept failing."""

from __future__ import annotations

from uuid import UUID

import click

from payouts.commands import ground
from payouts.tasks import outbox
from schemes import before_body


@click.group()
def task() -> None:
    """Work that stopped, for operators."""


@task.command("list")
def list_tasks() -> None:
    """Tasks that kept failing, each with its error."""
    given = ground.service()
    with given.transaction(None) as session:
        for found in before_body.stopped_tasks(session):
            click.echo(f"{found.id}\t{found.kind}\t{found.attempts} tries\t{found.error}")


@task.command("retry")
@click.argument("task_id", type=click.UUID)
def retry(task_id: UUID) -> None:
    """Try a stopped task again."""
    given = ground.service()
    with given.transaction(None) as session:
        body_id = next((found.body_id for found in before_body.stopped_tasks(session) if found.id == task_id), None)
    if body_id is None:
        raise click.ClickException("no stopped task has this id")
    with given.transaction(body_id) as session:
        outbox.retry(session, task_id, at=given.now())
    click.echo("It is tried again.")

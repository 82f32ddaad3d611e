"""`payouts retention`: whose records are no longer needed, and erasing them."""

from __future__ import annotations

from uuid import UUID

import click
from sqlalchemy import select

from payouts import erasure
from payouts.commands import ground
from payouts.kept import as_markdown
from schemes.database import new_id
from schemes.errors import NotFound
from schemes.payee import Payee

PAGE = 500


@click.group()
def retention() -> None:
    """Records that are no longer needed."""


@retention.command("due")
@click.option("--look", is_flag=True, help="Look now; the service looks each night.")
@ground.body_option
def list_due(body_name: str | None, *, look: bool) -> None:
    """List who is due to be erased: reference, and the day of their last payment or entry."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        if look:
            erasure.find_due(session, at=given.now())
        after: UUID | None = None
        while found := erasure.due(session, after=after, limit=PAGE):
            after = found[-1].due.id
            for row in found:
                click.echo(f"{row.payee.reference}\t{row.due.last_day.isoformat()}")


@retention.command("tables")
def list_tables() -> None:
    """What every table holds of people, and when that goes."""
    click.echo(as_markdown(), nl=False)


@retention.command("propose")
@click.argument("reference")
@click.option("--reason", required=True, help="Why they may be erased. It is kept: enter no name.")
@ground.person_options
@ground.body_option
def propose(reference: str, reason: str, email: str, code: str | None, body_name: str | None) -> None:
    """Propose to erase a payee. A second person confirms: `payouts change confirm`."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        payee_id = session.scalars(select(Payee.id).where(Payee.reference == reference)).one_or_none()
        if payee_id is None:
            raise NotFound("payee", reference)
        proposed = erasure.propose(session, change_id=new_id(), payee_id=payee_id, reason=reason, by=by, at=given.now())
    click.echo(f"Proposed. A second person now confirms it: payouts change confirm {proposed.id}")

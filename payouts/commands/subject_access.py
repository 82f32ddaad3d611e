"""`payouts subject-access`: everything about one person, as a ZIP."""

from __future__ import annotations

from pathlib import Path
from shutil import copyfileobj

import click
from sqlalchemy import select

from payouts import subject_access as access
from payouts.commands import ground
from schemes.database import new_id
from schemes.errors import NotFound
from schemes.payee import Beneficiary, Payee


@click.command("subject-access")
@click.argument("reference")
@click.option("--beneficiary", help="The reference of somebody the payee is paid for: everything about them instead.")
@click.option("--reason", required=True, help="Why you need it: it is recorded.")
@click.option("--to", "path", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The ZIP to write.")
@ground.person_options
@ground.body_option
def subject_access(
    reference: str,
    beneficiary: str | None,
    reason: str,
    path: Path,
    email: str,
    code: str | None,
    body_name: str | None,
) -> None:
    """Write everything that is held about a payee, bank details in full, into a ZIP."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        payee_id = session.scalars(select(Payee.id).where(Payee.reference == reference)).one_or_none()
        if payee_id is None:
            raise NotFound("payee", reference)
        beneficiary_id = None
        if beneficiary is not None:
            found = select(Beneficiary.id).where(Beneficiary.reference == beneficiary)
            beneficiary_id = session.scalars(found).one_or_none()
            if beneficiary_id is None:
                raise NotFound("beneficiary", beneficiary)
        asked = access.ask(
            session,
            access_id=new_id(),
            payee_id=payee_id,
            beneficiary_id=beneficiary_id,
            reason=reason,
            by=by,
            at=given.now(),
        )
        content = access.take(session, given.seals, asked, by=by, at=given.now())
    path.touch(mode=0o600)
    with content, path.open("wb") as file:
        copyfileobj(content, file)
    click.echo(f"Wrote {path}. It holds bank details in full, and names others too: look through it first.")

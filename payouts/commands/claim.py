"""`payouts claim`: who receives what is owed to somebody who has died, seen by two people."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import click

from payouts.commands import ground
from payouts.commands.returns import case_named
from payouts.returns.case import row_of
from payouts.web.claim_words import DOCUMENTS
from schemes import claim as claims
from schemes.claim import Document, get_claim
from schemes.database import new_id
from schemes.payee import get_beneficiary, get_payee, payee_of_reference


@click.group("claim")
def claim_group() -> None:
    """Who receives what is owed to somebody who has died."""


@claim_group.command("propose")
@click.argument("number", type=int)
@click.argument("reference")
@click.argument("to_payee")
@click.option("--document", type=click.Choice([each.value for each in Document]), help="Of an estate: what shows it.")
@click.option("--dated", type=click.DateTime(["%Y-%m-%d"]), help="The document’s date.")
@click.option("--because", "reason", required=True, help="What was seen, and where it is kept. Write no names.")
@ground.person_options
@ground.body_option
def propose(
    number: int,
    reference: str,
    to_payee: str,
    document: str | None,
    dated: datetime | None,
    reason: str,
    email: str,
    code: str | None,
    body_name: str | None,
) -> None:
    """Propose that payroll NUMBER's payment REFERENCE, which came back, is paid to TO_PAYEE (a reference) instead.

    They have a mandate: as executor or administrator of the estate, or for a beneficiary who lives. It counts for
    everything that came back from the same payee for the same beneficiary, once somebody else has seen the same.
    """
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        row = row_of(session, case_named(session, number, reference))
        made = claims.propose(
            session,
            claim_id=new_id(),
            payee_id=row.payee.id,
            beneficiary_id=row.beneficiary.id,
            to_payee_id=payee_of_reference(session, to_payee).id,
            document=Document(document) if document else None,
            document_day=dated.date() if dated else None,
            reason=reason,
            by=by,
            at=given.now(),
        )
        click.echo(f"{made.id}: proposed")


@claim_group.command("list")
@ground.body_option
def list_claims(body_name: str | None) -> None:
    """Show the claims that wait for a second person: id, beneficiary, paid until now, paid instead, document."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        for one in claims.waiting(session, limit=500):
            whose = get_beneficiary(session, one.beneficiary_id).reference
            people = f"{get_payee(session, one.payee_id).reference}\t{get_payee(session, one.to_payee_id).reference}"
            document = f"{DOCUMENTS[one.document]}, {one.document_day}" if one.document else ""
            click.echo(f"{one.id}\t{whose}\t{people}\t{document}")


@claim_group.command("decide")
@click.argument("claim_id", type=click.UUID)
@click.option("--reject-because", help="Reject it, with the reason; without this it is confirmed.")
@ground.person_options
@ground.body_option
def decide(claim_id: UUID, reject_because: str | None, email: str, code: str | None, body_name: str | None) -> None:
    """Confirm a claim, as a second person who saw the document, or reject it."""
    given = ground.service()
    body_id = ground.one_body(given, body_name)
    by = ground.acting(given, body_id, email, code)
    with given.transaction(body_id) as session:
        claim = get_claim(session, claim_id, lock=True)
        if reject_because is None:
            claims.confirm(session, claim, by=by, at=given.now())
            click.echo("Confirmed.")
        else:
            claims.reject(session, claim, reason=reject_because, by=by, at=given.now())
            click.echo("Rejected.")

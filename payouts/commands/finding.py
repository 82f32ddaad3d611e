"""`payouts payroll findings`, `accept` and `open`: what the checks found, under the same rules as on the pages."""

from __future__ import annotations

from uuid import UUID

import click
from sqlalchemy.orm import Session

from bacs import pence
from payouts.checks.acceptance import accept
from payouts.checks.finding import Finding, FindingRow, Kind, findings_of, findings_where, groups_of
from payouts.commands import ground
from payouts.commands.payroll import ready
from payouts.gates.manifest import manifest_of
from payouts.gates.opening import left_to_open, open_finding
from payouts.payroll import get_payroll, payroll_of_number
from payouts.web.finding_words import KINDS, fact_sentence
from schemes.errors import NotNow

PAGE = 500


def told(row: FindingRow) -> str:
    """A finding in one line: its id, payment, amount, what was found, and why it was accepted."""
    finding, payment = row.finding, row.payment
    found = fact_sentence(finding.kind, finding.facts) or KINDS[finding.kind].title
    about = f"{payment.reference}\t{pence.format(payment.amount_pence)}" if payment else "whole payroll\t"
    return f"{finding.id}\t{about}\t{found}\t{finding.reason or ''}"


@click.command("findings")
@click.argument("number", type=int)
@click.argument("kind", required=False, type=click.Choice([kind.value for kind in Kind]))
@ground.body_option
def list_findings(number: int, kind: str | None, body_name: str | None) -> None:
    """The findings of a payroll by kind; of one kind each with its id."""
    given = ground.service()
    with given.transaction(ground.one_body(given, body_name)) as session:
        found = payroll_of_number(session, number)
        if kind is None:
            for group in groups_of(session, found.id):
                click.echo(f"{group.kind}\t{group.severity}\t{group.count:,}\t{group.open_count:,} open")
            return
        after = None
        while rows := findings_of(session, found.id, Kind(kind), after=after, limit=PAGE):
            for row in rows:
                click.echo(told(row))
            after = rows[-1].finding.id


@click.command("accept")
@click.argument("number", type=int)
@click.argument("kind", type=click.Choice([kind.value for kind in Kind]))
@click.option("--finding", "finding_ids", multiple=True, type=click.UUID, help="Only this one, by its id.")
@click.option("--reason", required=True, help="Why it is right all the same; the approver reads it.")
@ground.person_options
@ground.body_option
def accept_findings(
    number: int,
    kind: str,
    finding_ids: tuple[UUID, ...],
    reason: str,
    email: str,
    code: str | None,
    body_name: str | None,
) -> None:
    """Accept open findings of a kind with a reason: those that are named, or where that is allowed all."""
    given, by = ready(email, code, body_name)
    with given.transaction(by.body_id) as session:
        found = get_payroll(session, payroll_of_number(session, number).id, lock=True)
        at = given.now()
        count = sum(
            accept(session, found, Kind(kind), finding_id=finding_id, reason=reason, by=by, at=at)
            for finding_id in finding_ids or (None,)
        )
    click.echo(f"Accepted {count:,} findings.")


@click.command("open")
@click.argument("number", type=int)
@click.argument("finding_id", required=False, type=click.UUID)
@ground.person_options
@ground.body_option
def open_one(number: int, finding_id: UUID | None, email: str, code: str | None, body_name: str | None) -> None:
    """Open a finding as somebody who approves: the next that they have not opened, or the one that is named."""
    given, by = ready(email, code, body_name)
    with given.transaction(by.body_id) as session:
        found = get_payroll(session, payroll_of_number(session, number).id)
        manifest = manifest_of(session, found)
        if manifest is None:
            raise NotNow("payroll", found.status, "looked through for a decision")
        left = left_to_open(session, manifest, by.person_id)
        if finding_id is None and not left:
            click.echo("You have opened everything that you have to open.")
            return
        chosen = finding_id or left[0]
        open_finding(session, found, chosen, by=by, at=given.now())
        show(session, chosen)
        click.echo(f"{len(set(left) - {chosen}):,} left to open.")


def show(session: Session, finding_id: UUID) -> None:
    [row] = findings_where(session, Finding.id == finding_id)
    click.echo(f"{KINDS[row.finding.kind].title}\n{told(row)}")
    if row.payee is not None:
        click.echo(f"paid to {row.payee.name} ({row.payee.reference})")

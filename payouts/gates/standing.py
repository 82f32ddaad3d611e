"""Which manifests the decisions on a payroll may be bound to now, proved from the rows as they are."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from payouts.gates.amendment import amendments_of
from payouts.gates.lineage import Statements, line_of_manifests, payments_before
from payouts.gates.manifest import Manifest, payment_lines, taken_lines
from payouts.payroll import Payroll
from schemes.signer import digest


def proven_line(session: Session, payroll: Payroll, manifest: Manifest) -> list[Statements]:
    """A payroll's manifest and those it follows, newest first, as far as each step is explained and proved.

    Proved: the payments that stay and those that were taken out since are together exactly those of the older one.
    """
    kept = {row.id: row for row in session.scalars(select(Manifest).where(Manifest.payroll_id == payroll.id))}
    line = line_of_manifests(manifest.read(), {row.digest: row.read() for row in kept.values()})
    if len(line) == 1:
        return line
    taken = {
        kept[amendment.follows_id].digest: list(taken_lines(session, amendment.id))
        for amendment in amendments_of(session, payroll.id)
    }
    found = payments_before(payment_lines(session, payroll.id), taken, line)
    proven = line[:1]
    for statements in line[1:]:
        if found[digest(statements)] != statements["payments"]:
            break
        proven.append(statements)
    return proven

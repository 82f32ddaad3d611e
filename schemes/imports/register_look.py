"""What the register holds already of the rows of an import: the same throughout, or something else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import CollectionAggregate, String, any_, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from schemes.account import Account
from schemes.award import Award
from schemes.imports.entry import Entry, Fault, Outcome, RowReason
from schemes.payee import Beneficiary, Payee
from schemes.seal import Seals


def one_of(references: Iterable[str]) -> CollectionAggregate[bool]:
    # one parameter, whatever their number: thousands of them take longer to write into the query than to look up
    return any_(literal(list(references), ARRAY(String(collation="C"))))


def already_there(
    session: Session, seals: Seals, body_id: UUID, scheme_id: UUID, entries: Sequence[Entry]
) -> dict[str, tuple[Outcome, Fault | None]]:
    """Of these entries those whose beneficiary or payee is in the register: the same throughout, or different."""
    if not entries:
        return {}
    known = {
        row.reference: row
        for row in session.execute(
            select(
                Beneficiary.reference,
                Beneficiary.name,
                Award.amount_pence,
                Award.first_day,
                Award.last_day,
                Payee.reference.label("payee_reference"),
                Payee.name.label("payee_name"),
            )
            .outerjoin(
                Award,
                (Award.body_id == Beneficiary.body_id)
                & (Award.beneficiary_id == Beneficiary.id)
                & (Award.scheme_id == scheme_id),
            )
            .outerjoin(Payee, (Payee.body_id == Award.body_id) & (Payee.id == Award.payee_id))
            .where(Beneficiary.reference == one_of([entry.reference for entry in entries]))
        )
    }
    payees = payees_there(session, {entry.payee_reference for entry in entries})
    found: dict[str, tuple[Outcome, Fault | None]] = {}
    for entry in entries:
        there = known.get(entry.reference)
        payee = payees.get(entry.payee_reference)
        same_payee = payee is not None and same_details(seals, body_id, payee, entry)
        if there is not None:
            award = (entry.beneficiary_name, entry.amount_pence, entry.first_day, entry.last_day, entry.payee_reference)
            kept = (there.name, there.amount_pence, there.first_day, there.last_day, there.payee_reference)
            if award == kept and same_payee:
                found[entry.reference] = Outcome.UNCHANGED, None
            else:
                found[entry.reference] = Outcome.REFUSED, in_register(entry)
        elif payee is not None and not same_payee:
            found[entry.reference] = (
                Outcome.REFUSED,
                Fault("payee_reference", RowReason.PAYEE_DIFFERS, f"{entry.payee_reference} in the register"),
            )
    return found


def known_references(session: Session, references: Sequence[str]) -> set[str]:
    """Of these references those that a beneficiary or a payee has."""
    found: set[str] = set()
    for party in (Beneficiary, Payee):
        found.update(session.scalars(select(party.reference).where(party.reference == one_of(references))))
    return found


def in_register(entry: Entry) -> Fault:
    return Fault("reference", RowReason.IN_REGISTER, entry.reference)


def payees_there(session: Session, references: Iterable[str]) -> dict[str, Any]:
    """Payees with their newest bank details, by reference."""
    rows = session.execute(
        select(
            Payee.reference,
            # a file may go on naming somebody who was merged: what is new is paid to the one who stayed
            func.coalesce(Payee.merged_into, Payee.id).label("id"),
            Payee.name,
            Payee.email,
            Account.holder_name,
            Account.fingerprint,
        )
        .join(Account, (Account.body_id == Payee.body_id) & (Account.payee_id == Payee.id))
        .where(Payee.reference == one_of(references))
        .order_by(Payee.reference, Account.version)
    )
    return {row.reference: row for row in rows}


def same_details(seals: Seals, body_id: UUID, payee: Any, entry: Entry) -> bool:
    fingerprint = seals.fingerprint(body_id, *entry.details)
    return (payee.name, payee.email, payee.holder_name, bytes(payee.fingerprint)) == (
        entry.payee_name,
        entry.email,
        entry.holder_name,
        fingerprint,
    )

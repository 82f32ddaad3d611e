"""What the register holds already of the rows of an import: the same throughout, or something else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import CollectionAggregate, String, Uuid, any_, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from schemes.account import Account
from schemes.amount import Inputs, inputs_from
from schemes.award import Award
from schemes.contact import Contact
from schemes.contact_value import Channel
from schemes.imports.entry import Entry, Fault, Outcome, RowReason
from schemes.payee import Beneficiary, Mandate, Payee
from schemes.seal import Seals


def one_of(references: Iterable[str]) -> CollectionAggregate[bool]:
    # one parameter, whatever their number: thousands of them take longer to write into the query than to look up
    return any_(literal(list(references), ARRAY(String(collation="C"))))


def already_there(
    session: Session, seals: Seals, body_id: UUID, scheme_id: UUID, entries: Sequence[Entry]
) -> dict[tuple[str, str], tuple[Outcome, Fault | None]]:
    """Of these entries, by their keys, those that the register has: the same throughout, or different.

    Not among them is a further award of a beneficiary whom it knows, if all else that the row says is the same.
    """
    if not entries:
        return {}
    people = beneficiaries_there(session, {entry.reference for entry in entries})
    awards = awards_there(session, scheme_id, people)
    payees = payees_there(session, {entry.payee_reference for entry in entries})
    pairs = mandated(session, [person.id for person in people.values()])
    told = {entry.payee_reference for entry in entries if entry.address}
    addresses = addresses_there(session, [payees[each].id for each in told & payees.keys()])
    found: dict[tuple[str, str], tuple[Outcome, Fault | None]] = {}
    for entry in entries:
        person, award = people.get(entry.reference), awards.get(entry.key)
        payee = payees.get(entry.payee_reference)
        same_payee = (
            payee is not None
            and same_details(seals, body_id, payee, entry)
            and (entry.address is None or (payee.id, entry.address) in addresses)
        )
        paid_as = None if payee is None else payee.id
        if person is not None:
            same = same_payee and (person.name, entry.born) == (entry.beneficiary_name, entry.born and person.born)
            if same and award is not None and same_award(award, entry):
                found[entry.key] = Outcome.UNCHANGED, None
            elif not same or award is not None or person.same_as or (person.id, paid_as) not in pairs:
                found[entry.key] = Outcome.REFUSED, in_register(entry)
        elif payee is not None and not same_payee:
            found[entry.key] = (
                Outcome.REFUSED,
                Fault("payee_reference", RowReason.PAYEE_DIFFERS, f"{entry.payee_reference} in the register"),
            )
    return found


def same_award(award: Any, entry: Entry) -> bool:
    kept = Inputs(award.amount_pence) if award.inputs is None else inputs_from(award.inputs)
    return (kept, award.first_day, award.last_day, award.payee_reference) == (
        Inputs(entry.amount_pence, entry.units, entry.rate_pence),
        entry.first_day,
        entry.last_day,
        entry.payee_reference,
    )


def beneficiaries_there(session: Session, references: Iterable[str]) -> dict[str, Any]:
    """Beneficiaries by reference, with what a row says of them."""
    told = select(
        Beneficiary.reference,
        Beneficiary.id,
        Beneficiary.name,
        Beneficiary.date_of_birth.label("born"),
        Beneficiary.same_as,
    )
    return {row.reference: row for row in session.execute(told.where(Beneficiary.reference == one_of(references)))}


def awards_there(session: Session, scheme_id: UUID, people: Mapping[str, Any]) -> dict[tuple[str, str], Any]:
    """What a scheme awards to some beneficiaries, by their reference and the component.

    Asked by the beneficiaries' ids: joined by their references, PostgreSQL looked through all awards of the scheme, and
    again for each chunk of a file, since it had not counted those of the chunks before.
    """
    if not people:
        return {}
    references = {person.id: reference for reference, person in people.items()}
    rows = session.execute(
        select(
            Award.beneficiary_id,
            Award.component,
            Award.amount_pence,
            Award.inputs,
            Award.first_day,
            Award.last_day,
            Payee.reference.label("payee_reference"),
        )
        .join(Payee, (Payee.body_id == Award.body_id) & (Payee.id == Award.payee_id))
        .where(Award.scheme_id == scheme_id, Award.beneficiary_id == any_(literal(list(references), ARRAY(Uuid))))
    )
    return {(references[row.beneficiary_id], row.component): row for row in rows}


def mandated(session: Session, beneficiary_ids: Iterable[UUID]) -> set[tuple[UUID, UUID]]:
    """Who is paid for some beneficiaries, by mandates that nobody has ended: pairs of beneficiary and payee."""
    pairs = select(Mandate.beneficiary_id, Mandate.payee_id).where(
        Mandate.beneficiary_id == any_(literal(list(beneficiary_ids), ARRAY(Uuid))), Mandate.ended_on.is_(None)
    )
    return {(beneficiary_id, payee_id) for beneficiary_id, payee_id in session.execute(pairs)}


def addresses_there(session: Session, payee_ids: Sequence[UUID]) -> set[tuple[UUID, str]]:
    """The addresses of some payees that have not ended."""
    if not payee_ids:
        return set()
    rows = select(Contact.payee_id, Contact.value).where(
        Contact.payee_id == any_(literal(payee_ids, ARRAY(Uuid))),
        Contact.channel == Channel.LETTER,
        Contact.ended_at.is_(None),
    )
    return {(payee_id, value) for payee_id, value in session.execute(rows)}


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
    ids = session.scalars(select(Payee.id).where(Payee.reference == one_of(references))).all()
    if not ids:
        return {}
    these = any_(literal(ids, ARRAY(Uuid)))
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
        # both sides by their ids: joined by references, PostgreSQL looked through all accounts for each chunk of a file
        .where(Payee.id == these, Account.payee_id == these)
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

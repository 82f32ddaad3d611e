"""Putting right what the register says of a payee or a beneficiary, each change with who, when, why and what before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.orm import Session

from bacs.calendar import LONDON
from schemes import audit, revision
from schemes.contact_value import Channel, read_contact
from schemes.errors import NotFound, ReasonNotGiven, Refused
from schemes.payee import (
    EDITORS,
    Beneficiary,
    Payee,
    PaymentMethod,
    for_search,
    get_beneficiary,
    get_payee,
    is_paid_for,
)
from schemes.person import Actor
from schemes.revision import Subject
from schemes.seal import Seals

LONGEST_NAME = 140
# nobody has lived longer: a date before it is a slip of the finger
OLDEST = 125


class PersonFault(StrEnum):
    """What is wrong with what somebody typed about a person."""

    NAME = "name"
    NAME_TOO_LONG = "name_too_long"
    REFERENCE = "reference"
    REFERENCE_TAKEN = "reference_taken"
    KNOWN_BY_ANOTHER_NAME = "known_by_another_name"
    NOT_IN_REGISTER = "not_in_register"
    BORN_LATER = "born_later"
    BORN_TOO_LONG_AGO = "born_too_long_ago"


class PersonRefused(Refused):
    """A name, reference or date of birth that cannot be. `field` is the one to put right."""

    def __init__(self, field: str, fault: PersonFault) -> None:
        super().__init__(f"{field}: {fault}")
        self.field = field
        self.fault = fault


def read_name(typed: str, field: str = "name") -> str:
    """Raises PersonRefused."""
    name = " ".join(typed.split())
    if not any(character.isalpha() for character in name):
        raise PersonRefused(field, PersonFault.NAME)
    if len(name) > LONGEST_NAME:
        raise PersonRefused(field, PersonFault.NAME_TOO_LONG)
    return name


def read_birth(born: date | None, today: date, field: str = "date_of_birth") -> date | None:
    """Raises PersonRefused."""
    if born is not None and born > today:
        raise PersonRefused(field, PersonFault.BORN_LATER)
    if born is not None and born.year < today.year - OLDEST:
        raise PersonRefused(field, PersonFault.BORN_TOO_LONG_AGO)
    return born


def correct_payee(
    session: Session,
    seals: Seals,
    payee_id: UUID,
    *,
    name: str,
    date_of_birth: date | None,
    reason: str,
    by: Actor,
    at: datetime,
) -> None:
    """Put a payee's name and date of birth right. The same again changes nothing.

    The name on the bank account is another thing, and is changed as bank details are. Raises PersonRefused,
    ReasonNotGiven, NotFound, NotAllowed.
    """
    by.must_be(*EDITORS)
    payee = get_payee(session, payee_id, lock=True)
    correct(session, seals, payee, payee, name=name, born=date_of_birth, reason=reason, by=by, at=at)


def correct_beneficiary(
    session: Session,
    seals: Seals,
    *,
    payee_id: UUID,
    beneficiary_id: UUID,
    name: str,
    date_of_birth: date | None,
    address: str | None = None,
    reason: str,
    by: Actor,
    at: datetime,
) -> None:
    """The same of a beneficiary whose money the payee gets, with their own address; "" for none, None to leave it.

    Raises also ContactRefused, and NotFound for anybody else's.
    """
    by.must_be(*EDITORS)
    payee = get_payee(session, payee_id)
    beneficiary = get_beneficiary(session, beneficiary_id, lock=True)
    if not is_paid_for(session, payee_id, beneficiary_id):
        raise NotFound("beneficiary", beneficiary_id)
    before = beneficiary.address
    if address is not None:
        lives = read_contact(Channel.LETTER, address) if address.strip() else None
        beneficiary.address, beneficiary.postcode = (lives.value, lives.postcode) if lives else (None, None)
    moved = [] if beneficiary.address == before else [(Subject.ADDRESS, before, beneficiary.address)]
    correct(session, seals, payee, beneficiary, moved, name=name, born=date_of_birth, reason=reason, by=by, at=at)


def correct(
    session: Session,
    seals: Seals,
    payee: Payee,
    party: Payee | Beneficiary,
    moved: Sequence[tuple[Subject, str | None, str | None]] = (),
    *,
    name: str,
    born: date | None,
    reason: str,
    by: Actor,
    at: datetime,
) -> None:
    name = read_name(name)
    born = read_birth(born, at.astimezone(LONDON).date())
    changed = [
        (subject, before, after)
        for subject, before, after in (
            (Subject.NAME, party.name, name),
            (Subject.DATE_OF_BIRTH, written(party.date_of_birth), written(born)),
            *moved,
        )
        if before != after
    ]
    if not changed:
        return
    if not reason.strip():
        raise ReasonNotGiven("change this")
    party.name, party.search_name, party.date_of_birth = name, for_search(name), born
    session.flush()
    beneficiary_id = party.id if isinstance(party, Beneficiary) else None
    for subject, before, after in changed:
        revision.note(
            session,
            seals,
            payee,
            subject,
            before=before,
            after=after,
            reason=reason.strip(),
            by=by,
            at=at,
            beneficiary_id=beneficiary_id,
        )
    subjects = [subject.value for subject, _, _ in changed]
    audit.record(session, f"{party.__tablename__}.corrected", by=by, about=payee, at=at, subjects=subjects)


def written(born: date | None) -> str | None:
    return born.isoformat() if born else None


def set_payment_method(
    session: Session, seals: Seals, payee_id: UUID, method: PaymentMethod, *, reason: str, by: Actor, at: datetime
) -> None:
    """Say how a payee is paid from now on. The same again changes nothing.

    One person may: an account is paid only once two confirmed it, and without one nothing is paid. Raises
    ReasonNotGiven, NotFound, NotAllowed.
    """
    by.must_be(*EDITORS)
    payee = get_payee(session, payee_id, lock=True)
    before = payee.payment_method
    if before is method:
        return
    if not reason.strip():
        raise ReasonNotGiven("change how they are paid")
    payee.payment_method = method
    session.flush()
    revision.note(
        session,
        seals,
        payee,
        Subject.PAYMENT_METHOD,
        before=before.value,
        after=method.value,
        reason=reason.strip(),
        by=by,
        at=at,
    )
    audit.record(session, "payee.payment_method_set", by=by, about=payee, at=at, method=method.value)


def set_payments_combined(
    session: Session, seals: Seals, payee_id: UUID, *, combined: bool, reason: str, by: Actor, at: datetime
) -> None:
    """Say whether a payee gets one credit for all whom a payroll pays through them, or one for each.

    One person may: the account and the sum are the same either way. A payroll goes by it when it is built. The same
    again changes nothing. Raises ReasonNotGiven, NotFound, NotAllowed.
    """
    by.must_be(*EDITORS)
    payee = get_payee(session, payee_id, lock=True)
    if payee.payments_combined is combined:
        return
    if not reason.strip():
        raise ReasonNotGiven("change how they are paid")
    payee.payments_combined = combined
    session.flush()
    revision.note(
        session,
        seals,
        payee,
        Subject.PAYMENTS_COMBINED,
        before=not combined,
        after=combined,
        reason=reason.strip(),
        by=by,
        at=at,
    )
    audit.record(session, "payee.payments_combined_set", by=by, about=payee, at=at, combined=combined)

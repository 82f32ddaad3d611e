"""Adding one payee by hand, with whose money they receive, how they are reached and how they are paid.

Their bank details are proposed afterwards, and wait for a second person as every change of them does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bacs.calendar import LONDON
from schemes import audit, safe_contact_change
from schemes.contact import add_contact
from schemes.contact_value import Channel, ContactRefused, ContactValue, read_contact
from schemes.database import new_id, take_turns
from schemes.errors import ReasonNotGiven
from schemes.mandate import MandateFault, MandateRefused, give_mandate
from schemes.payee import EDITORS, Beneficiary, Capacity, Payee, PaymentMethod, for_search
from schemes.payee_details import PersonFault, PersonRefused, read_birth, read_name
from schemes.person import Actor
from schemes.preference import USUAL, Preference
from schemes.seal import Seals

# as in a register file: what a payment's reference and a spreadsheet both bear
REFERENCE = re.compile(r"[A-Z0-9][A-Z0-9/.-]*")
LONGEST_REFERENCE = 35


class SafetyReasonNotGiven(ReasonNotGiven):
    """Nobody says why a new payee may be reached by certain contacts only."""


class HomeRefused(ContactRefused):
    """The address where a beneficiary lives is none."""


@dataclass(frozen=True)
class NewPayee:
    """What somebody says of a payee. The fields of the beneficiary are not looked at for one paid for themselves.

    beneficiary_home: where the beneficiary lives, as typed; kept of one who is new to the register. contacts: by
    channel, as typed. contacts_because: where they come from. safe: the channels of the contacts that alone are safe,
    or None where all of them are; safe_because: why not all are.
    """

    reference: str
    name: str
    date_of_birth: date | None
    capacity: Capacity
    beneficiary_reference: str = ""
    beneficiary_name: str = ""
    beneficiary_born: date | None = None
    beneficiary_home: str = ""
    first_day: date | None = None
    last_day: date | None = None
    evidence: str = ""
    evidence_reference: str = ""
    contacts: tuple[tuple[Channel, str], ...] = ()
    contacts_because: str = ""
    safe: frozenset[Channel] | None = None
    safe_because: str = ""
    payment_method: PaymentMethod = PaymentMethod.ACCOUNT
    preference: Preference = USUAL

    @property
    def whose(self) -> tuple[str, str, date | None]:
        """The beneficiary's reference, name and date of birth as they were given."""
        if self.capacity is Capacity.SELF:
            return self.reference, self.name, self.date_of_birth
        return self.beneficiary_reference, self.beneficiary_name, self.beneficiary_born


def add_payee(session: Session, seals: Seals, *, payee_id: UUID, new: NewPayee, by: Actor, at: datetime) -> Payee:
    """Keep a new payee, and the beneficiary unless they are known. The same id again is the same payee.

    That only some contacts are safe is proposed with it, and counts once a second person confirms it.

    Raises PersonRefused, MandateRefused, HomeRefused, ContactRefused, ReasonNotGiven, NotAllowed.
    """
    by.must_be(*EDITORS)
    take_turns(session, f"payee {payee_id}")
    there = session.get(Payee, (by.body_id, payee_id))
    if there is not None:
        return there
    check_person(session, new, at=at)
    beneficiary = check_beneficiary(session, new, at=at)
    check_contacts(new)
    check_safety(new)
    key_row, _ = seals.make(by.body_id, at)
    name = read_name(new.name)
    payee = Payee(
        body_id=by.body_id,
        id=payee_id,
        reference=read_reference(new.reference),
        name=name,
        search_name=for_search(name),
        date_of_birth=new.date_of_birth,
        payment_method=new.payment_method,
        preferred_channel=new.preference.channel.value if new.preference.channel else None,
        format=new.preference.format,
        language=new.preference.language,
        key_id=key_row.id,
        made_at=at,
    )
    session.add(key_row)
    session.flush()
    keep(session, payee, "reference")
    if beneficiary is None:
        beneficiary = new_beneficiary(session, new, by=by, at=at)
    audit.record(session, "payee.added", by=by, about=payee, at=at, capacity=new.capacity.value)
    give_mandate(
        session,
        mandate_id=new_id(),
        payee_id=payee_id,
        beneficiary_id=beneficiary.id,
        capacity=new.capacity,
        first_day=new.first_day,
        last_day=new.last_day,
        evidence=new.evidence,
        evidence_reference=new.evidence_reference,
        by=by,
        at=at,
    )
    keep_contacts(session, payee_id, new, by=by, at=at)
    return payee


def keep_contacts(session: Session, payee_id: UUID, new: NewPayee, *, by: Actor, at: datetime) -> None:
    """Keep how a new payee is reached; that they are in danger by some of it is for a second person to confirm."""
    kept = {}
    for channel, typed in new.contacts:
        kept[channel] = add_contact(
            session,
            contact_id=new_id(),
            payee_id=payee_id,
            channel=channel,
            typed=typed,
            because=new.contacts_because,
            by=by,
            at=at,
        ).id
    if new.safe is not None:
        safe_contact_change.propose(
            session,
            payee_id,
            change_id=new_id(),
            marked=True,
            contact_ids={contact_id for channel, contact_id in kept.items() if channel in new.safe},
            reason=new.safe_because,
            by=by,
            at=at,
        )


def new_beneficiary(session: Session, new: NewPayee, *, by: Actor, at: datetime) -> Beneficiary:
    reference, name, born = new.whose
    name = read_name(name, "beneficiary_name")
    lives = read_home(new)
    beneficiary = Beneficiary(
        body_id=by.body_id,
        id=new_id(),
        reference=read_reference(reference, "beneficiary_reference"),
        name=name,
        search_name=for_search(name),
        date_of_birth=born,
        address=lives.value if lives else None,
        postcode=lives.postcode if lives else None,
        made_at=at,
    )
    keep(session, beneficiary, "reference" if new.capacity is Capacity.SELF else "beneficiary_reference")
    return beneficiary


def keep(session: Session, party: Payee | Beneficiary, field: str) -> None:
    """Write somebody into the register, unless an import took the reference at this very moment."""
    try:
        with session.begin_nested():
            session.add(party)
    except IntegrityError:
        raise PersonRefused(field, PersonFault.REFERENCE_TAKEN) from None


def check_person(session: Session, new: NewPayee, *, at: datetime) -> None:
    """What is said of the payee alone. Raises PersonRefused."""
    read_name(new.name)
    reference = read_reference(new.reference)
    read_birth(new.date_of_birth, at.astimezone(LONDON).date())
    if session.scalar(select(Payee.id).where(Payee.reference == reference)) is not None:
        raise PersonRefused("reference", PersonFault.REFERENCE_TAKEN)


def check_beneficiary(session: Session, new: NewPayee, *, at: datetime) -> Beneficiary | None:
    """The beneficiary where the register knows them, by their reference and name.

    Raises PersonRefused, MandateRefused, HomeRefused.
    """
    for_self = new.capacity is Capacity.SELF
    field = "reference" if for_self else "beneficiary_reference"
    reference, name, born = new.whose
    reference, name = read_reference(reference, field), read_name(name, "name" if for_self else "beneficiary_name")
    read_birth(born, at.astimezone(LONDON).date(), "date_of_birth" if for_self else "beneficiary_born")
    if new.first_day and new.last_day and new.last_day < new.first_day:
        raise MandateRefused("last_day", MandateFault.DAYS_REVERSED)
    if not for_self and not new.evidence.strip():
        raise MandateRefused("evidence", MandateFault.EVIDENCE_MISSING)
    read_home(new)
    known = session.scalars(select(Beneficiary).where(Beneficiary.reference == reference)).one_or_none()
    if known is not None and known.search_name != for_search(name):
        raise PersonRefused(field, PersonFault.KNOWN_BY_ANOTHER_NAME)
    return known


def read_home(new: NewPayee) -> ContactValue | None:
    """Where a beneficiary lives who is paid through somebody else. Raises HomeRefused."""
    if new.capacity is Capacity.SELF or not new.beneficiary_home.strip():
        return None
    try:
        return read_contact(Channel.LETTER, new.beneficiary_home)
    except ContactRefused as refused:
        raise HomeRefused(refused.fault) from None


def check_contacts(new: NewPayee) -> None:
    """Raises ContactRefused, ReasonNotGiven."""
    for channel, typed in new.contacts:
        read_contact(channel, typed)
    if new.contacts and not new.contacts_because.strip():
        raise ReasonNotGiven("keep these contacts")


def check_safety(new: NewPayee) -> None:
    """Raises SafetyReasonNotGiven."""
    if new.safe is not None and not new.safe_because.strip():
        raise SafetyReasonNotGiven("keep to certain contacts")


def read_reference(typed: str, field: str = "reference") -> str:
    """Raises PersonRefused."""
    reference = typed.strip().upper()
    if len(reference) > LONGEST_REFERENCE or not REFERENCE.fullmatch(reference):
        raise PersonRefused(field, PersonFault.REFERENCE)
    return reference


def beneficiary_named(session: Session, typed: str) -> Beneficiary:
    """The beneficiary of a reference. Raises PersonRefused."""
    reference = read_reference(typed, "beneficiary_reference")
    known = session.scalars(select(Beneficiary).where(Beneficiary.reference == reference)).one_or_none()
    if known is None:
        raise PersonRefused("beneficiary_reference", PersonFault.NOT_IN_REGISTER)
    return known


def suggested_reference(session: Session) -> str:
    """The reference after the highest of the kind that was given last: `HIL-000201` after `HIL-000200`, or nothing."""
    last = session.scalar(select(Payee.reference).order_by(Payee.id.desc()).limit(1)) or ""
    found = re.fullmatch(r"(.*?)([0-9]{1,18})", last)
    if found is None:
        return ""
    prefix, digits = found[1], found[2]
    # of one prefix and as many digits, the order of the text is that of the numbers; a beneficiary's is taken too
    low, high = f"{prefix}{'0' * len(digits)}", f"{prefix}{'9' * len(digits)}"
    highest = max(
        session.scalar(
            select(party.reference)
            .where(party.reference >= low, party.reference <= high)
            .order_by(party.reference.desc())
            .limit(1)
        )
        or ""
        for party in (Payee, Beneficiary)
    )
    of_highest = re.fullmatch(re.escape(prefix) + r"([0-9]{1,18})", highest)
    if of_highest is None or len(of_highest[1]) != len(digits):
        return ""
    return f"{prefix}{int(of_highest[1]) + 1:0{len(digits)}}"

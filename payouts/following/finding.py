"""Finding a payment without the link: by its reference and one fact that whoever waits for it knows.

References follow one another, so a wrong reference and a wrong fact are told alike, take alike long to look up, and
slow down both whoever asks and whoever else asks for that reference.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from payouts.payment import Payment
from schemes import before_body
from schemes.contact import Contact
from schemes.payee import Beneficiary, Payee
from schemes.sign_in import wait_after

MOST_LOOKED_AT = 20


class Fact(NamedTuple):
    """What somebody says to be told of a payment: a day of birth, or else a postcode in the plain form."""

    born: date | None
    postcode: str | None


class Slowed(Exception):
    """Too many wrong tries: nothing is looked at before `until` (UTC)."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"until {until}")
        self.until = until


def must_not_be_slowed(session: Session, keys: Sequence[bytes], at: datetime) -> None:
    """Raises Slowed. In a transaction without a body, in which wrong tries are counted too."""
    for key in keys:
        _, until = before_body.sign_in_wait(session, key)
        if until is not None and at < until:
            raise Slowed(until)


def count_wrong_try(session: Session, keys: Sequence[bytes], at: datetime) -> None:
    for key in keys:
        failures, _ = before_body.sign_in_wait(session, key)
        before_body.set_sign_in_wait(session, key, failures + 1, at + wait_after(failures + 1))


def wait_key(*parts: object) -> bytes:
    """Under what wrong tries are counted: tells nothing of an address or reference."""
    return hashlib.sha256(" ".join(["follow", *map(str, parts)]).encode()).digest()


def written_reference(typed: str) -> str:
    """A reference as it stands in a file: in capitals, single spaces."""
    return re.sub(r"\s+", " ", typed.strip()).upper()


def find(session: Session, reference: str, fact: Fact) -> UUID | None:
    """The newest payment with a reference whose payee or beneficiary the fact is true of."""
    rows = session.execute(
        select(Payment.id, Payment.payee_id, Payee.date_of_birth, Beneficiary.date_of_birth, Beneficiary.postcode)
        .join(Payee, (Payee.body_id == Payment.body_id) & (Payee.id == Payment.payee_id))
        .join(Beneficiary, (Beneficiary.body_id == Payment.body_id) & (Beneficiary.id == Payment.beneficiary_id))
        .where(Payment.reference == reference)
        .order_by(Payment.id.desc())
        .limit(MOST_LOOKED_AT)
    ).all()
    homes = postcodes_of(session, {row.payee_id for row in rows})
    for payment_id, payee_id, payee_born, beneficiary_born, postcode in rows:
        if fact.born is not None and fact.born in (payee_born, beneficiary_born):
            return payment_id
        if fact.postcode is not None and fact.postcode in (plain(postcode), *homes.get(payee_id, ())):
            return payment_id
    return None


def postcodes_of(session: Session, payees: set[UUID]) -> dict[UUID, list[str | None]]:
    """The postcodes at which payees are written to, in the plain form."""
    found: dict[UUID, list[str | None]] = {}
    used = select(Contact.payee_id, Contact.postcode).where(
        Contact.payee_id.in_(payees), Contact.postcode.is_not(None), Contact.ended_at.is_(None)
    )
    for payee_id, postcode in session.execute(used):
        found.setdefault(payee_id, []).append(plain(postcode))
    return found


def plain(postcode: str | None) -> str | None:
    """A postcode in capitals without spaces; None for none."""
    return "".join((postcode or "").upper().split()) or None

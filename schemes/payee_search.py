"""Finding payees: by reference, name, beneficiary or account, each by an index of its own, page by page.

Under row security PostgreSQL uses an index only for leakproof operators, so the start of a name or reference is a
range of plain columns, never LIKE; and what could match in several ways is several questions, since an OR of two
ranges would be answered by reading the register from its beginning.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from schemes import audit
from schemes.account import Account
from schemes.hold import is_listed
from schemes.payee import Beneficiary, Mandate, Payee, for_search
from schemes.person import Actor
from schemes.seal import Seals
from schemes.typed_details import read_details
from schemes.unmasking import UNMASKERS

HIGHEST = "\U0010fffd"


class SearchBy(StrEnum):
    """By what payees are found."""

    REFERENCE = "reference"
    NAME = "name"
    BENEFICIARY_REFERENCE = "beneficiary_reference"
    BENEFICIARY_NAME = "beneficiary_name"
    LAST_FOUR = "last_four"


def payees_by_reference(session: Session, *, after: str | None = None, limit: int = 50) -> Sequence[Payee]:
    """All payees by reference, those after `after`."""
    payees = select(Payee).where(is_listed()).order_by(Payee.reference).limit(limit)
    if after is not None:
        payees = payees.where(Payee.reference > after)
    return session.scalars(payees).all()


def find_payees(
    session: Session, search: str, by: SearchBy, *, after: UUID | None = None, limit: int = 50
) -> Sequence[Payee]:
    """Payees that a search finds, those after the payee `after`: ids in an address tell nobody's name."""
    last = session.get(Payee, (session.info["body_id"], after)) if after else None
    match by:
        case SearchBy.REFERENCE:
            found = select(Payee).where(between(Payee.reference, search.strip().upper()))
        case SearchBy.NAME:
            return by_name(session, for_search(search), last, limit)
        case SearchBy.BENEFICIARY_REFERENCE:
            found = paid_for(Beneficiary.reference, search.strip().upper())
        case SearchBy.BENEFICIARY_NAME:
            found = paid_for(Beneficiary.search_name, for_search(search))
        case SearchBy.LAST_FOUR:
            found = select(Payee).where(
                Payee.id.in_(select(Account.payee_id).where(Account.last_four == search.strip()))
            )
    if last is not None:
        found = found.where(Payee.reference > last.reference)
    return session.scalars(found.where(is_listed()).order_by(Payee.reference).limit(limit)).all()


def by_name(session: Session, start: str, last: Payee | None, limit: int) -> Sequence[Payee]:
    """By name, then reference: the order of the index, so that only the page's rows are read."""
    payees = select(Payee).where(between(Payee.search_name, start), is_listed())
    if last is not None:
        payees = payees.where(
            Payee.search_name >= last.search_name,
            or_(
                Payee.search_name > last.search_name,
                and_(Payee.search_name == last.search_name, Payee.reference > last.reference),
            ),
        )
    return session.scalars(payees.order_by(Payee.search_name, Payee.reference).limit(limit)).all()


# a beginning such as "s" fits a tenth of all beneficiaries: of more than these nobody looks through the list
MOST_BENEFICIARIES = 1000


def paid_for(column: InstrumentedAttribute[str], start: str) -> Select[Any]:
    """Payees who are or were paid for the first beneficiaries whose reference or name starts like that."""
    beneficiaries = select(Beneficiary.id).where(between(column, start)).order_by(column).limit(MOST_BENEFICIARIES)
    return select(Payee).where(Payee.id.in_(select(Mandate.payee_id).where(Mandate.beneficiary_id.in_(beneficiaries))))


def between(column: InstrumentedAttribute[str], start: str) -> ColumnElement[bool]:
    return (column >= start) & (column < start + HIGHEST)


def find_by_account(
    session: Session,
    seals: Seals,
    *,
    sort_code: str,
    account_number: str,
    roll_number: str,
    by: Actor,
    at: datetime,
    limit: int = 50,
) -> Sequence[Payee]:
    """Payees that have or had exactly this account, by the keyed fingerprint. Recorded, without the digits.

    A building society's account is another with each roll number. Raises DetailsRefused, NotAllowed.
    """
    by.must_be(*UNMASKERS)
    details, _ = read_details(sort_code, account_number, roll_number)
    fingerprint = seals.fingerprint(by.body_id, *details)
    holders = select(Account.payee_id).where(Account.fingerprint == fingerprint)
    found = session.scalars(
        select(Payee).where(Payee.id.in_(holders), is_listed()).order_by(Payee.reference).limit(limit)
    ).all()
    audit.record(session, "payee.searched_by_account", by=by, at=at, found=len(found))
    return found

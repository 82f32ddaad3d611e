"""How risky new bank details are, and why: what the cooling-off goes by, and what the second person is shown."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from schemes.account import Account, CameBy, Stopped
from schemes.contact import Contact
from schemes.payee import get_payee
from schemes.safe_contact import newest_mark

LATELY = timedelta(days=30)


class Risk(StrEnum):
    """A class of new bank details. `first`: the payee had none before, so there is nothing to steal yet."""

    FIRST = "first"
    ORDINARY = "ordinary"
    HIGH = "high"


class RiskReason(StrEnum):
    """Why new bank details count as high risk. Those of the bank are found by whoever can ask the bank."""

    CAME_BY_EMAIL = "came_by_email"
    CAME_BY_PHONE = "came_by_phone"
    ACCOUNT_OF_ANOTHER_PAYEE = "account_of_another_payee"
    ACCOUNT_COMPROMISED = "account_compromised"
    CONTACT_CHANGED = "contact_changed"
    SAFE_CONTACT_CHANGED = "safe_contact_changed"
    CHANGED_LATELY = "changed_lately"
    REJECTED_LATELY = "rejected_lately"
    NAME_NO_MATCH = "name_no_match"
    NAME_CANNOT_BE_CHECKED = "name_cannot_be_checked"
    ACCOUNT_SWITCHED = "account_switched"


# what speaks against an account speaks against it whether or not it replaces another
OF_THE_ACCOUNT = frozenset(
    {
        RiskReason.ACCOUNT_OF_ANOTHER_PAYEE,
        RiskReason.ACCOUNT_COMPROMISED,
        RiskReason.NAME_NO_MATCH,
        RiskReason.NAME_CANNOT_BE_CHECKED,
        RiskReason.ACCOUNT_SWITCHED,
    }
)


@dataclass(frozen=True)
class Assessment:
    """The risk of a version, and each reason for it. `changes`: it replaces details that were confirmed before."""

    risk: Risk
    reasons: tuple[RiskReason, ...]
    changes: bool


def assess(session: Session, account: Account, *, at_the_bank: Collection[RiskReason], at: datetime) -> Assessment:
    """How risky a proposed version is. at_the_bank: what the payee's bank said against it, if it was asked."""
    changes = replaces_details(session, account)
    found = {*at_the_bank, *known_here(session, account, since=at - LATELY)}
    if not changes:
        found &= OF_THE_ACCOUNT
    reasons = tuple(reason for reason in RiskReason if reason in found)
    if reasons:
        return Assessment(Risk.HIGH, reasons, changes)
    return Assessment(Risk.ORDINARY if changes else Risk.FIRST, (), changes)


def replaces_details(session: Session, account: Account) -> bool:
    """Whether the payee had confirmed bank details before: the first ones replace nothing that could be stolen."""
    return there_is(session, of_payee(account), Account.confirmed_at.is_not(None))


def known_here(session: Session, account: Account, *, since: datetime) -> set[RiskReason]:
    """What the register itself says against a version."""
    by_way = {CameBy.EMAIL: RiskReason.CAME_BY_EMAIL, CameBy.PHONE: RiskReason.CAME_BY_PHONE}
    found = {by_way[account.came_by]} if account.came_by in by_way else set()
    same_account = (Account.fingerprint == account.fingerprint) & (Account.id != account.id)
    questions: dict[RiskReason, tuple[ColumnElement[bool], ...]] = {
        RiskReason.ACCOUNT_OF_ANOTHER_PAYEE: (
            same_account,
            Account.payee_id != account.payee_id,
            Account.rejected_at.is_(None),
        ),
        RiskReason.ACCOUNT_COMPROMISED: (same_account, Account.stopped_as == Stopped.COMPROMISED),
        RiskReason.CHANGED_LATELY: (of_payee(account), Account.import_id.is_(None), Account.confirmed_at >= since),
        # whoever withdraws their own proposal mistyped; a second person who rejects one was not convinced
        RiskReason.REJECTED_LATELY: (
            of_payee(account),
            Account.rejected_at >= since,
            Account.rejected_by != Account.proposed_by,
        ),
    }
    if contact_changed(session, account, since=since):
        found.add(RiskReason.CONTACT_CHANGED)
    mark = newest_mark(session, account.payee_id)
    if mark is not None and mark.revised_at >= since:
        found.add(RiskReason.SAFE_CONTACT_CHANGED)
    return found | {reason for reason, asked in questions.items() if there_is(session, *asked)}


def contact_changed(session: Session, account: Account, *, since: datetime) -> bool:
    """Whether somebody gave the payee another contact, or took one away: a fraudster changes the contact first."""
    payee = get_payee(session, account.payee_id)
    # what came with the payee is what the payee is known by
    added = (Contact.held_since > payee.made_at) & (Contact.held_since >= since)
    changed = select(Contact.id).where(Contact.payee_id == payee.id, added | (Contact.ended_at >= since))
    return session.scalar(changed.limit(1)) is not None


def of_payee(account: Account) -> ColumnElement[bool]:
    return (Account.payee_id == account.payee_id) & (Account.id != account.id)


def there_is(session: Session, *asked: ColumnElement[bool]) -> bool:
    return session.scalar(select(Account.id).where(*asked).limit(1)) is not None

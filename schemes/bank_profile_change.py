"""A new bank profile, or another version of one: proposed by one person, confirmed by another.

The proposal's facts hold no bank details: the originating account is sealed in the row that waits to be confirmed.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from datetime import datetime, time
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bacs import charset, modulus
from bacs.account import validate
from bacs.errors import AccountRefused
from schemes import audit, change
from schemes.audit import AuditEvent
from schemes.bank_profile import (
    LAST_RECALL,
    RECOVERY_DAYS,
    SANDBOX_SERVICE_USER_NUMBER,
    TRACE_DAYS,
    BankProfile,
    OriginatingAccount,
    keep,
    open_account,
    versions_of,
)
from schemes.body import get_body
from schemes.change import Change, ChangeKind, NothingToChange
from schemes.database import new_id, take_turns
from schemes.errors import NotFound, Refused
from schemes.file_format import FileFormat
from schemes.file_naming import fits
from schemes.person import Actor, Role
from schemes.seal import Seals

CONFIRMERS = (Role.ADMINISTRATOR, Role.APPROVER, Role.FINANCE)
LONGEST_NAME = 50
WIRE_WIDTH = 18
"""Characters of a name in a Standard 18 record."""
LAST_CUT_OFF = time(22, 30)
"""Bacs takes files until 22:30 on the input day; no submitter's cut-off is later."""
LARGEST_ITEM_PENCE = 20_000_000_00
"""Of one Bacs credit."""
MOST_ITEMS = 1_000_000
MOST_DAYS = 60
"""In which a bank has to have answered, in working days."""
SERVICE_USER_NUMBER = re.compile(r"[0-9]{6}")
# six digits, or as it stands in contracts: B and five (Standard 18, VOL1 42-47)
BUREAU_NUMBER = re.compile(r"[A-Z0-9][0-9]{5}")


class ProfileFault(StrEnum):
    """What is wrong with one field of a bank profile."""

    NAME = "name"
    ACCOUNT = "account"
    MODULUS = "modulus"
    WIRE_NAME = "wire_name"
    SERVICE_USER_NUMBER = "service_user_number"
    BUREAU_NUMBER = "bureau_number"
    CUT_OFF = "cut_off"
    RECALL_BY = "recall_by"
    DAYS = "days"
    ITEM_LIMIT = "item_limit"
    FILE_LIMIT = "file_limit"
    ITEMS_PER_FILE = "items_per_file"
    FILE_NAMING = "file_naming"


class ProfileRefused(Refused):
    """A bank profile that Bacs or a bank would not take. `field` is that of `Terms`."""

    def __init__(self, field: str, fault: ProfileFault) -> None:
        super().__init__(f"{field}: {fault}")
        self.field = field
        self.fault = fault


@dataclass(frozen=True)
class Terms:
    """What people say of a bank profile, but for its account. Limits in pence; `cut_off` is Europe/London."""

    name: str
    account_name: str
    service_user_name: str
    service_user_number: str
    bureau_number: str
    cut_off: time
    item_limit_pence: int
    file_limit_pence: int
    items_per_file: int
    file_naming: str
    file_format: FileFormat = FileFormat.STANDARD18
    recall_by: time = LAST_RECALL
    trace_days: int = TRACE_DAYS
    recovery_days: int = RECOVERY_DAYS


def must_fit(terms: Terms) -> None:
    """Raises ProfileRefused for the first thing that does not fit."""
    checks = (
        ("name", 0 < len(terms.name.strip()) <= LONGEST_NAME, ProfileFault.NAME),
        ("account_name", fits_wire(terms.account_name), ProfileFault.WIRE_NAME),
        ("service_user_name", fits_wire(terms.service_user_name), ProfileFault.WIRE_NAME),
        (
            "service_user_number",
            bool(SERVICE_USER_NUMBER.fullmatch(terms.service_user_number)),
            ProfileFault.SERVICE_USER_NUMBER,
        ),
        (
            "bureau_number",
            not terms.bureau_number or bool(BUREAU_NUMBER.fullmatch(terms.bureau_number)),
            ProfileFault.BUREAU_NUMBER,
        ),
        ("cut_off", terms.cut_off <= LAST_CUT_OFF, ProfileFault.CUT_OFF),
        ("recall_by", terms.recall_by <= LAST_RECALL, ProfileFault.RECALL_BY),
        ("trace_days", 0 < terms.trace_days <= MOST_DAYS, ProfileFault.DAYS),
        ("recovery_days", 0 < terms.recovery_days <= MOST_DAYS, ProfileFault.DAYS),
        ("item_limit_pence", 0 < terms.item_limit_pence <= LARGEST_ITEM_PENCE, ProfileFault.ITEM_LIMIT),
        ("file_limit_pence", terms.file_limit_pence >= terms.item_limit_pence, ProfileFault.FILE_LIMIT),
        ("items_per_file", 0 < terms.items_per_file <= MOST_ITEMS, ProfileFault.ITEMS_PER_FILE),
        ("file_naming", fits(terms.file_naming), ProfileFault.FILE_NAMING),
    )
    for field, is_right, fault in checks:
        if not is_right:
            raise ProfileRefused(field, fault)


def fits_wire(name: str) -> bool:
    """Whether a name reaches the wire whole: nothing that a bank reads is ever cut."""
    return 0 < len(charset.to_bacs(name).text.strip()) <= WIRE_WIDTH


def read_account(sort_code: str, account_number: str) -> OriginatingAccount:
    """Raises ProfileRefused for an account that is none, or whose digits do not fit together."""
    try:
        account = validate(sort_code, account_number)
    except AccountRefused:
        raise ProfileRefused("account_number", ProfileFault.ACCOUNT) from None
    if not modulus.check(*account[:2]).outcome.is_payable:
        raise ProfileRefused("account_number", ProfileFault.MODULUS)
    return OriginatingAccount(account.sort_code, account.account_number)


def facts(profile: BankProfile) -> dict[str, Any]:
    """A version as a proposal's facts."""
    terms = asdict(Terms(**{name: getattr(profile, name) for name in Terms.__dataclass_fields__}))
    return {
        **terms,
        "cut_off": f"{profile.cut_off:%H:%M}",
        "recall_by": f"{profile.recall_by:%H:%M}",
        "last_four": profile.last_four,
        "version": profile.version,
        "profile_id": str(profile.id),
    }


def facts_now(session: Session, line_id: UUID) -> dict[str, Any]:
    """The version that counts as a proposal's facts; none of a profile that is not there yet."""
    versions = versions_of(session, line_id)
    return facts(versions[0]) if versions else {}


def propose(
    session: Session,
    seals: Seals,
    terms: Terms,
    *,
    account: tuple[str, str] | None,
    change_id: UUID,
    line_id: UUID,
    reason: str,
    by: Actor,
    at: datetime,
) -> Change:
    """Propose a version of a bank profile, or under a new id a new one. The same change id again is the same proposal.

    account: sort code and account number as typed; None keeps the one there is. A sandbox pays under its own number.
    Raises ProfileRefused, NothingToChange, NotFound, NotAllowed, and as `change.propose`.
    """
    by.must_be(Role.ADMINISTRATOR)
    take_turns(session, f"bank profile {line_id}")
    there = session.get(Change, (by.body_id, change_id))
    if there is not None:
        return there
    terms = under_its_number(session, terms)
    must_fit(terms)
    versions = versions_of(session, line_id)
    if not versions and session.get(BankProfile, (by.body_id, line_id)) is not None:
        raise NotFound("bank profile", line_id)
    if account is None and not versions:
        raise ProfileRefused("account_number", ProfileFault.ACCOUNT)
    now = open_account(session, seals, versions[0]) if versions else None
    wanted = read_account(*account) if account is not None else now
    assert wanted is not None, "a profile that is there has an account"
    values = asdict(terms)
    if versions and wanted == now and all(getattr(versions[0], name) == value for name, value in values.items()):
        raise NothingToChange
    row_id = new_id() if versions else line_id
    row = BankProfile(id=row_id, line_id=line_id, version=next_version(session, line_id), made_at=at, **values)
    keep(session, seals, row, wanted, at=at)
    return change.propose(
        session,
        ChangeKind.BANK_PROFILE,
        change_id=change_id,
        subject_id=line_id,
        before=told(facts(versions[0]), is_same=True) if versions else {},
        after=told(facts(row), is_same=wanted == now),
        reason=reason,
        by=by,
        at=at,
    )


def under_its_number(session: Session, terms: Terms) -> Terms:
    """A sandbox pays under the number that belongs to nobody. Raises ProfileRefused for a live body that would."""
    if get_body(session).is_sandbox:
        return replace(terms, service_user_number=SANDBOX_SERVICE_USER_NUMBER)
    if terms.service_user_number == SANDBOX_SERVICE_USER_NUMBER:
        raise ProfileRefused("service_user_number", ProfileFault.SERVICE_USER_NUMBER)
    return terms


def told(stated: dict[str, Any], *, is_same: bool) -> dict[str, Any]:
    """Whether the account is the one there was: its last four digits alone could not tell two apart."""
    return {**stated, "same_account": is_same}


def now_there(session: Session, line_id: UUID) -> dict[str, Any]:
    """What a proposal replaces, as it stands now."""
    stated = facts_now(session, line_id)
    return told(stated, is_same=True) if stated else {}


def next_version(session: Session, line_id: UUID) -> int:
    """One more than any row of the line has, those that were rejected too."""
    return 1 + (session.scalar(select(func.max(BankProfile.version)).where(BankProfile.line_id == line_id)) or 0)


class AccountNotSeen(Refused):
    """Whoever confirms another account to pay from has not looked at its whole number."""


SEEN = "bank_profile.account_seen"


def see_account(session: Session, seals: Seals, waiting: Change, *, by: Actor, at: datetime) -> OriginatingAccount:
    """The proposed account in full, for whoever may confirm it, recorded. Raises NotFound, NotAllowed."""
    by.must_be(*CONFIRMERS)
    if waiting.kind is not ChangeKind.BANK_PROFILE:
        raise NotFound("bank profile", waiting.id)
    row = session.get_one(BankProfile, (waiting.body_id, UUID(waiting.after["profile_id"])))
    audit.record(session, SEEN, by=by, about=row, at=at, version=row.version)
    return open_account(session, seals, row)


def has_seen_account(session: Session, waiting: Change, by: Actor) -> bool:
    """Whether a person looked at the whole number that a change proposes; one that stays need not be looked at."""
    return waiting.after["same_account"] or has_seen(session, UUID(waiting.after["profile_id"]), by)


def has_seen(session: Session, profile_id: UUID, by: Actor) -> bool:
    """Whether a person looked at the whole number of a version."""
    seen = select(AuditEvent.id).where(
        AuditEvent.subject_id == profile_id,
        AuditEvent.action == SEEN,
        AuditEvent.actor_id == by.person_id,
    )
    return session.scalar(seen.limit(1)) is not None


def apply(session: Session, confirmed: Change, by: Actor, at: datetime) -> None:
    """From now on the row counts: for payrolls that are created later. Raises AccountNotSeen."""
    if not has_seen_account(session, confirmed, by):
        raise AccountNotSeen
    row = session.get_one(BankProfile, (confirmed.body_id, UUID(confirmed.after["profile_id"])))
    row.confirmed_at = at
    session.flush()
    act = "changed" if confirmed.before else "added"
    audit.record(session, f"bank_profile.{act}", by=by, about=row, at=at, version=row.version)

"""The accounts of a promotion: what Bacs or a bank knows them by is typed anew, and a second person sees it whole."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from schemes import audit
from schemes.bank_profile import BankProfile, OriginatingAccount, keep, open_account, versions_of
from schemes.bank_profile_change import (
    SEEN,
    ProfileFault,
    ProfileRefused,
    Terms,
    has_seen,
    must_fit,
    next_version,
    read_account,
    under_its_number,
)
from schemes.change import Change, ChangeKind
from schemes.database import new_id, take_turns
from schemes.errors import NotFound
from schemes.file_format import FileFormat
from schemes.person import Actor, Role
from schemes.seal import Seals


class NewAccount(NamedTuple):
    """What is typed of an account that is new to the live body."""

    sort_code: str
    account_number: str
    account_name: str
    service_user_number: str
    service_user_name: str
    bureau_number: str = ""


class AccountFault(ProfileRefused):
    """What is wrong with an account that was typed. `name`: of the account."""

    def __init__(self, name: str, field: str, fault: ProfileFault) -> None:
        super().__init__(field, fault)
        self.name = name


def keep_profile(
    session: Session,
    seals: Seals,
    name: str,
    told: dict[str, Any],
    account: NewAccount | None,
    line_id: UUID | None,
    *,
    at: datetime,
) -> tuple[BankProfile, bool]:
    """Keep a version that waits to be confirmed, sealed, and whether its account is the one there is.

    line_id: of the live body's account of this name; it keeps its number and its names. Raises AccountFault.
    """
    facts = {**told, "cut_off": time.fromisoformat(told["cut_off"]), "recall_by": time.fromisoformat(told["recall_by"])}
    facts["file_format"] = FileFormat(told["file_format"])
    if line_id is not None:
        take_turns(session, f"bank profile {line_id}")
        now = versions_of(session, line_id)[0]
        kept = {
            key: getattr(now, key)
            for key in ("account_name", "service_user_name", "service_user_number", "bureau_number")
        }
        row = BankProfile(
            id=new_id(), line_id=line_id, version=next_version(session, line_id), made_at=at, **facts, **kept
        )
        keep(session, seals, row, open_account(session, seals, now), at=at)
        return row, True
    if account is None:
        raise AccountFault(name, "account_number", ProfileFault.ACCOUNT)
    try:
        typed = {key: value.strip() for key, value in account._asdict().items()}
        wanted = read_account(typed.pop("sort_code"), typed.pop("account_number"))
        terms = under_its_number(session, Terms(**facts, **typed))
        must_fit(terms)
    except ProfileRefused as refused:
        raise AccountFault(name, refused.field, refused.fault) from None
    made = new_id()
    row = BankProfile(id=made, line_id=made, version=1, made_at=at, **facts, **typed)
    keep(session, seals, row, wanted, at=at)
    return row, False


def new_accounts(proposed: Change) -> dict[str, UUID]:
    """The accounts of a promotion that are new to the live body: the ids of their rows, by name."""
    return {
        told["key"]: UUID(told["profile_id"])
        for told in proposed.after["items"]
        if "profile_id" in told and not told["same_account"]
    }


def see_accounts(
    session: Session, seals: Seals, waiting: Change, *, by: Actor, at: datetime
) -> dict[str, OriginatingAccount]:
    """The proposed accounts in full, for whoever may confirm them, recorded. Raises NotFound, NotAllowed."""
    by.must_be(Role.ADMINISTRATOR)
    if waiting.kind is not ChangeKind.PROMOTION:
        raise NotFound("promotion", waiting.id)
    found = {}
    for name, profile_id in new_accounts(waiting).items():
        row = session.get_one(BankProfile, (waiting.body_id, profile_id))
        audit.record(session, SEEN, by=by, about=row, at=at, version=row.version)
        found[name] = open_account(session, seals, row)
    return found


def has_seen_accounts(session: Session, waiting: Change, by: Actor) -> bool:
    return all(has_seen(session, profile_id, by) for profile_id in new_accounts(waiting).values())

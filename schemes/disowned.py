"""A change of bank details that the payee says was not theirs: held until somebody else has looked into it.

Whoever has the link may hold a change and nothing more: what is held is confirmed by nobody, and what cools off does
not come into use. What is in use already is not taken back by a link; it waits for a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from schemes import audit
from schemes.account import Account
from schemes.bank_details import CONFIRMERS, london_day, note
from schemes.behind_key import people_behind
from schemes.errors import NotNow, ReasonNotGiven, SamePerson
from schemes.payee import Payee, get_payee
from schemes.person import Actor


class Disowned(StrEnum):
    """What a payee's word came to."""

    HELD = "held"
    IN_USE_ALREADY = "in_use_already"
    OVER = "over"


def disown(session: Session, account: Account, *, at: datetime) -> Disowned:
    """Somebody told on one of the payee's contacts says that a change was not theirs, on a row locked by the caller."""
    if account.rejected_at is not None or account.stopped_at is not None:
        return Disowned.OVER
    day = london_day(at)
    in_use = account.confirmed_at is not None and (account.usable_from is None or account.usable_from <= day)
    account.disowned_at, account.held_back = at, account.held_back or not in_use
    account.looked_by = account.looked_at = account.looked_because = None
    session.flush()
    payee = get_payee(session, account.payee_id)
    what = "held" if account.held_back else "disowned"
    audit.record(session, f"bank_details.{what}", by=None, about=payee, at=at, version=account.version)
    return Disowned.HELD if account.held_back else Disowned.IN_USE_ALREADY


def let_go_on(session: Session, account: Account, *, reason: str, by: Actor, at: datetime) -> None:
    """Somebody else looked into it: the change may go on, on a row locked by the caller. Confirming it is for a third.

    A change whose cooling-off ended meanwhile is used from today. Raises SamePerson, NotNow, ReasonNotGiven,
    NotAllowed.
    """
    by.must_be(*CONFIRMERS)
    if account.looked_by == by.person_id:
        return
    if account.disowned_at is None or account.looked_at is not None or account.rejected_at is not None:
        raise NotNow("change", "not held", "let go on")
    if by.person_id in people_behind(session, {account.proposed_by}):
        raise SamePerson("proposed these bank details")
    if not reason.strip():
        raise ReasonNotGiven("let this change go on")
    account.looked_by, account.looked_at, account.looked_because = by.person_id, at, reason.strip()
    if account.held_back and account.usable_from is not None:
        account.usable_from = max(account.usable_from, london_day(at))
    account.held_back = False
    session.flush()
    note(session, account, "let_go_on", by=by, at=at)


class DisownedChange(NamedTuple):
    """A change that somebody has to look into."""

    account: Account
    payee: Payee


def waiting(session: Session, *, limit: int = 20) -> Sequence[DisownedChange]:
    """The changes that payees disowned and nobody has looked into, oldest first."""
    rows = session.execute(
        select(Account, Payee)
        .join(Payee, (Payee.body_id == Account.body_id) & (Payee.id == Account.payee_id))
        .where(
            Account.disowned_at.is_not(None),
            Account.looked_at.is_(None),
            Account.rejected_at.is_(None),
            Account.stopped_at.is_(None),
        )
        .order_by(Account.disowned_at, Account.id)
        .limit(limit)
    )
    return [DisownedChange(account, payee) for account, payee in rows]

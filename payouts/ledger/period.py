"""Closing the books up to a day: nothing is posted before it any more, so what was reported of it stays true.

Finance proposes it and a second person confirms, shown what was still open on that day. What has to be put right later
is posted into the open days.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from payouts.ledger.balance import balances
from payouts.ledger.closing import Closing, closed_to
from payouts.ledger.control_run import newest_run
from payouts.ledger.entry import LedgerAccount
from payouts.statement.posted import BookAccount, stands
from schemes import audit, change
from schemes.change import Change, ChangeKind
from schemes.change_applied import EFFECTS, Effect
from schemes.database import new_id
from schemes.duties import london_day
from schemes.errors import Refused
from schemes.person import Actor, Role

PROPOSERS = (Role.FINANCE,)
CONFIRMERS = (Role.FINANCE, Role.APPROVER)


class ClosingFault(StrEnum):
    """Why the books cannot be closed up to a day."""

    NOT_OVER = "not_over"
    CLOSED_ALREADY = "closed_already"
    NO_CONTROL = "no_control"
    CONTROL_DIFFERS = "control_differs"


class ClosingRefused(Refused):
    """The books cannot be closed up to this day."""

    def __init__(self, fault: ClosingFault) -> None:
        super().__init__(f"the books can't be closed: {fault}")
        self.fault = fault


def facts(session: Session) -> dict[str, Any]:
    """What stands there now: the last closed day."""
    closed = closed_to(session)
    return {"last_day": closed.isoformat() if closed else ""}


def propose(session: Session, last_day: date, *, change_id: UUID, reason: str, by: Actor, at: datetime) -> Change:
    """Propose to close the books up to and including a day, at the balances of now.

    Raises ClosingRefused, NotAllowed, and as `change.propose`.
    """
    by.must_be(*PROPOSERS)
    there = session.get(Change, (by.body_id, change_id))
    if there is not None:
        return there
    must_be_possible(session, last_day, at=at)
    found = balances(session, until=last_day)
    held = {account.value: found[account].held_pence for account in LedgerAccount}
    unknown = stands(session, until=last_day)[BookAccount.SUSPENSE]
    return change.propose(
        session,
        ChangeKind.LEDGER_CLOSE,
        change_id=change_id,
        subject_id=by.body_id,
        before=facts(session),
        after={"last_day": last_day.isoformat(), "held": held, "suspense": asdict(unknown)},
        reason=reason,
        by=by,
        at=at,
    )


def must_be_possible(session: Session, last_day: date, *, at: datetime) -> None:
    """Raises ClosingRefused."""
    if last_day >= london_day(at):
        raise ClosingRefused(ClosingFault.NOT_OVER)
    closed = closed_to(session)
    if closed is not None and last_day <= closed:
        raise ClosingRefused(ClosingFault.CLOSED_ALREADY)
    run = newest_run(session)
    if run is None or run.day <= last_day:
        raise ClosingRefused(ClosingFault.NO_CONTROL)
    if run.difference_count:
        raise ClosingRefused(ClosingFault.CONTROL_DIFFERS)


def apply(session: Session, confirmed: Change, by: Actor, at: datetime) -> None:
    """Close the books, once whoever posts now is done. Raises ClosingRefused."""
    # the trigger of the entries takes the same lock, shared: nobody posts into a day that is being closed
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('ledger close ' || :body_id, 0))"),
        {"body_id": str(by.body_id)},
    )
    last_day = date.fromisoformat(confirmed.after["last_day"])
    must_be_possible(session, last_day, at=at)
    closing = Closing(body_id=by.body_id, id=new_id(), change_id=confirmed.id, last_day=last_day, closed_at=at)
    session.add(closing)
    session.flush()
    audit.record(session, "ledger.closed", by=by, about=closing, at=at, last_day=last_day.isoformat())


EFFECTS[ChangeKind.LEDGER_CLOSE] = Effect(CONFIRMERS, lambda session, _: facts(session), apply)

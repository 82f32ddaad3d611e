"""Whether the money is still there when a payroll is released, by what is recorded then."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from payouts.checks.finding import Finding, Kind
from payouts.funds import Funds, funds_for
from payouts.gates.decision import GateState
from payouts.gates.release_freeze import released_with_reason
from payouts.payroll import Payroll
from schemes.check_settings import Check, Weight, settings_at
from schemes.errors import Refused


class FundsLacking(Refused):
    """Payrolls take more from the account on `day` than it has (`short_pence`), or nobody recorded what it has (None).

    reason_allowed: whoever releases may say why it is right all the same.
    """

    def __init__(self, day: date, short_pence: int | None, *, reason_allowed: bool) -> None:
        super().__init__(f"no money recorded for {day}" if short_pence is None else f"{short_pence} pence are missing")
        self.day = day
        self.short_pence = short_pence
        self.reason_allowed = reason_allowed


def must_have_funds(session: Session, payroll: Payroll, states: list[GateState]) -> None:
    """Raises FundsLacking: where the scheme's settings block, or ask for a reason and it is worse than was accepted.

    What was recorded, and what other payrolls take, may be different from what the check saw: the account and the day
    are the same for all of them, and a payroll can be moved to another day.
    """
    funds = funds_for(session, payroll)
    settings = settings_at(session, payroll.scheme_id, payroll.made_at)
    kind = Kind.FUNDS_NOT_RECORDED if funds.recorded is None else Kind.FUNDS_SHORT
    weight = settings.weight(Check(kind.value))
    if weight is Weight.NOTE or (funds.recorded is not None and not funds.short_pence):
        return
    allowed = weight is Weight.REASON
    if allowed and (is_accepted(session, payroll, kind, funds) or released_with_reason(states)):
        return
    raise FundsLacking(funds.day, funds.short_pence if funds.recorded else None, reason_allowed=allowed)


def is_accepted(session: Session, payroll: Payroll, kind: Kind, funds: Funds) -> bool:
    """Whether somebody accepted that as much is missing, on this day."""
    mine = select(Finding.facts).where(
        Finding.payroll_id == payroll.id, Finding.kind == kind, Finding.accepted_at.is_not(None)
    )
    facts = session.scalars(mine).first()
    return (
        facts is not None
        and facts["funds_day"] == funds.day.isoformat()
        and facts.get("short_pence", 0) >= funds.short_pence
    )

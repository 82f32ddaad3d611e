"""Whether the money is there on the entry day, and recording that it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from payouts.checks.again import find_again
from payouts.checks.facts import PayrollFacts
from payouts.checks.finding import Found, Kind
from payouts.funds import ClearedFunds, Funds, funds_for
from payouts.payroll import Payroll, PayrollStatus
from schemes import audit
from schemes.bank_profile import BankProfile, newest_profile
from schemes.check_settings import settings_at
from schemes.duties import london_day
from schemes.errors import ReasonNotGiven, Refused
from schemes.person import Actor, Role

KINDS = (Kind.FUNDS_NOT_RECORDED, Kind.FUNDS_SHORT)


class FundsDayPassed(Refused):
    """Money is recorded for a day that is still to come, or today."""


def covered(facts: PayrollFacts) -> Iterator[Found]:
    """The account has what all payrolls take from it on the entry day, this one among them."""
    if facts.funds is not None:
        yield from lacking(facts.funds)


def lacking(funds: Funds) -> Iterator[Found]:
    needed = {"funds_day": funds.day.isoformat(), "account": funds.account, "needed_pence": funds.needed_pence}
    if funds.recorded is None:
        yield Found(Kind.FUNDS_NOT_RECORDED, None, needed)
    elif funds.short_pence:
        told = {
            "available_pence": funds.recorded.available_pence,
            "short_pence": funds.short_pence,
            "payrolls": [draw.number for draw in funds.draws],
        }
        yield Found(Kind.FUNDS_SHORT, None, needed | told)


def record_funds(
    session: Session,
    *,
    funds_id: UUID,
    bank_profile_id: UUID,
    day: date | None,
    available_pence: int,
    seen_in: str,
    by: Actor,
    at: datetime,
) -> ClearedFunds:
    """Record what an account has for all that is paid from it on a day, or on each day (None).

    Payrolls that are checked are looked at again. The same id again is the same record. Raises FundsDayPassed,
    ReasonNotGiven, NotFound, NotAllowed.
    """
    by.must_be(Role.FINANCE)
    there = session.get(ClearedFunds, (by.body_id, funds_id))
    if there is not None:
        return there
    if not seen_in.strip():
        raise ReasonNotGiven("know that the money is there")
    if day is not None and day < london_day(at):
        raise FundsDayPassed
    profile = newest_profile(session, bank_profile_id)
    recorded = ClearedFunds(
        body_id=by.body_id,
        id=funds_id,
        line_id=profile.line_id,
        day=day,
        available_pence=available_pence,
        seen_in=seen_in.strip(),
        recorded_by=by.person_id,
        recorded_at=at,
    )
    session.add(recorded)
    session.flush()
    audit.record(
        session,
        "funds.recorded",
        by=by,
        about=profile,
        at=at,
        available_pence=available_pence,
        day=day.isoformat() if day else None,
    )
    look_again(session, profile, day)
    return recorded


def look_again(session: Session, profile: BankProfile, day: date | None) -> None:
    """Hold the payrolls that are checked, and draw on an account on a day or any, against what it has now."""
    versions = select(BankProfile.id).where(BankProfile.line_id == profile.line_id)
    payrolls = (
        select(Payroll)
        .where(Payroll.bank_profile_id.in_(versions), Payroll.status == PayrollStatus.CHECKED)
        .order_by(Payroll.id)
        .with_for_update()
    )
    for payroll in session.scalars(payrolls if day is None else payrolls.where(Payroll.pay_date == day)).all():
        settings = settings_at(session, payroll.scheme_id, payroll.made_at)
        find_again(session, payroll, KINDS, lacking(funds_for(session, payroll)), settings)

"""A top-up payroll: more for people whom a released payroll has paid for the same period, each as somebody stated it.

What an award owes for a period by now is arrears, and the next payroll pays it by itself. A top-up is for what no
award says: a further payment that one person entered with its reason and another confirmed, under the permanent key
with the next number.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from bacs.calendar import Calendar
from payouts.one_offs import Sum, further_in, waiting_for_payroll
from payouts.payroll import Payroll, PayrollKind, PayrollStatus, add_payroll
from schemes.database import take_turns
from schemes.errors import NotNow, Refused
from schemes.one_off_payment import OneOff
from schemes.period import Period
from schemes.person import Actor, Role
from schemes.scheme_version import paid_on, versions_of

CAN_FOLLOW = (PayrollStatus.RELEASED, PayrollStatus.SUBMITTED, PayrollStatus.ACCEPTED, PayrollStatus.CLOSED)
BUILT = tuple(status for status in PayrollStatus if status not in (PayrollStatus.BUILDING, PayrollStatus.CANCELLED))
OF_WHOLE_PERIODS = (PayrollKind.REGULAR, PayrollKind.OFF_CYCLE)


class NothingToTopUp(Refused):
    """Nobody whom the payroll's period was paid to has a further payment that is confirmed and due by the day."""


def can_be_followed(session: Session, scheme_id: UUID, kind: PayrollKind, *, limit: int) -> Sequence[Payroll]:
    """A scheme's payrolls that one of a kind could follow, newest first."""
    statuses = CAN_FOLLOW if kind is PayrollKind.TOP_UP else BUILT
    mine = (Payroll.scheme_id == scheme_id, Payroll.kind.in_(OF_WHOLE_PERIODS), Payroll.status.in_(statuses))
    return session.scalars(select(Payroll).where(*mine).order_by(Payroll.number.desc()).limit(limit)).all()


def to_top_up(session: Session, of: Payroll, *, by_day: date | None = None) -> Sum:
    """The further payments for the period of a payroll that are confirmed and wait, or those due by a day."""
    due = () if by_day is None else (OneOff.pay_from <= by_day,)
    return waiting_for_payroll(session, of.scheme_id, further_in(of), *due)


def create_top_up(
    session: Session,
    calendar: Calendar,
    *,
    payroll_id: UUID,
    of: Payroll,
    pay_date: date,
    by: Actor,
    at: datetime,
) -> Payroll:
    """Create a payroll of the further payments for the period of a released one. The same id again returns the first.

    Raises NothingToTopUp, PayDateRefused, NoPeriod, NotNow (the other is not released), NotAllowed.
    """
    by.must_be(Role.PREPARER, scheme=of.scheme_id)
    take_turns(session, "payroll number")
    there = session.get(Payroll, (by.body_id, payroll_id))
    if there is not None:
        return there
    if of.status not in CAN_FOLLOW:
        raise NotNow("payroll", of.status, "topped up")
    if not to_top_up(session, of, by_day=pay_date).payments:
        raise NothingToTopUp
    terms, _ = paid_on(versions_of(session, of.scheme_id), pay_date, calendar)
    return add_payroll(
        session,
        calendar,
        payroll_id=payroll_id,
        scheme_id=of.scheme_id,
        version_number=of.scheme_version,
        terms=terms.definition,
        period=Period(of.period_first_day, of.period_last_day),
        pay_date=pay_date,
        kind=PayrollKind.TOP_UP,
        pays_for=of.id,
        by=by,
        at=at,
    )

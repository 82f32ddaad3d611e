"""The payrolls that come next: those that have not gone to the bank, and those that a schedule has and nobody made."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from bacs.calendar import Calendar
from bacs.errors import DateBeyondCalendar
from payouts.days_ahead import planned
from payouts.payroll import AT_THE_BANK, Payroll, PayrollKind, PayrollStatus
from schemes.bank_profile import newest_profile
from schemes.scheme import Scheme, schemes_of_body
from schemes.scheme_version import next_paid, versions_of

GONE = (*AT_THE_BANK, PayrollStatus.CANCELLED)
LOOKS_AHEAD = timedelta(days=45)
"""A payroll that nobody has made is told of so long before its pay day."""


class ToCreate(NamedTuple):
    """A regular payroll of a schedule that nobody has created. deadline_at: when its files have to be with the bank."""

    scheme: Scheme
    pay_date: date
    deadline_at: datetime


def still_to_send(session: Session, *, limit: int = 50) -> Sequence[Payroll]:
    """The payrolls that have not gone to the bank, the next deadline first."""
    payrolls = select(Payroll).where(Payroll.status.not_in(GONE)).order_by(Payroll.deadline_at, Payroll.number)
    return session.scalars(payrolls.limit(limit)).all()


def to_create(session: Session, bacs: Calendar, *, at: datetime) -> list[ToCreate]:
    """The next payroll of each scheme's schedule, where nobody has created it; the next deadline first."""
    return sorted(each_to_create(session, bacs, at), key=lambda one: (one.deadline_at, one.scheme.name))


def each_to_create(session: Session, bacs: Calendar, at: datetime) -> Iterator[ToCreate]:
    for scheme in schemes_of_body(session):
        versions = versions_of(session, scheme.id)
        try:
            cut_off = newest_profile(session, scheme.bank_profile_id).cut_off
            earliest = bacs.earliest_cycle(at, cut_off).entry_day
            coming = next_paid(versions, earliest, bacs)
        except DateBeyondCalendar:
            continue
        if coming is None or coming.pay_date is None or coming.pay_date - at.date() > LOOKS_AHEAD:
            continue
        definition = next(one.definition for one in versions if one.number == coming.number)
        asked = planned(session, bacs, scheme, definition, coming.pay_date)
        if asked is not None and not is_made(session, scheme, coming.pay_date):
            yield ToCreate(scheme, asked.pay_date, asked.deadline_at)


def is_made(session: Session, scheme: Scheme, pay_date: date) -> bool:
    there = select(Payroll.id).where(
        Payroll.scheme_id == scheme.id,
        Payroll.pay_date == pay_date,
        Payroll.kind == PayrollKind.REGULAR,
        Payroll.status != PayrollStatus.CANCELLED,
    )
    return session.scalar(there.limit(1)) is not None


def silent_at_the_bank(session: Session, today: date, *, limit: int = 10) -> Sequence[Payroll]:
    """Payrolls whose pay day has passed and of which the bank's reports have said nothing, oldest first."""
    silent = (Payroll.status == PayrollStatus.SUBMITTED) & (Payroll.pay_date < today)
    return session.scalars(select(Payroll).where(silent).order_by(Payroll.pay_date, Payroll.number).limit(limit)).all()


def payroll_numbers(session: Session, payroll_ids: Collection[UUID | None]) -> dict[UUID | None, int]:
    """The numbers by which people know some payrolls."""
    if not payroll_ids:
        return {}
    return dict(session.execute(select(Payroll.id, Payroll.number).where(Payroll.id.in_(payroll_ids))).all())

"""Moving a payroll to another pay date: the cut-off was missed, or a day became a holiday.

The payments, their period and their permanent keys stay exactly as they are; only the three days of Bacs move, so that
Ready stands. Whether the money is there on another day, and whether it may be paid then, is asked again.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice
from uuid import UUID

from sqlalchemy.orm import Session

from bacs.calendar import Calendar, Cycle
from bacs.errors import DateBeyondCalendar
from payouts.files.sealing import PaymentsStopped
from payouts.gates.amendment import Amendment, get_amendment
from payouts.gates.cover import must_run
from payouts.gates.voiding import Move
from payouts.payment import stopped_count
from payouts.payroll import Payroll, PayrollKind, PayrollStatus, cycle_for, latest_entry, rebuild
from payouts.taking_out import build_anew
from payouts.tasks import outbox
from schemes import audit
from schemes.bank_profile import BankProfile
from schemes.change import NothingToChange
from schemes.errors import NotNow, ReasonNotGiven
from schemes.person import Actor, Role


def profile_of(session: Session, payroll: Payroll) -> BankProfile:
    return session.get_one(BankProfile, (payroll.body_id, payroll.bank_profile_id))


def possible_cycles(calendar: Calendar, profile: BankProfile, *, now: datetime) -> Iterator[Cycle]:
    """The days on which a payroll whose files go now can still pay, the earliest first."""
    cycle = calendar.earliest_cycle(now, profile.cut_off)
    latest = latest_entry(calendar, cycle)
    while cycle.entry_day <= latest:
        yield cycle
        try:
            cycle = calendar.cycle_for_entry(calendar.next_working_day(cycle.entry_day))
        except DateBeyondCalendar:
            return


def first_possible(session: Session, calendar: Calendar, payroll: Payroll, *, now: datetime, most: int) -> list[Cycle]:
    return list(islice(possible_cycles(calendar, profile_of(session, payroll), now=now), most))


def re_date(
    session: Session,
    calendar: Calendar,
    payroll: Payroll,
    *,
    amendment_id: UUID,
    pay_date: date,
    reason: str,
    by: Actor,
    at: datetime,
) -> Amendment | None:
    """Move a sealed payroll, locked by the caller, to another pay date. The same id again is the same act.

    One that has no files yet is built and checked again for the new day, and there is no amendment. Raises
    PayDateRefused, NothingToChange, PaymentsStopped (a mandate that ends before the new day), CoverEnded,
    ReasonNotGiven, NotNow, NotAllowed.
    """
    by.must_be(Role.PREPARER, scheme=payroll.scheme_id)
    there = get_amendment(session, amendment_id)
    if there is not None:
        return there
    if payroll.kind is PayrollKind.URGENT:
        raise NotNow("payroll", "an urgent payment of one day", "moved to another day")
    if payroll.status not in (PayrollStatus.SEALED, PayrollStatus.CHECKED):
        raise NotNow("payroll", payroll.status, "moved to another day")
    if not reason.strip():
        raise ReasonNotGiven("move the pay date")
    must_run(session, payroll, at=at)
    profile = profile_of(session, payroll)
    cycle = cycle_for(calendar, pay_date, now=at, profile=profile)
    if cycle == Cycle(payroll.input_day, payroll.processing_day, payroll.pay_date):
        raise NothingToChange
    tell_if_later(session, payroll, cycle, at=at)
    if payroll.status is PayrollStatus.CHECKED:
        audit.record(session, "payroll.moved", by=by, about=payroll, at=at, pay_date=cycle.entry_day.isoformat())
        rebuild(session, payroll, by=by, at=at)
        set_days(payroll, calendar, cycle, profile)
        return None
    stopped = stopped_count(session, payroll.id, cycle.entry_day)
    if stopped:
        raise PaymentsStopped(stopped)
    assert payroll.manifest_id is not None, "a sealed payroll has a manifest"
    amendment = Amendment(
        body_id=payroll.body_id,
        id=amendment_id,
        payroll_id=payroll.id,
        follows_id=payroll.manifest_id,
        after_id=payroll.amendment_id,
        move=Move.RE_DATE,
        reason=reason.strip(),
        payment_count=0,
        total_pence=0,
        pay_date=payroll.pay_date,
        made_by=by.person_id,
        made_at=at,
    )
    session.add(amendment)
    session.flush()
    build_anew(session, payroll, amendment, because="another pay date", by=by, at=at)
    set_days(payroll, calendar, cycle, profile)
    session.flush()
    return amendment


def tell_if_later(session: Session, payroll: Payroll, cycle: Cycle, *, at: datetime) -> None:
    """Have payees told who know the day from the schedule: those of a regular payroll, and of no other."""
    if payroll.kind is not PayrollKind.REGULAR or cycle.entry_day <= payroll.pay_date:
        return
    was, becomes = payroll.pay_date.isoformat(), cycle.entry_day.isoformat()
    outbox.add(
        session,
        "notices.moved",
        once=f"notices.moved/{payroll.id}/{was}/{becomes}/{at.isoformat()}",
        at=at,
        due_at=max(at, payroll.deadline_at),
        payroll_id=str(payroll.id),
        was=was,
        cut_off=payroll.deadline_at.isoformat(),
    )


def set_days(payroll: Payroll, calendar: Calendar, cycle: Cycle, profile: BankProfile) -> None:
    payroll.pay_date, payroll.processing_day, payroll.input_day = cycle.entry_day, cycle.processing_day, cycle.input_day
    payroll.deadline_at = calendar.deadline(cycle.entry_day, profile.cut_off)

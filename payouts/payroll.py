"""A payroll: what is due on a pay date, on its way from building to the bank. Its status has one door."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from bacs.calendar import FORWARD_LIMIT_DAYS, Calendar, Cycle
from bacs.errors import DateBeyondCalendar, NotAWorkingDay
from payouts.gates.gate import copy_rules
from payouts.payment import MOVES as PAYMENT_MOVES
from payouts.payment import Payment, PaymentStatus
from payouts.tasks import outbox
from schemes import audit
from schemes.bank_profile import BankProfile, newest_profile
from schemes.body import DutyPattern
from schemes.database import Base, BodyOwned, stored, take_turns, to_body_row
from schemes.definition import Definition
from schemes.duties import duties_on, london_day
from schemes.errors import NotFound, NotNow, Refused
from schemes.period import Period
from schemes.person import Actor, Role
from schemes.scheme import get_scheme
from schemes.scheme_version import paid_on, versions_of


class PayrollStatus(StrEnum):
    """Where a payroll is."""

    BUILDING = "building"
    CHECKED = "checked"
    SEALING = "sealing"
    SEALED = "sealed"
    RELEASED = "released"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    CLOSED = "closed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


MOVES: dict[tuple[PayrollStatus, PayrollStatus], str] = {
    (PayrollStatus.BUILDING, PayrollStatus.CHECKED): "every payment was built and checked",
    (PayrollStatus.BUILDING, PayrollStatus.CANCELLED): "the preparer gave it up while it was built",
    (PayrollStatus.CHECKED, PayrollStatus.BUILDING): "the preparer builds it again from the register",
    (PayrollStatus.CHECKED, PayrollStatus.SEALING): "every finding is put right or accepted: the files are built",
    (PayrollStatus.CHECKED, PayrollStatus.CANCELLED): "the preparer gave it up; its payments' keys are free again",
    (PayrollStatus.SEALING, PayrollStatus.CHECKED): "the files could not be built, and the preparer went back",
    (PayrollStatus.SEALING, PayrollStatus.SEALED): "the files were built, read back and sealed; the gates are open",
    (
        PayrollStatus.SEALED,
        PayrollStatus.CHECKED,
    ): "a gate said no-go, or the preparer reopened it: every decision is void",
    (PayrollStatus.SEALED, PayrollStatus.SEALING): "payments left, or the day moved: the files are built anew",
    (PayrollStatus.SEALED, PayrollStatus.RELEASED): "every gate said go, bound to these bytes",
    (PayrollStatus.SEALED, PayrollStatus.CANCELLED): "the preparer gave it up; its payments' keys are free again",
    (PayrollStatus.RELEASED, PayrollStatus.SUBMITTED): "a person says that the files were sent, or the bank does",
    (PayrollStatus.SUBMITTED, PayrollStatus.ACCEPTED): "the bank took or refused each file, and its figures agree",
    (PayrollStatus.ACCEPTED, PayrollStatus.CLOSED): "the account was debited, and the days for returns have passed",
    (PayrollStatus.SUBMITTED, PayrollStatus.REJECTED): "the bank took none of the files: nobody is paid by them",
    (PayrollStatus.ACCEPTED, PayrollStatus.REJECTED): "every file was refused or withdrawn after all",
    (PayrollStatus.CLOSED, PayrollStatus.REJECTED): "every file was refused or withdrawn after all",
}

AT_THE_BANK = (PayrollStatus.SUBMITTED, PayrollStatus.ACCEPTED, PayrollStatus.CLOSED, PayrollStatus.REJECTED)
GONE_FROM_HERE = (PayrollStatus.RELEASED, *AT_THE_BANK)


class PayrollKind(StrEnum):
    """Whom a payroll pays."""

    REGULAR = "regular"
    """All that is due on its pay date, with the one-off payments that wait."""
    OFF_CYCLE = "off_cycle"
    """Some of those whom another one left out."""
    TOP_UP = "top_up"
    """Further payments that were stated for the period of a released one."""
    ONE_OFF = "one_off"
    """One-off payments that wait, and nothing else."""
    REISSUE = "reissue"  # payments that came back
    URGENT = "urgent"  # one payment to one person today, without the days of Bacs


FOLLOWING = (PayrollKind.OFF_CYCLE, PayrollKind.TOP_UP)
OF_AWARDS = (PayrollKind.REGULAR, PayrollKind.OFF_CYCLE, PayrollKind.URGENT)
"""Kinds that pay what awards make due, all or some."""


class PayDateReason(StrEnum):
    """Why a pay date was refused."""

    NOT_A_WORKING_DAY = "not_a_working_day"
    TOO_EARLY = "too_early"
    TOO_FAR_AHEAD = "too_far_ahead"
    BEYOND_CALENDAR = "beyond_calendar"


class PayDateRefused(Refused):
    """A pay date on which Bacs cannot pay. `earliest` and `latest` are days on which it could."""

    def __init__(self, reason: PayDateReason, pay_date: date, earliest: date, latest: date) -> None:
        super().__init__(f"{pay_date}: {reason}; from {earliest} to {latest} is possible")
        self.reason = reason
        self.pay_date = pay_date
        self.earliest = earliest
        self.latest = latest


class Days(NamedTuple):
    """The days of a payroll that does not go by Bacs, and until when it can be released."""

    cycle: Cycle
    deadline_at: datetime


class PeriodsOverlap(Refused):
    """Another payroll of the scheme pays a period that shares days with this one and is not the same."""

    def __init__(self, number: int, first_day: date, last_day: date) -> None:
        super().__init__(f"payroll {number} pays {first_day} to {last_day}")
        self.number = number
        self.first_day = first_day
        self.last_day = last_day


class Payroll(BodyOwned, Base):
    """The payments of one scheme for one pay date.

    pay_date: the entry day, on which payees have the money. `deadline_at` (UTC) is the cut-off of the input day.
    `pays_for_id`: the payroll that an off-cycle one or a top-up follows.
    `build` counts how often it was built, `progress_*` the chunks of the step that runs.
    `amendment_id` is the move by which the manifest follows an earlier one, if it does.
    `duty_pattern` and `cover_id` are the body's of the day it was created on.
    """

    __tablename__ = "payroll"
    __table_args__ = (
        UniqueConstraint("body_id", "number"),
        Index("ix_payroll_pay_date", "body_id", "scheme_id", "pay_date"),
        to_body_row("scheme", "scheme_id"),
        to_body_row("bank_profile", "bank_profile_id"),
        to_body_row("cover", "cover_id"),
        to_body_row("payroll", "pays_for_id"),
        CheckConstraint("(kind in ('off_cycle', 'top_up')) = (pays_for_id is not null)", name="pays_for"),
        CheckConstraint("(duty_pattern = 'two') = (cover_id is not null)", name="cover"),
        CheckConstraint("total_pence >= 0 and payment_count >= 0", name="totals"),
    )

    number: Mapped[int]
    scheme_id: Mapped[UUID]
    scheme_version: Mapped[int]
    kind: Mapped[PayrollKind] = mapped_column(
        stored(PayrollKind), default=PayrollKind.REGULAR, server_default=PayrollKind.REGULAR.value
    )
    pays_for_id: Mapped[UUID | None]
    bank_profile_id: Mapped[UUID]
    duty_pattern: Mapped[DutyPattern] = mapped_column(
        stored(DutyPattern), default=DutyPattern.FOUR, server_default=DutyPattern.FOUR.value
    )
    cover_id: Mapped[UUID | None]
    pay_date: Mapped[date]
    processing_day: Mapped[date]
    input_day: Mapped[date]
    deadline_at: Mapped[datetime]
    period_first_day: Mapped[date]
    period_last_day: Mapped[date]
    status: Mapped[PayrollStatus] = mapped_column(stored(PayrollStatus), default=PayrollStatus.BUILDING)
    build: Mapped[int] = mapped_column(default=1)
    progress_done: Mapped[int] = mapped_column(default=0)
    progress_total: Mapped[int] = mapped_column(default=0)
    payment_count: Mapped[int] = mapped_column(default=0)
    total_pence: Mapped[int] = mapped_column(BigInteger, default=0)
    unpaid_count: Mapped[int] = mapped_column(default=0)
    check_rules: Mapped[str | None]
    manifest_id: Mapped[UUID | None]
    amendment_id: Mapped[UUID | None]
    given_up_because: Mapped[str | None]
    made_by: Mapped[UUID]
    built_by: Mapped[UUID]
    made_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  (SQLAlchemy reads it once, at import)


def cycle_for(calendar: Calendar, pay_date: date, *, now: datetime, profile: BankProfile) -> Cycle:
    """The three Bacs days of a pay date. Raises PayDateRefused with the days between which it could be."""
    earliest = calendar.earliest_cycle(now, profile.cut_off)
    latest = latest_entry(calendar, earliest)
    try:
        cycle = calendar.cycle_for_entry(pay_date)
    except NotAWorkingDay:
        raise PayDateRefused(PayDateReason.NOT_A_WORKING_DAY, pay_date, earliest.entry_day, latest) from None
    except DateBeyondCalendar:
        raise PayDateRefused(PayDateReason.BEYOND_CALENDAR, pay_date, earliest.entry_day, latest) from None
    if cycle.entry_day < earliest.entry_day:
        raise PayDateRefused(PayDateReason.TOO_EARLY, pay_date, earliest.entry_day, latest)
    if cycle.entry_day > latest:
        raise PayDateRefused(PayDateReason.TOO_FAR_AHEAD, pay_date, earliest.entry_day, latest)
    return cycle


def latest_entry(calendar: Calendar, earliest: Cycle) -> date:
    """The last day that a file sent now may pay on: its processing day is at most 30 days ahead."""
    furthest = earliest.input_day + timedelta(days=FORWARD_LIMIT_DAYS)
    processing_day = furthest if calendar.is_working_day(furthest) else calendar.previous_working_day(furthest)
    return calendar.next_working_day(processing_day)


def days_still_work(calendar: Calendar, payroll: Payroll) -> bool:
    """Whether the days of a payroll are still those that Bacs has: a holiday may have been proclaimed since."""
    if payroll.kind is PayrollKind.URGENT:
        return True
    try:
        cycle = calendar.cycle_for_entry(payroll.pay_date)
    except (NotAWorkingDay, DateBeyondCalendar):
        return False
    return cycle == Cycle(payroll.input_day, payroll.processing_day, payroll.pay_date)


def get_payroll(session: Session, payroll_id: UUID, *, lock: bool = False) -> Payroll:
    """Raises NotFound, for a neighbour's payroll too."""
    payroll = session.get(Payroll, (session.info["body_id"], payroll_id), with_for_update=lock or None)
    if payroll is None:
        raise NotFound("payroll", payroll_id)
    return payroll


def payroll_of_number(session: Session, number: int) -> Payroll:
    """Raises NotFound."""
    payroll = session.scalars(select(Payroll).where(Payroll.number == number)).one_or_none()
    if payroll is None:
        raise NotFound("payroll", number)
    return payroll


def payrolls_of_body(session: Session, *, before: int | None = None, limit: int = 20) -> Sequence[Payroll]:
    """The body's payrolls, newest first, those below the number `before`."""
    payrolls = select(Payroll).order_by(Payroll.number.desc()).limit(limit)
    if before is not None:
        payrolls = payrolls.where(Payroll.number < before)
    return session.scalars(payrolls).all()


def move(session: Session, payroll: Payroll, to: PayrollStatus, *, by: Actor | None, at: datetime) -> None:
    """The one door to a payroll's status: a listed move, and its event in the same transaction. Raises NotNow."""
    if (payroll.status, to) not in MOVES:
        raise NotNow("payroll", payroll.status, to)
    audit.record(session, f"payroll.{to}", by=by, about=payroll, at=at, moved_from=payroll.status.value)
    payroll.status = to
    session.flush()


def move_payments(session: Session, payroll: Payroll, to: PaymentStatus) -> int:
    """Move all payments of a payroll together, by a listed move; returns how many."""
    from_statuses = [status for status, target in PAYMENT_MOVES if target is to]
    moved: int = session.execute(
        update(Payment)
        .where(Payment.payroll_id == payroll.id, Payment.status.in_(from_statuses))
        .values(status=to)
        .execution_options(synchronize_session=False)
    ).rowcount  # type: ignore[attr-defined]
    return moved


def create_payroll(
    session: Session,
    calendar: Calendar,
    *,
    payroll_id: UUID,
    scheme_id: UUID,
    pay_date: date,
    kind: PayrollKind = PayrollKind.REGULAR,
    by: Actor,
    at: datetime,
) -> Payroll:
    """Create a payroll, to be built by a job. The same id again returns the first: a form sent twice works once.

    The pay date tells the period, and the period the version of the scheme that it is paid under. kind: one that
    follows no other payroll. Raises PayDateRefused, NoPeriod, PeriodsOverlap, NotFound, NotAllowed.
    """
    by.must_be(Role.PREPARER, scheme=scheme_id)
    take_turns(session, "payroll number")
    there = session.get(Payroll, (by.body_id, payroll_id))
    if there is not None:
        return there
    scheme = get_scheme(session, scheme_id)
    version, period = paid_on(versions_of(session, scheme.id), pay_date, calendar)
    if kind in OF_AWARDS:
        must_not_cut(session, scheme.id, period)
    return add_payroll(
        session,
        calendar,
        payroll_id=payroll_id,
        scheme_id=scheme.id,
        version_number=version.number,
        terms=version.definition,
        period=period,
        pay_date=pay_date,
        kind=kind,
        by=by,
        at=at,
    )


def add_payroll(
    session: Session,
    calendar: Calendar,
    *,
    payroll_id: UUID,
    scheme_id: UUID,
    version_number: int,
    terms: Definition,
    period: Period,
    pay_date: date,
    kind: PayrollKind = PayrollKind.REGULAR,
    pays_for: UUID | None = None,
    days: Days | None = None,
    by: Actor,
    at: datetime,
) -> Payroll:
    """Add a payroll of any kind and have it built, for one who has taken their turn. Raises PayDateRefused.

    terms: whose gates and bank profile it has. days: None for those of Bacs.
    """
    profile = newest_profile(session, terms.bank_profile_id)
    cycle = days.cycle if days else cycle_for(calendar, pay_date, now=at, profile=profile)
    duties = duties_on(session, london_day(at))
    payroll = Payroll(
        body_id=by.body_id,
        id=payroll_id,
        number=next_number(session),
        scheme_id=scheme_id,
        scheme_version=version_number,
        kind=kind,
        pays_for_id=pays_for,
        bank_profile_id=profile.id,
        duty_pattern=duties.pattern,
        cover_id=duties.cover.id if duties.cover else None,
        pay_date=cycle.entry_day,
        processing_day=cycle.processing_day,
        input_day=cycle.input_day,
        deadline_at=days.deadline_at if days else calendar.deadline(cycle.entry_day, profile.cut_off),
        period_first_day=period.first_day,
        period_last_day=period.last_day,
        made_by=by.person_id,
        built_by=by.person_id,
        made_at=at,
    )
    session.add(payroll)
    session.flush()
    copy_rules(session, payroll.id, terms.gates)
    audit.record(session, "payroll.created", by=by, about=payroll, at=at, number=payroll.number)
    plan_build(session, payroll, at=at)
    return payroll


def must_not_cut(session: Session, scheme_id: UUID, period: Period) -> None:
    """Raises PeriodsOverlap: the keys of payments know whole periods, so a day in two of them could be paid twice."""
    other = session.scalars(
        select(Payroll)
        .where(
            Payroll.scheme_id == scheme_id,
            Payroll.status != PayrollStatus.CANCELLED,
            Payroll.kind.in_(OF_AWARDS),
            Payroll.period_first_day <= period.last_day,
            Payroll.period_last_day >= period.first_day,
            (Payroll.period_first_day != period.first_day) | (Payroll.period_last_day != period.last_day),
        )
        .limit(1)
    ).first()
    if other is not None:
        raise PeriodsOverlap(other.number, other.period_first_day, other.period_last_day)


def next_number(session: Session) -> int:
    """The body's next payroll number, for one who has taken their turn."""
    return (session.scalar(select(func.max(Payroll.number))) or 0) + 1


def plan_build(session: Session, payroll: Payroll, *, at: datetime) -> None:
    payroll.progress_done = payroll.progress_total = 0
    once = f"payroll.plan/{payroll.id}/{payroll.build}"
    outbox.add(session, "payroll.plan", once=once, at=at, payroll_id=str(payroll.id), build=payroll.build)


def rebuild(session: Session, payroll: Payroll, *, by: Actor, at: datetime) -> None:
    """Build a checked payroll again from the register as it is now. Raises NotNow, NotAllowed."""
    by.must_be(Role.PREPARER, scheme=payroll.scheme_id)
    move(session, payroll, PayrollStatus.BUILDING, by=by, at=at)
    payroll.build += 1
    payroll.built_by = by.person_id
    plan_build(session, payroll, at=at)

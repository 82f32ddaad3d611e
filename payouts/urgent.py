"""An urgent payment: one payment to one person today, through the same checks and gates, without the days of Bacs.

It goes by a file for Faster Payments, where the bank takes one, or somebody makes it outside once every gate said go:
in the bank's portal, or by a cheque, for which the payee needs no account. It has the permanent key of every payment:
whatever payroll would pay the same later leaves it out.
"""

from __future__ import annotations

from datetime import date, datetime, time
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bacs.calendar import LONDON, Calendar, Cycle
from payouts.files.forms import takes_faster_payments
from payouts.off_cycle import NamedAward
from payouts.payment import LIVE, Payment
from payouts.payroll import Days, Payroll, PayrollKind, add_payroll, must_not_cut
from schemes.award import Award
from schemes.bank_profile import newest_profile
from schemes.database import Base, stored, take_turns, to_body_row
from schemes.duties import london_day
from schemes.errors import NotNow, ReasonNotGiven, Refused
from schemes.one_off_payment import OneOff
from schemes.period import Period
from schemes.person import Actor, Role
from schemes.scheme_version import in_effect, period_about, version_of, versions_of

DAY_ENDS = time(23, 59, 59)


class PayMethod(StrEnum):
    """How an urgent payment is made."""

    FASTER_PAYMENTS_FILE = "faster_payments_file"
    BANK_PORTAL = "bank_portal"
    CHEQUE = "cheque"

    @property
    def has_file(self) -> bool:
        return self is PayMethod.FASTER_PAYMENTS_FILE


class NoFasterPaymentsFile(Refused):
    """The bank takes no file for Faster Payments in the form that its profile names."""


class UrgentPayment(Base):
    """What makes a payroll an urgent payment: how it is made, why today, and the one-off payment that it is, if one.

    An award's is named as an off-cycle payroll names it. For a method without a file five are filled once it was made:
    the bank's reference or the cheque's number, who made it and when, and who recorded that; with a file as evidence,
    if there is one. The last three once the bank has taken the money: by whom that is said, None for the statement.
    """

    __tablename__ = "urgent_payment"
    __table_args__ = (
        to_body_row("payroll", "payroll_id"),
        to_body_row("one_off", "one_off_id"),
        CheckConstraint("because <> ''", name="because"),
        CheckConstraint("num_nulls(reference, made_by, made_at, recorded_by, recorded_at) in (0, 5)", name="made"),
        CheckConstraint("method <> 'faster_payments_file' or made_at is null", name="by_file"),
        CheckConstraint(
            "num_nulls(cleared_at, cleared_because) in (0, 2) and (made_at is not null or cleared_at is null)",
            name="cleared",
        ),
        to_body_row("attachment", "attachment_id"),
    )

    body_id: Mapped[UUID] = mapped_column(primary_key=True)
    payroll_id: Mapped[UUID] = mapped_column(primary_key=True)
    method: Mapped[PayMethod] = mapped_column(stored(PayMethod))
    because: Mapped[str]
    one_off_id: Mapped[UUID | None]
    reference: Mapped[str | None]
    made_by: Mapped[str | None]
    made_at: Mapped[datetime | None]
    recorded_by: Mapped[UUID | None]
    recorded_at: Mapped[datetime | None]
    attachment_id: Mapped[UUID | None]
    cleared_at: Mapped[datetime | None]
    cleared_by: Mapped[UUID | None]
    cleared_because: Mapped[str | None]

    @property
    def is_made(self) -> bool:
        return self.made_at is not None


def urgent_of(session: Session, payroll: Payroll) -> UrgentPayment | None:
    """What makes a payroll an urgent payment; None for any other."""
    if payroll.kind is not PayrollKind.URGENT:
        return None
    return session.get_one(UrgentPayment, (payroll.body_id, payroll.id))


def by_cheque(session: Session, payroll: Payroll) -> bool:
    """Whether a payroll is paid by a cheque: to a name, and into no account."""
    urgent = urgent_of(session, payroll)
    return urgent is not None and urgent.method is PayMethod.CHEQUE


def has_files(session: Session, payroll: Payroll) -> bool:
    """Whether a payroll goes to the bank by files."""
    urgent = urgent_of(session, payroll)
    return urgent is None or urgent.method.has_file


def pay_award(
    session: Session,
    calendar: Calendar,
    award: Award,
    *,
    payroll_id: UUID,
    about: date,
    method: PayMethod,
    because: str,
    by: Actor,
    at: datetime,
) -> Payroll:
    """Create the urgent payment of what an award makes due for the period that a day lies in.

    The same id again returns the first. Raises NoFasterPaymentsFile, PeriodsOverlap, NoPeriod, ReasonNotGiven,
    NotAllowed.
    """
    by.must_be(Role.PREPARER, scheme=award.scheme_id)
    take_turns(session, "payroll number")
    there = session.get(Payroll, (by.body_id, payroll_id))
    if there is not None:
        return there
    version, period = period_about(versions_of(session, award.scheme_id), about)
    must_not_cut(session, award.scheme_id, period)
    made = begin(
        session, calendar, award.scheme_id, version.number, period, method,
        payroll_id=payroll_id, one_off_id=None, because=because, by=by, at=at,
    )  # fmt: skip
    session.add(NamedAward(body_id=by.body_id, payroll_id=made.id, award_id=award.id))
    session.flush()
    return made


def pay_one_off(
    session: Session,
    calendar: Calendar,
    one_off: OneOff,
    *,
    payroll_id: UUID,
    method: PayMethod,
    because: str,
    by: Actor,
    at: datetime,
) -> Payroll:
    """Create the urgent payment of a one-off payment that two people agreed on.

    The same id again returns the first. Raises NoFasterPaymentsFile, ReasonNotGiven, NotNow (not confirmed, ended,
    not due yet, or paid), NotAllowed.
    """
    by.must_be(Role.PREPARER, scheme=one_off.scheme_id)
    take_turns(session, "payroll number")
    there = session.get(Payroll, (by.body_id, payroll_id))
    if there is not None:
        return there
    must_be_payable(session, one_off, today=london_day(at))
    period = Period(one_off.period_first_day, one_off.period_last_day)
    version, _ = period_about(versions_of(session, one_off.scheme_id), period.first_day)
    return begin(
        session, calendar, one_off.scheme_id, version.number, period, method,
        payroll_id=payroll_id, one_off_id=one_off.id, because=because, by=by, at=at,
    )  # fmt: skip


def must_be_payable(session: Session, one_off: OneOff, *, today: date) -> None:
    """Raises NotNow."""
    paid = select(Payment.id).where(Payment.one_off_id == one_off.id, LIVE).limit(1)
    state = (
        "ended"
        if one_off.ended_at
        else "not confirmed"
        if one_off.confirmed_at is None
        else "not due yet"
        if one_off.pay_from > today
        else "in a payroll"
        if session.scalars(paid).first() is not None
        else ""
    )
    if state:
        raise NotNow("one-off payment", state, "paid urgently")


def begin(
    session: Session,
    calendar: Calendar,
    scheme_id: UUID,
    version_number: int,
    period: Period,
    method: PayMethod,
    *,
    payroll_id: UUID,
    one_off_id: UUID | None,
    because: str,
    by: Actor,
    at: datetime,
) -> Payroll:
    """Add the payroll for today, under the gates and the bank profile of now, and have it built."""
    if not because.strip():
        raise ReasonNotGiven("pay this urgently")
    today = london_day(at)
    versions = versions_of(session, scheme_id)
    terms = (in_effect(versions, today) or version_of(session, scheme_id, version_number)).definition
    if method.has_file and not takes_faster_payments(newest_profile(session, terms.bank_profile_id).file_format):
        raise NoFasterPaymentsFile
    payroll = add_payroll(
        session,
        calendar,
        payroll_id=payroll_id,
        scheme_id=scheme_id,
        version_number=version_number,
        terms=terms,
        period=period,
        pay_date=today,
        kind=PayrollKind.URGENT,
        days=Days(Cycle(today, today, today), datetime.combine(today, DAY_ENDS, LONDON)),
        by=by,
        at=at,
    )
    session.add(
        UrgentPayment(
            body_id=by.body_id,
            payroll_id=payroll.id,
            method=method,
            because=because.strip(),
            one_off_id=one_off_id,
        )
    )
    session.flush()
    return payroll

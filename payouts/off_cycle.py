"""An off-cycle payroll: some of those whom another payroll left out, for the same period, on a day of its own.

Whoever is paid already stays paid once, by the permanent key; whoever's reason has not gone is left out again.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, false, select, true
from sqlalchemy.orm import Mapped, Session, mapped_column

from bacs.calendar import Calendar
from payouts.payment import Unpaid, UnpaidReason
from payouts.payroll import OF_AWARDS, Payroll, PayrollKind, PayrollStatus, add_payroll
from schemes.award import Award
from schemes.database import Base, copy_rows, take_turns, to_body_row
from schemes.errors import NotNow, Refused
from schemes.payee import Beneficiary
from schemes.period import Period
from schemes.person import Actor, Role
from schemes.scheme_version import paid_on, versions_of

PAID_ANYWAY = (UnpaidReason.PAID_ALREADY, UnpaidReason.RECOVERED)
# a person took them out by name, and only by name are they paid after all
BY_NAME_ONLY = (UnpaidReason.TAKEN_OUT,)


class NamedAward(Base):
    """That an off-cycle payroll looks at an award: at no other."""

    __tablename__ = "named_award"
    __table_args__ = (to_body_row("payroll", "payroll_id"), to_body_row("award", "award_id"))

    body_id: Mapped[UUID] = mapped_column(primary_key=True)
    payroll_id: Mapped[UUID] = mapped_column(primary_key=True)
    award_id: Mapped[UUID] = mapped_column(primary_key=True)


class NobodyLeftOut(Refused):
    """The payroll left nobody out who could be paid now."""


class NotLeftOut(Refused):
    """The payroll left nobody out under these references: they are paid by it, or it does not know them."""

    def __init__(self, references: list[str]) -> None:
        super().__init__(f"nobody was left out under {', '.join(references)}")
        self.references = references


def looked_at(payroll: Payroll) -> ColumnElement[bool]:
    """Of a scheme's awards those that a payroll looks at: all, some, or none where it pays one-off payments alone."""
    if payroll.kind is PayrollKind.REGULAR:
        return true()
    if payroll.kind not in OF_AWARDS:
        return false()
    return Award.id.in_(select(NamedAward.award_id).where(NamedAward.payroll_id == payroll.id))


def create_off_cycle(
    session: Session,
    calendar: Calendar,
    *,
    payroll_id: UUID,
    of: Payroll,
    references: Collection[str] | None,
    pay_date: date,
    by: Actor,
    at: datetime,
) -> Payroll:
    """Create a payroll of those whom another left out: of these beneficiaries by reference, or (None) of all.

    Whoever was taken out is paid by name only: why, the register may not know.

    The amounts are by the version of the scheme that the other was paid under, the gates by the one that counts for
    the new pay date. The same id again returns the first. Raises NotLeftOut, NobodyLeftOut, PayDateRefused, NoPeriod,
    NotNow (the other is being built, or was given up), NotAllowed.
    """
    by.must_be(Role.PREPARER, scheme=of.scheme_id)
    take_turns(session, "payroll number")
    there = session.get(Payroll, (by.body_id, payroll_id))
    if there is not None:
        return there
    if of.status in (PayrollStatus.BUILDING, PayrollStatus.CANCELLED):
        raise NotNow("payroll", of.status, "followed by an off-cycle one")
    awards = left_out(session, of, references)
    terms, _ = paid_on(versions_of(session, of.scheme_id), pay_date, calendar)
    payroll = add_payroll(
        session,
        calendar,
        payroll_id=payroll_id,
        scheme_id=of.scheme_id,
        version_number=of.scheme_version,
        terms=terms.definition,
        period=Period(of.period_first_day, of.period_last_day),
        pay_date=pay_date,
        kind=PayrollKind.OFF_CYCLE,
        pays_for=of.id,
        by=by,
        at=at,
    )
    rows = ((by.body_id, payroll.id, award_id) for award_id in awards)
    copy_rows(session, "named_award", ("body_id", "payroll_id", "award_id"), rows)
    return payroll


def left_out(session: Session, of: Payroll, references: Collection[str] | None) -> list[UUID]:
    """The awards that a payroll did not pay, of these beneficiaries or of all. Raises NotLeftOut, NobodyLeftOut.

    A one-off payment that was left out waits for the next payroll by itself.
    """
    unpaid = select(Unpaid.award_id, Beneficiary.reference).where(
        Unpaid.payroll_id == of.id, Unpaid.reason.not_in(PAID_ANYWAY), Unpaid.award_id.is_not(None)
    )
    mine = (Beneficiary.body_id == Unpaid.body_id) & (Beneficiary.id == Unpaid.beneficiary_id)
    unpaid = unpaid.join(Beneficiary, mine)
    if references is not None:
        wanted = {reference.strip().upper() for reference in references} - {""}
        rows = session.execute(unpaid.where(Beneficiary.reference.in_(wanted))).all()
        missing = wanted - {row.reference for row in rows}
        if missing:
            raise NotLeftOut(sorted(missing))
    else:
        rows = session.execute(unpaid.where(Unpaid.reason.not_in(BY_NAME_ONLY))).all()
    if not rows:
        raise NobodyLeftOut
    return sorted({row.award_id for row in rows if row.award_id is not None})

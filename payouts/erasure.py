"""Erasing people whose records are no longer needed: found by the clock, proposed by one person, confirmed by another.

Erasing destroys the person's sealing key and those of the old payment files that hold them, and writes a neutral word
over what stood in the clear. Amounts, digests, the ledger and the audit trail stay, add up and verify as before. The
app's role may not write over any of it: one function of the database does, for a confirmed proposal only.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Mapped, Session

from bacs.calendar import LONDON
from payouts.answers_forgotten import forget_old_answers
from payouts.files.destroying import destroy_old
from payouts.parallel_run.parallel_run import forget_old
from schemes import audit, change
from schemes.bank_details import CONFIRMERS
from schemes.body import get_body
from schemes.change import Change, ChangeKind
from schemes.change_applied import EFFECTS, Effect
from schemes.database import Base, BodyOwned, to_body_row
from schemes.errors import Refused
from schemes.payee import Payee, get_payee
from schemes.person import Actor, Role
from schemes.retention import first_day_kept, kept_until

if TYPE_CHECKING:
    from payouts.app import Service

PROPOSERS = (Role.ADMINISTRATOR,)
# the only functions besides those of `schemes.before_body` that act with rights of their own
FUNCTIONS = frozenset({"erase_payee", "forget_answers"})


class ErasureBar(StrEnum):
    """Why somebody cannot be erased."""

    STILL_NEEDED = "still_needed"
    ERASED_ALREADY = "erased_already"


class ErasureRefused(Refused):
    """Their records are needed, or gone. until: the last day that is known by now on which they are kept."""

    def __init__(self, why: ErasureBar, until: date | None = None) -> None:
        super().__init__(f"this payee cannot be erased: {why}" + (f", kept until {until:%d %B %Y}" if until else ""))
        self.why = why
        self.until = until


class DueForErasure(BodyOwned, Base):
    """A payee whose records are no longer needed, as the last look found. last_day: of the last that happened."""

    __tablename__ = "due_for_erasure"
    __table_args__ = (to_body_row("payee", "id"),)

    last_day: Mapped[date]
    found_at: Mapped[datetime]


# an award counts as over by its last version; what was keyed, paid or awarded since the first day kept is needed
NEEDED = """
    payee.made_at >= :first_at
    OR EXISTS (SELECT FROM payment JOIN payroll ON payroll.body_id = payment.body_id AND payroll.id = payment.payroll_id
                WHERE payment.body_id = payee.body_id AND payment.payee_id = payee.id
                  AND payroll.pay_date >= :first_day)
    OR EXISTS (SELECT FROM account WHERE account.body_id = payee.body_id AND account.payee_id = payee.id
                  AND account.proposed_at >= :first_at)
    OR EXISTS (SELECT FROM one_off WHERE one_off.body_id = payee.body_id AND one_off.payee_id = payee.id
                  AND one_off.proposed_at >= :first_at)
    OR EXISTS (SELECT FROM award
                 LEFT JOIN LATERAL (SELECT v.last_day, v.from_day, v.inputs FROM award_version v
                                     WHERE v.body_id = award.body_id AND v.award_id = award.id
                                     ORDER BY v.number DESC LIMIT 1) later ON true
                WHERE award.body_id = payee.body_id
                  AND (award.payee_id = payee.id
                       OR EXISTS (SELECT FROM award_version v WHERE v.body_id = award.body_id AND v.award_id = award.id
                                     AND v.payee_id = payee.id))
                  AND NOT CASE WHEN later.from_day IS NULL THEN coalesce(award.last_day < :first_day, false)
                               ELSE coalesce(later.last_day < :first_day, false)
                                    OR (later.inputs IS NULL AND later.from_day <= :first_day) END)
"""
LAST_DAY = """
    SELECT greatest((payee.made_at AT TIME ZONE 'Europe/London')::date,
                    (SELECT max(payroll.pay_date) FROM payment
                       JOIN payroll ON payroll.body_id = payment.body_id AND payroll.id = payment.payroll_id
                      WHERE payment.body_id = payee.body_id AND payment.payee_id = payee.id))
"""


def limits(session: Session, at: datetime) -> dict[str, Any]:
    first = first_day_kept(at.astimezone(LONDON).date(), get_body(session).retention_years)
    return {"first_day": first, "first_at": datetime(first.year, first.month, first.day, tzinfo=LONDON)}


def look(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """Find everybody who is due, anew, and destroy what was kept for a time only."""
    find_due(session, at=service.now())
    destroy_old(session, at=service.now())
    forget_old_answers(session, at=service.now())
    forget_old(session, at=service.now())


def find_due(session: Session, *, at: datetime) -> int:
    """Note everybody whose records are no longer needed; returns how many there are."""
    session.execute(delete(DueForErasure))
    found = session.execute(
        # the texts are this module's own
        text(
            f"""
            INSERT INTO due_for_erasure (body_id, id, last_day, found_at)
            SELECT payee.body_id, payee.id, ({LAST_DAY}), :at FROM payee
             WHERE payee.erased_at IS NULL AND NOT ({NEEDED})
            """  # noqa: S608
        ),
        {"at": at, **limits(session, at)},
    )
    count: int = found.rowcount  # type: ignore[attr-defined]
    return count


class DueRow(NamedTuple):
    """Somebody who is due, as a person reads it."""

    due: DueForErasure
    payee: Payee


def due(session: Session, *, after: UUID | None = None, limit: int = 50) -> list[DueRow]:
    """Who is due, those after the id `after`."""
    rows = (
        select(DueForErasure, Payee)
        .join(Payee, (Payee.body_id == DueForErasure.body_id) & (Payee.id == DueForErasure.id))
        .where(Payee.erased_at.is_(None))
        .order_by(DueForErasure.id)
        .limit(limit)
    )
    if after is not None:
        rows = rows.where(DueForErasure.id > after)
    return [DueRow(*row) for row in session.execute(rows)]


def due_count(session: Session, *, most: int | None = None) -> int:
    """How many are due, counted up to `most`."""
    some = select(DueForErasure.id).limit(most).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def must_be_due(session: Session, payee: Payee, *, at: datetime) -> date:
    """The day of the last that happened. Raises ErasureRefused."""
    if payee.erased_at is not None:
        raise ErasureRefused(ErasureBar.ERASED_ALREADY)
    last, needed = session.execute(
        text(f"SELECT ({LAST_DAY}), ({NEEDED}) FROM payee WHERE payee.id = :id"),  # noqa: S608
        {"id": payee.id, **limits(session, at)},
    ).one()
    if needed:
        until = kept_until(last, get_body(session).retention_years)
        raise ErasureRefused(ErasureBar.STILL_NEEDED, until if until >= at.astimezone(LONDON).date() else None)
    day: date = last
    return day


def propose(session: Session, *, change_id: UUID, payee_id: UUID, reason: str, by: Actor, at: datetime) -> Change:
    """Propose that a payee is erased. The same id again is the same proposal.

    Raises ErasureRefused, ChangeWaiting, ReasonNotGiven, NotFound, NotAllowed.
    """
    by.must_be(*PROPOSERS)
    payee = get_payee(session, payee_id)
    if session.get(Change, (by.body_id, change_id)) is None:
        must_be_due(session, payee, at=at)
    return change.propose(
        session,
        ChangeKind.ERASURE,
        change_id=change_id,
        subject_id=payee.id,
        before=facts_of(session, payee.id),
        after={"payee_id": str(payee.id), "erased": True},
        reason=reason,
        by=by,
        at=at,
    )


def facts_of(session: Session, payee_id: UUID) -> dict[str, Any]:
    """Ids and counts only: a proposal outlives the person's record."""
    payments = text("SELECT count(*) FROM payment WHERE payee_id = :id")
    return {
        "payee_id": str(payee_id),
        "erased": get_payee(session, payee_id).erased_at is not None,
        "payments": session.scalar(payments, {"id": payee_id}),
    }


def apply(session: Session, confirmed: Change, by: Actor, at: datetime) -> None:
    """Destroy what a second person confirmed. Raises ErasureRefused where it is needed again by now."""
    payee = get_payee(session, confirmed.subject_id, lock=True)
    must_be_due(session, payee, at=at)
    # their payments are past their time, so the files that hold them are too
    destroy_old(session, at=at)
    files = session.scalar(text("SELECT erase_payee(:id, :at)"), {"id": payee.id, "at": at})
    session.execute(delete(DueForErasure).where(DueForErasure.id == payee.id))
    session.expire_all()
    audit.record(session, "payee.erased", by=by, about=payee, at=at, change=str(confirmed.id), files_destroyed=files)


EFFECTS[ChangeKind.ERASURE] = Effect(CONFIRMERS, facts_of, apply)

"""Taking payments out of a sealed payroll: somebody died yesterday, and the others are paid all the same.

Only ever less: nothing is added and no amount changes. The files are built anew, Ready and Funds stand, and whoever
approved is asked again.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from payouts.cancelling import cancel
from payouts.difference.taken_out import explain_without
from payouts.files.sealing import plan_seal, withdraw_files
from payouts.gates.amendment import Amendment, TakenOut, get_amendment
from payouts.gates.returning import void_decisions
from payouts.gates.voiding import Move
from payouts.payment import Payment, PaymentStatus, Unpaid, UnpaidReason, in_payroll
from payouts.payment_part import PaymentPart
from payouts.payroll import Payroll, PayrollStatus, move
from schemes import audit
from schemes.database import new_id
from schemes.errors import NotNow, ReasonNotGiven, Refused
from schemes.person import Actor, Role


class NotInPayroll(Refused):
    """Some payments that should be taken out are not in the payroll, or not any more."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} of these payments are not in the payroll")
        self.count = count


def take_out(
    session: Session,
    payroll: Payroll,
    *,
    amendment_id: UUID,
    payment_ids: Collection[UUID],
    reason: str,
    by: Actor,
    at: datetime,
) -> Amendment | None:
    """Take payments out of a sealed payroll that the caller locked. The same id again is the same act.

    With nobody left the payroll is cancelled, and there is no amendment. Whoever takes out has changed the payroll, so
    they approve it no more. Raises NotInPayroll, ReasonNotGiven, NotNow (not sealed, or released), NotAllowed.
    """
    by.must_be(Role.PREPARER, scheme=payroll.scheme_id)
    there = get_amendment(session, amendment_id)
    if there is not None:
        return there
    if payroll.status is not PayrollStatus.SEALED or payroll.manifest_id is None:
        raise NotNow("payroll", payroll.status, "taken from")
    if not reason.strip():
        raise ReasonNotGiven("take these payments out")
    wanted = set(payment_ids)
    leaving = session.scalars(
        select(Payment)
        .where(in_payroll(payroll.id), Payment.id.in_(wanted), Payment.status == PaymentStatus.PREPARED)
        .order_by(Payment.ordinal)
    ).all()
    if not leaving or len(leaving) != len(wanted):
        raise NotInPayroll(len(wanted) - len(leaving))
    if len(leaving) == payroll.payment_count:
        cancel(session, payroll, by=by, reason=reason, at=at)
        return None
    amendment = Amendment(
        body_id=payroll.body_id,
        id=amendment_id,
        payroll_id=payroll.id,
        follows_id=payroll.manifest_id,
        after_id=payroll.amendment_id,
        move=Move.TAKE_OUT,
        reason=reason.strip(),
        payment_count=len(leaving),
        total_pence=sum(payment.amount_pence for payment in leaving),
        pay_date=payroll.pay_date,
        made_by=by.person_id,
        made_at=at,
    )
    session.add(amendment)
    session.flush()
    leave(session, payroll, amendment, leaving)
    build_anew(session, payroll, amendment, because="payments that were taken out", by=by, at=at)
    return amendment


def leave(session: Session, payroll: Payroll, amendment: Amendment, leaving: Collection[Payment]) -> None:
    """Move payments out of a payroll, keep them as they were, list their awards as unpaid, and say so in its
    difference to the last one.
    """
    ids = [payment.id for payment in leaving]
    moved = session.execute(
        update(Payment)
        .where(Payment.id.in_(ids), Payment.status == PaymentStatus.PREPARED)
        .values(status=PaymentStatus.TAKEN_OUT)
        .execution_options(synchronize_session=False)
    ).rowcount  # type: ignore[attr-defined]
    if moved != len(ids):
        raise NotInPayroll(len(ids) - moved)
    session.execute(
        update(PaymentPart)
        .where(
            PaymentPart.payroll_id == payroll.id, PaymentPart.award_id.in_([p.award_id for p in leaving if p.award_id])
        )
        .values(freed=True)
        .execution_options(synchronize_session=False)
    )
    for payment in leaving:
        party = {name: getattr(payment, name) for name in ("award_id", "one_off_id", "beneficiary_id")}
        mine = {"body_id": payroll.body_id, "payroll_id": payroll.id, **party}
        due = {"due_pence": payment.amount_pence}
        session.add(Unpaid(id=new_id(), reason=UnpaidReason.TAKEN_OUT, **due, **mine))
        session.add(
            TakenOut(
                id=new_id(),
                amendment_id=amendment.id,
                payment_id=payment.id,
                payee_id=payment.payee_id,
                reference=payment.reference,
                amount_pence=payment.amount_pence,
                **mine,
            )
        )
    payroll.payment_count -= amendment.payment_count
    payroll.total_pence -= amendment.total_pence
    payroll.unpaid_count += amendment.payment_count
    session.flush()
    explain_without(session, payroll, leaving)


def build_anew(
    session: Session, payroll: Payroll, amendment: Amendment, *, because: str, by: Actor, at: datetime
) -> None:
    """Withdraw the files for good, void what the move voids, and have the files built under a manifest that follows."""
    move(session, payroll, PayrollStatus.SEALING, by=by, at=at)
    voided = void_decisions(session, payroll, amendment.move, because=because, at=at)
    withdraw_files(session, payroll, at=at)
    payroll.manifest_id, payroll.amendment_id = None, amendment.id
    plan_seal(session, payroll, at=at)
    audit.record(
        session,
        f"payroll.amended_{amendment.move}",
        by=by,
        about=payroll,
        at=at,
        amendment=str(amendment.id),
        payment_count=amendment.payment_count,
        total_pence=amendment.total_pence,
        decisions_voided=voided,
    )

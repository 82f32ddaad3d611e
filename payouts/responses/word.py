"""The bank's word on payments: one door by which their states follow from facts, whatever order these come in.

Each fact asks for a state, and a payment is in the furthest that any of its facts asks for. So facts may come twice,
late or the wrong way round: the end is the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, any_, func, literal, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from payouts.files.payment_file import PaymentFile
from payouts.ledger.entry import Event
from payouts.ledger.posting import post, undo
from payouts.payment import CAME_BACK, MOVES, Payment, PaymentStatus, ordinals
from payouts.payroll import Payroll, get_payroll
from payouts.responses.line import Says
from payouts.returns import returned, tracing
from schemes import audit

RANKS = {
    status: rank
    for rank, status in enumerate(
        (
            PaymentStatus.RELEASED,
            PaymentStatus.SUBMITTED,
            PaymentStatus.PAID,
            PaymentStatus.REJECTED,
            PaymentStatus.RECALLED,
            PaymentStatus.RETURNED,
        )
    )
}
"""How far a payment is. A bank that says two things is taken at the one that brings the money back."""

ASKS_FOR = {
    Says.TAKEN: PaymentStatus.SUBMITTED,
    Says.AMENDED: PaymentStatus.SUBMITTED,
    Says.PAID: PaymentStatus.PAID,
    Says.REJECTED: PaymentStatus.REJECTED,
    Says.RECALLED: PaymentStatus.RECALLED,
    Says.RETURNED: PaymentStatus.RETURNED,
}
EVENTS = {
    PaymentStatus.SUBMITTED: Event.SUBMITTED,
    PaymentStatus.PAID: Event.PAID,
    PaymentStatus.REJECTED: Event.REJECTED,
    PaymentStatus.RECALLED: Event.RECALLED,
    PaymentStatus.RETURNED: Event.RETURNED,
}


def hold_payrolls(session: Session, payrolls: Iterable[UUID]) -> None:
    """Hold the payrolls of what is to be moved until the transaction ends, always in the same order."""
    ids = sorted(set(payrolls))
    if ids:
        session.execute(select(Payroll.id).where(Payroll.id.in_(ids)).order_by(Payroll.id).with_for_update())


def advance(
    session: Session, which: ColumnElement[bool], to: PaymentStatus, *, by: UUID | None, at: datetime
) -> list[UUID]:
    """Move the payments that a condition picks to a state, unless they are further on; returns the ids of those moved.

    The caller holds their payrolls. The money moves with them. What came back is a case for somebody. by: whose doing
    it is that the account or the payee is stopped, where the reason asks for it.
    """
    if RANKS[to] > RANKS[PaymentStatus.SUBMITTED]:
        # whatever the bank says of a payment, it got it
        move(session, which, PaymentStatus.RELEASED, PaymentStatus.SUBMITTED, at=at)
    moved: list[UUID] = []
    for before in sorted(
        (one for one in RANKS if RANKS[one] < RANKS[to] and (one, to) in MOVES), key=RANKS.__getitem__
    ):
        moved += move(session, which, before, to, at=at)
    if to in CAME_BACK and moved:
        returned.open_cases(session, moved, by=by, at=at)
        tracing.follow(session, moved, at=at)
    return moved


def tell(session: Session, moved: Sequence[UUID], to: PaymentStatus, *, at: datetime) -> None:
    """Record of each payroll how many of its payments the bank moved; what came back is told one by one."""
    if not moved or to in CAME_BACK:
        return
    counts = select(Payment.payroll_id, func.count()).where(ids_are(moved)).group_by(Payment.payroll_id)
    for payroll_id, count in session.execute(counts).all():
        payroll = get_payroll(session, payroll_id)
        audit.record(session, f"{TOLD}{to}", by=None, about=payroll, at=at, count=count)


TOLD = "payroll.payments_"
"""How the acts begin by which the bank's word on some payments of a payroll is recorded."""


def move(
    session: Session, which: ColumnElement[bool], before: PaymentStatus, to: PaymentStatus, *, at: datetime
) -> Sequence[UUID]:
    ids = session.scalars(
        update(Payment)
        .where(which, Payment.status == before)
        .values(status=to)
        .returning(Payment.id)
        .execution_options(synchronize_session=False)
    ).all()
    if ids:
        if to in CAME_BACK and before in (*CAME_BACK, PaymentStatus.PAID) and not goes_straight(before, to):
            undo(session, EVENTS[before], ids, at=at)
        post(session, EVENTS[to], ids, at=at)
    return ids


def goes_straight(before: PaymentStatus, to: PaymentStatus) -> bool:
    """Whether the money goes on from where it is: what was paid and came back, did leave the account."""
    return before is PaymentStatus.PAID and to is PaymentStatus.RETURNED


def ids_are(ids: Sequence[UUID]) -> ColumnElement[bool]:
    """The payments of these ids, however many."""
    return Payment.id == any_(literal(list(ids), ARRAY(Uuid)))


def in_file(file: PaymentFile) -> ColumnElement[bool]:
    """The payments of a file, by the places in the payroll between which they lie."""
    return (Payment.payroll_id == file.payroll_id) & ordinals(file.first, file.last) & (Payment.file_id == file.id)

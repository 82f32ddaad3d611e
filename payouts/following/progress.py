"""How far a payment is, as far as it may be told to whoever follows it: never more than staff see, and never earlier.

Of a payment that is not released nothing is told but that it is being prepared: until every gate said go its amount
may change or it may not be made at all. No name is told and no account but its last four digits, since a message with
the link may lie open.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.orm import Session

from payouts.payment import BACK, CAME_BACK, FREED, GONE_OUT, LIVE, Payment, PaymentStatus
from payouts.payroll import Payroll, PayrollKind
from schemes.account import Account
from schemes.award import Award
from schemes.payee import Beneficiary, Language, Payee
from schemes.scheme import Scheme

TOLD_FOR = timedelta(days=400)
"""How long after its pay date a payment is told of: a link in an old message opens nothing for ever."""
MOST_PAYMENTS = 12


class Stage(StrEnum):
    """Where a payment is, for whoever waits for it."""

    BEING_PREPARED = "being_prepared"
    APPROVED = "approved"
    CHEQUE_APPROVED = "cheque_approved"
    CHEQUE_POSTED = "cheque_posted"
    CHEQUE_STOPPED = "cheque_stopped"
    ON_ITS_WAY = "on_its_way"
    DUE_TODAY = "due_today"
    SHOULD_HAVE_ARRIVED = "should_have_arrived"
    PAID = "paid"
    CAME_BACK = "came_back"
    PAID_AGAIN = "paid_again"
    STOPPED = "stopped"


class Progress(NamedTuple):
    """A payment as its public page tells it.

    Amount in pence, pay date and last four digits are None until it was released. `again_id`: the payment that was made
    in its place. `in_one_credit`: it goes to the account in one credit with others.
    """

    payment_id: UUID
    stage: Stage
    scheme: str
    period_first_day: date
    period_last_day: date
    language: Language
    amount_pence: int | None = None
    pay_date: date | None = None
    account_ends: str | None = None
    reference: str | None = None
    again_id: UUID | None = None
    in_one_credit: bool = False


class AwardProgress(NamedTuple):
    """An award as its public page tells it: its payments, newest first."""

    scheme: str
    language: Language
    payments: list[Progress]


def payment_progress(session: Session, payment_id: UUID, today: date) -> Progress | None:
    """How far a payment is; None when there is none, or it lies too far back, or its people were erased."""
    found = told(session, Payment.id == payment_id, today, limit=1)
    return found[0] if found else None


def award_progress(session: Session, award_id: UUID, today: date) -> AwardProgress | None:
    """How far an award's payments are; None when there is no such award or its people were erased."""
    row = session.execute(
        select(Award, Scheme.name)
        .select_from(Award)
        .join(Scheme, (Scheme.body_id == Award.body_id) & (Scheme.id == Award.scheme_id))
        .join(Beneficiary, (Beneficiary.body_id == Award.body_id) & (Beneficiary.id == Award.beneficiary_id))
        .where(Award.id == award_id, Beneficiary.erased_at.is_(None))
    ).one_or_none()
    if row is None:
        return None
    award, scheme = row
    ids = select(Payment.id).where(Payment.award_id == award_id).order_by(Payment.id.desc()).limit(MOST_PAYMENTS)
    # a question each, by an index each: nobody looks payments up by award alone
    live = ids.where(LIVE, Payment.scheme_id == award.scheme_id, Payment.beneficiary_id == award.beneficiary_id)
    newest = [*session.scalars(live), *session.scalars(ids.where(BACK))]
    payments = told(session, Payment.id.in_(newest), today, limit=MOST_PAYMENTS)
    language = session.scalars(select(Payee.language).where(Payee.id == award.payee_id)).one()
    return AwardProgress(scheme, language, payments)


def told(session: Session, which: ColumnElement[bool], today: date, *, limit: int) -> list[Progress]:
    """What is told of the newest payments that a condition picks."""
    rows = session.execute(
        select(Payment, Payroll.pay_date, Payroll.kind, Scheme.name, Payee.language, Account.last_four)
        .join(Payroll, (Payroll.body_id == Payment.body_id) & (Payroll.id == Payment.payroll_id))
        .join(Scheme, (Scheme.body_id == Payment.body_id) & (Scheme.id == Payment.scheme_id))
        .join(Payee, (Payee.body_id == Payment.body_id) & (Payee.id == Payment.payee_id))
        .join(Beneficiary, (Beneficiary.body_id == Payment.body_id) & (Beneficiary.id == Payment.beneficiary_id))
        .outerjoin(Account, (Account.body_id == Payment.body_id) & (Account.id == Payment.account_id))
        .where(
            which,
            Payroll.pay_date >= today - TOLD_FOR,
            Payee.erased_at.is_(None),
            Beneficiary.erased_at.is_(None),
        )
        .order_by(Payment.id.desc())
        .limit(limit)
    ).all()
    again = made_instead(session, [payment for payment, *_ in rows])
    return [
        progress(payment, pay_date, kind, scheme, language, last_four, today, again.get(payment.id))
        for payment, pay_date, kind, scheme, language, last_four in rows
    ]


def progress(
    payment: Payment,
    pay_date: date,
    kind: PayrollKind,
    scheme: str,
    language: Language,
    last_four: str | None,
    today: date,
    again_id: UUID | None,
) -> Progress:
    by_cheque = payment.account_id is None
    stage = stage_of(payment.status, pay_date, today, again=again_id is not None, by_cheque=by_cheque)
    least = Progress(
        payment_id=payment.id,
        stage=stage,
        scheme=scheme,
        period_first_day=payment.period_first_day,
        period_last_day=payment.period_last_day,
        language=language,
        again_id=again_id,
    )
    if payment.status not in (*GONE_OUT, *CAME_BACK):
        return least
    return least._replace(
        amount_pence=payment.amount_pence,
        pay_date=pay_date,
        account_ends=last_four,
        reference=payment.reference,
        in_one_credit=payment.combined and kind is not PayrollKind.URGENT,
    )


def stage_of(status: PaymentStatus, pay_date: date, today: date, *, again: bool, by_cheque: bool = False) -> Stage:
    """Where a payment of this status is on a day in London. Paid: the days for returns have passed.

    Of a cheque nothing is known but that it was made out: it goes into no account that we could name.
    """
    if again and status in FREED:
        return Stage.PAID_AGAIN
    if by_cheque and status in CHEQUES:
        return CHEQUES[status]
    if status is PaymentStatus.SUBMITTED:
        if today < pay_date:
            return Stage.ON_ITS_WAY
        return Stage.DUE_TODAY if today == pay_date else Stage.SHOULD_HAVE_ARRIVED
    return STAGES[status]


CHEQUES: dict[PaymentStatus, Stage] = {
    PaymentStatus.RELEASED: Stage.CHEQUE_APPROVED,
    PaymentStatus.SUBMITTED: Stage.CHEQUE_POSTED,
    PaymentStatus.PAID: Stage.CHEQUE_POSTED,
    **dict.fromkeys(CAME_BACK, Stage.CHEQUE_STOPPED),
}
STAGES: dict[PaymentStatus, Stage] = {
    PaymentStatus.PREPARED: Stage.BEING_PREPARED,
    PaymentStatus.RELEASED: Stage.APPROVED,
    PaymentStatus.PAID: Stage.PAID,
    PaymentStatus.CANCELLED: Stage.STOPPED,
    PaymentStatus.TAKEN_OUT: Stage.STOPPED,
    **dict.fromkeys(CAME_BACK, Stage.CAME_BACK),
}


def made_instead(session: Session, payments: Sequence[Payment]) -> dict[UUID, UUID]:
    """Of payments whose permanent key was freed those that have it now, by the first one's id: at most one each."""
    freed = {key_of(payment): payment.id for payment in payments if payment.status in FREED}
    if not freed:
        return {}
    holders = session.scalars(select(Payment).where(LIVE, tuple_(*KEY).in_(freed))).all()
    return {freed[key_of(holder)]: holder.id for holder in holders}


KEY = (
    Payment.scheme_id,
    Payment.beneficiary_id,
    Payment.period_first_day,
    Payment.component,
    Payment.sequence,
)


def key_of(payment: Payment) -> tuple[UUID, UUID, date, str, int]:
    return (
        payment.scheme_id,
        payment.beneficiary_id,
        payment.period_first_day,
        payment.component,
        payment.sequence,
    )

"""Payments of an open payroll that may not be made any more, for what became known since it was built, and why.

What stops them is asked for from its own side (the holds, stops and ends since the payroll was made), so that the page
of a payroll of a million payments stays quick. Whether a payroll may go on is asked of every payment all the same, when
the files are built and at release (`payment.stopped_count`).
"""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Text, and_, cast, literal, or_, select, union_all
from sqlalchemy.orm import Session

from payouts.payment import LIVE, Payment, PaymentStatus, UnpaidReason
from payouts.payment_search import PaymentRow, payments_by_id
from payouts.payroll import Payroll, PayrollStatus
from schemes.account import Account
from schemes.claim import only_dead
from schemes.hold import Hold, gravest
from schemes.mandate import in_force_on
from schemes.payee import OF_ESTATE, Mandate, Payee, PaymentMethod

OPEN = (PayrollStatus.CHECKED, PayrollStatus.SEALED)
MOST = 200
"""So many are told at once: taken out, they make room for the next."""


class StoppedPayment(NamedTuple):
    """A payment with its people, and why it may not be made."""

    row: PaymentRow
    reasons: tuple[UnpaidReason, ...]


def stopped_since(session: Session, payroll: Payroll) -> list[StoppedPayment]:
    """The payments of a checked or sealed payroll that were stopped since, by ordinal, the first of them."""
    if payroll.status not in OPEN:
        return []
    found = union_all(*(each.limit(MOST) for each in looks(payroll))).subquery()
    reasons: dict[UUID, list[UnpaidReason]] = {}
    for payment_id, reason in session.execute(select(found.c[0], found.c[1]).distinct()):
        reasons.setdefault(payment_id, []).append(UnpaidReason(reason))
    order = list(UnpaidReason)
    return [
        StoppedPayment(row, tuple(sorted(reasons[row.payment.id], key=order.index)))
        for row in payments_by_id(session, payroll.id, reasons.keys())[:MOST]
    ]


def looks(payroll: Payroll) -> list[Select[Any]]:
    """A question for each way of being stopped: payment, and the reason by which it would not be paid."""
    since = payroll.made_at
    held = (Hold.lifted_at.is_(None)) & (Hold.placed_at >= since)
    mandate = mandated_on_pay_date(payroll)
    goes_on = only_dead(Payment.payee_id, Payment.beneficiary_id, payroll.pay_date)
    dead = gravest(Payment.payee_id, Payment.beneficiary_id).is_not(None) & ~goes_on
    beneficiary_held = and_(
        Payment.beneficiary_id == Hold.beneficiary_id,
        Payment.scheme_id == payroll.scheme_id,
        LIVE,
        held,
        ~goes_on,
    )
    stopped_account = and_(
        Payment.payee_id == Account.payee_id,
        Payment.account_id == Account.id,
        or_(
            Account.stopped_at >= since,
            and_(Account.disowned_at >= since, Account.looked_at.is_(None), Account.held_back),
        ),
    )
    ended = and_(
        Payment.payee_id == Mandate.payee_id,
        Payment.beneficiary_id == Mandate.beneficiary_id,
        Mandate.ended_at >= since,
        # of an estate no other mandate counts
        or_(~mandate, Mandate.capacity.in_(OF_ESTATE) & dead),
    )
    no_account = and_(
        Payment.payee_id == Payee.id, Payee.payment_method != PaymentMethod.ACCOUNT, Payment.account_id.is_not(None)
    )
    return [
        look(payroll, Hold, cast(Hold.kind, Text), (Payment.payee_id == Hold.payee_id) & held),
        look(payroll, Hold, cast(Hold.kind, Text), beneficiary_held),
        look(payroll, Account, literal(UnpaidReason.BANK_DETAILS_STOPPED.value), stopped_account),
        look(payroll, Mandate, literal(UnpaidReason.MANDATE_NOT_IN_FORCE.value), ended),
        look(payroll, Payee, cast(Payee.payment_method, Text), no_account),
    ]


def look(
    payroll: Payroll, other: type[Hold | Account | Mandate | Payee], reason: ColumnElement[Any], on: ColumnElement[bool]
) -> Select[Any]:
    mine = (Payment.payroll_id == payroll.id) & (Payment.status == PaymentStatus.PREPARED)
    return select(Payment.id, reason.label("reason")).join(other, (other.body_id == Payment.body_id) & on).where(mine)


def mandated_on_pay_date(payroll: Payroll) -> ColumnElement[bool]:
    """Whether another mandate lets the payee receive for the beneficiary on the pay date."""
    return (
        select(literal(1))
        .select_from(Mandate)
        .where(
            Mandate.body_id == Payment.body_id,
            Mandate.payee_id == Payment.payee_id,
            Mandate.beneficiary_id == Payment.beneficiary_id,
            in_force_on(payroll.pay_date),
        )
        .correlate(Payment)
        .exists()
    )

"""Building the payments of a payroll that pays again what came back: each under the key that its return freed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from sqlalchemy import case, func, select, true
from sqlalchemy.orm import Session, aliased

from payouts.awarded import Destination, in_use
from payouts.building import CHUNK, UNPAID_COLUMNS, finish_chunk, not_payable, stale
from payouts.gates.amendment import TakenOut
from payouts.payment import Payment, PaymentStatus, UnpaidReason
from payouts.payment_item import combines
from payouts.payroll import Payroll, get_payroll
from payouts.permanent_key import COLUMNS, insert_payments
from payouts.returns.reissue import Reissue
from payouts.returns.returned import OPEN, ReturnedPayment
from schemes.claim import only_dead, standing
from schemes.database import copy_rows, new_id
from schemes.definition import Definition
from schemes.hold import gravest
from schemes.mandate import payment_bars
from schemes.payee import Beneficiary, Payee
from schemes.payment_reference import payment_reference
from schemes.scheme_version import version_of

if TYPE_CHECKING:
    from payouts.app import Service

PAYMENT_COLUMNS = (*COLUMNS, "one_off_id")
LEFT_OUT_COLUMNS = (*UNPAID_COLUMNS, "one_off_id")


class Line(NamedTuple):
    """A payment that came back, its beneficiary's own reference, and where it would be paid to now."""

    payment: Payment
    whose: str
    to: Destination


def build_reissues(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """Build the payments of one chunk of returned payments; whoever cannot be paid is left out with the reason."""
    payroll = get_payroll(session, UUID(args["payroll_id"]))
    if stale(payroll, args):
        return
    definition = version_of(session, payroll.scheme_id, payroll.scheme_version).definition
    lines = lines_between(session, payroll, UUID(args["first"]), UUID(args["last"]))
    pairs = {(line.to.payee_id, line.payment.beneficiary_id) for line in lines}
    bars = payment_bars(session, pairs, payroll.pay_date)
    combined, taken_out = combines(session), taken_out_of(session, payroll)
    payments, unpaid, of_payments = [], [], {}
    for position, line in enumerate(lines, start=1):
        why = not_payable(line.to, bars.get((line.to.payee_id, line.payment.beneficiary_id)))
        if (line.payment.award_id or line.payment.one_off_id) in taken_out:
            why = UnpaidReason.TAKEN_OUT
        if why is None:
            ordinal = args["chunk"] * CHUNK + position
            payments.append(payment_row(payroll, definition, line, ordinal, combined=line.to.payee_id in combined))
            of_payments[payments[-1][1]] = line.payment
        else:
            unpaid.append(unpaid_row(payroll, line.payment, why))
    built = insert_payments(session, payments, PAYMENT_COLUMNS)
    # the key of whoever is not in is taken: another payroll pays them again
    unpaid += [
        unpaid_row(payroll, was, UnpaidReason.PAID_ALREADY) for each, was in of_payments.items() if each not in built
    ]
    copy_rows(session, "unpaid", LEFT_OUT_COLUMNS, unpaid)
    total_pence = sum(row[13] for row in payments if row[1] in built)
    finish_chunk(session, service, payroll, len(built), total_pence, len(unpaid))


def taken_out_of(session: Session, payroll: Payroll) -> set[UUID]:
    """Awards and one-off payments that somebody took out of this payroll: building it again brings none back."""
    rows = session.execute(select(TakenOut.award_id, TakenOut.one_off_id).where(TakenOut.payroll_id == payroll.id))
    return {one for row in rows for one in row if one is not None}


def lines_between(session: Session, payroll: Payroll, first: UUID, last: UUID) -> list[Line]:
    """The cases that a payroll pays again in a range of ids, held until the transaction ends, if they are still open.

    Whoever was merged into another payee since is paid as that one, and what somebody who died would have had goes to
    whom two people saw to be paid instead.
    """
    instead = standing(Payment.payee_id, Payment.beneficiary_id, payroll.pay_date)
    named, paid = aliased(Payee), aliased(Payee)
    used = in_use(payroll, paid.id)
    goes_on = only_dead(paid.id, Payment.beneficiary_id, payroll.pay_date)
    rows = session.execute(
        select(
            Payment,
            Beneficiary.reference,
            paid.id,
            used.c.id,
            used.c.stopped_as,
            case((goes_on, None), else_=gravest(paid.id, Payment.beneficiary_id)),
        )
        .select_from(Reissue)
        .join(
            ReturnedPayment,
            (ReturnedPayment.body_id == Reissue.body_id) & (ReturnedPayment.id == Reissue.returned_payment_id),
        )
        .join(Payment, (Payment.body_id == ReturnedPayment.body_id) & (Payment.id == ReturnedPayment.payment_id))
        .join(Beneficiary, (Beneficiary.body_id == Payment.body_id) & (Beneficiary.id == Payment.beneficiary_id))
        .join(named, (named.body_id == Payment.body_id) & (named.id == func.coalesce(instead, Payment.payee_id)))
        .join(paid, (paid.body_id == named.body_id) & (paid.id == func.coalesce(named.merged_into, named.id)))
        .outerjoin(used, true())
        .where(
            Reissue.payroll_id == payroll.id,
            Reissue.returned_payment_id.between(first, last),
            ReturnedPayment.status.in_(OPEN),
        )
        .order_by(ReturnedPayment.id)
        .with_for_update(of=ReturnedPayment)
    ).all()
    return [Line(payment, whose, Destination(*to)) for payment, whose, *to in rows]


def payment_row(
    payroll: Payroll, definition: Definition, line: Line, ordinal: int, *, combined: bool
) -> tuple[Any, ...]:
    was = line.payment
    reference = payment_reference(
        definition.reference, scheme=definition.code, payroll=payroll.number, number=ordinal, reference=line.whose
    )
    return (
        payroll.body_id,
        new_id(),
        payroll.id,
        payroll.scheme_id,
        was.beneficiary_id,
        line.to.payee_id,
        line.to.account_id,
        was.award_id,
        was.period_first_day,
        was.period_last_day,
        was.component,
        was.sequence,
        ordinal,
        was.amount_pence,
        reference,
        PaymentStatus.PREPARED.value,
        combined,
        was.one_off_id,
    )


def unpaid_row(payroll: Payroll, was: Payment, why: UnpaidReason) -> tuple[Any, ...]:
    return (
        payroll.body_id,
        new_id(),
        payroll.id,
        was.award_id,
        was.beneficiary_id,
        why.value,
        was.amount_pence,
        was.one_off_id,
    )

"""Building the one-off payments of a payroll: what two people agreed becomes payments, each under its permanent key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, select, true
from sqlalchemy.orm import Session, aliased

from payouts.awarded import Destination, in_use
from payouts.building import CHUNK, UNPAID_COLUMNS, finish_chunk, not_payable, stale, without_accounts
from payouts.gates.amendment import TakenOut
from payouts.one_offs import collected
from payouts.payment import PaymentStatus, UnpaidReason
from payouts.payment_item import combines
from payouts.payroll import Payroll, get_payroll
from payouts.permanent_key import COLUMNS, insert_payments
from payouts.urgent import by_cheque
from schemes.database import copy_rows, new_id
from schemes.definition import Definition
from schemes.hold import gravest
from schemes.mandate import payment_bars
from schemes.one_off_payment import OneOff
from schemes.payee import Beneficiary, Payee
from schemes.payment_reference import payment_reference
from schemes.scheme_version import version_of

if TYPE_CHECKING:
    from payouts.app import Service


def of_one_offs(columns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple("one_off_id" if name == "award_id" else name for name in columns)


class Line(NamedTuple):
    """A one-off payment, its beneficiary's own reference, and where it would be paid to."""

    one_off: OneOff
    whose: str
    to: Destination


def build_one_offs(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """Build the payments of one chunk of one-off payments."""
    payroll = get_payroll(session, UUID(args["payroll_id"]))
    if stale(payroll, args):
        return
    definition = version_of(session, payroll.scheme_id, payroll.scheme_version).definition
    lines = lines_between(session, payroll, UUID(args["first"]), UUID(args["last"]))
    pairs = {(line.to.payee_id, line.one_off.beneficiary_id) for line in lines}
    bars = payment_bars(session, pairs, payroll.pay_date)
    if by_cheque(session, payroll):
        lines, bars = [line._replace(to=line.to.by_cheque()) for line in lines], without_accounts(bars)
    combined = combines(session)
    taken_out = set(session.scalars(select(TakenOut.one_off_id).where(TakenOut.payroll_id == payroll.id)))
    payments, unpaid = [], []
    for position, line in enumerate(lines, start=1):
        why = not_payable(line.to, bars.get((line.to.payee_id, line.one_off.beneficiary_id)))
        if line.one_off.id in taken_out:
            why = UnpaidReason.TAKEN_OUT
        if why is None:
            together = line.to.payee_id in combined
            ordinal = args["chunk"] * CHUNK + position
            payments.append(payment_row(payroll, definition, line, ordinal, combined=together))
        else:
            unpaid.append(unpaid_row(payroll, line.one_off, why))
    built = insert_payments(session, payments, of_one_offs(COLUMNS))
    one_offs = {line.one_off.id: line.one_off for line in lines}
    unpaid += [
        unpaid_row(payroll, one_offs[row[7]], UnpaidReason.PAID_ALREADY) for row in payments if row[1] not in built
    ]
    copy_rows(session, "unpaid", of_one_offs(UNPAID_COLUMNS), unpaid)
    total_pence = sum(row[13] for row in payments if row[1] in built)
    finish_chunk(session, service, payroll, len(built), total_pence, len(unpaid))


def lines_between(session: Session, payroll: Payroll, first: UUID, last: UUID) -> list[Line]:
    """The one-off payments that a payroll collects in a range of ids, held until the transaction ends.

    Whoever was merged into another payee since is paid as that one.
    """
    named, paid = aliased(Payee), aliased(Payee)
    used = in_use(payroll, paid.id)
    rows = session.execute(
        select(
            OneOff,
            Beneficiary.reference,
            paid.id,
            used.c.id,
            used.c.stopped_as,
            gravest(paid.id, OneOff.beneficiary_id),
        )
        .join(Beneficiary, (Beneficiary.body_id == OneOff.body_id) & (Beneficiary.id == OneOff.beneficiary_id))
        .join(named, (named.body_id == OneOff.body_id) & (named.id == OneOff.payee_id))
        .join(paid, (paid.body_id == named.body_id) & (paid.id == func.coalesce(named.merged_into, named.id)))
        .outerjoin(used, true())
        .where(collected(payroll), OneOff.id.between(first, last))
        .order_by(OneOff.id)
        .with_for_update(of=OneOff)
    ).all()
    return [Line(one_off, whose, Destination(*to)) for one_off, whose, *to in rows]


def payment_row(
    payroll: Payroll, definition: Definition, line: Line, ordinal: int, *, combined: bool
) -> tuple[Any, ...]:
    one_off = line.one_off
    reference = payment_reference(
        definition.reference, scheme=definition.code, payroll=payroll.number, number=ordinal, reference=line.whose
    )
    return (
        payroll.body_id,
        new_id(),
        payroll.id,
        payroll.scheme_id,
        one_off.beneficiary_id,
        line.to.payee_id,
        line.to.account_id,
        one_off.id,
        one_off.period_first_day,
        one_off.period_last_day,
        one_off.component,
        one_off.sequence,
        ordinal,
        one_off.amount_pence,
        reference,
        PaymentStatus.PREPARED.value,
        combined,
    )


def unpaid_row(payroll: Payroll, one_off: OneOff, why: UnpaidReason) -> tuple[Any, ...]:
    return payroll.body_id, new_id(), payroll.id, one_off.id, one_off.beneficiary_id, why.value, one_off.amount_pence

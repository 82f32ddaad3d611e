"""Money that came back and is held: what is held, and its end where no other payment is made instead of it.

A payment of which the bank says that it came back is a case, and what becomes of its money is decided there, in one
place. Held money without a case ends here: owed to nobody any more, or written off, by two people.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from payouts.ledger.entry import Event, LedgerAccount, LedgerEntry
from payouts.ledger.posting import post
from payouts.payment import Payment
from payouts.payroll import Payroll, get_payroll
from payouts.returns.returned import ReturnedPayment, case_of
from schemes import audit, change
from schemes.change import Change, ChangeKind
from schemes.change_applied import EFFECTS, Effect
from schemes.errors import NotFound, Refused
from schemes.payee import Payee
from schemes.person import Actor, Role

PROPOSERS = (Role.FINANCE,)
CONFIRMERS = (Role.FINANCE, Role.APPROVER)
ENDS = (Event.RECOVERED, Event.WRITTEN_OFF)


class NotHeld(Refused):
    """The payment's money is not held: it never came back, or another end was found for it."""


class DecidedAsReturn(Refused):
    """What becomes of this money is decided where the payment that came back is worked on."""


class Held(NamedTuple):
    """A payment whose money is held, since an accounting date. entry_id: the movement that brought it there.

    case_id: of the payment that came back, where its end is decided.
    """

    entry_id: UUID
    since: date
    event: Event
    payment: Payment
    payroll: Payroll
    payee: Payee
    case_id: UUID | None


def held_payments(
    session: Session, *, payment_id: UUID | None = None, after: UUID | None = None, limit: int = 50
) -> list[Held]:
    """What is held, the longest first; those after an entry."""
    later = aliased(LedgerEntry)
    moved_on = select(later.id).where(
        later.body_id == LedgerEntry.body_id,
        later.payment_id == LedgerEntry.payment_id,
        later.step > LedgerEntry.step,
    )
    rows = (
        select(
            LedgerEntry.id, LedgerEntry.accounting_date, LedgerEntry.event, Payment, Payroll, Payee, ReturnedPayment.id
        )
        .join(Payment, (Payment.body_id == LedgerEntry.body_id) & (Payment.id == LedgerEntry.payment_id))
        .join(Payroll, (Payroll.body_id == LedgerEntry.body_id) & (Payroll.id == LedgerEntry.payroll_id))
        .join(Payee, (Payee.body_id == Payment.body_id) & (Payee.id == Payment.payee_id))
        .outerjoin(
            ReturnedPayment,
            (ReturnedPayment.body_id == LedgerEntry.body_id) & (ReturnedPayment.payment_id == LedgerEntry.payment_id),
        )
        .where(LedgerEntry.credit == LedgerAccount.RETURNED_AND_HELD, ~moved_on.exists())
        .order_by(LedgerEntry.id)
        .limit(limit)
    )
    if payment_id is not None:
        rows = rows.where(LedgerEntry.payment_id == payment_id)
    if after is not None:
        rows = rows.where(LedgerEntry.id > after)
    return [Held(*row) for row in session.execute(rows)]


def held_of(session: Session, payment_id: UUID) -> Held:
    """Raises NotFound for a payment that is none of the body's, NotHeld."""
    held = held_payments(session, payment_id=payment_id)
    if held:
        return held[0]
    if session.get(Payment, (session.info["body_id"], payment_id)) is None:
        raise NotFound("payment", payment_id)
    raise NotHeld


def facts(session: Session, payment_id: UUID) -> dict[str, Any]:
    """Where a payment's money is, as a proposal's facts; nothing where it is not held."""
    for held in held_payments(session, payment_id=payment_id):
        return {
            "end": LedgerAccount.RETURNED_AND_HELD.value,
            "entry": str(held.entry_id),
            "payroll": held.payroll.number,
            "payment": held.payment.ordinal,
            "pence": held.payment.amount_pence,
        }
    return {}


def propose_end(
    session: Session, payment_id: UUID, end: Event, *, change_id: UUID, reason: str, by: Actor, at: datetime
) -> Change:
    """Propose the end of held money that is no case.

    Raises DecidedAsReturn, NotFound, NotHeld, NotAllowed, and as `change.propose`.
    """
    assert end in ENDS, "a reissue is posted with the release of the payment that is made instead"
    there = session.get(Change, (by.body_id, change_id))
    if there is not None:
        return there
    held = held_of(session, payment_id)
    by.must_be(*PROPOSERS, scheme=held.payment.scheme_id)
    if held.case_id is not None:
        raise DecidedAsReturn
    before = facts(session, payment_id)
    return change.propose(
        session,
        ChangeKind.HELD_MONEY,
        change_id=change_id,
        subject_id=payment_id,
        before=before,
        after={**before, "end": end.value},
        reason=reason,
        by=by,
        at=at,
    )


def apply(session: Session, confirmed: Change, by: Actor, at: datetime) -> None:
    """Raises NotHeld where somebody else moved it at this moment, DecidedAsReturn where it became a case meanwhile,
    NotAllowed for another scheme's finance officer.
    """
    payment = session.get_one(Payment, (by.body_id, confirmed.subject_id))
    by.must_be(*CONFIRMERS, scheme=payment.scheme_id)
    get_payroll(session, payment.payroll_id, lock=True)
    if case_of(session, payment.id) is not None:
        raise DecidedAsReturn
    end = Event(confirmed.after["end"])
    if not post(session, end, [payment.id], at=at):
        raise NotHeld
    audit.record(
        session,
        f"payment.{end}",
        by=by,
        about=payment,
        at=at,
        amount_pence=payment.amount_pence,
        payroll=str(payment.payroll_id),
    )


EFFECTS[ChangeKind.HELD_MONEY] = Effect(CONFIRMERS, facts, apply)

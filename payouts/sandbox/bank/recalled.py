"""What the sandbox's bank makes of recalls: each is answered once, on its first day that passes after the asking.

A file that is asked back before its input day is withdrawn. A single credit is taken out on the input day (error letter
S), or comes back from the receiving bank on the entry day (ARUCS, reason C); from then on nothing can be done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from payouts.files.facts import EVERY_ITEM, credits_of
from payouts.files.payment_file import PaymentFile
from payouts.payment import Payment
from payouts.payment_item import paid_with
from payouts.payroll import Payroll
from payouts.returns import recall as recalls
from payouts.returns.recall import Recall, RecallStatus
from payouts.sandbox.bank.fate import MAGIC_SORT_CODE, NOT_TO_BE_RECALLED, Script

if TYPE_CHECKING:
    from payouts.app import Service

Key = tuple[str, str, int, str]


class Taken(StrEnum):
    """How the bank takes a recall."""

    WITHDRAWN = "withdrawn"
    AT_INPUT = "at_input"
    AT_ENTRY = "at_entry"
    REFUSED = "refused"


def answer(
    session: Session,
    service: Service,
    payroll: Payroll,
    known: Mapping[str, str],
    *,
    reached: date | None,
    at: datetime,
) -> dict[str, str]:
    """What becomes of each recall, those asked for since the last day among them; refused ones are refused here."""
    answers = dict(known)
    asked = select(Recall).where(Recall.payroll_id == payroll.id, Recall.status == RecallStatus.REQUESTED)
    for recall in session.scalars(asked.order_by(Recall.asked_at, Recall.id).with_for_update()):
        if str(recall.id) not in answers:
            taken = taken_as(session, service, payroll, recall, reached)
            answers[str(recall.id)] = taken.value
            if taken is Taken.REFUSED:
                recalls.refuse_by_bank(session, recall, payroll, answer="SANDBOX: not possible", at=at)
    return answers


def taken_as(session: Session, service: Service, payroll: Payroll, recall: Recall, reached: date | None) -> Taken:
    if recall.payment_id is None:
        return Taken.WITHDRAWN if reached is None else Taken.REFUSED
    [(sort_code, account_number, _, _), *_] = keys_of(session, service, payroll, recall)
    if (sort_code, account_number) == (MAGIC_SORT_CODE, NOT_TO_BE_RECALLED):
        return Taken.REFUSED
    if reached is None:
        return Taken.AT_INPUT
    return Taken.AT_ENTRY if reached < payroll.pay_date else Taken.REFUSED


def recalled(
    session: Session, service: Service, payroll: Payroll, file: PaymentFile, answers: Mapping[str, str]
) -> Script:
    """What the recalls of a file make of it."""
    at_input: set[Key] = set()
    at_entry: set[Key] = set()
    withdrawn = False
    mine = select(Recall).where(Recall.file_id == file.id, Recall.id.in_([UUID(each) for each in answers]))
    for recall in session.scalars(mine):
        match Taken(answers[str(recall.id)]):
            case Taken.WITHDRAWN:
                withdrawn = True
            case Taken.AT_INPUT:
                at_input |= set(keys_of(session, service, payroll, recall))
            case Taken.AT_ENTRY:
                at_entry |= set(keys_of(session, service, payroll, recall))
            case Taken.REFUSED:
                pass
    return Script(recalled=at_entry, recalled_at_input=at_input, withdrawn=withdrawn)


def keys_of(session: Session, service: Service, payroll: Payroll, recall: Recall) -> Iterator[Key]:
    """The credit that a recall is about, as the bank's own reading of the file knows it."""
    payment = session.get_one(Payment, (recall.body_id, recall.payment_id))
    together = Payment.id.in_([each.id for each in paid_with(session, payment)])
    for credit in credits_of(session, service.seals, payroll, EVERY_ITEM, together, str):
        paid = credit.credit
        yield paid.sort_code, paid.account_number, paid.amount_pence, paid.roll_number or paid.reference

"""What a message would say to one payee, from what the register and their newest payment hold."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from bacs.calendar import LONDON
from payouts.notices import settings
from payouts.notices.connection import Way
from payouts.notices.event import NoticeEvent
from payouts.notices.lint import WordingFault, fragments, look, look_at_filled
from payouts.notices.notice import Notice, NoticeStatus
from payouts.notices.sending import followed, single_payments, values_of
from payouts.notices.wording import Place, Wordings
from payouts.notices.words import Words, day_words, fill
from payouts.payment import Payment
from payouts.payroll import Payroll
from payouts.returns.reason import Reason
from payouts.returns.trace import StepKind
from schemes.account import Account
from schemes.body import get_body
from schemes.payee import Mandate, Payee

if TYPE_CHECKING:
    from payouts.app import Service

EXAMPLE_PENCE = 120_00


class Preview(NamedTuple):
    """A message as one payee would get it, and what is wrong with it. `parts`: of a text, how many one pays for."""

    words: Words
    faults: list[WordingFault]
    parts: int


def preview(session: Session, service: Service, place: Place, words: Words, payee: Payee, *, at: datetime) -> Preview:
    """Fill words with a payee's own data; where they were never paid, with an amount and a day as an example."""
    body = get_body(session)
    notice, pay_date = made_up(session, place, payee, at=at)
    values = values_of(body, settings.current(session), notice, payee, pay_date)
    if notice.payment_count == 1:
        values |= followed(service, body.id, notice.subject_id)
    until = day_words((at + timedelta(days=30)).astimezone(LONDON).date(), place.language)
    values |= {"link": f"{service.settings.base_url}/not-me/…", "until": until}
    filled = fill(words, values)
    faults = look(place.event, place.way, words)
    faults += [fault for fault in look_at_filled(place.way, filled) if fault not in faults]
    return Preview(filled, faults, fragments(filled.body) if place.way is Way.TEXT else 0)


def made_up(session: Session, place: Place, payee: Payee, *, at: datetime) -> tuple[Notice, date]:
    """A notice about a payee's newest payment that is never kept, and the payment's day."""
    row = session.execute(
        select(Payment, Payroll, Account.last_four)
        .join(Payroll, (Payroll.body_id == Payment.body_id) & (Payroll.id == Payment.payroll_id))
        .join(Account, (Account.body_id == Payment.body_id) & (Account.id == Payment.account_id))
        .where(Payment.payee_id == payee.id)
        .order_by(Payment.id.desc())
        .limit(1)
    ).first()
    payment, payroll, last_four = row if row else (None, None, "0000")
    own = select(Mandate.id).where(Mandate.payee_id == payee.id, Mandate.capacity == "self")
    notice = Notice(
        payee_id=payee.id,
        subject_id=payment.id if payment else UUID(int=0),
        event=place.event,
        channel=place.way,
        language=place.language,
        status=NoticeStatus.PLANNED,
        payment_count=1,
        total_pence=payment.amount_pence if payment else EXAMPLE_PENCE,
        last_four=last_four,
        for_another=session.scalar(own.limit(1)) is None,
        facts={"reason": Reason.CLOSED.value, "taken_pence": 10_00, "recovered": False, "step": StepKind.ASKED.value},
    )
    pay_date = payroll.pay_date if payroll else at.astimezone(LONDON).date()
    if place.event is NoticeEvent.PAYMENT_MOVED:
        later = pay_date + timedelta(days=1)
        notice.facts = {"was": pay_date.isoformat(), "becomes": later.isoformat()}
    return notice, pay_date


def as_told(session: Session, service: Service, notice: Notice, payee: Payee, payroll: Payroll) -> Words:
    """What a notice said or will say, from the version of the words that it was sent with."""
    wordings = Wordings(session)
    version = next((row for row in wordings.every if row.id == notice.wording_id), None)
    place = Place(notice.event, notice.channel, notice.language, payroll.scheme_id)
    is_planned = notice.status is NoticeStatus.PLANNED
    words = version.words if version else wordings.of(place)[0] if is_planned else wordings.default(place)
    values = values_of(get_body(session), settings.current(session), notice, payee, payroll.pay_date)
    for payment_id in single_payments(session, [notice]).values():
        values |= followed(service, notice.body_id, payment_id)
    return fill(words, values)

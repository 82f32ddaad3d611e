"""Planning the notices of a payroll that was submitted: one for each payee, however many payments they get."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from payouts.notices.notice import Notice, NoticeEvent, NoticeStatus
from payouts.payroll import PayrollStatus, get_payroll
from payouts.tasks import outbox
from schemes import audit
from schemes.database import in_chunks

if TYPE_CHECKING:
    from payouts.app import Service

CHUNK = 200


def plan(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """Write every notice and cut them into chunks for the workers.

    Only for a payroll whose submission is recorded: a file that was downloaded is not a file that was sent.
    """
    payroll = get_payroll(session, UUID(args["payroll_id"]), lock=True)
    if payroll.status not in (PayrollStatus.SUBMITTED, PayrollStatus.ACCEPTED):
        return
    session.execute(
        text(
            """
            INSERT INTO notice (body_id, id, payroll_id, payee_id, event, channel, status, payment_count, total_pence,
                                last_four, made_at)
            SELECT payment.body_id, uuidv7(), payment.payroll_id, payee.id, :event, 'email',
                   CASE WHEN EXISTS (SELECT FROM hold WHERE hold.body_id = payment.body_id
                                        AND hold.payee_id = payee.id AND hold.lifted_at IS NULL) THEN :held_back
                        WHEN payee.email IS NULL THEN :no_address ELSE :planned END,
                   count(*), sum(payment.amount_pence), min(account.last_four), :at
              FROM payment
              JOIN payee ON payee.body_id = payment.body_id AND payee.id = payment.payee_id
              JOIN account ON account.body_id = payment.body_id AND account.id = payment.account_id
             WHERE payment.payroll_id = :payroll_id AND payment.status IN ('submitted', 'paid')
             GROUP BY payment.body_id, payment.payroll_id, payee.id, payee.email
            ON CONFLICT DO NOTHING
            """
        ),
        {
            "event": NoticeEvent.PAYMENT_ON_ITS_WAY.value,
            "no_address": NoticeStatus.NO_ADDRESS.value,
            "held_back": NoticeStatus.HELD_BACK.value,
            "planned": NoticeStatus.PLANNED.value,
            "at": service.now(),
            "payroll_id": payroll.id,
        },
    )
    ids = session.scalars(
        select(Notice.id)
        .where(Notice.payroll_id == payroll.id, Notice.status == NoticeStatus.PLANNED)
        .order_by(Notice.id)
    ).all()
    for chunk in in_chunks(ids, CHUNK):
        outbox.add(
            session,
            "notices.send",
            once=f"notices.send/{chunk[0]}",
            at=service.now(),
            payroll_id=str(payroll.id),
            first=str(chunk[0]),
            last=str(chunk[-1]),
        )
    audit.record(session, "notices.planned", by=None, about=payroll, at=service.now(), count=len(ids))

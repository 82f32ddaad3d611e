"""Delivery receipts from GOV.UK Notify."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from payouts.notices.notice import Notice, NoticeStatus, move
from payouts.notices.warning import DetailsWarning

OUTCOMES = {
    "delivered": NoticeStatus.DELIVERED,
    "sent": NoticeStatus.DELIVERED,
    "permanent-failure": NoticeStatus.FAILED,
    "temporary-failure": NoticeStatus.FAILED,
    "technical-failure": NoticeStatus.FAILED,
}


def take_receipt(session: Session, notice_id: UUID, *, notify_id: UUID, status: str, at: datetime) -> bool:
    """Note what Notify says became of a notice or a warning; whether it told anything new.

    Twice, late or unknown is harmless.
    """
    outcome = OUTCOMES.get(status)
    notice = session.get(Notice, (session.info["body_id"], notice_id), with_for_update=True)
    if notice is None and outcome is not None:
        return take_for_warning(session, notice_id, outcome, notify_id=notify_id, status=status)
    if notice is None or outcome is None or not move(notice, outcome):
        return False
    notice.notify_id = notify_id
    notice.ended_at = at
    if outcome is NoticeStatus.FAILED:
        notice.error = status
    return True


def take_for_warning(
    session: Session, warning_id: UUID, outcome: NoticeStatus, *, notify_id: UUID, status: str
) -> bool:
    """What became of a warning about changed bank details: whoever confirms them has to know who was reached."""
    warning = session.get(DetailsWarning, (session.info["body_id"], warning_id), with_for_update=True)
    if warning is None or warning.status not in (NoticeStatus.SENDING, NoticeStatus.SENT):
        return False
    warning.status, warning.notify_id, warning.sealed_content = outcome, notify_id, None
    warning.error = status if outcome is NoticeStatus.FAILED else None
    return True

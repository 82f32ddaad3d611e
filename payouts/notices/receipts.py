"""Delivery receipts from GOV.UK Notify."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from payouts.notices.notice import Notice, NoticeStatus, move

OUTCOMES = {
    "delivered": NoticeStatus.DELIVERED,
    "sent": NoticeStatus.DELIVERED,
    "permanent-failure": NoticeStatus.FAILED,
    "temporary-failure": NoticeStatus.FAILED,
    "technical-failure": NoticeStatus.FAILED,
}


def take_receipt(session: Session, notice_id: UUID, *, notify_id: UUID, status: str, at: datetime) -> bool:
    """Note what Notify says became of a notice; whether it told anything new. Twice, late or unknown is harmless."""
    outcome = OUTCOMES.get(status)
    notice = session.get(Notice, (session.info["body_id"], notice_id), with_for_update=True)
    if notice is None or outcome is None or not move(notice, outcome):
        return False
    notice.notify_id = notify_id
    notice.ended_at = at
    if outcome is NoticeStatus.FAILED:
        notice.error = status
    return True

"""What GOV.UK Notify says became of a message: posted to our callback, or asked for by those who cannot receive."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from notifications_python_client.errors import HTTPError
from sqlalchemy import select
from sqlalchemy.orm import Session

from payouts.notices.connection import sender
from payouts.notices.delivery import ENDS, NotifyBusy
from payouts.notices.notice import UUID_TEXT, Notice, NoticeStatus, move
from payouts.notices.sending import go_on
from payouts.notices.warning import DetailsWarning
from payouts.tasks import outbox
from payouts.tasks.hold import Hold
from schemes.body import get_body

if TYPE_CHECKING:
    from payouts.app import Service

# the address is good, and the next channel would only be another cost: a person may send it again
PASSES = frozenset({"temporary-failure", "technical-failure"})
ASKED_AFTER = timedelta(minutes=30)
KEPT_BY_NOTIFY = timedelta(days=7)
MOST_PAGES = 400


def take_receipt(
    session: Session, service: Service, notice_id: UUID, *, notify_id: UUID, status: str, at: datetime
) -> bool:
    """Note what Notify says became of a notice or a warning; whether it told anything new.

    Twice, late or unknown is harmless. What cannot be delivered for good goes by the payee's next channel.
    """
    outcome = ENDS.get(status)
    notice = session.get(Notice, (session.info["body_id"], notice_id), with_for_update=True)
    if notice is None and outcome is not None:
        return take_for_warning(session, notice_id, outcome, notify_id=notify_id, status=status)
    if notice is None or outcome is None or not move(notice, outcome):
        return False
    notice.notify_id = notify_id
    notice.ended_at = at
    if outcome is NoticeStatus.FAILED:
        notice.error = status
        session.flush()
        if status not in PASSES:
            go_on(session, service, [notice])
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


def ask_hourly(session: Session, *, at: datetime) -> None:
    """Ask Notify about messages whose receipt has not come, if there are any: letters have none."""
    if oldest_in_flight(session, at=at) is not None:
        outbox.add(session, "notices.poll", once=f"notices.poll/{at:%Y-%m-%d/%H}", at=at)


def oldest_in_flight(session: Session, *, at: datetime) -> datetime | None:
    """When the oldest message was sent of which nothing is known, and of which Notify still has something to say."""
    return session.scalar(
        select(Notice.sent_at)
        .where(
            Notice.status == NoticeStatus.SENT,
            Notice.sent_at < at - ASKED_AFTER,
            Notice.sent_at >= at - KEPT_BY_NOTIFY,
        )
        .order_by(Notice.sent_at)
        .limit(1)
    )


def poll(hold: Hold, service: Service, args: Mapping[str, Any]) -> None:
    """Read Notify's list back to the oldest message in flight, and note what became of each. Raises NotifyBusy."""
    body_id, older_than = UUID(args["body_id"]), None
    with service.transaction(body_id) as session:
        oldest = oldest_in_flight(session, at=service.now())
        through = sender(session, service, get_body(session))
    client = through.client()
    for _ in range(MOST_PAGES if oldest else 0):
        assert oldest is not None, "there is nothing to ask about"
        hold.check()
        try:
            page = client.get_all_notifications(older_than=older_than)["notifications"]
        except HTTPError as error:
            raise NotifyBusy("Notify can not be asked") from error
        if not page:
            return
        with service.transaction(body_id) as session:
            take_page(session, service, page)
        older_than = page[-1]["id"]
        if datetime.fromisoformat(page[-1]["created_at"]) < oldest - ASKED_AFTER:
            return


def take_page(session: Session, service: Service, page: list[dict[str, Any]]) -> None:
    """Note the ends of those of Notify's messages that are ours and still in flight."""
    ended = {
        UUID(each["reference"]): each
        for each in page
        if each["status"] in ENDS and UUID_TEXT.fullmatch(each["reference"] or "")
    }
    waiting = select(Notice.id).where(Notice.id.in_(ended), Notice.status == NoticeStatus.SENT)
    for notice_id in session.scalars(waiting).all():
        told = ended[notice_id]
        facts = {"notify_id": UUID(told["id"]), "status": told["status"], "at": service.now()}
        take_receipt(session, service, notice_id, **facts)

"""What people do about notices that did not arrive: send them again, or tell the payee themselves."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from payouts.notices.connection import a_minute_of
from payouts.notices.notice import NOT_REACHED, Notice, NoticeStatus, counts_of, move
from payouts.notices.pace import SHARE
from payouts.notices.planning import send_again
from payouts.payroll import Payroll
from schemes import audit
from schemes.body import get_body
from schemes.errors import NotFound, NotNow
from schemes.payee import Payee
from schemes.person import Actor, Role

if TYPE_CHECKING:
    from payouts.app import Service

SENDERS = (Role.PREPARER, Role.FINANCE)
WAITING = (NoticeStatus.PLANNED, NoticeStatus.SENDING)


class Unreached(NamedTuple):
    """A notice that did not arrive, with the payee whom somebody has to tell."""

    notice: Notice
    payee: Payee


class Standing(NamedTuple):
    """How far the notices of a payroll are. `reasons`: how many did not arrive, by status and Notify's word for why.

    a_minute: how many messages Notify takes.
    """

    counts: dict[NoticeStatus, int]
    reasons: dict[tuple[NoticeStatus, str], int]
    a_minute: int

    @property
    def waiting(self) -> int:
        return sum(self.counts.get(status, 0) for status in WAITING)

    @property
    def minutes_left(self) -> int:
        """How long the rest takes at the pace that Notify allows."""
        return -int(-self.waiting // (self.a_minute * SHARE))

    @property
    def unreached(self) -> int:
        return sum(self.reasons.values())


def standing_of(session: Session, service: Service, payroll_id: UUID) -> Standing:
    """The counts of a payroll; a notice whose place another took is not counted."""
    mine = (Notice.payroll_id == payroll_id, Notice.has_next.is_(False))
    error = func.coalesce(Notice.error, "")
    reasons = select(Notice.status, error, func.count()).where(*mine, Notice.status.in_(NOT_REACHED))
    found = session.execute(reasons.group_by(Notice.status, error).order_by(func.count().desc()))
    a_minute = a_minute_of(service, get_body(session))
    return Standing(counts_of(session, payroll_id), {(status, why): many for status, why, many in found}, a_minute)


def unreached(session: Session, payroll_id: UUID, *, after: UUID | None = None, limit: int = 50) -> list[Unreached]:
    """The payees of a payroll whom nothing has reached, a page at a time."""
    rows = (
        select(Notice, Payee)
        .join(Payee, (Payee.body_id == Notice.body_id) & (Payee.id == Notice.payee_id))
        .where(Notice.payroll_id == payroll_id, Notice.status.in_(NOT_REACHED), Notice.has_next.is_(False))
        .order_by(Notice.id)
        .limit(limit)
    )
    if after is not None:
        rows = rows.where(Notice.id > after)
    return [Unreached(notice, payee) for notice, payee in session.execute(rows)]


def send_failed_again(session: Session, service: Service, payroll: Payroll, *, by: Actor, at: datetime) -> int:
    """Send what did not arrive again, by the best way that each payee has by now; how many are sent.

    Whoever got theirs gets nothing. Raises NotAllowed.
    """
    by.must_be(*SENDERS, scheme=payroll.scheme_id)
    failed = session.scalars(
        select(Notice)
        .where(Notice.payroll_id == payroll.id, Notice.status.in_(NOT_REACHED), Notice.has_next.is_(False))
        .order_by(Notice.id)
        .with_for_update()
    ).all()
    count = send_again(session, service, list(failed), used=[])
    audit.record(session, "notices.sent_again", by=by, about=payroll, at=at, count=count)
    return count


def note_told(session: Session, payroll: Payroll, notice_id: UUID, *, by: Actor, at: datetime) -> Notice:
    """Somebody told the payee themselves, by phone or in person. Twice is once. Raises NotFound, NotNow, NotAllowed."""
    by.must_be(*SENDERS, scheme=payroll.scheme_id)
    notice = session.get(Notice, (by.body_id, notice_id), with_for_update=True)
    if notice is None or notice.payroll_id != payroll.id:
        raise NotFound("notice", notice_id)
    if notice.status is NoticeStatus.TOLD:
        return notice
    if notice.has_next or not move(notice, NoticeStatus.TOLD):
        raise NotNow("notice", notice.status, "told by hand")
    notice.ended_at = at
    session.flush()
    audit.record(session, "notice.told", by=by, about=payroll, at=at, notice=str(notice.id))
    return notice


def notices_of(
    session: Session,
    payee_id: UUID,
    *,
    schemes: Collection[UUID] = (),
    before: UUID | None = None,
    limit: int = 100,
) -> Sequence[Notice]:
    """What a payee was told, the newest first: our own record, which outlives Notify's week.

    schemes: of which they are told, none for all; before: the last one that was shown.
    """
    mine = select(Notice).where(Notice.payee_id == payee_id).order_by(Notice.id.desc())
    if schemes:
        mine = mine.join(Payroll, (Payroll.body_id == Notice.body_id) & (Payroll.id == Notice.payroll_id))
        mine = mine.where(Payroll.scheme_id.in_(schemes))
    if before is not None:
        mine = mine.where(Notice.id < before)
    return session.scalars(mine.limit(limit)).all()

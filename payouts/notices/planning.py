"""Planning notices: who is told of what, by which channel, each only once its fact stands in our records.

One statement writes all notices of an event, in chunks for the workers. A payee who cannot be told well is not told:
the dead, those on hold, and of money for somebody who has died.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from payouts.app import NotifyNotSetUp
from payouts.notices import settings
from payouts.notices.connection import Sender, Way, sender
from payouts.notices.event import NoticeEvent
from payouts.notices.notice import NOT_REACHED, Notice, NoticeStatus
from payouts.notices.who import CAME_BACK, FAILED, MOVED, SUBMITTED, UNPAID, UNPAID_REASONS, statement
from payouts.payroll import Payroll, PayrollKind, PayrollStatus, get_payroll
from payouts.tasks import outbox
from payouts.tasks.outbox import NotThere
from schemes import audit
from schemes.body import get_body
from schemes.database import new_id
from schemes.duties import london_day

if TYPE_CHECKING:
    from payouts.app import Service

CHUNK = 400
LOOKS_BACK = timedelta(days=7)


def plan(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """Plan what the payees of a submitted payroll are told, those whom it does not pay too.

    Only for a payroll whose submission is recorded: a file that was downloaded is not a file that was sent.
    """
    payroll = get_payroll(session, UUID(args["payroll_id"]), lock=True)
    if payroll.status not in (PayrollStatus.SUBMITTED, PayrollStatus.ACCEPTED):
        return
    count = write(session, service, SUBMITTED, payroll=payroll, event="")
    if payroll.kind is PayrollKind.REGULAR:
        told = settings.current(session)
        reasons = [why for event, whys in UNPAID_REASONS.items() if told.tells(event) for why in whys]
        count += write(session, service, UNPAID, payroll=payroll, reasons=reasons)
    audit.record(session, "notices.planned", by=None, about=payroll, at=service.now(), count=count)


def plan_moved(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """Tell the payees of a regular payroll that its pay date became a later one, once for each day it moves to.

    They know the day that was from the schedule. Until its cut-off has passed the payroll may be moved back: then
    nobody has to be worried. Raises NotThere until it has.
    """
    payroll = get_payroll(session, UUID(args["payroll_id"]), lock=True)
    was, until = date.fromisoformat(args["was"]), datetime.fromisoformat(args["cut_off"])
    if payroll.status is PayrollStatus.CANCELLED or payroll.pay_date <= was:
        return
    if service.now() < until:
        raise NotThere("the payroll may be moved back", until=until)
    if not settings.current(session).tells(NoticeEvent.PAYMENT_MOVED):
        return
    becomes = payroll.pay_date.isoformat()
    days = {"subject_id": uuid5(payroll.id, becomes), "was": was.isoformat(), "becomes": becomes}
    count = write(session, service, MOVED, payroll=payroll, **days)
    audit.record(session, "notices.planned", by=None, about=payroll, at=service.now(), count=count)


def write(session: Session, service: Service, told: str, *, payroll: Payroll | None = None, **values: Any) -> int:
    """Write the notices of a query, and have them sent in chunks; how many are to be sent."""
    through, plan_id, at = sender_or_none(session, service), new_id(), service.now()
    session.execute(
        text(statement(told)),
        {
            **ways_open(through),
            **values,
            "plan_id": plan_id,
            "chunk": CHUNK,
            "at": at,
            **({"payroll_id": payroll.id} if payroll else {}),
        },
    )
    return hand_out(session, plan_id, at=at)


def ways_open(through: Sender | None) -> dict[str, bool]:
    """By what ways messages can go; without a Notify they wait for one."""
    return {f"sends_{way}": through is None or through.sends(way) for way in Way}


def sender_or_none(session: Session, service: Service) -> Sender | None:
    try:
        return sender(session, service, get_body(session))
    except NotifyNotSetUp:
        return None


def hand_out(session: Session, plan_id: UUID, *, at: datetime) -> int:
    """Ask for the work of a plan, a task a part; how many notices there are to send."""
    mine = (Notice.plan_id == plan_id, Notice.status == NoticeStatus.PLANNED)
    parts = session.execute(select(Notice.part, func.count()).where(*mine).group_by(Notice.part).order_by(Notice.part))
    count = 0
    for part, notices in parts.all():
        outbox.add(
            session, "notices.send", once=f"notices.send/{plan_id}/{part}", at=at, plan_id=str(plan_id), part=part
        )
        count += notices
    return count


def look(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """Plan what follows from facts by now: payments that came back, and money that should have arrived."""
    at, told = service.now(), settings.current(session)
    count = 0
    if told.tells(NoticeEvent.PAYMENT_RETURNED):
        count += write(session, service, CAME_BACK)
    if told.tells(NoticeEvent.PAYMENT_SHOULD_BE_THERE):
        for payroll in arrived(session, at=at):
            event = NoticeEvent.PAYMENT_SHOULD_BE_THERE.value
            count += write(session, service, SUBMITTED, payroll=payroll, event=event)
    if count:
        audit.record(session, "notices.planned", by=None, at=at, count=count)


def arrived(session: Session, *, at: datetime) -> list[Payroll]:
    """Payrolls whose pay date was yesterday or in the days before, and of which no payee was told that it passed.

    A day later, since money may arrive at any time of its day.
    """
    told = select(Notice.id).where(Notice.payroll_id == Payroll.id, Notice.event == NoticeEvent.PAYMENT_SHOULD_BE_THERE)
    today = london_day(at)
    return list(
        session.scalars(
            select(Payroll)
            .where(
                Payroll.status.in_((PayrollStatus.SUBMITTED, PayrollStatus.ACCEPTED, PayrollStatus.CLOSED)),
                Payroll.pay_date < today,
                Payroll.pay_date >= today - LOOKS_BACK,
                ~told.exists(),
            )
            .order_by(Payroll.number)
        )
    )


def ask(session: Session, *, once: str, at: datetime) -> None:
    """Ask for a look at what payees can be told by now. `once`: what it is asked after."""
    outbox.add(session, "notices.look", once=f"notices.look/{once}", at=at)


def send_again(session: Session, service: Service, notices: list[Notice], *, used: list[str]) -> int:
    """Plan the next try of notices that did not arrive, but by no way in `used`; how many are to be sent.

    Where there is no way left, they stay with people.
    """
    ids = [notice.id for notice in notices if notice.status in NOT_REACHED and not notice.has_next]
    if not ids:
        return 0
    count = write(session, service, FAILED, ids=ids, used=used)
    follows = select(Notice.follows_id).where(Notice.follows_id.in_(ids))
    session.execute(
        update(Notice).where(Notice.id.in_(follows)).values(has_next=True).execution_options(synchronize_session=False)
    )
    return count

"""Sending the notices of a plan through GOV.UK Notify, a part at a time, each once: intent, effect, outcome.

The intent is committed first under the notice's id, which is Notify's reference. Whatever is found at `sending` when
the work starts was left by a crash: it is looked up before anything is sent again.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import case, exists, or_, select, update
from sqlalchemy.orm import Session

from bacs import pence
from payouts.following.process_id import Followed, Kind, address, process_id
from payouts.notices import lint, planning, settings
from payouts.notices.connection import Sender, Way, sender
from payouts.notices.delivery import Answer, Clients, Message, NotifyBusy
from payouts.notices.event import OF_SUBMISSION, NoticeEvent
from payouts.notices.notice import Notice, NoticeStatus, move
from payouts.notices.pace import Pace
from payouts.notices.settings import NoticeSettings
from payouts.notices.wording import Place, Wordings
from payouts.notices.words import HOLDS, Words, always, day_words, fill, of_payments, of_return, of_step, plain
from payouts.payment import Payment, PaymentStatus
from payouts.payroll import Payroll
from payouts.returns.reason import Reason
from payouts.returns.trace import StepKind
from payouts.tasks.hold import Hold
from schemes import audit
from schemes.body import Body, get_body
from schemes.claim import only_dead
from schemes.contact import Contact
from schemes.contact_value import MOST_LINES, Channel
from schemes.database import in_chunks
from schemes.hold import GRAVEST_FIRST, HoldKind, gravest
from schemes.payee import Payee

if TYPE_CHECKING:
    from payouts.app import Service

BATCH = 100
THREADS = 8
WAITING = (NoticeStatus.PLANNED, NoticeStatus.SENDING)
GOES_OUT = (PaymentStatus.PREPARED, PaymentStatus.RELEASED, PaymentStatus.SUBMITTED, PaymentStatus.PAID)
OF_MONEY_ON_ITS_WAY = (*OF_SUBMISSION, NoticeEvent.PAYMENT_SHOULD_BE_THERE)


@dataclass(frozen=True)
class Ground:
    """What all messages of a part have in common."""

    body: Body
    settings: NoticeSettings
    wordings: Wordings
    through: Sender


def send(hold: Hold, service: Service, args: Mapping[str, Any]) -> None:
    """Send one part of a plan. Raises NotifyBusy when some are left for another try, NotifyNotSetUp, HoldLost."""
    body_id = UUID(args["body_id"])
    with service.transaction(body_id) as opened:
        body = get_body(opened)
        ground = Ground(body, settings.current(opened), Wordings(opened), sender(opened, service, body))
        left = opened.execute(
            select(Notice.id, Notice.channel)
            .where(Notice.plan_id == UUID(args["plan_id"]), Notice.part == args["part"], Notice.status.in_(WAITING))
            .order_by(Notice.id)
        ).all()
    quiet_until = ground.settings.texts_again_at(service.now())
    ids = [notice_id for notice_id, way in left if way is not Way.TEXT or quiet_until is None]
    texts_wait = len(ids) < len(left)
    # two installations on one server have databases of their own
    name = f"{service.engine.url.database}:{ground.through.name}"
    pace = Pace(service.queue.connection, name, now=service.now, a_minute=ground.through.a_minute)
    clients = Clients(ground.through.client, hold, pace)
    unknown: list[Answer] = []
    batches = (intend(service, ground, batch) for batch in in_chunks(ids, BATCH))
    with closing(delivered(clients, batches)) as outcomes:
        for answers in outcomes:
            note(service, body_id, answers)
            unknown += [answer for answer in answers if answer.status is None]
    left_over = max((answer.until for answer in unknown if answer.until), default=None)
    if unknown:
        raise NotifyBusy(f"{len(unknown)} notices of this part are left for another try", until=left_over)
    if texts_wait:
        raise NotifyBusy("texts wait for the day", until=quiet_until)


def delivered(clients: Clients, batches: Iterator[list[Message]]) -> Generator[list[Answer]]:
    """Hand over each batch, and give its answers. Ends early where all of a batch is to wait.

    While one batch is under way the next one's intent is kept, so that no turn of Notify's minute goes by unused.
    """
    with ThreadPoolExecutor(THREADS) as threads:
        under_way: list[Future[Answer]] = []
        following: list[Future[Answer]] = []
        try:
            for messages in chain(batches, [[]]):
                following = [threads.submit(clients.deliver, message) for message in messages]
                answers = [future.result() for future in under_way]
                if answers:
                    yield answers
                under_way, following = following, []
                # one kind of message may be over for the day while the others go on
                if answers and all(answer.until for answer in answers):
                    break
            if under_way:
                yield [future.result() for future in under_way]
        finally:
            for future in (*under_way, *following):
                future.cancel()


def intend(service: Service, ground: Ground, batch: Sequence[UUID]) -> list[Message]:
    """Commit the intent to send, and return what is to be sent. Who died or was held meanwhile is not written to."""
    with service.transaction(ground.body.id) as session:
        hold_back(session, batch)
        rows = session.execute(
            select(Notice, Payee, Payroll.pay_date, Payroll.scheme_id)
            .join(Payee, (Payee.body_id == Notice.body_id) & (Payee.id == Notice.payee_id))
            .join(Payroll, (Payroll.body_id == Notice.body_id) & (Payroll.id == Notice.payroll_id))
            .where(Notice.id.in_(batch), Notice.status.in_(WAITING))
            .order_by(Notice.id)
        ).all()
        addresses = addresses_of(session, [payee for notice, payee, _, _ in rows if notice.channel is not Way.EMAIL])
        payments = single_payments(session, [notice for notice, _, _, _ in rows])
        messages, versions, lost = [], {}, []
        for notice, payee, pay_date, scheme_id in rows:
            to = (payee.email or "") if notice.channel is Way.EMAIL else addresses.get((payee.id, notice.channel), "")
            if not to and notice.status is NoticeStatus.PLANNED:
                lost.append(notice.id)
                continue
            if notice.channel is Way.LETTER:
                to = addressed(payee.name, to)
            place = Place(notice.event, notice.channel, notice.language, scheme_id)
            words, versions[notice.id] = ground.wordings.of(place)
            values = values_of(ground.body, ground.settings, notice, payee, pay_date)
            if notice.id in payments:
                values |= followed(service, notice.body_id, payments[notice.id])
            filled = fill(words, values)
            messages.append(
                Message(
                    notice_id=notice.id,
                    way=notice.channel,
                    to=to,
                    template_id=ground.through.templates[notice.channel],
                    personalisation=personalisation_of(notice.channel, filled),
                    left_over=notice.status is NoticeStatus.SENDING,
                )
            )
        note_intent(session, versions, lost, at=service.now())
    return messages


def note_intent(session: Session, versions: Mapping[UUID, UUID | None], lost: Iterable[UUID], *, at: datetime) -> None:
    """Keep which words each notice is sent with; a notice whose address is gone stays with people."""
    planned = update(Notice).where(Notice.status == NoticeStatus.PLANNED)
    planned = planned.execution_options(synchronize_session=False)
    by_version: dict[UUID | None, list[UUID]] = {}
    for notice_id, version in versions.items():
        by_version.setdefault(version, []).append(notice_id)
    for version, ids in by_version.items():
        session.execute(planned.where(Notice.id.in_(ids)).values(status=NoticeStatus.SENDING, wording_id=version))
    gone = planned.where(Notice.id.in_(list(lost)))
    session.execute(gone.values(status=NoticeStatus.NO_ADDRESS, ended_at=at))


def hold_back(session: Session, batch: Sequence[UUID]) -> None:
    """Tell nothing to those who died or were held since, nor of money that is not on its way any more."""
    planned = update(Notice).where(Notice.id.in_(batch), Notice.status == NoticeStatus.PLANNED)
    planned = planned.values(status=NoticeStatus.HELD_BACK).execution_options(synchronize_session=False)
    on_hold = GRAVEST_FIRST.index(HoldKind.ON_HOLD)
    # whoever is on hold may hear that we have to check something, or that money came back, and nothing else
    least = case((Notice.event.in_((NoticeEvent.PAYMENT_HELD, NoticeEvent.PAYMENT_RETURNED)), on_hold), else_=99)
    session.execute(planned.where(gravest(Notice.payee_id) < least))
    on_its_way = exists().where(
        Payment.body_id == Notice.body_id,
        Payment.payroll_id == Notice.payroll_id,
        Payment.payee_id == Notice.payee_id,
        Payment.status.in_((PaymentStatus.SUBMITTED, PaymentStatus.PAID)),
        or_(gravest(Payment.beneficiary_id).is_(None), only_dead(Payment.payee_id, Payment.beneficiary_id)),
    )
    session.execute(planned.where(Notice.event.in_(OF_MONEY_ON_ITS_WAY), ~on_its_way))
    still_paid = exists().where(
        Payment.body_id == Notice.body_id,
        Payment.payroll_id == Notice.payroll_id,
        Payment.payee_id == Notice.payee_id,
        Payment.status.in_(GOES_OUT),
    )
    session.execute(planned.where(Notice.event == NoticeEvent.PAYMENT_MOVED, ~still_paid))


def addresses_of(session: Session, payees: Iterable[Payee]) -> dict[tuple[UUID, Way], str]:
    """Where each payee gets texts and letters: the newest contact of each that may be used."""
    safe_only = {payee.id: payee.safe_contact for payee in payees}
    rows = session.scalars(
        select(Contact)
        .where(
            Contact.payee_id.in_(safe_only),
            Contact.ended_at.is_(None),
            Contact.channel.in_((Channel.TEXT, Channel.LETTER)),
        )
        .order_by(Contact.held_since, Contact.id)
    )
    return {
        (row.payee_id, Way(row.channel.value)): row.value for row in rows if row.is_safe or not safe_only[row.payee_id]
    }


def addressed(name: str, address: str) -> str:
    """The lines of a letter: the payee's name above their address, in the seven that Notify takes."""
    lines = [plain(name), *address.splitlines()]
    while len(lines) > MOST_LINES:
        lines[1:3] = [f"{lines[1]}, {lines[2]}"]
    return "\n".join(lines)


def single_payments(session: Session, notices: Sequence[Notice]) -> dict[UUID, UUID]:
    """Of notices about one payment, which it is: it has a page on which it can be followed."""
    single = [notice for notice in notices if notice.payment_count == 1]
    rows = session.execute(
        select(Payment.payroll_id, Payment.payee_id, Payment.id).where(
            Payment.payroll_id.in_({notice.payroll_id for notice in single}),
            Payment.payee_id.in_({notice.payee_id for notice in single}),
        )
    )
    of_payee: dict[tuple[UUID, UUID], list[UUID]] = {}
    for payroll_id, payee_id, payment_id in rows:
        of_payee.setdefault((payroll_id, payee_id), []).append(payment_id)
    found = {}
    for notice in single:
        of_this = of_payee.get((notice.payroll_id, notice.payee_id), [])
        if notice.subject_id in of_this or len(of_this) == 1:
            found[notice.id] = notice.subject_id if notice.subject_id in of_this else of_this[0]
    return found


def followed(service: Service, body_id: UUID, payment_id: UUID) -> dict[str, str]:
    """The link of a payment's own page."""
    written = process_id(service.seals, Followed(Kind.PAYMENT, body_id, payment_id))
    return {"follow_link": address(service.settings.base_url, written), "can_follow": HOLDS}


def values_of(body: Body, told: NoticeSettings, notice: Notice, payee: Payee, pay_date: date) -> dict[str, str]:
    """What fills the fields of a notice."""
    facts, language = notice.facts, notice.language
    values = {
        **always(body, payee.name, told.sender, language),
        "date": day_words(date.fromisoformat(facts["was"]) if "was" in facts else pay_date, language),
        "new_date": day_words(date.fromisoformat(facts["becomes"]), language) if "becomes" in facts else "",
        "for_another": HOLDS if notice.for_another else "",
        "taken_off": pence.format(facts.get("taken_pence", 0)),
        "recovered": HOLDS if facts.get("recovered") else "",
    }
    if notice.payment_count:
        values |= of_payments(notice.payment_count, notice.total_pence, notice.last_four, language)
    if "reason" in facts:
        values |= of_return(Reason(facts["reason"]), language)
    if "step" in facts:
        values |= of_step(StepKind(facts["step"]), language)
    return values


def personalisation_of(way: Way, filled: Words) -> dict[str, str]:
    """What the body's template for a channel shows: a heading and a text."""
    if way is Way.TEXT:
        return {"body": lint.as_sent(filled.body)}
    return {"subject": filled.subject, "body": filled.body}


def note(service: Service, body_id: UUID, answers: Sequence[Answer]) -> None:
    """Commit the outcomes. A receipt may have been here first: then the notice is past `sending` already.

    What Notify refused goes by the payee's next channel, where there is one.
    """
    with service.transaction(body_id) as session:
        by_id = {answer.notice_id: answer for answer in answers if answer.status is not None}
        notices = session.scalars(select(Notice).where(Notice.id.in_(by_id)).with_for_update()).all()
        refused = []
        for notice in notices:
            answer = by_id[notice.id]
            assert answer.status is not None
            if answer.notify_id is not None:
                notice.notify_id, notice.sent_at = answer.notify_id, service.now()
            if move(notice, answer.status) and answer.status is NoticeStatus.REFUSED:
                notice.error, notice.ended_at = answer.error, service.now()
                refused.append(notice)
        session.flush()
        go_on(session, service, refused)
        sent = sum(answer.status is NoticeStatus.SENT for answer in answers)
        audit.record(session, "notices.sent", by=None, at=service.now(), sent=sent, refused=len(refused))


def go_on(session: Session, service: Service, failed: Iterable[Notice]) -> None:
    """Send what could not be delivered by the payee's next channel; where there is none, people see to it."""
    for notice in failed:
        tried = session.scalars(
            select(Notice.channel).where(
                Notice.subject_id == notice.subject_id,
                Notice.payee_id == notice.payee_id,
                Notice.event == notice.event,
            )
        )
        planning.send_again(session, service, [notice], used=sorted({way.value for way in tried}))

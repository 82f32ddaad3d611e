"""Warnings: every contact of a payee is told that a change of bank details was proposed, with a link that holds it.

All contacts of the last 90 days are told, those that ended too, since a fraudster ends the true ones first; of a payee
marked for safe contact only the marked ones. The message says neither what the money is for nor who pays it, asks for
nothing, and is sealed until it was sent. Of the link only a digest is kept. Letters and calls are left to people.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from bacs.calendar import LONDON
from payouts.app import NotifyNotSetUp
from payouts.notices import settings
from payouts.notices.connection import Sender, Way, sender
from payouts.notices.delivery import Clients, Message, NotifyBusy
from payouts.notices.event import NoticeEvent
from payouts.notices.notice import UUID_TEXT, NoticeStatus
from payouts.notices.sending import personalisation_of
from payouts.notices.wording import Place, Wordings
from payouts.notices.words import always, day_words, fill
from payouts.tasks import outbox
from payouts.tasks.hold import Hold
from schemes import audit, disowned
from schemes.account import Account, get_account
from schemes.body import Body, get_body
from schemes.contact import Contact, contacts_to_tell
from schemes.contact_value import Channel
from schemes.database import Base, BodyOwned, new_id, stored, to_body_row
from schemes.disowned import Disowned
from schemes.errors import KeyMissing
from schemes.hold import Hold as PaymentHold
from schemes.hold import HoldKind
from schemes.payee import get_payee
from schemes.risk import replaces_details
from schemes.seal import get_key

if TYPE_CHECKING:
    from payouts.app import Service

TOLD_WITHIN_DAYS = 90
LASTS = timedelta(days=30)
WRITTEN = (Channel.EMAIL, Channel.TEXT)


class DetailsWarning(BodyOwned, Base):
    """One message to one contact about one proposed version. `id` is Notify's reference, as of a notice.

    sealed_content: address and text under the payee's key; None once it was sent or refused. used_at: when whoever got
    it said that the change was not theirs.
    """

    __tablename__ = "details_warning"
    __table_args__ = (
        Index("uq_details_warning_token", "token_digest", unique=True),
        Index("ix_details_warning_account", "body_id", "account_id"),
        to_body_row("account", "account_id"),
        to_body_row("contact", "contact_id"),
        CheckConstraint("channel in ('email', 'text')", name="written"),
    )

    account_id: Mapped[UUID]
    contact_id: Mapped[UUID]
    channel: Mapped[Channel] = mapped_column(stored(Channel))
    status: Mapped[NoticeStatus] = mapped_column(stored(NoticeStatus))
    token_digest: Mapped[bytes]
    expires_at: Mapped[datetime]
    sealed_content: Mapped[bytes | None]
    notify_id: Mapped[UUID | None]
    error: Mapped[str | None]
    made_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]


def link_digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def warn(session: Session, service: Service, account: Account, *, at: datetime) -> int:
    """Plan to tell every contact of the payee about a proposed change; how many are told.

    Nobody is told of a payee's first details, which replace nothing, nor of somebody who has died. The same proposal
    again tells nobody again.
    """
    body = get_body(session)
    told = session.scalar(select(DetailsWarning.id).where(DetailsWarning.account_id == account.id).limit(1))
    if told is not None or not replaces_details(session, account) or not can_write(session, service, body):
        return 0
    payee = get_payee(session, account.payee_id)
    if has_died(session, payee.id):
        return 0
    contacts = contacts_to_tell(session, payee, held_within_days=TOLD_WITHIN_DAYS, at=at)
    written = [contact for contact in contacts if contact.channel in WRITTEN]
    key = service.seals.open_row(get_key(session, account.body_id, payee.key_id))
    for contact in written:
        token, warning_id = secrets.token_urlsafe(32), new_id()
        content = {
            "to": contact.value,
            "name": payee.name,
            "link": f"{service.settings.base_url}/not-me/{token}",
            "until": day_words((at + LASTS).astimezone(LONDON).date(), payee.language),
        }
        warning = DetailsWarning(
            body_id=account.body_id,
            id=warning_id,
            account_id=account.id,
            contact_id=contact.id,
            channel=contact.channel,
            status=NoticeStatus.PLANNED,
            token_digest=link_digest(token),
            expires_at=at + LASTS,
            sealed_content=key.seal(json.dumps(content).encode(), "details_warning", warning_id),
            made_at=at,
        )
        session.add(warning)
        session.flush()
        outbox.add(session, "details.warn", once=f"details.warn/{warning_id}", at=at, warning_id=str(warning_id))
    if written:
        audit.record(
            session, "bank_details.told", by=None, about=payee, at=at, version=account.version, contacts=len(written)
        )
    return len(written)


def has_died(session: Session, payee_id: UUID) -> bool:
    died = select(PaymentHold.id).where(
        PaymentHold.payee_id == payee_id, PaymentHold.kind == HoldKind.DECEASED, PaymentHold.lifted_at.is_(None)
    )
    return session.scalar(died.limit(1)) is not None


def can_write(session: Session, service: Service, body: Body) -> bool:
    """Whether there is a Notify to send through; where there is none, the page of the change says so."""
    try:
        sender(session, service, body)
    except NotifyNotSetUp:
        return False
    return True


def send(hold: Hold, service: Service, args: Mapping[str, Any]) -> None:
    """Send one warning once. Raises NotifyBusy to be tried again, NotifyNotSetUp, HoldLost."""
    body_id, warning_id = UUID(args["body_id"]), UUID(args["warning_id"])
    with service.transaction(body_id) as session:
        through = sender(session, service, get_body(session))
        message = intend(session, service, through, warning_id)
    if message is None:
        return
    answer = Clients(through.client, hold).deliver(message)
    if answer.status is None:
        raise NotifyBusy("the warning is left for another try")
    with service.transaction(body_id) as session:
        kept = session.get_one(DetailsWarning, (body_id, warning_id), with_for_update=True)
        if kept.status is not NoticeStatus.SENDING:
            return
        kept.status, kept.notify_id, kept.error = answer.status, answer.notify_id, answer.error or None
        kept.sent_at, kept.sealed_content = service.now(), None


def intend(session: Session, service: Service, through: Sender, warning_id: UUID) -> Message | None:
    """Note the intent to send; None where nothing is left to send, or the payee was erased meanwhile."""
    body = get_body(session)
    kept = session.get_one(DetailsWarning, (body.id, warning_id), with_for_update=True)
    if kept.status not in (NoticeStatus.PLANNED, NoticeStatus.SENDING) or kept.sealed_content is None:
        return None
    payee = get_payee(session, session.get_one(Account, (body.id, kept.account_id)).payee_id)
    try:
        key = service.seals.open_row(get_key(session, body.id, payee.key_id))
    except KeyMissing:
        kept.status, kept.sealed_content = NoticeStatus.HELD_BACK, None
        return None
    content = json.loads(key.open(kept.sealed_content, "details_warning", warning_id))
    way = Way(kept.channel.value)
    if not through.sends(way):
        kept.status, kept.sealed_content, kept.error = NoticeStatus.REFUSED, None, "no template for this channel"
        return None
    left_over, kept.status = kept.status is NoticeStatus.SENDING, NoticeStatus.SENDING
    told = settings.current(session)
    words, _ = Wordings(session).of(Place(NoticeEvent.DETAILS_CHANGED, way, payee.language))
    values = always(body, content["name"], told.sender, payee.language)
    filled = fill(words, {**values, "link": content["link"], "until": content["until"]})
    return Message(
        notice_id=warning_id,
        way=way,
        to=content["to"],
        template_id=through.templates[way],
        personalisation=personalisation_of(way, filled),
        left_over=left_over,
    )


def use_link(session: Session, token: str, *, at: datetime) -> Disowned | None:
    """Whoever got the link says that the change was not theirs, in a transaction of its body. None: it is used up."""
    found = select(DetailsWarning).where(DetailsWarning.token_digest == link_digest(token)).with_for_update()
    warning = session.scalars(found).one_or_none()
    if warning is None or warning.used_at is not None or at >= warning.expires_at:
        return None
    account = session.get_one(Account, (warning.body_id, warning.account_id))
    account = get_account(session, account.payee_id, account.id, lock=True)
    warning.used_at = at
    return disowned.disown(session, account, at=at)


def warnings_of(session: Session, account_ids: Iterable[UUID]) -> dict[UUID, list[tuple[DetailsWarning, Contact]]]:
    """What was sent about each version, to which contact."""
    rows = session.execute(
        select(DetailsWarning, Contact)
        .join(Contact, (Contact.body_id == DetailsWarning.body_id) & (Contact.id == DetailsWarning.contact_id))
        .where(DetailsWarning.account_id.in_(list(account_ids)))
        .order_by(DetailsWarning.id)
    )
    found: dict[UUID, list[tuple[DetailsWarning, Contact]]] = {}
    for warning, contact in rows:
        found.setdefault(warning.account_id, []).append((warning, contact))
    return found


def left_to_people(session: Session, account: Account, *, at: datetime) -> Sequence[Contact]:
    """The contacts that nothing was written to: addresses for letters, and phones."""
    payee = get_payee(session, account.payee_id)
    contacts = contacts_to_tell(session, payee, held_within_days=TOLD_WITHIN_DAYS, at=at)
    return [contact for contact in contacts if contact.channel not in WRITTEN]


def ours(session: Session, references: Iterable[str]) -> set[str]:
    """Of Notify's references those that are warnings of this body."""
    ids = [UUID(reference) for reference in references if UUID_TEXT.fullmatch(reference)]
    return {str(found) for found in session.scalars(select(DetailsWarning.id).where(DetailsWarning.id.in_(ids)))}

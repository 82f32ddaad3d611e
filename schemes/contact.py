"""How a payee can be reached: contacts come and end, none is ever overwritten.

`Payee.email` is the e-mail address that notices go to now, kept beside them so that a payroll's notices are planned
without a look at a million contacts: the newest that has not ended and that may be used. Only `settle_email` sets it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, or_, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes import audit
from schemes.contact_value import Channel, read_contact
from schemes.database import Base, BodyOwned, stored, take_turns, to_body_row
from schemes.errors import NotFound, NotNow, ReasonNotGiven, Refused
from schemes.payee import EDITORS, Payee, get_payee
from schemes.person import Actor


class ContactKnown(Refused):
    """The payee has this contact already."""


class Contact(BodyOwned, Base):
    """One way to reach a payee. What it says never changes: a new address is a new contact, and the old one ends.

    held_since: when the body first held it. added_by, added_because: None for one that came in a file of payees.
    is_safe: counts only for a payee marked `safe_contact`, who may be reached by the marked contacts alone.
    """

    __tablename__ = "contact"
    __table_args__ = (
        Index("ix_contact_payee", "body_id", "payee_id"),
        Index("ix_contact_postcode", "body_id", "postcode", postgresql_where=text("postcode is not null")),
        to_body_row("payee", "payee_id"),
        CheckConstraint("value <> ''", name="value"),
        CheckConstraint(
            "(ended_by is null) = (ended_at is null) and (ended_by is null or coalesce(ended_because, '') <> '')",
            name="ended",
        ),
    )

    payee_id: Mapped[UUID]
    channel: Mapped[Channel] = mapped_column(stored(Channel))
    value: Mapped[str]
    postcode: Mapped[str | None]
    is_safe: Mapped[bool] = mapped_column(server_default=text("false"))
    held_since: Mapped[datetime]
    added_by: Mapped[UUID | None]
    added_because: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]
    ended_because: Mapped[str | None]


def add_contact(
    session: Session,
    *,
    contact_id: UUID,
    payee_id: UUID,
    channel: Channel,
    typed: str,
    because: str,
    by: Actor,
    at: datetime,
) -> Contact:
    """Keep a new way to reach a payee. The same id again is the same contact.

    because: where it came from, for whoever has to trust it. Raises ContactRefused, ContactKnown, ReasonNotGiven,
    NotFound, NotAllowed.
    """
    by.must_be(*EDITORS)
    payee = get_payee(session, payee_id)
    take_turns(session, f"contacts {payee_id}")
    there = session.get(Contact, (by.body_id, contact_id))
    if there is not None:
        return get_contact(session, payee_id, contact_id)
    read = read_contact(channel, typed)
    live = contacts_of(session, payee_id)
    if any((contact.channel, contact.value) == (read.channel, read.value) for contact in live if not contact.ended_at):
        raise ContactKnown
    if not because.strip():
        raise ReasonNotGiven("keep this contact")
    contact = Contact(
        body_id=by.body_id,
        id=contact_id,
        payee_id=payee_id,
        channel=read.channel,
        value=read.value,
        postcode=read.postcode,
        is_safe=False,
        held_since=at,
        added_by=by.person_id,
        added_because=because.strip(),
    )
    session.add(contact)
    session.flush()
    settle_email(session, payee)
    audit.record(session, "contact.added", by=by, about=payee, at=at, contact=str(contact.id), channel=channel.value)
    return contact


def end_contact(
    session: Session, *, payee_id: UUID, contact_id: UUID, because: str, by: Actor, at: datetime
) -> Contact:
    """Stop using a contact. The same person again changes nothing.

    Raises NotNow, ReasonNotGiven, NotFound, NotAllowed.
    """
    by.must_be(*EDITORS)
    payee = get_payee(session, payee_id)
    take_turns(session, f"contacts {payee_id}")
    contact = get_contact(session, payee_id, contact_id, lock=True)
    if contact.ended_by == by.person_id:
        return contact
    if contact.ended_at is not None:
        raise NotNow("contact", "ended", "ended again")
    if not because.strip():
        raise ReasonNotGiven("no longer use this contact")
    contact.ended_at, contact.ended_by, contact.ended_because = at, by.person_id, because.strip()
    session.flush()
    settle_email(session, payee)
    audit.record(
        session, "contact.ended", by=by, about=payee, at=at, contact=str(contact.id), channel=contact.channel.value
    )
    return contact


def settle_email(session: Session, payee: Payee) -> None:
    """Set the address that notices go to, after a payee's contacts have changed."""
    usable = [
        contact.value
        for contact in contacts_of(session, payee.id)
        if contact.channel is Channel.EMAIL and may_be_used(payee, contact)
    ]
    payee.email = usable[0] if usable else None
    session.flush()


def may_be_used(payee: Payee, contact: Contact) -> bool:
    """Whether a payee may be written to or called on a contact now."""
    return contact.ended_at is None and (contact.is_safe or not payee.safe_contact)


def contacts_of(
    session: Session, payee_id: UUID, *, held_within_days: int | None = None, at: datetime | None = None
) -> Sequence[Contact]:
    """A payee's contacts, newest first, those that ended included; or those held at some time in the days before `at`.

    Whoever writes to them asks `may_be_used`, or takes `contacts_to_tell`.
    """
    contacts = select(Contact).where(Contact.payee_id == payee_id)
    if held_within_days is not None:
        assert at is not None, "days before when?"
        since = at - timedelta(days=held_within_days)
        contacts = contacts.where(or_(Contact.ended_at.is_(None), Contact.ended_at >= since))
    return session.scalars(contacts.order_by(Contact.held_since.desc(), Contact.id.desc())).all()


def contacts_to_tell(session: Session, payee: Payee, *, held_within_days: int, at: datetime) -> list[Contact]:
    """Where a payee is told of a change that may be fraud: all contacts of the last days, each value once.

    Contacts that were ended lately are among them, since a fraudster ends the true ones first. Of a payee marked
    `safe_contact` only the marked ones: to be told elsewhere could put them in danger.
    """
    held = contacts_of(session, payee.id, held_within_days=held_within_days, at=at)
    if payee.safe_contact:
        held = [contact for contact in held if may_be_used(payee, contact)]
    return list({(contact.channel, contact.value): contact for contact in reversed(held)}.values())[::-1]


def get_contact(session: Session, payee_id: UUID, contact_id: UUID, *, lock: bool = False) -> Contact:
    """Raises NotFound, for another payee's contact too."""
    contact = session.get(Contact, (session.info["body_id"], contact_id), with_for_update=lock or None)
    if contact is None or contact.payee_id != payee_id:
        raise NotFound("contact", contact_id)
    return contact

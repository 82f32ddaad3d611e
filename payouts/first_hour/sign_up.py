"""Signing up: somebody asks for a sandbox, and a link by e-mail leads to their account in it.

The sandbox and an invitation to it are made at once, so that the link goes the way of every invitation; nothing else is
in it before the link was opened. What is answered is the same whoever has the address, with an account or without.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from payouts.notices import staff
from payouts.notices.staff import StaffEvent
from payouts.notices.words import plain
from payouts.tasks import outbox
from schemes import audit, before_body
from schemes.body import Body, BodyKind, add_body, get_body
from schemes.database import new_id
from schemes.errors import NotAddressed, Refused
from schemes.invitation import LASTS, Invitation, is_address, new_link
from schemes.person import Role, address
from schemes.sign_in import address_digest

if TYPE_CHECKING:
    from payouts.app import Service

ROLES = (Role.ADMINISTRATOR, Role.PREPARER)
COLOUR = "#1d4f6e"
LONGEST_NAME = 60
WINDOW = timedelta(days=1)
MOST_FOR_AN_ADDRESS, MOST_FROM_A_NETWORK, MOST_OF_ALL = 3, 10, 200
"""Sandboxes in a day."""

# the name goes into a message to an address that nobody has proved yet: no link can be made of it
NAME = re.compile(r"[^\W_](?:[\w &'’(),-]|\.(?= |$))*")


class SignUpSlowed(Refused):
    """Too many sandboxes were asked for: none is made before `until` (UTC)."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"no sandbox before {until}")
        self.until = until


class SandboxNameRefused(Refused):
    """A sandbox is called by letters, digits and a few marks, so that the name can stand in a message."""


def count_request(session: Session, *, email: str, network: str, at: datetime) -> None:
    """Count a request by its address, its network and all together. Raises SignUpSlowed, NotAddressed.

    In a transaction without a body, which commits.
    """
    if not is_address(address(email)):
        raise NotAddressed
    keys = (
        (key_of("address", address_digest(email).hex()), MOST_FOR_AN_ADDRESS),
        (key_of("network", network), MOST_FROM_A_NETWORK),
        (key_of("all"), MOST_OF_ALL),
    )
    counted = []
    for key, most in keys:
        asked, until = before_body.sign_in_wait(session, key)
        if until is None or until <= at:
            asked, until = 0, at + WINDOW
        if asked >= most:
            raise SignUpSlowed(until)
        counted.append((key, asked + 1, until))
    for key, asked, until in counted:
        before_body.set_sign_in_wait(session, key, asked, until)


def key_of(*parts: str) -> bytes:
    """Under what requests are counted: tells nothing of an address."""
    return hashlib.sha256(" ".join(["sign-up", *parts]).encode()).digest()


def read_name(typed: str) -> str:
    """A sandbox's name with single spaces. Raises SandboxNameRefused."""
    name = " ".join(typed.split())
    if len(name) > LONGEST_NAME or not NAME.fullmatch(name):
        raise SandboxNameRefused
    return name


def sign_up(session: Session, service: Service, *, email: str, name: str, body_name: str, at: datetime) -> str:
    """Make a sandbox, in a transaction of its own new id, and send the link; returns its token, "" if it was there.

    Raises SandboxNameRefused.
    """
    body_id, email = session.info["body_id"], address(email)
    if session.get(Body, body_id) is not None:
        return ""
    body_name = read_name(body_name)
    body = add_body(
        session,
        body_id,
        kind=BodyKind.SANDBOX,
        name=body_name,
        contact_email=email,
        colour=COLOUR,
        signed_up=True,
        at=at,
    )
    invited = Invitation(
        body_id=body_id,
        id=new_id(),
        email=email,
        name=" ".join(name.split()),
        roles={role.value: [] for role in ROLES},
        invited_by=None,
        invited_at=at,
        expires_at=at + LASTS,
    )
    session.add(invited)
    audit.record(session, "body.signed_up", by=None, about=body, at=at)
    token = new_link(invited, at=at)
    text = (
        f"Somebody, most likely you, asked for a sandbox of Payouts called {plain(body_name)}. It moves no money.\n\n"
        f"Go on here:\n\n{service.settings.base_url}/invitations/{token}\n\n"
        f"The link works for a week, and once. Have a telephone with an authenticator app ready. If it was not you, do "
        f"nothing: the request is forgotten."
    )
    subject = "Your sandbox of Payouts"
    told = {"email": email, "name": plain(invited.name), "subject": subject, "text": text}
    staff.plan(session, service, StaffEvent.SIGN_UP, **told, at=at)
    return token


def unconfirmed(session: Session, at: datetime) -> Invitation | None:
    """The request of a sandbox whose link nobody opened in time, until it is forgotten."""
    body = get_body(session)
    if not body.signed_up or not body.contact_email:
        return None
    asked = select(Invitation).where(Invitation.invited_by.is_(None), Invitation.accepted_at.is_(None))
    return next((one for one in session.scalars(asked) if one.email and one.expires_at <= at), None)


def ask_daily(session: Session, *, at: datetime) -> None:
    if unconfirmed(session, at) is not None:
        outbox.add(session, "sign_up.forget", once="sign_up.forget", at=at)


def forget(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """Forget who asked for a sandbox and never opened the link. What stays is an empty body without an address."""
    asked = unconfirmed(session, service.now())
    if asked is None:
        return
    body = get_body(session)
    asked.email, asked.name, asked.token_digest, body.contact_email = "", "", None, ""
    session.flush()
    audit.record(session, "body.sign_up_forgotten", by=None, about=body, at=service.now())

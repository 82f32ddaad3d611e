"""Warning that a bank's OpenPGP certificate ends: after that no file can be encrypted to it, and none is sent.

The administrators are told a month before, a week before and when it is over, each once: a bank takes its time to send
another certificate, and two people have to compare and confirm it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy.orm import Session

from bacs.calendar import LONDON
from payouts.notices import staff
from payouts.notices.staff import StaffEvent
from payouts.tasks import outbox
from schemes.bank_connection import connection_of, encrypting
from schemes.bank_profile import newest_profile
from schemes.person import Role

if TYPE_CHECKING:
    from payouts.app import Service

FIRST_WARNING = timedelta(days=30)
WARNINGS = (timedelta(), timedelta(days=7), FIRST_WARNING)


def ask_daily(session: Session, *, at: datetime) -> None:
    """Ask for the warning that is due of each certificate: the last one that it has come to."""
    for connection in encrypting(session):
        if connection.pgp_ends_at is None:
            continue
        left = connection.pgp_ends_at - at
        due = next((before for before in WARNINGS if left <= before), None)
        if due is not None:
            once = f"connection.warn/{connection.id}/{due.days}"
            outbox.add(session, "connection.warn", once=once, at=at, line_id=str(connection.line_id))


def warn(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """Tell the administrators, unless there is another certificate by now."""
    at = service.now()
    profile = newest_profile(session, UUID(args["line_id"]))
    connection = connection_of(session, profile.line_id)
    if connection is None or connection.pgp_ends_at is None or connection.pgp_ends_at - at > FIRST_WARNING:
        return
    is_over = connection.pgp_ends_at <= at
    when = f"{connection.pgp_ends_at.astimezone(LONDON):%-d %B %Y}"
    text = (
        f"The bank’s OpenPGP certificate of the account {profile.name} {'ended' if is_over else 'ends'} on {when}. "
        f"{'No file is' if is_over else 'After that no file is'} sent from this account until two people have "
        "agreed on another certificate. Ask the bank for it, and propose it here.\n\n"
        f"{service.settings.base_url}/bank-profiles/{profile.line_id}/connection"
    )
    staff.tell_role(
        session,
        service,
        StaffEvent.CERTIFICATE_ENDS,
        Role.ADMINISTRATOR,
        subject=f"The bank’s certificate {'has ended' if is_over else f'ends on {when}'}",
        text=text,
        at=at,
    )

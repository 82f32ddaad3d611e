"""What follows when bank details are proposed: the name is checked with the bank, and the payee's contacts are told."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from payouts.confirmation import asking
from payouts.notices import warning
from schemes.account import Account
from schemes.person import Actor

if TYPE_CHECKING:
    from payouts.app import Service


def follow_up(service: Service, session: Session, proposed: Account, *, by: Actor, at: datetime) -> None:
    """Plan what follows a proposal, in its transaction. The same proposal again plans nothing again."""
    asking.ask_on_entry(service, session, proposed, by=by, at=at)
    warning.warn(session, service, proposed, at=at)

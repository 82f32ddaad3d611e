"""What happened, in the order of the body's audit chain: what other systems are told, by the feed and by webhooks.

A link of the chain is made after its event was committed, in batches by the clock, and its position never changes. So
whoever goes on after the last position that they have seen misses nothing and sees nothing twice, however transactions
overlapped: ids rise with the time at which they were made, not with the time at which they could be seen.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from payouts.payment import Payment
from payouts.payroll import Payroll
from payouts.returns.returned import ReturnedPayment
from payouts.returns.trace import Trace
from schemes.audit import AuditEvent, AuditLink
from schemes.award import Award
from schemes.database import one_of
from schemes.imports.register_import import RegisterImport
from schemes.one_off_file import OneOffFile
from schemes.one_off_payment import OneOff

# of what the trail tells, what concerns other systems: not who signed in, read or took something
TOLD = (
    "award.",
    "bank_details.",
    "beneficiary.",
    "contact.",
    "gate.go",
    "gate.no_go",
    "hold.",
    "import.",
    "mandate.",
    "one_off.",
    "one_off_file.",
    "payee.",
    "payment.",
    "payroll.",
    "recall.",
    "return.",
    "returns.",
    "submission.",
    "trace.",
)
NOT_TOLD = ("bank_details.unmasked", "payee.searched_by_account", "import.refused_rows_downloaded")
OF_A_SCHEME = (Payroll, Payment, ReturnedPayment, Award, OneOff, OneOffFile, RegisterImport, Trace)
# one look goes through so many links at most, also where nearly all are about something else
MOST_LOOKED_AT = 2000


class Happened(NamedTuple):
    """An event and its place in the chain: of two about one thing, the one with the higher place is the later."""

    position: int
    event: AuditEvent


def after(session: Session, position: int) -> list[Happened]:
    """The events after a place in the chain, in its order; so many as one look goes through."""
    rows = session.execute(
        select(AuditLink.position, AuditEvent)
        .join(AuditEvent, (AuditEvent.body_id == AuditLink.body_id) & (AuditEvent.id == AuditLink.event_id))
        .where(AuditLink.body_id == session.info["body_id"], AuditLink.position > position)
        .order_by(AuditLink.position)
        .limit(MOST_LOOKED_AT)
    )
    return [Happened(*row) for row in rows]


def last_position(session: Session) -> int:
    """The end of the chain."""
    last = select(func.max(AuditLink.position)).where(AuditLink.body_id == session.info["body_id"])
    return session.scalar(last) or 0


def is_told(action: str, beginnings: Collection[str] = ()) -> bool:
    """Whether other systems are told of an act; beginnings: how it has to begin, with none in any way."""
    return (
        action.startswith(TOLD) and action not in NOT_TOLD and (not beginnings or action.startswith(tuple(beginnings)))
    )


def of_schemes(session: Session, events: Sequence[Happened], schemes: Collection[UUID]) -> list[Happened]:
    """The events without those of other schemes; no schemes: all."""
    if not schemes:
        return list(events)
    hidden: set[UUID] = set()
    for entity in OF_A_SCHEME:
        ids = {one.event.subject_id for one in events if one.event.subject_type == entity.__tablename__}
        others = select(entity.id).where(
            entity.id == one_of(found for found in ids if found), entity.scheme_id.not_in(schemes)
        )
        hidden |= set(session.scalars(others)) if ids else set()
    return [one for one in events if one.event.subject_id not in hidden]

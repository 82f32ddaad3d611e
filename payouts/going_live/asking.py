"""Asking for a live body: one administrator asks once every point is so, another confirms, and the list is frozen.

What is confirmed is the list that the first one saw: if a point has changed since, it is asked anew.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.first_hour.practice import must_be_sandbox
from payouts.going_live import readiness
from schemes import audit, change
from schemes.body_details import LONGEST_NAME, NameMissing
from schemes.change import Change, ChangeKind
from schemes.change_applied import EFFECTS, Effect
from schemes.contact_value import read_email
from schemes.database import Base, BodyOwned, new_id, to_body_row
from schemes.errors import NotFound, NotNow, Refused
from schemes.person import Actor, Role
from schemes.signer import digest

if TYPE_CHECKING:
    from payouts.app import Service

CONFIRMERS = (Role.ADMINISTRATOR,)


class NotReady(Refused):
    """Points of the checklist are open. `count`: how many."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} points of the checklist are open")
        self.count = count


class OnlyPractises(Refused):
    """A practice colleague is nobody: they cannot speak for a body that pays for real."""


class RequestState(StrEnum):
    """Where a request is."""

    CONFIRMING = "confirming"
    ASKED = "asked"
    WITHDRAWN = "withdrawn"
    APPROVED = "approved"
    DECLINED = "declined"


class GoLiveRequest(BodyOwned, Base):
    """A sandbox asks for a live body. checklist: as it stood, `digest` its SHA-256 (of canonical JSON).

    live_body_id: of the body that an approval makes.
    """

    __tablename__ = "go_live_request"
    __table_args__ = (
        to_body_row("change", "change_id"),
        CheckConstraint("asked_by <> confirmed_by", name="two_people"),
        CheckConstraint("(withdrawn_by is null) = (withdrawn_at is null)", name="withdrawn"),
    )

    change_id: Mapped[UUID]
    live_body_id: Mapped[UUID]
    live_name: Mapped[str]
    contact_email: Mapped[str]
    checklist: Mapped[dict[str, Any]] = mapped_column(JSONB)
    digest: Mapped[str]
    asked_by: Mapped[UUID]
    confirmed_by: Mapped[UUID]
    asked_at: Mapped[datetime]
    withdrawn_by: Mapped[UUID | None]
    withdrawn_at: Mapped[datetime | None]


class GoLiveDecision(BodyOwned, Base):
    """The operator's word on a request, said once. The app's role may read it and no more."""

    __tablename__ = "go_live_decision"
    __table_args__ = (
        UniqueConstraint("body_id", "request_id"),
        to_body_row("go_live_request", "request_id"),
        CheckConstraint("operator <> '' and words <> ''", name="said"),
    )

    request_id: Mapped[UUID]
    approved: Mapped[bool]
    operator: Mapped[str]
    words: Mapped[str]
    decided_at: Mapped[datetime]


def list_now(session: Session, _: UUID) -> dict[str, Any]:
    """What a proposal rests on, as it stands now: the list but for what belongs to the whole installation."""
    found, owners, words = readiness.looked_up(session), readiness.owners_of(session), readiness.words_of(session)
    known = {point.value: [one.done, one.number, list(one.lacks)] for point, one in found.items()}
    people = {point.value: str(row.owner_id) for point, row in owners.items()}
    said = {point.value: [row.words, str(row.said_by)] for point, row in words.items()}
    return {"digest": digest({"known": known, "people": people, "said": said})}


def propose(
    session: Session,
    service: Service,
    *,
    change_id: UUID,
    live_name: str,
    contact_email: str,
    reason: str,
    by: Actor,
    at: datetime,
) -> Change:
    """Ask for a live body, for a second administrator to confirm. The same id again is the same request.

    contact_email: to which payees of the live body write. Raises OnlyInASandbox, NotReady, NotNow while a request waits
    or was approved, NameMissing, ContactRefused, NotAllowed, and as `change.propose`.
    """
    by.must_be(Role.ADMINISTRATOR)
    must_be_sandbox(session)
    there = session.get(Change, (by.body_id, change_id))
    if there is not None:
        return there
    must_be_free(session)
    must_be_real(session, by)
    name = " ".join(live_name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise NameMissing
    rows = readiness.checklist(session, service)
    left = sum(not row.done for row in rows)
    if left:
        raise NotReady(left)
    return change.propose(
        session,
        ChangeKind.GO_LIVE,
        change_id=change_id,
        subject_id=by.body_id,
        before=list_now(session, by.body_id),
        after={
            "live_name": name,
            "contact_email": read_email(contact_email),
            "checklist": readiness.as_facts(rows),
        },
        reason=reason,
        by=by,
        at=at,
    )


def must_be_free(session: Session) -> None:
    """Raises NotNow while a request waits for the operator, and once one was approved."""
    last = newest_request(session)
    state = state_of(session, last) if last else None
    if state in (RequestState.ASKED, RequestState.APPROVED):
        raise NotNow("request to go live", state, "made again")


def must_be_real(session: Session, by: Actor) -> None:
    """Raises OnlyPractises."""
    if by.person_id not in {person.id for person, _ in readiness.real_people(session)}:
        raise OnlyPractises


def apply(session: Session, confirmed: Change, by: Actor, at: datetime) -> None:
    """Freeze the list as the two saw it: from now on it waits for the operator. Raises OnlyPractises, NotNow."""
    must_be_free(session)
    must_be_real(session, by)
    checklist = confirmed.after["checklist"]
    request = GoLiveRequest(
        body_id=confirmed.body_id,
        id=new_id(),
        change_id=confirmed.id,
        live_body_id=new_id(),
        live_name=confirmed.after["live_name"],
        contact_email=confirmed.after["contact_email"],
        checklist=checklist,
        digest=digest(checklist),
        asked_by=confirmed.proposed_by,
        confirmed_by=by.person_id,
        asked_at=at,
    )
    session.add(request)
    session.flush()
    audit.record(session, "go_live.asked", by=by, about=request, at=at, digest=request.digest)


EFFECTS[ChangeKind.GO_LIVE] = Effect(CONFIRMERS, list_now, apply)


def newest_request(session: Session) -> GoLiveRequest | None:
    return session.scalars(select(GoLiveRequest).order_by(GoLiveRequest.id.desc()).limit(1)).first()


def decision_on(session: Session, request: GoLiveRequest) -> GoLiveDecision | None:
    return session.scalars(select(GoLiveDecision).where(GoLiveDecision.request_id == request.id)).one_or_none()


def state_of(session: Session, request: GoLiveRequest) -> RequestState:
    decision = decision_on(session, request)
    if decision is not None:
        return RequestState.APPROVED if decision.approved else RequestState.DECLINED
    return RequestState.WITHDRAWN if request.withdrawn_at else RequestState.ASKED


def waiting_change(session: Session) -> Change | None:
    """The request that waits for a second administrator."""
    return change.waiting_of(session, ChangeKind.GO_LIVE, session.info["body_id"])


def withdraw(session: Session, *, by: Actor, at: datetime) -> None:
    """Take the newest request back before the operator's word. Saying it twice is saying it once.

    Raises NotFound, NotNow, NotAllowed.
    """
    by.must_be(Role.ADMINISTRATOR)
    request = newest_request(session)
    if request is None:
        raise NotFound("request to go live", by.body_id)
    if request.withdrawn_at is not None:
        return
    state = state_of(session, request)
    if state is not RequestState.ASKED:
        raise NotNow("request to go live", state, "withdrawn")
    request.withdrawn_by, request.withdrawn_at = by.person_id, at
    session.flush()
    audit.record(session, "go_live.withdrawn", by=by, about=request, at=at)

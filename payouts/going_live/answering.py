"""The operator's word on a request to go live, said with the key of the tables' owner: no process of the app has it.

An approval makes the live body with the sandbox's real administrators, and says which sandbox it rehearses in. The two
bodies are transactions of their own, since each sees one body: said again after a crash between them, it goes on where
it was. The owner's key passes row security by, so it writes two rows, each under its own id, and looks nothing up.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from sqlalchemy import Engine, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.going_live import asking, readiness
from payouts.going_live.asking import GoLiveDecision, GoLiveRequest, NotReady, RequestState
from payouts.notices import staff
from payouts.notices.staff import StaffEvent
from payouts.notices.words import plain
from schemes import audit, database, role_change
from schemes.body import Body, BodyKind, add_body, get_body
from schemes.database import Base, BodyOwned, new_id
from schemes.errors import NotFound, NotNow, ReasonNotGiven, Refused
from schemes.person import Role
from schemes.signer import digest

if TYPE_CHECKING:
    from payouts.app import Service


class OtherList(Refused):
    """The list that waits is not the one that the operator names: it was asked anew, or somebody touched it."""


class RehearsedIn(BodyOwned, Base):
    """Of a live body the sandbox in which its people rehearse, as the operator said. The app's role only reads it."""

    __tablename__ = "rehearsed_in"
    __table_args__ = (UniqueConstraint("body_id"),)

    sandbox_id: Mapped[UUID] = mapped_column(ForeignKey("body.id"))
    said_by: Mapped[str]
    said_at: Mapped[datetime]


class Asked(NamedTuple):
    """What an approval goes by, read from the sandbox. administrators: id, address and name of each."""

    request_id: UUID
    live_id: UUID
    name: str
    contact_email: str
    colour: str
    administrators: list[tuple[UUID, str, str]]


def decide(
    owner: Engine,
    service: Service,
    sandbox_id: UUID,
    *,
    approved: bool,
    list_digest: str,
    operator: str,
    words: str,
    at: datetime,
) -> UUID | None:
    """Say yes or no to the request that waits; returns the live body's id after a yes.

    owner: an engine with the key of the tables' owner. list_digest: of the list that the operator read, from its
    beginning on. Raises NotFound without a request, NotNow where none waits, OtherList, NotReady where fewer than two
    administrators are left, ReasonNotGiven.
    """
    operator, words = operator.strip(), words.strip()
    if not operator or not words:
        raise ReasonNotGiven("approve or decline it")
    with service.transaction(sandbox_id) as session:
        asked = what_waits(session, list_digest)
    if approved:
        if len(asked.administrators) < readiness.ADMINISTRATORS:
            raise NotReady(1)
        with service.transaction(asked.live_id) as session:
            make_live(session, asked, at=at)
        link(owner, asked.live_id, sandbox_id, operator=operator, at=at)
    with database.transaction(owner, sandbox_id) as session:
        request = session.get_one(GoLiveRequest, (sandbox_id, asked.request_id), with_for_update=True)
        must_wait(session, request)
        facts = {"approved": approved, "operator": operator, "words": words, "decided_at": at}
        session.add(GoLiveDecision(body_id=sandbox_id, id=new_id(), request_id=request.id, **facts))
        session.flush()
        act = "go_live.approved" if approved else "go_live.declined"
        audit.record(session, act, by=None, about=request, at=at, digest=request.digest)
        tell_administrators(session, service, asked, operator, words, approved=approved, at=at)
    return asked.live_id if approved else None


def what_waits(session: Session, list_digest: str) -> Asked:
    request = asking.newest_request(session)
    if request is None:
        raise NotFound("request to go live", session.info["body_id"])
    must_wait(session, request)
    if not request.digest.startswith(list_digest) or digest(request.checklist) != request.digest:
        raise OtherList
    first = readiness.administrators_among(readiness.real_people(session))
    return Asked(
        request.id,
        request.live_body_id,
        request.live_name,
        request.contact_email,
        get_body(session).colour,
        [(person.id, person.email, person.name) for person in first],
    )


def must_wait(session: Session, request: GoLiveRequest) -> None:
    """Raises NotNow."""
    state = asking.state_of(session, request)
    if state is not RequestState.ASKED:
        raise NotNow("request to go live", state, "decided")


def make_live(session: Session, asked: Asked, *, at: datetime) -> None:
    """Make the live body, empty but for its first administrators; one that is there is left as it is."""
    if session.get(Body, asked.live_id) is not None:
        return
    add_body(
        session,
        asked.live_id,
        kind=BodyKind.LIVE,
        name=asked.name,
        contact_email=asked.contact_email,
        colour=asked.colour,
        at=at,
    )
    for person_id, _, _ in asked.administrators:
        role_change.give(session, person_id, {Role.ADMINISTRATOR.value: []}, at=at)
        roles = [Role.ADMINISTRATOR.value]
        audit.record(session, "person.added", by=None, at=at, roles=roles, person_id=str(person_id))


def must_be_pair(service: Service, live_id: UUID, sandbox_id: UUID) -> None:
    """Raises NotNow unless one is a live body and the other a sandbox."""
    for body_id, kind in ((live_id, BodyKind.LIVE), (sandbox_id, BodyKind.SANDBOX)):
        with service.transaction(body_id) as session:
            body = get_body(session)
            if body.kind is not kind:
                raise NotNow("body", body.kind, "linked")


def link(owner: Engine, live_id: UUID, sandbox_id: UUID, *, operator: str, at: datetime) -> None:
    """Say in which sandbox a live body rehearses; said twice it is said once. Raises NotNow for another sandbox."""
    with database.transaction(owner, live_id) as session:
        there = session.scalar(select(RehearsedIn.sandbox_id).where(RehearsedIn.body_id == live_id))
        if there == sandbox_id:
            return
        if there is not None:
            raise NotNow("live body", "rehearsed in another sandbox", "linked")
        row = RehearsedIn(body_id=live_id, id=new_id(), sandbox_id=sandbox_id, said_by=operator, said_at=at)
        session.add(row)
        session.flush()
        audit.record(session, "body.rehearsed_in", by=None, about=row, at=at, sandbox=str(sandbox_id))


def sandbox_of(session: Session) -> UUID | None:
    """The sandbox in which the body of this transaction rehearses."""
    return session.scalar(select(RehearsedIn.sandbox_id))


def tell_administrators(
    session: Session,
    service: Service,
    asked: Asked,
    operator: str,
    words: str,
    *,
    approved: bool,
    at: datetime,
) -> None:
    """Tell every real administrator of the sandbox, by a message that leaves it."""
    name, address = plain(asked.name), f"{service.settings.base_url}/go-live"
    answer = f"{plain(operator)} says: {plain(words)}"
    if approved:
        subject = f"{name} may go live"
        text = (
            f"Your request to go live was approved. {answer}\n\n{name} is there, with the administrators of your "
            f"sandbox. What comes next stands here:\n\n{address}"
        )
    else:
        subject = f"{name} does not go live yet"
        text = (
            f"Your request to go live was declined. {answer}\n\nYou can ask again. The checklist is here:\n\n{address}"
        )
    for _, email, called in asked.administrators:
        told = {"email": email, "name": called, "subject": subject, "text": text}
        staff.plan(session, service, StaffEvent.GO_LIVE_DECIDED, at=at, **told)

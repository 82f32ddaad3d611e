"""A question about a sealed payroll to a colleague, and the answer. It voids nothing; whoever decides sees it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, select
from sqlalchemy.orm import Mapped, Session

from payouts.notices import staff
from payouts.notices.staff import StaffEvent
from payouts.payroll import Payroll, PayrollStatus
from schemes import audit
from schemes.database import Base, BodyOwned, to_body_row
from schemes.errors import NotFound, NotNow, Refused, SamePerson
from schemes.gate_rule import DECIDERS
from schemes.person import Actor, Person, Role, people

if TYPE_CHECKING:
    from payouts.app import Service


ANSWERERS = (*DECIDERS, Role.ADMINISTRATOR)
"""Who can be asked: an auditor reads, and changes nothing."""


class PayrollQuery(BodyOwned, Base):
    """One question to one person; only the answer is ever written later, once."""

    __tablename__ = "payroll_query"
    __table_args__ = (
        Index("ix_payroll_query_payroll", "body_id", "payroll_id"),
        to_body_row("payroll", "payroll_id"),
        CheckConstraint("question <> ''", name="question"),
        CheckConstraint("asked_by <> asked_of", name="two_people"),
        CheckConstraint("(answer is null) = (answered_at is null) and coalesce(answer, '-') <> ''", name="answered"),
    )

    payroll_id: Mapped[UUID]
    asked_by: Mapped[UUID]
    asked_of: Mapped[UUID]
    question: Mapped[str]
    asked_at: Mapped[datetime]
    answer: Mapped[str | None]
    answered_at: Mapped[datetime | None]

    @property
    def is_open(self) -> bool:
        return self.answered_at is None


class QuestionEmpty(Refused):
    """A query without a question, or an answer without words."""


class NotAsked(Refused):
    """Only the person who was asked answers."""


def colleagues(session: Session, payroll: Payroll, by: Actor) -> list[Person]:
    """Those whom somebody can ask about a payroll: whoever has a part in such things, by name."""
    asked = people(session, scheme_id=payroll.scheme_id)
    return [person for person, roles in asked if set(roles) & set(ANSWERERS) and person.id != by.person_id]


def queries_of(session: Session, payroll_id: UUID, *, only_open: bool = False) -> Sequence[PayrollQuery]:
    """A payroll's queries, oldest first."""
    queries = select(PayrollQuery).where(PayrollQuery.payroll_id == payroll_id).order_by(PayrollQuery.id)
    return session.scalars(queries.where(PayrollQuery.answered_at.is_(None)) if only_open else queries).all()


def queries_to(session: Session, person_id: UUID, *, limit: int = 20) -> Sequence[tuple[PayrollQuery, Payroll]]:
    """The questions that wait for a person's answer, oldest first, each with its payroll."""
    rows = session.execute(
        select(PayrollQuery, Payroll)
        .join(Payroll, (Payroll.body_id == PayrollQuery.body_id) & (Payroll.id == PayrollQuery.payroll_id))
        .where(
            PayrollQuery.asked_of == person_id,
            PayrollQuery.answered_at.is_(None),
            Payroll.status == PayrollStatus.SEALED,
        )
        .order_by(PayrollQuery.id)
        .limit(limit)
    )
    return [(query, payroll) for query, payroll in rows]


def get_query(session: Session, payroll_id: UUID, query_id: UUID, *, lock: bool = False) -> PayrollQuery:
    """Raises NotFound, for a query about another payroll too."""
    query = session.get(PayrollQuery, (session.info["body_id"], query_id), with_for_update=lock or None)
    if query is None or query.payroll_id != payroll_id:
        raise NotFound("query", query_id)
    return query


def ask(
    session: Session,
    service: Service,
    payroll: Payroll,
    *,
    query_id: UUID,
    of: UUID,
    question: str,
    by: Actor,
    at: datetime,
) -> PayrollQuery:
    """Ask a colleague about a sealed payroll; they are told by e-mail. The same id again is the same question.

    Raises QuestionEmpty, SamePerson, NotFound (nobody who can be asked), NotNow, NotAllowed.
    """
    by.must_be(*DECIDERS, scheme=payroll.scheme_id)
    there = session.get(PayrollQuery, (by.body_id, query_id))
    if there is not None:
        return there
    if payroll.status is not PayrollStatus.SEALED:
        raise NotNow("payroll", payroll.status, "asked about")
    if of == by.person_id:
        raise SamePerson("ask")
    asked = next((person for person in colleagues(session, payroll, by) if person.id == of), None)
    if asked is None:
        raise NotFound("person", of)
    if not question.strip():
        raise QuestionEmpty
    query = PayrollQuery(
        body_id=by.body_id,
        id=query_id,
        payroll_id=payroll.id,
        asked_by=by.person_id,
        asked_of=of,
        question=question.strip(),
        asked_at=at,
    )
    session.add(query)
    session.flush()
    audit.record(session, "query.asked", by=by, about=payroll, at=at, query=str(query.id))
    text = (
        f"{by.name} asks about payroll {payroll.number}:\n\n{query.question}\n\n"
        f"Answer here:\n\n{service.settings.base_url}/payrolls/{payroll.id}/queries/{query.id}"
    )
    tell(session, service, StaffEvent.QUERY_ASKED, asked, f"A question about payroll {payroll.number}", text, at=at)
    return query


def reply(
    session: Session, service: Service, payroll: Payroll, query: PayrollQuery, *, answer: str, by: Actor, at: datetime
) -> None:
    """Answer a query, locked by the caller, once; whoever asked is told by e-mail.

    The answer may come after the release: it is kept all the same. Raises QuestionEmpty, NotAsked, NotNow, NotAllowed.
    """
    by.must_be(*ANSWERERS)
    if query.asked_of != by.person_id:
        raise NotAsked
    if query.answer == answer.strip():
        return
    if not query.is_open:
        raise NotNow("query", "answered", "answered again")
    if not answer.strip():
        raise QuestionEmpty
    query.answer, query.answered_at = answer.strip(), at
    session.flush()
    audit.record(session, "query.answered", by=by, about=payroll, at=at, query=str(query.id))
    asker = next((person for person, _ in people(session) if person.id == query.asked_by), None)
    if asker is not None:
        text = (
            f"{by.name} answers your question about payroll {payroll.number}:\n\n{query.answer}\n\n"
            f"The payroll:\n\n{service.settings.base_url}/payrolls/{payroll.id}"
        )
        subject = f"An answer about payroll {payroll.number}"
        tell(session, service, StaffEvent.QUERY_ANSWERED, asker, subject, text, at=at)


def tell(
    session: Session, service: Service, event: StaffEvent, person: Person, subject: str, text: str, *, at: datetime
) -> None:
    staff.plan(session, service, event, email=person.email, name=person.name, subject=subject, text=text, at=at)

"""Payments whose money came back, or never left: each is a case until somebody has put it right.

A case follows its payment's state and never ends by itself: the money is reissued, recovered or written off, by people.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import chain
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Index,
    UniqueConstraint,
    bindparam,
    select,
    text,
    update,
)
from sqlalchemy import Uuid as UuidType
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, Session, mapped_column

from bacs.calendar import LONDON
from payouts.payment import Payment, PaymentStatus
from payouts.returns.reason import BAD_DETAILS, Reason
from payouts.returns.telling import ToldReturn
from payouts.tasks import outbox
from schemes import audit
from schemes.account import Account, Stopped
from schemes.database import Base, BodyOwned, one_of, stored, to_body_row
from schemes.errors import NotFound
from schemes.hold import HoldKind
from schemes.payee import Payee


class CaseStatus(StrEnum):
    """Where the money of a case is. held: somebody has to do something; kept: two people said that it stays for now."""

    HELD = "held"
    KEPT = "kept"
    REISSUED = "reissued"
    RECOVERED = "recovered"
    WRITTEN_OFF = "written_off"


OPEN = (CaseStatus.HELD, CaseStatus.KEPT)


class ReturnedPayment(BodyOwned, Base):
    """A payment that came back, with why, whose work it is, and where its money went.

    came_back: the payment's own state, as the bank's facts have it. opened_at: when the first of these facts was
    applied. successor_id: the payment that was made in its place, while that one lives; the database allows one.
    """

    __tablename__ = "returned_payment"
    __table_args__ = (
        UniqueConstraint("body_id", "payment_id"),
        Index("uq_returned_payment_successor", "body_id", "successor_id", unique=True),
        Index(
            "ix_returned_payment_open",
            "body_id",
            "opened_at",
            "id",
            postgresql_where=text("status in ('held', 'kept')"),
        ),
        Index("ix_returned_payment_payee", "body_id", "payee_id"),
        Index("ix_returned_payment_payroll", "body_id", "payroll_id"),
        to_body_row("payment", "payment_id"),
        to_body_row("payment", "successor_id", name="fk_returned_payment_body_id_successor_id"),
        to_body_row("payee", "payee_id"),
        to_body_row("payroll", "payroll_id"),
        CheckConstraint("(status = 'reissued') = (successor_id is not null)", name="successor"),
        CheckConstraint("(owner_id is null) = (owned_at is null)", name="owner"),
        CheckConstraint("successor_id <> payment_id", name="not_itself"),
        CheckConstraint("amount_pence > 0", name="amount_pence"),
    )

    payment_id: Mapped[UUID]
    payroll_id: Mapped[UUID]
    scheme_id: Mapped[UUID]
    payee_id: Mapped[UUID]
    amount_pence: Mapped[int] = mapped_column(BigInteger)
    came_back: Mapped[PaymentStatus] = mapped_column(stored(PaymentStatus, check="came_back"))
    reason: Mapped[Reason] = mapped_column(stored(Reason))
    status: Mapped[CaseStatus] = mapped_column(stored(CaseStatus), default=CaseStatus.HELD)
    opened_at: Mapped[datetime]
    owner_id: Mapped[UUID | None]
    owned_at: Mapped[datetime | None]
    successor_id: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]


REVIEW_AFTER = timedelta(days=28)
# the reasons of facts, the gravest first, whatever order they came in
FACTS = text(
    """
    SELECT payment_id, reason FROM (
        SELECT line_match.payment_id, line.reason
          FROM line_match
         CROSS JOIN LATERAL (
             SELECT * FROM response_line there
              WHERE there.body_id = line_match.body_id AND there.digest = line_match.digest OFFSET 0) line
         WHERE line_match.payment_id = ANY (:ids) AND line.says IN ('rejected', 'recalled', 'returned')
        UNION
        SELECT payment.id, line.reason
          FROM payment
          JOIN file_word ON file_word.body_id = payment.body_id AND file_word.file_id = payment.file_id
          JOIN response_line line ON line.body_id = file_word.body_id AND line.digest = file_word.digest
         WHERE payment.id = ANY (:ids) AND line.says IN ('rejected', 'recalled', 'returned')
    ) facts
    """
).bindparams(bindparam("ids", type_=ARRAY(UuidType())))


def open_cases(session: Session, payment_ids: Sequence[UUID], *, by: UUID | None, at: datetime) -> None:
    """Open a case for each payment that just came back, or let its case follow it further. Stops what must be stopped.

    An account of which the bank says that it cannot be paid to is paid to no more, and where its holder has died
    nothing is paid, and nobody is written to, until somebody has confirmed it. by: in whose name.
    """
    ids = list(payment_ids)
    reasons = reasons_of(session, ids)
    session.execute(
        text(
            """
            INSERT INTO returned_payment (body_id, id, payment_id, payroll_id, scheme_id, payee_id, amount_pence,
                                          came_back, reason, status, opened_at)
            SELECT payment.body_id, uuidv7(), payment.id, payment.payroll_id, payment.scheme_id, payment.payee_id,
                   payment.amount_pence, payment.status, why.reason, 'held', :at
              FROM payment JOIN unnest(CAST(:ids AS uuid[]), CAST(:reasons AS text[])) AS why (id, reason)
                ON why.id = payment.id
            ON CONFLICT (body_id, payment_id)
            DO UPDATE SET came_back = excluded.came_back, reason = excluded.reason
            """
        ),
        {"ids": ids, "reasons": [reasons[each].value for each in ids], "at": at},
    )
    once = f"staff.tell/returns_arrived/{at.astimezone(LONDON):%Y-%m-%d}"
    outbox.add(session, "staff.tell", once=once, at=at, event="returns_arrived")
    outbox.add(session, "notices.look", once=f"notices.look/{min(ids)}/{at.isoformat()}", at=at)
    tell(session, ids, by=by, at=at)
    if by is not None:
        stop_accounts(session, [each for each in ids if reasons[each] in BAD_DETAILS], by=by, at=at)
        hold_the_dead(session, [each for each in ids if reasons[each] is Reason.DECEASED], by=by, at=at)


def tell(session: Session, payment_ids: Sequence[UUID], *, by: UUID | None, at: datetime) -> None:
    """Record of each payment what became of it: one that came back is told of by itself, not with its payroll."""
    states: dict[PaymentStatus, list[UUID]] = defaultdict(list)
    for payment_id, status in session.execute(
        select(Payment.id, Payment.status).where(Payment.id == one_of(payment_ids))
    ):
        states[status].append(payment_id)
    for status, ids in states.items():
        audit.record_many(session, f"payment.{status}", ids, subject_type=Payment.__tablename__, by=by, at=at)


def follow_facts(session: Session, payment_ids: Sequence[UUID], *, at: datetime) -> None:
    """Let the cases of payments have the gravest reason of all facts by now: a later one may tell more."""
    reasons = reasons_of(session, payment_ids)
    graver = session.scalars(
        text(
            """
            UPDATE returned_payment SET reason = why.reason
              FROM unnest(CAST(:ids AS uuid[]), CAST(:reasons AS text[])) AS why (id, reason)
             WHERE payment_id = why.id AND returned_payment.reason <> why.reason
            RETURNING returned_payment.id
            """
        ),
        {"ids": list(reasons), "reasons": [reason.value for reason in reasons.values()]},
    ).all()
    table = ReturnedPayment.__tablename__
    audit.record_many(session, "return.reason_found", graver, subject_type=table, by=None, at=at)


def reasons_of(session: Session, payment_ids: Sequence[UUID]) -> dict[UUID, Reason]:
    """Of each payment the gravest reason that any fact gives for its coming back."""
    order = list(Reason)
    found = dict.fromkeys(payment_ids, Reason.UNKNOWN)
    told = select(ToldReturn.payment_id, ToldReturn.why).where(
        ToldReturn.payment_id.in_(found), ToldReturn.confirmed_at.is_not(None)
    )
    for payment_id, reason in chain(session.execute(FACTS, {"ids": list(payment_ids)}), session.execute(told)):
        found[payment_id] = min(found[payment_id], Reason(reason), key=order.index)
    return found


def stop_accounts(session: Session, payment_ids: Sequence[UUID], *, by: UUID, at: datetime) -> None:
    """Let nothing more be paid into the accounts that these payments came back from."""
    if payment_ids:
        into = select(Payment.account_id).where(Payment.id == one_of(payment_ids)).distinct()
        accounts = [account_id for account_id in session.scalars(into) if account_id is not None]
        stopped = session.scalars(
            update(Account)
            .where(Account.id == one_of(accounts), Account.stopped_at.is_(None), Account.confirmed_at.is_not(None))
            .values(stopped_as=Stopped.RETURNED, stopped_by=by, stopped_at=at)
            .returning(Account.payee_id)
            .execution_options(synchronize_session=False)
        ).all()
        of = sorted(set(stopped))
        audit.record_many(session, "bank_details.returned", of, subject_type=Payee.__tablename__, by=by, at=at)


def hold_the_dead(session: Session, payment_ids: Sequence[UUID], *, by: UUID, at: datetime) -> None:
    """Stop payments to payees of whom the bank says that the account holder has died, until somebody confirms it.

    The holder of the account is the payee, who may be an appointee: whose death it is, a person finds out.
    """
    if payment_ids:
        today = at.astimezone(LONDON).date()
        held = session.scalars(
            text(
                """
                INSERT INTO hold (body_id, id, payee_id, kind, reason, since, placed_by, placed_at)
                SELECT DISTINCT ON (payment.payee_id) payment.body_id, uuidv7(), payment.payee_id, CAST(:kind AS text),
                       CAST(:reason AS text),
                       CAST(:today AS date), CAST(:by AS uuid), CAST(:at AS timestamptz)
                  FROM payment
                 WHERE payment.id = ANY (:ids)
                   AND NOT EXISTS (SELECT FROM hold there WHERE there.body_id = payment.body_id
                                      AND there.payee_id = payment.payee_id AND there.kind = CAST(:kind AS text)
                                      AND there.lifted_at IS NULL)
                RETURNING payee_id
                """
            ).bindparams(bindparam("ids", type_=ARRAY(UuidType()))),
            {
                "ids": list(payment_ids),
                "kind": HoldKind.DECEASED.value,
                "reason": "The bank returned a payment because the account holder has died",
                "today": today,
                "by": by,
                "at": at,
            },
        ).all()
        audit.record_many(session, "hold.told_deceased", held, subject_type=Payee.__tablename__, by=by, at=at)


def get_case(session: Session, returned_id: UUID, *, lock: bool = False) -> ReturnedPayment:
    """Raises NotFound."""
    case = session.get(ReturnedPayment, (session.info["body_id"], returned_id), with_for_update=lock or None)
    if case is None:
        raise NotFound("returned payment", returned_id)
    return case


def case_of(session: Session, payment_id: UUID) -> ReturnedPayment | None:
    return session.scalars(select(ReturnedPayment).where(ReturnedPayment.payment_id == payment_id)).one_or_none()

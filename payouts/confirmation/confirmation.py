"""Answers of Confirmation of Payee: one row for each answer about one version of bank details, never changed.

An answer is about one moment. A later try that brought no answer does not take away what was answered before.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVarTuple
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, Index, Select, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.confirmation.codes import RULES, Code, Outcome
from payouts.confirmation.provider import AccountType, Answer, Silence
from payouts.payment import Payment, in_payroll, ordinals
from schemes.account import Account
from schemes.database import Base, BodyOwned, new_id, stored, to_body_row
from schemes.imports.register_import import RegisterImport
from schemes.payee import Payee
from schemes.seal import OpenKey, SealingKey, Seals

Columns = TypeVarTuple("Columns")


class Confirmation(BodyOwned, Base):
    """What was answered when a version's account holder was asked about. `sealed_name`: the name that the bank holds.

    `account_type` is what we believed the account to be. `silence` says why there is no answer.
    """

    __tablename__ = "confirmation"
    __table_args__ = (
        Index("ix_confirmation_outcome", "body_id", "outcome", "account_id"),
        Index("ix_confirmation_account", "body_id", "account_id", "asked_at"),
        to_body_row("account", "account_id"),
        CheckConstraint("sealed_name is null or code in ('MBAM', 'BAMM', 'PAMM')", name="name_on_close_match"),
        CheckConstraint("(code = 'no_answer') = (silence is not null)", name="silence_is_no_answer"),
    )

    account_id: Mapped[UUID]
    code: Mapped[Code] = mapped_column(stored(Code))
    outcome: Mapped[Outcome] = mapped_column(stored(Outcome))
    silence: Mapped[Silence | None] = mapped_column(stored(Silence))
    account_type: Mapped[AccountType] = mapped_column(stored(AccountType))
    sealed_name: Mapped[bytes | None]
    provider: Mapped[str]
    asked_by: Mapped[UUID]
    asked_at: Mapped[datetime]

    def is_old(self, now: datetime, good_for: timedelta) -> bool:
        return is_old(self.asked_at, now, good_for)


class Standing(NamedTuple):
    """The answer that a version goes by, without the name."""

    code: Code
    asked_at: datetime


@dataclass(frozen=True)
class Told:
    """What a page says of a version: the answer it goes by, the name opened, and a later try without an answer."""

    answer: Confirmation
    name: str = field(repr=False)
    no_answer_since: datetime | None


def is_old(asked_at: datetime, now: datetime, good_for: timedelta) -> bool:
    """Whether an answer is so old that the bank is asked again.

    The scheme says that an answer is about one moment; how long to go by it is the body's policy.
    """
    return now - asked_at > good_for


def is_fresh(now: datetime, good_for: timedelta) -> ColumnElement[bool]:
    """Whether a row answers, and is not too old to go by."""
    return (Confirmation.code != Code.NO_ANSWER) & (Confirmation.asked_at >= now - good_for)


def note(
    session: Session,
    key: OpenKey,
    account_id: UUID,
    account_type: AccountType,
    answer: Answer,
    *,
    provider: str,
    asked_by: UUID,
    at: datetime,
) -> Confirmation:
    """Keep an answer. key: the payee's, so that the name which the bank told goes when the payee is erased."""
    confirmation_id = new_id()
    confirmation = Confirmation(
        body_id=key.body_id,
        id=confirmation_id,
        account_id=account_id,
        code=answer.code,
        outcome=RULES[answer.code].outcome,
        silence=answer.silence,
        account_type=account_type,
        sealed_name=key.seal(answer.name.encode(), "confirmation", confirmation_id) if answer.name else None,
        provider=provider,
        asked_by=asked_by,
        asked_at=at,
    )
    session.add(confirmation)
    return confirmation


def standing(columns: Select[*Columns]) -> Select[*Columns]:
    """Of a query on Confirmation, the row that each version goes by: its last answer, else its last silence."""
    return columns.ext(distinct_on(Confirmation.account_id)).order_by(
        Confirmation.account_id,
        Confirmation.code == Code.NO_ANSWER,
        Confirmation.asked_at.desc(),
        Confirmation.id.desc(),
    )


def standing_in_payroll(
    session: Session, payroll_id: UUID, *, first: int = 1, last: int | None = None
) -> dict[UUID, Standing]:
    """Account → the answer it goes by, for every account that a payroll pays into and that has one; one query.

    first, last: the ordinals of the payments that are asked about.
    """
    paid = select(Payment.account_id).where(
        in_payroll(payroll_id),
        ordinals(first, last),
        Payment.body_id == Confirmation.body_id,
        Payment.account_id == Confirmation.account_id,
    )
    rows = session.execute(
        standing(select(Confirmation.account_id, Confirmation.code, Confirmation.asked_at).where(paid.exists()))
    )
    return {account_id: Standing(code, asked_at) for account_id, code, asked_at in rows}


def told_of(session: Session, seals: Seals, accounts: Iterable[Account]) -> dict[UUID, Told]:
    """What to say of each version that was asked about, the names opened."""
    ids = [account.id for account in accounts]
    rows = session.execute(
        standing(
            select(Confirmation, SealingKey)
            .join(Account, (Account.body_id == Confirmation.body_id) & (Account.id == Confirmation.account_id))
            .join(Payee, (Payee.body_id == Account.body_id) & (Payee.id == Account.payee_id))
            .join(SealingKey, (SealingKey.body_id == Payee.body_id) & (SealingKey.id == Payee.key_id))
            .where(Confirmation.account_id.in_(ids))
        )
    )
    latest: dict[UUID, datetime] = dict(
        session.execute(
            select(Confirmation.account_id, func.max(Confirmation.asked_at))
            .where(Confirmation.account_id.in_(ids))
            .group_by(Confirmation.account_id)
        ).all()
    )
    return {
        answer.account_id: Told(
            answer,
            opened(seals, key, answer),
            latest[answer.account_id] if latest[answer.account_id] > answer.asked_at else None,
        )
        for answer, key in rows
    }


def opened(seals: Seals, key: SealingKey, answer: Confirmation) -> str:
    """The name that the bank holds; empty where it told none, or the payee was erased since."""
    if answer.sealed_name is None or key.wrapped is None:
        return ""
    return seals.open_row(key).open(answer.sealed_name, "confirmation", answer.id).decode()


def counts_of_import(session: Session, brought: RegisterImport) -> dict[Outcome | None, int]:
    """How many versions of an import go by an answer of which class; None: never asked."""
    asked = standing(
        select(Confirmation.account_id, Confirmation.outcome)
        .join(Account, (Account.body_id == Confirmation.body_id) & (Account.id == Confirmation.account_id))
        .where(Account.import_id == brought.id)
    ).subquery()
    rows = session.execute(select(asked.c.outcome, func.count()).group_by(asked.c.outcome))
    counts: dict[Outcome | None, int] = dict(rows.all())
    never = brought.accounts_made - sum(counts.values())
    return {**counts, None: never} if never else counts

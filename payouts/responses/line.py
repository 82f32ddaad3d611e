"""What a response says, line by line, as facts that never change; and the payments that each line is about.

A fact is known by its digest: the same advice in another file, or in the same file sent again in parts, is the same
fact. What a payment's state is follows from the set of facts that are about it, in whatever order they came.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlalchemy import BigInteger, CheckConstraint, Index, String, UniqueConstraint, func, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.payment import Payment
from payouts.responses.response import Response
from payouts.returns.reason import Reason
from schemes.database import Base, BodyOwned, copy_rows, new_id, stored, to_body_row
from schemes.seal import OpenKey, Seals


class Says(StrEnum):
    """What a line says of a payment, or of every payment of a file (`about_file`)."""

    TAKEN = "taken"
    AMENDED = "amended"
    PAID = "paid"
    REJECTED = "rejected"
    RECALLED = "recalled"
    RETURNED = "returned"
    UNCLEAR = "unclear"


@dataclass(slots=True)
class Fact:
    """A line as a reader hands it over. Account numbers are in the clear for as long as it takes to seal them.

    about_file: it is about all payments of a file, found by `serial` and `processing_day`, or by `message_id`.
    code, words: the bank's own. beside: other figures, for a person to read.
    """

    says: Says
    user_number: str = ""
    serial: str = ""
    message_id: str = ""
    payment_id: str = ""
    about_file: bool = False
    sort_code: str = ""
    account_number: str = ""
    account_name: str = ""
    reference: str = ""
    amount_pence: int | None = None
    processing_day: date | None = None
    transaction_code: str = ""
    reason: Reason = Reason.UNKNOWN
    code: str = ""
    words: str = ""
    beside: dict[str, Any] = field(default_factory=dict)

    @property
    def content(self) -> tuple[str, ...]:
        """All that tells this fact from another."""
        return (
            self.says,
            self.user_number,
            self.serial,
            self.message_id,
            self.payment_id,
            str(self.about_file),
            self.sort_code,
            self.account_number,
            self.reference,
            str(self.amount_pence),
            str(self.processing_day),
            self.transaction_code,
            self.reason,
            self.code,
        )


class ResponseLine(BodyOwned, Base):
    """One line of a response. Never changed.

    digest: keyed, over all that it says and which of several alike in its file it is (`alike`, from 1; `alike_count` in
    all). fingerprint, roll_fingerprint: of the account, and of the account if the reference is a roll number, as a
    building society's is. sealed_details: sort code, account number and name, under the response's key.
    """

    __tablename__ = "response_line"
    __table_args__ = (
        UniqueConstraint("body_id", "response_id", "position"),
        Index("ix_response_line_digest", "body_id", "digest"),
        to_body_row("response", "response_id"),
        CheckConstraint("position >= 1 and alike between 1 and alike_count", name="position"),
    )

    response_id: Mapped[UUID]
    position: Mapped[int]
    says: Mapped[Says] = mapped_column(stored(Says))
    about_file: Mapped[bool]
    user_number: Mapped[str]
    serial: Mapped[str]
    message_id: Mapped[str]
    payment_ref: Mapped[str]
    reference: Mapped[str]
    amount_pence: Mapped[int | None] = mapped_column(BigInteger)
    last_four: Mapped[str]
    processing_day: Mapped[date | None]
    transaction_code: Mapped[str]
    reason: Mapped[Reason] = mapped_column(stored(Reason))
    code: Mapped[str]
    words: Mapped[str]
    beside: Mapped[dict[str, Any]] = mapped_column(JSONB)
    alike: Mapped[int]
    alike_count: Mapped[int]
    digest: Mapped[bytes]
    fingerprint: Mapped[bytes | None]
    roll_fingerprint: Mapped[bytes | None]
    sealed_details: Mapped[bytes | None]


class LineMatch(Base):
    """That a fact is about a payment. Never changed: a wrong one is outlived by further facts, or by a person's act.

    By the fact's digest, so that the same fact in another file is about the same payment. matched_by: two people, where
    it was not found by itself.
    """

    __tablename__ = "line_match"
    __table_args__ = (
        Index("ix_line_match_payment", "body_id", "payment_id"),
        to_body_row("payment", "payment_id"),
        CheckConstraint("(matched_by is null) = (confirmed_by is null)", name="by_hand"),
        CheckConstraint("matched_by <> confirmed_by", name="two_people"),
    )

    body_id: Mapped[UUID] = mapped_column(primary_key=True)
    digest: Mapped[bytes] = mapped_column(primary_key=True)
    payment_id: Mapped[UUID] = mapped_column(primary_key=True)
    matched_by: Mapped[UUID | None]
    confirmed_by: Mapped[UUID | None]
    reason: Mapped[str | None]
    matched_at: Mapped[datetime]


COLUMNS = (
    "body_id",
    "id",
    "response_id",
    "position",
    "says",
    "about_file",
    "user_number",
    "serial",
    "message_id",
    "payment_ref",
    "reference",
    "amount_pence",
    "last_four",
    "processing_day",
    "transaction_code",
    "reason",
    "code",
    "words",
    "beside",
    "alike",
    "alike_count",
    "digest",
    "fingerprint",
    "roll_fingerprint",
    "sealed_details",
)
# of what the bank wrote into a column: longer is for the file itself
MOST_SIGNS = 200


def keep(session: Session, seals: Seals, response: Response, key: OpenKey, facts: list[Fact]) -> None:
    """Write a response's lines in one sweep."""
    copy_rows(session, "response_line", COLUMNS, rows_of(seals, response, key, facts))


def rows_of(seals: Seals, response: Response, key: OpenKey, facts: list[Fact]) -> Iterator[tuple[Any, ...]]:
    body_id = response.body_id
    contents = [fact.content for fact in facts]
    counts = counted(contents)
    seen: dict[tuple[str, ...], int] = {}
    for position, (fact, content) in enumerate(zip(facts, contents, strict=True), start=1):
        seen[content] = alike = seen.get(content, 0) + 1
        line_id = new_id()
        has_account = bool(fact.sort_code and fact.account_number)
        details = "|".join((fact.sort_code, fact.account_number, fact.account_name.replace("|", " ")))
        yield (
            body_id,
            line_id,
            response.id,
            position,
            fact.says.value,
            fact.about_file,
            short(fact.user_number),
            short(fact.serial),
            short(fact.message_id),
            short(fact.payment_id),
            short(fact.reference),
            fact.amount_pence,
            fact.account_number[-4:],
            fact.processing_day,
            short(fact.transaction_code),
            fact.reason.value,
            short(fact.code),
            short(fact.words),
            Jsonb(fact.beside),
            alike,
            counts[content],
            seals.fingerprint(body_id, "response line", *content, str(alike)),
            seals.fingerprint(body_id, fact.sort_code, fact.account_number, "") if has_account else None,
            seals.fingerprint(body_id, fact.sort_code, fact.account_number, fact.reference) if has_account else None,
            key.seal(details.encode(), "response_line", line_id) if has_account else None,
        )


def counted(contents: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], int]:
    counts: dict[tuple[str, ...], int] = {}
    for content in contents:
        counts[content] = counts.get(content, 0) + 1
    return counts


def short(text: str) -> str:
    return text.replace("\0", "")[:MOST_SIGNS]


def counts_of(session: Session, response_id: UUID) -> dict[Says, int]:
    """How many of a response's lines say what."""
    counted = select(ResponseLine.says, func.count()).where(ResponseLine.response_id == response_id)
    return dict(session.execute(counted.group_by(ResponseLine.says)).all())


class LineRow(NamedTuple):
    """A line as a person reads it, with how many payments it is about, and one of them."""

    line: ResponseLine
    payments: int
    payment_id: UUID | None
    payroll_id: UUID | None
    suspense_id: UUID | None


def rows_of_response(session: Session, response_id: UUID, *, after: int = 0, limit: int = 50) -> list[LineRow]:
    """A response's lines by position, those after `after`, each with what it is about."""
    lines = session.scalars(
        select(ResponseLine)
        .where(ResponseLine.response_id == response_id, ResponseLine.position > after)
        .order_by(ResponseLine.position)
        .limit(limit)
    ).all()
    digests = [line.digest for line in lines]
    about = {
        bytes(digest): (count, payment_id, payroll_id)
        for digest, count, payment_id, payroll_id in session.execute(
            select(
                LineMatch.digest,
                func.count(),
                func.min(LineMatch.payment_id.cast(String)),
                func.min(Payment.payroll_id.cast(String)),
            )
            .join(Payment, (Payment.body_id == LineMatch.body_id) & (Payment.id == LineMatch.payment_id))
            .where(LineMatch.digest.in_(digests))
            .group_by(LineMatch.digest)
        )
    }
    waiting = {
        bytes(digest): suspense_id
        for digest, suspense_id in session.execute(
            text("SELECT digest, id FROM suspense WHERE digest = ANY (:digests) AND status IN ('waiting', 'proposed')"),
            {"digests": digests},
        )
    }
    found = []
    for line in lines:
        count, payment_id, payroll_id = about.get(bytes(line.digest), (0, None, None))
        suspense_id = waiting.get(bytes(line.digest))
        found.append(
            LineRow(
                line,
                count,
                UUID(payment_id) if payment_id else None,
                UUID(payroll_id) if payroll_id else None,
                suspense_id,
            )
        )
    return found

"""An entry of a bank statement: what it is by itself, and what of ours it was matched to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.statement.statement import StatementFile
from schemes.database import Base, BodyOwned, stored, to_body_row
from schemes.errors import NotFound
from schemes.seal import Seals, get_key


class Nature(StrEnum):
    """What an entry says of itself. A returned credit has the transaction code RA, or is a reversal (ISO 20022)."""

    RETURN = "return"
    FEE = "fee"
    OTHER = "other"


class Match(StrEnum):
    """What an entry is of ours. repeated: what another statement of the same day told in other words."""

    CONTRA = "contra"
    RETURN = "return"
    MADE_OUTSIDE = "made_outside"
    FEE = "fee"
    INTEREST = "interest"
    TRANSFER = "transfer"
    REPAYMENT = "repayment"
    WRITTEN_OFF = "written_off"
    NOT_OURS = "not_ours"
    REPEATED = "repeated"


class BankEntry(BodyOwned, Base):
    """One booking. Only what it is matched to ever changes. digest: keyed, of all that tells it from another booking.

    hint_id: the payment file that its text names. ordinal, payroll_number: of the payment that its end-to-end id names.
    reference: the payment reference in it. The bank's text is sealed. rule_id: the rule that fits its text.
    matched_by: None where it matched by itself; a person's word, that it is nothing known too, is not matched over.
    """

    __tablename__ = "bank_entry"
    __table_args__ = (
        Index("uq_bank_entry_digest", "body_id", "digest", unique=True),
        Index("ix_bank_entry_of_file", "body_id", "file_id", "id"),
        Index("ix_bank_entry_unmatched", "body_id", "id", postgresql_where=text("match is null")),
        Index("ix_bank_entry_file", "body_id", "payment_file_id", postgresql_where=text("match = 'contra'")),
        Index(
            "uq_bank_entry_returned",
            "body_id",
            "payment_id",
            unique=True,
            postgresql_where=text("match = 'return'"),
        ),
        to_body_row("bank_statement", "statement_id"),
        to_body_row("statement_file", "file_id"),
        to_body_row("bank_profile", "line_id"),
        to_body_row("payment_file", "hint_id"),
        to_body_row("payment_file", "payment_file_id"),
        to_body_row("payment", "payment_id"),
        to_body_row("bank_rule", "rule_id"),
        CheckConstraint("amount_pence > 0", name="amount_pence"),
        CheckConstraint(
            "(coalesce(match, '') = 'contra') = (payment_file_id is not null) "
            "and (coalesce(match, '') in ('return', 'made_outside')) = (payment_id is not null)",
            name="matched",
        ),
    )

    file_id: Mapped[UUID]
    statement_id: Mapped[UUID]
    line_id: Mapped[UUID]
    position: Mapped[int]
    booked_on: Mapped[date]
    amount_pence: Mapped[int] = mapped_column(BigInteger)
    is_credit: Mapped[bool]
    nature: Mapped[Nature] = mapped_column(stored(Nature))
    code: Mapped[str]
    bank_reference: Mapped[str]
    hint_id: Mapped[UUID | None]
    payroll_number: Mapped[int | None]
    ordinal: Mapped[int | None]
    reference: Mapped[str]
    sealed_text: Mapped[bytes]
    digest: Mapped[bytes]
    rule_id: Mapped[UUID | None]
    match: Mapped[Match | None] = mapped_column(stored(Match))
    payment_file_id: Mapped[UUID | None]
    payment_id: Mapped[UUID | None]
    matched_by: Mapped[UUID | None]
    matched_at: Mapped[datetime | None]


def get_entry(session: Session, entry_id: UUID, *, lock: bool = False) -> BankEntry:
    """Raises NotFound."""
    entry = session.get(BankEntry, (session.info["body_id"], entry_id), with_for_update=lock or None)
    if entry is None:
        raise NotFound("bank entry", entry_id)
    return entry


def unmatched(session: Session, *, after: UUID | None = None, limit: int = 50) -> Sequence[BankEntry]:
    """Entries of which nobody knows what they are, the oldest first; those after an id."""
    rows = select(BankEntry).where(BankEntry.match.is_(None)).order_by(BankEntry.id).limit(limit)
    if after is not None:
        rows = rows.where(BankEntry.id > after)
    return session.scalars(rows).all()


def unmatched_ids(session: Session, *, limit: int) -> Sequence[UUID]:
    """The ids of the first of them: enough to count some."""
    return session.scalars(select(BankEntry.id).where(BankEntry.match.is_(None)).limit(limit)).all()


def entries_of(session: Session, file_id: UUID, *, after: UUID | None = None, limit: int = 50) -> Sequence[BankEntry]:
    """A file's entries in the order in which they were read, those after an id."""
    rows = select(BankEntry).where(BankEntry.file_id == file_id).order_by(BankEntry.id).limit(limit)
    if after is not None:
        rows = rows.where(BankEntry.id > after)
    return session.scalars(rows).all()


def texts_of(session: Session, seals: Seals, entries: Sequence[BankEntry]) -> dict[UUID, str]:
    """What the bank wrote beside each entry, opened; nothing of one whose text was destroyed, as old ones are."""
    texts, kept = {entry.id: "" for entry in entries}, [entry for entry in entries if entry.sealed_text]
    keys = {}
    for file_id in {entry.file_id for entry in kept}:
        file = session.get_one(StatementFile, (session.info["body_id"], file_id))
        row = get_key(session, file.body_id, file.key_id)
        keys[file_id] = seals.open_row(row) if row.wrapped is not None else None
    for entry in kept:
        if (key := keys[entry.file_id]) is not None:
            texts[entry.id] = key.open(entry.sealed_text, "bank_entry", entry.id).decode()
    return texts


def counts_of(session: Session, file_id: UUID) -> dict[Match | None, tuple[int, int]]:
    """How many of a file's entries are what, and their pence."""
    rows = session.execute(
        select(BankEntry.match, func.count(), func.sum(BankEntry.amount_pence))
        .where(BankEntry.file_id == file_id)
        .group_by(BankEntry.match)
    )
    return {match: (count, int(pence)) for match, count, pence in rows}

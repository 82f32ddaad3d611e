"""Check a file: is the one that somebody is about to submit, or has submitted, the one that was approved?

Editing a downloaded file is the classic fraud, and a bank's totals do not show a swapped account. Who checked which
bytes, and what came out, is kept; the file itself is not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, BinaryIO, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, Index, select
from sqlalchemy.dialects.postgresql import JSONB, distinct_on
from sqlalchemy.orm import Mapped, Session, mapped_column

from bacs.comparison import Comparison, compare, listed
from bacs.errors import BacsError
from payouts.files.destroying import must_be_there
from payouts.files.payment_file import PaymentFile, files_of
from payouts.files.segment import open_content
from payouts.payroll import Payroll
from schemes import audit
from schemes.database import Base, BodyOwned, new_id, stored, to_body_row
from schemes.errors import NotNow, Refused
from schemes.person import Actor, Role
from schemes.seal import Seals

BLOCK = 1024 * 1024
CHECKERS = (Role.PREPARER, Role.FINANCE, Role.APPROVER, Role.RELEASER, Role.ADMINISTRATOR)


class CheckOutcome(StrEnum):
    """How a checked file stands to the approved one."""

    SAME_BYTES = "same_bytes"
    SAME_PAYMENTS = "same_payments"
    DIFFERS = "differs"


class FileCheck(BodyOwned, Base):
    """One check. `differing`: for each way to differ, how many payments do and by how many pence together."""

    __tablename__ = "file_check"
    __table_args__ = (
        Index("ix_file_check_payroll", "body_id", "payroll_id", "checked_at"),
        to_body_row("payroll", "payroll_id"),
        to_body_row("payment_file", "file_id"),
    )

    payroll_id: Mapped[UUID]
    file_id: Mapped[UUID]
    file_name: Mapped[str]
    sha256: Mapped[str]
    byte_count: Mapped[int] = mapped_column(BigInteger)
    outcome: Mapped[CheckOutcome] = mapped_column(stored(CheckOutcome))
    differing: Mapped[dict[str, Any]] = mapped_column(JSONB)
    checked_by: Mapped[UUID]
    checked_at: Mapped[datetime]


class NotAPaymentFile(Refused):
    """What was given cannot be read as payments, so nothing can be said of it but that it is not what was approved."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Checked(NamedTuple):
    """A check with the approved file it went by, and how the payments compare: None where the bytes are the same."""

    check: FileCheck
    approved: PaymentFile
    comparison: Comparison | None


def check_file(
    session: Session,
    seals: Seals,
    payroll: Payroll,
    *,
    file_name: str,
    content: BinaryIO,
    file_id: UUID | None = None,
    by: Actor,
    at: datetime,
) -> Checked:
    """Hold a file against a payroll's approved one; of several, against the one that it has most payments of.

    content: seekable. file_id: the approved file that it should be, where somebody said which; bytes that are those of
    another approved one are told as that. Raises NotAPaymentFile, NotNow for a payroll without files, NotAllowed,
    SealBroken.
    """
    by.must_be(*CHECKERS, scheme=payroll.scheme_id)
    files = files_of(session, payroll.id)
    if not files:
        raise NotNow("payroll", payroll.status, "compared with a file")
    sha256, byte_count = sha256_of(content)
    same = next((file for file in files if file.sha256 == sha256), None)
    if same is not None:
        approved, comparison = same, None
    else:
        approved, comparison = nearest(session, seals, [f for f in files if f.id == file_id] or files, content)
    check = FileCheck(
        body_id=payroll.body_id,
        id=new_id(),
        payroll_id=payroll.id,
        file_id=approved.id,
        file_name=file_name[:200],
        sha256=sha256,
        byte_count=byte_count,
        outcome=outcome_of(comparison),
        differing=dict(comparison.sums()) if comparison else {},
        checked_by=by.person_id,
        checked_at=at,
    )
    session.add(check)
    session.flush()
    audit.record(
        session,
        "file.checked",
        by=by,
        about=payroll,
        at=at,
        outcome=check.outcome.value,
        sha256=sha256,
        bytes=byte_count,
    )
    return Checked(check, approved, comparison)


def sha256_of(content: BinaryIO) -> tuple[str, int]:
    """SHA-256 and number of the bytes of a file, which is wound back."""
    running = hashlib.sha256()
    while block := content.read(BLOCK):
        running.update(block)
    size = content.tell()
    content.seek(0)
    return running.hexdigest(), size


def nearest(
    session: Session, seals: Seals, files: Sequence[PaymentFile], content: BinaryIO
) -> tuple[PaymentFile, Comparison]:
    """The approved file that a file has most payments of, and how they compare.

    Raises NotAPaymentFile, FileDestroyed.
    """
    try:
        given = list(listed(content))
    except BacsError as error:
        raise NotAPaymentFile(str(error)) from None
    for file in files:
        must_be_there(session, file)
    compared = [(file, compare(listed(open_content(session, seals, file)), given)) for file in files]
    return max(compared, key=lambda pair: pair[1].same_count)


def outcome_of(comparison: Comparison | None) -> CheckOutcome:
    if comparison is None:
        return CheckOutcome.SAME_BYTES
    return CheckOutcome.SAME_PAYMENTS if comparison.is_same else CheckOutcome.DIFFERS


def last_checks(session: Session, payroll_id: UUID) -> dict[UUID, FileCheck]:
    """The newest check of each of a payroll's files."""
    newest = (
        select(FileCheck)
        .where(FileCheck.payroll_id == payroll_id)
        .ext(distinct_on(FileCheck.file_id))
        .order_by(FileCheck.file_id, FileCheck.checked_at.desc(), FileCheck.id.desc())
    )
    return {check.file_id: check for check in session.scalars(newest)}


def checks_of(session: Session, payroll_id: UUID, *, limit: int = 20) -> Sequence[FileCheck]:
    """The checks of a payroll's files, newest first."""
    return session.scalars(
        select(FileCheck)
        .where(FileCheck.payroll_id == payroll_id)
        .order_by(FileCheck.checked_at.desc(), FileCheck.id.desc())
        .limit(limit)
    ).all()

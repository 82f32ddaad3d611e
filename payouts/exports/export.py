"""An export: a journal as CSV or XLSX, recorded with its digest. The same entries again are the same bytes.

Nothing in a file depends on when or by whom it was made: a workbook has a fixed time of creation.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import IO
from uuid import UUID

import xlsxwriter
from sqlalchemy import BigInteger, CheckConstraint, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.exports.journal import JournalDiffers, NothingPosted, Scope, ledger_pence, lines_of
from payouts.exports.profile import PROFILES, Cell, ProfileName
from schemes import audit
from schemes.database import Base, BodyOwned, new_id, stored, to_body_row
from schemes.imports.refused import harmless
from schemes.person import Actor, Role

TAKERS = (Role.FINANCE, Role.AUDITOR)
MADE = datetime(2000, 1, 1, tzinfo=UTC)
"""The time of creation that every workbook has."""


class Form(StrEnum):
    """What an export is written as."""

    CSV = "csv"
    XLSX = "xlsx"


class LedgerExport(BodyOwned, Base):
    """One export that was given out: of a payroll, or of a period. Never changed."""

    __tablename__ = "ledger_export"
    __table_args__ = (
        Index("ix_ledger_export_made", "body_id", "made_at"),
        to_body_row("payroll", "payroll_id"),
        CheckConstraint("(payroll_id is null) = (first_day is not null and last_day is not null)", name="scope"),
    )

    payroll_id: Mapped[UUID | None]
    first_day: Mapped[date | None]
    last_day: Mapped[date | None]
    profile: Mapped[ProfileName] = mapped_column(stored(ProfileName))
    form: Mapped[Form] = mapped_column(stored(Form))
    line_count: Mapped[int]
    total_pence: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    made_by: Mapped[UUID]
    made_at: Mapped[datetime]


def export(
    session: Session, scope: Scope, profile: ProfileName, form: Form, *, to: IO[bytes], by: Actor, at: datetime
) -> LedgerExport:
    """Write a journal, and record it. Debits, credits and the ledger's own sums agree, or nothing is written.

    Raises JournalDiffers, NothingPosted, NotAllowed.
    """
    by.must_be(*TAKERS)
    written = io.BytesIO()
    count, debit_pence, credit_pence = WRITERS[form](session, scope, profile, written)
    total = ledger_pence(session, scope)
    if not count:
        raise NothingPosted
    if not debit_pence == credit_pence == total:
        raise JournalDiffers(debit_pence, total)
    content = written.getbuffer()
    made = LedgerExport(
        body_id=by.body_id,
        id=new_id(),
        payroll_id=scope.payroll_id,
        first_day=None if scope.payroll_id else scope.first_day,
        last_day=None if scope.payroll_id else scope.last_day,
        profile=profile,
        form=form,
        line_count=count,
        total_pence=total,
        sha256=hashlib.sha256(content).hexdigest(),
        made_by=by.person_id,
        made_at=at,
    )
    session.add(made)
    session.flush()
    to.write(content)
    audit.record(session, "ledger.exported", by=by, about=made, at=at, lines=count, sha256=made.sha256)
    return made


def rows_of(session: Session, scope: Scope, profile: ProfileName, tally: list[int]) -> Iterator[list[Cell]]:
    """The cells of each line; `tally` counts lines, debits and credits as they go by."""
    columns = PROFILES[profile].columns
    for line in lines_of(session, scope):
        tally[0] += 1
        tally[1] += line.debit_pence
        tally[2] += line.credit_pence
        yield [cell(line) for _, cell in columns]


def write_csv(session: Session, scope: Scope, profile: ProfileName, to: IO[bytes]) -> tuple[int, int, int]:
    tally = [0, 0, 0]
    text = io.TextIOWrapper(to, "utf-8-sig", newline="", write_through=True)
    rows = csv.writer(text)
    rows.writerow([name for name, _ in PROFILES[profile].columns])
    for cells in rows_of(session, scope, profile, tally):
        rows.writerow([pounds(cell) if isinstance(cell, int) else harmless(cell) for cell in cells])
    text.detach()
    return tally[0], tally[1], tally[2]


def write_xlsx(session: Session, scope: Scope, profile: ProfileName, to: IO[bytes]) -> tuple[int, int, int]:
    tally = [0, 0, 0]
    book = xlsxwriter.Workbook(to, {"in_memory": True, "constant_memory": True, "strings_to_formulas": False})
    book.set_properties({"created": MADE, "author": "", "comments": ""})
    sheet = book.add_worksheet("Journal")
    amount = book.add_format({"num_format": "#,##0.00"})
    sheet.write_row(0, 0, [name for name, _ in PROFILES[profile].columns])
    for number, cells in enumerate(rows_of(session, scope, profile, tally), start=1):
        for place, cell in enumerate(cells):
            if isinstance(cell, int):
                sheet.write_number(number, place, Decimal(cell).scaleb(-2), amount)
            else:
                sheet.write_string(number, place, cell)
    book.close()
    return tally[0], tally[1], tally[2]


WRITERS: dict[Form, Callable[[Session, Scope, ProfileName, IO[bytes]], tuple[int, int, int]]] = {
    Form.CSV: write_csv,
    Form.XLSX: write_xlsx,
}


def pounds(pence: int) -> str:
    sign = "-" if pence < 0 else ""
    return f"{sign}{abs(pence) // 100}.{abs(pence) % 100:02d}"


def exports(session: Session, *, limit: int = 50) -> Sequence[LedgerExport]:
    """The last exports, newest first."""
    return session.scalars(
        select(LedgerExport).order_by(LedgerExport.made_at.desc(), LedgerExport.id.desc()).limit(limit)
    ).all()

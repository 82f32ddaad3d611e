"""An export: a journal as CSV or XLSX, recorded with its digest, and kept: taken again, it is the same bytes.

Nothing in a file depends on when or by whom it was made: a workbook has a fixed time of creation. So the same entries
under the same codes and profile are the same bytes; and what was given out stays what it was, whatever is posted, coded
or laid out otherwise later.
"""

from __future__ import annotations

import csv
import hashlib
import io
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import IO
from uuid import UUID

import xlsxwriter
from sqlalchemy import BigInteger, CheckConstraint, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.exports.codes import LedgerCodes, Missing, newest_codes
from payouts.exports.journal import CodesMissing, JournalDiffers, NothingPosted, Scope, ledger_pence, lines_of
from payouts.exports.own_profile import ExportProfile
from payouts.exports.profile import PROFILES, Cell, Profile, ProfileName
from payouts.payroll import Payroll
from schemes import audit
from schemes.database import Base, BodyOwned, new_id, stored, to_body_row
from schemes.errors import NotFound
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
    """One export that was given out: of a payroll, or of a period. Never changed.

    profile: one that comes with the service, or profile_id: a version of one of the body's own. codes_id: the version
    of the accounts' codes. content: the file itself, compressed; it holds sums, and nothing of any person.
    """

    __tablename__ = "ledger_export"
    __table_args__ = (
        Index("ix_ledger_export_made", "body_id", "made_at"),
        to_body_row("payroll", "payroll_id"),
        to_body_row("export_profile", "profile_id"),
        to_body_row("ledger_codes", "codes_id"),
        CheckConstraint("(profile is null) <> (profile_id is null)", name="profile"),
        CheckConstraint("(payroll_id is null) = (first_day is not null and last_day is not null)", name="scope"),
    )

    payroll_id: Mapped[UUID | None]
    first_day: Mapped[date | None]
    last_day: Mapped[date | None]
    profile: Mapped[ProfileName | None] = mapped_column(stored(ProfileName))
    profile_id: Mapped[UUID | None]
    codes_id: Mapped[UUID | None]
    form: Mapped[Form] = mapped_column(stored(Form))
    line_count: Mapped[int]
    total_pence: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    made_by: Mapped[UUID]
    made_at: Mapped[datetime]
    content: Mapped[bytes | None] = mapped_column(deferred=True)


@dataclass
class Tally:
    """What went by while a journal was written."""

    lines: int = 0
    debit_pence: int = 0
    credit_pence: int = 0
    uncoded: dict[Missing, None] = field(default_factory=dict)


def export(
    session: Session,
    scope: Scope,
    layout: ProfileName | ExportProfile,
    form: Form,
    *,
    to: IO[bytes],
    by: Actor,
    at: datetime,
) -> LedgerExport:
    """Write a journal, and record it. Debits, credits and the ledger's own sums agree, or nothing is written.

    Raises JournalDiffers, NothingPosted, CodesMissing, NotAllowed.
    """
    by.must_be(*TAKERS)
    own = layout if isinstance(layout, ExportProfile) else None
    profile = layout.profile if isinstance(layout, ExportProfile) else PROFILES[layout]
    written, codes, tally = io.BytesIO(), newest_codes(session), Tally()
    WRITERS[form](profile, rows_of(session, scope, profile, codes, tally), written)
    total = ledger_pence(session, scope)
    if not tally.lines:
        raise NothingPosted
    if not tally.debit_pence == tally.credit_pence == total:
        raise JournalDiffers(tally.debit_pence, total)
    if profile.codes_needed and tally.uncoded:
        raise CodesMissing(tuple(tally.uncoded))
    content = written.getvalue()
    made = LedgerExport(
        body_id=by.body_id,
        id=new_id(),
        payroll_id=scope.payroll_id,
        first_day=None if scope.payroll_id else scope.first_day,
        last_day=None if scope.payroll_id else scope.last_day,
        profile=None if isinstance(layout, ExportProfile) else layout,
        profile_id=own.id if own else None,
        codes_id=codes.id if codes else None,
        form=form,
        line_count=tally.lines,
        total_pence=total,
        sha256=hashlib.sha256(content).hexdigest(),
        made_by=by.person_id,
        made_at=at,
        content=zlib.compress(content, 9),
    )
    session.add(made)
    session.flush()
    to.write(content)
    audit.record(session, "ledger.exported", by=by, about=made, at=at, lines=tally.lines, sha256=made.sha256)
    return made


def take_again(session: Session, export_id: UUID, *, by: Actor, at: datetime) -> tuple[LedgerExport, bytes | None]:
    """An export's own bytes; None of one that was made before they were kept. Raises NotFound, NotAllowed."""
    by.must_be(*TAKERS)
    made = session.get(LedgerExport, (by.body_id, export_id))
    if made is None:
        raise NotFound("export", export_id)
    content = zlib.decompress(made.content) if made.content is not None else None
    assert content is None or hashlib.sha256(content).hexdigest() == made.sha256, "an export never changes"
    audit.record(session, "ledger.export_taken_again", by=by, about=made, at=at, sha256=made.sha256)
    return made, content


def rows_of(
    session: Session, scope: Scope, profile: Profile, codes: LedgerCodes | None, tally: Tally
) -> Iterator[list[Cell]]:
    """The cells of each line; `tally` counts them as they go by."""
    for line in lines_of(session, scope, codes):
        tally.lines += 1
        tally.debit_pence += line.debit_pence
        tally.credit_pence += line.credit_pence
        if (uncoded := line.uncoded) is not None:
            tally.uncoded[uncoded] = None
        yield profile.cells(line)


def write_csv(profile: Profile, lines: Iterator[list[Cell]], to: IO[bytes]) -> None:
    text = io.TextIOWrapper(to, "utf-8-sig", newline="", write_through=True)
    rows = csv.writer(text, delimiter=profile.delimiter.value)
    if profile.headings:
        rows.writerow([harmless(column.heading) for column in profile.columns])
    for cells in lines:
        rows.writerow([profile.written(cell) if isinstance(cell, int) else harmless(cell) for cell in cells])
    text.detach()


def write_xlsx(profile: Profile, lines: Iterator[list[Cell]], to: IO[bytes]) -> None:
    book = xlsxwriter.Workbook(to, {"in_memory": True, "constant_memory": True, "strings_to_formulas": False})
    book.set_properties({"created": MADE, "author": "", "comments": ""})
    sheet = book.add_worksheet("Journal")
    amount = book.add_format({"num_format": "#,##0.00"})
    if profile.headings:
        for place, column in enumerate(profile.columns):
            sheet.write_string(0, place, column.heading)
    for number, cells in enumerate(lines, start=1 if profile.headings else 0):
        for place, cell in enumerate(cells):
            if isinstance(cell, int):
                sheet.write_number(number, place, Decimal(cell).scaleb(-2), amount)
            else:
                sheet.write_string(number, place, cell)
    book.close()


WRITERS: dict[Form, Callable[[Profile, Iterator[list[Cell]], IO[bytes]], None]] = {
    Form.CSV: write_csv,
    Form.XLSX: write_xlsx,
}


def exports(session: Session, *, limit: int = 50) -> Sequence[tuple[LedgerExport, int | None]]:
    """The last exports, newest first, each with the number of the payroll that it is of."""
    rows = session.execute(
        select(LedgerExport, Payroll.number)
        .outerjoin(Payroll, (Payroll.body_id == LedgerExport.body_id) & (Payroll.id == LedgerExport.payroll_id))
        .order_by(LedgerExport.made_at.desc(), LedgerExport.id.desc())
        .limit(limit)
    )
    return [(made, number) for made, number in rows]

"""A file of one-off payments: sent by one person, entered as a whole or by its good rows, confirmed by another.

The file itself is kept, sealed, until somebody says what becomes of it. Sent again it changes nothing: each row has
the permanent key of its payment.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, func, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes import audit
from schemes.behind_key import people_behind
from schemes.database import Base, BodyOwned, copy_rows, new_id, stored, take_turns, to_body_row
from schemes.errors import NotFound, NotNow, ReasonNotGiven, SamePerson
from schemes.imports.one_off_rows import Read, read_file
from schemes.imports.register_import import NotWhole
from schemes.one_off import CONFIRMERS, PROPOSERS, enter_alone
from schemes.one_off_payment import WAITING, OneOff
from schemes.person import Actor
from schemes.scheme import get_scheme
from schemes.seal import Seals, get_key

MOST_FAULTS = 500


class OneOffFileStatus(StrEnum):
    """Where a file is."""

    READ = "read"
    ENTERED = "entered"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    DISCARDED = "discarded"


MOVES: dict[tuple[OneOffFileStatus, OneOffFileStatus], str] = {
    (OneOffFileStatus.READ, OneOffFileStatus.ENTERED): "all rows, or the good ones, are entered",
    (OneOffFileStatus.READ, OneOffFileStatus.DISCARDED): "nothing of it is wanted",
    (OneOffFileStatus.ENTERED, OneOffFileStatus.CONFIRMED): "a second person confirmed what was entered",
    (OneOffFileStatus.ENTERED, OneOffFileStatus.REJECTED): "a second person wants none of it paid",
}


class OneOffFile(BodyOwned, Base):
    """One file. Counts are of rows, `good_pence` is the sum of those to be entered.

    faults: of the first refused rows, a line each with what is wrong by field. sealed_content: until it is decided.
    """

    __tablename__ = "one_off_file"
    __table_args__ = (
        to_body_row("scheme", "scheme_id"),
        to_body_row("sealing_key", "key_id"),
        Index("ix_one_off_file_made", "body_id", "made_at"),
        CheckConstraint("confirmed_by is null or confirmed_by <> made_by", name="two_people"),
    )

    scheme_id: Mapped[UUID]
    file_name: Mapped[str]
    sha256: Mapped[str]
    key_id: Mapped[UUID]
    sealed_content: Mapped[bytes | None] = mapped_column(deferred=True)
    status: Mapped[OneOffFileStatus] = mapped_column(stored(OneOffFileStatus), default=OneOffFileStatus.READ)
    rows_good: Mapped[int]
    rows_unchanged: Mapped[int]
    rows_refused: Mapped[int]
    good_pence: Mapped[int] = mapped_column(BigInteger)
    faults: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    made_by: Mapped[UUID]
    made_at: Mapped[datetime]
    confirmed_by: Mapped[UUID | None]
    confirmed_at: Mapped[datetime | None]


def move(file: OneOffFile, to: OneOffFileStatus) -> None:
    """The one door to a file's status. Raises NotNow."""
    if (file.status, to) not in MOVES:
        raise NotNow("file", file.status, to)
    file.status = to


def begin(
    session: Session,
    seals: Seals,
    *,
    file_id: UUID,
    scheme_id: UUID,
    file_name: str,
    content: bytes,
    by: Actor,
    at: datetime,
) -> OneOffFile:
    """Take a file in and read it; nothing is entered yet. The same id again is the same file.

    Raises FileRefused for one that cannot be read at all, NotFound, NotAllowed.
    """
    by.must_be(*PROPOSERS, scheme=scheme_id)
    take_turns(session, f"one-off file {file_id}")
    there = session.get(OneOffFile, (by.body_id, file_id))
    if there is not None:
        return there
    scheme = get_scheme(session, scheme_id)
    rows = read_file(session, scheme.id, content)
    key_row, key = seals.make(by.body_id, at)
    session.add(key_row)
    session.flush()
    file = OneOffFile(
        body_id=by.body_id,
        id=file_id,
        scheme_id=scheme.id,
        file_name=file_name[:200],
        sha256=hashlib.sha256(content).hexdigest(),
        key_id=key_row.id,
        sealed_content=key.seal(content, "one_off_file", file_id),
        **counts_of(rows),
        made_by=by.person_id,
        made_at=at,
    )
    session.add(file)
    session.flush()
    good, refused = file.rows_good, file.rows_refused
    audit.record(session, "one_off_file.read", by=by, about=file, at=at, sha256=file.sha256, good=good, refused=refused)
    return file


def counts_of(rows: Sequence[Read]) -> dict[str, Any]:
    new = [row for row in rows if row.is_new]
    refused = [row for row in rows if row.faults]
    return {
        "rows_good": len(new),
        "rows_unchanged": len(rows) - len(new) - len(refused),
        "rows_refused": len(refused),
        "good_pence": sum(row.wanted.amount_pence for row in new if row.wanted),
        "faults": [
            {"line": row.line, "reference": row.reference, "faults": [fault.as_json() for fault in row.faults]}
            for row in refused[:MOST_FAULTS]
        ],
    }


def enter(session: Session, seals: Seals, file: OneOffFile, *, whole: bool, by: Actor, at: datetime) -> int:
    """Enter the good rows, or all rows or none, of a file locked by the caller; returns how many.

    The rows are read anew beside the register as it is now. Whoever sent the file has entered them. Saying it twice is
    saying it once. Raises NotWhole, NotNow, NotAllowed.
    """
    by.must_be(*PROPOSERS, scheme=file.scheme_id)
    if file.status is OneOffFileStatus.ENTERED:
        return file.rows_good
    enter_alone(session, file.scheme_id)
    assert file.sealed_content is not None or file.status is not OneOffFileStatus.READ
    move(file, OneOffFileStatus.ENTERED)
    key = seals.open_row(get_key(session, file.body_id, file.key_id))
    rows = read_file(session, file.scheme_id, key.open(file.sealed_content or b"", "one_off_file", file.id))
    if whole and (refused := sum(bool(row.faults) for row in rows)):
        raise NotWhole(refused)
    for name, value in counts_of(rows).items():
        setattr(file, name, value)
    file.sealed_content = None
    session.flush()
    copy_rows(session, "one_off", ONE_OFF, (row_of(file, row, at=at) for row in rows if row.is_new))
    audit.record(session, "one_off_file.entered", by=by, about=file, at=at, good=file.rows_good, whole=whole)
    return file.rows_good


ONE_OFF = (
    "body_id", "id", "scheme_id", "beneficiary_id", "payee_id", "component", "period_first_day", "period_last_day",
    "sequence", "amount_pence", "pay_from", "reason", "further_because", "file_id", "proposed_by", "proposed_at",
)  # fmt: skip


def row_of(file: OneOffFile, row: Read, *, at: datetime) -> tuple[Any, ...]:
    wanted, resolved = row.wanted, row.resolved
    assert wanted is not None, "only good rows are entered"
    assert resolved is not None, "only good rows are entered"
    return (
        file.body_id,
        new_id(),
        file.scheme_id,
        wanted.beneficiary_id,
        resolved.payee_id,
        resolved.thing.component,
        resolved.period.first_day,
        resolved.period.last_day,
        resolved.sequence,
        wanted.amount_pence,
        wanted.pay_from,
        wanted.reason.strip(),
        wanted.further_because.strip() or None,
        file.id,
        file.made_by,
        at,
    )


def discard(session: Session, file: OneOffFile, *, by: Actor, at: datetime) -> None:
    """Keep nothing of a file. Twice is once. Raises NotNow once its rows are entered, NotAllowed."""
    by.must_be(*PROPOSERS, scheme=file.scheme_id)
    if file.status is OneOffFileStatus.DISCARDED:
        return
    move(file, OneOffFileStatus.DISCARDED)
    file.sealed_content, file.faults = None, []
    audit.record(session, "one_off_file.discarded", by=by, about=file, at=at)


def confirm(session: Session, file: OneOffFile, *, by: Actor, at: datetime) -> int:
    """A second person confirms what a file has entered and nobody has ended since; returns how many.

    On a row locked by the caller. Saying it twice is saying it once. Raises SamePerson, NotNow, NotAllowed.
    """
    by.must_be(*CONFIRMERS, scheme=file.scheme_id)
    if by.person_id in people_behind(session, {file.made_by}):
        raise SamePerson("sent this file")
    if file.confirmed_by == by.person_id:
        mine = (OneOff.file_id == file.id, OneOff.confirmed_at == file.confirmed_at)
        return session.scalar(select(func.count()).where(*mine)) or 0
    move(file, OneOffFileStatus.CONFIRMED)
    file.confirmed_by, file.confirmed_at, file.faults = by.person_id, at, []
    count: int = session.execute(
        update(OneOff)
        .where(OneOff.file_id == file.id, WAITING)
        .values(confirmed_by=by.person_id, confirmed_at=at)
        .execution_options(synchronize_session=False)
    ).rowcount  # type: ignore[attr-defined]
    audit.record(session, "one_off_file.confirmed", by=by, about=file, at=at, count=count)
    return count


def reject(session: Session, file: OneOffFile, *, reason: str, by: Actor, at: datetime) -> None:
    """Reject all that a file has entered and nobody confirmed, or withdraw one's own file.

    On a row locked by the caller. Raises NotNow, ReasonNotGiven, NotAllowed.
    """
    if by.person_id != file.made_by:
        by.must_be(*CONFIRMERS, scheme=file.scheme_id)
    if file.status is OneOffFileStatus.REJECTED:
        return
    if not reason.strip():
        raise ReasonNotGiven("reject this file")
    move(file, OneOffFileStatus.REJECTED)
    file.faults = []
    session.execute(
        update(OneOff)
        .where(OneOff.file_id == file.id, WAITING)
        .values(ended_by=by.person_id, ended_at=at, ended_because=reason.strip())
        .execution_options(synchronize_session=False)
    )
    audit.record(session, "one_off_file.rejected", by=by, about=file, at=at)


def get_file(session: Session, file_id: UUID, *, lock: bool = False) -> OneOffFile:
    """Raises NotFound."""
    file = session.get(OneOffFile, (session.info["body_id"], file_id), with_for_update=lock or None)
    if file is None:
        raise NotFound("file of one-off payments", file_id)
    return file


def files_of_body(session: Session, *, limit: int = 20) -> Sequence[OneOffFile]:
    """The body's files, newest first."""
    return session.scalars(select(OneOffFile).order_by(OneOffFile.made_at.desc()).limit(limit)).all()


def undecided(session: Session, *, limit: int = 20) -> Sequence[OneOffFile]:
    """Files that wait for somebody, newest first."""
    waiting = (OneOffFileStatus.READ, OneOffFileStatus.ENTERED)
    files = select(OneOffFile).where(OneOffFile.status.in_(waiting)).order_by(OneOffFile.made_at.desc())
    return session.scalars(files.limit(limit)).all()

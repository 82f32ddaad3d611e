"""The versions of a scheme: each is a whole definition, counts from a day on, and is never changed.

A version replaces, from its first day on, whatever stood for that day and later. A payroll keeps the number of the
version that it was created under, so no version touches an open payroll.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import Date, UniqueConstraint, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from bacs.calendar import Calendar
from bacs.errors import DateBeyondCalendar
from schemes import audit
from schemes.database import Base, BodyOwned, ask, new_id, to_body_row
from schemes.definition import Definition, definition_from, definition_json
from schemes.errors import NotFound
from schemes.period import DAY, NoPeriod, Period, Schedule, pay_date_of, period_of, period_paid_on, periods_between
from schemes.person import Actor

HALF_A_YEAR = timedelta(days=183)


class SchemeVersion(BodyOwned, Base):
    """A definition, and the day from which it counts. change_id: the proposal that made it; None: the operator did."""

    __tablename__ = "scheme_version"
    __table_args__ = (
        UniqueConstraint("body_id", "scheme_id", "number"),
        to_body_row("scheme", "scheme_id"),
        to_body_row("change", "change_id"),
    )

    scheme_id: Mapped[UUID]
    number: Mapped[int]
    effective_from: Mapped[date] = mapped_column(Date)
    kept: Mapped[dict[str, Any]] = mapped_column("definition", JSONB)
    change_id: Mapped[UUID | None]
    made_at: Mapped[datetime]

    @property
    def definition(self) -> Definition:
        return definition_from(self.kept)


def versions_of(session: Session, scheme_id: UUID) -> Sequence[SchemeVersion]:
    """All versions of a scheme, newest first: a handful."""
    versions = select(SchemeVersion).where(SchemeVersion.scheme_id == scheme_id)
    return session.scalars(versions.order_by(SchemeVersion.number.desc())).all()


class Terms(NamedTuple):
    """What a version says, its definition read once for each process."""

    number: int
    effective_from: date
    definition: Definition


READ: dict[str, Definition] = {}
"""Definitions by the digest of what is kept, so that one that was changed in place is read anew."""
MOST_READ = 5000


def terms_of(session: Session, scheme_id: UUID) -> list[Terms]:
    """What all versions of a scheme say, newest first, for what is asked at each call."""
    found = ask(session, VERSIONS, scheme_id=scheme_id)
    read = {row.digest: READ[row.digest] for row in found if row.digest in READ}
    if any(row.digest not in read for row in found):
        kept = ask(session, DEFINITIONS, scheme_id=scheme_id)
        read = {row.digest: definition_from(row.definition) for row in kept}
        if len(READ) < MOST_READ:
            READ.update(read)
    return [Terms(row.number, row.effective_from, read[row.digest]) for row in found]


VERSIONS = """
    SELECT number, effective_from, md5(definition::text) AS digest
    FROM scheme_version WHERE scheme_id = %(scheme_id)s ORDER BY number DESC
    """
DEFINITIONS = "SELECT md5(definition::text) AS digest, definition FROM scheme_version WHERE scheme_id = %(scheme_id)s"


def version_of(session: Session, scheme_id: UUID, number: int) -> SchemeVersion:
    """Raises NotFound."""
    wanted = (SchemeVersion.scheme_id == scheme_id) & (SchemeVersion.number == number)
    found = session.scalars(select(SchemeVersion).where(wanted)).one_or_none()
    if found is None:
        raise NotFound("scheme version", number)
    return found


def newest(session: Session, scheme_id: UUID) -> SchemeVersion:
    """The version confirmed last, whether or not its day has come. Raises NotFound."""
    found = versions_of(session, scheme_id)
    if not found:
        raise NotFound("scheme version", scheme_id)
    return found[0]


Version = TypeVar("Version", SchemeVersion, Terms)


def in_effect(versions: Sequence[Version], day: date) -> Version | None:
    """The version that counts for a period beginning on a day: of those from then or earlier, the newest."""
    return next((version for version in versions if version.effective_from <= day), None)


def period_about(versions: Sequence[Version], day: date) -> tuple[Version, Period]:
    """The period that a day lies in, and the version that counts for it. versions: newest first. Raises NoPeriod."""
    for version in versions:
        try:
            period = period_of(version.definition.schedule, day)
        except NoPeriod:
            continue
        if in_effect(versions, period.first_day) is version:
            return version, period
    raise NoPeriod(day)


def paid_on(versions: Sequence[SchemeVersion], pay_date: date, calendar: Calendar) -> tuple[SchemeVersion, Period]:
    """The period that a pay date belongs to, and the version that counts for it. Raises NoPeriod, DateBeyondCalendar.

    versions: newest first. Around the day of a new version two could claim the date: the nearer pay date has it.
    """
    found: list[tuple[int, int, SchemeVersion, Period]] = []
    for place, version in enumerate(versions):
        schedule = version.definition.schedule
        try:
            period = period_paid_on(schedule, pay_date, calendar)
        except NoPeriod:
            continue
        if in_effect(versions, period.first_day) is version:
            own = pay_date_of(schedule, period, calendar) or pay_date
            found.append((abs((own - pay_date).days), place, version, period))
    if not found:
        raise NoPeriod(pay_date)
    _, _, version, period = min(found, key=lambda each: each[:2])
    return version, period


def add_version(
    session: Session,
    scheme_id: UUID,
    definition: Definition,
    *,
    number: int,
    effective_from: date,
    change_id: UUID | None,
    by: Actor | None,
    at: datetime,
) -> SchemeVersion:
    """Keep a version, for callers that have looked at it: `scheme_change` and `scheme.add`."""
    version = SchemeVersion(
        body_id=session.info["body_id"],
        id=new_id(),
        scheme_id=scheme_id,
        number=number,
        effective_from=effective_from,
        kept=definition_json(definition),
        change_id=change_id,
        made_at=at,
    )
    session.add(version)
    session.flush()
    audit.record(session, "scheme.version_added", by=by, about=version, at=at, number=number)
    return version


class Coming(NamedTuple):
    """A period still to come. pay_date None: a person chooses it or, where not is_known, bank holidays are unknown."""

    period: Period
    number: int
    pay_date: date | None
    is_known: bool


def coming(versions: Sequence[SchemeVersion], first: date, last: date, calendar: Calendar) -> Iterator[Coming]:
    """The periods from one day to another, each under the version that counts for it. versions: newest first."""
    schedules = {version.number: version.definition.schedule for version in versions}
    day = first
    while day <= last:
        version = in_effect(versions, day)
        starts = [each.effective_from for each in versions if each.effective_from > day]
        later = [each for each in starts if version is None or in_effect(versions, each) is not version]
        until = min([*later, last + DAY]) - DAY
        if version is not None:
            for period in periods_between(schedules[version.number], day, until):
                yield told(version.number, schedules[version.number], period, calendar)
        day = until + DAY


def told(number: int, schedule: Schedule, period: Period, calendar: Calendar) -> Coming:
    try:
        return Coming(period, number, pay_date_of(schedule, period, calendar), is_known=True)
    except DateBeyondCalendar:
        return Coming(period, number, None, is_known=False)


def next_paid(versions: Sequence[SchemeVersion], earliest: date, calendar: Calendar) -> Coming | None:
    """The first period that the rule pays on a day or after it; None where a person chooses the day.

    A period may be paid long after it ended, so the search begins half a year before.
    """
    found = coming(versions, earliest - HALF_A_YEAR, earliest + HALF_A_YEAR, calendar)
    return next((each for each in found if each.pay_date is not None and each.pay_date >= earliest), None)

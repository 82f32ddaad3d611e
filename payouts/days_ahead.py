"""The days that lie ahead: what is paid, sent and decided when, by the payrolls that there are and by the schedules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from bacs.calendar import Calendar
from bacs.errors import DateBeyondCalendar, NotAWorkingDay
from payouts.gates.deadline import Offices, plan
from payouts.gates.gate import gates_of
from payouts.payroll import GONE_FROM_HERE, Payroll, PayrollKind, PayrollStatus
from schemes import office_days
from schemes.bank_profile import newest_profile
from schemes.definition import Definition
from schemes.freeze import freezes_between
from schemes.scheme import Scheme, schemes_of_body
from schemes.scheme_version import coming, versions_of

HALF_A_YEAR = timedelta(days=183)
BEFORE_PAY_DAY = timedelta(days=45)
"""A gate is decided no longer before its pay day: ten office days and the Bacs cycle, over Christmas too."""


class DayKind(StrEnum):
    """What a day is for."""

    GATE_DUE = "gate_due"
    PLANNED_INPUT = "planned_input"
    LAST_INPUT = "last_input"
    PROCESSING = "processing"
    PAY_DAY = "pay_day"
    BANK_HOLIDAY = "bank_holiday"
    OFFICE_CLOSED = "office_closed"
    NO_RELEASE = "no_release"


class Entry(NamedTuple):
    """One thing on one day. at: by when, where there is an hour. what: the gate, or what a closed day is called.

    payroll_id, number: of a payroll that is there; without them it is what the schedule says. about: the id of the
    payroll, scheme or freeze, the same whenever it is asked for.
    """

    day: date
    kind: DayKind
    at: datetime | None
    scheme: str
    what: str
    payroll_id: UUID | None
    number: int | None
    about: UUID | None


class Asked(NamedTuple):
    """What the days of one payroll, or of one to come, are worked out from. gates: names and their office days."""

    scheme: Scheme
    pay_date: date
    processing_day: date
    deadline_at: datetime
    gates: list[tuple[str, int]]
    payroll: Payroll | None


def days_between(session: Session, bacs: Calendar, first: date, last: date) -> list[Entry]:
    """All that is on these days, both included, day by day."""
    days = office_days.current(session)
    offices = Offices(office_days.calendar_of(days), bacs, days.early_days)
    found = [entry for asked in all_asked(session, bacs, first, last) for entry in entries_of(offices, asked)]
    names = dict(days.closed)
    for day in each_day(first, last):
        if day.weekday() < 5 and day in bacs.holidays:
            found.append(plain(day, DayKind.BANK_HOLIDAY))
        if day.weekday() < 5 and day in offices.office.holidays:
            found.append(plain(day, DayKind.OFFICE_CLOSED, names.get(day, "")))
    for frozen in freezes_between(session, first, last):
        what = "urgent" if frozen.urgent_allowed else ""
        found += [
            plain(day, DayKind.NO_RELEASE, what, frozen.id)
            for day in each_day(max(first, frozen.first_day), min(last, frozen.last_day))
        ]
    order = list(DayKind)
    inside = [entry for entry in found if first <= entry.day <= last]
    return sorted(inside, key=lambda entry: (entry.day, order.index(entry.kind), entry.scheme, entry.number or 0))


def plain(day: date, kind: DayKind, what: str = "", about: UUID | None = None) -> Entry:
    return Entry(day, kind, None, "", what, None, None, about)


def each_day(first: date, last: date) -> Iterator[date]:
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def all_asked(session: Session, bacs: Calendar, first: date, last: date) -> Iterator[Asked]:
    """The payrolls whose days may fall between two days: those that are there, then those that the schedules tell."""
    schemes = {scheme.id: scheme for scheme in schemes_of_body(session)}
    until = last + BEFORE_PAY_DAY
    live = (Payroll.status != PayrollStatus.CANCELLED) & Payroll.pay_date.between(first, until)
    there = session.scalars(select(Payroll).where(live).order_by(Payroll.pay_date, Payroll.number)).all()
    for payroll in there:
        gates = [(gate.name, gate.due_days) for gate in gates_of(session, payroll.id)]
        yield Asked(
            schemes[payroll.scheme_id],
            payroll.pay_date,
            payroll.processing_day,
            payroll.deadline_at,
            gates,
            payroll,
        )
    # one of another kind on a pay day does not stand in for the regular payroll that is still to be created
    regular = (payroll for payroll in there if payroll.kind is PayrollKind.REGULAR)
    made = {(payroll.scheme_id, payroll.pay_date) for payroll in regular}
    for scheme in schemes.values():
        versions = versions_of(session, scheme.id)
        definitions = {version.number: version.definition for version in versions}
        for period in coming(versions, first - HALF_A_YEAR, until + HALF_A_YEAR, bacs):
            pay_date = period.pay_date
            if pay_date is not None and first <= pay_date <= until and (scheme.id, pay_date) not in made:
                asked = planned(session, bacs, scheme, definitions[period.number], pay_date)
                if asked is not None:
                    yield asked


def planned(session: Session, bacs: Calendar, scheme: Scheme, definition: Definition, pay_date: date) -> Asked | None:
    """A payroll that nobody has created yet; None beyond the bank holidays that are known."""
    cut_off = newest_profile(session, definition.bank_profile_id).cut_off
    gates = [(gate.name, gate.due_days_before) for gate in definition.gates]
    try:
        cycle = bacs.cycle_for_entry(pay_date)
        return Asked(scheme, pay_date, cycle.processing_day, bacs.deadline(pay_date, cut_off), gates, None)
    except (DateBeyondCalendar, NotAWorkingDay):
        return None


def entries_of(offices: Offices, asked: Asked) -> Iterator[Entry]:
    ids = [(UUID(int=place), days) for place, (_, days) in enumerate(asked.gates)]
    try:
        made = plan(offices, asked.deadline_at, ids)
    except DateBeyondCalendar:
        return
    payroll = asked.payroll
    over = payroll is not None and payroll.status in GONE_FROM_HERE
    of_kind = "" if payroll is None or payroll.kind is PayrollKind.REGULAR else payroll.kind.replace("_", "-")
    whose = f"{asked.scheme.name} ({of_kind})" if of_kind else asked.scheme.name

    def entry(kind: DayKind, day: date, at: datetime | None = None, what: str = "") -> Entry:
        payroll_id, number = (payroll.id, payroll.number) if payroll else (None, None)
        return Entry(day, kind, at, whose, what, payroll_id, number, payroll_id or asked.scheme.id)

    if payroll is not None and payroll.kind is PayrollKind.URGENT:
        # it is made on its day: no file has days before it
        yield entry(DayKind.PAY_DAY, asked.pay_date)
        return
    if not over:
        for (name, _), at in zip(asked.gates, made.due.values(), strict=True):
            yield entry(DayKind.GATE_DUE, at.date(), at, name)
        if made.planned_input != made.last_input:
            yield entry(DayKind.PLANNED_INPUT, made.planned_input.date(), made.planned_input)
    yield entry(DayKind.LAST_INPUT, made.last_input.date(), made.last_input)
    yield entry(DayKind.PROCESSING, asked.processing_day)
    yield entry(DayKind.PAY_DAY, asked.pay_date)

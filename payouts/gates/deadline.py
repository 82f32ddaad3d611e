"""By when a gate is to be decided: worked back from the Bacs cut-off, in the days on which the body's people work.

The file's days are Bacs's. Input is planned a day before the last possible one (a body sets how many): what goes wrong
on the day can then be put right on the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from bacs.calendar import LONDON, Calendar
from payouts.gates.gate import gates_of
from payouts.payroll import Payroll, PayrollKind
from schemes import office_days

OFFICE_ENDS = time(17)
"""London's time. A gate's deadline is no later, even where the bank takes files into the night."""


class Plan(NamedTuple):
    """The days of one file, with what people have to do by when. Instants are London's."""

    last_input: datetime
    planned_input: datetime
    due: Mapping[UUID, datetime]


class Offices(NamedTuple):
    """The working days of a body's offices and of Bacs, and how early its files are planned."""

    office: Calendar
    bacs: Calendar
    early_days: int

    def works(self, day: date) -> bool:
        return self.office.is_working_day(day) and self.bacs.is_working_day(day)

    def planned_day(self, input_day: date) -> date:
        """The day on which a file is to go: early enough, and one on which people and Bacs both work."""
        day = self.day_at_or_before(input_day)
        for _ in range(self.early_days):
            day = self.day_at_or_before(day - timedelta(days=1))
        return day

    def day_at_or_before(self, day: date) -> date:
        while not self.works(day):
            day -= timedelta(days=1)
        return day

    def due(self, planned_day: date, days_before: int, cut_off: time) -> datetime:
        """The deadline of a gate: so many office days before the planned input, when the office or the bank closes."""
        day = planned_day if days_before == 0 else self.office.add_working_days(planned_day, -days_before)
        return datetime.combine(day, min(cut_off, OFFICE_ENDS), LONDON)

    def first_end(self, at: datetime, last: datetime) -> datetime:
        """When people next stop working after an instant, or the last moment at all if that comes first."""
        end = datetime.combine(at.astimezone(LONDON).date(), OFFICE_ENDS, LONDON)
        while end <= at or not self.works(end.date()):
            end = datetime.combine(end.date() + timedelta(days=1), OFFICE_ENDS, LONDON)
        return min(end, last)


def offices_of(session: Session, bacs: Calendar) -> Offices:
    days = office_days.current(session)
    return Offices(office_days.calendar_of(days), bacs, days.early_days)


def plan_of(session: Session, payroll: Payroll, bacs: Calendar) -> Plan:
    """A payroll's deadlines as they are now. Raises DateBeyondCalendar."""
    gates = [(gate.id, gate.due_days) for gate in gates_of(session, payroll.id)]
    return plan_for(offices_of(session, bacs), payroll, gates)


def plan_for(offices: Offices, payroll: Payroll, gates: Iterable[tuple[UUID, int]]) -> Plan:
    """The deadlines of a payroll. An urgent payment is decided and made on its day: no day before counts.

    A payroll that was made late has no deadline before anybody could keep it: that is the end of its first day then.
    """
    if payroll.kind is PayrollKind.URGENT:
        last = payroll.deadline_at.astimezone(LONDON)
        return Plan(last, last, {gate_id: last for gate_id, _ in gates})
    planned = plan(offices, payroll.deadline_at, gates)
    earliest = offices.first_end(payroll.made_at, planned.last_input)
    return planned._replace(due={gate_id: max(due, earliest) for gate_id, due in planned.due.items()})


def plan(offices: Offices, deadline_at: datetime, gates: Iterable[tuple[UUID, int]]) -> Plan:
    """The deadlines of a file that must be sent by an instant. gates: ids, and office days before the planned input."""
    last = deadline_at.astimezone(LONDON)
    planned = offices.planned_day(last.date())
    due = {gate_id: offices.due(planned, days, last.time()) for gate_id, days in gates}
    return Plan(last, datetime.combine(planned, last.time(), LONDON), due)

"""By when gates are decided, who is told of it, and days on which nothing is released."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from bacs.calendar import LONDON, Calendar
from payouts.gates.deadline import Offices, plan, plan_of
from payouts.gates.decision import Verdict, decisions_of
from payouts.gates.release_freeze import Frozen
from payouts.notices.staff import StaffEvent, StaffMessage
from payouts.payroll import PayrollStatus, get_payroll
from payouts.tasks import clock as ticking
from schemes import freeze, office_days
from schemes.database import new_id
from schemes.errors import NotAllowed, SamePerson
from schemes.freeze import FreezeFault, FreezeRefused
from schemes.office_days import ClosedDay, ClosedDayRefused, Country, OfficeDays
from schemes.person import Role

PREPARER, FINANCE, APPROVER, RELEASER = Role.PREPARER, Role.FINANCE, Role.APPROVER, Role.RELEASER
BACS = Calendar.england()


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def payroll_id(sealed):
    return sealed.payroll_id


def offices(country=Country.ENGLAND, early_days=1, *closed):
    days = OfficeDays(country, early_days, tuple(ClosedDay(day, "closed") for day in closed))
    return Offices(office_days.calendar_of(days), BACS, early_days)


def test_files_are_planned_a_day_before_the_last_one_and_gates_before_that():
    last = datetime(2026, 12, 22, 21, tzinfo=LONDON)  # a Tuesday, for money on Thursday
    ready, funds, release = (UUID(int=number) for number in range(3))
    made = plan(offices(), last, [(ready, 2), (funds, 1), (release, 0)])
    assert made.planned_input == datetime(2026, 12, 21, 21, tzinfo=LONDON)
    assert made.due[release] == datetime(2026, 12, 21, 17, tzinfo=LONDON)
    assert [made.due[gate].date() for gate in (funds, ready)] == [date(2026, 12, 18), date(2026, 12, 17)]


def test_a_scottish_holiday_moves_what_people_do_and_not_what_bacs_does():
    """30 November is St Andrew's Day: Bacs works, the office does not."""
    last = datetime(2026, 12, 1, 21, tzinfo=LONDON)
    gate = UUID(int=1)
    made = plan(offices(Country.SCOTLAND), last, [(gate, 1)])
    assert made.last_input.date() == date(2026, 12, 1)
    assert made.planned_input.date() == date(2026, 11, 27)
    assert made.due[gate].date() == date(2026, 11, 26)
    assert plan(offices(), last, [(gate, 1)]).planned_input.date() == date(2026, 11, 30)


def test_a_day_on_which_the_body_is_closed_is_no_day_for_its_people():
    last = datetime(2026, 12, 22, 15, tzinfo=LONDON)
    made = plan(offices(Country.ENGLAND, 1, date(2026, 12, 21)), last, [])
    assert made.planned_input == datetime(2026, 12, 18, 15, tzinfo=LONDON)


@given(
    day=st.dates(date(2026, 1, 20), date(2027, 12, 20)).filter(BACS.is_working_day),
    early=st.integers(0, 3),
    days=st.integers(0, 10),
    country=st.sampled_from(Country),
)
def test_no_deadline_is_after_the_cut_off_or_on_a_day_without_people(day, early, days, country):
    gate, there = UUID(int=1), offices(country, early)
    made = plan(there, datetime.combine(day, time(21), LONDON), [(gate, days)])
    assert made.due[gate] <= made.planned_input <= made.last_input
    assert there.works(made.planned_input.date())
    assert there.office.is_working_day(made.due[gate].date())


def set_office_days(office, wanted):
    at, by, other = office.service.now(), office.person_with(Role.ADMINISTRATOR), office.person_with(APPROVER)
    with office.transaction() as session:
        change_id = office_days.propose(session, wanted, change_id=new_id(), reason="ours", by=by, at=at).id
    with pytest.raises(SamePerson):
        office.confirm_change(change_id, by=by)
    office.confirm_change(change_id, by=other)


def test_two_people_set_the_office_days_and_open_payrolls_go_by_them(office, payroll_id, service):
    with office.transaction() as session:
        before = plan_of(session, get_payroll(session, payroll_id), service.calendar)
    set_office_days(office, OfficeDays(Country.SCOTLAND, 0, (ClosedDay(date(2026, 11, 20), "Founders' day"),)))
    with office.transaction() as session:
        after = plan_of(session, get_payroll(session, payroll_id), service.calendar)
        assert office_days.current(session).closed[0].name == "Founders' day"
    assert (before.planned_input.date(), after.planned_input.date()) == (date(2026, 11, 20), date(2026, 11, 23))
    assert before.last_input == after.last_input


def test_a_closed_day_without_a_name_or_beyond_what_is_known_is_refused(office):
    by, at = office.person_with(Role.ADMINISTRATOR), office.service.now()
    for closed in (ClosedDay(date(2026, 12, 24), " "), ClosedDay(date(2090, 1, 2), "far")):
        wanted = OfficeDays(closed=(closed,))
        with office.transaction() as session, pytest.raises(ClosedDayRefused):
            office_days.propose(session, wanted, change_id=new_id(), reason="x", by=by, at=at)
    with office.transaction() as session, pytest.raises(NotAllowed):
        office_days.propose(
            session, OfficeDays(early_days=2), change_id=new_id(), reason="x", by=office.person(FINANCE), at=at
        )


def told(office):
    """Who was told of what: events, with how many messages of each."""
    with office.transaction() as session:
        return sorted(session.scalars(select(StaffMessage.event)))


def look(office):
    ticking.ask_hourly(office.service, None)
    office.work(leave="staff.send")


def test_those_who_may_decide_are_reminded_once_and_when_it_is_late_others_hear_of_it_once(
    office, payroll_id, clock, service
):
    """The small payroll is for Wednesday: sent by Monday, planned for Friday, and made on Monday, which is its day."""
    look(office)
    assert told(office) == [StaffEvent.GATE_REMINDER], "nobody is late with what was not there"
    look(office)
    clock.advance(hours=1)
    look(office)
    assert len(told(office)) == 1
    clock.time = datetime(2026, 11, 23, 17, 5, tzinfo=UTC)
    look(office)
    assert told(office) == [StaffEvent.GATE_LATE, StaffEvent.GATE_REMINDER]
    office.decide_all(payroll_id, upto=1)
    clock.advance(minutes=20)
    look(office)
    assert len(told(office)) == 2, "once an hour"
    clock.advance(minutes=40)
    look(office)
    assert len(told(office)) == 4


def test_a_payroll_that_was_made_late_has_the_rest_of_its_day(office, payroll_id, service):
    with office.transaction() as session:
        due = plan_of(session, get_payroll(session, payroll_id), service.calendar).due
    assert set(due.values()) == {datetime(2026, 11, 23, 17, tzinfo=LONDON)}


@pytest.mark.parametrize(
    ("made", "day", "hour"),
    [
        (datetime(2026, 11, 23, 16, 59, tzinfo=LONDON), 23, 17),
        (datetime(2026, 11, 23, 17, tzinfo=LONDON), 24, 17),
        (datetime(2026, 11, 20, 18, tzinfo=LONDON), 23, 17),
        (datetime(2026, 11, 24, 18, tzinfo=LONDON), 24, 21),
    ],
)
def test_people_have_until_they_next_stop_working_or_the_bank_does(made, day, hour):
    last = datetime(2026, 11, 24, 21, tzinfo=LONDON)
    assert offices().first_end(made, last) == datetime(2026, 11, day, hour, tzinfo=LONDON)


def test_those_who_may_decide_hear_that_a_payroll_waits_and_again_when_its_deadline_is_near(office, clock, sealed):
    later = office.create(date(2026, 12, 9))
    office.work()
    office.accept_findings(later)
    office.seal(later)
    office.decide(sealed.payroll_id, 1, by=office.person(PREPARER), verdict=Verdict.NO_GO, reason="not now")
    office.work(leave="staff.send")
    before = told(office)
    look(office)
    assert told(office) == sorted([*before, StaffEvent.GATE_WAITING])  # and nobody who is barred
    clock.advance(hours=1)
    look(office)
    assert len(told(office)) == len(before) + 1
    clock.time = datetime(2026, 12, 2, 9, tzinfo=UTC)  # the day before Ready is due, on 3 December
    look(office)
    assert told(office) == sorted([*before, StaffEvent.GATE_WAITING, StaffEvent.GATE_REMINDER])


def test_nobody_is_woken_at_night(office, clock):
    clock.time = datetime(2026, 11, 23, 3, tzinfo=UTC)
    look(office)
    assert told(office) == []


def test_a_no_go_tells_everybody_who_had_a_part_but_the_one_who_said_it(office, payroll_id):
    office.decide_all(payroll_id, upto=2)
    office.decide(payroll_id, 3, by=office.person(APPROVER), verdict=Verdict.NO_GO, reason="the total is wrong")
    office.work(leave="staff.send")
    assert told(office) == [StaffEvent.NO_GO, StaffEvent.NO_GO]  # who built and said ready, and who said funds


def stop_releases(office, first, last, *, urgent_allowed=False):
    at, by = office.service.now(), office.person_with(Role.ADMINISTRATOR)
    with office.transaction() as session:
        facts = {"urgent_allowed": urgent_allowed, "change_id": new_id(), "reason": "year end", "by": by, "at": at}
        return freeze.propose(session, first, last, **facts).id


TODAY, TOMORROW = date(2026, 11, 23), date(2026, 11, 24)


def test_nothing_is_released_on_frozen_days_and_the_last_go_does_not_stand(office, payroll_id, clock):
    change_id = stop_releases(office, TODAY, TODAY)
    office.decide_all(payroll_id, upto=3)
    office.confirm_change(change_id)
    with pytest.raises(Frozen) as refused:
        office.decide(payroll_id, 4, by=office.person(RELEASER), reason="it can't wait")
    assert refused.value.until == TODAY
    with office.transaction() as session:
        assert len(decisions_of(session, payroll_id)) == 3
    at, by = office.service.now(), office.person_with(FINANCE)
    with office.transaction() as session:
        facts = {"change_id": new_id(), "reason": "done early", "by": by, "at": at}
        ending = freeze.propose_end(session, change_id, **facts).id
    with pytest.raises(SamePerson):
        office.confirm_change(ending, by=by)
    office.confirm_change(ending)
    assert office.decide(payroll_id, 4, by=office.person(RELEASER))


def test_what_cannot_wait_is_released_where_the_freeze_allows_it_and_somebody_says_why(office, payroll_id):
    office.confirm_change(stop_releases(office, TODAY, TOMORROW, urgent_allowed=True))
    office.decide_all(payroll_id, upto=3)
    with pytest.raises(Frozen) as refused:
        office.decide(payroll_id, 4, by=office.person(RELEASER))
    assert (refused.value.until, refused.value.urgent_allowed) == (TOMORROW, True)
    assert office.decide(payroll_id, 4, by=office.person(RELEASER), reason="People would have no money for food")


def test_a_freeze_that_is_only_proposed_or_for_another_day_stops_nothing(office, payroll_id):
    stop_releases(office, TODAY, TODAY)
    office.confirm_change(stop_releases(office, TOMORROW, TOMORROW))
    office.decide_all(payroll_id)
    with office.transaction() as session:
        assert get_payroll(session, payroll_id).status is PayrollStatus.RELEASED


@pytest.mark.parametrize(
    ("first", "last", "fault"),
    [
        (TOMORROW, TODAY, FreezeFault.ENDS_BEFORE_IT_BEGINS),
        (date(2026, 11, 1), date(2026, 11, 22), FreezeFault.OVER),
        (TODAY, date(2026, 12, 24), FreezeFault.TOO_LONG),
    ],
)
def test_days_that_make_no_freeze_are_refused(office, first, last, fault):
    with pytest.raises(FreezeRefused) as refused:
        stop_releases(office, first, last)
    assert refused.value.fault is fault

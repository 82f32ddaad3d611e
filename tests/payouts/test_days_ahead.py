"""The days ahead, as a list and as a feed that a calendar program reads."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from icalendar import Calendar as Feed
from sqlalchemy import text

from payouts import calendar_feed
from payouts.days_ahead import DayKind, days_between
from schemes import before_body, freeze
from schemes.database import new_id
from schemes.person import Role

FIRST, LAST = date(2026, 11, 16), date(2026, 12, 31)


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def days(office, service):
    def between(first=FIRST, last=LAST):
        with office.transaction() as session:
            return days_between(session, service.calendar, first, last)

    return between


def of(entries, kind):
    return [(entry.day, entry.number) for entry in entries if entry.kind is kind]


def test_a_payroll_that_is_there_stands_on_its_days_with_its_number(days):
    found = days()
    assert (date(2026, 11, 25), 1) in of(found, DayKind.PAY_DAY)
    assert (date(2026, 11, 24), 1) in of(found, DayKind.PROCESSING)
    assert (date(2026, 11, 23), 1) in of(found, DayKind.LAST_INPUT)
    assert (date(2026, 11, 20), 1) in of(found, DayKind.PLANNED_INPUT)
    gates = [(entry.what, entry.day.day) for entry in found if entry.kind is DayKind.GATE_DUE and entry.number == 1]
    assert gates == [("Ready", 18), ("Funds", 19), ("Approve", 19), ("Release", 20)]


def test_bank_holidays_closed_days_and_days_without_releases_are_in_it(office, days):
    by, at = office.person_with(Role.ADMINISTRATOR), office.service.now()
    with office.transaction() as session:
        facts = {"urgent_allowed": True, "change_id": new_id(), "reason": "year end", "by": by, "at": at}
        change_id = freeze.propose(session, date(2026, 12, 30), date(2027, 1, 2), **facts).id
    office.confirm_change(change_id)
    found = days()
    assert of(found, DayKind.BANK_HOLIDAY) == [(date(2026, 12, 25), None), (date(2026, 12, 28), None)]
    assert [day for day, _ in of(found, DayKind.NO_RELEASE)] == [date(2026, 12, 30), date(2026, 12, 31)]
    assert [entry.day for entry in found] == sorted(entry.day for entry in found)


def test_a_schedule_is_worked_out_for_a_year_and_a_created_payroll_stands_there_once(office, owner, days):
    """The demo's scheme lets people choose; here it pays on the 25th, as the payroll that is there does."""
    with owner.begin() as connection:
        rule = '{"pay_day": "day_of_period", "pay_days": 25, "frequency": "monthly", "first_day": "2026-04-01"}'
        change = text(
            "UPDATE scheme_version SET definition = jsonb_set(definition, '{schedule}', "
            "(definition -> 'schedule') || cast(:rule AS jsonb))"
        )
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(change, {"rule": rule})
    paid = of(days(date(2026, 11, 1), date(2027, 10, 31)), DayKind.PAY_DAY)
    assert paid[0] == (date(2026, 11, 25), 1)
    assert len(paid) == 12
    assert {number for _, number in paid[1:]} == {None}
    assert date(2026, 12, 24) in [day for day, _ in paid], "the 25th is a holiday: paid the day before"


@pytest.fixture
def read(office, service):
    def feed(now=None):
        with office.transaction() as session:
            made = datetime(2026, 11, 1, tzinfo=UTC)
            facts = {"made_at": made, "base_url": "https://pay.example", "now": now or service.now()}
            return calendar_feed.written(session, service.calendar, **facts)

    return feed


def test_the_feed_is_a_calendar_without_amounts_and_names_and_the_same_while_nothing_changes(read, harbour):
    content = read()
    feed = Feed.from_ical(content)
    assert feed["version"] == "2.0"
    events = list(feed.walk("VEVENT"))
    assert len(events) == len({str(event["uid"]) for event in events}) > 8
    titles = [str(event["summary"]) for event in events]
    assert any(title.startswith("Last day to send files: ") and title.endswith("payroll 1") for title in titles)
    assert all(event["dtstamp"].dt == datetime(2026, 11, 1, tzinfo=UTC) for event in events)
    told = content.decode()
    assert "£" not in told
    assert not any(person.name in told for person in harbour.people.values())
    assert read() == content
    assert read(datetime(2026, 11, 23, 23, tzinfo=UTC)) == content


def found(service, token):
    with service.transaction(None) as session:
        return before_body.calendar_feed(session, calendar_feed.digest_of(token))


def test_an_address_works_until_it_is_renewed_ended_or_its_owner_leaves(office, service, owner, harbour):
    by, at = office.person(Role.FINANCE), service.now()
    with office.transaction() as session:
        first = calendar_feed.renew(session, by=by, at=at)
    assert found(service, first).body_id == harbour.body_id
    with office.transaction() as session:
        second = calendar_feed.renew(session, by=by, at=at)
    assert found(service, first) is None
    assert found(service, second) is not None
    with owner.begin() as connection:
        gone = text("UPDATE membership SET ended_at = :at WHERE person_id = :person")
        connection.execute(gone, {"at": at, "person": by.person_id})
    assert found(service, second) is None


def test_a_feed_reaches_a_month_back_and_a_year_on(read, clock):
    events = [event["dtstart"].dt for event in Feed.from_ical(read()).walk("VEVENT")]
    days = [moment.date() if isinstance(moment, datetime) else moment for moment in events]
    today = clock().date()
    assert today - timedelta(days=31) <= min(days)
    assert max(days) <= today + timedelta(days=366)

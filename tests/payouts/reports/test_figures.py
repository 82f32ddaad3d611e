"""Figures of reports: they sum to the ledger whatever became of the payments."""

from __future__ import annotations

import io
from datetime import date, timedelta

import pytest
from python_calamine import CalamineWorkbook

from payouts.ledger.balance import whereabouts
from payouts.payroll import get_payroll
from payouts.reports import tables
from payouts.reports.cost import BACS, set_cost
from payouts.reports.figures import report
from payouts.reports.outstanding import Age, outstanding
from payouts.reports.period import Days
from payouts.reports.written import write_csv, write_xlsx
from schemes.errors import NotAllowed, NotFound
from schemes.person import Role
from tests.answering import at_the_bank, receive, record_submission, release

NOVEMBER = Days(date(2026, 11, 1), date(2026, 11, 30))
OCTOBER = Days(date(2026, 10, 1), date(2026, 10, 31))


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def bank(office, sealed):
    release(office, sealed.payroll_id)
    record_submission(office, sealed.payroll_id)
    return at_the_bank(office, sealed.payroll_id)


def read(office, days=None):
    with office.transaction() as session:
        return report(session, days)


def test_every_released_payment_is_in_one_place_of_a_report_as_in_the_ledger(office, sealed, bank):
    receive(office, bank.arucs((bank.items[0], "2"), (bank.items[1], "5")))
    figures = read(office, NOVEMBER).total
    with office.transaction() as session:
        ledger, payroll = whereabouts(session), get_payroll(session, sealed.payroll_id)
    places = (figures.on_its_way, figures.paid, figures.held, figures.ended)
    assert figures.released.payments == payroll.payment_count == sum(place.payments for place in places)
    assert figures.released.pence == ledger.released_pence == sum(place.pence for place in places)
    assert (figures.held.pence, figures.held.payments) == (ledger.returned_and_held_pence, 2)
    assert figures.came_back.payments == 2
    assert figures.returned_share == 2 / payroll.payment_count


def test_each_part_of_a_report_sums_to_the_whole(office, bank):
    found = read(office, NOVEMBER)
    for parts in (found.steps, found.schemes, found.channels):
        assert sum(one.released.pence for one in parts.values()) == found.total.released.pence > 0
    assert read(office).total.released.pence == found.total.released.pence
    assert read(office, OCTOBER).total.released.payments == 0


def test_what_has_not_arrived_is_told_by_its_age(office, clock, bank):
    def ages(today):
        with office.transaction() as session:
            return {one.age: one.on_its_way.payments for one in outstanding(session, today)}

    count = read(office).total.released.payments
    due = date(2026, 11, 25)
    assert ages(due) == {**dict.fromkeys(Age, 0), Age.NOT_DUE: count}
    for days, age in ((1, Age.UP_TO_A_WEEK), (8, Age.UP_TO_A_MONTH), (31, Age.UP_TO_A_QUARTER), (91, Age.LONGER)):
        assert ages(due + timedelta(days=days))[age] == count


def test_payments_cost_what_was_said_for_their_day(office, bank):
    by, at = office.person(Role.FINANCE), office.service.now()
    assert read(office, NOVEMBER).cost.pence is None
    with office.transaction() as session:
        for day, pence in ((date(2026, 1, 1), 450), (date(2026, 11, 25), 300), (date(2026, 11, 26), 9_00)):
            set_cost(session, channel=BACS, from_day=day, pence_a_hundred=pence, by=by, at=at)
    found = read(office, NOVEMBER)
    assert found.cost.hundredths == 300 * found.total.released.payments
    assert found.costs[BACS].hundredths_a_payment == 300


def test_a_cost_said_again_for_a_day_replaces_the_one_before_and_an_approver_says_none(office):
    at = office.service.now()
    facts = {"channel": BACS, "from_day": date(2026, 1, 1), "at": at}
    with office.transaction() as session:
        first = set_cost(session, **facts, pence_a_hundred=450, by=office.person(Role.FINANCE))
        again = set_cost(session, **facts, pence_a_hundred=500, by=office.person(Role.ADMINISTRATOR))
        assert (first.id, again.pence_a_hundred) == (again.id, 500)
        with pytest.raises(NotFound):
            set_cost(session, **{**facts, "channel": "pigeon"}, pence_a_hundred=1, by=office.person(Role.FINANCE))
        with pytest.raises(NotAllowed):
            set_cost(session, **facts, pence_a_hundred=1, by=office.person(Role.APPROVER))


def test_a_table_says_the_same_as_csv_and_as_a_workbook(office, bank):
    table = tables.over_time(read(office, Days(date(2026, 10, 1), date(2026, 11, 30))), read(office, OCTOBER))
    lines = write_csv(table).decode("utf-8-sig").splitlines()
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(write_xlsx(table))).get_sheet_by_index(0).to_python()
    assert lines[0].split(",")[0] == sheet[0][0] == "Pay dates"
    assert len(lines) == len(sheet) == 3
    released = table.rows[1][2]
    assert f"{released / 100:.2f}" in lines[2]
    assert sheet[2][2] == pytest.approx(released / 100)

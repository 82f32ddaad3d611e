"""The cut-off was missed, a holiday was proclaimed, a mistake was seen: where a payroll goes then, and what repeats."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from payouts.channels.release import DaysGone, TooLate
from payouts.files.payment_file import files_of
from payouts.files.sealing import PaymentsStopped
from payouts.gates.deciding import DecisionRefused
from payouts.gates.decision import decisions_of
from payouts.gates.manifest import manifest_of
from payouts.gates.separation import Bar
from payouts.payroll import PayDateRefused, PayrollStatus, get_payroll
from payouts.redating import first_possible
from schemes.change import NothingToChange
from schemes.database import new_id
from schemes.errors import NotAllowed, NotNow, ReasonNotGiven
from schemes.person import Role

PREPARER, FINANCE, APPROVER, RELEASER = Role.PREPARER, Role.FINANCE, Role.APPROVER, Role.RELEASER
NEXT, LATER = date(2026, 11, 26), date(2026, 12, 1)


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def payroll_id(sealed):
    return sealed.payroll_id


def look(office, payroll_id):
    with office.transaction() as session:
        return get_payroll(session, payroll_id)


def statements(office, payroll_id):
    with office.transaction() as session:
        return manifest_of(session, get_payroll(session, payroll_id)).read()


def deciders(office, payroll_id):
    with office.transaction() as session:
        return [decision.person_id for decision in decisions_of(session, payroll_id)]


def test_after_a_missed_cut_off_the_same_payments_go_on_another_day_and_only_ready_stands(office, payroll_id, clock):
    office.decide_all(payroll_id, upto=3)
    before, period = statements(office, payroll_id), look(office, payroll_id).period_first_day
    clock.time = look(office, payroll_id).deadline_at + timedelta(minutes=1)
    with pytest.raises(TooLate):
        office.decide(payroll_id, 4, by=office.person(RELEASER))
    office.re_date(payroll_id, NEXT)
    office.work()
    after, payroll = statements(office, payroll_id), look(office, payroll_id)
    assert (payroll.pay_date, payroll.deadline_at.date(), payroll.period_first_day) == (
        NEXT,
        date(2026, 11, 24),
        period,
    )
    assert after["payments"] == before["payments"]
    assert after["files"][0]["sha256"] != before["files"][0]["sha256"]
    assert deciders(office, payroll_id) == [office.person(PREPARER).person_id]
    for position, role in ((2, FINANCE), (3, APPROVER)):
        office.decide(payroll_id, position, by=office.person(role))
    assert office.decide(payroll_id, 4, by=office.person(RELEASER))


def test_a_payroll_that_lost_a_payment_and_then_its_day_still_proves_what_ready_was_about(office, owner, payroll_id):
    office.decide_all(payroll_id, upto=2)
    with office.transaction() as session:
        leaving = session.execute(text("SELECT id FROM payment ORDER BY ordinal LIMIT 2")).scalars().all()
    office.take_out(payroll_id, leaving[:1])
    office.work()
    office.re_date(payroll_id, LATER)
    office.work()
    office.take_out(payroll_id, leaving[1:])
    office.work()
    assert deciders(office, payroll_id) == [office.person(PREPARER).person_id]
    for position, role in ((2, FINANCE), (3, APPROVER)):
        office.decide(payroll_id, position, by=office.person(role))
    assert office.decide(payroll_id, 4, by=office.person(RELEASER))


def test_only_a_day_on_which_bacs_can_pay_is_taken_and_never_the_same_again(office, payroll_id):
    for day in (date(2026, 11, 28), date(2026, 11, 24), date(2027, 3, 1)):
        with pytest.raises(PayDateRefused):
            office.re_date(payroll_id, day)
    with pytest.raises(NothingToChange):
        office.re_date(payroll_id, date(2026, 11, 25))
    with pytest.raises(ReasonNotGiven):
        office.re_date(payroll_id, NEXT, reason=" ")
    with pytest.raises(NotAllowed):
        office.re_date(payroll_id, NEXT, by=office.person(APPROVER))
    amendment_id = new_id()
    for day in (NEXT, LATER):
        assert office.re_date(payroll_id, day, amendment_id=amendment_id).id == amendment_id
    office.work()
    assert look(office, payroll_id).pay_date == NEXT


def test_the_days_that_are_possible_are_told_earliest_first_over_christmas_too(office, payroll_id, clock):
    clock.time = clock.time.replace(month=12, day=22, hour=22)
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id)
        cycles = first_possible(session, office.service.calendar, payroll, now=clock(), most=3)
    told = [(cycle.input_day, cycle.entry_day) for cycle in cycles]
    assert told == [
        (date(2026, 12, 23), date(2026, 12, 29)),
        (date(2026, 12, 24), date(2026, 12, 30)),
        (date(2026, 12, 29), date(2026, 12, 31)),
    ]


def test_whoever_moved_the_day_does_not_approve(office, payroll_id):
    other = office.person_with(PREPARER, APPROVER)
    office.re_date(payroll_id, NEXT, by=other)
    office.work()
    office.decide_all(payroll_id, upto=2)
    with pytest.raises(DecisionRefused) as refused:
        office.decide(payroll_id, 3, by=other)
    assert refused.value.why is Bar.CHANGED_IT


def test_a_mandate_that_ends_before_the_new_day_is_told_before_anything_moves(office, owner, payroll_id):
    with owner.begin() as connection:
        ended = "UPDATE mandate SET last_day = :day WHERE payee_id = (SELECT payee_id FROM payment LIMIT 1)"
        connection.execute(text(ended), {"day": date(2026, 11, 30)})
    with pytest.raises(PaymentsStopped):
        office.re_date(payroll_id, LATER)
    office.re_date(payroll_id, NEXT)


def test_a_holiday_proclaimed_after_sealing_holds_the_release_until_the_day_has_moved(office, payroll_id):
    office.decide_all(payroll_id, upto=3)
    vars(office.service)["calendar"] = office.service.calendar.extended([date(2026, 11, 24)])
    with pytest.raises(DaysGone):
        office.decide(payroll_id, 4, by=office.person(RELEASER))
    office.re_date(payroll_id, NEXT)
    office.work()
    for position, role in ((2, FINANCE), (3, APPROVER)):
        office.decide(payroll_id, position, by=office.person(role))
    assert office.decide(payroll_id, 4, by=office.person(RELEASER))


def test_a_payroll_without_files_is_built_and_checked_again_for_the_new_day(office, payroll_id):
    december = office.create(LATER)
    office.work()
    assert office.re_date(december, date(2026, 12, 2)) is None
    office.work()
    payroll = look(office, december)
    assert (payroll.status, payroll.pay_date, payroll.build) == (PayrollStatus.CHECKED, date(2026, 12, 2), 2)


def test_the_days_of_a_payroll_move_by_no_other_door(office, payroll_id):
    with pytest.raises(DBAPIError), office.transaction() as session:
        session.execute(text("UPDATE payroll SET pay_date = pay_date + 1"))


def test_a_sealed_payroll_is_reopened_without_a_no_go_and_every_decision_repeats(office, payroll_id):
    office.decide_all(payroll_id, upto=3)
    with pytest.raises(ReasonNotGiven):
        office.reopen(payroll_id, reason=" ")
    with pytest.raises(NotAllowed):
        office.reopen(payroll_id, by=office.person(APPROVER))
    amendment_id = new_id()
    for _ in range(2):
        office.reopen(payroll_id, amendment_id=amendment_id)
    payroll = look(office, payroll_id)
    assert (payroll.status, payroll.manifest_id, deciders(office, payroll_id)) == (PayrollStatus.CHECKED, None, [])
    with office.transaction() as session:
        assert files_of(session, payroll_id) == []
    office.seal(payroll_id)
    assert "follows" not in statements(office, payroll_id)
    office.decide_all(payroll_id)
    with pytest.raises(NotNow):
        office.reopen(payroll_id)
    with pytest.raises(NotNow):
        office.re_date(payroll_id, LATER)

"""Arrears: periods that were paid are made up for once, to the penny; what was paid too much is only listed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from payouts import building
from payouts.arrears import differences
from payouts.building import EVERY_AWARD, awards_due
from payouts.cancelling import cancel
from payouts.checks.finding import Kind, groups_of
from payouts.entitlement import Due, entitlement
from payouts.gates.manifest import manifest_of
from payouts.payment import Payment, Unpaid, UnpaidReason
from payouts.payment_part import PaymentPart, overpayments_of
from payouts.payroll import get_payroll, rebuild
from payouts.tasks import worker
from payouts.tasks.outbox import Task, TaskState
from schemes.amount import AmountRule, Inputs, PartPeriod
from schemes.amount_rule import Rules
from schemes.award_history import History, Suspended, Terms
from schemes.definition import Component, Definition
from schemes.period import Frequency, Schedule, periods_between
from schemes.person import Role
from tests.awarding import an_award

NOVEMBER, DECEMBER, JANUARY = date(2026, 11, 1), date(2026, 12, 1), date(2027, 1, 4)

AWARD, PAYEE = UUID(int=1), UUID(int=2)
YEAR = list(periods_between(Schedule(Frequency.MONTHLY, date(2027, 1, 1)), date(2027, 1, 1), date(2027, 12, 31)))
days = st.dates(date(2026, 12, 1), date(2028, 1, 31))
events = st.lists(
    st.tuples(st.integers(0, 11), days, st.none() | st.integers(1, 100_000)), max_size=6
)  # before which payroll, from which day, pence (None: ended)


def definition(rule):
    component = Component("support", "Support", rule)
    schedule = Schedule(Frequency.MONTHLY, YEAR[0].first_day)
    return Definition("HIL", "Living", "Support", schedule, (component,), 100_000, 100_000, UUID(int=3))


def said(n, day, pence):
    return Terms(n, day, None, None if pence is None else Inputs(pence), PAYEE, datetime(2027, 1, 1, tzinfo=UTC))


@given(events, st.sampled_from(PartPeriod), st.lists(st.tuples(days, days), max_size=1))
def test_after_any_changes_each_period_was_paid_what_is_due_by_now_or_more_and_the_more_is_listed(
    changes, part_period, pauses
):
    rule = AmountRule(part_period=part_period)
    rules = Rules([(YEAR[0].first_day, definition(rule))])
    suspended = tuple(Suspended(min(pair), max(pair)) for pair in pauses)
    terms, paid = [said(1, date(2027, 1, 1), 5000)], {}

    def due(history, period):
        found = entitlement(history, rules.of("support", period), period)
        return found.amount_pence if isinstance(found, Due) else 0

    for number, period in enumerate(YEAR):
        for _, day, pence in [change for change in changes if change[0] == number]:
            terms.append(said(len(terms) + 1, day, pence))
        history = History(tuple(terms), suspended)
        for late in differences(AWARD, "support", history, rules, YEAR[:number], paid):
            assert (late.due_pence, late.paid_pence) == (due(history, late.period), paid[AWARD, late.period])
            if late.owed_pence > 0:
                paid[AWARD, late.period] += late.owed_pence
        paid[AWARD, period] = due(history, period)
    over = {d.period: -d.owed_pence for d in differences(AWARD, "support", history, rules, YEAR, paid)}
    # the last payroll saw every change, so that nothing is owed any more
    assert all(pence > 0 for pence in over.values())
    for period in YEAR:
        assert paid[AWARD, period] == due(history, period) + over.get(period, 0)


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def award(office):
    return an_award(office)


def built(office, pay_date):
    payroll_id = office.create(pay_date)
    office.work()
    agree(office, payroll_id)
    return payroll_id


def agree(office, payroll_id):
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id)
        assert (payroll.payment_count, payroll.total_pence) == awards_due(session, payroll, *EVERY_AWARD)
        assert Kind.TOTALS_DIFFER not in {group.kind for group in groups_of(session, payroll_id)}


def release(office, payroll_id):
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    office.decide_all(payroll_id)
    office.service.now.advance(minutes=1)


def released(office, pay_date):
    payroll_id = built(office, pay_date)
    release(office, payroll_id)
    return payroll_id


def paid(office, payroll_id, award):
    """Pence of the award's payment, or why there is none."""
    with office.transaction() as session:
        mine = (Payment.payroll_id == payroll_id, Payment.award_id == award.id)
        pence = session.scalars(select(Payment.amount_pence).where(*mine)).one_or_none()
        if pence is not None:
            return pence
        unpaid = select(Unpaid.reason).where(Unpaid.payroll_id == payroll_id, Unpaid.award_id == award.id)
        return session.scalars(unpaid).one_or_none()


def parts(office, payroll_id):
    with office.transaction() as session:
        rows = select(PaymentPart).where(PaymentPart.payroll_id == payroll_id).order_by(PaymentPart.about_first_day)
        return [(part.about_first_day, part.pence) for part in session.scalars(rows)]


def overpaid(office, award):
    with office.transaction() as session:
        return [(row.about_first_day, row.pence) for row in overpayments_of(session, award.id)]


@pytest.fixture
def november(office, clock):
    """A released payroll for November."""
    return released(office, date(2026, 11, 25))


def test_an_ordinary_payment_has_no_parts(office, november):
    assert parts(office, built(office, DECEMBER)) == []


def test_a_raise_from_a_day_in_a_paid_period_is_made_up_for_by_the_next_payroll_once(office, award, november, clock):
    award.change(NOVEMBER, award.pence + 500)
    december = released(office, DECEMBER)
    assert paid(office, december, award) == award.pence + 500 + 500
    assert parts(office, december) == [(NOVEMBER, 500)]
    clock.advance(days=20)
    january = built(office, JANUARY)
    assert (paid(office, january, award), parts(office, january)) == (award.pence + 500, [])


def test_periods_that_nobody_paid_here_owe_nothing(office, award, november):
    award.change(date(2026, 6, 1), award.pence + 500)
    assert parts(office, built(office, DECEMBER)) == [(NOVEMBER, 500)], "before November, others paid"


def test_arrears_need_a_reason_and_say_how_much_they_are(office, award, november):
    award.change(NOVEMBER, award.pence + 500)
    december = built(office, DECEMBER)
    with office.transaction() as session:
        [group] = [group for group in groups_of(session, december) if group.kind is Kind.ARREARS]
    assert (group.count, group.is_open) == (1, True)


def test_a_cut_from_a_day_in_a_paid_period_is_listed_and_nothing_is_deducted(office, award, november):
    award.change(NOVEMBER, award.pence - 100)
    december = built(office, DECEMBER)
    assert (paid(office, december, award), parts(office, december)) == (award.pence - 100, [])
    assert overpaid(office, award) == [(NOVEMBER, 100)]


def test_what_was_paid_to_somebody_whose_award_had_ended_is_listed(office, award, november):
    award.end(date(2026, 10, 31))
    december = built(office, DECEMBER)
    assert paid(office, december, award) is UnpaidReason.ENDED
    assert overpaid(office, award) == [(NOVEMBER, award.pence)]


def test_an_overpayment_that_is_put_right_is_listed_no_more(office, award, november, clock):
    award.change(NOVEMBER, award.pence - 100)
    released(office, DECEMBER)
    award.change(NOVEMBER, award.pence)
    clock.advance(days=20)
    built(office, JANUARY)
    assert overpaid(office, award) == []


def test_arrears_are_paid_though_the_award_has_ended_since(office, award, november):
    award.change(NOVEMBER, award.pence + 300)
    award.end(date(2026, 11, 30))
    december = built(office, DECEMBER)
    assert (paid(office, december, award), parts(office, december)) == (300, [(NOVEMBER, 300)])


def test_a_payroll_that_is_given_up_frees_its_arrears_and_one_built_again_pays_them_once(office, award, november):
    award.change(NOVEMBER, award.pence + 500)
    first = built(office, DECEMBER)
    with office.transaction() as session:
        payroll = get_payroll(session, first, lock=True)
        rebuild(session, payroll, by=office.person(Role.PREPARER), at=office.service.now())
    office.work()
    agree(office, first)
    assert parts(office, first) == [(NOVEMBER, 500)]
    with office.transaction() as session:
        payroll = get_payroll(session, first, lock=True)
        cancel(session, payroll, by=office.person(Role.PREPARER), reason="wrong", at=office.service.now())
    assert paid(office, built(office, date(2026, 12, 2)), award) == award.pence + 1000


def test_what_another_open_payroll_pays_already_is_not_paid_again(office, award, november, clock):
    award.change(NOVEMBER, award.pence + 500)
    built(office, DECEMBER)
    clock.advance(days=10)
    january = built(office, date(2027, 1, 4))
    assert (paid(office, january, award), parts(office, january)) == (award.pence + 500, [])


def test_of_two_payrolls_that_are_built_at_once_one_pays_the_arrears(office, award, november, clock, monkeypatch):
    award.change(NOVEMBER, award.pence + 500)
    december = office.create(DECEMBER)
    clock.advance(days=10)
    january = office.create(JANUARY)
    office.work(leave="payroll.build")
    with office.transaction() as session:
        chunks = select(Task.id).where(Task.kind == "payroll.build", Task.state == TaskState.WAITING).order_by(Task.id)
        first, second = session.scalars(chunks).all()
    insert, inserted = building.insert_payments, []

    def insert_while_the_other_is_built(*args):
        inserted.append(args)
        if len(inserted) == 1:
            worker.perform(office.service, second, office.harbour.body_id)
        return insert(*args)

    monkeypatch.setattr(building, "insert_payments", insert_while_the_other_is_built)
    worker.perform(office.service, first, office.harbour.body_id)
    with office.transaction() as session:
        assert "PaidMeanwhile" in session.scalars(select(Task.error).where(Task.id == first)).one()
    worker.perform(office.service, first, office.harbour.body_id)
    office.work()
    assert (parts(office, december), parts(office, january)) == ([], [(NOVEMBER, 500)])
    agree(office, december)
    agree(office, january)


def test_somebody_who_could_not_be_paid_is_paid_for_that_period_later(office, award, clock):
    hold_id = office.stop_payments(award.payee_id)
    assert paid(office, released(office, date(2026, 11, 25)), award) is UnpaidReason.ON_HOLD
    office.let_go_on(award.payee_id, hold_id)
    december = built(office, DECEMBER)
    assert paid(office, december, award) == 2 * award.pence
    assert (NOVEMBER, award.pence) in parts(office, december)


def test_a_period_paid_as_arrears_is_not_paid_by_a_late_payroll_of_its_own(office, award):
    hold_id = office.stop_payments(award.payee_id)
    released(office, date(2026, 11, 25))
    office.let_go_on(award.payee_id, hold_id)
    assert paid(office, built(office, DECEMBER), award) == 2 * award.pence
    late = built(office, date(2026, 11, 27))
    assert paid(office, late, award) is UnpaidReason.PAID_ALREADY


def test_a_period_that_a_late_payroll_of_its_own_pays_is_not_paid_as_arrears(office, award):
    hold_id = office.stop_payments(award.payee_id)
    released(office, date(2026, 11, 25))
    office.let_go_on(award.payee_id, hold_id)
    late = built(office, date(2026, 11, 27))
    assert paid(office, late, award) == award.pence
    assert paid(office, built(office, DECEMBER), award) == award.pence


@pytest.mark.parametrize("pays", [True, False])
def test_whether_suspended_periods_are_paid_is_what_the_person_who_lifts_says(office, award, clock, pays):
    suspension_id = award.suspend(date(2026, 10, 1))
    assert paid(office, released(office, date(2026, 11, 25)), award) is UnpaidReason.SUSPENDED
    clock.advance(days=9)
    award.lift(suspension_id, pays_arrears=pays)
    december = built(office, date(2026, 12, 8))
    assert paid(office, december, award) == (2 if pays else 1) * award.pence


def test_what_was_paid_to_a_record_that_was_merged_since_still_counts(office, award, november, owner):
    award.change(DECEMBER, award.pence + 1)
    with owner.begin() as connection:
        connection.execute(
            text(
                "UPDATE award SET payee_id = (SELECT id FROM payee WHERE id <> award.payee_id LIMIT 1) WHERE id = :id"
            ),
            {"id": award.id},
        )
    assert parts(office, built(office, DECEMBER)) == []


def test_parts_change_only_while_their_payroll_is_built(office, award, november, owner):
    award.change(NOVEMBER, award.pence + 500)
    december = built(office, DECEMBER)
    with pytest.raises(Exception, match="only while it is built"), owner.begin() as connection:
        connection.execute(text("DELETE FROM payment_part WHERE payroll_id = :id"), {"id": december})


def test_whoever_keyed_a_back_dated_change_does_not_approve_its_arrears(office, award, november, clock):
    keyer = office.person_with(Role.PREPARER, Role.APPROVER)
    award.change(NOVEMBER, award.pence + 500, by=keyer)
    clock.advance(minutes=1)
    december = built(office, DECEMBER)
    office.accept_findings(december)
    office.seal(december)
    office.decide_all(december, upto=2)
    with pytest.raises(Exception, match="keyed_money"):
        office.decide(december, 3, by=keyer)


def test_the_manifest_binds_the_parts(office, award, november, clock):
    award.change(NOVEMBER, award.pence + 500)
    clock.advance(minutes=1)
    december = built(office, DECEMBER)
    office.accept_findings(december)
    office.seal(december)
    with office.transaction() as session:
        manifest = manifest_of(session, get_payroll(session, december))
        assert "parts" in manifest.read()

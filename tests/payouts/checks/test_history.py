"""Payments against what was paid before, by the same award, by other payrolls and schemes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select, text

from payouts.checks import amounts, dates, differences, history
from payouts.checks.facts import LastPayroll, PaidBefore
from payouts.checks.finding import Finding, Kind, Severity, groups_of
from payouts.payment import Payment
from schemes.check_settings import Check, CheckSettings, Thresholds, Weight, propose
from schemes.database import new_id
from schemes.person import Role
from tests.awarding import an_award
from tests.payouts.checks.test_checks import FACTS, LINE


@pytest.fixture
def start(sealed):
    return sealed


def kinds(found):
    return [one.kind for one in found]


@pytest.mark.parametrize(
    ("pence", "before", "found"),
    [
        (125_00, (100_00, 100_00, 100_00), False),
        (125_01, (100_00, 100_00, 100_00), True),
        (74_99, (100_00, 100_00, 100_00), True),
        # far by percent, and by less than £10
        (15_00, (6_00,), False),
        # one month that was different does not make the usual one
        (100_00, (10_00, 100_00, 100_00), False),
    ],
)
def test_an_amount_is_held_against_the_award_s_own_last_ones_by_percent_and_by_pounds(pence, before, found):
    facts = replace(FACTS, paid_last={LINE.award_id: PaidBefore(before, LINE.account_id)})
    assert bool(kinds(history.amount_changed(LINE._replace(amount_pence=pence), facts))) is found


@pytest.mark.parametrize(("payments", "pence", "found"), [
    (100, 1000_00, []),
    (91, 1099_00, []),
    (100, 1100_01, [Kind.TOTAL_VARIANCE]),
    (89, 1000_00, [Kind.COUNT_VARIANCE]),
])  # fmt: skip
def test_total_and_count_are_held_against_the_last_payroll(payments, pence, found):
    facts = replace(FACTS, payment_count=payments, total_pence=pence, last=LastPayroll(1, 100, 1000_00))
    assert kinds([*differences.total_as_last_time(facts), *differences.count_as_last_time(facts)]) == found


def test_bank_holidays_that_are_soon_unknown_are_told_in_time():
    facts = replace(FACTS, pay_date=date(2026, 11, 25), holidays_until=date(2027, 1, 31))
    assert kinds(dates.holidays_known(facts)) == [Kind.HOLIDAYS_RUN_OUT]
    assert kinds(dates.holidays_known(replace(facts, holidays_until=date(2028, 1, 1)))) == []


def test_a_scheme_may_call_less_than_six_times_the_middle_unusual():
    strict = replace(FACTS, settings=CheckSettings({}, Thresholds(times_the_median=2)))
    line = LINE._replace(amount_pence=201_00)
    assert kinds(amounts.unusually_large(line, strict)) == [Kind.UNUSUALLY_LARGE]
    assert kinds(amounts.unusually_large(line, FACTS)) == []


def test_the_next_payroll_names_what_changed_since_and_what_another_payroll_pays(office, sealed, clock, owner):
    office.decide_all(sealed.payroll_id)
    changed, moved, twice = (an_award(office, offset=n) for n in range(3))
    by, scheme_id = office.person(Role.FINANCE), office.harbour.scheme_id
    with office.transaction() as session:
        wanted = CheckSettings({Check.BANK_DETAILS_CHANGED: Weight.BLOCK})
        at = clock()
        change_id = propose(session, scheme_id, wanted, change_id=new_id(), reason="fraud", by=by, at=at).id
    office.confirm_change(change_id, by=office.person(Role.APPROVER))
    clock.advance(minutes=5)
    changed.change(date(2026, 12, 1), changed.pence * 2)
    office.change_bank_details(moved.payee_id)
    clock.advance(days=5)
    # as if the other payroll had paid December, so that this one makes good November too: the same amount
    with owner.begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))
        connection.execute(
            text(
                "UPDATE payment SET period_first_day = '2026-12-01', component = 'x', amount_pence = :p "
                "WHERE award_id = :id"
            ),
            {"id": twice.id, "p": 2 * twice.pence},
        )
    payroll_id = office.create(date(2026, 12, 4))
    office.work()
    with office.transaction() as session:
        rows = session.execute(
            select(Finding.kind, Payment.award_id, Finding.severity, Finding.facts)
            .join(Payment, Payment.id == Finding.payment_id)
            .where(Finding.payroll_id == payroll_id)
        ).all()
    found = {(kind, award_id): (severity, facts) for kind, award_id, severity, facts in rows}
    assert found[Kind.AMOUNT_CHANGED, changed.id] == (
        Severity.NEEDS_REASON, {"usual_pence": changed.pence, "payments": 1}
    )  # fmt: skip
    assert (Kind.AWARD_CHANGED, changed.id) in found
    assert found[Kind.BANK_DETAILS_CHANGED, moved.id][0] is Severity.BLOCK
    assert found[Kind.PAID_ELSEWHERE, twice.id][1] == {"other_payroll": "1", "paid_on": "2026-11-25"}
    of_kind = [award_id for kind, award_id in found if kind is Kind.PAID_ELSEWHERE]
    assert of_kind == [twice.id]


def test_a_first_payroll_has_nothing_to_be_held_against(office, sealed):
    with office.transaction() as session:
        there = {group.kind for group in groups_of(session, sealed.payroll_id)}
    assert not there & {Kind.AMOUNT_CHANGED, Kind.TOTAL_VARIANCE, Kind.COUNT_VARIANCE, Kind.PAID_ELSEWHERE}

"""What a payroll makes of awards that were changed, ended or suspended, and who may not approve it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select, text

from payouts.building import EVERY_AWARD, awards_due
from payouts.checks.finding import Kind, groups_of
from payouts.gates.deciding import DecisionRefused
from payouts.gates.decision import decisions_of
from payouts.gates.separation import Bar
from payouts.payment import Payment, Unpaid, UnpaidReason
from payouts.payroll import get_payroll
from schemes.database import new_id
from schemes.payee import Capacity, Mandate, Payee
from schemes.person import Role
from tests.awarding import an_award

NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def award(office):
    return an_award(office)


def built(office, pay_date=date(2026, 11, 25)):
    payroll_id = office.create(pay_date)
    office.work()
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id)
        assert (payroll.payment_count, payroll.total_pence) == awards_due(session, payroll, *EVERY_AWARD)
        assert Kind.TOTALS_DIFFER not in {group.kind for group in groups_of(session, payroll_id)}
    return payroll_id


def paid_to(office, payroll_id, award):
    """Pence, payee and period of the award's payment, or why there is none."""
    with office.transaction() as session:
        mine = (Payment.payroll_id == payroll_id, Payment.award_id == award.id)
        payment = session.scalars(select(Payment).where(*mine)).one_or_none()
        if payment is not None:
            return payment.amount_pence, payment.payee_id
        unpaid = select(Unpaid.reason).where(Unpaid.payroll_id == payroll_id, Unpaid.award_id == award.id)
        return session.scalars(unpaid).one()


@pytest.mark.parametrize(
    ("do", "november", "december"),
    [
        (lambda award: award.change(DECEMBER, 777), None, 777),
        (lambda award: award.change(NOVEMBER, 777), 777, 777),
        (lambda award: award.end(date(2026, 11, 30)), None, UnpaidReason.ENDED),
        (lambda award: award.end(date(2026, 10, 31)), UnpaidReason.ENDED, UnpaidReason.ENDED),
        (lambda award: award.suspend(NOVEMBER), UnpaidReason.SUSPENDED, UnpaidReason.SUSPENDED),
        (lambda award: award.suspend(NOVEMBER, date(2026, 11, 30)), UnpaidReason.SUSPENDED, None),
    ],
    ids=["from the next period", "from this period", "ends", "ended before", "suspended", "suspended for a month"],
)
def test_a_payroll_pays_what_the_history_says_of_its_period(office, award, do, november, december):
    do(award)
    for pay_date, expected in ((date(2026, 11, 25), november), (DECEMBER, december)):
        ordinary = (award.pence, award.payee_id)
        paid = paid_to(office, built(office, pay_date), award)
        assert paid == (ordinary if expected is None else (expected, award.payee_id) if expected == 777 else expected)


@pytest.fixture
def other_payee_id(office, award):
    """Somebody else who may be paid for the award's beneficiary."""
    with office.transaction() as session:
        payee_id = session.scalars(select(Payee.id).where(Payee.id != award.payee_id).limit(1)).one()
        facts = {"beneficiary_id": award.beneficiary_id, "payee_id": payee_id, "capacity": Capacity.APPOINTEE}
        mandate = Mandate(body_id=office.harbour.body_id, id=new_id(), made_at=office.service.now(), **facts)
        session.add(mandate)
    return payee_id


def test_the_money_goes_to_whoever_is_the_payee_on_the_pay_date(office, award, other_payee_id):
    award.change(DECEMBER, award.pence, payee_id=other_payee_id)
    assert paid_to(office, built(office), award) == (award.pence, award.payee_id)
    assert paid_to(office, built(office, DECEMBER), award) == (award.pence, other_payee_id)


def test_a_hold_on_the_new_payee_or_on_the_beneficiary_stops_the_money_and_one_on_the_old_payee_does_not(
    office, award, other_payee_id
):
    award.change(NOVEMBER, award.pence, payee_id=other_payee_id)
    office.stop_payments(award.payee_id)
    assert paid_to(office, built(office), award) == (award.pence, other_payee_id)
    office.stop_payments(other_payee_id)
    assert paid_to(office, built(office, DECEMBER), award) is UnpaidReason.ON_HOLD


def test_a_new_payee_without_bank_details_is_not_paid(office, award, other_payee_id, owner):
    award.change(NOVEMBER, award.pence, payee_id=other_payee_id)
    with owner.begin() as connection:
        connection.execute(
            text("UPDATE account SET confirmed_by = NULL, confirmed_at = NULL WHERE payee_id = :p"),
            {"p": other_payee_id},
        )
    assert paid_to(office, built(office), award) is UnpaidReason.NO_CONFIRMED_BANK_DETAILS


def sealed(office, pay_date):
    payroll_id = built(office, pay_date)
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    office.decide_all(payroll_id, upto=2)
    return payroll_id


@pytest.fixture
def keyer(office):
    """Somebody who prepares and approves."""
    return office.person_with(Role.PREPARER, Role.APPROVER)


def released(office, pay_date):
    payroll_id = sealed(office, pay_date)
    office.decide(payroll_id, 3, by=office.person(Role.APPROVER))
    office.decide(payroll_id, 4, by=office.person(Role.RELEASER))
    return payroll_id


def test_whoever_changed_an_award_does_not_approve_the_first_payroll_that_pays_it_changed(office, award, keyer, clock):
    released(office, date(2026, 11, 25))
    clock.advance(minutes=1)
    award.change(DECEMBER, award.pence + 5, by=keyer)
    clock.advance(minutes=1)
    payroll_id = sealed(office, DECEMBER)
    with pytest.raises(DecisionRefused) as refused:
        office.decide(payroll_id, 3, by=keyer)
    assert refused.value.why is Bar.KEYED_MONEY
    office.decide(payroll_id, 3, by=office.person(Role.APPROVER))
    office.decide(payroll_id, 4, by=office.person(Role.RELEASER))
    clock.advance(days=14)
    payroll_id = sealed(office, date(2027, 1, 4))
    office.decide(payroll_id, 3, by=keyer)


def test_a_change_that_begins_after_the_period_bars_nobody_yet(office, award, keyer):
    released(office, date(2026, 11, 25))
    award.change(date(2027, 1, 1), award.pence + 5, by=replace(keyer))
    payroll_id = sealed(office, DECEMBER)
    office.decide(payroll_id, 3, by=keyer)
    with office.transaction() as session:
        assert keyer.person_id in {decision.person_id for decision in decisions_of(session, payroll_id)}

"""Top-ups: more for people whom a released payroll has paid, each stated by one person and confirmed by another."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from payouts.difference.run import last_comparable
from payouts.payment import Payment
from payouts.payroll import PayrollKind, get_payroll
from payouts.top_up import NothingToTopUp, create_top_up
from schemes.database import new_id
from schemes.errors import NotAllowed, NotNow
from schemes.person import Role
from tests.awarding import Awarded
from tests.entering import entering, pay_one_offs

LATER = date(2026, 11, 26)


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def payroll_id(sealed):
    return sealed.payroll_id


def top_up(office, of, *, payroll_id=None, by=None, pay_date=LATER):
    with office.transaction() as session:
        return create_top_up(
            session,
            office.service.calendar,
            payroll_id=payroll_id or new_id(),
            of=get_payroll(session, of),
            pay_date=pay_date,
            by=by or office.person(Role.PREPARER),
            at=office.service.now(),
        ).id


def payments_for(office, beneficiary_id):
    with office.transaction() as session:
        rows = select(Payment.sequence, Payment.amount_pence).where(Payment.beneficiary_id == beneficiary_id)
        return session.execute(rows.order_by(Payment.sequence)).all()


def test_more_is_paid_for_the_same_period_under_the_next_number_and_once(office, payroll_id):
    anna, other = entering(office), entering(office, offset=1)
    anna.agreed(amount_pence=1500)
    with pytest.raises(NotNow):
        top_up(office, payroll_id)
    office.decide_all(payroll_id)
    # somebody without a payment for the period is not topped up, and what is due later waits
    other.agreed(about=date(2026, 12, 20))
    other.agreed(pay_from=date(2026, 11, 27))
    made = new_id()
    assert top_up(office, payroll_id, payroll_id=made) == top_up(office, payroll_id, payroll_id=made) == made
    office.work()
    with office.transaction() as session:
        of, payroll = get_payroll(session, payroll_id), get_payroll(session, made)
        assert (payroll.kind, payroll.pays_for_id, payroll.payment_count) == (PayrollKind.TOP_UP, payroll_id, 1)
        assert payroll.period_first_day == of.period_first_day
    [first, second] = payments_for(office, anna.beneficiary_id)
    assert (first.sequence, second) == (1, (2, 1500))
    office.accept_findings(made)
    office.seal(made)
    office.decide_all(made)
    with pytest.raises(NothingToTopUp):
        top_up(office, payroll_id)
    with pytest.raises(NotAllowed):
        top_up(office, payroll_id, by=office.person(Role.APPROVER))


def test_what_an_award_owes_stays_arrears_whatever_was_topped_up(office, payroll_id):
    anna = entering(office)
    office.decide_all(payroll_id)
    anna.agreed(amount_pence=1500)
    top_up(office, payroll_id)
    office.work()
    with office.transaction() as session:
        was = session.scalars(select(Payment.amount_pence).where(Payment.award_id == anna.award_id)).one()
    Awarded(office, anna.award_id, anna.payee_id, anna.beneficiary_id, was).change(date(2026, 11, 1), was + 100)
    december = office.create(date(2026, 12, 23))
    office.work()
    with office.transaction() as session:
        paid = session.scalars(
            select(Payment.amount_pence).where(Payment.award_id == anna.award_id, Payment.payroll_id == december)
        ).one()
    assert paid == was + 100 + 100


def test_a_regular_payroll_is_compared_with_a_regular_one_whatever_was_paid_between(office, payroll_id):
    office.decide_all(payroll_id)
    entering(office).agreed()
    extra = pay_one_offs(office, LATER)
    office.accept_findings(extra)
    office.seal(extra)
    office.decide_all(extra)
    december = office.create(date(2026, 12, 23))
    with office.transaction() as session:
        assert last_comparable(session, get_payroll(session, december)).id == payroll_id
        assert last_comparable(session, get_payroll(session, extra)) is None

"""Getting back what was paid too much: never more than was agreed, counted down to the penny, by two people's word."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from payouts.building import EVERY_AWARD, awards_due
from payouts.cancelling import cancel
from payouts.payment import Payment, Unpaid, UnpaidReason
from payouts.payroll import get_payroll
from payouts.recovering import balances
from schemes.award import get_award
from schemes.database import new_id
from schemes.errors import NotAllowed, NotNow, OutOfRange, SamePerson
from schemes.person import Role
from schemes.recovery import RecoveryThere, confirm, get_recovery, instalment, recoveries_of, reject
from tests.awarding import an_award

NOVEMBER, DECEMBER, JANUARY = date(2026, 11, 25), date(2026, 12, 1), date(2027, 1, 4)
pence = st.integers(0, 10**9)


@given(
    st.lists(st.integers(1, 10**7), min_size=1, max_size=30),
    st.integers(1, 10**8),
    st.tuples(st.none(), st.integers(1, 100)) | st.tuples(st.integers(1, 10**7), st.none()),
    pence,
)
def test_of_any_payments_never_more_is_taken_than_agreed_and_the_balance_counts_down(payments, total, agreed, least):
    amount, share = agreed
    left = total
    for payment in payments:
        taken = instalment(payment, left, instalment_pence=amount, share_percent=share, least_left_pence=least)
        assert 0 <= taken <= left
        assert taken <= (amount if amount is not None else payment * share / 100)
        assert taken == 0 or payment - taken >= least
        # nothing less is taken than could be
        assert taken in (0, left, amount, payment * (share or 0) // 100, payment - least)
        left -= taken
    assert 0 <= left <= total


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def award(office):
    return an_award(office)


def proposed(office, award, **changes):
    return award.recover(**changes)


def agreed(office, award, recovery_id, *, by=None):
    with office.transaction() as session:
        recovery = get_recovery(session, award.id, recovery_id, lock=True)
        who, at = by or office.person(Role.FINANCE), office.service.now()
        confirm(session, recovery, get_award(session, award.id), by=who, at=at)


def built(office, pay_date):
    payroll_id = office.create(pay_date)
    office.work()
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id)
        assert (payroll.payment_count, payroll.total_pence) == awards_due(session, payroll, *EVERY_AWARD)
    return payroll_id


def released(office, pay_date):
    payroll_id = built(office, pay_date)
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    office.decide_all(payroll_id)
    office.service.now.advance(minutes=1)
    return payroll_id


def paid(office, payroll_id, award):
    with office.transaction() as session:
        mine = (Payment.payroll_id == payroll_id, Payment.award_id == award.id)
        found = session.scalars(select(Payment.amount_pence).where(*mine)).one_or_none()
        unpaid = select(Unpaid.reason).where(Unpaid.payroll_id == payroll_id, Unpaid.award_id == award.id)
        return found if found is not None else session.scalars(unpaid).one()


def balance(office, award):
    with office.transaction() as session:
        [one] = balances(session, recoveries_of(session, award.id)).values()
        return one.taken_pence, one.reserved_pence, one.left_pence


def test_instalments_are_taken_until_all_is_back_and_no_longer(office, award, clock):
    agreed(office, award, proposed(office, award))
    assert paid(office, released(office, NOVEMBER), award) == award.pence - 1000
    assert balance(office, award) == (1000, 0, 1500)
    assert paid(office, released(office, DECEMBER), award) == award.pence - 1000
    clock.advance(days=20)
    assert paid(office, built(office, JANUARY), award) == award.pence - 500
    assert balance(office, award) == (2000, 500, 0)


def test_nothing_is_taken_before_a_second_person_confirmed(office, award):
    recovery_id = proposed(office, award)
    first = built(office, NOVEMBER)
    assert paid(office, first, award) == award.pence
    both = replace(office.person(Role.PREPARER), roles=frozenset({Role.PREPARER, Role.FINANCE}))
    with pytest.raises(SamePerson):
        agreed(office, award, recovery_id, by=both)
    with pytest.raises(NotAllowed):
        agreed(office, award, recovery_id, by=office.person(Role.RELEASER))
    agreed(office, award, recovery_id)
    assert paid(office, built(office, DECEMBER), award) == award.pence - 1000


def test_a_payroll_that_is_given_up_frees_what_it_would_have_taken(office, award):
    agreed(office, award, proposed(office, award))
    first = built(office, NOVEMBER)
    assert balance(office, award) == (0, 1000, 1500)
    with office.transaction() as session:
        payroll = get_payroll(session, first, lock=True)
        cancel(session, payroll, by=office.person(Role.PREPARER), reason="wrong", at=office.service.now())
    assert balance(office, award) == (0, 0, 2500)
    assert paid(office, built(office, NOVEMBER), award) == award.pence - 1000


def test_what_must_be_left_is_left_and_what_is_recovered_whole_is_listed(office, award):
    other = an_award(office, offset=1)
    agreed(office, award, proposed(office, award, instalment_pence=10**6, total_pence=10**6, least_left_pence=300))
    whole = proposed(office, other, instalment_pence=None, share_percent=100, total_pence=10**6, least_left_pence=0)
    agreed(office, other, whole)
    november = released(office, NOVEMBER)
    assert paid(office, november, award) == 300
    assert paid(office, november, other) is UnpaidReason.RECOVERED
    assert balance(office, other) == (other.pence, 0, 10**6 - other.pence)
    again = built(office, date(2026, 11, 27))
    assert paid(office, again, other) is UnpaidReason.PAID_ALREADY, "its period was settled by what it owed"
    december = built(office, DECEMBER)
    assert paid(office, december, other) is UnpaidReason.RECOVERED, "and is not owed as arrears"


def test_a_proposal_that_cannot_be_is_refused_and_one_waits_at_a_time(office, award):
    for wrong in ({"total_pence": 0}, {"instalment_pence": 0}, {"share_percent": 101}, {"least_left_pence": -1}):
        with pytest.raises(OutOfRange):
            proposed(office, award, **wrong)
    recovery_id = new_id()
    assert {proposed(office, award, recovery_id=recovery_id) for _ in range(2)} == {recovery_id}
    with pytest.raises(RecoveryThere):
        proposed(office, award)
    with office.transaction() as session:
        recovery = get_recovery(session, award.id, recovery_id, lock=True)
        at, finance = office.service.now(), office.person(Role.FINANCE)
        reject(session, recovery, get_award(session, award.id), reason="not owed", by=finance, at=at)
        with pytest.raises(NotNow):
            confirm(session, recovery, get_award(session, award.id), by=finance, at=at)
    assert paid(office, built(office, NOVEMBER), award) == award.pence

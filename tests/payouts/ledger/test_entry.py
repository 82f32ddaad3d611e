"""Each entry is one amount from one account to another, so the ledger sums to zero; the balances say where money is."""

from __future__ import annotations

import pytest
from psycopg import errors
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from payouts.ledger.entry import LedgerAccount, LedgerEntry, balances, post_payroll
from payouts.payment import Payment
from payouts.payroll import get_payroll
from schemes.database import new_id

SPENT, APPROVED, WITH_BACS = LedgerAccount


@pytest.fixture
def start(sealed):
    return sealed


def test_the_balances_follow_the_money_and_sum_to_zero_after_each_step(office, sealed):
    def now():
        with office.transaction() as session:
            found = balances(session)
        assert sum(found.values()) == 0
        return found

    with office.transaction() as session:
        total = get_payroll(session, sealed.payroll_id).total_pence
    assert now() == {SPENT: 0, APPROVED: 0, WITH_BACS: 0}
    office.decide_all(sealed.payroll_id, upto=3)
    assert now() == {SPENT: 0, APPROVED: 0, WITH_BACS: 0}, "approval alone spends nothing"
    office.decide(sealed.payroll_id, 4, by=office.person("releaser"))
    assert now() == {SPENT: total, APPROVED: -total, WITH_BACS: 0}
    office.download(sealed.payroll_id)
    assert now() == {SPENT: total, APPROVED: -total, WITH_BACS: 0}, "a file that was downloaded was not sent"
    office.record_submission(sealed.payroll_id)
    assert now() == {SPENT: total, APPROVED: 0, WITH_BACS: -total}
    with office.transaction() as session:
        per_payment = select(LedgerEntry.payment_id, func.count()).group_by(LedgerEntry.payment_id)
        assert {count for _, count in session.execute(per_payment)} == {2}


def test_a_payroll_cannot_be_posted_twice(office, sealed):
    office.decide_all(sealed.payroll_id)
    with pytest.raises(DBAPIError) as refused, office.transaction() as session:
        post_payroll(session, sealed.payroll_id, debit=SPENT, credit=APPROVED, at=office.service.now())
    assert isinstance(refused.value.orig, errors.UniqueViolation)


@pytest.mark.parametrize(("debit", "credit", "pence"), [(SPENT, SPENT, 1), (SPENT, APPROVED, 0), (SPENT, APPROVED, -5)])
def test_an_entry_that_moves_nothing_or_goes_nowhere_is_refused(office, sealed, debit, credit, pence):
    with office.transaction() as session:
        payment_id = session.scalars(select(Payment.id).limit(1)).one()
    entry = LedgerEntry(
        body_id=office.harbour.body_id,
        id=new_id(),
        payroll_id=sealed.payroll_id,
        payment_id=payment_id,
        debit=debit,
        credit=credit,
        amount_pence=pence,
        at=office.service.now(),
    )
    with pytest.raises(DBAPIError) as refused, office.transaction() as session:
        session.add(entry)
    assert isinstance(refused.value.orig, errors.CheckViolation)


@pytest.mark.parametrize("statement", ["UPDATE ledger_entry SET amount_pence = 1", "DELETE FROM ledger_entry"])
def test_not_even_the_owner_edits_the_ledger(office, sealed, owner, statement):
    office.decide_all(sealed.payroll_id)
    with pytest.raises(DBAPIError, match="append-only"), owner.begin() as connection:
        connection.execute(text(statement))

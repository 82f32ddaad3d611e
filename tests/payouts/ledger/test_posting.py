"""What happens to payments' money is posted set-wise; every pound released is in one place, whatever happens."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import errors
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import DBAPIError

from payouts.ledger.balance import LedgerPosting, balances, prove, whereabouts
from payouts.ledger.entry import Event, LedgerAccount, LedgerEntry
from payouts.ledger.posting import MOVEMENTS, ONWARD, post, undo
from payouts.payment import Payment
from payouts.payroll import get_payroll
from schemes.database import new_id

SPENT, APPROVED, WITH_BACS, BANK, HELD, REISSUED, RECOVERED, WRITTEN_OFF = LedgerAccount


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def payments(office, sealed):
    """Some payments of a payroll whose money was released: (id, pence)."""
    with office.transaction() as session:
        post(session, Event.RELEASED, select(Payment.id), at=office.service.now())
        return session.execute(select(Payment.id, Payment.amount_pence).order_by(Payment.ordinal).limit(7)).all()


def test_the_balances_follow_the_money_of_a_payroll(office, sealed):
    def now():
        with office.transaction() as session:
            found = balances(session)
            assert balances(session, payroll_id=sealed.payroll_id) == found
            assert balances(session, scheme_id=office.harbour.scheme_id) == found
        assert sum(balance.held_pence for balance in found.values()) == 0
        return {account: balance.held_pence for account, balance in found.items() if balance.held_pence}

    with office.transaction() as session:
        total = get_payroll(session, sealed.payroll_id).total_pence
    office.decide_all(sealed.payroll_id, upto=3)
    assert now() == {}, "approval alone spends nothing"
    office.decide(sealed.payroll_id, 4, by=office.person("releaser"))
    assert now() == {SPENT: -total, APPROVED: total}
    office.download(sealed.payroll_id)
    assert now() == {SPENT: -total, APPROVED: total}, "a file that was downloaded was not sent"
    office.record_submission(sealed.payroll_id)
    assert now() == {SPENT: -total, WITH_BACS: total}
    with office.transaction() as session:
        assert session.scalar(select(func.count()).select_from(LedgerPosting)) == 2, "one for each step, not a payment"


def test_a_ledger_that_was_almost_empty_is_not_read_whole_for_each_payment(office, sealed, owner):
    with owner.begin() as connection:
        connection.execute(text("ANALYZE ledger_entry"))
    with office.transaction() as session:
        count = post(session, Event.RELEASED, select(Payment.id), at=office.service.now())
        read_whole = session.scalar(text("SELECT pg_stat_get_xact_numscans('ledger_entry'::regclass)"))
    assert count > 10
    assert read_whole < 3


HISTORIES = [
    ([Event.RETURNED], HELD, 4),
    ([Event.REJECTED], HELD, 3),
    ([Event.WITHDRAWN], HELD, 2),
    ([Event.PAID, Event.PAID_BACK], RECOVERED, 4),
    ([Event.RECALLED, Event.RETURNED, Event.REISSUED, Event.WRITTEN_OFF], REISSUED, 4),
    ([Event.RETURNED, Event.WRITTEN_OFF, Event.REISSUED], WRITTEN_OFF, 5),
    ([Event.REISSUED, Event.RECOVERED, Event.WRITTEN_OFF], APPROVED, 1),
]


def test_a_report_that_comes_before_its_time_brings_what_must_have_happened_and_no_pound_goes_two_ways(
    office, payments
):
    at, found = office.service.now(), []
    with office.transaction() as session:
        for (events, _, _), (payment_id, _) in zip(HISTORIES, payments, strict=True):
            for event in events:
                post(session, event, [payment_id], at=at)
            entries = select(LedgerEntry).where(LedgerEntry.payment_id == payment_id).order_by(LedgerEntry.step)
            *before, last = session.scalars(entries)
            found.append((events, last.credit, len(before) + 1))
    assert found == HISTORIES


def test_what_was_undone_can_happen_again_and_only_the_last_thing_is_undone(office, payments):
    payment_id, at = payments[0].id, office.service.now()
    with office.transaction() as session:
        before = whereabouts(session)
        post(session, Event.PAID, [payment_id], at=at)
        paid = whereabouts(session)
        assert post(session, Event.RETURNED, [payment_id], at=at) == 1
        assert undo(session, Event.PAID, [payment_id], at=at) == 0
        assert undo(session, Event.RETURNED, [payment_id], at=at) == 1
        assert whereabouts(session) == paid
        assert undo(session, Event.RETURNED, [payment_id], at=at) == 0
        assert post(session, Event.RETURNED, [payment_id, payment_id], at=at) == 1
        after = whereabouts(session)
    assert after.returned_and_held_pence == payments[0].amount_pence
    assert before.released_pence == after.released_pence == after.placed_pence


def model_of(place, event):
    """Where an event takes money from a place, worked out from the table alone."""
    walked = place
    while walked is not MOVEMENTS[event].debit:
        if walked not in ONWARD:
            return place
        walked = MOVEMENTS[ONWARD[walked]].credit
    return MOVEMENTS[event].credit


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    happened=st.lists(
        st.tuples(st.sampled_from(Event), st.sets(st.integers(0, 5), min_size=1), st.booleans()), max_size=12
    )
)
def test_every_pound_released_is_in_exactly_one_place_after_any_history_and_a_replay_changes_nothing(
    office, sealed, payments, happened
):
    at, places = office.service.now(), [APPROVED] * len(payments)
    with office.transaction() as session:
        whole = whereabouts(session)
        for event, chosen, again in happened:
            ids = [payments[index].id for index in chosen]
            post(session, event, ids, at=at)
            if again:
                assert post(session, event, select(Payment.id).where(Payment.id.in_(ids)), at=at) == 0
            for index in chosen:
                places[index] = model_of(places[index], event)
            found = balances(session)
            for account in set(LedgerAccount) - {SPENT, APPROVED}:
                expected = [row.amount_pence for row, place in zip(payments, places, strict=True) if place is account]
                assert (found[account].held_pence, found[account].held_entries) == (sum(expected), len(expected))
            now = whereabouts(session)
            assert now.released_pence == now.placed_pence == whole.released_pence
            assert sum(now.payments.values()) == sum(whole.payments.values())
        assert prove(session, sealed.payroll_id).is_proven
        session.rollback()


def test_an_entry_that_does_not_follow_from_the_last_is_found_and_two_of_one_step_are_refused(office, sealed, payments):
    payment_id, at = payments[0].id, office.service.now()
    entry = {
        "body_id": office.harbour.body_id,
        "id": new_id(),
        "payroll_id": sealed.payroll_id,
        "payment_id": payment_id,
        "event": Event.RETURNED,
        "step": 2,
        "undoes": False,
        "debit": BANK,
        "credit": HELD,
        "amount_pence": payments[0].amount_pence,
        "accounting_date": at.date(),
        "at": at,
    }
    with office.transaction() as session:
        session.execute(insert(LedgerEntry).values(entry))
        found = prove(session, sealed.payroll_id)
        assert (found.broken_payments, found.differing_sums, found.is_proven) == (1, 0, False)
    with pytest.raises(DBAPIError) as refused, office.transaction() as session:
        session.execute(insert(LedgerEntry).values({**entry, "id": new_id()}))
    assert isinstance(refused.value.orig, errors.UniqueViolation)
    for wrong in ({"debit": HELD}, {"amount_pence": 0}, {"amount_pence": -5}):
        with pytest.raises(DBAPIError) as refused, office.transaction() as session:
            session.execute(insert(LedgerEntry).values({**entry, "id": new_id(), "step": 3, **wrong}))
        assert isinstance(refused.value.orig, errors.CheckViolation)


def test_sums_that_were_kept_without_entries_are_found(office, sealed, payments, owner):
    with owner.begin() as connection:
        connection.execute(text("ALTER TABLE ledger_posting DISABLE TRIGGER append_only"))
        connection.execute(text("UPDATE ledger_posting SET total_pence = total_pence + 1"))
    with office.transaction() as session:
        assert prove(session, sealed.payroll_id).differing_sums == 2


@pytest.mark.parametrize("table", ["ledger_entry", "ledger_posting"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET at = now()", "DELETE FROM {}"])
def test_not_even_the_owner_edits_the_ledger(owner, payments, table, statement):
    with pytest.raises(DBAPIError, match="append-only"), owner.begin() as connection:
        connection.execute(text(statement.format(table)))

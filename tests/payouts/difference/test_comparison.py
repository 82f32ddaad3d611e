"""A payroll against the last one, over the whole way: counted once when it is built, and a bar to Ready."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select, text

from payouts.checks.finding import Kind, groups_of
from payouts.difference.comparison import (
    NotExplained,
    causes_of,
    comparison_of,
    lines_of_award,
    lines_of_cause,
    must_be_explained,
    unexplained_in,
)
from payouts.difference.explanation import Cause
from payouts.payment import Payment
from payouts.payroll import get_payroll, rebuild
from schemes.person import Role
from tests.awarding import an_award
from tests.conftest import Prepared
from tests.office import Office

NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)


@pytest.fixture(scope="module")
def november(prepare, landed):
    """November is paid: what December is compared with."""
    with prepare("payouts_november", landed.database) as service:
        office = Office(service, landed.harbour)
        payroll_id = released(office)
    return Prepared("payouts_november", landed.harbour, payroll_id)


@pytest.fixture
def start(november):
    return november


def built(office, pay_date):
    payroll_id = office.create(pay_date)
    office.work()
    return payroll_id


def sealed(office, pay_date):
    payroll_id = built(office, pay_date)
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    return payroll_id


def released(office, pay_date=date(2026, 11, 25)):
    payroll_id = sealed(office, pay_date)
    office.decide_all(payroll_id)
    return payroll_id


def told(office, payroll_id):
    """The causes with how many awards and pence, after making sure that they come to the difference."""
    with office.transaction() as session:
        comparison = comparison_of(session, payroll_id)
        causes = causes_of(session, payroll_id)
        assert comparison.is_done
        assert sum(cause.pence for cause in causes) + comparison.stray_pence == comparison.pence
        payroll = get_payroll(session, payroll_id)
        assert (comparison.now_count, comparison.now_pence) == (payroll.payment_count, payroll.total_pence)
        return {cause.cause: (cause.count, cause.pence) for cause in causes}


def test_the_first_payroll_of_a_scheme_is_explained_against_nothing(office, november):
    with office.transaction() as session:
        comparison = comparison_of(session, november.payroll_id)
        payroll = get_payroll(session, november.payroll_id)
        assert (comparison.against_id, comparison.then_pence) == (None, 0)
        must_be_explained(session, payroll)
    assert told(office, november.payroll_id) == {Cause.STARTERS: (payroll.payment_count, payroll.total_pence)}


def test_every_change_between_two_payrolls_is_told_by_its_cause_and_its_payees(office, november, clock):
    raised, ended, suspended, held, owed = (an_award(office, offset=n) for n in range(5))
    clock.advance(minutes=5)
    raised.change(DECEMBER, raised.pence + 7_00)
    ended.end(date(2026, 11, 30))
    suspended.suspend(DECEMBER)
    office.stop_payments(held.payee_id)
    owed.change(NOVEMBER, owed.pence + 2_50)
    second = built(office, DECEMBER)
    told_now = told(office, second)
    assert told_now[Cause.LEAVERS][0] >= 1
    with office.transaction() as session:
        assert comparison_of(session, second).against_id == november.payroll_id

        def of(award):
            return [(line.cause, line.pence, line.why) for line in lines_of_award(session, second, award.id)]

        assert of(raised) == [(Cause.RATES, 7_00, None)]
        assert of(ended) == [(Cause.LEAVERS, -ended.pence, "ended")]
        assert of(suspended) == [(Cause.SUSPENDED, -suspended.pence, "suspended")]
        assert of(held) == [(Cause.LEFT_OUT, -held.pence, "on_hold")]
        assert of(owed) == [(Cause.RATES, 2_50, None), (Cause.ARREARS, 2_50, None)]
        [row] = [row for row in lines_of_cause(session, second, Cause.ARREARS) if row.line.award_id == owed.id]
        assert row.beneficiary.id == owed.beneficiary_id
        must_be_explained(session, get_payroll(session, second))


def tampered(office, owner, sql, **facts):
    """A second payroll, into whose payments somebody with the owner's rights reached before they were compared."""
    payroll_id = office.create(DECEMBER)
    office.work(leave="payroll.compare_plan")
    with owner.begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))
        connection.execute(text(sql), {"payroll": payroll_id, **facts})
        connection.execute(text("SET session_replication_role = DEFAULT"))
    office.work()
    return payroll_id


DOUBLE = (
    "INSERT INTO payment SELECT (jsonb_populate_record(p, jsonb_build_object('id', uuidv7(), 'sequence', 2, "
    "'ordinal', 100000))).* FROM payment p WHERE payroll_id = :payroll AND ordinal = 1"
)
# the sum is as it was
MOVE = (
    "UPDATE payment SET amount_pence = amount_pence + CASE ordinal WHEN 1 THEN -100 ELSE 100 END "
    "WHERE payroll_id = :payroll AND ordinal IN (1, 2)"
)


@pytest.mark.parametrize(
    ("sql", "awards"),
    [
        ("UPDATE payment SET amount_pence = amount_pence + 1 WHERE payroll_id = :payroll AND ordinal = 1", 1),
        ("DELETE FROM payment WHERE payroll_id = :payroll AND ordinal = 1", 1),
        (DOUBLE, 1),
        (MOVE, 2),
    ],
    ids=["a penny more", "a lost row", "a doubled row", "a pound moved"],
)
def test_a_payment_that_somebody_reached_into_is_named_and_keeps_the_payroll_from_ready(office, owner, sql, awards):
    payroll_id = tampered(office, owner, sql)
    with office.transaction() as session:
        found = {group.kind: group for group in groups_of(session, payroll_id)}
        assert found[Kind.DIFFERENCE_UNEXPLAINED].is_open
        rows = lines_of_cause(session, payroll_id, Cause.UNEXPLAINED)
        assert len(rows) == unexplained_in(session, payroll_id).awards == awards
        with pytest.raises(NotExplained) as refused:
            must_be_explained(session, get_payroll(session, payroll_id))
        assert refused.value.count == awards


def test_the_last_payroll_s_payments_are_held_against_the_register_too(office, owner):
    with owner.begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))
        connection.execute(text("UPDATE payment SET amount_pence = amount_pence - 3 WHERE ordinal = 1"))
    second = built(office, DECEMBER)
    assert told(office, second)[Cause.UNEXPLAINED] == (1, 3)


def test_ready_refuses_a_payroll_whose_payments_changed_after_they_were_explained(office, owner):
    payroll_id = sealed(office, DECEMBER)
    with owner.begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))
        connection.execute(text("UPDATE payment SET amount_pence = 999 WHERE status = 'prepared'"))
    with pytest.raises(NotExplained):
        office.decide(payroll_id, 1, by=office.person(Role.PREPARER))


def test_a_payroll_built_again_is_explained_anew(office, clock):
    award = an_award(office)
    payroll_id = built(office, DECEMBER)
    clock.advance(minutes=1)
    award.change(DECEMBER, award.pence + 1_00)
    with office.transaction() as session:
        by, at = office.person(Role.PREPARER), office.service.now()
        rebuild(session, get_payroll(session, payroll_id, lock=True), by=by, at=at)
    office.work()
    assert told(office, payroll_id)[Cause.RATES] == (1, 1_00)


def test_whoever_is_taken_out_of_a_sealed_payroll_is_told_in_its_difference_at_once(office, november):
    payroll_id = sealed(office, DECEMBER)
    with office.transaction() as session:
        payment = session.scalars(select(Payment).where(Payment.payroll_id == payroll_id).limit(1)).one()
    office.take_out(payroll_id, [payment.id])
    office.work()
    assert told(office, payroll_id)[Cause.LEFT_OUT] == (1, -payment.amount_pence)
    with office.transaction() as session:
        must_be_explained(session, get_payroll(session, payroll_id))
        [line] = lines_of_award(session, payroll_id, payment.award_id)
        assert line.why == "taken_out"

"""A payroll pays exactly what is due, nobody twice, and only on a day on which Bacs can."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm.exc import StaleDataError

from payouts import building
from payouts.building import EVERY_AWARD, awards_due
from payouts.cancelling import CancelReasonMissing, cancel
from payouts.checks.finding import Kind, groups_of
from payouts.files.payment_file import files_of
from payouts.payment import Payment, PaymentStatus, Unpaid, UnpaidReason, unpaid_counts
from payouts.payroll import (
    MOVES,
    PayDateReason,
    PayDateRefused,
    PayrollStatus,
    get_payroll,
    move,
    rebuild,
)
from payouts.tasks import worker
from payouts.tasks.outbox import Task, TaskState
from schemes.award import Award
from schemes.database import new_id
from schemes.errors import NotAllowed, NotFound, NotNow
from schemes.person import Role

DECEMBER = date(2026, 12, 1)


@pytest.fixture
def start(landed):
    return landed


def look(office, payroll_id):
    with office.transaction() as session:
        return get_payroll(session, payroll_id)


def built(office, pay_date=date(2026, 11, 25)):
    payroll_id = office.create(pay_date)
    office.work()
    return payroll_id


def give_up(office, payroll_id, reason="wrong"):
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id, lock=True)
        cancel(session, payroll, by=office.person(Role.PREPARER), reason=reason, at=office.service.now())


def test_a_payroll_pays_every_due_award_once_and_its_totals_agree(office):
    payroll = look(office, built(office))
    with office.transaction() as session:
        awards = session.execute(select(func.count(), func.sum(Award.amount_pence)).select_from(Award)).one()
        payments = session.execute(
            select(func.count(), func.sum(Payment.amount_pence), func.count(Payment.award_id.distinct()))
        ).one()
        assert (
            (payroll.payment_count, payroll.total_pence) == awards_due(session, payroll, *EVERY_AWARD) == tuple(awards)
        )
        assert tuple(payments) == (payroll.payment_count, payroll.total_pence, payroll.payment_count)
        references = session.scalars(select(Payment.reference).order_by(Payment.ordinal)).all()
    assert references == [f"HIL-0001-{number:06d}" for number in range(1, payroll.payment_count + 1)]
    assert payroll.status is PayrollStatus.CHECKED


def test_a_second_payroll_for_the_period_pays_nobody_again_and_says_why(office):
    first = look(office, built(office))
    second = look(office, built(office, date(2026, 11, 27)))
    assert (second.payment_count, second.total_pence) == (0, 0)
    assert second.unpaid_count == first.payment_count
    with office.transaction() as session:
        assert unpaid_counts(session, second.id) == {UnpaidReason.PAID_ALREADY: first.payment_count}
        assert Kind.NOTHING_TO_PAY in {group.kind for group in groups_of(session, second.id)}


def test_the_next_period_pays_everybody_again(office):
    first, second = look(office, built(office)), look(office, built(office, DECEMBER))
    assert second.payment_count == first.payment_count


def test_giving_a_payroll_up_frees_its_keys_for_one_successor(office):
    first = built(office)
    with pytest.raises(CancelReasonMissing):
        give_up(office, first, reason=" ")
    give_up(office, first)
    give_up(office, first)
    with office.transaction() as session:
        assert set(session.scalars(select(Payment.status))) == {PaymentStatus.CANCELLED}
    second, third = look(office, built(office)), look(office, built(office, date(2026, 11, 26)))
    assert second.payment_count == look(office, first).payment_count
    assert third.payment_count == 0


def test_a_payroll_given_up_while_it_is_built_pays_nobody(office):
    payroll_id = office.create()
    give_up(office, payroll_id)
    office.work()
    with office.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Payment)) == 0
    assert look(office, payroll_id).status is PayrollStatus.CANCELLED


def test_a_sealed_payroll_given_up_takes_its_file_back(office):
    payroll_id = built(office)
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    office.decide_all(payroll_id, upto=2)
    give_up(office, payroll_id)
    with office.transaction() as session:
        assert files_of(session, payroll_id) == []
    with pytest.raises(NotNow):
        office.decide(payroll_id, 3, by=office.person(Role.APPROVER))


def test_a_released_payroll_cannot_be_given_up(office):
    payroll_id = built(office)
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    office.decide_all(payroll_id)
    with pytest.raises(NotNow):
        give_up(office, payroll_id)


def test_two_payrolls_built_at_once_never_both_hold_a_key(office):
    payrolls = [office.create(), office.create(date(2026, 11, 26))]
    for kind in ("payroll.plan", "payroll.build"):
        with office.transaction() as session:
            waiting = select(Task.id).where(Task.state == TaskState.WAITING, Task.kind == kind)
            tasks = session.scalars(waiting).all()
        assert len(tasks) == 2
        barrier = threading.Barrier(2)

        def perform(task_id, barrier=barrier):
            barrier.wait()
            worker.perform(office.service, task_id, office.harbour.body_id)

        threads = [threading.Thread(target=perform, args=(task_id,)) for task_id in tasks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    office.work()
    with office.transaction() as session:
        held = session.execute(
            select(Payment.beneficiary_id, func.count()).group_by(Payment.beneficiary_id).having(func.count() > 1)
        ).all()
        paid = session.scalar(select(func.count()).select_from(Payment))
        unpaid = session.scalar(select(func.count()).select_from(Unpaid))
    assert held == []
    assert paid == unpaid == session_awards(office)
    assert sum(look(office, payroll_id).payment_count for payroll_id in payrolls) == paid


def session_awards(office):
    with office.transaction() as session:
        return session.scalar(select(func.count()).select_from(Award))


def test_building_again_reads_the_register_as_it_is_now(office, owner):
    payroll_id = built(office)
    before = look(office, payroll_id).total_pence
    with owner.begin() as connection:
        connection.execute(text("UPDATE award SET amount_pence = amount_pence + 100"))
    with office.transaction() as session:
        rebuild(
            session,
            get_payroll(session, payroll_id, lock=True),
            by=office.person(Role.PREPARER),
            at=office.service.now(),
        )
    office.work()
    payroll = look(office, payroll_id)
    assert payroll.total_pence == before + 100 * payroll.payment_count
    assert (payroll.build, payroll.status) == (2, PayrollStatus.CHECKED)


def test_a_task_left_over_from_an_earlier_build_does_nothing(office):
    payroll_id = office.create()
    with office.transaction() as session:
        old = {**session.scalars(select(Task.args).where(Task.kind == "payroll.plan")).one(), "build": 0}
    with office.transaction() as session:
        building.plan(session, office.service, old)
        assert session.scalar(select(func.count()).select_from(Task).where(Task.kind == "payroll.build")) == 0
    office.work()
    assert look(office, payroll_id).status is PayrollStatus.CHECKED


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("UPDATE award SET first_day = '2026-12-01', last_day = NULL", UnpaidReason.NOT_STARTED),
        ("UPDATE award SET first_day = '2025-01-01', last_day = '2026-10-31'", UnpaidReason.ENDED),
        ("UPDATE account SET confirmed_by = NULL, confirmed_at = NULL", UnpaidReason.NO_CONFIRMED_BANK_DETAILS),
    ],
)
def test_whoever_is_not_paid_is_listed_with_the_reason(office, owner, statement, reason):
    with owner.begin() as connection:
        connection.execute(text(statement))
    payroll = look(office, built(office))
    with office.transaction() as session:
        assert unpaid_counts(session, payroll.id) == {reason: payroll.unpaid_count}
    assert payroll.payment_count == 0
    assert payroll.unpaid_count == session_awards(office)


def test_an_award_that_ended_long_ago_is_nobodys_question(office, owner):
    with owner.begin() as connection:
        connection.execute(text("UPDATE award SET first_day = '2025-01-01', last_day = '2026-06-30'"))
    assert look(office, built(office)).unpaid_count == 0


def test_a_form_sent_twice_creates_one_payroll(office):
    payroll_id = new_id()
    assert office.create(payroll_id=payroll_id) == office.create(DECEMBER, payroll_id=payroll_id)
    office.work()
    assert look(office, payroll_id).pay_date == date(2026, 11, 25)
    assert look(office, built(office, DECEMBER)).number == 2


def test_only_a_preparer_creates_a_payroll_and_only_for_a_scheme_of_the_body(office):
    with pytest.raises(NotAllowed):
        office.create(by=office.person(Role.APPROVER))
    with pytest.raises(NotFound), office.transaction() as session:
        get_payroll(session, new_id())


@pytest.mark.parametrize(
    ("now", "pay_date", "reason"),
    [
        (datetime(2026, 11, 23, 9, 30), date(2026, 11, 28), PayDateReason.NOT_A_WORKING_DAY),
        (datetime(2026, 11, 23, 9, 30), date(2026, 11, 29), PayDateReason.NOT_A_WORKING_DAY),
        (datetime(2026, 12, 15, 9, 30), date(2026, 12, 25), PayDateReason.NOT_A_WORKING_DAY),
        (datetime(2026, 12, 15, 9, 30), date(2026, 12, 28), PayDateReason.NOT_A_WORKING_DAY),
        (datetime(2026, 11, 23, 9, 30), date(2026, 11, 24), PayDateReason.TOO_EARLY),
        (datetime(2026, 11, 23, 9, 30), date(2026, 11, 20), PayDateReason.TOO_EARLY),
        (datetime(2026, 11, 23, 21, 0, 1), date(2026, 11, 25), PayDateReason.TOO_EARLY),
        (datetime(2026, 11, 23, 9, 30), date(2027, 1, 29), PayDateReason.TOO_FAR_AHEAD),
        (datetime(2026, 11, 23, 9, 30), date(2031, 1, 2), PayDateReason.BEYOND_CALENDAR),
    ],
)
def test_a_day_on_which_bacs_cannot_pay_is_refused_with_those_on_which_it_can(office, clock, now, pay_date, reason):
    clock.time = now.replace(tzinfo=UTC)
    with pytest.raises(PayDateRefused) as refused:
        office.create(pay_date)
    assert refused.value.reason is reason
    for possible in (refused.value.earliest, refused.value.latest):
        office.create(possible)


@pytest.mark.parametrize(
    ("now", "pay_date", "deadline"),
    [
        (datetime(2026, 11, 23, 21, 0, tzinfo=UTC), date(2026, 11, 25), "2026-11-23T21:00:00+00:00"),
        (datetime(2026, 12, 15, 9, 0, tzinfo=UTC), date(2026, 12, 29), "2026-12-23T21:00:00+00:00"),
        (datetime(2026, 6, 8, 19, 59, tzinfo=UTC), date(2026, 6, 10), "2026-06-08T20:00:00+00:00"),
    ],
    ids=["at the cut-off", "over Christmas", "in summer time"],
)
def test_the_cut_off_is_the_submitters_own_in_london_two_working_days_before(office, clock, now, pay_date, deadline):
    clock.time = now
    assert look(office, office.create(pay_date)).deadline_at == datetime.fromisoformat(deadline)


@pytest.mark.parametrize("status", PayrollStatus)
def test_a_move_that_is_not_listed_is_refused_and_leaves_no_trace(office, status):
    payroll_id = office.create()
    for to in PayrollStatus:
        if (status, to) in MOVES:
            continue
        with office.transaction() as session:
            payroll = get_payroll(session, payroll_id, lock=True)
            payroll.status = status
            with pytest.raises(NotNow):
                move(session, payroll, to, by=None, at=office.service.now())
            assert payroll.status is status
            session.rollback()


def test_of_two_who_change_a_payroll_at_once_one_loses_loudly(office):
    payroll_id = built(office)
    with office.transaction() as mine:
        payroll = get_payroll(mine, payroll_id)
        with office.transaction() as theirs:
            get_payroll(theirs, payroll_id).given_up_because = "theirs"
        payroll.given_up_because = "mine"
        with pytest.raises(StaleDataError):
            mine.flush()
        mine.rollback()
    assert look(office, payroll_id).given_up_because == "theirs"

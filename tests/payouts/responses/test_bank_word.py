"""What the bank says of whole files: reports, submission proved, refusal, the debit, and closing by the clock."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from payouts.files.payment_file import files_of
from payouts.payment import Payment, PaymentStatus
from payouts.payroll import PayrollStatus, get_payroll
from payouts.responses import closing
from payouts.responses.response import ResponseKind, ResponseStatus
from payouts.returns.reason import Reason
from payouts.returns.returned import ReturnedPayment
from payouts.sandbox.bank import bacs_reports, cycle
from payouts.sandbox.bank.fate import Fate, Script
from payouts.tasks import clock as ticking
from schemes.database import new_id
from schemes.errors import NotAllowed, NotNow
from schemes.person import Role
from tests.answering import (
    at_the_bank,
    look,
    payment_of,
    receive,
    record_submission,
    release,
    statuses,
)
from tests.office import Office


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def released(office, sealed):
    release(office, sealed.payroll_id)
    return sealed.payroll_id


def record_debit(office, payroll_id, *, role=Role.FINANCE):
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id, lock=True)
        [file] = files_of(session, payroll_id)
        calendar, at = office.service.calendar, office.service.now()
        closing.record_contra(
            session, calendar, payroll, file.id, evidence="statement 12", by=office.person(role), at=at
        )


def after_the_days_for_returns(office, clock):
    """Four working days after the pay date, in the small hours."""
    clock.time = datetime(2026, 12, 1, 6, tzinfo=UTC)
    ticking.ask_daily(office.service, None)
    office.work(leave="notices.send")


def test_a_report_proves_that_the_file_was_submitted_and_the_person_s_word_may_come_after(office, released):
    bank = at_the_bank(office, released, Script())
    receive(office, bank.report("Input"))
    payroll, where = look(office, released)
    assert payroll.status is PayrollStatus.ACCEPTED
    assert where.on_its_way_pence == payroll.total_pence
    assert statuses(office) == {PaymentStatus.SUBMITTED: payroll.payment_count}
    record_submission(office, released)
    assert look(office, released)[0].status is PayrollStatus.ACCEPTED


def test_a_payroll_closes_once_the_report_agrees_the_debit_is_seen_and_the_days_have_passed(office, released, clock):
    bank = at_the_bank(office, released, Script())
    receive(office, bank.report("Input"))
    after_the_days_for_returns(office, clock)
    assert look(office, released)[0].status is PayrollStatus.ACCEPTED, "nobody has seen the debit"
    with pytest.raises(NotAllowed):
        record_debit(office, released, role=Role.PREPARER)
    record_debit(office, released)
    payroll, where = look(office, released)
    assert payroll.status is PayrollStatus.CLOSED
    assert where.paid_pence == payroll.total_pence


def test_a_statement_that_shows_the_debit_closes_a_payroll_as_well(office, released, clock):
    bank = at_the_bank(office, released, Script())
    receive(office, bank.report("Input"))
    [statement] = cycle.statements([bank.course], through=bank.course.entry_day)
    got = receive(office, statement.content)
    assert (got.kind, got.status) == (ResponseKind.STATEMENT, ResponseStatus.READ)
    after_the_days_for_returns(office, clock)
    assert look(office, released)[0].status is PayrollStatus.CLOSED


def test_the_clock_closes_a_payroll_whose_debit_was_seen_before_and_a_late_return_still_finds_it(
    office, released, clock
):
    bank = at_the_bank(office, released, Script(seed=3, returned_late=1))
    receive(office, bank.report("Input"))
    record_debit(office, released)
    assert look(office, released)[0].status is PayrollStatus.ACCEPTED
    after_the_days_for_returns(office, clock)
    assert look(office, released)[0].status is PayrollStatus.CLOSED
    receive(office, bank.report("Arucs"))
    payroll, where = look(office, released)
    assert payroll.status is PayrollStatus.CLOSED
    assert where.returned_and_held_pence == bank.items[0].amount_pence
    assert where.paid_pence == payroll.total_pence - bank.items[0].amount_pence


def test_a_file_that_bacs_refuses_pays_nobody_and_every_payment_is_a_case(office, released):
    bank = at_the_bank(office, released, Script(file_refused=True))
    receive(office, bank.report("Input"))
    payroll, where = look(office, released)
    assert payroll.status is PayrollStatus.REJECTED
    assert statuses(office) == {PaymentStatus.REJECTED: payroll.payment_count}
    assert where.returned_and_held_pence == payroll.total_pence
    with office.transaction() as session:
        assert set(session.scalars(select(ReturnedPayment.reason))) == {Reason.OURS}


def test_payments_that_the_report_lists_move_and_the_others_do_not(office, released):
    bank = at_the_bank(office, released, Script(seed=5, rejected=2, amended=1))
    receive(office, bank.report("Input"))
    found = {struck.fate: payment_of(office, struck.item).status for struck in bank.course.struck}
    assert found == {Fate.REJECTED: PaymentStatus.REJECTED, Fate.AMENDED: PaymentStatus.SUBMITTED}
    assert look(office, released)[0].status is PayrollStatus.ACCEPTED
    assert statuses(office)[PaymentStatus.REJECTED] == 2


def test_a_report_whose_figures_are_not_the_file_s_accepts_nothing(office, released):
    bank = at_the_bank(office, released, Script())
    count = f'numberOf="{bank.course.about.count}"'.encode()
    receive(office, bank.report("Input").replace(count, b'numberOf="1"'))
    assert look(office, released)[0].status is PayrollStatus.SUBMITTED


def test_a_withdrawal_report_takes_the_whole_file_back(office, released):
    bank = at_the_bank(office, released, Script())
    receive(office, bank.report("Arrival").replace(b"ArrivalReport", b"WithdrawalReport"))
    payroll, where = look(office, released)
    assert payroll.status is PayrollStatus.REJECTED
    assert statuses(office) == {PaymentStatus.RECALLED: payroll.payment_count}
    assert where.returned_and_held_pence == payroll.total_pence


def state_of(office, payroll_id):
    """All that the bank's word comes to: of each payment, each case, the payroll, and each place of the money."""
    payroll, where = look(office, payroll_id)
    with office.transaction() as session:
        payments = dict(session.execute(select(Payment.ordinal, Payment.status)).all())
        cases = session.execute(
            select(Payment.ordinal, ReturnedPayment.came_back, ReturnedPayment.reason, ReturnedPayment.status)
            .join(Payment, Payment.id == ReturnedPayment.payment_id)
            .order_by(Payment.ordinal)
        ).all()
    return payroll.status, payments, [tuple(case) for case in cases], where


def happen(bank, name):
    """One of all the things that may happen to a payroll at the bank: reports whole, in parts, against each other."""
    office = bank.office
    returned = [each for each in bank.course.struck if each.fate in (Fate.RETURNED, Fate.RETURNED_LATE)]
    rejected = [each for each in bank.course.struck if each.fate is Fate.REJECTED]
    match name:
        case "submission":
            record_submission(office, bank.payroll_id)
        case "the debit":
            with suppress(NotNow):
                record_debit(office, bank.payroll_id)
        case "a part of the returns":
            receive(office, bank.arucs(*((each.item, each.code) for each in returned[:3])))
        case "another reason":
            receive(office, bank.arucs((returned[0].item, "2")))
        case "a rejected one came back":
            receive(office, bank.arucs((rejected[0].item, "B")))
        case "asked back":
            receive(office, bank.arucs((returned[-1].item, "C")))
        case "a refusal":
            about, day = bank.course.about, date(2026, 11, 24)
            receive(
                office, bacs_reports.input_report(about, [], kind="InputReport", produced_on=day, refused="REFUSED")
            )
        case report:
            receive(office, bank.report(report))


@pytest.fixture(scope="module")
def gone_out(prepare, sealed):
    """A payroll that is released and downloaded."""
    with prepare("payouts_gone_out", sealed.database) as service:
        release(Office(service, sealed.harbour), sealed.payroll_id)
    return replace(sealed, database="payouts_gone_out")


ORDERS = st.lists(
    st.sampled_from(
        [
            "submission",
            "Arrival",
            "Input",
            "Arucs",
            "a part of the returns",
            "another reason",
            "a rejected one came back",
            "asked back",
            "the debit",
            "a refusal",
        ]
    ),
    min_size=2,
    max_size=8,
)


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=ORDERS, shuffled=st.randoms(use_true_random=False))
def test_in_whatever_order_and_however_often_facts_come_the_end_is_the_same(prepare, gone_out, order, shuffled):
    ends = []
    for way in (order, shuffled.sample(order, len(order))):
        with prepare(f"payouts_{new_id().hex}", gone_out.database) as service:
            office = Office(service, gone_out.harbour)
            bank = at_the_bank(
                office, gone_out.payroll_id, Script(seed=11, rejected=2, amended=1, returned=6, returned_late=2)
            )
            for name in way:
                happen(bank, name)
            ends.append(state_of(office, gone_out.payroll_id))
    assert ends[0] == ends[1]

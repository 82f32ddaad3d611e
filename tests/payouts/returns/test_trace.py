"""A payment that has not arrived: looked for with a clock, until the bank has said where it is and the books agree."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from payouts.notices.staff import StaffEvent, StaffMessage
from payouts.payment import PaymentStatus
from payouts.payroll import get_payroll
from payouts.responses import by_hand
from payouts.returns import telling, trace_reminding, tracing
from payouts.returns.case import Next, next_of, row_of
from payouts.returns.returned import case_of
from payouts.returns.trace import (
    SaidAccount,
    StepKind,
    ToldBy,
    TraceOutcome,
    TraceStage,
    TraceWhy,
    get_trace,
    open_traces,
    steps_of,
    waiting,
)
from payouts.returns.tracing import BankAnswer, NotDueYet
from schemes.audit import AuditEvent
from schemes.database import new_id
from schemes.errors import NotAllowed, NotNow, SamePerson
from schemes.person import Role
from schemes.typed_details import DetailsRefused
from schemes.unmasking import unmaskings_of
from tests.answering import at_the_bank, look, payment_of, receive, record_submission, release

PAY_DAY = datetime(2026, 11, 25, 10, tzinfo=UTC)


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def bank(office, sealed):
    release(office, sealed.payroll_id)
    record_submission(office, sealed.payroll_id)
    return at_the_bank(office, sealed.payroll_id)


@pytest.fixture
def payment(office, bank):
    return payment_of(office, bank.items[0])


def open_one(office, payment, *, role=Role.ENQUIRY, trace_id=None):
    with office.transaction() as session:
        payroll = get_payroll(session, payment.payroll_id)
        facts = {"why": TraceWhy.NOT_ARRIVED, "told_by": ToldBy.PAYEE, "told_on": date(2026, 11, 25)}
        by, at = office.person(role), office.service.now()
        return tracing.open_trace(
            session,
            office.service,
            payroll,
            payment,
            trace_id=trace_id or new_id(),
            said="not there",
            by=by,
            at=at,
            **facts,
        ).id


def act(office, trace_id, operation, *, role=Role.FINANCE, **facts):
    """One step of a trace, by a finance officer unless said otherwise."""
    with office.transaction() as session:
        trace = get_trace(session, trace_id, lock=True)
        return operation(session, office.service, trace, by=office.person(role), at=office.service.now(), **facts)


def compare(office, trace_id, sort_code="", account_number=""):
    return act(
        office,
        trace_id,
        tracing.compare,
        sort_code=sort_code,
        account_number=account_number,
        roll_number="",
        words="read from a statement",
    )


def ask(office, trace_id):
    act(office, trace_id, tracing.ask_bank, reference="CPR-1", words="by phone")


def state(office, trace_id):
    with office.transaction() as session:
        return get_trace(session, trace_id)


def kinds(office, trace_id):
    with office.transaction() as session:
        return [step.kind for step in steps_of(session, trace_id)]


def test_nobody_looks_for_a_payment_before_its_day_nor_twice_at_a_time(office, payment, clock):
    with pytest.raises(NotDueYet):
        open_one(office, payment)
    clock.time = PAY_DAY
    trace_id = new_id()
    assert open_one(office, payment, trace_id=trace_id) == open_one(office, payment, trace_id=trace_id)
    with pytest.raises(NotNow):
        open_one(office, payment)
    with pytest.raises(NotAllowed):
        open_one(office, payment, role=Role.AUDITOR)


def test_each_stage_has_its_deadline_in_working_days_and_the_next_one_leads_the_list(office, bank, payment, clock):
    clock.time = PAY_DAY  # a Wednesday
    trace_id = open_one(office, payment)
    other = open_one(office, payment_of(office, bank.items[1]))
    assert state(office, trace_id).due_on == date(2026, 11, 26)
    compare(office, trace_id)
    ask(office, trace_id)
    assert state(office, trace_id).due_on == date(2026, 12, 2), "5 working days of the bank's"
    with office.transaction() as session:
        assert [row.trace.id for row in open_traces(session)] == [other, trace_id]
        assert waiting(session, today=date(2026, 11, 27)) == (2, 1, date(2026, 11, 26))
    act(office, trace_id, tracing.answer, said=BankAnswer.MISDIRECTED, words="letter")
    assert state(office, trace_id).due_on == date(2026, 12, 23), "20 working days to get it back"


def test_what_the_payee_says_is_held_against_the_account_paid_and_the_one_held(office, bank, payment, clock):
    clock.time = PAY_DAY
    paid = bank.items[0]
    assert compare(office, open_one(office, payment), paid.sort_code, paid.account_number) is SaidAccount.SAME_AS_PAID
    second = open_one(office, payment_of(office, bank.items[1]))
    assert compare(office, second, paid.sort_code, paid.account_number) is SaidAccount.OTHER
    third = open_one(office, payment_of(office, bank.items[2]))
    with pytest.raises(DetailsRefused):
        compare(office, third, "12", "1")
    assert compare(office, third) is SaidAccount.NOT_SAID


def test_the_accounts_are_seen_in_full_by_those_who_may_and_each_look_is_recorded(office, bank, payment, clock):
    clock.time = PAY_DAY
    trace_id = open_one(office, payment)
    said = bank.items[1]
    compare(office, trace_id, said.sort_code, said.account_number)
    with pytest.raises(NotAllowed):
        act(office, trace_id, tracing.in_full, role=Role.PREPARER)
    seen = act(office, trace_id, tracing.in_full)
    assert seen["paid"][1][:2] == (bank.items[0].sort_code, bank.items[0].account_number)
    assert seen["said"][1][:2] == (said.sort_code, said.account_number)
    with office.transaction() as session:
        assert len(unmaskings_of(session, payment.payee_id)) == 1
        told = session.scalars(select(AuditEvent).where(AuditEvent.action == "trace.compared")).one()
        assert said.account_number not in str(told.facts)


def test_the_bank_sent_it_back_and_the_ledger_moves_once_a_second_person_has_seen_it(office, bank, payment, clock):
    clock.time = PAY_DAY
    trace_id = open_one(office, payment, role=Role.PREPARER)
    compare(office, trace_id)
    ask(office, trace_id)
    act(office, trace_id, tracing.answer, said=BankAnswer.RETURNED, words="letter of today")
    assert state(office, trace_id).stage is TraceStage.COMING_BACK
    _, before = look(office, bank.payroll_id)
    assert before.returned_and_held_pence == 0, "one person's word moves no money"
    with office.transaction() as session:
        [told] = telling.waiting(session)
        with pytest.raises(SamePerson):
            by_hand.confirm_told(session, told, by=office.person(Role.FINANCE), at=office.service.now())
    with office.transaction() as session:
        told = telling.get_told(session, told.id, lock=True)
        by_hand.confirm_told(session, told, by=office.person(Role.APPROVER), at=office.service.now())
    closed = state(office, trace_id)
    assert (closed.stage, closed.outcome) == (TraceStage.CLOSED, TraceOutcome.CAME_BACK)
    _, where = look(office, bank.payroll_id)
    assert where.returned_and_held_pence == payment.amount_pence


def test_money_in_a_wrong_account_that_is_not_given_back_stays_paid(office, bank, payment, clock):
    clock.time = PAY_DAY
    trace_id = open_one(office, payment)
    compare(office, trace_id)
    ask(office, trace_id)
    with pytest.raises(NotNow):
        act(office, trace_id, tracing.answer, said=BankAnswer.REFUSED, words="not asked yet")
    act(office, trace_id, tracing.answer, said=BankAnswer.MISDIRECTED, words="letter")
    act(office, trace_id, tracing.answer, said=BankAnswer.REFUSED, words="letter of a month later")
    assert state(office, trace_id).outcome is TraceOutcome.NOT_RECOVERED
    assert payment_of(office, bank.items[0]).status is PaymentStatus.SUBMITTED
    look(office, bank.payroll_id)


def test_what_a_second_person_did_not_see_is_answered_anew(office, bank, payment, clock):
    clock.time = PAY_DAY
    trace_id = open_one(office, payment)
    compare(office, trace_id)
    ask(office, trace_id)
    act(office, trace_id, tracing.answer, said=BankAnswer.MISDIRECTED, words="letter")
    for role in (Role.APPROVER, Role.FINANCE):
        act(office, trace_id, tracing.answer, said=BankAnswer.RECOVERED, words="phone")
        with pytest.raises(NotNow):
            act(office, trace_id, tracing.answer, said=BankAnswer.REFUSED, words="a second person looks first")
        with office.transaction() as session:
            [told] = telling.waiting(session)
            told = telling.get_told(session, told.id, lock=True)
            telling.reject(session, told, reason="not there", by=office.person(role), at=office.service.now())
    act(office, trace_id, tracing.answer, said=BankAnswer.REFUSED, words="letter")
    assert state(office, trace_id).outcome is TraceOutcome.NOT_RECOVERED
    look(office, bank.payroll_id)


def test_money_in_an_account_that_is_not_the_payee_s_is_asked_back_and_never_closed_as_credited(
    office, bank, payment, clock
):
    clock.time = PAY_DAY
    trace_id, another = open_one(office, payment), bank.items[1]
    assert compare(office, trace_id, another.sort_code, another.account_number) is SaidAccount.OTHER
    ask(office, trace_id)
    with pytest.raises(NotNow):
        act(office, trace_id, tracing.answer, said=BankAnswer.CREDITED, words="it is in the account, says the bank")
    act(office, trace_id, tracing.answer, said=BankAnswer.MISDIRECTED, words="so it asks for it back")
    act(office, trace_id, tracing.answer, said=BankAnswer.RECOVERED, words="and got it")
    with office.transaction() as session:
        [told] = telling.waiting(session)
        told = telling.get_told(session, told.id, lock=True)
        by_hand.confirm_told(session, told, by=office.person(Role.APPROVER), at=office.service.now())
        row = row_of(session, case_of(session, payment.id))
        assert next_of(session, row, at=office.service.now()) is Next.ASK_FOR_DETAILS, "it is not paid there again"


def test_a_return_that_the_bank_reports_by_itself_ends_the_search(office, bank, payment, clock):
    clock.time = PAY_DAY
    trace_id = open_one(office, payment)
    receive(office, bank.arucs((bank.items[0], "B")))
    assert state(office, trace_id).outcome is TraceOutcome.CAME_BACK
    assert kinds(office, trace_id) == [StepKind.OPENED, StepKind.CAME_BACK]
    with pytest.raises(NotNow):
        compare(office, trace_id)


def messages(office, event):
    with office.transaction() as session:
        return session.scalars(select(StaffMessage).where(StaffMessage.event == event)).all()


def test_a_trace_that_is_late_is_reminded_of_the_day_after_and_once_a_week(office, payment, clock):
    clock.time = PAY_DAY
    trace_id = open_one(office, payment)
    compare(office, trace_id)
    ask(office, trace_id)
    office.work(leave="notices.send")

    def reminded(day):
        """What the clock's round on a day leads to, as a trace's steps and as emails."""
        clock.time = PAY_DAY.replace(month=12, day=day)
        before = len(messages(office, StaffEvent.TRACE_STEP))
        for _ in range(2):
            with office.transaction() as session:
                trace_reminding.ask_daily(session, at=office.service.now())
            office.work(leave="notices.send")
        with office.transaction() as session:
            steps = [step for step in steps_of(session, trace_id) if step.kind is StepKind.REMINDED]
        assert all(step.payee_told is None for step in steps), "nothing has happened that a payee could be told"
        return len(steps), len(messages(office, StaffEvent.TRACE_STEP)) - before

    assert reminded(2) == (0, 0), "the bank has until today"
    steps, emails = reminded(3)
    assert (steps, emails >= 2) == (1, True), "it is nobody's, so everybody who may work on it hears of it"
    assert reminded(4) == (1, 0)
    with office.transaction() as session:
        tracing.take_on(
            session, get_trace(session, trace_id, lock=True), by=office.person(Role.FINANCE), at=office.service.now()
        )
    assert reminded(10) == (2, 2), "now whoever opened it, and whoever's it is"

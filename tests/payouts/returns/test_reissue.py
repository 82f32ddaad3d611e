"""Paying again what came back: once, linked to the original, and counted as one payment of its period."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from payouts.arrears import paid_to
from payouts.cancelling import cancel
from payouts.files import sealing
from payouts.ledger.balance import prove, whereabouts
from payouts.payment import Payment, PaymentStatus, UnpaidReason, unpaid_counts
from payouts.payroll import PayrollKind, get_payroll
from payouts.returns import case as work
from payouts.returns import outcome as outcomes
from payouts.returns.case import Next, next_of, row_of
from payouts.returns.outcome import BeingPaidAgain, Outcome, ReviewDayRefused
from payouts.returns.reissue import NothingToReissue, NotToReissue, create_reissue, ready_sum
from payouts.returns.returned import CaseStatus, case_of, get_case
from payouts.sandbox.bank.fate import Script
from schemes.database import new_id
from schemes.errors import NotNow, SamePerson
from schemes.period import Period
from schemes.person import Role
from tests.answering import at_the_bank, payment_of, receive, record_submission, release

AGAIN = date(2026, 12, 2)


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def bank(office, sealed):
    release(office, sealed.payroll_id)
    record_submission(office, sealed.payroll_id)
    return at_the_bank(office, sealed.payroll_id)


def look(office, payment):
    """The case of a payment, with what has to be done next about it."""
    with office.transaction() as session:
        case = case_of(session, payment.id)
        return case, next_of(session, row_of(session, case), at=office.service.now())


def pay_again(office, *, named=None):
    with office.transaction() as session:
        payroll = create_reissue(
            session,
            office.service.calendar,
            payroll_id=new_id(),
            scheme_id=office.harbour.scheme_id,
            named=named,
            pay_date=AGAIN,
            by=office.person(Role.PREPARER),
            at=office.service.now(),
        )
    office.work(leave="notices.send")
    return payroll.id


def by_name(office, payment):
    """Pay one payment again that somebody names."""
    with office.transaction() as session:
        case_id = case_of(session, payment.id).id
    return pay_again(office, named=[case_id])


def payments_in(office, payroll_id):
    with office.transaction() as session:
        return session.scalars(select(Payment).where(Payment.payroll_id == payroll_id)).all()


def release_again(office, payroll_id):
    office.accept_findings(payroll_id)
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id, lock=True)
        sealing.ask_for_files(session, payroll, by=office.person(Role.PREPARER), at=office.service.now())
    office.work(leave="notices.send")
    release(office, payroll_id)


def test_a_return_is_put_right_by_details_that_a_second_person_confirmed_and_paid_again_once(office, bank, clock):
    closed = bank.items[0]
    receive(office, bank.arucs((closed, "B")))
    payment = payment_of(office, closed)
    assert look(office, payment)[1] is Next.ASK_FOR_DETAILS
    office.change_bank_details(payment.payee_id)
    clock.advance(days=3)  # past the cooling-off
    assert look(office, payment)[1] is Next.PAY_AGAIN
    again_id = pay_again(office)
    again = {one.beneficiary_id: one for one in payments_in(office, again_id)}
    successor = again[payment.beneficiary_id]
    assert (successor.amount_pence, successor.period_first_day) == (payment.amount_pence, payment.period_first_day)
    assert successor.account_id != payment.account_id
    assert look(office, payment)[0].status is CaseStatus.HELD, "nothing is released yet"
    with pytest.raises(NothingToReissue):
        pay_again(office)
    release_again(office, again_id)
    case, following = look(office, payment)
    assert (case.status, case.successor_id, following) == (CaseStatus.REISSUED, successor.id, Next.NOTHING)
    with office.transaction() as session:
        assert get_payroll(session, again_id).kind is PayrollKind.REISSUE
        assert whereabouts(session, payroll_id=bank.payroll_id).reissued_pence == payment.amount_pence
        assert prove(session, bank.payroll_id).is_proven
        assert prove(session, again_id).is_proven


def test_what_is_paid_again_counts_once_for_its_period(office, bank):
    receive(office, bank.arucs((bank.items[0], "C")))
    payment = payment_of(office, bank.items[0])

    def paid():
        with office.transaction() as session:
            sums = paid_to(session, payment.scheme_id, {payment.award_id: payment.beneficiary_id})
        return sums[payment.award_id, Period(payment.period_first_day, payment.period_last_day)]

    assert paid() == payment.amount_pence
    by_name(office, payment)
    assert paid() == payment.amount_pence


def test_an_ordinary_payroll_of_the_same_period_does_not_pay_what_came_back(office, bank):
    receive(office, bank.arucs((bank.items[0], "C")))
    second = office.create()
    office.work(leave="notices.send")
    assert payments_in(office, second) == []
    with office.transaction() as session:
        assert unpaid_counts(session, second)[UnpaidReason.PAID_ALREADY] >= len(bank.items)


def test_a_reissue_that_is_cancelled_leaves_the_case_open_for_another(office, bank):
    receive(office, bank.arucs((bank.items[0], "C")))
    payment = payment_of(office, bank.items[0])
    first = by_name(office, payment)
    with office.transaction() as session:
        payroll = get_payroll(session, first, lock=True)
        cancel(session, payroll, reason="wrong day", by=office.person(Role.PREPARER), at=office.service.now())
    assert len(payments_in(office, by_name(office, payment))) == 1


def test_what_the_body_asked_back_is_paid_again_by_name_only_and_by_one_payroll(office, bank):
    receive(office, bank.arucs((bank.items[0], "C")))
    payment = payment_of(office, bank.items[0])
    assert look(office, payment)[1] is Next.FIND_OUT
    with pytest.raises(NothingToReissue):
        pay_again(office)
    with office.transaction() as session:
        facts = {"scheme_id": office.harbour.scheme_id, "named": [case_of(session, payment.id).id], "pay_date": AGAIN}
        facts |= {"by": office.person(Role.PREPARER), "at": office.service.now()}
        create_reissue(session, office.service.calendar, payroll_id=new_id(), **facts)
        with pytest.raises(NotToReissue):
            create_reissue(session, office.service.calendar, payroll_id=new_id(), **facts)


def test_a_file_that_was_taken_back_whole_is_paid_again_whole(office, bank):
    quiet = at_the_bank(office, bank.payroll_id, Script())
    receive(office, quiet.report("Arrival").replace(b"ArrivalReport", b"WithdrawalReport"))
    with office.transaction() as session:
        ready = ready_sum(session, office.harbour.scheme_id, AGAIN)
    assert ready == (bank.course.about.count, bank.course.about.total_pence)


def test_a_reissue_that_comes_back_is_a_case_of_its_own(office, bank):
    receive(office, bank.arucs((bank.items[0], "C")))
    original = payment_of(office, bank.items[0])
    again_id = by_name(office, original)
    release_again(office, again_id)
    record_submission(office, again_id)
    second = at_the_bank(office, again_id)
    receive(office, second.report("Arucs"))
    [successor] = payments_in(office, again_id)
    assert successor.status in (PaymentStatus.RETURNED, PaymentStatus.RECALLED)
    assert look(office, original)[0].status is CaseStatus.REISSUED
    assert look(office, successor)[0].status is CaseStatus.HELD


def test_nothing_is_ready_while_the_account_is_stopped_or_the_holder_has_died(office, bank):
    receive(office, bank.arucs((bank.items[0], "B"), (bank.items[1], "2")))
    with office.transaction() as session:
        assert ready_sum(session, office.harbour.scheme_id, AGAIN).payments == 0
    assert look(office, payment_of(office, bank.items[1]))[1] is Next.CONFIRM_DEATH
    with pytest.raises(NothingToReissue):
        pay_again(office)


def decide(office, payment, outcome, *, by=None, confirm_by=None, review_on=None):
    at = office.service.now()
    facts = {"outcome": outcome, "reason": "agreed in a letter", "review_on": review_on, "at": at}
    with office.transaction() as session:
        case = get_case(session, case_of(session, payment.id).id, lock=True)
        made = outcomes.propose(session, case, outcome_id=new_id(), by=by or office.person(Role.PREPARER), **facts)
        outcomes.confirm(session, case, made, by=confirm_by or office.person(Role.FINANCE), at=at)


@pytest.mark.parametrize(
    ("outcome", "status", "place"),
    [
        (Outcome.SET_OFF, CaseStatus.RECOVERED, "recovered_pence"),
        (Outcome.WRITE_OFF, CaseStatus.WRITTEN_OFF, "written_off_pence"),
    ],
)
def test_two_people_may_set_a_returned_pound_off_or_write_it_off(office, bank, outcome, status, place):
    receive(office, bank.arucs((bank.items[0], "C")))
    payment = payment_of(office, bank.items[0])
    alone = office.person_with(Role.PREPARER, Role.FINANCE)
    with pytest.raises(SamePerson):
        decide(office, payment, outcome, by=alone, confirm_by=alone)
    decide(office, payment, outcome)
    assert look(office, payment)[0].status is status
    with office.transaction() as session:
        assert getattr(whereabouts(session, payroll_id=bank.payroll_id), place) == payment.amount_pence
    with pytest.raises(NothingToReissue):
        pay_again(office)
    with pytest.raises(NotNow):
        decide(office, payment, outcome)


def test_what_is_kept_stays_on_the_list_and_is_paid_again_by_name_only(office, bank):
    receive(office, bank.arucs((bank.items[0], "C")))
    payment = payment_of(office, bank.items[0])
    with pytest.raises(ReviewDayRefused):
        decide(office, payment, Outcome.KEEP)
    decide(office, payment, Outcome.KEEP, review_on=date(2027, 1, 4))
    case, _ = look(office, payment)
    assert case.status is CaseStatus.KEPT
    with office.transaction() as session:
        assert work.waiting(session).cases == 1
    with pytest.raises(NothingToReissue):
        pay_again(office)
    assert len(payments_in(office, pay_again(office, named=[case.id]))) == 1
    with pytest.raises(BeingPaidAgain):
        decide(office, payment, Outcome.WRITE_OFF)

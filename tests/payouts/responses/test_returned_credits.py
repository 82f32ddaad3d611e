"""ARUCS: credits that come back are matched by all that the bank gives, and each is a case for somebody."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from payouts.payment import PaymentStatus
from payouts.responses import correction, suspense
from payouts.responses.response import ResponseFault, ResponseKind, ResponseStatus
from payouts.returns.reason import Reason
from payouts.returns.returned import ReturnedPayment
from payouts.sandbox.bank import bacs_reports
from payouts.sandbox.bank.fate import Fate, Struck
from schemes.account import Account, Stopped
from schemes.hold import Hold, HoldKind
from tests.answering import at_the_bank, look, payment_of, receive, record_submission, release, statuses


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def bank(office, sealed):
    release(office, sealed.payroll_id)
    record_submission(office, sealed.payroll_id)
    return at_the_bank(office, sealed.payroll_id)


def cases(office):
    with office.transaction() as session:
        return session.scalars(select(ReturnedPayment).order_by(ReturnedPayment.id)).all()


def test_every_credit_of_a_payroll_that_comes_back_finds_its_payment(office, bank):
    """Also those of building societies, whose roll number stands in the reference's place."""
    got = receive(office, bank.report("Arucs"))
    assert (got.kind, got.status, got.line_count) == (ResponseKind.ARUCS, ResponseStatus.READ, len(bank.items))
    assert statuses(office) == {PaymentStatus.RETURNED: len(bank.items)}
    payroll, where = look(office, bank.payroll_id)
    assert where.returned_and_held_pence == payroll.total_pence
    assert len(cases(office)) == len(bank.items)
    with office.transaction() as session:
        assert suspense.open_count(session) == 0


def test_a_reason_stops_what_has_to_be_stopped(office, bank):
    closed, dead, ours = bank.items[:3]
    receive(office, bank.arucs((closed, "B"), (dead, "2"), (ours, "C")))
    payments = [payment_of(office, item) for item in (closed, dead, ours)]
    assert {payment.status for payment in payments} == {PaymentStatus.RETURNED}
    by_payment = {case.payment_id: case.reason for case in cases(office)}
    assert [by_payment[payment.id] for payment in payments] == [Reason.CLOSED, Reason.DECEASED, Reason.REQUESTED]
    with office.transaction() as session:
        stopped = session.scalars(select(Account.id).where(Account.stopped_as == Stopped.RETURNED)).all()
        held = session.scalars(select(Hold).where(Hold.kind == HoldKind.DECEASED)).all()
    assert stopped == [payments[0].account_id]
    assert [hold.payee_id for hold in held] == [payments[1].payee_id]


def test_the_same_file_and_the_same_advice_in_another_file_change_nothing(office, bank):
    first, second = bank.items[:2]
    got = receive(office, bank.arucs((first, "B")))
    assert receive(office, bank.arucs((first, "B"))).id == got.id
    again = receive(office, bank.arucs((first, "B"), (second, "5")))
    assert again.id != got.id
    assert statuses(office)[PaymentStatus.RETURNED] == 2
    assert len(cases(office)) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"amount_pence": 1},
        {"reference": "SOMETHING ELSE"},
        {"account_number": "12345678"},
        {"sort_code": "999999"},
    ],
)
def test_a_credit_of_which_one_key_differs_goes_to_a_person_and_sinks_no_other(office, bank, change):
    wrong, right = bank.items[:2]
    receive(office, bank.arucs((wrong._replace(**change), "B"), (right, "B")))
    assert statuses(office)[PaymentStatus.RETURNED] == 1
    assert payment_of(office, right).status is PaymentStatus.RETURNED
    with office.transaction() as session:
        [row] = suspense.rows(session)
        assert row.line.position == 1


def test_a_credit_of_another_day_is_not_ours(office, bank):
    bank.course.about.processing_day = bank.course.entry_day
    receive(office, bank.arucs((bank.items[0], "B")))
    with office.transaction() as session:
        assert suspense.open_count(session) == 1


@pytest.mark.parametrize(
    ("content", "status", "fault"),
    [
        (b"", ResponseStatus.QUARANTINED, ResponseFault.EMPTY),
        (b"\x00\x01 nothing", ResponseStatus.QUARANTINED, ResponseFault.UNREADABLE),
        (b"<html><body>Sign in</body></html>", ResponseStatus.REFUSED, ResponseFault.NOT_A_RESPONSE),
        (b"<BACSDocument><Data><ARUDD/></Data></BACSDocument>", ResponseStatus.REFUSED, ResponseFault.OF_DIRECT_DEBIT),
        (
            b'<!DOCTYPE a [<!ENTITY b "c">]><BACSDocument><Data><ARUCS>&b;</ARUCS></Data></BACSDocument>',
            ResponseStatus.QUARANTINED,
            ResponseFault.HOSTILE,
        ),
    ],
)
def test_what_is_no_response_for_us_is_kept_with_the_reason_and_changes_nothing(office, bank, content, status, fault):
    got = receive(office, content)
    assert (got.status, got.fault) == (status, fault)
    assert statuses(office) == {PaymentStatus.SUBMITTED: len(bank.items)}


def test_a_report_for_another_service_user_and_one_that_breaks_off_take_nothing(office, bank):
    content = bank.report("Arucs")
    other = receive(office, content.replace(b'userNumber="000000"', b'userNumber="912345"'))
    assert (other.status, other.fault) == (ResponseStatus.REFUSED, ResponseFault.ANOTHER_SERVICE_USER)
    cut = receive(office, content[: len(content) // 2])
    assert (cut.status, cut.fault) == (ResponseStatus.QUARANTINED, ResponseFault.UNREADABLE)
    assert statuses(office) == {PaymentStatus.SUBMITTED: len(bank.items)}


def test_more_credits_alike_than_were_paid_are_for_a_person(office, bank):
    """A line says nothing that tells them apart, so nothing is guessed."""
    receive(office, bank.arucs((bank.items[0], "B"), (bank.items[0], "B")))
    with office.transaction() as session:
        assert suspense.open_count(session) == 2
    assert PaymentStatus.RETURNED not in statuses(office)


def test_a_report_of_corrected_accounts_goes_to_the_proposals_that_a_second_person_confirms(office, bank):
    corrected = [Struck(bank.items[0], Fate.CORRECTED, "3")]
    content = bacs_reports.awacs(bank.course.about, corrected, produced_on=bank.course.entry_day)
    got = receive(office, content)
    assert (got.kind, got.status, got.line_count) == (ResponseKind.AWACS, ResponseStatus.READ, 1)
    with office.transaction() as session:
        [row] = correction.lines_of(session, got.id)
        assert row.payee.id == payment_of(office, bank.items[0]).payee_id
    assert PaymentStatus.RETURNED not in statuses(office), "a corrected credit was paid"

"""What came back, what is asked back, what is looked for and what nobody knows, from the command line."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pyotp
import pytest
from click.testing import CliRunner
from sqlalchemy import select

from payouts.cli import payouts
from payouts.commands import ground
from payouts.payment import PaymentStatus
from payouts.payroll import Payroll, get_payroll
from payouts.responses import by_hand
from payouts.responses.by_hand import OtherAmount
from payouts.responses.suspense import get_row
from payouts.returns.returned import CaseStatus, case_of
from payouts.sandbox.bank.submitted import Item
from schemes.payee import Payee, get_beneficiary
from schemes.person import DEMO_PASSWORD, Role
from tests.answering import at_the_bank, payment_of, receive, record_submission, release


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def bank(office, sealed):
    release(office, sealed.payroll_id)
    record_submission(office, sealed.payroll_id)
    return at_the_bank(office, sealed.payroll_id)


@pytest.fixture
def run(service, monkeypatch, office, clock):
    """Type a command; what it prints, by line and column."""
    monkeypatch.setattr(ground, "service", lambda: service)
    monkeypatch.setenv("PAYOUTS_PASSWORD", DEMO_PASSWORD)

    def type_as(*words, by=None, typed=None):
        clock.advance(seconds=30)
        if by is not None:
            monkeypatch.setenv("PAYOUTS_CODE", pyotp.TOTP(office.harbour.code_secrets[by]).at(clock()))
            words = (*words, "--as", office.harbour.people[by].email)
        answer = CliRunner().invoke(payouts, words, catch_exceptions=False, input=typed)
        assert answer.exit_code == 0, answer.output
        return [line.split("\t") for line in answer.output.splitlines()]

    return type_as


@pytest.fixture
def number(office, bank):
    with office.transaction() as session:
        return str(get_payroll(session, bank.payroll_id).number)


def case(office, item):
    with office.transaction() as session:
        return case_of(session, payment_of(office, item).id)


def test_a_return_by_letter_is_told_confirmed_taken_on_and_written_off(office, bank, number, run):
    reference = payment_of(office, bank.items[0]).reference
    run("return", "tell", number, reference, "refused_by_payee", "--because", "letter", by=Role.PREPARER)
    [[told_id, known_as, *_]] = run("return", "told")
    assert known_as == reference
    run("return", "confirm", told_id, by=Role.FINANCE)
    run("return", "take", number, reference, by=Role.PREPARER)
    assert run("return", "list")[0][0] == reference
    run("return", "propose", number, reference, "write_off", "--because", "nobody found", by=Role.PREPARER)
    outcome_id = run("return", "show", number, reference)[-1][0]
    assert run("return", "decide", number, reference, outcome_id, by=Role.APPROVER) == [["Written off"]]
    assert case(office, bank.items[0]).status is CaseStatus.WRITTEN_OFF


def test_what_came_back_is_paid_again_by_name(office, bank, number, run):
    receive(office, bank.arucs((bank.items[0], "C"), (bank.items[1], "C")))
    named = f"{number}/{payment_of(office, bank.items[0]).reference}"
    [[said]] = run("return", "again", "HIL", "2026-12-02", "--payment", named, by=Role.PREPARER)
    office.work(leave="notices.send")
    with office.transaction() as session:
        again = session.scalars(select(Payroll).order_by(Payroll.number.desc()).limit(1)).one()
    assert said == f"payroll {again.number}, paid on 2026-12-02"
    assert again.payment_count == 1


def test_a_payment_is_asked_back_and_the_refusal_recorded(office, bank, number, run):
    payment = payment_of(office, bank.items[0])
    said = run("recall", "ask", number, "--reference", payment.reference, "--because", "died", by=Role.RELEASER)
    assert payment.reference in said[-1][0]
    [[recall_id, _, payment_id, *_]] = run("recall", "list")
    assert payment_id == str(payment.id)
    run("recall", "refused", recall_id, "--answer", "too late", by=Role.FINANCE)
    assert run("recall", "list") == []
    assert run("recall", "list", "--payroll", number)[0][3] == "Refused"


def test_a_line_that_nobody_knows_is_settled_by_two_people(office, bank, number, run):
    item = bank.items[0]
    receive(office, bank.arucs((Item(1, item.sort_code, item.account_number, item.amount_pence, "X", "X"), "B")))
    [[suspense_id, *_]] = run("suspense", "list")
    payment = payment_of(office, item)
    assert run("suspense", "candidates", suspense_id)[0][0] == str(payment.id)
    facts = ("--payment", str(payment.id), "--because", "the only one")
    run("suspense", "settle", suspense_id, *facts, by=Role.PREPARER)
    assert run("suspense", "confirm", suspense_id, by=Role.FINANCE) == [["Matched by hand"]]
    assert payment_of(office, item).status is PaymentStatus.RETURNED
    garbled = Item(1, "089999", "66374958", bank.items[1].amount_pence, "Y", "Y")
    receive(office, bank.arucs((garbled, "B")))
    [[suspense_id, *_]] = run("suspense", "list")
    likely = {row[0]: row[-1] for row in run("suspense", "candidates", suspense_id)}
    assert likely[str(payment_of(office, bank.items[1]).id)] == "amount, day"
    other = payment_of(office, bank.items[2])
    facts = {"reason": "a guess", "by": office.person(Role.PREPARER), "at": office.service.now()}
    with office.transaction() as session:
        row = get_row(session, UUID(suspense_id))
        with pytest.raises(OtherAmount):
            by_hand.propose(session, row, payment_id=other.id, **facts)


def test_a_payment_is_looked_for_until_the_bank_says_where_it_is(office, bank, number, run, clock):
    clock.time = datetime(2026, 11, 25, 10, tzinfo=UTC)
    item = bank.items[0]
    reference = payment_of(office, item).reference
    [[trace_id, _]] = run("trace", "open", number, reference, "--said", "not there", by=Role.ENQUIRY)
    run("trace", "take", trace_id, by=Role.PREPARER)
    typed = f"{item.sort_code}\n{item.account_number}\n\n"
    [*_, [said]] = run("trace", "compare", trace_id, by=Role.PREPARER, typed=typed)
    assert said.startswith("The account that was paid.")
    run("trace", "asked", trace_id, "--reference", "CPR-1", by=Role.PREPARER)
    assert run("trace", "list")[0][3:5] == ["The bank is looking", "2026-12-02"]
    run("trace", "answer", trace_id, "credited", "--words", "letter", by=Role.PREPARER)
    assert run("trace", "list") == []
    assert run("trace", "show", trace_id)[-1] == ["It is in the account that it was sent to, says the bank"]


def test_what_is_owed_to_somebody_who_died_is_claimed_for_the_estate(office, bank, number, run):
    receive(office, bank.arucs((bank.items[0], "2")))
    dead = payment_of(office, bank.items[0])
    with office.transaction() as session:
        heir = (
            session.scalars(select(Payee).where(Payee.id != dead.payee_id).order_by(Payee.id.desc())).first().reference
        )
        whose = get_beneficiary(session, dead.beneficiary_id).reference
    run("payee", "mandate", "give", heir, "executor", whose, "--evidence", "the will", by=Role.PREPARER)
    shown = ("--document", "grant_of_probate", "--dated", "2026-11-20", "--because", "seen")
    run("claim", "propose", number, dead.reference, heir, *shown, by=Role.PREPARER)
    [[claim_id, beneficiary, _, to, document]] = run("claim", "list")
    assert (beneficiary, to, document) == (whose, heir, "Grant of probate, 2026-11-20")
    assert run("claim", "decide", claim_id, by=Role.APPROVER) == [["Confirmed."]]
    assert run("claim", "list") == []
    assert ["next", "pay again"] in run("return", "show", number, dead.reference)

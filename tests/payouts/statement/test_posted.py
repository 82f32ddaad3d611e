"""Entries that are no payments stand in the books: in suspense, then as what a rule or two people say they are."""

from __future__ import annotations

from datetime import date

import pytest
from psycopg import errors
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from payouts.ledger import control, period
from payouts.ledger.control_run import DifferenceKind
from payouts.statement import rule
from payouts.statement.entry import BankEntry, Match
from payouts.statement.posted import BookAccount, Stands, postings_of, stands
from payouts.web.ledger_words import close_rows
from schemes.database import new_id
from schemes.errors import NotAllowed
from schemes.person import Role
from tests.payouts.statement.bank import a_rule, account_of, camt, entry, say, send


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def account(office):
    return account_of(office)


def books(office):
    """The accounts in which something stands: pence in, pence out."""
    with office.transaction() as session:
        found = stands(session)
    return {name: (one.pence_in, one.pence_out) for name, one in found.items() if one != Stands()}


def first(office):
    with office.transaction() as session:
        return session.scalars(select(BankEntry).order_by(BankEntry.position)).first()


def postings(office, entry_id):
    with office.transaction() as session:
        return [
            (str(one.debit), str(one.credit), one.accounting_date, one.undoes) for one in postings_of(session, entry_id)
        ]


def test_every_entry_is_in_the_books_and_what_it_turns_out_to_be_takes_it_out_of_suspense(office, account):
    a_rule(office, "gross interest", code="int")
    send(
        office,
        camt(
            account,
            entry(7_00, "FROM THE DEPOSIT ACCOUNT", credit=True),
            entry(2_00, "MONTHLY CHARGES"),
            entry(31, "Gross  interest TO 25 NOV", credit=True, code="INT"),
            entry(32, "GROSS INTEREST", credit=True, code="BAC"),
        ),
    )
    assert books(office) == {
        BookAccount.SUSPENSE: (7_32, 0),
        BookAccount.BANK_CHARGES: (0, 2_00),
        BookAccount.INTEREST: (31, 0),
    }
    transfer = first(office)
    booked, today = date(2026, 11, 25), office.service.now().date()
    say(office, transfer.id, Match.TRANSFER)
    assert books(office)[BookAccount.TRANSFERS] == (7_00, 0)
    assert books(office)[BookAccount.SUSPENSE] == (32, 0)
    say(office, transfer.id, None)
    assert postings(office, transfer.id) == [
        ("bank", "suspense", booked, False),
        ("suspense", "bank", today, True),
        ("bank", "transfers", today, False),
        ("transfers", "bank", today, True),
        ("bank", "suspense", today, False),
    ]
    assert BookAccount.TRANSFERS not in books(office)


def test_what_a_person_took_back_is_not_matched_over_by_the_next_statement(office, account):
    send(office, camt(account, entry(2_00, "MONTHLY CHARGES")))
    say(office, first(office).id, None)
    a_rule(office, "monthly charges", match=Match.TRANSFER, is_credit=False)
    send(office, camt(account, entry(3_00, "MONTHLY CHARGES"), number=2))
    assert first(office).match is None
    assert books(office) == {BookAccount.SUSPENSE: (0, 2_00), BookAccount.TRANSFERS: (0, 3_00)}


def test_a_new_rule_is_tried_on_what_waits_and_one_that_has_ended_matches_nothing(office, account):
    send(office, camt(account, entry(50, "GROSS INTEREST", credit=True), entry(51, "INTERESTING", credit=True)))
    made = a_rule(office, "interest")
    assert books(office) == {BookAccount.INTEREST: (50, 0), BookAccount.SUSPENSE: (51, 0)}, "whole words only"
    with office.transaction() as session:
        change = rule.propose_end(
            session,
            made.id,
            change_id=new_id(),
            reason="another bank",
            by=office.person(Role.FINANCE),
            at=office.service.now(),
        )
    office.confirm_change(change.id, by=office.person(Role.APPROVER))
    send(office, camt(account, entry(52, "GROSS INTEREST", credit=True), number=2))
    assert books(office) == {BookAccount.INTEREST: (50, 0), BookAccount.SUSPENSE: (1_03, 0)}


@pytest.mark.parametrize(
    ("words", "code", "match", "is_credit"),
    [
        ("", "", Match.INTEREST, True),
        ("a", "", Match.INTEREST, True),
        ("rounding", "", Match.WRITTEN_OFF, True),
        ("charges", "", Match.FEE, True),
        ("payroll", "", Match.CONTRA, False),
    ],
)
def test_a_rule_that_says_too_little_or_would_write_money_off_is_refused(office, words, code, match, is_credit):
    said = {"words": words, "code": code, "match": match, "is_credit": is_credit, "reason": "so", "change_id": new_id()}
    with office.transaction() as session:
        with pytest.raises(rule.RuleSaysNothing):
            rule.propose(session, by=office.person(Role.FINANCE), at=office.service.now(), **said)
        with pytest.raises(NotAllowed):
            rule.propose(session, by=office.person(Role.PREPARER), at=office.service.now(), **said)


def test_the_daily_control_names_books_that_are_not_what_the_statements_are(office, account, owner):
    send(office, camt(account, entry(50, "SOMEBODY", credit=True)))
    with owner.begin() as connection:
        connection.execute(text("ALTER TABLE bank_posting DISABLE TRIGGER ALL"))
        connection.execute(text("UPDATE bank_posting SET amount_pence = 51"))
    with office.transaction() as session:
        found = control.compare(session, asked_by=None, at=office.service.now()).found()
    assert [(one.kind, one.here, one.there) for one in found] == [(DifferenceKind.BANK_POSTINGS, 51, 50)]


def test_postings_are_never_changed_and_never_of_a_closed_day(office, account, owner):
    with owner.begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))
        connection.execute(
            text("INSERT INTO ledger_closing VALUES (uuidv7(), '2026-11-26', now(), :body, uuidv7())"),
            {"body": office.harbour.body_id},
        )
    send(office, camt(account, entry(50, "SOMEBODY", credit=True)))
    assert postings(office, first(office).id) == [("bank", "suspense", date(2026, 11, 27), False)]
    for sentence in ("UPDATE bank_posting SET amount_pence = 1", "DELETE FROM bank_posting_sum"):
        with pytest.raises(DBAPIError) as refused, office.transaction() as session:
            session.execute(text(sentence))
        assert isinstance(refused.value.orig, errors.InsufficientPrivilege)


def test_what_is_in_suspense_is_named_when_the_books_are_closed(office, account, clock):
    send(office, camt(account, entry(50, "SOMEBODY", credit=True), entry(75, "NOBODY", day=date(2026, 11, 26))))
    clock.time = clock.time.replace(month=11, day=26)
    with office.transaction() as session:
        at, by = office.service.now(), office.person(Role.FINANCE)
        control.compare(session, asked_by=None, at=at)
        made = period.propose(session, date(2026, 11, 25), change_id=new_id(), reason="month end", by=by, at=at)
    assert close_rows(made.after)["In suspense"] == "1 entry: £0.50 in, £0.00 out"

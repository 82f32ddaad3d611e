"""A journal holds what the ledger holds, balances, and is the same bytes again; its page hands it to finance."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis.strategies import integers, sampled_from
from sqlalchemy import select, text

from payouts.exports import codes
from payouts.exports.export import Form, LedgerExport, export, take_again
from payouts.exports.journal import CodesMissing, JournalDiffers, NothingPosted, Scope, lines_of
from payouts.exports.own_profile import newest_of, own_profiles
from payouts.exports.own_profile import propose as propose_profile
from payouts.exports.profile import AmountForm, Column, DayForm, Delimiter, JournalField, Profile, ProfileName
from payouts.ledger.balance import balances
from payouts.ledger.entry import Event, LedgerAccount
from payouts.ledger.posting import post
from payouts.payment import Payment
from payouts.payroll import get_payroll
from schemes.database import new_id
from schemes.definition import FinanceCodes
from schemes.errors import FieldsRefused, NotAllowed
from schemes.person import Role
from tests.payouts.statement.bank import account_of, camt, entry, send


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def posted(office, sealed):
    """A payroll that was released and of which one payment came back, some days later."""
    at = office.service.now()
    with office.transaction() as session:
        post(session, Event.RELEASED, select(Payment.id), at=at)
        one = session.scalars(select(Payment.id).limit(1)).one()
        post(session, Event.RETURNED, [one], at=at, on=at.date() + timedelta(days=5))
    return sealed.payroll_id


def made(office, scope, profile=ProfileName.TWO_COLUMNS, form=Form.CSV, *, by=Role.FINANCE):
    to = io.BytesIO()
    with office.transaction() as session:
        kept = export(session, scope, profile, form, to=to, by=office.person(by), at=office.service.now())
    return kept, to.getvalue()


def test_a_journal_balances_equals_the_ledger_and_the_file_and_is_the_same_bytes_again(office, posted, clock):
    scope = Scope(payroll_id=posted)
    for profile in ProfileName:
        for form in Form:
            first, content = made(office, scope, profile, form)
            clock.advance(hours=30)
            second, again = made(office, scope, profile, form)
            assert content == again
            assert first.sha256 == second.sha256
    rows = list(csv.DictReader(io.StringIO(made(office, scope)[1].decode("utf-8-sig"))))
    with office.transaction() as session:
        total = get_payroll(session, posted).total_pence
        found = balances(session)
        by_account = {}
        for line in lines_of(session, scope, None):
            by_account[line.account] = by_account.get(line.account, 0) + line.credit_pence - line.debit_pence
    assert by_account == {
        account: balance.held_pence
        for account, balance in found.items()
        if balance.debit_entries or balance.credit_entries
    }
    pence = {side: [int(row[side].replace(".", "")) for row in rows] for side in ("debit", "credit")}
    assert sum(pence["debit"]) == sum(pence["credit"])
    spent = [row["description"].startswith("Payroll 1 released") for row in rows]
    assert sum(debit for debit, is_release in zip(pence["debit"], spent, strict=True) if is_release) == total
    assert by_account[LedgerAccount.SCHEME_EXPENDITURE] == -total


def test_a_period_holds_what_stands_in_its_days_and_what_differs_is_not_given_out(office, posted, owner):
    day = office.service.now().date()
    whole, first = Scope(first_day=day, last_day=day + timedelta(days=9)), Scope(first_day=day, last_day=day)
    assert made(office, whole)[0].line_count > made(office, first)[0].line_count > 0
    with pytest.raises(NothingPosted):
        made(office, Scope(first_day=day + timedelta(days=9), last_day=day + timedelta(days=9)))
    with pytest.raises(NotAllowed):
        made(office, whole, by=Role.PREPARER)
    with owner.begin() as connection:
        connection.execute(text("ALTER TABLE ledger_posting DISABLE TRIGGER ALL"))
        connection.execute(text("UPDATE ledger_posting SET total_pence = total_pence + 1"))
    with pytest.raises(JournalDiffers):
        made(office, whole)
    with office.transaction() as session:
        assert len(session.scalars(select(LedgerExport)).all()) == 2, "one that was refused is not recorded"


OWN = Profile(
    (
        Column(JournalField.TEXT, "type", "GL"),
        Column(JournalField.ACCOUNT, "=nominal"),
        Column(JournalField.DATE, "on"),
        Column(JournalField.SIDE, "dc"),
        Column(JournalField.AMOUNT, "sum"),
    ),
    day=DayForm.PLAIN,
    amount=AmountForm.COMMA,
    delimiter=Delimiter.SEMICOLON,
    codes_needed=True,
)


def two_people(office, propose, **said):
    """Finance proposes, and an approver confirms; the change's id."""
    change_id = new_id()
    with office.transaction() as session:
        by, at = office.person(Role.FINANCE), office.service.now()
        propose(session, change_id=change_id, reason="the finance system", by=by, at=at, **said)
    office.confirm_change(change_id, by=office.person(Role.APPROVER))
    return change_id


def own(office, profile=OWN, line_id=None, name="Ledger One"):
    line = two_people(office, propose_profile, line_id=line_id, name=name, profile=profile)
    with office.transaction() as session:
        return newest_of(session, line_id or line)


def code_everything(office, tail=""):
    with office.transaction() as session:
        given = {key: FinanceCodes("F1", "", f"{key[:12]}{tail}", "") for key in codes.keys(session)}
    two_people(office, codes.propose, codes=given)


def test_a_body_lays_journals_out_as_its_finance_system_wants_them(office, posted):
    mine, day = own(office), office.service.now().date()
    period = Scope(first_day=day, last_day=day + timedelta(days=9))
    send(office, camt(account_of(office), entry(12_34, "BANK CHARGES", day=day)))
    with pytest.raises(CodesMissing) as refused:
        made(office, period, mine)
    named = {(one.scheme, one.what.partition("/")[0]) for one in refused.value.missing}
    assert ("", "bank_charges") in named, "what has no code is named"
    assert any(scheme for scheme, _ in named), "components too"
    code_everything(office)
    lax = own(office, replace(OWN, codes_needed=False), mine.line_id)
    assert lax.version == 2
    kept, content = made(office, period, lax)
    head, *lines = content.decode("utf-8-sig").splitlines()
    assert head == "type;'=nominal;on;dc;sum"
    assert f"GL;bank_charges;{day:%Y%m%d};D;12,34" in lines
    assert f"GL;{'bank/'}{str(account_line(office))[:7]};{day:%Y%m%d};C;12,34" in lines
    assert kept.profile_id == lax.id
    two_people(office, propose_profile, line_id=mine.line_id, name="Ledger One", profile=OWN, ended=True)
    with office.transaction() as session:
        assert own_profiles(session) == []


def account_line(office):
    with office.transaction() as session:
        return next(key.partition("/")[2] for key in codes.keys(session) if key.startswith("bank/"))


def test_what_was_exported_is_the_same_bytes_whatever_changes_later(office, posted, clock):
    mine, day = own(office, replace(OWN, codes_needed=False)), office.service.now().date()
    scope = Scope(first_day=day, last_day=day + timedelta(days=9))
    first, content = made(office, scope, mine, Form.XLSX)
    code_everything(office)
    own(office, replace(OWN, codes_needed=False, headings=False), mine.line_id)
    send(office, camt(account_of(office), entry(12_34, "BANK CHARGES", day=day)))
    clock.advance(days=3)
    assert made(office, scope, mine, Form.XLSX)[0].sha256 != first.sha256
    with office.transaction() as session:
        again = take_again(session, first.id, by=office.person(Role.AUDITOR), at=office.service.now())
        assert again[1] == content
        with pytest.raises(NotAllowed):
            take_again(session, first.id, by=office.person(Role.PREPARER), at=office.service.now())


@pytest.mark.parametrize(
    "columns",
    [
        (),
        (Column(JournalField.AMOUNT, ""),),
        (Column(JournalField.ACCOUNT, ""), Column(JournalField.DEBIT, "")),
        (Column(JournalField.ACCOUNT, "x" * 61), Column(JournalField.AMOUNT, "")),
    ],
)
def test_a_layout_that_no_finance_system_could_book_from_is_refused(office, columns):
    with office.transaction() as session, pytest.raises(FieldsRefused):
        propose_profile(
            session,
            None,
            change_id=new_id(),
            name="Mine",
            profile=replace(OWN, columns=columns),
            reason="so",
            by=office.person(Role.FINANCE),
            at=office.service.now(),
        )


@given(pence=integers(-(10**14), 10**14), form=sampled_from(AmountForm))
def test_an_amount_is_written_so_that_it_can_be_read_back(pence, form):
    written = replace(OWN, amount=form).written(pence)
    assert int(re.sub("[.,]", "", written)) == pence

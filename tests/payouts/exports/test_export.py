"""A journal holds what the ledger holds, balances, and is the same bytes again; its page hands it to finance."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from payouts.exports.export import Form, LedgerExport, export
from payouts.exports.journal import JournalDiffers, NothingPosted, Scope, lines_of
from payouts.exports.profile import ProfileName
from payouts.ledger.balance import balances
from payouts.ledger.entry import Event, LedgerAccount
from payouts.ledger.posting import post
from payouts.payment import Payment
from payouts.payroll import get_payroll
from schemes.errors import NotAllowed
from schemes.person import Role


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
        for line in lines_of(session, scope):
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

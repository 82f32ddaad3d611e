"""Journals in the browser: asked for by finance, refused in plain words, listed with their digests."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select

from payouts.ledger.entry import Event
from payouts.ledger.posting import post
from payouts.payment import Payment
from schemes.person import Role
from tests.web.test_every_page import faults_of


@pytest.fixture
def start(sealed):
    return sealed


def test_finance_downloads_a_journal_and_sees_it_listed(office, signed_in):
    finance = signed_in(Role.FINANCE)
    finance.get("/exports")
    assert finance.press("Download the journal", of="payroll").errors == ["Enter the number of a payroll"]
    page = finance.press("Download the journal", of="payroll", number="1")
    assert page.errors == ["Nothing was posted that this export could hold"]
    with office.transaction() as session:
        post(session, Event.RELEASED, select(Payment.id), at=office.service.now())
    finance.get("/exports")
    page = finance.press("Download the journal", of="payroll", number="1", form_of_file="xlsx")
    assert page.response.data.startswith(b"PK")
    assert "journal-payroll-1-" in page.response.headers["Content-Disposition"]
    page = finance.get("/exports")
    assert page.table("exports")[0][1].startswith("Payroll 1")
    assert page.table("exports")[0][2].startswith("XLSX")
    assert faults_of(page) == []
    page = finance.press("Take it again")
    assert page.response.data.startswith(b"PK")


def test_finance_lays_journals_out_and_codes_the_accounts_on_screen(office, signed_in):
    finance = signed_in(Role.FINANCE)
    page = finance.get(finance.get("/exports").link("How your finance system takes journals in"))
    assert faults_of(page) == []
    assert faults_of(finance.get(page.link("Make your own from it"))) == []
    propose = "Propose it to a second person"
    said = {"name": "Ledger One", "reason": "a new finance system", "place_vat": "", "place_account": "1"}
    assert finance.press(propose, **{**said, "place_account": "", "place_debit": ""}).errors == [
        "Give the account, or all codes in one, a place",
        "Give the amount a place, or both debit and credit",
    ]
    finance.get("/exports/profiles/new")
    assert finance.press(propose, **said).errors == ["Another column has this place"]
    page = finance.press(propose, heading_account="Nominal", place_date="5", **said)
    assert "1. Nominal: Account" in page.text
    office.confirm_change(UUID(page.response.request.path.rsplit("/", 1)[1]), by=office.person(Role.APPROVER))
    page = finance.get("/exports/profiles")
    assert page.table("own")[0][0].startswith("Ledger One")
    assert faults_of(finance.get(page.link("Ledger One"))) == []
    page = finance.get(page.link("End it"))
    assert faults_of(page) == []
    assert "Offered no more" in finance.press(propose, reason="replaced").text
    page = finance.get("/exports/codes")
    assert faults_of(page) == []
    codes = {"suspense_vat": "O", "suspense_fund": "F1", "suspense_account": "9999", "with_bacs_account": "8000"}
    page = finance.press("Propose them to a second person", **codes, reason="the chart of accounts")
    assert page.table("rows") == [
        ["With Bacs", "–", "Account 8000"],
        ["Suspense: not matched yet", "–", "Fund F1, Account 9999, VAT O"],
    ]
    assert faults_of(finance.get("/exports/codes")) == []

"""Bank statements in the browser: one is sent, its entries are read, and a person says what one of them is."""

from __future__ import annotations

import io

import pytest

from schemes.person import Role
from tests.payouts.statement.bank import a_rule, account_of, camt, entry, send
from tests.web.test_every_page import faults_of


@pytest.fixture
def start(landed):
    return landed


def test_finance_sends_statements_and_says_what_an_entry_is(office, signed_in):
    finance = signed_in(Role.FINANCE)
    finance.get("/statements/new")
    assert "Choose the statement" in finance.press("Read the statement").errors
    content = camt(account_of(office), entry(5_00, "ACCOUNT FEE"), entry(7_00, "SOMEBODY", credit=True))
    page = finance.press("Read the statement", file=(io.BytesIO(content), "camt.xml"))
    assert page.done == ["The statement is being read"]
    office.work()
    page = finance.get(page.response.request.path)
    assert page.numbers == {"A fee of the bank": "1 entry", "Not matched": "1 entry"}
    assert faults_of(page) == []
    page = finance.get("/statements/unmatched")
    assert faults_of(page) == []
    page = finance.get(page.link("25 November 2026"))
    assert faults_of(page) == []
    page = finance.press("Propose it to a second person", what="not_ours", reason="a grant")
    assert page.h1 == "What a bank entry of 25 November 2026 is"
    assert "Nothing of this service" in page.text
    finance.get("/statements/new")
    table = b"Date,Details,Amount\n25/11/2026,FEE,-1.00\n"
    page = finance.press("Read the statement", file=(io.BytesIO(table), "bank.csv"))
    office.work()
    page = finance.get(finance.get(page.response.request.path).link("Say what its columns are"))
    assert faults_of(page) == []
    assert finance.press("Continue", amount="").errors == [
        "Choose either one column of amounts, or one for money in and one for money out"
    ]
    assert finance.press("Continue", amount="1").errors[0].startswith("Choose a column for one thing only")
    page = finance.press("Continue", amount="2", days="month_first")
    assert page.errors == ["In line 2 of the file “25/11/2026” can’t be read as a date"]
    page = finance.press("Continue", amount="2", days="day_first")
    assert page.table("rows") == [["25 November 2026", "FEE", "–", "£1.00", "Not told"]]
    assert faults_of(page) == []
    assert finance.press("Change the columns").h1 == "What are the columns of this statement?"
    finance.press("Continue")
    page = finance.press("Read the statement")
    office.work()
    assert finance.get(page.response.request.path).numbers == {"A fee of the bank": "1 entry"}
    assert faults_of(finance.get("/statements")) == []


def test_finance_proposes_a_rule_sees_it_in_force_and_proposes_its_end(office, signed_in):
    finance = signed_in(Role.FINANCE)
    page = finance.get(finance.get("/statements").link("Rules for charges, interest and transfers"))
    assert faults_of(page) == []
    assert faults_of(finance.get(page.link("Propose a rule"))) == []
    said = {"way": "in", "what": "interest", "reason": "the bank's letter"}
    assert finance.press("Propose it to a second person", **said).errors[0].startswith("Enter words of three letters")
    assert finance.press("Propose it to a second person", words="gross interest", **said).table("rows")[1][1:] == [
        "–",
        "GROSS INTEREST",
    ]
    a_rule(office, "deposit interest")
    send(office, camt(account_of(office), entry(5_00, "DEPOSIT INTEREST", credit=True), entry(1_00, "SOMEBODY")))
    assert finance.get("/ledger").table("bank") == [
        ["Suspense: not matched yet", "1", "£0.00", "£1.00"],
        ["Interest", "1", "£5.00", "£0.00"],
    ]
    page = finance.get(finance.get("/statements/rules").link("End it"))
    assert faults_of(page) == []
    page = finance.press("Propose it to a second person", reason="another bank")
    assert page.table("rows")[-1] == ["The rule", "In force", "Ended"]

"""A payroll's difference to the last one, on its pages and as a file."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from sqlalchemy import select, text

from payouts.difference.comparison import causes_of, must_be_explained
from payouts.payment import Payment
from payouts.payroll import get_payroll
from schemes.person import Role
from tests.awarding import an_award


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def auditor(signed_in):
    return signed_in(Role.AUDITOR)


@pytest.fixture
def second(office, sealed, clock, owner):
    """A payroll for December after November was paid, with somebody whose name begins like a formula paid more."""
    office.decide_all(sealed.payroll_id)
    clock.advance(minutes=5)
    award = an_award(office)
    award.change(date(2026, 12, 1), award.pence + 12_34)
    with owner.begin() as connection:
        connection.execute(
            text("UPDATE beneficiary SET name = '=HYPERLINK(1)' WHERE id = :id"), {"id": award.beneficiary_id}
        )
    payroll_id = office.create(date(2026, 12, 1))
    office.work()
    return f"/payrolls/{payroll_id}"


def test_the_difference_is_told_by_cause_and_each_cause_by_payee(auditor, second):
    page = auditor.get(second)
    assert "Nothing: every penny has a cause" in page.text
    page = auditor.get(page.link("What the difference is made of"))
    assert "Compared with payroll 1" in page.text
    assert [text for text in page.soup.main.find("svg").stripped_strings if text.startswith("+")] == ["+£12.34"]
    [row] = [row for row in page.table("causes") if row[0].startswith("Changes of rate")]
    assert row[1:] == ["1", "+£12.34", "", "+£12.34"]
    page = auditor.get(page.link("Changes of rate"))
    assert [row[-1] for row in page.table("awards")] == ["+£12.34"]


def test_the_file_of_the_difference_runs_no_formula(auditor, second):
    auditor.get(f"{second}/difference")
    content = auditor.send("Download it as a CSV file").get_data().decode("utf-8-sig")
    rows = [row for row in csv.DictReader(io.StringIO(content)) if row["cause"] == "rates"]
    assert [(row["name"], row["difference"]) for row in rows] == [("'=HYPERLINK(1)", "12.34")]


def test_a_first_payroll_says_that_there_is_none_to_compare_with(auditor, sealed):
    page = auditor.get(f"/payrolls/{sealed.payroll_id}/difference")
    assert "so this one is compared with nothing" in page.text
    assert auditor.get(page.link("Starters")).h1.startswith("Payments")


def test_whoever_is_taken_out_of_a_first_payroll_starts_no_more(office, sealed):
    with office.transaction() as session:
        payments = session.scalars(select(Payment).where(Payment.payroll_id == sealed.payroll_id)).all()
    office.take_out(sealed.payroll_id, [payments[0].id])
    office.work()
    with office.transaction() as session:
        [starters] = causes_of(session, sealed.payroll_id)
        must_be_explained(session, get_payroll(session, sealed.payroll_id))
    assert starters.count == len(payments) - 1
    assert starters.pence == sum(payment.amount_pence for payment in payments[1:])

"""Money available on an account, and control totals, on their pages."""

from __future__ import annotations

import pytest

from payouts.payroll import get_payroll
from schemes.person import Role


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def payroll_id(office):
    payroll_id = office.create()
    office.work()
    return payroll_id


def test_finance_records_what_the_account_has_and_the_payroll_s_page_follows(office, signed_in, payroll_id):
    finance = signed_in(Role.FINANCE)
    page = finance.get(f"/payrolls/{payroll_id}")
    assert "Nobody has recorded what the account" in page.text
    page = finance.get(page.link("Record money that is available"))
    page = finance.press("Record the money", amount="ten", seen_in="the forecast")
    assert page.errors == ["Enter an amount in pounds, like 1,250 or 1250.50"]
    page = finance.press("Record the money", amount="10.00", seen_in="the forecast")
    assert page.done == ["You recorded the money that is available"]
    [row] = page.table("funds")
    assert row[0] == "Wednesday 25 November 2026"
    assert row[1] == "£10.00"
    assert "Too little" in row[3]
    assert "are missing" in finance.get(f"/payrolls/{payroll_id}").text
    assert "Too little money on the account" in finance.get(f"/payrolls/{payroll_id}/checks").text
    page = finance.get(finance.get(row and f"/payrolls/{payroll_id}").link("Record money that is available"))
    finance.press("Record the money", which="each", amount="10,000,000", seen_in="the overdraft")
    # what is recorded for the day itself goes before
    assert "are missing" in finance.get(f"/payrolls/{payroll_id}").text


def test_a_preparer_compares_a_payroll_with_the_total_of_the_source_list(office, signed_in, payroll_id):
    preparer = signed_in(Role.PREPARER)
    page = preparer.get(f"/payrolls/{payroll_id}")
    page = preparer.get(page.link("Compare with the total of your source list"))
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id)
    typed = {"payment_count": str(payroll.payment_count), "source": "the list of 20 November"}
    page = preparer.press("Compare with the payroll", total="1.00", **typed)
    assert page.done == ["You entered the control total. The payroll differs from it: look at the findings"]
    assert "The payroll differs from its source list" in preparer.get(f"/payrolls/{payroll_id}/checks").text
    preparer.get(f"/payrolls/{payroll_id}/control-total")
    pounds = f"{payroll.total_pence / 100:.2f}"
    page = preparer.press("Compare with the payroll", total=pounds, **typed)
    assert page.done == ["You entered the control total. The payroll agrees with it to the penny"]
    assert "it agrees to the penny" in page.text

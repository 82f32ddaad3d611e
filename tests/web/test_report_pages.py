"""Reports in the browser: figures, other days, files, and what payments cost."""

from __future__ import annotations

import json

import pytest

from schemes.person import Role
from tests.answering import release


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def finance(office, sealed, signed_in):
    release(office, sealed.payroll_id)
    return signed_in(Role.FINANCE)


def test_a_report_shows_the_last_twelve_months_with_a_plot_and_tables_that_say_the_same(finance):
    page = finance.get(finance.get("/ledger").link("See the reports"))
    assert "Payments due from 1 December 2025 to 30 November 2026, held against 1 December 2024" in page.text
    rows = page.table("over-time")
    assert [row[0] for row in rows][-1] == "November 2026"
    drawn = json.loads(page.soup.select_one("#plot-released")["data-chart"])
    assert len(drawn["now"]) == len(rows) == 12
    assert f"£{drawn['now'][-1]:,.2f}" == rows[-1][2]


def test_a_report_of_other_days_stands_in_its_address_and_comes_as_a_file(finance):
    asked = "first=1&first=11&first=2026&last=30&last=11&last=2026&against=nothing&scheme="
    page = finance.get(f"/reports?{asked}")
    assert "Payments due from 1 November 2026 to 30 November 2026." in page.text
    assert len(page.table("over-time")) == 30
    file = finance.client.get(page.link("CSV"))
    assert file.mimetype == "text/csv"
    assert 'filename="over-time-2026-11-01-2026-11-30.csv"' in file.headers["Content-Disposition"]
    assert finance.client.get(page.link("Excel")).data.startswith(b"PK")


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ("first=1&first=11&first=2026&last=1&last=10&last=2026&against=nothing&scheme=", "on or after the first"),
        ("first=31&first=2&first=2026&last=1&last=10&last=2026&against=nothing&scheme=", "Enter a real date"),
        ("first=&first=&first=&last=1&last=10&last=2026&against=nothing&scheme=", "Enter a real date"),
        ("first=1&first=1&first=2026&last=1&last=10&last=2026&against=x&scheme=", "Not a valid choice"),
    ],
)
def test_days_that_make_no_report_are_said_beside_their_field(finance, asked, error):
    page = finance.get(f"/reports?{asked}")
    assert page.status == 422
    assert any(error in said for said in page.errors), page.errors
    assert finance.get(f"/reports/over-time.csv?{asked}").status == 404


def test_what_payments_cost_is_set_and_counted(finance):
    finance.get(finance.get("/reports").link("What payments cost"))
    page = finance.press("Save the cost", channel="bacs", pounds="4.50", from_day=["1", "1", "2026"])
    assert page.table("costs") == [["Bacs", "1 January 2026", "£4.50"]]
    assert finance.get("/reports").table("by-channel")[0][5] == "4.50p"


def test_an_auditor_reads_reports_and_sets_no_costs(signed_in, finance):
    auditor = signed_in(Role.AUDITOR)
    assert not auditor.get("/reports/costs").has_button("Save the cost")
    assert auditor.get("/reports").status == 200

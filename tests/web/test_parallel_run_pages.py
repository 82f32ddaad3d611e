"""Comparing with the old system in the browser: a file sent, its columns told, its differences read and explained."""

from __future__ import annotations

import io

import pytest

from bacs.comparison import listed
from payouts.files.payment_file import files_of
from payouts.files.segment import open_content
from payouts.gates.gate import gates_of
from schemes.person import Role
from tests.payouts.parallel_run.test_parallel_run import table


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def ours(office, sealed):
    with office.transaction() as session:
        [file] = files_of(session, sealed.payroll_id)
        return list(listed(io.BytesIO(open_content(session, office.service.seals, file).read())))


def test_a_preparer_compares_last_months_file_and_explains_what_differs(signed_in, office, sealed, ours):
    here = f"/payrolls/{sealed.payroll_id}/parallel-runs"
    preparer = signed_in(Role.PREPARER)
    assert "Nothing has been compared with this payroll yet." in preparer.get(here).text
    assert preparer.press("Compare").errors == ["Choose the old system’s file"]
    content = table(ours[1:], ["branch", "number", "how much", "who", "ref"])
    run_page = preparer.press("Compare", file=(io.BytesIO(content), "old.csv"))
    office.work()
    asked = preparer.get(f"{run_page.response.request.path}/columns")
    assert "What are the columns of this file?" in asked.text
    wrong = preparer.press("Compare", sort_code="0", account_number="", amount="2")
    assert wrong.errors == ["Choose the column of the account number"]
    preparer.press("Compare", sort_code="0", account_number="1", amount="2", name="3", reference="4")
    office.work()
    page = preparer.get(run_page.response.request.path)
    assert [row[0] for row in page.table("classes")] == ["Only in this payroll", "Together"]
    page = preparer.get(f"{run_page.response.request.path}/differences/extra")
    [row] = page.table("differences")
    assert row[1] == "Not there"
    assert ours[0].account_number not in page.text
    assert preparer.press("Explain them").errors == ["Say why these differences are right"]
    preparer.press("Explain them", reason="A new award since October")
    approver = signed_in(Role.APPROVER)
    page = approver.get(run_page.response.request.path)
    assert "Explained" in page.text
    assert "A new award since October" in page.text


def test_whoever_decides_sees_what_came_out(signed_in, office, sealed, ours):
    here = f"/payrolls/{sealed.payroll_id}/parallel-runs"
    preparer = signed_in(Role.PREPARER)
    preparer.get(here)
    preparer.press("Compare", file=(io.BytesIO(table(ours)), "old.csv"))
    office.work()
    with office.transaction() as session:
        ready = gates_of(session, sealed.payroll_id)[0]
    page = preparer.get(f"/payrolls/{sealed.payroll_id}/gates/{ready.id}")
    assert "Compared with the old system" in page.text
    assert "All the same" in page.text


def test_who_finds_payments_only_sees_no_differences(signed_in, office, sealed, ours):
    preparer = signed_in(Role.PREPARER)
    preparer.get(f"/payrolls/{sealed.payroll_id}/parallel-runs")
    page = preparer.press("Compare", file=(io.BytesIO(table(ours[1:])), "old.csv"))
    office.work()
    enquiry = signed_in(Role.ENQUIRY)
    assert enquiry.get(f"{page.response.request.path}/differences/extra").status == 403

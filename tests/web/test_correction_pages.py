"""Corrections from the bank in the browser: a report is sent, its lines are read, and a second person decides."""

from __future__ import annotations

import io

import pytest
from click.testing import CliRunner

from payouts.commands.correction import correction as command
from schemes.person import Role
from tests.payouts.responses.test_correction import NEW, alone, numbers_of, report
from tests.web.test_bank_details_pages import CALLED
from tests.web.test_every_page import faults_of

__all__ = ["alone"]


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def content(office, alone):
    return report(("", numbers_of(office, alone[0]), NEW), ("HSF-1", ("999999", "12345678"), NEW))


def send(person, content):
    person.get("/bank-corrections/new")
    return person.press("Read the report", file=(io.BytesIO(content), "awacs.xml"))


def test_a_report_goes_from_the_preparer_to_a_second_person_who_calls(preparer, signed_in, content):
    page = send(preparer, content)
    assert page.done == ["The report was read"]
    assert page.numbers == {"Proposed": "1", "No payee found": "1"}
    lines = page.table("lines")
    assert lines[0][3] == "The account was moved to another bank, 20 November 2026"
    assert lines[1][1] == "Not known HSF-1"
    assert faults_of(page) == []
    finance = signed_in(Role.FINANCE)
    page = finance.get(page.response.request.path)
    page = finance.get(page.link("Confirm or reject the correction of line 1"))
    assert "You may call the payee’s bank instead" in page.text
    assert finance.press("Continue", **CALLED).done == ["You confirmed the bank details"]
    report_page = finance.get(finance.get("/bank-corrections").link("23 November 2026"))
    assert report_page.table("lines")[0][4] == "Proposed Confirmed since"


def test_the_same_report_again_says_so_and_leads_to_the_first(preparer, content):
    first = send(preparer, content).response.request.path
    page = send(preparer, content)
    assert page.done == ["This report was read before. Nothing has changed"]
    assert page.response.request.path == first


def test_a_file_that_is_something_else_is_told_beside_the_field(preparer):
    page = send(preparer, report(user="912345"))
    assert page.errors == ["The report is not for your body’s service user number. Nothing was read"]
    assert page.link("The report is not") == "#file"
    preparer.get("/bank-corrections/new")
    assert preparer.press("Read the report").errors == ["Choose the AWACS report"]


def test_whoever_is_no_preparer_reads_and_does_not_send(signed_in, preparer, content):
    send(preparer, content)
    page = signed_in(Role.APPROVER).get("/bank-corrections")
    assert len(page.table("reports")) == 1
    assert "A preparer sends the reports" in page.text
    assert signed_in(Role.APPROVER).get("/bank-corrections/new").status == 403


def test_how_details_came_is_not_offered_as_the_bank_s_correction(preparer):
    address = preparer.get("/payees").link("HILF-00001")
    page = preparer.get(f"{address}/bank-details/new")
    assert "bank" not in [radio["value"] for radio in page.soup.select("input[name=came_by]")]


def test_the_lines_are_read_page_by_page(preparer, content, monkeypatch):
    monkeypatch.setattr("payouts.web.corrections.PAGE", 1)
    page = send(preparer, content)
    assert [row[0] for row in page.table("lines")] == ["1"]
    page = preparer.get(page.link("Next page"))
    assert [row[0] for row in page.table("lines")] == ["2"]


def test_the_command_reads_a_report_and_tells_each_line(office, content, tmp_path, monkeypatch):
    file = tmp_path / "awacs.xml"
    file.write_bytes(content)
    ground = "payouts.commands.ground"
    monkeypatch.setattr(f"{ground}.service", lambda: office.service)
    monkeypatch.setattr(f"{ground}.acting", lambda *_: office.person(Role.PREPARER))
    told = CliRunner().invoke(command, ["take", str(file), "--as", "priya@harbour.example"]).output
    assert "No payee found" in told
    assert told.endswith("2 lines, 1 proposed.\n")
    assert "nothing has changed" in CliRunner().invoke(command, ["take", str(file), "--as", "priya@x.example"]).output

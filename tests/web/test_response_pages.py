"""What the bank sends, in the browser: files are sent, a line is settled by two people, the payroll shows it all."""

from __future__ import annotations

import io

import pytest
from click.testing import CliRunner

from payouts.commands.response import response as command
from payouts.sandbox.bank.fate import Script
from schemes.person import Role
from tests.answering import at_the_bank, record_submission, release
from tests.web.test_every_page import faults_of


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def bank(office, sealed):
    release(office, sealed.payroll_id)
    record_submission(office, sealed.payroll_id)
    return at_the_bank(office, sealed.payroll_id, Script(seed=4, returned=3))


def test_several_files_are_sent_at_once_read_and_shown_on_the_payroll(office, bank, signed_in):
    finance = signed_in(Role.FINANCE)
    finance.get("/bank/files/new")
    files = [(io.BytesIO(bank.report(name)), f"{name}.xml") for name in ("Input", "Arucs")]
    page = finance.press("Send the files", files=[*files, (io.BytesIO(b"nothing"), "odd.txt")])
    assert page.done == ["3 files taken in"]
    office.work(leave="notices.send")
    page = finance.get("/bank")
    assert sorted(row[3] for row in page.table("responses")) == ["Could not be read", "Read", "Read"]
    assert faults_of(page) == []
    page = finance.get(page.link("Arucs.xml"))
    assert page.numbers == {"Came back": "3"}
    assert faults_of(page) == []
    page = finance.get(f"/payrolls/{bank.payroll_id}")
    assert "3 payments to be put right" in page.text
    assert page.table("bank-files")[0][1] == "Taken, and the figures agree"
    finance.get(page.link("Record it"))
    assert finance.press("Record the debit", evidence="").errors == ["Say where you saw that the account was debited"]
    page = finance.press("Record the debit", evidence="Statement 12")
    assert page.done == ["You recorded that the account was debited"]
    page = finance.get("/bank/returns")
    assert page.numbers["To be put right"] == "3"
    finance.get(page.soup.select_one("a[href^='/bank/returns/']")["href"])
    assert finance.press("Make it mine").done == ["It is yours now"]
    assert len(finance.get("/bank/returns?mine=1").table("returned")) == 1


def test_a_line_without_a_payment_is_settled_by_two_people(office, bank, preparer, signed_in):
    item = bank.items[0]
    preparer.get("/bank/files/new")
    content = bank.arucs((item._replace(reference="ANOTHER"), "B"))
    preparer.press("Send the files", files=[(io.BytesIO(content), "arucs.xml")])
    office.work(leave="notices.send")
    page = preparer.get("/bank/suspense")
    page = preparer.get(page.link("ANOTHER"))
    assert "Same amount, account, day; other reference" in page.text
    assert faults_of(page) == []
    assert len(preparer.press("Continue").errors) == 2
    other = {"payment": "another", "reason": "The bank cut the reference"}
    assert preparer.press("Continue", **other, reference="NOBODY").errors == [
        "No payment alone that went to the bank has this reference"
    ]
    chosen = page.soup.select("input[name=payment]")[0]["value"]
    page = preparer.press("Continue", payment=chosen, reason="The bank cut the reference")
    assert page.done == ["You said what the line is about. It counts when someone else confirms it"]
    finance = signed_in(Role.FINANCE)
    finance.get(page.response.request.path)
    assert finance.press("Continue", decision="confirm").done == ["You confirmed it"]
    assert finance.get("/bank/suspense").text.endswith("See the files from the bank")
    assert finance.get("/bank/returns").numbers["To be put right"] == "1"


def test_whoever_may_not_send_files_reads_what_came(bank, signed_in):
    auditor = signed_in(Role.AUDITOR)
    assert "A preparer, a finance officer or a releaser sends them" in auditor.get("/bank").text
    assert auditor.get("/bank/files/new").status == 403


def test_the_command_sends_files_and_lists_what_came_of_them(office, bank, tmp_path, monkeypatch):
    file = tmp_path / "arucs.xml"
    file.write_bytes(bank.report("Arucs"))
    ground = "payouts.commands.ground"
    monkeypatch.setattr(f"{ground}.service", lambda: office.service)
    monkeypatch.setattr(f"{ground}.acting", lambda *_: office.person(Role.FINANCE))

    def told(*args):
        return CliRunner().invoke(command, args, catch_exceptions=False).output

    assert told("receive", str(file), "--as", "femi@harbour.example").endswith("taken in\n")
    assert told("receive", str(file), "--as", "femi@harbour.example").endswith("known already\n")
    office.work(leave="notices.send")
    assert "came back 3" in told("list")
    assert told("returns").count("0 days") == 3

"""A whole payroll by four people in a real browser, from a register in CSV to notices in the outbox."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from playwright.sync_api import expect
from rich.progress import Progress

from payouts.demo.main_job import MainJob
from payouts.demo.register import write_register
from payouts.evidence.verifying import verify
from schemes.person import Role

pytestmark = pytest.mark.browser

BANK = ("bank", "bank/returns", "bank/suspense", "bank/traces")
EVIDENCE = "Treasury reference T-1182"


def bring_the_register_in(preparer, register: Path) -> None:
    page = preparer.page
    page.get_by_role("link", name="Bring payees in from a file").click()
    preparer.look()
    page.get_by_label("CSV file").set_input_files(register)
    page.get_by_role("button", name="Send the file").click()
    expect(page.get_by_role("table", name="Refused rows")).to_be_visible()
    preparer.look(register.name)
    row = page.get_by_role("row").filter(has_text="HYPERLINK")
    expect(row).to_contain_text("It starts like a formula")
    page.get_by_label("Keep the good rows").check()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Someone other than")).to_be_visible()
    preparer.look()


def confirm_the_bank_details(finance) -> None:
    page = finance.page
    page.get_by_role("link", name="File register.csv").click()
    finance.look()
    page.get_by_role("button", name="Confirm bank details").click()
    expect(page.get_by_text("You confirmed the bank details")).to_be_visible()
    finance.look()


def create_the_payroll(preparer) -> str:
    page = preparer.page
    page.get_by_role("link", name="Home").click()
    page.get_by_role("link", name="Create a payroll for Independent living payments").click()
    preparer.look("Create a payroll")
    page.get_by_role("button", name="Create the payroll").click()
    page.wait_for_url("**/payrolls/*")
    expect(page.get_by_text("Checked").first).to_be_visible()
    preparer.look()
    return page.url


def accept_what_needs_a_reason(preparer, payroll: str) -> None:
    page = preparer.page
    page.goto(f"{payroll}/checks")
    preparer.look("What the checks found")
    for _ in range(3):
        page.goto(f"{payroll}/checks")
        page.get_by_role("row").filter(has_text="Needs a reason").get_by_role("link").first.click()
        preparer.look()
        one_by_one = page.get_by_role("button", name="Go through them")
        if one_by_one.count():
            one_by_one.click()
            preparer.look()
        page.get_by_role("button", name="Accept").click()
        expect(page.get_by_role("alert")).to_contain_text("Say why it is right to pay")
        preparer.look()
        # the next that is open comes up until the kind is done
        while page.get_by_label("Why is it right to pay?").count():
            page.get_by_label("Why is it right to pay?").fill("Looked at it with the papers")
            page.get_by_role("button", name="Accept").click()
            expect(page.get_by_text("You accepted")).to_be_visible()
    expect(page.get_by_text("Needs a reason")).to_have_count(0)


def say_go(person, role: Role, payroll: str, *, evidence: str = "") -> None:
    page = person.page
    page.goto(f"{payroll}")
    person.look()
    page.get_by_role("main").locator("a[href*='/gates/']").first.click()
    person.look()
    while page.get_by_role("button", name="Open the next one").count():
        page.get_by_role("button", name="Open the next one").click()
    if page.get_by_role("link", name="Back to the decision").count():
        person.look()
        page.get_by_role("link", name="Back to the decision").click()
    page.get_by_label("Go", exact=True).check()
    if evidence:
        page.get_by_label("Balance or funding reference").fill(evidence)
    page.get_by_label("One-time code").fill(person.code_for_a_decision(role))
    page.get_by_role("button", name="Sign the decision").click()
    expect(page.get_by_text("You said go")).to_be_visible()
    person.look()


def ask_the_bank(preparer, payroll: str) -> None:
    """What may be asked of the bank once it has the file: a search, a return by letter, and the whole file back."""
    page = preparer.page
    for link in ("Somebody says that a payment has not arrived", "Record a payment that came back by letter"):
        page.goto(payroll)
        page.get_by_role("link", name=link).click()
        preparer.look()
    page.goto(payroll)
    page.get_by_role("link", name="Take back SANDBOX-HIL-0001").click()
    preparer.look("Ask the bank to take it back")
    page.get_by_label("The whole file").check()
    page.get_by_label("Why?").fill("It was sent twice")
    page.get_by_role("button", name="Record the recall").click()
    expect(page.get_by_text("Now tell your bank")).to_be_visible()
    preparer.look()


def audit_it(auditor, payroll: str) -> None:
    """What an auditor does in March: who decided what, the proof of it, where the money went, and the figures."""
    page = auditor.page
    page.get_by_role("link", name="Payrolls", exact=True).click()
    auditor.look("Payrolls")
    page.goto(payroll)
    auditor.look()
    page.get_by_role("link", name="Download the evidence of this payroll").click()
    auditor.look("Evidence")
    page.get_by_label("The decisions and the audit trail").check()
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download the evidence").click()
    key = auditor.site.service.signer.public_key
    with Path(taken.value.path()).open("rb") as pack:
        assert verify(pack, trusted_keys=frozenset({key})).faults == []
    page.get_by_role("link", name="Money", exact=True).click()
    auditor.look()
    page.goto(f"{auditor.site.url}/reports")
    auditor.look()
    with page.expect_download() as table:
        page.get_by_role("link", name="CSV").first.click()
    assert Path(table.value.path()).read_bytes().startswith(b"\xef\xbb\xbf")
    page.get_by_role("link", name="Audit", exact=True).click()
    auditor.look()
    expect(page.get_by_text("Took out the evidence of the payroll").first).to_be_visible()


def test_four_people_take_a_register_to_a_file_and_every_payee_is_told_once(site, desk, tmp_path):
    register = tmp_path / "register.csv"
    written = write_register(register, people=120)
    preparer = desk(Role.PREPARER)
    bring_the_register_in(preparer, register)
    finance = desk(Role.FINANCE)
    confirm_the_bank_details(finance)
    payroll = create_the_payroll(preparer)
    accept_what_needs_a_reason(preparer, payroll)

    preparer.page.goto(payroll)
    preparer.page.get_by_role("button", name="Build the files").click()
    expect(preparer.page.get_by_text("SANDBOX-HIL-0001").first).to_be_visible()
    preparer.look()
    say_go(preparer, Role.PREPARER, payroll)
    say_go(finance, Role.FINANCE, payroll, evidence=EVIDENCE)
    approver = desk(Role.APPROVER)
    say_go(approver, Role.APPROVER, payroll)
    releaser = desk(Role.RELEASER)
    say_go(releaser, Role.RELEASER, payroll)

    page = releaser.page
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download").first.click()
    content = Path(taken.value.path()).read_bytes()
    assert taken.value.suggested_filename.startswith("SANDBOX-HIL-0001-")
    assert hashlib.sha256(content).hexdigest() in page.goto(payroll).text().replace("<wbr>", "")
    assert content.count(b"\r\n") == written.good_rows - 1 + 8, "seven labels and a contra beside the payments"

    page.goto(f"{payroll}/submission")
    releaser.look()
    page.get_by_label("Reference of the submission").fill("BACS-77")
    page.get_by_role("button", name="Record the submission").click()
    expect(page.get_by_text("You recorded the submission")).to_be_visible()
    releaser.look()

    page.get_by_role("link", name="Outbox").click()
    expect(page.get_by_text("is on its way").first).to_be_visible()
    releaser.look()
    page.get_by_role("link", name="Audit").click()
    releaser.look()
    ask_the_bank(preparer, payroll)
    audit_it(desk(Role.AUDITOR), payroll)


def test_the_approver_reads_every_page_on_a_telephone(site, desk, tmp_path):
    approver = desk(Role.APPROVER)
    approver.page.set_viewport_size({"width": 390, "height": 844})
    for address in ("", "payees", "payrolls", "schemes", "imports", "audit", "outbox", *BANK):
        approver.page.goto(f"{site.url}/{address}")
        approver.look()
        overflow = approver.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert overflow <= 0, f"/{address} is {overflow} pixels wider than the telephone"


def test_a_payroll_is_created_and_watched_without_javascript(site, desk, tmp_path):
    register = tmp_path / "register.csv"
    write_register(register, people=60)
    with Progress(disable=True) as progress:
        others = MainJob(site.service, site.harbour, base_url=site.url, progress=progress)
        others.confirm_bank_details(others.bring_in(register))
    preparer = desk(Role.PREPARER, java_script_enabled=False)
    page = preparer.page
    page.get_by_role("link", name="Create a payroll for Independent living payments").click()
    page.get_by_role("button", name="Create the payroll").click()
    page.wait_for_url("**/payrolls/*")
    again = page.get_by_role("link", name="Load this page again")
    findings = page.get_by_role("button", name="Look at the findings")
    expect(again.or_(findings)).to_be_visible()
    while again.is_visible():
        again.click()
        expect(again.or_(findings)).to_be_visible()
    expect(page.get_by_role("button", name="Look at the findings")).to_be_visible()

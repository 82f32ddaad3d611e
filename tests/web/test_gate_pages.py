"""Deciding at the gates, taking the file and recording its submission, as four people do it in the browser."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from payouts.files.payment_file import files_of
from payouts.gates.decision import decisions_of
from payouts.machine_time import utc_now
from payouts.payroll import PayrollStatus, get_payroll
from schemes.audit import trail
from schemes.person import Role

FOUR = (Role.PREPARER, Role.FINANCE, Role.APPROVER, Role.RELEASER)


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def here(sealed):
    return f"/payrolls/{sealed.payroll_id}"


@pytest.fixture
def decide(signed_in, code_of, here, clock):
    """A person says something at the gate that waits, in a browser of their own."""

    def say(role: Role, verdict: str = "go", **filled: str):
        person = signed_in(role)
        open_all(person.get(person.get(here).link("Decide")), person)
        evidence = {"evidence": "Balance seen"} if person.page.soup.find(id="evidence") else {}
        page = person.press("Sign the decision", verdict=verdict, **{"code": code_of(role), **evidence, **filled})
        # each code works once: the next person or page needs a later one
        clock.advance(minutes=1)
        return page

    return say


def open_all(page, person):
    """Open what has to be opened before a go, one after the other, and come back to the gate."""
    while page.has_button("Open the next one"):
        page = person.press("Open the next one")
    return person.get(page.link("Back to the decision")) if "Back to the decision" in page.text else page


def test_an_approver_opens_findings_about_accounts_one_by_one_before_a_go_counts(
    office, signed_in, code_of, here, sealed
):
    office.decide_all(sealed.payroll_id, upto=2)
    approver = signed_in(Role.APPROVER)
    gate = approver.get(here).link("Decide")
    page = approver.get(gate)
    waiting = page.table("to-open-table")
    assert {row[0] for row in waiting} == {"Account numbers that can’t be checked", "One account for several payees"}
    code = code_of(Role.APPROVER)
    [error] = approver.press("Sign the decision", verdict="go", code=code).errors
    assert error == f"Open the findings listed here before you say go: {len(waiting)} findings are left"
    page = approver.press("Open the next one")
    assert f"{len(waiting) - 1} findings are left to open before you can approve." in page.text
    page = open_all(page, approver)
    assert [row[5].split(",")[0] for row in page.table("to-open-table")] == ["Yes"] * len(waiting)
    # the code was not used up by the try that was refused
    assert approver.press("Sign the decision", verdict="go", code=code).done == ["You said go at Approve"]


def test_four_people_bring_a_payroll_to_the_bank(decide, signed_in, here, office, sealed, clock):
    for role, gate in zip(FOUR[:3], ("Ready", "Funds", "Approve"), strict=True):
        assert decide(role).done == [f"You said go at {gate}"]
    page = decide(Role.RELEASER)
    assert page.done == ["You said go, and every gate has. The files can be downloaded"]
    assert [page.steps[f"Gate: {gate}"] for gate in ("Ready", "Funds", "Approve", "Release")] == ["Go"] * 4

    releaser = signed_in(Role.RELEASER)
    releaser.get(f"{here}/submission")
    assert releaser.press("Record the submission", reference="B-1").errors == [
        "Download every file first. A file that nobody took can’t have been submitted"
    ]
    releaser.get(here)
    response = releaser.send("Download")
    with office.transaction() as session:
        [file] = files_of(session, sealed.payroll_id)
    assert hashlib.sha256(response.get_data()).hexdigest() == file.sha256
    assert file.name in response.headers["Content-Disposition"]

    clock.advance(minutes=5)
    releaser.get(here)
    releaser.get(releaser.page.link("Record the submission"))
    assert releaser.press("Record the submission").errors == ["Enter the reference of the submission"]
    assert (
        "Enter a time as 14:05"
        in releaser.press("Record the submission", reference="B-1", submitted_time="noonish").errors
    )
    assert (
        "between the download"
        in releaser.press("Record the submission", reference="B-1", submitted_time="23:59").errors[0]
    )
    page = releaser.press("Record the submission", reference="B-1", submitted_time="09:40")
    assert page.done == ["You recorded the submission. Payees are now told that their money is on its way"]
    assert page.steps["Submitted to the bank"] == "Completed"


def test_the_page_shows_what_is_signed_and_the_decision_keeps_it(decide, signed_in, here, office, sealed):
    person = signed_in(Role.PREPARER)
    page = person.get(person.get(here).link("Decide"))
    with office.transaction() as session:
        [file] = files_of(session, sealed.payroll_id)
        payroll = get_payroll(session, sealed.payroll_id)
    assert file.sha256 in page.text
    assert page.numbers["Payments"] == str(payroll.payment_count)
    assert page.table("accepted")
    decide(Role.PREPARER)
    with office.transaction() as session:
        [decision] = decisions_of(session, sealed.payroll_id)
    assert decision.is_genuine()
    assert decision.shown["files"][0]["sha256"] == file.sha256
    assert decision.shown["manifest"] == decision.manifest_digest
    assert decision.manifest_digest in page.text


def test_the_page_of_a_gate_says_on_screen_and_on_paper_which_payroll_it_decides(signed_in, here):
    preparer = signed_in(Role.PREPARER)
    page = preparer.get(preparer.get(here).link("Decide"))
    assert "Independent living payments: payroll 1, gate 1, Ready" in page.text


def test_a_no_go_needs_a_reason_and_returns_the_payroll(decide, here, office, sealed):
    decide(Role.PREPARER)
    page = decide(Role.FINANCE, "no_go")
    assert page.errors == ["Say why it is a no-go"]
    page = decide(Role.FINANCE, "no_go", reason="The account is short by £4,000")
    assert page.done == ["You said no-go at Funds"]
    told = "said no-go: “The account is short by £4,000”. Once that is put right, build the files again"
    assert told in page.text
    assert "Decisions that no longer count" in page.text
    with office.transaction() as session:
        assert get_payroll(session, sealed.payroll_id).status is PayrollStatus.CHECKED
        assert decisions_of(session, sealed.payroll_id) == []


@pytest.mark.parametrize(
    ("filled", "says"),
    [
        ({"code": "000000"}, "The code is wrong, too old or was used already"),
        ({"code": ""}, "Enter your one-time code"),
        ({"evidence": " "}, "Enter the evidence: balance or funding reference"),
    ],
)
def test_without_the_person_s_code_or_the_evidence_nothing_is_decided(decide, office, sealed, filled, says):
    decide(Role.PREPARER)
    page = decide(Role.FINANCE, **filled)
    assert page.status == 422
    assert page.errors[0].startswith(says)
    with office.transaction() as session:
        assert len(decisions_of(session, sealed.payroll_id)) == 1


def test_a_missing_word_is_asked_for_before_the_code_is_used_up(decide, signed_in, code_of, here):
    person = signed_in(Role.PREPARER)
    person.get(person.get(here).link("Decide"))
    code = code_of(Role.PREPARER)
    assert person.press("Sign the decision", verdict="no_go", code=code).errors == ["Say why it is a no-go"]
    assert person.page.soup.find(id="code").get("value", "") == ""
    assert person.press("Sign the decision", verdict="go", code=code).done == ["You said go at Ready"]


def test_a_decision_sent_twice_is_one_decision(signed_in, code_of, here, clock, office, sealed):
    person = signed_in(Role.PREPARER)
    person.get(person.get(here).link("Decide"))
    person.send("Sign the decision", verdict="go", code=code_of(Role.PREPARER))
    clock.advance(minutes=1)
    response = person.send("Sign the decision", verdict="go", code=code_of(Role.PREPARER))
    assert response.status_code == 303
    with office.transaction() as session:
        assert len(decisions_of(session, sealed.payroll_id)) == 1


def test_what_changed_after_the_page_was_shown_is_not_decided_on(signed_in, code_of, here, office, sealed):
    person = signed_in(Role.PREPARER)
    person.get(person.get(here).link("Decide"))
    page = person.press("Sign the decision", verdict="go", code=code_of(Role.PREPARER), manifest_digest="0" * 64)
    assert page.errors == ["The payroll changed while you read this page. Look at it again before you decide"]
    with office.transaction() as session:
        assert decisions_of(session, sealed.payroll_id) == []


def test_too_late_for_the_bank_nothing_is_released_and_the_try_leaves_a_trace(decide, clock, office, sealed, here):
    for role in FOUR[:3]:
        decide(role)
    clock.advance(hours=12)
    page = decide(Role.RELEASER)
    assert page.errors[0].startswith("It is too late: the files had to be sent by 23 November 2026 at 9pm")
    with office.transaction() as session:
        assert get_payroll(session, sealed.payroll_id).status is PayrollStatus.SEALED
        assert trail(session, limit=1)[0].action == "payroll.release_refused"


def test_a_gate_is_for_its_own_role_and_the_page_says_who_that_is(signed_in, here, harbour):
    gate = signed_in(Role.PREPARER).get(here).link("Decide")
    page = signed_in(Role.APPROVER).get(gate)
    assert page.status == 403
    assert "This needs a preparer" in page.text
    assert harbour.people[Role.PREPARER].name in page.text


def test_home_tells_each_person_what_waits_for_them(signed_in, decide, harbour):
    assert "Ready: Is the payroll complete" in signed_in(Role.PREPARER).get("/").text
    finance = signed_in(Role.FINANCE).get("/")
    assert "Nothing waits for you now" in finance.text
    assert finance.table("others")[0][1].startswith("Ready: ")
    decide(Role.PREPARER)
    assert "Funds: Will the money be in the account" in signed_in(Role.FINANCE).get("/").text
    assert signed_in(Role.PREPARER).get("/").table("others")[0][2] == harbour.people[Role.FINANCE].name


def test_a_file_is_not_given_out_before_release(signed_in, office, sealed, here):
    releaser = signed_in(Role.RELEASER)
    page = releaser.get(here)
    assert not page.has_button("Download")
    with office.transaction() as session:
        [file] = files_of(session, sealed.payroll_id)
    token = page.soup.find("input", attrs={"name": "csrf_token"})["value"]
    answer = releaser.client.post(f"{here}/files/{file.id}/download", data={"csrf_token": token}, follow_redirects=True)
    assert answer.mimetype == "text/html"
    assert "can’t be downloaded now" in answer.get_data(as_text=True)


def test_a_file_stays_attached_when_the_code_is_wrong_and_is_only_ever_downloaded(decide, signed_in, here, office):
    decide(Role.PREPARER)
    page = decide(Role.FINANCE, file=(io.BytesIO(b"%PDF-1.7 balance"), "state ment.html"), code="000000")
    assert page.errors[0].startswith("The code is wrong")
    assert "You attached state ment.pdf" in page.text
    page = decide(Role.FINANCE, file=(io.BytesIO(b"MZ a program"), "balance.pdf"))
    assert page.errors[0].startswith("The file is not what it should be")
    assert decide(Role.FINANCE).done == ["You said go at Funds"]
    auditor = signed_in(Role.AUDITOR)
    auditor.get(here)
    page = auditor.get(auditor.page.link("saw and signed at Funds"))
    assert "Right for all that stands here" in page.text
    assert page.table("accepted")
    response = auditor.send("Download state ment.pdf")
    assert response.get_data() == b"%PDF-1.7 balance"
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.mimetype == "application/pdf"


def test_what_a_person_saw_is_shown_as_it_was_and_a_change_to_it_shows(decide, signed_in, here, owner):
    decide(Role.PREPARER)
    reader = signed_in(Role.APPROVER)
    page = reader.get(reader.get(here).link("saw and signed at Ready"))
    assert "Priya Preparer said go" in page.h1
    with owner.begin() as connection:
        connection.execute(text("ALTER TABLE decision DISABLE TRIGGER USER"))
        connection.execute(text("UPDATE decision SET shown = jsonb_set(shown, '{total_pence}', '1')"))
    page = reader.get(page.response.request.path)
    assert page.numbers["Total"] == "£0.01"
    assert "Does not fit" in page.text


def test_nothing_is_decided_while_the_services_clock_is_an_hour_off(app, decide, office, sealed):
    app.extensions["payouts"] = replace(app.extensions["payouts"], machine_time=lambda: utc_now() - timedelta(hours=1))
    [error] = decide(Role.PREPARER).errors
    assert error.startswith("The clocks of the service and of its database disagree")
    with office.transaction() as session:
        assert not decisions_of(session, sealed.payroll_id)

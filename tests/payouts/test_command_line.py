"""A payroll from the command line, as its people type it: the same rules and the same words as on the pages."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from datetime import date

import pyotp
import pytest
from click.testing import CliRunner
from sqlalchemy import text

from payouts.checks.finding import ONE_BY_ONE, Kind
from payouts.cli import payouts
from payouts.commands import ground
from payouts.payroll import PayrollStatus, get_payroll
from schemes import cooling_off
from schemes.cooling_off import CoolingOff
from schemes.database import new_id
from schemes.person import DEMO_PASSWORD, Role
from tests.passkeys import give_passkey
from tests.payouts.files.test_file_check import swapped


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def run(service, monkeypatch):
    """Type a command on the test's own installation and clock."""
    monkeypatch.setattr(ground, "service", lambda: service)
    return lambda *words: CliRunner().invoke(payouts, words, catch_exceptions=True)


@pytest.fixture
def run_as(run, harbour, clock, monkeypatch):
    """Type a command as somebody, with their next one-time code."""

    def type_as(role, *words):
        clock.advance(seconds=30)
        monkeypatch.setenv("PAYOUTS_PASSWORD", DEMO_PASSWORD)
        monkeypatch.setenv("PAYOUTS_CODE", pyotp.TOTP(harbour.code_secrets[role]).at(clock()))
        return run(*words, "--as", harbour.people[role].email)

    return type_as


def test_four_people_release_download_and_submit_a_payroll(run, run_as, office, sealed, tmp_path):
    for role in (Role.PREPARER, Role.FINANCE, Role.APPROVER):
        if role is Role.APPROVER:
            opened = [run_as(role, "payroll", "open", "1").output for _ in range(4)]
            assert opened[0].startswith("Account numbers that can’t be checked\n")
            assert opened[-1].endswith("0 left to open.\n")
        answer = run_as(role, "payroll", "decide", "1", "go", "--evidence", "T-1182")
        assert answer.output.endswith("Recorded: go.\n"), answer.output
    assert "Released" in run_as(Role.RELEASER, "payroll", "decide", "1", "go").output
    told = run_as(Role.RELEASER, "payroll", "download", "1", "--to", str(tmp_path)).output
    [file] = tmp_path.iterdir()
    assert hashlib.sha256(file.read_bytes()).hexdigest() in told
    assert "as approved" in run("file", "regenerate", "1", "--check").output
    checked = run_as(Role.RELEASER, "file", "check", "1", str(file))
    assert (checked.exit_code, "same bytes" in checked.output) == (0, True), checked.output
    edited = tmp_path / "edited.txt"
    edited.write_bytes(swapped(file.read_bytes()))
    checked = run_as(Role.RELEASER, "file", "check", "1", str(edited))
    assert (checked.exit_code, "account: 2 payments, +0 pence" in checked.output) == (1, True), checked.output
    other = run_as(Role.RELEASER, "payroll", "submitted", "1", "--reference", "B-7", "--file", "other.txt")
    assert "no file of this payroll is called other.txt" in other.output
    said = ("--reference", "B-7", "--file", file.name)
    assert "Notices go out now" in run_as(Role.RELEASER, "payroll", "submitted", "1", *said).output
    with office.transaction() as session:
        assert get_payroll(session, sealed.payroll_id).status is PayrollStatus.SUBMITTED
    assert run("payroll", "list").output.startswith("1\tsubmitted\t")


def test_findings_are_accepted_by_the_names_that_show_tells(run, run_as, office):
    december = office.create(date(2026, 12, 1))
    office.work()
    shown = run("payroll", "show", "2").output
    needing = [line.split()[1] for line in shown.splitlines() if "needs_reason" in line]
    assert len(needing) == 3
    for kind in needing:
        each = [line.split()[0] for line in run("payroll", "findings", "2", kind).output.splitlines()]
        named = [word for one in each for word in ("--finding", one)] if Kind(kind) in ONE_BY_ONE else []
        said = run_as(Role.PREPARER, "payroll", "accept", "2", kind, "--reason", "Looked at with the papers", *named)
        assert said.output == f"Accepted {len(each)} findings.\n"
    assert " open" not in run("payroll", "show", "2").output
    office.seal(december)


def test_a_question_is_asked_listed_and_answered(run, run_as, harbour):
    finance = harbour.people[Role.FINANCE].email
    asked = run_as(Role.PREPARER, "payroll", "query", "ask", "1", finance, "Is the balance there?").output
    query_id = asked.removeprefix("Asked: ").strip()
    assert "no answer yet" in run("payroll", "query", "list", "1", "--open").output
    assert (
        run_as(Role.FINANCE, "payroll", "query", "answer", "1", query_id, "Since this morning").output == "Answered.\n"
    )
    assert run("payroll", "query", "list", "1", "--open").output == ""
    assert run("payroll", "query", "list", "1").output.endswith("Is the balance there?\tSince this morning\n")


def test_the_wrong_person_or_code_is_refused_and_nothing_happens(run_as, office, sealed):
    assert run_as(Role.FINANCE, "payroll", "decide", "1", "go").exception is not None, "Ready is the preparer's"
    wrong = run_as(Role.PREPARER, "payroll", "decide", "1", "go", "--code", "000000")
    assert (wrong.exit_code, "wrong" in wrong.output) == (1, True)
    with office.transaction() as session:
        assert get_payroll(session, sealed.payroll_id).status is PayrollStatus.SEALED


def test_a_change_that_waits_is_listed_shown_and_confirmed_by_a_second_person(run, run_as, office):
    administrator = office.person_with(Role.ADMINISTRATOR)
    for days in (5, 6):
        with office.transaction() as session:
            wanted, at = CoolingOff(0, days, days), office.service.now()
            cooling_off.propose(session, wanted, change_id=new_id(), reason="fraud", by=administrator, at=at)
        change_id, what, proposer = run("change", "list").output.strip().split("\t")
        assert (what, proposer) == ("Cooling-off of bank details", "Somebody New")
        assert f"{days} working days" in run("change", "show", change_id).output
        if days == 5:
            assert run_as(Role.FINANCE, "change", "confirm", change_id).exit_code == 1
            assert run_as(Role.APPROVER, "change", "confirm", change_id).output == "Confirmed.\n"
    answer = run_as(Role.APPROVER, "change", "reject", change_id, "--reason", "5 are enough")
    assert (answer.output, run("change", "list").output) == ("Rejected.\n", "")


def test_cover_by_two_is_proposed_confirmed_and_reviewed_and_told(run, run_as, office, sealed):
    assert run("body", "duties").output.startswith("four people\nHIL\tyes\tbuilt by Priya Preparer; Ready: ")
    office.decide_all(sealed.payroll_id)
    terms = ("--until", "2026-12-04", "--ceiling", "1,000,000")
    answer = run_as(Role.ADMINISTRATOR, "body", "propose-duties", "two", "--reason", "away", *terms)
    change_id = answer.output.removeprefix("Proposed, ").strip(".\n")
    assert run_as(Role.APPROVER, "change", "confirm", change_id).output == "Confirmed.\n"
    assert run("body", "duties").output.startswith("two people until 2026-12-04, £1,000,000.00 a payroll at most")
    december = office.create(date(2026, 12, 9))
    office.work()
    office.accept_findings(december)
    office.seal(december)
    builder, approver = (replace(office.person(role), roles=frozenset(Role)) for role in (Role.PREPARER, Role.APPROVER))
    for position, person in enumerate((builder, approver, approver, builder), start=1):
        office.decide(december, position, by=person)
    assert "payroll 2\tto be reviewed by 2026-11-30" in run("body", "duties").output
    assert run_as(Role.FINANCE, "payroll", "review", "2", "--found", "all right").output == "Recorded.\n"
    assert "reviewed" not in run("body", "duties").output


def test_where_a_go_takes_a_passkey_is_proposed_confirmed_and_told_with_who_has_one(run, run_as, office):
    give_passkey(office, office.person(Role.APPROVER))
    answer = run_as(Role.ADMINISTRATOR, "body", "propose-passkeys", "approve", "--reason", "more money")
    change_id = answer.output.removeprefix("Proposed, ").strip(".\n")
    assert run("body", "passkeys").output.startswith(
        "passkeys at: no gate\nhas one   ailsa@harbour.example  approver\n"
    )
    assert run_as(Role.APPROVER, "change", "confirm", change_id).output == "Confirmed.\n"
    assert run("body", "passkeys").output.startswith("passkeys at: approve\n")


@pytest.mark.parametrize("role", list(Role))
def test_a_person_is_added_with_any_role_by_its_name(run, role, monkeypatch):
    monkeypatch.setattr("click.prompt", lambda *_, **__: "a long enough word")
    answer = run("person", "add", "new@harbour.example", "New Person", "--role", role.value)
    assert "otpauth://totp/" in answer.output, answer.output
    assert f"new@harbour.example\t{role.value}" in run("person", "list").output


def test_somebody_of_another_body_is_added_as_who_they_are_and_nobody_of_a_demo_to_a_live_one(run, owner):
    for name, live in (("Second Sandbox", False), ("Live Body", True)):
        run("body", "add", name, "--contact", "pay@second.example", *(["--live"] if live else []))

    def add(body):
        return run("person", "add", "Ada@harbour.example", "Whoever", "--role", "administrator", "--body", body)

    assert add("Second").output == "Added Ada Administrator, who signs in with the password and codes that they have.\n"
    assert "ada@harbour.example\tadministrator" in run("person", "list", "--body", "Second").output
    assert "They work in this body already" in add("Second").output
    assert "they work in no live body" in add("Live").output
    with owner.begin() as connection:
        connection.execute(text("UPDATE person SET demo = false WHERE email = 'ada@harbour.example'"))
    assert add("Live").output.startswith("Added Ada Administrator")


def test_people_are_invited_changed_reset_and_removed_by_what_two_of_them_type(run, run_as, harbour):
    def propose(*words):
        answer = run_as(Role.ADMINISTRATOR, "person", *words)
        assert answer.exit_code == 0, answer.output
        return re.search(r"payouts change confirm (\S+)", answer.output)[1]

    def confirm(change_id):
        assert run_as(Role.APPROVER, "change", "confirm", change_id).output == "Confirmed.\n"

    confirm(propose("invite", "nia@new.example", "Nia New", "--role", "preparer:HIL", "--reason", "cover"))
    assert run("person", "invitations").output.split("\t")[1:] == ["nia@new.example", "preparer:HIL", "open\n"]
    confirm(
        propose("roles", "rhys@harbour.example", "--role", "releaser", "--role", "finance:HIL", "--reason", "cover")
    )
    assert "rhys@harbour.example\tfinance:HIL, releaser\n" in run("person", "list").output
    confirm(propose("reset", "femi@harbour.example", "--reason", "telephone lost"))
    assert run_as(Role.ADMINISTRATOR, "person", "remove", "edie@harbour.example").exit_code == 0
    assert "edie" not in run("person", "list").output


def test_a_role_that_there_is_not_is_refused_with_those_that_there_are(run_as):
    answer = run_as(Role.ADMINISTRATOR, "person", "invite", "a@b.example", "A", "--role", "boss", "--reason", "a")
    assert answer.exit_code == 1
    assert "boss is no role. There is: administrator, preparer" in answer.output

"""Contacts, mandates and notes of a payee from the command line."""

from __future__ import annotations

import pytest

from schemes.person import Role
from tests.payouts.test_payee_commands import ADD, run

__all__ = ["run"]


@pytest.fixture
def start(landed):
    return landed


def test_a_payees_record_is_kept_up_from_the_command_line(run):
    run(*ADD, role=Role.PREPARER)
    record = ("payee", "contact")
    run(*record, "add", "new-1", "text", "07700 900123", "--from", "a call", role=Role.PREPARER)
    contact_id = run(*record, "list", "new-1").output.splitlines()[0].split("\t")[0]
    assert run(*record, "end", "new-1", contact_id, "--reason", "lost", role=Role.PREPARER).output == "Ended.\n"
    assert "+447700900123\tended 2026-11-23" in run(*record, "list", "new-1").output
    given = ("payee", "mandate", "give", "new-1", "appointee", "HILF-00001", "--evidence", "letter of the DWP")
    assert run(*given, role=Role.PREPARER).output.startswith("Given: ")
    assert run(*given, role=Role.PREPARER).exit_code != 0, "there is one in force already"
    mandate_id = run("payee", "mandate", "list", "new-1").output.splitlines()[0].split("\t")[0]
    ended = ("payee", "mandate", "end", "new-1", mandate_id, "--last-day", "2027-01-31", "--reason", "she manages now")
    assert run(*ended, role=Role.PREPARER).output == "Ended.\n"
    assert "2027-01-31" in run("payee", "mandate", "list", "new-1").output
    assert run("payee", "note", "write", "new-1", "Prefers calls", role=Role.PREPARER).output == "Written.\n"
    assert run("payee", "note", "list", "new-1", role=Role.PREPARER).output == (
        "2026-11-23\tPriya Preparer\tPrefers calls\n"
    )


def test_what_the_register_says_of_a_payee_is_changed_from_the_command_line(run):
    run(*ADD, role=Role.PREPARER)

    def typed(*words):
        return run("payee", *words, role=Role.PREPARER).output

    assert typed("prefer", "new-1", "--format", "large_print") == "Kept.\n"
    assert typed("method", "new-1", "address_only", "--reason", "a voucher by post") == "Paid: address_only.\n"
    assert typed("correct", "new-1", "--name", "Joanna Bloggs", "--reason", "her letter") == "Corrected.\n"
    moved = ("correct", "new-1", "--for", "new-2", "--address", "5 Low Street, Leeds, LS1 4DZ", "--reason", "moved")
    assert typed(*moved) == "Corrected.\n"
    shown = run("payee", "show", "new-1").output
    assert shown.startswith("NEW-1\tJoanna Bloggs\n  paid: address_only")
    assert "written to: no channel named, large_print, english" in shown
    contact_id = run("payee", "contact", "list", "new-1").output.split("\t")[0]
    safe = typed("contact", "safe", "new-1", contact_id, "--reason", "she asked")
    assert safe.startswith("Proposed. A second person now confirms it: payouts change confirm ")

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

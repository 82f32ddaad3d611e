"""A body's settings and accounts to pay from, as an administrator types them."""

from __future__ import annotations

import pyotp
import pytest
from click.testing import CliRunner

from payouts.cli import payouts
from payouts.commands import ground
from schemes.bank_profile import bank_profiles, open_account
from schemes.person import DEMO_PASSWORD, Role


@pytest.fixture
def start(seeded):
    return seeded


@pytest.fixture
def run_as(service, harbour, clock, monkeypatch):
    """Type a command as somebody, with their next one-time code."""
    monkeypatch.setattr(ground, "service", lambda: service)

    def type_as(role, *words, typed=""):
        clock.advance(seconds=30)
        monkeypatch.setenv("PAYOUTS_PASSWORD", DEMO_PASSWORD)
        monkeypatch.setenv("PAYOUTS_CODE", pyotp.TOTP(harbour.code_secrets[role]).at(clock()))
        return CliRunner().invoke(payouts, [*words, "--as", harbour.people[role].email], input=typed)

    return type_as


def listed(service):
    return CliRunner().invoke(payouts, ["bank-profile", "list"]).output


def confirm(run_as, answer, *, looking_at_the_account=False):
    change_id = answer.output.rpartition("Proposed, ")[2].strip(".\n")
    if looking_at_the_account:
        assert "63748472" in run_as(Role.APPROVER, "change", "account", change_id).output
    return run_as(Role.APPROVER, "change", "confirm", change_id).output


def test_an_account_is_proposed_without_a_trace_in_the_shell_and_confirmed(run_as, service, office):
    proposing = ("bank-profile", "propose", "Grants", "--reason", "new")
    facts = ("--new", "--account-name", "GRANTS", "--cut-off", "17:00", "--bureau-number", "B12345")
    answer = run_as(Role.ADMINISTRATOR, *proposing, *facts, typed="20-29-59\n63748472\n")
    assert "63748472" not in answer.output
    assert confirm(run_as, answer) == ""
    assert confirm(run_as, answer, looking_at_the_account=True) == "Confirmed.\n"
    assert listed(service).startswith(
        "Grants\tending 8472\t000000 by bureau B12345\tby 17:00\t£20,000,000.00 a payment"
    )
    changed = run_as(Role.ADMINISTRATOR, *proposing, "--cut-off", "16:00", "--bureau-number", "")
    assert confirm(run_as, changed) == "Confirmed.\n"
    assert listed(service).startswith("Grants\tending 8472\t000000\tby 16:00\t")
    assert "version 2" in listed(service)
    with office.transaction() as session:
        assert open_account(session, service.seals, bank_profiles(session)[0]).account_number == "63748472"


def test_a_new_account_needs_a_cut_off_and_a_change_needs_the_account(run_as):
    new = run_as(
        Role.ADMINISTRATOR, "bank-profile", "propose", "Grants", "--new", "--reason", "x", typed="202959\n63748472\n"
    )
    assert "needs --account-name" in new.output
    gone = run_as(Role.ADMINISTRATOR, "bank-profile", "propose", "Nowhere", "--reason", "x")
    assert "no account called Nowhere" in gone.output


def test_name_colour_and_contact_are_set_by_one_and_retention_by_two(run_as):
    answer = run_as(Role.ADMINISTRATOR, "body", "set", "--name", "Haven Fund", "--colour", "#003078")
    assert answer.output == "Haven Fund, #003078, payments@harbour.example, no phone.\n"
    assert run_as(Role.ADMINISTRATOR, "body", "set", "--colour", "#ffdd00").exit_code == 1
    assert run_as(Role.PREPARER, "body", "set", "--name", "Mine").exit_code == 1
    proposed = run_as(Role.ADMINISTRATOR, "body", "propose-retention", "10", "--reason", "grant rules")
    assert confirm(run_as, proposed) == "Confirmed.\n"

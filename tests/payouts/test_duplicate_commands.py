"""Payees who may be one, from the command line."""

from __future__ import annotations

import pyotp
import pytest
from click.testing import CliRunner

from payouts.cli import payouts
from payouts.commands import ground
from schemes.duplicates import pair
from schemes.duplicates.merge import MergeRefused
from schemes.person import DEMO_PASSWORD, Role
from tests.duplicating import a_beneficiary_pair, a_shared_account

HEADER = "reference,beneficiary_name,amount,start_date,end_date,account_name,sort_code,account_number\n"
ROWS = (
    "A-1,Mary Watson,100.00,2026-04-01,2026-04-30,M Watson,20-29-59,63748472\n"
    "A-2,Watson Mary,120.00,2026-05-01,,M Watson,20-29-59,63748472\n"
)


@pytest.fixture
def run(service, monkeypatch, office, clock):
    """Type a command as the preparer; whatever it waits for is done by a worker of the test."""
    monkeypatch.setattr(ground, "service", lambda: service)
    monkeypatch.setenv("PAYOUTS_PASSWORD", DEMO_PASSWORD)

    def type_as(*words, by=None):
        clock.advance(seconds=30)
        if by is not None:
            monkeypatch.setenv("PAYOUTS_CODE", pyotp.TOTP(office.harbour.code_secrets[by]).at(clock()))
            words = (*words, "--as", office.harbour.people[by].email)
        return CliRunner().invoke(payouts, words, catch_exceptions=False)

    return type_as


@pytest.fixture
def pair_id(office):
    office.keep(office.bring_in((HEADER + ROWS).encode()))
    with office.transaction() as session:
        return pair.pairs(session)[0].pair.id


def test_a_register_is_searched_and_a_pair_told_apart(run, pair_id, office, monkeypatch):
    monkeypatch.setattr(ground, "follow", lambda *_: office.work())
    answer = run("duplicates", "search", by=Role.PREPARER)
    assert "Payees, probably one person: 1\n" in answer.output
    assert run("duplicates", "list").output == f"{pair_id}\tlikely\tA-1\tA-2\tSame name, same bank account\n"
    answer = run("duplicates", "not-same", str(pair_id), "--reason", "Two cousins", by=Role.PREPARER)
    assert answer.output.endswith("Recorded: two people.\n")
    assert run("duplicates", "list").output == ""
    assert str(pair_id) in run("duplicates", "list", "--status", "not_same").output


def test_beneficiaries_are_told_apart_and_taken_for_one_and_an_account_of_many_is_settled(run, pair_id, office):
    mine = str(a_beneficiary_pair(office))
    assert mine in run("duplicates", "list", "--of", "beneficiaries").output
    answer = run("duplicates", "one-person", mine, "--reason", "One birth certificate", by=Role.PREPARER)
    assert "payouts change confirm" in answer.output
    with pytest.raises(MergeRefused):
        run("duplicates", "undo", mine, "--of", "beneficiaries", "--reason", "Cousins", by=Role.PREPARER)
    answer = run("duplicates", "not-same", mine, "--of", "beneficiaries", "--reason", "Cousins", by=Role.PREPARER)
    assert answer.output.endswith("Recorded: two people.\n")
    shared = str(a_shared_account(office))
    assert run("duplicates", "accounts").output == f"{shared}\t12\tunknown\tM Watson\t8472\n"
    run("duplicates", "settle-account", shared, "provider", "--reason", "The contract", by=Role.PREPARER)
    assert run("duplicates", "accounts", "--settled").output.startswith(f"{shared}\t12\tprovider")

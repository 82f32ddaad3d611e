"""Payees from the command line, under the same rules as on the pages."""

from __future__ import annotations

import pyotp
import pytest
from click.testing import CliRunner
from sqlalchemy import select

from payouts.cli import payouts
from payouts.commands import ground
from schemes.account import accounts_of, open_details
from schemes.errors import NotAllowed, NotFound
from schemes.payee import Payee
from schemes.person import DEMO_PASSWORD, Role
from schemes.seal import get_key


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def run(service, harbour, clock, monkeypatch):
    """Type a command as somebody, or as nobody."""
    monkeypatch.setattr(ground, "service", lambda: service)

    def typed(*words, role=None, answers=None):
        if role is None:
            return CliRunner().invoke(payouts, words)
        clock.advance(seconds=30)
        monkeypatch.setenv("PAYOUTS_PASSWORD", DEMO_PASSWORD)
        monkeypatch.setenv("PAYOUTS_CODE", pyotp.TOTP(harbour.code_secrets[role]).at(clock()))
        return CliRunner().invoke(payouts, [*words, "--as", harbour.people[role].email], input=answers)

    return typed


ADD = (
    "payee", "add", "Jo Bloggs", "--reference", "new-1", "--capacity", "parent", "--for", "NEW-2", "--for-name",
    "Sam Bloggs", "--evidence", "birth certificate", "--to", "2030-03-01", "--address", "1 High Street, Leeds, ls1 4dy",
    "--contacts-from", "the form", "--method", "no_account", "--for-address", "3 Low Street, Leeds, LS1 4DZ",
    "--prefers", "letter", "--format", "easy_read", "--language", "welsh",
)  # fmt: skip


def test_a_payee_is_added_shown_and_found(run):
    assert run(*ADD, role=Role.PREPARER).output == "Added NEW-1.\n"
    shown = run("payee", "show", "new-1").output
    assert "paid: no_account" in shown
    assert "written to: letter, easy_read, welsh" in shown
    assert "for NEW-2  Sam Bloggs: parent, the beginning to 2030-03-01, in force" in shown
    assert "letter: 1 High Street, Leeds, LS1 4DY, held since 2026-11-23" in shown
    for words in (("jo b",), ("NEW-1", "--by", "reference"), ("sam", "--by", "beneficiary_name")):
        assert "NEW-1\tJo Bloggs" in run("payee", "find", *words).output
    assert run("payee", "find", "zebedee").output == "Nobody.\n"


def test_the_next_reference_is_taken_when_none_is_given(run):
    run(*ADD, role=Role.PREPARER)
    assert run("payee", "add", "Al Bloggs", role=Role.PREPARER).output == "Added NEW-3.\n", "NEW-2 is the child"


def test_whoever_may_not_add_is_refused_and_an_unknown_reference_is_not_found(run):
    assert isinstance(run(*ADD, role=Role.FINANCE).exception, NotAllowed)
    assert isinstance(run("payee", "show", "NEW-1").exception, NotFound)


def test_a_whole_account_is_asked_for_and_never_typed_into_the_command(office, run):
    with office.transaction() as session:
        payee = session.scalars(select(Payee).order_by(Payee.reference).limit(1)).one()
        account = accounts_of(session, payee.id)[0]
        key = office.service.seals.open_row(get_key(session, payee.body_id, payee.key_id))
        details = open_details(key, account.id, account.sealed_details)
    answers = f"{details.sort_code}\n{details.account_number}\n"
    words = ["payee", "find-account", *(["--roll-number", details.roll_number] if details.roll_number else [])]
    told = run(*words, role=Role.FINANCE, answers=answers).output
    assert f"{payee.reference}\t{payee.name}" in told
    assert details.account_number not in told
    assert isinstance(run(*words, role=Role.PREPARER, answers=answers).exception, NotAllowed)

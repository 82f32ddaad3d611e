"""Awards from the command line, under the same rules as on the pages."""

from __future__ import annotations

import pyotp
import pytest
from click.testing import CliRunner
from sqlalchemy import select

from payouts.cli import payouts
from payouts.commands import ground
from schemes.errors import NotAllowed
from schemes.payee import Beneficiary
from schemes.person import DEMO_PASSWORD, Role
from schemes.suspension import Suspension
from tests.awarding import an_award


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def award(office):
    return an_award(office)


@pytest.fixture
def reference(office, award):
    with office.transaction() as session:
        return session.scalars(select(Beneficiary.reference).where(Beneficiary.id == award.beneficiary_id)).one()


@pytest.fixture
def run(service, harbour, clock, monkeypatch):
    """Type a command as somebody, or as nobody."""
    monkeypatch.setattr(ground, "service", lambda: service)

    def typed(*words, role=None):
        if role is None:
            return CliRunner().invoke(payouts, words)
        clock.advance(seconds=30)
        monkeypatch.setenv("PAYOUTS_PASSWORD", DEMO_PASSWORD)
        monkeypatch.setenv("PAYOUTS_CODE", pyotp.TOTP(harbour.code_secrets[role]).at(clock()))
        return CliRunner().invoke(payouts, [*words, "--as", harbour.people[role].email])

    return typed


def test_an_award_is_changed_ended_and_shown_with_what_will_be_due(run, award, reference):
    change = ("award", "change", reference, "--amount", "600", "--from", "2026-12-01", "--reason", "a review")
    assert run(*change, role=Role.PREPARER).output == "Changed: version 2.\n"
    end = ("award", "end", reference, "--last-day", "2027-01-31", "--reason", "moved")
    assert "nothing is due after 2027-01-31" in run(*end, role=Role.PREPARER).output
    shown = run("award", "show", reference).output
    assert "from 2026-12-01\t£600.00" in shown
    assert "nothing is due\tPriya Preparer\tmoved" in shown
    coming = run("award", "projection", reference).output.splitlines()
    assert [line.split("\t")[2] for line in coming[1:4]] == ["£600.00", "£600.00", "£0.00"]
    assert coming[3].endswith("ended")


def test_an_award_is_suspended_by_one_and_lifted_by_another(run, office, award, reference):
    suspend = ("award", "suspend", reference, "--from", "2026-11-01", "--review-on", "2027-01-04", "--reason", "away")
    assert "A second person lifts it" in run(*suspend, role=Role.PREPARER).output
    with office.transaction() as session:
        suspension_id = session.scalars(select(Suspension.id)).one()
    assert "holds" in run("award", "show", reference).output
    lift = ("award", "lift", reference, "--suspension", str(suspension_id), "--no-arrears", "--reason", "back")
    assert isinstance(run(*lift, role=Role.PREPARER).exception, NotAllowed)
    assert run(*lift, role=Role.FINANCE).output == "Lifted.\n"


def test_a_recovery_is_proposed_confirmed_and_listed_with_what_is_left(run, award, reference):
    terms = ("--total", "25", "--instalment", "10", "--least-left", "0", "--from", "2026-11-01", "--reason", "twice")
    told = run("recovery", "propose", reference, *terms, role=Role.PREPARER).output
    recovery_id = told.split()[1].rstrip(".")
    assert run("recovery", "confirm", reference, "--recovery", recovery_id, role=Role.FINANCE).output == "Confirmed.\n"
    assert "confirmed\t£25.00\ttaken £0.00\tleft £25.00" in run("recovery", "list", reference).output


def test_an_award_that_is_not_there_is_told_with_what_there_is(run):
    answer = run("award", "show", "nobody")
    assert (answer.exit_code, "There is: none" in answer.output) == (1, True)

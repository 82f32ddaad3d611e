"""What changes a sealed payroll from the command line: the same rules and the same words as on the pages."""

from __future__ import annotations

import pyotp
import pytest
from click.testing import CliRunner
from sqlalchemy import select

from payouts.cli import payouts
from payouts.commands import ground
from payouts.payment import Payment
from payouts.payroll import get_payroll
from schemes.payee import Beneficiary
from schemes.person import DEMO_PASSWORD, Role


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def run_as(service, office, harbour, clock, monkeypatch):
    """Type a command as somebody, with their next one-time code; waiting for workers is having them work."""
    monkeypatch.setattr(ground, "service", lambda: service)
    monkeypatch.setattr(ground, "follow", lambda progress, what, state: (office.work(), state()))

    def type_as(role, *words):
        clock.advance(seconds=30)
        monkeypatch.setenv("PAYOUTS_PASSWORD", DEMO_PASSWORD)
        monkeypatch.setenv("PAYOUTS_CODE", pyotp.TOTP(harbour.code_secrets[role]).at(clock()))
        answer = CliRunner().invoke(payouts, [*words, "--as", harbour.people[role].email])
        return answer.output, answer.exit_code

    return type_as


def test_payments_are_taken_out_by_their_references_typed_and_from_a_file(run_as, office, sealed, tmp_path):
    with office.transaction() as session:
        before = get_payroll(session, sealed.payroll_id).payment_count
        paid = select(Payment.reference, Beneficiary.reference).order_by(Payment.ordinal).limit(3)
        rows = session.execute(paid.join(Beneficiary, Beneficiary.id == Payment.beneficiary_id)).all()
        (typed, one, two), people = zip(*rows, strict=True)
    listed = tmp_path / "died.txt"
    listed.write_text(f"{one}\n{two.lower()}\n")
    words = ("payroll", "take-out", "1", typed, "--from", str(listed), "--reason", "died yesterday")
    told, code = run_as(Role.PREPARER, *words)
    assert (code, "Took 3 payments out, together £" in told) == (0, True), told
    assert f"\tsealed\t2026-11-25\t{before - 3} payments" in told
    told, code = run_as(Role.PREPARER, "payroll", "off-cycle", "1", "2026-11-26", *people)
    assert (code, "\tchecked\t2026-11-26\t3 payments" in told) == (0, True), told
    told, code = run_as(Role.PREPARER, *words)
    assert code == 1
    assert f"not in payroll 1: {typed}, {one}, {two}" in told


def test_a_payroll_is_moved_to_another_day_and_taken_back(run_as, sealed):
    told, code = run_as(Role.PREPARER, "payroll", "re-date", "1", "2026-11-26", "--reason", "late")
    assert (code, "\tsealed\t2026-11-26\t" in told) == (0, True), told
    told, code = run_as(Role.PREPARER, "payroll", "reopen", "1", "--reason", "an award is wrong")
    assert (code, "\tchecked\t2026-11-26\t" in told) == (0, True), told

"""Schemes from the command line: seen, written out, changed in a file, proposed, and confirmed by somebody else."""

from __future__ import annotations

import json

import pyotp
import pytest
from click.testing import CliRunner

from payouts.cli import payouts
from payouts.commands import ground
from schemes.person import DEMO_PASSWORD, Role
from schemes.scheme_version import versions_of


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def run(service, monkeypatch):
    monkeypatch.setattr(ground, "service", lambda: service)
    return lambda *words: CliRunner().invoke(payouts, ["scheme", *words])


@pytest.fixture
def run_as(service, harbour, clock, monkeypatch):
    """Type a command as somebody, with their next one-time code."""
    monkeypatch.setattr(ground, "service", lambda: service)

    def type_as(role, *words):
        clock.advance(seconds=30)
        monkeypatch.setenv("PAYOUTS_PASSWORD", DEMO_PASSWORD)
        monkeypatch.setenv("PAYOUTS_CODE", pyotp.TOTP(harbour.code_secrets[role]).at(clock()))
        return CliRunner().invoke(payouts, [*words, "--as", harbour.people[role].email])

    return type_as


def test_a_scheme_is_written_out_changed_and_proposed_and_counts_when_somebody_else_confirms_it(
    run, run_as, tmp_path, office, harbour
):
    written = json.loads(run("export", "hil").output)
    written["payment_limit_pence"] = 123_400
    file = tmp_path / "scheme.json"
    file.write_text(json.dumps(written))
    proposed = run_as(Role.PREPARER, "scheme", "propose", str(file), "--from", "2026-12-01", "--reason", "A fraud")
    assert proposed.exit_code == 0, proposed.output
    change_id = proposed.output.split()[-1]
    assert run_as(Role.FINANCE, "change", "confirm", change_id).exit_code == 0
    with office.transaction() as session:
        found = versions_of(session, harbour.scheme_id)
    assert [version.definition.payment_limit_pence for version in found] == [123_400, 1_000_000]
    shown = run("show", "HIL").output
    assert "Version 2\tfor periods from 2026-12-01" in shown
    assert "2026-12-01 to 2026-12-31\tpaid on chosen\tversion 2" in shown
    assert json.loads(run("export", "HIL", "--version", "1").output)["payment_limit_pence"] == 1_000_000


def test_everything_that_is_wrong_with_a_file_is_told_at_once(run, run_as, tmp_path):
    written = json.loads(run("export", "HIL").output)
    written |= {"payment_limit_pence": 0, "reference": "{payroll}"}
    file = tmp_path / "scheme.json"
    file.write_text(json.dumps(written))
    refused = run_as(Role.PREPARER, "scheme", "propose", str(file), "--reason", "A fraud")
    assert refused.exit_code != 0
    assert "payment_limit_pence: Enter a value from £0.01" in refused.output
    assert "reference: Use both {payroll} and {number}" in refused.output

"""A payroll rehearsed before the simulated bank: what would happen is told, and nothing is touched."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from bacs import pence
from payouts.cli import payouts
from payouts.commands import ground
from payouts.payroll import PayrollStatus, get_payroll


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def simulate(service, monkeypatch):
    monkeypatch.setattr(ground, "service", lambda: service)

    def run(*words):
        answer = CliRunner().invoke(payouts, ["simulate", *words])
        assert answer.exit_code == 0, answer.output
        return answer.output

    return run


def test_three_returns_are_rehearsed_to_the_penny_and_nothing_is_touched(simulate, office, sealed, tmp_path):
    with office.transaction() as session:
        payroll = get_payroll(session, sealed.payroll_id)
        count, total, version = payroll.payment_count, payroll.total_pence, payroll.version
    told = simulate("1", "--returns", "3", "--seed", "5", "--write-to", str(tmp_path / "bank"))
    assert f"{count:,} of {count:,} credits taken, {pence.format(total)}" in told
    returned = [line for line in told.splitlines() if line.startswith("  returned ")]
    assert sum(int(line.rsplit(": ", 1)[1].split(",")[0]) for line in returned) == 3
    assert f"  In the end with their payees: {count - 3:,}, " in told
    assert "back with you: 3, " in told
    for kind in ("ArrivalReport", "InputReport", "ARUCS", "camt.053"):
        assert f"  {kind}, " in told
    assert "disagree" not in told
    assert len(list((tmp_path / "bank").iterdir())) == told.count(".xml  ")
    assert simulate("1", "--returns", "3", "--seed", "5").splitlines() == told.splitlines()[:-1]
    with office.transaction() as session:
        payroll = get_payroll(session, sealed.payroll_id)
        assert (payroll.status, payroll.version) == (PayrollStatus.SEALED, version)

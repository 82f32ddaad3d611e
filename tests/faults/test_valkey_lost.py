"""Valkey carries nothing that may not be lost: emptied or restarted at any moment, the payroll comes out the same."""

from __future__ import annotations

import threading

import pytest

from tests.faults.outcome import assert_ended_well
from tests.faults.trouble import meanwhile

pytestmark = pytest.mark.faults


def test_a_valkey_emptied_again_and_again_and_killed_and_started_empty_loses_nothing(
    installation, harbour, job, register, dice, tmp_path
):
    emptied, restarted = [], []

    def lose(over: threading.Event) -> None:
        while not over.wait(dice.uniform(0, 0.1)):
            if len(emptied) % 12 == 6:
                installation.restart_valkey()
                restarted.append(1)
            installation.empty_valkey()
            emptied.append(1)

    with meanwhile(lose):
        outcome = job.run(register.path, tmp_path)
    assert len(emptied) > 10
    assert restarted
    assert_ended_well(installation, harbour, job.payroll_id, register.calm, outcome.sha256)

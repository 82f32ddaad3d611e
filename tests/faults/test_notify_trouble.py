"""Notify loses replies and fails, workers are killed and Valkey is emptied: one message each, none missing."""

from __future__ import annotations

import threading

import pytest

from tests.faults.installation import Kill, wait_until
from tests.faults.outcome import assert_ended_well
from tests.faults.prepared import downloaded
from tests.faults.trouble import meanwhile

pytestmark = pytest.mark.faults
# a 429 makes everybody wait for a minute: that is tried where the clock is in the test's hand
TROUBLE = {"lose_replies": 25, "accept_then_503": 10, "accept_then_500": 10, "answer_503": 10, "answer_500": 5}


@pytest.fixture
def troubled(installation):
    """The installation, whose Notify makes trouble."""
    installation.notify("faults", **TROUBLE)
    yield installation
    installation.notify("faults", **dict.fromkeys(TROUBLE, 0))


def test_lost_replies_and_killed_workers_leave_one_message_each(troubled, harbour, office, register, dice):
    payroll_id = downloaded(office, register.path)
    before = troubled.notify("count")["notifications"]
    killed = []

    def kill(over: threading.Event) -> None:
        """Whenever some more have been sent."""
        for sent in sorted(dice.sample(range(1, 60), 3)):
            arrived = before + sent
            wait_until(f"{sent} messages", lambda arrived=arrived: troubled.notify("count")["notifications"] >= arrived)
            how = dice.choice([Kill.EVERYTHING, Kill.CHILDREN, Kill.ALL_BUT_CHILDREN])
            troubled.kill_workers(how)
            troubled.empty_valkey()
            troubled.start("worker")
            killed.append(how)

    with meanwhile(kill):
        office.record_submission(payroll_id)
        wait_until("trouble for each", lambda: len(killed) == 3)
    assert_ended_well(troubled, harbour, payroll_id, register.calm)
    assert troubled.notify("faults")["lose_replies"] == 0

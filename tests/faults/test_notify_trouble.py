"""Notify loses replies and fails, workers are killed and Valkey is emptied: one message each, none missing."""

from __future__ import annotations

import os
import threading

import pytest
from sqlalchemy import func, select, text

from payouts.notices.notice import Notice, NoticeStatus
from tests.faults.conftest import PEOPLE, register_of
from tests.faults.installation import Kill, wait_until
from tests.faults.outcome import assert_ended_well
from tests.faults.prepared import downloaded
from tests.faults.trouble import meanwhile

pytestmark = pytest.mark.faults
TOLD = int(os.environ.get("PAYOUTS_FAULT_NOTICES", str(PEOPLE)))
KILLS = 3 + TOLD // 1000
# a 429 makes everybody wait for a minute: that is tried where the clock is in the test's hand
TROUBLE = {"lose_replies": 25, "accept_then_503": 10, "accept_then_500": 10, "answer_503": 10, "answer_500": 5}


@pytest.fixture
def told(started, register, tmp_path_factory):
    """The register that is paid: that of the other tests, or one of as many people as are asked for."""
    return register if TOLD == PEOPLE else register_of(started, tmp_path_factory.mktemp("told"), people=TOLD)


@pytest.fixture
def troubled(installation):
    """The installation, whose Notify makes trouble."""
    installation.notify("faults", **{fault: count * (1 + TOLD // 1000) for fault, count in TROUBLE.items()})
    yield installation
    installation.notify("faults", **dict.fromkeys(TROUBLE, 0))


def test_lost_replies_and_killed_workers_leave_one_message_each(troubled, harbour, office, told, dice):
    lift_limits(troubled)
    payroll_id = downloaded(office, told.path)
    before = troubled.notify("count")["notifications"]
    killed = []

    def kill(over: threading.Event) -> None:
        """Whenever some more have been sent."""
        for sent in sorted(dice.sample(range(1, TOLD // 2), KILLS)):
            arrived = before + sent
            wait_until(
                f"{sent} messages",
                lambda arrived=arrived: troubled.notify("count")["notifications"] >= arrived,
                seconds=40 + TOLD // 20,
            )
            how = dice.choice([Kill.EVERYTHING, Kill.CHILDREN, Kill.ALL_BUT_CHILDREN])
            troubled.kill_workers(how)
            troubled.empty_valkey()
            troubled.start("worker")
            killed.append(how)

    with meanwhile(kill):
        office.record_submission(payroll_id)
        wait_until("trouble for each", lambda: len(killed) == KILLS, seconds=40 + TOLD // 20)
    wait_until("the last of them", lambda: not left(office), seconds=40 + TOLD // 20)
    assert_ended_well(troubled, harbour, payroll_id, told.calm)
    assert troubled.notify("faults")["lose_replies"] == 0


def lift_limits(installation) -> None:
    """However many are paid, it is not too much."""
    with installation.owner.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        lifted = "UPDATE scheme_version SET definition = definition || jsonb_build_object('payroll_limit_pence', :most)"
        connection.execute(text(lifted), {"most": TOLD * 100_000})
        connection.execute(text("UPDATE bank_profile SET file_limit_pence = :most"), {"most": TOLD * 100_000})


def left(office) -> int:
    """Notices that are still to be sent; all of them, until they are planned."""
    with office.transaction() as session:
        of_status = dict(session.execute(select(Notice.status, func.count()).group_by(Notice.status)).all())
    return sum(of_status.get(status, 0) for status in (NoticeStatus.PLANNED, NoticeStatus.SENDING)) or not of_status

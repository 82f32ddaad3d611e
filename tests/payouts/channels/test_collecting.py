"""Answers are collected from the bank's folder: each once, unfinished ones left, a damaged one in nobody's way."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from payouts.channels import collecting
from payouts.channels.collecting import CollectedFile
from payouts.channels.dispatch import dispatches_of
from payouts.payroll import PayrollStatus, get_payroll
from payouts.responses.response import Response, ResponseStatus
from payouts.sandbox.bank.cycle import take
from payouts.sandbox.bank.fate import Script
from payouts.tasks.outbox import Task
from tests.payouts.channels.test_sending import Line, bank, line, start  # noqa: F401 - fixtures

AWACS = b"<BACSDocument><Data><MessagingAdvices/></Data></BACSDocument>"


@pytest.fixture
def outbox_of_bank(line):  # noqa: F811
    line.connect(days_ago=0, collects=True, incoming_folder="out")
    return line.bank.folder("harbour", "out")


def collect(line: Line) -> int:  # noqa: F811
    with line.office.transaction() as session:
        collecting.ask_now(session, at=line.office.service.now())
    line.office.work(leave="notices.send")
    with line.office.transaction() as session:
        return session.scalar(select(func.count()).select_from(Response)) or 0


def test_a_file_is_collected_once_and_the_folder_is_left_as_it_is(line, outbox_of_bank, clock) -> None:  # noqa: F811
    (outbox_of_bank / "a.xml").write_bytes(AWACS)
    (outbox_of_bank / "b.xml.part").write_bytes(AWACS * 2)
    assert collect(line) == 1
    clock.advance(minutes=1)
    assert collect(line) == 1
    (outbox_of_bank / "again-a.xml").write_bytes(AWACS)
    clock.advance(minutes=1)
    assert collect(line) == 1
    assert sorted(each.name for each in outbox_of_bank.iterdir()) == ["a.xml", "again-a.xml", "b.xml.part"]
    with line.office.transaction() as session:
        assert set(session.scalars(select(CollectedFile.name))) == {"a.xml", "again-a.xml"}


def test_the_reports_of_the_bank_make_a_sent_file_receipted_and_a_damaged_one_stops_none(line, outbox_of_bank) -> None:  # noqa: F811
    line.release()
    line.try_sending()
    (sent,) = [each for each in line.inbox.iterdir() if each.suffix == ".txt"]
    with line.office.transaction() as session:
        received_on = get_payroll(session, line.payroll_id).input_day
    with sent.open("rb") as file:
        course = take(file, Script(), calendar=line.office.service.calendar, received_on=received_on)
    for delivery in course.deliveries:
        (outbox_of_bank / delivery.name).write_bytes(delivery.content)
    (outbox_of_bank / "Damaged.xml").write_bytes(course.deliveries[0].content[:300])
    assert collect(line) == len(course.deliveries) + 1
    assert line.way.receipted_at is not None
    assert line.status is PayrollStatus.ACCEPTED
    with line.office.transaction() as session:
        kept = select(Response.status).where(Response.file_name == "Damaged.xml")
        assert session.scalar(kept) is ResponseStatus.QUARANTINED
        assert dispatches_of(session, line.payroll_id)


def test_the_clock_asks_once_an_hour_and_only_where_answers_are_collected(line, clock) -> None:  # noqa: F811
    asked = select(func.count()).where(Task.kind == "channel.collect")
    with line.office.transaction() as session:
        collecting.ask_hourly(session, at=clock())
        assert session.scalar(asked) == 0
    line.connect(days_ago=0, collects=True)
    for _ in range(2):
        with line.office.transaction() as session:
            collecting.ask_hourly(session, at=clock())
            assert session.scalar(asked) == 1

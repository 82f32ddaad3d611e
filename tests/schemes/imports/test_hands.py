"""Several processes read and seal a large file: what comes of it is the same, and none of them stays behind."""

from __future__ import annotations

import os
import signal
import time

import psutil
import pytest
from sqlalchemy import func, select

from schemes.account import Account
from schemes.award import Award
from schemes.errors import FileFault, FileRefused
from schemes.imports import correction, good_rows, landing, reading, register_import
from schemes.imports.hands import HandLost, Hands
from schemes.imports.register_import import ImportRow, ImportStatus, get_import


@pytest.fixture
def start(seeded):
    return seeded


def doubled(number):
    if number == 13:
        raise FileRefused(FileFault.EMPTY)
    if number == 17:
        os._exit(1)
    return 2 * number, "x" * 200_000


@pytest.mark.parametrize("count", [0, 1, 3])
def test_what_is_made_comes_in_the_order_of_what_was_given(count):
    given = list(range(12))
    with Hands(doubled, count) as hands:
        assert [made for made, _ in hands.map(given)] == [2 * number for number in given]
        assert [made for made, _ in hands.map(given[:2])] == [0, 2]


def test_no_more_is_asked_for_than_there_are_hands_for():
    asked = []
    with Hands(doubled, 2) as hands:
        made = hands.map(asked.append(number) or number for number in range(12))
        next(made)
        assert len(asked) == 3


@pytest.mark.parametrize("count", [0, 2])
def test_a_fault_found_by_a_hand_is_raised_here(count):
    with Hands(doubled, count) as hands, pytest.raises(FileRefused):
        list(hands.map(range(20)))


def test_a_hand_that_dies_ends_the_work_instead_of_leaving_a_gap():
    with Hands(doubled, 2) as hands, pytest.raises(HandLost):
        list(hands.map(range(14, 30)))
    assert hands.hands == []


def test_hands_end_with_the_process_that_has_them_however_it_ends():
    told, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.write(tell, " ".join(str(hand.pid) for hand in Hands(doubled, 2).hands).encode())
            time.sleep(60)
        finally:
            os._exit(0)
    pids = [int(each) for each in os.read(told, 100).split()]
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    _, left = psutil.wait_procs([psutil.Process(each) for each in pids if psutil.pid_exists(each)], timeout=30)
    assert len(pids) == 2
    assert left == []


def kept_of(office, import_id):
    """What an import keeps of each row, opened, and how many have which outcome."""
    with office.transaction() as session:
        brought = get_import(session, import_id)
        rows = session.scalars(select(ImportRow).where(ImportRow.import_id == import_id).order_by(ImportRow.line))
        kept = [
            (row.line, row.outcome, row.reference, row.faults, row.repairs, opened(office, session, brought, row))
            for row in rows.all()
        ]
        return kept, (brought.rows_good, brought.rows_unchanged, brought.rows_refused, brought.rows_mended)


def opened(office, session, brought, row):
    return correction.values_of(session, office.service.seals, brought, row)


def test_a_file_read_and_landed_by_several_processes_is_what_one_makes_of_it(office, small_register, monkeypatch):
    by_one = office.bring_in(small_register)
    for module, many in ((reading, "MANY_BYTES"), (landing, "MANY_ROWS")):
        monkeypatch.setattr(module, many, 0)
        monkeypatch.setattr(module, "spare", lambda: 2)
    for module in (reading, register_import, good_rows):
        monkeypatch.setattr(module, "CHUNK", 7)
    by_several = office.bring_in(small_register)
    rows, counts = kept_of(office, by_several)
    assert (rows, counts) == kept_of(office, by_one)
    assert len(rows) == 60
    office.keep(by_several)
    with office.transaction() as session:
        brought = get_import(session, by_several)
        assert brought.status is ImportStatus.LANDED
        assert session.scalar(select(func.count()).select_from(Award)) == brought.rows_good == counts[0]
        assert session.scalar(select(func.count()).select_from(Account)) == brought.accounts_made
    again = office.bring_in(small_register)
    assert kept_of(office, again)[1] == (0, counts[0], counts[2], 0)

"""A payroll's files: as many as the bank takes payments in one, built part by part in any order, by whoever."""

from __future__ import annotations

import hashlib
import io
import random
from dataclasses import replace
from itertools import chain

import pytest
from sqlalchemy import select, text

from bacs.comparison import listed
from payouts.files import part, sealing
from payouts.files.forms import FORMS
from payouts.files.payment_file import PaymentFile, files_being_built, files_of
from payouts.files.regenerating import regenerate
from payouts.files.segment import FileSegment, blocks_of, open_content
from payouts.gates.manifest import manifest_of
from payouts.payment import Payment
from payouts.payroll import PayrollStatus, get_payroll
from payouts.tasks import worker
from payouts.tasks.outbox import Task, TaskState
from schemes.errors import KeyMissing
from schemes.file_format import FileFormat
from schemes.person import Role

PER_FILE, PER_PART = 20, 7


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def to_be_sealed(office, owner, monkeypatch):
    """A payroll whose files are asked for, with a bank that takes few payments in one."""
    monkeypatch.setattr(sealing, "CHUNK", PER_PART)
    with owner.begin() as connection:
        connection.execute(text("UPDATE bank_profile SET items_per_file = :most"), {"most": PER_FILE})
    payroll_id = office.create()
    office.work()
    office.accept_findings(payroll_id)
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id, lock=True)
        sealing.ask_for_files(session, payroll, by=office.person(Role.PREPARER), at=office.service.now())
    return payroll_id


def waiting(office):
    with office.transaction() as session:
        return list(session.scalars(select(Task.id).where(Task.state == TaskState.WAITING)))


def test_more_payments_than_one_file_takes_are_split_in_order_whoever_builds_which_part_when(office, to_be_sealed):
    dice = random.Random(5)
    while tasks := waiting(office):
        dice.shuffle(tasks)
        for task_id in tasks + tasks[:3]:
            worker.perform(office.service, task_id, office.harbour.body_id)
    with office.transaction() as session:
        payroll = get_payroll(session, to_be_sealed)
        assert payroll.status is PayrollStatus.SEALED
        files = files_of(session, to_be_sealed)
        counts = [file.payment_count for file in files]
        assert counts == [PER_FILE] * (payroll.payment_count // PER_FILE) + [payroll.payment_count % PER_FILE]
        assert len(counts) > 2
        assert sum(file.total_pence for file in files) == payroll.total_pence
        assert [file.serial for file in files] == list(range(1, len(files) + 1))
        said = manifest_of(session, payroll).read()["files"]
        assert [(one["name"], one["sha256"], one["payments"]) for one in said] == [
            (file.name, file.sha256, file.payment_count) for file in files
        ]
        assert len({file.name for file in files}) == len(files)
        for file in files:
            content = b"".join(blocks_of(session, office.service.seals, file))
            assert (hashlib.sha256(content).hexdigest(), len(content)) == (file.sha256, file.byte_count)
            assert b"".join(regenerate(session, office.service, payroll, file)) == content
            assert open_content(session, office.service.seals, file).read() == content
            mine = select(Payment.reference).where(Payment.file_id == file.id).order_by(Payment.ordinal)
            assert len(list(listed(io.BytesIO(content)))) == len(session.scalars(mine).all()) == file.payment_count
        in_order = select(Payment.file_id).where(Payment.payroll_id == to_be_sealed).order_by(Payment.ordinal)
        assert session.scalars(in_order).all() == list(chain(*([file.id] * file.payment_count for file in files)))


def test_a_stream_of_segments_is_read_from_any_place(office, to_be_sealed):
    office.work()
    dice = random.Random(7)
    with office.transaction() as session:
        file = files_of(session, to_be_sealed)[0]
        content = b"".join(blocks_of(session, office.service.seals, file))
        stream = open_content(session, office.service.seals, file)
        for _ in range(50):
            place, size = dice.randrange(len(content) + 5), dice.randrange(3000)
            assert stream.seek(place) == place
            assert stream.read(size) == content[place : place + size]
        assert stream.seek(-4, io.SEEK_END) == len(content) - 4


def test_files_taken_back_while_they_are_built_leave_nothing_that_opens(office, to_be_sealed):
    plan, *_ = waiting(office)
    worker.perform(office.service, plan, office.harbour.body_id)
    first, *others = waiting(office)
    worker.perform(office.service, first, office.harbour.body_id)
    with office.transaction() as session:
        assert not files_of(session, to_be_sealed)
        assert files_being_built(session, to_be_sealed)
        payroll = get_payroll(session, to_be_sealed, lock=True)
        sealing.withdraw_files(session, payroll, at=office.service.now())
    for task_id in others:
        worker.perform(office.service, task_id, office.harbour.body_id)
    with office.transaction() as session:
        assert not files_being_built(session, to_be_sealed)
        for file in session.scalars(select(PaymentFile)):
            with pytest.raises(KeyMissing):
                list(blocks_of(session, office.service.seals, file))
        kept = session.scalars(select(FileSegment.payment_count).where(FileSegment.payment_count > 0)).all()
        assert kept == [PER_PART]


def test_payments_that_changed_since_a_file_was_begun_are_not_sealed(office, to_be_sealed, owner):
    plan, *_ = waiting(office)
    worker.perform(office.service, plan, office.harbour.body_id)
    with owner.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("UPDATE payment SET amount_pence = amount_pence + 1 WHERE ordinal = 3"))
    for task_id in waiting(office):
        worker.perform(office.service, task_id, office.harbour.body_id)
    with office.transaction() as session:
        [error] = session.scalars(select(Task.error).where(Task.error.is_not(None)))
        assert error.startswith(part.PaymentsChanged.__name__)
        assert get_payroll(session, to_be_sealed).status is PayrollStatus.SEALING
        assert not files_of(session, to_be_sealed)


def test_a_file_that_takes_another_sum_than_its_credits_come_to_is_not_sealed(office, to_be_sealed, monkeypatch):
    """As if the writer were wrong of the whole file alone, so that no part of it read by itself shows it."""
    form = FORMS[FileFormat.STANDARD18]

    def one_penny_more(facts):
        return form.closing(facts).replace(
            f"{facts.total_pence:011d}".encode(), f"{facts.total_pence + 1:011d}".encode()
        )

    wrong = {**FORMS, FileFormat.STANDARD18: replace(form, closing=one_penny_more)}
    for module in (part, sealing):
        monkeypatch.setattr(module, "FORMS", wrong)
    for task_id in (*waiting(office), *waiting(office)):
        worker.perform(office.service, task_id, office.harbour.body_id)
    for task_id in waiting(office):
        worker.perform(office.service, task_id, office.harbour.body_id)
    with office.transaction() as session:
        errors = session.scalars(select(Task.error).where(Task.error.is_not(None))).all()
        assert errors
        assert {error.partition(":")[0] for error in errors} == {part.ContraDiffers.__name__}
        assert get_payroll(session, to_be_sealed).status is PayrollStatus.SEALING
        assert not files_of(session, to_be_sealed)

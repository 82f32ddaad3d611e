"""A payroll of several files: each is submitted for itself, and only with the last one is the payroll."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from payouts.channels.submission import NoFileChosen, NotDownloaded, SubmittedWhen, record_submission, submissions_of
from payouts.payment import Payment, PaymentStatus
from payouts.payroll import PayrollStatus, get_payroll
from payouts.tasks.outbox import Task
from schemes.audit import AuditEvent
from schemes.database import new_id
from schemes.errors import NotFound
from schemes.person import Role
from tests.payouts.channels.several import download_one, released_in_several_files


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def record(office, clock):
    """Record the submission of some files as the releaser, a minute after whatever was before."""

    def recording(payroll_id, file_ids, reference="S-1", ago=timedelta(0)):
        clock.advance(minutes=1)
        with office.transaction() as session:
            payroll = get_payroll(session, payroll_id, lock=True)
            facts = {"reference": reference, "submitted_at": clock() - ago, "at": clock()}
            record_submission(session, payroll, file_ids=file_ids, by=office.person(Role.RELEASER), **facts)
            return payroll.status

    return recording


def test_a_payroll_of_several_files_is_submitted_when_the_last_of_them_is(office, owner, record):
    payroll_id, files = released_in_several_files(office, owner)
    first, *others = files
    download_one(office, payroll_id, first)
    with pytest.raises(NotDownloaded):
        record(payroll_id, files)
    for impossible in (timedelta(hours=1), timedelta(minutes=-1)):
        with pytest.raises(SubmittedWhen):
            record(payroll_id, [first], ago=impossible)
    for nothing, refused in (([], NoFileChosen), ([new_id()], NotFound)):
        with pytest.raises(refused):
            record(payroll_id, nothing)
    assert record(payroll_id, [first], "S-1") is PayrollStatus.RELEASED
    # sent twice, and with another reference: what was said first stands
    assert record(payroll_id, [first], "S-9") is PayrollStatus.RELEASED
    with office.transaction() as session:
        assert session.scalars(select(Payment.status).distinct()).all() == [PaymentStatus.RELEASED]
        assert session.scalar(select(func.count()).where(Task.kind == "notices.plan")) == 0
    for file_id in others:
        download_one(office, payroll_id, file_id)
    assert record(payroll_id, None, "S-2") is PayrollStatus.SUBMITTED
    with office.transaction() as session:
        recorded = submissions_of(session, payroll_id)
        assert [recorded[file_id].reference for file_id in files] == ["S-1"] + ["S-2"] * len(others)
        assert session.scalars(select(Payment.status).distinct()).all() == [PaymentStatus.SUBMITTED]
        assert session.scalar(select(func.count()).where(Task.kind == "notices.plan")) == 1
        told = select(AuditEvent.facts["file"].astext).where(AuditEvent.action == "submission.recorded")
        assert sorted(session.scalars(told)) == sorted(str(file_id) for file_id in files)

"""Checks in chunks find what one look at everything finds, whoever does the chunks, in whatever order, how often."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import func, select

from payouts import building
from payouts.building import EVERY_AWARD, awards_due
from payouts.checks import chunk
from payouts.checks.finding import Finding, Kind, groups_of
from payouts.payment import Payment
from payouts.payroll import PayrollStatus, get_payroll, rebuild
from payouts.tasks import worker
from payouts.tasks.outbox import Task, TaskState
from schemes.person import Role


@pytest.fixture
def start(landed):
    return landed


def found(office, payroll_id):
    """What the checks found of which award, whatever ids and references the payments have."""
    with office.transaction() as session:
        rows = session.execute(
            select(Finding.kind, Finding.severity, Payment.award_id, Finding.facts)
            .outerjoin(Payment, (Payment.body_id == Finding.body_id) & (Payment.id == Finding.payment_id))
            .where(Finding.payroll_id == payroll_id)
        )
        return sorted(str(tuple(row)) for row in rows)


def work_in_any_order(office, dice):
    """Each task that waits is done by any worker at any time, and handed out again although it is done."""
    while True:
        with office.transaction() as session:
            tasks = list(session.scalars(select(Task.id).where(Task.state == TaskState.WAITING)))
        if not tasks:
            return
        dice.shuffle(tasks)
        for task_id in tasks + tasks[:3]:
            worker.perform(office.service, task_id, office.harbour.body_id)


@pytest.mark.parametrize("size", [7, 50])
def test_however_a_payroll_is_cut_the_findings_are_the_same(office, monkeypatch, size):
    payroll_id = office.create()
    office.work()
    whole = found(office, payroll_id)
    kinds = {Kind.ONE_ACCOUNT_SEVERAL_PAYEES, Kind.ONE_PAYEE_SEVERAL_PAYMENTS, Kind.FIRST_PAYMENT}
    with office.transaction() as session:
        before = {group.kind: (group.count, group.amount_pence) for group in groups_of(session, payroll_id)}
    assert kinds <= before.keys()

    monkeypatch.setattr(building, "CHUNK", size)
    monkeypatch.setattr(chunk, "CHUNK", size)
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id, lock=True)
        rebuild(session, payroll, by=office.person(Role.PREPARER), at=office.service.now())
    work_in_any_order(office, random.Random(size))
    assert found(office, payroll_id) == whole
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id)
        assert payroll.status is PayrollStatus.CHECKED
        assert payroll.progress_done == payroll.progress_total >= payroll.payment_count / size
        assert {group.kind: (group.count, group.amount_pence) for group in groups_of(session, payroll_id)} == before
        assert (payroll.payment_count, payroll.total_pence) == awards_due(session, payroll, *EVERY_AWARD)
        assert session.scalar(select(func.count()).select_from(chunk.CheckChunk)) == 0

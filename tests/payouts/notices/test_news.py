"""What the people who work here are told without asking: a release, returns, and a long import that is finished."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from payouts.notices import news
from payouts.notices.staff import StaffEvent, StaffMessage
from payouts.payment import Payment
from payouts.returns import returned
from payouts.tasks.outbox import Task
from schemes.imports.register_import import RegisterImport


@pytest.fixture
def start(sealed):
    return sealed


def told(office, event):
    with office.transaction() as session:
        return session.scalars(select(StaffMessage.id).where(StaffMessage.event == event)).all()


def test_all_who_took_part_hear_once_that_a_payroll_is_released(office, sealed):
    office.decide_all(sealed.payroll_id)
    office.work()
    first = told(office, StaffEvent.RELEASED)
    assert len(first) >= 4
    with office.transaction() as session:
        task = session.scalars(select(Task).where(Task.kind == "staff.tell")).one()
        assert task.once == f"staff.tell/released/{sealed.payroll_id}"


def test_finance_hears_once_a_day_that_payments_came_back(office, sealed):
    at = office.service.now()
    for later in (timedelta(0), timedelta(hours=1)):
        with office.transaction() as session:
            ids = session.scalars(select(Payment.id).order_by(Payment.ordinal).limit(2)).all()
            returned.open_cases(session, ids, by=None, at=at + later)
    office.work()
    assert len(told(office, StaffEvent.RETURNS_ARRIVED)) == 1


def test_only_an_import_that_took_long_is_news(office):
    with office.transaction() as session:
        brought = session.scalars(select(RegisterImport)).first()
        assert not news.is_news(brought, at=brought.step_asked_at + timedelta(seconds=30))
        assert news.is_news(brought, at=brought.step_asked_at + news.LONG_IMPORT)
        news.tell(session, office.service, {"event": "import_finished", "about": str(brought.id)})
    assert len(told(office, StaffEvent.IMPORT_FINISHED)) == 1

"""Whoever looks for a payment, and its payee, hear of each step; the dead never."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from payouts.app import make_service
from payouts.notices.event import NoticeEvent
from payouts.notices.notice import Notice, NoticeStatus
from payouts.notices.staff import StaffEvent, StaffMessage
from payouts.returns.trace import PayeeTold, steps_of
from schemes.payee import Language, Payee
from tests.answering import receive
from tests.office import Office
from tests.payouts.notices.test_connection import KEY, notify  # noqa: F401  the simulator, with its keys
from tests.payouts.returns.test_trace import (  # noqa: F401  a payment at the bank
    PAY_DAY,
    ask,
    bank,
    compare,
    open_one,
    payment,
    start,
)


@pytest.fixture
def office(make_settings, harbour, notify, clock):  # noqa: F811
    made = make_service(
        make_settings(sandbox_notify_url=notify.url, sandbox_notify_api_key=KEY), now=clock, pool_size=10
    )
    yield Office(made, harbour)
    made.engine.dispose()


def told(office, trace_id):
    with office.transaction() as session:
        return [step.payee_told for step in steps_of(session, trace_id)]


def emails(office):
    with office.transaction() as session:
        return session.scalars(select(StaffMessage.id).where(StaffMessage.event == StaffEvent.TRACE_STEP)).all()


def notices(office):
    with office.transaction() as session:
        rows = select(Notice).where(Notice.event == NoticeEvent.PAYMENT_LOOKED_FOR).order_by(Notice.id)
        return session.scalars(rows).all()


def test_each_step_is_told_to_whoever_opened_it_and_to_the_payee_but_never_to_the_dead(
    office,
    bank,  # noqa: F811
    payment,  # noqa: F811
    clock,
):
    clock.time = PAY_DAY
    with office.transaction() as session:
        session.get_one(Payee, (office.harbour.body_id, payment.payee_id)).language = Language.WELSH
    trace_id = open_one(office, payment)
    office.work(leave="notices.send")
    assert emails(office) == [], "whoever did it knows it"
    assert told(office, trace_id) == [PayeeTold.TOLD]
    compare(office, trace_id)
    ask(office, trace_id)
    office.work(leave="notices.send")
    assert len(emails(office)) == 2
    assert told(office, trace_id) == [PayeeTold.TOLD, None, PayeeTold.TOLD]
    receive(office, bank.arucs((bank.items[0], "2")))
    assert told(office, trace_id)[-1] is PayeeTold.HELD_BACK, "the bank says that the account holder has died"
    assert [(one.facts["step"], one.status, one.language) for one in notices(office)] == [
        ("opened", NoticeStatus.PLANNED, Language.WELSH),
        ("asked", NoticeStatus.PLANNED, Language.WELSH),
        ("came_back", NoticeStatus.HELD_BACK, Language.WELSH),
    ]
    office.work()
    assert {one.status for one in notices(office)} == {NoticeStatus.HELD_BACK}, "nobody writes to the dead later either"


def test_a_payee_who_is_alive_gets_the_message(office, payment, clock):  # noqa: F811
    clock.time = PAY_DAY
    open_one(office, payment)
    office.work()
    assert [one.status for one in notices(office)] == [NoticeStatus.SENT]

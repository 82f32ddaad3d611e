"""A sandbox that is ready to go live, made ready the short way."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

from sqlalchemy import Engine, text

from payouts.going_live import answering, asking, readiness
from payouts.going_live.readiness import SAID, Point
from payouts.looking_back import look_back
from payouts.looking_back.look_back import Heading
from payouts.payroll import get_payroll
from schemes.change import Change
from schemes.database import connect, new_id
from schemes.person import Actor, Role
from tests.office import Office

OPERATOR = {"operator": "Oz Operator", "words": "Seen with their bank"}


def with_live_notify(office: Office) -> Office:
    """The office on an installation whose messages to staff go out."""
    settings = replace(office.service.settings, notify_api_key="key", notify_staff_template="template")
    return Office(replace(office.service, settings=settings), office.harbour)


def make_ready(office: Office, owner: Engine) -> Actor:
    """Have every point of the checklist so but for Notify; returns the second administrator."""
    office.create(date(2026, 12, 23))
    with owner.begin() as connection:
        connection.execute(text("ALTER TABLE payroll DISABLE TRIGGER USER"))
        connection.execute(text("UPDATE payroll SET status = 'accepted'"))
        payroll_id: UUID = connection.execute(text("SELECT id FROM payroll")).scalars().first()
    at, second = office.service.now(), office.person_with(Role.ADMINISTRATOR)
    with office.transaction() as session:
        payroll, by = get_payroll(session, payroll_id), office.person(Role.PREPARER)
        said = {Heading.MOMENTUM: "We waited a day for the funds"}
        look_back.look_back(session, payroll, look_back_id=new_id(), said=said, by=by, at=at)
        for point in Point:
            readiness.give(session, point, second.person_id, by=second, at=at)
        for point in SAID:
            readiness.say(session, point, "The bank wrote on 3 November", by=second, at=at)
    return second


def ask(office: Office, *, by: Actor | None = None, change_id: UUID | None = None) -> Change:
    facts = {"live_name": "Harbour Fund", "contact_email": "pay@harbour.example", "reason": "April is near"}
    by = by or office.person(Role.ADMINISTRATOR)
    with office.transaction() as session:
        at, made = office.service.now(), change_id or new_id()
        return asking.propose(session, office.service, change_id=made, by=by, at=at, **facts)


def answer(office: Office, *, approved: bool = True, list_digest: str = "", **changes: str) -> UUID | None:
    """The operator's word, with the key of the tables' owner."""
    engine = connect(office.service.settings.owner_database_url)
    facts = {**OPERATOR, **changes, "approved": approved, "list_digest": list_digest, "at": office.service.now()}
    try:
        return answering.decide(engine, office.service, office.harbour.body_id, **facts)
    finally:
        engine.dispose()


def go_live(office: Office, owner: Engine) -> tuple[Office, UUID, Actor]:
    """A sandbox that was approved: its office, the live body, and the second administrator."""
    office = with_live_notify(office)
    second = make_ready(office, owner)
    office.confirm_change(ask(office).id, by=second)
    live_id = answer(office)
    assert live_id is not None
    return office, live_id, second

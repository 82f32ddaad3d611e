"""Webhooks of the sandbox body, whose receiver listens on this machine."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from payouts.app import make_service
from payouts.tasks import clock as ticking
from payouts.webhooks import sending
from schemes import audit
from schemes.payee import Payee
from tests.hooked import Hooked, a_webhook
from tests.receiving import Receiver, receiver


@pytest.fixture
def service(make_settings, clock):
    """The operator lets webhooks go to this machine."""
    made = make_service(make_settings(webhook_hosts="127.0.0.1"), now=clock)
    yield made
    made.engine.dispose()


@pytest.fixture
def receiving() -> Receiver:
    with receiver() as there:
        yield there


@pytest.fixture
def set_up(office, receiving) -> Callable[..., Hooked]:
    """A webhook to the receiver, with its secret; keyword arguments replace what a test wants otherwise."""

    def make(**terms):
        return a_webhook(office, receiving.url, **terms)

    return make


@pytest.fixture
def tick(office) -> Callable[[], None]:
    """What the clock and the workers do in one round, as far as webhooks are concerned."""

    def once():
        ticking.link_audit(office.service)
        sending.ask_due(office.service)
        office.work()

    return once


@pytest.fixture
def happen(office) -> Callable[..., None]:
    """Something that the trail tells of a payee, one by one: `happen("payee.added", payee)`."""

    def record(action: str, about: Payee | None = None, **facts: object) -> str:
        with office.transaction() as session:
            about = about or session.scalars(select(Payee).order_by(Payee.id).limit(1)).one()
            return str(audit.record(session, action, by=None, about=about, at=office.service.now(), **facts).id)

    return record

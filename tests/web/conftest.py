"""People of the demo's body at browsers of their own."""

from __future__ import annotations

from collections.abc import Callable

import pyotp
import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page

from payouts.app import Service
from payouts.demo.harbour import Harbour
from payouts.web.access import TOKEN
from schemes.person import Role
from schemes.sign_in import Proof, start_session
from tests.web.one_app import app_on
from tests.web.visitor import Visitor


@pytest.fixture
def app(service) -> Flask:
    return app_on(service)


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    """Somebody who has not signed in."""
    return Visitor(app.test_client())


@pytest.fixture
def code_of(harbour: Harbour, clock) -> Callable[[Role], str]:
    """What a person's authenticator app shows now."""
    return lambda role: pyotp.TOTP(harbour.code_secrets[role]).at(clock())


@pytest.fixture
def signed_in(app: Flask, service: Service, harbour: Harbour, clock, code_of) -> Callable[[Role], Visitor]:
    """A person of the body, signed in at a browser of their own: as if through the page, which has its own tests."""

    def next_code(role: Role) -> str:
        """One that is not used up."""
        clock.advance(seconds=30)
        return code_of(role)

    def sign_in(role: Role) -> Visitor:
        clock.advance(minutes=1)
        with service.transaction(None) as session:
            signed = start_session(session, harbour.people[role].person_id, Proof.CODE, browser="A test", at=clock())
        person = Visitor(app.test_client())
        with person.client.session_transaction() as cookie:
            cookie[TOKEN] = signed.token
        person.code = lambda: next_code(role)
        return person

    return sign_in


@pytest.fixture
def preparer(signed_in) -> Visitor:
    return signed_in(Role.PREPARER)


@pytest.fixture
def at_browser(browser, site, signed_in):
    """A person in Chromium, signed in; whatever the browser complains about fails the test."""
    complaints: list[str] = []
    opened: list[BrowserContext] = []

    def sit_down(role: Role, **context) -> Page:
        cookie = signed_in(role).client.get_cookie("payouts")
        page = browser.new_context(**context).new_page()
        opened.append(page.context)
        page.context.add_cookies([{"name": "payouts", "value": cookie.value, "url": site}])
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield sit_down
    # a page that stays open goes on asking, and a site that stops waits for its connections
    for one in opened:
        one.close()
    assert complaints == []

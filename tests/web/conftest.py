"""People of the demo's body at browsers of their own."""

from __future__ import annotations

from collections.abc import Callable

import pyotp
import pytest
from flask import Flask

from payouts.app import create_app
from payouts.demo.harbour import Harbour
from schemes.person import DEMO_PASSWORD, Role
from tests.web.visitor import Visitor


@pytest.fixture
def app(service) -> Flask:
    made = create_app(service)
    made.testing = True
    return made


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    """Somebody who has not signed in."""
    return Visitor(app.test_client())


@pytest.fixture
def code_of(harbour: Harbour, clock) -> Callable[[Role], str]:
    """What a person's authenticator app shows now."""
    return lambda role: pyotp.TOTP(harbour.code_secrets[role]).at(clock())


@pytest.fixture
def signed_in(app: Flask, harbour: Harbour, code_of, clock) -> Callable[[Role], Visitor]:
    """A person of the body, signed in at a browser of their own."""

    def sign_in(role: Role) -> Visitor:
        # each code works once: whoever signs in again waits for the next
        clock.advance(minutes=1)
        person = Visitor(app.test_client())
        person.get("/sign-in")
        person.press("Sign in", email=harbour.people[role].email, password=DEMO_PASSWORD, code=code_of(role))
        assert person.page is not None
        assert person.page.h1 == "What waits for you", person.page.errors
        return person

    return sign_in


@pytest.fixture
def preparer(signed_in) -> Visitor:
    return signed_in(Role.PREPARER)

"""Systems that call the API with keys of their own."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from flask import Flask

from schemes.api_key import Scope
from tests.api.caller import Caller
from tests.keys import a_key
from tests.web.one_app import app_on


@pytest.fixture
def app(service) -> Flask:
    return app_on(service)


@pytest.fixture
def caller(app, office) -> Callable[..., Caller]:
    """`caller(Scope.READ, …)` is a system whose key has these rights."""

    def make(*scopes: Scope, **terms: object) -> Caller:
        return Caller(app.test_client(), a_key(office, *scopes, **terms).written)

    return make


@pytest.fixture
def reader(caller) -> Caller:
    return caller(Scope.READ)


@pytest.fixture
def http_of() -> Callable[[Flask], httpx.BaseTransport]:
    """An app for the Python client to call without a socket in between."""
    return lambda app: httpx.WSGITransport(app=app)

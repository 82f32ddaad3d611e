"""Every route that answers a GET, asked by everybody, in a body full of data: not a row of any table changes."""

from __future__ import annotations

import re
from itertools import product

import pytest
from sqlalchemy import text

from payouts.web.access import BEFORE_A_BODY, PUBLIC, audience_of, roles_for
from schemes import before_body
from schemes.sign_in import token_digest
from tests.everything import every_address
from tests.web.one_app import app_on


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def browsers(service, harbour):
    """A browser for each person, signed in, and one of somebody who is not."""
    app = app_on(service)
    made = {"nobody": app.test_client()}
    for role, person in harbour.people.items():
        with service.transaction(None) as session:
            before_body.start_session(session, token_digest(f"token of {role}"), person.person_id, service.now())
        made[role] = app.test_client()
        with made[role].session_transaction() as cookie:
            cookie["token"] = f"token of {role}"
    return made


@pytest.fixture
def addresses(office, sealed, browsers):
    return every_address(browsers["nobody"].application, office, sealed)


def everything(owner):
    """A digest of each table, but for when a session was last used, and that something asked for was not found."""
    with owner.connect() as connection:
        tables = connection.scalars(
            text("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
        ).all()
        digest = "SELECT md5(string_agg(row::text, '' ORDER BY row::text)) FROM {} AS row"
        events = " WHERE action <> 'access.not_found'"
        return {
            table: connection.scalar(text(digest.format(table) + (events if table == "audit_event" else "")))
            for table in tables
            if table not in ("web_session", "audit_pending")
        }


def is_let_in(app, who, address):
    """Whether the view's mark lets somebody through to it."""
    endpoint = app.url_map.bind("localhost").match(address, method="GET")[0]
    audience = audience_of(app, endpoint) if endpoint.startswith("pages.") else {PUBLIC}
    return bool(audience & {PUBLIC, BEFORE_A_BODY}) or who in roles_for(audience)


NAMED = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-")


def test_no_get_changes_anything_at_any_stage_of_a_payroll(office, sealed, owner, browsers, addresses):
    stages = (
        lambda: None,
        lambda: office.decide_all(sealed.payroll_id),
        lambda: office.download(sealed.payroll_id),
        lambda: (office.record_submission(sealed.payroll_id), office.work(leave="notices.send")),
    )
    app = browsers["nobody"].application
    readers = {address: [who for who in browsers if is_let_in(app, who, address)] for address in addresses}
    # the page of a thing that is of no payroll is the same at each stage
    of_a_stage = [address for address in addresses if str(sealed.payroll_id) in address or not NAMED.search(address)]
    asked = list(product(browsers, addresses))
    for number, go_on in enumerate(stages):
        go_on()
        before = everything(owner)
        answers = {address: set() for _, address in asked}
        for who, address in asked:
            answers[address].add(browsers[who].get(address).status_code)
        assert everything(owner) == before
        assert all(status < 500 for statuses in answers.values() for status in statuses), answers
        shown = [address for address, statuses in answers.items() if 200 in statuses]
        assert len(shown) > len(answers) * 0.7, "most pages were really shown"
        # everybody asked for everything once; from now on one whom the view's mark lets in does, another at each stage
        asked = [(readers[address][number % len(readers[address])], address) for address in of_a_stage]

"""Every route that names something, asked by somebody of another body who holds every role there is: not found.

The routes are walked and their ids found by the argument's name, so that a new route is tested without being listed.
"""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from werkzeug.routing import UUIDConverter

from payouts.demo.harbour import seed
from schemes import before_body
from schemes.audit import AuditEvent
from schemes.database import new_id
from schemes.person import Role
from schemes.sign_in import token_digest
from tests.web.one_app import app_on

TABLE_OF = {
    "import": "register_import",
    "source": "import_source",
    "file": "payment_file",
    "pair": "duplicate_pair",
    "access": "subject_access",
    "freeze": "release_freeze",
    "query": "payroll_query",
    "control": "ledger_control",
}


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def neighbour(service, owner):
    """The preparer of another body, with all roles in it."""
    other = seed(service, name="Neighbour", domain="neighbour.example")
    actor = other.people[Role.PREPARER]
    add = text(
        "INSERT INTO membership (body_id, id, person_id, role, given_at) "
        "VALUES (:body, uuidv7(), :person, :role, now())"
    )
    with owner.begin() as connection:
        for role in set(Role) - {Role.PREPARER}:
            connection.execute(add, {"body": actor.body_id, "person": actor.person_id, "role": role.value})
    return actor


@pytest.fixture
def browser_of_the_neighbour(service, neighbour):
    # the walk sends forms without opening their pages first
    app = app_on(service, WTF_CSRF_ENABLED=False)
    with service.transaction(None) as session:
        before_body.start_session(session, token_digest("the neighbour"), neighbour.person_id, service.now())
    browser = app.test_client()
    with browser.session_transaction() as cookie:
        cookie["token"] = "the neighbour"
    return browser


def routes_that_name_something(app):
    """Each method and rule with an id in its address."""
    for rule in app.url_map.iter_rules():
        ids = [name for name, converter in rule._converters.items() if isinstance(converter, UUIDConverter)]
        for method in sorted(rule.methods & {"GET", "POST"}):
            if ids:
                yield method, rule, ids


def an_id(owner, harbour, name):
    """The id of a row of our own body, by the argument's name; a new one where the table is still empty."""
    if name == "person_id":
        # a person belongs to no body: one who works in ours
        return harbour.people[Role.FINANCE].person_id
    if name == "passkey_id":
        # nor does what is theirs
        return a_passkey(owner, harbour.people[Role.FINANCE].person_id)
    table = TABLE_OF.get(name.removesuffix("_id"), name.removesuffix("_id"))
    with owner.connect() as connection:
        found = connection.scalar(
            text(f"SELECT id FROM {table} WHERE body_id = :body ORDER BY id LIMIT 1"), {"body": harbour.body_id}
        )
    return found or new_id()


def a_passkey(owner, person_id):
    add = text(
        "INSERT INTO passkey (id, person_id, credential_id, public_key, sign_count, name, transports, made_at, "
        "signs_from) VALUES (:id, :person, :key, :key, 0, 'Key', '', now(), now())"
    )
    passkey_id = new_id()
    with owner.begin() as connection:
        connection.execute(add, {"id": passkey_id, "person": person_id, "key": passkey_id.bytes})
    return passkey_id


def test_a_neighbour_finds_nothing_under_our_ids_whatever_they_ask(
    service, owner, harbour, neighbour, browser_of_the_neighbour
):
    app = browser_of_the_neighbour.application
    adapter = app.url_map.bind("localhost")
    answers = {}
    for method, rule, ids in routes_that_name_something(app):
        values = (
            dict.fromkeys(rule.arguments, "unusually_large")
            | {"line": 2}
            | {name: an_id(owner, harbour, name) for name in ids}
        )
        address = adapter.build(rule.endpoint, values)
        answers[f"{method} {rule}"] = browser_of_the_neighbour.open(address, method=method).status_code
    assert {asked: status for asked, status in answers.items() if status != 404} == {}
    walked = len(answers)
    assert walked > 25
    with service.transaction(neighbour.body_id) as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.action == "access.not_found")).all()
    assert len(events) == walked, "each try leaves an event in the body of whoever tried"
    assert {event.actor_id for event in events} == {neighbour.person_id}

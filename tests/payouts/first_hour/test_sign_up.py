"""Sandboxes that people make for themselves: how many, how long they are waited for, and who works in them."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from payouts.config import SettingsWrong, read_settings
from payouts.first_hour import practice, sign_up
from payouts.first_hour.made_up import example_scheme
from payouts.first_hour.sign_up import MOST_FOR_AN_ADDRESS, MOST_FROM_A_NETWORK, WINDOW, SignUpSlowed
from payouts.notices.staff import StaffEvent, is_sent_really
from schemes import before_body
from schemes.body import BodyKind, add_body, get_body
from schemes.database import new_id
from schemes.definition import faults_of
from schemes.errors import NotFound
from schemes.invitation import LASTS, Invitation, LinkUsedUp, accept_as_new, opened
from schemes.person import Actor, Membership, Role, add_person


def ask(service, email="nia@new.example"):
    """Ask for a sandbox: the body and the token of its link."""
    body_id = new_id()
    with service.transaction(body_id) as session:
        facts = {"email": email, "name": "Nia", "body_name": "Newcomers"}
        return body_id, sign_up.sign_up(session, service, **facts, at=service.now())


def count(service, email="nia@new.example", network="192.0.2.1"):
    with service.transaction(None) as session:
        sign_up.count_request(session, email=email, network=network, at=service.now())


@pytest.mark.parametrize(
    ("most", "changes"),
    [
        (MOST_FOR_AN_ADDRESS, lambda n: {"network": f"192.0.2.{n}"}),
        (MOST_FROM_A_NETWORK, lambda n: {"email": f"n{n}@new.example"}),
    ],
)
def test_so_many_sandboxes_are_asked_for_in_a_day_and_no_more(service, clock, most, changes):
    for n in range(most):
        count(service, **changes(n))
    with pytest.raises(SignUpSlowed) as refused:
        count(service, **changes(most))
    assert refused.value.until == clock() + WINDOW
    clock.advance(days=1)
    count(service, **changes(most))


def test_a_request_that_nobody_confirms_is_forgotten_and_one_that_somebody_does_is_kept(service, clock):
    body_id, token = ask(service)
    kept_id, kept_token = ask(service, "kept@new.example")
    with service.transaction(kept_id) as session:
        terms = {"name": "Nia", "password": "kettle bicycle quarry", "code_secret": "JBSWY3DPEHPK3PXP"}
        accept_as_new(session, service.seals.ring, kept_token, **terms, at=clock())
    clock.advance(days=LASTS.days)
    for each in (body_id, kept_id):
        with service.transaction(each) as session:
            sign_up.forget(session, service, {})
    with service.transaction(body_id) as session:
        assert get_body(session).contact_email == ""
        assert [(one.email, one.name) for one in session.scalars(select(Invitation))] == [("", "")]
    with service.transaction(body_id) as session, pytest.raises(LinkUsedUp):
        opened(session, token, at=clock() - timedelta(days=1))
    with service.transaction(kept_id) as session:
        assert get_body(session).contact_email == "kept@new.example"


def test_a_form_sent_twice_makes_one_sandbox_and_sends_one_link(service):
    body_id, _ = ask(service)
    with service.transaction(body_id) as session:
        facts = {"email": "x@new.example", "name": "X", "body_name": "Another"}
        assert sign_up.sign_up(session, service, **facts, at=service.now()) == ""
        assert get_body(session).name == "Newcomers"


def test_only_how_to_get_in_and_the_operator_s_word_leave_a_sandbox_and_only_where_notify_is_set_up(
    service, make_settings
):
    assert not is_sent_really(service, StaffEvent.SIGN_UP)
    real = make_settings(notify_api_key="key", notify_staff_template="template")
    service.__dict__["settings"] = real
    assert [event for event in StaffEvent if is_sent_really(service, event)] == [
        StaffEvent.SIGN_UP,
        StaffEvent.GO_LIVE_DECIDED,
    ]


def environment(**changes):
    names = ("DATABASE_URL", "REDIS_URL", "PAYOUTS_KEY_RING", "PAYOUTS_FINGERPRINT_KEY", "PAYOUTS_SIGNING_KEY")
    return dict.fromkeys((*names, "PAYOUTS_SECRET_KEY"), "x") | changes


@pytest.mark.parametrize(
    ("set_to", "is_open"),
    [
        ({}, False),
        ({"PAYOUTS_DEMO": "1"}, True),
        ({"PAYOUTS_DEMO": "1", "PAYOUTS_SIGN_UP": "closed"}, False),
        ({"PAYOUTS_SIGN_UP": "open", "NOTIFY_API_KEY": "k", "NOTIFY_STAFF_TEMPLATE": "t"}, True),
    ],
)
def test_sign_up_is_open_where_it_is_set_so_or_the_installation_is_a_demo(set_to, is_open):
    assert read_settings(environment(**set_to)).sign_up is is_open


def test_sign_up_is_not_open_where_no_link_could_be_sent():
    with pytest.raises(SettingsWrong, match="NOTIFY_STAFF_TEMPLATE"):
        read_settings(environment(PAYOUTS_SIGN_UP="open"))


@pytest.fixture
def administrator(service):
    """Of a sandbox of their own."""
    body_id = new_id()
    return in_a_body(service, body_id, BodyKind.SANDBOX)


def in_a_body(service, body_id, kind):
    with service.transaction(body_id) as session:
        add_body(session, body_id, kind=kind, name="Ours", contact_email="", colour="#1d4f6e", at=service.now())
        person, _ = add_person(
            session,
            service.seals.ring,
            email=f"{body_id}@new.example",
            name="Nia",
            password="kettle bicycle quarry",
            roles=frozenset({Role.ADMINISTRATOR}),
            at=service.now(),
        )
        return Actor(person.id, body_id, "Nia", person.email, frozenset({Role.ADMINISTRATOR}))


def test_nobody_practises_in_a_live_body_whoever_writes_the_row(service):
    by = in_a_body(service, new_id(), BodyKind.LIVE)
    with service.transaction(by.body_id) as session, pytest.raises(practice.OnlyInASandbox):
        practice.add_colleagues(session, service.seals.ring, by=by, at=service.now())
    facts = {"email": "p@x.example", "name": "P", "password": "", "roles": frozenset(), "practises": True}
    with pytest.raises(DBAPIError, match="nobody practises in a live body"), service.transaction(by.body_id) as session:
        add_person(session, service.seals.ring, **facts, at=service.now())


def test_a_practice_colleague_is_nobody_outside_of_their_sandbox(service, administrator):
    with service.transaction(administrator.body_id) as session:
        practice.add_colleagues(session, service.seals.ring, by=administrator, at=service.now())
        colleague = practice.colleagues(session, service.seals.ring, at=service.now())[0].person
    live = in_a_body(service, new_id(), BodyKind.LIVE)
    with service.transaction(live.body_id) as session:
        row = {"id": new_id(), "person_id": colleague.id, "role": Role.APPROVER, "given_at": service.now()}
        session.add(Membership(body_id=live.body_id, **row))
    with service.transaction(None) as session:
        assert [one.body_id for one in before_body.memberships_of(session, colleague.id)] == [administrator.body_id]


def test_nobody_works_as_a_real_person_or_as_a_colleague_of_another_sandbox(service, administrator):
    other = in_a_body(service, new_id(), BodyKind.SANDBOX)
    with service.transaction(other.body_id) as session:
        practice.add_colleagues(session, service.seals.ring, by=other, at=service.now())
        theirs = practice.colleagues(session, service.seals.ring, at=service.now())[0].person.id
    for person_id in (theirs, administrator.person_id, other.person_id):
        with service.transaction(administrator.body_id) as session, pytest.raises(NotFound):
            practice.work_as(session, person_id, by=administrator, browser="", at=service.now())


def test_the_database_lets_no_live_body_be_one_that_somebody_signed_up_for(service, owner):
    in_a_body(service, new_id(), BodyKind.LIVE)
    with pytest.raises(DBAPIError, match="signed_up"), owner.begin() as connection:
        connection.execute(text("UPDATE body SET signed_up = true"))


def test_the_example_scheme_fits_as_it_is():
    assert faults_of(example_scheme(date(2026, 11, 1), new_id())) == []

"""A match at the bank in place of a second person: only by the body's decision, and for a first account."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from payouts.checks.finding import Kind, groups_of
from payouts.confirmation.codes import Code
from payouts.gates.manifest import payment_lines
from payouts.payment import Payment, lines_of
from schemes import api_key
from schemes.account import Account
from schemes.api_key import Scope
from schemes.audit import AuditEvent
from schemes.behind_key import people_behind
from schemes.name_policy import MatchNeedsAsking, Outcome
from schemes.payee import get_payee
from schemes.person import Role
from tests.api.caller import Caller
from tests.keys import a_key, an_administrator
from tests.web.one_app import app_on

DETAILS = {"account_holder": "Robin Vale", "sort_code": "20-29-59", "account_number": "63748472"}


@pytest.fixture
def cases(office):
    """A system that registers people."""
    return Caller(app_on(office.service).test_client(), a_key(office, Scope.PAYEES).written)


def create(cases, **details) -> UUID:
    content = {"reference": "NEW-1", "name": "Robin Vale", "bank_details": {**DETAILS, **details}}
    made = cases.post("/payees", content)
    assert made.status_code == 201, made.json
    return UUID(made.json["id"])


def told(cases, payee_id):
    return cases.get(f"/payees/{payee_id}/bank_details").json["data"][0]


def test_a_match_confirms_first_details_where_two_people_decided_so_and_the_record_says_how(
    office, cases, set_policy, bank
):
    set_policy(good_for_days=30)
    set_policy(match_confirms=True)
    payee_id = create(cases)
    assert told(cases, payee_id)["state"] == "waiting"
    office.work()
    found = told(cases, payee_id)
    assert (found["state"], found["confirmed_by_match"], found["name_check"]["outcome"]) == ("in_use", True, "match")
    with office.transaction() as session:
        account = session.scalars(select(Account).where(Account.payee_id == payee_id)).one()
        assert account.confirmed_by is None
        events = select(AuditEvent).where(AuditEvent.action == "bank_details.match_confirmed")
        event = session.scalars(events).one()
        assert (event.actor_id, event.subject_id, event.facts["rule"]) == (None, payee_id, 2)
        # whoever holds the key's secret still stands behind it
        assert len(people_behind(session, {account.proposed_by})) == 2


@pytest.mark.parametrize(
    "details",
    [
        {"account_holder": "Robin MBAM"},
        {"account_holder": "Morgan Vale"},
        {"came_by": "email"},
        {"came_by": "phone"},
    ],
)
def test_whatever_speaks_against_first_details_leaves_them_to_a_person(office, cases, set_policy, details):
    set_policy(match_confirms=True)
    payee_id = create(cases, **details)
    office.work()
    found = told(cases, payee_id)
    assert found["name_check"] is not None
    assert (found["state"], found["confirmed_by_match"]) == ("waiting", False)


def test_without_the_decision_a_match_confirms_nothing(office, cases):
    payee_id = create(cases)
    office.work()
    assert (told(cases, payee_id)["state"], told(cases, payee_id)["name_check"]["outcome"]) == ("waiting", "match")


def test_a_change_of_details_that_there_are_waits_for_a_person(office, cases, set_policy):
    set_policy(match_confirms=True)
    payee_id = office.payee_id()
    with office.transaction() as session:
        name = get_payee(session, payee_id).name
    assert cases.post(f"/payees/{payee_id}/bank_details", {**DETAILS, "account_holder": name}).status_code == 201
    office.work()
    found = told(cases, payee_id)
    assert (found["version"], found["state"], found["name_check"]["outcome"]) == (2, "waiting", "match")


def on_hold(office, payee_id, owner):
    office.stop_payments(payee_id)


def key_revoked(office, payee_id, owner):
    with office.transaction() as session:
        for key in api_key.keys_of_body(session):
            api_key.revoke(session, key, by=an_administrator(office), at=office.service.now())


def proposed_by_a_person(office, payee_id, owner):
    with owner.begin() as connection:
        facts = {"person": office.person(Role.PREPARER).person_id, "payee": payee_id}
        connection.execute(text("UPDATE account SET proposed_by = :person WHERE payee_id = :payee"), facts)


def disowned(office, payee_id, owner):
    with owner.begin() as connection:
        connection.execute(text("UPDATE account SET disowned_at = now() WHERE payee_id = :id"), {"id": payee_id})


@pytest.mark.parametrize("meanwhile", [on_hold, key_revoked, proposed_by_a_person, disowned])
def test_what_happened_before_the_bank_answered_leaves_first_details_to_a_person(
    office, cases, set_policy, owner, meanwhile
):
    set_policy(match_confirms=True)
    payee_id = create(cases)
    meanwhile(office, payee_id, owner)
    office.work()
    assert [answer.outcome for answer in office.answers()] == [Outcome.MATCH]
    with office.transaction() as session:
        assert session.scalars(select(Account).where(Account.payee_id == payee_id)).one().is_waiting


def test_the_database_itself_takes_no_rule_for_a_person_without_a_match(office, cases, set_policy, owner):
    set_policy(match_confirms=True)
    payee_id = create(cases)
    mine = {"id": payee_id}
    confirmed = "UPDATE account SET confirmed_at = now(), confirmed_under = (SELECT id FROM name_policy)"
    for wrong in (f"{confirmed} WHERE payee_id = :id", confirmed.replace("confirmed_at = now(), ", "")):
        with pytest.raises(DBAPIError, match="no match under a rule"), owner.begin() as connection:
            connection.execute(text(wrong), mine if ":id" in wrong else {})
    office.work()
    both = "UPDATE account SET confirmed_by = id WHERE payee_id = :id"
    with pytest.raises(DBAPIError, match="one_confirmation"), owner.begin() as connection:
        connection.execute(text(both), mine)


def test_a_payroll_takes_it_for_confirmed_and_its_seal_holds_by_what(office, set_policy, owner):
    """The version of a payee in the register, as if a match had confirmed it."""
    set_policy(match_confirms=True)
    payee_id = office.payee_id()
    office.note_confirmation(payee_id, Code.MATC)
    with owner.begin() as connection:
        changed = connection.execute(
            text(
                "UPDATE account SET import_id = NULL, confirmed_by = NULL, "
                "confirmed_under = (SELECT id FROM name_policy) WHERE payee_id = :id RETURNING confirmed_under"
            ),
            {"id": payee_id},
        )
        rule = changed.scalar_one()
    payroll_id = office.create()
    office.work()
    with office.transaction() as session:
        lines = list(lines_of(session, (Payment.payroll_id == payroll_id) & (Payment.payee_id == payee_id)))
        assert {line.confirmed_by for line in lines} == {rule}
        assert Kind.BANK_DETAILS_UNCONFIRMED not in {group.kind for group in groups_of(session, payroll_id)}
        sealed = b"".join(payment_lines(session, payroll_id))
        assert str(rule).encode() in sealed


def test_it_is_decided_only_where_each_proposal_is_asked_about(set_policy):
    with pytest.raises(MatchNeedsAsking):
        set_policy(match_confirms=True, ask_on_entry=False)

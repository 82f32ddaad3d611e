"""A question to a colleague about a sealed payroll: told to both, kept, and nothing it touches is void."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from payouts.gates.decision import decisions_of
from payouts.gates.query import NotAsked, QuestionEmpty, ask, get_query, queries_of, reply
from payouts.notices.staff import StaffEvent, StaffMessage
from payouts.payroll import get_payroll
from schemes.database import new_id
from schemes.errors import NotAllowed, NotFound, NotNow, SamePerson
from schemes.person import Role


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def payroll_id(sealed):
    return sealed.payroll_id


def put(office, payroll_id, *, by=Role.APPROVER, of=Role.PREPARER, question="Why is hers so large?", query_id=None):
    person = office.person(of).person_id if isinstance(of, Role) else of
    with office.transaction() as session:
        payroll, at = get_payroll(session, payroll_id, lock=True), office.service.now()
        facts = {
            "query_id": query_id or new_id(),
            "of": person,
            "question": question,
            "by": office.person(by),
            "at": at,
        }
        return ask(session, office.service, payroll, **facts).id


def answer(office, payroll_id, query_id, *, by=Role.PREPARER, words="Arrears of two months"):
    with office.transaction() as session:
        payroll, query = get_payroll(session, payroll_id), get_query(session, payroll_id, query_id, lock=True)
        at = office.service.now()
        reply(session, office.service, payroll, query, answer=words, by=office.person(by), at=at)


def test_both_are_told_and_every_decision_stands(office, payroll_id):
    office.decide_all(payroll_id, upto=2)
    query_id = new_id()
    for _ in range(2):
        put(office, payroll_id, query_id=query_id)
    with office.transaction() as session:
        assert [query.is_open for query in queries_of(session, payroll_id)] == [True]
    for _ in range(2):
        answer(office, payroll_id, query_id)
    with office.transaction() as session:
        [query] = queries_of(session, payroll_id)
        assert (query.answer, query.is_open) == ("Arrears of two months", False)
        assert queries_of(session, payroll_id, only_open=True) == []
        told = session.scalars(select(StaffMessage.event).order_by(StaffMessage.id)).all()
        assert told == [StaffEvent.QUERY_ASKED, StaffEvent.QUERY_ANSWERED]
        assert len(decisions_of(session, payroll_id)) == 2
    office.decide(payroll_id, 3, by=office.person(Role.APPROVER))
    assert office.decide(payroll_id, 4, by=office.person(Role.RELEASER))


def test_who_may_ask_whom_and_who_answers(office, payroll_id):
    for by, of, refusal in (
        (Role.AUDITOR, Role.PREPARER, NotAllowed),
        (Role.APPROVER, Role.APPROVER, SamePerson),
        (Role.APPROVER, Role.ENQUIRY, NotFound),
        (Role.APPROVER, new_id(), NotFound),
    ):
        with pytest.raises(refusal):
            put(office, payroll_id, by=by, of=of)
    with pytest.raises(QuestionEmpty):
        put(office, payroll_id, question=" ")
    query_id = put(office, payroll_id)
    with pytest.raises(NotAsked):
        answer(office, payroll_id, query_id, by=Role.FINANCE)
    with pytest.raises(QuestionEmpty):
        answer(office, payroll_id, query_id, words=" ")
    answer(office, payroll_id, query_id)
    with pytest.raises(NotNow):
        answer(office, payroll_id, query_id, words="Or three")
    with pytest.raises(DBAPIError), office.transaction() as session:
        session.execute(text("UPDATE payroll_query SET answer = 'other'"))


def test_only_about_a_sealed_payroll_is_anybody_asked_and_the_answer_may_come_late(office, payroll_id):
    query_id = put(office, payroll_id)
    office.decide_all(payroll_id)
    with pytest.raises(NotNow):
        put(office, payroll_id)
    answer(office, payroll_id, query_id)

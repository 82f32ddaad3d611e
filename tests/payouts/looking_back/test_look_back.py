"""What people say after a payroll goes with them to the next one, and cannot be passed over there."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from payouts.looking_back import look_back as looking
from payouts.looking_back.look_back import ActionRefused, ActionsOpen, Heading, NothingSaid
from payouts.payroll import get_payroll
from schemes.database import new_id
from schemes.errors import NotAllowed, NotFound, NotNow, ReasonNotGiven
from schemes.person import Role


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def released(office, sealed):
    """The id of a payroll that left."""
    office.decide_all(sealed.payroll_id)
    return sealed.payroll_id


def say(office, payroll_id, *, look_back_id=None, by=Role.PREPARER, **said):
    with office.transaction() as session:
        return looking.look_back(
            session,
            get_payroll(session, payroll_id, lock=True),
            look_back_id=look_back_id or new_id(),
            said={Heading(heading): words for heading, words in said.items()},
            by=office.person(by),
            at=office.service.now(),
        )


def agree(office, payroll_id, **changes):
    """The finance officer will do something better, within a week."""
    facts = {
        "action_id": new_id(),
        "heading": Heading.MOMENTUM,
        "what": "Ask for the funds a day earlier",
        "owner_id": office.person(Role.FINANCE).person_id,
        "due_on": office.service.now().date() + timedelta(days=7),
        "by": office.person(Role.PREPARER),
        "at": office.service.now(),
        **changes,
    }
    with office.transaction() as session:
        return looking.add_action(session, get_payroll(session, payroll_id), **facts).id


def carry_on(office, payroll_id, action_id, reason="Femi was away"):
    with office.transaction() as session:
        payroll, action = get_payroll(session, payroll_id), looking.get_action(session, action_id, lock=True)
        by, at = office.person(Role.PREPARER), office.service.now()
        looking.carry_on(session, action, payroll, reason=reason, by=by, at=at)


@pytest.fixture
def following(office, released, clock):
    """The next payroll of the scheme, sealed, with what came of the one before it: payroll and action."""
    action_id = agree(office, released)
    clock.advance(days=7)
    payroll_id = office.create(date(2026, 12, 18))
    office.work()
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    return payroll_id, action_id


def test_what_is_said_stands_under_its_heading_once(office, released):
    look_back_id = new_id()
    made = say(office, released, look_back_id=look_back_id, testing="The duplicates came late", design="  ")
    assert made.said == {Heading.TESTING: "The duplicates came late"}
    assert say(office, released, look_back_id=look_back_id, momentum="sent twice").id == made.id
    with pytest.raises(NotNow):
        say(office, released, momentum="somebody else")


def test_a_payroll_that_has_not_left_is_not_looked_back_at(office, sealed):
    with pytest.raises(NotNow):
        say(office, sealed.payroll_id, testing="Too early")
    with pytest.raises(NotNow):
        agree(office, sealed.payroll_id)


def test_a_review_without_a_word_an_action_of_nobody_and_one_for_yesterday_are_refused(office, released):
    with pytest.raises(NothingSaid):
        say(office, released, testing="  ")
    yesterday = office.service.now().date() - timedelta(days=1)
    for changes in ({"owner_id": new_id()}, {"due_on": yesterday}, {"what": " "}):
        with pytest.raises(ActionRefused):
            agree(office, released, **changes)
    with pytest.raises(NotAllowed):
        say(office, released, by=Role.AUDITOR, testing="I only read")


def test_an_open_action_holds_the_next_payroll_at_ready_until_it_is_answered(office, following):
    payroll_id, action_id = following
    with pytest.raises(ActionsOpen) as refused:
        office.decide_all(payroll_id, upto=1)
    assert refused.value.count == 1
    with pytest.raises(ReasonNotGiven):
        carry_on(office, payroll_id, action_id, " ")
    carry_on(office, payroll_id, action_id)
    carry_on(office, payroll_id, action_id)
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id)
        looking.must_be_answered(session, payroll)
        assert [one.id for one in looking.earlier_actions(session, payroll)] == [action_id], "it comes up again"


def test_an_action_that_is_done_holds_nothing_up(office, following):
    payroll_id, action_id = following
    with office.transaction() as session:
        action = looking.get_action(session, action_id, lock=True)
        looking.end_action(session, action, by=office.person(Role.FINANCE), at=office.service.now())
    with office.transaction() as session:
        looking.must_be_answered(session, get_payroll(session, payroll_id))
    with pytest.raises(NotNow):
        carry_on(office, payroll_id, action_id)


def test_an_action_is_not_carried_on_from_the_payroll_that_it_came_of(office, released):
    action_id = agree(office, released)
    with pytest.raises(NotFound):
        carry_on(office, released, action_id)

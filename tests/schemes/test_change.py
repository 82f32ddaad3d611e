"""A change that two people make: proposed by one, looked at and confirmed by another, and done once."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from schemes import change, change_applied, cooling_off
from schemes.audit import AuditEvent
from schemes.body import get_body
from schemes.change import ChangedSince, ChangeKind, ChangeWaiting, NothingToChange, get_change
from schemes.cooling_off import CoolingOff
from schemes.database import new_id
from schemes.errors import NotAllowed, NotNow, OutOfRange, ReasonNotGiven, SamePerson
from schemes.person import Role


@pytest.fixture
def administrator(office):
    return office.person_with(Role.ADMINISTRATOR)


@pytest.fixture
def proposed(office, administrator):
    return propose(office, administrator, days=5)


def wait(days):
    return CoolingOff(0, days, max(days, 2))


def propose(office, by, *, days, reason="Two frauds in the county", change_id=None):
    change_id = change_id or new_id()
    with office.transaction() as session:
        cooling_off.propose(session, wait(days), change_id=change_id, reason=reason, by=by, at=office.service.now())
    return change_id


def confirm(office, change_id, by):
    with office.transaction() as session:
        waiting = get_change(session, change_id, lock=True)
        change_applied.confirm(session, waiting, by=by, at=office.service.now())


def reject(office, change_id, by, *, reason):
    with office.transaction() as session:
        waiting = get_change(session, change_id, lock=True)
        change_applied.reject(session, waiting, reason=reason, by=by, at=office.service.now())


def days(office):
    with office.transaction() as session:
        return get_body(session).cooling_off_days


def test_a_change_takes_effect_when_a_second_person_confirms_it_and_not_before(office, administrator, proposed):
    assert days(office) == 2
    confirm(office, proposed, office.person(Role.APPROVER))
    assert days(office) == 5
    with office.transaction() as session:
        told = session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert told[-3:] == ["change.proposed", "change.confirmed", "body.cooling_off_set"]


def test_nobody_confirms_their_own_proposal_whatever_their_roles(office, administrator, proposed, owner):
    with pytest.raises(SamePerson):
        confirm(office, proposed, administrator)
    with pytest.raises(DBAPIError), owner.begin() as connection:
        connection.execute(text("UPDATE change SET confirmed_by = proposed_by, confirmed_at = now()"))
    assert days(office) == 2


def test_a_change_is_confirmed_by_a_person_with_the_role(office, proposed):
    with pytest.raises(NotAllowed):
        confirm(office, proposed, office.person(Role.PREPARER))


def test_confirming_twice_is_confirming_once_and_a_third_person_is_told(office, proposed):
    approver = office.person(Role.APPROVER)
    confirm(office, proposed, approver)
    with office.transaction() as session:
        cooling_off.set_to(session, wait(9), at=office.service.now())
    confirm(office, proposed, approver)
    assert days(office) == 9
    with pytest.raises(NotNow):
        confirm(office, proposed, office.person_with(Role.APPROVER))


def test_what_was_changed_since_is_not_overwritten(office, proposed):
    with office.transaction() as session:
        cooling_off.set_to(session, wait(3), at=office.service.now())
    with pytest.raises(ChangedSince):
        confirm(office, proposed, office.person(Role.APPROVER))
    assert days(office) == 3


def test_one_change_of_a_thing_waits_at_a_time_and_the_same_form_again_is_the_same(office, administrator, proposed):
    assert propose(office, administrator, days=5, change_id=proposed) == proposed
    with pytest.raises(ChangeWaiting):
        propose(office, administrator, days=6)
    with office.transaction() as session:
        assert [waiting.id for waiting in change.waiting(session)] == [proposed]


@pytest.mark.parametrize(
    ("days_asked", "reason", "refusal"), [(2, "x", NothingToChange), (21, "x", OutOfRange), (5, " ", ReasonNotGiven)]
)
def test_a_proposal_that_says_nothing_is_refused(office, administrator, days_asked, reason, refusal):
    with pytest.raises(refusal):
        propose(office, administrator, days=days_asked, reason=reason)


def test_a_rejected_change_is_over_and_another_may_be_proposed(office, administrator, proposed):
    with pytest.raises(ReasonNotGiven):
        reject(office, proposed, office.person(Role.APPROVER), reason=" ")
    reject(office, proposed, administrator, reason="Too long")
    with pytest.raises(NotNow):
        confirm(office, proposed, office.person(Role.APPROVER))
    propose(office, administrator, days=7)
    assert days(office) == 2


def test_every_kind_of_change_has_an_effect():
    assert change_applied.EFFECTS.keys() == set(ChangeKind)

"""Deciding for somebody who is away: both are named, both count, and no rule of two people is passed by it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from payouts.gates.deciding import DecisionRefused
from payouts.gates.decision import Verdict, decisions_of, took_part
from payouts.gates.separation import Bar
from payouts.gates.standing_in import NotHandedOver
from payouts.notices.staff import StaffEvent, StaffMessage
from payouts.payroll import get_payroll
from payouts.people import confirm, tell_of_delegation
from schemes import delegation
from schemes.change import get_change
from schemes.database import new_id
from schemes.delegation import DelegationFault, DelegationRefused
from schemes.errors import NotAllowed, SamePerson
from schemes.person import Role

PREPARER, FINANCE, APPROVER, RELEASER = Role.PREPARER, Role.FINANCE, Role.APPROVER, Role.RELEASER
TODAY = date(2026, 11, 23)
FRIDAY = TODAY + timedelta(days=4)


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def payroll_id(sealed):
    return sealed.payroll_id


@pytest.fixture
def approver(office):
    return office.person(APPROVER)


def hand_over(office, away, instead, first=TODAY, last=FRIDAY):
    facts = {"delegation_id": new_id(), "reason": "leave", "by": away, "at": office.service.now()}
    with office.transaction() as session:
        return delegation.hand_over(session, delegate_id=instead.person_id, first_day=first, last_day=last, **facts)


def test_whoever_stands_in_is_named_with_the_one_who_is_away_and_both_count(office, payroll_id, approver):
    instead = office.person_with(APPROVER, RELEASER)
    hand_over(office, approver, instead)
    office.decide_all(payroll_id, upto=2)
    office.decide(payroll_id, 3, by=instead, for_person_id=approver.person_id)
    with office.transaction() as session:
        word = decisions_of(session, payroll_id)[2]
        assert word.record()["for"] == str(approver.person_id)
        assert word.is_genuine()
        assert {instead.person_id, approver.person_id} <= took_part(session, get_payroll(session, payroll_id))
        session.expunge(word)
    word.for_person_id = None
    assert not word.is_genuine()
    with pytest.raises(DecisionRefused) as refused:
        office.decide(payroll_id, 4, by=instead)
    assert refused.value.why is Bar.DECIDED_ANOTHER_GATE


def test_whoever_was_decided_for_decides_at_no_other_gate(office, payroll_id):
    away = office.person_with(APPROVER, RELEASER)
    instead = office.person_with(APPROVER)
    hand_over(office, away, instead)
    office.decide_all(payroll_id, upto=2)
    office.decide(payroll_id, 3, by=instead, for_person_id=away.person_id)
    with pytest.raises(DecisionRefused) as refused:
        office.decide(payroll_id, 4, by=away)
    assert refused.value.why is Bar.DECIDED_ANOTHER_GATE
    assert office.decide(payroll_id, 4, by=office.person(RELEASER))


def test_nobody_stands_in_for_one_who_is_barred_themselves(office):
    """Whoever built the payroll is away: to approve it for them would be to approve what they built."""
    builder = office.person_with(PREPARER, APPROVER)
    instead = office.person_with(APPROVER)
    hand_over(office, builder, instead)
    payroll_id = office.create(date(2026, 12, 1), by=builder)
    office.work()
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    office.decide_all(payroll_id, upto=2)
    with pytest.raises(DecisionRefused) as refused:
        office.decide(payroll_id, 3, by=instead, for_person_id=builder.person_id)
    assert refused.value.why is Bar.BUILT_IT
    office.decide(payroll_id, 3, by=instead)


def test_a_stand_in_counts_once_where_two_are_needed(office, payroll_id, approver):
    instead = office.person_with(APPROVER)
    hand_over(office, approver, instead)
    office.decide_all(payroll_id, upto=2)
    office.decide(payroll_id, 3, by=instead)
    office.decide(payroll_id, 3, by=instead, for_person_id=approver.person_id)
    with office.transaction() as session:
        assert len(decisions_of(session, payroll_id)) == 3


def test_without_a_delegation_of_today_or_without_the_role_nobody_stands_in(office, payroll_id, approver, clock):
    instead = office.person_with(APPROVER)
    office.decide_all(payroll_id, upto=2)
    with pytest.raises(NotHandedOver):
        office.decide(payroll_id, 3, by=instead, for_person_id=approver.person_id)
    made = hand_over(office, approver, instead, TODAY + timedelta(days=1))
    with pytest.raises(NotHandedOver):
        office.decide(payroll_id, 3, by=instead, for_person_id=approver.person_id)
    with pytest.raises(NotHandedOver):
        office.decide(payroll_id, 3, by=approver, for_person_id=instead.person_id)
    with pytest.raises(NotAllowed):
        office.decide(payroll_id, 3, by=office.person(FINANCE), for_person_id=approver.person_id)
    clock.advance(days=1)
    with office.transaction() as session:
        delegation.end(session, made.id, by=instead, at=clock())
    with pytest.raises(NotHandedOver):
        office.decide(payroll_id, 3, by=instead, for_person_id=approver.person_id, verdict=Verdict.NO_GO, reason="over")


def test_it_ends_by_itself(office, approver, clock):
    instead = office.person_with(APPROVER)
    hand_over(office, approver, instead)
    with office.transaction() as session:
        assert [one.runs_on(day) for one in delegation.ahead(session, TODAY) for day in (TODAY, FRIDAY)] == [True] * 2
        assert delegation.running(session, FRIDAY + timedelta(days=1)) == []


@pytest.mark.parametrize(
    ("first", "last", "fault"),
    [
        (FRIDAY, TODAY, DelegationFault.ENDS_BEFORE_IT_BEGINS),
        (TODAY - timedelta(days=9), TODAY - timedelta(days=1), DelegationFault.OVER),
        (TODAY, TODAY + timedelta(days=92), DelegationFault.TOO_LONG),
    ],
)
def test_days_that_cannot_be_are_refused(office, approver, first, last, fault):
    with pytest.raises(DelegationRefused) as refused:
        hand_over(office, approver, office.person_with(APPROVER), first, last)
    assert refused.value.fault is fault


def test_nobody_hands_over_to_themselves_to_one_without_the_role_twice_or_in_a_chain(office, approver):
    def fault_of(away, instead):
        with pytest.raises(DelegationRefused) as refused:
            hand_over(office, away, instead)
        return refused.value.fault

    instead, third = office.person_with(APPROVER), office.person_with(APPROVER)
    assert fault_of(approver, approver) is DelegationFault.ONESELF
    assert fault_of(approver, office.person(FINANCE)) is DelegationFault.LACKS_ROLE
    hand_over(office, approver, instead)
    assert fault_of(approver, third) is DelegationFault.OTHER_THERE
    assert fault_of(instead, third) is DelegationFault.AWAY_TOO
    assert fault_of(third, approver) is DelegationFault.AWAY_TOO


def test_two_others_appoint_cover_for_somebody_who_is_away_and_both_are_told(office, service, approver):
    instead, other = office.person_with(APPROVER), office.person_with(APPROVER)
    ada, at = office.person_with(Role.ADMINISTRATOR), service.now()

    def propose(by):
        days = {"first_day": TODAY, "last_day": FRIDAY}
        with office.transaction() as session:
            facts = {"change_id": new_id(), "reason": "ill", "by": by, "at": at}
            who = {"person_id": approver.person_id, "delegate_id": instead.person_id}
            return delegation.propose(session, **who, **days, **facts).id

    for concerned in (approver, instead):
        with pytest.raises(SamePerson):
            propose(concerned)
    with pytest.raises(NotAllowed):
        propose(office.person(FINANCE))
    change_id = propose(ada)
    for wrong in (ada, instead, approver):
        with pytest.raises(SamePerson):
            office.confirm_change(change_id, by=wrong)
    with office.transaction() as session:
        confirm(session, service, get_change(session, change_id, lock=True), by=other, at=at)
    with office.transaction() as session:
        [made] = delegation.running(session, TODAY)
        assert (made.person_id, made.delegate_id) == (approver.person_id, instead.person_id)
        told = session.query(StaffMessage).filter_by(event=StaffEvent.HANDED_OVER).count()
        assert told == 2
        tell_of_delegation(session, service, made, at=at + timedelta(seconds=1))
        assert session.query(StaffMessage).count() == told

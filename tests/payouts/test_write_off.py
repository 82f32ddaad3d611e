"""A recovery ends, and money is given up, only by two people's word; what nobody decided about stays listed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from payouts.overpaid import overpaid_awards, running
from payouts.recovering import balances
from schemes import write_off
from schemes.award import get_award
from schemes.errors import NotAllowed, NotNow, OutOfRange, ReasonNotGiven, SamePerson
from schemes.person import Role
from schemes.recovery import recoveries_of
from schemes.write_off import Ending, WriteOffThere, get_write_off, write_offs_of
from tests.awarding import an_award
from tests.payouts.test_recovery import agreed, built, paid, released

NOVEMBER, DECEMBER = date(2026, 11, 25), date(2026, 12, 1)


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def award(office):
    return an_award(office)


def confirm(office, award, write_off_id, *, by=None):
    with office.transaction() as session:
        found = get_write_off(session, award.id, write_off_id, lock=True)
        who, at = by or office.person(Role.FINANCE), office.service.now()
        write_off.confirm(session, found, get_award(session, award.id), by=who, at=at)


def standing(office, award):
    with office.transaction() as session:
        [one] = balances(session, recoveries_of(session, award.id)).values()
        return one


@pytest.mark.parametrize("kind", Ending)
def test_a_recovery_that_two_people_ended_takes_nothing_more_and_tells_what_is_not_back(office, award, kind):
    recovery_id = award.recover()
    agreed(office, award, recovery_id)
    released(office, NOVEMBER)
    proposal = award.write_off(recovery_id, kind=kind)
    assert standing(office, award).left_pence == 1500, "a proposal alone ends nothing"
    confirm(office, award, proposal)
    assert standing(office, award) == (1000, 0, 0, 1500, kind)
    assert paid(office, built(office, DECEMBER), award) == award.pence
    with office.transaction() as session:
        assert running(session)[0] == []
    with pytest.raises(NotNow):
        award.write_off(recovery_id)


def test_nobody_ends_a_recovery_or_writes_off_alone_or_twice_over(office, award):
    proposal = award.write_off()
    assert award.write_off(write_off_id=proposal) == proposal, "a form sent twice"
    with pytest.raises(WriteOffThere):
        award.write_off()
    with pytest.raises(NotAllowed):
        confirm(office, award, proposal, by=office.person(Role.RELEASER))
    both = office.person_with(Role.PREPARER, Role.FINANCE)
    confirm(office, award, proposal)
    confirm(office, award, proposal)
    own = award.write_off(by=both)
    with pytest.raises(SamePerson):
        confirm(office, award, own, by=both)
    with office.transaction() as session:
        found = get_write_off(session, award.id, own, lock=True)
        at, finance = office.service.now(), office.person(Role.FINANCE)
        with pytest.raises(ReasonNotGiven):
            write_off.reject(session, found, get_award(session, award.id), reason=" ", by=finance, at=at)
        write_off.reject(session, found, get_award(session, award.id), reason="no", by=finance, at=at)
        with pytest.raises(NotNow):
            write_off.confirm(session, found, get_award(session, award.id), by=finance, at=at)
        assert [one.is_waiting for one in write_offs_of(session, award.id)] == [False, False]
    with pytest.raises(OutOfRange):
        award.write_off(pence=0)
    with pytest.raises(NotNow):
        award.write_off(award.recover())


def test_what_was_paid_too_much_is_listed_with_its_age_until_two_people_settled_all_of_it(office, award, clock):
    released(office, NOVEMBER)
    award.change(date(2026, 11, 1), award.pence - 1000)
    released(office, DECEMBER)
    found_at = clock.time

    def listed():
        with office.transaction() as session:
            awards, following = overpaid_awards(session)
        assert following is None
        [one] = awards
        return one.overpaid_pence, one.open_pence, one.waits

    assert listed() == (1000, 1000, False)
    proposal = award.write_off(pence=400)
    assert listed() == (1000, 1000, True)
    confirm(office, award, proposal)
    assert listed() == (1000, 600, False)
    recovery_id = award.recover(total_pence=600, instalment_pence=100)
    agreed(office, award, recovery_id)
    assert listed() == (1000, 0, False)
    confirm(office, award, award.write_off(recovery_id, kind=Ending.STOP))
    assert listed() == (1000, 600, False), "what was stopped is owed, and somebody decides anew"
    clock.advance(days=20)
    award.suspend(date(2027, 6, 1))
    built(office, date(2027, 1, 4))
    with office.transaction() as session:
        [one], _ = overpaid_awards(session)
        assert one.known_since <= found_at, "its age counts on when it is reckoned anew"
        assert overpaid_awards(session, after=(one.known_since, one.award.id)) == ([], None)
        before = (one.known_since - timedelta(days=1), one.award.id)
        assert [each.award.id for each in overpaid_awards(session, after=before)[0]] == [award.id]

"""How many people run a payroll: chosen by two people, and two people only for a time."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from schemes import change_applied
from schemes.body import DutyPattern
from schemes.database import new_id
from schemes.duties import (
    MOST_COVER_DAYS,
    CoverFault,
    CoverTermsRefused,
    ReviewsMissing,
    duties_on,
    last_cover,
    propose_duties,
)
from schemes.errors import NotAllowed, SamePerson
from schemes.person import Role

TODAY = date(2026, 11, 23)
FRIDAY = date(2026, 11, 27)


def pattern_on(office, day):
    with office.transaction() as session:
        return duties_on(session, day).pattern


def propose(office, pattern, *, by=None, change_id=None, **terms):
    by = by or office.person_with(Role.ADMINISTRATOR)
    with office.transaction() as session:
        return propose_duties(
            session, pattern, change_id=change_id or new_id(), reason="away", by=by, at=office.service.now(), **terms
        )


def test_a_body_begins_with_four_people_and_two_people_make_it_three(office):
    assert pattern_on(office, TODAY) is DutyPattern.FOUR
    office.set_duties(DutyPattern.THREE)
    assert pattern_on(office, TODAY) is DutyPattern.THREE


def test_only_an_administrator_proposes_and_never_confirms_their_own(office):
    with pytest.raises(NotAllowed):
        propose(office, DutyPattern.THREE, by=office.person(Role.APPROVER))
    both = office.person_with(Role.ADMINISTRATOR, Role.APPROVER)
    proposed = propose(office, DutyPattern.THREE, by=both)
    with pytest.raises(SamePerson), office.transaction() as session:
        change_applied.confirm(session, proposed, by=both, at=office.service.now())


def test_cover_runs_until_its_last_day_and_then_what_was_before_counts_again(office):
    office.set_duties(DutyPattern.THREE)
    office.set_duties(DutyPattern.TWO, until=FRIDAY, ceiling_pence=1_000_00)
    assert pattern_on(office, FRIDAY) is DutyPattern.TWO
    assert pattern_on(office, FRIDAY + timedelta(days=1)) is DutyPattern.THREE


def test_cover_is_ended_early_by_four_people_or_three(office):
    office.set_duties(DutyPattern.TWO, until=FRIDAY, ceiling_pence=1_000_00)
    office.set_duties(DutyPattern.FOUR)
    assert pattern_on(office, TODAY) is DutyPattern.FOUR


def test_a_new_cover_takes_the_place_of_the_one_before(office, clock):
    office.set_duties(DutyPattern.TWO, until=FRIDAY, ceiling_pence=1_000_00)
    clock.advance(days=1)
    office.set_duties(DutyPattern.TWO, until=FRIDAY + timedelta(days=7), ceiling_pence=500_00)
    with office.transaction() as session:
        cover = duties_on(session, FRIDAY).cover
    assert (cover.until, cover.ceiling_pence) == (FRIDAY + timedelta(days=7), 500_00)


@pytest.mark.parametrize(
    ("terms", "fault"),
    [
        ({"ceiling_pence": 1}, CoverFault.UNTIL_MISSING),
        ({"until": TODAY - timedelta(days=1), "ceiling_pence": 1}, CoverFault.UNTIL_PAST),
        ({"until": TODAY + timedelta(days=MOST_COVER_DAYS + 1), "ceiling_pence": 1}, CoverFault.TOO_LONG),
        ({"until": FRIDAY}, CoverFault.CEILING_MISSING),
        ({"until": FRIDAY, "ceiling_pence": 0}, CoverFault.CEILING_MISSING),
    ],
)
def test_cover_has_an_end_that_is_near_and_a_ceiling(office, terms, fault):
    with pytest.raises(CoverTermsRefused) as refused:
        propose(office, DutyPattern.TWO, **terms)
    assert refused.value.fault is fault
    propose(office, DutyPattern.TWO, until=TODAY + timedelta(days=MOST_COVER_DAYS), ceiling_pence=1)


def test_a_proposal_sent_again_is_told_the_same_even_where_it_could_not_be_made_any_more(office, clock):
    change_id = new_id()
    by = office.person_with(Role.ADMINISTRATOR)
    first = propose(office, DutyPattern.TWO, by=by, change_id=change_id, until=FRIDAY, ceiling_pence=1_000_00)
    clock.advance(days=30)
    again = propose(office, DutyPattern.TWO, by=by, change_id=change_id, until=FRIDAY, ceiling_pence=1_000_00)
    assert (again.id, again.after) == (first.id, first.after)


def test_cover_that_is_confirmed_after_its_last_day_does_not_begin(office, clock):
    proposed = propose(office, DutyPattern.TWO, until=FRIDAY, ceiling_pence=1_000_00)
    clock.advance(days=7)
    other = office.person_with(Role.ADMINISTRATOR)
    with pytest.raises(CoverTermsRefused), office.transaction() as session:
        change_applied.confirm(session, proposed, by=other, at=clock())
    assert pattern_on(office, FRIDAY) is DutyPattern.FOUR


def test_an_unreviewed_payroll_bars_the_next_cover_but_not_four_people(office):
    office.set_duties(DutyPattern.TWO, until=FRIDAY, ceiling_pence=1_000_00)
    with office.transaction() as session:
        last_cover(session).released = 1
    with pytest.raises(ReviewsMissing):
        propose(office, DutyPattern.TWO, until=FRIDAY, ceiling_pence=900_00)
    office.set_duties(DutyPattern.FOUR)
    with pytest.raises(ReviewsMissing):
        propose(office, DutyPattern.TWO, until=FRIDAY, ceiling_pence=900_00)
    assert pattern_on(office, TODAY) is DutyPattern.FOUR


def test_the_database_knows_no_two_people_for_good(office):
    with pytest.raises(DBAPIError, match="never_two_for_good"), office.transaction() as session:
        session.execute(text("UPDATE body SET duty_pattern = 'two'"))

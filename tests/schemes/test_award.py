"""Awards are changed by adding to their history: who may, what is refused, and what stood when."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from schemes import audit
from schemes.amount import Inputs
from schemes.award import Award, AwardDay, AwardDayRefused, AwardThere, add_award, awards_for
from schemes.award_history import NotDue
from schemes.award_version import AwardVersion
from schemes.change import NothingToChange
from schemes.database import new_id
from schemes.errors import FieldsRefused, NotAllowed, NotFound, NotNow, ReasonNotGiven, SamePerson
from schemes.payee import Beneficiary, Capacity, Mandate, Payee
from schemes.person import Role
from schemes.suspension import Suspension, SuspensionDay, SuspensionDayRefused, reviews_due
from tests.awarding import an_award

OCTOBER, NOVEMBER, DECEMBER = date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1)
DAY = timedelta(days=1)


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def award(office):
    return an_award(office)


@pytest.fixture
def newcomer(office):
    """A beneficiary in the register, without an award, who is paid themselves: their ids."""
    beneficiary_id, at = new_id(), office.service.now()
    with office.transaction() as session:
        payee_id = session.scalars(select(Payee.id).order_by(Payee.id).limit(1)).one()
        body_id = office.harbour.body_id
        session.add(
            Beneficiary(body_id=body_id, id=beneficiary_id, reference="N-1", name="N", search_name="n", made_at=at)
        )
        session.flush()
        facts = {"beneficiary_id": beneficiary_id, "payee_id": payee_id, "capacity": Capacity.SELF, "made_at": at}
        session.add(Mandate(body_id=body_id, id=new_id(), **facts))
    return beneficiary_id, payee_id


def add(office, newcomer, **changes):
    beneficiary_id, payee_id = newcomer
    facts = {
        "award_id": new_id(),
        "scheme_id": office.harbour.scheme_id,
        "beneficiary_id": beneficiary_id,
        "payee_id": payee_id,
        "inputs": Inputs(12345),
        "first_day": NOVEMBER,
        "last_day": None,
        "by": office.person(Role.PREPARER),
        **changes,
    }
    with office.transaction() as session:
        return add_award(session, at=office.service.now(), **facts)


def test_an_award_is_added_once_however_often_its_form_is_sent(office, newcomer):
    award_id = new_id()
    first, again = add(office, newcomer, award_id=award_id), add(office, newcomer, award_id=award_id)
    assert (first.id, again.id) == (award_id, award_id)
    with office.transaction() as session:
        found = awards_for(session, "N-1", scheme_code="HIL")
        assert [(award.amount_pence, award.made_by) for award in found] == [
            (12345, office.person(Role.PREPARER).person_id)
        ]
        assert [e.action for e in audit.trail(session, subject_id=award_id)] == ["award.added"]


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"last_day": NOVEMBER - DAY}, AwardDayRefused),
        ({"first_day": date(2200, 1, 1)}, AwardDayRefused),
        ({"inputs": Inputs(0)}, FieldsRefused),
        ({"inputs": Inputs(units=5)}, FieldsRefused),
        ({"payee_id": new_id()}, NotFound),
        ({"scheme_id": new_id()}, NotFound),
    ],
)
def test_an_award_that_cannot_be_is_refused_and_nothing_is_added(office, newcomer, changes, refusal):
    with pytest.raises(refusal):
        add(office, newcomer, **changes)
    with office.transaction() as session:
        assert awards_for(session, "N-1") == []


def test_a_second_award_of_the_same_is_refused_since_it_would_pay_into_the_firsts_periods(office, newcomer):
    there = add(office, newcomer)
    with pytest.raises(AwardThere) as refused:
        add(office, newcomer, first_day=DECEMBER)
    assert refused.value.award_id == there.id


def test_only_a_preparer_of_the_scheme_awards_and_changes(office, newcomer, award):
    elsewhere = replace(office.person(Role.PREPARER), limits=frozenset({(Role.PREPARER, new_id())}))
    for somebody in (office.person(Role.APPROVER), elsewhere):
        with pytest.raises(NotAllowed):
            add(office, newcomer, by=somebody)
        with pytest.raises(NotAllowed):
            award.change(NOVEMBER, 5, by=somebody)


def test_each_version_keeps_what_stood_before_it(office, award):
    known = office.service.now()
    office.service.now.advance(days=1)
    award.change(NOVEMBER, 700)
    office.service.now.advance(days=1)
    award.change(OCTOBER, 600)
    history = award.history()
    assert [history.on(day).inputs.amount_pence for day in (OCTOBER - DAY, OCTOBER, NOVEMBER)] == [
        award.pence,
        600,
        600,
    ]
    then = history.known_at(known + timedelta(days=1))
    assert [then.on(day).inputs.amount_pence for day in (OCTOBER, NOVEMBER)] == [award.pence, 700]
    assert history.known_at(known).on(NOVEMBER).inputs.amount_pence == award.pence


def test_a_change_sent_twice_is_one_version(office, award):
    version_id = new_id()
    assert {award.change(NOVEMBER, 700, version_id=version_id) for _ in range(2)} == {version_id}
    with office.transaction() as session:
        assert session.scalar(select(func.count()).select_from(AwardVersion)) == 1


def test_a_version_is_never_changed_by_anybody(office, award, owner):
    version_id = award.change(NOVEMBER, 700)
    with pytest.raises(DBAPIError, match="permission denied"), office.transaction() as session:
        session.execute(text("UPDATE award SET amount_pence = 1"))
    with pytest.raises(DBAPIError, match="append-only"), owner.begin() as connection:
        connection.execute(text("UPDATE award_version SET from_day = '2020-01-01' WHERE id = :id"), {"id": version_id})


def test_an_award_ends_with_its_last_day_and_can_begin_again(award):
    award.end(date(2026, 11, 10))
    assert [award.history().state_on(date(2026, 11, day))[1] for day in (10, 11)] == [None, NotDue.ENDED]
    award.change(DECEMBER, award.pence)
    assert award.history().state_on(date(2026, 11, 11))[1] is NotDue.NOT_STARTED
    assert award.history().state_on(DECEMBER) == (Inputs(award.pence), None)


def test_what_would_change_nothing_is_refused(award):
    with pytest.raises(NothingToChange):
        award.change(NOVEMBER, award.pence)
    award.end(NOVEMBER)
    with pytest.raises(AwardDayRefused) as refused:
        award.end(DECEMBER)
    assert refused.value.why is AwardDay.ENDED_ALREADY


def test_saying_the_same_again_is_a_change_where_a_later_day_was_different(award):
    award.change(DECEMBER, 700)
    award.change(NOVEMBER, award.pence)
    assert award.history().on(DECEMBER).inputs.amount_pence == award.pence


def test_a_change_needs_a_reason_and_somebody_who_may_be_paid(office, award):
    with pytest.raises(ReasonNotGiven):
        award.change(NOVEMBER, 700, reason=" ")
    with office.transaction() as session:
        stranger = session.scalars(
            select(Payee.id).where(
                Payee.id.not_in(select(Mandate.payee_id).where(Mandate.beneficiary_id == award.beneficiary_id))
            )
        ).first()
    with pytest.raises(NotFound):
        award.change(NOVEMBER, 700, payee_id=stranger)


def test_two_who_change_an_award_each_make_a_version_of_their_own(award):
    award.change(NOVEMBER, 700)
    award.change(NOVEMBER, 800)
    assert [terms.number for terms in award.history().terms] == [1, 2, 3]


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"last_day": OCTOBER}, SuspensionDay.ENDS_BEFORE_START),
        ({"review_on": None}, SuspensionDay.REVIEW_MISSING),
        ({"review_on": date(2026, 11, 23)}, SuspensionDay.REVIEW_PAST),
    ],
)
def test_days_of_a_suspension_that_cannot_be_are_refused(award, facts, why):
    with pytest.raises(SuspensionDayRefused) as refused:
        award.suspend(NOVEMBER, **facts)
    assert refused.value.why is why


def test_a_suspension_is_lifted_once_by_somebody_else_with_a_reason(office, award, owner):
    both = replace(office.person(Role.FINANCE), roles=frozenset({Role.PREPARER, Role.FINANCE}))
    suspension_id = award.suspend(NOVEMBER, by=both)
    with pytest.raises(SamePerson):
        award.lift(suspension_id, pays_arrears=False, by=both)
    with pytest.raises(NotAllowed):
        award.lift(suspension_id, pays_arrears=False, by=office.person(Role.PREPARER))
    with pytest.raises(ReasonNotGiven):
        award.lift(suspension_id, pays_arrears=False, by=office.person(Role.APPROVER), reason=" ")
    for _ in range(2):
        award.lift(suspension_id, pays_arrears=False, by=office.person(Role.APPROVER))
    with pytest.raises(NotNow):
        award.lift(suspension_id, pays_arrears=True, by=office.person(Role.RELEASER))
    with pytest.raises(DBAPIError, match="two_people"), owner.begin() as connection:
        connection.execute(text("UPDATE suspension SET placed_by = lifted_by"))


def test_whoever_lifts_says_whether_the_suspended_days_are_paid(award):
    today = date(2026, 11, 23)
    award.lift(award.suspend(OCTOBER), pays_arrears=False)
    assert [award.history().state_on(day)[1] for day in (OCTOBER, today - DAY, today)] == [
        NotDue.SUSPENDED,
        NotDue.SUSPENDED,
        None,
    ]
    other = an_award(award.office, offset=1)
    other.lift(other.suspend(OCTOBER), pays_arrears=True)
    assert other.history().suspended == ()


def test_a_suspension_that_ends_by_itself_needs_no_review(award):
    award.suspend(NOVEMBER, date(2026, 11, 5), review_on=None)
    assert [award.history().state_on(date(2026, 11, day))[1] for day in (5, 6)] == [NotDue.SUSPENDED, None]


def test_a_suspension_sent_twice_is_one_and_waits_for_its_review(office, award):
    suspension_id = new_id()
    for _ in range(2):
        award.suspend(NOVEMBER, suspension_id=suspension_id, review_on=DECEMBER)
    with office.transaction() as session:
        assert session.scalars(select(Suspension.id)).all() == [suspension_id]
        assert reviews_due(session, DECEMBER - DAY) == []
        assert [due.suspension.id for due in reviews_due(session, DECEMBER)] == [suspension_id]


def test_the_trail_tells_of_an_award_without_reasons_or_amounts(office, award):
    award.change(NOVEMBER, 77777, reason="because of her illness")
    award.lift(award.suspend(NOVEMBER, reason="in prison"), pays_arrears=False, reason="out")
    with office.transaction() as session:
        events = audit.trail(session, subject_id=award.id)
        made = session.scalars(select(Award.made_by).where(Award.id == award.id)).one()
    assert made
    assert [e.action for e in events] == ["award.suspension_lifted", "award.suspended", "award.changed"]
    facts = str([event.facts for event in events])
    assert not [word for word in ("illness", "prison", "77777") if word in facts]

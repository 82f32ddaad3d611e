"""Payrolls run by three people, and by two as cover: what they may pay, and who looks at it afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import text

from payouts.channels.release import ReleaseRefused
from payouts.gates import cover
from payouts.gates.cover import CoverEnded, NewBankDetails, OverCeiling, review_of, reviews_waiting
from payouts.gates.deciding import DecisionRefused
from payouts.gates.decision import Verdict, took_part
from payouts.gates.manifest import manifest_of
from payouts.gates.separation import Bar
from payouts.payroll import PayrollStatus, get_payroll
from schemes.audit import AuditEvent
from schemes.body import DutyPattern
from schemes.duties import ReviewsMissing, last_cover
from schemes.errors import NotAllowed, NotFound, NotNow, ReasonNotGiven, SamePerson
from schemes.payee import Payee
from schemes.person import Role

DECEMBER, JANUARY = date(2026, 12, 9), date(2027, 1, 6)
CEILING = 10_000_000_00


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def pair(office):
    """The preparer and the approver, with every role there is."""
    return [replace(office.person(role), roles=frozenset(Role)) for role in (Role.PREPARER, Role.APPROVER)]


@pytest.fixture
def covered(office, sealed):
    """November was paid by four people; then two are cover until the end of the week after next."""
    office.decide_all(sealed.payroll_id)
    office.set_duties(DutyPattern.TWO, until=date(2026, 12, 4), ceiling_pence=CEILING)


def december(office, pay_date=DECEMBER, *, seal=True):
    payroll_id = office.create(pay_date)
    office.work()
    office.accept_findings(payroll_id)
    if seal:
        office.seal(payroll_id)
    return payroll_id


def run_by(office, payroll_id, *people):
    return [office.decide(payroll_id, position, by=person) for position, person in enumerate(people, start=1)]


def review(office, payroll_id, by, *, found="Payments agree with the register"):
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id, lock=True)
        people = took_part(session, payroll)
        return cover.review(session, payroll, found=found, took_part=people, by=by, at=office.service.now())


def test_three_people_release_a_payroll_and_the_one_of_funds_may_release(office, sealed):
    office.decide_all(sealed.payroll_id)
    office.set_duties(DutyPattern.THREE)
    payroll_id = december(office)
    preparer, finance = office.person(Role.PREPARER), replace(office.person(Role.FINANCE), roles=frozenset(Role))
    assert run_by(office, payroll_id, preparer, finance, office.person(Role.APPROVER), finance)[-1]


def test_a_payroll_keeps_the_pattern_that_it_was_created_under(office, sealed):
    office.set_duties(DutyPattern.THREE)
    finance = replace(office.person(Role.FINANCE), roles=frozenset(Role))
    office.decide_all(sealed.payroll_id, upto=3)
    with pytest.raises(DecisionRefused) as refused:
        office.decide(sealed.payroll_id, 4, by=finance)
    assert refused.value.why is Bar.DECIDED_ANOTHER_GATE


def test_two_people_release_a_payroll_under_cover_and_neither_does_the_others_part(office, covered, pair):
    builder, approver = pair
    payroll_id = december(office)
    office.decide(payroll_id, 1, by=builder)
    with pytest.raises(DecisionRefused):
        office.decide(payroll_id, 2, by=builder)
    office.decide(payroll_id, 2, by=approver)
    with pytest.raises(DecisionRefused):
        office.decide(payroll_id, 3, by=builder)
    office.decide(payroll_id, 3, by=approver)
    with pytest.raises(DecisionRefused):
        office.decide(payroll_id, 4, by=approver)
    assert office.decide(payroll_id, 4, by=builder)


def test_under_cover_nothing_is_paid_to_bank_details_that_no_released_payroll_has_paid_to(office, sealed):
    office.set_duties(DutyPattern.TWO, until=date(2026, 12, 4), ceiling_pence=CEILING)
    payroll_id = december(office, seal=False)
    with pytest.raises(NewBankDetails) as refused:
        office.seal(payroll_id)
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id)
        assert (payroll.status, payroll.payment_count) == (PayrollStatus.CHECKED, refused.value.count)
        assert session.query(Payee.id).filter(Payee.reference.in_(refused.value.references)).count() == 5


def test_under_cover_changed_bank_details_wait_for_more_people(office, covered, clock):
    with office.transaction() as session:
        payee_id = session.query(Payee.id).order_by(Payee.reference).first()[0]
    office.change_bank_details(payee_id)
    clock.advance(days=3)
    payroll_id = december(office, seal=False)
    with pytest.raises(NewBankDetails) as refused:
        office.seal(payroll_id)
    assert refused.value.count == 1


def test_under_cover_a_payroll_above_the_ceiling_is_not_sealed(office, sealed):
    office.decide_all(sealed.payroll_id)
    office.set_duties(DutyPattern.TWO, until=date(2026, 12, 4), ceiling_pence=100_00)
    payroll_id = december(office, seal=False)
    with pytest.raises(OverCeiling):
        office.seal(payroll_id)


def test_after_the_last_day_of_the_cover_nobody_says_go_and_anybody_no_go(office, covered, pair, clock):
    payroll_id = december(office)
    office.decide(payroll_id, 1, by=pair[0])
    clock.advance(days=12)
    with pytest.raises(CoverEnded):
        office.decide(payroll_id, 2, by=pair[1])
    office.decide(payroll_id, 2, by=pair[1], verdict=Verdict.NO_GO, reason="The cover is over")
    with pytest.raises(CoverEnded):
        office.seal(payroll_id)


def test_what_two_people_released_is_reviewed_by_somebody_from_outside_before_the_next_cover(
    office, covered, pair, clock
):
    builder, approver = pair
    payroll_id = december(office)
    run_by(office, payroll_id, builder, approver, approver, builder)
    with office.transaction() as session:
        [(waiting, payroll)] = reviews_waiting(session)
        assert (payroll.id, waiting.due_on(office.service.calendar)) == (payroll_id, date(2026, 11, 30))
    with pytest.raises(ReviewsMissing):
        office.set_duties(DutyPattern.TWO, until=date(2026, 12, 11), ceiling_pence=CEILING)
    for insider in pair:
        with pytest.raises(SamePerson):
            review(office, payroll_id, insider)
    with pytest.raises(NotAllowed):
        review(office, payroll_id, office.person(Role.RELEASER))
    with pytest.raises(ReasonNotGiven):
        review(office, payroll_id, office.person(Role.FINANCE), found=" ")
    for _ in range(2):
        review(office, payroll_id, office.person(Role.FINANCE))
    with pytest.raises(NotNow):
        review(office, payroll_id, office.person_with(Role.APPROVER))
    with office.transaction() as session:
        assert list(reviews_waiting(session)) == []
        assert review_of(session, payroll_id).reviewed_by == office.person(Role.FINANCE).person_id
        assert session.query(AuditEvent).filter_by(action="payroll.cover_reviewed").count() == 1
        assert (last_cover(session).released, last_cover(session).reviewed) == (1, 1)
    office.set_duties(DutyPattern.TWO, until=date(2026, 12, 11), ceiling_pence=CEILING)


def test_whoever_agreed_to_the_cover_does_not_review_it(office, covered, pair):
    builder, approver = pair
    payroll_id = december(office)
    run_by(office, payroll_id, builder, approver, approver, builder)
    with office.transaction() as session:
        proposer = session.execute(text("SELECT proposed_by FROM change WHERE kind = 'duties'")).scalar_one()
    with pytest.raises(SamePerson):
        review(office, payroll_id, replace(office.person(Role.FINANCE), person_id=proposer))


def test_whoever_said_no_go_before_is_no_outsider(office, covered, pair):
    builder, approver = pair
    payroll_id = december(office)
    finance = replace(office.person(Role.FINANCE), roles=frozenset(Role))
    office.decide(payroll_id, 1, by=finance, verdict=Verdict.NO_GO, reason="the total is wrong")
    office.seal(payroll_id)
    run_by(office, payroll_id, builder, approver, approver, builder)
    with pytest.raises(SamePerson):
        review(office, payroll_id, finance)


def test_a_payroll_of_four_people_is_not_reviewed(office, sealed):
    office.decide_all(sealed.payroll_id)
    with pytest.raises(NotFound):
        review(office, sealed.payroll_id, office.person(Role.FINANCE))


def test_the_manifest_binds_the_pattern_and_the_cover(office, covered, pair, owner):
    builder, approver = pair
    payroll_id = december(office)
    with office.transaction() as session:
        said = manifest_of(session, get_payroll(session, payroll_id)).read()
        assert (said["duty_pattern"], said["cover"]) == ("two", str(last_cover(session).id))
    run_by(office, payroll_id, builder, approver, approver)
    with owner.begin() as connection:
        connection.execute(
            text("UPDATE payroll SET duty_pattern = 'three', cover_id = NULL WHERE id = :id"), {"id": payroll_id}
        )
    with pytest.raises(ReleaseRefused) as refused:
        office.decide(payroll_id, 4, by=office.person(Role.RELEASER))
    assert refused.value.differences == ["cover", "duty_pattern"]

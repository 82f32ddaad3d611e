"""Stopped payments: one person stops, at once; the payroll says why nobody is paid; a second person lets them go on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from payouts.channels.release import ReleaseRefused
from payouts.files.sealing import PaymentsStopped
from payouts.notices.notice import Notice, NoticeStatus
from payouts.payment import Payment, Unpaid, UnpaidReason
from schemes import audit, hold
from schemes.database import new_id
from schemes.errors import NotAllowed, NotFound, NotNow, ReasonNotGiven, SamePerson
from schemes.hold import HoldDate, HoldDateRefused, HoldKind
from schemes.person import Role

MONDAY = date(2026, 11, 23)
LATER = MONDAY + timedelta(days=14)


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def award(office):
    """An award that is due in November: ids of its payee and beneficiary."""
    with office.transaction() as session:
        return session.execute(
            text(
                "SELECT payee_id, beneficiary_id FROM award "
                "WHERE first_day < '2026-11-01' AND last_day IS NULL ORDER BY id LIMIT 1"
            )
        ).one()


@pytest.fixture
def payee_id(award):
    return award.payee_id


def unpaid_because(office, award):
    """Why a payroll built now does not pay the award, or None if it does."""
    payroll_id = office.create()
    office.work()
    with office.transaction() as session:
        mine = (Unpaid.payroll_id == payroll_id, Unpaid.beneficiary_id == award.beneficiary_id)
        why = session.scalars(select(Unpaid.reason).where(*mine)).first()
        paid = session.scalars(
            select(Payment.id).where(Payment.payroll_id == payroll_id, Payment.beneficiary_id == award.beneficiary_id)
        ).first()
    assert (why is None) != (paid is None), "paid or told why not, never both"
    return why


@pytest.mark.parametrize("kind", HoldKind)
@pytest.mark.parametrize("party", ["payee", "beneficiary"])
def test_a_payroll_tells_who_is_not_paid_and_why(office, award, kind, party):
    concerns = award.beneficiary_id if party == "beneficiary" else None
    office.stop_payments(award.payee_id, kind, beneficiary_id=concerns)
    assert unpaid_because(office, award) is UnpaidReason(kind.value)


def test_of_several_holds_the_gravest_is_told(office, award):
    office.stop_payments(award.payee_id, HoldKind.ON_HOLD)
    office.stop_payments(award.payee_id, HoldKind.DECEASED, beneficiary_id=award.beneficiary_id)
    office.stop_payments(award.payee_id, HoldKind.CLOSED)
    assert unpaid_because(office, award) is UnpaidReason.DECEASED


def test_a_hold_stops_nobody_else(office, award):
    with office.transaction() as session:
        everybody = session.scalar(text("SELECT count(*) FROM award"))
        mine = session.scalar(text("SELECT count(*) FROM award WHERE payee_id = :p"), {"p": award.payee_id})
    office.stop_payments(award.payee_id)
    office.create()
    office.work()
    with office.transaction() as session:
        held = session.scalars(select(Unpaid).where(Unpaid.reason == UnpaidReason.ON_HOLD)).all()
        assert len(held) == mine
        assert session.scalar(text("SELECT count(*) FROM payment")) >= everybody - mine - 1


def test_payments_go_on_once_a_second_person_lifted_the_hold(office, award):
    hold_id = office.stop_payments(award.payee_id)
    office.let_go_on(award.payee_id, hold_id)
    assert unpaid_because(office, award) is None


def test_a_hold_sent_twice_is_one(office, payee_id):
    hold_id = new_id()
    assert office.stop_payments(payee_id, hold_id=hold_id) == office.stop_payments(payee_id, hold_id=hold_id)
    with office.transaction() as session:
        assert len(hold.holds_of(session, payee_id)) == 1


def test_nobody_lifts_their_own_hold(office, payee_id, owner):
    hold_id = office.stop_payments(payee_id)
    both = replace(office.person(Role.PREPARER), roles=frozenset({Role.PREPARER, Role.FINANCE}))
    with pytest.raises(SamePerson):
        office.let_go_on(payee_id, hold_id, by=both)
    with pytest.raises(IntegrityError, match="two_people"), owner.begin() as connection:
        connection.execute(
            text("UPDATE hold SET lifted_by = placed_by, lifted_at = now(), lifted_because = 'x' WHERE id = :id"),
            {"id": hold_id},
        )


def test_a_preparer_stops_and_does_not_lift(office, payee_id):
    hold_id = office.stop_payments(payee_id)
    with pytest.raises(NotAllowed):
        office.let_go_on(payee_id, hold_id, by=replace(office.person(Role.PREPARER), person_id=new_id()))


def test_a_hold_is_lifted_with_a_reason_and_once(office, payee_id):
    hold_id = office.stop_payments(payee_id)
    with pytest.raises(ReasonNotGiven):
        office.let_go_on(payee_id, hold_id, reason=" ")
    office.let_go_on(payee_id, hold_id)
    office.let_go_on(payee_id, hold_id)
    with pytest.raises(NotNow):
        office.let_go_on(payee_id, hold_id, by=office.person(Role.APPROVER))


@pytest.mark.parametrize(
    ("kind", "changes", "why"),
    [
        (HoldKind.DECEASED, {"since": MONDAY + timedelta(days=1)}, HoldDate.IN_THE_FUTURE),
        (HoldKind.ON_HOLD, {"review_on": None}, HoldDate.REVIEW_MISSING),
        (HoldKind.ON_HOLD, {"review_on": MONDAY}, HoldDate.REVIEW_PAST),
    ],
)
def test_days_that_cannot_be_are_refused(office, payee_id, kind, changes, why):
    with pytest.raises(HoldDateRefused) as refused:
        office.stop_payments(payee_id, kind, **changes)
    assert refused.value.why is why


def test_a_hold_needs_a_reason_and_a_beneficiary_of_the_payee(office, payee_id):
    with pytest.raises(ReasonNotGiven):
        office.stop_payments(payee_id, reason="  ")
    with office.transaction() as session:
        stranger = session.scalars(
            text(
                "SELECT id FROM beneficiary WHERE id NOT IN (SELECT beneficiary_id FROM mandate WHERE payee_id = :p)"
                " LIMIT 1"
            ),
            {"p": payee_id},
        ).one()
    with pytest.raises(NotFound):
        office.stop_payments(payee_id, beneficiary_id=stranger)


def test_a_hold_stands_on_the_page_of_every_payee_it_concerns_and_no_other(office, award):
    hold_id = office.stop_payments(award.payee_id, beneficiary_id=award.beneficiary_id)
    with office.transaction() as session:
        [row] = hold.holds_of(session, award.payee_id)
        assert (row.hold.id, row.beneficiary.id) == (hold_id, award.beneficiary_id)
        other = session.scalars(
            text("SELECT payee_id FROM mandate WHERE payee_id <> :p LIMIT 1"), {"p": award.payee_id}
        ).one()
        assert hold.holds_of(session, other) == []
        for asked_for in (hold_id, new_id()):
            with pytest.raises(NotFound):
                hold.get_hold(session, other, asked_for)


def test_a_hold_is_looked_at_again_when_its_day_comes(office, payee_id):
    hold_id = office.stop_payments(payee_id, review_on=LATER)
    office.stop_payments(payee_id, HoldKind.DECEASED)

    def due(day):
        with office.transaction() as session:
            return [review.hold.id for review in hold.reviews_due(session, day)]

    assert due(LATER - timedelta(days=1)) == []
    assert due(LATER) == [hold_id]
    office.let_go_on(payee_id, hold_id)
    assert due(LATER) == []


def test_the_hold_of_a_beneficiary_with_two_payees_is_looked_at_once(office, award, owner):
    hold_id = office.stop_payments(award.payee_id, beneficiary_id=award.beneficiary_id, review_on=LATER)
    with owner.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO mandate (body_id, id, beneficiary_id, payee_id, capacity, made_at) "
                "SELECT body_id, uuidv7(), :b, id, 'provider', now() FROM payee WHERE id <> :p LIMIT 1"
            ),
            {"b": award.beneficiary_id, "p": award.payee_id},
        )
    with office.transaction() as session:
        assert [review.hold.id for review in hold.reviews_due(session, LATER)] == [hold_id]


def test_files_are_not_built_and_payrolls_not_released_for_somebody_held_meanwhile(office, payee_id):
    payroll_id = office.create()
    office.work()
    office.accept_findings(payroll_id)
    first = office.stop_payments(payee_id)
    with pytest.raises(PaymentsStopped):
        office.seal(payroll_id)
    office.let_go_on(payee_id, first)
    office.seal(payroll_id)
    office.decide_all(payroll_id, upto=3)
    office.stop_payments(payee_id, HoldKind.DECEASED)
    with pytest.raises(ReleaseRefused) as refused:
        office.decide(payroll_id, 4, by=office.person(Role.RELEASER))
    assert refused.value.differences == ["stopped_payments"]


@pytest.fixture
def submitted(office):
    payroll_id = office.create()
    office.work()
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    office.decide_all(payroll_id)
    office.download(payroll_id)
    return payroll_id


def status_of_notice(office, payee_id):
    with office.transaction() as session:
        return session.scalars(select(Notice.status).where(Notice.payee_id == payee_id)).one()


@pytest.mark.parametrize("kind", HoldKind)
def test_nobody_writes_to_a_payee_who_died_or_is_held(office, submitted, payee_id, kind):
    office.stop_payments(payee_id, kind)
    office.record_submission(submitted)
    office.work(leave="notices.send")
    assert status_of_notice(office, payee_id) is NoticeStatus.HELD_BACK


def test_the_trail_tells_of_a_hold_without_its_reason(office, payee_id):
    hold_id = office.stop_payments(payee_id, HoldKind.DECEASED, reason="Told by her daughter Ann")
    office.let_go_on(payee_id, hold_id, reason="It was her sister")
    with office.transaction() as session:
        events = [e for e in reversed(audit.trail(session, subject_id=payee_id)) if e.action.startswith("hold")]
    assert [event.action for event in events] == ["hold.deceased", "hold.lifted"]
    assert "Ann" not in str([event.facts for event in events])
    assert "sister" not in str([event.facts for event in events])

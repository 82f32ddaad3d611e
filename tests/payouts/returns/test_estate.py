"""Somebody has died: what came back goes to whom two people saw to receive it, once, and to nobody before that."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from payouts.cancelling import cancel
from payouts.files import sealing
from payouts.ledger.balance import prove
from payouts.payment import Payment, stopped_count
from payouts.payroll import get_payroll
from payouts.returns.case import Next, next_of, row_of
from payouts.returns.reissue import NothingToReissue, create_reissue
from payouts.returns.returned import CaseStatus, case_of
from payouts.stopped_since import stopped_since
from schemes import claim as claims
from schemes import hold as holds
from schemes.claim import ClaimFault, ClaimRefused, Document, get_claim
from schemes.database import new_id
from schemes.errors import NotNow, SamePerson
from schemes.hold import Hold, HoldKind
from schemes.mandate import end_mandate, give_mandate
from schemes.payee import Capacity, Mandate, Payee
from schemes.person import Role
from tests.answering import at_the_bank, payment_of, receive, record_submission, release

AGAIN, GRANTED = date(2026, 12, 2), date(2026, 11, 20)


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def bank(office, sealed):
    release(office, sealed.payroll_id)
    record_submission(office, sealed.payroll_id)
    return at_the_bank(office, sealed.payroll_id)


@pytest.fixture
def dead(office, bank):
    """A payment to somebody of whom the bank says that they have died."""
    receive(office, bank.arucs((bank.items[0], "2")))
    return payment_of(office, bank.items[0])


@pytest.fixture
def heir(office, dead):
    """Another payee, with a mandate as executor of the dead person's estate and with new bank details."""
    with office.transaction() as session:
        to = session.scalars(select(Payee).where(Payee.id != dead.payee_id).order_by(Payee.id.desc()).limit(1)).one()
        mandate(office, session, to.id, dead.beneficiary_id, Capacity.EXECUTOR)
    return to.id


def mandate(office, session, payee_id, beneficiary_id, capacity, *, first_day=None):
    give_mandate(
        session,
        mandate_id=new_id(),
        payee_id=payee_id,
        beneficiary_id=beneficiary_id,
        capacity=capacity,
        first_day=first_day,
        last_day=None,
        evidence="Grant, seen",
        evidence_reference="",
        by=office.person(Role.PREPARER),
        at=office.service.now(),
    )


def record_death(office, dead):
    with office.transaction() as session:
        facts = {"payee_id": dead.payee_id, "beneficiary_id": dead.beneficiary_id, "reason": "told by the family"}
        by, at = office.person(Role.FINANCE), office.service.now()
        facts |= {"hold_id": new_id(), "since": at.date(), "review_on": None}
        holds.place(session, HoldKind.DECEASED, **facts, by=by, at=at)


def propose(office, payment, to_payee_id, **changes):
    facts = {"document": Document.GRANT_OF_PROBATE, "document_day": GRANTED, "reason": "sealed copy", **changes}
    with office.transaction() as session:
        return claims.propose(
            session,
            claim_id=new_id(),
            payee_id=payment.payee_id,
            beneficiary_id=payment.beneficiary_id,
            to_payee_id=to_payee_id,
            **{"by": office.person(Role.PREPARER), "at": office.service.now(), **facts},
        ).id


def confirm(office, claim_id, *, by=None):
    with office.transaction() as session:
        claim = get_claim(session, claim_id, lock=True)
        claims.confirm(session, claim, by=by or office.person(Role.FINANCE), at=office.service.now())


def next_step(office, payment):
    with office.transaction() as session:
        return next_of(session, row_of(session, case_of(session, payment.id)), at=office.service.now())


def pay_again(office):
    with office.transaction() as session:
        facts = {"payroll_id": new_id(), "scheme_id": office.harbour.scheme_id, "named": None, "pay_date": AGAIN}
        by, at = office.person(Role.PREPARER), office.service.now()
        payroll_id = create_reissue(session, office.service.calendar, **facts, by=by, at=at).id
    office.work(leave="notices.send")
    with office.transaction() as session:
        return payroll_id, session.scalars(select(Payment).where(Payment.payroll_id == payroll_id)).all()


def test_an_estate_is_paid_once_two_people_saw_the_grant_and_the_case_is_over(office, bank, dead, heir):
    assert next_step(office, dead) is Next.CONFIRM_DEATH
    claim_id = propose(office, dead, heir)
    assert next_step(office, dead) is Next.CONFIRM_CLAIM
    with pytest.raises(NothingToReissue):
        pay_again(office)
    with pytest.raises(NotNow):
        propose(office, dead, heir)
    confirm(office, claim_id)
    assert next_step(office, dead) is Next.PAY_AGAIN
    payroll_id, [again] = pay_again(office)
    assert (again.payee_id, again.beneficiary_id, again.amount_pence) == (heir, dead.beneficiary_id, dead.amount_pence)
    assert again.account_id != dead.account_id
    office.accept_findings(payroll_id)
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id, lock=True)
        sealing.ask_for_files(session, payroll, by=office.person(Role.PREPARER), at=office.service.now())
    office.work(leave="notices.send")
    release(office, payroll_id)
    with office.transaction() as session:
        case = case_of(session, dead.id)
        assert (case.status, case.successor_id) == (CaseStatus.REISSUED, again.id)
        assert prove(session, bank.payroll_id).is_proven


def test_the_death_of_a_beneficiary_stops_all_payments_but_those_to_the_estate(office, dead, heir):
    record_death(office, dead)
    confirm(office, propose(office, dead, heir))
    payroll_id, [again] = pay_again(office)
    with office.transaction() as session:
        assert again.payee_id == heir
        assert stopped_count(session, payroll_id, AGAIN) == 0
    office.stop_payments(heir)
    with office.transaction() as session:
        assert stopped_count(session, payroll_id, AGAIN) == 1, "whoever is paid for an estate can be held too"


def test_nobody_confirms_a_claim_of_their_own(office, dead, heir):
    alone = office.person_with(Role.PREPARER, Role.FINANCE)
    claim_id = propose(office, dead, heir, by=alone)
    with pytest.raises(SamePerson):
        confirm(office, claim_id, by=alone)


def test_a_claim_ends_when_it_turns_out_that_nobody_has_died(office, dead, heir):
    confirm(office, propose(office, dead, heir))
    with office.transaction() as session:
        [held] = session.scalars(select(Hold).where(Hold.payee_id == dead.payee_id)).all()
    office.let_go_on(dead.payee_id, held.id, by=office.person(Role.APPROVER))
    _, [again] = pay_again(office)
    assert again.payee_id == dead.payee_id


@pytest.mark.parametrize("is_something_else_too", [False, True])
def test_whose_mandate_for_the_estate_has_ended_is_paid_nothing_until_two_people_agree_anew(
    office, dead, heir, is_something_else_too
):
    record_death(office, dead)
    confirm(office, propose(office, dead, heir))
    payroll_id, [_] = pay_again(office)
    with office.transaction() as session:
        given = select(Mandate.id).where(Mandate.payee_id == heir, Mandate.capacity == Capacity.EXECUTOR)
        facts = {"payee_id": heir, "mandate_id": session.scalars(given).one(), "because": "another was named"}
        at = office.service.now()
        end_mandate(session, **facts, last_day=at.date() - timedelta(days=1), by=office.person(Role.PREPARER), at=at)
        if is_something_else_too:
            mandate(office, session, heir, dead.beneficiary_id, Capacity.APPOINTEE, first_day=at.date())
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id, lock=True)
        assert stopped_count(session, payroll_id, AGAIN) == 1
        assert [each.row.payment.payee_id for each in stopped_since(session, payroll)] == [heir]
        cancel(session, payroll, reason="stopped", by=office.person(Role.PREPARER), at=office.service.now())
    with pytest.raises(NothingToReissue):
        pay_again(office)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"document": None}, ClaimFault.DOCUMENT_MISSING),
        ({"document_day": None}, ClaimFault.DAY_MISSING),
        ({"document_day": date(2099, 1, 1)}, ClaimFault.DAY_IN_THE_FUTURE),
        ({"to_payee_id": "the dead"}, ClaimFault.THE_SAME_PAYEE),
        ({"to_payee_id": "a stranger"}, ClaimFault.NO_MANDATE),
    ],
)
def test_an_estate_is_not_claimed_without_a_document_and_a_mandate(office, dead, heir, changes, fault):
    with office.transaction() as session:
        others = select(Payee.id).where(Payee.id.not_in([heir, dead.payee_id])).limit(1)
        named = {"the dead": dead.payee_id, "a stranger": session.scalars(others).one()}
    to = named.get(changes.pop("to_payee_id", ""), heir)
    with pytest.raises(ClaimRefused) as refused:
        propose(office, dead, to, **changes)
    assert refused.value.fault is fault


def test_nobody_is_paid_instead_of_the_living(office, bank, dead, heir):
    receive(office, bank.arucs((bank.items[1], "C")))
    with pytest.raises(ClaimRefused) as refused:
        propose(office, payment_of(office, bank.items[1]), heir)
    assert refused.value.fault is ClaimFault.NOBODY_DIED

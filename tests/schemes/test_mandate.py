"""Whose money a payee receives and until when: what is paid on a day hangs on it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from payouts.channels.release import ReleaseRefused
from payouts.files.sealing import PaymentsStopped
from payouts.payment import Payment, Unpaid, UnpaidReason
from schemes import mandate
from schemes.database import new_id
from schemes.errors import NotAllowed, NotFound, NotNow, ReasonNotGiven
from schemes.mandate import MandateFault, MandateRefused, overlap
from schemes.payee import Capacity, Mandate, PaymentMethod
from schemes.payee_details import set_payment_method
from schemes.person import Role

MONDAY = date(2026, 11, 23)


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
def known(office, award):
    """The mandate that came with the award's file."""
    with office.transaction() as session:
        return session.scalars(select(Mandate).where(Mandate.payee_id == award.payee_id).limit(1)).one()


@pytest.fixture
def end(office, known):
    def ending(last_day, *, because="the court ended it", by=None, mandate_id=None):
        with office.transaction() as session:
            return mandate.end_mandate(
                session,
                payee_id=known.payee_id,
                mandate_id=mandate_id or known.id,
                last_day=last_day,
                because=because,
                by=by or office.person(Role.PREPARER),
                at=office.service.now(),
            )

    return ending


@pytest.fixture
def give(office, award):
    def giving(first_day=None, last_day=None, *, by=Role.PREPARER, **changes):
        facts = {"capacity": Capacity.DEPUTY, "evidence": "court order", "mandate_id": new_id(), **changes}
        with office.transaction() as session:
            return mandate.give_mandate(
                session,
                payee_id=award.payee_id,
                beneficiary_id=award.beneficiary_id,
                first_day=first_day,
                last_day=last_day,
                evidence_reference="2026/1",
                by=office.person(by),
                at=office.service.now(),
                **facts,
            )

    return giving


@pytest.fixture
def unpaid_because(office, award):
    def asked():
        payroll_id = office.create()
        office.work()
        with office.transaction() as session:
            mine = (Unpaid.payroll_id == payroll_id, Unpaid.beneficiary_id == award.beneficiary_id)
            why = session.scalars(select(Unpaid.reason).where(*mine)).first()
            paid = session.scalars(
                select(Payment.id).where(
                    Payment.payroll_id == payroll_id, Payment.beneficiary_id == award.beneficiary_id
                )
            ).first()
        assert (why is None) != (paid is None), "paid or told why not, never both"
        return why

    return asked


def set_method(office, payee_id, method):
    with office.transaction() as session:
        set_payment_method(
            session,
            office.service.seals,
            payee_id,
            method,
            reason="she wrote",
            by=office.person(Role.PREPARER),
            at=office.service.now(),
        )


def test_nobody_is_paid_after_the_last_day_of_a_mandate(end, unpaid_because):
    end(MONDAY)
    assert unpaid_because() is UnpaidReason.MANDATE_NOT_IN_FORCE


def test_a_mandate_in_force_on_the_pay_date_is_paid(end, unpaid_because):
    end(MONDAY + timedelta(days=60))
    assert unpaid_because() is None


def test_a_new_mandate_lets_payments_go_on(end, give, unpaid_because):
    end(MONDAY - timedelta(days=1))
    give(MONDAY)
    assert unpaid_because() is None


def test_a_mandate_that_begins_later_does_not(end, give, unpaid_because):
    end(MONDAY)
    give(MONDAY + timedelta(days=300))
    assert unpaid_because() is UnpaidReason.MANDATE_NOT_IN_FORCE


@pytest.mark.parametrize(
    ("method", "reason"),
    [
        (PaymentMethod.NO_ACCOUNT, UnpaidReason.NO_ACCOUNT),
        (PaymentMethod.ADDRESS_ONLY, UnpaidReason.ADDRESS_ONLY),
    ],
)
def test_a_payee_without_an_account_is_listed_as_unpaid_until_they_have_one(
    office, award, method, reason, unpaid_because
):
    set_method(office, award.payee_id, method)
    assert unpaid_because() is reason


def test_a_payee_paid_into_an_account_again_is_in_the_next_payroll(office, award, unpaid_because):
    set_method(office, award.payee_id, PaymentMethod.NO_ACCOUNT)
    set_method(office, award.payee_id, PaymentMethod.ACCOUNT)
    assert unpaid_because() is None


def test_files_are_not_sealed_over_a_mandate_that_has_ended(office, end):
    payroll_id = office.create()
    office.work()
    office.accept_findings(payroll_id)
    end(MONDAY)
    with pytest.raises(PaymentsStopped) as refused:
        office.seal(payroll_id)
    assert refused.value.count >= 1


def test_sealed_payments_are_not_released_to_a_payee_who_lost_the_account(office, award):
    payroll_id = office.create()
    office.work()
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    set_method(office, award.payee_id, PaymentMethod.NO_ACCOUNT)
    with pytest.raises(ReleaseRefused) as refused:
        office.decide_all(payroll_id)
    assert refused.value.differences == ["stopped_payments"]


def test_a_form_sent_twice_gives_one_mandate_and_ends_it_once(office, end, give):
    end(MONDAY)
    mandate_id = new_id()
    first, second = (give(MONDAY + timedelta(days=1), mandate_id=mandate_id) for _ in range(2))
    assert first.id == second.id
    assert end(MONDAY + timedelta(days=30)).ended_on == MONDAY, "the first answer counts"


def test_two_mandates_of_the_same_two_do_not_overlap(end, give):
    with pytest.raises(MandateRefused) as refused:
        give(MONDAY)
    assert refused.value.fault is MandateFault.IN_FORCE_ALREADY
    end(MONDAY)
    assert give(MONDAY + timedelta(days=1)).capacity is Capacity.DEPUTY


def test_whoever_is_paid_for_another_shows_what_allows_it(end, give):
    end(MONDAY)
    with pytest.raises(MandateRefused) as refused:
        give(MONDAY + timedelta(days=1), evidence=" ")
    assert refused.value.fault is MandateFault.EVIDENCE_MISSING
    assert give(MONDAY + timedelta(days=1), evidence="", capacity=Capacity.SELF).evidence is None


def test_a_mandate_never_ends_before_it_begins_nor_later_than_it_was_given_for(end, give):
    with pytest.raises(MandateRefused):
        give(MONDAY, MONDAY - timedelta(days=1))
    end(MONDAY)
    new = give(MONDAY + timedelta(days=10), MONDAY + timedelta(days=20))
    for day, fault in ((9, MandateFault.ENDS_BEFORE_IT_BEGINS), (21, MandateFault.ENDS_LATER)):
        with pytest.raises(MandateRefused) as refused:
            end(MONDAY + timedelta(days=day), mandate_id=new.id)
        assert refused.value.fault is fault


def test_a_mandate_ends_for_a_reason_by_a_preparer_and_once(office, end, give):
    with pytest.raises(ReasonNotGiven):
        end(MONDAY, because=" ")
    with pytest.raises(NotAllowed):
        end(MONDAY, by=office.person(Role.FINANCE))
    with pytest.raises(NotAllowed):
        give(MONDAY, by=Role.APPROVER)
    with pytest.raises(NotFound):
        end(MONDAY, mandate_id=new_id())
    end(MONDAY)
    with pytest.raises(NotNow):
        end(MONDAY, by=office.person_with(Role.PREPARER))


DAYS = st.none() | st.dates(date(2026, 1, 1), date(2026, 3, 1))


@given(first=DAYS, last=DAYS, other_first=DAYS, other_last=DAYS, ended_on=DAYS)
def test_two_mandates_overlap_if_and_only_if_some_day_is_in_both(first, last, other_first, other_last, ended_on):
    if any(
        begin and end and end < begin for begin, end in ((first, last), (other_first, other_last), (first, ended_on))
    ):
        return
    there = Mandate(first_day=first, last_day=last, ended_on=ended_on)
    new = Mandate(first_day=other_first, last_day=other_last)
    days = [date(2025, 1, 1) + timedelta(days=number) for number in range(800)]
    assert overlap(there, other_first, other_last) == any(there.is_in_force(d) and new.is_in_force(d) for d in days)

"""Those whom a payroll left out are paid on a day of their own: named or all, once, under the gates of now."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from payouts.gates.manifest import manifest_of
from payouts.off_cycle import NobodyLeftOut, NotLeftOut, create_off_cycle
from payouts.payment import Payment, Unpaid, UnpaidReason, unpaid_counts
from payouts.payroll import PayrollKind, PayrollStatus, get_payroll
from schemes.database import new_id
from schemes.errors import NotAllowed, NotNow
from schemes.payee import Beneficiary
from schemes.person import Role

LATER = date(2026, 11, 26)


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def payroll_id(sealed):
    return sealed.payroll_id


def begin(office, of, references=None, *, payroll_id=None, by=None):
    with office.transaction() as session:
        return create_off_cycle(
            session,
            office.service.calendar,
            payroll_id=payroll_id or new_id(),
            of=get_payroll(session, of),
            references=references,
            pay_date=LATER,
            by=by or office.person(Role.PREPARER),
            at=office.service.now(),
        ).id


def leave_out(office, payroll_id, count):
    """Take some out of a sealed payroll, and tell their awards and references."""
    with office.transaction() as session:
        rows = session.execute(
            select(Payment.id, Payment.award_id, Beneficiary.reference)
            .join(Beneficiary, Beneficiary.id == Payment.beneficiary_id)
            .where(Payment.payroll_id == payroll_id)
            .order_by(Payment.ordinal)
            .limit(count)
        ).all()
    office.take_out(payroll_id, [row.id for row in rows])
    office.work()
    return [(row.award_id, row.reference) for row in rows]


def awards_of(office, model, payroll_id):
    with office.transaction() as session:
        return set(session.scalars(select(model.award_id).where(model.payroll_id == payroll_id)))


def test_only_those_named_are_looked_at_and_they_go_through_every_gate(office, payroll_id):
    (first, reference), (second, later) = leave_out(office, payroll_id, 2)
    with office.transaction() as session:
        regular = get_payroll(session, payroll_id)
    extra = begin(office, payroll_id, [f" {reference.lower()} ", ""])
    office.work()
    assert (awards_of(office, Payment, extra), awards_of(office, Unpaid, extra)) == ({first}, set())
    with office.transaction() as session:
        payroll = get_payroll(session, extra)
    assert (payroll.kind, payroll.pays_for_id, payroll.pay_date) == (PayrollKind.OFF_CYCLE, payroll_id, LATER)
    assert (payroll.period_first_day, payroll.scheme_version) == (regular.period_first_day, regular.scheme_version)
    office.accept_findings(extra)
    office.seal(extra)
    with office.transaction() as session:
        said = manifest_of(session, get_payroll(session, extra)).read()
        assert (said["kind"], said["pays_for"], said["payment_count"]) == ("off_cycle", str(payroll_id), 1)
    office.decide_all(extra)
    office.decide_all(payroll_id)
    rest = begin(office, payroll_id, [reference, later])
    office.work()
    assert awards_of(office, Payment, rest) == {second}
    with office.transaction() as session:
        assert unpaid_counts(session, rest) == {UnpaidReason.PAID_ALREADY: 1}


def test_whoever_s_reason_has_not_gone_is_left_out_again_and_told(office, payroll_id):
    [(award_id, reference)] = leave_out(office, payroll_id, 1)
    with office.transaction() as session:
        payee_id = session.scalars(select(Payment.payee_id).where(Payment.award_id == award_id)).one()
    office.stop_payments(payee_id)
    extra = begin(office, payroll_id, [reference])
    office.work()
    with office.transaction() as session:
        assert unpaid_counts(session, extra) == {UnpaidReason.ON_HOLD: 1}
        assert get_payroll(session, extra).status is PayrollStatus.CHECKED


def test_nobody_but_who_was_left_out_can_be_named(office, payroll_id):
    with pytest.raises(NobodyLeftOut):
        begin(office, payroll_id)
    with pytest.raises(NobodyLeftOut):
        begin(office, payroll_id, [" "])
    [(_, reference)] = leave_out(office, payroll_id, 1)
    with office.transaction() as session:
        paid = session.scalars(select(Beneficiary.reference).where(Beneficiary.reference != reference).limit(1)).one()
    with pytest.raises(NotLeftOut) as refused:
        begin(office, payroll_id, [reference, paid, "NOBODY-1"])
    assert refused.value.references == sorted([paid, "NOBODY-1"])
    with pytest.raises(NotAllowed):
        begin(office, payroll_id, by=office.person(Role.APPROVER))
    with pytest.raises(NobodyLeftOut):
        # whoever was taken out is paid by name only
        begin(office, payroll_id)
    made, named = new_id(), [reference]
    assert (
        begin(office, payroll_id, named, payroll_id=made) == begin(office, payroll_id, named, payroll_id=made) == made
    )
    with pytest.raises(NotNow):
        begin(office, office.create(date(2026, 12, 1)))

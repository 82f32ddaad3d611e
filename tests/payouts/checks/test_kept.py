"""Reasons outlive a rebuild where the same is found of the same award, account and amount, and only there."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from payouts.checks.acceptance import accept, accepted_by
from payouts.checks.finding import Finding, Kind, groups_of
from payouts.payment import Payment
from payouts.payroll import get_payroll, rebuild
from schemes.award import Award
from schemes.person import Role
from tests.awarding import Awarded


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def payroll_id(office):
    payroll_id = office.create()
    office.work()
    return payroll_id


def build_again(office, payroll_id):
    with office.transaction() as session:
        by, at = office.person(Role.PREPARER), office.service.now()
        rebuild(session, get_payroll(session, payroll_id, lock=True), by=by, at=at)
    office.work()


def findings(office, payroll_id, kind):
    """By award: the reason of its finding, and from which build it was kept."""
    with office.transaction() as session:
        rows = session.execute(
            select(Payment.award_id, Finding.reason, Finding.kept_from)
            .join(Payment, Payment.id == Finding.payment_id)
            .where(Finding.payroll_id == payroll_id, Finding.kind == kind)
        )
        return {award_id: (reason, kept) for award_id, reason, kept in rows}


def test_reasons_are_kept_over_rebuilds_with_who_accepted_and_from_which_build(office, payroll_id):
    finance = office.person(Role.FINANCE)
    office.accept_findings(payroll_id, reason="seen", by=finance)
    for _ in range(2):
        build_again(office, payroll_id)
    shared = findings(office, payroll_id, Kind.ONE_ACCOUNT_SEVERAL_PAYEES)
    assert shared
    assert set(shared.values()) == {("seen", 1)}
    with office.transaction() as session:
        assert not any(group.is_open for group in groups_of(session, payroll_id))
        assert accepted_by(session, get_payroll(session, payroll_id)) == {finance.person_id}


def test_a_reason_is_asked_for_anew_where_the_amount_or_the_account_is_another(office, payroll_id, clock):
    kind = Kind.ONE_ACCOUNT_SEVERAL_PAYEES
    office.accept_findings(payroll_id, reason="seen")
    first, *others = findings(office, payroll_id, kind)
    with office.transaction() as session:
        award = session.scalars(select(Award).where(Award.id == first)).one()
        changed = Awarded(office, award.id, award.payee_id, award.beneficiary_id, award.amount_pence)
    changed.change(award.first_day, award.amount_pence + 1)
    build_again(office, payroll_id)
    found = findings(office, payroll_id, kind)
    assert found[first] == (None, None)
    assert {found[award_id] for award_id in others} == {("seen", 1)}
    with office.transaction() as session:
        [group] = [group for group in groups_of(session, payroll_id) if group.kind is kind]
        assert group.open_count == 1


def test_what_nobody_accepted_stays_open_after_a_rebuild(office, payroll_id):
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id, lock=True)
        one = session.scalars(select(Finding).where(Finding.kind == Kind.ONE_ACCOUNT_SEVERAL_PAYEES).limit(1)).one()
        by, at = office.person(Role.PREPARER), office.service.now()
        accept(session, payroll, one.kind, finding_id=one.id, reason="a couple", by=by, at=at)
    build_again(office, payroll_id)
    reasons = [reason for reason, _ in findings(office, payroll_id, Kind.ONE_ACCOUNT_SEVERAL_PAYEES).values()]
    assert reasons.count("a couple") == 1
    assert reasons.count(None) == len(reasons) - 1

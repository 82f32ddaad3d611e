"""Findings of a real payroll: accepted one by one with a reason, or put right; until then there is no file."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select, text

from payouts.checks.acceptance import OneByOne, ReasonMissing, accept, accepted_by, reasons_of
from payouts.checks.finding import Kind, Severity, findings_of, groups_of, open_count
from payouts.checks.look import next_open
from payouts.files.sealing import FindingsOpen
from payouts.payroll import PayrollStatus, get_payroll, rebuild
from payouts.tasks.outbox import Task
from schemes.errors import NotAllowed, NotNow
from schemes.person import Role


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def payroll_id(office):
    payroll_id = office.create()
    office.work()
    return payroll_id


def say(office, payroll_id, kind, *, reason="known", by=Role.PREPARER, finding_id=None):
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id, lock=True)
        return accept(
            session, payroll, kind, reason=reason, finding_id=finding_id, by=office.person(by), at=office.service.now()
        )


def groups(office, payroll_id):
    with office.transaction() as session:
        return {group.kind: group for group in groups_of(session, payroll_id)}


def test_the_small_registers_oddities_are_found_and_grouped_with_what_blocks_first(office, payroll_id):
    found = groups(office, payroll_id)
    assert found[Kind.UNUSUALLY_LARGE].count == 1
    assert found[Kind.MODULUS_NOT_CHECKABLE].count == 2
    assert found[Kind.ONE_ACCOUNT_SEVERAL_PAYEES].count == 2
    assert found[Kind.ONE_PAYEE_SEVERAL_PAYMENTS].count == 2
    with office.transaction() as session:
        assert found[Kind.FIRST_PAYMENT].count == get_payroll(session, payroll_id).payment_count
    order = [group.severity for group in found.values()]
    assert order == sorted(order, key=list(Severity).index)


@pytest.mark.parametrize("reason", ["", "  ", "\n"])
def test_a_finding_is_accepted_only_with_a_reason(office, payroll_id, reason):
    with pytest.raises(ReasonMissing):
        say(office, payroll_id, Kind.UNUSUALLY_LARGE, reason=reason)
    assert groups(office, payroll_id)[Kind.UNUSUALLY_LARGE].is_open


@pytest.mark.parametrize("kind", [Kind.NAME_CUT, Kind.MODULUS_FAILED, Kind.TOTALS_DIFFER])
def test_what_blocks_is_put_right_not_accepted_and_a_note_needs_no_reason(office, payroll_id, kind):
    with pytest.raises(NotNow):
        say(office, payroll_id, kind)


def test_only_those_who_work_on_a_payroll_accept_its_findings(office, payroll_id):
    for role in (Role.APPROVER, Role.RELEASER):
        with pytest.raises(NotAllowed):
            say(office, payroll_id, Kind.UNUSUALLY_LARGE, by=role)


def test_one_of_several_findings_can_be_accepted_by_itself_and_the_rest_stay_open(office, payroll_id):
    with office.transaction() as session:
        first = findings_of(session, payroll_id, Kind.MODULUS_NOT_CHECKABLE)[0].finding
    assert say(office, payroll_id, Kind.MODULUS_NOT_CHECKABLE, finding_id=first.id, reason="seen the card") == 1
    group = groups(office, payroll_id)[Kind.MODULUS_NOT_CHECKABLE]
    assert (group.count, group.open_count) == (2, 1)
    # about accounts, duplicates and variance nobody says yes to all at once, also where one is left
    with pytest.raises(OneByOne):
        say(office, payroll_id, Kind.MODULUS_NOT_CHECKABLE, reason="and this", by=Role.FINANCE)
    with office.transaction() as session:
        left = next_open(session, payroll_id, Kind.MODULUS_NOT_CHECKABLE, after=first.id)
    assert left not in (None, first.id)
    said = say(office, payroll_id, Kind.MODULUS_NOT_CHECKABLE, finding_id=left, reason="and this", by=Role.FINANCE)
    assert said == 1
    with office.transaction() as session:
        assert [(reason, count) for _, reason, _, count in reasons_of(session, get_payroll(session, payroll_id))] == [
            ("and this", 1), ("seen the card", 1),
        ]  # fmt: skip
        people = {office.person(role).person_id for role in (Role.PREPARER, Role.FINANCE)}
        assert accepted_by(session, get_payroll(session, payroll_id)) == people


def test_a_reason_once_given_is_not_written_over(office, payroll_id):
    say(office, payroll_id, Kind.UNUSUALLY_LARGE, reason="first")
    assert say(office, payroll_id, Kind.UNUSUALLY_LARGE, reason="second") == 0
    with office.transaction() as session:
        assert [reason for _, reason, _, _ in reasons_of(session, get_payroll(session, payroll_id))] == ["first"]


def test_no_file_is_built_while_a_finding_is_open(office, payroll_id):
    with office.transaction() as session:
        left = open_count(session, payroll_id)
    with pytest.raises(FindingsOpen) as refused:
        office.seal(payroll_id)
    assert refused.value.count == left == 5
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    with office.transaction() as session:
        assert get_payroll(session, payroll_id).status is PayrollStatus.SEALED


def test_files_asked_for_twice_are_built_once(office, payroll_id):
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    office.seal(payroll_id)
    with office.transaction() as session:
        assert len(session.scalars(select(Task.id).where(Task.kind == "payroll.seal")).all()) == 1


def test_an_account_that_fails_the_check_blocks_the_payroll_until_it_is_built_again_without_it(
    office, payroll_id, owner
):
    with owner.begin() as connection:
        connection.execute(
            text("UPDATE account SET modulus_outcome = 'fail' WHERE id = (SELECT account_id FROM payment LIMIT 1)")
        )
    again(office, payroll_id)
    assert groups(office, payroll_id)[Kind.MODULUS_FAILED].is_open
    with owner.begin() as connection:
        connection.execute(text("UPDATE account SET modulus_outcome = 'pass' WHERE modulus_outcome = 'fail'"))
    again(office, payroll_id)
    assert Kind.MODULUS_FAILED not in groups(office, payroll_id)


def again(office, payroll_id):
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id, lock=True)
        rebuild(session, payroll, by=office.person(Role.PREPARER), at=office.service.now())
    office.work()


def test_a_payment_that_was_paid_before_to_the_same_account_is_no_first_payment(office, payroll_id):
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    office.decide_all(payroll_id)
    december = office.create(date(2026, 12, 1))
    office.work()
    assert Kind.FIRST_PAYMENT not in groups(office, december)

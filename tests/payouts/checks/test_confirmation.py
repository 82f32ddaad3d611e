"""What banks answered about names, as a payroll's checks tell it: what blocks, what needs a reason, what is a note."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from payouts.checks import confirmation
from payouts.checks.finding import SEVERITIES, Finding, Kind, Severity, groups_of
from payouts.confirmation.codes import Code
from payouts.confirmation.confirmation import Standing, standing_in_payroll
from payouts.demo.register import PROVIDER_REFERENCE
from payouts.payment import Payment
from schemes.award import Award
from schemes.name_policy import NamePolicy
from schemes.payee import Payee
from tests.payouts.checks.test_checks import FACTS, LINE, NOON

OLD = NOON - NamePolicy().good_for - timedelta(seconds=1)

OF_CODE = {
    Code.MATC: None,
    **dict.fromkeys((Code.MBAM, Code.BANM, Code.PANM, Code.BAMM, Code.PAMM), Kind.NAME_CLOSE_MATCH),
    Code.ANNM: Kind.NAME_NO_MATCH,
    **dict.fromkeys((Code.AC01, Code.IVCR), Kind.NO_SUCH_ACCOUNT),
    **dict.fromkeys((Code.ACNS, Code.OPTO, Code.SCNS), Kind.NAME_CANNOT_BE_CHECKED),
    Code.CASS: Kind.ACCOUNT_SWITCHED,
    Code.NO_ANSWER: None,
}


def found(code, asked_at):
    facts = replace(FACTS, confirmations={LINE.account_id: Standing(code, asked_at)})
    return [one.kind for one in confirmation.answered(LINE, facts)]


@pytest.mark.parametrize("code", Code)
def test_each_answer_is_found_or_is_nothing_to_find(code):
    assert found(code, NOON) == [kind for kind in [OF_CODE[code]] if kind]


@pytest.mark.parametrize("code", Code)
def test_what_speaks_against_a_name_does_so_however_long_ago_it_was_said(code):
    forgotten = {Code.MATC, Code.NO_ANSWER, Code.ACNS, Code.OPTO, Code.SCNS}
    assert found(code, OLD) == ([] if code in forgotten else [OF_CODE[code]])


def test_no_such_account_blocks_a_difference_needs_a_reason_and_not_knowing_is_a_note():
    assert SEVERITIES[Kind.NO_SUCH_ACCOUNT] is Severity.BLOCK
    for kind in (Kind.NAME_NO_MATCH, Kind.NAME_CLOSE_MATCH, Kind.ACCOUNT_SWITCHED):
        assert SEVERITIES[kind] is Severity.NEEDS_REASON
    for kind in (Kind.NAME_CANNOT_BE_CHECKED, Kind.NAMES_NOT_CHECKED):
        assert SEVERITIES[kind] is Severity.NOTE


def test_accounts_that_nobody_was_asked_about_are_one_note_for_all():
    (note,) = confirmation.asked(replace(FACTS, account_count=48, confirmed_count=3))
    assert (note.kind, note.payment_id, note.facts) == (
        Kind.NAMES_NOT_CHECKED,
        None,
        {"accounts": 45, "all": 48, "days": 90},
    )
    assert list(confirmation.asked(replace(FACTS, account_count=48, confirmed_count=48))) == []


@pytest.fixture
def start(landed):
    return landed


@pytest.mark.parametrize(
    ("code", "kind"),
    [(Code.AC01, Kind.NO_SUCH_ACCOUNT), (Code.ANNM, Kind.NAME_NO_MATCH), (Code.CASS, Kind.ACCOUNT_SWITCHED)],
)
def test_a_payroll_tells_what_the_bank_said_of_one_of_its_payees(office, code, kind):
    with office.transaction() as session:
        payees = two_payees(session)
    office.note_confirmation(payees[0], code)
    office.note_confirmation(payees[1], Code.MATC)
    payroll_id = office.create()
    office.work()
    with office.transaction() as session:
        groups = {group.kind: group for group in groups_of(session, payroll_id)}
        assert groups[kind].count == 1
        assert groups[kind].is_open
        told = session.scalars(select(Finding).where(Finding.kind == Kind.NAMES_NOT_CHECKED)).one()
        paid = set(session.scalars(select(Payment.account_id)))
        assert told.facts == {"accounts": len(paid) - 2, "all": len(paid), "days": 90}


def two_payees(session):
    """Payees with one payment each, so that an answer about one is one finding."""
    awarded = select(Award.payee_id)
    return session.scalars(
        select(Payee.id)
        .where(Payee.reference != PROVIDER_REFERENCE, Payee.id.in_(awarded))
        .order_by(Payee.reference)
        .limit(2)
    ).all()


def test_the_answers_of_a_payroll_are_read_by_one_query_however_many_payments_it_has(office):
    payroll_id = office.create()
    office.work()
    asked = []
    with office.transaction() as session:
        event.listen(session.connection(), "before_cursor_execute", lambda *args: asked.append(args[2]))
        standing_in_payroll(session, payroll_id)
    assert len(asked) == 1

"""A payroll that pays both records of one person says so, until somebody has looked."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from payouts.checks.finding import Finding, Kind, Severity
from payouts.web.finding_words import fact_sentence
from schemes.duplicates import pair
from schemes.person import Role

HEADER = "reference,beneficiary_name,amount,start_date,account_name,sort_code,account_number\n"
ROWS = (
    "A-1,Mary Watson,100.00,2026-04-01,M Watson,20-29-59,63748472\n"
    "A-2,Watson Mary,120.00,2026-05-01,M Watson,20-29-59,63748472\n"
    "A-3,Peter Parker,120.00,2026-05-01,P Parker,20-29-59,63748472\n"
)


@pytest.fixture
def paid(office):
    import_id = office.bring_in((HEADER + ROWS).encode())
    office.keep(import_id)
    office.confirm(import_id)


def found(office):
    payroll_id = office.create()
    office.work()
    with office.transaction() as session:
        findings = session.scalars(
            select(Finding).where(Finding.payroll_id == payroll_id, Finding.kind == Kind.POSSIBLY_ONE_PERSON)
        ).all()
    return sorted((finding.severity, fact_sentence(finding.kind, finding.facts)) for finding in findings)


def test_each_payment_to_one_of_two_who_are_probably_one_needs_a_reason(office, paid):
    assert found(office) == [
        (Severity.NEEDS_REASON, "The other one is A-1"),
        (Severity.NEEDS_REASON, "The other one is A-2"),
    ]


def test_two_whom_somebody_told_apart_are_paid_without_a_word(office, paid):
    with office.transaction() as session:
        for row in pair.pairs(session):
            by, at = office.person(Role.PREPARER), office.service.now()
            pair.say_not_same(session, row.pair, reason="cousins", by=by, at=at)
    assert found(office) == []


def test_one_of_two_who_is_not_paid_makes_no_finding(office, paid):
    with office.transaction() as session:
        [likely] = [row for row in pair.pairs(session) if row.pair.likelihood == "likely"]
    office.stop_payments(likely.second.id)
    assert found(office) == []

"""Control totals: what the source list says, held against what was built, to the penny."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from payouts.channels import release
from payouts.checks.control_totals import as_expected, enter_control_total
from payouts.checks.facts import Expected
from payouts.checks.finding import ONE_BY_ONE, OPENED, Finding, Kind
from payouts.files.sealing import FindingsOpen
from payouts.gates.manifest import manifest_of
from payouts.payroll import get_payroll, rebuild
from schemes.check_settings import Check, CheckSettings, Weight
from schemes.database import new_id
from schemes.errors import NotAllowed, NotNow
from schemes.person import Role
from tests.payouts.checks.test_checks import FACTS
from tests.payouts.checks.test_funds import build, weigh

LIST = "the case system's list"


@pytest.fixture
def start(landed):
    return landed


def enter(office, payroll_id, count, pence, *, role=Role.PREPARER, total_id=None):
    with office.transaction() as session:
        return enter_control_total(
            session,
            get_payroll(session, payroll_id, lock=True),
            total_id=total_id or new_id(),
            payment_count=count,
            total_pence=pence,
            source=LIST,
            by=office.person(role),
            at=office.service.now(),
        )


def figures(office, payroll_id):
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id)
        return payroll.payment_count, payroll.total_pence


def differences(office):
    with office.transaction() as session:
        return session.scalars(select(Finding).where(Finding.kind == Kind.CONTROL_TOTAL_DIFFERS)).all()


@pytest.mark.parametrize(
    ("count", "pence", "differs"), [(100, 1000_00, False), (100, 999_99, True), (99, 1000_00, True)]
)
def test_a_penny_or_a_payment_is_a_difference(count, pence, differs):
    facts = replace(FACTS, payment_count=100, total_pence=1000_00, expected=Expected(count, pence, LIST))
    assert bool(list(as_expected(facts))) is differs


def test_a_scheme_without_a_source_list_hears_nothing_and_one_that_asks_for_it_does():
    assert list(as_expected(FACTS)) == []
    asked = CheckSettings({Check.CONTROL_TOTAL_MISSING: Weight.REASON})
    assert [one.kind for one in as_expected(replace(FACTS, settings=asked))] == [Kind.CONTROL_TOTAL_MISSING]


def test_it_is_compared_when_it_is_entered_before_the_payroll_is_built(office):
    payroll_id = office.create()
    enter(office, payroll_id, 1, 1_00)
    office.work()
    [finding] = differences(office)
    count, pence = figures(office, payroll_id)
    assert {"expected_count": 1, "expected_pence": 1_00, "count": count, "total_pence": pence}.items() <= (
        finding.facts.items()
    )


def test_it_is_compared_at_once_when_it_is_entered_after_and_again_with_each_entry(office):
    payroll_id = build(office)
    count, pence = figures(office, payroll_id)
    enter(office, payroll_id, count, pence + 1)
    assert len(differences(office)) == 1
    assert Kind.CONTROL_TOTAL_DIFFERS in ONE_BY_ONE & OPENED
    enter(office, payroll_id, count, pence)
    assert differences(office) == []
    with office.transaction() as session:
        rebuild(
            session,
            get_payroll(session, payroll_id, lock=True),
            by=office.person(Role.PREPARER),
            at=office.service.now(),
        )
    office.work()
    assert differences(office) == []


def test_where_the_scheme_blocks_a_payroll_that_differs_gets_no_files(office, clock):
    weigh(office, clock, control_total_differs=Weight.BLOCK)
    payroll_id = build(office)
    count, pence = figures(office, payroll_id)
    enter(office, payroll_id, count + 1, pence)
    with pytest.raises(FindingsOpen):
        office.seal(payroll_id)
    enter(office, payroll_id, count, pence)
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    with office.transaction() as session:
        said = manifest_of(session, get_payroll(session, payroll_id)).read()["control_total"]
    assert (said["payment_count"], said["total_pence"], said["source"]) == (count, pence, LIST)


def test_what_people_decide_on_keeps_its_control_total(office, owner):
    payroll_id = build(office)
    count, pence = figures(office, payroll_id)
    entered = enter(office, payroll_id, count, pence)
    assert enter(office, payroll_id, 7, 7, total_id=entered.id).total_pence == pence
    with pytest.raises(NotAllowed):
        enter(office, payroll_id, 1, 1, role=Role.APPROVER)
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    with pytest.raises(NotNow):
        enter(office, payroll_id, count, pence)
    with owner.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
        connection.execute(text("UPDATE control_total SET total_pence = total_pence + 1"))
    with owner.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("UPDATE control_total SET total_pence = total_pence + 1"))
    with office.transaction() as session:
        payroll, service = get_payroll(session, payroll_id), office.service
        assert release.not_as_approved(session, service.seals, payroll, signer=service.signer) == ["control_total"]

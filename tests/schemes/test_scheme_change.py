"""A scheme and each of its versions take two people, count from the first day of a period, and leave payrolls alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from payouts.gates.gate import gates_of
from payouts.payment import Payment
from payouts.payroll import PeriodsOverlap, get_payroll, payroll_of_number
from schemes import change_applied, scheme_change
from schemes.amount import Inputs
from schemes.audit import AuditEvent
from schemes.change import ChangedSince, ChangeWaiting, NothingToChange, get_change
from schemes.database import new_id
from schemes.definition import Example
from schemes.errors import FieldsRefused, NotAllowed, NotFound, SamePerson
from schemes.gate_rule import FIRST_GATES
from schemes.period import Frequency, NoPeriod, PayDay, Schedule
from schemes.person import Role
from schemes.scheme import CodeTaken, get_scheme, scheme_of_code
from schemes.scheme_change import FromDay, FromDayRefused
from schemes.scheme_version import coming, in_effect, newest, next_paid, paid_on, versions_of


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def administrator(office):
    return office.person_with(Role.ADMINISTRATOR)


def definition_of(office):
    with office.transaction() as session:
        return newest(session, office.harbour.scheme_id).definition


def propose(office, definition, day, *, by=None, scheme_id=None, change_id=None):
    change_id = change_id or new_id()
    with office.transaction() as session:
        return scheme_change.propose(
            session,
            definition,
            change_id=change_id,
            scheme_id=scheme_id or office.harbour.scheme_id,
            effective_from=day,
            reason="Cabinet decided",
            by=by or office.person(Role.PREPARER),
            at=office.service.now(),
        ).id


def confirm(office, change_id, *, by=None):
    with office.transaction() as session:
        waiting = get_change(session, change_id, lock=True)
        by = by or office.person(Role.FINANCE)
        change_applied.confirm(session, waiting, by=by, at=office.service.now())


def put_in_force(office, definition, day):
    confirm(office, propose(office, definition, day))


def numbers(office, *days):
    with office.transaction() as session:
        versions = versions_of(session, office.harbour.scheme_id)
    return [found.number if (found := in_effect(versions, day)) else None for day in days]


def test_a_scheme_that_was_added_at_once_is_its_own_first_version(office):
    definition = definition_of(office)
    assert (definition.code, definition.payment_limit_pence) == ("HIL", 1_000_000)
    assert definition.gates == FIRST_GATES
    assert numbers(office, date(2025, 3, 31), date(2025, 4, 1), date(2030, 1, 1)) == [None, 1, 1]


def test_a_new_scheme_is_there_when_a_second_person_confirms_it_and_not_before(office, administrator):
    scheme_id = new_id()
    fuel = replace(definition_of(office), code="FUEL", name="Help with fuel")
    change_id = propose(office, fuel, fuel.schedule.first_day, by=administrator, scheme_id=scheme_id)
    with office.transaction() as session, pytest.raises(NotFound):
        get_scheme(session, scheme_id)
    with pytest.raises(SamePerson):
        confirm(office, change_id, by=administrator)
    confirm(office, change_id)
    confirm(office, change_id)
    with office.transaction() as session:
        assert scheme_of_code(session, "FUEL").id == scheme_id
        assert [version.definition for version in versions_of(session, scheme_id)] == [fuel]
        told = session.scalars(select(AuditEvent.action).order_by(AuditEvent.id)).all()
    assert told[-3:] == ["change.confirmed", "scheme.added", "scheme.version_added"]


def test_a_version_counts_for_periods_from_its_day_on(office):
    dearer = replace(definition_of(office), payment_limit_pence=2_000_000)
    put_in_force(office, dearer, date(2027, 1, 1))
    assert numbers(office, date(2026, 12, 1), date(2027, 1, 1), date(2027, 2, 1)) == [1, 2, 2]
    assert definition_of(office) == dearer
    put_in_force(office, replace(dearer, name="Living"), date(2026, 12, 1))
    assert numbers(office, date(2026, 11, 1), date(2026, 12, 1), date(2027, 2, 1)) == [1, 3, 3]


@pytest.mark.parametrize("role", [Role.FINANCE, Role.APPROVER, Role.RELEASER, Role.AUDITOR])
def test_only_an_administrator_or_a_preparer_proposes(office, role):
    with pytest.raises(NotAllowed):
        propose(office, replace(definition_of(office), name="X"), date(2027, 1, 1), by=office.person_with(role))


@pytest.mark.parametrize("role", [Role.PREPARER, Role.RELEASER, Role.AUDITOR])
def test_a_preparer_confirms_nothing(office, role):
    change_id = propose(office, replace(definition_of(office), name="X"), date(2027, 1, 1))
    with pytest.raises(NotAllowed):
        confirm(office, change_id, by=office.person_with(role))


@pytest.mark.parametrize(
    ("changes", "day", "why"),
    [
        ({"name": "X"}, date(2027, 1, 2), FromDay.NO_PERIOD_BEGINS),
        ({"name": "X"}, date(2025, 3, 1), FromDay.BEFORE_THE_FIRST),
        ({"schedule": Schedule(Frequency.WEEKLY, date(2027, 1, 4))}, date(2027, 1, 4), FromDay.PERIODS_CUT),
    ],
)
def test_a_version_never_cuts_a_period(office, changes, day, why):
    with pytest.raises(FromDayRefused) as refused:
        propose(office, replace(definition_of(office), **changes), day)
    assert refused.value.why is why


def test_a_version_whose_example_fails_is_not_even_proposed(office):
    definition = replace(definition_of(office), examples=(Example("support", Inputs(5000), None, 5001),))
    with pytest.raises(FieldsRefused):
        propose(office, definition, date(2027, 1, 1))


def test_a_scheme_pays_only_from_an_account_of_its_own_body(office):
    with pytest.raises(NotFound):
        propose(office, replace(definition_of(office), bank_profile_id=new_id()), date(2027, 1, 1))


def test_a_form_sent_twice_proposes_once_and_a_second_proposal_waits_its_turn(office):
    definition, change_id = replace(definition_of(office), name="X"), new_id()
    assert {propose(office, definition, date(2027, 1, 1), change_id=change_id) for _ in range(2)} == {change_id}
    with pytest.raises(ChangeWaiting):
        propose(office, definition, date(2027, 1, 1))
    confirm(office, change_id)
    assert propose(office, definition, date(2027, 1, 1), change_id=change_id) == change_id
    with pytest.raises(NothingToChange):
        propose(office, definition, date(2027, 1, 1))


def test_a_code_is_given_to_one_scheme_even_if_two_were_proposed_with_it(office):
    fuel = replace(definition_of(office), code="FUEL")
    with pytest.raises(CodeTaken):
        propose(office, definition_of(office), fuel.schedule.first_day, scheme_id=new_id())
    first, second = (propose(office, fuel, fuel.schedule.first_day, scheme_id=new_id()) for _ in range(2))
    confirm(office, first)
    with pytest.raises(CodeTaken):
        confirm(office, second)


def test_a_proposal_made_before_another_version_came_is_not_confirmed(office):
    change_id = propose(office, replace(definition_of(office), name="X"), date(2027, 1, 1))
    with office.transaction() as session:
        found = get_scheme(session, office.harbour.scheme_id, lock=True)
        definition = replace(definition_of(office), name="Y")
        day, at = date(2027, 1, 1), office.service.now()
        scheme_change.add_version(
            session, found.id, definition, number=2, effective_from=day, change_id=None, by=None, at=at
        )
    with pytest.raises(ChangedSince):
        confirm(office, change_id)


def test_a_version_is_never_changed_nor_taken_away(office, owner):
    for act in ("UPDATE scheme_version SET number = 2", "DELETE FROM scheme_version"):
        with owner.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
            connection.execute(text(act))


def test_a_payroll_goes_by_the_version_of_its_period_and_an_open_one_keeps_its_own(office):
    open_payroll = office.create(date(2026, 11, 27))
    two_approve = (*FIRST_GATES[:2], FIRST_GATES[2]._replace(people_needed=2), FIRST_GATES[3])
    definition = definition_of(office)
    put_in_force(office, replace(definition, gates=two_approve, payment_limit_pence=500), date(2026, 12, 1))
    next_payroll = office.create(date(2026, 12, 1))
    with office.transaction() as session:
        found = [get_payroll(session, payroll_id) for payroll_id in (open_payroll, next_payroll)]
        assert [payroll.scheme_version for payroll in found] == [1, 2]
        assert [gates_of(session, payroll.id)[2].people_needed for payroll in found] == [1, 2]


def test_the_day_that_a_payroll_pays_tells_its_period_by_the_rule(office):
    paid_later = replace(
        definition_of(office), schedule=Schedule(Frequency.MONTHLY, date(2025, 4, 1), PayDay.AFTER_LAST_DAY, 5)
    )
    put_in_force(office, paid_later, date(2026, 11, 1))
    payroll_id = office.create(date(2026, 12, 4))
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id)
    assert (payroll.period_first_day, payroll.period_last_day) == (date(2026, 11, 1), date(2026, 11, 30))


def test_the_pay_days_to_come_go_by_the_version_of_each_period(office):
    fifth = Schedule(Frequency.MONTHLY, date(2025, 4, 1), PayDay.AFTER_LAST_DAY, 5)
    put_in_force(office, replace(definition_of(office), schedule=fifth), date(2027, 1, 1))
    calendar = office.service.calendar
    with office.transaction() as session:
        versions = versions_of(session, office.harbour.scheme_id)
    found = list(coming(versions, date(2026, 11, 23), date(2027, 2, 10), calendar))
    assert [(each.period.first_day.month, each.number, each.pay_date) for each in found] == [
        (11, 1, None), (12, 1, None), (1, 2, date(2027, 2, 5)), (2, 2, date(2027, 3, 5))
    ]  # fmt: skip
    assert next_paid(versions, date(2026, 11, 25), calendar).pay_date == date(2027, 2, 5)
    # a period that ended is paid after it
    assert next_paid(versions, date(2027, 2, 5), calendar).period.last_day == date(2027, 1, 31)
    [last] = coming(versions, calendar.last, calendar.last, calendar)
    assert not last.is_known


def test_no_day_is_paid_by_two_payrolls_of_different_periods(office):
    office.create(date(2026, 11, 27))
    # confirmed with a first day that is back in what a payroll pays already
    put_in_force(
        office,
        replace(definition_of(office), schedule=Schedule(Frequency.WEEKLY, date(2026, 11, 1))),
        date(2026, 11, 1),
    )
    with pytest.raises(PeriodsOverlap) as refused:
        office.create(date(2026, 11, 30))
    assert refused.value.number == 1


def test_before_its_first_period_a_scheme_pays_nothing(office):
    with office.transaction() as session:
        versions = versions_of(session, office.harbour.scheme_id)
    with pytest.raises(NoPeriod):
        paid_on(versions, date(2025, 3, 31), office.service.calendar)


def test_a_version_may_change_what_the_payees_statement_says(office):
    definition = definition_of(office)
    put_in_force(office, replace(definition, reference="{payroll}/{number}"), date(2026, 11, 1))
    payroll_id = office.create(date(2026, 11, 27))
    office.work()
    with office.transaction() as session:
        number = payroll_of_number(session, 1).number
        references = session.scalars(select(Payment.reference).where(Payment.payroll_id == payroll_id)).all()
    assert references
    assert all(reference.startswith(f"{number:04}/0000") for reference in references)

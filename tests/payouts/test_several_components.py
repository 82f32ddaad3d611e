"""A scheme that pays several things: brought in by file, each paid under its own key, booked under its own codes."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select

from payouts.finance_codes import by_finance_code, finance_csv
from payouts.payment import Payment
from payouts.payroll import get_payroll
from schemes import change_applied, scheme_change
from schemes.amount import AmountKind, AmountRule, Inputs, inputs_from
from schemes.award import Award
from schemes.change import get_change
from schemes.contact import Contact
from schemes.contact_value import Channel
from schemes.database import new_id
from schemes.definition import Component, FinanceCodes
from schemes.imports.refused import refused_rows
from schemes.imports.register_import import get_import
from schemes.payee import Beneficiary, Mandate, Payee
from schemes.person import Role
from schemes.scheme_version import newest

MILES = Component("travel", "Travel to work", AmountRule(AmountKind.RATE, unit="miles"), FinanceCodes("F2", "5520"))
ROW = {
    "reference": "TWO-1",
    "beneficiary_name": "Ann Example",
    "date_of_birth": "25/11/1956",
    "start_date": "2026-04-01",
    "account_name": "A Example",
    "sort_code": "08-99-99",
    "account_number": "66374958",
    "address": "1 High Street, Harbour, HB1 2CD",
}
SUPPORT = {"component": "", "amount": "100.00"}
TRAVEL = {"component": "Travel to Work", "units": "38.5", "unit_rate": "0.45"}


@pytest.fixture
def start(seeded):
    return seeded


@pytest.fixture
def office(office):
    """The scheme also pays miles, since its first period, and its references bear people's own."""
    with office.transaction() as session:
        version = newest(session, office.harbour.scheme_id)
        first = replace(version.definition.components[0], finance=FinanceCodes("F1", "4410"))
        definition = replace(version.definition, components=(first, MILES), reference="{reference}/{payroll}/{number}")
        change_id, at = new_id(), office.service.now()
        scheme_change.propose(
            session,
            definition,
            change_id=change_id,
            scheme_id=office.harbour.scheme_id,
            effective_from=version.effective_from,
            reason="Travel is paid too",
            by=office.person(Role.PREPARER),
            at=at,
        )
        change_applied.confirm(session, get_change(session, change_id), by=office.person(Role.FINANCE), at=at)
    return office


def file_of(*rows):
    buffer = io.StringIO(newline="")
    header = [*ROW, "component", "amount", "units", "unit_rate", "payee_reference", "payee_name", "payee_role"]
    writer = csv.DictWriter(buffer, header)
    writer.writeheader()
    writer.writerows({**ROW, **row} for row in rows)
    return buffer.getvalue().encode()


def figures(office, import_id):
    with office.transaction() as session:
        brought = get_import(session, import_id)
        faults = [(row.line, fault["field"], fault["reason"]) for row in refused_rows(session, import_id)
                  for fault in row.faults]  # fmt: skip
        return brought.rows_good, brought.rows_unchanged, brought.rows_refused, faults


def landed(office, *rows):
    import_id = office.bring_in(file_of(*rows))
    office.keep(import_id)
    office.confirm(import_id)
    return import_id


def paid(office, payroll_id):
    with office.transaction() as session:
        payments = select(Payment).where(Payment.payroll_id == payroll_id).order_by(Payment.component)
        return [(one.component, one.amount_pence, one.reference) for one in session.scalars(payments)]


def test_one_person_with_two_components_in_a_file_is_one_payee_with_two_payments_under_two_keys(office):
    landed(office, SUPPORT, TRAVEL)
    with office.transaction() as session:
        counted = [session.scalar(select(func.count()).select_from(each)) for each in (Beneficiary, Payee, Mandate)]
        person, payee = session.scalars(select(Beneficiary)).one(), session.scalars(select(Payee)).one()
        inputs = {one.component: (one.amount_pence, one.inputs) for one in session.scalars(select(Award))}
        letter = session.scalars(select(Contact).where(Contact.channel == Channel.LETTER)).one()
    assert counted == [1, 1, 1]
    assert person.date_of_birth == payee.date_of_birth == date(1956, 11, 25)
    assert (letter.value, letter.postcode) == ("1 High Street\nHarbour\nHB1 2CD", "HB1 2CD")
    assert inputs["support"] == (10000, None)
    assert inputs_from(inputs["travel"][1]) == Inputs(units=38500, rate_pence=45)
    payroll_id = office.create()
    office.work()
    payments = paid(office, payroll_id)
    assert [each[:2] for each in payments] == [("support", 10000), ("travel", 1733)]
    assert {reference.rsplit("/", 1)[0] for _, _, reference in payments} == {"TWO-1/0001"}
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id)
        lines = by_finance_code(session, payroll)
        total = payroll.total_pence
    assert [(line.codes.fund, line.payments, line.pence) for line in lines] == [("F1", 1, 10000), ("F2", 1, 1733)]
    rows = list(csv.DictReader(io.StringIO(finance_csv(lines), newline="")))
    assert sum(int(row["amount_pence"]) for row in rows) == total


def test_a_second_component_comes_later_for_somebody_whom_the_register_knows(office):
    landed(office, SUPPORT)
    again = office.bring_in(file_of(SUPPORT, TRAVEL))
    assert figures(office, again) == (1, 1, 0, [])
    office.keep(again)
    with office.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Beneficiary)) == 1
        assert set(session.scalars(select(Award.component))) == {"support", "travel"}
    assert figures(office, office.bring_in(file_of(SUPPORT, TRAVEL)))[:3] == (0, 2, 0), "the same file twice"


@pytest.mark.parametrize(
    ("second", "faults"),
    [
        (SUPPORT, [(2, "reference", "repeated_reference"), (3, "reference", "repeated_reference")]),
        ({**SUPPORT, "component": "support"},
         [(2, "reference", "repeated_reference"), (3, "reference", "repeated_reference")]),
        ({**TRAVEL, "component": "rent"}, [(3, "component", "component")]),
        ({**TRAVEL, "beneficiary_name": "Anne"}, [(3, "reference", "beneficiary_differs")]),
        ({**TRAVEL, "date_of_birth": "1957-01-01"}, [(3, "reference", "beneficiary_differs")]),
        ({**TRAVEL, "account_name": "B Example"}, [(3, "payee_reference", "payee_differs")]),
        ({**TRAVEL, "address": "2 High Street, Harbour, HB1 2CD"}, [(3, "payee_reference", "payee_differs")]),
        ({**TRAVEL, "amount": "5"}, [(3, "amount", "not_asked_for")]),
        ({**TRAVEL, "units": "many"}, [(3, "units", "units")]),
        ({**TRAVEL, "unit_rate": ""}, [(3, "unit_rate", "missing")]),
        ({**TRAVEL, "date_of_birth": "2030-01-01"}, [(3, "date_of_birth", "birth")]),
        ({**TRAVEL, "address": "High Street"}, [(3, "address", "address")]),
    ],
)  # fmt: skip
def test_a_second_row_that_does_not_fit_the_first_or_the_rule_is_refused_by_field(office, second, faults):
    assert figures(office, office.bring_in(file_of(SUPPORT, second)))[3] == faults


def test_a_known_person_gets_no_second_award_to_somebody_who_is_not_paid_for_them(office):
    landed(office, SUPPORT, {**SUPPORT, "reference": "TWO-2"})
    for_another = {"payee_reference": "TWO-2", "payee_name": "Ann Example", "payee_role": "parent"}
    import_id = office.bring_in(file_of({**TRAVEL, **for_another}))
    assert figures(office, import_id)[3] == [(2, "reference", "in_register")]

"""Refused rows corrected one by one: read by the same rules, counted once, and whoever typed them has keyed them."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from payouts.gates.first_use import keyers, proposers
from payouts.payroll import get_payroll
from schemes.account import Account
from schemes.award import Award
from schemes.database import new_id
from schemes.errors import NotAllowed, NotFound, NotNow, SamePerson
from schemes.imports import correction, register_import
from schemes.imports.entry import COLUMNS, Outcome
from schemes.imports.refused import refused_csv, refused_rows
from schemes.imports.register_import import ImportRow, ImportStatus, get_import
from schemes.payee import Payee
from schemes.person import Role

HEAD = ["reference", "beneficiary_name", "amount", "start_date", "account_name", "sort_code", "account_number"]
ROW = dict(zip(HEAD, ["R-1", "Ann", "10", "2026-04-01", "A Example", "08-99-99", "66374958"], strict=True))
FOR_ANOTHER = {"payee_reference": "R-1", "payee_name": "Ann", "payee_role": "appointee"}


@pytest.fixture
def start(seeded):
    return seeded


def file_of(*rows, header=HEAD):
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, header)
    writer.writeheader()
    writer.writerows({**ROW, **row} for row in rows)
    return buffer.getvalue().encode()


def correct(office, import_id, line, *, by=None, **changes):
    with office.transaction() as session:
        brought = get_import(session, import_id, lock=True)
        row = correction.get_row(session, brought, line)
        typed = {**correction.values_of(session, office.service.seals, brought, row), **changes}
        by, at = by or office.person(Role.PREPARER), office.service.now()
        return correction.correct(session, office.service.seals, brought, line, typed, by=by, at=at)


def counts(office, import_id):
    with office.transaction() as session:
        brought = get_import(session, import_id)
        told = (brought.rows_good, brought.rows_unchanged, brought.rows_refused)
        kept = tuple(
            session.scalar(select(func.count()).where(ImportRow.import_id == import_id, ImportRow.outcome == outcome))
            for outcome in (Outcome.GOOD, Outcome.UNCHANGED, Outcome.REFUSED)
        )
    assert told == kept, "what the import says of its rows is what its rows are"
    return told


def faults(office, import_id):
    with office.transaction() as session:
        rows = refused_rows(session, import_id)
        return {row.line: [(fault["field"], fault["reason"]) for fault in row.faults] for row in rows}


def colleague(office):
    """Another preparer."""
    return replace(office.person(Role.PREPARER), person_id=new_id())


def test_a_corrected_row_becomes_good_and_lands_with_the_others(office):
    import_id = office.bring_in(file_of({}, {"reference": "R-2", "amount": "x"}))
    assert correct(office, import_id, 3, amount="12.50") is Outcome.GOOD
    assert counts(office, import_id) == (2, 0, 0)
    assert correct(office, import_id, 3, amount="99") is Outcome.GOOD, "a form sent twice corrects once"
    office.keep(import_id)
    with office.transaction() as session:
        assert sorted(session.scalars(select(Award.amount_pence))) == [1000, 1250]


def test_a_row_that_is_wrong_again_stays_refused_with_what_is_wrong_now(office):
    import_id = office.bring_in(file_of({"amount": "x"}))
    assert correct(office, import_id, 2, amount="5", sort_code="1", email="a@example.org") is Outcome.REFUSED
    assert faults(office, import_id) == {2: [("sort_code", "sort_code")]}
    with office.transaction() as session:
        brought = get_import(session, import_id)
        lines = "".join(refused_csv(session, office.service.seals, brought))
    (row,) = csv.DictReader(io.StringIO(lines, newline=""))
    assert (row["amount"], row["sort_code"], row["email"]) == ("5", "1", "a@example.org")
    assert correct(office, import_id, 2, sort_code="08-99-99") is Outcome.GOOD
    assert counts(office, import_id) == (1, 0, 0)


def test_numbers_that_the_page_does_not_show_stay_when_they_are_left_empty(office):
    import_id = office.bring_in(file_of({"amount": "x"}))
    assert correct(office, import_id, 2, amount="1", account_number="") is Outcome.GOOD


def test_of_two_rows_with_one_reference_only_one_can_become_good(office):
    import_id = office.bring_in(file_of({}, {"amount": "11"}))
    assert correct(office, import_id, 2) is Outcome.GOOD
    assert correct(office, import_id, 3) is Outcome.REFUSED
    assert faults(office, import_id) == {3: [("reference", "repeated_reference")]}
    assert correct(office, import_id, 3, reference="R-9") is Outcome.GOOD
    office.keep(import_id)
    with office.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Payee)) == 2


def test_a_row_that_the_register_has_is_unchanged_and_one_with_other_facts_refused(office):
    office.keep(office.bring_in(file_of({})))
    second = office.bring_in(file_of({"amount": "x"}, {"reference": "R-1", "amount": "y"}))
    assert correct(office, second, 2, amount="11") is Outcome.REFUSED
    assert faults(office, second)[2] == [("reference", "in_register")]
    assert correct(office, second, 2, amount="10") is Outcome.UNCHANGED
    assert correct(office, second, 3, amount="10") is Outcome.REFUSED
    assert counts(office, second) == (0, 1, 1)


@pytest.mark.parametrize("first", [{}, {**FOR_ANOTHER, "reference": "R-5"}], ids=["herself", "her as appointee"])
def test_a_corrected_row_leads_to_the_payee_of_the_others_or_is_refused(office, first):
    header = [*HEAD, *FOR_ANOTHER]
    import_id = office.bring_in(file_of(first, {"reference": "R-2", "amount": "x"}, {"reference": "R-3", "amount": "x"},
                                        header=header))  # fmt: skip
    assert correct(office, import_id, 3, amount="1", **FOR_ANOTHER) is Outcome.GOOD
    office_said = correct(office, import_id, 4, amount="1", account_name="Somebody", **FOR_ANOTHER)
    office.keep(import_id)
    with office.transaction() as session:
        assert get_import(session, import_id).status is ImportStatus.LANDED
        assert session.scalar(select(func.count()).select_from(Payee)) == 1
        assert list(session.scalars(select(Account.holder_name))) == ["A Example"]
    assert faults(office, import_id) == {4: [("payee_reference", "payee_differs")]}
    assert office_said is (Outcome.GOOD if first else Outcome.REFUSED), "what the page cannot see, landing does"
    assert counts(office, import_id) == (2, 0, 1)


def test_whoever_corrected_has_keyed_and_so_has_whoever_sent_the_file(office):
    other = colleague(office)
    import_id = office.bring_in(file_of({}, {"reference": "R-2", "amount": "x"}))
    correct(office, import_id, 3, amount="12.50", by=other)
    office.keep(import_id)
    both = replace(other, roles=frozenset(Role))
    now = office.service.now()
    with office.transaction() as session, pytest.raises(SamePerson):
        register_import.confirm(
            session, office.service.calendar, get_import(session, import_id, lock=True), by=both, at=now
        )
    office.confirm(import_id)
    payroll_id = office.create()
    office.work()
    sender = office.person(Role.PREPARER).person_id
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id)
        assert keyers(session, payroll) == proposers(session, payroll) == {sender, other.person_id}
        row = session.scalars(select(ImportRow).where(ImportRow.line == 3)).one()
        assert (row.corrected_by, row.corrected_at) == (other.person_id, office.service.now())


def test_rows_are_corrected_by_preparers_while_the_import_waits_for_a_decision(office):
    import_id = office.bring_in(file_of({}, {"reference": "R-2", "amount": "x"}))
    with pytest.raises(NotAllowed):
        correct(office, import_id, 3, by=office.person(Role.FINANCE))
    with pytest.raises(NotFound):
        correct(office, import_id, 99)
    office.keep(import_id)
    with pytest.raises(NotNow):
        correct(office, import_id, 3, amount="1")


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.dictionaries(st.sampled_from(COLUMNS), st.sampled_from([*ROW.values(), "", "x", "=1", "R-1", "R-2"])))
def test_whatever_is_typed_no_row_is_lost(office, typed):
    import_id = office.bring_in(file_of({}, {"reference": "R-2", "amount": "x"}))
    correct(office, import_id, 3, **typed)
    assert sum(counts(office, import_id)) == 2

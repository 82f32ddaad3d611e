"""Files of one-off payments: faults by row and field, all or the good rows, entered once, confirmed by another."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from payouts.payroll import get_payroll
from schemes import one_off_file
from schemes.database import new_id
from schemes.errors import FileFault, FileRefused, NotNow, SamePerson
from schemes.imports.register_import import NotWhole
from schemes.one_off_file import OneOffFileStatus
from schemes.one_off_payment import OneOff
from schemes.payee import get_beneficiary
from schemes.person import Role
from tests.entering import FILE_HEADER, entering, pay_one_offs, send_file


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def references(office):
    """The references of three people with awards."""
    with office.transaction() as session:
        return [get_beneficiary(session, entering(office, offset=n).beneficiary_id).reference for n in range(3)]


@pytest.fixture
def good(references):
    return FILE_HEADER + "".join(
        f"{reference},40.00,2026-11-20,2026-11-25,a winter grant,besides the award,2\n" for reference in references
    )


def enter(office, file, *, whole=True):
    with office.transaction() as session:
        found = one_off_file.get_file(session, file.id, lock=True)
        by, at = office.person(Role.PREPARER), office.service.now()
        return one_off_file.enter(session, office.service.seals, found, whole=whole, by=by, at=at)


def confirm(office, file, *, by=None):
    with office.transaction() as session:
        found = one_off_file.get_file(session, file.id, lock=True)
        who = by or office.person(Role.FINANCE)
        return one_off_file.confirm(session, found, by=who, at=office.service.now())


def entered(office):
    with office.transaction() as session:
        return session.scalar(select(func.count()).select_from(OneOff))


def test_a_file_is_entered_by_one_confirmed_by_another_and_paid(office, good):
    file = send_file(office, good)
    assert (file.rows_good, file.good_pence, entered(office)) == (3, 12000, 0)
    assert enter(office, file) == enter(office, file) == 3
    with pytest.raises(SamePerson):
        confirm(office, file, by=replace(office.person(Role.PREPARER), roles=frozenset({Role.FINANCE})))
    assert confirm(office, file) == confirm(office, file) == 3
    payroll_id = pay_one_offs(office)
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id)
        assert (payroll.payment_count, payroll.total_pence) == (3, 12000)


def test_the_same_file_twice_changes_nothing(office, good, references):
    made = new_id()
    assert send_file(office, good, file_id=made).id == send_file(office, good, file_id=made).id == made
    enter(office, send_file(office, good))
    again = send_file(office, good + f"{references[0]},5.00,2026-11-20,,a refund,besides the award,3\n")
    assert (again.rows_good, again.rows_unchanged, again.rows_refused) == (1, 3, 0)
    assert enter(office, again) == 1
    assert entered(office) == 4


def test_faults_are_told_by_row_and_field_and_all_or_the_good_rows_are_entered(office, good, references):
    first, second, _ = references
    file = send_file(
        office,
        good
        + f"{first},40.00,2026-11-20,,again,besides the award,2\n"
        + "NOBODY-1,ten,2026-11-20,,=1+1,,\n"
        + "NOBODY-1,10,2026-11-20,,a refund,,\n"
        + f"{second},10,the 20th,,a refund,,\n"
        + f"{second},10,2026-11-20,,a refund,besides it,\n"
        + f"{second},10,2026-11-20,,a refund,,\n",
    )
    assert {row["line"]: [(fault["field"], fault["reason"]) for fault in row["faults"]] for row in file.faults} == {
        5: [("reference", "repeated")],
        6: [("amount", "amount_not_a_number"), ("reason", "formula")],
        7: [("reference", "unknown_beneficiary")],
        8: [("about", "date")],
        9: [("sequence", "number_not_said")],
        10: [("further_because", "award_pays_this")],
    }
    with pytest.raises(NotWhole):
        enter(office, file)
    assert entered(office) == 0
    assert enter(office, file, whole=False) == 3
    with office.transaction() as session:
        found = one_off_file.get_file(session, file.id)
        assert (found.status, found.sealed_content) == (OneOffFileStatus.ENTERED, None)


def test_a_file_that_cannot_be_read_is_refused_whole(office, good):
    with pytest.raises(FileRefused) as refused:
        send_file(office, good.replace("Amount", "Pounds"))
    assert refused.value.fault is FileFault.MISSING_COLUMNS
    assert refused.value.facts == {"missing": ["amount"], "unknown": ["Pounds"]}


def test_a_file_is_discarded_or_rejected_and_then_nothing_of_it_is_paid(office, good):
    file = send_file(office, good)
    with office.transaction() as session:
        found = one_off_file.get_file(session, file.id, lock=True)
        one_off_file.discard(session, found, by=office.person(Role.PREPARER), at=office.service.now())
    with pytest.raises(NotNow):
        enter(office, file)
    second = send_file(office, good)
    enter(office, second)
    with office.transaction() as session:
        found = one_off_file.get_file(session, second.id, lock=True)
        by, at = office.person(Role.FINANCE), office.service.now()
        one_off_file.reject(session, found, reason="no letters", by=by, at=at)
    with pytest.raises(NotNow):
        confirm(office, second)
    # the keys are free again
    assert send_file(office, good).rows_good == 3

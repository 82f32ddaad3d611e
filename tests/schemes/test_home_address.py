"""Where the people live whose award it is, and where letters about it go: not to an organisation that is only paid."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from schemes import payee_details, revision
from schemes.contact import contacts_of
from schemes.contact_value import ContactRefused
from schemes.imports.refused import refused_rows
from schemes.letter_address import letter_address
from schemes.payee import Beneficiary, Capacity, beneficiaries_of, get_payee, payee_of_reference
from schemes.person import Role
from tests.contacting import mark_safe

HOME = "3 Low Street, Harbour, HB1 2CD"
HEAD = (
    "reference,beneficiary_name,amount,start_date,payee_reference,payee_name,payee_role,address,beneficiary_address,"
    "account_name,sort_code,account_number\n"
)
ROW = '{},Ann Example,10,2026-04-01,{},"1 High Street, Harbour, HB1 1AA","{}",A Example,08-99-99,66374958\n'


@pytest.fixture
def start(seeded):
    return seeded


def brought(office, *rows):
    import_id = office.bring_in((HEAD + "".join(ROW.format(*row) for row in rows)).encode())
    office.keep(import_id)
    office.confirm(import_id)
    return import_id


def home_of(office, payee_id):
    with office.transaction() as session:
        [(beneficiary, mandate)] = beneficiaries_of(session, get_payee(session, payee_id))
        return beneficiary, mandate


def letters(office, payee_id):
    beneficiary, mandate = home_of(office, payee_id)
    with office.transaction() as session:
        payee = get_payee(session, payee_id)
        return letter_address(payee, beneficiary, mandate.capacity, contacts_of(session, payee_id))


def payee(office, reference):
    with office.transaction() as session:
        return payee_of_reference(session, reference).id


@pytest.mark.parametrize(
    ("capacity", "to"),
    [
        (Capacity.APPOINTEE, ("The Payee", "1 High Street\nHarbour\nHB1 1AA")),
        (Capacity.DEPUTY, ("The Payee", "1 High Street\nHarbour\nHB1 1AA")),
        (Capacity.PROVIDER, ("Ann Example", "3 Low Street\nHarbour\nHB1 2CD")),
        (Capacity.LANDLORD, ("Ann Example", "3 Low Street\nHarbour\nHB1 2CD")),
    ],
)
def test_letters_go_to_whoever_acts_for_a_person_and_else_to_the_person(office, capacity, to):
    brought(office, ("R-1", f"P-1,The Payee,{capacity}", HOME))
    assert letters(office, payee(office, "P-1")) == to


def test_nobody_writes_where_no_address_is_known_or_may_be_used(office):
    brought(office, ("R-1", "P-1,The Payee,provider", ""), ("R-2", ",,", ""))
    assert letters(office, payee(office, "P-1")) == ("Ann Example", None)
    assert letters(office, payee(office, "R-2")).lines == "1 High Street\nHarbour\nHB1 1AA"
    mark_safe(office, payee(office, "R-2"))
    assert letters(office, payee(office, "R-2")).lines is None


def test_an_address_that_is_none_refuses_its_row(office):
    import_id = brought(office, ("R-1", "P-1,The Payee,parent", "High Street"), ("R-2", "P-2,The Payee,parent", HOME))
    with office.transaction() as session:
        [row] = refused_rows(session, import_id)
        assert [(fault["field"], fault["reason"]) for fault in row.faults] == [("beneficiary_address", "address")]
        assert session.scalars(select(Beneficiary.postcode)).all() == ["HB1 2CD"]


def test_a_corrected_address_is_kept_with_what_it_was_before(office):
    brought(office, ("R-1", "P-1,The Payee,parent", HOME))
    payee_id = payee(office, "P-1")
    for typed, refused in (("5 New Road\nHarbour\nHB1 9ZZ", None), ("nowhere", ContactRefused)):
        beneficiary, _ = home_of(office, payee_id)

        def correct(typed=typed, beneficiary=beneficiary):
            with office.transaction() as session:
                payee_details.correct_beneficiary(
                    session,
                    office.service.seals,
                    payee_id=payee_id,
                    beneficiary_id=beneficiary.id,
                    name=beneficiary.name,
                    date_of_birth=None,
                    address=typed,
                    reason="a letter of hers",
                    by=office.person(Role.PREPARER),
                    at=office.service.now(),
                )

        if refused:
            with pytest.raises(refused):
                correct()
        else:
            correct()
    with office.transaction() as session:
        [row] = revision.revisions_of(session, office.service.seals, get_payee(session, payee_id))
    assert (row.before, row.after) == ("3 Low Street\nHarbour\nHB1 2CD", "5 New Road\nHarbour\nHB1 9ZZ")
    assert home_of(office, payee_id)[0].postcode == "HB1 9ZZ"

"""The box at the top of each page: what it finds for whom, and that no account number gets into an address."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from payouts.payment import Payment
from payouts.payroll import get_payroll
from payouts.web.places import PLACES
from payouts.web.search import account_in, may_be_an_account
from schemes.account import Account, open_details
from schemes.audit import AuditEvent
from schemes.award import Award
from schemes.payee import Beneficiary, Payee
from schemes.person import Role
from schemes.seal import get_key


@pytest.fixture
def start(sealed):
    return sealed


def find(person, search):
    person.get("/account")
    action = person.page.soup.find("form", class_="app-find")
    token = action.find("input", attrs={"name": "csrf_token"})["value"]
    return person.client.post("/find", data={"csrf_token": token, "find": search})


@pytest.mark.parametrize(
    ("typed", "account"),
    [
        ("12-34-56 12345678", ("12-34-56", "12345678")),
        ("123456 1234 5678", ("123456", "12345678")),
        ("12345612345678", ("123456", "12345678")),
        ("GB29 NWBK 6016 1331 9268 19", ("601613", "31926819")),
        ("HILF-00012", None),
        ("12345678", None),
    ],
)
def test_an_account_is_known_however_it_is_written(typed, account):
    assert account_in(typed) == account


@pytest.mark.parametrize("typed", ["12345678", "12-34-56", "1234 5678", "12-34-56 1234567", "GB29NWBK60161331926819"])
def test_what_may_be_a_part_of_bank_details_stands_in_no_address(signed_in, typed):
    assert may_be_an_account(typed)
    answer = find(signed_in(Role.RELEASER), typed)
    assert answer.status_code == 200
    assert "Location" not in answer.headers


def test_payrolls_payees_payments_awards_and_pages_are_found_each_for_whoever_may_see_them(signed_in, office, sealed):
    with office.transaction() as session:
        payment = session.scalars(select(Payment).limit(1)).one()
        payee = session.get(Payee, (payment.body_id, payment.payee_id))
        award = session.scalars(select(Award).where(Award.id == payment.award_id)).one()
        beneficiary = session.get(Beneficiary, (payment.body_id, award.beneficiary_id))
        number = get_payroll(session, sealed.payroll_id).number
    finance, clerk = signed_in(Role.FINANCE), signed_in(Role.ENQUIRY)
    found = finance.get(find(finance, payee.reference).location)
    assert found.table("payees-1")[0][:2] == [payee.reference, payee.name]
    assert finance.get(f"/find?find={payment.reference}").table("payments")[0][0] == payment.reference
    assert f"/awards/{award.id}" in finance.get(f"/find?find={beneficiary.reference}").link(beneficiary.name)
    assert finance.get(f"/find?find=payroll {number}").link(f"Payroll {number}") == f"/payrolls/{sealed.payroll_id}"
    assert finance.get("/find?find=deadl").link("Calendar") == "/calendar"
    assert "Nothing begins like that" in clerk.get("/find?find=deadl").text
    page = clerk.get(f"/find?find={beneficiary.reference}")
    assert "Awards" not in page.text
    assert clerk.get(f"/find?find={payment.reference}").table("payments")[0][1].startswith(payee.name)


def test_a_search_by_a_whole_account_is_recorded_without_the_numbers_and_for_few(signed_in, office):
    with office.transaction() as session:
        account = session.scalars(select(Account).where(Account.confirmed_at.is_not(None)).limit(1)).one()
        payee = session.get(Payee, (account.body_id, account.payee_id))
        key = office.service.seals.open_row(get_key(session, payee.body_id, payee.key_id))
        details = open_details(key, account.id, account.sealed_details)
    typed = f"{details.sort_code} {details.account_number}"
    finance = signed_in(Role.FINANCE)
    answer = find(finance, typed).get_data(as_text=True)
    assert payee.name in answer
    assert details.account_number not in answer
    answer = find(signed_in(Role.PREPARER), typed).get_data(as_text=True)
    assert payee.name not in answer
    assert "Ask a finance officer" in answer
    with office.transaction() as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.action == "payee.searched_by_account")).all()
    assert [event.actor_id for event in events] == [office.person(Role.FINANCE).person_id]
    assert details.account_number not in str(events[0].facts)
    assert "not into the address" in finance.get(f"/find?find={typed}").text


def test_every_page_that_a_search_names_is_there(app):
    assert {place.endpoint for place in PLACES} <= app.view_functions.keys()

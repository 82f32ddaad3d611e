"""What is kept how long, on screen, and somebody erased by two people."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text

from payouts import erasure
from payouts.payment import Unpaid, UnpaidReason
from schemes.account import accounts_of
from schemes.hold import HoldKind
from schemes.payee import Payee
from schemes.person import Role


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def payee(office):
    with office.transaction() as session:
        return session.scalars(select(Payee).order_by(Payee.reference).limit(1)).one()


@pytest.fixture
def administrator(signed_in):
    return signed_in(Role.ADMINISTRATOR)


def test_the_page_says_what_is_kept_how_long_and_that_nobody_is_due(preparer):
    page = preparer.get(preparer.get("/payees").link("What is kept"))
    assert "6 financial years besides the current one" in page.text
    assert "before 1 April 2020 is no longer needed" in page.text
    assert page.table("kept")[0][2] == "6 financial years and the current one"
    assert "Nobody is due" in page.text


def test_somebody_still_needed_is_not_proposed(administrator, payee):
    administrator.get(f"/payees/{payee.id}/erasure")
    assert administrator.press("Propose to erase").errors == ["Say why this payee may be erased"]
    page = administrator.press("Propose to erase", reason="they asked for it")
    assert page.status == 422
    assert page.errors == ["This payee’s records are needed until 31 March 2033, so they can’t be erased before"]


def test_somebody_due_is_erased_by_two_people(office, owner, clock, payee, signed_in):
    with owner.begin() as connection:
        connection.execute(text("UPDATE award SET last_day = greatest(first_day, '2026-12-31')"))
    clock.time = datetime(2034, 4, 3, 9, 30, tzinfo=UTC)
    with office.transaction() as session:
        erasure.find_due(session, at=clock())
    administrator = signed_in(Role.ADMINISTRATOR)
    administrator.get(administrator.get("/retention").link(payee.reference))
    page = administrator.press("Propose to erase", reason="six years are over")
    assert page.done == ["You proposed to erase this payee. Somebody else has to confirm it"]
    assert "waits for a second person" in administrator.get(f"/payees/{payee.id}/erasure").text
    finance = signed_in(Role.FINANCE)
    finance.get(finance.get("/").link("Erasure of a payee"))
    assert payee.name not in finance.page.text
    finance.press("Save the decision", decision="confirm", code=finance.code())
    page = finance.get(f"/payees/{payee.id}")
    assert page.h1 == "Erased"
    assert "was erased on 3 April 2034" in page.text
    assert payee.name not in page.response.get_data(as_text=True)
    assert payee.reference not in finance.get("/retention").text
    with office.transaction() as session:
        [account] = accounts_of(session, payee.id)
    finance.get(f"/payees/{payee.id}/bank-details/{account.id}/full")
    page = finance.press("Show the whole number", reason="an old question")
    assert (page.status, page.h1) == (410, "This was erased")
    assert "was erased on" in administrator.get(f"/payees/{payee.id}/erasure").text


def test_whoever_is_no_administrator_proposes_nothing(preparer, payee):
    assert preparer.get(f"/payees/{payee.id}/erasure").status == 403


def test_a_restricted_record_is_not_listed_searched_or_paid_until_a_second_person_ends_it(office, preparer, payee):
    hold_id = office.stop_payments(payee.id, HoldKind.RESTRICTED, reason="they dispute it", review_on=None)
    for path in ("/payees", f"/payees?search={payee.reference}", f"/payees?search={payee.name}"):
        assert f"/payees/{payee.id}" not in preparer.get(path).response.get_data(as_text=True)
    page = preparer.get("/retention")
    assert [row[0] for row in page.table("restricted-payees")] == [payee.reference]
    payroll_id = office.create()
    office.work()
    with office.transaction() as session:
        held = select(Unpaid.reason).where(Unpaid.payroll_id == payroll_id, Unpaid.reason == UnpaidReason.RESTRICTED)
        assert session.scalars(held).first()
    office.let_go_on(payee.id, hold_id)
    assert "No record is restricted" in preparer.get("/retention").text
    assert payee.reference in preparer.get(f"/payees?search={payee.reference}").text

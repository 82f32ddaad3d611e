"""The public page of a payment: what somebody without an account sees, when, and what a stranger learns: nothing."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select, update

from payouts.following.process_id import Followed, Kind, process_id
from payouts.payment import Payment
from schemes.payee import Beneficiary, Language, Payee
from tests.answering import at_the_bank, receive, record_submission, release

BORN = date(1985, 3, 27)


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def payment(office, sealed):
    with office.transaction() as session:
        made = session.scalars(select(Payment).where(Payment.payroll_id == sealed.payroll_id).limit(1)).one()
        session.get_one(Beneficiary, (made.body_id, made.beneficiary_id)).date_of_birth = BORN
        return made


@pytest.fixture
def page_of(office, visitor):
    def look(row, kind=Kind.PAYMENT, more=""):
        return visitor.get(f"/follow/{id_of(office, row, kind)}{more}")

    return look


def id_of(office, row, kind=Kind.PAYMENT):
    return process_id(office.service.seals, Followed(kind, row.body_id, row.id))


def pounds(pence):
    return f"£{pence / 100:,.2f}"


def test_nothing_of_a_payment_is_told_before_it_is_released(office, sealed, payment, page_of):
    page = page_of(payment)
    assert page.h1 == "We are preparing this payment"
    assert pounds(payment.amount_pence) not in page.text
    assert payment.reference not in page.text
    release(office, sealed.payroll_id)
    page = page_of(payment)
    assert page.h1 == "This payment is approved"
    assert pounds(payment.amount_pence) in page.text
    assert payment.reference in page.text


def test_a_payment_is_followed_to_the_day_on_which_it_should_be_there(office, clock, sealed, payment, page_of):
    release(office, sealed.payroll_id)
    record_submission(office, sealed.payroll_id)
    page = page_of(payment)
    assert page.h1 == "This payment is on its way"
    assert "by the end of Wednesday 25 November 2026" in page.text
    clock.advance(days=2)
    assert page_of(payment).h1 == "This payment is due today"
    clock.advance(days=1)
    assert page_of(payment).h1 == "This payment should be in the account"


def test_a_payment_that_came_back_says_so_without_a_reason(office, sealed, page_of):
    release(office, sealed.payroll_id)
    record_submission(office, sealed.payroll_id)
    bank = at_the_bank(office, sealed.payroll_id)
    receive(office, bank.arucs((bank.items[0], "2")))
    with office.transaction() as session:
        came_back = session.scalars(select(Payment).where(Payment.status == "returned")).one()
    page = page_of(came_back)
    assert page.h1 == "This payment did not arrive"
    assert "deceased" not in page.text.lower()
    told = page_of(came_back, more="/progress.json").response.json
    assert (told["stage"], told["amount_pence"]) == ("came_back", came_back.amount_pence)


def test_a_page_tells_no_name_and_no_account_but_its_last_four_digits(office, sealed, payment, page_of):
    release(office, sealed.payroll_id)
    with office.transaction() as session:
        names = [session.get_one(kind, (payment.body_id, row)).name for kind, row in (
            (Payee, payment.payee_id), (Beneficiary, payment.beneficiary_id)
        )]  # fmt: skip
    page = page_of(payment)
    assert not [name for name in names if name in page.text]
    assert page.response.headers["Cache-Control"] == "no-store"
    assert page.soup.select_one("meta[name=robots]")["content"] == "noindex, nofollow"


def test_a_payee_who_reads_welsh_is_told_in_welsh_and_can_change_it(office, visitor, payment, page_of):
    with office.transaction() as session:
        session.get_one(Payee, (payment.body_id, payment.payee_id)).language = Language.WELSH
    page = page_of(payment)
    assert page.h1 == "Rydym yn paratoi’r taliad hwn"
    assert page.soup.html["lang"] == "cy"
    assert "Nid yw’r cyfieithiad hwn wedi’i adolygu eto" in page.soup.footer.text
    assert visitor.get(page.link("English")).h1 == "We are preparing this payment"


def test_an_award_s_page_lists_its_payments(office, sealed, payment, page_of):
    release(office, sealed.payroll_id)
    page = page_of(SimpleNamespace(body_id=payment.body_id, id=payment.award_id), Kind.AWARD)
    assert page.h1 == "Your payments"
    assert pounds(payment.amount_pence) in page.text
    assert page.link("See this payment").startswith(f"/follow/{id_of(office, payment)}")


@pytest.mark.parametrize("typed", ["27 3 1985", "27/03/1985"])
def test_a_payment_is_found_by_its_reference_and_a_day_of_birth(office, visitor, payment, typed):
    visitor.get("/follow")
    found = visitor.press("Find the payment", reference=payment.reference.lower(), fact=typed)
    assert found.h1 == "We are preparing this payment"


def test_a_wrong_reference_and_a_wrong_fact_are_told_alike(visitor, payment):
    said = []
    for reference, fact in ((payment.reference, "28 3 1985"), ("HIL-9999-000001", "27 3 1985"), ("x", "LS1 4DY")):
        visitor.get("/follow")
        page = visitor.press("Find the payment", reference=reference, fact=fact)
        said.append((page.status, page.errors))
    assert len({str(one) for one in said}) == 1
    assert said[0][0] == 422


def test_whoever_guesses_is_slowed_down_even_with_the_right_fact_at_last(visitor, clock, payment):
    for day in range(1, 9):
        visitor.get("/follow")
        visitor.press("Find the payment", reference=payment.reference, fact=f"{day} 4 1985")
    visitor.get("/follow")
    page = visitor.press("Find the payment", reference=payment.reference, fact="27 3 1985")
    assert page.status == 429
    assert int(page.response.headers["Retry-After"]) > 0
    clock.advance(minutes=16)
    visitor.get("/follow")
    page = visitor.press("Find the payment", reference=payment.reference, fact="27 3 1985")
    assert page.h1 == "We are preparing this payment"


def test_a_link_that_nobody_was_given_a_neighbour_s_and_an_old_one_look_alike(office, clock, sealed, payment, visitor):
    asked = [f"/follow/{'A' * 43}", "/follow/x", f"/follow/{id_of(office, payment)[:-1]}"]
    pages = [visitor.get(address) for address in asked]
    clock.advance(days=500)
    pages.append(visitor.get(f"/follow/{id_of(office, payment)}"))
    assert {(page.status, page.h1) for page in pages} == {(404, "We cannot show this payment")}


def test_nothing_is_told_any_more_of_somebody_who_was_erased(owner, payment, page_of):
    with owner.begin() as connection:
        connection.execute(update(Payee).where(Payee.id == payment.payee_id).values(erased_at=func.now()))
    assert page_of(payment).status == 404


def test_a_form_in_welsh_says_in_welsh_what_is_missing(visitor, payment):
    page = visitor.get(visitor.get("/follow").link("Cymraeg"))
    assert page.h1 == "Dilyn taliad"
    page = visitor.press("Dod o hyd i’r taliad", reference=" ", fact="")
    assert page.errors == ["Rhowch gyfeirnod y taliad", "Rhowch ddyddiad geni neu god post"]
    assert "Mae problem" in page.text

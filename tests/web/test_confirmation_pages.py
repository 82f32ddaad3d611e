"""Names checked with the bank, as people see it on the pages of a payee and of a file."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from payouts.app import make_service
from payouts.confirmation.codes import Code
from schemes.imports.register_import import RegisterImport
from schemes.payee import Payee
from schemes.person import Role
from tests.payouts.confirmation.conftest import TOKEN, Bank, bank

__all__ = ["bank"]
BUTTON = "Check the name with the bank"


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def service(make_settings, bank: Bank, clock):
    made = make_service(
        make_settings(
            sandbox_confirmation_url=bank.url,
            sandbox_confirmation_token=TOKEN,
            confirmation_timeout=0.5,
            confirmations_per_second=10_000.0,
        ),
        now=clock,
        pool_size=8,
    )
    yield made
    made.engine.dispose()


@pytest.fixture
def payee_id(office):
    with office.transaction() as session:
        return session.scalars(select(Payee.id).order_by(Payee.reference)).first()


@pytest.fixture
def import_id(office):
    with office.transaction() as session:
        return session.scalars(select(RegisterImport.id)).one()


def test_a_preparer_checks_a_name_and_reads_the_answer_beside_the_version(signed_in, payee_id):
    person = signed_in(Role.PREPARER)
    before = person.get(f"/payees/{payee_id}").table("names")
    assert before[0][1:3] == ["Not checked yet", "Check the name before the first payment"]
    page = person.press(BUTTON)
    assert "The name matches this account. Nothing to do" in page.done[0]
    (row,) = page.table("names")
    assert row[1] == "Match The name matches this account."
    assert row[2] == "Nothing to do"
    assert row[3].startswith("23 November 2026 at 9:31am, as a personal account, by Priya Preparer.")


def test_a_close_match_shows_the_name_that_the_bank_holds_and_what_to_do(signed_in, office, payee_id):
    office.note_confirmation(payee_id, Code.MBAM)
    (row,) = signed_in(Role.FINANCE).get(f"/payees/{payee_id}").table("names")
    assert "The bank holds “M Changed”." in row[1]
    assert row[2].startswith("Ask the payee which is right")


def test_an_answer_that_is_old_says_to_check_again(signed_in, office, payee_id, clock):
    office.note_confirmation(payee_id, Code.MATC)
    clock.advance(days=91)
    (row,) = signed_in(Role.APPROVER).get(f"/payees/{payee_id}").table("names")
    assert row[2] == "The answer is too old to go by. Check the name again"


def test_a_bank_that_does_not_answer_is_said_and_the_answer_before_stays(signed_in, office, bank, payee_id):
    office.note_confirmation(payee_id, Code.ANNM)
    person = signed_in(Role.PREPARER)
    person.get(f"/payees/{payee_id}")
    bank.faults(answer_503=1)
    page = person.press(BUTTON)
    assert "The name could not be checked now. Check it again later" in page.done[0]
    (row,) = page.table("names")
    assert row[1].startswith("No match The name does not match this account")
    assert "Asked again on 23 November 2026 at 9:31am, without an answer." in row[3]


def test_a_first_try_without_an_answer_says_why(signed_in, bank, payee_id):
    person = signed_in(Role.PREPARER)
    person.get(f"/payees/{payee_id}")
    bank.faults(lose_replies=1)
    (row,) = person.press(BUTTON).table("names")
    assert row[1] == "Can’t be checked The name could not be checked now: the connection was lost."


@pytest.mark.parametrize("role", [Role.APPROVER, Role.RELEASER])
def test_whoever_may_not_ask_sees_the_answers_and_no_button(signed_in, office, payee_id, import_id, role):
    office.note_confirmation(payee_id, Code.ANNM)
    person = signed_in(role)
    page = person.get(f"/payees/{payee_id}")
    assert not page.has_button(BUTTON)
    assert page.table("names")[0][1].startswith("No match")
    assert not person.get(f"/imports/{import_id}").has_button("Check all names")


def test_all_names_of_a_file_are_checked_with_progress_and_counts(signed_in, office, import_id):
    person = signed_in(Role.FINANCE)
    page = person.get(f"/imports/{import_id}")
    everybody = page.numbers["Not checked yet"]
    page = person.press("Check all names")
    assert page.soup.find("progress")["max"] == everybody
    assert f"0 names of {everybody} checked so far." in page.text
    state = person.client.get(f"/imports/{import_id}/check-names/progress").json
    assert (state["finished"], state["total"]) == (False, int(everybody))
    office.work()
    assert person.client.get(f"/imports/{import_id}/check-names/progress").json["finished"]
    page = person.get(f"/imports/{import_id}")
    assert page.numbers["Match"] == everybody
    assert "Not checked yet" not in page.numbers
    assert page.has_button("Check all names")


def test_without_anybody_to_ask_the_page_says_so(signed_in, service, payee_id, import_id, app, make_settings, clock):
    person = signed_in(Role.PREPARER)
    bare = make_service(make_settings(), now=clock)
    app.extensions["payouts"] = bare
    for path, button in ((f"/payees/{payee_id}", BUTTON), (f"/imports/{import_id}", "Check all names")):
        person.get(path)
        assert "Nobody is set up to ask banks about names" in person.press(button).done[0]
    bare.engine.dispose()

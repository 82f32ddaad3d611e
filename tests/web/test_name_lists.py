"""The names of the whole register: checked in the background, and worked through by what the banks said."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from payouts.confirmation.codes import Code
from schemes.payee import Payee
from schemes.person import Role
from tests.payouts.confirmation.conftest import bank
from tests.web.test_confirmation_pages import service
from tests.web.test_every_page import faults_of

__all__ = ["bank", "service"]


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def payees(office):
    with office.transaction() as session:
        return session.scalars(select(Payee).order_by(Payee.reference).limit(3)).all()


def test_answers_are_listed_by_class_page_by_page_and_a_later_answer_replaces_an_earlier(
    signed_in, office, payees, clock, monkeypatch
):
    monkeypatch.setattr("payouts.web.name_lists.PAGE", 1)
    for payee, code in zip(payees, (Code.ANNM, Code.AC01, Code.ANNM), strict=True):
        office.note_confirmation(payee.id, code)
    clock.advance(minutes=1)
    office.note_confirmation(payees[2].id, Code.MATC)
    office.note_confirmation(payees[0].id, Code.NO_ANSWER)
    approver = signed_in(Role.APPROVER)
    page = approver.get("/names")
    assert faults_of(page) == []
    rows = page.table("answers") + approver.get(page.link("Next page")).table("answers")
    assert {row[1] for row in rows} == {payees[0].name, payees[1].name}
    assert not approver.page.has_button("Check all names")
    assert [row[1] for row in approver.get(page.link("Match")).table("answers")] == [payees[2].name]
    assert "go by an answer of this kind" in approver.get("/names?answer=switched").text
    assert approver.get("/names?answer=x&after=y").status == 200


def test_the_whole_register_is_checked_with_progress(signed_in, office):
    finance = signed_in(Role.FINANCE)
    finance.get("/names")
    page = finance.press("Check all names of the register")
    assert page.soup.find("progress") is not None
    office.work()
    assert finance.client.get("/names/check/progress").json["finished"]
    assert finance.get("/names?answer=match").table("answers")

"""Journals in the browser: asked for by finance, refused in plain words, listed with their digests."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from payouts.ledger.entry import Event
from payouts.ledger.posting import post
from payouts.payment import Payment
from schemes.person import Role
from tests.web.test_every_page import faults_of


@pytest.fixture
def start(sealed):
    return sealed


def test_finance_downloads_a_journal_and_sees_it_listed(office, signed_in):
    finance = signed_in(Role.FINANCE)
    finance.get("/exports")
    assert finance.press("Download the journal", of="payroll").errors == ["Enter the number of a payroll"]
    page = finance.press("Download the journal", of="payroll", number="1")
    assert page.errors == ["Nothing was posted that this export could hold"]
    with office.transaction() as session:
        post(session, Event.RELEASED, select(Payment.id), at=office.service.now())
    finance.get("/exports")
    page = finance.press("Download the journal", of="payroll", number="1", form_of_file="xlsx")
    assert page.response.data.startswith(b"PK")
    page = finance.get("/exports")
    assert page.table("exports")[0][2].startswith("XLSX")
    assert faults_of(page) == []

"""Everything about one person, asked for and downloaded in the browser."""

from __future__ import annotations

import io
import zipfile

import pytest
from sqlalchemy import select

from schemes.payee import Payee
from schemes.person import Role


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def here(office):
    with office.transaction() as session:
        return f"/payees/{session.scalars(select(Payee.id).order_by(Payee.reference)).first()}"


def test_it_is_asked_for_with_a_reason_and_downloaded_by_a_button(signed_in, here):
    finance = signed_in(Role.FINANCE)
    finance.get(finance.get(here).link("Everything held about"))
    page = finance.press("Ask for everything")
    assert page.errors == ["Choose whom it is about", "Say why you need everything about this person"]
    page = finance.press("Ask for everything", concerns="payee", reason="A letter of 3 November")
    assert "A letter of 3 November" in page.text
    answer = finance.send("Download the ZIP file")
    assert answer.mimetype == "application/zip"
    assert answer.headers["Cache-Control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.get_data())) as archive:
        assert "bank-details.csv" in archive.namelist()


def test_whoever_may_not_ask_sees_no_way_to_it(preparer, here):
    assert "Everything held about" not in preparer.get(here).text
    assert preparer.get(f"{here}/access/new").status == 403

"""A refused row as a form on its page."""

from __future__ import annotations

import pytest

from schemes.person import Role
from tests.web.visitor import csv_upload

HEADER = "reference,beneficiary_name,amount,start_date,account_name,sort_code,account_number\r\n"
GOOD = "A-1,Ann Example,120.50,2026-01-05,A Example,08-99-99,66374958\r\n"
BAD = "A-2,Bob Example,-3,2026-01-05,B Example,08-99-99,66374958\r\n"


@pytest.fixture
def start(seeded):
    return seeded


@pytest.fixture
def here(preparer, office):
    preparer.get("/imports/new")
    path = preparer.press("Send the file", file=csv_upload((HEADER + GOOD + BAD).encode())).response.request.path
    office.work()
    return path


def test_a_refused_row_is_corrected_on_its_page(preparer, here, signed_in):
    preparer.get(here)
    page = preparer.get(preparer.page.link("Correct line 3"))
    assert (page.status, page.h1) == (200, "Correct line 3")
    assert page.errors == ["The amount is negative: “-3”. Only amounts above zero can be paid"]
    assert "66374958" not in page.response.get_data(as_text=True)
    assert "The row has one ending 4958: leave empty to keep it" in page.text
    page = preparer.press("Save and read again", amount="3", sort_code="2O-00-00")
    assert page.status == 422
    assert page.errors == ["It is not a sort code: “2O-00-00”. Write 6 digits, as in 20-00-00"]
    page = preparer.press("Save and read again", sort_code="08-99-99")
    assert page.done == ["Line 3 is good now"]
    assert (page.numbers["Good rows"], page.numbers["Refused rows"]) == ("2", "0")
    assert preparer.get(f"{here}/rows/3").response.request.path == here, "and then there is nothing to correct"
    assert preparer.get(f"{here}/rows/77").status == 404
    assert signed_in(Role.FINANCE).get(f"{here}/rows/3").status == 403


def test_a_form_left_open_while_the_file_was_kept_is_told_so(preparer, here, office):
    preparer.get(f"{here}/rows/3")
    form = preparer.page
    preparer.get(here)
    preparer.press("Continue", decision="keep")
    preparer.page = form
    assert preparer.press("Save and read again", amount="3").response.request.path == here

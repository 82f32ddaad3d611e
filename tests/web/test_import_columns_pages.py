"""Saying what the columns of a file are, on its page."""

from __future__ import annotations

import pytest

from schemes.person import Role
from tests.web.visitor import csv_upload

THEIRS = b"Client ID;Name;Weekly Amount;From;Account holder;Sortcode;Account No;Shoe size\r\n"
ROW = b"C-1;Ann Example;120,50;25/04/2026;A Example;089999;66374958;5\r\n"
GOOD = b"C-2;Bob Example;12050;25/04/2026;B Example;089999;66374958;5\r\n"


@pytest.fixture
def start(seeded):
    return seeded


def send(person, office, content):
    person.get("/imports/new")
    here = person.press("Send the file", file=csv_upload(content)).response.request.path
    office.work()
    return here


def test_other_columns_are_told_once_and_the_next_file_is_read_without_asking(preparer, office, signed_in):
    here = send(preparer, office, THEIRS + GOOD)
    assert "once somebody says how it is meant" in preparer.get("/").text
    preparer.get(here)
    page = preparer.get(preparer.page.link("Say what the columns are"))
    assert page.h1 == "What are the columns of this file?"
    assert "66374958" not in page.response.get_data(as_text=True)
    page = preparer.press("Read the file", column_0="", column_7="amount")
    assert page.status == 422
    assert page.errors == ["Choose which column is the reference", "Amount is chosen for another column too"]
    page = preparer.press("Read the file", column_0="reference", column_7="", amounts="pence", source="Care system")
    assert page.response.request.path == here
    office.work()
    page = preparer.get(here)
    assert page.numbers["Good rows"] == "1"
    assert "Nothing of the file is in the register yet" in page.text

    page = preparer.get(send(preparer, office, THEIRS + GOOD.replace(b"C-2", b"C-3")))
    assert "The columns were taken as those of Care system." in page.text
    page = preparer.get("/imports/sources")
    assert "shoe size is left out" in page.text
    assert not signed_in(Role.FINANCE).get("/imports/sources").has_button("Forget")
    preparer.get("/imports/sources")
    assert preparer.press("Forget Care system").done == [
        "The columns of Care system are forgotten. The next file with them is asked about"
    ]


def test_a_first_day_is_taken_from_the_page_or_from_a_column_and_not_from_both(preparer, office):
    here = send(preparer, office, THEIRS + GOOD)
    preparer.get(f"{here}/columns")
    page = preparer.press("Read the file", first_day=["1", "4", "2026"])
    assert page.errors == ["A column tells the start date, so leave this empty"]
    preparer.press("Read the file", first_day=["1", "4", "2026"], column_3="", amounts="pence")
    office.work()
    assert preparer.get(here).numbers["Good rows"] == "1"


def test_a_file_whose_columns_are_unknown_can_be_discarded_on_its_page(preparer, office):
    here = send(preparer, office, THEIRS + ROW)
    preparer.get(here)
    page = preparer.press("Discard the file")
    assert "Nothing of this file was kept" in page.text
    assert preparer.get(f"{here}/columns").response.request.path == here

"""A payment file of an older system, on its page."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.web.visitor import csv_upload

SINGLE = (Path(__file__).parents[1] / "golden" / "standard18" / "single-day.txt").read_bytes()


@pytest.fixture
def start(seeded):
    return seeded


@pytest.fixture
def send(preparer, office):
    def sent(content):
        preparer.get("/imports/new")
        here = preparer.press("Send the file", file=csv_upload(content, "SUN.txt")).response.request.path
        office.work()
        return here

    return sent


def test_a_payment_file_is_looked_at_and_taken_as_awards(preparer, office, send):
    here = send(SINGLE)
    preparer.get(here)
    page = preparer.get(preparer.page.link("Look at the payments"))
    assert "a Bacs Standard 18 file" in page.text
    assert "£2,125.50" in page.text
    assert "1 record: contras, collections and instructions" in page.text
    assert "are those of its payments" in page.text
    assert preparer.press("Read the payments").errors == ["Enter the first day of the awards"]
    day = ["1", "12", "2026"]
    page = preparer.press("Read the payments", first_day=day, references="numbered", prefix="a b")
    assert page.errors == ["Use up to 12 letters, digits and / . -"]
    preparer.press("Read the payments", first_day=day, references="numbered", prefix="OLD")
    office.work()
    page = preparer.get(here)
    assert page.numbers["Good rows"] == "2"
    assert "The rows are the payments of a Bacs Standard 18 file." in page.text
    assert preparer.get(f"{here}/payments").response.request.path == here


def test_a_payment_file_that_was_cut_short_is_told_so(preparer, send):
    here = send(b"".join(line for line in SINGLE.splitlines(keepends=True) if b"A N OTHER" not in line))
    page = preparer.get(f"{here}/payments")
    assert "The file does not agree with itself" in page.text
    assert "Its own count of payments is 2, but it holds 1" in page.text
    assert "Its own total is £2,125.50, but its payments come to £2,000.00" in page.text
    page = preparer.get(send(b"".join(SINGLE.splitlines(keepends=True)[:6])) + "/payments")
    assert "It has no trailer, so the end may be missing" in page.text

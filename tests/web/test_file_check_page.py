"""Checking a file in the browser: the answer is one sentence, and the payments that differ stand below it."""

from __future__ import annotations

import io

import pytest

from payouts.files.payment_file import files_of
from payouts.files.segment import open_content
from schemes.person import Role
from tests.payouts.files.test_file_check import swapped


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def here(sealed):
    return f"/payrolls/{sealed.payroll_id}/check-file"


@pytest.fixture
def approved(office, sealed):
    with office.transaction() as session:
        [file] = files_of(session, sealed.payroll_id)
        return open_content(session, office.service.seals, file).read()


def test_an_approver_checks_what_the_bureau_was_given(signed_in, here, approved):
    approver = signed_in(Role.APPROVER)
    assert "No file has been checked yet." in approver.get(here).text
    page = approver.press("Check the file", file=(io.BytesIO(approved), "sent.txt"))
    assert "This is the approved file" in page.text
    page = approver.press("Check the file", file=(io.BytesIO(swapped(approved)), "other.txt"))
    assert "This is not the approved file" in page.text
    assert "2 payments differ" in page.text
    assert [row[:1] for row in page.table("sums")] == [["Another account"]]
    assert len(page.table("differences")) == 2
    assert [row[3] for row in page.table("checks")] == ["Not what was approved", "The approved file"]


def test_a_file_that_cannot_be_read_says_so_beside_the_field(signed_in, here):
    releaser = signed_in(Role.RELEASER)
    releaser.get(here)
    [error] = releaser.press("Check the file", file=(io.BytesIO(b"hello"), "sent.txt")).errors
    assert error.startswith("This file can’t be read as payments")
    assert releaser.press("Check the file").errors == ["Choose the file to check"]

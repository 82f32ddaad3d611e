"""What people meet after a restore that lost something: each page says so, and nothing goes on that could pay twice."""

from __future__ import annotations

import pytest

from payouts.files.payment_file import files_of
from payouts.gates.decision import decisions_of
from schemes import older_copy
from schemes.person import Role


@pytest.fixture
def start(sealed):
    return sealed


def hold(office):
    with office.transaction() as session:
        older_copy.hold(session, position=1, published=2, at=office.service.now())


def test_people_of_a_held_body_are_told_why_nobody_decides(office, sealed, signed_in, code_of):
    hold(office)
    preparer = signed_in(Role.PREPARER)
    page = preparer.get(f"/payrolls/{sealed.payroll_id}")
    assert "The service was restored from a backup" in page.text
    preparer.get(page.link("Decide"))
    [error] = preparer.press("Sign the decision", verdict="go", code=code_of(Role.PREPARER)).errors
    assert error.startswith("The service was restored from a backup")
    with office.transaction() as session:
        assert not decisions_of(session, sealed.payroll_id)


def test_no_file_of_a_held_body_is_given_out(office, sealed, signed_in):
    office.decide_all(sealed.payroll_id)
    hold(office)
    releaser = signed_in(Role.RELEASER)
    releaser.get(f"/payrolls/{sealed.payroll_id}")
    answer = releaser.send("Download", follow_redirects=True)
    assert answer.mimetype == "text/html"
    with office.transaction() as session:
        [file] = files_of(session, sealed.payroll_id)
    assert file.first_downloaded_at is None

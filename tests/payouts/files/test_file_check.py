"""A file held against the approved one: what a fraudster would change in it is found and named."""

from __future__ import annotations

import hashlib
import io

import pytest
from psycopg import errors
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from bacs.comparison import Part, listed
from payouts.files.file_check import CheckOutcome, NotAPaymentFile, check_file, checks_of
from payouts.files.payment_file import files_of
from payouts.files.segment import open_content
from payouts.payroll import get_payroll
from schemes.audit import AuditEvent, trail
from schemes.errors import NotAllowed, NotNow
from schemes.person import Role


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def approved(office, sealed):
    with office.transaction() as session:
        [file] = files_of(session, sealed.payroll_id)
        return open_content(session, office.service.seals, file).read()


def check(office, payroll_id, content, *, by=Role.RELEASER):
    with office.transaction() as session:
        return check_file(
            session,
            office.service.seals,
            get_payroll(session, payroll_id),
            file_name="from-the-bureau.txt",
            content=io.BytesIO(content),
            by=office.person(by),
            at=office.service.now(),
        )


def lines_with_payments(content):
    return [line for line in content.split(b"\r\n") if len(line) == 100 and not line.startswith(b"08999966374958")]


def swapped(content):
    """Two payments' accounts changed for one another: every total stays as it was."""
    one, other = lines_with_payments(content)[:2]
    return content.replace(one, other[:14] + one[14:]).replace(other, one[:14] + other[14:])


def test_the_file_that_was_downloaded_is_the_approved_one(office, sealed):
    office.decide_all(sealed.payroll_id)
    checked = check(office, sealed.payroll_id, office.download(sealed.payroll_id))
    assert checked.check.outcome is CheckOutcome.SAME_BYTES
    assert checked.comparison is None


def test_two_accounts_swapped_are_found_although_every_total_is_right(office, sealed, approved):
    content = swapped(approved)
    assert content != approved
    assert len(content) == len(approved)
    checked = check(office, sealed.payroll_id, content)
    assert checked.check.outcome is CheckOutcome.DIFFERS
    assert checked.comparison.expected_pence == checked.comparison.given_pence
    assert checked.comparison.sums() == {Part.ACCOUNT: (2, 0)}


def test_other_line_ends_are_other_bytes_and_the_same_payments(office, sealed, approved):
    checked = check(office, sealed.payroll_id, approved.replace(b"\r\n", b"\n"))
    assert checked.check.outcome is CheckOutcome.SAME_PAYMENTS
    assert checked.comparison.same_count == len(list(listed(io.BytesIO(approved))))


@pytest.mark.parametrize("content", [b"", b"hello", b"%PDF-1.7\n\x00\xff", b"<html></html>", b"a;b\n1;2\n"])
def test_what_is_no_payment_file_is_refused_and_nothing_is_kept(office, sealed, content):
    with pytest.raises(NotAPaymentFile):
        check(office, sealed.payroll_id, content)
    with office.transaction() as session:
        assert not checks_of(session, sealed.payroll_id)


def test_a_payroll_without_files_has_nothing_to_be_held_against(office):
    payroll_id = office.create()
    with pytest.raises(NotNow):
        check(office, payroll_id, b"")


def test_who_only_reads_checks_no_file(office, sealed, approved):
    with office.transaction() as session, pytest.raises(NotAllowed):
        check_file(
            session,
            office.service.seals,
            get_payroll(session, sealed.payroll_id),
            file_name="x",
            content=io.BytesIO(approved),
            by=office.person_with(Role.AUDITOR),
            at=office.service.now(),
        )


def test_who_checked_which_bytes_is_kept_for_good_and_tells_nobodys_details(office, sealed, approved, owner):
    content = swapped(approved)
    check(office, sealed.payroll_id, content)
    with office.transaction() as session:
        [kept] = checks_of(session, sealed.payroll_id)
        event = next(
            event for event in trail(session, subject_id=sealed.payroll_id, limit=5) if event.action == "file.checked"
        )
    assert isinstance(event, AuditEvent)
    assert (kept.sha256, kept.checked_by) == (
        hashlib.sha256(content).hexdigest(), office.person(Role.RELEASER).person_id,
    )  # fmt: skip
    details = {one.account_number for one in listed(io.BytesIO(approved))}
    told = f"{event.facts} {kept.differing}"
    assert not any(number in told for number in details)
    with pytest.raises(DBAPIError) as refused, owner.begin() as connection:
        connection.execute(text("UPDATE file_check SET outcome = 'same_bytes'"))
    assert isinstance(refused.value.orig, errors.Error)

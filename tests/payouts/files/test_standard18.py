"""A payroll's file: read back it is the payments, made again it is the same bytes, and a sandbox's says so."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date
from itertools import chain

import pytest
from sqlalchemy import select

from bacs.errors import Unreadable
from bacs.standard18 import Credit, read_submission, write
from payouts.app import make_service
from payouts.files import standard18
from payouts.files.facts import FileCredit, FileFacts, ReadBackDiffers
from payouts.files.payment_file import files_of
from payouts.files.regenerating import regenerate
from payouts.files.segment import open_content
from payouts.files.standard18 import compare, submission_of
from payouts.payment import Payment, lines_of
from payouts.payroll import get_payroll
from schemes import seal
from schemes.account import open_details
from schemes.body import Body, BodyKind
from schemes.seal import get_key

CREDITS = (
    Credit("089999", "66374958", 123_45, "J BLOGGS", "HIL-0001-000001"),
    Credit("107999", "88837491", 1, "Z OHARA-NUNEZ", "HIL-0001-000002", "ROLL/7"),
)
FACTS = FileFacts(
    payroll_number=1,
    serial=7,
    created_on=date(2026, 11, 23),
    processing_day=date(2026, 11, 24),
    service_user_number="000000",
    submitter="000000",
    service_user_name="HARBOUR FUND",
    account_name="HARBOUR FUND",
    sort_code="089999",
    account_number="66374958",
    narrative="PAYROLL 1",
    item_limit_pence=2_000_000_00,
    sandbox=True,
    count=2,
    total_pence=123_46,
)


def build(facts, payments):
    """A file's bytes, from one of its payments at a time."""
    placed = [FileCredit(ordinal, credit) for ordinal, credit in enumerate(payments, start=1)]
    parts = [standard18.records(facts, [each]) for each in placed]
    return standard18.opening(facts) + b"".join(chain.from_iterable(parts)) + standard18.closing(facts)


class TestOfAPayroll:
    """The file of the sealed payroll."""

    @pytest.fixture
    def start(self, sealed):
        return sealed

    @pytest.fixture
    def content(self, office, sealed):
        with office.transaction() as session:
            return open_content(session, office.service.seals, files_of(session, sealed.payroll_id)[0]).read()

    def test_read_back_it_is_exactly_the_payments(self, office, sealed, content):
        (user_file,) = read_submission(content).user_files
        (section,) = user_file.sections
        with office.transaction() as session:
            lines = list(lines_of(session, Payment.payroll_id == sealed.payroll_id))
            payroll = get_payroll(session, sealed.payroll_id)
            expected = []
            for line in lines:
                key = office.service.seals.open_row(get_key(session, office.harbour.body_id, line.key_id))
                details = open_details(key, line.account_id, line.sealed_details)
                reference = details.roll_number or line.reference
                expected.append((details.sort_code, details.account_number, line.amount_pence, reference))
        found = [(c.sort_code, c.account_number, c.amount_pence, c.reference) for c in section.credits]
        assert found == expected
        assert section.processing_day == payroll.processing_day == date(2026, 11, 24)
        assert sum(credit.amount_pence for credit in section.credits) == payroll.total_pence
        assert len(section.credits) == payroll.payment_count > 40

    def test_the_files_record_says_of_its_bytes_what_is_true(self, office, sealed, content):
        with office.transaction() as session:
            file = files_of(session, sealed.payroll_id)[0]
            payments = set(session.scalars(select(Payment.file_id)))
        assert (file.sha256, file.byte_count) == (hashlib.sha256(content).hexdigest(), len(content))
        assert file.name == "SANDBOX-HIL-0001-20261124-000001.txt"
        assert payments == {file.id}

    def test_a_sandbox_file_cannot_be_taken_for_a_real_one(self, content):
        (user_file,) = read_submission(content).user_files
        assert user_file.service_user_number == "000000"
        assert user_file.service_user_name.startswith("SANDBOX ")
        assert user_file.sections[0].account.name.startswith("SANDBOX ")
        assert user_file.sections[0].narrative == "SANDBOX PAYROLL 1"

    def test_made_again_on_another_day_by_another_process_after_rotation_it_is_the_same_bytes(
        self, office, sealed, content, make_settings, clock
    ):
        ring = f"k2:{'ZGRk' * 10}ZGQ="
        both = make_service(make_settings(key_ring=f"{ring},{make_settings().key_ring}"), now=clock)
        with both.transaction(office.harbour.body_id) as session:
            while seal.rewrap(session, both.seals):
                pass
        clock.advance(days=40)
        only = make_service(make_settings(key_ring=ring), now=clock)
        with only.transaction(office.harbour.body_id) as session:
            payroll = get_payroll(session, sealed.payroll_id)
            assert b"".join(regenerate(session, only, payroll, files_of(session, payroll.id)[0])) == content
        both.engine.dispose()
        only.engine.dispose()

    def test_a_live_bodys_file_says_nothing_of_a_sandbox(self, office, sealed, owner, content):
        with office.transaction() as session:
            session.get(Body, office.harbour.body_id).kind = BodyKind.LIVE
            with session.no_autoflush:
                payroll = get_payroll(session, sealed.payroll_id)
                live = b"".join(regenerate(session, office.service, payroll, files_of(session, payroll.id)[0]))
            session.rollback()
        assert b"SANDBOX" not in live
        assert len(live) == len(content)


def test_the_same_facts_are_the_same_bytes_and_other_facts_are_others():
    content = build(FACTS, CREDITS)
    assert content == b"".join(write(submission_of(FACTS, CREDITS)))
    for change in ({"serial": 8}, {"created_on": date(2026, 11, 24)}, {"sandbox": False}, {"narrative": "OTHER"}):
        assert build(replace(FACTS, **change), CREDITS) != content


def test_a_file_number_runs_to_999_and_begins_again_while_the_serial_goes_on():
    for serial, number in ((1, 1), (999, 999), (1000, 1), (999_999, 1 + 999_998 % 999)):
        submission = read_submission(build(replace(FACTS, serial=serial), CREDITS))
        assert submission.serial_number == f"{serial:06d}"
        assert submission.user_files[0].file_number == number


def with_a_byte_changed(offset):
    content = bytearray(build(FACTS, CREDITS))
    at = content.index(b"08999966374958099") + offset
    content[at] = ord("7") if content[at] != ord("7") else ord("8")
    return bytes(content)


@pytest.mark.parametrize("offset", [5, 13, 78, 83], ids=["sort code", "account", "reference", "name"])
def test_a_byte_that_is_not_as_it_was_meant_is_caught_before_the_file_is_given_out(offset):
    expected = submission_of(FACTS, CREDITS).as_sent()
    compare(expected, read_submission(build(FACTS, CREDITS)))
    with pytest.raises(ReadBackDiffers) as differs:
        compare(expected, read_submission(with_a_byte_changed(offset)))
    assert differs.value.record == 1


def test_an_amount_that_is_not_as_it_was_meant_leaves_the_contra_wrong():
    with pytest.raises(Unreadable):
        read_submission(with_a_byte_changed(45))


def test_a_payment_lost_or_too_many_is_caught():
    expected = submission_of(FACTS, CREDITS).as_sent()
    for others in (CREDITS[:1], (*CREDITS, CREDITS[0]), CREDITS[::-1]):
        with pytest.raises(ReadBackDiffers):
            compare(expected, submission_of(FACTS, others).as_sent())

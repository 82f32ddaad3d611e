"""The simulated bank: it reads files its own way, answers over days, and says the same to the same file and seed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bacs import recognition, reports, standard18
from bacs.calendar import Calendar
from bacs.iso20022 import camt, pain002
from bacs.iso20022.reading import Mismatch
from bacs.reports import arucs, input_report
from payouts.sandbox.bank.cycle import FIRST_BALANCE_PENCE, Course, statements, take
from payouts.sandbox.bank.fate import MAGIC_ACCOUNTS, MAGIC_SORT_CODE, Fate, Script
from tests.sandbox.bank.submissions import ENTRY, INPUT, PROCESSING, pain001_of, standard18_of

CALENDAR = Calendar.england()
CREDITS = [("200415", f"{number:08d}", 100 * number, f"REF {number}") for number in range(1, 41)]
ORDINARY = Script(seed=7, rejected=1, amended=1, returned=3, returned_late=1, corrected=2)
Writer = Callable[[list[tuple[str, str, int, str]]], bytes]
both_forms = pytest.mark.parametrize("write", [standard18_of, pain001_of])


NOTHING_WRONG = Script()


def taken(content: bytes, script: Script = NOTHING_WRONG, *, on: date = INPUT) -> Course:
    return take(BytesIO(content), script, calendar=CALENDAR, received_on=on)


@both_forms
def test_the_banks_own_reading_finds_what_we_wrote(write: Writer) -> None:
    course = taken(write(CREDITS))
    assert course.refused == ""
    assert (course.about.count, course.about.total_pence) == (40, sum(pence for _, _, pence, _ in CREDITS))
    assert (course.about.processing_day, course.entry_day) == (PROCESSING, ENTRY)
    assert course.accepted == (40, course.about.total_pence)


@both_forms
@given(credits=st.lists(st.sampled_from(CREDITS), min_size=1, max_size=30), seed=st.integers(0, 99))
def test_every_credit_has_one_fate_and_the_account_balances(write: Writer, credits, seed) -> None:
    course = taken(write(credits), Script.of(seed))
    assert len({each.item.place for each in course.struck}) == len(course.struck)
    if course.refused:
        assert (course.bookings, course.accepted) == ((), (0, 0))
        return
    debited = sum(each.amount_pence for each in course.bookings if not each.is_credit and each.bank_code[:4] == "PMNT")
    back = sum(each.amount_pence for each in course.bookings if each.is_credit)
    returned = [each for each in course.struck if each.fate in (Fate.RETURNED, Fate.RETURNED_LATE)]
    assert debited == course.accepted[1]
    assert back == sum(each.item.amount_pence for each in returned)


@both_forms
def test_the_same_seed_gives_the_same_bytes_and_another_other_people(write: Writer) -> None:
    first, again = taken(write(CREDITS), ORDINARY), taken(write(CREDITS), ORDINARY)
    assert first.deliveries == again.deliveries
    assert statements([first], through=date.max) == statements([again], through=date.max)
    assert (
        taken(write(CREDITS), Script(seed=8, returned=3)).struck
        != taken(write(CREDITS), Script(seed=9, returned=3)).struck
    )


def test_our_readers_understand_each_report_and_find_nothing_that_disagrees() -> None:
    course = taken(standard18_of(CREDITS), ORDINARY)
    kinds = []
    for delivery in course.deliveries:
        kinds.append(recognition.recognise(BytesIO(delivery.content)))
        assert list(recognition.faults(BytesIO(delivery.content))) == [], delivery.name
    assert kinds == ["ArrivalReport", "InputReport", "AWACS", "ARUCS", "ARUCS"]


def test_the_input_report_counts_what_was_rejected() -> None:
    course = taken(standard18_of(CREDITS), ORDINARY)
    content = next(each.content for each in course.deliveries if each.name.startswith("Input"))
    found = list(input_report.read(content, user_number="912345"))
    listed = [each for each in found if isinstance(each, input_report.ListedItem)]
    report = next(each for each in found if isinstance(each, input_report.UserFileReport))
    assert sorted(each.outcome for each in listed) == ["AMENDED", "REJECTED"]
    assert report.accounts[0].entries["CreditEntry"]["AcceptedRecords"] == course.accepted
    assert (report.serial_number, report.file_number, report.processing_day) == ("000417", "417", PROCESSING)


def test_returns_name_the_credit_by_everything_that_finds_it_again() -> None:
    course = taken(standard18_of(CREDITS), Script(seed=3, returned=3))
    content = next(each.content for each in course.deliveries if each.name.startswith("Arucs"))
    found = [each for each in arucs.read(content, user_number="912345") if isinstance(each, arucs.ReturnedCredit)]
    assert [(r.sort_code, r.account_number, r.amount_pence, r.reference) for r in found] == [
        each.item.key for each in course.struck
    ]
    assert {each.original_processing_day for each in found} == {PROCESSING}
    assert [each.reason for each in found] == [each.code for each in course.struck]


@pytest.mark.parametrize(("number", "fate"), [(number, fate) for number, (fate, _) in MAGIC_ACCOUNTS.items()])
def test_a_magic_account_makes_its_fate_happen(number: str, fate: Fate) -> None:
    course = taken(standard18_of([*CREDITS, (MAGIC_SORT_CODE, number, 500, "MAGIC")]))
    assert [(each.item.account_number, each.fate) for each in course.struck] == [(number, fate)]


def test_a_recalled_credit_comes_back_as_requested() -> None:
    course = taken(standard18_of(CREDITS), Script(recalled=frozenset({CREDITS[4]})))
    assert [(each.item.key, each.code) for each in course.struck] == [(CREDITS[4], "C")]


@both_forms
def test_a_byte_that_is_wrong_refuses_the_whole_file(write: Writer) -> None:
    content = write(CREDITS)
    figure = b"00000000100" if write is standard18_of else b">1.00<"
    assert content.count(figure) >= 1
    course = taken(content.replace(figure, figure.replace(b"1", b"2"), 1))
    assert course.refused
    assert not course.bookings
    said = course.deliveries[-1].content
    if write is standard18_of:
        report = next(each for each in reports.read(BytesIO(said)) if isinstance(each, input_report.UserFileReport))
        assert not report.is_processed
    else:
        group = next(each for each in pain002.read(said) if isinstance(each, pain002.GroupStatus))
        assert group.status == "RJCT"


def test_a_file_that_comes_too_late_for_its_day_is_refused() -> None:
    assert "too late" in taken(standard18_of(CREDITS), on=PROCESSING).refused


def test_a_returned_credit_of_a_message_is_told_by_notification_and_statement() -> None:
    course = taken(pain001_of(CREDITS), Script(seed=1, returned=2))
    notified = next(each for each in course.deliveries if each.name.startswith("Camt054"))
    back = [each for each in camt.read(notified.content) if isinstance(each, camt.Transaction)]
    assert all(each.is_return for each in back)
    assert sorted(each.end_to_end_id for each in back) == sorted(each.item.payment_id for each in course.struck)


def test_statements_follow_one_another_and_hold_every_booking_once() -> None:
    first = taken(standard18_of(CREDITS), ORDINARY)
    second = taken(standard18_of(CREDITS[:5], serial="000418"), Script(seed=2, returned=1))
    balance, booked = FIRST_BALANCE_PENCE, 0
    for number, delivery in enumerate(statements([first, second], through=date.max), start=1):
        found = list(camt.read(delivery.content))
        assert not any(isinstance(each, Mismatch) for each in found)
        statement = next(each for each in found if isinstance(each, camt.Statement))
        assert statement.sequence_number == str(number)
        assert statement.balances[0].amount_pence == balance
        balance = statement.balances[1].amount_pence or 0
        booked += sum(isinstance(each, camt.Entry) for each in found)
    assert booked == len(first.bookings) + len(second.bookings)
    early = statements([first, second], through=ENTRY)
    assert [each.day for each in early] == [ENTRY]
    assert early[0].day < ENTRY + timedelta(days=1)


def test_trouble_with_reports_leaves_the_whole_one_to_be_read() -> None:
    course = taken(standard18_of(CREDITS), Script(seed=1, returned=1, report_repeated=True, report_cut_off=True))
    by_content: dict[bytes, int] = {}
    for each in course.deliveries:
        by_content[each.content] = by_content.get(each.content, 0) + 1
    assert sorted(by_content.values()) == [1, 2, 2, 2]
    names = [each.name for each in course.deliveries]
    assert len(set(names)) == len(names)


def test_what_is_no_submission_at_all_is_refused() -> None:
    assert taken(b"Dear bank,\r\nplease pay these people.\r\n").refused
    assert taken(b"<Document><broken").refused


def test_the_writer_of_these_tests_makes_files_that_our_validator_takes() -> None:
    assert [
        fault for fault in standard18.validate(standard18_of(CREDITS)) if fault.severity is standard18.Severity.ERROR
    ] == []

"""Reading files as they come."""

import io
from codecs import BOM_UTF8
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bacs.errors import BacsError, Unreadable
from bacs.standard18 import Item, Kind, read, read_submission

GOLDEN = Path(__file__).parents[2] / "golden" / "standard18"
EXAMPLE = (GOLDEN / "single-day.txt").read_bytes()


def test_every_line_of_the_worked_example_is_recognised():
    kinds = [str(line.kind) for line in read(EXAMPLE)]
    assert kinds == ["VOL1", "HDR1", "HDR2", "UHL1", "credit", "credit", "contra", "EOF1", "EOF2", "UTL1"]


def test_a_payments_values_are_read():
    line = list(read(EXAMPLE))[5]
    assert line.item() == Item(
        sort_code="107999",
        account_number="88837491",
        transaction_code="99",
        originating_sort_code="089999",
        originating_account_number="66374958",
        amount_pence=200000,
        user_name="EXAMPLE COUNCIL",
        reference="HSF-2026-000102",
        account_name="B-B SMITH & CO",
        processing_day=None,
    )
    assert line.number == 6


def test_a_labels_slices_are_given_by_name():
    fields = next(read(EXAMPLE)).fields()
    assert (fields["serial_number"], fields["submitter"]) == ("000417", "912345")


@pytest.mark.parametrize(
    "data",
    [EXAMPLE.replace(b"\r\n", b"\n"), EXAMPLE.removesuffix(b"\r\n"), b"\xef\xbb\xbf" + EXAMPLE,
     b"\r\n".join(line.ljust(100) for line in EXAMPLE.splitlines())],
)  # fmt: skip
def test_other_line_ends_padding_and_a_byte_order_mark_are_read_too(data):
    assert [line.kind for line in read(data)] == [line.kind for line in read(EXAMPLE)]


def test_a_file_may_be_read_from_a_stream():
    assert list(read(io.BytesIO(EXAMPLE))) == list(read(EXAMPLE))


def test_a_line_without_end_costs_no_more_memory_than_a_record():
    lines = list(read(b"VOL1" + b"x" * 5_000_000 + b"\n" + EXAMPLE))
    assert len(lines[0].text) <= 1001
    assert [line.kind for line in lines[1:]] == [line.kind for line in read(EXAMPLE)]


@pytest.mark.parametrize("code", ["01", "17", "18", "19"])
def test_debits_are_recognised(code):
    line = list(read(EXAMPLE))[4]
    (read_line,) = read((line.text[:15] + code + line.text[17:]).encode())
    assert read_line.kind is Kind.DEBIT
    assert read_line.item().is_debit


@pytest.mark.parametrize("code", ["0N", "0C", "0S"])
def test_direct_debit_instructions_are_recognised(code):
    line = list(read(EXAMPLE))[4]
    (read_line,) = read((line.text[:15] + code + line.text[17:35] + "0" * 11 + line.text[46:]).encode())
    assert read_line.kind is Kind.INSTRUCTION
    assert not read_line.item().is_debit
    assert not read_line.item().is_credit


def test_the_worked_example_comes_back_as_values():
    submission = read_submission(EXAMPLE)
    (user_file,) = submission.user_files
    (section,) = user_file.sections
    assert (submission.serial_number, submission.created_on) == ("000417", date(2026, 9, 14))
    assert (user_file.expires_on, section.processing_day) == (date(2026, 9, 23), date(2026, 9, 16))
    assert [credit.amount_pence for credit in section.credits] == [12550, 200000]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (b"00000012550", b"00000012551", 7),
        (b"0000002        0000000", b"0000003        0000000", 10),
        (b"EOF1", b"EOF9", 8),
        (b"00000200000", b"0000020000X", 6),
        (b"908999966374958    00000200000", b"908999966374959    00000200000", 6),
        (b"HDR2F0200000100", b"HDR2F0200000106", 4),
        (b"88837491099", b"88837491017", 6),
    ],
)
def test_a_file_that_does_not_agree_with_itself_is_refused_and_names_the_line(old, new, line):
    assert old in EXAMPLE
    with pytest.raises(Unreadable) as refused:
        read_submission(EXAMPLE.replace(old, new, 1))
    assert refused.value.line == line


@given(st.integers(0, len(EXAMPLE) - 3))
def test_a_file_that_was_cut_off_is_refused(length):
    with pytest.raises(BacsError):
        read_submission(EXAMPLE[:length])


@given(st.lists(st.tuples(st.integers(0, len(EXAMPLE) - 1), st.binary(min_size=1, max_size=3)), max_size=5))
def test_a_damaged_file_is_read_or_refused_and_nothing_else(damages):
    data = bytearray(EXAMPLE)
    for place, damage in damages:
        data[place : place + len(damage)] = damage
    lines = list(read(bytes(data)))
    for line in lines:
        line.fields()
        line.item()
    assert [line.number for line in lines] == list(range(1, len(lines) + 1))
    mark = len(BOM_UTF8) if lines[0].has_byte_order_mark else 0
    assert mark + sum(len(line.text) + len(line.end) for line in lines) == len(data), "nothing is left out"
    with suppress(BacsError):
        read_submission(bytes(data))

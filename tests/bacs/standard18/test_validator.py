"""The strict validator: every fault with its line, its column, what was expected and what was found."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bacs.calendar import Calendar
from bacs.standard18 import FaultKind, Rules, Severity, validate
from bacs.weights import WeightTable

GOLDEN = Path(__file__).parents[2] / "golden" / "standard18"
SINGLE = (GOLDEN / "single-day.txt").read_bytes()
MULTI = (GOLDEN / "bureau-multi-day.txt").read_bytes()
DEBITS = (GOLDEN / "direct-debits.txt").read_bytes()
COLLECTING = Rules(licensed_codes=frozenset({"0N", "01", "17", "99"}))
ENGLAND = Calendar.england()


def faults(data: bytes, rules: Rules | None = None) -> list[tuple[FaultKind, int, int]]:
    return [(fault.kind, fault.line, fault.column) for fault in validate(data, rules)]


def changed(data: bytes, line: int, column: int, text: bytes) -> bytes:
    lines = data.split(b"\r\n")
    record = lines[line - 1]
    lines[line - 1] = record[: column - 1] + text + record[column - 1 + len(text) :]
    return b"\r\n".join(lines)


def without(data: bytes, line: int) -> bytes:
    lines = data.split(b"\r\n")
    return b"\r\n".join(lines[: line - 1] + lines[line:])


@pytest.mark.parametrize(("data", "rules"), [(SINGLE, Rules()), (MULTI, Rules()), (DEBITS, COLLECTING)])
def test_a_good_file_has_no_fault(data, rules):
    assert faults(data, rules) == []


@pytest.mark.parametrize(
    ("data", "rules"),
    [
        (SINGLE, Rules(calendar=ENGLAND, input_day=date(2026, 9, 14), weights=WeightTable.shipped())),
        (MULTI, Rules(calendar=ENGLAND, input_day=date(2026, 12, 23), weights=WeightTable.shipped())),
    ],
)
def test_a_good_file_sent_in_time_has_no_fault(data, rules):
    assert faults(data, rules) == []


@pytest.mark.parametrize(
    "data",
    [
        changed(changed(SINGLE, 2, 15, b"1"), 8, 15, b"1"),  # some write 1 where most write a space
        changed(changed(SINGLE, 3, 6, b"00512"), 9, 6, b"00512"),
        changed(SINGLE, 8, 55, b"000001"),  # a trailer that counts its blocks
        changed(SINGLE, 1, 32, b"HSBC  "),
        changed(SINGLE, 5, 32, b"/ABC"),
        changed(SINGLE, 5, 32, b"0000"),
        changed(SINGLE, 7, 32, b"/000"),
        changed(SINGLE, 4, 48, b"AUD0010"),
        changed(SINGLE, 10, 53, b"       "),
        changed(MULTI, 4, 5, b"      "),  # some leave the day of a multi-day file blank
        SINGLE.replace(b"\r\n", b"\n"),
        b"".join(line.ljust(100) + b"\r\n" for line in SINGLE.splitlines()),
    ],
)
def test_where_writers_differ_nothing_is_a_fault(data):
    assert faults(data) == []


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", [(FaultKind.EMPTY_FILE, 1, 1)]),
        (b"\xef\xbb\xbf" + SINGLE, [(FaultKind.BYTE_ORDER_MARK, 1, 1)]),
        (changed(SINGLE, 1, 5, b"000000"), [(FaultKind.WRONG_FIELD, 1, 5), (FaultKind.SERIAL_DIFFERS, 2, 22)]),
        (changed(SINGLE, 2, 22, b"000418"), [(FaultKind.SERIAL_DIFFERS, 2, 22), (FaultKind.TRAILER_DIFFERS, 8, 22)]),
        (changed(SINGLE, 2, 35, b"2"), [(FaultKind.SEQUENCE_DIFFERS, 2, 32), (FaultKind.TRAILER_DIFFERS, 8, 32)]),
        (changed(SINGLE, 8, 6, b"912346"), [(FaultKind.TRAILER_DIFFERS, 8, 6)]),
        (changed(SINGLE, 4, 5, b" 26400"), [(FaultKind.NOT_A_DATE, 4, 5)]),
        (changed(changed(SINGLE, 2, 48, b" 26259"), 8, 48, b" 26259"), [(FaultKind.EXPIRES_TOO_EARLY, 4, 5)]),
        (changed(SINGLE, 4, 29, b"4 MULTI  "), [(FaultKind.WRONG_FIELD, 4, 29)]),
        (changed(SINGLE, 5, 65, b"HSF,2026"), [(FaultKind.WRONG_FIELD, 5, 65)]),
        (changed(SINGLE, 5, 83, b"a n other"), [(FaultKind.WRONG_FIELD, 5, 83)]),
        (changed(SINGLE, 5, 1, b"20295X"), [(FaultKind.WRONG_FIELD, 5, 1)]),
        (changed(SINGLE, 5, 7, b"00000000"), []),
        (changed(changed(SINGLE, 5, 7, b"00000000"), 5, 83, b" " * 18), [(FaultKind.NAME_MISSING, 5, 83)]),
        (changed(SINGLE, 5, 83, b"  "), [(FaultKind.STARTS_WITH_SPACE, 5, 83)]),
        (changed(SINGLE, 5, 16, b"Z4"), [(FaultKind.CODE_NOT_LICENSED, 5, 16)]),
        (changed(SINGLE, 5, 16, b"RA"), [(FaultKind.WRONG_FIELD, 5, 16)]),
        (changed(SINGLE, 7, 16, b"18"), [(FaultKind.CONTRA_CODE, 7, 16)]),
        (changed(SINGLE, 7, 1, b"202959"), [(FaultKind.CONTRA_OF_ANOTHER_ACCOUNT, 7, 1)]),
        (changed(SINGLE, 7, 36, b"00000212551"), [(FaultKind.CONTRA_DIFFERS, 7, 36), (FaultKind.TOTAL_DIFFERS, 10, 5)]),
        (changed(SINGLE, 10, 5, b"0000000212551"), [(FaultKind.TOTAL_DIFFERS, 10, 5)]),
        (changed(SINGLE, 10, 31, b"0000002"), [(FaultKind.COUNT_DIFFERS, 10, 31)]),
        (changed(SINGLE, 10, 38, b"0000003"), [(FaultKind.COUNT_DIFFERS, 10, 38)]),
        (changed(SINGLE, 10, 59, b"1"), [(FaultKind.COUNT_DIFFERS, 10, 53)]),
        (without(SINGLE, 1), [(FaultKind.OUT_OF_ORDER, 1, 1)]),
        (without(SINGLE, 9), [(FaultKind.OUT_OF_ORDER, 9, 1)]),
        (without(SINGLE, 10), [(FaultKind.INCOMPLETE, 10, 1)]),
        (changed(MULTI, 5, 101, b" 26359"), [
            (FaultKind.CONTRA_DIFFERS, 7, 36), (FaultKind.CONTRA_MISSING, 12, 1)]),
        (changed(MULTI, 17, 38, b"999"), []),
        (changed(changed(MULTI, 15, 6, b"912345"), 17, 38, b"001"), [
            (FaultKind.FILE_NUMBER_TWICE, 17, 38), (FaultKind.TRAILER_DIFFERS, 20, 6)]),
    ],
)  # fmt: skip
def test_a_fault_is_found_where_it_is(data, expected):
    assert sorted(faults(data)) == sorted(expected)


def test_a_missing_contra_is_found_at_the_end_of_its_file():
    found = [fault for fault in validate(without(SINGLE, 7)) if fault.kind is FaultKind.CONTRA_MISSING]
    assert [str(fault) for fault in found] == [
        "line 7, column 1: expected a contra of 212550 for 089999 66374958, found none"
    ]


def test_an_amount_of_zero_is_a_fault_of_a_payment():
    data = changed(SINGLE, 5, 36, b"00000000000")
    assert (FaultKind.AMOUNT_ZERO, 5, 36) in faults(data)


def test_an_amount_above_zero_is_a_fault_of_an_instruction():
    assert faults(changed(DEBITS, 5, 46, b"1"), COLLECTING) == [(FaultKind.AMOUNT_NOT_ZERO, 5, 36)]


def test_an_amount_above_the_sponsors_limit_is_a_fault():
    assert faults(SINGLE, Rules(item_limit_pence=199_999)) == [(FaultKind.AMOUNT_ABOVE_LIMIT, 6, 36)]


@pytest.mark.parametrize("reference", [b"RENT              ", b"AAAAAAAAAA        ", b"DDIC000102        "])
def test_a_debit_needs_a_reference_that_tells_it_from_others(reference):
    assert faults(changed(DEBITS, 6, 65, reference), COLLECTING) == [(FaultKind.REFERENCE_REFUSED, 6, 65)]


def test_codes_beyond_the_licence_are_faults():
    assert [fault[0] for fault in faults(DEBITS)] == [FaultKind.CODE_NOT_LICENSED] * 3


def test_a_record_of_the_wrong_length_is_a_fault_that_says_both():
    data = SINGLE.replace(b"A N OTHER         \r\n", b"A N OTHER          26259\r\n")
    (fault,) = validate(data)
    assert (fault.kind, fault.line, fault.expected, fault.found) == (FaultKind.WRONG_LENGTH, 5, "100 characters", "106")


def test_a_multi_day_header_over_single_day_records_is_a_fault():
    data = changed(changed(SINGLE, 3, 11, b"00106"), 9, 11, b"00106")
    kinds = {fault[0] for fault in faults(data)}
    assert {FaultKind.WRONG_FIELD, FaultKind.WRONG_LENGTH} <= kinds


@pytest.mark.parametrize(
    ("day", "input_day", "kind"),
    [
        (b" 26262", None, FaultKind.NOT_A_WORKING_DAY),
        (b" 29009", None, FaultKind.BEYOND_CALENDAR),
        (b" 26259", date(2026, 9, 16), FaultKind.OUTSIDE_WINDOW),
        (b" 26259", date(2026, 9, 13), FaultKind.OUTSIDE_WINDOW),
        (b" 26259", date(2026, 8, 14), FaultKind.OUTSIDE_WINDOW),
    ],
)
def test_a_processing_day_on_which_bacs_would_not_take_the_file_is_a_fault(day, input_day, kind):
    data = changed(changed(changed(SINGLE, 2, 48, b" 29300"), 8, 48, b" 29300"), 4, 5, day)
    assert faults(data, Rules(calendar=ENGLAND, input_day=input_day)) == [(kind, 4, 5)]


def test_a_serial_number_used_before_is_a_fault():
    assert faults(SINGLE, Rules(used_serials={"000417"})) == [(FaultKind.SERIAL_USED_BEFORE, 1, 5)]


def test_a_failed_modulus_check_is_a_warning_because_the_table_lags_behind_the_banks():
    data = changed(SINGLE, 6, 14, b"3")
    (fault,) = validate(data, Rules(weights=WeightTable.shipped()))
    assert (fault.kind, fault.line, fault.column) == (FaultKind.MODULUS_CHECK_FAILS, 6, 7)
    assert fault.severity is Severity.WARNING


def test_a_fault_says_what_was_expected_and_what_was_found():
    (fault,) = validate(changed(SINGLE, 10, 31, b"0000002"))
    assert str(fault) == "line 10, column 31: debit_count: expected 1, found '0000002'"


@given(
    st.sampled_from([SINGLE, MULTI, DEBITS]),
    st.lists(st.tuples(st.integers(0, len(SINGLE) - 1), st.binary(min_size=1, max_size=3)), max_size=5),
)
def test_any_damage_gives_faults_and_nothing_else(data, damages):
    damaged = bytearray(data)
    for place, damage in damages:
        damaged[place : place + len(damage)] = damage
    for fault in validate(
        bytes(damaged), Rules(calendar=ENGLAND, input_day=date(2026, 9, 14), weights=WeightTable.shipped())
    ):
        assert fault.line >= 1
        assert str(fault)


@given(st.binary(max_size=400))
def test_any_bytes_give_faults(data):
    assert faults(data)

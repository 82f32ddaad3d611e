"""Amounts as people write them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bacs import pence
from bacs.errors import AmountReason, AmountRefused


@pytest.mark.parametrize(
    ("text", "amount_pence"),
    [
        ("12", 1200), ("12.5", 1250), ("12.50", 1250), ("£12", 1200), ("£ 12.05", 1205), (" 12.05 ", 1205),
        ("1,234.50", 123450), ("1234.50", 123450), ("£1,234,567.89", 123456789), ("0", 0), ("0.01", 1), ("007", 700),
    ],
)  # fmt: skip
def test_amounts_are_read_as_people_write_them(text, amount_pence):
    assert pence.parse(text) == amount_pence


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", AmountReason.EMPTY), ("   ", AmountReason.EMPTY),
        ("-12.00", AmountReason.NEGATIVE), ("−12.00", AmountReason.NEGATIVE), ("(12.00)", AmountReason.NEGATIVE),
        ("12.345", AmountReason.TOO_MANY_DECIMALS), ("1,234.000", AmountReason.TOO_MANY_DECIMALS),
        ("1e3", AmountReason.NOT_A_NUMBER), ("12.", AmountReason.NOT_A_NUMBER), (".50", AmountReason.NOT_A_NUMBER),
        ("1,23", AmountReason.NOT_A_NUMBER), ("12,345,6", AmountReason.NOT_A_NUMBER),
        ("1.234,50", AmountReason.NOT_A_NUMBER),
        ("+12", AmountReason.NOT_A_NUMBER), ("12 GBP", AmountReason.NOT_A_NUMBER), ("nan", AmountReason.NOT_A_NUMBER),
        ("１２", AmountReason.NOT_A_NUMBER), ("0x10", AmountReason.NOT_A_NUMBER), ("1 000", AmountReason.NOT_A_NUMBER),
        ("9" * 14, AmountReason.TOO_LARGE), ("-", AmountReason.NOT_A_NUMBER),
    ],
)  # fmt: skip
def test_what_is_no_amount_of_pounds_and_pence_is_refused_and_says_why(text, reason):
    with pytest.raises(AmountRefused) as refused:
        pence.parse(text)
    assert (refused.value.value, refused.value.reason) == (text, reason)
    assert str(reason) in str(refused.value)


@pytest.mark.parametrize("value", [12.5, 12, None])
def test_a_number_that_is_no_text_is_refused_since_a_float_has_lost_its_pence(value):
    with pytest.raises(AmountRefused):
        pence.parse(value)


@pytest.mark.parametrize(
    ("amount_pence", "text"),
    [(0, "£0.00"), (5, "£0.05"), (123450, "£1,234.50"), (-100, "-£1.00"), (10**11 - 1, "£999,999,999.99")],
)
def test_pence_are_written_for_people_to_read(amount_pence, text):
    assert pence.format(amount_pence) == text


@given(st.integers(0, pence.LARGEST))
def test_an_amount_that_was_written_can_be_read_back(amount_pence):
    assert pence.parse(pence.format(amount_pence)) == amount_pence


@given(st.text())
def test_any_text_is_an_amount_or_refused(text):
    with suppress(AmountRefused):
        assert 0 <= pence.parse(text) <= pence.LARGEST

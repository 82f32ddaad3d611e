"""Sort codes, account numbers of every length, roll numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bacs import account
from bacs.account import Account, Bank
from bacs.errors import AccountRefused, Reason


@pytest.mark.parametrize(
    ("sort_code", "account_number", "bank", "expected"),
    [
        ("20-29-59", "63748472", None, ("202959", "63748472")),
        ("20 29 59", "6374 8472", None, ("202959", "63748472")),
        ("202959", "123456", None, ("202959", "00123456")),
        ("202959", "1234567", None, ("202959", "01234567")),
        ("720000", "512345678", None, ("720005", "12345678")),
        ("090126", "512345678", None, ("090125", "12345678")),
        ("600001", "512345678", Bank.SANTANDER, ("600005", "12345678")),
        ("089999", "1234567890", None, ("089999", "12345678")),
        ("839105", "1234567890", Bank.COOPERATIVE, ("839105", "12345678")),
        ("608371", "1234567890", Bank.LEEDS, ("608371", "12345678")),
        ("600001", "01-23456789", Bank.NATWEST, ("600001", "23456789")),
        ("000000", "00000000", None, ("000000", "00000000")),
    ],
)
def test_an_account_of_any_length_becomes_six_and_eight_digits(sort_code, account_number, bank, expected):
    assert account.validate(sort_code, account_number, bank=bank) == expected


@pytest.mark.parametrize(
    ("sort_code", "account_number", "reason"),
    [
        ("20295", "63748472", Reason.SORT_CODE_NOT_SIX_DIGITS),
        ("2029590", "63748472", Reason.SORT_CODE_NOT_SIX_DIGITS),
        ("20295x", "63748472", Reason.SORT_CODE_NOT_SIX_DIGITS),
        ("", "63748472", Reason.SORT_CODE_NOT_SIX_DIGITS),
        ("２０２９５９", "63748472", Reason.SORT_CODE_NOT_SIX_DIGITS),
        ("202959", "6374847x", Reason.ACCOUNT_NOT_DIGITS),
        ("202959", "6374847²", Reason.ACCOUNT_NOT_DIGITS),
        ("202959", "", Reason.ACCOUNT_NOT_DIGITS),
        ("202959", "12345", Reason.ACCOUNT_WRONG_LENGTH),
        ("202959", "12345678901", Reason.ACCOUNT_WRONG_LENGTH),
        ("202959", "123456789", Reason.BANK_UNKNOWN),
        ("202959", "1234567890", Reason.BANK_UNKNOWN),
        ("090126", "1234567890", Reason.BANK_UNKNOWN),
    ],
)
def test_what_is_no_account_is_refused_and_says_why(sort_code, account_number, reason):
    with pytest.raises(AccountRefused) as refused:
        account.validate(sort_code, account_number)
    assert refused.value.reason is reason
    assert not account.is_valid(sort_code, account_number)


@given(st.from_regex(r"[0-9]{6}", fullmatch=True), st.from_regex(r"[0-9]{6,8}", fullmatch=True))
def test_validating_again_changes_nothing(sort_code, account_number):
    once = account.validate(sort_code, account_number)
    assert account.validate(*once) == once
    assert account.validate(*account.format(sort_code, account_number).split()) == once


@given(st.text(max_size=12), st.text(max_size=14))
def test_any_two_texts_are_an_account_or_refused(sort_code, account_number):
    if account.is_valid(sort_code, account_number):
        sort_digits, digits = account.validate(sort_code, account_number)
        assert (len(sort_digits), len(digits)) == (6, 8)
        assert (sort_digits + digits).isascii()


def test_an_account_is_written_as_on_a_bank_card():
    assert str(Account("202959", "63748472")) == "20-29-59 63748472"


@pytest.mark.parametrize(
    ("written", "roll"), [("d/1234-5", "D/1234-5"), (" 12 34.X ", "12 34.X"), ("A", "A"), ("1" * 18, "1" * 18)]
)
def test_a_roll_number_is_kept_as_the_society_prints_it(written, roll):
    assert account.validate_roll_number(written) == roll


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", Reason.ROLL_NUMBER_EMPTY), ("  ", Reason.ROLL_NUMBER_EMPTY), ("1" * 19, Reason.ROLL_NUMBER_TOO_LONG),
        ("12&34", Reason.ROLL_NUMBER_CHARACTERS), ("12,34", Reason.ROLL_NUMBER_CHARACTERS),
        ("ß", Reason.ROLL_NUMBER_CHARACTERS),
        ("12\t34", Reason.ROLL_NUMBER_CHARACTERS),
    ],
)  # fmt: skip
def test_what_is_no_roll_number_is_refused_and_says_why(written, reason):
    with pytest.raises(AccountRefused) as refused:
        account.validate_roll_number(written)
    assert refused.value.reason is reason

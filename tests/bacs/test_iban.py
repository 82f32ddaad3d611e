"""GB IBANs both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bacs import iban
from bacs.errors import AccountRefused, Reason

# Published examples: the IBAN registry's, and banks' help pages
EXAMPLES = [
    ("GB29 NWBK 6016 1331 9268 19", "NWBK", "601613", "31926819"),
    ("GB82 WEST 1234 5698 7654 32", "WEST", "123456", "98765432"),
    ("GB15 MIDL 4005 1512 3456 78", "MIDL", "400515", "12345678"),
    ("GB33 BUKB 2020 1555 5555 55", "BUKB", "202015", "55555555"),
]


@pytest.mark.parametrize(("written", "bank", "sort_code", "account_number"), EXAMPLES)
def test_published_ibans_come_apart_and_together_again(written, bank, sort_code, account_number):
    assert iban.to_account(written) == (sort_code, account_number)
    assert iban.from_account(bank, sort_code, account_number) == iban.compact(written)
    assert iban.format(iban.compact(written)) == written


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", Reason.IBAN_NOT_GB),
        ("DE89370400440532013000", Reason.IBAN_NOT_GB),
        ("GB29NWBK6016133192681", Reason.IBAN_WRONG_LENGTH),
        ("GB29NWBK601613319268199", Reason.IBAN_WRONG_LENGTH),
        ("GB29NWB660161331926819", Reason.IBAN_FORMAT),
        ("GB29NWBK6016133192681X", Reason.IBAN_FORMAT),
        ("GB2９NWBK60161331926819", Reason.IBAN_FORMAT),
        ("GB28NWBK60161331926819", Reason.IBAN_CHECK_DIGITS),
        ("GB29NWBK60161331926891", Reason.IBAN_CHECK_DIGITS),
    ],
)
def test_what_is_no_gb_iban_is_refused_and_says_why(written, reason):
    with pytest.raises(AccountRefused) as refused:
        iban.validate(written)
    assert refused.value.reason is reason
    assert not iban.is_valid(written)


@pytest.mark.parametrize("bank", ["", "NWB", "NW1K", "ÄBCD"])
def test_a_bank_is_named_by_four_letters(bank):
    with pytest.raises(AccountRefused) as refused:
        iban.from_account(bank, "601613", "31926819")
    assert refused.value.reason is Reason.BANK_CODE_FORMAT


def test_a_whole_bic_names_its_bank_too():
    assert iban.from_account("NWBKGB2L", "601613", "31926819") == "GB29NWBK60161331926819"


@given(
    st.from_regex(r"[A-Z]{4}", fullmatch=True),
    st.from_regex(r"[0-9]{6}", fullmatch=True),
    st.from_regex(r"[0-9]{8}", fullmatch=True),
)
def test_every_account_has_an_iban_that_gives_it_back(bank, sort_code, account_number):
    written = iban.from_account(bank, sort_code, account_number)
    assert iban.to_account(iban.format(written)) == (sort_code, account_number)


@given(st.sampled_from(EXAMPLES), st.integers(2, 21), st.sampled_from("0123456789"))
def test_a_digit_keyed_wrong_is_noticed(example, place, digit):
    number = iban.compact(example[0])
    if number[place].isdigit() and number[place] != digit:
        assert not iban.is_valid(number[:place] + digit + number[place + 1 :])

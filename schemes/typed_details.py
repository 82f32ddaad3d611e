"""Bank details as somebody typed them or a bank told them: read, checked, or refused with the field to put right."""

from __future__ import annotations

from enum import StrEnum

from bacs import account as numbers
from bacs import modulus
from bacs.errors import AccountRefused, Reason
from schemes.account import BankDetails
from schemes.errors import Refused


class DetailsFault(StrEnum):
    """What is wrong with bank details as somebody typed them."""

    HOLDER_NAME = "holder_name"
    SORT_CODE = "sort_code"
    ACCOUNT_NUMBER = "account_number"
    BANK_UNKNOWN = "bank_unknown"
    ROLL_NUMBER = "roll_number"
    MODULUS = "modulus"


class DetailsRefused(Refused):
    """Bank details that nothing could be paid to. `field` is the one to put right."""

    def __init__(self, field: str, fault: DetailsFault) -> None:
        super().__init__(f"{field}: {fault}")
        self.field = field
        self.fault = fault


def read_details(sort_code: str, account_number: str, roll_number: str) -> tuple[BankDetails, modulus.Result]:
    """What was typed, as a payment file carries it, and the check on the digits. Raises DetailsRefused."""
    try:
        valid = numbers.validate(sort_code, account_number)
        roll = numbers.validate_roll_number(roll_number) if roll_number.strip() else ""
    except AccountRefused as refused:
        if refused.reason is Reason.SORT_CODE_NOT_SIX_DIGITS:
            raise DetailsRefused("sort_code", DetailsFault.SORT_CODE) from None
        if refused.reason is Reason.BANK_UNKNOWN:
            raise DetailsRefused("account_number", DetailsFault.BANK_UNKNOWN) from None
        if refused.reason.name.startswith("ROLL_NUMBER"):
            raise DetailsRefused("roll_number", DetailsFault.ROLL_NUMBER) from None
        raise DetailsRefused("account_number", DetailsFault.ACCOUNT_NUMBER) from None
    checked = modulus.check(valid.sort_code, valid.account_number)
    if not checked.outcome.is_payable:
        raise DetailsRefused("account_number", DetailsFault.MODULUS)
    return BankDetails(valid.sort_code, valid.account_number, roll), checked

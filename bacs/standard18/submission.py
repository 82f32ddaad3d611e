"""What a Standard 18 submission says, as values: payments, originating accounts, user files."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import NamedTuple

SCHEME_LIMIT_PENCE = 20_000_000_00
"""The most that one Bacs Direct Credit may carry; a sponsoring bank may set less (Standard 18, limits)."""

DAYS_TO_EXPIRY = 7


class Credit(NamedTuple):
    """One Bacs Direct Credit, code 99. A tuple, because a file holds up to millions of them.

    `account_number` has eight digits. `account_name` and `reference` are in the Bacs character set, at most 18
    characters. A building society's `roll_number` takes the reference's place in field 10 (Standard 18, roll
    numbers).
    """

    sort_code: str
    account_number: str
    amount_pence: int
    account_name: str
    reference: str = ""
    roll_number: str = ""

    def as_sent(self) -> "Credit":
        """The credit as a reader of the file sees it: the roll number is the reference, and padding is gone."""
        reference = (self.roll_number or self.reference).rstrip(" ")
        return self._replace(account_name=self.account_name.rstrip(" "), reference=reference, roll_number="")


@dataclass(frozen=True, slots=True)
class OriginatingAccount:
    """The account that pays. `name`, at most 18 characters, stands in field 11 of its contra records."""

    sort_code: str
    account_number: str
    name: str


@dataclass(frozen=True, slots=True)
class Section:
    """What one account pays on one processing day: its credits, balanced by a contra that follows them.

    `credits` is read once, from front to back, so a generator will do. `narrative`, at most 18 characters, is what
    the payer's own bank statement shows for the contra.
    """

    account: OriginatingAccount
    processing_day: date
    credits: Iterable[Credit]
    narrative: str = ""

    def as_sent(self) -> "Section":
        """The section as a reader of the file sees it; reads its credits."""
        account = replace(self.account, name=self.account.name.rstrip(" "))
        payments = tuple(credit.as_sent() for credit in self.credits)
        return Section(account, self.processing_day, payments, self.narrative.rstrip(" "))


@dataclass(frozen=True, slots=True)
class UserFile:
    """The payments of one service user.

    `service_user_name` is what payees see on their statements (field 9). `file_number`, 1 to 999, is unique for the
    service user and day. With `multi_day` each record carries its own processing day; without, all sections have the
    same. `expires_on` is `None` for a week after the last processing day. `item_limit_pence` is the sponsor's limit
    for one payment.
    """

    service_user_number: str
    service_user_name: str
    file_number: int
    sections: Sequence[Section]
    multi_day: bool = False
    expires_on: date | None = None
    item_limit_pence: int = field(default=SCHEME_LIMIT_PENCE, compare=False)

    @property
    def first_processing_day(self) -> date:
        """The earliest processing day of its sections."""
        return min(section.processing_day for section in self.sections)

    @property
    def last_processing_day(self) -> date:
        """The latest processing day of its sections."""
        return max(section.processing_day for section in self.sections)

    @property
    def expiry_day(self) -> date:
        """The day that HDR1 says the file expires on."""
        return self.expires_on or self.last_processing_day + timedelta(days=DAYS_TO_EXPIRY)

    def as_sent(self) -> "UserFile":
        """The user file as a reader of it sees it; reads every section's credits."""
        return replace(
            self,
            service_user_name=self.service_user_name.rstrip(" "),
            sections=tuple(section.as_sent() for section in self.sections),
            expires_on=self.expiry_day,
        )


@dataclass(frozen=True, slots=True)
class Practice:
    """Where the sources on Standard 18 disagree, what the sponsoring bank wants to see.

    The defaults are what most writers do. `bank_marker` is VOL1 32-37; `file_identifier_end` HDR1 15, a space or
    "1"; `block_length` HDR2 6-10, "" for 20 records; `names_first_day` whether UHL1 of a multi-day file carries its
    first processing day; `free_format` field 7, spaces or "0000".
    """

    bank_marker: str = ""
    file_identifier_end: str = " "
    block_length: str = ""
    names_first_day: bool = True
    free_format: str = ""


@dataclass(frozen=True, slots=True)
class Submission:
    """One transmission: a volume with a user file for each service user.

    `serial_number` has six letters or digits, or is a shorter number, and is never used again. `submitter` is the
    service user's number, or the bureau's when a bureau submits.
    """

    serial_number: str
    submitter: str
    created_on: date
    user_files: Sequence[UserFile]
    practice: Practice = field(default=Practice(), compare=False)

    def as_sent(self) -> "Submission":
        """The submission as `read_submission` gives it back; reads every section's credits."""
        user_files = tuple(user_file.as_sent() for user_file in self.user_files)
        return replace(self, serial_number=self.wire_serial_number, user_files=user_files)

    @property
    def wire_serial_number(self) -> str:
        """The serial number in its six positions: a number is filled with zeros (Standard 18, VOL1)."""
        return self.serial_number.zfill(6) if self.serial_number.isdigit() else self.serial_number

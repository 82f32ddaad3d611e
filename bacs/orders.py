"""A profile in TOML and payments in CSV, as the command line takes them, into submissions and messages.

The profile says who pays, from which account and under which numbers; the CSV says whom. Both are read whole, and
every row is checked before anything is written.
"""

import csv
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple, TypeVar

from bacs import account, charset
from bacs.calendar import LONDON
from bacs.errors import BacsError
from bacs.iso20022 import BankProfile, Batch, Message, Party, Payment, Scheme, Version
from bacs.standard18 import Credit, OriginatingAccount, Section, Submission, UserFile

COLUMNS = ("sort_code", "account_number", "roll_number", "name", "amount_pence", "reference", "processing_date")
"""The columns of a payments file; a column `originating_account` may name one of the profile's accounts by its key."""

Value = TypeVar("Value", str, int, date, dict)  # type: ignore[type-arg]


class BadOrder(BacsError):
    """A profile or a payments file says too little or the wrong thing; `place` is a setting or a line."""

    def __init__(self, place: str, detail: str) -> None:
        super().__init__(place, detail)
        self.place, self.detail = place, detail

    def __str__(self) -> str:
        return f"{self.place}: {self.detail}"


class Order(NamedTuple):
    """One row of a payments file, checked: what to pay to whom, from which account on which processing day."""

    line: int
    sort_code: str
    account_number: str
    roll_number: str
    name: str
    amount_pence: int
    reference: str
    processing_day: date
    originating_account: str


@dataclass(frozen=True, slots=True)
class Profile:
    """What a profile says, by its tables."""

    settings: Mapping[str, Any]

    @classmethod
    def parse(cls, data: bytes) -> "Profile":
        """Read a profile in TOML. Raises `BadOrder`."""
        try:
            return cls(tomllib.loads(data.decode("utf-8")))
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise BadOrder("profile", str(error)) from None

    def get(self, name: str, kind: type[Value], default: Value | None = None) -> Value:
        """A setting such as "submission.serial_number". Raises `BadOrder` when it is missing or of another type."""
        value: Any = self.settings
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if value is None and default is not None:
            return default
        # a date and time is a date too, and True an int
        if type(value) is not kind:
            raise BadOrder(f"profile, {name}", "missing" if value is None else f"{value!r} is no {kind.__name__}")
        return value

    def accounts(self) -> dict[str, Mapping[str, str]]:
        """The originating accounts by key, in order."""
        found = self.settings.get("originating_accounts")
        if not isinstance(found, dict) or not found or not all(isinstance(each, dict) for each in found.values()):
            raise BadOrder("profile, originating_accounts", "missing")
        return found


def read_orders(lines: Iterable[str], profile: Profile) -> Iterator[Order]:
    """Read payments from the lines of a CSV file. Raises `BadOrder` at the first row that cannot be paid."""
    reader = csv.DictReader(lines, strict=True)
    try:
        missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise BadOrder("payments, line 1", f"missing columns {', '.join(missing)}")
        keys = profile.accounts()
        first = next(iter(keys))
        for row in reader:
            place = f"payments, line {reader.line_num}"
            if None in row or None in row.values():
                raise BadOrder(place, "another number of columns than the first line")
            key = row.get("originating_account") or first
            if key not in keys:
                raise BadOrder(place, f"no originating account {key!r} in the profile")
            try:
                yield _order(reader.line_num, row, profile, key)
            except (BacsError, ValueError) as error:
                raise BadOrder(place, str(error)) from None
    except csv.Error as error:
        raise BadOrder(f"payments, line {reader.line_num}", str(error)) from None


def _order(line: int, row: Mapping[str, str], profile: Profile, key: str) -> Order:
    sort_code, account_number = account.validate(row["sort_code"], row["account_number"])
    amount = row["amount_pence"].strip()
    if not (amount.isascii() and amount.isdigit()):
        raise ValueError(f"amount_pence: {amount!r} is no whole number of pence")
    name = charset.to_bacs(row["name"]).text
    if not name:
        raise ValueError(f"name: nothing of {row['name']!r} can stand in a payment file")
    day = row["processing_date"].strip()
    return Order(
        line,
        sort_code,
        account_number,
        account.validate_roll_number(row["roll_number"]) if row["roll_number"].strip() else "",
        name,
        int(amount),
        charset.to_bacs(row["reference"]).text,
        date.fromisoformat(day) if day else profile.get("submission.processing_date", date),
        key,
    )


def submission_of(orders: Iterable[Order], profile: Profile, *, multi_day: bool) -> Submission:
    """A Standard 18 submission of one user file: a section for each account and day, in order of appearance."""
    sections: dict[tuple[str, date], list[Credit]] = {}
    for order in orders:
        section = sections.setdefault((order.originating_account, order.processing_day), [])
        section.append(Credit(*order[1:3], order.amount_pence, order.name, order.reference, order.roll_number))
    accounts = profile.accounts()
    user_file = UserFile(
        profile.get("service_user.number", str),
        profile.get("service_user.name", str),
        profile.get("service_user.file_number", int),
        [
            Section(_originating(accounts[key], key), day, payments, str(accounts[key].get("narrative", "")))
            for (key, day), payments in sections.items()
        ],
        multi_day=multi_day,
    )
    return Submission(
        profile.get("submission.serial_number", str),
        profile.get("submission.submitter", str, user_file.service_user_number),
        profile.get("submission.created_on", date),
        [user_file],
    )


def _originating(settings: Mapping[str, str], key: str) -> OriginatingAccount:
    try:
        sort_code, number = account.validate(str(settings["sort_code"]), str(settings["account_number"]))
        return OriginatingAccount(sort_code, number, str(settings["name"]))
    except KeyError as missing:
        raise BadOrder(f"profile, originating_accounts.{key}", f"missing {missing.args[0]}") from None


def message_of(orders: Iterable[Order], profile: Profile, version: Version) -> tuple[Message, BankProfile]:
    """A pain.001 message, with a batch for each account and day, and the bank's profile to write it by.

    The payee's reference is the end-to-end id too, where it is unique; otherwise the line of the payments file.
    """
    bank = BankProfile.from_mapping(
        {"bacs": {"service_level": "NURG"}, "faster_payments": {"service_level": "URNS"}}
        | profile.get("bank", dict, {})
        | {"version": version}
    )
    message_id = profile.get("message.id", str, profile.get("submission.serial_number", str))
    batches: dict[tuple[str, date], list[Payment]] = {}
    for order in orders:
        batch = batches.setdefault((order.originating_account, order.processing_day), [])
        end_to_end_id = f"{message_id}-{order.line - 1:07}"
        details = (order.sort_code, order.account_number, order.amount_pence, order.name, order.reference)
        batch.append(Payment(end_to_end_id, *details, order.roll_number))
    party = Party(profile.get("service_user.name", str), profile.get("service_user.number", str), "SUN")
    scheme = Scheme(profile.get("message.scheme", str, "bacs"))
    accounts = profile.accounts()
    made = []
    for number, ((key, day), payments) in enumerate(batches.items(), 1):
        paying = _originating(accounts[key], key)
        debtor = Party(paying.name)
        batch_id = f"{message_id}-{number}"
        made.append(Batch(batch_id, scheme, day, debtor, paying.sort_code, paying.account_number, payments))
    return Message(message_id, _created_at(profile), party, made), bank


def _created_at(profile: Profile) -> datetime:
    """The time of creation: as the profile gives it, else the morning of the day of creation in London."""
    table = profile.settings.get("message")
    given = table.get("created_at") if isinstance(table, dict) else None
    if isinstance(given, datetime):
        return given if given.tzinfo else given.replace(tzinfo=UTC)
    return datetime.combine(profile.get("submission.created_on", date), time(9), LONDON)

"""Words for bank profiles: what is wrong with one, and how a proposed version is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import time
from typing import Any

from flask import Flask

from payouts.web.figures import count, number, pounds, time_of_day
from schemes.bank_profile import LAST_RECALL, RECOVERY_DAYS, TRACE_DAYS
from schemes.bank_profile_change import (
    LARGEST_ITEM_PENCE,
    LONGEST_NAME,
    MOST_DAYS,
    MOST_ITEMS,
    ProfileFault,
    ProfileRefused,
)
from schemes.errors import Refused
from schemes.file_format import FileFormat
from schemes.file_naming import FIRST_PATTERN

FAULTS: dict[ProfileFault, str] = {
    ProfileFault.NAME: f"Enter a name of at most {LONGEST_NAME} characters",
    ProfileFault.ACCOUNT: "Enter a sort code of 6 digits and an account number of 6 to 8 digits",
    ProfileFault.MODULUS: "The sort code and account number don’t fit together: a digit is wrong",
    ProfileFault.WIRE_NAME: "Enter a name of at most 18 letters and digits, as banks write it",
    ProfileFault.SERVICE_USER_NUMBER: "Enter the service user number, 6 digits",
    ProfileFault.BUREAU_NUMBER: "Enter the bureau’s number as in its contract, like B12345, or leave it empty",
    ProfileFault.CUT_OFF: "Enter a time up to 10:30pm, when Bacs closes",
    ProfileFault.RECALL_BY: "Enter a time up to 4pm, when Bacs takes no more recalls",
    ProfileFault.DAYS: f"Enter a number of working days from 1 to {MOST_DAYS}",
    ProfileFault.ITEM_LIMIT: f"Enter an amount up to {pounds(LARGEST_ITEM_PENCE)}, the most that Bacs carries",
    ProfileFault.FILE_LIMIT: "Enter an amount that is at least the most for one payment",
    ProfileFault.ITEMS_PER_FILE: f"Enter a number from 1 to {MOST_ITEMS:,}",
    ProfileFault.FILE_NAMING: (
        f"Use letters, digits, dots, hyphens and the words in braces, with {{serial}} among them, like {FIRST_PATTERN}"
    ),
}

FORMATS: dict[FileFormat, str] = {
    FileFormat.STANDARD18: "Bacs Standard 18",
    FileFormat.PAIN001: "ISO 20022, pain.001.001.09",
    FileFormat.PAIN001_03: "ISO 20022, pain.001.001.03",
    FileFormat.PAIN001_HSBC: "ISO 20022, pain.001.001.03 as HSBC UK takes it",
    FileFormat.PAIN001_GOLDMAN_SACHS: "ISO 20022, pain.001.001.03 as Goldman Sachs takes it",
}

TELLERS: dict[type[Refused], Callable[[Any], str]] = {ProfileRefused: lambda refusal: FAULTS[refusal.fault]}


def profile_rows(facts: Mapping[str, Any]) -> dict[str, str]:
    """A proposal's facts, as rows of words."""
    recall_time = time_of_day(time.fromisoformat(facts["recall_by"]) if "recall_by" in facts else LAST_RECALL)
    ending = f"ending {facts['last_four']}"
    return {
        "Name": facts["name"],
        "Account": ending.capitalize() if facts["same_account"] else f"A new account, {ending}",
        "Name on the account": facts["account_name"],
        "Service user number": facts["service_user_number"],
        "Service user name": facts["service_user_name"],
        "Bureau that submits": facts["bureau_number"] or "None: the body submits itself",
        "Files must be sent by": time_of_day(time.fromisoformat(facts["cut_off"])),
        "Single payments can be recalled until": f"{recall_time} on the processing day",
        "Bank says where a payment is within": count(facts.get("trace_days", TRACE_DAYS), "working day"),
        "Bank gets a payment back within": count(facts.get("recovery_days", RECOVERY_DAYS), "working day"),
        "Most for one payment": pounds(facts["item_limit_pence"]),
        "Most for one file": pounds(facts["file_limit_pence"]),
        "Most payments in one file": number(facts["items_per_file"]),
        "Form of the files": FORMATS[FileFormat(facts.get("file_format", FileFormat.STANDARD18))],
        "Files are called": facts["file_naming"],
    }


def register(app: Flask) -> None:
    app.add_template_filter(lambda written: FORMATS[FileFormat(written)], "file_format")

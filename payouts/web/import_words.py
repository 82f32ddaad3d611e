"""Words for the rows of a register: what is wrong and what to do about it, and what was put right."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Flask

from bacs.modulus import Outcome as NumberCheck
from payouts.web.figures import count
from schemes.imports.cells import LONGEST, LONGEST_OTHERWISE
from schemes.imports.entry import Mend, RowReason
from schemes.imports.mapping import Look
from schemes.imports.register_import import ImportStatus
from schemes.imports.source import ImportSource

# what is wrong, what to do
ROW_REASONS: dict[RowReason, tuple[str, str]] = {
    RowReason.CELLS: (
        "The row has another number of cells than the first line",
        "Check for a missing or extra comma. Put text that holds a comma in quotation marks",
    ),
    RowReason.MISSING: ("Nothing stands here", "Fill it in: this column is needed for every row"),
    RowReason.TOO_LONG: ("It is too long", "Shorten it"),
    RowReason.CONTROL_CHARACTER: ("It holds a character that can’t be printed", "Type it again by hand"),
    RowReason.FORMULA: (
        "It starts like a formula",
        "Take off the =, +, - or @ at the start: a spreadsheet would run it as a calculation",
    ),
    RowReason.REFERENCE: (
        "It is not a reference",
        "Use letters, digits and / . - only, no space",
    ),
    RowReason.REPEATED_REFERENCE: (
        "The reference is in the file more than once",
        "Keep the row that is right. A person has several rows only if each names another component",
    ),
    RowReason.AMOUNT_NOT_A_NUMBER: ("It is not an amount", "Write pounds and pence as 120.50"),
    RowReason.AMOUNT_NEGATIVE: ("The amount is negative", "Only amounts above zero can be paid"),
    RowReason.AMOUNT_ZERO: ("The amount is zero", "Enter the amount, or leave the row out"),
    RowReason.AMOUNT_DECIMALS: ("The amount has more than 2 decimals", "Write whole pence, as in 120.50"),
    RowReason.AMOUNT_TOO_LARGE: ("The amount is too large to pay by Bacs", "Check the decimal point"),
    RowReason.DATE: ("It is not a date", "Write it as 25/11/2026 or 2026-11-25"),
    RowReason.DATES_REVERSED: ("The award ends before it starts", "Correct the start or end date"),
    RowReason.SORT_CODE: ("It is not a sort code", "Write 6 digits, as in 20-00-00"),
    RowReason.ACCOUNT_NUMBER: ("It is not an account number", "Write the 8 digits, with their leading zeros"),
    RowReason.ROLL_NUMBER: ("It is not a roll number", "Copy it from the building society’s letter"),
    RowReason.MODULUS: (
        "The sort code and account number don’t fit together",
        "A digit is wrong. Ask the payee to read both numbers from their bank card or statement",
    ),
    RowReason.NAME_NOT_WRITABLE: (
        "No letter of the name can be written in a payment file",
        "Write the name as the bank knows it, in A to Z",
    ),
    RowReason.EMAIL: ("It is not an email address", "Correct it, or leave it empty"),
    RowReason.PAYEE_ROLE: (
        "It is not a way to be paid for someone",
        "Write appointee, deputy, parent, provider or landlord, or leave the 3 payee columns empty",
    ),
    RowReason.PAYEE_INCOMPLETE: (
        "Only a part of the payee is given",
        "Fill in payee reference, name and role, or leave all 3 empty to pay the person themselves",
    ),
    RowReason.PAYEE_DIFFERS: (
        "The same payee has other details elsewhere",
        "Make name, email address and bank details the same wherever this payee stands",
    ),
    RowReason.IN_REGISTER: (
        "The register has this reference already, with other details",
        "A file can only add people. Take the row out, and change the person’s details on their own page",
    ),
    RowReason.MADE_A_DATE: (
        "A spreadsheet has made a date of it",
        "Format the column as text, then type the number again",
    ),
    RowReason.SHORTENED_NUMBER: (
        "A spreadsheet has shortened the number, so digits are lost",
        "Format the column as text, then type the number again",
    ),
    RowReason.EATEN_ZEROS: (
        "It has only 5 digits: a spreadsheet may have taken off a zero at the start",
        "Look the sort code up. Format the column as text and write all 6 digits",
    ),
    RowReason.COMPONENT: (
        "The scheme pays nothing of this name",
        "Write the code or the name of one of the scheme’s components, or leave it empty for the first",
    ),
    RowReason.UNITS: ("It is not a number of units", "Write a number, as in 38.5, with at most 3 decimals"),
    RowReason.NOT_ASKED_FOR: (
        "The scheme works this amount out in another way",
        "Leave it empty: the scheme’s page says what its awards name",
    ),
    RowReason.BIRTH: ("It is not a date of birth", "Write it as 25/11/1956. It must be in the past"),
    RowReason.ADDRESS: (
        "It is not an address",
        "Write 2 to 7 lines with commas between them, the postcode last",
    ),
    RowReason.BENEFICIARY_DIFFERS: (
        "The same person has another name or date of birth elsewhere",
        "Make the name and the date of birth the same on all rows of this person",
    ),
    RowReason.UNREADABLE_CHARACTER: ("It holds a character that can’t be read", "Save the file as “CSV UTF-8”"),
}

# what was done to a field, by how it was put right
MENDS: dict[Mend, str] = {
    Mend.LEADING_ZEROS: "We put back the zero at the start that a spreadsheet takes off",
    Mend.OTHER_LENGTH: "We made 8 digits of it, as its bank asks for",
    Mend.WINDOWS_CHARACTERS: "We read it as written by an older Windows program. Check letters with accents",
}

# what the values of a column look like, beside its name
LOOKS: dict[Look, str] = {
    Look.NOTHING: "Nothing stands in its first rows",
    Look.SORT_CODES: "Looks like sort codes",
    Look.ACCOUNT_NUMBERS: "Looks like numbers of 8 digits",
    Look.DAYS: "Looks like dates",
    Look.EMAILS: "Looks like email addresses",
    Look.WHOLE_NUMBERS: "Looks like whole numbers",
    Look.AMOUNTS: "Looks like amounts",
    Look.TEXT: "Looks like text",
}

FIELDS: dict[str, str] = {
    "row": "Whole row",
    "reference": "Reference",
    "beneficiary_name": "Beneficiary name",
    "date_of_birth": "Date of birth",
    "component": "Component",
    "amount": "Amount",
    "units": "Units",
    "unit_rate": "Rate for each unit",
    "start_date": "Start date",
    "end_date": "End date",
    "payee_reference": "Payee reference",
    "payee_name": "Payee name",
    "payee_role": "Payee role",
    "email": "Email",
    "address": "Address",
    "beneficiary_address": "Beneficiary address",
    "account_name": "Account name",
    "sort_code": "Sort code",
    "account_number": "Account number",
    "roll_number": "Roll number",
}

COLUMN_WORDS: dict[str, str] = {
    "reference": "Your own reference for the person whose award it is",
    "beneficiary_name": "Their name",
    "date_of_birth": "When they were born, as 25/11/1956. It helps to find people who are in the register twice",
    "component": "What of the scheme it is for, by code or name. Leave empty for the scheme’s first",
    "amount": "Pounds and pence for each period, as 120.50. Leave empty where the scheme pays by units",
    "units": "How many hours, nights or miles for each period, where the scheme pays by units",
    "unit_rate": "Pounds and pence for a unit, where each award has its own rate",
    "start_date": "First day of the award, as 25/11/2026 or 2026-11-25",
    "end_date": "Last day of the award. Leave empty if it has no end",
    "payee_reference": "Your reference for whoever is paid on their behalf. Leave empty to pay them themselves",
    "payee_name": "The name of whoever is paid on their behalf",
    "payee_role": "appointee, deputy, parent, provider or landlord",
    "email": "Where the payee gets notices",
    "address": "Where the payee gets letters, with commas between the lines",
    "beneficiary_address": "Where the person whose award it is lives, if somebody else is paid for them",
    "account_name": "The name on the bank account",
    "sort_code": "6 digits",
    "account_number": "8 digits",
    "roll_number": "For building society accounts that have one",
}

STATUSES: dict[ImportStatus, tuple[str, str]] = {
    ImportStatus.READING: ("Being read", "blue"),
    ImportStatus.ASKING: ("Answer needed", "yellow"),
    ImportStatus.UNREADABLE: ("Could not be read", "red"),
    ImportStatus.READ: ("Decision needed", "yellow"),
    ImportStatus.LANDING: ("Being written", "blue"),
    ImportStatus.LANDED: ("To be confirmed", "yellow"),
    ImportStatus.CONFIRMED: ("In the register", "green"),
    ImportStatus.DISCARDED: ("Discarded", "grey"),
}

NUMBER_CHECKS: dict[NumberCheck, str] = {
    NumberCheck.PASS: "Passed",
    NumberCheck.FAIL: "Failed",
    NumberCheck.NOT_CHECKABLE: "This bank’s numbers can’t be checked",
    NumberCheck.FOREIGN_CURRENCY: "A foreign currency account",
    NumberCheck.BAD_INPUT: "Not an account number",
}


def pace(done: int, total: int, seconds: float) -> str:
    """` That is 8,000 rows a second, with 2 minutes left.` Nothing before there is something to go by."""
    if seconds < 1 or not done:
        return ""
    rate = done / seconds
    told = f" That is {count(max(round(rate), 1), 'row')} a second"
    if done >= total:
        return f"{told}."
    left = (total - done) / rate
    minutes = round(left / 60)
    return f"{told}, with {count(minutes, 'minute') if minutes > 1 else count(max(round(left), 1), 'second')} left."


def wrong(fault: Mapping[str, str]) -> str:
    """What is wrong with a field of a row, with what stands there."""
    reason = RowReason(fault["reason"])
    found = fault["found"]
    words = ROW_REASONS[reason][0]
    return f"{words}: “{found}”" if found and reason is not RowReason.IN_REGISTER else words


def mended(repair: Mapping[str, str]) -> str:
    """What was done to a field, from what to what."""
    change = f"“{repair['found']}” became “{repair['taken']}”" if repair["found"] else f"“{repair['taken']}”"
    return f"{MENDS[Mend(repair['mend'])]}: {change}"


def columns_told(source: ImportSource) -> str:
    """Their columns and what they are of ours: `client id is the reference, …`."""
    pairs = zip(source.header, source.columns.columns, strict=True)
    return ", ".join(
        f"{theirs.replace('_', ' ')} is {FIELDS[ours].lower() if ours else 'left out'}" for theirs, ours in pairs
    )


def to_do(fault: Mapping[str, str]) -> str:
    reason = RowReason(fault["reason"])
    if reason is RowReason.TOO_LONG:
        return f"Shorten it to {LONGEST.get(fault['field'], LONGEST_OTHERWISE)} characters"
    return ROW_REASONS[reason][1]


def register(app: Flask) -> None:
    app.add_template_filter(wrong)
    app.add_template_filter(to_do)
    app.add_template_filter(mended)
    app.add_template_filter(columns_told)
    app.add_template_filter(lambda name: FIELDS.get(name, name), "field_name")
    app.add_template_filter(STATUSES.__getitem__, "import_status")
    app.add_template_filter(NUMBER_CHECKS.__getitem__, "number_check")

"""Words for a file of payees as a whole: why it cannot be read, and how it was read where that was not plain."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from flask import Flask

from payouts.files.file_check import CheckOutcome
from payouts.web.figures import count, file_size, pounds
from schemes.errors import FileFault, Refused
from schemes.imports.legacy_file import TermsRefused
from schemes.imports.mapping import MappingRefused
from schemes.imports.register_import import NotWhole

NOT_TEXT: dict[str, str] = {
    "UTF-16": "The text of the file breaks off in the middle of a character. Send it again, or save it as “CSV UTF-8”",
    "binary": "This is neither a CSV file nor a spreadsheet. In your program choose “Save as”, then “CSV UTF-8”",
}

# one for each fault that needs no facts
FILES: dict[FileFault, str] = {
    FileFault.EMPTY: "The file has no rows. Choose a file with a row of column names and a row for each award",
    FileFault.ENCRYPTED: "The spreadsheet is locked with a password. Save a copy without a password and send that",
    FileFault.MACROS: "The spreadsheet holds macros, which we don’t open. Save it as “Excel Workbook (.xlsx)”",
    FileFault.OLD_SPREADSHEET: "This is an old Office file. Open it in your spreadsheet program and save it as “.xlsx”",
    FileFault.WORKBOOK_BROKEN: (
        "The file looks like a spreadsheet but can’t be opened as one. Open it in your spreadsheet program, and save "
        "it as “Excel Workbook (.xlsx)” or as “CSV UTF-8”"
    ),
    FileFault.OTHER_XML: (
        "This is an XML file, but no payment file. Send a pain.001 message, a Standard 18 file, a CSV file or a "
        "workbook"
    ),
    FileFault.PAYMENT_FILE_BROKEN: "The payment file breaks off or is damaged. Export it again from where it came from",
    FileFault.TOO_MANY_CELLS: (
        "The cells of the spreadsheet spread over too large an area. Delete what stands far below or beside the rows, "
        "or save the sheet as “CSV UTF-8”"
    ),
}


OUTCOMES: dict[CheckOutcome, tuple[str, str]] = {
    CheckOutcome.SAME_BYTES: ("The approved file", ""),
    CheckOutcome.SAME_PAYMENTS: ("Same payments, other bytes", "yellow"),
    CheckOutcome.DIFFERS: ("Not what was approved", "red"),
}

PAYMENT_FILES: dict[str, str] = {"standard18": "a Bacs Standard 18 file", "pain.001": "a pain.001 message"}

# where a payment file does not agree with itself: what it says, and what stands in it
DIFFERENCES: dict[str, tuple[str, str]] = {
    "trailer": ("It has no trailer, so the end may be missing", ""),
    "count": ("Its own count of payments is {said}", "it holds {found}"),
    "pence": ("Its own total is {said}", "its payments come to {found}"),
    "contra_pence": ("Its contras take {said} from the paying account", "its payments come to {found}"),
}


def difference(told: Sequence[str]) -> str:
    """How a payment file disagrees with itself."""
    what, said, found = told
    as_read = (lambda value: pounds(int(value))) if what.endswith("pence") else str
    first, second = DIFFERENCES[what]
    facts = {"said": as_read(said) if said else "", "found": as_read(found) if found else ""}
    return f"{first}, but {second}".format(**facts) if second else first


def file_sentence(fault: FileFault, facts: Mapping[str, Any]) -> str:
    """Why a whole file was refused, and what to do."""
    match fault:
        case FileFault.NOT_TEXT:
            return NOT_TEXT.get(facts.get("looks_like", ""), NOT_TEXT["binary"])
        case FileFault.NOT_CSV:
            return f"A quotation mark in line {facts.get('line', 1):,} never closes. Correct it and try again"
        case FileFault.UNPACKS_TOO_LARGE:
            most = file_size(facts.get("most", 0))
            return f"The spreadsheet unpacks to more than {most}. Save the sheet as “CSV UTF-8”, or send several files"
        case FileFault.MISSING_COLUMNS:
            missing = facts.get("missing", [])
            return f"The file lacks the {columns(missing)}. Add {'it' if len(missing) == 1 else 'them'} in line 1"
        case FileFault.UNKNOWN_COLUMNS:
            unknown = facts.get("unknown", [])
            return f"The file has the {columns(unknown)}, which we don’t know. Take out what is not in our list"
        case FileFault.REPEATED_COLUMNS:
            return f"The file has the {columns(facts.get('repeated', []))} more than once. Keep one of each"
        case FileFault.TOO_MANY_COLUMNS:
            return f"The file has {facts.get('found', 0):,} columns. Keep only those in the list of columns"
        case FileFault.TOO_MANY_ROWS:
            return f"The file has more than {facts.get('most', 0):,} rows. Send it in several files"
        case FileFault.TOO_LARGE:
            return f"The file is larger than {file_size(facts.get('most', 0))}. Send it in several files"
        case _:
            return FILES[fault]


def columns(names: list[str]) -> str:
    return f"{'column' if len(names) == 1 else 'columns'} {listed(names)}"


def listed(names: Iterable[str]) -> str:
    """`amount, email and name`."""
    *first, last = list(names) or [""]
    return f"{', '.join(first)} and {last}" if first else last


def read_as(notes: Mapping[str, Any]) -> list[str]:
    """What a person should know of how the file was read."""
    told = []
    if sheet := notes.get("sheet"):
        told.append(f"The workbook has several sheets. Only “{sheet}” was read")
    if encoding := notes.get("encoding"):
        told.append(f"The file was saved as {encoding}, and was read so")
    if separator := notes.get("separator"):
        told.append(f"The cells are separated by {separator}, and were read so")
    if kind := notes.get("payments_of"):
        told.append(f"The rows are the payments of {PAYMENT_FILES[kind]}")
    if source := notes.get("source"):
        told.append(f"The columns were taken as those of {source}")
    if lost := notes.get("not_landed"):
        told.append(
            f"Nothing was written, because {count(lost, 'row')} came into the register by another file meanwhile. "
            "They are refused now"
        )
    return told


def not_whole(refused: NotWhole) -> str:
    rows = count(refused.refused, "row is", "rows are")
    return f"{rows} refused. Correct them first, or keep the good rows only"


def mapping_refused(refused: MappingRefused) -> str:
    lists = (("missing", refused.missing), ("twice", refused.twice))
    told = [f"{words}: {listed(names)}" for words, names in lists if names]
    return f"Say what each column is ({'; '.join(told)})"


def terms_refused(refused: TermsRefused) -> str:
    return {
        "first_day": "Enter the first day of the awards",
        "prefix": "Use up to 12 letters, digits and / . -",
    }[refused.field]


TELLERS: dict[type[Refused], Callable[[Any], str]] = {
    NotWhole: not_whole,
    MappingRefused: mapping_refused,
    TermsRefused: terms_refused,
}


def register(app: Flask) -> None:
    app.add_template_filter(read_as)
    app.add_template_filter(difference)
    app.add_template_filter(PAYMENT_FILES.__getitem__, "payment_file_kind")
    app.add_template_filter(OUTCOMES.__getitem__, "check_outcome")

"""Reading a file without being told what it is."""

import io
from collections.abc import Iterator
from dataclasses import asdict, is_dataclass
from datetime import date
from enum import Enum
from typing import Any, BinaryIO

from bacs import reports
from bacs.errors import NotAReport, Unreadable
from bacs.iso20022 import camt, instructions, pain002
from bacs.iso20022.reading import Mismatch
from bacs.iso20022.reading import recognise as recognise_message
from bacs.standard18 import Fault, Rules, read, validate
from bacs.standard18.layout import CREDIT_CODES, DEBIT_CODES, INSTRUCTION_CODES

STANDARD_18 = "standard18"

_LOOKED_AT = 4096
_READERS = {
    "pain.001": instructions.read,
    "pain.002": pain002.read,
    "camt.052": camt.read,
    "camt.053": camt.read,
    "camt.054": camt.read,
}
ANY_CODE = frozenset((*CREDIT_CODES, *DEBIT_CODES, *INSTRUCTION_CODES))


def recognise(file: BinaryIO) -> str:
    """What a file is: "standard18", "pain.002", "ARUCS" ... Raises `Unreadable` and `NotAReport`.

    The file must be seekable, and is wound back.
    """
    start = file.tell()
    head = file.read(_LOOKED_AT)
    file.seek(start)
    if any(line.layout is not None for line in read(io.BytesIO(head))):
        return STANDARD_18
    if b"<" not in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable(0, "neither a Standard 18 file nor XML")
    return recognise_message(file) or str(reports.recognise(file))


def records(file: BinaryIO) -> Iterator[dict[str, Any]]:
    """Every record of a file, and then its faults, as plain dictionaries whose `kind` names them."""
    what = recognise(file)
    if what == STANDARD_18:
        start = file.tell()
        for line in read(file):
            item = line.item()
            values = item._asdict() if item else {name: text.rstrip() for name, text in line.fields().items()}
            if line.layout is None:
                values = {"text": line.text}
            yield {"kind": str(line.kind), "line": line.number} | plain(values)
        file.seek(start)
        yield from faults(file)
        return
    reader = _READERS.get(what, reports.read)
    for record in reader(file):
        yield _named(record)


def faults(file: BinaryIO, rules: Rules | None = None) -> Iterator[dict[str, Any]]:
    """Only what is wrong with a file: the faults of a Standard 18 file, what does not add up in any other."""
    what = recognise(file)
    if what == STANDARD_18:
        for fault in validate(file, rules or Rules(licensed_codes=ANY_CODE)):
            yield _fault(fault)
        return
    reader = _READERS.get(what, reports.read)
    for record in reader(file):
        if isinstance(record, (Mismatch, reports.Mismatch)):
            yield _named(record)


def is_fault(record: dict[str, Any]) -> bool:
    """Whether a record of `records` is a fault that makes a file unclean; a warning does not."""
    kind, severity = str(record["kind"]), str(record.get("severity"))
    return kind == "mismatch" or (kind == "fault" and severity == "error")


def _fault(fault: Fault) -> dict[str, Any]:
    values: dict[str, Any] = plain(fault._asdict())
    return {"kind": "fault", "fault": values.pop("kind"), **values, "message": str(fault)}


def _named(record: Any) -> dict[str, Any]:
    name = "".join(f"_{sign.lower()}" if sign.isupper() else sign for sign in type(record).__name__).lstrip("_")
    fields = asdict(record) if is_dataclass(record) and not isinstance(record, type) else record._asdict()
    values: dict[str, Any] = plain(fields)
    if "kind" in values:
        values["report"] = values.pop("kind")
    return {"kind": name, **values}


def plain(value: Any) -> Any:
    """A value as JSON can carry it: days as ISO text, words for enumerations, named tuples as objects."""
    if isinstance(value, dict):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if hasattr(value, "_asdict"):
        return plain(value._asdict())
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return value


__all__ = ["NotAReport", "faults", "is_fault", "plain", "recognise", "records"]

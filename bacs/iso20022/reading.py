"""What the readers of bank messages share: an element's values by path, amounts, days, signs.

Names are taken without their namespace, so versions and banks' own wrappers do not matter. About a fifth of real
files break their schema: nothing is refused for that.
"""

from datetime import date
from functools import lru_cache
from typing import BinaryIO, NamedTuple

from bacs import pence
from bacs.errors import Unreadable
from bacs.xmlstream import Element, first_named, local_name

Values = dict[str, str]

MESSAGES = {
    "CstmrCdtTrfInitn": "pain.001",
    "CstmrPmtStsRpt": "pain.002",
    "BkToCstmrAcctRpt": "camt.052",
    "BkToCstmrStmt": "camt.053",
    "BkToCstmrDbtCdtNtfctn": "camt.054",
}


class Mismatch(NamedTuple):
    """A message does not agree with itself: what it says of its contents, and what they come to. Amounts are pence."""

    what: str
    said: str
    found: str


class StatusReason(NamedTuple):
    """Why: a code of the ISO list, or the bank's own, and the text that came with it, its pieces joined."""

    code: str
    proprietary: str
    text: str


def recognise(source: bytes | BinaryIO) -> str:
    """Which message a file is, by its first telling element at any depth: "pain.002", "camt.053" ...

    Returns "" for other XML. Raises `Unreadable` and `HostileXml`. A file must be seekable and is wound back.
    """
    return MESSAGES.get(first_named(source, frozenset(MESSAGES)), "")


def require(source: bytes | BinaryIO, *messages: str) -> None:
    """Raise `Unreadable` unless the file is one of these messages; one that cannot be wound back is not looked at."""
    if not isinstance(source, bytes) and not source.seekable():
        return
    found = recognise(source)
    if found not in messages:
        raise Unreadable(0, f"expected {' or '.join(messages)} and found {found or 'another XML file'}")


def values_of(element: Element, apart: str = "") -> tuple[Values, list[Element]]:
    """The texts below an element by path, as in "Refs/EndToEndId", and the elements named `apart`, left out.

    Of several texts with one path each is kept, with line feeds between. An amount's currency is at path + "@Ccy".
    """
    texts: dict[str, list[str]] = {}
    others: list[Element] = []
    _gather(element, "", texts, apart, others)
    return {path: "\n".join(some) for path, some in texts.items()}, others


def _gather(element: Element, path: str, texts: dict[str, list[str]], apart: str, others: list[Element]) -> None:
    for child in element:
        name = local_name(child)
        key = path + name
        if name == apart:
            others.append(child)
        elif len(child):
            _gather(child, f"{key}/", texts, apart, others)
        elif child.text and (text := child.text.strip()):
            texts.setdefault(key, []).append(text)
        if currency := child.get("Ccy"):
            texts[f"{key}@Ccy"] = [currency.strip()]


def first_value(values: Values, *paths: str) -> str:
    """The first of several paths that has a value, "" when none has."""
    for path in paths:
        value = values.get(path)
        if value:
            return value
    return ""


def pence_of(text: str) -> int | None:
    """An amount in pence; `None` when it cannot be read, or is not of whole pence."""
    return pence.read_decimal(text)


@lru_cache(maxsize=4096)
def day_of(text: str) -> date | None:
    """The day of a date or an instant, with or without a zone; `None` when it is none."""
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def number_of(text: str) -> int | None:
    """A count; `None` when it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def one_line(text: str) -> str:
    """Pieces of a text as one."""
    return " ".join(text.split("\n")) if "\n" in text else text


def reason_of(element: Element) -> StatusReason:
    """A `StsRsnInf` or `RtrInf`."""
    values, _ = values_of(element)
    text = one_line(first_value(values, "AddtlInf"))
    return StatusReason(first_value(values, "Rsn/Cd"), first_value(values, "Rsn/Prtry"), text)

"""Good files of every kind that a bank sends, and what somebody hostile, or a broken line, may make of them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping

from payouts.sandbox.bank import bacs_reports, messages
from payouts.sandbox.bank.fate import Fate, Struck
from tests.answering import INPUT_DAY, AtTheBank

Spoil = Callable[[bytes], bytes]
ACROSS = b" " * 400_000
"""Without a line's end: more than a test lets one part of a file have."""


def good_files(bank: AtTheBank) -> dict[str, bytes]:
    """One file of each kind, all of which are read as they are."""
    course, day = bank.course, bank.course.entry_day or INPUT_DAY
    some = [Struck(each.item, Fate.RETURNED, "B") for each in course.struck[:2]]
    corrected = [Struck(each.item, Fate.CORRECTED, "3") for each in course.struck[:2]]
    pence = course.struck[0].item.amount_pence
    pounds = f"{pence // 100}.{pence % 100:02d}"
    rows = (f"{day:%d/%m/%Y},FEE,-1.00,99.00", f"{day:%d/%m/%Y},SOMEBODY,{pounds},{99 + pence / 100:.2f}")
    return {
        "arucs": bacs_reports.arucs(course.about, some, produced_on=day),
        "input": bank.report("Input"),
        "awacs": bacs_reports.awacs(course.about, corrected, produced_on=day),
        "pain.002": messages.status_report(course.about, some, day=day, refused="", cancelled=False),
        "camt.054": messages.notification(course.account, day, "N1", course.bookings),
        "camt.053": messages.statement(course.account, day, 1, 0, course.bookings),
        "csv": "\n".join(("Date,Details,Amount,Balance", *rows, "")).encode(),
    }


def before_root(declared: bytes) -> Spoil:
    """Put a declaration between the first line of XML and its root."""
    return lambda content: content.replace(b"?>", b"?>" + declared, 1)


def entity_bomb(content: bytes) -> bytes:
    """A billion laughs, where the last of the closing tags stands."""
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bombed = before_root(f'<!DOCTYPE a [<!ENTITY l0 "ha">{laughs}]>'.encode())(content)
    return bombed[: bombed.rindex(b"</")] + b"&l9;" + bombed[bombed.rindex(b"</") :]


def zip_bomb(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as into:
        into.writestr("xl/workbook.xml", content + b" " * 10_000_000)
    return packed.getvalue()


def inside(something: bytes) -> Spoil:
    """Put something before the last closing tag, or at a table's end."""
    return lambda content: (
        content[: content.rindex(b"</")] + something + content[content.rindex(b"</") :]
        if content.lstrip().startswith(b"<")
        else content.rstrip(b"\n") + something
    )


def halved(content: bytes) -> bytes:
    return content[: len(content) // 2]


def in_another_encoding(content: bytes) -> bytes:
    """Says that it is UTF-8, and is not."""
    return inside(b"\xff\xfe\xe9" if content.startswith(b"<") else b"\x81\xe9,\xff,\xff\n")(content)


def of_another(content: bytes) -> bytes:
    """Another body's service user number or account in the place of ours."""
    content = re.sub(rb'(user-?number|usernumber)="0{6}"', rb'\1="123456"', content, flags=re.IGNORECASE)
    return re.sub(rb"<Othr><Id>[0-9]{14}<", b"<Othr><Id>20000012345678<", content)


def other_total(content: bytes) -> bytes:
    """A total or closing balance that is not what the items come to."""
    if b"<Totals" in content:
        at = content.index(b"<Totals")
        return content[:at] + content[at:].replace(b'valueOf="', b'valueOf="1', 1)
    if b"CLBD" in content:
        at = content.index(b"CLBD")
        return content[:at] + content[at:].replace(b'GBP">', b'GBP">1', 1)
    head, _, last = content.rstrip(b"\n").rpartition(b",")
    return head + b",1" + last + b"\n"


DEEP = 1_000
SPOILT: Mapping[str, Spoil] = {
    "entity bomb": entity_bomb,
    "outside entity": before_root(b'<!DOCTYPE a SYSTEM "file:///etc/passwd">'),
    "zip bomb": zip_bomb,
    "cut off": halved,
    "deep": inside(b"<a>" * DEEP + b"</a>" * DEEP),
    "not its encoding": in_another_encoding,
    "unheard-of encoding": lambda content: re.sub(rb'encoding="[^"]*"', b'encoding="ebcdic-9"', content, count=1),
    "NUL bytes": inside(b"\0\0\0"),
    "one endless line": inside(ACROSS),
    "empty": lambda _: b"",
}

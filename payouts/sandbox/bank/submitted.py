"""What the simulated bank reads of a submitted file, in its own way: nothing here comes from our own readers.

A mistake that our writer and our reader share would pass our own read-back; it must not pass here as well. Standard 18
is read by the positions of its records (input file, labels and data records), pain.001 by the paths of its schema.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import BinaryIO, NamedTuple

from lxml import etree  # type: ignore[import-untyped]

from bacs.calendar import Calendar

LABEL_LENGTH = 80
RECORD_LENGTHS = {"00100": 100, "00106": 106}
CREDIT, CONTRA = "99", "17"
WIRE = re.compile(r"[A-Z0-9.&/\- ]*")
LARGEST_LINE = 200
PENNIES = Decimal("0.01")


class Item(NamedTuple):
    """One credit of a file. `place` counts from 1; `payment_id` is the end-to-end id of a pain.001, "" elsewhere."""

    place: int
    sort_code: str
    account_number: str
    amount_pence: int
    reference: str
    name: str
    payment_id: str = ""

    @property
    def key(self) -> tuple[str, str, int, str]:
        """By what a report names it: destination, amount in pence and reference."""
        return (self.sort_code, self.account_number, self.amount_pence, self.reference)


@dataclass
class Submitted:
    """A file as the bank understood it. `faults` that are not empty mean that nothing of it is processed.

    `count` and `total_pence` are of the credits, without the contra.
    """

    form: str
    user_number: str = ""
    user_name: str = ""
    serial: str = ""
    file_number: str = ""
    message_id: str = ""
    batch_id: str = ""
    sort_code: str = ""
    account_number: str = ""
    processing_day: date | None = None
    count: int = 0
    total_pence: int = 0
    faults: list[str] = field(default_factory=list)

    def must(self, is_right: bool, fault: str) -> None:
        if not is_right and len(self.faults) < 20:
            self.faults.append(fault)


def read(file: BinaryIO, about: Submitted) -> Iterator[Item]:
    """Yield the credits of a file; when the loop has ended, `about` holds what stands around them.

    Which of the two forms it is stands in `about.form`. Memory does not grow with the file.
    """
    return read_pain001(file, about) if about.form == "pain.001" else read_standard18(file, about)


def form_of(head: bytes) -> str:
    """Which form a file has, by its first bytes."""
    return "pain.001" if b"<" in head else "standard18"


def read_standard18(file: BinaryIO, about: Submitted) -> Iterator[Item]:
    """One user file with one processing day and one contra, as this service writes them."""
    contra_pence = contra_count = 0
    length = 0
    seen: list[str] = []
    for number, line in enumerate(lines_of(file), start=1):
        label = line[:4]
        if label in ("VOL1", "HDR1", "HDR2", "UHL1", "EOF1", "EOF2", "UTL1"):
            seen.append(label)
            about.must(len(line.rstrip()) <= LABEL_LENGTH, f"line {number}: {label} is too long")
            read_label(label, line, about)
            if label == "HDR2":
                length = RECORD_LENGTHS.get(line[10:15], 0)
            if label == "UTL1":
                about.must(digits(line[4:17]) == contra_pence, "UTL1: value of debits")
                about.must(digits(line[17:30]) == about.total_pence, "UTL1: value of credits")
                about.must(digits(line[30:37]) == contra_count, "UTL1: number of debits")
                about.must(digits(line[37:44]) == about.count, "UTL1: number of credits")
            continue
        about.must(len(line) == length, f"line {number}: length {len(line)}")
        about.must(bool(WIRE.fullmatch(line)), f"line {number}: a character that Bacs does not know")
        pence, code = digits(line[35:46]), line[15:17]
        about.must(pence > 0, f"line {number}: amount")
        about.must((line[17:23], line[23:31]) == (about.sort_code, about.account_number) or not about.count,
                   f"line {number}: another originating account")  # fmt: skip
        about.sort_code, about.account_number = line[17:23], line[23:31]
        if code == CONTRA:
            contra_pence, contra_count = contra_pence + pence, contra_count + 1
            about.must(line[:14] == about.sort_code + about.account_number, "the contra is for another account")
            continue
        about.must(code == CREDIT, f"line {number}: transaction code {code}")
        about.count, about.total_pence = about.count + 1, about.total_pence + pence
        yield Item(about.count, line[:6], line[6:14], pence, line[64:82].rstrip(), line[82:100].rstrip())
    about.must(seen == ["VOL1", "HDR1", "HDR2", "UHL1", "EOF1", "EOF2", "UTL1"], f"labels: {' '.join(seen)}")
    about.must(contra_pence == about.total_pence and contra_count == 1, "the contra does not balance the credits")


def read_label(label: str, line: str, about: Submitted) -> None:
    if label == "VOL1":
        about.serial = line[4:10]
    elif label == "HDR1":
        about.user_number = line[5:11]
        about.must(line[21:27] == about.serial, "HDR1: another serial number than VOL1")
    elif label == "UHL1":
        about.processing_day = day_of(line[4:10])
        about.must(about.processing_day is not None, "UHL1: processing day")
        about.file_number = line[37:40]
    elif label == "EOF1":
        about.must(line[5:11] == about.user_number and line[21:27] == about.serial, "EOF1 is not that of HDR1")


def lines_of(file: BinaryIO) -> Iterator[str]:
    """The records of a file, without their ends; a character that is not ASCII stays one that Bacs does not know."""
    while line := file.readline(LARGEST_LINE):
        yield line.decode("ascii", "replace").rstrip("\r\n")


def digits(text: str) -> int:
    """A number of digits only; 0 for anything else, which no total agrees with."""
    return int(text) if text.isascii() and text.isdigit() else 0


def day_of(text: str) -> date | None:
    """` YYDDD`, of this century."""
    if not re.fullmatch(r" [0-9]{5}", text):
        return None
    year, day = 2000 + int(text[1:3]), int(text[3:])
    found = date(year, 1, 1) + timedelta(days=day - 1)
    return found if day >= 1 and found.year == year else None


def read_pain001(file: BinaryIO, about: Submitted) -> Iterator[Item]:
    """One batch of credit transfers; header and batch are compared with what comes."""
    said_count = said_sum = ""
    names = ("{*}GrpHdr", "{*}PmtInfId", "{*}ReqdExctnDt", "{*}DbtrAcct", "{*}DbtrAgt", "{*}CdtTrfTxInf")
    try:
        for _, element in etree.iterparse(file, tag=names, resolve_entities=False, no_network=True):
            name = etree.QName(element).localname
            if name == "CdtTrfTxInf":
                about.count += 1
                item = transfer(element, about)
                about.total_pence += item.amount_pence
                yield item
                element.clear()
                while element.getprevious() is not None and etree.QName(element.getprevious()).localname == name:
                    del element.getparent()[0]
            elif name == "GrpHdr":
                about.message_id, about.user_name = at(element, "MsgId"), at(element, "InitgPty/Nm")
                about.user_number = at(element, "InitgPty/Id/OrgId/Othr/Id")
                said_count, said_sum = at(element, "NbOfTxs"), at(element, "CtrlSum")
            elif name == "PmtInfId":
                about.batch_id = (element.text or "").strip()
            elif name == "ReqdExctnDt":
                about.processing_day = date.fromisoformat((at(element, "Dt") or element.text or "").strip())
            elif name == "DbtrAcct":
                about.account_number = at(element, "Id/Othr/Id") or at(element, "Id/IBAN")[-8:]
            elif name == "DbtrAgt":
                about.sort_code = at(element, "FinInstnId/ClrSysMmbId/MmbId")
    except (etree.XMLSyntaxError, ValueError) as error:
        about.faults.append(f"XML: {type(error).__name__}")
    about.must(said_count == str(about.count), "NbOfTxs")
    about.must(pence_of(said_sum) == about.total_pence, "CtrlSum")
    about.must(about.processing_day is not None, "ReqdExctnDt")


def transfer(element: etree._Element, about: Submitted) -> Item:
    pence = pence_of(at(element, "Amt/InstdAmt"))
    about.must(pence > 0, f"transfer {about.count}: amount")
    iban = at(element, "CdtrAcct/Id/IBAN")
    return Item(
        about.count,
        iban[8:14] or at(element, "CdtrAgt/FinInstnId/ClrSysMmbId/MmbId"),
        iban[14:] or at(element, "CdtrAcct/Id/Othr/Id"),
        pence,
        at(element, "RmtInf/Ustrd"),
        at(element, "Cdtr/Nm"),
        at(element, "PmtId/EndToEndId"),
    )


def at(element: etree._Element, path: str) -> str:
    """The text at a path of local names, "" where there is none."""
    found = element.find("/".join(f"{{*}}{name}" for name in path.split("/")))
    return (found.text or "").strip() if found is not None else ""


def pence_of(text: str) -> int:
    """Pounds with at most two decimals, in pence; 0 for anything else."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return 0
    return int(value * 100) if value == value.quantize(PENNIES) else 0


def entry_day_of(about: Submitted, calendar: Calendar) -> date | None:
    """The day payees have the money; None, with its fault noted, when the file's day is none of the banks'."""
    day = about.processing_day
    if day is None:
        return None
    about.must(calendar.is_working_day(day), f"{day} is no processing day")
    return calendar.next_working_day(day) if calendar.is_working_day(day) else None

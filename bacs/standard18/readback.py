"""A Standard 18 file of credits back as the values it was written from."""

from collections.abc import Iterator
from datetime import date
from itertools import chain
from typing import BinaryIO

from bacs.calendar import read_bacs_date
from bacs.errors import Unreadable
from bacs.standard18.reader import Item, Kind, Line, read
from bacs.standard18.submission import Credit, OriginatingAccount, Section, Submission, UserFile


def read_submission(source: bytes | BinaryIO) -> Submission:
    """Read a submission of credits back: the same values that `Submission.as_sent` gives.

    The whole submission is held in memory; `read` streams. Raises `Unreadable` at the first line that does not
    belong where it stands, and when a contra or a trailer does not agree with the payments before it, and
    `BadBacsDate` at a label's day that is none. Debits and instructions are refused: they are no payments.
    """
    lines = _Lines(read(source))
    volume = lines.take(Kind.VOL1)
    created_on, first = _user_file(lines)
    user_files = [first]
    while lines.next.kind is Kind.HDR1:
        user_files.append(_user_file(lines)[1])
    if lines.next is not _END:
        raise Unreadable(lines.next.number, "text after the last trailer")
    fields = volume.fields()
    return Submission(fields["serial_number"], fields["submitter"], created_on, tuple(user_files))


_END = Line(0, Kind.UNKNOWN, "", "", None)


class _Lines:
    """The lines of a file with the next one in view."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = chain(lines, [_END])
        self.next = next(self._lines)

    def take(self, kind: Kind) -> Line:
        line = self.next
        if line.kind is not kind:
            found = f"{line.kind} record" if line.number else "the end of the file"
            raise Unreadable(line.number, f"expected a {kind} record and found {found}")
        assert line.layout is not None
        # one pattern over a record without a fault takes a fifth of the time of one for each field
        for field, found in () if line.layout.pattern.fullmatch(line.text) else line.layout.misfits(line.text):
            raise Unreadable(line.number, f"{field.name}: expected {field.kind.name} and found {found!r}")
        self.next = next(self._lines, _END)
        return line

    def take_item(self, kind: Kind) -> tuple[Line, Item]:
        line = self.take(kind)
        item = line.item()
        assert item is not None
        return line, item


def _user_file(lines: _Lines) -> tuple[date, UserFile]:
    hdr1 = lines.take(Kind.HDR1).fields()
    hdr2 = lines.take(Kind.HDR2).fields()
    uhl1_line = lines.take(Kind.UHL1)
    uhl1 = uhl1_line.fields()
    is_multi_day = hdr2["record_length"] == "00106"
    day = None if is_multi_day else read_bacs_date(uhl1["processing_day"])
    names: set[str] = set()
    sections = [_section(lines, day, names)]
    while lines.next.kind is Kind.CREDIT:
        sections.append(_section(lines, day, names))
    lines.take(Kind.EOF1)
    lines.take(Kind.EOF2)
    _check_trailer(lines.take(Kind.UTL1), sections)
    if len(names) != 1:
        raise Unreadable(uhl1_line.number, "the payments of a user file carry several service user names")
    return read_bacs_date(hdr1["creation_date"]), UserFile(
        hdr1["service_user_number"],
        names.pop(),
        int(uhl1["file_number"]),
        tuple(sections),
        is_multi_day,
        read_bacs_date(hdr1["expiry_date"]),
    )


def _section(lines: _Lines, day: date | None, names: set[str]) -> Section:
    first, item = lines.take_item(Kind.CREDIT)
    account = (item.originating_sort_code, item.originating_account_number)
    day_of_section = day or item.processing_day
    payments = [_credit(item)]
    names.add(item.user_name)
    while lines.next.kind is Kind.CREDIT:
        line, item = lines.take_item(Kind.CREDIT)
        if (item.originating_sort_code, item.originating_account_number) != account:
            raise Unreadable(line.number, "another originating account before the contra of the last")
        if (day or item.processing_day) != day_of_section:
            raise Unreadable(line.number, "another processing day before the contra of the last")
        payments.append(_credit(item))
        names.add(item.user_name)
    line, contra = lines.take_item(Kind.CONTRA)
    balanced = contra.amount_pence or 0
    while lines.next.kind is Kind.CONTRA:
        balanced += lines.take_item(Kind.CONTRA)[1].amount_pence or 0
    if balanced != sum(credit.amount_pence for credit in payments):
        raise Unreadable(line.number, "the contra does not balance the payments before it")
    if (contra.sort_code, contra.account_number) != account:
        raise Unreadable(line.number, "the contra is not of the account that the payments before it come from")
    if day_of_section is None:
        raise Unreadable(first.number, "the processing day is not a date")
    return Section(OriginatingAccount(*account, contra.account_name), day_of_section, tuple(payments), contra.user_name)


def _credit(item: Item) -> Credit:
    return Credit(item.sort_code, item.account_number, item.amount_pence or 0, item.account_name, item.reference)


def _check_trailer(trailer: Line, sections: list[Section]) -> None:
    fields = trailer.fields()
    amounts = [credit.amount_pence for section in sections for credit in section.credits]
    said = (int(fields["credit_count"]), int(fields["credit_total_pence"]))
    found = (len(amounts), sum(amounts))
    if said != found:
        raise Unreadable(trailer.number, f"the trailer says {said[0]} credits of {said[1]} pence, found {found}")

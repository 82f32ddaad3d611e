"""Writing a Standard 18 submission: one pass, the same bytes each time (Standard 18, sections 4 to 6)."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice

from bacs.calendar import bacs_date
from bacs.errors import (
    AmountReason,
    AmountRefused,
    BacsError,
    FieldReason,
    FieldRefused,
    ItemRefused,
    SubmissionReason,
    SubmissionRefused,
)
from bacs.standard18 import layout as tables
from bacs.standard18.layout import CONTRA_REFERENCE, NUMBER, TEXT, Layout
from bacs.standard18.submission import SCHEME_LIMIT_PENCE, Credit, Practice, Section, Submission, UserFile

END_OF_RECORD = "\r\n"
BLOCK = 2000
"""Records to a block of bytes: large enough that joining and checking cost little, small enough to stay in cache."""

LARGEST_ITEM_PENCE = 10**11 - 1
LARGEST_TOTAL_PENCE = 10**13 - 1
LARGEST_COUNT = 10**7 - 1

_NO_ACCOUNT = "0" * 8
_ACCOUNT_CREDIT = "99"
_BALANCES_CREDITS = "17"
_TEXT_ON_THE_LEFT = "(?:[A-Z0-9.&/-][A-Z0-9.&/ -]{17}| {18})"

# What a credit must be beyond what its columns can hold
_STRICTER = {
    "amount_pence": "(?!0{11})[0-9]{11}",
    "user_name": _TEXT_ON_THE_LEFT,
    "reference": f"(?!{CONTRA_REFERENCE}){_TEXT_ON_THE_LEFT}",
    "account_name": _TEXT_ON_THE_LEFT,
}
_NOBODY = "(?!.{6}0{8}.{68} {18})"


@dataclass
class _Totals:
    """What the trailer of a user file says, as its sections go by."""

    credit_count: int = 0
    debit_count: int = 0
    total_pence: int = 0

    def add(self, credit_count: int, contra_count: int, total_pence: int) -> None:
        self.credit_count += credit_count
        self.debit_count += contra_count
        self.total_pence += total_pence
        if self.total_pence > LARGEST_TOTAL_PENCE:
            raise SubmissionRefused(SubmissionReason.TOTAL_TOO_LARGE, str(self.total_pence))
        if max(self.credit_count, self.debit_count) > LARGEST_COUNT:
            raise SubmissionRefused(SubmissionReason.TOO_MANY_ITEMS, str(self.credit_count))


def write(submission: Submission) -> Iterator[bytes]:
    """The bytes of a submission, in blocks of whole records, each record ended by CR LF.

    What can be refused before the first byte is refused at once. A payment is refused when its turn comes, as
    `ItemRefused`; what was yielded before is then no file, so write to a place that can be given up. Raises
    `SubmissionRefused` and the field errors too. Amounts are in pence; nothing is ever cut.
    """
    _check_shape(submission)
    volume = _volume(submission)
    heads = [_head(submission, number, each) for number, each in enumerate(submission.user_files, 1)]
    return _records(submission, volume, heads)


def _volume(submission: Submission) -> str:
    return tables.VOL1.put(
        {
            "serial_number": submission.wire_serial_number,
            "submitter": submission.submitter,
            "bank_marker": submission.practice.bank_marker,
        }
    )


@dataclass(frozen=True, slots=True)
class Pieces:
    """A submission of one user file with one section, whose credits several processes write, each some of them.

    `opening()`, the `records` of all credits in order and `closing` of all together are the bytes that `write` gives.
    The credits of the submission's own section are not looked at.
    """

    submission: Submission

    def __post_init__(self) -> None:
        """Raises what `write` raises at once."""
        _check_shape(self.submission)
        [user_file] = self.submission.user_files
        [_] = user_file.sections

    @property
    def _user_file(self) -> UserFile:
        return self.submission.user_files[0]

    def opening(self) -> bytes:
        """What stands before the credits."""
        head = _head(self.submission, 1, self._user_file)
        return _encode([_volume(self.submission), head["HDR1"], head["HDR2"], head["UHL1"]])

    def records(self, credits: Iterable[Credit], *, before: int = 0) -> Iterator[bytes]:
        """Some of the credits, in blocks. Raises `ItemRefused`, numbered on from those `before`."""
        section = replace(self._user_file.sections[0], credits=credits)
        for block, _, _ in _credits(self._user_file, section, self.submission.practice, before):
            yield block

    def closing(self, count: int, total_pence: int) -> bytes:
        """The contra and the trailers of so many credits and pence. Raises `SubmissionRefused`."""
        totals, head = _Totals(), _head(self.submission, 1, self._user_file)
        section, practice = self._user_file.sections[0], self.submission.practice
        contras = _contras(self._user_file, section, practice, totals, (count, total_pence))
        return contras + _trailers(head, totals)


def check_credit(credit: Credit, *, item_limit_pence: int = SCHEME_LIMIT_PENCE) -> None:
    """Raise what `write` would refuse this credit for (Standard 18, data record and limits)."""
    fields = tables.DATA_SPD
    fields["destination_sort_code"].put(credit.sort_code)
    fields["destination_account"].put(credit.account_number)
    amount = credit.amount_pence
    if type(amount) is not int:
        raise AmountRefused(amount, AmountReason.NOT_WHOLE_PENCE)
    if amount <= 0:
        raise AmountRefused(amount, AmountReason.NEGATIVE if amount else AmountReason.ZERO)
    if amount > min(item_limit_pence, LARGEST_ITEM_PENCE):
        raise AmountRefused(amount, AmountReason.TOO_LARGE)
    reference = credit.roll_number or credit.reference
    fields["reference"].put(reference)
    if reference.startswith(CONTRA_REFERENCE):
        raise FieldRefused("reference", reference, FieldReason.STARTS_WITH_CONTRA)
    fields["account_name"].put(credit.account_name)
    if credit.account_number == _NO_ACCOUNT and not credit.account_name.strip(" "):
        raise FieldRefused("account_name", credit.account_name, FieldReason.NAME_MISSING)


def _check_shape(submission: Submission) -> None:
    if not submission.user_files:
        raise SubmissionRefused(SubmissionReason.NO_USER_FILES)
    if len(submission.user_files) > 9999:
        raise SubmissionRefused(SubmissionReason.TOO_MANY_USER_FILES, str(len(submission.user_files)))
    numbers = Counter((each.service_user_number, each.file_number) for each in submission.user_files)
    for (_, number), times in numbers.items():
        if times > 1:
            raise SubmissionRefused(SubmissionReason.SAME_FILE_NUMBER_TWICE, str(number))
    for each in submission.user_files:
        _check_user_file(each)


def _check_user_file(user_file: UserFile) -> None:
    if not user_file.sections:
        raise SubmissionRefused(SubmissionReason.NO_SECTIONS)
    if not 1 <= user_file.file_number <= 999:
        raise FieldRefused("file_number", user_file.file_number, FieldReason.OUT_OF_RANGE)
    keys = Counter(
        (each.account.sort_code, each.account.account_number, each.processing_day) for each in user_file.sections
    )
    for (_, _, day), times in keys.items():
        if times > 1:
            raise SubmissionRefused(SubmissionReason.SAME_SECTION_TWICE, day.isoformat())
    if not user_file.multi_day and len({day for _, _, day in keys}) > 1:
        raise SubmissionRefused(SubmissionReason.SEVERAL_DAYS)
    if user_file.expiry_day <= user_file.last_processing_day:
        raise SubmissionRefused(SubmissionReason.EXPIRES_TOO_EARLY, user_file.expiry_day.isoformat())
    tables.DATA_SPD["user_name"].put(user_file.service_user_name)
    for section in user_file.sections:
        tables.DATA_SPD["originating_sort_code"].put(section.account.sort_code)
        tables.DATA_SPD["originating_account"].put(section.account.account_number)
        tables.DATA_SPD["account_name"].put(section.account.name)
        tables.DATA_SPD["user_name"].put(section.narrative)


def _head(submission: Submission, sequence: int, user_file: UserFile) -> dict[str, str]:
    """The labels of a user file by name, trailers included."""
    practice = submission.practice
    number = user_file.service_user_number
    hdr1 = {
        "service_user_number": number,
        "file_identifier_end": practice.file_identifier_end,
        "file_identifier_number": number,
        "set_identification": submission.wire_serial_number,
        "file_sequence_number": str(sequence),
        "creation_date": bacs_date(submission.created_on),
        "expiry_date": bacs_date(user_file.expiry_day),
    }
    hdr2 = {"block_length": practice.block_length} if practice.block_length else {}
    names_day = practice.names_first_day or not user_file.multi_day
    uhl1 = {
        "processing_day": bacs_date(user_file.first_processing_day) if names_day else "",
        "file_number": str(user_file.file_number),
    }
    many = user_file.multi_day
    return {
        "HDR1": tables.HDR1.put(hdr1),
        "HDR2": (tables.HDR2_MPD if many else tables.HDR2_SPD).put(hdr2),
        "UHL1": (tables.UHL1_MPD if many else tables.UHL1_SPD).put(uhl1),
        "EOF1": tables.EOF1.put(hdr1),
        "EOF2": (tables.EOF2_MPD if many else tables.EOF2_SPD).put(hdr2),
    }


def _records(submission: Submission, volume: str, heads: list[dict[str, str]]) -> Iterator[bytes]:
    yield _encode([volume])
    for user_file, head in zip(submission.user_files, heads, strict=True):
        yield _encode([head["HDR1"], head["HDR2"], head["UHL1"]])
        totals = _Totals()
        for section in user_file.sections:
            yield from _section(user_file, section, submission.practice, totals)
        yield _trailers(head, totals)


def _trailers(head: dict[str, str], totals: _Totals) -> bytes:
    trailer = {
        "debit_total_pence": str(totals.total_pence),
        "credit_total_pence": str(totals.total_pence),
        "debit_count": str(totals.debit_count),
        "credit_count": str(totals.credit_count),
    }
    return _encode([head["EOF1"], head["EOF2"], tables.UTL1.put(trailer)])


def _section(user_file: UserFile, section: Section, practice: Practice, totals: _Totals) -> Iterator[bytes]:
    count = total_pence = 0
    for block, block_count, block_pence in _credits(user_file, section, practice, totals.credit_count):
        yield block
        count += block_count
        total_pence += block_pence
    yield _contras(user_file, section, practice, totals, (count, total_pence))


def _credits(
    user_file: UserFile, section: Section, practice: Practice, before: int
) -> Iterator[tuple[bytes, int, int]]:
    """The records of a section's credits in blocks, each with its count and its pence."""
    layout = tables.DATA_MPD if user_file.multi_day else tables.DATA_SPD
    template = _template(layout, _set_by_section(user_file, section, practice))
    pattern = _payable(layout)
    width = layout.length + len(END_OF_RECORD)
    limit = min(user_file.item_limit_pence, LARGEST_ITEM_PENCE)
    payments = iter(section.credits)
    while block := list(islice(payments, BLOCK)):
        try:
            text = "".join([template % (s, n, p, roll or ref, name) for s, n, p, name, ref, roll in block])
            amounts = [credit[2] for credit in block]
            block_pence = sum(amounts)
            # a value too long for its field makes its record longer, and none can make one shorter
            is_good = len(text) == len(block) * width and max(amounts) <= limit and type(block_pence) is int
        except TypeError:
            is_good = False
        if not is_good or pattern.fullmatch(text) is None:
            raise _first_refused(block, before, limit)
        yield text.encode("ascii"), len(block), block_pence
        before += len(block)


def _contras(
    user_file: UserFile, section: Section, practice: Practice, totals: _Totals, added: tuple[int, int]
) -> bytes:
    """The contra records of a section of so many credits and pence, which go into the totals."""
    count, total_pence = added
    if not count:
        raise SubmissionRefused(SubmissionReason.NO_CREDITS)
    layout = tables.DATA_MPD if user_file.multi_day else tables.DATA_SPD
    contras = [_contra(layout, section, practice, part) for part in _parts(total_pence)]
    totals.add(count, len(contras), total_pence)
    return _encode(contras)


def _set_by_section(user_file: UserFile, section: Section, practice: Practice) -> dict[str, str]:
    values = {
        "transaction_code": _ACCOUNT_CREDIT,
        "originating_sort_code": section.account.sort_code,
        "originating_account": section.account.account_number,
        "free_format": practice.free_format,
        "user_name": user_file.service_user_name,
    }
    return values | ({"processing_day": bacs_date(section.processing_day)} if user_file.multi_day else {})


def _template(layout: Layout, values: dict[str, str]) -> str:
    """A record with the values laid out and a gap for every other field, to be filled by `%`."""
    parts = []
    for each in layout.fields:
        if each.name in values or (each.default is not None and each.kind is not TEXT):
            parts.append(each.put(values.get(each.name, each.default or "")))
        elif each.kind is NUMBER:
            parts.append(f"%0{each.width}d")
        else:
            parts.append(f"%-{each.width}s")
    return "".join(parts) + END_OF_RECORD


@cache
def _payable(layout: Layout) -> re.Pattern[str]:
    """A pattern for a block of credits that can all be paid."""
    record = _NOBODY + "".join(_STRICTER.get(each.name, each.pattern) for each in layout.fields)
    return re.compile(f"(?:{record}{END_OF_RECORD})*+")


def _first_refused(block: list[Credit], before: int, limit: int) -> BacsError:
    for number, credit in enumerate(block, before + 1):
        try:
            check_credit(credit, item_limit_pence=limit)
        except BacsError as cause:
            return ItemRefused(number, cause)
    raise AssertionError("a block was refused, and none of its credits")


def _parts(total_pence: int) -> list[int]:
    """A total in amounts that fit a contra's eleven digits (Standard 18, contra record)."""
    whole, rest = divmod(total_pence, LARGEST_ITEM_PENCE)
    return [LARGEST_ITEM_PENCE] * whole + ([rest] if rest else [])


def _contra(layout: Layout, section: Section, practice: Practice, amount_pence: int) -> str:
    account = section.account
    values = {
        "destination_sort_code": account.sort_code,
        "destination_account": account.account_number,
        "transaction_code": _BALANCES_CREDITS,
        "originating_sort_code": account.sort_code,
        "originating_account": account.account_number,
        "free_format": practice.free_format,
        "amount_pence": str(amount_pence),
        "user_name": section.narrative,
        "reference": CONTRA_REFERENCE,
        "account_name": account.name,
    }
    if layout is tables.DATA_MPD:
        values["processing_day"] = bacs_date(section.processing_day)
    return layout.put(values)


def _encode(records: list[str]) -> bytes:
    return "".join(record + END_OF_RECORD for record in records).encode("ascii")

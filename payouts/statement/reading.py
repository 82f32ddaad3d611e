"""The work on a statement: read it as it goes by, keep its entries sealed, and match what is certain.

Entries are written in chunks, all in one transaction: a statement is kept whole or not at all. A file that overlaps
another brings only the entries that are new: of alike ones on one day as many as the bank booked, in whatever words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from payouts.files.payment_file import PaymentFile
from payouts.payroll import Payroll, get_payroll
from payouts.responses import closing
from payouts.statement import alike, matching, posted, repeated
from payouts.statement.alike import Alike
from payouts.statement.booking import (
    MESSAGE_ID,
    PAYROLL,
    SERIAL,
    Balances,
    Booking,
    Head,
    read_message,
    read_table,
)
from payouts.statement.roll_number import match_by_roll_number
from payouts.statement.rule import BankRule, first_that_fits, rules
from payouts.statement.statement import (
    BankStatement,
    FileStatus,
    StatementFault,
    StatementFile,
    StatementRefused,
    content_of,
    get_file,
    move,
    remembered_columns,
)
from payouts.statement.table import Columns, header_names
from schemes import audit
from schemes.bank_profile import BankProfile, newest_profile, open_account
from schemes.database import copy_rows, in_chunks, new_id, new_id_text
from schemes.errors import FileRefused
from schemes.seal import OpenKey, Seals, get_key
from schemes.sealed_file import SealedFile

if TYPE_CHECKING:
    from payouts.app import Service

CHUNK = 5000
BEFORE_XML = b"\xff\xfe\xef\xbb\xbf \r\n\t"
COLUMNS = (
    "body_id",
    "id",
    "file_id",
    "statement_id",
    "line_id",
    "position",
    "booked_on",
    "amount_pence",
    "is_credit",
    "nature",
    "code",
    "bank_reference",
    "hint_id",
    "payroll_number",
    "ordinal",
    "reference",
    "sealed_text",
    "digest",
    "rule_id",
)


def read(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """Read a statement file, keep its entries and match them. One that is refused keeps its fault, and no entry."""
    file = get_file(session, UUID(args["file_id"]), lock=True)
    if file.status is not FileStatus.READING:
        return
    content = content_of(session, service.seals, file)
    savepoint = session.begin_nested()
    try:
        records = records_of(session, file, content)
        if records is None:
            savepoint.commit()
            return
        keeper = Keeper(session, service.seals, file, newest_profile(session, file.line_id))
        alike.begin(session)
        for chunk in in_chunks(keeper.bookings(records), CHUNK):
            keeper.keep(chunk)
        keeper.close()
    except StatementRefused as refused:
        savepoint.rollback()
        session.refresh(file)
        file.fault, file.fault_at = refused.fault, refused.where
        move(file, FileStatus.UNREADABLE)
        audit.record(session, "statement.refused", by=None, about=file, at=service.now(), fault=refused.fault.value)
        return
    savepoint.commit()
    file.entry_count, file.known_entries = keeper.kept, keeper.read - keeper.kept
    # the entries hold all that is needed, sealed one by one
    file.sealed_content, file.fault, file.fault_at = None, None, 0
    move(file, FileStatus.READ)
    session.flush()
    lacking = matching.expected_contras(session, line_id=file.line_id, only_open=True)
    at, line_id = service.now(), file.line_id
    again = repeated.find(session, file, at=at)
    alike.end(session)
    matched = matching.match_line(session, line_id, at=at)
    matched += match_by_roll_number(session, service.seals, line_id, at=at)
    posted.settle(session, posted.read_or_matched(file.id, line_id, at), at=at)
    tell_contras(session, service, file, lacking)
    entries, known = file.entry_count, file.known_entries
    facts: dict[str, Any] = {"entries": entries, "known": known, "repeated": again, "matched": matched}
    audit.record(session, "statement.read", by=None, about=file, at=at, **facts)


def tell_contras(session: Session, service: Service, file: StatementFile, lacking: list[matching.Expected]) -> None:
    """Tell the payrolls whose contra is complete now: it is one of the things that a payroll waits for to be closed."""
    still = {each.file_id for each in matching.expected_contras(session, line_id=file.line_id, only_open=True)}
    for one in lacking:
        if one.file_id not in still:
            payroll = get_payroll(session, one.payroll_id, lock=True)
            closing.contra_seen(
                session, service.calendar, payroll, one.file_id, evidence=file.file_name, at=service.now()
            )


def records_of(
    session: Session, file: StatementFile, content: SealedFile
) -> Iterator[Head | Booking | Balances] | None:
    """What stands in a file; None when a person has to say what a table's columns are. Raises StatementRefused."""
    # in whatever encoding: the parser knows more of them than we do
    if content.head[:64].replace(b"\0", b"").lstrip(BEFORE_XML)[:1] == b"<":
        return read_message(content.open())
    try:
        header = header_names(content)
    except FileRefused:
        raise StatementRefused(StatementFault.BAD_TABLE) from None
    file.header = list(header)
    columns = Columns.from_json(file.columns) if file.columns else None
    # what was refused when it was read by what is remembered is asked about
    if columns is None and file.fault is None:
        columns = remembered_columns(session, file, header)
    if columns is None:
        move(file, FileStatus.ASKING)
        session.flush()
        return None
    file.columns = columns.as_json()
    session.flush()
    return read_table(content, columns)


@dataclass
class Keeper:
    """Rows out of records, and the statements that they stand in."""

    session: Session
    seals: Seals
    file: StatementFile
    profile: BankProfile
    read: int = 0
    kept: int = 0
    statement: BankStatement | None = None

    def __post_init__(self) -> None:
        account = open_account(self.session, self.seals, self.profile)
        self.account = account.sort_code + account.account_number
        self.key: OpenKey = self.seals.open_row(get_key(self.session, self.file.body_id, self.file.key_id))
        self.hints = Hints.of(self.session, self.file.line_id)
        self.rules: Sequence[BankRule] = rules(self.session)
        self.last_day_told = repeated.last_day_told(self.session, self.file.line_id) or date.min

    def bookings(self, records: Iterator[Head | Booking | Balances]) -> Iterator[tuple[UUID, Booking]]:
        """Each booking, with the statement that it stands in."""
        for record in records:
            if isinstance(record, Head):
                self.close()
                self.must_be_ours(record)
                self.begin(record)
            elif isinstance(record, Balances):
                if self.statement is None:
                    self.begin(Head("", None, None, None, ""))
                assert self.statement is not None
                self.statement.opening_pence, self.statement.closing_pence = record
            else:
                if self.statement is None:
                    self.begin(Head("", None, None, None, ""))
                assert self.statement is not None
                count_in(self.statement, record)
                yield self.statement.id, record

    def keep(self, chunk: Sequence[tuple[UUID, Booking]]) -> None:
        """Write down some bookings, those that nobody told before."""
        told_again = (
            Alike(booking.booked_on, booking.amount_pence, booking.is_credit)
            for _, booking in chunk
            if booking.booked_on <= self.last_day_told
        )
        alike.tell_again(self.session, told_again)
        tellings = [self.telling(booking) for _, booking in chunk]
        numbers = alike.numbered(self.session, [hash(each) for each in tellings])
        rows = (
            self.row(statement_id, booking, self.digest(telling, number))
            for (statement_id, booking), telling, number in zip(chunk, tellings, numbers, strict=True)
        )
        self.kept += copy_rows(self.session, "bank_entry", COLUMNS, rows, unless_there=True)

    def must_be_ours(self, head: Head) -> None:
        """An IBAN ends with sort code and account number; some banks give these alone, or the number only."""
        given = "".join(sign for sign in head.account if sign.isalnum())
        if given != self.account[6:] and not given.endswith(self.account):
            raise StatementRefused(StatementFault.OTHER_ACCOUNT)

    def begin(self, head: Head) -> None:
        self.statement = BankStatement(
            body_id=self.file.body_id,
            id=new_id(),
            file_id=self.file.id,
            line_id=self.file.line_id,
            bank_id=head.bank_id,
            sequence=head.sequence,
            from_day=date.max,
            to_day=date.min,
            opening_pence=head.opening_pence,
            closing_pence=head.closing_pence,
            entry_count=0,
        )
        self.session.add(self.statement)
        self.session.flush()

    def close(self) -> None:
        """A statement without an entry says nothing of any day, and is not kept."""
        if self.statement is not None and not self.statement.entry_count:
            self.session.delete(self.statement)
        self.session.flush()
        self.statement = None

    def row(self, statement_id: UUID, booking: Booking, digest: bytes) -> tuple[Any, ...]:
        self.read += 1
        entry_id = new_id_text()
        number, ordinal = booking.payment_of or (None, None)
        rule = first_that_fits(self.rules, is_credit=booking.is_credit, code=booking.code, text=booking.text)
        return (
            self.file.body_id,
            entry_id,
            self.file.id,
            statement_id,
            self.file.line_id,
            self.read,
            booking.booked_on,
            booking.amount_pence,
            booking.is_credit,
            booking.nature.value,
            booking.code,
            booking.bank_reference,
            None if booking.is_credit else self.hints.named_in(booking),
            number,
            ordinal,
            booking.reference.strip(),
            self.key.seal(booking.text.encode(), "bank_entry", entry_id),
            digest,
            rule.id if rule else None,
        )

    def telling(self, booking: Booking) -> tuple[str, ...]:
        """All that tells a booking from another."""
        return (
            str(self.file.line_id),
            booking.booked_on.isoformat(),
            str(booking.amount_pence),
            "in" if booking.is_credit else "out",
            booking.bank_reference,
            booking.reference,
            booking.text,
        )

    def digest(self, telling: tuple[str, ...], number: int) -> bytes:
        """Of bookings that are alike, as many as there are."""
        return self.seals.fingerprint(self.file.body_id, "bank_entry", *telling, str(number))


def count_in(statement: BankStatement, booking: Booking) -> None:
    statement.entry_count += 1
    statement.from_day = min(statement.from_day, booking.booked_on)
    statement.to_day = max(statement.to_day, booking.booked_on)


@dataclass(frozen=True)
class Hints:
    """By what a bank's text names our files: their serials, pain.001 message ids, and payrolls of one file."""

    serials: Mapping[str, UUID]
    messages: Mapping[str, UUID]
    payrolls: Mapping[int, UUID]

    @classmethod
    def of(cls, session: Session, line_id: UUID) -> Hints:
        rows = session.execute(
            select(PaymentFile.id, PaymentFile.serial, Payroll.number)
            .join(Payroll, (Payroll.body_id == PaymentFile.body_id) & (Payroll.id == PaymentFile.payroll_id))
            .join(BankProfile, (BankProfile.body_id == Payroll.body_id) & (BankProfile.id == Payroll.bank_profile_id))
            .where(
                BankProfile.line_id == line_id,
                PaymentFile.withdrawn_at.is_(None),
                Payroll.status.not_in(matching.BEFORE_SUBMISSION),
            )
        ).all()
        files = Counter(number for _, _, number in rows)
        return cls(
            {f"{serial:06d}": file_id for file_id, serial, _ in rows},
            {f"P{number:04d}-{serial:06d}": file_id for file_id, serial, number in rows},
            {number: file_id for file_id, _, number in rows if files[number] == 1},
        )

    def named_in(self, booking: Booking) -> UUID | None:
        """The one file that a booking names; none where it names several."""
        said = f"{booking.batch_id} {booking.bank_reference} {booking.text}"
        named = {self.messages.get(each) for each in MESSAGE_ID.findall(said)}
        named = named or {self.serials.get(each) for each in SERIAL.findall(said)} - {None}
        named = named or {self.payrolls.get(int(each)) for each in PAYROLL.findall(said)}
        return next(iter(named)) if len(named) == 1 else None

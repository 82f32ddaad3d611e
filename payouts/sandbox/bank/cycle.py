"""What the simulated bank says about a file, day by day: input day, entry day, and the days on which credits come back.

The days are those of the Bacs cycle: reports on a file on its input day; the account debited by the contra, corrections
and most returns on the entry day; the money of a return on the account two working days later (the Bacs cycle, returned
credits). The same file, script and days give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import BinaryIO, NamedTuple

from bacs.calendar import Calendar
from payouts.sandbox.bank import bacs_reports, messages
from payouts.sandbox.bank.fate import Fate, Script, Struck, strike
from payouts.sandbox.bank.messages import Booking
from payouts.sandbox.bank.submitted import Submitted, entry_day_of, form_of, read

RETURNED_AFTER = {Fate.RETURNED: 0, Fate.RETURNED_LATE: 2}
"""Working days from entry until ARUCS names a credit: on the day itself, or at the latest two days on."""
SETTLED_AFTER = 2
"""Working days from ARUCS until a returned credit is on the account."""
FEE_PENCE = 5_00
FIRST_BALANCE_PENCE = 100_000_000_00
"""What a simulated account holds before its first booking: enough for any payroll of a sandbox."""
REFUSED_BY_SCRIPT = "SANDBOX: THE FILE WAS REFUSED"


class Delivery(NamedTuple):
    """One file of the bank's on one day. `name` is different for every file of a submission."""

    day: date
    name: str
    content: bytes


@dataclass(frozen=True)
class Course:
    """How the bank took one file: what it read, whom it struck, what it booked, what it said when."""

    about: Submitted
    struck: Sequence[Struck]
    entry_day: date | None
    refused: str
    bookings: Sequence[Booking]
    deliveries: Sequence[Delivery]

    @property
    def accepted(self) -> tuple[int, int]:
        """Count and pence of the credits that Bacs took."""
        if self.refused or not self.bookings:
            return 0, 0
        out = [each.item.amount_pence for each in self.struck if each.fate in bacs_reports.NOT_TAKEN]
        return self.about.count - len(out), self.about.total_pence - sum(out)

    @property
    def account(self) -> str:
        return self.about.sort_code + self.about.account_number


def take(file: BinaryIO, script: Script, *, calendar: Calendar, received_on: date) -> Course:
    """Take a file on its input day, and work out everything that the bank will ever say of it but statements.

    The file must be seekable. A file that the bank's own reading finds at fault is refused whole. Statements are of
    accounts, not of files: `statements`.
    """
    start = file.tell()
    about = Submitted(form_of(file.read(64).lstrip()))
    file.seek(start)
    struck = strike(read(file, about), script)
    entry_day = entry_day_of(about, calendar)
    if about.processing_day is not None:
        about.must(received_on < about.processing_day, f"received on {received_on}: too late for its day")
    refused = about.faults[0][:80] if about.faults else REFUSED_BY_SCRIPT if script.file_refused else ""
    goes_on = not refused and not script.withdrawn and entry_day is not None
    bookings = tuple(booked(about, struck, entry_day, calendar)) if goes_on and entry_day else ()
    said = list(on_input_day(about, struck, script, received_on, refused))
    if goes_on and entry_day:
        said += after_entry(about, struck, script, entry_day, calendar, bookings)
    return Course(about, struck, entry_day, refused, bookings, tuple(with_trouble(said, script)))


def on_input_day(
    about: Submitted, struck: Sequence[Struck], script: Script, day: date, refused: str
) -> Iterable[Delivery]:
    """The acknowledgement, and what Bacs made of each credit."""
    listed = [each for each in struck if each.fate in bacs_reports.OUTCOMES] if not refused else []
    if about.form == "pain.001":
        rejected = [each for each in listed if each.fate in bacs_reports.NOT_TAKEN]
        yield Delivery(
            day,
            f"Pain002_{about.message_id}.xml",
            messages.status_report(about, rejected, day=day, refused=refused, cancelled=script.withdrawn),
        )
        return
    if not script.acknowledgement_lost:
        yield Delivery(
            day,
            f"Arrival{day:%d%m%y}{about.serial}.xml",
            bacs_reports.input_report(about, (), kind="ArrivalReport", produced_on=day),
        )
    if script.withdrawn and not refused:
        name = f"Withdrawal{day:%d%m%y}{about.serial}.xml"
        yield Delivery(day, name, bacs_reports.input_report(about, (), kind="WithdrawalReport", produced_on=day))
        return
    yield Delivery(
        day,
        f"Input{day:%d%m%y}{about.serial}.xml",
        bacs_reports.input_report(about, listed, kind="InputReport", produced_on=day, refused=refused),
    )


def after_entry(
    about: Submitted,
    struck: Sequence[Struck],
    script: Script,
    entry_day: date,
    calendar: Calendar,
    bookings: Sequence[Booking],
) -> Iterable[Delivery]:
    """AWACS and ARUCS; for a bank that takes pain.001, returns are notifications (camt.054) on the day of the money."""
    corrected = [each for each in struck if each.fate is Fate.CORRECTED]
    if corrected:
        content = bacs_reports.awacs(about, corrected, produced_on=entry_day)
        yield Delivery(entry_day, f"Awacs{entry_day:%d%m%y}{about.serial or about.message_id}.xml", content)
    if about.form == "pain.001":
        settled = messages.settled_report(about, day=entry_day)
        yield Delivery(entry_day, f"Pain002_{about.message_id}_settled.xml", settled)
    for fate, days in RETURNED_AFTER.items():
        returned = [each for each in struck if each.fate is fate]
        if not returned:
            continue
        day = calendar.add_working_days(entry_day, days) if days else entry_day
        if about.form == "pain.001":
            booked_on = calendar.add_working_days(day, SETTLED_AFTER)
            mine = [each for each in bookings if each.struck is not None and each.struck.fate is fate]
            message_id = f"{about.message_id}-{days}"
            content = messages.notification(about.sort_code + about.account_number, booked_on, message_id, mine)
            yield Delivery(booked_on, f"Camt054_{message_id}.xml", content)
        else:
            content = bacs_reports.arucs(about, returned, produced_on=day)
            yield Delivery(day, f"Arucs{day:%d%m%y}{about.serial}.xml", content)


def with_trouble(said: Iterable[Delivery], script: Script) -> Iterable[Delivery]:
    """What banks do to their own reports: send one twice under another name, or send one cut off and then whole."""
    for place, delivery in enumerate(said):
        if script.report_cut_off and place == 1:
            half = delivery.content[: len(delivery.content) // 2]
            yield delivery._replace(name=f"cut-{delivery.name}", content=half)
        yield delivery
        if script.report_repeated:
            yield delivery._replace(name=f"again-{delivery.name}")


def booked(about: Submitted, struck: Sequence[Struck], entry_day: date, calendar: Calendar) -> Iterable[Booking]:
    """The contra and the fee on the entry day, and each returned credit on the day its money is back."""
    rejected = sum(each.item.amount_pence for each in struck if each.fate in bacs_reports.NOT_TAKEN)
    serial = about.serial or about.message_id
    yield Booking(
        entry_day,
        about.total_pence - rejected,
        f"BACS {serial}",
        "PMNT/ICDT/ACDT",
        "BAC",
        f"BACS {about.user_number} {serial}",
        about.batch_id,
    )
    yield Booking(entry_day, FEE_PENCE, f"FEE {serial}", "ACMT/MDOP/CHRG", "CHG", "SANDBOX BANK FEE")
    for each in struck:
        days = RETURNED_AFTER.get(each.fate)
        if days is not None:
            day = calendar.add_working_days(entry_day, days + SETTLED_AFTER)
            place = f"RA {serial}-{each.item.place}"
            text = f"RETURNED {each.item.reference}".strip()
            yield Booking(day, each.item.amount_pence, place, "PMNT/ICDT/RRTN", "RA", text, is_credit=True, struck=each)


def statements(courses: Iterable[Course], *, through: date) -> list[Delivery]:
    """The statements of each account that some files were paid from, one for each day with bookings, in order."""
    by_account: dict[str, list[Booking]] = {}
    for course in courses:
        by_account.setdefault(course.account, []).extend(course.bookings)
    found = []
    for account, bookings in sorted(by_account.items()):
        balance = FIRST_BALANCE_PENCE
        days = sorted({each.day for each in bookings if each.day <= through})
        for number, day in enumerate(days, start=1):
            mine = sorted((each for each in bookings if each.day == day), key=lambda each: each.reference)
            content = messages.statement(account, day, number, balance, mine)
            balance += sum(each.amount_pence if each.is_credit else -each.amount_pence for each in mine)
            found.append(Delivery(day, f"Camt053_{account}_{number}.xml", content))
    return sorted(found)

"""The daily control: the ledger, the payrolls with their files, and the bank agree, or what differs is named and told.

Each working day the clock asks for it; a person may ask at any time. Payrolls to which something was posted since the
last run are read entry by entry as well, so that the sums which every page shows are proven again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from sqlalchemy import case, exists, func, select
from sqlalchemy.orm import Session

from bacs.errors import DateBeyondCalendar
from payouts import when
from payouts.files.payment_file import PaymentFile
from payouts.ledger.balance import LedgerPosting, prove, whereabouts
from payouts.ledger.control_run import MOST_KEPT, ControlRun, Difference, DifferenceKind, newest_run
from payouts.ledger.entry import Event, LedgerAccount
from payouts.notices import staff
from payouts.notices.staff import StaffEvent
from payouts.payroll import Payroll, PayrollStatus
from payouts.statement.difference import bank_differences
from payouts.tasks import outbox
from payouts.urgent import PayMethod, UrgentPayment
from schemes import audit
from schemes.database import new_id
from schemes.duties import london_day
from schemes.person import Actor, Role

if TYPE_CHECKING:
    from payouts.app import Service

BEFORE_RELEASE = (
    PayrollStatus.BUILDING,
    PayrollStatus.CHECKED,
    PayrollStatus.SEALING,
    PayrollStatus.SEALED,
    PayrollStatus.CANCELLED,
)
ASKERS = (Role.FINANCE, Role.ADMINISTRATOR)
LONGEST_WORK = timedelta(hours=6)


def ask_daily(session: Session, *, at: datetime) -> None:
    """Ask for the control of this London day, however often it is asked."""
    day = london_day(at)
    outbox.add(session, "ledger.control", once=f"ledger.control/{day}", at=at)


def ask(session: Session, *, by: Actor, at: datetime) -> None:
    """A person asks for a control now; twice within a minute is once. Raises NotAllowed."""
    by.must_be(*ASKERS)
    once = f"ledger.control/{at:%Y-%m-%d/%H:%M}"
    outbox.add(session, "ledger.control", once=once, at=at, asked_by=str(by.person_id))


def control(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """The work: compare, keep what was found, and tell finance of differences. On a day off nothing is compared."""
    at, asked_by = service.now(), UUID(args["asked_by"]) if "asked_by" in args else None
    try:
        if asked_by is None and not service.calendar.is_working_day(london_day(at)):
            return
    except DateBeyondCalendar:
        pass  # no day is a day off that nobody knows
    run = compare(session, asked_by=asked_by, at=at)
    if run.difference_count:
        tell(session, service, run, at=at)


def compare(session: Session, *, asked_by: UUID | None, at: datetime) -> ControlRun:
    """Compare everything, and keep the run."""
    found = list(payroll_differences(session))
    to_prove = unproven(session, newest_run(session))
    for payroll_id, number in to_prove:
        found += entry_differences(session, payroll_id, number)
    found += bank_differences(session, london_day(at))
    where = whereabouts(session)
    run = ControlRun(
        body_id=session.info["body_id"],
        id=new_id(),
        day=london_day(at),
        ran_at=at,
        asked_by=asked_by,
        payrolls=session.scalar(select(func.count()).where(Payroll.status.not_in(BEFORE_RELEASE))) or 0,
        proven=len(to_prove),
        figures={
            "released_pence": where.released_pence,
            "on_its_way_pence": where.on_its_way_pence,
            "paid_pence": where.paid_pence,
            "returned_and_held_pence": where.returned_and_held_pence,
            "reissued_pence": where.reissued_pence,
            "recovered_pence": where.recovered_pence,
            "written_off_pence": where.written_off_pence,
        },
        difference_count=len(found),
        differences=[difference.as_json() for difference in found[:MOST_KEPT]],
    )
    session.add(run)
    session.flush()
    audit.record(session, "ledger.controlled", by=None, about=run, at=at, payrolls=run.payrolls, differences=len(found))
    return run


class Compared(NamedTuple):
    """A payroll as its row, its files and the ledger have it: pence and payments."""

    id: UUID
    number: int
    status: PayrollStatus
    total_pence: int
    payment_count: int
    file_pence: int
    released_pence: int
    released_payments: int
    not_sent_pence: int
    has_files: bool


def payroll_differences(session: Session) -> Iterator[Difference]:
    """Each payroll's own total, its live files' and the ledger's, held against one another."""
    files = (
        select(PaymentFile.payroll_id, func.sum(PaymentFile.total_pence).label("pence"))
        .where(PaymentFile.withdrawn_at.is_(None), PaymentFile.sealed_at.is_not(None))
        .group_by(PaymentFile.payroll_id)
        .subquery()
    )
    sign = case((LedgerPosting.undoes, -1), else_=1)
    released = LedgerPosting.event == Event.RELEASED
    not_sent = case(
        (LedgerPosting.credit == LedgerAccount.APPROVED_TO_PAY, LedgerPosting.total_pence),
        (LedgerPosting.debit == LedgerAccount.APPROVED_TO_PAY, -LedgerPosting.total_pence),
        else_=0,
    )
    posted = (
        select(
            LedgerPosting.payroll_id,
            func.sum(case((released, sign * LedgerPosting.total_pence), else_=0)).label("pence"),
            func.sum(case((released, sign * LedgerPosting.entries), else_=0)).label("payments"),
            func.sum(not_sent).label("not_sent"),
        )
        .group_by(LedgerPosting.payroll_id)
        .subquery()
    )
    made_outside = exists().where(
        UrgentPayment.body_id == Payroll.body_id,
        UrgentPayment.payroll_id == Payroll.id,
        UrgentPayment.method != PayMethod.FASTER_PAYMENTS_FILE,
    )
    rows = session.execute(
        select(
            Payroll.id,
            Payroll.number,
            Payroll.status,
            Payroll.total_pence,
            Payroll.payment_count,
            *(func.coalesce(c, 0) for c in (files.c.pence, posted.c.pence, posted.c.payments, posted.c.not_sent)),
            ~made_outside,
        )
        .outerjoin(files, files.c.payroll_id == Payroll.id)
        .outerjoin(posted, posted.c.payroll_id == Payroll.id)
        .where(Payroll.status.not_in(BEFORE_RELEASE) | (func.coalesce(posted.c.pence, 0) != 0))
        .order_by(Payroll.number)
    )
    for row in rows:
        yield from differences_of(Compared(*row))


def differences_of(one: Compared) -> Iterator[Difference]:
    released = one.status not in BEFORE_RELEASE
    total, payments = (one.total_pence, one.payment_count) if released else (0, 0)

    def differs(kind: DifferenceKind, here: int, there: int) -> Difference:
        return Difference(kind, int(here), int(there), one.id, one.number)

    if (one.released_pence, one.released_payments) != (total, payments):
        yield differs(DifferenceKind.PAYROLL_TOTAL, one.released_pence, total)
    if released and one.file_pence != (one.released_pence if one.has_files else 0):
        yield differs(DifferenceKind.FILE_TOTAL, one.released_pence, one.file_pence)
    if released and one.status is not PayrollStatus.RELEASED and one.not_sent_pence:
        yield differs(DifferenceKind.NOT_SUBMITTED, one.not_sent_pence, 0)


def entry_differences(session: Session, payroll_id: UUID, number: int) -> Iterator[Difference]:
    proof = prove(session, payroll_id)
    if proof.differing_sums:
        yield Difference(DifferenceKind.KEPT_SUMS, proof.differing_sums, 0, payroll_id, number)
    if proof.broken_payments:
        yield Difference(DifferenceKind.BROKEN_PAYMENTS, proof.broken_payments, 0, payroll_id, number)


def unproven(session: Session, last: ControlRun | None) -> list[tuple[UUID, int]]:
    """The payrolls to read entry by entry: posted to since the last run, or found wanting by it."""
    touched = select(LedgerPosting.payroll_id).distinct()
    wanting = [each.payroll_id for each in last.found() if each.payroll_id] if last else []
    if last is not None:
        # an entry has the instant at which its work began, which may be a while before it could be seen
        touched = touched.where(LedgerPosting.at >= last.ran_at - LONGEST_WORK)
    which = Payroll.id.in_(touched) | Payroll.id.in_(wanting)
    rows = session.execute(select(Payroll.id, Payroll.number).where(which).order_by(Payroll.number))
    return [(payroll_id, number) for payroll_id, number in rows]


def tell(session: Session, service: Service, run: ControlRun, *, at: datetime) -> None:
    """Tell everybody in finance that something differs; what and how much stands on the page."""
    text = (
        f"The daily control of {when.day(run.day)} found differences: {run.difference_count}. Each is named, with what "
        f"to do about it:\n\n{service.settings.base_url}/ledger/control/{run.id}"
    )
    staff.tell_role(
        session,
        service,
        StaffEvent.CONTROL_DIFFERS,
        Role.FINANCE,
        subject="The daily control found differences",
        text=text,
        at=at,
    )

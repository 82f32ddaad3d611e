"""A payroll at the simulated bank: its files go out, and what the bank says of them comes back."""

from __future__ import annotations

import io
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select

from payouts.channels import submission
from payouts.files.payment_file import files_of
from payouts.files.segment import blocks_of
from payouts.ledger.balance import Whereabouts, prove, whereabouts
from payouts.payment import Payment, PaymentStatus
from payouts.payroll import Payroll, get_payroll
from payouts.responses import response, suspense
from payouts.responses.response import Response, get_response
from payouts.sandbox.bank import bacs_reports, cycle
from payouts.sandbox.bank.cycle import Course
from payouts.sandbox.bank.fate import Fate, Script, Struck
from payouts.sandbox.bank.submitted import Item, Submitted
from schemes.database import new_id
from schemes.person import Role
from tests.office import Office

INPUT_DAY = date(2026, 11, 23)


class AtTheBank(NamedTuple):
    """A released payroll whose file a bank took, with everything that it will say of it."""

    office: Office
    payroll_id: UUID
    course: Course

    @property
    def items(self) -> list[Item]:
        return [each.item for each in self.course.struck]

    def report(self, name: str) -> bytes:
        """What the bank delivers under a name that begins so."""
        return next(each.content for each in self.course.deliveries if each.name.startswith(name))

    def arucs(self, *returned: tuple[Item, str], produced_on: date = date(2026, 11, 25)) -> bytes:
        """A report of these credits, each with the letter of its reason."""
        struck = [Struck(item, Fate.RETURNED, code) for item, code in returned]
        return bacs_reports.arucs(self.course.about, struck, produced_on=produced_on)


def release(office: Office, payroll_id: UUID) -> None:
    """Every gate says go, and the file is downloaded: nobody has recorded yet that it was submitted."""
    office.decide_all(payroll_id)
    office.download(payroll_id)


def at_the_bank(office: Office, payroll_id: UUID, script: Script | None = None) -> AtTheBank:
    """Hand a released payroll's file to the simulated bank. Unless a script says otherwise, every credit is struck."""
    with office.transaction() as session:
        [file] = files_of(session, payroll_id)
        content = b"".join(blocks_of(session, office.service.seals, file))
        count = file.payment_count
    calendar = office.service.calendar
    course = cycle.take(
        io.BytesIO(content), script or Script(seed=7, returned=count), calendar=calendar, received_on=INPUT_DAY
    )
    return AtTheBank(office, payroll_id, course)


def receive(office: Office, content: bytes, *, name: str = "report.xml", work: bool = True) -> Response:
    """The finance officer sends a file, and jobs read and apply it."""
    by, at = office.person(Role.FINANCE), office.service.now()
    with office.transaction() as session:
        got = response.receive(
            session, office.service.seals, response_id=new_id(), file_name=name, content=content, by=by, at=at
        )
    if work:
        office.work(leave="notices.send")
    with office.transaction() as session:
        return get_response(session, got.id)


def record_submission(office: Office, payroll_id: UUID) -> None:
    with office.transaction() as session:
        payroll, by = get_payroll(session, payroll_id, lock=True), office.person(Role.RELEASER)
        at = office.service.now()
        submission.record_submission(session, payroll, reference="S-1", submitted_at=at, by=by, at=at)


def statuses(office: Office) -> dict[PaymentStatus, int]:
    with office.transaction() as session:
        return dict(session.execute(select(Payment.status, func.count()).group_by(Payment.status)).all())


def payment_of(office: Office, item: Item) -> Payment:
    """The payment that a credit in the file carries, by its place there."""
    with office.transaction() as session:
        in_order = select(Payment).where(Payment.file_id.is_not(None)).order_by(Payment.ordinal)
        return session.scalars(in_order.offset(item.place - 1).limit(1)).one()


def look(office: Office, payroll_id: UUID) -> tuple[Payroll, Whereabouts]:
    """A payroll, and where its money is: proved by its entries."""
    with office.transaction() as session:
        assert prove(session, payroll_id).is_proven
        where = whereabouts(session, payroll_id=payroll_id)
        assert where.placed_pence == where.released_pence
        return get_payroll(session, payroll_id), where


def from_the_bank(office: Office) -> dict[str, UUID]:
    """A report about a payment that nobody knows: what it is called in addresses."""
    item = Item(1, "089999", "66374958", 100, "NOBODY-S", "A N OTHER")
    about = Submitted("standard18", user_number="000000", processing_day=date(2026, 11, 24))
    got = receive(office, bacs_reports.arucs(about, [Struck(item, Fate.RETURNED, "B")], produced_on=INPUT_DAY))
    with office.transaction() as session:
        [row] = suspense.rows(session)
    return {
        "response_id": got.id,
        "suspense_id": row.suspense.id,
        "returned_payment_id": new_id(),
        "file_id": new_id(),
        "return_outcome_id": new_id(),
        "told_return_id": new_id(),
        "claim_id": new_id(),
        "recall_id": new_id(),
        "trace_id": new_id(),
    }

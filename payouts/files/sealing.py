"""Sealing a payroll: its files are built before anybody decides, and a manifest binds every decision to their bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from sqlalchemy import CompoundSelect, func, literal, select, union_all
from sqlalchemy.orm import Session

from bacs.calendar import LONDON
from payouts.building import CHUNK
from payouts.checks.finding import open_count
from payouts.files import segment
from payouts.files.facts import facts_of_file
from payouts.files.forms import FORMS
from payouts.files.part import seal_files
from payouts.files.payment_file import PaymentFile, files_being_built, files_of
from payouts.gates.cover import must_be_coverable
from payouts.payment import Payment, PaymentStatus, stopped_count
from payouts.payment_item import PaymentItem, of_item
from payouts.payroll import Payroll, PayrollStatus, get_payroll, move
from payouts.tasks import outbox
from payouts.urgent import has_files
from schemes.bank_profile import BankProfile, take_serial
from schemes.body import get_body
from schemes.database import new_id
from schemes.errors import Refused
from schemes.file_format import FileFormat
from schemes.file_naming import name_for
from schemes.person import Actor, Role
from schemes.scheme import get_scheme
from schemes.seal import destroy

if TYPE_CHECKING:
    from payouts.app import Service


class FindingsOpen(Refused):
    """Findings block the payroll, or still need a reason."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} findings are still open")
        self.count = count


class PaymentsStopped(Refused):
    """Since the payroll was built it became known that some of its payments may not be made."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} payments are stopped")
        self.count = count


class Part(NamedTuple):
    """Items of one file that one task builds: the ordinals between which they lie, how many, of how many payments, and
    their pence.
    """

    file: int
    number: int
    first: int
    last: int
    items: int
    payments: int
    pence: int


def ask_for_files(session: Session, payroll: Payroll, *, by: Actor, at: datetime) -> None:
    """The preparer asks for the files of a checked payroll; jobs build them. Asking twice is asking once.

    Raises FindingsOpen, PaymentsStopped, CoverEnded, OverCeiling, NewBankDetails, NotNow, NotAllowed.
    """
    by.must_be(Role.PREPARER, scheme=payroll.scheme_id)
    if payroll.status in (PayrollStatus.SEALING, PayrollStatus.SEALED):
        return
    left = open_count(session, payroll.id)
    if left:
        raise FindingsOpen(left)
    stopped = stopped_count(session, payroll.id, payroll.pay_date)
    if stopped:
        raise PaymentsStopped(stopped)
    must_be_coverable(session, payroll, at=at)
    move(session, payroll, PayrollStatus.SEALING, by=by, at=at)
    plan_seal(session, payroll, at=at)


def plan_seal(session: Session, payroll: Payroll, *, at: datetime) -> None:
    """Have the files built of a payroll that was just moved to `sealing`, for whatever reason."""
    payroll.progress_done = payroll.progress_total = 0
    made = session.scalar(select(func.count()).where(PaymentFile.payroll_id == payroll.id))
    once = f"payroll.seal/{payroll.id}/{made}"
    outbox.add(session, "payroll.seal", once=once, at=at, payroll_id=str(payroll.id))


def seal(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """Decide which files there are, and cut them into parts for any worker; the last part seals them all."""
    payroll = get_payroll(session, UUID(args["payroll_id"]), lock=True)
    if payroll.status is not PayrollStatus.SEALING:
        return
    if not has_files(session, payroll):
        # somebody makes it outside: what people approve is the manifest, without a file
        seal_files(session, service, payroll)
        return
    profile = session.get_one(BankProfile, (payroll.body_id, payroll.bank_profile_id))
    parts = parts_of(session, payroll, profile.items_per_file)
    for _, mine in groupby(parts, key=lambda part: part.file):
        begin_file(session, service, payroll, profile, list(mine))
    payroll.progress_done, payroll.progress_total = 0, len(parts)


def parts_of(session: Session, payroll: Payroll, items_per_file: int) -> list[Part]:
    """The items that are to be paid, by ordinal, in files of so many at most, and these in parts."""
    items = to_be_paid(payroll).subquery()
    place = func.row_number().over(order_by=items.c.ordinal) - 1
    placed = select(items, place.label("place")).subquery()
    file = func.div(placed.c.place, items_per_file)
    number = func.div(func.mod(placed.c.place, items_per_file), CHUNK)
    rows = session.execute(
        select(
            file,
            number,
            func.min(placed.c.ordinal),
            func.max(placed.c.ordinal),
            func.count(),
            func.sum(placed.c.payments),
            func.sum(placed.c.pence),
        )
        .group_by(file, number)
        .order_by(file, number)
    )
    return [Part(*(int(value) for value in row)) for row in rows]


def to_be_paid(payroll: Payroll) -> CompoundSelect[Any]:
    """Ordinal, number of payments and pence of each item of a payroll."""
    mine = (Payment.payroll_id == payroll.id) & (Payment.status == PaymentStatus.PREPARED)
    alone = select(Payment.ordinal, literal(1).label("payments"), Payment.amount_pence.label("pence"))
    together = (
        select(PaymentItem.ordinal, func.count(), func.sum(Payment.amount_pence))
        .join(Payment, of_item())
        .where(mine)
        .group_by(PaymentItem.ordinal)
    )
    return union_all(alone.where(mine, Payment.combined.is_(False)), together)


def begin_file(
    session: Session, service: Service, payroll: Payroll, profile: BankProfile, parts: list[Part]
) -> PaymentFile:
    """Take a serial number for a file, seal what stands before and after its items, and ask for its parts."""
    key_row, key = service.seals.make(payroll.body_id, service.now())
    session.add(key_row)
    session.flush()
    serial = take_serial(session, profile)
    file = PaymentFile(
        body_id=payroll.body_id,
        id=new_id(),
        payroll_id=payroll.id,
        name=name_for(
            profile.file_naming,
            scheme=get_scheme(session, payroll.scheme_id).code,
            payroll=payroll.number,
            day=payroll.processing_day,
            serial=serial,
            sandbox=get_body(session).is_sandbox,
        ),
        format=profile.file_format.value,
        serial=serial,
        created_on=service.now().astimezone(LONDON).date(),
        first=parts[0].first,
        last=parts[-1].last,
        payment_count=sum(part.payments for part in parts),
        item_count=sum(part.items for part in parts),
        total_pence=sum(part.pence for part in parts),
        segment_count=len(parts) + 2,
        key_id=key_row.id,
        made_at=service.now(),
    )
    session.add(file)
    session.flush()
    facts, form = facts_of_file(session, service, payroll, file), FORMS[FileFormat(file.format)]
    segment.keep(session, key, file, 0, form.opening(facts))
    segment.keep(session, key, file, len(parts) + 1, form.closing(facts))
    ask_for_parts(session, payroll, file, parts, at=service.now())
    return file


def ask_for_parts(
    session: Session, payroll: Payroll, file: PaymentFile, parts: Iterable[Part], *, at: datetime
) -> None:
    for part in parts:
        outbox.add(
            session,
            "payroll.seal_part",
            once=f"payroll.seal_part/{file.id}/{part.number}",
            at=at,
            payroll_id=str(payroll.id),
            file_id=str(file.id),
            segment=part.number + 1,
            first=part.first,
            last=part.last,
            items=part.items,
            count=part.payments,
            pence=part.pence,
        )


def withdraw_files(session: Session, payroll: Payroll, *, at: datetime) -> None:
    """Take a payroll's files back: they will not be released. Of one that is not whole the key is destroyed."""
    for file in (*files_of(session, payroll.id), *files_being_built(session, payroll.id)):
        file.withdrawn_at = at
        if file.sealed_at is None:
            destroy(session, file.body_id, file.key_id, at=at)
    session.flush()

"""Building the files of a payroll part by part, in any worker; whoever does the last part seals them all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from bacs.balance import balance_of
from payouts.files import segment
from payouts.files.facts import Items, credits_of, facts_of_file
from payouts.files.forms import FORMS
from payouts.files.payment_file import PaymentFile, files_being_built
from payouts.gates.first_use import note_first_uses
from payouts.gates.manifest import make_manifest
from payouts.payment import Payment, PaymentStatus
from payouts.payment_item import PaymentItem, of_item
from payouts.payroll import Payroll, PayrollStatus, get_payroll, move
from schemes import audit
from schemes.file_format import FileFormat

if TYPE_CHECKING:
    from payouts.app import Service


class PaymentsChanged(Exception):
    """The payments are not those that the file was begun for: it is not sealed."""


class ContraDiffers(Exception):
    """What a file takes from the account is not what its credits come to: it is not sealed."""


def seal_part(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """Write some items of a file, read them back, compare them with their payments, and seal them."""
    payroll = get_payroll(session, UUID(args["payroll_id"]))
    file = session.get_one(PaymentFile, (payroll.body_id, UUID(args["file_id"])))
    if payroll.status is not PayrollStatus.SEALING or file.withdrawn_at is not None:
        return
    form, facts = FORMS[FileFormat(file.format)], facts_of_file(session, service, payroll, file)
    key = segment.open_key(session, service.seals, file)
    part, prepared = Items(args["first"], args["last"]), Payment.status == PaymentStatus.PREPARED
    items = list(credits_of(session, service.seals, payroll, part, prepared, form.name_on_the_wire))
    payments, pence = sum(each.payments for each in items), sum(each.credit.amount_pence for each in items)
    if (len(items), payments, pence) != (args["items"], args["count"], args["pence"]):
        raise PaymentsChanged(f"{len(items)} items, {payments} payments of {pence} pence")
    records = b"".join(form.records(facts, items))
    form.read_back(facts, items, records)
    segment.keep(session, key, file, args["segment"], records, payments, pence)
    if put_into(session, payroll, file, part) != (payments, pence):
        raise PaymentsChanged(f"not the {payments} payments of {pence} pence that were written")
    finish_part(session, service, payroll, file)


def put_into(session: Session, payroll: Payroll, file: PaymentFile, part: Items) -> tuple[int, int]:
    """Note of the payments of some items in which file they are; how many they are, and their pence."""
    mine = (Payment.payroll_id == payroll.id) & (Payment.status == PaymentStatus.PREPARED)
    count = pence = 0
    for which in (
        mine & Payment.combined.is_(False) & part.between(Payment.ordinal),
        mine & of_item() & part.between(PaymentItem.ordinal),
    ):
        moved = update(Payment).where(which).values(file_id=file.id).returning(Payment.amount_pence).cte("moved")
        found = session.execute(select(func.count(), func.coalesce(func.sum(moved.c.amount_pence), 0))).one()
        count, pence = count + found[0], pence + int(found[1])
    return count, pence


def finish_part(session: Session, service: Service, payroll: Payroll, file: PaymentFile) -> None:
    """Read the file, if this was its last part, and count the part as done; whoever does the last seals them all.

    One short row lock at the end: parts run side by side until here, and so do files.
    """
    byte_count = read_whole(session, service, payroll, file) if segment.are_all_there(session, file) else None
    done, total = session.execute(
        update(Payroll)
        .where(Payroll.id == payroll.id)
        .values(progress_done=Payroll.progress_done + 1)
        .returning(Payroll.progress_done, Payroll.progress_total)
        .execution_options(synchronize_session=False)
    ).one()
    session.refresh(payroll)
    session.refresh(file)
    # it may have been taken back since this part began; now it cannot be any more
    if payroll.status is not PayrollStatus.SEALING or file.withdrawn_at is not None:
        return
    if byte_count is not None:
        file.byte_count = byte_count
        session.flush()
    if done == total:
        seal_files(session, service, payroll)


def seal_files(session: Session, service: Service, payroll: Payroll) -> None:
    """Seal the files, whose every part is there and was read; make the manifest; open the gates."""
    files = files_being_built(session, payroll.id)
    for file in files:
        file.sha256, byte_count = segment.sha256_of(session, service.seals, file)
        if byte_count != file.byte_count:
            raise PaymentsChanged(f"{byte_count} bytes, of which {file.byte_count} were read")
        file.sealed_at = service.now()
    session.flush()
    manifest = make_manifest(session, payroll, at=service.now())
    payroll.manifest_id = manifest.id
    note_first_uses(session, payroll, manifest)
    audit.record(
        session,
        "payroll.files_sealed",
        by=None,
        about=payroll,
        at=service.now(),
        manifest=manifest.digest,
        files=[str(file.id) for file in files],
        sha256=[file.sha256 for file in files],
    )
    move(session, payroll, PayrollStatus.SEALED, by=None, at=service.now())


def read_whole(session: Session, service: Service, payroll: Payroll, file: PaymentFile) -> int:
    """Read a file from its segments as any bank would; the number of its bytes.

    Each part was compared with its payments; this sees that they are all there, in order and nothing else, and
    that it takes from the account what they come to. Raises PaymentsChanged, ContraDiffers, SealBroken.
    """
    form, facts = FORMS[FileFormat(file.format)], facts_of_file(session, service, payroll, file)
    size, block = 0, b""
    for number, block in enumerate(segment.blocks_of(session, service.seals, file)):
        if number == 0 and block != form.opening(facts):
            raise PaymentsChanged("the opening is not of this file")
        size += len(block)
    if block != form.closing(facts):
        raise PaymentsChanged("the closing is not of this file")
    found = balance_of(segment.open_content(session, service.seals, file))
    if (found.credits, found.pence) != (file.item_count, file.total_pence):
        raise PaymentsChanged(f"{found.credits} items of {found.pence} pence")
    if not found.holds:
        raise ContraDiffers(f"{found.said_pence} pence against credits of {found.pence}")
    if segment.payments_in(session, file) != (file.payment_count, file.total_pence):
        raise PaymentsChanged("the segments do not hold the file's payments")
    return size

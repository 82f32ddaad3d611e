"""Sealing a payroll: its files are built before anybody decides, and a manifest binds every decision to their bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bacs.calendar import LONDON
from payouts.checks.finding import open_count
from payouts.files import standard18
from payouts.files.payment_file import PaymentFile, files_of
from payouts.files.standard18 import FileFacts
from payouts.gates.cover import must_be_coverable
from payouts.gates.first_use import note_first_uses
from payouts.gates.manifest import Manifest, make_manifest
from payouts.payment import Payment, in_payroll, lines_of, stopped_count
from payouts.payroll import Payroll, PayrollStatus, get_payroll, move
from payouts.tasks import outbox
from schemes import audit
from schemes.bank_profile import BankProfile, open_account, take_serial
from schemes.body import get_body
from schemes.database import new_id
from schemes.errors import Refused
from schemes.file_naming import name_for
from schemes.person import Actor, Role
from schemes.scheme import get_scheme

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


def ask_for_files(session: Session, payroll: Payroll, *, by: Actor, at: datetime) -> None:
    """The preparer asks for the files of a checked payroll; a job builds them. Asking twice is asking once.

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
    payroll.progress_done, payroll.progress_total = 0, 1
    seals_before = len(session.scalars(select(Manifest.id).where(Manifest.payroll_id == payroll.id)).all())
    once = f"payroll.seal/{payroll.id}/{seals_before}"
    outbox.add(session, "payroll.seal", once=once, at=at, payroll_id=str(payroll.id))


def seal(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """Build, read back and seal the files; make the manifest; open the gates."""
    payroll = get_payroll(session, UUID(args["payroll_id"]), lock=True)
    if payroll.status is not PayrollStatus.SEALING:
        return
    file = build_file(session, service, payroll)
    session.execute(
        update(Payment)
        .where(in_payroll(payroll.id))
        .values(file_id=file.id)
        .execution_options(synchronize_session=False)
    )
    manifest = make_manifest(session, payroll, at=service.now())
    payroll.manifest_id = manifest.id
    note_first_uses(session, payroll, manifest)
    payroll.progress_done = 1
    audit.record(
        session,
        "payroll.files_sealed",
        by=None,
        about=payroll,
        at=service.now(),
        manifest=manifest.digest,
        file=str(file.id),
        sha256=file.sha256,
    )
    move(session, payroll, PayrollStatus.SEALED, by=None, at=service.now())


def build_file(session: Session, service: Service, payroll: Payroll) -> PaymentFile:
    profile = session.get_one(BankProfile, (payroll.body_id, payroll.bank_profile_id))
    sandbox = get_body(session).is_sandbox
    facts = file_facts(
        session,
        service,
        payroll,
        serial=take_serial(session, profile),
        created_on=service.now().astimezone(LONDON).date(),
        sandbox=sandbox,
    )
    payments = lines_of(session, payroll.id)
    content = standard18.build(facts, standard18.credits_of(service.seals, payroll.body_id, payments))
    key_row, key = service.seals.make(payroll.body_id, service.now())
    session.add(key_row)
    session.flush()
    file_id = new_id()
    code = get_scheme(session, payroll.scheme_id).code
    name = name_for(
        profile.file_naming,
        scheme=code,
        payroll=payroll.number,
        day=payroll.processing_day,
        serial=facts.serial,
        sandbox=sandbox,
    )
    file = PaymentFile(
        body_id=payroll.body_id,
        id=file_id,
        payroll_id=payroll.id,
        name=name,
        format="standard18",
        serial=facts.serial,
        created_on=facts.created_on,
        sha256=hashlib.sha256(content).hexdigest(),
        byte_count=len(content),
        payment_count=payroll.payment_count,
        total_pence=payroll.total_pence,
        key_id=key_row.id,
        sealed_content=key.seal(content, "payment_file", file_id),
        made_at=service.now(),
    )
    session.add(file)
    session.flush()
    return file


def file_facts(
    session: Session, service: Service, payroll: Payroll, *, serial: int, created_on: Any, sandbox: bool
) -> FileFacts:
    profile = session.get_one(BankProfile, (payroll.body_id, payroll.bank_profile_id))
    account = open_account(session, service.seals, profile)
    return FileFacts(
        serial=serial,
        created_on=created_on,
        processing_day=payroll.processing_day,
        service_user_number=profile.service_user_number,
        submitter=profile.bureau_number or profile.service_user_number,
        service_user_name=profile.service_user_name,
        account_name=profile.account_name,
        sort_code=account.sort_code,
        account_number=account.account_number,
        narrative=f"PAYROLL {payroll.number}",
        item_limit_pence=profile.item_limit_pence,
        sandbox=sandbox,
    )


def regenerate(session: Session, service: Service, payroll: Payroll, file: PaymentFile) -> bytes:
    """The file built anew from the payments: the same bytes, on any machine and day, while the keys live."""
    facts = file_facts(
        session,
        service,
        payroll,
        serial=file.serial,
        created_on=file.created_on,
        sandbox=get_body(session).is_sandbox,
    )
    payments = lines_of(session, payroll.id)
    return standard18.build(facts, standard18.credits_of(service.seals, payroll.body_id, payments))


def withdraw_files(session: Session, payroll: Payroll, *, at: datetime) -> None:
    """Take a payroll's files back: they will not be released."""
    for file in files_of(session, payroll.id):
        file.withdrawn_at = at
    session.flush()

"""Files past their time: the keys of what is older than the body keeps its records are destroyed, each night.

By the age of the payroll and for all its files alike, whoever of those in them was erased or not. What was approved is
proved as before: the digests, totals, decisions and the audit trail stay, and the evidence says what is gone.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bacs.calendar import LONDON
from payouts.files.payment_file import PaymentFile
from payouts.gates.attachment import Attachment
from payouts.gates.manifest import Manifest
from payouts.payroll import Payroll
from schemes import audit
from schemes.body import get_body
from schemes.errors import Refused
from schemes.retention import first_day_kept
from schemes.seal import SealingKey


class FileDestroyed(Refused):
    """The bytes of a file are gone, as its body's rule of retention has it."""

    def __init__(self, name: str, destroyed_at: datetime) -> None:
        super().__init__(f"{name} was destroyed on {destroyed_at:%d %B %Y}")
        self.name = name
        self.destroyed_at = destroyed_at


def destroy_old(session: Session, *, at: datetime) -> int:
    """Destroy the keys of the files, and of what people attached as evidence, of payrolls that were paid too long ago.

    Returns how many files and attachments that are.
    """
    first = first_day_kept(at.astimezone(LONDON).date(), get_body(session).retention_years)
    files = (
        select(Payroll, PaymentFile.name, PaymentFile.key_id)
        .join(PaymentFile, (PaymentFile.body_id == Payroll.body_id) & (PaymentFile.payroll_id == Payroll.id))
        .join(SealingKey, (SealingKey.body_id == PaymentFile.body_id) & (SealingKey.id == PaymentFile.key_id))
        .where(Payroll.pay_date < first, SealingKey.wrapped.is_not(None))
    )
    attached = (
        select(Payroll, Attachment.sha256, Attachment.key_id)
        .join(Manifest, (Manifest.body_id == Payroll.body_id) & (Manifest.payroll_id == Payroll.id))
        .join(Attachment, (Attachment.body_id == Manifest.body_id) & (Attachment.manifest_id == Manifest.id))
        .join(SealingKey, (SealingKey.body_id == Attachment.body_id) & (SealingKey.id == Attachment.key_id))
        .where(Payroll.pay_date < first, SealingKey.wrapped.is_not(None))
    )
    gone: dict[UUID, tuple[Payroll, set[str], set[str], set[UUID]]] = {}
    for place, rows in ((1, files), (2, attached)):
        for payroll, name, key_id in session.execute(rows):
            mine = gone.setdefault(payroll.id, (payroll, set(), set(), set()))
            names = mine[1] if place == 1 else mine[2]
            names.add(name)
            mine[3].add(key_id)
    for payroll, names, attachments, keys in gone.values():
        session.execute(
            update(SealingKey)
            .where(SealingKey.body_id == payroll.body_id, SealingKey.id.in_(keys))
            .values(wrapped=None, destroyed_at=at)
        )
        audit.record(
            session,
            "payroll.files_destroyed",
            by=None,
            about=payroll,
            at=at,
            files=sorted(names),
            attachments=sorted(attachments),
            kept_from=first.isoformat(),
        )
    return sum(len(keys) for _, _, _, keys in gone.values())


def destroyed_at(session: Session, key_ids: Iterable[UUID]) -> dict[UUID, datetime]:
    """Of some keys those that were destroyed, and when."""
    gone = select(SealingKey.id, SealingKey.destroyed_at).where(
        SealingKey.id.in_(set(key_ids)), SealingKey.wrapped.is_(None)
    )
    return {key_id: at for key_id, at in session.execute(gone) if at is not None}


def must_be_there(session: Session, file: PaymentFile) -> None:
    """Raises FileDestroyed."""
    gone = destroyed_at(session, [file.key_id])
    if gone:
        raise FileDestroyed(file.name, gone[file.key_id])

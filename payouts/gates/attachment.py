"""A file that a person attaches at a gate as evidence: sealed, never changed, its SHA-256 signed with the decision."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.gates.gate import Gate, get_gate
from payouts.payroll import Payroll, PayrollStatus
from schemes import audit
from schemes.database import Base, BodyOwned, stored, to_body_row
from schemes.errors import NotFound, NotNow, Refused
from schemes.gate_rule import EvidenceForm
from schemes.person import READERS, Actor
from schemes.seal import Seals, get_key

LARGEST = 10 * 1024 * 1024
"""Bytes of one file: a scanned letter of many pages, not a film."""

LONGEST_STEM = 80


class Medium(StrEnum):
    """What an attached file is, found by its content and never by its name."""

    PDF = "pdf"
    PNG = "png"
    JPEG = "jpeg"
    CSV = "csv"
    XLSX = "xlsx"


MEDIA_TYPES: dict[Medium, str] = {
    Medium.PDF: "application/pdf",
    Medium.PNG: "image/png",
    Medium.JPEG: "image/jpeg",
    Medium.CSV: "text/csv",
    Medium.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

SIGNATURES: dict[bytes, Medium] = {
    b"%PDF-": Medium.PDF,
    b"\x89PNG\r\n\x1a\n": Medium.PNG,
    b"\xff\xd8\xff": Medium.JPEG,
}


class AttachmentFault(StrEnum):
    """Why a file is not taken."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    OTHER_KIND = "other_kind"


class AttachmentRefused(Refused):
    """A file that is not taken as evidence."""

    def __init__(self, fault: AttachmentFault) -> None:
        super().__init__(f"the file was refused: {fault}")
        self.fault = fault


class EvidenceNeeded(Refused):
    """The gate asks for evidence."""

    def __init__(self, asked: str) -> None:
        super().__init__(f"the gate asks for evidence: {asked}")
        self.asked = asked


class Attachment(BodyOwned, Base):
    """A file that a person attached, for the manifest that they were shown. Of several the newest is their evidence."""

    __tablename__ = "attachment"
    __table_args__ = (
        Index("ix_attachment_gate", "body_id", "gate_id", "attached_by"),
        to_body_row("payroll", "payroll_id"),
        to_body_row("gate", "gate_id"),
        to_body_row("manifest", "manifest_id"),
        to_body_row("sealing_key", "key_id"),
    )

    payroll_id: Mapped[UUID]
    gate_id: Mapped[UUID]
    manifest_id: Mapped[UUID]
    name: Mapped[str]
    medium: Mapped[Medium] = mapped_column(stored(Medium))
    sha256: Mapped[str]
    byte_count: Mapped[int] = mapped_column(BigInteger)
    key_id: Mapped[UUID]
    sealed_content: Mapped[bytes] = mapped_column(deferred=True)
    attached_by: Mapped[UUID]
    attached_at: Mapped[datetime]

    def statement(self) -> dict[str, Any]:
        """What a decision says of its attached file."""
        return {"id": str(self.id), "name": self.name, "sha256": self.sha256, "bytes": self.byte_count}


def attach(
    session: Session,
    seals: Seals,
    payroll: Payroll,
    *,
    attachment_id: UUID,
    gate_id: UUID,
    file_name: str,
    content: bytes,
    by: Actor,
    at: datetime,
) -> Attachment:
    """Keep a file for a decision that is about to be made. The same id again is the same file.

    Raises NotAllowed, NotFound, NotNow, AttachmentRefused.
    """
    gate = get_gate(session, payroll.id, gate_id)
    by.must_be(*gate.roles, scheme=payroll.scheme_id)
    there = session.get(Attachment, (payroll.body_id, attachment_id))
    if there is not None:
        return there
    if payroll.status is not PayrollStatus.SEALED or payroll.manifest_id is None:
        raise NotNow("payroll", payroll.status, "decided on")
    return keep(
        session,
        seals,
        payroll,
        gate,
        payroll.manifest_id,
        attachment_id=attachment_id,
        file_name=file_name,
        content=content,
        by=by,
        at=at,
    )


def keep(
    session: Session,
    seals: Seals,
    payroll: Payroll,
    gate: Gate,
    manifest_id: UUID,
    *,
    attachment_id: UUID,
    file_name: str,
    content: bytes,
    by: Actor,
    at: datetime,
) -> Attachment:
    """Seal a file and keep it, with its event. Raises AttachmentRefused."""
    medium = medium_of(content)
    key_row, key = seals.make(payroll.body_id, at)
    session.add(key_row)
    session.flush()
    attached = Attachment(
        body_id=payroll.body_id,
        id=attachment_id,
        payroll_id=payroll.id,
        gate_id=gate.id,
        manifest_id=manifest_id,
        name=safe_name(file_name, medium),
        medium=medium,
        sha256=hashlib.sha256(content).hexdigest(),
        byte_count=len(content),
        key_id=key_row.id,
        sealed_content=key.seal(content, "attachment", attachment_id),
        attached_by=by.person_id,
        attached_at=at,
    )
    session.add(attached)
    session.flush()
    audit.record(session, "gate.evidence_attached", by=by, about=payroll, at=at, gate=gate.name, sha256=attached.sha256)
    return attached


def attached_by(session: Session, payroll: Payroll, gate_id: UUID, person_id: UUID) -> Attachment | None:
    """The file that counts as a person's evidence at a gate: the newest for the manifest of now."""
    mine = (Attachment.gate_id == gate_id) & (Attachment.attached_by == person_id)
    newest = select(Attachment).where(mine, Attachment.manifest_id == payroll.manifest_id)
    return session.scalars(newest.order_by(Attachment.attached_at.desc(), Attachment.id.desc()).limit(1)).one_or_none()


def take(
    session: Session, seals: Seals, payroll: Payroll, attachment_id: UUID, *, by: Actor, at: datetime
) -> tuple[Attachment, bytes]:
    """A file and its bytes, for readers of all that a body has; recorded. Raises NotAllowed, NotFound, SealBroken."""
    by.must_be(*READERS, scheme=payroll.scheme_id)
    attached = session.get(Attachment, (payroll.body_id, attachment_id))
    if attached is None or attached.payroll_id != payroll.id:
        raise NotFound("attachment", attachment_id)
    content = open_attachment(session, seals, attached)
    audit.record(session, "gate.evidence_taken", by=by, about=payroll, at=at, sha256=attached.sha256)
    return attached, content


def open_attachment(session: Session, seals: Seals, attached: Attachment) -> bytes:
    """Raises SealBroken, KeyMissing."""
    key = seals.open_row(get_key(session, attached.body_id, attached.key_id))
    return key.open(attached.sealed_content, "attachment", attached.id)


def must_have_evidence(gate: Gate, evidence: str, attached: Attachment | None) -> None:
    """Raises EvidenceNeeded: a file where a file is asked for, a line where a reference is."""
    if not gate.evidence_asked:
        return
    if gate.evidence_form is EvidenceForm.FILE:
        there = attached is not None and attached.gate_id == gate.id
    else:
        lines = evidence.strip().splitlines()
        there = bool(lines) and (gate.evidence_form is EvidenceForm.TEXT or len(lines) == 1)
    if not there:
        raise EvidenceNeeded(gate.evidence_asked)


def medium_of(content: bytes) -> Medium:
    """What a file is by its bytes: a web page that calls itself a PDF is none. Raises AttachmentRefused."""
    if not content:
        raise AttachmentRefused(AttachmentFault.EMPTY)
    if len(content) > LARGEST:
        raise AttachmentRefused(AttachmentFault.TOO_LARGE)
    for signature, medium in SIGNATURES.items():
        if content.startswith(signature):
            return medium
    if is_workbook(content):
        return Medium.XLSX
    if is_csv(content):
        return Medium.CSV
    raise AttachmentRefused(AttachmentFault.OTHER_KIND)


def is_workbook(content: bytes) -> bool:
    """Whether it is an Excel workbook without macros, by the directory of its archive: nothing is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError):
        return False
    macros = any(name.lower().endswith("vbaproject.bin") for name in names)
    return {"[Content_Types].xml", "xl/workbook.xml"} <= names and not macros


def is_csv(content: bytes) -> bool:
    """Whether it is lines of text with separators, and no markup that a browser might run."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    if any(ord(character) < 32 and character not in "\t\r\n" for character in text) or "\ufffd" in text:
        return False
    first = text.lstrip().partition("\n")[0]
    return not first.startswith("<") and any(separator in first for separator in ",;\t")


def safe_name(file_name: str, medium: Medium) -> str:
    """A name that no system reads as a path, a command or another kind of file.

    >>> safe_name("../../Invoice 7 (final).pdf.exe", Medium.PDF)
    'Invoice 7 final.pdf'
    """
    last = re.split(r"[/\\]", file_name)[-1]
    stem = re.sub(r"[^A-Za-z0-9 _-]", "", last.partition(".")[0])
    stem = re.sub(r"\s+", " ", stem).strip(" -")[:LONGEST_STEM].strip()
    return f"{stem or 'evidence'}.{medium.value}"

"""The evidence pack of a payroll: what was approved, by whom, and the audit chain around it, in one ZIP archive.

Whoever has it can prove with the service's public key alone that these people approved exactly these bytes
(`payouts.evidence.verifying`). Complete, it holds everybody's bank details; redacted, the digests stand for them.
"""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import IO, Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from payouts.channels.submission import submissions_of
from payouts.checks.finding import result_lines
from payouts.difference.comparison import difference_lines
from payouts.files.destroying import destroyed_at
from payouts.files.payment_file import files_of
from payouts.files.segment import blocks_of
from payouts.gates.amendment import amendments_of
from payouts.gates.attachment import Attachment, open_attachment
from payouts.gates.decision import Decision, decisions_of
from payouts.gates.gate import gates_of
from payouts.gates.lineage import Statements
from payouts.gates.manifest import Manifest, payment_lines, taken_lines
from payouts.gates.standing import proven_line
from payouts.parallel_run.parallel_run import RunStatus, outcome_of, reasons_of, runs_of
from payouts.payment import Payment
from payouts.payroll import Payroll
from payouts.urgent import UrgentPayment, urgent_of
from schemes import audit
from schemes.audit import AuditEvent, AuditLink
from schemes.body import get_body
from schemes.errors import NotNow, ReasonNotGiven
from schemes.payee import Payee
from schemes.person import READERS, Actor, Role, names
from schemes.seal import Seals
from schemes.signer import Signer, canonical
from schemes.signer import digest as digest_of

FORMAT = "payouts-evidence/1"
# the same pack of the same payroll is the same but for who took it and when
MADE = (1980, 1, 1, 0, 0, 0)
TAKE_COMPLETE = (Role.RELEASER, Role.ADMINISTRATOR)

README = """\
Evidence of a payroll
=====================

pack.json       what this archive holds, with the SHA-256 of each part
pack.sig        the service's signature (Ed25519) over pack.json, and its public key
manifest.json   what people approved: dates, files, totals, digests of payments and check results
earlier_manifests.json  where the payroll was changed after it was sealed: the manifests before it, newest first
decisions.json  each decision with the record that was signed, its signature, what the person was shown, and, of whoever
                decided with a passkey, what it signed: its challenge is the SHA-256 of all but that and the time
gates.json      the gates, in order
audit.json      the links of the body's audit chain from the payroll's first event on, with the events about it
submissions.json  which file was submitted when, under which reference, and who says so
people.json     the names behind the ids
parallel-runs.json  other systems' files that the payroll was compared with: what differed, and why that is right
payments.jsonl  a line for each payment; the manifest has the SHA-256 of all (not in a redacted pack)
taken_out.json  the lines of payments that left since, by the earlier manifest's digest (not in a redacted pack)
findings.jsonl  a line for each finding of the checks, likewise (not in a redacted pack)
difference.jsonl  each award's difference to the last payroll by its cause, likewise (not in a redacted pack)
files/          the payment files, byte for byte (not in a redacted pack)
attachments/    what people attached as evidence, by the SHA-256 in their decisions, or in submissions.json where it
                shows that a payment was made outside (not in a redacted pack)

    payouts evidence verify PACK.zip --key PUBLIC-KEY

needs no database and no network, and names what does not match.
"""


def write_pack(
    session: Session,
    seals: Seals,
    signer: Signer,
    payroll: Payroll,
    *,
    to: IO[bytes],
    redacted: bool,
    reason: str,
    by: Actor,
    at: datetime,
) -> str:
    """Write the pack of a payroll that was sealed once, in flat memory; returns the SHA-256 of its `pack.json`.

    redacted: without payments, findings and files. A complete pack needs the role of somebody who may have the files,
    and a reason. The chain is linked up to now, so that the pack shows all that happened. Raises NotNow, NotAllowed,
    ReasonNotGiven, SealBroken.
    """
    by.must_be(*(READERS if redacted else TAKE_COMPLETE), scheme=payroll.scheme_id)
    if not redacted and not reason.strip():
        raise ReasonNotGiven("take everybody's bank details out of the service")
    manifest = last_manifest(session, payroll)
    if manifest is None:
        raise NotNow("payroll", payroll.status, "proved: it has no files yet")
    audit.record(session, "evidence.taken", by=by, about=payroll, at=at, redacted=redacted, reason_given=bool(reason))
    while audit.seal_chain(session, payroll.body_id) is not None:
        pass
    members: dict[str, str] = {}
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, blocks in parts(session, seals, payroll, manifest, redacted=redacted):
            members[name] = put(archive, name, blocks)
        index = canonical(
            {
                "format": FORMAT,
                "body": {"id": str(payroll.body_id), "name": get_body(session).name},
                "payroll": {"id": str(payroll.id), "number": payroll.number, "status": payroll.status.value},
                "redacted": redacted,
                "made_at": at.astimezone(UTC).isoformat(),
                "made_by": str(by.person_id),
                "members": members,
                **gone_statement(session, payroll),
            }
        )
        digest = put(archive, "pack.json", [index])
        signature = base64.b64encode(signer.private_key.sign(index)).decode()
        put(archive, "pack.sig", [canonical({"signature": signature, "public_key": signer.public_key})])
    return digest


def last_manifest(session: Session, payroll: Payroll) -> Manifest | None:
    """The manifest that counts, or the last one of a payroll that was returned or given up."""
    manifests = select(Manifest).where(Manifest.payroll_id == payroll.id).order_by(Manifest.made_at.desc()).limit(1)
    if payroll.manifest_id is not None:
        manifests = manifests.where(Manifest.id == payroll.manifest_id)
    return session.scalars(manifests).one_or_none()


def parts(
    session: Session, seals: Seals, payroll: Payroll, manifest: Manifest, *, redacted: bool
) -> Iterator[tuple[str, Iterable[bytes]]]:
    """The pack's parts by name, each streamed."""
    gates = {gate.id: gate for gate in gates_of(session, payroll.id)}
    decisions = decisions_of(session, payroll.id, live=False)
    yield "README.txt", [README.encode()]
    yield "manifest.json", [manifest.document.encode()]
    line = proven_line(session, payroll, manifest)
    if len(line) > 1:
        yield "earlier_manifests.json", [canonical(line[1:])]
    yield (
        "decisions.json",
        [canonical([decision_of(decision, gates[decision.gate_id].position) for decision in decisions])],
    )
    yield (
        "gates.json",
        [
            canonical(
                [
                    {
                        "position": gate.position,
                        "name": gate.name,
                        "question": gate.question,
                        "role": gate.role.value,
                        "people": gate.people_needed,
                        "tiers": gate.kept_tiers,
                        "passkey": gate.needs_passkey,
                    }
                    for gate in gates.values()
                ]
            )
        ],
    )
    yield "submissions.json", [canonical(submission_statements(session, payroll))]
    yield "people.json", [canonical({str(person_id): name for person_id, name in names(session).items()})]
    yield "audit.json", [canonical(list(links(session, payroll)))]
    yield "parallel-runs.json", [canonical(list(parallel_runs(session, payroll)))]
    if redacted:
        return
    yield "payments.jsonl", payment_lines(session, payroll.id)
    if len(line) > 1:
        yield "taken_out.json", [canonical(taken_out(session, payroll, line))]
    yield "findings.jsonl", result_lines(session, payroll.id)
    yield "difference.jsonl", difference_lines(session, payroll.id)
    files, attachments = files_of(session, payroll.id), attachments_of(session, payroll, decisions)
    gone = destroyed_at(session, [*(one.key_id for one in files), *(one.key_id for one in attachments)])
    for file in files:
        if file.key_id not in gone:
            yield f"files/{file.name}", blocks_of(session, seals, file)
    for attached in attachments:
        if attached.key_id in gone:
            continue
        yield f"attachments/{attached.sha256}.{attached.medium}", [open_attachment(session, seals, attached)]


def gone_statement(session: Session, payroll: Payroll) -> dict[str, Any]:
    """What of a payroll was destroyed when its time was over, and when; nothing where all is there."""
    files = files_of(session, payroll.id)
    attachments = attachments_of(session, payroll, decisions_of(session, payroll.id, live=False))
    gone = destroyed_at(session, [*(one.key_id for one in files), *(one.key_id for one in attachments)])
    erased = select(func.count(Payee.id.distinct())).join(
        Payment, (Payment.body_id == Payee.body_id) & (Payment.payee_id == Payee.id)
    )
    said = {
        "files": {one.name: gone[one.key_id].date().isoformat() for one in files if one.key_id in gone},
        "attachments": {one.sha256: gone[one.key_id].date().isoformat() for one in attachments if one.key_id in gone},
        "people": session.scalar(erased.where(Payment.payroll_id == payroll.id, Payee.erased_at.is_not(None))) or 0,
    }
    return {"gone": said} if any(said.values()) else {}


def submission_statements(session: Session, payroll: Payroll) -> list[dict[str, Any]]:
    """What is recorded of each file's submission, in the order of the files."""
    recorded, urgent = submissions_of(session, payroll.id), urgent_of(session, payroll)
    if urgent is not None and urgent.made_at is not None and urgent.recorded_at is not None:
        return [
            {
                "method": urgent.method.value,
                "reference": urgent.reference,
                "made_by": urgent.made_by,
                "made_at": urgent.made_at.astimezone(UTC).isoformat(),
                "recorded_by": str(urgent.recorded_by),
                "recorded_at": urgent.recorded_at.astimezone(UTC).isoformat(),
                **cleared_of(session, urgent),
            }
        ]
    return [
        {
            "file": file.name,
            "sha256": file.sha256,
            "reference": recorded[file.id].reference,
            "submitted_at": recorded[file.id].submitted_at.astimezone(UTC).isoformat(),
            "recorded_by": str(recorded[file.id].recorded_by),
            "recorded_at": recorded[file.id].recorded_at.astimezone(UTC).isoformat(),
        }
        for file in files_of(session, payroll.id)
        if file.id in recorded
    ]


def cleared_of(session: Session, urgent: UrgentPayment) -> dict[str, Any]:
    """What is told of a payment made outside once the bank took it, and of the file that was attached to it."""
    told: dict[str, Any] = {}
    if urgent.attachment_id is not None:
        attached = session.get_one(Attachment, (urgent.body_id, urgent.attachment_id))
        told["attached"] = attached.statement()
    if urgent.cleared_at is not None:
        told["cleared_at"] = urgent.cleared_at.astimezone(UTC).isoformat()
        told["cleared_by"] = str(urgent.cleared_by) if urgent.cleared_by else None
        told["cleared_because"] = urgent.cleared_because
    return told


def attachments_of(session: Session, payroll: Payroll, decisions: Sequence[Decision]) -> list[Attachment]:
    """The files that decisions rest on, and the one that shows that a payment was made outside; each content once."""
    urgent = urgent_of(session, payroll)
    ids = {decision.attachment_id for decision in decisions} | {urgent.attachment_id if urgent else None}
    ids.discard(None)
    found = session.scalars(select(Attachment).where(Attachment.id.in_(ids)).order_by(Attachment.id))
    return list({attached.sha256: attached for attached in found}.values())


def taken_out(session: Session, payroll: Payroll, line: Sequence[Statements]) -> dict[str, list[str]]:
    """The lines of the payments that left since the earlier manifests, by the digest of the last one they stood in."""
    kept = {row.id: row.digest for row in session.scalars(select(Manifest).where(Manifest.payroll_id == payroll.id))}
    earlier = {digest_of(statements) for statements in line[1:]}
    return {
        kept[amendment.follows_id]: [one.decode() for one in taken_lines(session, amendment.id)]
        for amendment in amendments_of(session, payroll.id)
        if kept[amendment.follows_id] in earlier
    }


def put(archive: zipfile.ZipFile, name: str, blocks: Iterable[bytes]) -> str:
    """Write a part; returns its SHA-256."""
    running = hashlib.sha256()
    info = zipfile.ZipInfo(name, MADE)
    info.compress_type = zipfile.ZIP_DEFLATED
    with archive.open(info, "w", force_zip64=True) as member:
        for block in blocks:
            running.update(block)
            member.write(block)
    return running.hexdigest()


def decision_of(decision: Decision, position: int) -> dict[str, Any]:
    return {
        "gate": position,
        "record": decision.record(),
        "signature": base64.b64encode(decision.signature).decode(),
        "public_key": decision.public_key,
        "voided_at": decision.voided_at.astimezone(UTC).isoformat() if decision.voided_at else None,
        "voided_because": decision.voided_because,
    }


def links(session: Session, payroll: Payroll) -> Iterator[dict[str, Any]]:
    """The chain from the payroll's first event on: the events about the payroll whole, of others the digest."""
    about = {payroll.id, *(file.id for file in files_of(session, payroll.id))}
    first = session.scalar(
        select(AuditLink.position)
        .join(AuditEvent, (AuditEvent.body_id == AuditLink.body_id) & (AuditEvent.id == AuditLink.event_id))
        .where(AuditEvent.subject_id == payroll.id)
        .order_by(AuditEvent.id)
        .limit(1)
    )
    before = session.scalar(select(AuditLink.hash).where(AuditLink.position == (first or 1) - 1))
    yield {"position": (first or 1) - 1, "hash": (before or audit.BEFORE_THE_FIRST).hex()}
    rows = session.execute(
        select(AuditLink.position, AuditLink.event_digest, AuditLink.hash, AuditEvent)
        .outerjoin(AuditEvent, (AuditEvent.body_id == AuditLink.body_id) & (AuditEvent.id == AuditLink.event_id))
        .where(AuditLink.position >= (first or 1))
        .order_by(AuditLink.position)
        .execution_options(yield_per=2000)
    )
    for position, event_digest, link_hash, event in rows:
        link: dict[str, Any] = {"position": position, "digest": event_digest.hex(), "hash": link_hash.hex()}
        # the outer join's missing side: the event was removed, and its link tells
        gone: bool = event is None
        if not gone and event.subject_id in about:
            link["event"] = event.statement()
        yield link


def name_of(payroll: Payroll, *, redacted: bool) -> str:
    """The archive's file name."""
    return f"evidence-payroll-{payroll.number:04d}{'-redacted' if redacted else ''}.zip"


def parallel_runs(session: Session, payroll: Payroll) -> Iterator[dict[str, Any]]:
    """The comparisons with other systems' files, newest first: counts and sums, nobody's details."""
    for run in runs_of(session, payroll.id):
        if run.status is RunStatus.COMPARED:
            yield {
                "id": str(run.id),
                "file": run.file_name,
                "sha256": run.sha256,
                "payments": run.payments,
                "expected": [run.expected_count, run.expected_pence],
                "given": [run.given_count, run.given_pence],
                "same": run.same_count,
                "differing": {part: list(figures) for part, figures in run.differing.items()},
                "outcome": outcome_of(session, run).value,
                "reasons": {
                    part: [row.reason, str(row.given_by), row.given_at.astimezone(UTC).isoformat()]
                    for part, row in reasons_of(session, run.id).items()
                },
                "made_by": str(run.made_by),
                "made_at": run.made_at.astimezone(UTC).isoformat(),
            }

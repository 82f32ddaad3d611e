"""The manifest: in canonical JSON everything that a decision is about; its digest is what people sign."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Index, Text, cast, func, literal, select
from sqlalchemy.orm import Mapped, Session

from payouts.checks.finding import RULE_SET, results_digest
from payouts.checks.to_open import to_open
from payouts.control_total import control_statement
from payouts.difference.comparison import difference_statement
from payouts.files.payment_file import files_of
from payouts.gates.amendment import TakenOut, get_amendment
from payouts.gates.gate import gates_of
from payouts.gates.rules_of_payroll import rules_statement
from payouts.payment import Payment, in_payroll
from payouts.payment_item import PaymentItem, of_item
from payouts.payment_part import PaymentPart
from payouts.payroll import Payroll, PayrollKind
from payouts.urgent import by_cheque, urgent_of
from schemes.account import Account
from schemes.bank_profile import BankProfile
from schemes.check_settings import USUAL, row_at
from schemes.database import Base, BodyOwned, new_id, to_body_row
from schemes.errors import Refused
from schemes.one_off_payment import OneOff
from schemes.payee import Payee
from schemes.signer import canonical, canonical_texts, digest


class Manifest(BodyOwned, Base):
    """A manifest as it was when the files were sealed. Never changed; a later sealing makes another."""

    __tablename__ = "manifest"
    __table_args__ = (
        Index("ix_manifest_payroll", "body_id", "payroll_id"),
        to_body_row("payroll", "payroll_id"),
    )

    payroll_id: Mapped[UUID]
    document: Mapped[str]
    digest: Mapped[str]
    made_at: Mapped[datetime]

    def read(self) -> dict[str, Any]:
        """The manifest's statements."""
        statements: dict[str, Any] = json.loads(self.document)
        return statements


class ReleaseRefused(Refused):
    """Something is not as it was approved. `differences` names each thing."""

    def __init__(self, differences: list[str]) -> None:
        super().__init__(f"not as approved: {', '.join(differences)}")
        self.differences = differences


def statements_of(session: Session, payroll: Payroll) -> dict[str, Any]:
    """Everything that the decisions on a payroll are about, as it stands in the database now."""
    profile = session.get_one(BankProfile, (payroll.body_id, payroll.bank_profile_id))
    checks = row_at(session, payroll.scheme_id, payroll.made_at)
    results = results_digest(session, payroll.id)
    opened = to_open(session, payroll.id, lot=results)
    return {
        "body": str(payroll.body_id),
        "scheme": str(payroll.scheme_id),
        "scheme_version": payroll.scheme_version,
        "payroll": str(payroll.id),
        "payroll_number": payroll.number,
        **kind_statement(session, payroll),
        "build": payroll.build,
        "pay_date": payroll.pay_date.isoformat(),
        "processing_day": payroll.processing_day.isoformat(),
        "input_day": payroll.input_day.isoformat(),
        "bank_profile": str(profile.id),
        "service_user_number": profile.service_user_number,
        "payment_count": payroll.payment_count,
        "total_pence": payroll.total_pence,
        "payments": payments_digest(session, payroll.id),
        **parts_statement(session, payroll.id),
        **one_offs_statement(session, payroll.id),
        **difference_statement(session, payroll),
        **control_statement(session, payroll),
        # those of its own checks: a newer version's are for what is checked from then on
        "check_rules": payroll.check_rules or RULE_SET,
        "check_settings": checks.number if checks else USUAL.number,
        "rules": rules_statement(session, payroll),
        "check_results": results,
        **({"to_open": opened} if opened else {}),
        "duty_pattern": payroll.duty_pattern.value,
        "cover": str(payroll.cover_id) if payroll.cover_id else None,
        **follows(session, payroll),
        "gates": gate_rules(session, payroll.id),
        "files": [
            {
                "name": file.name,
                "format": file.format,
                "sha256": file.sha256,
                "bytes": file.byte_count,
                "payments": file.payment_count,
                **({"items": file.item_count} if file.item_count != file.payment_count else {}),
                "total_pence": file.total_pence,
            }
            for file in files_of(session, payroll.id)
        ],
    }


def kind_statement(session: Session, payroll: Payroll) -> dict[str, str | None]:
    """What the manifest says of a payroll that is not a regular one."""
    if payroll.kind is PayrollKind.REGULAR:
        return {}
    pays_for = {"pays_for": str(payroll.pays_for_id)} if payroll.pays_for_id else {}
    urgent = urgent_of(session, payroll)
    how = {"method": urgent.method.value, "urgent_because": urgent.because} if urgent else {}
    return {"kind": payroll.kind.value, **pays_for, **how, **payable_to(session, payroll)}


def payable_to(session: Session, payroll: Payroll) -> dict[str, str]:
    """To whose name a cheque is made out; nothing of payments into an account, whose lines have it."""
    if not by_cheque(session, payroll):
        return {}
    payee = (Payee.body_id == Payment.body_id) & (Payee.id == Payment.payee_id)
    name = session.scalars(select(Payee.name).join(Payment, payee).where(in_payroll(payroll.id))).first()
    return {"payable_to": name} if name else {}


def follows(session: Session, payroll: Payroll) -> dict[str, Any]:
    """Of a payroll that was changed after it was sealed: which manifest its own follows, and by which move."""
    amendment = get_amendment(session, payroll.amendment_id) if payroll.amendment_id else None
    if amendment is None:
        return {}
    before = session.get_one(Manifest, (payroll.body_id, amendment.follows_id))
    return {
        "follows": {
            "manifest": before.digest,
            "move": amendment.move.value,
            "reason": amendment.reason,
            "by": str(amendment.made_by),
            "payment_count": amendment.payment_count,
            "total_pence": amendment.total_pence,
        }
    }


def gate_rules(session: Session, payroll_id: UUID) -> list[dict[str, Any]]:
    """What the manifest says of a payroll's gates."""
    return [
        {
            "position": gate.position,
            "kind": gate.kind.value,
            "role": gate.role.value,
            "people": gate.people_needed,
            **({"tiers": gate.kept_tiers} if gate.kept_tiers else {}),
            **({"passkey": True} if gate.needs_passkey else {}),
        }
        for gate in gates_of(session, payroll_id)
    ]


def must_be_the_gates(session: Session, manifest: Manifest) -> None:
    """Raises ReleaseRefused where the gates are no longer those of the manifest: what they have said cannot be told."""
    if gate_rules(session, manifest.payroll_id) != manifest.read()["gates"]:
        raise ReleaseRefused(["gates"])


def payments_digest(session: Session, payroll_id: UUID) -> str:
    """SHA-256 over the payments without dates and serials: who, to which bank details, how much, what reference.

    The bank details themselves are in it, sealed as they are, so that a version changed in place is noticed; and of a
    payment that goes with others, in which item and under which reference.
    """
    running = hashlib.sha256()
    for line in payment_lines(session, payroll_id):
        running.update(line)
    return running.hexdigest()


def payment_lines(session: Session, payroll_id: UUID) -> Iterator[bytes]:
    """What the digest of a payroll's payments is taken of: a line of canonical JSON a payment, streamed."""
    return lines_where(session, in_payroll(payroll_id))


def taken_lines(session: Session, amendment_id: UUID) -> Iterator[bytes]:
    """The lines of the payments that one move took out, as they stood in the manifest before."""
    taken = select(TakenOut.payment_id).where(TakenOut.amendment_id == amendment_id)
    return lines_where(session, Payment.id.in_(taken))


def lines_where(session: Session, which: ColumnElement[bool]) -> Iterator[bytes]:
    # the database writes each value as text: for a million payments, that takes half the time of making objects first
    rows = session.execute(
        select(
            cast(Payment.ordinal, Text),
            cast(Payment.id, Text),
            cast(Payment.beneficiary_id, Text),
            cast(Payment.payee_id, Text),
            cast(Payment.account_id, Text),
            cast(Payment.amount_pence, Text),
            Payment.reference,
            Account.holder_name,
            func.encode(Account.fingerprint, "hex"),
            func.encode(Account.sealed_details, "hex"),
            cast(Account.proposed_by, Text),
            func.coalesce(
                cast(Account.confirmed_by, Text), literal("under ") + cast(Account.confirmed_under, Text), "None"
            ),
            cast(PaymentItem.ordinal, Text).label("item"),
            PaymentItem.reference.label("item_reference"),
        )
        .outerjoin(Account, (Account.body_id == Payment.body_id) & (Account.id == Payment.account_id))
        .outerjoin(PaymentItem, of_item())
        .where(which)
        .order_by(Payment.ordinal)
        .execution_options(yield_per=2000)
    )
    for row in rows:
        yield canonical_texts(tuple(row) if row[-1] is not None else tuple(row)[:-2]) + b"\n"


def parts_statement(session: Session, payroll_id: UUID) -> dict[str, str]:
    """SHA-256 over arrears and what is recovered, with how they came about; nothing where a payroll has none."""
    parts = session.execute(
        select(PaymentPart.id, PaymentPart.award_id, PaymentPart.kind, PaymentPart.about_first_day, PaymentPart.pence)
        .where(PaymentPart.payroll_id == payroll_id)
        .order_by(PaymentPart.id)
    ).all()
    if not parts:
        return {}
    return {"parts": digest([[str(value) for value in part] for part in parts])}


def one_offs_statement(session: Session, payroll_id: UUID) -> dict[str, str]:
    """SHA-256 over what was entered and confirmed of one-off payments; nothing where a payroll has none.

    Those that were taken out stay in it: their rows do, and what was entered of them does not change.
    """
    rows = session.execute(
        select(
            Payment.ordinal,
            OneOff.id,
            OneOff.component,
            OneOff.period_first_day,
            OneOff.sequence,
            OneOff.amount_pence,
            OneOff.reason,
            OneOff.further_because,
            OneOff.proposed_by,
            OneOff.confirmed_by,
        )
        .join(Payment, (Payment.body_id == OneOff.body_id) & (Payment.one_off_id == OneOff.id))
        .where(Payment.payroll_id == payroll_id)
        .order_by(Payment.ordinal)
    ).all()
    if not rows:
        return {}
    return {"one_offs": digest([[str(value) for value in row] for row in rows])}


def make_manifest(session: Session, payroll: Payroll, *, at: datetime) -> Manifest:
    statements = statements_of(session, payroll)
    manifest = Manifest(
        body_id=payroll.body_id,
        id=new_id(),
        payroll_id=payroll.id,
        document=canonical(statements).decode(),
        digest=digest(statements),
        made_at=at,
    )
    session.add(manifest)
    session.flush()
    return manifest


def manifest_of(session: Session, payroll: Payroll) -> Manifest | None:
    """The manifest that decisions are bound to now."""
    if payroll.manifest_id is None:
        return None
    return session.get_one(Manifest, (payroll.body_id, payroll.manifest_id))


def differences(session: Session, payroll: Payroll, manifest: Manifest) -> list[str]:
    """What of a payroll is not as its manifest says, by the manifest's own names; nothing when all is the same."""
    now = statements_of(session, payroll)
    then = manifest.read()
    if "rules" not in then:
        # it was sealed when manifests named the rules by their numbers alone
        del now["rules"]
    changed = [name for name in sorted(now.keys() | then.keys()) if now.get(name) != then.get(name)]
    if digest(then) != manifest.digest:
        changed.append("manifest")
    return changed

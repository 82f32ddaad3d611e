"""What a person says an entry is, or is not: proposed by finance with a reason, and confirmed by a second person."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from payouts.files.payment_file import PaymentFile
from payouts.payment import Payment, PaymentStatus
from payouts.payroll import Payroll
from payouts.responses import file_word
from payouts.responses.file_word import FileSays
from payouts.returns.recall import credit_of
from payouts.returns.returned import ReturnedPayment
from payouts.statement import combined, posted
from payouts.statement.entry import BankEntry, Match, Nature, get_entry
from payouts.statement.matching import BEFORE_SUBMISSION, RETURNED_WITHIN, Expected, expected_contras
from schemes import audit, change
from schemes.bank_profile import BankProfile
from schemes.change import Change, ChangeKind
from schemes.change_applied import EFFECTS, Effect
from schemes.errors import NotFound, Refused
from schemes.person import Actor, Role

PROPOSERS = (Role.FINANCE,)
CONFIRMERS = (Role.FINANCE, Role.APPROVER)
MOST_SUGGESTED = 10


class DoesNotFit(Refused):
    """An entry cannot be this: money that came in is no contra, what went out is no return, or the amounts differ."""


def suggestions(session: Session, entry: BankEntry) -> tuple[list[Expected], list[tuple[Payment, Payroll]]]:
    """What an entry may be, the likeliest first: files whose contra lacks, or payments that may have come back.

    A credit to a building society carries its roll number where others have our reference, and comes back with it: of a
    returned credit those are told too that a report returned, of the same amount, and that no entry is matched to.
    """
    if not entry.is_credit:
        lacking = expected_contras(session, line_id=entry.line_id, only_open=True)
        lacking.sort(
            key=lambda each: (
                each.file_id != entry.hint_id,
                each.expected_pence - each.matched_pence != entry.amount_pence,
                abs((each.pay_date - entry.booked_on).days),
            )
        )
        return lacking[:MOST_SUGGESTED], []
    by_reference = with_reference(session, entry) if entry.reference else []
    told = {payment.id for payment, _ in by_reference}
    others = [each for each in reported(session, entry) if each[0].id not in told]
    return [], [*by_reference, *others][:MOST_SUGGESTED]


def with_reference(session: Session, entry: BankEntry) -> list[tuple[Payment, Payroll]]:
    """Payments of the entry's reference and amount, those first that were one credit with others of their payee."""
    rows = session.execute(
        select(Payment, Payroll)
        .join(Payroll, (Payroll.body_id == Payment.body_id) & (Payroll.id == Payment.payroll_id))
        .join(BankProfile, (BankProfile.body_id == Payroll.body_id) & (BankProfile.id == Payroll.bank_profile_id))
        .where(
            Payment.reference == entry.reference,
            Payment.amount_pence == entry.amount_pence,
            ~Payment.combined,
            BankProfile.line_id == entry.line_id,
            Payroll.status.not_in(BEFORE_SUBMISSION),
            Payroll.pay_date.between(entry.booked_on - RETURNED_WITHIN, entry.booked_on + timedelta(days=1)),
        )
        .order_by(Payroll.pay_date.desc(), Payment.ordinal)
        .limit(MOST_SUGGESTED)
    )
    return [*combined.may_be(session, entry), *((payment, payroll) for payment, payroll in rows)]


def reported(session: Session, entry: BankEntry) -> list[tuple[Payment, Payroll]]:
    """Payments of the entry's amount that came back by a report and are on no statement yet, the newest first."""
    if entry.nature is not Nature.RETURN:
        return []
    booked = exists().where(
        BankEntry.body_id == Payment.body_id, BankEntry.match == Match.RETURN, BankEntry.payment_id == Payment.id
    )
    rows = session.execute(
        select(Payment, Payroll)
        .join(
            ReturnedPayment,
            (ReturnedPayment.body_id == Payment.body_id) & (ReturnedPayment.payment_id == Payment.id),
        )
        .join(Payroll, (Payroll.body_id == Payment.body_id) & (Payroll.id == Payment.payroll_id))
        .join(BankProfile, (BankProfile.body_id == Payroll.body_id) & (BankProfile.id == Payroll.bank_profile_id))
        .where(
            ReturnedPayment.amount_pence == entry.amount_pence,
            ReturnedPayment.came_back == PaymentStatus.RETURNED,
            ~Payment.combined,
            BankProfile.line_id == entry.line_id,
            Payroll.pay_date.between(entry.booked_on - RETURNED_WITHIN, entry.booked_on + timedelta(days=1)),
            ~booked,
        )
        .order_by(Payroll.pay_date.desc(), Payment.ordinal)
        .limit(MOST_SUGGESTED)
    )
    return [(payment, payroll) for payment, payroll in rows]


def facts(session: Session, entry_id: UUID) -> dict[str, Any]:
    """What an entry is now, as a proposal's facts."""
    entry = get_entry(session, entry_id)
    return {**about(entry), **told(session, entry.match, entry.payment_file_id or entry.payment_id)}


def about(entry: BankEntry) -> dict[str, Any]:
    return {"booked_on": entry.booked_on.isoformat(), "pence": entry.amount_pence, "is_credit": entry.is_credit}


def told(session: Session, match: Match | None, target: UUID | None) -> dict[str, Any]:
    """A match in names that people know: a file's, or a payment's number."""
    kept: dict[str, Any] = {"match": match.value if match else "", "target": str(target) if target else "", "name": ""}
    if match is Match.CONTRA and target is not None:
        kept["name"] = session.get_one(PaymentFile, (session.info["body_id"], target)).name
    if match is Match.RETURN and target is not None:
        payment = session.get_one(Payment, (session.info["body_id"], target))
        number = session.get_one(Payroll, (payment.body_id, payment.payroll_id)).number
        others = " with the payee’s others" if payment.combined else ""
        kept["name"] = f"payment {payment.ordinal} of payroll {number}{others}"
    return kept


def propose(
    session: Session,
    entry_id: UUID,
    match: Match | None,
    target: UUID | None,
    *,
    change_id: UUID,
    reason: str,
    by: Actor,
    at: datetime,
) -> Change:
    """Propose what an entry is; None that it is not what it was matched to, nor known.

    Raises DoesNotFit, NotFound, NotAllowed, and as `change.propose`.
    """
    by.must_be(*PROPOSERS)
    there = session.get(Change, (by.body_id, change_id))
    if there is not None:
        return there
    entry = get_entry(session, entry_id)
    must_fit(session, entry, match, target)
    return change.propose(
        session,
        ChangeKind.BANK_MATCH,
        change_id=change_id,
        subject_id=entry_id,
        before=facts(session, entry_id),
        after={**about(entry), **told(session, match, target)},
        reason=reason,
        by=by,
        at=at,
    )


def must_fit(session: Session, entry: BankEntry, match: Match | None, target: UUID | None) -> None:
    """Raises DoesNotFit, NotFound."""
    body_id = session.info["body_id"]
    if match is Match.CONTRA:
        file = session.get(PaymentFile, (body_id, target)) if target else None
        if file is None:
            raise NotFound("payment file", target)
        lacking = {each.file_id for each in expected_contras(session, line_id=entry.line_id, only_open=True)}
        if entry.is_credit or file.id not in lacking:
            raise DoesNotFit
    elif match is Match.RETURN:
        payment = session.get(Payment, (body_id, target)) if target else None
        if payment is None:
            raise NotFound("payment", target)
        taken = session.scalar(
            select(BankEntry.id).where(BankEntry.match == Match.RETURN, BankEntry.payment_id == payment.id)
        )
        if not entry.is_credit or credit_of(session, payment)[1] != entry.amount_pence or taken is not None:
            raise DoesNotFit
    elif (match is Match.FEE and entry.is_credit) or (match is Match.REPAYMENT and not entry.is_credit):
        raise DoesNotFit


def apply(session: Session, confirmed: Change, by: Actor, at: datetime) -> None:
    """Raises DoesNotFit where something else was matched meanwhile."""
    entry = get_entry(session, confirmed.subject_id, lock=True)
    match = Match(confirmed.after["match"]) if confirmed.after["match"] else None
    target = UUID(confirmed.after["target"]) if confirmed.after["target"] else None
    entry.match, entry.payment_file_id, entry.payment_id = None, None, None
    entry.matched_by, entry.matched_at = None, None
    session.flush()
    must_fit(session, entry, match, target)
    entry.match = match
    entry.matched_by, entry.matched_at = confirmed.proposed_by, at
    entry.payment_file_id = target if match is Match.CONTRA else None
    entry.payment_id = target if match is Match.RETURN else None
    posted.settle(session, BankEntry.id == entry.id, at=at)
    if match is Match.CONTRA and target is not None:
        tell_contra(session, entry, target, at=at)
    audit.record(session, "bank_entry.matched", by=by, about=entry, at=at, match=confirmed.after["match"] or "nothing")


def tell_contra(session: Session, entry: BankEntry, file_id: UUID, *, at: datetime) -> None:
    """Once the bank took all of a file, that is known of it; the next daily look closes what waited for it."""
    lacking = {each.file_id for each in expected_contras(session, line_id=entry.line_id, only_open=True)}
    if file_id not in lacking:
        file = session.get_one(PaymentFile, (session.info["body_id"], file_id))
        file_word.note(session, file, FileSays.CONTRA, evidence=f"entry of {entry.booked_on}", at=at)


EFFECTS[ChangeKind.BANK_MATCH] = Effect(CONFIRMERS, facts, apply)

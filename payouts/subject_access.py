"""Everything about one person, for their right of access (UK GDPR, Article 15): asked for with a reason, then taken.

One ZIP: a page to read, JSON for machines, and a CSV of each kind of record. Bank details stand in it in full, so that
who may ask is limited, and each request and each download is recorded. What is about others as well (who is paid for
whom) has to be looked at by a person before it is handed over: the page says so.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from uuid import UUID

from markupsafe import escape
from sqlalchemy import CheckConstraint, ColumnElement, ForeignKey, Index, LargeBinary, inspect, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.checks.finding import Finding
from payouts.confirmation.confirmation import Confirmation, told_of
from payouts.notices.notice import Notice
from payouts.payment import Payment
from payouts.payment_part import Overpayment, PaymentPart
from payouts.payroll import Payroll
from payouts.reckoning import reckoned
from payouts.responses.line import LineMatch, ResponseLine
from payouts.responses.suspense import Suspense
from payouts.returns.outcome import ReturnOutcome
from payouts.returns.recall import Recall
from payouts.returns.returned import ReturnedPayment
from payouts.returns.telling import ToldReturn
from payouts.returns.trace import Trace, TraceStep
from payouts.statement.entry import BankEntry
from schemes import audit
from schemes.account import Account, accounts_of, open_details
from schemes.audit import AuditEvent
from schemes.award import Award
from schemes.award_version import AwardVersion
from schemes.call_back import CallBack
from schemes.change import Change
from schemes.claim import Claim
from schemes.contact import Contact
from schemes.database import Base, BodyOwned, take_turns, to_body_row
from schemes.duplicates.pair import BeneficiaryPair, DuplicatePair
from schemes.errors import NotFound, ReasonNotGiven, Refused
from schemes.hold import Hold, is_paid_for
from schemes.imports.refused import harmless
from schemes.note import notes_of
from schemes.one_off_payment import OneOff
from schemes.payee import Beneficiary, Capacity, Mandate, Payee, get_payee
from schemes.person import Actor, Role, names
from schemes.recovery import Recovery
from schemes.revision import Revision, revisions_of
from schemes.seal import Seals, get_key
from schemes.suspension import Suspension
from schemes.unmasking import Unmasking

ASKERS = (Role.FINANCE, Role.ADMINISTRATOR)
IN_MEMORY = 4 * 1024 * 1024
CHUNK = 64 * 1024
# how a record is found and sealed tells a person nothing about themselves
LEFT_OUT = frozenset({"body_id", "key_id", "fingerprint", "roll_fingerprint", "digest", "search_name", "evidence"})

Records = dict[str, list[dict[str, Any]]]


class PersonErased(Refused):
    """Nothing personal is held about them any more."""


class SubjectAccess(BodyOwned, Base):
    """That somebody asked for everything about a payee, or about one beneficiary of theirs, and why."""

    __tablename__ = "subject_access"
    __table_args__ = (
        Index("ix_subject_access_payee", "body_id", "payee_id"),
        to_body_row("payee", "payee_id"),
        to_body_row("beneficiary", "beneficiary_id"),
        CheckConstraint("reason <> ''", name="reason"),
    )

    body_id: Mapped[UUID] = mapped_column(ForeignKey("body.id"), primary_key=True)
    payee_id: Mapped[UUID]
    beneficiary_id: Mapped[UUID | None]
    reason: Mapped[str]
    asked_by: Mapped[UUID]
    asked_at: Mapped[datetime]


def ask(
    session: Session,
    *,
    access_id: UUID,
    payee_id: UUID,
    beneficiary_id: UUID | None,
    reason: str,
    by: Actor,
    at: datetime,
) -> SubjectAccess:
    """Ask for everything about a payee, or about somebody they are paid for. The same id again is the same request.

    Raises PersonErased, ReasonNotGiven, NotFound, NotAllowed.
    """
    by.must_be(*ASKERS)
    payee = get_payee(session, payee_id)
    take_turns(session, f"subject access {access_id}")
    there = session.get(SubjectAccess, (by.body_id, access_id))
    if there is not None:
        return get_access(session, payee_id, access_id)
    if payee.erased_at is not None:
        raise PersonErased
    if beneficiary_id is not None and not is_paid_for(session, payee_id, beneficiary_id):
        raise NotFound("beneficiary", beneficiary_id)
    if not reason.strip():
        raise ReasonNotGiven("need everything about this person")
    access = SubjectAccess(
        body_id=by.body_id,
        id=access_id,
        payee_id=payee_id,
        beneficiary_id=beneficiary_id,
        reason=reason.strip(),
        asked_by=by.person_id,
        asked_at=at,
    )
    session.add(access)
    session.flush()
    about = "payee" if beneficiary_id is None else "beneficiary"
    audit.record(session, "subject_access.asked", by=by, about=payee, at=at, access=str(access.id), concerns=about)
    return access


def get_access(session: Session, payee_id: UUID, access_id: UUID) -> SubjectAccess:
    """Raises NotFound, for another payee's request too."""
    access = session.get(SubjectAccess, (session.info["body_id"], access_id))
    if access is None or access.payee_id != payee_id:
        raise NotFound("request", access_id)
    return access


def take(session: Session, seals: Seals, access: SubjectAccess, *, by: Actor, at: datetime) -> IO[bytes]:
    """The ZIP, at its beginning; that it was taken is recorded. Raises PersonErased, NotAllowed."""
    by.must_be(*ASKERS)
    payee = get_payee(session, access.payee_id)
    if payee.erased_at is not None:
        raise PersonErased
    audit.record(session, "subject_access.taken", by=by, about=payee, at=at, access=str(access.id))
    return packed(collect(session, seals, access), at=at)


def pieces(content: IO[bytes]) -> Iterator[bytes]:
    """What is sent, piece by piece."""
    while piece := content.read(CHUNK):
        yield piece


def collect(session: Session, seals: Seals, access: SubjectAccess) -> Records:
    """Everything that is held, by kind, as plain values; ids of the people who did something become their names."""
    if access.beneficiary_id is None:
        found = about_payee(session, seals, get_payee(session, access.payee_id))
    else:
        found = about_beneficiary(session, access.beneficiary_id)
    people = names(session)
    return {kind: [with_names(row, people) for row in rows] for kind, rows in found.items()}


def about_payee(session: Session, seals: Seals, payee: Payee) -> Records:
    accounts = accounts_of(session, payee.id)
    account_ids = [account.id for account in accounts]
    mandates = session.scalars(select(Mandate).where(Mandate.payee_id == payee.id).order_by(Mandate.id)).all()
    oneself = [mandate.beneficiary_id for mandate in mandates if mandate.capacity is Capacity.SELF]
    told = told_of(session, seals, accounts)
    revisions = revisions_of(session, seals, payee, limit=100_000)
    mine = or_(DuplicatePair.first_payee_id == payee.id, DuplicatePair.second_payee_id == payee.id)
    return {
        "payee": [plain(payee)],
        "contacts": rows_of(session, Contact, Contact.payee_id == payee.id),
        "paid for": [
            {"name": name, "reference": reference, **plain(mandate)}
            for mandate, name, reference in session.execute(
                select(Mandate, Beneficiary.name, Beneficiary.reference)
                .join(
                    Beneficiary, (Beneficiary.body_id == Mandate.body_id) & (Beneficiary.id == Mandate.beneficiary_id)
                )
                .where(Mandate.payee_id == payee.id)
                .order_by(Mandate.id)
            )
        ],
        "bank details": opened_accounts(session, seals, payee, accounts),
        "calls about bank details": rows_of(session, CallBack, CallBack.account_id.in_(account_ids)),
        "names checked with the bank": [
            {**row, "name_at_the_bank": getattr(told.get(row["account_id"]), "name", "")}
            for row in rows_of(session, Confirmation, Confirmation.account_id.in_(account_ids), values=False)
        ],
        "who saw bank details in full": rows_of(session, Unmasking, Unmasking.account_id.in_(account_ids)),
        "changes of the record": [
            {**plain(row.revision), "before": row.before, "after": row.after} for row in revisions
        ],
        **money(session, Award.payee_id == payee.id, Payment.payee_id == payee.id, OneOff.payee_id == payee.id),
        "notes": [note._asdict() for note in notes_of(session, seals, payee, limit=100_000)],
        "notices": rows_of(session, Notice, Notice.payee_id == payee.id),
        "stopped payments": rows_of(session, Hold, or_(Hold.payee_id == payee.id, Hold.beneficiary_id.in_(oneself))),
        "who is paid instead": rows_of(session, Claim, or_(Claim.payee_id == payee.id, Claim.to_payee_id == payee.id)),
        "possible duplicates": rows_of(session, DuplicatePair, mine)
        + rows_of(session, BeneficiaryPair, pairs_with(oneself)),
        "proposals": rows_of(session, Change, Change.subject_id == payee.id),
        "requests for access": rows_of(session, SubjectAccess, SubjectAccess.payee_id == payee.id),
        "what was done": rows_of(session, AuditEvent, AuditEvent.subject_id == payee.id),
    }


def pairs_with(beneficiary_ids: Sequence[UUID]) -> ColumnElement[bool]:
    return BeneficiaryPair.first_beneficiary_id.in_(beneficiary_ids) | BeneficiaryPair.second_beneficiary_id.in_(
        beneficiary_ids
    )


def about_beneficiary(session: Session, beneficiary_id: UUID) -> Records:
    """Of somebody whose money another person receives: nothing of that person's own account and contacts."""
    return {
        "beneficiary": rows_of(session, Beneficiary, Beneficiary.id == beneficiary_id),
        "who receives the money": [
            {"name": name, "reference": reference, **plain(mandate)}
            for mandate, name, reference in session.execute(
                select(Mandate, Payee.name, Payee.reference)
                .join(Payee, (Payee.body_id == Mandate.body_id) & (Payee.id == Mandate.payee_id))
                .where(Mandate.beneficiary_id == beneficiary_id)
                .order_by(Mandate.id)
            )
        ],
        "changes of the record": rows_of(session, Revision, Revision.beneficiary_id == beneficiary_id),
        **money(
            session,
            Award.beneficiary_id == beneficiary_id,
            Payment.beneficiary_id == beneficiary_id,
            OneOff.beneficiary_id == beneficiary_id,
        ),
        "stopped payments": rows_of(session, Hold, Hold.beneficiary_id == beneficiary_id),
        "who is paid instead": rows_of(session, Claim, Claim.beneficiary_id == beneficiary_id),
        "possible duplicates": rows_of(session, BeneficiaryPair, pairs_with([beneficiary_id])),
        "proposals": rows_of(session, Change, Change.subject_id == beneficiary_id),
        "requests for access": rows_of(session, SubjectAccess, SubjectAccess.beneficiary_id == beneficiary_id),
        "what was done": rows_of(session, AuditEvent, AuditEvent.subject_id == beneficiary_id),
    }


def money(session: Session, awarded: Any, paid: Any, entered: Any) -> Records:
    awards = select(Award.id).where(awarded)
    payments = session.execute(
        select(Payment, Payroll.number, Payroll.pay_date)
        .join(Payroll, (Payroll.body_id == Payment.body_id) & (Payroll.id == Payment.payroll_id))
        .where(paid)
        .order_by(Payment.id)
    ).all()
    steps = reckoned(session, [payment for payment, _, _ in payments])
    return {
        "awards": rows_of(session, Award, awarded),
        "one-off payments": rows_of(session, OneOff, entered),
        "later versions of awards": rows_of(session, AwardVersion, AwardVersion.award_id.in_(awards)),
        "suspensions": rows_of(session, Suspension, Suspension.award_id.in_(awards)),
        "arrears and what was recovered": rows_of(session, PaymentPart, PaymentPart.award_id.in_(awards)),
        "what was paid too much": rows_of(session, Overpayment, Overpayment.award_id.in_(awards)),
        "recoveries": rows_of(session, Recovery, Recovery.award_id.in_(awards)),
        **from_the_bank(session, [payment.id for payment, _, _ in payments]),
        "payments": [
            {"payroll": number, "pay_date": day, **plain(payment), "how_it_was_reckoned": steps.get(payment.id, [])}
            for payment, number, day in payments
        ],
    }


def from_the_bank(session: Session, payment_ids: Sequence[UUID]) -> Records:
    """What the bank said of some payments, and what became of those that came back."""
    facts = select(LineMatch.digest).where(LineMatch.payment_id.in_(payment_ids))
    cases = select(ReturnedPayment.id).where(ReturnedPayment.payment_id.in_(payment_ids))
    traces = select(Trace.id).where(Trace.payment_id.in_(payment_ids))
    return {
        "what checks found": rows_of(session, Finding, Finding.payment_id.in_(payment_ids)),
        "what the bank said of payments": rows_of(
            session, ResponseLine, ResponseLine.digest.in_(facts) & ~ResponseLine.about_file
        ),
        "lines of the bank that a person matched": rows_of(session, Suspense, Suspense.payment_id.in_(payment_ids)),
        "entries of bank statements": rows_of(session, BankEntry, BankEntry.payment_id.in_(payment_ids)),
        "payments that came back": rows_of(session, ReturnedPayment, ReturnedPayment.id.in_(cases)),
        "returns that a person recorded": rows_of(session, ToldReturn, ToldReturn.payment_id.in_(payment_ids)),
        "what was decided of money that came back": rows_of(
            session, ReturnOutcome, ReturnOutcome.returned_payment_id.in_(cases)
        ),
        "payments that were looked for": rows_of(session, Trace, Trace.payment_id.in_(payment_ids)),
        "steps of looking for them": rows_of(session, TraceStep, TraceStep.trace_id.in_(traces)),
        "recalls": rows_of(session, Recall, Recall.payment_id.in_(payment_ids)),
    }


def opened_accounts(session: Session, seals: Seals, payee: Payee, accounts: Sequence[Account]) -> list[dict[str, Any]]:
    key = seals.open_row(get_key(session, payee.body_id, payee.key_id))
    found = []
    for account in accounts:
        details = open_details(key, account.id, account.sealed_details)
        found.append({**details._asdict(), **plain(account)})
    return found


def rows_of(session: Session, table: Any, wanted: Any, *, values: bool = True) -> list[dict[str, Any]]:
    """Rows by id, as plain values; values=False leaves ids as they are, to be looked up by."""
    return [plain(row, as_text=values) for row in session.scalars(select(table).where(wanted).order_by(table.id))]


def plain(row: Any, *, as_text: bool = True) -> dict[str, Any]:
    """A row's columns for a person, without sealed bytes."""
    return {
        column.key: as_plain(getattr(row, column.key)) if as_text else getattr(row, column.key)
        for column in inspect(type(row)).columns
        if column.key not in LEFT_OUT and not isinstance(column.type, LargeBinary)
    }


def as_plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def with_names(row: Mapping[str, Any], people: Mapping[UUID, str]) -> dict[str, Any]:
    by_text = {str(person_id): name for person_id, name in people.items()}
    return {
        column: by_text.get(str(value), value)
        if column.endswith("_by") or column in ("actor_id", "person_id")
        else as_plain(value)
        for column, value in row.items()
    }


def packed(records: Records, *, at: datetime) -> IO[bytes]:
    """The ZIP of some records: dated, so that the same records on the same day are the same file."""
    content = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  the caller reads and closes it
    day = (at.year, at.month, at.day, 0, 0, 0)
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:

        def add(name: str, said: str) -> None:
            archive.writestr(zipfile.ZipInfo(name, day), said, zipfile.ZIP_DEFLATED)

        add("everything.html", as_page(records))
        add("everything.json", json.dumps(records, ensure_ascii=False, indent=1, default=str))
        for kind, rows in records.items():
            if rows:
                add(f"{kind.replace(' ', '-')}.csv", as_csv(rows))
    content.seek(0)
    return content


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """A table with a byte order mark, so that a spreadsheet reads names as they are; no cell runs as a formula."""
    told = io.StringIO(newline="")
    writer = csv.writer(told)
    writer.writerow(rows[0])
    writer.writerows([harmless(in_cell(value)) for value in row.values()] for row in rows)
    return "\ufeff" + told.getvalue()


def in_cell(value: Any) -> str:
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


def as_page(records: Records) -> str:
    """One page to read, which needs nothing else and runs nothing."""
    return "\n".join(page_lines(records))


def page_lines(records: Records) -> Iterable[str]:
    yield '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
    yield "<title>What is held about you</title></head><body>"
    yield "<h1>What is held about you</h1>"
    for kind, rows in records.items():
        yield f"<h2>{escape(kind.capitalize())}</h2>"
        if not rows:
            yield "<p>Nothing.</p>"
        for row in rows:
            yield "<table>"
            for column, value in row.items():
                if value not in (None, "", [], {}):
                    label = column.replace("_", " ").capitalize()
                    yield f'<tr><th scope="row">{escape(label)}</th><td>{escape(in_cell(value))}</td></tr>'
            yield "</table><hr>"
    yield "</body></html>"

"""Reading a response and holding it against the payments: a job reads it whole, others apply it chunk by chunk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bacs.errors import HostileXml, Unreadable
from payouts.files.payment_file import PaymentFile
from payouts.payment import Payment, PaymentStatus
from payouts.payroll import get_payroll
from payouts.responses import closing, file_word, handed_on, line, readers, suspense, word
from payouts.responses.line import ResponseLine, Says
from payouts.responses.matching import Line, Matches, file_of, match_lines
from payouts.responses.response import (
    NOT_READ,
    Response,
    ResponseFault,
    ResponseKind,
    ResponseStatus,
    content_of,
    fault_of_signature,
    get_response,
)
from payouts.returns import recall, returned
from payouts.statement import handed
from payouts.tasks import outbox
from schemes import audit
from schemes.bank_profile import BankProfile, open_account
from schemes.body import get_body
from schemes.database import copy_rows
from schemes.seal import get_key

if TYPE_CHECKING:
    from payouts.app import Service

CHUNK = 5_000
HANDED_ON: dict[ResponseKind, Callable[[Session, Any, Response, BinaryIO], None]] = {
    ResponseKind.AWACS: handed_on.take_corrections,
    ResponseKind.STATEMENT: handed.take,
}
"""Kinds that another room takes whole, in the transaction of the job that reads them. May raise NotTaken."""


def read(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """Read a response to its end, and cut its lines into chunks. What cannot be taken is kept with the reason."""
    response = get_response(session, UUID(args["response_id"]), lock=True)
    if response.status is not ResponseStatus.WAITING:
        return
    at = service.now()
    try:
        content = content_of(session, service.seals, response).open()
        lacks = fault_of_signature(response.signature, must_be_signed=response.must_be_signed)
        response.kind = readers.kind_of(content, not_believed=lacks)
        if response.kind in HANDED_ON:
            HANDED_ON[response.kind](session, service, response, content)
            finish(session, response, at=at)
            return
        reading = readers.read(response.kind, content)
        must_be_ours(session, service, reading)
    except readers.NotTaken as refused:
        refuse(session, response, refused.fault, at=at)
        return
    except Unreadable as broken:
        hostile = isinstance(broken, HostileXml)
        refuse(session, response, ResponseFault.HOSTILE if hostile else ResponseFault.UNREADABLE, at=at)
        return
    response.report_number = line.short(reading.report_number)
    response.user_number = ", ".join(sorted(reading.user_numbers))[:100]
    response.produced_on, response.mismatches = reading.produced_on, reading.mismatches
    response.line_count = len(reading.facts)
    response.status = ResponseStatus.APPLYING
    session.flush()
    key = service.seals.open_row(get_key(session, response.body_id, response.key_id))
    line.keep(session, service.seals, response, key, reading.facts)
    for first in range(1, response.line_count + 1, CHUNK):
        last = min(first + CHUNK - 1, response.line_count)
        outbox.add(
            session,
            "response.apply",
            once=f"response.apply/{response.id}/{first}",
            at=at,
            response_id=str(response.id),
            first=first,
            last=last,
        )
    if not response.line_count:
        finish(session, response, at=at)


def must_be_ours(session: Session, service: Service, reading: readers.Reading) -> None:
    """Raises NotTaken for what is about another service user, another account, or only a test."""
    profiles = session.scalars(select(BankProfile).where(BankProfile.confirmed_at.is_not(None))).all()
    if not reading.user_numbers <= {profile.service_user_number for profile in profiles}:
        raise readers.NotTaken(ResponseFault.ANOTHER_SERVICE_USER)
    if reading.accounts:
        ours = {"".join(open_account(session, service.seals, profile)) for profile in profiles}
        # an IBAN of ours ends with sort code and account number
        if not all(account.replace(" ", "").replace("-", "")[-14:] in ours for account in reading.accounts):
            raise readers.NotTaken(ResponseFault.ANOTHER_ACCOUNT)
    if reading.is_test and not get_body(session).is_sandbox:
        raise readers.NotTaken(ResponseFault.TEST)


def refuse(session: Session, response: Response, fault: ResponseFault, *, at: datetime) -> None:
    response.status, response.fault, response.read_at = NOT_READ.get(fault, ResponseStatus.REFUSED), fault, at
    session.flush()
    audit.record(session, f"response.{response.status}", by=None, about=response, at=at, fault=fault.value)


def apply_chunk(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """Match some lines and move what they are about; what is about nothing of ours goes to a person."""
    response, at = get_response(session, UUID(args["response_id"])), service.now()
    first, last = args["first"], args["last"]
    lines, matches = match_lines(session, response.id, first, last)
    keep_matches(session, response.body_id, lines, matches, at=at)
    apply_matches(session, response, first, last, matches, at=at)
    about_files = session.scalars(
        select(ResponseLine).where(
            ResponseLine.response_id == response.id,
            ResponseLine.position.between(first, last),
            ResponseLine.about_file,
        )
    ).all()
    unmatched = [each.id for each in lines if each.id not in matches]
    for each in about_files:
        file = file_of(session, each)
        if file is None:
            unmatched.append(each.id)
        else:
            apply_to_file(session, service, file, each, by=response.received_by, at=at)
    suspense.settle(session, [each.digest for each in lines if each.id in matches], at=at)
    suspense.put(session, unmatched, at=at)
    finish_chunk(session, response, last - first + 1, at=at)


def keep_matches(session: Session, body_id: UUID, lines: Sequence[Line], matches: Matches, *, at: datetime) -> None:
    rows = ((body_id, each.digest, payment_id, at) for each in lines for payment_id in matches.get(each.id, ()))
    copy_rows(session, "line_match", ("body_id", "digest", "payment_id", "matched_at"), rows, unless_there=True)


def apply_matches(
    session: Session, response: Response, first: int, last: int, matches: Matches, *, at: datetime
) -> None:
    """Move the payments of matched lines, the nearest state first; a further fact may tell a graver reason."""
    says = dict(
        session.execute(
            select(ResponseLine.id, ResponseLine.says).where(
                ResponseLine.response_id == response.id, ResponseLine.position.between(first, last)
            )
        ).all()
    )
    wanted: dict[PaymentStatus, list[UUID]] = defaultdict(list)
    for line_id, payment_ids in matches.items():
        if says[line_id] in word.ASKS_FOR:
            wanted[word.ASKS_FOR[says[line_id]]] += payment_ids
    apply_wanted(session, wanted, by=response.received_by, at=at)


def apply_wanted(session: Session, wanted: Mapping[PaymentStatus, Sequence[UUID]], *, by: UUID, at: datetime) -> None:
    """Move payments to the states that facts ask for, and their payrolls as far as that carries them."""
    everything = [payment_id for ids in wanted.values() for payment_id in ids]
    if not everything:
        return
    payroll_ids = set(session.scalars(select(Payment.payroll_id).where(word.ids_are(everything)).distinct()))
    word.hold_payrolls(session, payroll_ids)
    for status in sorted(wanted, key=word.RANKS.__getitem__):
        moved = word.advance(session, word.ids_are(wanted[status]), status, by=by, at=at)
        word.tell(session, moved, status, at=at)
    returned.follow_facts(session, everything, at=at)
    for payroll_id in payroll_ids:
        recall.follow(session, payroll_id, at=at)


def apply_to_file(
    session: Session, service: Service, file: PaymentFile, said: ResponseLine, *, by: UUID, at: datetime
) -> None:
    """Keep what a line says of a whole file, and move its payments: what is not taken is not paid."""
    word.hold_payrolls(session, [file.payroll_id])
    says = file_word.what_it_says(said, file)
    file_word.note(session, file, says, digest=bytes(said.digest), at=at)
    if said.says in word.ASKS_FOR:
        to = word.ASKS_FOR[said.says]
        mine = word.in_file(file)
        word.tell(session, word.advance(session, mine, to, by=by, at=at), to, at=at)
        if said.says in (Says.REJECTED, Says.RECALLED):
            ids = session.scalars(select(Payment.id).where(mine)).all()
            returned.follow_facts(session, ids, at=at)
    recall.follow(session, file.payroll_id, at=at)
    closing.follow(session, service.calendar, get_payroll(session, file.payroll_id, lock=True), at=at)


def finish_chunk(session: Session, response: Response, done: int, *, at: datetime) -> None:
    """Count the lines as done. A short row lock at the end: chunks run side by side until here."""
    lines_done, line_count = session.execute(
        update(Response)
        .where(Response.id == response.id)
        .values(lines_done=Response.lines_done + done)
        .returning(Response.lines_done, Response.line_count)
        .execution_options(synchronize_session=False)
    ).one()
    if lines_done == line_count:
        session.refresh(response)
        finish(session, response, at=at)


def finish(session: Session, response: Response, *, at: datetime) -> None:
    response.status, response.read_at = ResponseStatus.READ, at
    session.flush()
    counts = line.counts_of(session, response.id)
    facts: dict[str, Any] = {str(says): count for says, count in counts.items()}
    audit.record(
        session,
        "response.read",
        by=None,
        about=response,
        at=at,
        kind=response.kind.value,
        lines=response.line_count,
        suspense=suspense.count_of(session, response.id),
        **facts,
    )
    assert response.kind is not ResponseKind.UNKNOWN, "what was read was recognised"

"""Asking the banks: one name on entry, or all of an import or the register in the background.

A question changes nothing at the bank, so one whose answer was lost may be asked again; an answer that was kept is not.
In the background each task asks a few hundred and names the next: one task at a time keeps to the provider's pace
however many workers there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, select
from sqlalchemy.orm import Session

from payouts.confirmation import confirmation, run
from payouts.confirmation.codes import Code, Outcome
from payouts.confirmation.confirmation import Confirmation
from payouts.confirmation.pace import Pace
from payouts.confirmation.provider import AccountType, Answer, ConfirmationNotSetUp, Provider, Silence
from payouts.confirmation.run import ConfirmationRun
from payouts.tasks import outbox
from payouts.tasks.hold import Hold
from payouts.tasks.outbox import NotThere
from schemes import audit, name_policy
from schemes.account import Account, BankDetails, get_account, open_details
from schemes.body import get_body
from schemes.database import in_chunks
from schemes.errors import NotNow
from schemes.imports.register_import import get_import
from schemes.match_confirmed import confirm_by_match
from schemes.payee import Capacity, Mandate, Payee, get_payee
from schemes.person import Actor, Role
from schemes.seal import OpenKey, SealingKey, Seals

if TYPE_CHECKING:
    from payouts.app import Service

ASKERS = (Role.PREPARER, Role.FINANCE)
CHUNK = 400
BATCH = 40
THREADS = 4


class ProviderSilent(NotThere):
    """A whole batch got no answer, or the provider is asked too fast: what is left is tried again later."""


@dataclass(frozen=True)
class Question:
    """What is asked about one version, and the key to keep the answer under."""

    account_id: UUID
    name: str = field(repr=False)
    account_type: AccountType
    details: BankDetails = field(repr=False)
    key: OpenKey

    def put_to(self, provider: Provider) -> Answer:
        return provider.verify(self.name, self.account_type, self.details)


def ask_one(service: Service, payee_id: UUID, account_id: UUID, *, by: Actor) -> Confirmation:
    """Ask about one version of a payee's bank details now, and keep the answer, whatever it is.

    Raises NotAllowed, NotFound, ConfirmationNotSetUp, NotNow for a version that nothing is paid to any more.
    """
    by.must_be(*ASKERS)
    with service.transaction(by.body_id) as session:
        account = get_account(session, payee_id, account_id)
        provider = service.confirmation_provider(get_body(session))
        found = read_questions(session, service.seals, questions().where(Account.id == account_id))
    if not found:
        raise NotNow("version of bank details", "rejected, stopped or erased", "checked with the bank")
    answer = found[0].put_to(provider)
    with service.transaction(by.body_id) as session:
        at = service.now()
        kept = keep(session, found[0], answer, provider=provider.name, asked_by=by.person_id, at=at)
        payee = get_payee(session, payee_id)
        audit.record(
            session,
            "confirmation.asked",
            by=by,
            about=payee,
            at=at,
            version=account.version,
            outcome=kept.outcome.value,
        )
    return kept


def ask_on_entry(service: Service, session: Session, account: Account, *, by: Actor, at: datetime) -> bool:
    """Ask about a version that was just proposed, in the background; whether it will be asked.

    Not where the body's policy leaves it to people, nor where nobody is set up to ask.
    """
    if not name_policy.current(session).ask_on_entry:
        return False
    try:
        service.confirmation_provider(get_body(session))
    except ConfirmationNotSetUp:
        return False
    once, asked_by = f"confirmation.ask_one/{account.id}", str(by.person_id)
    outbox.add(session, "confirmation.ask_one", once=once, at=at, account_id=str(account.id), asked_by=asked_by)
    return True


def ask_soon(service: Service, session: Session, account: Account, *, by: Actor, at: datetime) -> None:
    """Ask about a version in the background, unless its answer is still good by then.

    Raises NotAllowed, ConfirmationNotSetUp, NotNow for a version that nothing is paid to any more.
    """
    by.must_be(*ASKERS)
    service.confirmation_provider(get_body(session))
    if session.execute(questions().where(Account.id == account.id)).first() is None:
        raise NotNow("version of bank details", "rejected, stopped or erased", "checked with the bank")
    once, asked_by = f"confirmation.ask_one/{account.id}/{at.isoformat()}", str(by.person_id)
    outbox.add(session, "confirmation.ask_one", once=once, at=at, account_id=str(account.id), asked_by=asked_by)


def answer_entry(hold: Hold, service: Service, args: Mapping[str, Any]) -> None:
    """Ask about one proposed version, unless somebody did meanwhile. Raises ProviderSilent to be tried again."""
    body_id, account_id = UUID(args["body_id"]), UUID(args["account_id"])
    with service.transaction(body_id) as session:
        provider = service.confirmation_provider(get_body(session))
        fresh = not_asked(service.now(), service.now(), name_policy.current(session).good_for)
        found = read_questions(session, service.seals, questions().where(Account.id == account_id, fresh))
    if not found:
        return
    hold.check()
    answer = found[0].put_to(provider)
    if answer.code is Code.NO_ANSWER and answer.silence is not Silence.REFUSED:
        raise ProviderSilent(f"no answer: {answer.silence.value if answer.silence else 'unknown'}")
    with service.transaction(body_id) as session:
        at = service.now()
        kept = keep(session, found[0], answer, provider=provider.name, asked_by=UUID(args["asked_by"]), at=at)
        account = session.get_one(Account, (body_id, account_id), with_for_update=True)
        payee, outcome = get_payee(session, account.payee_id), kept.outcome.value
        audit.record(
            session, "confirmation.asked", by=None, about=payee, at=at, version=account.version, outcome=outcome
        )
        if kept.outcome is Outcome.MATCH:
            confirm_by_match(session, service.calendar, account, at=at)


def ask_all(service: Service, session: Session, import_id: UUID | None, *, by: Actor) -> ConfirmationRun:
    """Begin to ask about every version of an import, or of the register (None), that has no fresh answer.

    While one run goes on, asking for the same again is that run. Raises NotAllowed, ConfirmationNotSetUp, NotFound.
    """
    about = get_import(session, import_id) if import_id else None
    by.must_be(*ASKERS, scheme=about.scheme_id if about else None)
    service.confirmation_provider(get_body(session))
    at = service.now()
    going_on = run.latest(session, import_id, lock=True)
    if going_on is not None and run.is_running(session, going_on):
        return going_on
    left = questions().where(
        in_use_or_to_come(), in_scope(import_id), not_asked(at, at, name_policy.current(session).good_for)
    )
    total = session.scalar(select(func.count()).select_from(left.subquery())) or 0
    begun = run.begin(session, about, total=total, by=by, at=at)
    outbox.add(session, "confirmation.ask", once=f"confirmation.ask/{begun.id}", at=at, run_id=str(begun.id), after="")
    return begun


def ask(hold: Hold, service: Service, args: Mapping[str, Any]) -> None:
    """Ask one chunk of a run. Raises ProviderSilent when some are left for another try, HoldLost."""
    body_id, run_id = UUID(args["body_id"]), UUID(args["run_id"])
    with service.transaction(body_id) as session:
        going_on = run.get_run(session, run_id)
        provider = service.confirmation_provider(get_body(session))
        good_for = name_policy.current(session).good_for
        left = questions().where(
            in_use_or_to_come(), in_scope(going_on.import_id), not_asked(service.now(), going_on.began_at, good_for)
        )
        if args["after"]:
            left = left.where(Account.id > UUID(args["after"]))
        found = read_questions(session, service.seals, left.order_by(Account.id).limit(CHUNK))
    pace = Pace(service.settings.confirmations_per_second)

    def put(question: Question) -> Answer:
        pace.wait()
        # whoever has taken the task over asks the rest
        hold.check()
        return question.put_to(provider)

    with ThreadPoolExecutor(THREADS) as threads:
        for batch in in_chunks(found, BATCH):
            note_batch(service, run_id, batch, list(threads.map(put, batch)), provider)
    with service.transaction(body_id) as session:
        if len(found) < CHUNK:
            run.end(session, run_id, at=service.now())
            return
        after = str(found[-1].account_id)
        outbox.add(
            session,
            "confirmation.ask",
            once=f"confirmation.ask/{run_id}/{after}",
            at=service.now(),
            run_id=str(run_id),
            after=after,
        )


def note_batch(
    service: Service, run_id: UUID, batch: Sequence[Question], answers: Sequence[Answer], provider: Provider
) -> None:
    """Commit a batch's answers. Raises ProviderSilent.

    Where others were answered, a silence is that one bank's: it is kept as "could not check now", for a person to ask
    again. Where nobody was answered the provider itself is away: nothing is kept, and everybody is asked again later.
    """
    pairs = list(zip(batch, answers, strict=True))
    kept = [(question, answer) for question, answer in pairs if answer.silence is not Silence.BUSY]
    if all(answer.code is Code.NO_ANSWER for answer in answers):
        kept = []
    at = service.now()
    if kept:
        with service.transaction(batch[0].key.body_id) as session:
            going_on = run.get_run(session, run_id, lock=True)
            for question, answer in kept:
                keep(session, question, answer, provider=provider.name, asked_by=going_on.asked_by, at=at)
            going_on.done += len(kept)
            silent = sum(answer.code is Code.NO_ANSWER for _, answer in kept)
            audit.record(
                session, "confirmation.answered", by=None, about=going_on, at=at, count=len(kept), silent=silent
            )
    if len(kept) < len(batch):
        reasons = sorted({answer.silence.value for _, answer in pairs if answer.silence})
        raise ProviderSilent(f"{len(batch) - len(kept)} names are left for another try: {', '.join(reasons)}")


def keep(
    session: Session, question: Question, answer: Answer, *, provider: str, asked_by: UUID, at: datetime
) -> Confirmation:
    return confirmation.note(
        session,
        question.key,
        question.account_id,
        question.account_type,
        answer,
        provider=provider,
        asked_by=asked_by,
        at=at,
    )


def questions() -> Select[UUID, str, bytes, SealingKey, bool]:
    """Versions that could be paid to, with what a question needs. A payee who was erased is not asked about.

    Whoever is paid as a provider is believed to have a business account, everybody else a personal one.
    """
    is_provider = exists().where(
        Mandate.body_id == Payee.body_id, Mandate.payee_id == Payee.id, Mandate.capacity == Capacity.PROVIDER
    )
    return (
        select(Account.id, Account.holder_name, Account.sealed_details, SealingKey, is_provider.label("is_provider"))
        .join(Payee, (Payee.body_id == Account.body_id) & (Payee.id == Account.payee_id))
        .join(SealingKey, (SealingKey.body_id == Payee.body_id) & (SealingKey.id == Payee.key_id))
        .where(Account.rejected_at.is_(None), Account.stopped_at.is_(None), SealingKey.wrapped.is_not(None))
    )


def read_questions(session: Session, seals: Seals, rows: Select[UUID, str, bytes, SealingKey, bool]) -> list[Question]:
    found = []
    for account_id, name, sealed, key_row, is_provider in session.execute(rows):
        key = seals.open_row(key_row)
        kind = AccountType.BUSINESS if is_provider else AccountType.PERSONAL
        found.append(Question(account_id, name, kind, open_details(key, account_id, sealed), key))
    return found


def in_scope(import_id: UUID | None) -> ColumnElement[bool]:
    return Account.import_id == import_id if import_id else Account.id.is_not(None)


def in_use_or_to_come() -> ColumnElement[bool]:
    """A payee's last confirmed version and whatever came after it: what went before is not paid to any more."""
    later = Account.__table__.alias("later")
    return ~exists().where(
        later.c.body_id == Account.body_id,
        later.c.payee_id == Account.payee_id,
        later.c.version > Account.version,
        later.c.confirmed_at.is_not(None),
        later.c.usable_from.is_(None),
    )


def not_asked(now: datetime, since: datetime, good_for: timedelta) -> ColumnElement[bool]:
    """No fresh answer, and not asked without an answer since the run began: one silence in a run is enough."""
    return ~exists().where(
        Confirmation.body_id == Account.body_id,
        Confirmation.account_id == Account.id,
        confirmation.is_fresh(now, good_for) | (Confirmation.asked_at >= since),
    )

"""Checking names with the bank, from the pages of a payee and of a file; what the answers show there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, NamedTuple
from uuid import UUID

from flask import flash, jsonify, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from payouts.confirmation import asking, run
from payouts.confirmation.asking import ASKERS
from payouts.confirmation.codes import Outcome
from payouts.confirmation.confirmation import Told, counts_of_import, told_of
from payouts.confirmation.run import Progress
from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.confirmation_words import CODES, outcome_name, progress_words
from payouts.web.figures import number
from payouts.web.pages import actor, now, pages, service, transaction
from schemes import name_policy
from schemes.account import Account, State
from schemes.errors import NotAllowed, NotFound, Refused
from schemes.imports.register_import import ImportStatus, RegisterImport, get_import
from schemes.person import READERS

CHECKED_STATES = frozenset({State.WAITING, State.COOLING_OFF, State.IN_USE})


class Version(NamedTuple):
    """A version of bank details on the payee's page: its answer if it has one, and whether the bank can be asked."""

    account: Account
    told: Told | None
    is_old: bool
    may_ask: bool


class OfImport(NamedTuple):
    """The names of a file on its page: how many have which answer, and how far a run has come."""

    counts: list[tuple[str, str]]
    state: dict[str, object] | None
    stopped: bool
    good_for_days: int


def versions(session: Session, accounts: Iterable[Account], states: dict[UUID, State]) -> list[Version]:
    """What the payee's page shows, for every version that was asked about or may be."""
    told = told_of(session, service().seals, accounts)
    if not actor().roles.intersection(READERS):
        told = {account_id: replace(said, name="") for account_id, said in told.items()}
    good_for = name_policy.current(session).good_for
    holds = bool(actor().roles.intersection(ASKERS))
    found = []
    for account in accounts:
        said, may_ask = told.get(account.id), states[account.id] in CHECKED_STATES
        if said or may_ask:
            old = said is not None and said.answer.is_old(now(), good_for)
            found.append(Version(account, said, old, holds and may_ask))
    return found


def of_import(session: Session, brought: RegisterImport) -> OfImport | None:
    """What the file's page shows; None before its payees are in the register."""
    if brought.status not in (ImportStatus.LANDED, ImportStatus.CONFIRMED):
        return None
    going_on = run.latest(session, brought.id)
    progress = run.progress_of(session, going_on) if going_on else None
    counts = counts_of_import(session, brought)
    order: list[Outcome | None] = [*Outcome, None]
    return OfImport(
        [(outcome_name(outcome), number(counts[outcome])) for outcome in order if outcome in counts],
        state_of(progress) if progress and progress.running else None,
        stopped=progress is not None and not progress.running and not progress.ended,
        good_for_days=name_policy.current(session).good_for_days,
    )


def state_of(progress: Progress | None) -> dict[str, object]:
    """What a page's progress bar is told."""
    if progress is None:
        return {"finished": True, "done": 0, "total": 0, "words": ""}
    return {
        "finished": not progress.running,
        "done": progress.done,
        "total": progress.total,
        "words": progress_words(progress.done, progress.total),
    }


@pages.route("/payees/<uuid:payee_id>/bank-details/<uuid:account_id>/check-name", methods=["POST"])
@allowed(*ASKERS)
def check_name(payee_id: UUID, account_id: UUID) -> ResponseReturnValue:
    try:
        kept = asking.ask_one(service(), payee_id, account_id, by=actor())
    except (NotAllowed, NotFound):
        raise
    except Refused as refused:
        flash(words.sentence(refused), "refused")
    else:
        said = CODES[kept.code]
        flash(f"{said.said}. {said.to_do}", "message" if kept.outcome is Outcome.MATCH else "refused")
    return redirect(url_for("pages.show_payee", payee_id=payee_id, _anchor="names"), 303)


@pages.route("/imports/<uuid:import_id>/check-names", methods=["POST"])
@allowed(*ASKERS)
def check_names(import_id: UUID) -> ResponseReturnValue:
    try:
        with transaction() as session:
            asking.ask_all(service(), session, get_import(session, import_id).id, by=actor())
    except (NotAllowed, NotFound):
        raise
    except Refused as refused:
        flash(words.sentence(refused), "refused")
    return redirect(url_for("pages.show_import", import_id=import_id), 303)


@pages.route("/imports/<uuid:import_id>/check-names/progress")
@allowed(ANYONE_SIGNED_IN)
def check_names_progress(import_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        get_import(session, import_id)
        going_on = run.latest(session, import_id)
        state: dict[str, Any] = state_of(run.progress_of(session, going_on) if going_on else None)
        return jsonify(state)

"""The steps of a body's first payroll, each with how far it has come: worked out from what is there, never ticked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from payouts.gates.decision import gate_states
from payouts.payroll import AT_THE_BANK, GONE_FROM_HERE, Payroll, PayrollStatus, payrolls_of_body
from payouts.responses.response import RECEIVERS
from schemes.account import Account
from schemes.bank_details import CONFIRMERS
from schemes.bank_profile import bank_profiles
from schemes.change import ChangeKind
from schemes.change import waiting as changes_waiting
from schemes.change_applied import EFFECTS
from schemes.imports.register_import import ImportStatus, imports_of_body
from schemes.payee_search import payees_by_reference
from schemes.person import PER_SCHEME, Role, people
from schemes.scheme import schemes_of_body
from schemes.scheme_change import PROPOSERS
from schemes.scheme_draft import open_drafts

FEWEST_PEOPLE = 3
ANSWERED = (PayrollStatus.ACCEPTED, PayrollStatus.CLOSED, PayrollStatus.REJECTED)
LOOKED_AT = 50


class Step(StrEnum):
    """What a first payroll takes, in order."""

    ACCOUNT = "account"
    PEOPLE = "people"
    SCHEME = "scheme"
    PAYEES = "payees"
    DETAILS = "details"
    REHEARSE = "rehearse"
    GATES = "gates"
    HAND_OVER = "hand_over"
    BANK = "bank"


AT_ONCE = (Step.ACCOUNT, Step.PEOPLE)
"""What can be begun whatever else is open."""


class State(StrEnum):
    """How far a step has come."""

    DONE = "done"
    BEGUN = "begun"
    NEXT = "next"
    LATER = "later"


@dataclass(frozen=True)
class StepRow:
    """A step. roles: who has to do something now, but for `not_by`; about: what it hangs on now, and of which kind."""

    step: Step
    state: State
    roles: tuple[Role, ...] = ()
    about: UUID | None = None
    kind: str = ""
    not_by: UUID | None = None


@dataclass(frozen=True)
class Found:
    """What is there of a step."""

    roles: tuple[Role, ...]
    about: UUID | None = None
    kind: str = ""
    done: bool = False
    begun: bool = False
    not_by: UUID | None = None


def steps(session: Session) -> list[StepRow]:
    """The steps as they stand. One that was done stays done, also where an earlier one comes open again."""
    found = {
        Step.PEOPLE: people_found(session),
        Step.ACCOUNT: Found((Role.ADMINISTRATOR,), done=bool(bank_profiles(session))),
        Step.SCHEME: scheme_found(session),
        **register_found(session),
        **payroll_found(session),
    }
    rows, reached = [], False
    for step in Step:
        one = found[step]
        if one.done:
            rows.append(StepRow(step, State.DONE, about=one.about, kind=one.kind))
            continue
        waits = reached and step not in AT_ONCE
        state = State.LATER if waits else State.BEGUN if one.begun else State.NEXT
        reached = True
        rows.append(StepRow(step, state, one.roles, one.about, one.kind, one.not_by))
    return rows


def is_over(session: Session) -> bool:
    """Whether the bank has answered to a payroll: nobody needs the steps any more."""
    return bool(session.scalar(select(exists().where(Payroll.status.in_(ANSWERED)))))


def next_of(rows: list[StepRow]) -> StepRow | None:
    """The step that comes next; None once every one is done."""
    return next((row for row in rows if row.state in (State.NEXT, State.BEGUN)), None)


def people_found(session: Session) -> Found:
    """Done when every role of a payroll is somebody's, and enough people share them for no one to be alone."""
    held = people(session)
    roles = set(chain.from_iterable(roles for _, roles in held))
    return Found((Role.ADMINISTRATOR,), done=roles.issuperset(PER_SCHEME) and len(held) >= FEWEST_PEOPLE)


def scheme_found(session: Session) -> Found:
    if schemes := schemes_of_body(session):
        return Found((), schemes[0].id, "scheme", done=True)
    for change in changes_waiting(session):
        if change.kind is ChangeKind.SCHEME:
            roles = tuple(EFFECTS[change.kind].confirmers)
            return Found(roles, change.id, "change", begun=True, not_by=change.proposed_by)
    drafts = open_drafts(session)
    return Found(tuple(PROPOSERS), drafts[0].id if drafts else None, "draft", begun=bool(drafts))


def register_found(session: Session) -> dict[Step, Found]:
    brought = imports_of_body(session)
    kept = [one for one in brought if one.status in (ImportStatus.LANDED, ImportStatus.CONFIRMED)]
    under_way = [one for one in brought if one.status in (ImportStatus.READING, ImportStatus.ASKING, ImportStatus.READ)]
    under_way += [one for one in brought if one.status is ImportStatus.LANDING]
    landed = [one for one in kept if one.status is ImportStatus.LANDED]
    has_payees = bool(kept or payees_by_reference(session, limit=1))
    # in the order of the body's own key: any first one is looked for among the neighbours' accounts too
    used = select(Account.id).where(Account.confirmed_at.is_not(None)).order_by(Account.id).limit(1)
    confirmed = has_payees and not landed and session.scalar(used) is not None
    sent, waits = (each[0].id if each else None for each in (under_way, landed))
    sender = landed[0].made_by if landed else None
    return {
        Step.PAYEES: Found((Role.PREPARER,), sent, "import", done=has_payees, begun=bool(under_way)),
        Step.DETAILS: Found(tuple(CONFIRMERS), waits, "import", done=confirmed, begun=bool(landed), not_by=sender),
    }


FURTHEST = list(PayrollStatus)


def payroll_found(session: Session) -> dict[Step, Found]:
    """The steps of the payroll that has come furthest."""
    there = [one for one in payrolls_of_body(session, limit=LOOKED_AT) if one.status is not PayrollStatus.CANCELLED]
    payroll = max(there, key=lambda one: FURTHEST.index(one.status), default=None)
    status = payroll.status if payroll else None
    about, begun = (payroll.id, True) if payroll else (None, False)
    facts: dict[str, Any] = {"about": about, "kind": "payroll", "begun": begun}
    if payroll is None and (schemes := schemes_of_body(session)):
        facts = {"about": schemes[0].id, "kind": "new"}
    sealed = status is PayrollStatus.SEALED or status in GONE_FROM_HERE
    return {
        Step.REHEARSE: Found((Role.PREPARER,), done=sealed, **facts),
        Step.GATES: Found(deciders(session, payroll), done=status in GONE_FROM_HERE, **facts),
        Step.HAND_OVER: Found((Role.RELEASER,), done=status in AT_THE_BANK, **facts),
        Step.BANK: Found(tuple(RECEIVERS), done=status in ANSWERED, **facts),
    }


def deciders(session: Session, payroll: Payroll | None) -> tuple[Role, ...]:
    """Who decides at the gate that waits."""
    if payroll is None or payroll.status is not PayrollStatus.SEALED:
        return ()
    waiting = next((state for state in gate_states(session, payroll) if state.is_waiting), None)
    return tuple(waiting.lacks) if waiting else ()

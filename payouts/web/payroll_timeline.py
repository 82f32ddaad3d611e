"""A payroll's way from the awards to the bank's word: each step with who did it and when, and where it stands now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from flask import url_for

from payouts.channels.submission import Submission
from payouts.gates.decision import Decision, GateState
from payouts.ledger.balance import Whereabouts
from payouts.moves_made import MoveMade
from payouts.payroll import Payroll, PayrollStatus
from payouts.web.deadlines import Deadlines
from payouts.web.figures import clock, count, instant, number, pounds, weekday
from payouts.web.pages import actor
from schemes.person import Role

GONE = "Someone who has left"
ORDER = list(PayrollStatus)
DONE = "Completed"


class Face(NamedTuple):
    """Somebody at a step: their initials in a circle, their name, and what they did there and when."""

    initials: str
    name: str
    did: str


class Step(NamedTuple):
    """A step of the way. words: where it stands, as a tag where there is a colour. is_now: the payroll is here."""

    name: str
    words: str
    colour: str = ""
    at: datetime | None = None
    faces: tuple[Face, ...] = ()
    detail: str = ""
    href: str = ""
    is_now: bool = False

    @property
    def is_done(self) -> bool:
        return self.words in (DONE, "Go")


class Facts(NamedTuple):
    """What the way is told from. made: how, of a payment that goes by no file. left: who may still decide."""

    payroll: Payroll
    gates: Sequence[GateState]
    moves: Mapping[PayrollStatus, MoveMade]
    open_findings: int
    submissions: Mapping[UUID, Submission]
    files: int
    made: str
    money: Whereabouts
    names: Mapping[UUID, str]
    left: Mapping[Role, Sequence[str]]
    deadlines: Deadlines | None


def timeline(facts: Facts) -> list[Step]:
    """The steps in their order; the first that is not done is where the payroll is."""
    if facts.payroll.status is PayrollStatus.CANCELLED:
        move = facts.moves.get(PayrollStatus.CANCELLED)
        faces = face_of(facts, move, "cancelled it")
        return [
            Step("Cancelled", "Cancelled", "grey", move.at if move else None, faces, "Nobody is paid by this payroll")
        ]
    steps = [*up_to_the_gates(facts), *(gate_step(facts, state) for state in facts.gates), *after_the_gates(facts)]
    here = next((place for place, one in enumerate(steps) if not one.is_done), None)
    return [one._replace(is_now=place == here) for place, one in enumerate(steps)]


def step(
    facts: Facts,
    name: str,
    running: PayrollStatus | None,
    done: PayrollStatus,
    *,
    detail: str = "",
    href: str = "",
    did: str = "",
    by: PayrollStatus | None = None,
) -> Step:
    """A step that a status ends, with when that was; did: what whoever moved the payroll `by` a status did."""
    status = facts.payroll.status
    if ORDER.index(status) >= ORDER.index(done):
        move = facts.moves.get(done)
        faces = face_of(facts, facts.moves.get(by), did) if by else ()
        return Step(name, DONE, "", move.at if move else None, faces, detail, href)
    if status is running:
        return Step(name, "In progress", "blue", None, (), detail, href)
    return Step(name, "Not yet", "grey", None, (), "", href)


def up_to_the_gates(facts: Facts) -> Iterator[Step]:
    payroll = facts.payroll
    building, checked = PayrollStatus.BUILDING, PayrollStatus.CHECKED
    yield step(
        facts,
        "Payments built from the register",
        building,
        checked,
        detail=f"{count(payroll.payment_count, 'payment')}, {pounds(payroll.total_pence)}",
        href=url_for("pages.show_payments", payroll_id=payroll.id),
        did="asked for it",
        by=building,
    )
    findings = url_for("pages.show_findings", payroll_id=payroll.id)
    if payroll.status is checked and facts.open_findings:
        yield Step("Checks", f"{number(facts.open_findings)} to settle", "yellow", href=findings)
    else:
        yield step(facts, "Checks", building, checked, href=findings)
    name = "Sent to the gates" if facts.made else "Files built for the bank"
    yield step(facts, name, PayrollStatus.SEALING, PayrollStatus.SEALED, did="asked for them", by=PayrollStatus.SEALING)


def gate_step(facts: Facts, state: GateState) -> Step:
    """A gate: the faces of those who decided; while it waits, who is left and by when."""
    name = f"Gate: {state.gate.name}"
    faces = faces_at(state, facts.names)
    at = max((decision.decided_at for decision in state.decisions), default=None)
    said_go, needed = sum(decision.verdict == "go" for decision in state.decisions), sum(state.needs.values())
    so_far = f"{said_go} of {needed} people said go" if needed > 1 else ""
    if state.passed:
        return Step(name, "Go", "", at, faces, so_far)
    due = (
        next((one.due for one in facts.deadlines.gates if one.name == state.gate.name), None)
        if facts.deadlines
        else None
    )
    by = f"To be decided by {clock(due)}, {weekday(due)}" if due else ""
    if state.is_waiting:
        href = url_for("pages.decide_gate", payroll_id=facts.payroll.id, gate_id=state.gate.id)
        left = " or ".join(dict.fromkeys(one for role in state.lacks for one in facts.left.get(role, ())))
        who = f"Waits for {left}" if left else "Nobody who may decide is left"
        detail = ". ".join(one for one in (so_far, who, by) if one)
        return Step(name, "Waiting", "yellow", None, faces, detail, href if actor().roles & state.lacks.keys() else "")
    return Step(name, "Not yet", "grey", None, (), by)


def after_the_gates(facts: Facts) -> Iterator[Step]:
    released, submitted, accepted = PayrollStatus.RELEASED, PayrollStatus.SUBMITTED, PayrollStatus.ACCEPTED
    sealed = all(state.passed for state in facts.gates)
    yield step(facts, "Released", PayrollStatus.SEALED if sealed else None, released)
    yield step(facts, facts.made or "Submitted to the bank", released, submitted, detail=sent(facts))
    money, came_back = facts.money, facts.money.released_pence - facts.money.paid_pence - facts.money.on_its_way_pence
    if facts.payroll.status is PayrollStatus.REJECTED:
        move = facts.moves.get(PayrollStatus.REJECTED)
        words = "The payment came back" if facts.made else "The bank took none of the files"
        yield Step("The bank’s word", "Refused", "red", move.at if move else None, (), f"{words}: nobody is paid")
        return
    if not facts.made:
        yield step(facts, "Accepted by the bank", submitted, accepted)
    so_far = f"{pounds(money.paid_pence)} paid" + (f", {pounds(came_back)} came back" if came_back else "")
    detail = so_far if money.paid_pence or came_back else ""
    running = submitted if facts.made else accepted
    yield step(facts, "Paid, and closed", running, PayrollStatus.CLOSED, detail=detail)


def sent(facts: Facts) -> str:
    """How far the submission is: of one file its reference and time, of several how many are with the bank."""
    if facts.files > 1:
        return f"{len(facts.submissions)} of {facts.files} files recorded" if facts.submissions else ""
    return "".join(f"{one.reference}, {instant(one.submitted_at)}" for one in facts.submissions.values())


def faces_at(state: GateState, names: Mapping[UUID, str]) -> tuple[Face, ...]:
    """Those who decided at a gate."""
    return tuple(face_of_decision(decision, names) for decision in state.decisions)


def said_so_far(states: Sequence[GateState], names: Mapping[UUID, str]) -> list[tuple[str, tuple[Face, ...]]]:
    """The gates at which somebody has decided, with who said what."""
    return [(state.gate.name, faces_at(state, names)) for state in states if state.decisions]


def face_of_decision(decision: Decision, names: Mapping[UUID, str]) -> Face:
    name = names.get(decision.person_id, GONE)
    did = f"said {'go' if decision.verdict == 'go' else 'no-go'}, {instant(decision.decided_at)}"
    if decision.for_person_id:
        did += f", for {names.get(decision.for_person_id, GONE)}, who was away"
    if decision.reason:
        did += f": “{decision.reason}”"
    return Face(initials(name), name, did)


def face_of(facts: Facts, move: MoveMade | None, did: str) -> tuple[Face, ...]:
    """Whoever made a move; nobody where the service did."""
    if move is None or move.by is None:
        return ()
    name = facts.names.get(move.by, GONE)
    return (Face(initials(name), name, f"{did}, {instant(move.at)}"),)


def initials(name: str) -> str:
    """`FF` of Femi Finance: of the first name and the last."""
    parts = name.split()
    return "".join(part[0] for part in (parts[:1] + parts[1:][-1:])).upper()

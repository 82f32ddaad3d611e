"""The payroll's own page: where it stands, what happens next, the money in a few numbers, and everything about it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from payouts.channels.dispatch import DispatchStatus, dispatches_of
from payouts.channels.submission import Submission, submissions_of
from payouts.checks.finding import groups_of
from payouts.control_total import control_total_of
from payouts.files.destroying import destroyed_at
from payouts.files.file_check import last_checks
from payouts.files.payment_file import files_of
from payouts.gates.amendment import since_sealing
from payouts.gates.amount import amount_of
from payouts.gates.cover import review_of
from payouts.gates.decision import GateState, decisions_of, gate_states
from payouts.gates.query import queries_of
from payouts.ledger.balance import whereabouts
from payouts.payment import unpaid_counts
from payouts.payroll import Payroll, PayrollKind, PayrollStatus, days_still_work, get_payroll
from payouts.redating import first_possible
from payouts.responses.response import RECEIVERS
from payouts.sandbox.bank import days as bank_days
from payouts.stopped_since import stopped_since
from payouts.urgent import by_cheque, has_files
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.audit_words import told
from payouts.web.bank_word import bank_word
from payouts.web.deadlines import deadlines_of
from payouts.web.differences import difference_of
from payouts.web.figures import count, instant, number
from payouts.web.funds import funds_shown
from payouts.web.next_step import able, left_to_decide, next_step
from payouts.web.notices import notice_facts
from payouts.web.pages import actor, now, pages, service, transaction
from payouts.web.payroll_sums import sums_of
from payouts.web.payrolls import progress_of
from payouts.web.stopped import stopped
from payouts.web.urgent import urgent_facts
from schemes.audit import trail
from schemes.body import get_body
from schemes.person import Role, names
from schemes.scheme import get_scheme

EVENTS = 10
BEFORE_RELEASE = (PayrollStatus.BUILDING, PayrollStatus.CHECKED, PayrollStatus.SEALING, PayrollStatus.SEALED)
CANCELLABLE = (PayrollStatus.BUILDING, PayrollStatus.CHECKED, PayrollStatus.SEALED)


MOVABLE = (PayrollStatus.CHECKED, PayrollStatus.SEALED)


class Step(NamedTuple):
    """A step of a payroll's way. A tag without a colour is plain text: done, or not yet."""

    name: str
    words: str
    colour: str = ""
    detail: str = ""
    href: str = ""


@pages.route("/payrolls/<uuid:payroll_id>")
@allowed(ANYONE_SIGNED_IN)
def show_payroll(payroll_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        payroll = get_payroll(session, payroll_id)
        people = names(session)
        by_role = able(session, payroll.scheme_id)
        gates = gate_states(session, payroll)
        groups = groups_of(session, payroll_id)
        files, submissions = files_of(session, payroll_id), submissions_of(session, payroll_id)
        dispatches = dispatches_of(session, payroll_id)
        open_findings = sum(group.open_count for group in groups)
        sent = submitted(submissions, len(files))
        return render_template(
            "payrolls/show_payroll.html",
            payroll=payroll,
            scheme=get_scheme(session, payroll.scheme_id),
            state=progress_of(session, payroll),
            stopped=stopped(session, payroll),
            **stopped_facts(session, payroll),
            next=next_step(session, payroll, actor(), by_role),
            steps=steps_of(payroll, gates, open_findings, sent, made=outside(session, payroll)),
            is_late=payroll.status in BEFORE_RELEASE and now() > payroll.deadline_at,
            gates=gates,
            amount=amount_of(session, payroll),
            **held_against(session, payroll),
            deadlines=deadlines_of(session, payroll, gates) if payroll.status in BEFORE_RELEASE else None,
            now=now,
            voided=[decision for decision in decisions_of(session, payroll_id, live=False) if decision.voided_at],
            able=by_role,
            left_to_decide=left_at(session, payroll, gates),
            groups=groups,
            difference=difference_of(session, payroll),
            open_findings=open_findings,
            unpaid=unpaid_counts(session, payroll_id),
            files=files,
            destroyed=destroyed_at(session, (file.key_id for file in files)),
            submissions=submissions,
            dispatches=dispatches,
            bank_answers=sandbox_bank_answers(session, payroll),
            bank_day=bank_days.day_of(session, payroll_id),
            may_pass_day=any(actor().holds(role, payroll.scheme_id) for role in RECEIVERS),
            by_hand=all(way.status is DispatchStatus.WITHDRAWN for way in dispatches.values()),
            checks=last_checks(session, payroll_id),
            **notice_facts(session, payroll),
            bank_word=bank_word(session, payroll),
            events=told(trail(session, subject_id=payroll_id, limit=EVENTS), people),
            names=people,
            review=review_of(session, payroll_id),
            sums=sums_of(session, payroll),
            changes=since_sealing(session, payroll.amendment_id),
            queries=queries_of(session, payroll_id),
            money=whereabouts(session, payroll_id=payroll_id),
            days_gone=payroll.status in BEFORE_RELEASE and not days_still_work(service().calendar, payroll),
            still_possible=possible_day(session, payroll),
            pays_for=get_payroll(session, payroll.pays_for_id) if payroll.pays_for_id else None,
            **urgent_facts(session, payroll),
            may_move=is_movable(payroll) and actor().holds(Role.PREPARER, payroll.scheme_id),
            may_change=payroll.status is PayrollStatus.SEALED and actor().holds(Role.PREPARER, payroll.scheme_id),
            may_cancel=payroll.status in CANCELLABLE and actor().holds(Role.PREPARER, payroll.scheme_id),
        )


def sandbox_bank_answers(session: Session, payroll: Payroll) -> bool:
    """Whether days of the sandbox's bank can pass for it: it hears of files only."""
    return payroll.status in bank_days.OUT and get_body(session).is_sandbox and has_files(session, payroll)


def outside(session: Session, payroll: Payroll) -> str:
    """How somebody makes the payment, of a payroll without files."""
    if has_files(session, payroll):
        return ""
    return "Cheque drawn" if by_cheque(session, payroll) else "Made in the bank’s portal"


def stopped_facts(session: Session, payroll: Payroll) -> dict[str, Any]:
    """What may not be paid any more, and what the way to take it out names."""
    found = stopped_since(session, payroll)
    return {"stopped_payments": found, "stopped_ids": [str(one.row.payment.id) for one in found]}


def held_against(session: Session, payroll: Payroll) -> dict[str, Any]:
    """The money on its account and its control total."""
    return {"funds": funds_shown(session, payroll), "control": control_total_of(session, payroll.id)}


def left_at(session: Session, payroll: Payroll, gates: list[GateState]) -> dict[Role, tuple[str, ...]]:
    """Who may still say go at the gate that waits, if one does."""
    waiting = next((state for state in gates if state.is_waiting), None)
    return left_to_decide(session, payroll, waiting) if waiting else {}


def is_movable(payroll: Payroll) -> bool:
    """Whether its pay date can be moved: an urgent payment has its day alone."""
    return payroll.status in MOVABLE and payroll.kind is not PayrollKind.URGENT


def possible_day(session: Session, payroll: Payroll) -> date | None:
    """The first pay date that is still possible, for a payroll that has not gone to the bank."""
    if payroll.status not in BEFORE_RELEASE:
        return None
    cycles = first_possible(session, service().calendar, payroll, now=now(), most=1)
    return cycles[0].entry_day if cycles else None


def steps_of(payroll: Payroll, gates: list[GateState], open_findings: int, sent: str, *, made: str) -> list[Step]:
    """The way from the register to the bank, with where the payroll is on it. made: how, of a payment without files."""
    if payroll.status is PayrollStatus.CANCELLED:
        return [Step("Cancelled", "Cancelled", "grey", "Nobody is paid by this payroll")]
    order = list(PayrollStatus)
    at = order.index(payroll.status)

    def step(name: str, running: PayrollStatus | None, done: PayrollStatus, detail: str = "", href: str = "") -> Step:
        if at >= order.index(done):
            return Step(name, "Completed", "", detail, href)
        if payroll.status is running:
            return Step(name, "In progress", "blue", detail, href)
        return Step(name, "Not yet", "grey", "", href)

    findings = url_for("pages.show_findings", payroll_id=payroll.id)
    checked = step("Checks", PayrollStatus.BUILDING, PayrollStatus.CHECKED, "", findings)
    if payroll.status is PayrollStatus.CHECKED and open_findings:
        checked = Step("Checks", f"{number(open_findings)} to settle", "yellow", "", findings)
    return [
        step(
            "Payments built from the register",
            PayrollStatus.BUILDING,
            PayrollStatus.CHECKED,
            count(payroll.payment_count, "payment"),
            url_for("pages.show_payments", payroll_id=payroll.id),
        ),
        checked,
        step("Sent to the gates" if made else "Files built for the bank", PayrollStatus.SEALING, PayrollStatus.SEALED),
        *(gate_step(payroll, state) for state in gates),
        step(
            made or "Submitted to the bank",
            PayrollStatus.RELEASED,
            PayrollStatus.SUBMITTED,
            sent,
        ),
    ]


def submitted(submissions: Mapping[UUID, Submission], files: int) -> str:
    """How far the submission is: of one file its reference and time, of several how many are with the bank."""
    if files > 1:
        return f"{len(submissions)} of {files} files recorded" if submissions else ""
    return "".join(f"{one.reference}, {instant(one.submitted_at)}" for one in submissions.values())


def gate_step(payroll: Payroll, state: GateState) -> Step:
    name = f"Gate: {state.gate.name}"
    said_go, needed = sum(decision.verdict == "go" for decision in state.decisions), sum(state.needs.values())
    detail = f"{said_go} of {needed} people said go" if needed > 1 else ""
    if state.passed:
        return Step(name, "Go", "", detail)
    if state.is_waiting:
        href = url_for("pages.decide_gate", payroll_id=payroll.id, gate_id=state.gate.id)
        return Step(name, "Waiting", "yellow", detail, href if actor().roles & state.lacks.keys() else "")
    return Step(name, "Not yet", "grey")

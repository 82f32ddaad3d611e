"""The payroll's own page: where it stands, what happens next, the money in a few numbers, and everything about it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from flask import render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from payouts.channels.dispatch import DispatchStatus, dispatches_of
from payouts.channels.submission import submissions_of
from payouts.checks.acceptance import reasons_of
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
from payouts.ledger.balance import Whereabouts, whereabouts
from payouts.moves_made import moves_made
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
from payouts.web.difference_words import signed_pounds
from payouts.web.differences import Shown, difference_of
from payouts.web.figures import number, pounds
from payouts.web.funds import funds_shown
from payouts.web.next_step import able, left_to_decide, next_step
from payouts.web.notices import notice_facts
from payouts.web.pages import actor, now, pages, service, transaction
from payouts.web.payroll_sums import sums_of
from payouts.web.payroll_timeline import GONE, Facts, timeline
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


@pages.route("/payrolls/<uuid:payroll_id>")
@allowed(ANYONE_SIGNED_IN)
def show_payroll(payroll_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        payroll = get_payroll(session, payroll_id)
        people = names(session)
        by_role = able(session, payroll.scheme_id)
        dispatches = dispatches_of(session, payroll_id)
        return render_template(
            "payrolls/show_payroll.html",
            payroll=payroll,
            scheme=get_scheme(session, payroll.scheme_id),
            state=progress_of(session, payroll),
            stopped=stopped(session, payroll),
            **stopped_facts(session, payroll),
            next=next_step(session, payroll, actor(), by_role),
            **standing(session, payroll, people),
            is_late=payroll.status in BEFORE_RELEASE and now() > payroll.deadline_at,
            amount=amount_of(session, payroll),
            **held_against(session, payroll),
            now=now,
            voided=[decision for decision in decisions_of(session, payroll_id, live=False) if decision.voided_at],
            able=by_role,
            unpaid=unpaid_counts(session, payroll_id),
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


def standing(session: Session, payroll: Payroll, people: Mapping[UUID, str]) -> dict[str, Any]:
    """Where the payroll stands: its way so far, its money, its findings and its gates."""
    gates, groups = gate_states(session, payroll), groups_of(session, payroll.id)
    files, submissions = files_of(session, payroll.id), submissions_of(session, payroll.id)
    open_findings = sum(group.open_count for group in groups)
    money, difference = whereabouts(session, payroll_id=payroll.id), difference_of(session, payroll)
    deadlines = deadlines_of(session, payroll, gates) if payroll.status in BEFORE_RELEASE else None
    left, made = left_at(session, payroll, gates), moves_made(session, payroll.id)
    how = outside(session, payroll)
    way = Facts(payroll, gates, made, open_findings, submissions, len(files), how, money, people, left, deadlines)
    return {
        "steps": timeline(way),
        "figures": figures_of(payroll, money, difference, open_findings),
        "accepted": reasons_shown(session, payroll, people),
        "gates": gates,
        "groups": groups,
        "deadlines": deadlines,
        "left_to_decide": left,
        "difference": difference,
        "files": files,
        "destroyed": destroyed_at(session, (file.key_id for file in files)),
        "submissions": submissions,
        "money": money,
    }


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


def figures_of(payroll: Payroll, money: Whereabouts, difference: Shown | None, open_findings: int) -> list[list[str]]:
    """The money in five numbers: before release what is to be decided, then where it is."""
    first = [["Payments", number(payroll.payment_count)], ["Total", pounds(payroll.total_pence)]]
    if payroll.status in BEFORE_RELEASE:
        last = difference.last if difference else None
        compared = [["More than last time", signed_pounds(difference.comparison.pence)]] if difference and last else []
        unpaid = ["Not paid this time", number(payroll.unpaid_count)]
        return [*first, *compared, unpaid, ["Findings to settle", number(open_findings)]]
    if not money.released_pence:
        return first
    return [
        *first,
        ["On its way", pounds(money.on_its_way_pence)],
        ["Paid", pounds(money.paid_pence)],
        ["Returned and held", pounds(money.returned_and_held_pence)],
    ]


def reasons_shown(session: Session, payroll: Payroll, people: Mapping[UUID, str]) -> dict[str, list[tuple[str, str]]]:
    """Why findings were accepted, and by whom, by their kind."""
    found: dict[str, list[tuple[str, str]]] = {}
    for kind, reason, person_id, _ in reasons_of(session, payroll):
        found.setdefault(kind.value, []).append((reason, people.get(person_id, GONE)))
    return found

"""A decision as it was made: what the person saw, said and signed, and the file that they attached."""

from __future__ import annotations

from uuid import UUID

from flask import Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from payouts.checks.finding import Kind
from payouts.gates.attachment import MEDIA_TYPES, take
from payouts.gates.decision import Decision, get_decision
from payouts.gates.gate import get_gate
from payouts.payroll import get_payroll
from payouts.web.access import allowed
from payouts.web.finding_words import KINDS
from payouts.web.pages import actor, now, pages, service, transaction
from schemes.errors import KeyMissing, SealBroken
from schemes.person import READERS, names


@pages.route("/payrolls/<uuid:payroll_id>/decisions/<uuid:decision_id>")
@allowed(*READERS)
def show_decision(payroll_id: UUID, decision_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        payroll = get_payroll(session, payroll_id)
        decision = get_decision(session, payroll_id, decision_id)
        people = names(session)
        return render_template(
            "gates/show_decision.html",
            payroll=payroll,
            decision=decision,
            gate=get_gate(session, payroll_id, decision.gate_id),
            names=people,
            genuine=decision.is_genuine() and service().signer.was_ours(decision.public_key, decision.decided_at),
            accepted=accepted_of(decision, people),
        )


def accepted_of(decision: Decision, people: dict[UUID, str]) -> list[tuple[str, str, str, int]]:
    """The accepted findings that the person saw: what was found, the reason, who accepted it, and how many."""
    titles = {kind.value: KINDS[kind].title for kind in Kind}
    return [
        (
            titles.get(one["kind"], one["kind"]),
            one["reason"],
            people.get(UUID(one["by"]), "Someone who has left"),
            one["count"],
        )
        for one in decision.shown.get("accepted", [])
    ]


@pages.route("/payrolls/<uuid:payroll_id>/evidence/<uuid:attachment_id>", methods=["POST"])
@allowed(*READERS)
def take_attachment(payroll_id: UUID, attachment_id: UUID) -> ResponseReturnValue:
    """A POST, because it is recorded. Always a download: whatever the file says of itself, no browser shows it."""
    try:
        with transaction() as session:
            payroll = get_payroll(session, payroll_id)
            attached, content = take(session, service().seals, payroll, attachment_id, by=actor(), at=now())
    except (SealBroken, KeyMissing):
        flash("This file can’t be opened. Ask the people who run the service", "refused")
        return redirect(url_for("pages.show_payroll", payroll_id=payroll_id), 303)
    response = Response(content, mimetype=MEDIA_TYPES[attached.medium])
    response.headers.set("Content-Disposition", "attachment", filename=attached.name)
    return response

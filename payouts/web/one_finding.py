"""One finding with all that is needed to judge it: accepted here by whoever works on the payroll, opened to approve."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovSubmitInput
from sqlalchemy.orm import Session
from wtforms import HiddenField, SubmitField

from payouts.checks.finding import FindingGroup, Severity
from payouts.checks.look import look_at, next_open
from payouts.gates.gate import gates_of
from payouts.gates.manifest import manifest_of
from payouts.gates.opening import left_to_open, openers
from payouts.gates.opening import open_finding as note_opening
from payouts.payroll import Payroll, PayrollStatus, get_payroll
from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.form import Form, WordsField
from payouts.web.gates import DECIDERS
from payouts.web.pages import actor, now, pages, transaction
from schemes.errors import NotAllowed, NotFound, Refused
from schemes.person import Role, names


class AcceptFindings(Form):
    """`finding` is empty to accept all of the kind that are still open."""

    finding = HiddenField()
    reason = WordsField(
        "Why is it right to pay?", missing="Say why it is right to pay", hint="The approver reads this", longest=1000
    )
    submit = SubmitField("Accept", widget=GovSubmitInput())


def may_accept(payroll: Payroll, group: FindingGroup) -> bool:
    """Whether the person who looks could accept findings of a group that are still open."""
    return (
        payroll.status is PayrollStatus.CHECKED
        and group.severity is Severity.NEEDS_REASON
        and group.is_open
        and any(actor().holds(role, payroll.scheme_id) for role in (Role.PREPARER, Role.FINANCE))
    )


@pages.route("/payrolls/<uuid:payroll_id>/findings/<uuid:finding_id>")
@allowed(ANYONE_SIGNED_IN)
def show_finding(payroll_id: UUID, finding_id: UUID) -> ResponseReturnValue:
    return finding_page(payroll_id, finding_id, AcceptFindings())


@pages.route("/payrolls/<uuid:payroll_id>/findings/<uuid:finding_id>/open", methods=["POST"])
@allowed(*DECIDERS)
def open_finding(payroll_id: UUID, finding_id: UUID) -> ResponseReturnValue:
    """A POST, because it is recorded: whoever approves has opened it."""
    try:
        with transaction() as session:
            note_opening(session, get_payroll(session, payroll_id), finding_id, by=actor(), at=now())
    except (NotFound, NotAllowed):
        raise
    except Refused as refused:
        flash(words.sentence(refused), "refused")
    return redirect(url_for("pages.show_finding", payroll_id=payroll_id, finding_id=finding_id), 303)


def finding_page(payroll_id: UUID, finding_id: UUID, form: AcceptFindings) -> ResponseReturnValue:
    with transaction() as session:
        payroll = get_payroll(session, payroll_id)
        look = look_at(session, payroll_id, finding_id)
        finding = look.row.finding
        group = session.get_one(FindingGroup, (payroll.body_id, payroll.id, finding.kind))
        form.finding.data = str(finding_id)
        left = waiting_for(session, payroll)
        return render_template(
            "checks/show_finding.html",
            payroll=payroll,
            look=look,
            finding=finding,
            group=group,
            form=form,
            may_accept=may_accept(payroll, group) and finding.accepted_at is None,
            next_open=next_open(session, payroll_id, finding.kind, after=finding_id) if group.is_open else None,
            must_open=finding_id in left,
            left=[one for one in left if one != finding_id],
            gate=gate_of_approval(session, payroll),
            names=names(session),
        ), form.status


def waiting_for(session: Session, payroll: Payroll) -> list[UUID]:
    """The findings that the person who looks has still to open before they can approve."""
    manifest = manifest_of(session, payroll)
    if manifest is None or payroll.status is not PayrollStatus.SEALED:
        return []
    roles = openers(gates_of(session, payroll.id))
    if not any(actor().holds(role, payroll.scheme_id) for role in roles):
        return []
    return left_to_open(session, manifest, actor().person_id)


def gate_of_approval(session: Session, payroll: Payroll) -> UUID | None:
    """The gate that the person who looks approves at, if there is one."""
    for gate in gates_of(session, payroll.id):
        if openers([gate]) and any(actor().holds(role, payroll.scheme_id) for role in gate.roles):
            return gate.id
    return None

"""What the checks found in a payroll: all of it by kind, each kind payment by payment, and accepting with a reason."""

from __future__ import annotations

from uuid import UUID

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from payouts.checks.acceptance import accept
from payouts.checks.finding import ONE_BY_ONE, FindingGroup, Kind, findings_of, groups_of
from payouts.checks.look import next_open
from payouts.payroll import get_payroll
from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.figures import count
from payouts.web.one_finding import AcceptFindings, finding_page, may_accept
from payouts.web.pages import actor, id_given, now, pages, transaction
from schemes.check_settings import settings_at
from schemes.errors import Refused
from schemes.person import Role, names

PAGE = 50


@pages.route("/payrolls/<uuid:payroll_id>/checks")
@allowed(ANYONE_SIGNED_IN)
def show_findings(payroll_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        payroll = get_payroll(session, payroll_id)
        return render_template(
            "checks/show_findings.html",
            payroll=payroll,
            settings=settings_at(session, payroll.scheme_id, payroll.made_at),
            groups=groups_of(session, payroll_id),
        )


@pages.route("/payrolls/<uuid:payroll_id>/checks/<kind>")
@allowed(ANYONE_SIGNED_IN)
def show_kind(payroll_id: UUID, kind: str) -> ResponseReturnValue:
    """The findings of one kind. Accepting them is a form of its own address, so that reading stays open to everyone."""
    return kind_page(payroll_id, known(kind), AcceptFindings())


@pages.route("/payrolls/<uuid:payroll_id>/checks/<kind>/accept", methods=["POST"])
@allowed(Role.PREPARER, Role.FINANCE)
def accept_findings(payroll_id: UUID, kind: str) -> ResponseReturnValue:
    form = AcceptFindings()
    try:
        one = UUID(form.finding.data) if form.finding.data else None
    except ValueError:
        abort(404)
    if not form.validate_on_submit():
        return finding_page(payroll_id, one, form) if one else kind_page(payroll_id, known(kind), form)
    try:
        with transaction() as session:
            accepted = accept(
                session,
                get_payroll(session, payroll_id, lock=True),
                known(kind),
                finding_id=one,
                reason=form.reason.data,
                by=actor(),
                at=now(),
            )
            following = next_open(session, payroll_id, known(kind), after=one) if one else None
    except Refused as refused:
        form.refuse(words.sentence(refused), form.reason)
        return finding_page(payroll_id, one, form) if one else kind_page(payroll_id, known(kind), form)
    flash(f"You accepted {count(accepted, 'finding')}")
    if following is not None:
        return redirect(url_for("pages.show_finding", payroll_id=payroll_id, finding_id=following), 303)
    return redirect(url_for("pages.show_findings", payroll_id=payroll_id), 303)


def known(kind: str) -> Kind:
    try:
        return Kind(kind)
    except ValueError:
        abort(404)


def kind_page(payroll_id: UUID, kind: Kind, form: AcceptFindings) -> ResponseReturnValue:
    after = id_given("after")
    with transaction() as session:
        payroll = get_payroll(session, payroll_id)
        group = group_of(session, payroll_id, kind)
        rows = findings_of(session, payroll_id, kind, after=after, limit=PAGE + 1)
        return render_template(
            "checks/show_kind.html",
            payroll=payroll,
            group=group,
            kind=kind,
            rows=rows[:PAGE],
            next_after=rows[PAGE - 1].finding.id if len(rows) > PAGE else None,
            after=after,
            may_accept=may_accept(payroll, group),
            one_by_one=kind in ONE_BY_ONE,
            first_open=next_open(session, payroll_id, kind) if group.is_open else None,
            form=form,
            names=names(session),
        ), form.status


def group_of(session: Session, payroll_id: UUID, kind: Kind) -> FindingGroup:
    group = next((group for group in groups_of(session, payroll_id) if group.kind is kind), None)
    if group is None:
        abort(404)
    return group

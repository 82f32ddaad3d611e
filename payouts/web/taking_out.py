"""Taking payments out of a sealed payroll: find them, check, say why. What was chosen stands in the address."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovSubmitInput
from sqlalchemy.orm import Session
from wtforms import SubmitField

from payouts.gates.decision import Decision, decisions_of
from payouts.gates.gate import gates_of
from payouts.gates.voiding import VOIDS, Move
from payouts.payment_search import find_payments, payments_by_id
from payouts.payroll import Payroll, PayrollStatus, get_payroll
from payouts.taking_out import take_out
from payouts.web.access import allowed
from payouts.web.figures import count
from payouts.web.form import Form, MadeField, WordsField
from payouts.web.pages import actor, now, pages, transaction
from schemes.errors import ReasonNotGiven
from schemes.person import Role, names

FOUND = 20
MOST = 200
"""Payments chosen one by one on a page: more are given to the command line."""


class TakeOut(Form):
    amendment_id = MadeField()
    reason = WordsField(
        "Why do you take them out?",
        missing="Say why you take them out",
        hint="Whoever approves the payroll reads it, and so does an auditor",
        longest=1000,
    )
    submit = SubmitField("Take them out", widget=GovSubmitInput())


def chosen() -> list[UUID]:
    """The payments that the address names, each once; what is no id is left out."""
    ids: list[UUID] = []
    for given in request.args.getlist("payment")[:MOST]:
        with suppress(ValueError):
            ids.append(UUID(given))
    return list(dict.fromkeys(ids))


@pages.route("/payrolls/<uuid:payroll_id>/take-out")
@allowed(Role.PREPARER)
def choose_to_take_out(payroll_id: UUID) -> ResponseReturnValue:
    find, ids = request.args.get("find", "").strip()[:100], chosen()
    with transaction() as session:
        payroll = get_payroll(session, payroll_id)
        actor().must_be(Role.PREPARER, scheme=payroll.scheme_id)
        if payroll.status is not PayrollStatus.SEALED:
            return redirect(url_for("pages.show_payroll", payroll_id=payroll_id), 303)
        found = find_payments(session, payroll_id, find, limit=FOUND + 1) if find else []
        rows = payments_by_id(session, payroll_id, ids)
    return render_template(
        "payrolls/take_out.html",
        payroll=payroll,
        find=find,
        found=[row for row in found[:FOUND] if row.payment.id not in ids],
        too_many=len(found) > FOUND,
        chosen=rows,
        ids=[str(row.payment.id) for row in rows],
    )


@pages.route("/payrolls/<uuid:payroll_id>/take-out/check", methods=["GET", "POST"])
@allowed(Role.PREPARER)
def take_payments_out(payroll_id: UUID) -> ResponseReturnValue:
    form, ids = TakeOut(), chosen()
    if form.validate_on_submit():
        with form.refusing({ReasonNotGiven: form.reason}):
            with transaction() as session:
                payroll = get_payroll(session, payroll_id, lock=True)
                facts = {"payment_ids": ids, "reason": form.reason.data, "by": actor(), "at": now()}
                taken = take_out(session, payroll, amendment_id=form.amendment_id.id_of_what_is_made, **facts)
            flash(
                f"You took {count(taken.payment_count, 'payment')} out. The files are built anew"
                if taken
                else "You took everybody out, so the payroll is cancelled. Nobody is paid by it"
            )
            return redirect(url_for("pages.show_payroll", payroll_id=payroll_id), 303)
    with transaction() as session:
        payroll = get_payroll(session, payroll_id)
        actor().must_be(Role.PREPARER, scheme=payroll.scheme_id)
        rows = payments_by_id(session, payroll_id, ids)
        if not rows and not form.errors:
            return redirect(url_for("pages.choose_to_take_out", payroll_id=payroll_id), 303)
        return render_template(
            "payrolls/check_take_out.html",
            form=form,
            payroll=payroll,
            chosen=rows,
            ids=[str(row.payment.id) for row in rows],
            total_pence=sum(row.payment.amount_pence for row in rows),
            void=voided_by(session, payroll, Move.TAKE_OUT),
            names=names(session),
        ), form.status


def voided_by(session: Session, payroll: Payroll, what: Move) -> list[tuple[str, Decision]]:
    """The decisions that a move would void, each with its gate's name: whoever does it is told before."""
    gates = {gate.id: gate for gate in gates_of(session, payroll.id)}
    decisions = decisions_of(session, payroll.id)
    return [(gates[d.gate_id].name, d) for d in decisions if gates[d.gate_id].kind in VOIDS[what]]

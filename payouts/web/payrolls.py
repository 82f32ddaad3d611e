"""A payroll's own page, and the acts of its preparer: create, build again, cancel."""

from __future__ import annotations

from uuid import UUID

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput
from sqlalchemy.orm import Session
from wtforms import RadioField, SelectChoice, SubmitField
from wtforms.validators import Optional

from payouts.cancelling import cancel
from payouts.checks.chunk import is_being_checked
from payouts.one_offs import waiting_for_payroll
from payouts.payroll import (
    FOLLOWING,
    PayDateRefused,
    Payroll,
    PayrollKind,
    PayrollStatus,
    PeriodsOverlap,
    create_payroll,
    get_payroll,
    payrolls_of_body,
    rebuild,
)
from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, EVERY_ROLE, allowed
from payouts.web.figures import count
from payouts.web.form import DayField, Form, MadeField, WordsField
from payouts.web.pages import actor, now, number_given, pages, service, transaction
from payouts.web.payroll_words import KINDS
from schemes.bank_profile import newest_profile
from schemes.errors import NotFound, Refused
from schemes.period import NoPeriod
from schemes.person import Role
from schemes.scheme import get_scheme, schemes_of_body
from schemes.scheme_version import next_paid, versions_of

PAGE = 20


class CreatePayroll(Form):
    payroll_id = MadeField()
    kind = RadioField(
        "Which kind of payroll is it?",
        widget=GovRadioInput(),
        choices=[SelectChoice(kind.value, words[0]) for kind, words in KINDS.items()],
        default=PayrollKind.REGULAR.value,
    )
    pay_date = DayField("Pay date", validators=[Optional()])
    submit = SubmitField("Create the payroll", widget=GovSubmitInput())

    @property
    def chosen(self) -> PayrollKind:
        return PayrollKind(self.kind.data)


class CancelPayroll(Form):
    reason = WordsField("Why do you cancel it?", missing="Say why you cancel it", longest=1000)
    submit = SubmitField("Cancel the payroll", widget=GovSubmitInput())


@pages.route("/payrolls")
@allowed(EVERY_ROLE)
def show_payrolls() -> ResponseReturnValue:
    before = number_given("before")
    with transaction() as session:
        payrolls = payrolls_of_body(session, before=before, limit=PAGE + 1)
        return render_template(
            "payrolls/show_payrolls.html",
            payrolls=payrolls[:PAGE],
            next_before=payrolls[PAGE - 1].number if len(payrolls) > PAGE else None,
            before=before,
            schemes=schemes_of_body(session),
        )


@pages.route("/schemes/<uuid:scheme_id>/payrolls/new", methods=["GET", "POST"], endpoint="create_payroll")
@allowed(Role.PREPARER)
def new_payroll(scheme_id: UUID) -> ResponseReturnValue:
    form = CreatePayroll()
    if form.validate_on_submit() and form.chosen is PayrollKind.URGENT:
        return redirect(url_for("pages.pay_urgently", scheme_id=scheme_id), 303)
    if form.validate_on_submit() and form.chosen in FOLLOWING:
        return redirect(url_for("pages.choose_payroll", scheme_id=scheme_id, following=form.chosen.value), 303)
    if form.validate_on_submit() and form.chosen is PayrollKind.REISSUE:
        return redirect(url_for("pages.pay_again", scheme_id=scheme_id), 303)
    if form.is_submitted() and form.pay_date.data is None and not form.pay_date.errors:
        form.refuse("Enter the day on which payees should have the money", form.pay_date)
    elif form.validate_on_submit():
        try:
            with transaction() as session:
                payroll = create_payroll(
                    session,
                    service().calendar,
                    payroll_id=form.payroll_id.id_of_what_is_made,
                    scheme_id=scheme_id,
                    pay_date=form.pay_date.data,
                    kind=form.chosen,
                    by=actor(),
                    at=now(),
                )
        except (PayDateRefused, NoPeriod, PeriodsOverlap) as refused:
            form.refuse(words.sentence(refused), form.pay_date)
        else:
            return redirect(url_for("pages.show_payroll", payroll_id=payroll.id), 303)
    with transaction() as session:
        scheme = get_scheme(session, scheme_id)
        profile = newest_profile(session, scheme.bank_profile_id)
        earliest = service().calendar.earliest_cycle(now(), profile.cut_off)
        coming = next_paid(versions_of(session, scheme.id), earliest.entry_day, service().calendar)
        waiting = waiting_for_payroll(session, scheme.id)
    if request.method == "GET":
        form.pay_date.data = coming.pay_date if coming else earliest.entry_day
    return render_template(
        "payrolls/create_payroll.html",
        form=form,
        scheme=scheme,
        earliest=earliest,
        coming=coming,
        waiting=waiting,
        hints=[{"hint": {"text": words[1]}} for words in KINDS.values()],
        deadline=service().calendar.deadline(earliest.entry_day, profile.cut_off),
    ), form.status


def progress_of(session: Session, payroll: Payroll) -> dict[str, object]:
    """How far the step that runs has come, in the chunks it was cut into."""
    running = payroll.status in (PayrollStatus.BUILDING, PayrollStatus.SEALING)
    done, total = payroll.progress_done, payroll.progress_total
    if payroll.status is PayrollStatus.SEALING:
        so_far = "Building the files and reading them back."
    elif (total and done == total) or (running and is_being_checked(session, payroll)):
        so_far = f"{count(payroll.payment_count, 'payment')} built. Comparing with the last payroll, and checking."
    else:
        so_far = f"{count(payroll.payment_count, 'payment')} built so far."
    return {"finished": not running, "done": done, "total": total, "words": so_far, "status": payroll.status}


@pages.route("/payrolls/<uuid:payroll_id>/progress")
@allowed(ANYONE_SIGNED_IN)
def payroll_progress(payroll_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        return jsonify(progress_of(session, get_payroll(session, payroll_id)))


@pages.route("/payrolls/<uuid:payroll_id>/build-again", methods=["POST"])
@allowed(Role.PREPARER)
def build_again(payroll_id: UUID) -> ResponseReturnValue:
    try:
        with transaction() as session:
            rebuild(session, get_payroll(session, payroll_id, lock=True), by=actor(), at=now())
    except NotFound:
        raise
    except Refused as refused:
        flash(words.sentence(refused), "refused")
    return redirect(url_for("pages.show_payroll", payroll_id=payroll_id), 303)


@pages.route("/payrolls/<uuid:payroll_id>/cancel", methods=["GET", "POST"])
@allowed(Role.PREPARER)
def cancel_payroll(payroll_id: UUID) -> ResponseReturnValue:
    form = CancelPayroll()
    if form.validate_on_submit():
        try:
            with transaction() as session:
                payroll = get_payroll(session, payroll_id, lock=True)
                cancel(session, payroll, by=actor(), reason=form.reason.data, at=now())
        except Refused as refused:
            form.refuse(words.sentence(refused))
        else:
            flash("You cancelled the payroll. Nobody is paid by it")
            return redirect(url_for("pages.show_payroll", payroll_id=payroll_id), 303)
    with transaction() as session:
        payroll = get_payroll(session, payroll_id)
    return render_template("payrolls/cancel_payroll.html", form=form, payroll=payroll), form.status

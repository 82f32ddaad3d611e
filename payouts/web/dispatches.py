"""A file's way to the bank by SFTP: where it is, what went wrong, and what a person can do about it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput
from sqlalchemy.orm import Session
from wtforms import RadioField, SelectChoice, SubmitField
from wtforms.validators import InputRequired

from payouts.channels import progress
from payouts.channels.dispatch import DispatchStatus, get_dispatch
from payouts.channels.message import ENDING, get_message
from payouts.files.payment_file import get_file
from payouts.payroll import Payroll, get_payroll
from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.form import Form, WordsField
from payouts.web.pages import actor, now, pages, transaction
from schemes.bank_connection import BankConnection
from schemes.errors import NotAllowed, NotFound, Refused
from schemes.person import Role, names

FINDERS = (Role.RELEASER, Role.APPROVER, Role.FINANCE, Role.ADMINISTRATOR)
THERE, NOT_THERE = "there", "not_there"


class SayFound(Form):
    found = RadioField(
        "Does the bank have the file?",
        widget=GovRadioInput(),
        choices=[SelectChoice(THERE, "Yes, the bank has it"), SelectChoice(NOT_THERE, "No, the bank does not have it")],
        validators=[InputRequired("Choose whether the bank has the file")],
    )
    reason = WordsField(
        "How do you know?",
        missing="Say how you know",
        hint="Like where you looked, or whom you asked. Whoever confirms it looks again",
        longest=1000,
    )
    submit = SubmitField("Say what you found", widget=GovSubmitInput())


@pages.route("/payrolls/<uuid:payroll_id>/files/<uuid:file_id>/way")
@allowed(ANYONE_SIGNED_IN)
def show_dispatch(payroll_id: UUID, file_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        return render_way(session, get_payroll(session, payroll_id), file_id, SayFound())


def render_way(session: Session, payroll: Payroll, file_id: UUID, form: SayFound) -> ResponseReturnValue:
    dispatch, file = get_dispatch(session, payroll.id, file_id), get_file(session, payroll.id, file_id)
    used = session.get(BankConnection, (payroll.body_id, dispatch.connection_id)) if dispatch.connection_id else None
    return render_template(
        "payroll/show_dispatch.html",
        payroll=payroll,
        dispatch=dispatch,
        file=file,
        message=get_message(session, file, dispatch.message_id) if dispatch.message_id else None,
        connection=used,
        message_ending=ENDING,
        names=names(session),
        form=form,
        may_release=actor().holds(Role.RELEASER, payroll.scheme_id),
        may_find=dispatch.status is DispatchStatus.UNCERTAIN
        and any(actor().holds(role, payroll.scheme_id) for role in FINDERS),
        person_id=actor().person_id,
    ), form.status


@pages.route("/payrolls/<uuid:payroll_id>/files/<uuid:file_id>/way", methods=["POST"])
@allowed(*FINDERS)
def say_found(payroll_id: UUID, file_id: UUID) -> ResponseReturnValue:
    form = SayFound()
    with transaction() as session:
        payroll = get_payroll(session, payroll_id, lock=True)
        if not form.validate_on_submit():
            return render_way(session, payroll, file_id, form)
        there, reason = form.found.data == THERE, form.reason.data or ""
        progress.say_found(session, payroll, file_id, there=there, reason=reason, by=actor(), at=now())
    flash("You said what you found. It counts once somebody else has looked too")
    return redirect(url_for("pages.show_dispatch", payroll_id=payroll_id, file_id=file_id), 303)


@pages.route("/payrolls/<uuid:payroll_id>/files/<uuid:file_id>/way/again", methods=["POST"])
@allowed(Role.RELEASER)
def send_file_again(payroll_id: UUID, file_id: UUID) -> ResponseReturnValue:
    return done(progress.try_again, payroll_id, file_id, "The file is sent again")


@pages.route("/payrolls/<uuid:payroll_id>/files/<uuid:file_id>/way/by-hand", methods=["POST"])
@allowed(Role.RELEASER)
def take_file_by_hand(payroll_id: UUID, file_id: UUID) -> ResponseReturnValue:
    said = "Download the file and take it to the bank, then record its submission"
    return done(progress.withdraw, payroll_id, file_id, said)


@pages.route("/payrolls/<uuid:payroll_id>/files/<uuid:file_id>/way/confirm", methods=["POST"])
@allowed(*FINDERS)
def confirm_found(payroll_id: UUID, file_id: UUID) -> ResponseReturnValue:
    return done(progress.confirm_found, payroll_id, file_id, "It counts now, as the two of you found it")


@pages.route("/payrolls/<uuid:payroll_id>/files/<uuid:file_id>/way/deny", methods=["POST"])
@allowed(*FINDERS)
def deny_found(payroll_id: UUID, file_id: UUID) -> ResponseReturnValue:
    return done(progress.deny_found, payroll_id, file_id, "Somebody has to look again")


def done(operation: Callable[..., None], payroll_id: UUID, file_id: UUID, said: str) -> ResponseReturnValue:
    try:
        with transaction() as session:
            operation(session, get_payroll(session, payroll_id, lock=True), file_id, by=actor(), at=now())
        flash(said)
    except (NotAllowed, NotFound):
        raise
    except Refused as refused:
        flash(words.sentence(refused), "refused")
    return redirect(url_for("pages.show_dispatch", payroll_id=payroll_id, file_id=file_id), 303)

"""The payroll page's block "The bank's word": each file, what the payments came to, and what is missing."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovSubmitInput, GovTextInput
from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import StringField, SubmitField
from wtforms.validators import InputRequired, Length

from payouts.files.payment_file import get_file
from payouts.payment import Payment, PaymentStatus
from payouts.payroll import GONE_FROM_HERE, Payroll, PayrollStatus, get_payroll
from payouts.responses import by_hand, closing
from payouts.responses.file_word import FileSays, FileState, states_of
from payouts.returns import case as work
from payouts.returns.recall import ASKERS, Recall, deadline_of, recalls_of
from payouts.web.access import allowed
from payouts.web.figures import count, number, pounds, weekday
from payouts.web.form import Form
from payouts.web.pages import actor, now, pages, service, transaction
from payouts.web.payroll_words import PAYMENTS
from schemes.errors import Refused
from schemes.person import Role

AWAITED = {
    PaymentStatus.RELEASED,
    PaymentStatus.SUBMITTED,
    PaymentStatus.PAID,
    PaymentStatus.REJECTED,
    PaymentStatus.RECALLED,
    PaymentStatus.RETURNED,
}


class BankWord(NamedTuple):
    """What the block shows. missing: what the payroll still waits for, in sentences."""

    files: list[FileState]
    undebited: set[UUID]
    sums: list[tuple[str, str, str]]
    missing: list[str]
    open_cases: int
    held_pence: int
    recalls: list[tuple[Recall, str]]
    may_recall: bool


def bank_word(session: Session, payroll: Payroll) -> BankWord | None:
    """What the bank said of a payroll that has gone to it, or None."""
    if payroll.status not in GONE_FROM_HERE:
        return None
    files = states_of(session, payroll.id)
    found = by_hand.counted(session, payroll.id)
    sums = [
        (PAYMENTS[status][0], number(found[status][0]), pounds(found[status][1]))
        for status in PAYMENTS
        if status in found and status in AWAITED
    ]
    open_cases, held, _ = work.waiting(session, payroll_id=payroll.id)
    undebited = closing.undebited(session, payroll, files)
    return BankWord(
        files,
        undebited,
        sums,
        list(missing(payroll, files, undebited)),
        open_cases,
        held,
        recalls_with_names(session, payroll, files),
        payroll.status not in (PayrollStatus.CLOSED, PayrollStatus.REJECTED)
        and now() <= deadline_of(session, payroll, whole_file=False)
        and any(actor().holds(role, payroll.scheme_id) for role in ASKERS),
    )


def recalls_with_names(session: Session, payroll: Payroll, files: list[FileState]) -> list[tuple[Recall, str]]:
    """A payroll's recalls, each with what it wants back: a payment's reference, or a file's name."""
    found = recalls_of(session, payroll.id)
    ids = [recall.payment_id for recall in found if recall.payment_id]
    references = dict(session.execute(select(Payment.id, Payment.reference).where(Payment.id.in_(ids))).all())
    file_names = {state.file.id: state.file.name for state in files}
    return [
        (one, references[one.payment_id] if one.payment_id else file_names.get(one.file_id, "A file")) for one in found
    ]


def missing(payroll: Payroll, files: list[FileState], undebited: set[UUID]) -> list[str]:
    """What has not come yet, so that somebody may ask for it."""
    if all(state.is_gone for state in files):
        return []
    found = []
    unheard = [state for state in files if not state.has_word]
    differing = [state for state in unheard if FileSays.DIFFERS in state.says]
    if differing:
        found.append(
            f"The Input report of {count(len(differing), 'file')} does not agree with what was sent. "
            "Compare them, and ask your bank"
        )
    if len(unheard) > len(differing):
        found.append(f"The Input report of {count(len(unheard) - len(differing), 'file')} has not come")
    if undebited:
        found.append("Nobody has seen on the statement that the account was debited")
    last = closing.last_day_of_returns(service().calendar, payroll)
    if last is not None and now().date() <= last:
        found.append(f"Payments may still come back until {weekday(last)}")
    return found


class RecordDebit(Form):
    evidence = StringField(
        "Where did you see it?",
        description="For example the number of the statement",
        widget=GovTextInput(),
        validators=[
            InputRequired("Say where you saw that the account was debited"),
            Length(max=200, message="Use at most 200 characters"),
        ],
    )
    submit = SubmitField("Record the debit", widget=GovSubmitInput())


@pages.route("/payrolls/<uuid:payroll_id>/files/<uuid:file_id>/debited", methods=["GET", "POST"])
@allowed(Role.FINANCE)
def record_debit(payroll_id: UUID, file_id: UUID) -> ResponseReturnValue:
    form = RecordDebit()
    if form.validate_on_submit():
        with form.refusing({Refused: form.evidence}):
            with transaction() as session:
                closing.record_contra(
                    session,
                    service().calendar,
                    get_payroll(session, payroll_id, lock=True),
                    file_id,
                    evidence=form.evidence.data,
                    by=actor(),
                    at=now(),
                )
            flash("You recorded that the account was debited")
            return redirect(url_for("pages.show_payroll", payroll_id=payroll_id), 303)
    with transaction() as session:
        payroll = get_payroll(session, payroll_id)
        file = get_file(session, payroll_id, file_id)
        return render_template("payroll/record_debit.html", form=form, payroll=payroll, file=file), form.status

"""The words of messages to the people who work here: previewed with the newest payroll's facts, and proposed."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovSubmitInput, GovTextArea, GovTextInput
from wtforms import StringField, SubmitField, TextAreaField
from wtforms.validators import InputRequired, Length

from payouts.notices import staff_fields, staff_wording
from payouts.notices.lint import WordingFault, WordingRefused
from payouts.notices.staff_wording import FIELDS, StaffText
from payouts.notices.wording import PROPOSERS
from payouts.notices.words import Words
from payouts.web import words
from payouts.web.access import allowed
from payouts.web.form import Form, MadeField
from payouts.web.notice_wordings import reason
from payouts.web.notice_words import STAFF_TEXTS, fault_words
from payouts.web.pages import actor, now, pages, service, transaction
from schemes.change import ChangeKind, waiting_of
from schemes.errors import NotAllowed, ReasonNotGiven, Refused


class ProposeStaffWords(Form):
    change_id = MadeField()
    subject = StringField(
        "Subject",
        widget=GovTextInput(),
        validators=[InputRequired("Enter a subject"), Length(max=200, message="Use a shorter subject")],
    )
    body = TextAreaField(
        "Message",
        widget=GovTextArea(),
        validators=[InputRequired("Enter a message"), Length(max=20_000, message="Use a shorter message")],
    )
    preview = SubmitField("Preview it", widget=GovSubmitInput())
    reason = reason()
    submit = SubmitField("Propose these words", widget=GovSubmitInput())

    @property
    def typed(self) -> Words:
        return Words((self.subject.data or "").strip(), (self.body.data or "").replace("\r\n", "\n").strip())


@pages.route("/settings/messages/staff/<staff_text>", methods=["GET", "POST"])
@allowed(*PROPOSERS)
def propose_staff_words(staff_text: str) -> ResponseReturnValue:
    if staff_text not in list(StaffText):
        abort(404)
    asked = StaffText(staff_text)
    with transaction() as session:
        there = staff_wording.words_of(session, asked)
        versions = staff_wording.versions_of(session, asked)
        waiting = waiting_of(session, ChangeKind.STAFF_WORDING, staff_wording.subject_id(actor().body_id, asked))
    form = ProposeStaffWords(data=there._asdict() if request.method == "GET" else None)
    seen: Words | None = None
    faults: list[WordingFault] = []
    if form.validate_on_submit():
        if form.preview.data:
            with transaction() as session:
                seen, faults = staff_fields.preview(session, service(), asked, form.typed, at=now())
        elif is_proposed(form, asked):
            flash("You proposed other words. They count once somebody else confirms them")
            return redirect(url_for("pages.decide_change", change_id=form.change_id.id_of_what_is_made), 303)
    return render_template(
        "notices/propose_staff_words.html",
        form=form,
        title=STAFF_TEXTS[asked],
        fields=sorted(FIELDS[asked]),
        seen=seen,
        faults=faults,
        waiting=waiting,
        versions=versions,
        fault_words=fault_words,
    ), form.status


def is_proposed(form: ProposeStaffWords, text: StaffText) -> bool:
    try:
        with transaction() as session:
            staff_wording.propose(
                session,
                text,
                form.typed,
                change_id=form.change_id.id_of_what_is_made,
                reason=form.reason.data or "",
                by=actor(),
                at=now(),
            )
    except NotAllowed:
        raise
    except WordingRefused as refused:
        for fault in refused.faults:
            form.refuse(fault_words(fault), form[fault.place])
    except Refused as refused:
        form.refuse(words.sentence(refused), form.reason if isinstance(refused, ReasonNotGiven) else None)
    return form.status == 200

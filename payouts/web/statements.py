"""Bank statements: send one, see what each entry is, and say what an entry is that nobody knows yet."""

from __future__ import annotations

from io import BytesIO
from uuid import UUID

from flask import flash, jsonify, redirect, render_template, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.file import FileField, FileRequired
from govuk_frontend_wtf.wtforms_widgets import GovFileInput, GovRadioInput, GovSubmitInput, GovTextInput
from sqlalchemy.orm import Session
from wtforms import RadioField, SelectChoice, StringField, SubmitField
from wtforms.validators import InputRequired, Length, Optional

from payouts.responses.by_hand import with_reference
from payouts.statement import entry, manual, posted, repeated, statement
from payouts.statement.entry import BankEntry, Match
from payouts.statement.statement import FileStatus, StatementFile
from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.figures import count, day, pounds
from payouts.web.form import Form, MadeField, WordsField
from payouts.web.pages import actor, id_given, now, pages, service, transaction
from payouts.web.statement_words import MATCHES
from schemes.bank_profile import bank_profiles, newest_profile
from schemes.change import ChangeKind, waiting_of
from schemes.errors import NotAllowed, NotFound, NotNow, ReasonNotGiven, Refused
from schemes.person import names
from schemes.unmasking import UNMASKERS

PAGE = 50
NOTHING, BY_REFERENCE = "nothing", "by_reference"


class SendStatement(Form):
    file_id = MadeField()
    account = RadioField(
        "Which account is it of?", widget=GovRadioInput(), validators=[InputRequired("Choose the account")]
    )
    file = FileField("Statement", widget=GovFileInput(), validators=[FileRequired("Choose the statement")])
    submit = SubmitField("Read the statement", widget=GovSubmitInput())


class SayWhat(Form):
    change_id = MadeField()
    what = RadioField(
        "What is this entry?", widget=GovRadioInput(), validators=[InputRequired("Choose what this entry is")]
    )
    reference = StringField(
        "Reference of the payment that came back",
        description="Only for another payment that came back",
        widget=GovTextInput(),
        validators=[Optional(), Length(max=40, message="Use at most 40 characters")],
    )
    reason = WordsField("How do you know?", missing="Say how you know")
    submit = SubmitField("Propose it to a second person", widget=GovSubmitInput())


@pages.route("/statements")
@allowed(ANYONE_SIGNED_IN)
def show_statements() -> ResponseReturnValue:
    with transaction() as session:
        profiles = {profile.line_id: profile for profile in bank_profiles(session)}
        return render_template(
            "statements/show_statements.html",
            files=statement.files(session),
            profiles=profiles,
            gaps=statement.gaps(session),
            suspense=posted.suspense(session),
            names=names(session),
        )


@pages.route("/statements/new", methods=["GET", "POST"])
@allowed(*statement.RECEIVERS)
def send_statement() -> ResponseReturnValue:
    form = SendStatement()
    with transaction() as session:
        profiles = bank_profiles(session)
        form.account.choices = [
            SelectChoice(str(each.line_id), f"{each.name}, ending {each.last_four}") for each in profiles
        ]
    if len(profiles) == 1 and not form.is_submitted():
        form.account.data = str(profiles[0].line_id)
    if form.validate_on_submit():
        made = form.file_id.id_of_what_is_made
        with form.refusing({Refused: form.file}):
            with transaction() as session:
                file = statement.receive(
                    session,
                    service().seals,
                    file_id=made,
                    profile_id=UUID(form.account.data),
                    file_name=form.file.data.filename or "statement",
                    content=form.file.data.read(),
                    by=actor(),
                    at=now(),
                )
            flash("This statement was sent before" if file.id != made else "The statement is being read")
            return redirect(url_for("pages.show_statement", statement_file_id=file.id), 303)
    return render_template("statements/send_statement.html", form=form), form.status


@pages.route("/statements/<uuid:statement_file_id>")
@allowed(ANYONE_SIGNED_IN)
def show_statement(statement_file_id: UUID) -> ResponseReturnValue:
    after = id_given("after")
    with transaction() as session:
        file = statement.get_file(session, statement_file_id)
        entries = entry.entries_of(session, file.id, after=after, limit=PAGE + 1)
        counts = entry.counts_of(session, file.id)
        here = url_for("pages.show_statement", statement_file_id=file.id)
        return render_template(
            "statements/show_statement.html",
            file=file,
            may_be_looked_at=statement.may_be_looked_at(session, file),
            profile=newest_profile(session, file.line_id),
            state=progress_of(file),
            statements=statement.statements_of(session, file.id),
            overlaps=repeated.overlaps(session, file) if file.status is FileStatus.READ else [],
            again=counts.get(Match.REPEATED, (0, 0))[0],
            entries=entries[:PAGE],
            texts=entry.texts_of(session, service().seals, entries[:PAGE]),
            counts=[
                (MATCHES[match] if match else "Not matched", count(counts[match][0], "entry", "entries"))
                for match in (*Match, None)
                if match in counts
            ],
            next=f"{here}?after={entries[PAGE - 1].id}" if len(entries) > PAGE else None,
            first=here if after else None,
            names=names(session),
        )


@pages.route("/statements/<uuid:statement_file_id>/file", methods=["POST"])
@allowed(*UNMASKERS)
def take_statement(statement_file_id: UUID) -> ResponseReturnValue:
    """A POST, because it is recorded who took it out. Never opened by the browser itself, whatever it is."""
    try:
        with transaction() as session:
            file = statement.get_file(session, statement_file_id)
            content = BytesIO(statement.take_out(session, service().seals, file, by=actor(), at=now()).read())
            name = f"{file.file_name}.kept"
    except NotNow as refused:
        flash(words.sentence(refused))
        return redirect(url_for("pages.show_statement", statement_file_id=statement_file_id), 303)
    return send_file(content, mimetype="application/octet-stream", as_attachment=True, download_name=name)


def progress_of(file: StatementFile) -> dict[str, object]:
    finished = file.status is not FileStatus.READING
    return {"finished": finished, "done": 0, "total": 0, "words": "Every entry is read and matched."}


@pages.route("/statements/<uuid:statement_file_id>/progress")
@allowed(ANYONE_SIGNED_IN)
def statement_progress(statement_file_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        return jsonify(progress_of(statement.get_file(session, statement_file_id)))


@pages.route("/statements/unmatched")
@allowed(ANYONE_SIGNED_IN)
def show_unmatched() -> ResponseReturnValue:
    after = id_given("after")
    with transaction() as session:
        entries = entry.unmatched(session, after=after, limit=PAGE + 1)
        here = url_for("pages.show_unmatched")
        return render_template(
            "statements/show_unmatched.html",
            entries=entries[:PAGE],
            texts=entry.texts_of(session, service().seals, entries[:PAGE]),
            suspense=posted.suspense(session),
            next=f"{here}?after={entries[PAGE - 1].id}" if len(entries) > PAGE else None,
            first=here if after else None,
        )


@pages.route("/statements/entries/<uuid:bank_entry_id>")
@allowed(ANYONE_SIGNED_IN)
def show_bank_entry(bank_entry_id: UUID) -> ResponseReturnValue:
    return entry_page(bank_entry_id, SayWhat())


@pages.route("/statements/entries/<uuid:bank_entry_id>", methods=["POST"])
@allowed(*manual.PROPOSERS)
def say_what_entry_is(bank_entry_id: UUID) -> ResponseReturnValue:
    form = SayWhat()
    with transaction() as session:
        form.what.choices = choices_for(session, entry.get_entry(session, bank_entry_id))
    if not form.validate_on_submit():
        return entry_page(bank_entry_id, form)
    what, _, target = form.what.data.partition("/")
    if target == BY_REFERENCE:
        with transaction() as session:
            named = with_reference(session, form.reference.data or "")
        if len(named) != 1:
            form.refuse("No payment alone that went to the bank has this reference", form.reference)
            return entry_page(bank_entry_id, form)
        target = str(named[0])
    made = form.change_id.id_of_what_is_made
    try:
        with transaction() as session:
            manual.propose(
                session,
                bank_entry_id,
                None if what == NOTHING else Match(what),
                UUID(target) if target else None,
                change_id=made,
                reason=form.reason.data,
                by=actor(),
                at=now(),
            )
    except (NotAllowed, NotFound):
        raise
    except Refused as refused:
        form.refuse(words.sentence(refused), form.reason if isinstance(refused, ReasonNotGiven) else form.what)
        return entry_page(bank_entry_id, form)
    flash("You proposed it. It counts once somebody else confirms it")
    return redirect(url_for("pages.decide_change", change_id=made), 303)


def choices_for(session: Session, one: BankEntry) -> list[SelectChoice]:
    """What an entry may be, the likeliest first."""
    if one.match is not None:
        return [SelectChoice(NOTHING, "Not what it is matched to: back to suspense")]
    files, payments = manual.suggestions(session, one)
    of_files = [
        SelectChoice(
            f"{Match.CONTRA}/{each.file_id}",
            f"What the bank took for {each.name}, payroll {each.number}: "
            f"{pounds(each.expected_pence - each.matched_pence)} on {day(each.pay_date)}",
        )
        for each in files
    ]
    of_payments = [
        SelectChoice(
            f"{Match.RETURN}/{payment.id}",
            f"Payment {payment.ordinal} of payroll {payroll.number} that came back, {payment.reference}",
        )
        for payment, payroll in payments
    ]
    if one.is_credit:
        of_payments.append(SelectChoice(f"{Match.RETURN}/{BY_REFERENCE}", "Another payment that came back"))
    own = Match.REPAYMENT if one.is_credit else Match.FEE
    others = (own, Match.INTEREST, Match.TRANSFER, Match.NOT_OURS, Match.WRITTEN_OFF)
    return [*of_files, *of_payments, *(SelectChoice(each.value, MATCHES[each]) for each in others)]


def entry_page(bank_entry_id: UUID, form: SayWhat) -> ResponseReturnValue:
    with transaction() as session:
        one = entry.get_entry(session, bank_entry_id)
        if form.what.choices is None:
            form.what.choices = choices_for(session, one)
        return render_template(
            "statements/show_bank_entry.html",
            form=form,
            entry=one,
            text=entry.texts_of(session, service().seals, [one])[one.id],
            postings=posted.postings_of(session, one.id),
            told=manual.told(session, one.match, one.payment_file_id or one.payment_id),
            waiting=waiting_of(session, ChangeKind.BANK_MATCH, one.id),
            names=names(session),
        ), form.status

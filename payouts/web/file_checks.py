"""Check a file: drop the one that is about to be, or was, submitted, and see whether it is the approved one."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.file import FileField, FileRequired
from govuk_frontend_wtf.wtforms_widgets import GovFileInput, GovSubmitInput
from wtforms import HiddenField, SubmitField

from bacs.comparison import Difference, Listed, Part
from payouts.files.file_check import CHECKERS, Checked, check_file, checks_of
from payouts.files.payment_file import files_of
from payouts.payroll import get_payroll
from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.figures import count, day, pounds
from payouts.web.file_words import OUTCOMES
from payouts.web.form import Form
from payouts.web.pages import actor, id_given, now, pages, service, transaction
from schemes.errors import NotFound, Refused
from schemes.person import names

SHOWN = 100

PARTS: dict[Part, str] = {
    Part.MISSING: "Missing from your file",
    Part.EXTRA: "Not approved at all",
    Part.AMOUNT: "Another amount",
    Part.ACCOUNT: "Another account",
    Part.NAME: "Another name",
    Part.REFERENCE: "Another reference",
    Part.DAY: "Another processing day",
}


class CheckFile(Form):
    """`approved` is the file that it should be, where the person came from one of several."""

    approved = HiddenField()
    file = FileField(
        "The file that goes to the bank, or went",
        widget=GovFileInput(),
        validators=[FileRequired("Choose the file to check")],
    )
    submit = SubmitField("Check the file", widget=GovSubmitInput())


class Row(NamedTuple):
    """A payment that differs, as a person reads it: approved, in the file, and what of it differs."""

    what: str
    approved: list[str]
    given: list[str]


@pages.route("/payrolls/<uuid:payroll_id>/check-file")
@allowed(ANYONE_SIGNED_IN)
def show_file_checks(payroll_id: UUID) -> ResponseReturnValue:
    form = CheckFile()
    chosen = id_given("file")
    form.approved.data = str(chosen) if chosen else ""
    return checks_page(payroll_id, form)


@pages.route("/payrolls/<uuid:payroll_id>/check-file", methods=["POST"], endpoint="check_file")
@allowed(*CHECKERS)
def check(payroll_id: UUID) -> ResponseReturnValue:
    """Answers at once with what differs: the file is not kept, so there is nothing to come back to but the outcome."""
    form = CheckFile()
    if not form.validate_on_submit():
        return checks_page(payroll_id, form)
    given = form.file.data
    try:
        with transaction() as session:
            checked = check_file(
                session,
                service().seals,
                get_payroll(session, payroll_id),
                file_name=given.filename or "file",
                content=given.stream,
                file_id=chosen_in(form),
                by=actor(),
                at=now(),
            )
    except NotFound:
        raise
    except Refused as refused:
        form.refuse(words.sentence(refused), form.file)
        return checks_page(payroll_id, form)
    return checks_page(payroll_id, form, checked)


def chosen_in(form: CheckFile) -> UUID | None:
    try:
        return UUID(form.approved.data) if form.approved.data else None
    except ValueError:
        return None


def checks_page(payroll_id: UUID, form: CheckFile, checked: Checked | None = None) -> ResponseReturnValue:
    differences = checked.comparison.differences if checked and checked.comparison else ()
    with transaction() as session:
        files = files_of(session, payroll_id)
        return render_template(
            "payrolls/check_file.html",
            form=form,
            payroll=get_payroll(session, payroll_id),
            files=files,
            should_be=next((file for file in files if file.id == chosen_in(form)), None) if len(files) > 1 else None,
            file_names={file.id: file.name for file in files},
            may_check=bool(actor().roles.intersection(CHECKERS)),
            checked=checked,
            sums=sums_of(checked),
            rows=[row_of(difference) for difference in differences[:SHOWN]],
            differing=len(differences),
            shown=SHOWN,
            checks=checks_of(session, payroll_id),
            outcomes=OUTCOMES,
            names=names(session),
            back=url_for("pages.show_payroll", payroll_id=payroll_id),
        ), form.status


def sums_of(checked: Checked | None) -> list[tuple[str, str, str]]:
    """The ways in which payments differ: words, how many, and by how much their amounts differ together."""
    if checked is None or checked.comparison is None:
        return []
    return [
        (PARTS[part], count(number, "payment"), signed(pence))
        for part, (number, pence) in checked.comparison.sums().items()
    ]


def signed(pence: int) -> str:
    if pence == 0:
        return "no difference"
    return f"{pounds(abs(pence))} {'more' if pence > 0 else 'less'}"


def row_of(difference: Difference) -> Row:
    what = ", ".join(words_ for part, words_ in PARTS.items() if part in difference.parts)
    return Row(what, told(difference.expected), told(difference.given))


def told(one: Listed | None) -> list[str]:
    """A payment in a few short lines, its account masked."""
    if one is None:
        return []
    lines = [one.name, pounds(one.amount_pence), f"account ending {one.account_number[-4:]}", one.reference]
    return [line for line in (*lines, f"on {day(one.day)}" if one.day else "") if line]

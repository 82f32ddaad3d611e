"""The codes of the accounts in the finance system: seen by everybody, proposed by finance."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovSubmitInput, GovTextInput
from wtforms import StringField, SubmitField
from wtforms.validators import Length

from payouts.exports import codes
from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.export_words import PARTS, code_key
from payouts.web.form import Form, MadeField, WordsField
from payouts.web.pages import actor, now, pages, transaction
from schemes.change import ChangeKind, waiting_of
from schemes.definition import LONGEST_FINANCE_CODE, NO_CODES, FinanceCodes
from schemes.errors import NotAllowed, ReasonNotGiven, Refused

TOO_LONG = Length(max=LONGEST_FINANCE_CODE, message=f"Use at most {LONGEST_FINANCE_CODE} characters")


class SetCodes(Form):
    """The fields of each account are added by `codes_form`, by the account's key and the part of its code."""

    change_id = MadeField()
    reason = WordsField("Why?", missing="Say why")
    submit = SubmitField("Propose them to a second person", widget=GovSubmitInput())


def codes_form(keys: dict[str, str], known: dict[str, FinanceCodes]) -> SetCodes:
    fields: dict[str, Any] = {
        field_name(key, part): StringField(
            f"{called} of {account_name(key, name)}",
            widget=GovTextInput(),
            default=getattr(known.get(key, NO_CODES), part),
            validators=[TOO_LONG],
        )
        for key, name in keys.items()
        for part, called in PARTS.items()
    }
    made: SetCodes = type("SetCodesOfThese", (SetCodes,), fields)()
    return made


def field_name(key: str, part: str) -> str:
    return f"{key.replace('/', '_').replace('-', '')}_{part}"


def account_name(key: str, name: str) -> str:
    return f"{code_key(key)}: {name}" if name else code_key(key)


@pages.route("/exports/codes")
@allowed(ANYONE_SIGNED_IN)
def show_ledger_codes() -> ResponseReturnValue:
    return codes_page(None)


@pages.route("/exports/codes", methods=["POST"])
@allowed(*codes.PROPOSERS)
def set_ledger_codes() -> ResponseReturnValue:
    with transaction() as session:
        keys = codes.keys(session)
        form = codes_form(keys, codes.codes_by_key(codes.newest_codes(session)))
    if form.validate_on_submit():
        made = form.change_id.id_of_what_is_made
        given = {
            key: FinanceCodes(**{part: (form[field_name(key, part)].data or "").strip() for part in PARTS})
            for key in keys
        }
        try:
            with transaction() as session:
                codes.propose(session, given, change_id=made, reason=form.reason.data, by=actor(), at=now())
        except NotAllowed:
            raise
        except Refused as refused:
            form.refuse(words.sentence(refused), form.reason if isinstance(refused, ReasonNotGiven) else None)
        else:
            flash("You proposed them. They count once somebody else confirms them")
            return redirect(url_for("pages.decide_change", change_id=made), 303)
    return codes_page(form)


def codes_page(form: SetCodes | None) -> ResponseReturnValue:
    with transaction() as session:
        keys, kept = codes.keys(session), codes.newest_codes(session)
        form = form or codes_form(keys, codes.codes_by_key(kept))
        rows = [
            (account_name(key, name), [(PARTS[part], form[field_name(key, part)]) for part in PARTS])
            for key, name in keys.items()
        ]
        return render_template(
            "exports/show_codes.html",
            form=form,
            rows=rows,
            kept=kept,
            waiting=waiting_of(session, ChangeKind.LEDGER_CODES, actor().body_id),
        ), form.status

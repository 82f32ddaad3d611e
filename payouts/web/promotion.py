"""A sandbox's set-up and its live body side by side, and the proposal to carry the difference over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

from flask import Flask, abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovCheckboxesInput, GovSubmitInput, GovTextInput
from wtforms import Field, SelectChoice, SelectMultipleField, StringField, SubmitField
from wtforms.validators import InputRequired, Length, Optional

from bacs.account import format_sort_code
from payouts.going_live import answering, promotion
from payouts.going_live.promoted_account import AccountFault, NewAccount, new_accounts, see_accounts
from payouts.going_live.promotion import OWN_NAME, DayNotNamed, Difference, Item, items_of, usual
from payouts.going_live.setup import Section
from payouts.web import words
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.form import DayField, Form, MadeField, WordsField
from payouts.web.pages import actor, now, pages, service, transaction
from payouts.web.promotion_words import HEADINGS, TOGETHER, differing, item_title, short_rows
from schemes.change import Change, ChangeKind, get_change
from schemes.errors import NotAllowed, NotFound, Refused
from schemes.person import Role
from schemes.scheme_change import FromDayRefused

TYPED = (
    ("sort_code", "Sort code", ""),
    ("account_number", "Account number", ""),
    ("account_name", "Name on the account", "Up to 18 letters and digits reach the bank"),
    ("service_user_number", "Service user number", "6 digits, from your sponsoring bank"),
    ("service_user_name", "Service user name", "Payees see it on their statement, up to 18 letters and digits"),
    ("bureau_number", "Bureau number (optional)", "Of the company that submits for you, like B12345"),
)


class ProposePromotion(Form):
    change_id = MadeField()
    chosen = SelectMultipleField(
        "What do you carry over?",
        description="It takes effect together or not at all. What you leave out can follow later",
        widget=GovCheckboxesInput(),
        validators=[InputRequired("Choose what you carry over")],
    )
    reason = WordsField("Why now?", missing="Say why now", hint="Whoever confirms it reads this")
    submit = SubmitField("Propose to carry it over", widget=GovSubmitInput())


class AccountFields(NamedTuple):
    """The fields of one account that is typed anew."""

    name: str
    fields: dict[str, Field]


class Shown(NamedTuple):
    """A thing that differs, for the page."""

    item: Item
    title: str
    rows: list[tuple[str, str, str]]


def grouped(items: Sequence[Item]) -> list[tuple[str, list[Shown]]]:
    """The items under their headings, in the order of the sections: short ones of a kind together."""
    found: list[tuple[str, list[Shown]]] = []
    for heading, of_heading in groupby(items, key=lambda item: HEADINGS[item.section]):
        shown: list[Shown] = []
        for section, each in groupby(of_heading, key=lambda item: item.section):
            listed = list(each)
            if section in TOGETHER:
                shown.append(Shown(listed[0], TOGETHER[section], [row for item in listed for row in short_rows(item)]))
            else:
                shown += [Shown(item, item_title(item), differing(item)) for item in listed]
        found.append((heading, shown))
    return found


def form_for(found: Difference) -> tuple[Any, list[AccountFields], dict[str, Any]]:
    """The form with a field for all that has to be typed: new accounts, and the days of new versions."""
    fields: dict[str, Field] = {}
    new = [item.key for item in found.items if item.section is Section.BANK_PROFILE and item.is_new]
    for number, _ in enumerate(new):
        for name, label, hint in TYPED:
            fields[f"account_{number}_{name}"] = StringField(
                label, description=hint, widget=GovTextInput(), validators=[Length(max=200)]
            )
    versions = [item.key for item in found.items if item.section is Section.SCHEME and not item.is_new]
    for code in versions:
        label = f"From which day does the new version of scheme {code} count?"
        hint = "The first day of a period, such as the first day of a month"
        fields[f"day_{code}"] = DayField(label, description=hint, validators=[Optional()])
    form = type("ProposeThis", (ProposePromotion,), fields)()
    form.chosen.choices = [SelectChoice(item.id, item_title(item)) for item in found.items]
    if request.method == "GET":
        form.chosen.data = usual(found.items)
    accounts = [
        AccountFields(name, {field: form[f"account_{number}_{field}"] for field, _, _ in TYPED})
        for number, name in enumerate(new)
    ]
    return form, accounts, {code: form[f"day_{code}"] for code in versions}


@pages.route("/promotion")
@allowed(Role.ADMINISTRATOR)
def compare_with_sandbox() -> ResponseReturnValue:
    """What the sandbox has otherwise; the same page once nothing differs, or where no sandbox is named."""
    if g.body.is_sandbox:
        abort(404)
    with transaction() as session:
        sandbox_id = answering.sandbox_of(session)
        may_look = sandbox_id is not None and promotion.rehearses(session, actor(), sandbox_id)
        found = promotion.difference(session, at=now()) if may_look else None
        return render_template(
            "going_live/show_promotion.html",
            found=found,
            has_sandbox=sandbox_id is not None,
            groups=grouped(found.items) if found else [],
            carried=len(usual(found.items)) if found else 0,
            keeps_name=any(item.id in OWN_NAME for item in found.items) if found else False,
            new=sum(item.is_new for item in found.items) if found else 0,
            waits=promotion.waiting_promotion(session),
        )


@pages.route("/promotion/propose", methods=["GET", "POST"])
@allowed(Role.ADMINISTRATOR)
def propose_promotion() -> ResponseReturnValue:
    if g.body.is_sandbox:
        abort(404)
    with transaction() as session:
        sandbox_id = answering.sandbox_of(session)
        if sandbox_id is None:
            abort(404)
        promotion.must_rehearse(session, actor(), sandbox_id)
        found = promotion.difference(session, at=now())
    form, accounts, days = form_for(found)
    if form.validate_on_submit() and is_proposed(form, accounts, days):
        flash("You proposed to carry the set-up over. Another administrator confirms it")
        return redirect(url_for("pages.compare_with_sandbox"), 303)
    return render_template(
        "going_live/propose_promotion.html", form=form, accounts=accounts, days=days, other=found.other_roles
    ), form.status


def is_proposed(form: Any, accounts: list[AccountFields], days: dict[str, Any]) -> bool:
    """Propose what was chosen; what is refused is an error of the form, beside the field where there is one."""
    try:
        with transaction() as session:
            promotion.propose(
                session,
                service().seals,
                change_id=form.change_id.id_of_what_is_made,
                chosen=form.chosen.data or [],
                accounts={
                    name: NewAccount(**{key: field.data or "" for key, field in typed.items()})
                    for name, typed in accounts
                },
                days={code: field.data for code, field in days.items() if field.data},
                reason=form.reason.data or "",
                by=actor(),
                at=now(),
            )
    except (NotAllowed, NotFound):
        raise
    except AccountFault as refused:
        typed = dict(accounts)
        form.refuse(words.sentence(refused), typed.get(refused.name, {}).get(refused.field))
    except DayNotNamed as refused:
        form.refuse(words.sentence(refused), days[refused.code])
    except FromDayRefused as refused:
        field = next((field for field in days.values() if field.data == refused.day), None)
        form.refuse(words.sentence(refused), field)
    except Refused as refused:
        form.refuse(words.sentence(refused))
    return form.status == 200


@pages.route("/changes/<uuid:change_id>/promotion")
@allowed(ANYONE_SIGNED_IN)
def show_proposed_promotion(change_id: UUID) -> ResponseReturnValue:
    """The whole of what a promotion carries over, or carried over."""
    with transaction() as session:
        return proposed_page(promotion_with(get_change(session, change_id)))


@pages.route("/changes/<uuid:change_id>/promotion/accounts", methods=["POST"])
@allowed(Role.ADMINISTRATOR)
def see_promoted_accounts(change_id: UUID) -> ResponseReturnValue:
    """A POST, because it is recorded who saw the whole numbers."""
    with transaction() as session:
        change = promotion_with(get_change(session, change_id))
        seen = see_accounts(session, service().seals, change, by=actor(), at=now())
        return proposed_page(change, {name: [format_sort_code(one[0]), one[1]] for name, one in seen.items()})


def promotion_with(change: Change) -> Change:
    """Raises NotFound."""
    if change.kind is not ChangeKind.PROMOTION:
        raise NotFound("promotion", change.id)
    return change


def proposed_page(change: Change, seen: dict[str, list[str]] | None = None) -> str:
    typed = {told["key"]: told for told in change.after["items"] if "profile_id" in told}
    return render_template(
        "going_live/show_proposed_promotion.html",
        change=change,
        groups=grouped(items_of(change)),
        accounts=[(name, typed[name], (seen or {}).get(name)) for name in new_accounts(change)],
        seen=seen is not None,
        days={
            told["key"]: date.fromisoformat(told["effective_from"])
            for told in change.after["items"]
            if "effective_from" in told
        },
        may_look=change.is_waiting and actor().holds(Role.ADMINISTRATOR) and change.proposed_by != actor().person_id,
    )


def setup_to_carry() -> bool:
    """For home: whether a live body's administrator has a sandbox whose set-up was never carried over."""
    if not g.body or g.body.is_sandbox or not actor().holds(Role.ADMINISTRATOR):
        return False
    with transaction() as session:
        sandbox_id = answering.sandbox_of(session)
        if sandbox_id is None or promotion.was_promoted(session):
            return False
        return promotion.rehearses(session, actor(), sandbox_id)


def register(app: Flask) -> None:
    app.add_template_global(setup_to_carry)

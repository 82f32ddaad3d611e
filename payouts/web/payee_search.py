"""Finding payees: the list, a search whose filters live in the address, and one by a whole account that never does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovSubmitInput, GovTextInput
from sqlalchemy.orm import Session
from wtforms import StringField, SubmitField
from wtforms.validators import Length

from payouts.web import words
from payouts.web.access import EVERY_ROLE, allowed
from payouts.web.account_fields import account_number_field, sort_code_field
from payouts.web.form import Form
from payouts.web.pages import actor, id_given, now, pages, service, transaction
from payouts.web.register_words import SEARCHES
from schemes.payee import Payee
from schemes.payee_search import SearchBy, find_by_account, find_payees, payees_by_reference
from schemes.typed_details import DetailsRefused
from schemes.unmasking import UNMASKERS

PAGE = 50
# of a search that names no field, how many each field shows
FIRST_FEW = 10
LONGEST_SEARCH = 140


class Found(NamedTuple):
    """What one field finds. `more` leads to the rest of it."""

    by: SearchBy
    heading: str
    payees: Sequence[Payee]
    more: str | None


class FindByAccount(Form):
    sort_code = sort_code_field()
    account_number = account_number_field()
    roll_number = StringField(
        "Building society roll number (if it has one)",
        description="An account with a roll number is found only with it",
        widget=GovTextInput(),
        validators=[Length(max=30, message="A roll number has at most 18 characters")],
    )
    submit = SubmitField("Find the payees", widget=GovSubmitInput())


@pages.route("/payees")
@allowed(EVERY_ROLE)
def show_payees() -> ResponseReturnValue:
    search = request.args.get("search", "").strip()[:LONGEST_SEARCH]
    chosen = request.args.get("by", "")
    by = SearchBy(chosen) if chosen in list(SearchBy) else None
    found: list[Found] = []
    payees: Sequence[Payee] = []
    following = None
    with transaction() as session:
        if not search:
            after = request.args.get("after", "")[:40] or None
            payees = payees_by_reference(session, after=after, limit=PAGE + 1)
            if len(payees) > PAGE:
                following = url_for("pages.show_payees", after=payees[PAGE - 1].reference)
        elif by is None:
            found = [few for each in fields_of(search) if (few := first_few(session, search, each)).payees]
        else:
            payees = find_payees(session, search, by, after=id_given("after"), limit=PAGE + 1)
            if len(payees) > PAGE:
                following = url_for("pages.show_payees", search=search, by=by.value, after=payees[PAGE - 1].id)
        return render_template(
            "payees/show_payees.html",
            payees=payees[:PAGE],
            found=found,
            search=search,
            by=by,
            heading=SEARCHES[by][1] if by else "",
            choices=[("", "Any of these"), *((each.value, said[0]) for each, said in SEARCHES.items())],
            next=following,
            first=url_for("pages.show_payees", search=search or None, by=chosen or None)
            if "after" in request.args
            else None,
        )


def fields_of(search: str) -> list[SearchBy]:
    """The fields that a search may mean when it names none: only four digits are the end of an account."""
    last_four = search.isascii() and search.isdigit() and len(search) == 4
    return [each for each in SearchBy if last_four or each is not SearchBy.LAST_FOUR]


def first_few(session: Session, search: str, by: SearchBy) -> Found:
    payees = find_payees(session, search, by, limit=FIRST_FEW + 1)
    more = url_for("pages.show_payees", search=search, by=by.value) if len(payees) > FIRST_FEW else None
    return Found(by, SEARCHES[by][1], payees[:FIRST_FEW], more)


@pages.route("/payees/by-account", methods=["GET", "POST"])
@allowed(*UNMASKERS)
def find_payees_by_account() -> ResponseReturnValue:
    """What is found stands in the answer to the POST: a whole account number never stands in an address."""
    form = FindByAccount()
    found: Sequence[Payee] | None = None
    if form.validate_on_submit():
        try:
            with transaction() as session:
                found = find_by_account(
                    session,
                    service().seals,
                    sort_code=form.sort_code.data,
                    account_number=form.account_number.data,
                    roll_number=form.roll_number.data or "",
                    by=actor(),
                    at=now(),
                )
        except DetailsRefused as refused:
            form.refuse(words.sentence(refused), form[refused.field])
    return render_template("payees/find_by_account.html", form=form, found=found), form.status

"""The one-time code that makes sure who decides: asked for where a word counts, and used up by it."""

from __future__ import annotations

from collections.abc import Callable

from govuk_frontend_wtf.wtforms_widgets import GovTextInput
from sqlalchemy.orm import Session
from wtforms import StringField
from wtforms.validators import Length

from payouts.web import words
from payouts.web.figures import wait
from payouts.web.form import Form
from payouts.web.pages import actor, service, transaction
from schemes.errors import SignInSlowed
from schemes.sign_in import confirm_code

HINT = "The 6 digits that your authenticator app shows now: they make sure that it is you who decides"


def code_field(does: str = "decides", *, when: str = "") -> StringField:
    """does: what it makes sure who does it. when: a sentence before, where it is not always needed."""
    return StringField(
        "One-time code",
        description=f"{when}{HINT.replace('decides', does)}",
        widget=GovTextInput(),
        validators=[Length(max=32, message="Enter the 6 digits")],
    )


def code_is_right(form: Form) -> bool:
    """Whether the form's `code` shows that it is really this person, committed either way: wrong codes count."""
    given, field = service(), form["code"]
    if not (field.data or "").strip():
        form.refuse("Enter your one-time code", field)
        return False
    try:
        with given.transaction(None) as transaction:
            right = confirm_code(transaction, given.seals.ring, actor().person_id, field.data[:32], at=given.now())
    except SignInSlowed as slowed:
        form.refuse(f"Too many wrong codes. Wait {wait((slowed.until - given.now()).total_seconds())}", field)
        return False
    if not right:
        form.refuse(words.WRONG_CODE, field)
    return right


def shown_once(form: Form, take: Callable[[Session], str | None]) -> str | None:
    """A secret that is shown once, to whoever sends the form with a right code.

    take: makes it in a transaction, or returns None where it was shown already.
    Returns None, with the form's errors if it was sent, where there is none to show.
    """
    written = None
    if form.validate_on_submit() and code_is_right(form):
        with form.refusing():
            with transaction() as session:
                written = take(session)
            if written is None:
                form.refuse("This secret was shown already, and is not shown again. Load the page again for another")
    form["code"].data = ""
    return written

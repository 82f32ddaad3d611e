"""The one-time code that makes sure who decides: asked for where a word counts, and used up by it."""

from __future__ import annotations

from payouts.web import words
from payouts.web.figures import wait
from payouts.web.form import Form
from payouts.web.pages import actor, service
from schemes.errors import SignInSlowed
from schemes.sign_in import confirm_code

HINT = "The 6 digits that your authenticator app shows now: they make sure that it is you who decides"


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

"""The form of a second person who confirms or rejects what somebody proposed."""

from __future__ import annotations

from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput
from wtforms import RadioField, SelectChoice, SubmitField
from wtforms.validators import InputRequired

from payouts.web.form import Form, WordsField

CONFIRM, REJECT = "confirm", "reject"


class Decide(Form):
    """What it is about is said in its choices: `decision_on`."""

    decision = RadioField(
        "Your decision",
        widget=GovRadioInput(),
        choices=[],
        validators=[InputRequired("Choose what happens")],
    )
    reason = WordsField("Reason", hint="Needed to reject it")
    submit = SubmitField("Continue", widget=GovSubmitInput())

    @property
    def confirms(self) -> bool:
        return bool(self.decision.data == CONFIRM)


def decision_on(what: str) -> Decide:
    """The form on `the recovery`, or on `it`."""
    form = Decide()
    form.decision.choices = [SelectChoice(CONFIRM, f"Confirm {what}"), SelectChoice(REJECT, "Reject it")]
    return form

"""What every form of the pages can do besides holding its fields: be refused, and list its errors for the summary."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, ClassVar
from uuid import UUID

from flask_wtf import FlaskForm
from govuk_frontend_wtf.wtforms_widgets import GovDateInput, GovTextArea, GovTextInput
from wtforms import DateField, Field, HiddenField, IntegerField, StringField, TextAreaField, ValidationError
from wtforms.validators import DataRequired, Length

from bacs import pence
from bacs.errors import AmountRefused
from payouts.web.words import sentence
from schemes.database import new_id
from schemes.errors import NotAllowed, NotFound, Refused


class Form(FlaskForm):
    """A form. Its fields carry GOV.UK widgets; its errors come from validation or from what an operation refused.

    before_others: the fields that stand on the page before those that the class inherits.
    """

    before_others: ClassVar[tuple[str, ...]] = ()

    def refuse(self, words: str, field: Field | None = None) -> None:
        """Say why what was asked cannot be done, beside a field or for the form as a whole."""
        if field is None:
            self.form_errors.append(words)
        else:
            field.errors = [*field.errors, words]

    def refusing(self, beside: Mapping[type[Refused], Field] | None = None) -> Refusing:
        """For what an operation refuses: `with form.refusing({ReasonNotGiven: form.reason}): …`, and return in there.

        beside: the field to put right, for each kind of refusal that has one.
        """
        return Refusing(self, beside or {})

    @property
    def error_list(self) -> list[dict[str, str]]:
        """Each error with the address of the field to put right, in the order of the page."""
        place = {name: number for number, name in enumerate(self.before_others)}
        fields = sorted(self, key=lambda field: place.get(field.name, len(place)))
        of_fields = [
            {"text": str(words), "href": f"#{place_of(field)}"} for field in fields for words in list(field.errors)[:1]
        ]
        return [*({"text": words} for words in self.form_errors), *of_fields]

    @property
    def status(self) -> int:
        """The HTTP status of the page that shows the form."""
        return 422 if self.form_errors or any(field.errors for field in self) else 200


class Refusing:
    """Says on the form why something was refused; not that it is not there or nobody's to do, which are pages."""

    def __init__(self, form: Form, beside: Mapping[type[Refused], Field]) -> None:
        self.form, self.beside = form, beside

    def __enter__(self) -> None:
        """The operation comes next."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> bool:
        if not isinstance(error, Refused) or isinstance(error, NotAllowed | NotFound):
            return False
        field = next((field for refusal, field in self.beside.items() if isinstance(error, refusal)), None)
        self.form.refuse(sentence(error), field)
        return True


def place_of(field: Field) -> str:
    """The id of the first thing to type in or choose: a date's field is three inputs."""
    return f"{field.name}-day" if isinstance(field.widget, GovDateInput) else str(field.id)


class DayInput(GovDateInput):
    """Three inputs in a box, which cannot itself be `required`: HTML knows that of inputs only."""

    def map_gov_params(self, field: Field, **kwargs: Any) -> dict[str, Any]:
        params: dict[str, Any] = super().map_gov_params(field, **kwargs)
        params["attributes"].pop("required", None)
        return params


class DayField(DateField):
    """A day as three inputs."""

    widget = DayInput()

    def __init__(self, label: str, **kwargs: Any) -> None:
        super().__init__(label, format="%d %m %Y", **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            # the library's own words speak of formats
            raise ValueError("Enter a real date, as day, month and year") from None
        finally:
            # the widget takes three inputs or none: a form may not have asked yet, and anybody can send one
            self.raw_data = [*valuelist, "", "", ""][:3] if valuelist else None


class WordsField(TextAreaField):
    """What somebody says in their own words. missing: what to say where nothing was written, if it is needed."""

    def __init__(self, label: str, *, missing: str | None = None, hint: str = "", longest: int = 2000, **kwargs: Any):
        needed = [DataRequired(missing)] if missing else []
        super().__init__(
            label,
            description=hint,
            widget=GovTextArea(),
            validators=[*needed, Length(max=longest, message=f"Use at most {longest:,} characters")],
            **kwargs,
        )


class PoundsField(StringField):
    """An amount of pounds as people write it; `pence` is what it comes to, None where nothing was entered."""

    widget = GovTextInput()
    pence: int | None = None

    def pre_validate(self, form: Any) -> None:
        self.pence = None
        if not (self.data or "").strip():
            return
        try:
            self.pence = pence.parse(self.data)
        except AmountRefused:
            raise ValidationError("Enter an amount in pounds, like 1,250 or 1250.50") from None


class WholeNumberField(IntegerField):
    """A whole number."""

    data: Any
    widget = GovTextInput()

    def process_formdata(self, valuelist: list[str]) -> None:
        # what was emptied is nothing, not what the form began with
        self.data = None
        try:
            super().process_formdata([text for text in valuelist if text.strip()])
        except ValueError:
            # the library's own words speak of integers
            raise ValueError("Enter a whole number, like 5") from None


class MadeField(HiddenField):
    """The id of what the form will make, chosen when the page is shown: a form sent twice makes one thing."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default=lambda: str(new_id()), **kwargs)

    def pre_validate(self, form: Any) -> None:
        try:
            UUID(self.data)
        except (TypeError, ValueError):
            raise ValidationError("Go back, load the page again and send it once more") from None

    @property
    def id_of_what_is_made(self) -> UUID:
        return UUID(self.data)

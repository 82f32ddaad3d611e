"""Adding a payee by hand: a question a page, answers checked at the end, and nothing kept before that.

What was answered goes along in hidden fields, so that nothing about a person stands in an address or a cookie.
"""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from govuk_frontend_wtf.wtforms_widgets import GovCheckboxesInput, GovRadioInput, GovTextInput
from sqlalchemy.orm import Session
from wtforms import Field, RadioField, SelectChoice, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length, Optional

from payouts.web import words
from payouts.web.access import allowed
from payouts.web.contact_words import CHANNELS, FORMATS, LANGUAGES
from payouts.web.contacts import FREE, MARKED, NO_CHANNEL
from payouts.web.form import DayField, Form, MadeField, WordsField
from payouts.web.pages import actor, now, pages, service, transaction
from payouts.web.register_words import PAYMENT_METHODS
from payouts.web.words import CAPACITIES
from schemes.contact_value import Channel, ContactFault, ContactRefused
from schemes.errors import NotAllowed, NotFound, ReasonNotGiven, Refused
from schemes.mandate import MandateRefused
from schemes.new_payee import (
    HomeRefused,
    NewPayee,
    SafetyReasonNotGiven,
    add_payee,
    check_beneficiary,
    check_contacts,
    check_person,
    check_safety,
    suggested_reference,
)
from schemes.payee import EDITORS, Capacity, Format, Language, PaymentMethod, is_known
from schemes.payee_details import PersonRefused
from schemes.preference import USUAL, Preference

TOO_LONG = Length(max=2000, message="Use at most 2,000 characters")
CONTACTS = ("email", "text", "phone", "letter")
FIELD_OF_FAULT = {
    ContactFault.EMAIL: "email",
    ContactFault.MOBILE: "text",
    ContactFault.PHONE: "phone",
    ContactFault.ADDRESS: "letter",
    ContactFault.ADDRESS_LINES: "letter",
}

# each page with its question and the fields on it, in their order
STEPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "person": ("Who is the payee?", ("name", "reference", "date_of_birth")),
    "capacity": ("Whose money do they receive?", ("capacity",)),
    "beneficiary": (
        "For whom do they receive it?",
        (
            "beneficiary_name",
            "beneficiary_reference",
            "beneficiary_born",
            "beneficiary_home",
            "evidence",
            "evidence_reference",
            "first_day",
            "last_day",
        ),
    ),
    "contacts": ("How can they be reached?", (*CONTACTS, "because", "preferred", "format", "language")),
    "safe": ("Is every contact safe?", ("marked", "safe", "safe_because")),
    "method": ("How are they paid?", ("payment_method",)),
}
CHECK = "check"


class AddPayee(Form):
    payee_id = MadeField()
    name = StringField(
        "Full name",
        description="The person or organisation that receives the money",
        widget=GovTextInput(),
        validators=[InputRequired("Enter the full name"), TOO_LONG],
    )
    reference = StringField(
        "Reference",
        description="Yours for this payee. The next free one is suggested",
        widget=GovTextInput(),
        validators=[InputRequired("Enter a reference"), TOO_LONG],
    )
    date_of_birth = DayField("Date of birth (optional)", validators=[Optional()])
    capacity = RadioField(
        "Whose money do they receive?",
        widget=GovRadioInput(),
        choices=[
            SelectChoice(Capacity.SELF.value, "Their own"),
            *(
                SelectChoice(value.value, f"Somebody else’s: they are {said[0].lower()}{said[1:]}")
                for value, said in CAPACITIES.items()
                if value is not Capacity.SELF
            ),
        ],
        validators=[InputRequired("Choose whose money they receive")],
    )
    beneficiary_name = StringField("Full name of the beneficiary", widget=GovTextInput(), validators=[TOO_LONG])
    beneficiary_reference = StringField(
        "Reference of the beneficiary",
        description="If the register has this reference already, the name must be the same",
        widget=GovTextInput(),
        validators=[TOO_LONG],
    )
    beneficiary_born = DayField("Date of birth of the beneficiary (optional)", validators=[Optional()])
    beneficiary_home = WordsField(
        "Where the beneficiary lives (optional)",
        hint="A line for each part, the postcode last. Kept if the beneficiary is new to the register",
    )
    evidence = WordsField(
        "What allows them to receive the money?",
        hint="For example, a letter of appointment or a court order, and who saw it",
    )
    evidence_reference = StringField(
        "Reference of the evidence (optional)", widget=GovTextInput(), validators=[TOO_LONG]
    )
    first_day = DayField("From which day? (optional)", validators=[Optional()])
    last_day = DayField("To which day? (optional)", validators=[Optional()])
    email = StringField("Email address (optional)", widget=GovTextInput(), validators=[TOO_LONG])
    text = StringField("Mobile number (optional)", widget=GovTextInput(), validators=[TOO_LONG])
    phone = StringField("Landline (optional)", widget=GovTextInput(), validators=[TOO_LONG])
    letter = WordsField("Address (optional)", hint="A line for each part, the postcode last")
    because = WordsField(
        "Where do these contacts come from?",
        hint="For example, the application form of 5 January 2026. Needed if there are any",
    )
    preferred = RadioField(
        "How do they want to hear from you first?",
        widget=GovRadioInput(),
        choices=[
            *(SelectChoice(channel.value, said) for channel, said in CHANNELS.items()),
            SelectChoice(NO_CHANNEL, "They have not said"),
        ],
        default=NO_CHANNEL,
    )
    format = RadioField(
        "Which format do they need?",
        widget=GovRadioInput(),
        choices=[SelectChoice(value.value, said) for value, said in FORMATS.items()],
        default=Format.STANDARD.value,
    )
    language = RadioField(
        "Which language?",
        widget=GovRadioInput(),
        choices=[SelectChoice(value.value, said) for value, said in LANGUAGES.items()],
        default=Language.ENGLISH.value,
    )
    marked = RadioField(
        "May this person be reached by every contact?",
        widget=GovRadioInput(),
        choices=[
            SelectChoice(FREE, "Yes, by every contact"),
            SelectChoice(MARKED, "No, only by the safe contacts"),
        ],
        default=FREE,
    )
    safe = SelectMultipleField(
        "Which contacts are safe?",
        widget=GovCheckboxesInput(),
        choices=[SelectChoice(channel.value, said) for channel, said in CHANNELS.items()],
    )
    safe_because = WordsField(
        "Why are the others not safe?", hint="Needed if not every contact is safe. Don’t describe what happened to them"
    )
    payment_method = RadioField(
        "How are they paid?",
        widget=GovRadioInput(),
        choices=[SelectChoice(method.value, said[0]) for method, said in PAYMENT_METHODS.items()],
        validators=[InputRequired("Choose how they are paid")],
    )

    def answer(self, name: str) -> str:
        return str(self[name].data or "").strip()

    def new_payee(self) -> NewPayee:
        for_self = self.capacity.data == Capacity.SELF
        return NewPayee(
            reference=self.answer("reference"),
            name=self.answer("name"),
            date_of_birth=self.date_of_birth.data,
            capacity=Capacity(self.capacity.data or Capacity.SELF),
            beneficiary_reference=self.answer("beneficiary_reference"),
            beneficiary_name=self.answer("beneficiary_name"),
            beneficiary_born=self.beneficiary_born.data,
            beneficiary_home="" if for_self else self.answer("beneficiary_home"),
            first_day=None if for_self else self.first_day.data,
            last_day=None if for_self else self.last_day.data,
            evidence="" if for_self else self.answer("evidence"),
            evidence_reference="" if for_self else self.answer("evidence_reference"),
            contacts=tuple((Channel(name), self.answer(name)) for name in CONTACTS if self.answer(name)),
            contacts_because=self.answer("because"),
            safe=self.safe_channels(),
            safe_because=self.answer("safe_because"),
            payment_method=PaymentMethod(self.payment_method.data or PaymentMethod.ACCOUNT),
            preference=self.preference(),
        )

    def safe_channels(self) -> frozenset[Channel] | None:
        """By what they may be reached alone; nothing is said of somebody who gave no contacts."""
        given = frozenset(Channel(name) for name in CONTACTS if self.answer(name))
        if self.marked.data != MARKED or self.safe.errors or not given:
            return None
        return given & {Channel(chosen) for chosen in self.safe.data or ()}

    def preference(self) -> Preference:
        """What was asked for; what nobody can have chosen counts as not answered, and is said beside its field."""
        if self.preferred.errors or self.format.errors or self.language.errors:
            return USUAL
        channel = None if self.preferred.data == NO_CHANNEL else Channel(self.preferred.data)
        return Preference(channel, Format(self.format.data), Language(self.language.data))

    def refuse_answer(self, refused: Refused) -> None:
        """Say what is wrong beside the answer that it is about."""
        field: Field | None = None
        if isinstance(refused, PersonRefused | MandateRefused):
            field = self[refused.field]
        elif isinstance(refused, HomeRefused):
            field = self.beneficiary_home
        elif isinstance(refused, ContactRefused):
            field = self[FIELD_OF_FAULT[refused.fault]]
        elif isinstance(refused, SafetyReasonNotGiven):
            field = self.safe_because
        elif isinstance(refused, ReasonNotGiven):
            field = self.because
        self.refuse(words.sentence(refused), field)


def asked_of(form: AddPayee) -> list[str]:
    """The steps of this payee: nobody is asked for a mandate to receive their own money, or of no contacts."""
    without = {"beneficiary"} if form.capacity.data == Capacity.SELF else set()
    if not any(form.answer(name) for name in CONTACTS):
        without.add("safe")
    return [step for step in STEPS if step not in without]


@pages.route("/payees/new", methods=["GET", "POST"])
@allowed(*EDITORS)
def new_payee() -> ResponseReturnValue:
    form = AddPayee()
    if request.method == "GET":
        with transaction() as session:
            form.reference.data = suggested_reference(session)
        return step_page(form, "person")
    here = request.form.get("step", "person")
    here = here if here in STEPS or here == CHECK else "person"
    wanted = request.form.get("to", "")
    if wanted in STEPS:
        return step_page(form, wanted)
    form.validate()
    steps = [*asked_of(form), CHECK]
    # whoever came back from the check to put one answer right goes on to it again, by way of what is still unanswered
    until = (
        steps if here == CHECK or here not in steps or request.form.get("checked") else steps[: steps.index(here) + 1]
    )
    for step in until:
        if step != CHECK and not is_answered(form, step):
            return step_page(form, step, asked_before=here in (step, CHECK))
    if here == CHECK:
        return add(form)
    onward = CHECK if until is steps else steps[steps.index(here) + 1]
    return step_page(form, onward, asked_before=onward == CHECK)


def is_answered(form: AddPayee, step: str) -> bool:
    """Whether the answers of a step can be kept. What is wrong with other steps' answers is not this step's affair."""
    fields = STEPS[step][1]
    if any(form[name].errors for name in fields):
        return False
    new = form.new_payee()
    try:
        with transaction() as session:
            check(session, step, new, form)
    except Refused as refused:
        form.refuse_answer(refused)
        return False
    return True


def check(session: Session, step: str, new: NewPayee, form: AddPayee) -> None:
    if step == "person" and not is_there(session, form):
        check_person(session, new, at=now())
    elif step == "beneficiary" or (step == "capacity" and new.capacity is Capacity.SELF):
        check_beneficiary(session, new, at=now())
    elif step == "contacts":
        check_contacts(new)
    elif step == "safe":
        check_safety(new)


def is_there(session: Session, form: AddPayee) -> bool:
    """Whether this very form has added its payee before: then its reference is taken by itself."""
    return not form.payee_id.errors and is_known(session, form.payee_id.id_of_what_is_made)


def add(form: AddPayee) -> ResponseReturnValue:
    if form.payee_id.errors:
        form.refuse(str(form.payee_id.errors[0]))
        return step_page(form, CHECK)
    try:
        with transaction() as session:
            payee = add_payee(
                session,
                service().seals,
                payee_id=form.payee_id.id_of_what_is_made,
                new=form.new_payee(),
                by=actor(),
                at=now(),
            )
    except (NotAllowed, NotFound):
        raise
    except Refused as refused:
        form.refuse_answer(refused)
        return step_page(form, CHECK)
    if form.safe_channels() is not None:
        flash("By which contacts they may be reached counts once someone else confirms it: ask them to look at it now")
    if payee.payment_method is PaymentMethod.ACCOUNT:
        flash(f"You added {payee.name}. Now propose their bank details")
        return redirect(url_for("pages.propose_bank_details", payee_id=payee.id), 303)
    flash(f"You added {payee.name}")
    return redirect(url_for("pages.show_payee", payee_id=payee.id), 303)


def step_page(form: AddPayee, step: str, *, asked_before: bool = True) -> ResponseReturnValue:
    """A page of questions, with the answers of all others in hidden fields."""
    if not asked_before:
        form.form_errors.clear()
    shown = STEPS[step][1] if step in STEPS else ()
    for field in form:
        if not asked_before or (step != CHECK and field.name not in shown):
            field.errors = []
    hidden: list[tuple[str, Any]] = [
        (field.name, value)
        for field in form
        if field.name not in shown and field.name not in ("csrf_token", "payee_id")
        for value in request.form.getlist(field.name)
    ]
    form.safe.choices = [
        SelectChoice(name, f"{CHANNELS[Channel(name)]}: {', '.join(form.answer(name).splitlines())}")
        for name in CONTACTS
        if form.answer(name)
    ]
    steps = asked_of(form)
    earlier = steps[steps.index(step) - 1] if step in steps and steps.index(step) else None
    return render_template(
        f"payees/add/{step}.html",
        form=form,
        step=step,
        question=STEPS[step][0] if step in STEPS else "Check the answers",
        hidden=hidden,
        earlier=None if step == CHECK or request.form.get("checked") else earlier,
        checked=step == CHECK or request.form.get("checked"),
        new=form.new_payee() if step == CHECK else None,
        hints=[{"hint": {"text": said[1]}} for said in PAYMENT_METHODS.values()],
    ), form.status

"""The forms of a scheme's draft, a page each: what each shows of a definition, and what it makes of it.

What is wrong is found by the definition itself; a form only knows which of its fields a fault belongs to.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar
from uuid import UUID

from govuk_frontend_wtf.wtforms_widgets import GovRadioInput, GovSubmitInput, GovTextArea, GovTextInput
from wtforms import RadioField, SelectChoice, StringField, SubmitField, TextAreaField
from wtforms.validators import InputRequired, Optional

from bacs import pence
from payouts.web.field_words import fault_sentence
from payouts.web.form import DayField, Form, PoundsField, WholeNumberField
from payouts.web.scheme_lines import BadLine, read_periods, write_periods
from payouts.web.scheme_words import FREQUENCIES, NON_WORKING, PAY_DAYS
from schemes.definition import Definition, faults_of
from schemes.errors import FieldFault
from schemes.period import LISTED, Frequency, NonWorkingDay, PayDay


def choices(words: Mapping[Any, str]) -> list[SelectChoice]:
    return [SelectChoice(value, said) for value, said in words.items()]


def pounds_typed(given: int | None) -> str:
    """Pence as a person types them: `1,234.50`, nothing for none."""
    return "" if given is None else pence.format(given).removeprefix("£")


class Section(Form):
    """A page of a draft. title: its h1. fields: a definition's field, `{}` for its place, and the form's own."""

    title: ClassVar[str]
    fields: ClassVar[dict[str, str]]
    submit = SubmitField("Save and go on", widget=GovSubmitInput())

    @abstractmethod
    def show(self, definition: Definition, place: int) -> None:
        """Fill the fields with what the draft says."""

    @abstractmethod
    def made_of(self, definition: Definition, place: int) -> Definition:
        """The draft with what was entered."""

    def is_made(self, definition: Definition, place: int) -> Definition | None:
        """The draft with what was entered, or None with the faults beside their fields."""
        try:
            made = self.made_of(definition, place)
        except BadLine as bad:
            self.refuse(bad.words, self[bad.field])
            return None
        for fault in faults_of(made):
            self.refuse_fault(fault, place)
        return made if self.status == 200 else None

    def refuse_fault(self, fault: FieldFault, place: int) -> None:
        for prefix, name in self.fields.items():
            if fault.field.startswith(prefix.format(place)):
                self.refuse(fault_sentence(fault), self[name])
                return


class About(Section):
    title = "What the scheme is"
    fields: ClassVar = {"code": "code", "name": "name", "pays_for": "pays_for"}
    name = StringField("Name of the scheme", widget=GovTextInput())
    code = StringField(
        "Code",
        description="2 to 5 capital letters or numbers. It stands on the payee’s bank statement, where others may see "
        "it, so it must not tell what the payment is for",
        widget=GovTextInput(),
    )
    pays_for = TextAreaField(
        "What does it pay for?",
        description="One or two sentences, for the people in your body",
        widget=GovTextArea(),
    )

    def show(self, definition: Definition, place: int) -> None:
        self.name.data, self.code.data, self.pays_for.data = definition.name, definition.code, definition.pays_for

    def made_of(self, definition: Definition, place: int) -> Definition:
        return replace(
            definition,
            name=(self.name.data or "").strip(),
            # a scheme that there is keeps its code: its page does not ask
            code=(self.code.data or definition.code).strip().upper(),
            pays_for=(self.pays_for.data or "").strip(),
        )


class Periods(Section):
    title = "How often it pays"
    fields: ClassVar = {"schedule.listed": "listed", "schedule.first_day": "first_day"}
    frequency = RadioField(
        "How often does it pay?",
        widget=GovRadioInput(),
        choices=choices(FREQUENCIES),
        validators=[InputRequired("Choose how often it pays")],
    )
    first_day = DayField(
        "First day of the first period",
        description="Months and quarters are counted from this day: 1 4 2026 makes calendar months",
        validators=[InputRequired("Enter the first day of the first period")],
    )
    listed = TextAreaField(
        "Listed periods",
        description="Only for “Once” and “On listed dates”. One period a line, such as 1/9/2026 to 18/12/2026 paid "
        "15/9/2026. Leave out “paid” if whoever creates the payroll chooses the day",
        widget=GovTextArea(),
    )

    def show(self, definition: Definition, place: int) -> None:
        schedule = definition.schedule
        self.frequency.data, self.first_day.data = schedule.frequency.value, schedule.first_day
        self.listed.data = write_periods(schedule.listed)

    def made_of(self, definition: Definition, place: int) -> Definition:
        frequency, schedule = Frequency(self.frequency.data), definition.schedule
        pay_day: PayDay
        if frequency not in LISTED:
            pay_day = PayDay.CHOSEN if schedule.pay_day is PayDay.LISTED else schedule.pay_day
            changed = replace(schedule, frequency=frequency, first_day=self.first_day.data, listed=(), pay_day=pay_day)
            return replace(definition, schedule=changed)
        listed = read_periods(self.listed.data or "", "listed")
        pay_day = PayDay.LISTED if any(entry.pay_day for entry in listed) else PayDay.CHOSEN
        changed = replace(schedule, frequency=frequency, first_day=self.first_day.data, listed=listed, pay_day=pay_day)
        return replace(definition, schedule=changed)


class PayDays(Section):
    title = "When each period is paid"
    fields: ClassVar = {"schedule.pay_days": "pay_days", "schedule.listed": "pay_day", "schedule.pay_day": "pay_day"}
    pay_day = RadioField(
        "When is a period paid?",
        widget=GovRadioInput(),
        choices=choices(PAY_DAYS),
        validators=[InputRequired("Choose when a period is paid")],
    )
    pay_days = WholeNumberField(
        "Which day, or how many days?",
        description="The number of the day in the period, or the days after its end or before its beginning",
        widget=GovTextInput(),
        validators=[Optional()],
    )
    non_working = RadioField(
        "If that is not a working day, which day is it paid on?",
        description="Banks do not pay on weekends and English bank holidays",
        widget=GovRadioInput(),
        choices=choices(NON_WORKING),
        validators=[InputRequired("Choose a day")],
    )

    def show(self, definition: Definition, place: int) -> None:
        schedule = definition.schedule
        self.pay_day.data, self.pay_days.data = schedule.pay_day.value, schedule.pay_days or None
        self.non_working.data = schedule.non_working.value

    def made_of(self, definition: Definition, place: int) -> Definition:
        pay_day = PayDay(self.pay_day.data)
        counted = pay_day not in (PayDay.CHOSEN, PayDay.LISTED)
        changed = replace(
            definition.schedule,
            pay_day=pay_day,
            pay_days=(self.pay_days.data or 0) if counted else 0,
            non_working=NonWorkingDay(self.non_working.data),
        )
        return replace(definition, schedule=changed)


class Limits(Section):
    title = "Limits"
    fields: ClassVar = {"payment_limit_pence": "payment", "payroll_limit_pence": "payroll"}
    payment = PoundsField("Most for one payment", validators=[InputRequired("Enter the most for one payment")])
    payroll = PoundsField("Most for one payroll", validators=[InputRequired("Enter the most for one payroll")])

    def show(self, definition: Definition, place: int) -> None:
        self.payment.data = pounds_typed(definition.payment_limit_pence)
        self.payroll.data = pounds_typed(definition.payroll_limit_pence)

    def made_of(self, definition: Definition, place: int) -> Definition:
        return replace(
            definition, payment_limit_pence=self.payment.pence or 0, payroll_limit_pence=self.payroll.pence or 0
        )


class Reference(Section):
    title = "On the payee’s bank statement"
    fields: ClassVar = {"reference": "reference"}
    reference = StringField(
        "Reference of a payment",
        description="{scheme} becomes the code, {payroll} the payroll’s number, {number} the payment’s place in it, "
        "{reference} your own reference for the person whose money it is. At most 18 characters when filled in. It "
        "must not tell what the payment is for",
        widget=GovTextInput(),
        validators=[InputRequired("Enter the reference")],
    )

    def show(self, definition: Definition, place: int) -> None:
        self.reference.data = definition.reference

    def made_of(self, definition: Definition, place: int) -> Definition:
        return replace(definition, reference=(self.reference.data or "").strip())


class PaysFrom(Section):
    title = "The account that it pays from"
    fields: ClassVar = {"bank_profile_id": "profile"}
    profile = RadioField(
        "Which account does it pay from?",
        widget=GovRadioInput(),
        validators=[InputRequired("Choose an account")],
    )

    def show(self, definition: Definition, place: int) -> None:
        self.profile.data = str(definition.bank_profile_id)

    def made_of(self, definition: Definition, place: int) -> Definition:
        return replace(definition, bank_profile_id=UUID(self.profile.data))


SECTIONS: dict[str, type[Section]] = {
    "about": About,
    "periods": Periods,
    "pay-day": PayDays,
    "limits": Limits,
    "reference": Reference,
    "account": PaysFrom,
}
"""The pages of a draft that there is one of."""

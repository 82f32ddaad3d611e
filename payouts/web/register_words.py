"""Words for who is in the register: names, mandates, how people are paid, and what they are found by."""

from __future__ import annotations

from typing import Any

from flask import Flask

from payouts.web.contact_words import CHANNELS, CONTACT_FAULTS, FORMATS, LANGUAGES
from payouts.web.figures import day
from schemes.contact_value import Channel, ContactRefused
from schemes.mandate import MandateFault, MandateRefused
from schemes.payee import Format, Language, Mandate, PaymentMethod
from schemes.payee_details import PersonFault, PersonRefused
from schemes.payee_search import SearchBy
from schemes.revision import Subject

PERSON_FAULTS: dict[PersonFault, str] = {
    PersonFault.NAME: "Enter the full name",
    PersonFault.NAME_TOO_LONG: "Use at most 140 characters for the name",
    PersonFault.REFERENCE: "Use at most 35 letters, numbers, full stops, hyphens and slashes for the reference",
    PersonFault.REFERENCE_TAKEN: "Somebody in the register has this reference already. Use another",
    PersonFault.KNOWN_BY_ANOTHER_NAME: "The register has this reference under another name. Check both",
    PersonFault.NOT_IN_REGISTER: "Nobody in the register has this reference. Check it, or add them as a payee first",
    PersonFault.BORN_LATER: "Enter a date of birth in the past",
    PersonFault.BORN_TOO_LONG_AGO: "Enter a date of birth in the last 125 years",
}

MANDATE_FAULTS: dict[MandateFault, str] = {
    MandateFault.DAYS_REVERSED: "Enter a last day that is the same as or after the first day",
    MandateFault.EVIDENCE_MISSING: "Enter what allows them to receive the money, such as a court order",
    MandateFault.IN_FORCE_ALREADY: "They have a mandate for this person in that time already. End that one first",
    MandateFault.ENDS_BEFORE_IT_BEGINS: "Enter a day on or after the mandate’s first day",
    MandateFault.ENDS_LATER: "The mandate ends before that day anyway. Enter an earlier day, or give a new mandate",
}

# the choice, what it means
PAYMENT_METHODS: dict[PaymentMethod, tuple[str, str]] = {
    PaymentMethod.ACCOUNT: ("Into a bank or building society account", "Bank details are proposed afterwards"),
    PaymentMethod.NO_ACCOUNT: (
        "They have no account",
        "Payrolls list them as not paid, so that somebody pays them another way",
    ),
    PaymentMethod.ADDRESS_ONLY: (
        "Only by post to their address",
        "Payrolls list them as not paid, so that somebody sends a cheque or calls",
    ),
}

# whether payments for several people go as one: the choice, what it means
COMBINED: dict[bool, tuple[str, str]] = {
    False: ("One payment for each person", "Their bank statement shows a credit for each, with its own reference"),
    True: (
        "One payment for all of them together",
        "Their bank statement shows one credit for each payroll. The remittance advice says what it is for",
    ),
}

# the choice in the search, the heading of what it finds
SEARCHES: dict[SearchBy, tuple[str, str]] = {
    SearchBy.REFERENCE: ("Payee’s reference", "Payees whose reference starts with"),
    SearchBy.NAME: ("Payee’s name", "Payees whose name starts with"),
    SearchBy.BENEFICIARY_REFERENCE: ("Beneficiary’s reference", "Paid for a beneficiary whose reference starts with"),
    SearchBy.BENEFICIARY_NAME: ("Beneficiary’s name", "Paid for a beneficiary whose name starts with"),
    SearchBy.LAST_FOUR: ("Last 4 digits of the account", "Payees with an account that ends in"),
}


def register_sentence(refusal: PersonRefused | MandateRefused | ContactRefused) -> str:
    """What is wrong with what was typed about a payee."""
    match refusal:
        case PersonRefused():
            return PERSON_FAULTS[refusal.fault]
        case MandateRefused():
            return MANDATE_FAULTS[refusal.fault]
        case ContactRefused():
            return CONTACT_FAULTS[refusal.fault]


def told_value(subject: Subject, value: Any) -> str:
    """A value before or after a change, as a person reads it."""
    if value is None:
        return "Not known" if subject in (Subject.DATE_OF_BIRTH, Subject.ADDRESS) else "No mark"
    match subject:
        case Subject.PREFERENCE:
            channel = CHANNELS[Channel(value["channel"])] if value["channel"] else "No channel first"
            return f"{channel}, {FORMATS[Format(value['format'])]}, {LANGUAGES[Language(value['language'])]}"
        case Subject.SAFE_CONTACT:
            return "; ".join(contact.replace("\n", ", ") for contact in value) or "No contact is safe"
        case Subject.PAYMENT_METHOD:
            return PAYMENT_METHODS[PaymentMethod(value)][0]
        case Subject.ADDRESS:
            return str(value).replace("\n", ", ")
        case Subject.PAYMENTS_COMBINED:
            return COMBINED[value][0]
    return str(value)


def mandate_days(mandate: Mandate) -> str:
    """`from 1 April 2026 to 31 March 2027`."""
    begins = f"from {day(mandate.first_day)}" if mandate.first_day else ""
    ends = f"to {day(mandate.end)}" if mandate.end else ""
    return " ".join(filter(None, (begins, ends))) or "no dates"


def register(app: Flask) -> None:
    app.add_template_filter(lambda method: PAYMENT_METHODS[method][0], "payment_method")
    app.add_template_filter(lambda combined: COMBINED[combined][0], "combined")
    app.add_template_filter(mandate_days)

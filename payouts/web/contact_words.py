"""Words for how payees are reached: channels, formats, languages, and what is wrong with what was typed."""

from __future__ import annotations

from flask import Flask
from markupsafe import Markup, escape

from schemes.contact_value import Channel, ContactFault
from schemes.payee import Format, Language
from schemes.revision import Subject

CHANNELS: dict[Channel, str] = {
    Channel.EMAIL: "Email",
    Channel.TEXT: "Text message",
    Channel.PHONE: "Phone call",
    Channel.LETTER: "Letter",
}

CONTACT_FAULTS: dict[ContactFault, str] = {
    ContactFault.EMAIL: "Enter an email address in the correct format, like name@example.com",
    ContactFault.MOBILE: "Enter a mobile number, like 07700 900982, or one from abroad that begins with +",
    ContactFault.PHONE: "Enter a phone number, like 01632 960001, or one from abroad that begins with +",
    ContactFault.ADDRESS: "Enter the address on 2 lines or more, the postcode last",
    ContactFault.ADDRESS_LINES: "Enter the address on at most 7 lines, each of at most 100 characters",
}

FORMATS: dict[Format, str] = {
    Format.STANDARD: "Standard",
    Format.LARGE_PRINT: "Large print",
    Format.EASY_READ: "Easy read",
}

LANGUAGES: dict[Language, str] = {Language.ENGLISH: "English", Language.WELSH: "Welsh (Cymraeg)"}

SUBJECTS: dict[Subject, str] = {
    Subject.NAME: "Name",
    Subject.DATE_OF_BIRTH: "Date of birth",
    Subject.PREFERENCE: "How they want to be written to",
    Subject.SAFE_CONTACT: "Safe contact",
    Subject.PAYMENT_METHOD: "How they are paid",
    Subject.ADDRESS: "Home address",
    Subject.PAYMENTS_COMBINED: "Payments for several people",
}


def lines(value: str) -> Markup:
    """A contact as it is shown: an address on its lines."""
    return Markup("<br>").join(escape(line) for line in value.split("\n"))


def register(app: Flask) -> None:
    app.add_template_filter(lambda channel: CHANNELS[Channel(channel)], "channel")
    app.add_template_filter(FORMATS.__getitem__, "format_name")
    app.add_template_filter(LANGUAGES.__getitem__, "language_name")
    app.add_template_filter(lines, "contact_lines")

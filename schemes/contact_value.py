"""What people type as an email address, a phone number or an address, as it is kept; or what is wrong with it."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple

from schemes.errors import Refused

# one @, a dot after it, nothing that separates addresses in a list
EMAIL = re.compile(r"[^@\s,;<>()]+@[^@\s.,;<>()]+(\.[^@\s.,;<>()]+)+")
LONGEST_EMAIL = 254  # RFC 5321: 256 with its angle brackets
# E.164: at most 15 digits after the plus, the first of them no 0
INTERNATIONAL = re.compile(r"\+[1-9][0-9]{7,14}")
UNITED_KINGDOM = re.compile(r"0[1-9][0-9]{8,9}")
UK_MOBILE = re.compile(r"\+447([1-57-9][0-9]{8}|624[0-9]{6})")
# the shapes of BS 7666; GIR 0AA, the one outside them, is no longer anybody's address
POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][A-Z]{2})")
# GOV.UK Notify's letters: an address has 3 to 7 lines, the last a postcode or a country
MOST_LINES = 7
LONGEST_LINE = 100


class Channel(StrEnum):
    """How somebody can be reached. `phone` is only called, `text` is a mobile that takes text messages."""

    EMAIL = "email"
    TEXT = "text"
    PHONE = "phone"
    LETTER = "letter"


class ContactFault(StrEnum):
    """What is wrong with a contact as somebody typed it."""

    EMAIL = "email"
    MOBILE = "mobile"
    PHONE = "phone"
    ADDRESS = "address"
    ADDRESS_LINES = "address_lines"


class ContactRefused(Refused):
    """A contact that nobody could be reached on."""

    def __init__(self, fault: ContactFault) -> None:
        super().__init__(f"contact: {fault}")
        self.fault = fault


class ContactValue(NamedTuple):
    """A contact as it is kept: a UK phone number as +44…, an address a line a part, its postcode besides."""

    channel: Channel
    value: str
    postcode: str | None = None


def read_contact(channel: Channel, typed: str) -> ContactValue:
    """Raises ContactRefused."""
    match channel:
        case Channel.EMAIL:
            return ContactValue(channel, read_email(typed))
        case Channel.TEXT:
            return ContactValue(channel, read_mobile(typed))
        case Channel.PHONE:
            return ContactValue(channel, read_phone(typed))
        case Channel.LETTER:
            return read_address(typed)


def read_email(typed: str) -> str:
    value = typed.strip()
    if len(value) > LONGEST_EMAIL or not EMAIL.fullmatch(value):
        raise ContactRefused(ContactFault.EMAIL)
    return value


def read_phone(typed: str) -> str:
    """A phone number in one form, so that the same number is found however it was typed."""
    number = re.sub(r"[\s().–-]", "", typed.replace("(0)", ""))
    number = re.sub(r"^00", "+", number)
    if UNITED_KINGDOM.fullmatch(number):
        number = f"+44{number[1:]}"
    if not INTERNATIONAL.fullmatch(number):
        raise ContactRefused(ContactFault.PHONE)
    return number


def read_mobile(typed: str) -> str:
    """A number that takes text messages: of UK numbers 07.

    But not 070 and 076, which are personal numbers and pagers (Ofcom), save the Isle of Man's 07624.
    """
    try:
        number = read_phone(typed)
    except ContactRefused:
        raise ContactRefused(ContactFault.MOBILE) from None
    if number.startswith("+44") and not UK_MOBILE.fullmatch(number):
        raise ContactRefused(ContactFault.MOBILE)
    return number


def read_address(typed: str) -> ContactValue:
    """An address of 2 to 7 lines; a UK postcode stands last and is written as Royal Mail writes it."""
    lines = [" ".join(line.split()).rstrip(",") for line in typed.splitlines()]
    lines = [line for line in lines if line]
    if len(lines) < 2:
        raise ContactRefused(ContactFault.ADDRESS)
    if len(lines) > MOST_LINES or max(len(line) for line in lines) > LONGEST_LINE:
        raise ContactRefused(ContactFault.ADDRESS_LINES)
    found = POSTCODE.fullmatch(lines[-1].replace(" ", "").upper())
    postcode = f"{found[1]} {found[2]}" if found else None
    if postcode:
        lines[-1] = postcode
    return ContactValue(Channel.LETTER, "\n".join(lines), postcode)

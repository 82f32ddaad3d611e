"""Words for what became of a message, as GOV.UK Notify tells it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, time
from typing import Any

from flask import Flask
from markupsafe import Markup

from payouts.notices.connection import Way
from payouts.notices.event import NoticeEvent
from payouts.notices.lint import MOST_FRAGMENTS, Fault, WordingFault, WordingRefused
from payouts.notices.notice import NoticeStatus
from payouts.notices.staff_wording import StaffText
from payouts.web.figures import instant, time_of_day
from payouts.web.file_words import listed
from schemes.errors import Refused
from schemes.payee import Language

# Notify's own statuses of e-mails and text messages
DELIVERY: dict[str, tuple[str, str]] = {
    "created": ("Waiting to be sent", "blue"),
    "sending": ("Being sent", "blue"),
    "pending": ("Being sent", "blue"),
    "sent": ("Sent", "green"),
    "delivered": ("Delivered", "green"),
    "permanent-failure": ("Address does not exist", "red"),
    "temporary-failure": ("Could not be delivered", "red"),
    "technical-failure": ("Notify had a problem", "red"),
    "validation-failed": ("Refused by Notify", "red"),
    "accepted": ("Being printed", "blue"),
    "received": ("Printed and posted", "green"),
    "returned-letter": ("Came back by post", "red"),
}


# of our own notices to the payees of a payroll, in the order of their way
NOTICES: dict[NoticeStatus, str] = {
    NoticeStatus.PLANNED: "Waiting to be sent",
    NoticeStatus.SENDING: "Being sent",
    NoticeStatus.SENT: "Sent, not yet delivered",
    NoticeStatus.DELIVERED: "Delivered",
    NoticeStatus.FAILED: "Could not be delivered",
    NoticeStatus.REFUSED: "Refused by Notify",
    NoticeStatus.NO_ADDRESS: "No address to write to, so not told",
    NoticeStatus.HELD_BACK: "Died, on hold or not paid after all, so not told",
    NoticeStatus.TOLD: "Told by hand",
}

STATUS_TAGS: dict[NoticeStatus, tuple[str, str]] = {
    NoticeStatus.PLANNED: ("Waiting", "blue"),
    NoticeStatus.SENDING: ("Being sent", "blue"),
    NoticeStatus.SENT: ("Sent", "blue"),
    NoticeStatus.DELIVERED: ("Delivered", "green"),
    NoticeStatus.FAILED: ("Not delivered", "red"),
    NoticeStatus.REFUSED: ("Refused", "red"),
    NoticeStatus.NO_ADDRESS: ("No address", "orange"),
    NoticeStatus.HELD_BACK: ("Not told", "grey"),
    NoticeStatus.TOLD: ("Told by hand", "green"),
}

EVENTS: dict[NoticeEvent, str] = {
    NoticeEvent.CHEQUE_POSTED: "Cheque in the post",
    NoticeEvent.CHEQUE_STOPPED: "Cheque stopped",
    NoticeEvent.FIRST_PAYMENT: "First payment",
    NoticeEvent.PAYMENT_REDUCED: "Payment on its way, reduced",
    NoticeEvent.PAYMENT_ON_ITS_WAY: "Payment on its way",
    NoticeEvent.PAYMENT_SHOULD_BE_THERE: "Payment should be in the account",
    NoticeEvent.PAYMENT_MOVED: "Payment moved to a later day",
    NoticeEvent.PAYMENT_DELAYED: "Payment delayed",
    NoticeEvent.PAYMENT_HELD: "Payment held",
    NoticeEvent.PAYMENT_STOPPED: "Payments stopped",
    NoticeEvent.NOTHING_THIS_TIME: "Nothing this time",
    NoticeEvent.PAYMENT_RETURNED: "Payment came back",
    NoticeEvent.PAYMENT_LOOKED_FOR: "Payment looked for",
    NoticeEvent.DETAILS_CHANGED: "Bank details changed",
}
STAFF_TEXTS: dict[StaffText, str] = {
    StaffText.GATE_WAITING: "A payroll waits for a decision",
    StaffText.GATE_REMINDER: "A gate’s deadline is near",
    StaffText.GATE_LATE: "A gate is late",
    StaffText.NO_GO: "No-go",
    StaffText.RELEASED: "A payroll is released",
    StaffText.RETURNS_ARRIVED: "Payments came back",
    StaffText.IMPORT_FINISHED: "A long import is finished",
}
WHO_IS_TOLD: dict[StaffText, str] = {
    StaffText.GATE_WAITING: "Everybody who may decide, once it has reached their gate",
    StaffText.GATE_REMINDER: "Everybody who may decide, from the office day before on",
    StaffText.GATE_LATE: "Those whom the gate names for it",
    StaffText.NO_GO: "All who built the payroll or decided on it",
    StaffText.RELEASED: "All who built the payroll or decided on it",
    StaffText.RETURNS_ARRIVED: "Everybody in finance, once a day",
    StaffText.IMPORT_FINISHED: "Whoever sent the file, if it took more than five minutes",
}
WAYS: dict[Way, str] = {Way.EMAIL: "Email", Way.TEXT: "Text message", Way.LETTER: "Letter"}
LANGUAGES: dict[Language, str] = {Language.ENGLISH: "English", Language.WELSH: "Welsh"}


SETTINGS_FAULTS: dict[str, str] = {
    "sender": "Enter a short name that does not say what the money is for",
    "texts_until": "Enter two hours of one day, like 8 and 20, the later one last",
    "untold": "Choose from the list",
}


def error_words(status: NoticeStatus, why: str) -> str:
    """Why a notice did not arrive."""
    if status is NoticeStatus.NO_ADDRESS:
        return NOTICES[status]
    if why in DELIVERY:
        return DELIVERY[why][0]
    return f"{NOTICES[status]}{f' ({why})' if why else ''}"


def fault_words(fault: WordingFault) -> str:
    """What is wrong with the words of a message, and what to do."""
    told = listed(fault.facts)
    match fault.fault:
        case Fault.EMPTY:
            return "Enter a subject" if fault.place == "subject" else "Enter a message"
        case Fault.UNKNOWN_FIELD:
            return f"There is no field {told} in this message. Use one of the fields that are listed"
        case Fault.BRACKETS:
            return "Close each field with two brackets, like ((name))"
        case Fault.TOO_LONG:
            return (
                f"The text goes in {told} parts. Shorten it to at most {MOST_FRAGMENTS} for the longest names and sums"
            )
        case Fault.ASKS_FOR_DETAILS:
            return "A message with a link must never ask for bank details or a password. Take one of the two out"
        case Fault.REVEALS:
            return f"This shows on a locked phone or an envelope, and tells what the money is for: {told}. Leave it out"


TELLERS: dict[type[Refused], Callable[[Any], str]] = {
    WordingRefused: lambda refusal: fault_words(refusal.faults[0]),
}


def place_words(facts: Mapping[str, Any]) -> str:
    """`Payment on its way, text message, Welsh, scheme HILF`."""
    words = [EVENTS[NoticeEvent(facts["event"])], WAYS[Way(facts["way"])], LANGUAGES[Language(facts["language"])]]
    return ", ".join([words[0], *(each.lower() for each in words[1:2]), words[2]]) + (
        f", scheme {facts['scheme']}" if facts["scheme"] else ""
    )


def wording_rows(facts: Mapping[str, Any]) -> dict[str, str]:
    """A proposal's facts, as rows of words."""
    subject = {"Subject": facts["subject"]} if facts["way"] != Way.TEXT else {}
    return {"Message": place_words(facts), **subject, "Text": facts["body"]}


def staff_text_words(facts: Mapping[str, Any]) -> str:
    return STAFF_TEXTS[StaffText(facts["event"])]


def staff_wording_rows(facts: Mapping[str, Any]) -> dict[str, str]:
    """A proposal's facts, as rows of words."""
    return {"Message": staff_text_words(facts), "Subject": facts["subject"], "Text": facts["body"]}


def hour(value: int) -> str:
    """`8am`, `midday`; the 24th is midnight."""
    return time_of_day(time(value % 24))


def settings_rows(facts: Mapping[str, Any]) -> dict[str, str]:
    untold = [EVENTS[NoticeEvent(event)] for event in facts["untold"]]
    return {
        "Signed by": facts["sender"],
        "Texts are sent": f"From {hour(facts['texts_from'])} to {hour(facts['texts_until'])}",
        "Payees are not told of": listed(untold) or "Nothing: they are told of everything",
    }


def notice_status(status: str) -> tuple[str, str]:
    # Notify may add statuses: an unknown one is shown as it is
    return DELIVERY.get(status, (status.replace("-", " ").capitalize(), "grey"))


def notify_instant(written: str) -> str:
    return instant(datetime.fromisoformat(written))


def as_read(message: Mapping[str, Any]) -> Markup:
    """A message as its reader sees it: an e-mail's and a letter's headings and lists made out, a text as it stands."""
    if message["type"] == "sms":
        return Markup("<br>").join(message["body"].splitlines())
    heading = Markup('<p class="govuk-body govuk-!-font-weight-bold">{}</p>').format(message["subject"] or "")
    letter = message["type"] == "letter"
    address = Markup('<p class="govuk-body">{}</p>').format(Markup("<br>").join(letter_lines(message)))
    parts = [block(part) for part in re.split(r"\n{2,}", message["body"].strip())]
    return Markup("").join([*([address] if letter else []), heading, *parts])


def block(part: str) -> Markup:
    """A paragraph, a heading or a list of Notify's Markdown."""
    lines = part.splitlines()
    if all(line.startswith("* ") for line in lines):
        items = Markup("").join(Markup("<li>{}</li>").format(line[2:]) for line in lines)
        return Markup('<ul class="govuk-list govuk-list--bullet">{}</ul>').format(items)
    if part.startswith("# "):
        return Markup('<h3 class="govuk-heading-s">{}</h3>').format(part[2:])
    return Markup('<p class="govuk-body">{}</p>').format(Markup("<br>").join(lines))


def letter_lines(message: Mapping[str, Any]) -> list[str]:
    return [message[name] for name in (f"line_{number}" for number in range(1, 8)) if message.get(name)]


def register(app: Flask) -> None:
    app.add_template_filter(as_read)
    app.add_template_filter(letter_lines)
    app.add_template_filter(notice_status)
    app.add_template_filter(NOTICES.__getitem__, "warning_status")
    app.add_template_filter(notify_instant)

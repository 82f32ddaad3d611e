"""Words for one-off payments and files of them: where they are, and why what somebody entered cannot be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from payouts.web.figures import pounds
from payouts.web.import_words import ROW_REASONS
from schemes.errors import Refused
from schemes.imports.entry import RowReason
from schemes.one_off_file import OneOffFileStatus
from schemes.one_off_payment import OneOffFault, OneOffRefused

FAULTS: dict[OneOffFault, str] = {
    OneOffFault.AMOUNT: "Enter an amount above £0.00, up to the scheme’s limit for one payment",
    OneOffFault.NO_SUCH_COMPONENT: "Choose something that the scheme pays",
    OneOffFault.NO_PERIOD: "Enter a day that lies in a period of the scheme",
    OneOffFault.TOO_FAR: "Enter an earlier day",
    OneOffFault.REASON_MISSING: "Say why it is paid",
    OneOffFault.PAYEE_NOT_SAID: "Enter the payee’s reference: nobody, or more than one person, is paid for them",
    OneOffFault.NOT_THEIR_PAYEE: "This payee has no mandate for the beneficiary on that day",
    OneOffFault.AWARD_PAYS_THIS: "An award pays this already. If more is to be paid besides it, say why",
    OneOffFault.ENTERED_ALREADY: "A payment of this was entered already, with another amount or payee",
    OneOffFault.NUMBER: "Enter which payment of this it is: 2 for the first further one, up to 999",
    OneOffFault.UNKNOWN_BENEFICIARY: "No beneficiary in the register has this reference",
    OneOffFault.UNKNOWN_PAYEE: "No payee in the register has this reference",
    OneOffFault.REPEATED: "Another row of the file is for the same thing. If both are right, number the further one",
    OneOffFault.NUMBER_NOT_SAID: "Enter which further payment it is, so that sending the file again changes nothing: 2 "
    "for the first",
    OneOffFault.FURTHER_WITHOUT_REASON: "Say why more is paid besides what is paid for this already",
}


def one_off_sentence(refused: OneOffRefused) -> str:
    limit = refused.facts.get("limit_pence")
    if refused.fault is OneOffFault.AMOUNT and isinstance(limit, int):
        return f"Enter an amount above £0.00 and up to {pounds(limit)}, the scheme’s limit for one payment"
    return FAULTS[refused.fault]


COLUMN_WORDS: dict[str, str] = {
    "reference": "The reference of the beneficiary, whose money it is",
    "amount": "Pounds and pence, like 120.50",
    "about": "A day of the period that it is for, like 2026-12-01 or 01/12/2026",
    "reason": "Why it is paid: the letter, form or decision that it goes by",
    "pay_from": "No payroll before this day pays it. If it is left out, the day that it is for",
    "component": "The code of what the scheme pays. If it is left out, the scheme’s first",
    "payee_reference": "The reference of whoever receives it, if several are paid for the beneficiary",
    "further_because": "Why it is paid besides what is paid for the same period already, such as an award",
    "sequence": "Which payment of this it is, from 2. Needed for a further payment",
}

# as a tag
FILE_STATUSES: dict[OneOffFileStatus, tuple[str, str]] = {
    OneOffFileStatus.READ: ("Read, nothing entered yet", "yellow"),
    OneOffFileStatus.ENTERED: ("Waits for a second person", "yellow"),
    OneOffFileStatus.CONFIRMED: ("Confirmed", "green"),
    OneOffFileStatus.REJECTED: ("Rejected", "grey"),
    OneOffFileStatus.DISCARDED: ("Discarded", "grey"),
}


def fault_sentence(fault: dict[str, str]) -> str:
    """What is wrong with a field of a row, with what stands there."""
    why = fault["reason"]
    told = FAULTS[OneOffFault(why)] if why in set(OneOffFault) else ". ".join(ROW_REASONS[RowReason(why)])
    found = f" (“{fault['found']}”)" if fault["found"] else ""
    return f"{fault['field'].replace('_', ' ').capitalize()}{found}: {told}"


TELLERS: dict[type[Refused], Callable[[Any], str]] = {OneOffRefused: one_off_sentence}


def register(app: Flask) -> None:
    app.add_template_filter(FILE_STATUSES.__getitem__, "one_off_file_status")
    app.add_template_filter(fault_sentence, "one_off_fault")

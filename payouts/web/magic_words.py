"""The sandbox's payees and accounts for every outcome, told from the lists that its simulators go by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from bacs.reports import ReturnReason
from payouts.confirmation.codes import TELLS_NAME, Code
from payouts.returns.reason import OF_ARUCS, OF_INPUT_LETTERS
from payouts.sandbox import notification
from payouts.sandbox.bank import fate
from payouts.sandbox.bank.fate import Fate
from payouts.sandbox.confirmation_names import ERROR, HELD_NAME, MAGIC_ACCOUNTS, MAGIC_SORT_CODE, TIMEOUT
from payouts.web.confirmation_words import CODES
from payouts.web.correction_words import correction_reason
from payouts.web.return_words import REASONS


class Magic(NamedTuple):
    """What somebody types, and what happens then."""

    typed: str
    happens: str


class Chapter(NamedTuple):
    """The outcomes of one simulator: what to do with what is typed, and what happens to everything else."""

    title: str
    about: str
    typed: str
    outcomes: tuple[Magic, ...]
    others: str


NOTICES = {
    notification.TEMPORARY_FAILURE: "It can’t be delivered for now, and Notify gives up trying",
    notification.PERMANENT_FAILURE: "It can’t be delivered: there is no such address or number",
}


def chapters() -> tuple[Chapter, ...]:
    """All that can be made to happen in a sandbox."""
    return (
        Chapter(
            "What becomes of a payment",
            f"Give a payee bank details with the sort code {written(fate.MAGIC_SORT_CODE)} and one of these account "
            "numbers. No bank has this sort code, so the money would reach nobody. Pay them, and let the bank’s days "
            "pass on the payroll’s page.",
            "Account number",
            (
                *(Magic(number, of_fate(*struck)) for number, struck in fate.MAGIC_ACCOUNTS.items()),
                Magic(fate.NOT_TO_BE_RECALLED, "Paid, and the bank refuses to ask it back"),
            ),
            "Payments to every other account arrive, but for those that whoever lets the first day pass asks to see "
            "returned.",
        ),
        Chapter(
            "What the payee’s bank says about a name",
            "Propose bank details for an account holder with one of these names: the last word decides, whatever "
            "stands before it. Then check the name.",
            "Account holder",
            (*of_names(), Magic(f"Jo {TIMEOUT}", "No answer comes"), Magic(f"Jo {ERROR}", "The bank is in trouble")),
            "Every other name matches its account.",
        ),
        Chapter(
            "The same by account",
            f"The sort code {written(MAGIC_SORT_CODE)} and one of these account numbers give the same answers, "
            "whatever the name.",
            "Account number",
            tuple(Magic(number, of_code(Code(code))) for number, code in MAGIC_ACCOUNTS.items()),
            "Every other account holds whatever name is asked for.",
        ),
        Chapter(
            "What becomes of a message",
            "Give a payee one of these email addresses or mobile numbers. They are GOV.UK Notify’s own for tests.",
            "Email address or mobile number",
            tuple(Magic(address, NOTICES[status]) for address, status in notification.MAGIC.items()),
            "Every other message is delivered, to the outbox and to nobody.",
        ),
    )


def of_fate(what: Fate, code: str) -> str:
    """What becomes of a credit, with the code that the bank gives for it."""
    match what:
        case Fate.RETURNED:
            return f"Returned: {lowered(REASONS[OF_ARUCS[ReturnReason(code)]][0])} (ARUCS {code})"
        case Fate.RETURNED_LATE:
            reason = lowered(REASONS[OF_ARUCS[ReturnReason(code)]][0])
            return f"Returned two working days after its day: {reason} (ARUCS {code})"
        case Fate.CORRECTED:
            return f"Paid, and the bank tells other bank details: {lowered(correction_reason(code))} (AWACS {code})"
        case Fate.REJECTED:
            reason = lowered(REASONS[OF_INPUT_LETTERS[code]][0])
            return f"Rejected on the day of input, so no money moves: {reason} (Input report {code})"
        case Fate.RECALLED:
            return f"Taken back on the day of input, so no money moves (Input report {code})"
        case Fate.AMENDED:
            return f"Paid, to bank details that Bacs amended on the day of input (Input report {code})"


def of_names() -> Iterator[Magic]:
    for code in CODES:
        if code is not Code.NO_ANSWER:
            yield Magic(f"Jo {code}", of_code(code))


def of_code(code: Code) -> str:
    """What the bank says, with the code of the scheme."""
    told = f". It tells the name: {HELD_NAME}" if code in TELLS_NAME else ""
    return f"{CODES[code].said}{told} ({code})"


def lowered(words: str) -> str:
    """Words that go on in the middle of a sentence."""
    return words[:1].lower() + words[1:]


def written(sort_code: str) -> str:
    return f"{sort_code[:2]}-{sort_code[2:4]}-{sort_code[4:]}"


def as_markdown() -> str:
    """The lists as a page of the documentation."""
    lines = [
        "# Payees and accounts for every outcome",
        "",
        "In a sandbox nothing reaches a bank or a person. What its simulators do instead is decided by what is typed,",
        "on the pages as through the API: whatever can happen to a payment can be made to happen to one. A sandbox",
        "body shows this page too, linked from the line at its top.",
    ]
    for chapter in chapters():
        rows = [f"| `{each.typed}` | {each.happens} |" for each in chapter.outcomes]
        lines += ["", f"## {chapter.title}", "", chapter.about, ""]
        lines += [f"| {chapter.typed} | what happens |", "| --- | --- |", *rows, "", chapter.others]
    return "\n".join(lines) + "\n"

"""Words for Confirmation of Payee: what the payee's bank said about a name, and what to do now."""

from __future__ import annotations

from typing import NamedTuple

from flask import Flask

from payouts.confirmation.codes import Code, Outcome
from payouts.confirmation.provider import AccountType, Silence
from payouts.web.figures import count
from schemes.name_policy import Meaning, NamePolicy

# words, colour of the tag
OUTCOMES: dict[Outcome, tuple[str, str]] = {
    Outcome.MATCH: ("Match", "green"),
    Outcome.CLOSE: ("Close match", "yellow"),
    Outcome.NO_MATCH: ("No match", "red"),
    Outcome.UNABLE: ("Can’t be checked", "grey"),
    Outcome.SWITCHED: ("Switched", "orange"),
}
NEVER_ASKED = "Not checked yet"


class Said(NamedTuple):
    """What the bank said, and what to do."""

    said: str
    to_do: str


CHECK_FIRST = "Ask the payee, on a contact that you have held for long"
OTHER_EVIDENCE = "Compare the bank details with a statement or a letter of the bank"

CODES: dict[Code, Said] = {
    Code.MATC: Said("The name matches this account", "Nothing to do"),
    Code.MBAM: Said(
        "The name is close to the one on the account",
        "Ask the payee which is right. If the bank’s is, propose the bank details with it and check again",
    ),
    Code.BANM: Said(
        "The name matches, but this is a business account",
        "Find out whether the payee is paid into a business’s account, and why",
    ),
    Code.PANM: Said(
        "The name matches, but this is a personal account",
        "A provider is mostly paid into a business account. Find out whose account this is",
    ),
    Code.BAMM: Said(
        "The name is close to the one on the account, and this is a business account",
        "Ask the payee for the name on the account, and whether it is a business’s",
    ),
    Code.PAMM: Said(
        "The name is close to the one on the account, and this is a personal account",
        "A provider is mostly paid into a business account. Find out whose account this is",
    ),
    Code.ANNM: Said(
        "The name does not match this account",
        f"{CHECK_FIRST}. If somebody else receives the money for them, find the mandate",
    ),
    Code.AC01: Said(
        "There is no such account", "Ask the payee for the number, and propose bank details that are right"
    ),
    Code.IVCR: Said(
        "The building society doesn’t know this roll number",
        "Ask the payee for the roll number, and propose bank details that are right",
    ),
    Code.ACNS: Said("This kind of account can’t be checked", OTHER_EVIDENCE),
    Code.OPTO: Said("The account holder does not let their name be checked", OTHER_EVIDENCE),
    Code.CASS: Said(
        "The account was switched to another bank", "Ask the payee for the new bank details, and propose them"
    ),
    Code.SCNS: Said("The bank does not check names for this sort code", OTHER_EVIDENCE),
    Code.NO_ANSWER: Said("The name could not be checked now", "Check it again later"),
}

SILENCES: dict[Silence, str] = {
    Silence.TIMED_OUT: "the bank did not answer in time",
    Silence.UNREACHABLE: "the connection was lost",
    Silence.BUSY: "too many names were checked at once",
    Silence.SERVER_ERROR: "there is a problem at the bank",
    Silence.REFUSED: "the question was refused",
    Silence.UNREADABLE: "the answer could not be read",
}

ACCOUNT_TYPES: dict[AccountType, str] = {
    AccountType.PERSONAL: "as a personal account",
    AccountType.BUSINESS: "as a business account",
}


# short for a table, in full for a choice
MEANINGS: dict[Meaning, tuple[str, str]] = {
    Meaning.ALLOW: ("Goes on", "Payments go on, with a note in the checks"),
    Meaning.REASON: ("Needs a reason", "A person says why it is right to pay"),
    Meaning.BLOCK: ("Stops", "Nobody confirms the bank details, and no payroll pays into them"),
}


def policy_rows(policy: NamePolicy) -> dict[str, str]:
    """A policy as rows of words."""
    return {
        "Close match": MEANINGS[policy.close][0],
        "No match": MEANINGS[policy.no_match][0],
        "Account switched": MEANINGS[policy.switched][0],
        "Can’t be checked": MEANINGS[policy.unable][0],
        "Not checked, or too long ago": MEANINGS[policy.not_asked][0],
        "Each change is checked by itself": "Yes" if policy.ask_on_entry else "No",
        "An answer counts for": count(policy.good_for_days, "day"),
        "A match confirms first bank details that a key proposes": "Yes" if policy.match_confirms else "No",
    }


def progress_words(done: int, total: int) -> str:
    return f"{count(done, 'name')} of {total:,} checked so far."


def outcome_name(outcome: Outcome | None) -> str:
    return OUTCOMES[outcome][0] if outcome else NEVER_ASKED


def register(app: Flask) -> None:
    app.add_template_filter(CODES.__getitem__, "confirmation_said")
    app.add_template_filter(OUTCOMES.__getitem__, "confirmation_outcome")
    app.add_template_filter(SILENCES.__getitem__, "silence")
    app.add_template_filter(ACCOUNT_TYPES.__getitem__, "account_type")

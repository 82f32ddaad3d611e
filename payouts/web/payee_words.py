"""Words for payees and their bank details: how details came, where a version is, what is wrong with what was typed."""

from __future__ import annotations

from flask import Flask

from schemes.account import CameBy, State, Stopped
from schemes.hold import HoldDate, HoldKind
from schemes.risk import Risk, RiskReason
from schemes.typed_details import DetailsFault

CAME_BY: dict[CameBy, str] = {
    CameBy.LETTER: "Letter",
    CameBy.FORM: "Form",
    CameBy.PHONE: "Phone",
    CameBy.EMAIL: "Email",
    CameBy.BANK: "The bank’s correction (AWACS)",
}

# words, colour of the tag
STATES: dict[State, tuple[str, str]] = {
    State.WAITING: ("Not confirmed", "yellow"),
    State.REJECTED: ("Rejected", "grey"),
    State.COOLING_OFF: ("Cooling off", "blue"),
    State.HELD: ("Held", "orange"),
    State.IN_USE: ("In use", "green"),
    State.REPLACED: ("Replaced", "grey"),
    State.CLOSED: ("Account closed", "red"),
    State.COMPROMISED: ("Compromised", "red"),
    State.RETURNED: ("A payment came back", "red"),
}

STOPS: dict[Stopped, tuple[str, str]] = {
    Stopped.CLOSED: ("The account is closed", "The bank or the payee said so"),
    Stopped.COMPROMISED: ("The account is compromised", "Somebody else has, or may have, control of it"),
    Stopped.RETURNED: ("A payment came back", "The bank could not pay into this account"),
}

DETAILS_FAULTS: dict[DetailsFault, str] = {
    DetailsFault.HOLDER_NAME: "Enter the name on the account as the bank knows it, in letters from A to Z",
    DetailsFault.SORT_CODE: "Enter a sort code of 6 digits, like 309430",
    DetailsFault.ACCOUNT_NUMBER: "Enter an account number of 6 to 8 digits",
    DetailsFault.BANK_UNKNOWN: "Enter the 8 digits of the account number. They stand on the payee’s bank statement",
    DetailsFault.ROLL_NUMBER: "Enter the roll number as it stands in the building society’s letter",
    DetailsFault.MODULUS: (
        "The sort code and account number don’t fit together: a digit is wrong. Ask the payee to read both numbers "
        "from their bank card or statement"
    ),
}

# words, colour of the tag
RISKS: dict[Risk, tuple[str, str]] = {
    Risk.FIRST: ("First bank details", "grey"),
    Risk.ORDINARY: ("Ordinary change", "blue"),
    Risk.HIGH: ("High risk", "red"),
}

RISK_REASONS: dict[RiskReason, str] = {
    RiskReason.CAME_BY_EMAIL: "They came by email, and anybody can write from somebody else’s address",
    RiskReason.CAME_BY_PHONE: "They came by phone, and we did not make the call",
    RiskReason.ACCOUNT_OF_ANOTHER_PAYEE: "Another payee has, or had, the same account",
    RiskReason.ACCOUNT_COMPROMISED: "This account was marked as compromised before",
    RiskReason.SAFE_CONTACT_CHANGED: "By which contacts the payee may be reached was changed in the last 30 days",
    RiskReason.CONTACT_CHANGED: "A contact of the payee was added or ended in the last 30 days",
    RiskReason.CHANGED_LATELY: "The bank details were changed in the last 30 days already",
    RiskReason.REJECTED_LATELY: "A change of these bank details was rejected in the last 30 days",
    RiskReason.NAME_NO_MATCH: "The payee’s bank says that the name does not match, or that there is no such account",
    RiskReason.NAME_CANNOT_BE_CHECKED: "The payee’s bank can’t check the name",
    RiskReason.ACCOUNT_SWITCHED: "The payee’s bank says that the account was switched to another bank",
}

# words, colour of the tag
HOLDS: dict[HoldKind, tuple[str, str]] = {
    HoldKind.DECEASED: ("Has died", "grey"),
    HoldKind.CLOSED: ("Closed", "grey"),
    HoldKind.RESTRICTED: ("Restricted", "grey"),
    HoldKind.ON_HOLD: ("On hold", "orange"),
}

HOLD_CHOICES: dict[HoldKind, tuple[str, str]] = {
    HoldKind.ON_HOLD: ("Something has to be looked into", "Payments go on once a second person lifts the hold"),
    HoldKind.DECEASED: ("They have died", "Nobody writes to a payee who has died"),
    HoldKind.CLOSED: ("They left, or no longer need payments", "For good, as far as anybody knows"),
    HoldKind.RESTRICTED: (
        "Their record has to be kept, and may be used for nothing",
        "For data protection. The payee stands in no list and no search until a second person ends it",
    ),
}

HOLD_DATES: dict[HoldDate, str] = {
    HoldDate.IN_THE_FUTURE: "Enter today or an earlier day",
    HoldDate.REVIEW_MISSING: "Enter the day on which somebody looks at the hold again",
    HoldDate.REVIEW_PAST: "Enter a day after today",
}


def register(app: Flask) -> None:
    app.add_template_filter(lambda came_by: CAME_BY[came_by] if came_by else "A file of payees", "came_by")
    app.add_template_filter(STATES.__getitem__, "account_state")
    app.add_template_filter(RISKS.__getitem__, "risk")
    app.add_template_filter(RISK_REASONS.__getitem__, "risk_reason")
    app.add_template_filter(HOLDS.__getitem__, "hold_kind")

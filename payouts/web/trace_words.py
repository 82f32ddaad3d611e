"""Words for traces: what somebody says of a payment, what comes next, and the letter to the bank."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from flask import Flask

from bacs.account import format_sort_code
from payouts.files.payment_file import PaymentFile
from payouts.payroll import Payroll
from payouts.returns.trace import (
    PayeeTold,
    SaidAccount,
    StepKind,
    ToldBy,
    TraceOutcome,
    TraceStage,
    TraceWhy,
)
from payouts.returns.tracing import BankAnswer, NotDueYet
from payouts.web.figures import day, pounds
from schemes.account import BankDetails
from schemes.bank_profile import BankProfile
from schemes.errors import Refused

WHYS: dict[TraceWhy, str] = {
    TraceWhy.NOT_ARRIVED: "It has not arrived",
    TraceWhy.WRONG_ACCOUNT: "It went to a wrong account",
}
TOLD_BY: dict[ToldBy, str] = {
    ToldBy.PAYEE: "The payee",
    ToldBy.BENEFICIARY: "The person whose money it is",
    ToldBy.ON_THEIR_BEHALF: "Somebody on their behalf",
    ToldBy.WHO_GOT_IT: "Somebody who got the money",
    ToldBy.BANK: "The bank",
    ToldBy.STAFF: "Somebody who works here",
}
# words, colour of the tag
STAGES: dict[TraceStage, tuple[str, str]] = {
    TraceStage.COMPARE: ("Compare the accounts", "yellow"),
    TraceStage.ASK_BANK: ("Ask the bank", "yellow"),
    TraceStage.WITH_BANK: ("The bank is looking", "blue"),
    TraceStage.RECOVERING: ("The bank asks for it back", "blue"),
    TraceStage.COMING_BACK: ("Coming back", "yellow"),
    TraceStage.CLOSED: ("Closed", "grey"),
}
# what it comes to, and what that means
SAID: dict[SaidAccount, tuple[str, str]] = {
    SaidAccount.SAME_AS_PAID: (
        "The account that was paid",
        "The payee’s account is the one that it was sent to, so only the bank can say where it is",
    ),
    SaidAccount.SAME_AS_HELD: (
        "The account held now, not the one that was paid",
        "The bank details were changed after this payment was built. The bank has to ask for it back",
    ),
    SaidAccount.OTHER: (
        "Neither the account that was paid nor the one held now",
        "The bank details held are wrong: stop the account, propose the right ones, and have the bank ask for it back",
    ),
    SaidAccount.NOT_SAID: ("They could not say", "Ask the bank whose account it went to"),
}
OUTCOMES: dict[TraceOutcome, str] = {
    TraceOutcome.CREDITED: "It is in the account that it was sent to, says the bank",
    TraceOutcome.CAME_BACK: "It came back",
    TraceOutcome.NOT_RECOVERED: "Whoever has it does not give it back",
    TraceOutcome.FOUND: "It was there after all",
}
STEPS: dict[StepKind, str] = {
    StepKind.OPENED: "Opened",
    StepKind.COMPARED: "The accounts were compared",
    StepKind.ASKED: "The bank was asked",
    StepKind.CREDITED: "The bank says that it is in the account",
    StepKind.RETURNED: "The bank says that it sent it back",
    StepKind.MISDIRECTED: "The bank says that it is in another account, and asks for it back",
    StepKind.RECOVERED: "The bank says that it got it back",
    StepKind.REFUSED: "Whoever has it does not give it back",
    StepKind.FOUND: "Found, or looked for no longer",
    StepKind.CAME_BACK: "It came back",
    StepKind.REMINDED: "It is late: those who work on it were reminded",
}
PAYEE_TOLD: dict[PayeeTold, str] = {
    PayeeTold.TOLD: "The payee was written to",
    PayeeTold.HELD_BACK: "The payee was not written to: payments are stopped, or somebody has died",
    PayeeTold.NO_ADDRESS: "The payee was not written to: there is no address to reach them at. Ring or write yourself",
    PayeeTold.NOT_SET_UP: "The payee was not written to: messages are not set up. Ring or write yourself",
}
# what somebody chooses, and what follows
ANSWERS: dict[BankAnswer, tuple[str, str]] = {
    BankAnswer.CREDITED: ("It is in the account", "The payee is asked to look again, and this is closed"),
    BankAnswer.RETURNED: ("It was sent back", "Someone else confirms that it came back. Then it can be paid again"),
    BankAnswer.MISDIRECTED: ("It is in somebody else’s account", "The bank asks them for it"),
    BankAnswer.RECOVERED: ("They gave it back", "Someone else confirms that it came back. Then it can be paid again"),
    BankAnswer.REFUSED: (
        "They do not give it back",
        "It stays paid, and this is closed. A payment in its place is a one-off payment, with its own reason",
    ),
}
ACTS: dict[str, str] = {
    "trace.opened": "Began to look for a payment that has not arrived",
    "trace.assigned": "Took on the search for a payment",
    "trace.compared": "Compared the account paid with what the payee says",
    "trace.asked": "Recorded that the bank was asked where a payment is",
    "trace.credited": "Recorded that the bank says a payment is in the account",
    "trace.returned": "Recorded that the bank says a payment was sent back",
    "trace.misdirected": "Recorded that a payment is in somebody else’s account",
    "trace.recovered": "Recorded that the bank got a payment back",
    "trace.refused": "Recorded that whoever has a payment does not give it back",
    "trace.found": "Looked for a payment no longer",
    "trace.reminded": "Reminded of a search for a payment that is late",
    "trace.came_back": "Found a payment that was looked for: it came back",
}
TELLERS: dict[type[Refused], Callable[[Any], str]] = {
    NotDueYet: lambda refused: f"It is paid on {day(refused.pay_date)}. Nobody has it before that day",
}


def account_in_full(details: BankDetails) -> str:
    """As people write it: `20-00-00 55779911`."""
    written = f"{format_sort_code(details.sort_code)} {details.account_number}"
    return f"{written}, roll number {details.roll_number}" if details.roll_number else written


class Letter(NamedTuple):
    """What to write to the bank: sentences, and the facts by which it finds the payment."""

    sentences: Sequence[str]
    facts: Sequence[tuple[str, str]]


def letter(
    payroll: Payroll,
    file: PaymentFile | None,
    profile: BankProfile,
    credit: tuple[str, int],
    *,
    holder_name: str,
    account: str,
    misdirected: bool,
) -> Letter:
    """The letter that asks where a payment is, or for it back.

    credit: reference and pence by which the bank knows it. account: as much of it as whoever reads may see.
    """
    if misdirected:
        sentences = [
            "The payment below went to an account that is not the payee’s.",
            "Please ask the receiving bank for it back (Credit Payment Recovery), and confirm to us that you have.",
            "Tell us when the money is back, or that the account holder refuses.",
        ]
    else:
        sentences = [
            "The payee says that the payment below has not arrived.",
            "Please find out whether it was applied, to which account and when, or whether it was returned.",
        ]
    serial = f"{file.serial:06d}" if file is not None else "not known"
    return Letter(
        sentences,
        [
            ("Service user number", f"{profile.service_user_number} ({profile.service_user_name})"),
            ("Submission serial number", serial),
            ("Processing day", day(payroll.processing_day)),
            ("Entry day", day(payroll.pay_date)),
            ("Amount", pounds(credit[1])),
            ("Reference", credit[0]),
            ("Account holder", holder_name),
            ("Account", account),
        ],
    )


def register(app: Flask) -> None:
    app.add_template_filter(WHYS.__getitem__, "trace_why")
    app.add_template_filter(TOLD_BY.__getitem__, "told_by")
    app.add_template_filter(STAGES.__getitem__, "trace_stage")
    app.add_template_filter(SAID.__getitem__, "said_account")
    app.add_template_filter(OUTCOMES.__getitem__, "trace_outcome")
    app.add_template_filter(STEPS.__getitem__, "trace_step")
    app.add_template_filter(PAYEE_TOLD.__getitem__, "payee_told")
    app.add_template_filter(account_in_full)

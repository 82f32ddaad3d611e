"""Words for what the bank sends: which file it is, what became of it, what its lines say, and why one waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from payouts.responses.by_hand import NotAtTheBank, OtherAmount
from payouts.responses.file_word import FileSays
from payouts.responses.line import Says
from payouts.responses.response import Response, ResponseFault, ResponseKind, ResponseStatus
from payouts.responses.suspense import SuspenseStatus
from payouts.web import trace_words
from payouts.web.figures import pounds
from schemes.errors import Refused
from schemes.openpgp import Signature

KINDS: dict[ResponseKind, str] = {
    ResponseKind.ARRIVAL: "Arrival report",
    ResponseKind.INPUT: "Input report",
    ResponseKind.WITHDRAWAL: "Withdrawal report",
    ResponseKind.ARUCS: "Returned credits (ARUCS)",
    ResponseKind.AWACS: "Corrected accounts (AWACS)",
    ResponseKind.PAYMENT_STATUS: "Payment status (pain.002)",
    ResponseKind.NOTIFICATION: "Notification (camt.054)",
    ResponseKind.STATEMENT: "Statement (camt.053)",
    ResponseKind.UNKNOWN: "Not known yet",
}

# words, colour of the tag
STATUSES: dict[ResponseStatus, tuple[str, str]] = {
    ResponseStatus.WAITING: ("Being read", "blue"),
    ResponseStatus.APPLYING: ("Being matched", "blue"),
    ResponseStatus.READ: ("Read", "green"),
    ResponseStatus.REFUSED: ("Refused", "red"),
    ResponseStatus.QUARANTINED: ("Could not be read", "red"),
}

FAULTS: dict[ResponseFault, str] = {
    ResponseFault.UNREADABLE: "The file can’t be read to its end. Download it again, as XML",
    ResponseFault.HOSTILE: "The file contains instructions that no bank sends, so it was not read. Find out where it "
    "came from, and tell the people who run the service",
    ResponseFault.EMPTY: "The file is empty. Download it again",
    ResponseFault.NOT_A_RESPONSE: "This is none of the files that a bank or Bacs sends about payments. Choose an "
    "Arrival, Input or Withdrawal report, ARUCS, AWACS, pain.002, camt.053 or camt.054, as XML",
    ResponseFault.OF_DIRECT_DEBIT: "This report is for collecting Direct Debits. It says nothing of payments",
    ResponseFault.ANOTHER_SERVICE_USER: "The report is for a service user number that is not your body’s. "
    "Ask your bank or bureau why you got it",
    ResponseFault.ANOTHER_ACCOUNT: "The file is about an account that your body does not pay from. "
    "Ask your bank why you got it",
    ResponseFault.WRONG_TOTALS: "The report’s totals are not what its payments come to, so nothing was taken from it: "
    "something is missing or was changed. Fetch it from the bank again",
    ResponseFault.ENCRYPTED: "The file is encrypted, and none of your body’s OpenPGP keys opens it. Ask the bank to "
    "encrypt it to the body’s certificate, which stands with the account’s connection, or send it as it is",
    ResponseFault.NOT_SIGNED: "Your body believes only answers that the bank signed, and this one does not bear the "
    "signature of the bank’s key. Ask the bank whether it sent it. If it did, it can sign it, or you can download it "
    "from the bank’s site and send it here yourself",
    ResponseFault.SIGNATURE_BROKEN: "The file bears a signature in the bank’s name that is not good: what was signed "
    "has been changed, or the bank’s key does not count any more. Ask the bank, by a way that you know, whether it "
    "sent it",
    ResponseFault.TEST: "The report is marked as a test. Send the real one",
}

# what a line says of a payment, colour of the tag
SAYS: dict[Says, tuple[str, str]] = {
    Says.TAKEN: ("Taken", "green"),
    Says.AMENDED: ("Paid to amended details", "yellow"),
    Says.PAID: ("Paid", "green"),
    Says.REJECTED: ("Not taken", "red"),
    Says.RECALLED: ("Taken back", "orange"),
    Says.RETURNED: ("Came back", "red"),
    Says.UNCLEAR: ("Not clear", "grey"),
}

# what is known of a file
FILE_SAYS: dict[FileSays, str] = {
    FileSays.ARRIVED: "Bacs or the bank has it",
    FileSays.AGREES: "Taken, and the figures agree",
    FileSays.DIFFERS: "Taken, but the figures are not ours",
    FileSays.REJECTED: "Refused",
    FileSays.WITHDRAWN: "Withdrawn",
    FileSays.CONTRA: "The account was debited",
}

# words, colour of the tag
SUSPENSE: dict[SuspenseStatus, tuple[str, str]] = {
    SuspenseStatus.WAITING: ("Waiting", "yellow"),
    SuspenseStatus.PROPOSED: ("Waits for a second person", "yellow"),
    SuspenseStatus.MATCHED: ("Matched by hand", "green"),
    SuspenseStatus.SET_ASIDE: ("Not ours", "grey"),
    SuspenseStatus.FOUND: ("Matched by a later file", "green"),
}

# of the audit trail
ACTS: dict[str, str] = {
    "response.received": "Sent a file from the bank",
    "response.read": "Read a file from the bank ({kind}: {lines} lines, without a payment: {suspense})",
    "response.believed": "A file from the bank that had no good signature came again, and was read",
    "response.taken_out": "Took out a file from the bank",
    "response.refused": "Refused a file from the bank ({fault})",
    "response.quarantined": "Kept a file from the bank that could not be read ({fault})",
    "suspense.proposed": "Said what a line of the bank is about",
    "suspense.matched": "Confirmed what a line of the bank is about",
    "suspense.set_aside": "Confirmed that a line of the bank is about no payment of ours",
    "suspense.let_wait": "Let a line of the bank wait again",
    "return.told": "Recorded that a payment came back ({why})",
    "return.told_confirmed": "Confirmed that a payment came back",
    "return.told_rejected": "Took back that a payment came back",
    "returns.reissued": "Paid again what had come back ({payments} payments)",
    "return.outcome_proposed": "Proposed what becomes of a returned payment ({outcome})",
    "return.outcome_confirmed": "Confirmed what becomes of a returned payment ({outcome})",
    "return.outcome_rejected": "Rejected what was proposed for a returned payment ({outcome})",
    "recall.requested": "Asked the bank to take a file or a payment back",
    "recall.refused": "Recorded that the bank refused a recall",
    **trace_words.ACTS,
    "return.assigned": "Took on a payment that came back",
    "payroll.accepted": "The bank took the files",
    "payroll.closed": "Closed the payroll",
    "payroll.rejected": "The bank took none of the files",
    "payroll.contra_recorded": "Recorded that the account was debited",
}

TELLERS: dict[type[Refused], Callable[[Any], str]] = {
    NotAtTheBank: lambda _: "The bank can’t mean this payment: it was never released",
    OtherAmount: lambda refused: (
        f"The bank says {pounds(refused.line_pence)}, and this payment went to it as {pounds(refused.credit_pence)}, "
        "so it is another one"
    ),
}


def signature_words(response: Response) -> str | None:
    """Who wrote a file, as far as its signature proves it; None of one that came as it is, where nobody asked."""
    if response.signature is None:
        return "It came without one" if response.must_be_signed else None
    return {
        Signature.NONE: "Not signed",
        Signature.VERIFIED: f"Signed by the bank’s key {response.signed_by}, verified",
        Signature.UNKNOWN: f"Signed by a key that your body has not entered, {response.signed_by}: it proves nothing",
        Signature.UNCHECKED: "In a compressed message, in which it can’t be checked: it proves nothing. Ask the bank "
        "to send its answers without compression",
        Signature.BROKEN: f"In the name of the bank’s key {response.signed_by}, and not good",
    }[response.signature]


def register(app: Flask) -> None:
    app.add_template_filter(signature_words, "response_signature")
    app.add_template_filter(KINDS.__getitem__, "response_kind")
    app.add_template_filter(STATUSES.__getitem__, "response_status")
    app.add_template_filter(FAULTS.__getitem__, "response_fault")
    app.add_template_filter(SAYS.__getitem__, "line_says")
    app.add_template_filter(FILE_SAYS.__getitem__, "file_says")
    app.add_template_filter(SUSPENSE.__getitem__, "suspense_status")

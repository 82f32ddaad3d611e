"""Words for what happened: each refusal, reason and status in a plain sentence that says what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from flask import Flask

from payouts.cancelling import CancelReasonMissing
from payouts.channels.download import BytesDiffer
from payouts.channels.release import ReleaseRefused, TooLate
from payouts.channels.submission import NoFileChosen, NotDownloaded, SubmissionReferenceMissing, SubmittedWhen
from payouts.checks.acceptance import OneByOne, ReasonMissing
from payouts.confirmation.meaning import AnswerNeedsReason, BlockedByAnswer
from payouts.confirmation.provider import ConfirmationNotSetUp
from payouts.files.file_check import NotAPaymentFile
from payouts.files.sealing import FindingsOpen, PaymentsStopped
from payouts.gates.attachment import EvidenceNeeded
from payouts.gates.deciding import DecisionRefused, GateNotReached, ManifestChanged, ReasonNeeded
from payouts.machine_time import ClockWrong
from payouts.payroll import PayDateRefused, PeriodsOverlap
from payouts.reports.period import DaysRefused
from payouts.responses.correction_file import ReportRefused
from payouts.subject_access import PersonErased
from payouts.web import (
    api_key_words,
    bank_profile_words,
    body_words,
    channel_words,
    claim_words,
    deadline_words,
    difference_words,
    duplicate_words,
    duty_words,
    export_words,
    file_words,
    first_payroll_words,
    gate_words,
    going_live_words,
    ledger_words,
    looking_back_words,
    notice_words,
    notify_words,
    one_off_words,
    parallel_run_words,
    passkey_words,
    payroll_words,
    people_words,
    promotion_words,
    response_words,
    retention_words,
    return_words,
    statement_words,
    trace_words,
    webhook_words,
)
from payouts.web.award_words import AWARD_DAYS, SUSPENSION_DAYS
from payouts.web.correction_words import REPORT_FAULTS
from payouts.web.figures import count, day, instant
from payouts.web.file_words import file_sentence, listed
from payouts.web.gate_words import BARS, part_words
from payouts.web.payee_words import DETAILS_FAULTS, HOLD_DATES
from payouts.web.payroll_words import pay_date_sentence
from payouts.web.people_words import ROLES
from payouts.web.register_words import register_sentence
from payouts.web.scheme_words import scheme_sentence
from schemes.award import AwardDayRefused, AwardThere
from schemes.bank_details import ChangeHeld, ProposalWaiting, SameDetails
from schemes.bank_profile_change import AccountNotSeen
from schemes.call_back import CallBackNeeded, ContactTooNew
from schemes.change import ChangedSince, ChangeWaiting, NothingToChange
from schemes.contact import ContactKnown
from schemes.contact_value import ContactRefused
from schemes.cooling_off import HighRiskSooner
from schemes.errors import (
    FieldsRefused,
    FileRefused,
    NotAllowed,
    NotNow,
    OutOfRange,
    PasswordTooShort,
    ReasonNotGiven,
    Refused,
    SamePerson,
)
from schemes.hold import HoldDateRefused
from schemes.mandate import MandateRefused
from schemes.name_policy import MatchNeedsAsking
from schemes.note import NoteEmpty
from schemes.older_copy import OlderCopy
from schemes.payee import Capacity
from schemes.payee_details import PersonRefused
from schemes.period import NoPeriod
from schemes.person import Actor, Role
from schemes.recovery import RecoveryThere
from schemes.scheme import CodeTaken
from schemes.scheme_change import FromDayRefused
from schemes.suspension import SuspensionDayRefused
from schemes.typed_details import DetailsRefused
from schemes.write_off import WriteOffThere

CAPACITIES: dict[Capacity, str] = {
    Capacity.SELF: "The person themselves",
    Capacity.APPOINTEE: "Their appointee",
    Capacity.DEPUTY: "Their deputy",
    Capacity.PARENT: "Their parent",
    Capacity.PROVIDER: "Their care provider",
    Capacity.LANDLORD: "Their landlord",
    Capacity.EXECUTOR: "Executor of their estate",
    Capacity.ESTATE_ADMINISTRATOR: "Administrator of their estate",
}

WRONG_CODE = "The code is wrong, too old or was used already. Wait for the next one and enter that"
WRONG_SIGN_IN = "Check your email address, password and code. One of them is wrong, or the code was used already"


def role_names(roles: Iterable[Role]) -> str:
    """`approver, releaser`: in the order of a payroll's way, not of the alphabet."""
    held = set(roles)
    return ", ".join(name for role, name in ROLES.items() if role in held)


def a_person_with(roles: Iterable[str]) -> str:
    """`an approver or a releaser`."""
    names = [ROLES[Role(role)] for role in roles]
    return " or ".join(f"{'an' if name[0] in 'aeiou' else 'a'} {name}" for name in names)


def sentence(refusal: Refused) -> str:
    """What an operation refused, as the error of a form."""
    match refusal:
        case SamePerson():
            return f"You {refusal.did}, so someone else must do this"
        case NotAllowed():
            return f"This needs {a_person_with(refusal.role.split(' or '))}"
        case NotNow():
            act = ACTS.get(refusal.act, refusal.act.replace("_", " "))
            return f"This {refusal.kind} is {refusal.state.replace('_', ' ')}, so it can’t be {act} now"
        case FileRefused():
            return file_sentence(refusal.fault, refusal.facts)
        case PayDateRefused():
            return pay_date_sentence(refusal)
        case PasswordTooShort():
            return f"Use at least {refusal.least} characters"
        case ReasonNotGiven():
            return f"Say why you {refusal.act}"
        case OutOfRange():
            return f"Enter a number from {refusal.least} to {refusal.most}"
        case FieldsRefused() | NoPeriod() | CodeTaken() | FromDayRefused() | PeriodsOverlap():
            return scheme_sentence(refusal)
        case DetailsRefused():
            return DETAILS_FAULTS[refusal.fault]
        case PersonRefused() | MandateRefused() | ContactRefused():
            return register_sentence(refusal)
        case ReportRefused():
            return REPORT_FAULTS[refusal.fault]
        case HoldDateRefused():
            return HOLD_DATES[refusal.why]
        case AwardDayRefused():
            return AWARD_DAYS[refusal.why]
        case SuspensionDayRefused():
            return SUSPENSION_DAYS[refusal.why]
        case ContactTooNew():
            return f"Call on a contact that you have held since {day(refusal.latest)} or longer"
        case PaymentsStopped():
            return f"{count(refusal.count, 'payment')} may not be made any more. Build the payroll again"
        case FindingsOpen():
            return f"{count(refusal.count, 'finding is', 'findings are')} still open. Settle them first"
        case GateNotReached():
            return f"The gate {refusal.first} comes first"
        case EvidenceNeeded():
            return f"Enter the evidence: {refusal.asked}"
        case DecisionRefused():
            return BARS[refusal.why]
        case TooLate():
            return f"It is too late: the files had to be sent by {instant(refusal.deadline)}. Move the pay date"
        case ReleaseRefused():
            changed = listed([part_words(name) for name in refusal.differences])
            return f"Nothing was released, because something is not as it was approved: {changed}. Say no-go"
    teller = TELLERS.get(type(refusal))
    if teller is not None:
        return teller(refusal)
    return SENTENCES.get(type(refusal), "This could not be done. Load the page again to see what has changed")


# the refusals of a room whose words stand in a module of its own
TELLERS: dict[type[Refused], Callable[[Any], str]] = {
    **api_key_words.TELLERS,
    **webhook_words.TELLERS,
    **bank_profile_words.TELLERS,
    **body_words.TELLERS,
    **channel_words.TELLERS,
    **claim_words.TELLERS,
    **deadline_words.TELLERS,
    **difference_words.TELLERS,
    **duplicate_words.TELLERS,
    **duty_words.TELLERS,
    **file_words.TELLERS,
    **first_payroll_words.TELLERS,
    **gate_words.TELLERS,
    **export_words.TELLERS,
    **going_live_words.TELLERS,
    **promotion_words.TELLERS,
    **ledger_words.TELLERS,
    **looking_back_words.TELLERS,
    **notice_words.TELLERS,
    **notify_words.TELLERS,
    **statement_words.TELLERS,
    **one_off_words.TELLERS,
    **parallel_run_words.TELLERS,
    **passkey_words.TELLERS,
    **payroll_words.TELLERS,
    **people_words.TELLERS,
    **response_words.TELLERS,
    **return_words.TELLERS,
    **trace_words.TELLERS,
    **retention_words.TELLERS,
}

SENTENCES: dict[type[Refused], str] = {
    ChangeHeld: "The payee said that this change was not theirs. Somebody has to look into it first",
    DaysRefused: "The last pay date must be on or after the first, and at most five years after it",
    PersonErased: "This payee was erased, so nothing personal is held about them any more",
    BlockedByAnswer: "By your body’s rules nobody uses bank details about which the bank said this. Reject them",
    AnswerNeedsReason: "Say why the bank details are right, whatever the bank said about the name",
    ReasonMissing: "Say why it is right to pay",
    OneByOne: "Findings of this kind are accepted one by one. Look at each, and say why it is right",
    ReasonNeeded: "Say why it is a no-go",
    ManifestChanged: "The payroll changed while you read this page. Look at it again before you decide",
    NotAPaymentFile: "This file can’t be read as payments, so it is not the approved one. Choose a payment file",
    NoFileChosen: "Choose the files that were sent",
    NotDownloaded: "Download every file first. A file that nobody took can’t have been submitted",
    BytesDiffer: "This file does not have the bytes that were approved, so nobody gets it. Tell the people who run the "
    "service",
    SubmittedWhen: "Enter a time between the download of the files and now",
    SubmissionReferenceMissing: "Enter the reference of the submission",
    ClockWrong: (
        "The clocks of the service and of its database disagree, so nothing can be decided until one is put right. "
        "Tell the people who run the service"
    ),
    OlderCopy: "The service was restored from a backup, so nothing is decided or given out until the people who run "
    "it know what the bank has already. Ask them",
    CancelReasonMissing: "Say why you cancel it",
    CallBackNeeded: "Call the payee back first, and enter who you spoke to and on which contact",
    ProposalWaiting: "A change of this payee’s bank details waits already. It has to be confirmed or rejected first",
    ConfirmationNotSetUp: "Nobody is set up to ask banks about names. Tell the people who run the service",
    NoteEmpty: "Write the note",
    ContactKnown: "This payee has this contact already",
    MatchNeedsAsking: "A match can only confirm where each change is checked with the bank when it is proposed",
    HighRiskSooner: "Risky changes can’t be used sooner than others. Enter at least as many days for them",
    AccountNotSeen: "Look at the whole account number first: the last four digits tell no two accounts apart",
    WriteOffThere: "The end of a recovery, or a write-off, waits already. It has to be confirmed or rejected first",
    RecoveryThere: "A recovery from this award waits already. It has to be confirmed or rejected first",
    AwardThere: "They have an award of this already. Change that one instead",
    SameDetails: "These are the bank details in use, so there is nothing to change",
    ChangeWaiting: "A change of this waits already. It has to be confirmed or rejected first",
    NothingToChange: "This is how it is now, so there is nothing to change",
    ChangedSince: "What this would change is different by now. Reject it, and propose the change again",
}

# the names of moves, as something that is done
ACTS: dict[str, str] = {
    "landing": "kept",
    "landed": "written into the register",
    "building": "built again",
    "sealing": "given its files",
    "checked": "returned to its preparer",
}


def holds(actor: Actor, *roles: str, scheme: UUID | None = None) -> bool:
    """Whether a person holds one of the roles, in a scheme where one is given: only they are shown the button."""
    return any(actor.holds(Role(role), scheme) for role in roles)


def register(app: Flask) -> None:
    app.add_template_filter(role_names)
    app.add_template_filter(holds)
    app.add_template_filter(listed)
    app.add_template_filter(CAPACITIES.__getitem__, "capacity")
    app.add_template_filter(a_person_with)
    app.add_template_global(count, "count")

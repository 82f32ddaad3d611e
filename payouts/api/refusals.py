"""What an operation refused, as a problem of the API: its kind, and the field to put right where there is one."""

from __future__ import annotations

from payouts.api.problem import Refusal, invalid
from payouts.machine_time import ClockWrong
from payouts.subject_access import PersonErased
from payouts.web.field_words import fault_sentence
from payouts.web.words import sentence
from payouts.webhooks.address import AddressRefused
from payouts.webhooks.webhook import WebhookFault, WebhookRefused
from schemes.award import AwardDayRefused, AwardThere
from schemes.bank_details import ChangeHeld, ProposalWaiting, SameDetails
from schemes.change import ChangedSince, ChangeWaiting, NothingToChange
from schemes.contact import ContactKnown
from schemes.contact_value import ContactRefused
from schemes.errors import (
    FieldsRefused,
    NotAllowed,
    NotFound,
    NotNow,
    OutOfRange,
    ReasonNotGiven,
    Refused,
    SamePerson,
)
from schemes.hold import HoldDate, HoldDateRefused
from schemes.imports.register_import import NotWhole
from schemes.mandate import MandateRefused
from schemes.note import NoteEmpty
from schemes.older_copy import OlderCopy
from schemes.one_off_payment import OneOffFault, OneOffRefused
from schemes.payee_details import PersonFault, PersonRefused
from schemes.period import NoPeriod
from schemes.suspension import SuspensionDayRefused
from schemes.typed_details import DetailsRefused

KINDS: dict[type[Refused], str] = {
    NotAllowed: "not-allowed",
    SamePerson: "not-allowed",
    NotFound: "not-found",
    AwardThere: "already-there",
    ContactKnown: "already-there",
    ProposalWaiting: "waiting-already",
    ChangeWaiting: "waiting-already",
    SameDetails: "nothing-to-change",
    NothingToChange: "nothing-to-change",
    NotNow: "not-now",
    NotWhole: "not-now",
    ChangeHeld: "not-now",
    ChangedSince: "changed-since",
    PersonErased: "erased",
    ClockWrong: "unavailable",
    OlderCopy: "unavailable",
}

# where the field has the same name in every body that it stands in
FIELDS: dict[type[Refused], str] = {
    AddressRefused: "url",
    AwardDayRefused: "last_day",
    SuspensionDayRefused: "from_day",
    ContactRefused: "contacts",
    HoldDateRefused: "since",
    ReasonNotGiven: "reason",
    NoPeriod: "first_day",
    NoteEmpty: "text",
    OutOfRange: "",
}


def problem_of(refused: Refused) -> Refusal:
    """The problem that tells a refusal."""
    match refused:
        case NotFound():
            return Refusal("not-found", f"There is no {refused.kind} of this id or reference here.")
        case FieldsRefused():
            errors = [
                {"pointer": f"#/{'/'.join(place(fault.field))}", "detail": fault_sentence(fault)}
                for fault in refused.faults
            ]
            return Refusal("invalid", errors=errors)
        case PersonRefused() if refused.fault is PersonFault.REFERENCE_TAKEN:
            return Refusal("already-there", sentence(refused))
        case HoldDateRefused() if refused.why is not HoldDate.IN_THE_FUTURE:
            return invalid("review_on", sentence(refused))
        case OneOffRefused() if refused.fault is OneOffFault.ENTERED_ALREADY:
            return Refusal("already-there", sentence(refused))
        case OneOffRefused() if refused.field == "amount":
            return invalid("amount_pence", sentence(refused))
        case WebhookRefused() if refused.fault in (WebhookFault.DESCRIPTION, WebhookFault.EVENTS):
            return invalid(refused.fault.value, sentence(refused))
        case DetailsRefused() | PersonRefused() | MandateRefused() | OneOffRefused():
            return invalid(refused.field, sentence(refused))
    kind = KINDS.get(type(refused))
    if kind is None and type(refused) in FIELDS:
        return invalid(FIELDS[type(refused)], sentence(refused))
    return Refusal(kind or "refused", sentence(refused))


def place(field: str) -> list[str]:
    """The way to an input of an award: they stand below `inputs`, an amount in the award itself."""
    return [field] if field == "amount_pence" else ["inputs", *field.split(".")]

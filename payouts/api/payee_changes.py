"""Changes of the register: payees added and corrected, mandates, contacts, and payments stopped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from marshmallow import Schema, fields

from payouts.api import named
from payouts.api.bank_details import NewBankDetailsSchema, propose_details
from payouts.api.door import field, must_be_on_the_team_list, must_match
from payouts.api.fields import Day, Text, Truth, reference
from payouts.api.ground import actor, now, service, session
from payouts.api.payees import ContactSchema, HoldSchema, MandateSchema, OnePayeeSchema, columns, content_of, whole
from payouts.api.payees import resource as payees
from payouts.api.problem import invalid
from payouts.web.words import sentence
from schemes import contact, hold, mandate, payee_details
from schemes.api_key import Scope
from schemes.contact_value import Channel, ContactRefused
from schemes.database import new_id
from schemes.errors import ReasonNotGiven
from schemes.hold import HoldKind
from schemes.mandate import MandateRefused
from schemes.new_payee import HomeRefused, NewPayee, add_payee
from schemes.payee import Capacity, Format, Language, PaymentMethod
from schemes.payee_details import LONGEST_NAME, PersonFault, PersonRefused
from schemes.preference import USUAL, Preference, set_preference
from schemes.typed_details import DetailsRefused

LONGEST = 2000
LONGEST_VALUE = 500
MOST_CONTACTS = 10


class WhoseSchema(Schema):
    """The beneficiary whose money a payee receives: known by the reference, or new."""

    reference = reference(required=True)
    name = Text(least=1, most=LONGEST_NAME, required=True)
    date_of_birth = Day(allow_none=True, load_default=None)
    address = Text(
        most=LONGEST_VALUE,
        load_default="",
        metadata={"description": "Where they live, a line each; kept of one who is new."},
    )


class TermsOfMandateSchema(Schema):
    """Since when, until when, and what allows somebody to be paid for another."""

    first_day = Day(allow_none=True, load_default=None)
    last_day = Day(allow_none=True, load_default=None)
    evidence = Text(most=LONGEST, load_default="", metadata={"description": "An appointment, an order, a contract."})
    evidence_reference = Text(most=100, load_default="")


class NewContactSchema(Schema):
    channel = fields.Enum(Channel, by_value=True, required=True)
    value = Text(least=1, most=LONGEST_VALUE, required=True)


class NewPreferenceSchema(Schema):
    """How somebody wants to be written to; what is left out is as usual."""

    channel = fields.Enum(Channel, by_value=True, allow_none=True, load_default=USUAL.channel)
    format = fields.Enum(Format, by_value=True, load_default=USUAL.format)
    language = fields.Enum(Language, by_value=True, load_default=USUAL.language)


class NewPayeeSchema(Schema):
    reference = reference(required=True, metadata={"description": "Yours, in capitals; it never changes."})
    name = Text(least=1, most=LONGEST_NAME, required=True)
    date_of_birth = Day(allow_none=True, load_default=None)
    capacity = fields.Enum(Capacity, by_value=True, load_default=Capacity.SELF)
    beneficiary = fields.Nested(
        WhoseSchema, metadata={"description": "Whose money it is, where the payee receives it for somebody else."}
    )
    mandate = fields.Nested(TermsOfMandateSchema)
    payment_method = fields.Enum(PaymentMethod, by_value=True, load_default=PaymentMethod.ACCOUNT)
    contacts = fields.List(
        fields.Nested(NewContactSchema),
        load_default=list,
        validate=lambda given: len(given) <= MOST_CONTACTS,
        metadata={"maxItems": MOST_CONTACTS},
    )
    contacts_source = Text(most=LONGEST, load_default="", metadata={"description": "Where the contacts come from."})
    preference = fields.Nested(NewPreferenceSchema)
    bank_details = fields.Nested(
        NewBankDetailsSchema, metadata={"description": "Proposed at once; a person confirms them."}
    )


class CorrectionSchema(Schema):
    """What is put right; what is left out stays."""

    name = Text(least=1, most=LONGEST_NAME)
    date_of_birth = Day(allow_none=True)
    payment_method = fields.Enum(PaymentMethod, by_value=True)
    payments_combined = Truth()
    preference = fields.Nested(NewPreferenceSchema, metadata={"description": "As a whole."})
    reason = Text(least=1, most=LONGEST, required=True)


class NewMandateSchema(TermsOfMandateSchema):
    beneficiary = Text(least=1, most=36, required=True, metadata={"description": "The reference or id."})
    capacity = fields.Enum(Capacity, by_value=True, required=True)


class EndOfMandateSchema(Schema):
    last_day = Day(required=True, metadata={"description": "The last day on which the payee is paid for them."})
    reason = Text(least=1, most=LONGEST, required=True)


class ReasonSchema(Schema):
    reason = Text(least=1, most=LONGEST, required=True)


class AddedContactSchema(NewContactSchema):
    source = Text(least=1, most=LONGEST, required=True, metadata={"description": "Where it comes from."})


class NewHoldSchema(Schema):
    kind = fields.Enum(HoldKind, by_value=True, required=True)
    beneficiary = Text(
        least=1, most=36, metadata={"description": "Only what is paid for this one: the reference or id."}
    )
    reason = Text(least=1, most=LONGEST, required=True)
    since = Day(required=True)
    review_on = Day(allow_none=True, load_default=None, metadata={"description": "Needed for `on_hold`."})


A_PAYEE = {
    "reference": "CASE-1001",
    "name": "Morgan Field",
    "date_of_birth": "1980-02-29",
    "contacts": [{"channel": "email", "value": "morgan@field.example"}],
    "contacts_source": "application form",
}
A_HOLD = {"kind": "on_hold", "reason": "in hospital", "since": "2026-11-20", "review_on": "2026-12-20"}

# an operation's name of a field -> where it stands in the body
PLACES = {
    "beneficiary_reference": "beneficiary/reference",
    "beneficiary_name": "beneficiary/name",
    "beneficiary_born": "beneficiary/date_of_birth",
}


@contextmanager
def of_new_payee() -> Iterator[None]:
    """What an operation refuses of a new payee, by the place where it stands."""
    try:
        yield
    except PersonRefused as refused:
        if refused.fault is PersonFault.REFERENCE_TAKEN:
            raise
        raise invalid(PLACES.get(refused.field, refused.field), sentence(refused)) from None
    except MandateRefused as refused:
        raise invalid(f"mandate/{refused.field}", sentence(refused)) from None
    except HomeRefused as refused:
        raise invalid("beneficiary/address", sentence(refused)) from None
    except ReasonNotGiven as refused:
        raise invalid("contacts_source", sentence(refused)) from None


@payees.posting("/payees", NewPayeeSchema, OnePayeeSchema, Scope.PAYEES, example=A_PAYEE)
def create_payee(given: dict[str, Any]) -> Any:
    """Add a payee

    And the beneficiary, unless they are known. Bank details given with it are proposed; nothing is paid before a
    person has confirmed them.
    """
    if given["capacity"] is not Capacity.SELF and "beneficiary" not in given:
        raise invalid("beneficiary", "Say whose money this payee receives.")
    new = new_payee(given)
    must_be_on_the_team_list(new.reference.upper())
    with of_new_payee():
        added = add_payee(session(), service().seals, payee_id=new_id(), new=new, by=actor(), at=now())
    if "bank_details" in given:
        with placed_in("bank_details"):
            propose_details(added, given["bank_details"])
    return whole(added), 201, {"Location": f"/api/v1/payees/{added.id}"}


@contextmanager
def placed_in(name: str) -> Iterator[None]:
    """What is wrong with bank details that were given with something else stands below them."""
    try:
        yield
    except DetailsRefused as refused:
        where = "account_holder" if refused.field == "holder_name" else refused.field
        raise invalid(f"{name}/{where}", sentence(refused)) from None


def new_payee(given: Mapping[str, Any]) -> NewPayee:
    whose, terms = given.get("beneficiary") or {}, given.get("mandate") or {}
    return NewPayee(
        reference=given["reference"],
        name=given["name"],
        date_of_birth=given["date_of_birth"],
        capacity=given["capacity"],
        beneficiary_reference=whose.get("reference", ""),
        beneficiary_name=whose.get("name", ""),
        beneficiary_born=whose.get("date_of_birth"),
        beneficiary_home=whose.get("address", ""),
        preference=Preference(**given["preference"]) if "preference" in given else USUAL,
        contacts=tuple((each["channel"], each["value"]) for each in given["contacts"]),
        contacts_because=given["contacts_source"],
        payment_method=given["payment_method"],
        **terms,
    )


@payees.patching("/payees/<payee>", CorrectionSchema, OnePayeeSchema, Scope.PAYEES)
def correct_payee(given: dict[str, Any], payee: str) -> Any:
    """Put right what the register says of a payee

    The name on the bank account is another thing, and is changed as bank details are.
    """
    found = named.payee(payee, lock=True)
    must_be_on_the_team_list(found.reference)
    must_match(content_of(found))
    seals, who = service().seals, {"reason": given["reason"], "by": actor(), "at": now()}
    if "name" in given or "date_of_birth" in given:
        name, born = given.get("name", found.name), given.get("date_of_birth", found.date_of_birth)
        payee_details.correct_payee(session(), seals, found.id, name=name, date_of_birth=born, **who)
    if "payment_method" in given:
        payee_details.set_payment_method(session(), seals, found.id, given["payment_method"], **who)
    if "payments_combined" in given:
        combined = given["payments_combined"]
        payee_details.set_payments_combined(session(), seals, found.id, combined=combined, **who)
    if "preference" in given:
        set_preference(session(), seals, found.id, Preference(**given["preference"]), **who)
    return whole(found)


@payees.posting("/payees/<payee>/mandates", NewMandateSchema, MandateSchema, Scope.PAYEES)
def give_mandate(given: dict[str, Any], payee: str) -> Any:
    """Say that a payee receives the money for a beneficiary, too"""
    found = named.payee(payee)
    must_be_on_the_team_list(found.reference)
    with field("beneficiary"):
        whose = named.beneficiary(given.pop("beneficiary"))
    kept = mandate.give_mandate(
        session(), mandate_id=new_id(), payee_id=found.id, beneficiary_id=whose.id, by=actor(), at=now(), **given
    )
    return {**columns(kept), "end": kept.end, "beneficiary": whose}


@payees.posting(
    "/payees/<payee>/mandates/<uuid:mandate_id>/end", EndOfMandateSchema, MandateSchema, Scope.PAYEES, status=200
)
def end_mandate(given: dict[str, Any], payee: str, mandate_id: UUID) -> Any:
    """Let a mandate end earlier than it was given for"""
    found = named.payee(payee)
    must_be_on_the_team_list(found.reference)
    last_day, because = given["last_day"], given["reason"]
    ended = mandate.end_mandate(
        session(), payee_id=found.id, mandate_id=mandate_id, last_day=last_day, because=because, by=actor(), at=now()
    )
    return {**columns(ended), "end": ended.end, "beneficiary": mandate.beneficiary_of(session(), ended)}


@payees.posting("/payees/<payee>/contacts", AddedContactSchema, ContactSchema, Scope.PAYEES)
def add_contact(given: dict[str, Any], payee: str) -> Any:
    """Keep a way to reach a payee"""
    found = named.payee(payee)
    must_be_on_the_team_list(found.reference)
    try:
        return contact.add_contact(
            session(),
            contact_id=new_id(),
            payee_id=found.id,
            channel=given["channel"],
            typed=given["value"],
            because=given["source"],
            by=actor(),
            at=now(),
        )
    except ContactRefused as refused:
        raise invalid("value", sentence(refused)) from None


@payees.posting("/payees/<payee>/contacts/<uuid:contact_id>/end", ReasonSchema, ContactSchema, Scope.PAYEES, status=200)
def end_contact(given: dict[str, Any], payee: str, contact_id: UUID) -> Any:
    """Use a way to reach a payee no longer

    A change of bank details is told on it all the same for some time: a fraudster ends the true contacts first.
    """
    found = named.payee(payee)
    must_be_on_the_team_list(found.reference)
    return contact.end_contact(
        session(), payee_id=found.id, contact_id=contact_id, because=given["reason"], by=actor(), at=now()
    )


@payees.posting(
    "/payees/<payee>/holds",
    NewHoldSchema,
    HoldSchema,
    Scope.PAYEES,
    Scope.AWARDS,
    Scope.PAYMENTS,
    example=A_HOLD,
)
def place_hold(given: dict[str, Any], payee: str) -> Any:
    """Stop payments to a payee, at once

    Any system that may write anything may stop money. Only a person lets it flow again.
    """
    found, whose = named.payee(payee), None
    must_be_on_the_team_list(found.reference)
    if "beneficiary" in given:
        with field("beneficiary"):
            whose = named.beneficiary(given["beneficiary"])
    placed = hold.place(
        session(),
        given["kind"],
        hold_id=new_id(),
        payee_id=found.id,
        beneficiary_id=whose.id if whose else None,
        reason=given["reason"],
        since=given["since"],
        review_on=given["review_on"],
        by=actor(),
        at=now(),
    )
    return {**columns(placed), "beneficiary": whose}

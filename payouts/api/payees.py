"""Payees: who receives the money, for themselves or for others."""

from __future__ import annotations

from typing import Any

from flask import jsonify
from marshmallow import Schema, fields

from payouts.api import named, spec
from payouts.api.door import allowed
from payouts.api.fields import Instant, Text, reference
from payouts.api.ground import session
from payouts.api.listing import ChangedArgs, by_id, list_schema, page_of_changes
from payouts.api.named import PersonSchema
from schemes.api_key import Scope
from schemes.contact import contacts_of
from schemes.contact_value import Channel
from schemes.hold import HoldKind, holds_of, is_listed
from schemes.payee import Capacity, Format, Language, Payee, PaymentMethod, beneficiaries_of, for_search
from schemes.payee_search import between
from schemes.preference import preference_of

resource = spec.Resource("payees", __name__, description="Who receives the money")


class PayeeSchema(Schema):
    id = fields.UUID(required=True)
    reference = fields.String(required=True)
    name = fields.String(required=True)
    date_of_birth = fields.Date(required=True, allow_none=True)
    payment_method = fields.Enum(PaymentMethod, by_value=True, required=True)
    merged_into = fields.UUID(
        required=True, allow_none=True, metadata={"description": "Who stayed, of two found to be one person."}
    )
    created_at = Instant(required=True, attribute="made_at")


class MandateSchema(Schema):
    """That the payee receives the money for a beneficiary."""

    id = fields.UUID(required=True)
    beneficiary = fields.Nested(PersonSchema, required=True)
    capacity = fields.Enum(Capacity, by_value=True, required=True)
    first_day = fields.Date(required=True, allow_none=True)
    last_day = fields.Date(required=True, allow_none=True, attribute="end")


class ContactSchema(Schema):
    id = fields.UUID(required=True)
    channel = fields.Enum(Channel, by_value=True, required=True)
    value = fields.String(required=True)
    is_safe = fields.Boolean(
        required=True, metadata={"description": "Counts only where the payee is reached by safe contacts alone."}
    )
    since = Instant(required=True, attribute="held_since")
    ended_at = Instant(required=True, allow_none=True)


class HoldSchema(Schema):
    """That nothing is paid to the payee, or for one of their beneficiaries."""

    id = fields.UUID(required=True)
    kind = fields.Enum(HoldKind, by_value=True, required=True)
    beneficiary = fields.Nested(PersonSchema, required=True, allow_none=True)
    reason = fields.String(required=True)
    since = fields.Date(required=True)
    review_on = fields.Date(required=True, allow_none=True)
    placed_at = Instant(required=True)
    lifted_at = Instant(required=True, allow_none=True)


class PreferenceSchema(Schema):
    """How somebody wants to be written to."""

    channel = fields.Enum(
        Channel, by_value=True, required=True, allow_none=True, metadata={"description": "Null: they have not said."}
    )
    format = fields.Enum(Format, by_value=True, required=True)
    language = fields.Enum(Language, by_value=True, required=True)


class OnePayeeSchema(PayeeSchema):
    payments_combined = fields.Boolean(
        required=True,
        metadata={"description": "Whether one credit holds what a payroll pays for several beneficiaries."},
    )
    safe_contacts_only = fields.Boolean(required=True, attribute="safe_contact")
    preference = fields.Nested(PreferenceSchema, required=True)
    beneficiaries = fields.List(fields.Nested(MandateSchema), required=True)
    contacts = fields.List(fields.Nested(ContactSchema), required=True)
    holds = fields.List(fields.Nested(HoldSchema), required=True)


class PayeeArgs(ChangedArgs):
    reference = reference(metadata={"description": "The body’s own reference."})
    name = Text(least=2, most=100, metadata={"description": "How the name begins."})


@resource.route("/payees")
@allowed(Scope.READ, Scope.PAYEES, Scope.AWARDS)
@resource.arguments(PayeeArgs, location="query")
@resource.response(200, list_schema(PayeeSchema, changes=True))
def list_payees(args: dict[str, Any]) -> dict[str, Any]:
    """Payees, in the order in which they were added

    Records that may not be used, and those that were erased, are left out.
    """
    which = [is_listed()]
    if "reference" in args:
        which.append(Payee.reference == args["reference"].upper())
    if "name" in args:
        which.append(between(Payee.search_name, for_search(args["name"])))
    return page_of_changes(lambda: by_id(Payee, *which, args=args), args, lambda row: [row.id])


@resource.route("/payees/<payee>")
@allowed(Scope.READ, Scope.PAYEES, Scope.AWARDS)
@resource.response(200, OnePayeeSchema)
def get_payee(payee: str) -> dict[str, Any]:
    """One payee, with whose money they receive, how they are reached, and what stops payments to them"""
    return whole(named.payee(payee))


def whole(payee: Payee) -> dict[str, Any]:
    """A payee with all that concerns them."""
    mandates = [
        {
            "id": mandate.id,
            "beneficiary": whose,
            "capacity": mandate.capacity,
            "first_day": mandate.first_day,
            "end": mandate.end,
        }
        for whose, mandate in beneficiaries_of(session(), payee)
    ]
    holds = [{**columns(row.hold), "beneficiary": row.beneficiary} for row in holds_of(session(), payee.id)]
    contacts = contacts_of(session(), payee.id)
    preference = preference_of(payee)._asdict()
    return {
        **columns(payee),
        "preference": preference,
        "beneficiaries": mandates,
        "contacts": contacts,
        "holds": holds,
    }


def columns(row: Any) -> dict[str, Any]:
    return {column.name: getattr(row, column.name) for column in row.__table__.columns}


def content_of(payee: Payee) -> bytes:
    """A payee as they are given out: what their ETag is made of."""
    return jsonify(OnePayeeSchema().dump(whole(payee))).get_data()

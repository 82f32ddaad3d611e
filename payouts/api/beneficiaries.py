"""Beneficiaries: those whose money it is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import jsonify
from marshmallow import Schema, fields
from sqlalchemy import ColumnElement, select

from payouts.api import named, spec
from payouts.api.door import allowed
from payouts.api.fields import Instant, reference
from payouts.api.ground import session
from payouts.api.listing import ChangedArgs, by_id, happened_to, list_schema, page_of_changes
from payouts.api.named import PersonSchema
from schemes.api_key import Scope
from schemes.payee import Beneficiary, Mandate, Payee, payees_for

resource = spec.Resource("beneficiaries", __name__, description="Whose money it is")


class BeneficiarySchema(Schema):
    id = fields.UUID(required=True)
    reference = fields.String(required=True)
    name = fields.String(required=True)
    date_of_birth = fields.Date(required=True, allow_none=True)
    same_as = fields.UUID(
        required=True,
        allow_none=True,
        metadata={"description": "The other record of the same person, if there is one."},
    )
    created_at = Instant(required=True, attribute="made_at")


class OneBeneficiarySchema(BeneficiarySchema):
    address = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "Where they live, a line each. Of one paid for themselves the payee’s contacts say it."
        },
    )
    payees = fields.List(
        fields.Nested(PersonSchema), required=True, metadata={"description": "Who is or was paid for them."}
    )


class BeneficiaryArgs(ChangedArgs):
    reference = reference(metadata={"description": "The body’s own reference."})


@resource.route("/beneficiaries")
@allowed(Scope.READ, Scope.PAYEES, Scope.AWARDS)
@resource.arguments(BeneficiaryArgs, location="query")
@resource.response(200, list_schema(BeneficiarySchema, changes=True))
def list_beneficiaries(args: dict[str, Any]) -> dict[str, Any]:
    """Beneficiaries, in the order in which they were added"""
    which = [Beneficiary.erased_at.is_(None)]
    if "reference" in args:
        which.append(Beneficiary.reference == args["reference"].upper())
    return page_of_changes(
        lambda: by_id(Beneficiary, *which, args=args, with_others=corrected), args, lambda row: [row.id]
    )


def corrected(since: datetime) -> list[ColumnElement[bool]]:
    """A correction stands in the trail of the payee on whose page it is made."""
    payees = happened_to(Payee.__tablename__, since, "beneficiary.corrected")
    return [Beneficiary.id.in_(select(Mandate.beneficiary_id).where(Mandate.payee_id.in_(payees)))]


@resource.route("/beneficiaries/<beneficiary>")
@allowed(Scope.READ, Scope.PAYEES, Scope.AWARDS)
@resource.response(200, OneBeneficiarySchema)
def get_beneficiary(beneficiary: str) -> dict[str, Any]:
    """One beneficiary, with those who are paid for them"""
    return whole(named.beneficiary(beneficiary))


def whole(found: Beneficiary) -> dict[str, Any]:
    told = {name: getattr(found, one.attribute or name) for name, one in BeneficiarySchema._declared_fields.items()}
    return {**told, "made_at": found.made_at, "address": found.address, "payees": payees_for(session(), found.id)}


def content_of(found: Beneficiary) -> bytes:
    """A beneficiary as they are given out: what their ETag is made of."""
    return jsonify(OneBeneficiarySchema().dump(whole(found))).get_data()

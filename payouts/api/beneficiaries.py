"""Beneficiaries: those whose money it is."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from payouts.api import named, spec
from payouts.api.door import allowed
from payouts.api.fields import Instant, reference
from payouts.api.ground import session
from payouts.api.listing import ChangedArgs, by_id, list_schema, page
from payouts.api.named import PersonSchema
from schemes.api_key import Scope
from schemes.payee import Beneficiary, payees_for

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
    payees = fields.List(
        fields.Nested(PersonSchema), required=True, metadata={"description": "Who is or was paid for them."}
    )


class BeneficiaryArgs(ChangedArgs):
    reference = reference(metadata={"description": "The body’s own reference."})


@resource.route("/beneficiaries")
@allowed(Scope.READ, Scope.PAYEES, Scope.AWARDS)
@resource.arguments(BeneficiaryArgs, location="query")
@resource.response(200, list_schema(BeneficiarySchema))
def list_beneficiaries(args: dict[str, Any]) -> dict[str, Any]:
    """Beneficiaries, in the order in which they were added"""
    which = [Beneficiary.erased_at.is_(None)]
    if "reference" in args:
        which.append(Beneficiary.reference == args["reference"].upper())
    return page(by_id(Beneficiary, *which, args=args), args, lambda row: [row.id])


@resource.route("/beneficiaries/<beneficiary>")
@allowed(Scope.READ, Scope.PAYEES, Scope.AWARDS)
@resource.response(200, OneBeneficiarySchema)
def get_beneficiary(beneficiary: str) -> dict[str, Any]:
    """One beneficiary, with those who are paid for them"""
    found = named.beneficiary(beneficiary)
    told = {name: getattr(found, one.attribute or name) for name, one in BeneficiarySchema._declared_fields.items()}
    return {**told, "made_at": found.made_at, "payees": payees_for(session(), found.id)}

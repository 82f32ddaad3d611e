"""Schemes: what they are called, how often they pay, and what an award brings to each of their components."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from payouts.api import named, spec
from payouts.api.door import allowed
from payouts.api.ground import key, session
from payouts.api.listing import ListArgs, by_id, list_schema, page
from schemes.amount import AmountKind
from schemes.api_key import Scope
from schemes.period import Frequency
from schemes.scheme import Scheme
from schemes.scheme_version import newest

resource = spec.Resource("schemes", __name__, description="What the body pays for")


class SchemeSchema(Schema):
    id = fields.UUID(required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)
    pays_for = fields.String(required=True)
    frequency = fields.Enum(Frequency, by_value=True, required=True)
    first_period_day = fields.Date(required=True)
    payment_limit_pence = fields.Integer(required=True)
    payroll_limit_pence = fields.Integer(required=True)
    version = fields.Integer(required=True)


class ComponentSchema(Schema):
    code = fields.String(required=True)
    name = fields.String(required=True)
    amount = fields.Enum(
        AmountKind,
        by_value=True,
        required=True,
        metadata={"description": "`fixed`: awards say `amount_pence`; otherwise `inputs.units`."},
    )
    unit = fields.String(required=True, metadata={"description": "What is counted, where units are."})


class OneSchemeSchema(SchemeSchema):
    components = fields.List(fields.Nested(ComponentSchema), required=True)


@resource.route("/schemes")
@allowed(*Scope)
@resource.arguments(ListArgs, location="query")
@resource.response(200, list_schema(SchemeSchema))
def list_schemes(args: dict[str, Any]) -> dict[str, Any]:
    """The schemes that the key is for"""
    mine = [Scheme.id.in_(key().schemes)] if key().schemes else []
    return page(by_id(Scheme, *mine, args=args), args, lambda scheme: [scheme.id])


@resource.route("/schemes/<scheme>")
@allowed(*Scope)
@resource.response(200, OneSchemeSchema)
def get_scheme(scheme: str) -> dict[str, Any]:
    """One scheme, with its components"""
    found = named.scheme(scheme)
    definition = newest(session(), found.id).definition
    components = [
        {"code": one.code, "name": one.name, "amount": one.rule.kind, "unit": one.rule.unit}
        for one in definition.components
    ]
    return {**{name: getattr(found, name) for name in SchemeSchema._declared_fields}, "components": components}

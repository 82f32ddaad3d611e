"""The body that a key belongs to, and what the key may do."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from payouts.api import spec
from payouts.api.door import allowed
from payouts.api.ground import key, session
from schemes.api_key import KeyKind, Scope
from schemes.body import BodyKind, get_body
from schemes.scheme import schemes_of_body

resource = spec.Resource("body", __name__, description="The body, and the key that you use")


class UsedKeySchema(Schema):
    id = fields.UUID(required=True)
    name = fields.String(required=True)
    kind = fields.Enum(KeyKind, by_value=True, required=True)
    scopes = fields.List(fields.Enum(Scope, by_value=True), required=True)
    schemes = fields.List(
        fields.String(), required=True, metadata={"description": "The codes of its schemes; empty: all of them."}
    )


class BodySchema(Schema):
    id = fields.UUID(required=True)
    name = fields.String(required=True)
    kind = fields.Enum(BodyKind, by_value=True, required=True)
    key = fields.Nested(UsedKeySchema, required=True)


@resource.route("/body")
@allowed(*Scope)
@resource.response(200, BodySchema)
def get_own_body() -> dict[str, Any]:
    """The body, and the key that you use"""
    body, used = get_body(session()), key()
    codes = [scheme.code for scheme in schemes_of_body(session()) if scheme.id in used.schemes]
    return {
        "id": body.id,
        "name": body.name,
        "kind": body.kind,
        "key": {
            "id": used.actor.person_id,
            "name": used.actor.name,
            "kind": used.kind,
            "scopes": [scope for scope in Scope if scope in used.scopes],
            "schemes": codes,
        },
    }

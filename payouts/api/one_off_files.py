"""Whole files of one-off payments: sent and read at once, entered or discarded, and confirmed by a person.

Each row has the permanent key of its payment, so a file sent again enters nothing twice.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields
from sqlalchemy import ColumnElement

from payouts.api import named, spec
from payouts.api.door import allowed, field, must_not_be_a_team, must_see_scheme
from payouts.api.fields import Instant
from payouts.api.ground import actor, key, now, service, session
from payouts.api.imports import FILE, KeepSchema, NewImportArgs, file_sent
from payouts.api.listing import ChangedArgs, by_id, list_schema, page_of_changes
from payouts.api.named import SchemeNameSchema
from payouts.api.one_off_payments import WithdrawalSchema
from payouts.api.problem import invalid
from payouts.web.words import sentence
from schemes import one_off_file
from schemes.api_key import Scope
from schemes.database import new_id
from schemes.errors import FileRefused
from schemes.imports.one_off_rows import COLUMNS
from schemes.one_off_file import MOST_FAULTS, OneOffFile, OneOffFileStatus, get_file
from schemes.scheme import schemes_of_body

resource = spec.Resource("one_off_files", __name__, description="Whole files of one-off payments")


class OneOffFileSchema(Schema):
    id = fields.UUID(required=True)
    scheme = fields.Nested(SchemeNameSchema, required=True)
    file_name = fields.String(required=True)
    status = fields.Enum(
        OneOffFileStatus,
        by_value=True,
        required=True,
        metadata={"description": "`read`: enter or discard it; `entered`: a person has yet to confirm it."},
    )
    rows_good = fields.Integer(required=True)
    rows_unchanged = fields.Integer(required=True, metadata={"description": "Payments that were entered before."})
    rows_refused = fields.Integer(required=True)
    good_pence = fields.Integer(required=True, metadata={"description": "Of the good rows together."})
    sha256 = fields.String(required=True)
    created_at = Instant(required=True, attribute="made_at")
    confirmed_at = Instant(required=True, allow_none=True)


class OneOffFieldSchema(Schema):
    field = fields.String(required=True)
    reason = fields.String(required=True)


class RefusedOneOffSchema(Schema):
    """A row that cannot be entered. What stood in it is not told: the caller has it."""

    line = fields.Integer(required=True)
    reference = fields.String(required=True)
    faults = fields.List(fields.Nested(OneOffFieldSchema), required=True)


class WholeOneOffFileSchema(OneOffFileSchema):
    refused = fields.List(
        fields.Nested(RefusedOneOffSchema),
        required=True,
        metadata={"description": f"The first {MOST_FAULTS} rows that were refused; none once it is confirmed."},
    )


@resource.route("/one_off_files", methods=["POST"])
@resource.doc(requestBody=FILE)
@allowed(Scope.PAYMENTS)
@resource.arguments(spec.IdempotencySchema, location="headers")
@resource.arguments(NewImportArgs, location="query")
@resource.response(201, WholeOneOffFileSchema)
def send_one_off_file(headers: dict[str, str], args: dict[str, Any]) -> Any:
    """Send a file of one-off payments

    It is read at once, and nothing of it is entered yet. The columns are `reference` (of the beneficiary), `amount`,
    `about` and `reason`, and if needed `pay_from`, `component`, `payee_reference`, `further_because` and `sequence`.
    """
    must_not_be_a_team(ONE_BY_ONE)
    with field("scheme"):
        scheme = named.scheme(args["scheme"])
    try:
        file = one_off_file.begin(
            session(),
            service().seals,
            file_id=new_id(),
            scheme_id=scheme.id,
            file_name=args["file_name"],
            content=file_sent(COLUMNS),
            by=actor(),
            at=now(),
        )
    except FileRefused as refused:
        raise invalid("", sentence(refused)) from None
    return whole(file), 201, {"Location": f"/api/v1/one_off_files/{file.id}"}


ONE_BY_ONE = "A team key enters payments one by one."


@resource.route("/one_off_files")
@allowed(Scope.READ, Scope.PAYMENTS)
@resource.arguments(ChangedArgs, location="query")
@resource.response(200, list_schema(OneOffFileSchema, changes=True))
def list_one_off_files(args: dict[str, Any]) -> dict[str, Any]:
    """Files of one-off payments, the oldest first"""
    which: list[ColumnElement[bool]] = [OneOffFile.scheme_id.in_(key().schemes)] if key().schemes else []
    content = page_of_changes(lambda: by_id(OneOffFile, *which, args=args), args, lambda row: [row.id])
    return {**content, "data": [told(file) for file in content["data"]]}


@resource.route("/one_off_files/<uuid:one_off_file_id>")
@allowed(Scope.READ, Scope.PAYMENTS)
@resource.response(200, WholeOneOffFileSchema)
def get_one_off_file(one_off_file_id: UUID) -> dict[str, Any]:
    """One file of one-off payments, with the rows that were refused"""
    return whole(file_to_see(one_off_file_id))


@resource.posting(
    "/one_off_files/<uuid:one_off_file_id>/enter", KeepSchema, OneOffFileSchema, Scope.PAYMENTS, status=200
)
def enter_one_off_file(given: dict[str, Any], one_off_file_id: UUID) -> Any:
    """Enter the good rows of a file, or all or none, for a person to confirm"""
    must_not_be_a_team(ONE_BY_ONE)
    file = file_to_see(one_off_file_id, lock=True)
    one_off_file.enter(session(), service().seals, file, whole=given["whole"], by=actor(), at=now())
    return told(file)


@resource.posting(
    "/one_off_files/<uuid:one_off_file_id>/discard", spec.NothingSchema, OneOffFileSchema, Scope.PAYMENTS, status=200
)
def discard_one_off_file(given: dict[str, Any], one_off_file_id: UUID) -> Any:
    """Enter nothing of a file"""
    must_not_be_a_team(ONE_BY_ONE)
    file = file_to_see(one_off_file_id, lock=True)
    one_off_file.discard(session(), file, by=actor(), at=now())
    return told(file)


@resource.posting(
    "/one_off_files/<uuid:one_off_file_id>/withdraw", WithdrawalSchema, OneOffFileSchema, Scope.PAYMENTS, status=200
)
def withdraw_one_off_file(given: dict[str, Any], one_off_file_id: UUID) -> Any:
    """Withdraw all that a file of one’s own entered and nobody confirmed yet"""
    file = file_to_see(one_off_file_id, lock=True)
    one_off_file.reject(session(), file, reason=given["reason"], by=actor(), at=now())
    return told(file)


def file_to_see(one_off_file_id: UUID, *, lock: bool = False) -> OneOffFile:
    """Raises NotFound, for one of a scheme that the key is not for, too."""
    file = get_file(session(), one_off_file_id, lock=lock)
    must_see_scheme(file.scheme_id, "file of one-off payments", one_off_file_id)
    return file


def whole(file: OneOffFile) -> dict[str, Any]:
    return {**told(file), "refused": file.faults}


def told(file: OneOffFile) -> dict[str, Any]:
    names = [one.attribute or name for name, one in OneOffFileSchema._declared_fields.items() if name != "scheme"]
    schemes = {scheme.id: scheme for scheme in schemes_of_body(session())}
    return {**{name: getattr(file, name) for name in names}, "scheme": schemes[file.scheme_id]}

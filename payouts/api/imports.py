"""Imports of files of payees: how far each is, and what is wrong with its rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from flask import request
from marshmallow import Schema, fields
from sqlalchemy import ColumnElement

from payouts import registering
from payouts.api import named, spec
from payouts.api.door import allowed, field, must_not_be_a_team, must_see_scheme
from payouts.api.fields import Instant, Text, Truth
from payouts.api.ground import actor, key, now, service, session
from payouts.api.listing import ChangedArgs, ListArgs, by_id, list_schema, page, page_of_changes, place_given
from payouts.api.named import SchemeNameSchema
from payouts.api.ndjson import as_csv
from payouts.api.problem import Refusal
from schemes.api_key import Scope
from schemes.database import new_id
from schemes.imports.entry import COLUMNS, RowReason
from schemes.imports.refused import refused_rows
from schemes.imports.register_import import ImportRow, ImportStatus, RegisterImport
from schemes.imports.register_import import get_import as import_of_id
from schemes.scheme import schemes_of_body

ONE_BY_ONE = "A team key sends payees one by one."

resource = spec.Resource("imports", __name__, description="Whole files of payees and awards")


class ImportSchema(Schema):
    id = fields.UUID(required=True)
    scheme = fields.Nested(SchemeNameSchema, required=True)
    file_name = fields.String(required=True)
    status = fields.Enum(
        ImportStatus,
        by_value=True,
        required=True,
        metadata={
            "description": "`landed`: in the register; people confirm the bank details. `asking`: a person says "
            "on the pages what the columns are."
        },
    )
    stopped = fields.Boolean(
        required=True,
        metadata={
            "description": "The work on it failed too often, and whoever runs the service has to mend that. Nothing of "
            "the file is in the register."
        },
    )
    rows_done = fields.Integer(required=True, metadata={"description": "How far the step that runs has come."})
    rows_good = fields.Integer(required=True)
    rows_unchanged = fields.Integer(required=True)
    rows_refused = fields.Integer(required=True)
    rows_mended = fields.Integer(required=True)
    fault = fields.String(
        required=True, allow_none=True, metadata={"description": "Why the file as a whole could not be read."}
    )
    sha256 = fields.String(required=True)
    created_at = Instant(required=True, attribute="made_at")
    confirmed_at = Instant(required=True, allow_none=True)


class FieldOfRowSchema(Schema):
    field = fields.String(required=True)
    reason = fields.Enum(RowReason, by_value=True, required=True)


class RefusedRowSchema(Schema):
    """A row that was not taken. What stood in it is not told: the caller has it."""

    line = fields.Integer(required=True)
    reference = fields.String(required=True)
    faults = fields.List(fields.Nested(FieldOfRowSchema), required=True)


class ImportArgs(ChangedArgs):
    scheme = Text(least=1, most=36, metadata={"description": "Its code or id."})


@resource.route("/imports")
@allowed(Scope.READ, Scope.PAYEES)
@resource.arguments(ImportArgs, location="query")
@resource.response(200, list_schema(ImportSchema, changes=True))
def list_imports(args: dict[str, Any]) -> dict[str, Any]:
    """Imports, the oldest first"""
    which: list[ColumnElement[bool]] = [RegisterImport.scheme_id.in_(key().schemes)] if key().schemes else []
    if "scheme" in args:
        which.append(RegisterImport.scheme_id == named.scheme(args["scheme"]).id)
    content = page_of_changes(lambda: by_id(RegisterImport, *which, args=args), args, lambda row: [row.id])
    return {**content, "data": all_told(content["data"])}


@resource.route("/imports/<uuid:import_id>")
@allowed(Scope.READ, Scope.PAYEES)
@resource.response(200, ImportSchema)
def get_import(import_id: UUID) -> dict[str, Any]:
    """One import, and how far it is"""
    return told(import_to_see(import_id))


@resource.route("/imports/<uuid:import_id>/refused_rows")
@allowed(Scope.READ, Scope.PAYEES)
@resource.arguments(ListArgs, location="query")
@resource.response(200, list_schema(RefusedRowSchema))
def list_refused_rows(args: dict[str, Any], import_id: UUID) -> dict[str, Any]:
    """The rows that were not taken, by line, each with what is wrong"""
    found, after = import_to_see(import_id), place_given(args, int)
    rows = refused_rows(session(), found.id, after=after[0] if after else 0, limit=args["limit"] + 1)
    content = page(rows, args, lambda row: [row.line])
    return {**content, "data": [told_row(row) for row in content["data"]]}


def told_row(row: ImportRow) -> dict[str, Any]:
    faults = [{"field": fault["field"], "reason": RowReason(fault["reason"])} for fault in row.faults]
    return {"line": row.line, "reference": row.reference, "faults": faults}


class NewImportArgs(Schema):
    scheme = Text(least=1, most=36, required=True, metadata={"description": "Its code or id."})
    file_name = Text(least=1, most=200, load_default="register", metadata={"description": "For people."})


class KeepSchema(Schema):
    whole = Truth(load_default=False, metadata={"description": "All rows, or none."})


FILE: dict[str, Any] = {
    "required": True,
    "description": "Rows with the columns that the page for imports names; amounts in pounds.",
    "content": {
        "text/csv": {"schema": {"type": "string"}},
        "application/x-ndjson": {"schema": {"type": "string"}},
    },
}


@resource.route("/imports", methods=["POST"])
@resource.doc(requestBody=FILE)
@allowed(Scope.PAYEES, Scope.AWARDS, every=True)
@resource.arguments(spec.IdempotencySchema, location="headers")
@resource.arguments(NewImportArgs, location="query")
@resource.response(202, ImportSchema)
def create_import(headers: dict[str, str], args: dict[str, Any]) -> Any:
    """Send a file of payees and awards

    It is read by and by: ask where it is. Then keep its rows, or discard it; people confirm the bank details.
    """
    must_not_be_a_team(ONE_BY_ONE)
    with field("scheme"):
        scheme = named.scheme(args["scheme"])
    content = file_sent(COLUMNS)
    brought = registering.begin_import(
        session(),
        service(),
        import_id=new_id(),
        scheme_id=scheme.id,
        file_name=args["file_name"],
        content=content,
        by=actor(),
        at=now(),
    )
    return told(brought), 202, {"Location": f"/api/v1/imports/{brought.id}"}


def file_sent(columns: Sequence[str]) -> bytes:
    """The file that came as a body, as CSV. Raises Refusal."""
    if request.mimetype == "application/x-ndjson":
        return as_csv(request.get_data(), columns)
    if request.mimetype != "text/csv":
        raise Refusal("unsupported-media-type")
    return request.get_data()


@resource.posting(
    "/imports/<uuid:import_id>/keep", KeepSchema, ImportSchema, Scope.PAYEES, Scope.AWARDS, status=202, every=True
)
def keep_import(given: dict[str, Any], import_id: UUID) -> Any:
    """Write the good rows of an import into the register, or all or none"""
    must_not_be_a_team(ONE_BY_ONE)
    brought = import_to_see(import_id, lock=True)
    registering.keep_rows(session(), brought, whole=given["whole"], by=actor(), at=now())
    return told(brought)


@resource.posting(
    "/imports/<uuid:import_id>/discard",
    spec.NothingSchema,
    ImportSchema,
    Scope.PAYEES,
    Scope.AWARDS,
    status=200,
    every=True,
)
def discard_import(given: dict[str, Any], import_id: UUID) -> Any:
    """Keep nothing of an import"""
    must_not_be_a_team(ONE_BY_ONE)
    brought = import_to_see(import_id, lock=True)
    registering.discard(session(), brought, by=actor(), at=now())
    return told(brought)


def import_to_see(import_id: UUID, *, lock: bool = False) -> RegisterImport:
    """Raises NotFound, for one of a scheme that the key is not for, too."""
    found = import_of_id(session(), import_id, lock=lock)
    must_see_scheme(found.scheme_id, "import", import_id)
    return found


def told(brought: RegisterImport) -> dict[str, Any]:
    return all_told([brought])[0]


def all_told(imports: Sequence[RegisterImport]) -> list[dict[str, Any]]:
    columns = [
        one.attribute or name
        for name, one in ImportSchema._declared_fields.items()
        if name not in ("scheme", "fault", "stopped")
    ]
    schemes = {scheme.id: scheme for scheme in schemes_of_body(session())}
    stopped = registering.stopped_imports(session())
    return [
        {
            **{name: getattr(one, name) for name in columns},
            "scheme": schemes[one.scheme_id],
            "fault": (one.fault or {}).get("fault"),
            "stopped": one.id in stopped,
        }
        for one in imports
    ]

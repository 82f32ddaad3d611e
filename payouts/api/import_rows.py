"""Refused rows of an import put right one by one, and the names of a whole file checked with the banks."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields

from payouts.api.door import must_not_be_a_team
from payouts.api.fields import Text
from payouts.api.ground import actor, now, service, session
from payouts.api.imports import ONE_BY_ONE, RefusedRowSchema, import_to_see, resource, told_row
from payouts.api.spec import NothingSchema
from payouts.confirmation import asking
from schemes.api_key import Scope
from schemes.imports.correction import correct, get_row
from schemes.imports.entry import COLUMNS, Outcome

LONGEST_CELL = 500

CellsSchema = type("ImportCellsSchema", (Schema,), {name: Text(most=LONGEST_CELL, load_default="") for name in COLUMNS})
"""A row by our columns, as it would stand in the file."""


class ReadRowSchema(RefusedRowSchema):
    outcome = fields.Enum(
        Outcome, by_value=True, required=True, metadata={"description": "`refused`: see its faults once more."}
    )


class NameRunSchema(Schema):
    """That the names of a file are checked."""

    id = fields.UUID(required=True)
    total = fields.Integer(required=True, metadata={"description": "How many have no good answer yet."})


@resource.posting(
    "/imports/<uuid:import_id>/rows/<int(min=1, max=2147483647):line>",
    CellsSchema,
    ReadRowSchema,
    Scope.PAYEES,
    Scope.AWARDS,
    status=200,
    every=True,
)
def correct_row(given: dict[str, str], import_id: UUID, line: int) -> Any:
    """Send a refused row again, before the import is kept

    The whole row, amounts in pounds. An account or roll number that is left out stays as it was.
    """
    must_not_be_a_team(ONE_BY_ONE)
    brought = import_to_see(import_id, lock=True)
    outcome = correct(session(), service().seals, brought, line, given, by=actor(), at=now())
    return {**told_row(get_row(session(), brought, line)), "outcome": outcome}


@resource.posting(
    "/imports/<uuid:import_id>/check_names",
    NothingSchema,
    NameRunSchema,
    Scope.PAYEES,
    Scope.AWARDS,
    status=202,
    every=True,
)
def check_names(given: dict[str, Any], import_id: UUID) -> Any:
    """Have the banks asked whether the names of a file fit its accounts

    By a job, at the pace that the provider of the checks allows. While one goes on, asking again is that one.
    """
    must_not_be_a_team(ONE_BY_ONE)
    brought = import_to_see(import_id)
    return asking.ask_all(service(), session(), brought.id, by=actor())

"""What people and systems write down about a payee for each other: added, and never changed."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from payouts.api import named
from payouts.api.door import allowed, must_be_on_the_team_list
from payouts.api.fields import Instant, Text
from payouts.api.ground import actor, now, service, session
from payouts.api.payees import resource
from schemes.api_key import Scope
from schemes.database import new_id
from schemes.note import LONGEST, notes_of, write_note


class NoteSchema(Schema):
    text = fields.String(required=True)
    written_at = Instant(required=True)


class NoteListSchema(Schema):
    data = fields.List(fields.Nested(NoteSchema), required=True)


class NewNoteSchema(Schema):
    text = Text(least=1, most=LONGEST, required=True)


@resource.route("/payees/<payee>/notes")
@allowed(Scope.READ, Scope.PAYEES)
@resource.response(200, NoteListSchema)
def list_notes(payee: str) -> dict[str, Any]:
    """The last hundred notes on a payee, the newest first"""
    return {"data": notes_of(session(), service().seals, named.payee(payee))}


@resource.posting("/payees/<payee>/notes", NewNoteSchema, NoteListSchema, Scope.PAYEES)
def add_note(given: dict[str, Any], payee: str) -> Any:
    """Write a note on a payee, for people to read"""
    found = named.payee(payee)
    must_be_on_the_team_list(found.reference)
    seals, at = service().seals, now()
    write_note(session(), seals, note_id=new_id(), payee_id=found.id, text=given["text"], by=actor(), at=at)
    return {"data": notes_of(session(), seals, found, limit=1)}

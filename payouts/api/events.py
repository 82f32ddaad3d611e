"""What happened, in the order of the body's audit chain: a feed for systems that follow everything.

A link of the chain is made after its event was committed, in batches by the clock, and its position never changes. So
whoever goes on after the last position that they have seen misses nothing and sees nothing twice, however transactions
overlapped: ids rise with the time at which they were made, not with the time at which they could be seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from marshmallow import Schema, fields
from sqlalchemy import select

from payouts.api import spec
from payouts.api.door import allowed
from payouts.api.fields import Instant, Text
from payouts.api.ground import cursors, key, session
from payouts.api.listing import ListArgs, of_list, place_given
from payouts.payment import Payment
from payouts.payroll import Payroll
from schemes.api_key import Scope
from schemes.audit import AuditEvent, AuditLink
from schemes.award import Award
from schemes.imports.register_import import RegisterImport
from schemes.one_off_payment import OneOff

resource = spec.Resource("events", __name__, description="What happened, for systems that follow everything")

# of what the trail tells, what concerns other systems: not who signed in, read or took something
TOLD = (
    "award.",
    "bank_details.",
    "beneficiary.",
    "contact.",
    "gate.go",
    "gate.no_go",
    "hold.",
    "import.",
    "mandate.",
    "one_off.",
    "payee.",
    "payment.",
    "payroll.",
    "submission.",
)
NOT_TOLD = ("bank_details.unmasked", "payee.searched_by_account", "import.refused_rows_downloaded")
OF_A_SCHEME = (Payroll, Payment, Award, OneOff, RegisterImport)
# a call looks through so many links at most, also where nearly all are about something else
MOST_LOOKED_AT = 2000


class EventSchema(Schema):
    id = fields.UUID(required=True, metadata={"description": "The same however often you read it."})
    type = fields.String(required=True, metadata={"description": "Such as `payroll.released`."})
    at = Instant(required=True)
    subject_type = fields.String(required=True, metadata={"description": "What it happened to, such as `payee`."})
    subject_id = fields.UUID(required=True, allow_none=True)


class EventListSchema(Schema):
    data = fields.List(fields.Nested(EventSchema), required=True)
    next_cursor = fields.String(
        required=True, metadata={"description": "Keep it and go on with it: it is given at the end, too."}
    )


class EventArgs(ListArgs):
    type = Text(least=1, most=50, metadata={"description": "How the type begins, such as `payroll.`."})


@resource.route("/events")
@allowed(Scope.READ)
@resource.arguments(EventArgs, location="query")
@resource.response(200, EventListSchema)
def list_events(args: dict[str, Any]) -> dict[str, Any]:
    """What happened, the oldest first

    An event can be read a few seconds after it happened. There is no end: with the last `next_cursor` you are given
    what came since.
    """
    place = place_given(args, int)
    position, found = place[0] if place else 0, []
    for linked, event in linked_after(position):
        position = linked
        if is_told(event.action, args.get("type", "")):
            found.append(event)
        if len(found) == args["limit"]:
            break
    following = cursors().make(of_list(args), [position])
    return {"data": [told(event) for event in of_own_schemes(found)], "next_cursor": following}


def linked_after(position: int) -> list[tuple[int, AuditEvent]]:
    rows = session().execute(
        select(AuditLink.position, AuditEvent)
        .join(AuditEvent, (AuditEvent.body_id == AuditLink.body_id) & (AuditEvent.id == AuditLink.event_id))
        .where(AuditLink.body_id == session().info["body_id"], AuditLink.position > position)
        .order_by(AuditLink.position)
        .limit(MOST_LOOKED_AT)
    )
    return [(linked, event) for linked, event in rows]


def is_told(action: str, beginning: str) -> bool:
    return action.startswith(TOLD) and action not in NOT_TOLD and action.startswith(beginning)


def of_own_schemes(events: Sequence[AuditEvent]) -> list[AuditEvent]:
    """The events without those of schemes that the key is not for."""
    if not key().schemes:
        return list(events)
    hidden: set[UUID] = set()
    for entity in OF_A_SCHEME:
        ids = {event.subject_id for event in events if event.subject_type == entity.__tablename__}
        others = select(entity.id).where(entity.id.in_(ids), entity.scheme_id.not_in(key().schemes))
        hidden |= set(session().scalars(others)) if ids else set()
    return [event for event in events if event.subject_id not in hidden]


def told(event: AuditEvent) -> dict[str, Any]:
    return {
        "id": event.id,
        "type": event.action,
        "at": event.at,
        "subject_type": event.subject_type,
        "subject_id": event.subject_id,
    }

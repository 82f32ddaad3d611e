"""The feed of what happened (`payouts.happened`), for systems that follow everything."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from payouts import happened
from payouts.api import spec
from payouts.api.door import allowed
from payouts.api.fields import Instant, Text
from payouts.api.ground import cursors, key, session
from payouts.api.listing import ListArgs, of_list, place_given
from payouts.happened import Happened
from schemes.api_key import Scope

resource = spec.Resource("events", __name__, description="What happened, for systems that follow everything")


class EventSchema(Schema):
    id = fields.UUID(
        required=True, metadata={"description": "The same however often you read it, and in `webhook-id`."}
    )
    type = fields.String(required=True, metadata={"description": "Such as `payroll.released`."})
    at = Instant(required=True)
    position = fields.Integer(
        required=True,
        metadata={"description": "Its place among all: of two events about one thing, the higher is the later."},
    )
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
    position = place[0] if place else 0
    found: list[Happened] = []
    wanted = (args["type"],) if "type" in args else ()
    for one in happened.after(session(), position):
        position = one.position
        if happened.is_told(one.event.action, wanted):
            found.append(one)
        if len(found) == args["limit"]:
            break
    following = cursors().make(of_list(args), [position])
    own = happened.of_schemes(session(), found, key().schemes)
    return {"data": [told(one) for one in own], "next_cursor": following}


def told(one: Happened) -> dict[str, Any]:
    """An event as the feed and every webhook tell it."""
    event = one.event
    return {
        "id": event.id,
        "type": event.action,
        "at": event.at,
        "position": one.position,
        "subject_type": event.subject_type,
        "subject_id": event.subject_id,
    }

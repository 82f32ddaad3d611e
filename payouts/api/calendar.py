"""The days that lie ahead: what is paid, sent and decided when, and on which days nothing moves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from marshmallow import Schema, fields
from sqlalchemy import select

from payouts.api import spec
from payouts.api.door import allowed
from payouts.api.fields import Day, Instant
from payouts.api.ground import key, now, service, session
from payouts.api.problem import Refusal
from payouts.days_ahead import DayKind, Entry, days_between
from payouts.payroll import Payroll
from schemes.api_key import Scope
from schemes.bank_details import london_day

resource = spec.Resource("calendar", __name__, description="What is on which day")

MOST_DAYS = 100


class EntrySchema(Schema):
    """One thing on one day."""

    day = fields.Date(required=True)
    kind = fields.Enum(
        DayKind,
        by_value=True,
        required=True,
        metadata={"description": "`last_input`: by `at`, or the bank does not pay on the pay day."},
    )
    at = Instant(required=True, allow_none=True, metadata={"description": "By when, where there is an hour."})
    scheme = fields.String(required=True, metadata={"description": "Its name; empty for what concerns them all."})
    what = fields.String(required=True, metadata={"description": "The gate, or what a closed day is called."})
    payroll_number = fields.Integer(
        required=True,
        allow_none=True,
        attribute="number",
        metadata={"description": "Null: nobody created it yet, or it is no payroll’s day."},
    )


class CalendarSchema(Schema):
    data = fields.List(fields.Nested(EntrySchema), required=True)


class CalendarArgs(Schema):
    from_day = Day(metadata={"description": "Today, if it is left out."})
    to_day = Day(metadata={"description": f"At most {MOST_DAYS} days on; a month, if it is left out."})


@resource.route("/calendar")
@allowed(Scope.READ, Scope.PAYMENTS)
@resource.arguments(CalendarArgs, location="query")
@resource.response(200, CalendarSchema)
def list_days(args: dict[str, Any]) -> dict[str, Any]:
    """Pay days, deadlines and closed days, in their order"""
    today = london_day(now())
    first = args.get("from_day", today)
    if abs((first - today).days) > 366:
        detail = "Give a day within a year of today."
        raise Refusal("invalid", errors=[{"parameter": "from_day", "detail": detail}])
    last = args.get("to_day", first + timedelta(days=31))
    if not 0 <= (last - first).days <= MOST_DAYS:
        detail = f"Give a day from from_day on, at most {MOST_DAYS} days on."
        raise Refusal("invalid", errors=[{"parameter": "to_day", "detail": detail}])
    return {"data": of_own_schemes(days_between(session(), service().calendar, first, last))}


def of_own_schemes(entries: Sequence[Entry]) -> Sequence[Entry]:
    """The entries without those of schemes that the key is not for."""
    if not key().schemes:
        return entries
    numbered = {entry.payroll_id for entry in entries if entry.payroll_id is not None}
    mine = select(Payroll.id).where(Payroll.id.in_(numbered), Payroll.scheme_id.in_(key().schemes))
    seen = set(session().scalars(mine)) | key().schemes
    return [entry for entry in entries if not entry.scheme or entry.about in seen]

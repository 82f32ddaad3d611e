"""What only a sandbox can do: let the days of its bank pass, as the button on a payroll's page does."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from payouts.api import named, spec
from payouts.api.door import field
from payouts.api.fields import Text, Whole
from payouts.api.ground import actor, now, session
from payouts.payroll import PayrollStatus, get_payroll
from payouts.sandbox.bank.days import MOST_RETURNS, BankDay, ask_next
from schemes.api_key import Scope

resource = spec.Resource("sandbox", __name__, description="What only a sandbox can do")

MOST_DAYS = 20


class AdvanceSchema(Schema):
    payroll = Text(least=1, most=36, required=True, metadata={"description": "Its number or id."})
    days = Whole(
        least=1,
        most=MOST_DAYS,
        load_default=1,
        metadata={"description": "How many of the days on which the bank has something to say."},
    )
    returned = Whole(
        least=0,
        most=MOST_RETURNS,
        load_default=0,
        metadata={"description": "How many credits come back besides those to magic accounts; counts the first time."},
    )


class AdvancedSchema(Schema):
    payroll_number = fields.Integer(required=True)
    payroll_status = fields.Enum(PayrollStatus, by_value=True, required=True)
    days_asked = fields.Integer(
        required=True, metadata={"description": "In all, by whoever asked. They pass in a job."}
    )
    reached = fields.Date(required=True, allow_none=True, metadata={"description": "The last day that passed."})
    next_day = fields.Date(
        required=True, allow_none=True, metadata={"description": "When the bank has something to say next."}
    )


@resource.posting("/sandbox/advance", AdvanceSchema, AdvancedSchema, Scope.PAYMENTS, status=202)
def advance(given: dict[str, Any]) -> Any:
    """Let days pass at a sandbox’s bank for a payroll that was submitted

    The bank’s answers come in a moment, and are read as those of a real one are: follow them by `/events` or
    `/payments`. Asked for again under the same header, no further day passes. What did not come back is paid once the
    days for returns have passed by the calendar. A live body refuses it.
    """
    with field("payroll"):
        payroll = get_payroll(session(), named.payroll(given["payroll"]).id, lock=True)
    row: BankDay | None = None
    for _ in range(given["days"]):
        row = ask_next(session(), payroll, returned=given["returned"], by=actor(), at=now())
    assert row is not None, "at least one day was asked for"
    return {
        "payroll_number": payroll.number,
        "payroll_status": payroll.status,
        "days_asked": row.asked,
        "reached": row.reached,
        "next_day": row.next_day,
    }

"""Payments of which somebody says that they are not there: told here by a system, found out by people."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields

from payouts.api.door import allowed, must_be_on_the_team_list
from payouts.api.fields import Day, Instant, Text
from payouts.api.ground import actor, now, service, session
from payouts.api.payments import payment_to_see, resource
from payouts.api.problem import invalid
from payouts.payroll import get_payroll
from payouts.returns import tracing
from payouts.returns.trace import ToldBy, TraceOutcome, TraceStage, TraceWhy, traces_of
from payouts.web.words import sentence
from schemes.api_key import Scope
from schemes.database import new_id
from schemes.errors import ReasonNotGiven
from schemes.payee import get_payee

LONGEST = 2000


class TraceSchema(Schema):
    """That a payment is looked for. What the payee said of their account is for people."""

    id = fields.UUID(required=True)
    payment_id = fields.UUID(required=True)
    why = fields.Enum(TraceWhy, by_value=True, required=True)
    told_by = fields.Enum(ToldBy, by_value=True, required=True)
    told_on = fields.Date(required=True)
    stage = fields.Enum(
        TraceStage, by_value=True, required=True, metadata={"description": "What it waits for; people see to it."}
    )
    due_on = fields.Date(required=True, allow_none=True, metadata={"description": "By when the stage is over."})
    outcome = fields.Enum(TraceOutcome, by_value=True, required=True, allow_none=True)
    opened_at = Instant(required=True)
    closed_at = Instant(required=True, allow_none=True)


class TraceListSchema(Schema):
    data = fields.List(fields.Nested(TraceSchema), required=True)


class NewTraceSchema(Schema):
    why = fields.Enum(TraceWhy, by_value=True, required=True)
    told_by = fields.Enum(ToldBy, by_value=True, required=True)
    told_on = Day(required=True, metadata={"description": "When they said it."})
    said = Text(least=1, most=LONGEST, required=True, metadata={"description": "What they said, without an account."})


@resource.route("/payments/<uuid:payment_id>/traces")
@allowed(Scope.READ, Scope.PAYMENTS)
@resource.response(200, TraceListSchema)
def list_traces(payment_id: UUID) -> dict[str, Any]:
    """Whether a payment is or was looked for, the newest first"""
    return {"data": traces_of(session(), payment_to_see(payment_id).id)}


@resource.posting("/payments/<uuid:payment_id>/traces", NewTraceSchema, TraceSchema, Scope.PAYMENTS)
def open_trace(given: dict[str, Any], payment_id: UUID) -> Any:
    """Say that a payment is not there, or went to a wrong account

    From its pay day on, and one at a time. People find out where it is; this moves no money.
    """
    payment = payment_to_see(payment_id)
    must_be_on_the_team_list(get_payee(session(), payment.payee_id).reference)
    payroll = get_payroll(session(), payment.payroll_id)
    try:
        return tracing.open_trace(
            session(), service(), payroll, payment, trace_id=new_id(), **given, by=actor(), at=now()
        )
    except ReasonNotGiven as refused:
        raise invalid("said", sentence(refused)) from None

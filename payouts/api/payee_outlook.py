"""What a payee will be paid by their awards in the year to come, and what they were told of what they were paid."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields

from payouts.api import named
from payouts.api.door import allowed
from payouts.api.fields import Instant
from payouts.api.ground import key, now, service, session
from payouts.api.listing import ListArgs, list_schema, page, place_given
from payouts.api.named import PersonSchema, SchemeNameSchema
from payouts.api.payees import resource
from payouts.api.payrolls import numbers_of
from payouts.notices.again import notices_of
from payouts.notices.connection import Way
from payouts.notices.event import NoticeEvent
from payouts.notices.notice import NoticeStatus
from payouts.projected_payee import AwardAhead, ahead_of
from schemes.api_key import Scope
from schemes.bank_details import london_day
from schemes.payee import Language


class ComingPaymentSchema(Schema):
    """What an award comes to in a period, as it stands today."""

    award_id = fields.UUID(required=True)
    scheme = fields.Nested(SchemeNameSchema, required=True)
    beneficiary = fields.Nested(PersonSchema, required=True)
    period_first_day = fields.Date(required=True)
    period_last_day = fields.Date(required=True)
    pay_date = fields.Date(
        required=True, allow_none=True, metadata={"description": "Null: a person chooses it, or it is not known yet."}
    )
    amount_pence = fields.Integer(required=True)


class ComingPaymentListSchema(Schema):
    data = fields.List(fields.Nested(ComingPaymentSchema), required=True)
    whole = fields.Boolean(
        required=True, metadata={"description": "Whether all awards were looked at: a payee may have very many."}
    )


class NoticeSchema(Schema):
    """A message to a payee about a payroll. What it said is shown to people."""

    id = fields.UUID(required=True)
    event = fields.Enum(NoticeEvent, by_value=True, required=True)
    channel = fields.Enum(Way, by_value=True, required=True)
    language = fields.Enum(Language, by_value=True, required=True)
    status = fields.Enum(
        NoticeStatus,
        by_value=True,
        required=True,
        metadata={"description": "`told`: a person told them; `held_back`: nobody wrote to them, for a reason."},
    )
    attempt = fields.Integer(required=True)
    payroll_id = fields.UUID(required=True)
    payroll_number = fields.Integer(required=True)
    payment_count = fields.Integer(required=True)
    total_pence = fields.Integer(required=True)
    created_at = Instant(required=True, attribute="made_at")
    sent_at = Instant(required=True, allow_none=True)
    ended_at = Instant(required=True, allow_none=True)


@resource.route("/payees/<payee>/coming_payments")
@allowed(Scope.READ)
@resource.response(200, ComingPaymentListSchema)
def list_coming_payments(payee: str) -> dict[str, Any]:
    """What a payee’s awards come to in the next twelve months, in the order of their days

    As everything stands today: one-off payments, overpayments and what stops a payment are not in it.
    """
    ahead = ahead_of(session(), named.payee(payee), service().calendar, london_day(now()))
    mine = [each for each in ahead.awards if not key().schemes or each.scheme.id in key().schemes]
    coming = [one for each in mine for one in coming_of(each)]
    coming.sort(key=lambda one: (one["pay_date"] or one["period_first_day"], one["award_id"]))
    return {"data": coming, "whole": ahead.is_whole}


def coming_of(ahead: AwardAhead) -> list[dict[str, Any]]:
    return [
        {
            "award_id": ahead.award.id,
            "scheme": ahead.scheme,
            "beneficiary": ahead.beneficiary,
            "period_first_day": one.period.first_day,
            "period_last_day": one.period.last_day,
            "pay_date": one.pay_date,
            "amount_pence": one.pence,
        }
        for one in ahead.coming
        if one.pence
    ]


@resource.route("/payees/<payee>/messages")
@allowed(Scope.READ)
@resource.arguments(ListArgs, location="query")
@resource.response(200, list_schema(NoticeSchema))
def list_messages(args: dict[str, Any], payee: str) -> dict[str, Any]:
    """The messages to a payee about what they are paid, the newest first"""
    before = place_given(args, UUID)
    rows = notices_of(
        session(),
        named.payee(payee).id,
        schemes=key().schemes,
        before=before[0] if before else None,
        limit=args["limit"] + 1,
    )
    content = page(rows, args, lambda row: [row.id])
    numbers = numbers_of({row.payroll_id for row in content["data"]})
    names = [one.attribute or name for name, one in NoticeSchema._declared_fields.items() if name != "payroll_number"]
    data = [
        {**{name: getattr(row, name) for name in names}, "payroll_number": numbers[row.payroll_id]}
        for row in content["data"]
    ]
    return {**content, "data": data}

"""What an award was paid too much, and what people agreed to do about it: recovered from payments, or written off."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields

from payouts.api.awards import award_to_see, resource
from payouts.api.door import allowed
from payouts.api.fields import Instant
from payouts.api.ground import session
from payouts.payment_part import overpayments_of
from payouts.recovering import balances
from schemes.api_key import Scope
from schemes.recovery import Recovery, recoveries_of
from schemes.write_off import Ending, write_offs_of


class OverpaidPeriodSchema(Schema):
    """A period for which more was paid than is due by now."""

    period_first_day = fields.Date(required=True, attribute="about_first_day")
    period_last_day = fields.Date(required=True, attribute="about_last_day")
    paid_pence = fields.Integer(required=True)
    due_pence = fields.Integer(required=True)
    found_at = Instant(required=True)


class AgreedSchema(Schema):
    """What one person proposes and another confirms or rejects."""

    id = fields.UUID(required=True)
    reason = fields.String(required=True)
    proposed_at = Instant(required=True)
    confirmed_at = Instant(required=True, allow_none=True)
    rejected_at = Instant(required=True, allow_none=True)


class RecoverySchema(AgreedSchema):
    """How much is taken from the award’s payments in all, and how much at a time."""

    total_pence = fields.Integer(required=True)
    instalment_pence = fields.Integer(required=True, allow_none=True)
    share_percent = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Of each payment, where there is no instalment."}
    )
    least_left_pence = fields.Integer(required=True, metadata={"description": "What a payment is never brought below."})
    from_day = fields.Date(required=True)
    taken_pence = fields.Integer(required=True, metadata={"description": "By payrolls that were released."})
    left_pence = fields.Integer(required=True, metadata={"description": "Still to be taken; 0 once it was ended."})


class WriteOffSchema(AgreedSchema):
    kind = fields.Enum(
        Ending,
        by_value=True,
        required=True,
        metadata={"description": "`stop`: nothing more is taken; the body gets it back another way."},
    )
    recovery_id = fields.UUID(required=True, allow_none=True, metadata={"description": "The recovery that it ends."})
    pence = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Null: what the recovery has not taken."}
    )


class AwardOverpaymentsSchema(Schema):
    overpaid_pence = fields.Integer(required=True, metadata={"description": "Of all periods together."})
    periods = fields.List(fields.Nested(OverpaidPeriodSchema), required=True)
    recoveries = fields.List(fields.Nested(RecoverySchema), required=True)
    write_offs = fields.List(fields.Nested(WriteOffSchema), required=True)


@resource.route("/awards/<uuid:award_id>/overpayments")
@allowed(Scope.READ, Scope.AWARDS)
@resource.response(200, AwardOverpaymentsSchema)
def get_award_overpayments(award_id: UUID) -> dict[str, Any]:
    """What an award was paid too much, and what is done about it. People decide"""
    award = award_to_see(award_id)
    periods = overpayments_of(session(), award.id)
    return {
        "overpaid_pence": sum(period.pence for period in periods),
        "periods": periods,
        "recoveries": recoveries_told(award.id),
        "write_offs": write_offs_of(session(), award.id),
    }


def recoveries_told(award_id: UUID) -> list[dict[str, Any]]:
    recoveries = recoveries_of(session(), award_id)
    standing = balances(session(), recoveries)
    same = [name for name in RecoverySchema().fields if hasattr(Recovery, name)]
    return [
        {
            **{name: getattr(recovery, name) for name in same},
            "taken_pence": standing[recovery.id].taken_pence,
            "left_pence": standing[recovery.id].total_left_pence,
        }
        for recovery in recoveries
    ]

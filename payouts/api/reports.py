"""Figures of payments over time: the same as the pages', from the ledger."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from marshmallow import Schema, ValidationError, fields, validates_schema

from payouts.api import named, spec
from payouts.api.door import allowed
from payouts.api.fields import Day, reference
from payouts.api.ground import key, session
from payouts.api.named import SchemeNameSchema
from payouts.reports.cost import Cost
from payouts.reports.figures import Figures, Report, Sum, report
from payouts.reports.period import Against, Days, DaysRefused
from schemes.api_key import Scope
from schemes.scheme import schemes_of_body

resource = spec.Resource("reports", __name__, description="Figures of payments over time")


class SumSchema(Schema):
    payments = fields.Integer(required=True)
    pence = fields.Integer(required=True)


class FiguresSchema(Schema):
    """Each released payment is on its way, paid, held or ended otherwise; of the paid ones, each is on time or late."""

    released = fields.Nested(SumSchema, required=True)
    on_its_way = fields.Nested(SumSchema, required=True)
    paid = fields.Nested(SumSchema, required=True)
    held = fields.Nested(SumSchema, required=True)
    ended = fields.Nested(SumSchema, required=True)
    came_back = fields.Nested(
        SumSchema, required=True, metadata={"description": "All that came back, whatever became of it since."}
    )
    on_time = fields.Nested(SumSchema, required=True)
    late = fields.Nested(SumSchema, required=True)
    paid_share = fields.Float(required=True, allow_none=True)
    returned_share = fields.Float(required=True, allow_none=True)
    on_time_share = fields.Float(required=True, allow_none=True)


class StepSchema(FiguresSchema):
    first_day = fields.Date(required=True, metadata={"description": "Of a month, or the day itself."})


class OfSchemeSchema(FiguresSchema):
    scheme = fields.Nested(SchemeNameSchema, required=True)


class OfChannelSchema(FiguresSchema):
    channel = fields.String(required=True)
    cost_pence = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Null where nobody has said what it costs."}
    )


class RangeSchema(Schema):
    """The payments whose pay date lies in some days."""

    first_day = fields.Date(required=True)
    last_day = fields.Date(required=True)
    total = fields.Nested(FiguresSchema, required=True)
    steps = fields.List(fields.Nested(StepSchema), required=True)
    schemes = fields.List(fields.Nested(OfSchemeSchema), required=True)
    channels = fields.List(fields.Nested(OfChannelSchema), required=True)


class PaymentsReportSchema(Schema):
    these = fields.Nested(RangeSchema, required=True)
    held_against = fields.Nested(RangeSchema, required=True, allow_none=True)


class ReportArgs(Schema):
    first_day = Day(required=True, metadata={"description": "The first pay date."})
    last_day = Day(required=True, metadata={"description": "The last pay date: at most five years after the first."})
    against = fields.Enum(Against, by_value=True, load_default=Against.NOTHING)
    scheme = reference(metadata={"description": "A scheme’s code or id."})

    @validates_schema
    def must_fit(self, data: dict[str, Any], **_: Any) -> None:
        try:
            Days(data["first_day"], data["last_day"]).must_fit()
        except DaysRefused:
            raise ValidationError("is before the first day, or more than five years after it", "last_day") from None


@resource.route("/reports/payments")
@allowed(Scope.READ)
@resource.arguments(ReportArgs, location="query")
@resource.response(200, PaymentsReportSchema)
def report_payments(args: dict[str, Any]) -> dict[str, Any]:
    """What was due in some days, what arrived, and what came back"""
    schemes = {named.scheme(args["scheme"]).id} if "scheme" in args else set(key().schemes)
    days = Days(args["first_day"], args["last_day"])
    earlier = days.before(args["against"])
    names = {scheme.id: scheme for scheme in schemes_of_body(session())}
    return {
        "these": told(report(session(), days, schemes=schemes), names),
        "held_against": told(report(session(), earlier, schemes=schemes), names) if earlier else None,
    }


def told(found: Report, names: dict[UUID, Any]) -> dict[str, Any]:
    assert found.days is not None, "a range was asked for"
    return {
        "first_day": found.days.first,
        "last_day": found.days.last,
        "total": found.total,
        "steps": [{"first_day": step, **figures_of(one)} for step, one in found.steps.items()],
        "schemes": [{"scheme": names[one], **figures_of(figures)} for one, figures in found.schemes.items()],
        "channels": [
            {"channel": channel, "cost_pence": found.costs.get(channel, Cost()).pence, **figures_of(one)}
            for channel, one in sorted(found.channels.items())
        ],
    }


def figures_of(figures: Figures) -> dict[str, Sum | float | None]:
    return {name: getattr(figures, name) for name in FiguresSchema().fields}

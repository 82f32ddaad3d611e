"""Payrolls: where each is, what its checks found, and what its gates wait for. A machine decides nothing here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from marshmallow import Schema, fields
from sqlalchemy import ColumnElement, select

from bacs.errors import DateBeyondCalendar
from payouts.api import named, spec
from payouts.api.door import allowed
from payouts.api.fields import Instant, Text
from payouts.api.ground import key, service, session
from payouts.api.listing import ChangedArgs, ListArgs, by_id, list_schema, page, page_of_changes, place_given
from payouts.api.named import PersonSchema, SchemeNameSchema
from payouts.checks.finding import Kind, Severity, groups_of
from payouts.gates.deadline import plan_of
from payouts.gates.decision import GateState, Verdict, gate_states
from payouts.payment import UnpaidReason, unpaid_of
from payouts.payroll import Payroll, PayrollKind, PayrollStatus
from schemes.api_key import Scope
from schemes.person import Role, names
from schemes.scheme import schemes_of_body

resource = spec.Resource("payrolls", __name__, description="The payments of a scheme for a pay date")


class PayrollSchema(Schema):
    id = fields.UUID(required=True)
    number = fields.Integer(required=True)
    scheme = fields.Nested(SchemeNameSchema, required=True)
    kind = fields.Enum(PayrollKind, by_value=True, required=True)
    status = fields.Enum(PayrollStatus, by_value=True, required=True)
    pay_date = fields.Date(required=True)
    period_first_day = fields.Date(required=True)
    period_last_day = fields.Date(required=True)
    deadline_at = Instant(required=True, metadata={"description": "The bank’s cut-off."})
    payment_count = fields.Integer(required=True)
    total_pence = fields.Integer(required=True)
    unpaid_count = fields.Integer(required=True)
    created_at = Instant(required=True, attribute="made_at")


class CheckSchema(Schema):
    """What a check found, counted."""

    kind = fields.Enum(Kind, by_value=True, required=True)
    severity = fields.Enum(Severity, by_value=True, required=True)
    count = fields.Integer(required=True)
    open_count = fields.Integer(required=True, metadata={"description": "Of these, not yet accepted by a person."})
    amount_pence = fields.Integer(required=True)


class DecisionSchema(Schema):
    """What a person said at a gate."""

    person = fields.String(required=True)
    role = fields.Enum(Role, by_value=True, required=True, allow_none=True)
    verdict = fields.Enum(Verdict, by_value=True, required=True)
    reason = fields.String(required=True)
    decided_at = Instant(required=True)


class GateSchema(Schema):
    name = fields.String(required=True)
    due_at = Instant(
        required=True,
        allow_none=True,
        metadata={"description": "By when it is decided; null beyond the bank holidays that are known."},
    )
    state = fields.String(required=True, metadata={"enum": ["not_reached", "waiting", "passed"]})
    lacks = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata={"description": "How many people of which roles have still to say go."},
    )
    decisions = fields.List(fields.Nested(DecisionSchema), required=True)


class OnePayrollSchema(PayrollSchema):
    checks = fields.List(fields.Nested(CheckSchema), required=True)
    gates = fields.List(fields.Nested(GateSchema), required=True)


class UnpaidSchema(Schema):
    """An award that a payroll does not pay."""

    award_id = fields.UUID(required=True)
    beneficiary = fields.Nested(PersonSchema, required=True)
    reason = fields.Enum(UnpaidReason, by_value=True, required=True)
    due_pence = fields.Integer(required=True, allow_none=True)


class PayrollArgs(ChangedArgs):
    scheme = Text(least=1, most=36, metadata={"description": "Its code or id."})
    status = fields.Enum(PayrollStatus, by_value=True)


class UnpaidArgs(ListArgs):
    reason = fields.Enum(UnpaidReason, by_value=True)


@resource.route("/payrolls")
@allowed(Scope.READ, Scope.PAYMENTS)
@resource.arguments(PayrollArgs, location="query")
@resource.response(200, list_schema(PayrollSchema, changes=True))
def list_payrolls(args: dict[str, Any]) -> dict[str, Any]:
    """Payrolls, the oldest first"""
    which: list[ColumnElement[bool]] = [Payroll.scheme_id.in_(key().schemes)] if key().schemes else []
    if "scheme" in args:
        which.append(Payroll.scheme_id == named.scheme(args["scheme"]).id)
    if "status" in args:
        which.append(Payroll.status == args["status"])
    content = page_of_changes(lambda: by_id(Payroll, *which, args=args), args, lambda row: [row.id])
    schemes = {scheme.id: scheme for scheme in schemes_of_body(session())}
    return {**content, "data": [told(row, schemes) for row in content["data"]]}


@resource.route("/payrolls/<payroll>")
@allowed(Scope.READ, Scope.PAYMENTS)
@resource.response(200, OnePayrollSchema)
def get_payroll(payroll: str) -> dict[str, Any]:
    """One payroll, with what its checks found and where its gates stand"""
    found = named.payroll(payroll)
    schemes = {scheme.id: scheme for scheme in schemes_of_body(session())}
    return {**told(found, schemes), "checks": groups_of(session(), found.id), "gates": gates_of(found)}


def gates_of(payroll: Payroll) -> list[dict[str, Any]]:
    """The gates in order, each with what is lacking, by when, and who said what."""
    states = gate_states(session(), payroll)
    known = names(session())
    try:
        due: Mapping[UUID, datetime] = plan_of(session(), payroll, service().calendar).due
    except DateBeyondCalendar:
        due = {}
    return [
        {
            "name": state.gate.name,
            "state": state_of(state),
            "due_at": due.get(state.gate.id),
            "lacks": {role.value: n for role, n in state.lacks.items()},
            "decisions": [
                {
                    "person": known.get(each.person_id, ""),
                    "role": each.role,
                    "verdict": each.verdict,
                    "reason": each.reason,
                    "decided_at": each.decided_at,
                }
                for each in state.decisions
            ],
        }
        for state in states
    ]


@resource.route("/payrolls/<payroll>/unpaid")
@allowed(Scope.READ)
@resource.arguments(UnpaidArgs, location="query")
@resource.response(200, list_schema(UnpaidSchema))
def list_unpaid(args: dict[str, Any], payroll: str) -> dict[str, Any]:
    """The awards that a payroll does not pay, and why"""
    found, after = named.payroll(payroll), place_given(args, UUID)
    rows = unpaid_of(
        session(), found.id, reason=args.get("reason"), after=after[0] if after else None, limit=args["limit"] + 1
    )
    content = page(rows, args, lambda row: [row.unpaid.id])
    data = [
        {
            "award_id": row.unpaid.award_id,
            "beneficiary": row.beneficiary,
            "reason": row.unpaid.reason,
            "due_pence": row.unpaid.due_pence,
        }
        for row in content["data"]
    ]
    return {**content, "data": data}


def told(payroll: Payroll, schemes: dict[UUID, Any]) -> dict[str, Any]:
    names = [one.attribute or name for name, one in PayrollSchema._declared_fields.items() if name != "scheme"]
    return {**{name: getattr(payroll, name) for name in names}, "scheme": schemes[payroll.scheme_id]}


def state_of(state: GateState) -> str:
    if state.passed:
        return "passed"
    return "waiting" if state.is_waiting else "not_reached"


def numbers_of(payroll_ids: set[UUID]) -> dict[UUID, int]:
    """The numbers of some payrolls."""
    return dict(session().execute(select(Payroll.id, Payroll.number).where(Payroll.id.in_(payroll_ids))).all())

"""What stands behind a payroll: its findings one by one, its difference to the last one, and its files' digests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from marshmallow import Schema, fields

from payouts.api import named
from payouts.api.door import allowed
from payouts.api.fields import Instant
from payouts.api.ground import session
from payouts.api.listing import ListArgs, list_schema, page, place_given
from payouts.api.named import PersonSchema
from payouts.api.payrolls import resource
from payouts.api.problem import Refusal
from payouts.checks.finding import FindingRow, Kind, Severity, findings_of, groups_of
from payouts.difference.comparison import against, causes_of, comparison_of, lines_of_cause, unexplained
from payouts.difference.explanation import Cause
from payouts.files.payment_file import files_of
from payouts.payroll import Payroll
from payouts.web.finding_words import KINDS, fact_sentence
from schemes.api_key import Scope
from schemes.errors import NotFound


class FindingSchema(Schema):
    id = fields.UUID(required=True)
    kind = fields.Enum(Kind, by_value=True, required=True)
    severity = fields.Enum(
        Severity,
        by_value=True,
        required=True,
        metadata={"description": "`block`: nothing goes on; `needs_reason`: until a person accepts it with a reason."},
    )
    title = fields.String(required=True, metadata={"description": "For people."})
    detail = fields.String(required=True, metadata={"description": "For people; empty where the title says it all."})
    payment_id = fields.UUID(required=True, allow_none=True, metadata={"description": "None: of the payroll."})
    beneficiary = fields.Nested(PersonSchema, required=True, allow_none=True)
    payee = fields.Nested(PersonSchema, required=True, allow_none=True)
    amount_pence = fields.Integer(required=True, allow_none=True)
    accepted_at = Instant(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True, metadata={"description": "Why a person accepted it."})


class FindingArgs(ListArgs):
    kind = fields.Enum(Kind, by_value=True)


@resource.route("/payrolls/<payroll>/findings")
@allowed(Scope.READ)
@resource.arguments(FindingArgs, location="query")
@resource.response(200, list_schema(FindingSchema))
def list_findings(args: dict[str, Any], payroll: str) -> dict[str, Any]:
    """What the checks found in a payroll, kind by kind; people accept it"""
    found, after = named.payroll(payroll), place_given(args, Kind, UUID)
    rows = list(findings_after(found, args.get("kind"), after, args["limit"] + 1))
    content = page(rows, args, lambda row: [row.finding.kind.value, row.finding.id])
    return {**content, "data": [told_finding(row) for row in content["data"]]}


def findings_after(payroll: Payroll, only: Kind | None, after: list[Any] | None, limit: int) -> Iterator[FindingRow]:
    """Findings after a place, the kinds in the order of their names: each by the index that begins with it."""
    kinds = sorted(group.kind for group in groups_of(session(), payroll.id) if only in (None, group.kind))
    for kind in kinds:
        if after is not None and kind < after[0]:
            continue
        place = after[1] if after is not None and kind == after[0] else None
        rows = findings_of(session(), payroll.id, kind, after=place, limit=limit)
        yield from rows
        limit -= len(rows)
        if limit <= 0:
            return


def told_finding(row: FindingRow) -> dict[str, Any]:
    finding = row.finding
    return {
        "id": finding.id,
        "kind": finding.kind,
        "severity": finding.severity,
        "title": KINDS[finding.kind].title,
        "detail": fact_sentence(finding.kind, finding.facts),
        "payment_id": finding.payment_id,
        "beneficiary": row.beneficiary,
        "payee": row.payee,
        "amount_pence": row.payment.amount_pence if row.payment else None,
        "accepted_at": finding.accepted_at,
        "reason": finding.reason,
    }


class CauseSchema(Schema):
    """All of one cause: how many awards, and what it adds or takes away."""

    cause = fields.Enum(Cause, by_value=True, required=True)
    count = fields.Integer(required=True)
    pence = fields.Integer(required=True, metadata={"description": "With its sign."})


class DifferenceSchema(Schema):
    """The way from one total to the other, to the penny."""

    compared_with = fields.Integer(
        required=True, allow_none=True, metadata={"description": "The last payroll’s number; null: there is none."}
    )
    then_count = fields.Integer(required=True)
    then_pence = fields.Integer(required=True)
    now_count = fields.Integer(required=True)
    now_pence = fields.Integer(required=True)
    unchanged_count = fields.Integer(required=True)
    unexplained_count = fields.Integer(required=True)
    unexplained_pence = fields.Integer(required=True)
    causes = fields.List(fields.Nested(CauseSchema), required=True)


class DifferenceLineSchema(Schema):
    """One award of a cause."""

    award_id = fields.UUID(required=True)
    beneficiary = fields.Nested(PersonSchema, required=True)
    pence = fields.Integer(required=True, metadata={"description": "What the cause adds, or takes away."})
    then_pence = fields.Integer(required=True)
    now_pence = fields.Integer(required=True)


@resource.route("/payrolls/<payroll>/difference")
@allowed(Scope.READ)
@resource.response(200, DifferenceSchema)
def get_difference(payroll: str) -> dict[str, Any]:
    """A payroll’s difference to the last one, by cause"""
    found = named.payroll(payroll)
    comparison = comparison_of(session(), found.id)
    if comparison is None or not comparison.is_done or comparison.build != found.build:
        raise Refusal("not-now", "This payroll was not compared with the last one yet.")
    last, missed = against(session(), comparison), unexplained(session(), comparison)
    same = ("then_count", "then_pence", "now_count", "now_pence", "unchanged_count")
    return {
        **{name: getattr(comparison, name) for name in same},
        "compared_with": last.number if last else None,
        "unexplained_count": missed.awards,
        "unexplained_pence": missed.pence,
        "causes": causes_of(session(), found.id),
    }


@resource.route("/payrolls/<payroll>/difference/<cause>")
@allowed(Scope.READ)
@resource.arguments(ListArgs, location="query")
@resource.response(200, list_schema(DifferenceLineSchema))
def list_difference(args: dict[str, Any], payroll: str, cause: str) -> dict[str, Any]:
    """The awards of one cause. One-off payments, and everybody in a first payroll, stand among the payments"""
    found, after = named.payroll(payroll), place_given(args, UUID)
    if cause not in list(Cause):
        raise NotFound("cause", cause)
    rows = lines_of_cause(session(), found.id, Cause(cause), after=after[0] if after else None, limit=args["limit"] + 1)
    content = page(rows, args, lambda row: [row.line.award_id])
    same = ("award_id", "pence", "then_pence", "now_pence")
    data = [
        {**{name: getattr(row.line, name) for name in same}, "beneficiary": row.beneficiary} for row in content["data"]
    ]
    return {**content, "data": data}


class PaymentFileSchema(Schema):
    """A file as it was sealed. People download or send it: its bytes are not given out here."""

    id = fields.UUID(required=True)
    name = fields.String(required=True)
    format = fields.String(required=True)
    serial = fields.Integer(required=True)
    payment_count = fields.Integer(required=True)
    item_count = fields.Integer(required=True, metadata={"description": "Credits, where payments are combined."})
    total_pence = fields.Integer(required=True)
    byte_count = fields.Integer(required=True)
    sha256 = fields.String(required=True, metadata={"description": "Of its bytes: what people approved."})
    sealed_at = Instant(required=True)
    first_downloaded_at = Instant(required=True, allow_none=True)


class PaymentFileListSchema(Schema):
    data = fields.List(fields.Nested(PaymentFileSchema), required=True)


@resource.route("/payrolls/<payroll>/files")
@allowed(Scope.READ)
@resource.response(200, PaymentFileListSchema)
def list_payment_files(payroll: str) -> dict[str, Any]:
    """A payroll’s sealed files, each with the digest of its bytes"""
    return {"data": files_of(session(), named.payroll(payroll).id)}

"""Changes of awards: made, changed from a day on, ended, suspended. What was said before stays to be read."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields, validates_schema
from marshmallow.exceptions import ValidationError

from payouts.api import named
from payouts.api.awards import InputsSchema, OneAwardSchema, award_to_see, content_of, whole
from payouts.api.awards import resource as awards
from payouts.api.door import field, must_be_on_the_team_list, must_match
from payouts.api.fields import Day, Pence, Text
from payouts.api.ground import actor, now, session
from payouts.api.problem import invalid
from schemes.amount import Inputs
from schemes.api_key import Scope
from schemes.award import Award, add_award
from schemes.award_version import change_award, end_award, history_of
from schemes.bank_details import london_day
from schemes.database import new_id, take_turns
from schemes.payee import Beneficiary, Payee, get_payee, payees_for
from schemes.suspension import suspend

LONGEST = 2000


class AmountSchema(Schema):
    """An amount, or units where the scheme counts them."""

    amount_pence = Pence(metadata={"description": "For each period, where the scheme’s component is `fixed`."})
    inputs = fields.Nested(InputsSchema, metadata={"description": "Otherwise, what its rule counts."})

    @validates_schema
    def one_of_both(self, data: dict[str, Any], **_: Any) -> None:
        if ("amount_pence" in data) is ("inputs" in data):
            raise ValidationError("Give either amount_pence or inputs.")


class NewAwardSchema(AmountSchema):
    scheme = Text(least=1, most=36, required=True, metadata={"description": "Its code or id."})
    component = Text(least=1, most=50, metadata={"description": "The scheme’s first, if it is left out."})
    beneficiary = Text(least=1, most=36, required=True, metadata={"description": "The reference or id."})
    payee = Text(least=1, most=36, metadata={"description": "The reference or id; not needed where there is only one."})
    first_day = Day(required=True)
    last_day = Day(allow_none=True, load_default=None)


class NewVersionSchema(AmountSchema):
    """What an award is from a day on."""

    from_day = Day(required=True)
    last_day = Day(allow_none=True, load_default=None)
    payee = Text(least=1, most=36, metadata={"description": "The reference or id; whoever it is now, if left out."})
    reason = Text(least=1, most=LONGEST, required=True)


class EndSchema(Schema):
    last_day = Day(required=True, metadata={"description": "The last day that is paid."})
    reason = Text(least=1, most=LONGEST, required=True)


class NewSuspensionSchema(Schema):
    from_day = Day(required=True)
    last_day = Day(allow_none=True, load_default=None)
    review_on = Day(allow_none=True, load_default=None, metadata={"description": "Needed without a last day."})
    reason = Text(least=1, most=LONGEST, required=True)


EXAMPLE = {"scheme": "HIL", "beneficiary": "CASE-1001", "amount_pence": 125000, "first_day": "2026-12-01"}


@awards.posting("/awards", NewAwardSchema, OneAwardSchema, Scope.AWARDS, example=EXAMPLE)
def create_award(given: dict[str, Any]) -> Any:
    """Award something to a beneficiary, for each period of a scheme"""
    with field("scheme"):
        scheme = named.scheme(given["scheme"])
    with field("beneficiary"):
        whose = named.beneficiary(given["beneficiary"])
    payee = payee_named(given, whose)
    must_be_on_the_team_list(payee.reference)
    with field("component" if "component" in given else "payee"):
        award = add_award(
            session(),
            award_id=new_id(),
            scheme_id=scheme.id,
            beneficiary_id=whose.id,
            payee_id=payee.id,
            component=given.get("component"),
            inputs=inputs_of(given),
            first_day=given["first_day"],
            last_day=given["last_day"],
            by=actor(),
            at=now(),
        )
    return whole(award), 201, {"Location": f"/api/v1/awards/{award.id}"}


def payee_named(given: dict[str, Any], whose: Beneficiary) -> Payee:
    """The payee who was named, or the only one who is paid for the beneficiary. Raises Refusal."""
    if "payee" in given:
        with field("payee"):
            return named.payee(given["payee"])
    payees = [payee for payee in payees_for(session(), whose.id) if payee.merged_into is None]
    if len(payees) != 1:
        raise invalid("payee", f"{len(payees)} payees are paid for this beneficiary. Say which one.")
    return payees[0]


def inputs_of(given: dict[str, Any]) -> Inputs:
    if "inputs" in given:
        return Inputs(units=given["inputs"]["units"], rate_pence=given["inputs"].get("rate_pence"))
    return Inputs(given["amount_pence"])


def award_to_change(award_id: UUID) -> Award:
    """An award that a key may change, until the call ends by nobody else. Raises NotFound, Refusal."""
    # before it is read: of two who read the same version, the second must find what the first made of it
    take_turns(session(), f"award {award_id}")
    award = award_to_see(award_id)
    must_be_on_the_team_list(paid(award).reference)
    must_match(content_of(award))
    return award


def changed(award: Award, status: int) -> Any:
    """The award as it stands now: with its ETag, since it is given out as at its own address."""
    return whole(award), status, {"Content-Location": f"/api/v1/awards/{award.id}"}


def paid(award: Award) -> Payee:
    """Who is paid today, or will be."""
    return get_payee(session(), history_of(session(), award).payee_on(london_day(now())))


@awards.posting("/awards/<uuid:award_id>/versions", NewVersionSchema, OneAwardSchema, Scope.AWARDS)
def add_version(given: dict[str, Any], award_id: UUID) -> Any:
    """Say what an award is from a day on

    Takes `If-Match`. Periods that were paid already are reckoned again, and the difference is paid or recovered.
    """
    award = award_to_change(award_id)
    payee = paid(award)
    if "payee" in given:
        with field("payee"):
            payee = named.payee(given["payee"])
        must_be_on_the_team_list(payee.reference)
    with field("payee"):
        change_award(
            session(),
            award,
            version_id=new_id(),
            from_day=given["from_day"],
            last_day=given["last_day"],
            inputs=inputs_of(given),
            payee_id=payee.id,
            reason=given["reason"],
            by=actor(),
            at=now(),
        )
    return changed(award, 201)


@awards.posting("/awards/<uuid:award_id>/end", EndSchema, OneAwardSchema, Scope.AWARDS, status=200)
def end(given: dict[str, Any], award_id: UUID) -> Any:
    """End an award with a day"""
    award = award_to_change(award_id)
    end_award(
        session(),
        award,
        version_id=new_id(),
        last_day=given["last_day"],
        reason=given["reason"],
        by=actor(),
        at=now(),
    )
    return changed(award, 200)


@awards.posting("/awards/<uuid:award_id>/suspensions", NewSuspensionSchema, OneAwardSchema, Scope.AWARDS)
def suspend_award(given: dict[str, Any], award_id: UUID) -> Any:
    """Suspend an award, at once

    Only a person lets it be paid again.
    """
    award = award_to_change(award_id)
    suspend(session(), award, suspension_id=new_id(), by=actor(), at=now(), **given)
    return changed(award, 201)

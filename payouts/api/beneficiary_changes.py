"""Corrections of what the register says of a beneficiary."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema

from payouts.api import named
from payouts.api.beneficiaries import OneBeneficiarySchema, content_of, whole
from payouts.api.beneficiaries import resource as beneficiaries
from payouts.api.door import must_be_on_the_team_list, must_match
from payouts.api.fields import Day, Text
from payouts.api.ground import actor, now, service, session
from payouts.api.problem import Refusal, invalid
from payouts.web.words import sentence
from schemes import payee_details
from schemes.api_key import Scope
from schemes.contact_value import ContactRefused
from schemes.payee import Beneficiary, Payee, get_beneficiary, payees_for
from schemes.payee_details import LONGEST_NAME

LONGEST = 2000
LONGEST_ADDRESS = 500


class BeneficiaryCorrectionSchema(Schema):
    """What is put right; what is left out stays."""

    name = Text(least=1, most=LONGEST_NAME)
    date_of_birth = Day(allow_none=True)
    address = Text(
        most=LONGEST_ADDRESS, metadata={"description": "Where they live, a line each; empty: not known any more."}
    )
    reason = Text(least=1, most=LONGEST, required=True)


@beneficiaries.patching("/beneficiaries/<beneficiary>", BeneficiaryCorrectionSchema, OneBeneficiarySchema, Scope.PAYEES)
def correct_beneficiary(given: dict[str, Any], beneficiary: str) -> Any:
    """Put right what the register says of a beneficiary

    What it said before is kept with the payee who receives the money.
    """
    found = get_beneficiary(session(), named.beneficiary(beneficiary).id, lock=True)
    must_match(content_of(found))
    try:
        payee_details.correct_beneficiary(
            session(),
            service().seals,
            payee_id=payee_of(found).id,
            beneficiary_id=found.id,
            name=given.get("name", found.name),
            date_of_birth=given.get("date_of_birth", found.date_of_birth),
            address=given.get("address"),
            reason=given["reason"],
            by=actor(),
            at=now(),
        )
    except ContactRefused as refused:
        raise invalid("address", sentence(refused)) from None
    return whole(found)


def payee_of(beneficiary: Beneficiary) -> Payee:
    """Who receives the money, by reference the first. Raises Refusal."""
    paid = [payee for payee in payees_for(session(), beneficiary.id) if payee.merged_into is None]
    paid = [payee for payee in paid if payee.erased_at is None]
    if not paid:
        raise Refusal("not-now", "Nobody receives money for this beneficiary.")
    for payee in paid:
        must_be_on_the_team_list(payee.reference)
    return paid[0]

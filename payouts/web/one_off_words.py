"""Words for one-off payments: where they are, and why what somebody entered cannot be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from payouts.web.figures import pounds
from schemes.errors import Refused
from schemes.one_off import OneOffFault, OneOffRefused

FAULTS: dict[OneOffFault, str] = {
    OneOffFault.AMOUNT: "Enter an amount above £0.00, up to the scheme’s limit for one payment",
    OneOffFault.NO_SUCH_COMPONENT: "Choose something that the scheme pays",
    OneOffFault.NO_PERIOD: "Enter a day that lies in a period of the scheme",
    OneOffFault.TOO_FAR: "Enter an earlier day",
    OneOffFault.REASON_MISSING: "Say why it is paid",
    OneOffFault.PAYEE_NOT_SAID: "Enter the payee’s reference: nobody, or more than one person, is paid for them",
    OneOffFault.NOT_THEIR_PAYEE: "This payee has no mandate for the beneficiary on that day",
    OneOffFault.AWARD_PAYS_THIS: "An award pays this already. If more is to be paid besides it, say why",
    OneOffFault.ENTERED_ALREADY: "A payment of this was entered already, with another amount or payee",
    OneOffFault.FURTHER_WITHOUT_REASON: "Say why more is paid besides what is paid for this already",
}


def one_off_sentence(refused: OneOffRefused) -> str:
    limit = refused.facts.get("limit_pence")
    if refused.fault is OneOffFault.AMOUNT and isinstance(limit, int):
        return f"Enter an amount above £0.00 and up to {pounds(limit)}, the scheme’s limit for one payment"
    return FAULTS[refused.fault]


TELLERS: dict[type[Refused], Callable[[Any], str]] = {OneOffRefused: one_off_sentence}

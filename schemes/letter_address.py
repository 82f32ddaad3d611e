"""Where a letter about somebody's award goes: the payee's address, or the beneficiary's own.

Whoever acts for a person (an appointee, a deputy, a parent) gets the person's letters with the money. An organisation
that is only paid for them (a provider, a landlord) does not: how much somebody is awarded is nobody else's business, so
the person is written to at home, and not at all where that address is not known.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from schemes.contact import Contact, may_be_used
from schemes.contact_value import Channel
from schemes.payee import Beneficiary, Capacity, Payee

ONLY_PAID = frozenset({Capacity.PROVIDER, Capacity.LANDLORD})


class LetterAddress(NamedTuple):
    """To whom, by name, and where; `lines` is None where no address may be used."""

    name: str
    lines: str | None


def letter_address(
    payee: Payee, beneficiary: Beneficiary, capacity: Capacity, contacts: Iterable[Contact]
) -> LetterAddress:
    """For an award that a payee is paid in some capacity. contacts: the payee's, newest first."""
    if capacity in ONLY_PAID:
        return LetterAddress(beneficiary.name, beneficiary.address)
    usable = (one.value for one in contacts if one.channel is Channel.LETTER and may_be_used(payee, one))
    return LetterAddress(payee.name, next(usable, None))

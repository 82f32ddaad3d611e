"""Names as the wire will carry them."""

from __future__ import annotations

from collections.abc import Iterator

from bacs.charset import to_bacs
from payouts.checks.facts import PayrollFacts
from payouts.checks.finding import Found, Kind
from payouts.payment import PaymentLine

NAME_WIDTH = 18


def on_the_wire(payment: PaymentLine, facts: PayrollFacts) -> Iterator[Found]:
    """Capitals without accents, at most 18 characters: what a name loses on the wire is told, never silent."""
    wire = to_bacs(payment.holder_name)
    if not wire.fits(NAME_WIDTH):
        yield Found(Kind.NAME_CUT, payment.id, {"carried": wire.cut(NAME_WIDTH)})
    elif wire.changes:
        yield Found(Kind.NAME_REWRITTEN, payment.id, {"carried": wire.text})

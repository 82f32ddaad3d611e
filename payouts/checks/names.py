"""Names as the wire will carry them."""

from __future__ import annotations

from collections.abc import Iterator

from payouts.checks.facts import PayrollFacts
from payouts.checks.finding import Found, Kind
from payouts.files.forms import FORMS
from payouts.payment import PaymentLine


def on_the_wire(payment: PaymentLine, facts: PayrollFacts) -> Iterator[Found]:
    """What a name loses on the wire, in the form of the files, is told, never silent; nobody is paid without a name."""
    form = FORMS[facts.file_format]
    wire = form.wire_text(payment.holder_name)
    if not wire.text:
        yield Found(Kind.NAME_EMPTY, payment.id, {"name": payment.holder_name})
    elif not wire.fits(form.name_width):
        yield Found(Kind.NAME_CUT, payment.id, {"carried": wire.cut(form.name_width)})
    elif wire.changes:
        yield Found(Kind.NAME_REWRITTEN, payment.id, {"carried": wire.text})

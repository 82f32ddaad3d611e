"""Words for what is kept how long, and why somebody cannot be erased."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from payouts.erasure import ErasureBar, ErasureRefused
from payouts.files.destroying import FileDestroyed
from payouts.web.figures import day
from schemes.errors import Refused


class Kept(NamedTuple):
    """A kind of record: why it is kept, how long, and from when that counts. {years} is the body's own setting."""

    what: str
    why: str
    how_long: str
    since: str


YEARS = "{years} financial years and the current one"

KEPT: tuple[Kept, ...] = (
    Kept(
        "Payees and those they are paid for: names, dates of birth, addresses, contacts, notes",
        "To pay them, and to answer for what was paid",
        YEARS,
        "the last payment, award or change of bank details",
    ),
    Kept(
        "Bank details, sealed with a key of each payee’s own",
        "To prove where money went, and to trace what was returned",
        YEARS,
        "the payee’s last payment: then the key is destroyed",
    ),
    Kept(
        "Files for the bank, each sealed with its own key",
        "To show what was approved and sent",
        YEARS,
        "the pay date: then the key is destroyed, of all files of a payroll at once",
    ),
    Kept(
        "What people attached as evidence for a decision, sealed",
        "To show what a decision rested on",
        YEARS,
        "the pay date, as the files",
    ),
    Kept(
        "Rows of register files that were brought in",
        "To show where a record came from",
        YEARS,
        "erased with the payee they are about",
    ),
    Kept("Amounts of awards and payments, and the ledger", "Public accounts", "For good, without names", "–"),
    Kept("Digests, decisions and their signatures", "To prove that what was paid was approved", "For good", "–"),
    Kept("The audit trail: ids and counts, nothing personal", "To show who did what", "For good", "–"),
)


def refused(refusal: ErasureRefused) -> str:
    if refusal.why is ErasureBar.ERASED_ALREADY:
        return "This payee was erased already"
    if refusal.until is None:
        return "This payee’s records are still needed: an award goes on, or bank details changed not long ago"
    return f"This payee’s records are needed until {day(refusal.until)}, so they can’t be erased before"


def destroyed(refusal: FileDestroyed) -> str:
    when = day(refusal.destroyed_at)
    return f"{refusal.name} was destroyed on {when}: its time was over. Its SHA-256 and who approved it are kept"


TELLERS: dict[type[Refused], Callable[[Any], str]] = {ErasureRefused: refused, FileDestroyed: destroyed}

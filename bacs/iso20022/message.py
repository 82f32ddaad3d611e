"""What a payment message says, as values: parties, batches, payments (pain.001, structure)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from bacs.iso20022.profile import Scheme


@dataclass(frozen=True, slots=True)
class Address:
    """A structured or hybrid address: town and country at least, at most two free lines. For payees leave it out."""

    town: str
    country: str
    street: str = ""
    building_number: str = ""
    postcode: str = ""
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Party:
    """Who orders the payments, or whose account pays them.

    `identification` is the bank's customer id or the service user number, `identification_scheme` the bank's word
    for it. `lei` has a place from version 09 on.
    """

    name: str
    identification: str = ""
    identification_scheme: str = ""
    lei: str = ""
    address: Address | None = None


class Payment(NamedTuple):
    """One credit transfer. A tuple, because a file holds up to millions of them.

    `end_to_end_id` is unique in its file. A building society's `roll_number` takes the reference's place. `iban` is
    for profiles whose account form it is. `uetr`, a version 4 UUID in lower case, has a place from version 09 on.
    """

    end_to_end_id: str
    sort_code: str
    account_number: str
    amount_pence: int
    name: str
    reference: str = ""
    roll_number: str = ""
    iban: str = ""
    uetr: str = ""
    instruction_id: str = ""
    address: Address | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Payments of one account, day and scheme; `batch_id` comes back from the bank.

    The totals stand before the payments, so payments that can be read only once, a generator's, need `count` and
    `total_pence` beforehand; they are checked when the payments have gone by.
    """

    batch_id: str
    scheme: Scheme
    execution_day: date
    debtor: Party
    sort_code: str
    account_number: str
    payments: Iterable[Payment]
    count: int | None = None
    total_pence: int | None = None
    debtor_iban: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """One file: `message_id` is never used again, and `created_at` is an aware instant."""

    message_id: str
    created_at: datetime
    initiating_party: Party
    batches: Sequence[Batch]

"""A good row on its way into the register: opened, and made a line of COPY with the payee's details sealed anew."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from schemes.account import pack
from schemes.amount import Inputs, inputs_json
from schemes.contact_value import read_address
from schemes.database import escaped
from schemes.imports.entry import ENCODE, Entry, unpacked
from schemes.imports.good_rows import Ids, SealedRows
from schemes.payee import Capacity, for_search
from schemes.seal import OpenKey, Seals


class GoodRow(NamedTuple):
    """A row that is landed with a look at the register and at others.

    ids: what the ids of all that it brings begin with. corrected_by: whoever typed it anew.
    """

    line: int
    entry: Entry
    ids: str
    corrected_by: UUID | None


class KnownAs(NamedTuple):
    """A beneficiary by id, whether this row brings them in, and whether the payee is paid for them already."""

    beneficiary_id: str
    is_new: bool
    is_mandated: bool


class Prepared(NamedTuple):
    """Rows on their way: lines for COPY, how many they are, and the rows that need a look at the register."""

    lines: bytes
    line_count: int
    to_look_at: list[GoodRow]


class Preparer:
    """Makes lines of the rows of one import. Asks the database nothing, so that any process can do it."""

    def __init__(self, seals: Seals, key: OpenKey, import_id: UUID) -> None:
        self.seals, self.key, self.import_id = seals, key, import_id

    def prepare(self, chunk: SealedRows) -> Prepared:
        lines, to_look_at = [], []
        new_ids = Ids(chunk.milliseconds, len(chunk.rows))
        for number, (line, sealed, corrected_by) in enumerate(chunk.rows):
            entry = unpacked(self.key.open(sealed, f"import_row/{line}", self.import_id))
            ids = new_ids.of_row(number)
            if line in chunk.known or entry.shares_payee or corrected_by:
                to_look_at.append(GoodRow(line, entry, ids, corrected_by))
            else:
                lines.append(self.line_of(entry, ids, ids + LAST_DIGITS["payee"], new_payee=True))
        return Prepared("".join(lines).encode(), len(lines), to_look_at)

    def line_of(
        self,
        entry: Entry,
        ids: str,
        payee_id: str,
        known: KnownAs | None = None,
        *,
        new_payee: bool,
        keyed_by: UUID | None = None,
    ) -> str:
        name = entry.beneficiary_name
        person = (
            f"{entry.reference}\t{escaped(name)}\t{escaped(for_search(name))}\t{entry.born or NULL}\t{home_of(entry)}"
            if known is None or known.is_new
            else f"{entry.reference}\t{NULL}\t{NULL}\t{NULL}\t{NO_HOME}"
        )
        inputs = Inputs(entry.amount_pence, entry.units, entry.rate_pence)
        award = (
            f"{known.beneficiary_id if known else NULL}\t"
            f"{entry.capacity if known is None or not known.is_mandated else NULL}\t{entry.component or NULL}\t"
            f"{entry.amount_pence or NULL}\t{NULL if entry.amount_pence else ENCODE(inputs_json(inputs))}\t"
            f"{entry.first_day}\t{entry.last_day or NULL}\t{payee_id}\t{keyed_by or NULL}\t{ids}\t"
        )
        return person + award + (self.payee_of(entry, ids) if new_payee else NO_PAYEE)

    def payee_of(self, entry: Entry, ids: str) -> str:
        """The rest of a line: the payee with a key of their own, and their bank details sealed with it."""
        key_id, account_id = ids + LAST_DIGITS["key"], ids + LAST_DIGITS["account"]
        ring_key_id, wrapped, key = self.seals.make_for(self.key.body_id, key_id)
        sealed = key.seal(pack(entry.details), "account", account_id)
        fingerprint = self.seals.fingerprint(self.key.body_id, *entry.details)
        email = escaped(entry.email) if entry.email else NULL
        address = escaped(entry.address) if entry.address else NULL
        postcode = (read_address(entry.address).postcode if entry.address else None) or NULL
        born = (entry.born if entry.capacity is Capacity.SELF else None) or NULL
        checked = entry.checked
        return (
            f"{escaped(ring_key_id)}\t\\\\x{wrapped.hex()}\t{entry.payee_reference}\t"
            f"{escaped(entry.payee_name)}\t{escaped(for_search(entry.payee_name))}\t{email}\t{address}\t{postcode}\t{born}\t"
            f"{escaped(entry.holder_name)}\t\\\\x{sealed.hex()}\t\\\\x{fingerprint.hex()}\t"
            f"{entry.details.account_number[-4:]}\t{checked.outcome}\t{checked.rule}\t{checked.table_version}\n"
        )


LAST_DIGITS = {
    "key": "1",
    "payee": "2",
    "beneficiary": "3",
    "account": "4",
    "award": "5",
    "mandate": "6",
    "email": "7",
    "letter": "8",
}
"""Of the ids of what a row brings."""

NULL = "\\N"
NO_HOME = f"{NULL}\t{NULL}\t"


def home_of(entry: Entry) -> str:
    """The beneficiary's own address and its postcode, as they stand in a line."""
    if entry.lives_at is None:
        return NO_HOME
    return f"{escaped(entry.lives_at)}\t{read_address(entry.lives_at).postcode or NULL}\t"


# what a line says, in its order. name: of a new beneficiary alone; capacity: of a new mandate alone; known_as: the
# beneficiary's id where it is known; wrapped and what follows: of a new payee alone
AWARD = (
    "reference text, name text, search_name text, born date, home text, home_postcode text, known_as uuid, "
    "capacity text, component text, "
    "amount_pence bigint, inputs jsonb, first_day date, last_day date, payee_id uuid, keyed_by uuid, ids text"
)
PAYEE = (
    "ring_key_id text, wrapped bytea, payee_reference text, payee_name text, payee_search_name text, "
    "email text, address text, postcode text, payee_born date, holder_name text, "
    "sealed_details bytea, fingerprint bytea, last_four text, modulus_outcome text, "
    "modulus_rule text, weight_table text"
)
LANDING_TABLE = f"{AWARD}, {PAYEE}"
LANDING_COLUMNS = [column.split()[0] for column in LANDING_TABLE.split(", ")]
NO_PAYEE = "\t".join([NULL] * len(PAYEE.split(", "))) + "\n"

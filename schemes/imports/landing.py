"""Writing good rows into the register, chunk by chunk, without a query for each row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CollectionAggregate, String, any_, literal, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from schemes.account import Account, pack
from schemes.award import Award
from schemes.database import copy_rows, new_id
from schemes.imports.register_file import Entry, Fault, Outcome, RowReason
from schemes.payee import Beneficiary, Capacity, Payee, for_search
from schemes.scheme import Scheme
from schemes.seal import Seals


def lock_register(session: Session) -> None:
    """Imports of one body land one after another: two files with the same people must not cross."""
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('register ' || :body_id, 0))"),
        {"body_id": str(session.info["body_id"])},
    )


def one_of(references: Iterable[str]) -> CollectionAggregate[bool]:
    # one parameter, whatever their number: thousands of them take longer to write into the query than to look up
    return any_(literal(list(references), ARRAY(String(collation="C"))))


def already_there(
    session: Session, seals: Seals, scheme: Scheme, entries: Sequence[Entry]
) -> dict[str, tuple[Outcome, Fault | None]]:
    """Of these entries those whose beneficiary or payee is in the register: the same throughout, or different."""
    known = {
        row.reference: row
        for row in session.execute(
            select(
                Beneficiary.reference,
                Beneficiary.name,
                Award.amount_pence,
                Award.first_day,
                Award.last_day,
                Payee.reference.label("payee_reference"),
                Payee.name.label("payee_name"),
            )
            .outerjoin(
                Award,
                (Award.body_id == Beneficiary.body_id)
                & (Award.beneficiary_id == Beneficiary.id)
                & (Award.scheme_id == scheme.id),
            )
            .outerjoin(Payee, (Payee.body_id == Award.body_id) & (Payee.id == Award.payee_id))
            .where(Beneficiary.reference == one_of([entry.reference for entry in entries]))
        )
    }
    payees = payees_there(session, {entry.payee_reference for entry in entries})
    found: dict[str, tuple[Outcome, Fault | None]] = {}
    for entry in entries:
        there = known.get(entry.reference)
        payee = payees.get(entry.payee_reference)
        same_payee = payee is not None and same_details(session, seals, payee, entry)
        if there is not None:
            award = (entry.beneficiary_name, entry.amount_pence, entry.first_day, entry.last_day, entry.payee_reference)
            kept = (there.name, there.amount_pence, there.first_day, there.last_day, there.payee_reference)
            if award == kept and same_payee:
                found[entry.reference] = Outcome.UNCHANGED, None
            else:
                found[entry.reference] = Outcome.REFUSED, Fault("reference", RowReason.IN_REGISTER, entry.reference)
        elif payee is not None and not same_payee:
            found[entry.reference] = (
                Outcome.REFUSED,
                Fault("payee_reference", RowReason.PAYEE_DIFFERS, f"{entry.payee_reference} in the register"),
            )
    return found


def payees_there(session: Session, references: Iterable[str]) -> dict[str, Any]:
    """Payees with their newest bank details, by reference."""
    rows = session.execute(
        select(
            Payee.reference,
            Payee.id,
            Payee.name,
            Payee.email,
            Account.holder_name,
            Account.fingerprint,
        )
        .join(Account, (Account.body_id == Payee.body_id) & (Account.payee_id == Payee.id))
        .where(Payee.reference == one_of(references))
        .order_by(Payee.reference, Account.version)
    )
    return {row.reference: row for row in rows}


def same_details(session: Session, seals: Seals, payee: Any, entry: Entry) -> bool:
    fingerprint = seals.fingerprint(session.info["body_id"], *entry.details)
    return (payee.name, payee.email, payee.holder_name, bytes(payee.fingerprint)) == (
        entry.payee_name,
        entry.email,
        entry.holder_name,
        fingerprint,
    )


class Lander:
    """Lands the entries of one import; remembers the payees that several rows share."""

    def __init__(
        self, session: Session, seals: Seals, scheme: Scheme, *, import_id: UUID, by: UUID, at: datetime
    ) -> None:
        self.session = session
        self.seals = seals
        self.scheme = scheme
        self.import_id = import_id
        self.by = by
        self.at = at
        self.body_id: UUID = session.info["body_id"]
        self.shared: dict[str, UUID] = {}

    def land(self, entries: Sequence[tuple[int, Entry]]) -> list[tuple[int, Fault]]:
        """Write entries; returns the lines that cannot land because their reference came in meanwhile."""
        known = already_there(self.session, self.seals, self.scheme, [entry for _, entry in entries])
        taken = [
            (line, fault or Fault("reference", RowReason.IN_REGISTER, entry.reference))
            for line, entry in entries
            for _, fault in [known.get(entry.reference, (None, None))]
            if entry.reference in known
        ]
        fresh = [entry for _, entry in entries if entry.reference not in known]
        elsewhere = {e.payee_reference for e in fresh if e.capacity is not Capacity.SELF} - self.shared.keys()
        self.shared.update({reference: row.id for reference, row in payees_there(self.session, elsewhere).items()})
        rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in COLUMNS_OF}
        for entry in fresh:
            self.add(entry, rows)
        for table, columns in COLUMNS_OF.items():
            copy_rows(self.session, table, columns, rows[table])
        return taken

    def add(self, entry: Entry, rows: dict[str, list[tuple[Any, ...]]]) -> None:
        beneficiary_id = new_id()
        search_name = for_search(entry.beneficiary_name)
        rows["beneficiary"].append(
            (self.body_id, beneficiary_id, entry.reference, entry.beneficiary_name, search_name, self.at)
        )
        payee_id = self.shared.get(entry.payee_reference) or self.add_payee(entry, rows)
        rows["mandate"].append((self.body_id, new_id(), beneficiary_id, payee_id, entry.capacity.value, self.at))
        rows["award"].append(
            (
                self.body_id,
                new_id(),
                self.scheme.id,
                beneficiary_id,
                payee_id,
                self.scheme.component,
                entry.amount_pence,
                entry.first_day,
                entry.last_day,
                self.import_id,
                self.by,
                self.at,
            )
        )

    def add_payee(self, entry: Entry, rows: dict[str, list[tuple[Any, ...]]]) -> UUID:
        payee_id, account_id = new_id(), new_id()
        if entry.capacity is not Capacity.SELF:
            self.shared[entry.payee_reference] = payee_id
        key_row, key = self.seals.make(self.body_id, self.at)
        rows["sealing_key"].append((self.body_id, key_row.id, key_row.ring_key_id, key_row.wrapped, self.at))
        rows["payee"].append(
            (
                self.body_id,
                payee_id,
                entry.payee_reference,
                entry.payee_name,
                for_search(entry.payee_name),
                entry.email,
                key_row.id,
                self.at,
            )
        )
        rows["account"].append(
            (
                self.body_id,
                account_id,
                payee_id,
                1,
                entry.holder_name,
                key.seal(pack(entry.details), "account", account_id),
                self.seals.fingerprint(self.body_id, *entry.details),
                entry.details.account_number[-4:],
                entry.checked.outcome.value,
                entry.checked.rule,
                entry.checked.table_version,
                self.import_id,
                self.by,
                self.at,
            )
        )
        return payee_id


# in the order of their foreign keys
COLUMNS_OF = {
    "sealing_key": ("body_id", "id", "ring_key_id", "wrapped", "made_at"),
    "beneficiary": ("body_id", "id", "reference", "name", "search_name", "made_at"),
    "payee": ("body_id", "id", "reference", "name", "search_name", "email", "key_id", "made_at"),
    "mandate": ("body_id", "id", "beneficiary_id", "payee_id", "capacity", "made_at"),
    "account": (
        "body_id",
        "id",
        "payee_id",
        "version",
        "holder_name",
        "sealed_details",
        "fingerprint",
        "last_four",
        "modulus_outcome",
        "modulus_rule",
        "weight_table",
        "import_id",
        "proposed_by",
        "proposed_at",
    ),
    "award": (
        "body_id",
        "id",
        "scheme_id",
        "beneficiary_id",
        "payee_id",
        "component",
        "amount_pence",
        "first_day",
        "last_day",
        "import_id",
        "made_by",
        "made_at",
    ),
}

"""Looking for beneficiaries who may be one: a child whom both parents enrolled, a client under two providers.

Who is paid themselves is compared as a payee (`schemes.duplicates.search`). A beneficiary who is paid through others is
compared with the others of their kind and, by the payees' keys, with those who are paid themselves: so nothing is
written a second time for the many who are paid themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, delete, func, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes.database import Base, copy_rows, one_of, to_body_row
from schemes.duplicates.likeness import Compared, keys_of
from schemes.duplicates.pair import BeneficiaryPair
from schemes.duplicates.search import (
    MOST_IN_BLOCK,
    compared_in_pairs,
    fingerprint,
    keep_pairs,
    pairs_there,
    where_they_live,
)
from schemes.payee import Beneficiary, Capacity, Mandate, Payee
from schemes.seal import Seals


class BeneficiaryKey(Base):
    """A key of a beneficiary who is paid through others, as a keyed fingerprint: as `search.MatchKey` of a payee."""

    __tablename__ = "beneficiary_key"
    __table_args__ = (
        Index("ix_beneficiary_key_beneficiary", "body_id", "beneficiary_id"),
        to_body_row("beneficiary", "beneficiary_id"),
    )

    body_id: Mapped[UUID] = mapped_column(primary_key=True)
    value: Mapped[bytes] = mapped_column(primary_key=True)
    beneficiary_id: Mapped[UUID] = mapped_column(primary_key=True)


def look_at(session: Session, seals: Seals, beneficiary_ids: Sequence[UUID], *, at: datetime) -> None:
    """Compare these beneficiaries with all who share a key with them, and keep what was found."""
    write_keys(session, seals, beneficiary_ids)
    keep(session, beneficiary_ids, candidates(session, LIKE_BENEFICIARIES, beneficiary_ids), at=at)


def look_at_themselves(session: Session, payee_ids: Sequence[UUID], *, at: datetime) -> None:
    """Compare those of some payees who are paid themselves with the beneficiaries who are paid through others."""
    themselves = select(Mandate.beneficiary_id).where(
        Mandate.payee_id == one_of(payee_ids), Mandate.capacity == Capacity.SELF
    )
    keep(session, session.scalars(themselves).all(), candidates(session, LIKE_PAYEES, payee_ids), at=at)


def keep(session: Session, beneficiary_ids: Sequence[UUID], wanted: set[tuple[UUID, UUID]], *, at: datetime) -> None:
    there = pairs_there(session, BeneficiaryPair, beneficiary_ids)
    wanted = wanted | there.keys()
    compared = {one.id: one for one in read_compared(session, {each for ids in wanted for each in ids})}
    one_already = people_of(session, compared)
    apart = {ids for ids in wanted if one_already.get(ids[0], ids[0]) != one_already.get(ids[1], ids[1])}
    keep_pairs(session, BeneficiaryPair, there, compared_in_pairs(apart, compared), at=at)


def people_of(session: Session, beneficiary_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """The record that stands for each of these, where two people said that they are one person."""
    root = func.coalesce(Beneficiary.same_as, Beneficiary.id)
    return dict(session.execute(select(Beneficiary.id, root).where(Beneficiary.id == one_of(beneficiary_ids))).all())


def read_compared(session: Session, beneficiary_ids: Iterable[UUID]) -> list[Compared]:
    """What is known of each; of one who is paid themselves the payee's record knows where they live."""
    oneself = (
        select(Mandate.payee_id)
        .where(
            Mandate.body_id == Beneficiary.body_id,
            Mandate.beneficiary_id == Beneficiary.id,
            Mandate.capacity == Capacity.SELF,
        )
        .order_by(Mandate.id.desc())
        .limit(1)
        .correlate(Beneficiary)
        .scalar_subquery()
    )
    postcode, address = where_they_live()
    rows = session.execute(
        select(
            Beneficiary.id,
            Beneficiary.name,
            func.coalesce(Beneficiary.date_of_birth, Payee.date_of_birth),
            func.coalesce(Beneficiary.postcode, postcode),
            func.coalesce(Beneficiary.address, address),
        )
        .outerjoin(Payee, (Payee.body_id == Beneficiary.body_id) & (Payee.id == oneself))
        .where(Beneficiary.id == one_of(beneficiary_ids), Beneficiary.erased_at.is_(None))
    )
    return [Compared(row[0], row[1], None, None, *row[2:]) for row in rows]


def write_keys(session: Session, seals: Seals, beneficiary_ids: Sequence[UUID]) -> None:
    """Write the keys of those who are paid through others alone."""
    body_id = session.info["body_id"]
    mine = Mandate.beneficiary_id == one_of(beneficiary_ids)
    themselves = set(session.scalars(select(Mandate.beneficiary_id).where(mine, Mandate.capacity == Capacity.SELF)))
    session.execute(delete(BeneficiaryKey).where(BeneficiaryKey.beneficiary_id == one_of(beneficiary_ids)))
    keys = {
        (body_id, fingerprint(seals, body_id, *key), one.id)
        for one in read_compared(session, set(beneficiary_ids) - themselves)
        for key in keys_of(one)
    }
    copy_rows(session, "beneficiary_key", ("body_id", "value", "beneficiary_id"), sorted(keys))


# who has a key that these have, in one of the two tables of keys; of a large block nobody
SAME_KEY = """
    JOIN LATERAL (SELECT {who}, count(*) OVER () AS size
                    FROM (SELECT {who} FROM {table} k WHERE k.body_id = mine.body_id
                             AND k.value = mine.value LIMIT :most + 1) block) other ON other.size <= :most
"""
AMONG_BENEFICIARIES = SAME_KEY.format(table="beneficiary_key", who="beneficiary_id")
AMONG_PAYEES = SAME_KEY.format(table="match_key", who="payee_id")
ONESELF = "self.body_id = mine.body_id AND self.capacity = 'self' AND self.payee_id"

LIKE_BENEFICIARIES = f"""
    SELECT DISTINCT least(mine.beneficiary_id, other.beneficiary_id),
           greatest(mine.beneficiary_id, other.beneficiary_id)
      FROM beneficiary_key mine {AMONG_BENEFICIARIES}
     WHERE mine.beneficiary_id = ANY (:ids) AND other.beneficiary_id <> mine.beneficiary_id
     UNION
    SELECT least(mine.beneficiary_id, self.beneficiary_id), greatest(mine.beneficiary_id, self.beneficiary_id)
      FROM beneficiary_key mine {AMONG_PAYEES}
      JOIN mandate self ON {ONESELF} = other.payee_id AND self.beneficiary_id <> mine.beneficiary_id
     WHERE mine.beneficiary_id = ANY (:ids)
"""  # noqa: S608
LIKE_PAYEES = f"""
    SELECT DISTINCT least(other.beneficiary_id, self.beneficiary_id),
           greatest(other.beneficiary_id, self.beneficiary_id)
      FROM match_key mine {AMONG_BENEFICIARIES}
      JOIN mandate self ON {ONESELF} = mine.payee_id AND self.beneficiary_id <> other.beneficiary_id
     WHERE mine.payee_id = ANY (:ids)
"""  # noqa: S608


def candidates(session: Session, alike: str, ids: Sequence[UUID]) -> set[tuple[UUID, UUID]]:
    """The pairs that may be one, large blocks left out."""
    rows = session.execute(text(alike), {"ids": list(ids), "most": MOST_IN_BLOCK})
    return {(first, second) for first, second in rows}

"""Two records of one person, maybe, and what a person said: not the same for good, or merged by two people.

Payees are those who receive money, beneficiaries those whose money it is: a child whom both parents enrolled is one
beneficiary under two payees.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column, synonym

from schemes import audit
from schemes.database import Base, BodyOwned, stored, to_body_row
from schemes.duplicates.likeness import Likelihood
from schemes.errors import NotFound, NotNow, ReasonNotGiven
from schemes.payee import Beneficiary, Payee
from schemes.person import Actor, Role

DECIDERS = (Role.PREPARER, Role.FINANCE, Role.APPROVER, Role.ADMINISTRATOR)


class PairStatus(StrEnum):
    """Where a pair is."""

    OPEN = "open"
    NOT_SAME = "not_same"
    MERGED = "merged"
    NO_LONGER_ALIKE = "no_longer_alike"


MOVES: dict[tuple[PairStatus, PairStatus], str] = {
    (PairStatus.OPEN, PairStatus.NOT_SAME): "a person looked and says that they are two",
    (PairStatus.OPEN, PairStatus.MERGED): "two people said that they are one",
    (PairStatus.OPEN, PairStatus.NO_LONGER_ALIKE): "a record was put right, and nothing speaks for it any more",
    (PairStatus.NO_LONGER_ALIKE, PairStatus.OPEN): "they have become alike again",
    (PairStatus.NOT_SAME, PairStatus.OPEN): "other facts speak for it than when a person looked",
    (PairStatus.NOT_SAME, PairStatus.MERGED): "two people found otherwise",
    (PairStatus.MERGED, PairStatus.NOT_SAME): "two people found that they are two after all, and undid it",
}


class Pair(BodyOwned):
    """Two records that may be of one person; the first is the one with the lower id.

    `evidence` is that of `likeness.Evidence`.
    """

    first_id: ClassVar[Mapped[UUID]]
    second_id: ClassVar[Mapped[UUID]]
    party: ClassVar[type[Payee] | type[Beneficiary]]

    likelihood: Mapped[Likelihood] = mapped_column(stored(Likelihood))
    evidence: Mapped[dict[str, Any]] = mapped_column(JSONB)
    status: Mapped[PairStatus] = mapped_column(stored(PairStatus))
    found_at: Mapped[datetime]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    because: Mapped[str | None]


def rules_of(table: str, party: str) -> tuple[Any, ...]:
    """What holds of a table of pairs: each pair once, two of one body, a reason where they are two people."""
    first, second = f"first_{party}_id", f"second_{party}_id"
    return (
        UniqueConstraint("body_id", first, second),
        Index(f"ix_{table}_second", "body_id", second),
        Index(f"ix_{table}_status", "body_id", "status", "likelihood", "id"),
        to_body_row(party, first),
        to_body_row(party, second),
        CheckConstraint(f"{first} < {second}", name="in_order"),
        CheckConstraint("status <> 'not_same' or coalesce(because, '') <> ''", name="reason"),
    )


class DuplicatePair(Pair, Base):
    """Two payees who may be one."""

    __tablename__ = "duplicate_pair"
    __table_args__ = rules_of("duplicate_pair", "payee")
    party = Payee

    first_payee_id: Mapped[UUID]
    second_payee_id: Mapped[UUID]
    first_id = synonym("first_payee_id")
    second_id = synonym("second_payee_id")


class BeneficiaryPair(Pair, Base):
    """Two beneficiaries who may be one, at least one of them paid through somebody else.

    Two who are paid themselves are a pair of payees.
    """

    __tablename__ = "beneficiary_pair"
    __table_args__ = rules_of("beneficiary_pair", "beneficiary")
    party = Beneficiary

    first_beneficiary_id: Mapped[UUID]
    second_beneficiary_id: Mapped[UUID]
    first_id = synonym("first_beneficiary_id")
    second_id = synonym("second_beneficiary_id")


AnyPair = TypeVar("AnyPair", DuplicatePair, BeneficiaryPair)


def move(pair: Pair, to: PairStatus) -> None:
    """The one door to a pair's status. Raises NotNow."""
    if (pair.status, to) not in MOVES:
        raise NotNow("pair", pair.status, to)
    pair.status = to


def get_pair(session: Session, pair_id: UUID, *, lock: bool = False) -> DuplicatePair:
    """Two payees. Raises NotFound."""
    return get_pair_of(session, DuplicatePair, pair_id, lock=lock)


def get_beneficiary_pair(session: Session, pair_id: UUID, *, lock: bool = False) -> BeneficiaryPair:
    """Two beneficiaries. Raises NotFound."""
    return get_pair_of(session, BeneficiaryPair, pair_id, lock=lock)


def get_pair_of(session: Session, kind: type[AnyPair], pair_id: UUID, *, lock: bool) -> AnyPair:
    pair = session.get(kind, (session.info["body_id"], pair_id), with_for_update=lock or None)
    if pair is None:
        raise NotFound("pair", pair_id)
    return pair


def say_not_same(session: Session, pair: Pair, *, reason: str, by: Actor, at: datetime) -> None:
    """A person says for good that the two are two, on a row locked by the caller. Only other facts bring it up again.

    Saying it twice is saying it once. Raises NotNow, ReasonNotGiven, NotAllowed.
    """
    by.must_be(*DECIDERS)
    if pair.status is PairStatus.NOT_SAME and pair.decided_by == by.person_id:
        return
    if not reason.strip():
        raise ReasonNotGiven("take them for two people")
    move(pair, PairStatus.NOT_SAME)
    pair.decided_by, pair.decided_at, pair.because = by.person_id, at, reason.strip()
    session.flush()
    audit.record(session, "duplicates.not_same", by=by, about=pair, at=at)


class PairRow(NamedTuple, Generic[AnyPair]):
    """A pair with its two payees, or its two beneficiaries."""

    pair: AnyPair
    first: Any
    second: Any


def pairs(
    session: Session,
    *,
    status: PairStatus = PairStatus.OPEN,
    likelihood: Likelihood | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[PairRow[DuplicatePair]]:
    """The pairs of payees of a status, those after the id `after`."""
    return pairs_in(session, DuplicatePair, status=status, likelihood=likelihood, after=after, limit=limit)


def beneficiary_pairs(
    session: Session,
    *,
    status: PairStatus = PairStatus.OPEN,
    likelihood: Likelihood | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[PairRow[BeneficiaryPair]]:
    """The pairs of beneficiaries of a status, those after the id `after`."""
    return pairs_in(session, BeneficiaryPair, status=status, likelihood=likelihood, after=after, limit=limit)


def pairs_in(
    session: Session,
    kind: type[AnyPair],
    *,
    status: PairStatus,
    likelihood: Likelihood | None,
    after: UUID | None,
    limit: int,
) -> list[PairRow[AnyPair]]:
    wanted = [kind.status == status]
    if likelihood is not None:
        wanted.append(kind.likelihood == likelihood)
    if after is not None:
        wanted.append(kind.id > after)
    return read_pairs(session, kind, *wanted, limit=limit)


def pairs_of(session: Session, payee_id: UUID, *, limit: int = 50) -> list[PairRow[DuplicatePair]]:
    """The pairs that a payee is one of."""
    mine = or_(DuplicatePair.first_payee_id == payee_id, DuplicatePair.second_payee_id == payee_id)
    return read_pairs(session, DuplicatePair, mine, limit=limit)


def pairs_of_beneficiaries(
    session: Session, beneficiary_ids: Sequence[UUID], *, limit: int = 50
) -> list[PairRow[BeneficiaryPair]]:
    """The pairs that any of these beneficiaries is one of."""
    first, second = BeneficiaryPair.first_beneficiary_id, BeneficiaryPair.second_beneficiary_id
    mine = or_(first.in_(beneficiary_ids), second.in_(beneficiary_ids))
    return read_pairs(session, BeneficiaryPair, mine, limit=limit)


def read_pairs(session: Session, kind: type[AnyPair], *wanted: Any, limit: int) -> list[PairRow[AnyPair]]:
    first, second = aliased(kind.party), aliased(kind.party)
    rows = session.execute(
        select(kind, first, second)
        .join(first, (first.body_id == kind.body_id) & (first.id == kind.first_id))
        .join(second, (second.body_id == kind.body_id) & (second.id == kind.second_id))
        .where(*wanted)
        .order_by(kind.id)
        .limit(limit)
    )
    return [PairRow(*row) for row in rows]


def likely_count(session: Session, kind: type[AnyPair], *, most: int) -> int:
    """How many likely pairs wait for somebody to look at them, counted up to `most`."""
    some = select(kind.id).where(kind.status == PairStatus.OPEN, kind.likelihood == Likelihood.LIKELY).limit(most)
    return session.scalar(select(func.count()).select_from(some.subquery())) or 0


def open_counts(session: Session, kind: type[AnyPair]) -> dict[Likelihood, int]:
    """How many pairs wait for somebody to look at them."""
    rows = session.execute(
        select(kind.likelihood, func.count()).where(kind.status == PairStatus.OPEN).group_by(kind.likelihood)
    )
    return dict(rows.all())

"""Two payees who may be one, and what a person said: not the same for good, or merged by two people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from schemes import audit
from schemes.account import Account
from schemes.database import Base, BodyOwned, stored, to_body_row
from schemes.duplicates.likeness import Fact, Likelihood
from schemes.errors import NotFound, NotNow, ReasonNotGiven
from schemes.payee import Payee
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
}


class DuplicatePair(BodyOwned, Base):
    """Two payees who may be one; the first is the one with the lower id. `evidence` is that of `likeness.Evidence`."""

    __tablename__ = "duplicate_pair"
    __table_args__ = (
        UniqueConstraint("body_id", "first_payee_id", "second_payee_id"),
        Index("ix_duplicate_pair_second", "body_id", "second_payee_id"),
        Index("ix_duplicate_pair_status", "body_id", "status", "likelihood", "id"),
        to_body_row("payee", "first_payee_id"),
        to_body_row("payee", "second_payee_id"),
        CheckConstraint("first_payee_id < second_payee_id", name="in_order"),
        CheckConstraint("status <> 'not_same' or coalesce(because, '') <> ''", name="reason"),
    )

    first_payee_id: Mapped[UUID]
    second_payee_id: Mapped[UUID]
    likelihood: Mapped[Likelihood] = mapped_column(stored(Likelihood))
    evidence: Mapped[dict[str, Any]] = mapped_column(JSONB)
    status: Mapped[PairStatus] = mapped_column(stored(PairStatus))
    found_at: Mapped[datetime]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    because: Mapped[str | None]


class SharedAccount(BodyOwned, Base):
    """An account that more payees have than pairs could be made of: one entry for all of them."""

    __tablename__ = "shared_account"
    __table_args__ = (UniqueConstraint("body_id", "fingerprint"),)

    fingerprint: Mapped[bytes]
    payee_count: Mapped[int]
    found_at: Mapped[datetime]


def move(pair: DuplicatePair, to: PairStatus) -> None:
    """The one door to a pair's status. Raises NotNow."""
    if (pair.status, to) not in MOVES:
        raise NotNow("pair of payees", pair.status, to)
    pair.status = to


def get_pair(session: Session, pair_id: UUID, *, lock: bool = False) -> DuplicatePair:
    """Raises NotFound."""
    pair = session.get(DuplicatePair, (session.info["body_id"], pair_id), with_for_update=lock or None)
    if pair is None:
        raise NotFound("pair of payees", pair_id)
    return pair


def say_not_same(session: Session, pair: DuplicatePair, *, reason: str, by: Actor, at: datetime) -> None:
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


def settle_account(session: Session, pair: DuplicatePair, *, reason: str, by: Actor, at: datetime) -> int:
    """Say for good that all who share the account of a pair are different people: a family with one account, say.

    Of a pair locked by the caller. Pairs of one account and nearly one name are left: each is for a person to look at.
    Returns how many pairs were settled, this one among them. Raises as `say_not_same`.
    """
    others = same_account(session, pair)
    say_not_same(session, pair, reason=reason, by=by, at=at)
    for other in others:
        say_not_same(session, get_pair(session, other.id, lock=True), reason=reason, by=by, at=at)
    return 1 + len(others)


def same_account(session: Session, pair: DuplicatePair) -> Sequence[DuplicatePair]:
    """The other open pairs of payees who share the account that the two of a pair share, and little else."""
    if Fact.ACCOUNT not in pair.evidence["same"]:
        return []
    standing = select(Account.fingerprint).where(Account.payee_id == pair.first_payee_id, Account.rejected_at.is_(None))
    shared = session.scalars(standing.order_by(Account.version.desc()).limit(1)).one_or_none()
    if shared is None:
        return []
    sharing = select(Account.payee_id).where(Account.fingerprint == shared, Account.rejected_at.is_(None))
    return session.scalars(
        select(DuplicatePair)
        .where(
            DuplicatePair.id != pair.id,
            DuplicatePair.status == PairStatus.OPEN,
            DuplicatePair.likelihood == Likelihood.POSSIBLE,
            DuplicatePair.evidence["same"].contains([Fact.ACCOUNT.value]),
            DuplicatePair.first_payee_id.in_(sharing),
            DuplicatePair.second_payee_id.in_(sharing),
        )
        .order_by(DuplicatePair.id)
    ).all()


class PairRow(NamedTuple):
    """A pair with its two payees."""

    pair: DuplicatePair
    first: Payee
    second: Payee


def pairs(
    session: Session,
    *,
    status: PairStatus = PairStatus.OPEN,
    likelihood: Likelihood | None = None,
    after: UUID | None = None,
    limit: int = 50,
) -> list[PairRow]:
    """The pairs of a status, those after the id `after`."""
    wanted = [DuplicatePair.status == status]
    if likelihood is not None:
        wanted.append(DuplicatePair.likelihood == likelihood)
    if after is not None:
        wanted.append(DuplicatePair.id > after)
    return read_pairs(session, *wanted, limit=limit)


def pairs_of(session: Session, payee_id: UUID, *, limit: int = 50) -> list[PairRow]:
    """The pairs that a payee is one of."""
    mine = or_(DuplicatePair.first_payee_id == payee_id, DuplicatePair.second_payee_id == payee_id)
    return read_pairs(session, mine, limit=limit)


def read_pairs(session: Session, *wanted: Any, limit: int) -> list[PairRow]:
    first, second = aliased(Payee), aliased(Payee)
    rows = session.execute(
        select(DuplicatePair, first, second)
        .join(first, (first.body_id == DuplicatePair.body_id) & (first.id == DuplicatePair.first_payee_id))
        .join(second, (second.body_id == DuplicatePair.body_id) & (second.id == DuplicatePair.second_payee_id))
        .where(*wanted)
        .order_by(DuplicatePair.id)
        .limit(limit)
    )
    return [PairRow(*row) for row in rows]


def open_counts(session: Session) -> dict[Likelihood, int]:
    """How many pairs wait for somebody to look at them."""
    rows = session.execute(
        select(DuplicatePair.likelihood, func.count())
        .where(DuplicatePair.status == PairStatus.OPEN)
        .group_by(DuplicatePair.likelihood)
    )
    return dict(rows.all())


def shared_accounts(session: Session, *, limit: int = 100) -> Sequence[SharedAccount]:
    """The accounts that many payees have, those of most payees first."""
    return session.scalars(
        select(SharedAccount).order_by(SharedAccount.payee_count.desc(), SharedAccount.id).limit(limit)
    ).all()

"""One account of several payees: a family's, whose pairs are settled at once, or that of an organisation.

Of an account of many no pairs are made: it is one entry, and somebody says whose it is. That counts until somebody
says otherwise, whoever joins; how many had joined by then is kept with each word.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, select, true
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes import audit
from schemes.account import Account
from schemes.database import Base, BodyOwned, new_id, stored, to_body_row
from schemes.duplicates.likeness import Fact, Likelihood
from schemes.duplicates.pair import DECIDERS, DuplicatePair, PairStatus, get_pair, say_not_same
from schemes.errors import NotFound, NotNow, ReasonNotGiven
from schemes.payee import Payee
from schemes.person import Actor


class Holder(StrEnum):
    """Whose an account of many is. UNKNOWN: nobody has said, or it has to be looked at again."""

    UNKNOWN = "unknown"
    PROVIDER = "provider"
    PUBLIC_BODY = "public_body"
    ORGANISATION = "organisation"
    HOUSEHOLD = "household"


class SharedAccount(BodyOwned, Base):
    """An account that more payees have than pairs could be made of: one entry for all of them."""

    __tablename__ = "shared_account"
    __table_args__ = (
        UniqueConstraint("body_id", "fingerprint"),
        Index("ix_shared_account_holder", "body_id", "holder", "payee_count"),
    )

    fingerprint: Mapped[bytes]
    payee_count: Mapped[int]
    found_at: Mapped[datetime]
    holder: Mapped[Holder] = mapped_column(stored(Holder), server_default=Holder.UNKNOWN.value)


class SharedAccountWord(BodyOwned, Base):
    """What somebody said of an account of many. Append-only. payee_count: how many had it at that moment."""

    __tablename__ = "shared_account_word"
    __table_args__ = (
        to_body_row("shared_account", "shared_account_id"),
        Index("ix_shared_account_word_account", "body_id", "shared_account_id"),
        CheckConstraint("because <> ''", name="because"),
    )

    shared_account_id: Mapped[UUID]
    holder: Mapped[Holder] = mapped_column(stored(Holder))
    payee_count: Mapped[int]
    because: Mapped[str]
    said_by: Mapped[UUID]
    said_at: Mapped[datetime]


class Sharer(NamedTuple):
    """A payee who has an account of many, with the newest of their bank details that say so."""

    payee: Payee
    account: Account


def shared_accounts(
    session: Session, *, settled: bool = False, after: SharedAccount | None = None, limit: int = 50
) -> Sequence[SharedAccount]:
    """The accounts of many that nobody has said anything of, or those that were settled: those of most payees first."""
    wanted = SharedAccount.holder != Holder.UNKNOWN if settled else SharedAccount.holder == Holder.UNKNOWN
    accounts = select(SharedAccount).where(wanted)
    if after is not None:
        same, fewer = SharedAccount.payee_count == after.payee_count, SharedAccount.payee_count < after.payee_count
        accounts = accounts.where(fewer | (same & (SharedAccount.id > after.id)))
    return session.scalars(accounts.order_by(SharedAccount.payee_count.desc(), SharedAccount.id).limit(limit)).all()


def get_shared_account(session: Session, shared_account_id: UUID, *, lock: bool = False) -> SharedAccount:
    """Raises NotFound."""
    key = (session.info["body_id"], shared_account_id)
    shared = session.get(SharedAccount, key, with_for_update=lock or None)
    if shared is None:
        raise NotFound("shared account", shared_account_id)
    return shared


def say_whose(session: Session, shared: SharedAccount, holder: Holder, *, reason: str, by: Actor, at: datetime) -> None:
    """Say whose an account of many is, on a row locked by the caller: then it is no duplicate, and listed as settled.

    UNKNOWN has it looked at again. The same word again changes nothing. Raises ReasonNotGiven, NotNow, NotAllowed.
    """
    by.must_be(*DECIDERS)
    if shared.holder is holder:
        if holder is Holder.UNKNOWN:
            raise NotNow("shared account", "not settled", "looked at again")
        return
    if not reason.strip():
        raise ReasonNotGiven("say whose account this is")
    shared.holder = holder
    session.add(
        SharedAccountWord(
            body_id=shared.body_id,
            id=new_id(),
            shared_account_id=shared.id,
            holder=holder,
            payee_count=shared.payee_count,
            because=reason.strip(),
            said_by=by.person_id,
            said_at=at,
        )
    )
    session.flush()
    audit.record(
        session, "duplicates.account_settled", by=by, about=shared, at=at, holder=holder.value,
        payees=shared.payee_count,
    )  # fmt: skip


def words_on(session: Session, shared: SharedAccount) -> Sequence[SharedAccountWord]:
    """What people said of an account, the newest first."""
    mine = SharedAccountWord.shared_account_id == shared.id
    return session.scalars(select(SharedAccountWord).where(mine).order_by(SharedAccountWord.id.desc())).all()


def sharers(session: Session, shared: SharedAccount, *, after: UUID | None = None, limit: int = 50) -> list[Sharer]:
    """Who has or had an account of many, in the order of their ids: those after the id `after`."""
    rows = session.execute(
        select(Payee, Account)
        .join(Account, (Account.body_id == Payee.body_id) & (Account.payee_id == Payee.id))
        .where(Account.fingerprint == shared.fingerprint, Account.rejected_at.is_(None))
        .where(*([Payee.id > after] if after else []))
        # of several versions with one account the newest tells
        .ext(distinct_on(Payee.id))
        .order_by(Payee.id, Account.version.desc())
        .limit(limit)
    )
    return [Sharer(*row) for row in rows]


def examples(session: Session, accounts: Sequence[SharedAccount]) -> dict[UUID, tuple[str, str]]:
    """Of each account one holder's name, as somebody gave it, and the last four digits."""
    one = (
        select(Account.holder_name, Account.last_four)
        .where(
            Account.body_id == SharedAccount.body_id,
            Account.fingerprint == SharedAccount.fingerprint,
            Account.rejected_at.is_(None),
        )
        .order_by(Account.id)
        .limit(1)
        .lateral()
    )
    rows = session.execute(
        select(SharedAccount.id, one.c.holder_name, one.c.last_four)
        .join(one, true())
        .where(SharedAccount.id.in_([account.id for account in accounts]))
    )
    return {account_id: (holder_name, last_four) for account_id, holder_name, last_four in rows}


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

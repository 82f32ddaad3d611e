"""Looking for payees who may be one: in chunks, by the keys they share, never all with all.

Each chunk writes down the keys of its payees and compares them with whoever has the same key by then; of two, the one
whose chunk comes later finds the other. Keys are keyed fingerprints, so that a dump tells nothing about anybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Index, ScalarSelect, Select, and_, delete, func, select, text
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, mapped_column

from schemes import audit
from schemes.account import Account
from schemes.audit import AuditEvent
from schemes.award import Award
from schemes.contact import Contact
from schemes.database import Base, BodyOwned, copy_rows, new_id, one_of, stored, take_turns, to_body_row
from schemes.duplicates.likeness import Compared, Evidence, compare, keys_of
from schemes.duplicates.pair import AnyPair, DuplicatePair, PairStatus, move
from schemes.errors import NotFound
from schemes.payee import Beneficiary, Capacity, Mandate, Payee
from schemes.person import Actor, Role
from schemes.seal import Seals

SEARCHERS = (Role.PREPARER, Role.FINANCE, Role.APPROVER, Role.ADMINISTRATOR)
NIL = UUID(int=0)
# of a larger block every pair would be listed, n × n: an account is told as one entry, a common name is left to the
# narrower keys
MOST_IN_BLOCK = 10


class Scope(StrEnum):
    """Whom a search looks at: everybody, the payees of one file, or whoever something happened to since the last."""

    REGISTER = "register"
    IMPORT = "import"
    CHANGED = "changed"


class MatchKey(Base):
    """A key of a payee, as a keyed fingerprint. Two payees are compared when they share one."""

    __tablename__ = "match_key"
    __table_args__ = (Index("ix_match_key_payee", "body_id", "payee_id"), to_body_row("payee", "payee_id"))

    body_id: Mapped[UUID] = mapped_column(primary_key=True)
    value: Mapped[bytes] = mapped_column(primary_key=True)
    payee_id: Mapped[UUID] = mapped_column(primary_key=True)


class DuplicateSearch(BodyOwned, Base):
    """One look through the register, or a part of it. asked_by is None for the service itself.

    total, done: payees, and beneficiaries who are paid through others.

    since_event, until_event: of the audit trail, between which the next look at what changed begins.
    """

    __tablename__ = "duplicate_search"
    __table_args__ = (
        Index("ix_duplicate_search_began", "body_id", "began_at"),
        to_body_row("register_import", "import_id"),
    )

    scope: Mapped[Scope] = mapped_column(stored(Scope))
    import_id: Mapped[UUID | None]
    total: Mapped[int]
    done: Mapped[int] = mapped_column(default=0)
    since_event: Mapped[UUID | None]
    until_event: Mapped[UUID | None]
    asked_by: Mapped[UUID | None]
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


def begin(
    session: Session,
    scope: Scope,
    *,
    import_id: UUID | None = None,
    search_id: UUID | None = None,
    by: Actor | None,
    at: datetime,
) -> DuplicateSearch:
    """Begin a search, whose chunks the caller has done. The same id again is the same search. Raises NotAllowed.

    by: None for the service itself.
    """
    if by is not None:
        by.must_be(*SEARCHERS)
    take_turns(session, "search for duplicates")
    there = session.get(DuplicateSearch, (session.info["body_id"], search_id)) if search_id else None
    if there is not None:
        return there
    search = DuplicateSearch(
        body_id=session.info["body_id"],
        id=search_id or new_id(),
        scope=scope,
        import_id=import_id,
        total=0,
        since_event=session.scalar(newest(DuplicateSearch.until_event)),
        until_event=session.scalar(newest(AuditEvent.id)),
        asked_by=by.person_id if by else None,
        began_at=at,
    )
    if scope is Scope.IMPORT:
        # what happened to others meanwhile is left to the night
        search.until_event = None
    counts = (
        select(func.count()).select_from(Payee).where(in_scope(search)),
        select(func.count()).select_from(Beneficiary).where(beneficiaries_in_scope(search)),
    )
    search.total = sum(session.scalars(counted).one() for counted in counts)
    session.add(search)
    session.flush()
    if by is not None or search.total:
        audit.record(session, "duplicates.search_begun", by=by, about=search, at=at, payees=search.total)
    return search


def newest(column: InstrumentedAttribute[UUID] | InstrumentedAttribute[UUID | None]) -> Select[Any]:
    return select(column).where(column.is_not(None)).order_by(column.desc()).limit(1)


def get_search(session: Session, search_id: UUID) -> DuplicateSearch:
    """Raises NotFound."""
    search = session.get(DuplicateSearch, (session.info["body_id"], search_id))
    if search is None:
        raise NotFound("search for duplicates", search_id)
    return search


def latest_search(session: Session) -> DuplicateSearch | None:
    return session.scalars(
        select(DuplicateSearch).order_by(DuplicateSearch.began_at.desc(), DuplicateSearch.id.desc()).limit(1)
    ).first()


def in_scope(search: DuplicateSearch, after: UUID = NIL) -> ColumnElement[bool]:
    """Whom a search looks at, those after the payee `after`: said on both sides, since otherwise PostgreSQL would go
    through the other side from its beginning for each chunk."""
    later = Payee.id > after
    match search.scope:
        case Scope.REGISTER:
            return later
        case Scope.IMPORT:
            brought = select(Account.payee_id).where(Account.import_id == search.import_id, Account.payee_id > after)
            return and_(later, Payee.id.in_(brought))
        case Scope.CHANGED:
            is_payee = AuditEvent.subject_type == Payee.__tablename__
            touched = select(AuditEvent.subject_id).where(is_payee, AuditEvent.subject_id > after)
            if search.since_event is not None:
                # ids of events rise with time, so that this reads the newest end of the trail only
                touched = touched.where(AuditEvent.id > search.since_event)
            return and_(later, Payee.id.in_(touched))


def beneficiaries_in_scope(search: DuplicateSearch, after: UUID = NIL) -> ColumnElement[bool]:
    """Those paid through others, after the beneficiary `after`: who is paid themselves is compared as a payee."""
    later = Beneficiary.id > after
    through = select(Mandate.beneficiary_id).where(Mandate.capacity != Capacity.SELF, Mandate.beneficiary_id > after)
    match search.scope:
        case Scope.REGISTER:
            return and_(later, Beneficiary.id.in_(through))
        case Scope.IMPORT:
            awarded = select(Award.beneficiary_id).where(
                Award.import_id == search.import_id, Award.beneficiary_id > after
            )
            return and_(later, Beneficiary.id.in_(through), Beneficiary.id.in_(awarded))
        case Scope.CHANGED:
            # what happens to a beneficiary is recorded of whoever is paid for them
            theirs = select(Payee.id).where(in_scope(search))
            return and_(later, Beneficiary.id.in_(through.where(Mandate.payee_id.in_(theirs))))


def look_at(session: Session, seals: Seals, payee_ids: Sequence[UUID], *, at: datetime) -> None:
    """Compare these payees with all who share a key with them, and keep what was found."""
    compared = {one.id: one for one in read_compared(session, payee_ids)}
    write_keys(session, seals, payee_ids, compared.values())
    there = pairs_there(session, DuplicatePair, payee_ids)
    # a pair that is there is compared again, even if its block has grown too large since
    wanted = candidates(session, payee_ids) | there.keys()
    others = {payee_id for ids in wanted for payee_id in ids} - compared.keys()
    compared |= {one.id: one for one in read_compared(session, others)}
    keep_pairs(session, DuplicatePair, there, compared_in_pairs(wanted, compared), at=at)
    keep_shared_accounts(session, {one.account for one in compared.values() if one.account}, at=at)


def compared_in_pairs(
    wanted: Iterable[tuple[UUID, UUID]], compared: Mapping[UUID, Compared]
) -> dict[tuple[UUID, UUID], Evidence]:
    return {ids: compare(compared[ids[0]], compared[ids[1]]) for ids in wanted if compared.keys() >= set(ids)}


def read_compared(session: Session, payee_ids: Iterable[UUID]) -> list[Compared]:
    newest = (
        select(Account.fingerprint)
        .where(Account.body_id == Payee.body_id, Account.payee_id == Payee.id, Account.rejected_at.is_(None))
        .order_by(Account.version.desc())
        .limit(1)
        .correlate(Payee)
        .scalar_subquery()
    )
    facts = (Payee.id, Payee.name, Payee.email, newest, Payee.date_of_birth, *where_they_live())
    rows = session.execute(
        select(*facts).where(Payee.id == one_of(payee_ids), Payee.merged_into.is_(None), Payee.erased_at.is_(None))
    )
    return [Compared(row[0], row[1], row[2], bytes(row[3]) if row[3] else None, *row[4:]) for row in rows]


def where_they_live() -> tuple[ScalarSelect[str | None], ScalarSelect[str]]:
    """Of each payee of a query the postcode and the address of the newest contact with a postcode."""
    newest = (
        select(Contact.postcode)
        .where(
            Contact.body_id == Payee.body_id,
            Contact.payee_id == Payee.id,
            Contact.postcode.is_not(None),
            Contact.ended_at.is_(None),
        )
        .order_by(Contact.held_since.desc(), Contact.id.desc())
        .limit(1)
        .correlate(Payee)
    )
    return newest.scalar_subquery(), newest.with_only_columns(Contact.value).scalar_subquery()


def write_keys(session: Session, seals: Seals, payee_ids: Sequence[UUID], compared: Iterable[Compared]) -> None:
    body_id = session.info["body_id"]
    session.execute(delete(MatchKey).where(MatchKey.payee_id == one_of(payee_ids)))
    keys = {(body_id, fingerprint(seals, body_id, *key), one.id) for one in compared for key in keys_of(one)}
    copy_rows(session, "match_key", ("body_id", "value", "payee_id"), sorted(keys))


def fingerprint(seals: Seals, body_id: UUID, *key: str) -> bytes:
    # half of it is enough to tell two keys apart, and half the size of the table
    return seals.fingerprint(body_id, "match", *key)[:16]


def candidates(session: Session, payee_ids: Sequence[UUID]) -> set[tuple[UUID, UUID]]:
    """The pairs of these payees with whoever shares a key, large blocks left out."""
    rows = session.execute(
        text(
            """
            SELECT DISTINCT least(mine.payee_id, other.payee_id), greatest(mine.payee_id, other.payee_id)
              FROM match_key mine
              JOIN LATERAL (SELECT payee_id, count(*) OVER () AS size
                              FROM (SELECT payee_id FROM match_key k WHERE k.body_id = mine.body_id
                                       AND k.value = mine.value LIMIT :most + 1) block) other
                ON other.size <= :most AND other.payee_id <> mine.payee_id
             WHERE mine.payee_id = ANY (:ids)
            """
        ),
        {"ids": list(payee_ids), "most": MOST_IN_BLOCK},
    )
    return {(first, second) for first, second in rows}


def pairs_there(session: Session, kind: type[AnyPair], ids: Sequence[UUID]) -> dict[tuple[UUID, UUID], AnyPair]:
    """The pairs that these payees, or beneficiaries, are one of."""
    return {
        (pair.first_id, pair.second_id): pair
        for party in (kind.first_id, kind.second_id)
        for pair in session.scalars(select(kind).where(party == one_of(ids), kind.status != PairStatus.MERGED))
    }


def keep_pairs(
    session: Session,
    kind: type[AnyPair],
    there: dict[tuple[UUID, UUID], AnyPair],
    found: dict[tuple[UUID, UUID], Evidence],
    *,
    at: datetime,
) -> None:
    """Keep what speaks for itself; a pair that somebody called different comes up only with other evidence."""
    likely = {ids: evidence for ids, evidence in found.items() if evidence.likelihood is not None}
    for ids, pair in there.items():
        evidence = likely.pop(ids, None)
        if evidence is None or evidence.likelihood is None:
            if pair.status is PairStatus.OPEN:
                move(pair, PairStatus.NO_LONGER_ALIKE)
            continue
        if pair.evidence != evidence.as_json():
            pair.evidence, pair.likelihood = evidence.as_json(), evidence.likelihood
            if pair.status is not PairStatus.OPEN:
                move(pair, PairStatus.OPEN)
        elif pair.status is PairStatus.NO_LONGER_ALIKE:
            move(pair, PairStatus.OPEN)
    session.add_all(
        kind(
            body_id=session.info["body_id"],
            id=new_id(),
            first_id=first,
            second_id=second,
            likelihood=evidence.likelihood,
            evidence=evidence.as_json(),
            status=PairStatus.OPEN,
            found_at=at,
        )
        for (first, second), evidence in sorted(likely.items())
    )
    session.flush()


def keep_shared_accounts(session: Session, fingerprints: set[bytes], *, at: datetime) -> None:
    """Count the payees of accounts that too many have for pairs."""
    body_id = session.info["body_id"]
    payees = func.count(Account.payee_id.distinct())
    many = session.execute(
        select(Account.fingerprint, payees)
        .where(Account.fingerprint.in_(sorted(fingerprints)), Account.rejected_at.is_(None))
        .group_by(Account.fingerprint)
        .having(payees > MOST_IN_BLOCK)
    ).all()
    for value, count in many:
        session.execute(
            text(
                "INSERT INTO shared_account (body_id, id, fingerprint, payee_count, found_at) "
                "VALUES (:body_id, :id, :value, :count, :at) "
                "ON CONFLICT (body_id, fingerprint) DO UPDATE SET payee_count = :count"
            ),
            {"body_id": body_id, "id": new_id(), "value": value, "count": count, "at": at},
        )

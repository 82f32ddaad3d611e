"""Sessions and tenancy: one transaction, one body; PostgreSQL filters every row by it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from itertools import islice
from select import POLLIN, poll
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import psycopg
import uuid_utils
import uuid_utils.compat
from sqlalchemy import (
    CollectionAggregate,
    DateTime,
    Engine,
    ForeignKeyConstraint,
    MetaData,
    Uuid,
    any_,
    create_engine,
    event,
    literal,
    select,
    text,
)
from sqlalchemy import Enum as StoredEnum
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.orm.util import identity_key
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

Thing = TypeVar("Thing")
Row = TypeVar("Row", bound="BodyOwned")


class Base(DeclarativeBase):
    """Every table. Ids are UUIDs made before a row is written, since a sealed value is bound to its row's id."""

    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: DateTime(timezone=True)}


class BodyOwned:
    """A row of a body: its key begins with the body, so that no foreign key can reach a neighbour's row."""

    body_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)


def new_id() -> UUID:
    """A new id, rising with time, so that rows made together lie together in the indexes."""
    return uuid_utils.compat.uuid7()


def first_id(at: datetime) -> UUID:
    """The lowest id that is made at an instant: ids rise with time (UUID version 7)."""
    return UUID(int=(int(at.timestamp() * 1000) << 80) | (7 << 76) | (2 << 62))


def new_id_text() -> str:
    """A new id as text, for rows written by COPY: a tenth of the time of a UUID and its text."""
    return str(uuid_utils.uuid7())


def to_body_row(table: str, column: str, *, name: str | None = None) -> ForeignKeyConstraint:
    """A foreign key to a row of the same body: foreign keys bypass row security, so the body is part of each."""
    return ForeignKeyConstraint(["body_id", column], [f"{table}.body_id", f"{table}.id"], name=name)


def stored(values: type[StrEnum], *, check: str | None = None) -> StoredEnum:
    """A column type for a StrEnum: text and a check, since native enums get no index under row security.

    check: the check's name where a table has two columns of one kind.
    """
    return StoredEnum(
        values,
        native_enum=False,
        create_constraint=True,
        length=40,
        name=check or values.__name__.lower(),
        values_callable=lambda members: [member.value for member in members],
    )


def by_psycopg(database_url: str) -> str:
    return database_url.replace("postgres://", "postgresql://", 1).replace("postgresql://", "postgresql+psycopg://", 1)


def connect(database_url: str, *, pool_size: int = 5) -> Engine:
    """An engine on a PostgreSQL URL (`postgresql://…`), by psycopg 3."""
    url = by_psycopg(database_url)
    # parameters are people's details: they must not reach a log or a task's error
    engine = create_engine(url, pool_size=pool_size, hide_parameters=True, connect_args={"application_name": "payouts"})
    event.listen(engine, "checkin", note_end_of_use)
    event.listen(engine, "checkout", must_be_alive)
    return engine


def connect_impatiently(database_url: str, *, seconds: int) -> Engine:
    """An engine that opens a connection for each question, and gives up soon: it never waits for one in use."""
    return create_engine(
        by_psycopg(database_url),
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={"application_name": "payouts health", "connect_timeout": seconds},
    )


TRUSTED_FOR = 30.0
"""Seconds. A connection unused for longer is asked whether it lives: a network may drop it without a word."""


def note_end_of_use(_: Any, record: ConnectionPoolEntry) -> None:
    record.info["unused_since"] = time.monotonic()


def must_be_alive(connection: Any, record: ConnectionPoolEntry, _: Any) -> None:
    """Have the pool replace a connection that the server has closed.

    A server that ends one says so, and its word waits to be read. Where nothing waits, nobody need be asked, as
    SQLAlchemy's pre-ping does before each transaction: that is one question in ten of a call of the API.
    Raises DisconnectionError.
    """
    unused_since = record.info.get("unused_since")
    if unused_since is None:
        return
    assert isinstance(connection, psycopg.Connection)
    try:
        word = poll()
        word.register(connection.fileno(), POLLIN)
        if word.poll(0) or time.monotonic() - unused_since > TRUSTED_FOR:
            connection.execute("SELECT 1")
            connection.rollback()
    except psycopg.Error as ended:
        raise DisconnectionError from ended


@contextmanager
def transaction(engine: Engine, body_id: UUID | None) -> Iterator[Session]:
    """One transaction, seeing only the rows of one body; with None it sees no body's rows at all.

    Commits when the block ends, rolls back when it raises. What is called inside does neither.
    """
    with Session(engine, expire_on_commit=False) as session, session.begin():
        session.info["body_id"] = None
        # the setting ends with each transaction, so that without one no body is seen
        if body_id is not None:
            go_on_in(session, body_id)
        yield session


def go_on_in(session: Session, body_id: UUID, *, wait_seconds: int = 0) -> None:
    """Go on in a body, in a transaction that began before one was known: a sign-in that somebody is told about.

    wait_seconds: how long it waits for a row or a turn that another has; 0: as long as it takes.
    """
    assert session.info["body_id"] in (None, body_id), "a transaction sees one body"
    ask(session, GO_ON_IN, body_id=str(body_id), wait=f"{wait_seconds}s")
    session.info["body_id"] = body_id


GO_ON_IN = "SELECT set_config('payouts.body_id', %(body_id)s, true), set_config('lock_timeout', %(wait)s, true)"


def ask(session: Session, statement: str, **values: Any) -> Sequence[Any]:
    """Put a statement of PostgreSQL's own to the driver as it stands, its values by name: `%(name)s`; returns its rows.

    For what each call of the API asks: a query that is built, compiled and made into objects takes four times the
    processor. What the session holds and has not written yet is not seen.
    """
    result = session.connection().exec_driver_sql(statement, values)
    return result.all() if result.returns_rows else ()


def take_turns(session: Session, what: str, *, beside: str | None = None) -> None:
    """Wait until nobody else in this body is at the same thing, then hold it until the transaction ends.

    For what is made unless it is there: two who look at the same moment would both find nothing. beside: a larger
    thing, of which this is a part; who wants all of it alone is waited for first, others who are at parts of it go on.
    """
    session.flush()
    body_id = str(session.info["body_id"])
    if beside is None:
        ask(session, TAKE_TURNS, what=f"{what} {body_id}")
    else:
        ask(session, TAKE_TURNS_BESIDE, what=f"{what} {body_id}", beside=f"{beside} {body_id}")


TAKE_TURNS = "SELECT pg_advisory_xact_lock(hashtextextended(%(what)s, 0))"
TAKE_TURNS_BESIDE = (
    "SELECT pg_advisory_xact_lock_shared(hashtextextended(%(beside)s, 0)), "
    "pg_advisory_xact_lock(hashtextextended(%(what)s, 0))"
)


@contextmanager
def joining_whole_tables(session: Session) -> Iterator[None]:
    """For queries over all rows that were written a moment ago: no row of one side is looked up in the other.

    Until it has counted a table anew, PostgreSQL takes a million new rows for a few, and would look each up by itself.
    """
    session.execute(text("SET LOCAL enable_nestloop = off"))
    yield
    session.execute(text("SET LOCAL enable_nestloop = on"))


@contextmanager
def looking_up_by_index(session: Session) -> Iterator[None]:
    """For a statement that looks each of many rows up in a table which it fills itself.

    PostgreSQL plans by what the table holds before: read whole for each row, an almost empty one grows under its hands,
    and a million rows take hours.
    """
    session.execute(text("SET LOCAL enable_seqscan = off"))
    session.execute(text("SET LOCAL enable_bitmapscan = off"))
    yield
    session.execute(text("SET LOCAL enable_bitmapscan = on"))
    session.execute(text("SET LOCAL enable_seqscan = on"))


def copy_rows(
    session: Session,
    table: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    unless_there: bool = False,
) -> int:
    """Insert many rows in one sweep and return how many. unless_there: leave out rows that a unique key refuses.

    COPY into a table with row security is refused by PostgreSQL, so the rows go to a temporary table first.
    """
    listed = ", ".join(columns)
    session.flush()
    # table and columns are named in the code that calls, never by what somebody sent
    shape = f"CREATE TEMPORARY TABLE incoming ON COMMIT DROP AS SELECT {listed} FROM {table} WITH NO DATA"  # noqa: S608
    session.execute(text(shape))
    connection = session.connection().connection.driver_connection
    assert connection is not None
    with connection.cursor() as cursor, cursor.copy(f"COPY incoming ({listed}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    conflict = "ON CONFLICT DO NOTHING" if unless_there else ""
    insert = text(f"INSERT INTO {table} ({listed}) SELECT {listed} FROM incoming {conflict}")  # noqa: S608
    count: int = session.execute(insert).rowcount  # type: ignore[attr-defined]
    session.execute(text("DROP TABLE incoming"))
    return count


def copy_text(session: Session, table: str, columns: Sequence[str], lines: str | bytes) -> None:
    """COPY lines in PostgreSQL's text format into a temporary table; each text in them went through `escaped`."""
    connection = session.connection().connection.driver_connection
    assert connection is not None
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        copy.write(lines)


def escaped(value: str) -> str:
    """A text as it stands in a line of COPY."""
    return value.translate(COPY_ESCAPES) if "\\" in value or not value.isprintable() else value


COPY_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def one_of(ids: Iterable[UUID]) -> CollectionAggregate[Any]:
    """To be compared with a column of ids: one parameter, whatever their number.

    Thousands of parameters take longer to write into a query than to look up. And rows that were written a moment ago
    are better named than joined: PostgreSQL, which has not counted them yet, would look at every pair.
    """
    return any_(literal(list(ids), ARRAY(Uuid)))


def by_ids(session: Session, kind: type[Row], ids: Iterable[UUID]) -> dict[UUID, Row]:
    """Rows of a body's table by their ids; only those are asked for that the session does not hold already."""
    body_id, wanted = session.info["body_id"], set(ids)
    keys = {each: identity_key(kind, (body_id, each)) for each in wanted}
    found = {each: session.identity_map[key] for each, key in keys.items() if key in session.identity_map}
    missing = wanted - found.keys()
    if len(missing) == 1:
        # as a list of one it would be planned anew each time
        (each,) = missing
        row = session.get(kind, (body_id, each))
        found |= {each: row} if row is not None else {}
    elif missing:
        found |= {row.id: row for row in session.scalars(select(kind).where(kind.id == one_of(missing)))}
    return found


def in_chunks(things: Iterable[Thing], size: int) -> Iterator[list[Thing]]:
    """The things in lists of at most `size`, in order, read as they are needed."""
    iterator = iter(things)
    while chunk := list(islice(iterator, size)):
        yield chunk

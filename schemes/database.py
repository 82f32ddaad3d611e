"""Sessions and tenancy: one transaction, one body; PostgreSQL filters every row by it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Any, ClassVar, TypeVar
from uuid import UUID

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
    literal,
    text,
)
from sqlalchemy import Enum as StoredEnum
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

Thing = TypeVar("Thing")


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


def connect(database_url: str, *, pool_size: int = 5) -> Engine:
    """An engine on a PostgreSQL URL (`postgresql://…`), by psycopg 3."""
    url = database_url.replace("postgres://", "postgresql://", 1).replace("postgresql://", "postgresql+psycopg://", 1)
    # parameters are people's details: they must not reach a log or a task's error
    return create_engine(
        url,
        pool_size=pool_size,
        pool_pre_ping=True,
        hide_parameters=True,
        connect_args={"application_name": "payouts"},
    )


@contextmanager
def transaction(engine: Engine, body_id: UUID | None) -> Iterator[Session]:
    """One transaction, seeing only the rows of one body; with None it sees no body's rows at all.

    Commits when the block ends, rolls back when it raises. What is called inside does neither.
    """
    with Session(engine, expire_on_commit=False) as session, session.begin():
        session.execute(
            text("SELECT set_config('payouts.body_id', :body_id, true)"), {"body_id": str(body_id) if body_id else ""}
        )
        session.info["body_id"] = body_id
        yield session


def go_on_in(session: Session, body_id: UUID) -> None:
    """Go on in a body, in a transaction that began before one was known: a sign-in that somebody is told about."""
    assert session.info["body_id"] in (None, body_id), "a transaction sees one body"
    session.execute(text("SELECT set_config('payouts.body_id', :body_id, true)"), {"body_id": str(body_id)})
    session.info["body_id"] = body_id


def take_turns(session: Session, what: str, *, beside: bool = False) -> None:
    """Wait until nobody else in this body is at the same thing, then hold it until the transaction ends.

    For what is made unless it is there: two who look at the same moment would both find nothing. beside: wait for
    those only who want it alone; others who are beside it go on.
    """
    lock = "pg_advisory_xact_lock_shared" if beside else "pg_advisory_xact_lock"
    session.execute(
        text(f"SELECT {lock}(hashtextextended(:what || ' ' || :body_id, 0))"),
        {"what": what, "body_id": str(session.info["body_id"])},
    )


@contextmanager
def joining_whole_tables(session: Session) -> Iterator[None]:
    """For queries over all rows that were written a moment ago: no row of one side is looked up in the other.

    Until it has counted a table anew, PostgreSQL takes a million new rows for a few, and would look each up by itself.
    """
    session.execute(text("SET LOCAL enable_nestloop = off"))
    yield
    session.execute(text("SET LOCAL enable_nestloop = on"))


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


def copy_text(session: Session, table: str, columns: Sequence[str], lines: str) -> None:
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


def in_chunks(things: Iterable[Thing], size: int) -> Iterator[list[Thing]]:
    """The things in lists of at most `size`, in order, read as they are needed."""
    iterator = iter(things)
    while chunk := list(islice(iterator, size)):
        yield chunk

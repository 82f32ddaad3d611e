"""Lists: page by page by a key, never by counting; what changed since an instant."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from flask import request
from marshmallow import Schema, fields
from sqlalchemy import ColumnElement, Select, select

from payouts.api.cursor import not_ours
from payouts.api.fields import Instant, Text, Whole
from payouts.api.ground import actor, cursors, session
from payouts.machine_time import TOLERANCE
from schemes.audit import AuditEvent
from schemes.database import ask, first_id

MOST = 200

Row = TypeVar("Row")


class ListArgs(Schema):
    """What every list takes."""

    limit = Whole(least=1, most=MOST, load_default=50, metadata={"description": "How many at most."})
    cursor = Text(
        least=1, most=500, metadata={"description": "Where to go on: `next_cursor` of the page before, as it is."}
    )


class ChangedArgs(ListArgs):
    """And those that can be asked for changes."""

    updated_since = Instant(
        metadata={
            "description": "Only what was made or changed since. Give the `changed_until` of the first page of your "
            "last question: nothing is missed then, and something may come twice."
        }
    )


def list_schema(item: type[Schema], *, changes: bool = False) -> type[Schema]:
    """The schema of a page of items; changes: of a list that takes `updated_since`."""
    name = item.__name__.removesuffix("Schema")
    following = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Give it as `cursor` for the next page; null: no more."},
    )
    content = {"data": fields.List(fields.Nested(item), required=True), "next_cursor": following}
    if changes:
        until = "Ask for changes from here next time: what was on its way at this moment counts as made after it."
        content["changed_until"] = Instant(required=True, metadata={"description": until})
    return type(f"{name}ListSchema", (Schema,), content)


def of_list(args: dict[str, Any]) -> str:
    """What a cursor belongs to: this list of this body, with these filters."""
    filters = sorted((name, str(value)) for name, value in args.items() if name not in ("cursor", "limit"))
    return f"{actor().body_id} {request.path} {filters}"


def place_given(args: dict[str, Any], *kinds: Callable[[Any], Any]) -> list[Any] | None:
    """The place that a cursor marks, or None for the beginning. Raises Refusal."""
    if "cursor" not in args:
        return None
    place = cursors().read(of_list(args), args["cursor"])
    if len(place) != len(kinds):
        raise not_ours()
    return [kind(each) for kind, each in zip(kinds, place, strict=True)]


def page(rows: Sequence[Row], args: dict[str, Any], place: Callable[[Row], Sequence[Any]]) -> dict[str, Any]:
    """A page of at most `limit` rows out of one more than that."""
    limit = args["limit"]
    following = None
    if len(rows) > limit:
        following = cursors().make(
            of_list(args), [each if isinstance(each, int) else str(each) for each in place(rows[limit - 1])]
        )
    return {"data": list(rows[:limit]), "next_cursor": following}


def page_of_changes(
    read: Callable[[], Sequence[Row]], args: dict[str, Any], place: Callable[[Row], Sequence[Any]]
) -> dict[str, Any]:
    """A page of a list that can be asked for changes. What is on its way is looked for before the rows are read."""
    until = changed_until()
    return {**page(read(), args, place), "changed_until": until}


def changed_until() -> datetime:
    """From when on whoever asks next time finds all that cannot be seen yet.

    Ids and events are made within their transaction, and seen when it ends: so that is when the oldest that runs now
    began, less what the clocks of two machines may differ by.
    """
    ((began,),) = ask(session(), RUNNING_SINCE)
    return began - TOLERANCE


RUNNING_SINCE = """
    SELECT coalesce(min(xact_start), clock_timestamp()) FROM pg_stat_activity
     WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
    """


def by_id(
    entity: Any,
    *conditions: ColumnElement[bool],
    args: dict[str, Any],
    with_others: Callable[[datetime], Iterable[ColumnElement[bool]]] = lambda since: (),
) -> list[Any]:
    """Rows of a table in the order in which they were made, one more than the page has: by its primary key.

    with_others: which rows besides changed since an instant, because something happened to what they belong to.
    """
    after = place_given(args, UUID)
    rows = select(entity).where(*conditions).order_by(entity.id).limit(args["limit"] + 1)
    if after is not None:
        rows = rows.where(entity.id > after[0])
    since: datetime | None = args.get("updated_since")
    if since is None:
        return list(session().scalars(rows))
    ids = changed(entity.__tablename__, since, after[0] if after else None, args["limit"] + 1)
    # one question each: an OR of them would read the table from its beginning
    which = [entity.id >= first_id(since), entity.id.in_(ids), *with_others(since)]
    together = {row.id: row for one in which for row in session().scalars(rows.where(one))}
    return [together[row_id] for row_id in sorted(together)][: args["limit"] + 1]


def happened_to(table: str, since: datetime, *actions: str) -> Select[Any]:
    """The question for the ids of a table's rows to which something, or one of some acts, happened since."""
    ids: Select[Any] = select(AuditEvent.subject_id).where(
        AuditEvent.id >= first_id(since), AuditEvent.subject_type == table, AuditEvent.subject_id.is_not(None)
    )
    return ids.where(AuditEvent.action.in_(actions)) if actions else ids


def changed(table: str, since: datetime, after: UUID | None, limit: int) -> list[UUID]:
    """The ids of rows that something happened to since, in order: their events tell."""
    ids = happened_to(table, since).distinct().order_by(AuditEvent.subject_id).limit(limit)
    if after is not None:
        ids = ids.where(AuditEvent.subject_id > after)
    return list(session().scalars(ids))

"""Lists, read as far as somebody looks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Generic, TypeVar, cast

import msgspec

from payouts_client.connection import Connection

T = TypeVar("T")


class Page(msgspec.Struct, Generic[T], frozen=True):
    """A part of a list, and where it goes on; None: nowhere. changed_until: where to ask for changes from next time, of
    lists that take `updated_since`."""

    data: tuple[T, ...]
    next_cursor: str | None
    changed_until: datetime | None = None


class Listing(Generic[T]):
    """A list of the service. Going through it asks for one page after the other, each when it is needed; going through
    it again asks anew.

    changed_until: once the first page was read, the `updated_since` with which nothing is missed next time; some may
    come twice.
    """

    def __init__(self, connection: Connection, path: str, item: type[T], params: Mapping[str, Any]) -> None:
        self.connection = connection
        self.path = path
        self.page = cast("type[Page[T]]", Page[item])  # type: ignore[valid-type]
        self.params = dict(params)
        self.changed_until: datetime | None = None

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            yield from page.data

    def pages(self) -> Iterator[Page[T]]:
        """Page by page. Whoever keeps a page's `next_cursor` can go on there another day, with `cursor`."""
        params = dict(self.params)
        while True:
            page = self.connection.get(self.path, self.page, params)
            if "cursor" not in params or params["cursor"] == self.params.get("cursor"):
                self.changed_until = page.changed_until
            yield page
            if page.next_cursor is None:
                return
            params["cursor"] = page.next_cursor

    def first(self) -> T | None:
        """The first, or None where there is none."""
        return next(iter(self), None)

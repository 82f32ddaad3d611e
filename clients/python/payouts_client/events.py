"""What happened, as a feed: everything once, in one order, for whoever keeps their place."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from payouts_client.answers import Event
from payouts_client.connection import Connection


class EventPage(msgspec.Struct, frozen=True):
    """Some events, and the cursor with which to go on once they are dealt with."""

    data: tuple[Event, ...]
    next_cursor: str


class Feed:
    """Events after a cursor. `cursor` moves on once a whole page of events was handed out and the next is asked for:
    keep it together with what you did, and give it to the next feed. After a crash some events may come again.
    """

    def __init__(self, connection: Connection, cursor: str | None, kind: str | None, limit: int | None) -> None:
        self.connection = connection
        self.cursor = cursor
        self.params = {"type": kind, "limit": limit}

    def page(self) -> EventPage:
        """What comes next: no event, where there is none yet. Does not move on."""
        return self.connection.get("/events", EventPage, {**self.params, "cursor": self.cursor})

    def pages(self) -> Iterator[EventPage]:
        """Page by page up to the present. Moves on when the next one is asked for."""
        while True:
            page = self.page()
            if page.data:
                yield page
            at_end, self.cursor = page.next_cursor == self.cursor, page.next_cursor
            if at_end:
                return

    def __iter__(self) -> Iterator[Event]:
        """Event by event up to the present. `cursor` moves on after each page of them."""
        for page in self.pages():
            yield from page.data

    def follow(self, every: float = 5.0) -> Iterator[Event]:
        """Event by event without end: at the present it waits so many seconds and asks again."""
        while True:
            yield from self
            self.connection.tries.sleep(every)


class Events:
    """What happened to payees, bank details, awards, payments and payrolls."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def after(self, cursor: str | None = None, *, type: str | None = None, limit: int | None = None) -> Feed:
        """From a cursor on, or from the beginning. type: how the type begins, such as `payroll.`."""
        return Feed(self.connection, cursor, type, limit)

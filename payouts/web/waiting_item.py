"""One thing that somebody has to do, as the home page lists it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

from payouts.web.pages import actor
from schemes.bank_details import CONFIRMERS


class Waiting(NamedTuple):
    """Something that somebody has to do. `by` says until when, `who` who else can do it."""

    name: str
    what: str
    href: str
    by: str = ""
    late: bool = False
    who: str = ""


# what waits, each with whether it waits for the person who is signed in
Items = Iterator[tuple[bool, Waiting]]


def may_confirm(proposed_by: UUID, scheme_id: UUID | None = None) -> bool:
    return any(actor().holds(role, scheme_id) for role in CONFIRMERS) and proposed_by != actor().person_id

"""The public page of a payment or an award: for a body's own letters and messages, and for its portal as JSON."""

from __future__ import annotations

from uuid import UUID

from payouts.api.ground import service, session
from payouts.following.process_id import Followed, Kind, address, process_id

PUBLIC_PAGE = (
    "Its public page, for whoever waits for the money; `/progress.json` after it is the same as JSON. "
    "Give it to them and to nobody else."
)


def public_page(kind: Kind, row_id: UUID) -> str:
    """The address of a row's public page. The row is of the key's own body."""
    given = service()
    return address(given.settings.base_url, process_id(given.seals, Followed(kind, session().info["body_id"], row_id)))

"""Who stands behind what an API key did: whoever was shown one of its secrets could have sent it themselves."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from schemes.api_secret import ApiSecret


def people_behind(session: Session, actor_ids: Iterable[UUID]) -> frozenset[UUID]:
    """The people whom these acts count as: persons themselves, and for a key all who took a secret of it."""
    given = set(actor_ids)
    if not given:
        return frozenset()
    taken = session.scalars(select(ApiSecret.taken_by).where(ApiSecret.key_id.in_(given)).distinct())
    return frozenset(given | set(taken))

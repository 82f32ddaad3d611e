"""How a payee wants to be written to: which channel first, in which format, in which language."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from schemes import audit, revision
from schemes.contact_value import Channel
from schemes.payee import EDITORS, Format, Language, Payee, get_payee
from schemes.person import Actor
from schemes.revision import Subject
from schemes.seal import Seals


class Preference(NamedTuple):
    """`channel` is None where the payee has named none."""

    channel: Channel | None
    format: Format
    language: Language

    def as_json(self) -> dict[str, Any]:
        return {name: value.value if value else None for name, value in self._asdict().items()}


USUAL = Preference(None, Format.STANDARD, Language.ENGLISH)


def preference_of(payee: Payee) -> Preference:
    return Preference(
        Channel(payee.preferred_channel) if payee.preferred_channel else None, payee.format, payee.language
    )


def set_preference(
    session: Session, seals: Seals, payee_id: UUID, wanted: Preference, *, reason: str, by: Actor, at: datetime
) -> None:
    """Keep what a payee asked for, with what it was before. The same again changes nothing.

    Raises NotFound, NotAllowed.
    """
    by.must_be(*EDITORS)
    payee = get_payee(session, payee_id, lock=True)
    before = preference_of(payee)
    if before == wanted:
        return
    payee.preferred_channel, payee.format, payee.language = wanted
    session.flush()
    revision.note(
        session,
        seals,
        payee,
        Subject.PREFERENCE,
        before=before.as_json(),
        after=wanted.as_json(),
        reason=reason.strip() or "The payee asked for it",
        by=by,
        at=at,
    )
    # a format such as large print may tell of a disability: it stands in the sealed history only
    audit.record(session, "payee.preference_set", by=by, about=payee, at=at)

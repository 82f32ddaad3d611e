"""A public body: the tenant. Sandbox and live bodies are separate bodies, never a flag on rows."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes import audit
from schemes.colour import read_colour
from schemes.database import Base, stored

MOST_COOLING_OFF_DAYS = 20
LEAST_RETENTION_YEARS, MOST_RETENTION_YEARS = 1, 30


class BodyKind(StrEnum):
    """A sandbox body behaves like a live one and moves no money."""

    SANDBOX = "sandbox"
    LIVE = "live"


class DutyPattern(StrEnum):
    """How many people run a payroll at the least. Two only as cover, for a time (`schemes.duties`)."""

    FOUR = "four"
    THREE = "three"
    TWO = "two"


class Body(Base):
    """Its `id` is the `body_id` of all its rows.

    cooling_off_days: working days between the confirmation of changed bank details and their first use; the other two
    are those of a payee's first details and of risky ones (`schemes.cooling_off`).
    duty_pattern: four or three people, for the days on which no cover runs.
    contact_phone: "" for none. signed_up: a sandbox that somebody made for themselves, named to nobody else.
    retention_years: financial years that are kept besides the current one. held_since: see `schemes.older_copy`.
    """

    __tablename__ = "body"
    __table_args__ = (
        CheckConstraint("cooling_off_days between 0 and 20", name="cooling_off_days"),
        CheckConstraint("duty_pattern <> 'two'", name="never_two_for_good"),
        CheckConstraint("retention_years between 1 and 30", name="retention_years"),
        CheckConstraint("not signed_up or kind = 'sandbox'", name="signed_up"),
        CheckConstraint("cooling_off_first_days between 0 and 20", name="cooling_off_first_days"),
        CheckConstraint(
            "cooling_off_high_days between greatest(cooling_off_first_days, cooling_off_days) and 20",
            name="cooling_off_high_days",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[BodyKind] = mapped_column(stored(BodyKind))
    name: Mapped[str]
    colour: Mapped[str]
    contact_email: Mapped[str]
    made_at: Mapped[datetime]
    cooling_off_days: Mapped[int] = mapped_column(default=2, server_default=text("2"))
    duty_pattern: Mapped[DutyPattern] = mapped_column(
        stored(DutyPattern), default=DutyPattern.FOUR, server_default=DutyPattern.FOUR.value
    )
    cooling_off_first_days: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    cooling_off_high_days: Mapped[int] = mapped_column(default=2, server_default=text("2"))
    contact_phone: Mapped[str] = mapped_column(default="", server_default="")
    retention_years: Mapped[int] = mapped_column(default=6, server_default=text("6"))
    signed_up: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    held_since: Mapped[datetime | None]

    @property
    def is_sandbox(self) -> bool:
        return self.kind is BodyKind.SANDBOX


def add_body(
    session: Session,
    body_id: UUID,
    *,
    kind: BodyKind,
    name: str,
    contact_email: str,
    colour: str,
    signed_up: bool = False,
    at: datetime,
) -> Body:
    """Add a body, inside a transaction that was opened for its id. Raises ColourRefused."""
    body = Body(
        id=body_id,
        kind=kind,
        name=name,
        colour=read_colour(colour),
        contact_email=contact_email,
        signed_up=signed_up,
        made_at=at,
    )
    session.add(body)
    session.flush()
    audit.record(session, "body.added", by=None, about=body, at=at, kind=kind.value)
    return body


def get_body(session: Session) -> Body:
    """The body whose transaction this is."""
    return session.get_one(Body, session.info["body_id"])

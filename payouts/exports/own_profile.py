"""The profiles that a body defines for its own finance system: each version kept, made and ended by two people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from payouts.exports.profile import LONGEST, Profile
from schemes import audit, change
from schemes.change import Change, ChangeKind
from schemes.change_applied import EFFECTS, Effect
from schemes.database import Base, BodyOwned, new_id
from schemes.errors import FieldFault, FieldsRefused, Misfit, NotFound
from schemes.person import Actor, Role

PROPOSERS = (Role.FINANCE,)
CONFIRMERS = (Role.FINANCE, Role.APPROVER, Role.ADMINISTRATOR)


class ExportProfile(BodyOwned, Base):
    """One version of a profile. line_id: the same for all its versions. ended: it is offered no more. Never changed."""

    __tablename__ = "export_profile"
    __table_args__ = (UniqueConstraint("body_id", "line_id", "version"),)

    line_id: Mapped[UUID]
    version: Mapped[int]
    name: Mapped[str]
    definition: Mapped[dict[str, Any]] = mapped_column(JSONB)
    ended: Mapped[bool]
    made_at: Mapped[datetime]

    @property
    def profile(self) -> Profile:
        return Profile.from_json(self.definition)


def own_profiles(session: Session) -> Sequence[ExportProfile]:
    """The newest version of each profile that has not ended, by name."""
    later = aliased(ExportProfile)
    replaced = select(later.id).where(
        later.body_id == ExportProfile.body_id,
        later.line_id == ExportProfile.line_id,
        later.version > ExportProfile.version,
    )
    newest = select(ExportProfile).where(~replaced.exists())
    found = [one for one in session.scalars(newest) if not one.ended]
    return sorted(found, key=lambda one: (one.name.casefold(), one.id))


def newest_of(session: Session, line_id: UUID) -> ExportProfile | None:
    versions = select(ExportProfile).where(ExportProfile.line_id == line_id).order_by(ExportProfile.version.desc())
    return session.scalars(versions.limit(1)).first()


def get_profile(session: Session, profile_id: UUID) -> ExportProfile:
    """A version. Raises NotFound."""
    found = session.get(ExportProfile, (session.info["body_id"], profile_id))
    if found is None:
        raise NotFound("export profile", profile_id)
    return found


def facts(session: Session, line_id: UUID) -> dict[str, Any]:
    """What a profile says now, as a proposal's facts; nothing where there is none."""
    found = newest_of(session, line_id)
    return said(found.name, found.definition, found.ended) if found else {}


def said(name: str, definition: dict[str, Any], ended: bool) -> dict[str, Any]:
    return {"name": name, "definition": definition, "ended": ended}


def propose(
    session: Session,
    line_id: UUID | None,
    *,
    change_id: UUID,
    name: str,
    profile: Profile,
    ended: bool = False,
    reason: str,
    by: Actor,
    at: datetime,
) -> Change:
    """Propose a profile, or what one of the body's own should be from then on.

    Raises FieldsRefused, NotFound, NotAllowed, and as `change.propose`.
    """
    by.must_be(*PROPOSERS)
    name = " ".join(name.split())
    faults = list(profile.faults())
    if not name:
        faults.append(FieldFault("name", Misfit.MISSING))
    if len(name) > LONGEST:
        faults.append(FieldFault("name", Misfit.TOO_LONG, (LONGEST,)))
    others = {one.name.casefold() for one in own_profiles(session) if one.line_id != line_id}
    if name.casefold() in others and not ended:
        faults.append(FieldFault("name", Misfit.TAKEN))
    if faults:
        raise FieldsRefused("export profile", faults)
    if line_id is not None and newest_of(session, line_id) is None:
        raise NotFound("export profile", line_id)
    return change.propose(
        session,
        ChangeKind.EXPORT_PROFILE,
        change_id=change_id,
        subject_id=line_id or change_id,
        before=facts(session, line_id) if line_id else {},
        after=said(name, profile.as_json(), ended),
        reason=reason,
        by=by,
        at=at,
    )


def apply(session: Session, confirmed: Change, by: Actor, at: datetime) -> None:
    last = newest_of(session, confirmed.subject_id)
    made = ExportProfile(
        body_id=by.body_id,
        id=new_id(),
        line_id=confirmed.subject_id,
        version=last.version + 1 if last else 1,
        name=confirmed.after["name"],
        definition=confirmed.after["definition"],
        ended=confirmed.after["ended"],
        made_at=at,
    )
    session.add(made)
    session.flush()
    audit.record(session, "export_profile.set", by=by, about=made, at=at, version=made.version)


EFFECTS[ChangeKind.EXPORT_PROFILE] = Effect(CONFIRMERS, facts, apply)

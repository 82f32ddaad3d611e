"""Changes that take effect only when a second person confirms them: roles, limits, bank profiles, rules.

A proposal keeps what stood there when it was made. If that has changed since, it is not confirmed: what its proposer
and the second person looked at is no longer what would be replaced.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, select, tuple_
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes import audit, proposal
from schemes.database import Base, stored, take_turns
from schemes.errors import NotFound, ReasonNotGiven, Refused
from schemes.person import Actor
from schemes.proposal import WAITING, Proposal, two_people, waits


class ChangeKind(StrEnum):
    """What a proposal changes. What each does when it is confirmed stands in `schemes.change_applied`."""

    BANK_PROFILE = "bank_profile"
    BANK_CONNECTION = "bank_connection"
    COOLING_OFF = "cooling_off"
    DUTIES = "duties"
    RETENTION = "retention"
    SCHEME = "scheme"
    MERGE = "merge"
    UNMERGE = "unmerge"
    ONE_BENEFICIARY = "one_beneficiary"
    TWO_BENEFICIARIES = "two_beneficiaries"
    INVITATION = "invitation"
    ROLES = "roles"
    CREDENTIALS = "credentials"
    NAME_POLICY = "name_policy"
    ERASURE = "erasure"
    SAFE_CONTACT = "safe_contact"
    CHECKS = "checks"
    OFFICE_DAYS = "office_days"
    FREEZE = "freeze"
    DELEGATION = "delegation"
    API_KEY = "api_key"
    LEDGER_CLOSE = "ledger_close"
    HELD_MONEY = "held_money"
    PASSKEYS = "passkeys"
    BANK_MATCH = "bank_match"
    BANK_RULE = "bank_rule"
    NOTIFY = "notify"
    NOTICE_WORDING = "notice_wording"
    NOTICE_SETTINGS = "notice_settings"
    STAFF_WORDING = "staff_wording"
    EXPORT_PROFILE = "export_profile"
    LEDGER_CODES = "ledger_codes"
    GO_LIVE = "go_live"
    PROMOTION = "promotion"


class ChangeWaiting(Refused):
    """A change of the same thing waits already: it is confirmed or rejected first."""


class NothingToChange(Refused):
    """What was proposed is what stands there."""


class ChangedSince(Refused):
    """What a proposal would replace is no longer what its proposer saw."""


class Change(Proposal, Base):
    """One proposal. `before` and `after` are plain facts for people and for applying it: no secret, no bank details."""

    __tablename__ = "change"
    __table_args__ = (
        *two_people(),
        Index("ix_change_proposed", "body_id", "proposed_at"),
        Index(
            "uq_change_waiting",
            "body_id",
            "kind",
            "subject_id",
            unique=True,
            postgresql_where=WAITING,
        ),
    )

    kind: Mapped[ChangeKind] = mapped_column(stored(ChangeKind))
    subject_id: Mapped[UUID]
    before: Mapped[dict[str, Any]] = mapped_column(JSONB)
    after: Mapped[dict[str, Any]] = mapped_column(JSONB)


def propose(
    session: Session,
    kind: ChangeKind,
    *,
    change_id: UUID,
    subject_id: UUID,
    before: dict[str, Any],
    after: dict[str, Any],
    reason: str,
    by: Actor,
    at: datetime,
) -> Change:
    """Keep a proposal; who may make one is the caller's rule. The same id again is the same proposal.

    Raises NothingToChange, ReasonNotGiven, ChangeWaiting.
    """
    take_turns(session, f"change {kind} {subject_id}")
    there = session.get(Change, (by.body_id, change_id))
    if there is not None:
        return there
    if before == after:
        raise NothingToChange
    if not reason.strip():
        raise ReasonNotGiven("propose this change")
    if waiting_of(session, kind, subject_id) is not None:
        raise ChangeWaiting
    change = Change(
        body_id=by.body_id,
        id=change_id,
        kind=kind,
        subject_id=subject_id,
        before=before,
        after=after,
        reason=reason.strip(),
        proposed_by=by.person_id,
        proposed_at=at,
    )
    session.add(change)
    session.flush()
    audit.record(session, "change.proposed", by=by, about=change, at=at, kind=kind.value, subject=str(subject_id))
    return change


def confirm(session: Session, change: Change, *, now_there: dict[str, Any], by: Actor, at: datetime) -> bool:
    """A second person's word, on a row locked by the caller, who applies it when this is true: once.

    now_there: what stands there at this moment. Who may confirm is the caller's rule. Raises SamePerson, NotNow,
    ChangedSince.
    """
    if not proposal.may_be_confirmed(change, "change", by=by):
        return False
    if now_there != change.before:
        raise ChangedSince
    proposal.confirm(session, change, by=by, at=at)
    note(session, change, "confirmed", by=by, at=at)
    return True


def reject(session: Session, change: Change, *, reason: str, by: Actor, at: datetime) -> None:
    """Reject a proposal, on a row locked by the caller; whoever made it may withdraw it so.

    Raises NotNow, ReasonNotGiven.
    """
    if proposal.reject(session, change, "change", reason=reason, by=by, at=at):
        note(session, change, "rejected", by=by, at=at)


def note(session: Session, change: Change, act: str, *, by: Actor, at: datetime) -> None:
    audit.record(
        session,
        f"change.{act}",
        by=by,
        about=change,
        at=at,
        kind=change.kind.value,
        subject=str(change.subject_id),
    )


def get_change(session: Session, change_id: UUID, *, lock: bool = False) -> Change:
    """Raises NotFound."""
    change = session.get(Change, (session.info["body_id"], change_id), with_for_update=lock or None)
    if change is None:
        raise NotFound("change", change_id)
    return change


def waiting_of(session: Session, kind: ChangeKind, subject_id: UUID) -> Change | None:
    """The change of this that waits for a second person, if one does."""
    return session.scalars(
        select(Change).where(Change.kind == kind, Change.subject_id == subject_id, waits(Change))
    ).one_or_none()


def waiting(session: Session, *, limit: int = 100) -> Sequence[Change]:
    """The changes that wait for a second person, oldest first."""
    return session.scalars(
        select(Change).where(waits(Change)).order_by(Change.proposed_at, Change.id).limit(limit)
    ).all()


def decided(session: Session, *, before: Change | None = None, limit: int = 50) -> Sequence[Change]:
    """The changes that were confirmed or rejected, newest proposals first: those that were proposed before one."""
    changes = select(Change).where(~waits(Change)).order_by(Change.proposed_at.desc(), Change.id.desc()).limit(limit)
    if before is not None:
        changes = changes.where(tuple_(Change.proposed_at, Change.id) < (before.proposed_at, before.id))
    return session.scalars(changes).all()

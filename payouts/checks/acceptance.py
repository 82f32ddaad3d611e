"""A person accepts findings, with a reason: one act each, kept for as long as the payroll."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from payouts.checks.finding import ONE_BY_ONE, SEVERITIES, Finding, FindingGroup, Kind, Severity
from payouts.payroll import Payroll, PayrollStatus
from schemes import audit
from schemes.database import Base, BodyOwned, new_id, stored, to_body_row
from schemes.errors import NotNow, Refused
from schemes.person import Actor, Role


class Acceptance(BodyOwned, Base):
    """One act: how many findings of a kind somebody accepted at once, in which build of the payroll, and why.

    kept_from: the build in which they did, where the reason was kept.
    """

    __tablename__ = "acceptance"
    __table_args__ = (
        to_body_row("payroll", "payroll_id"),
        Index("ix_acceptance_payroll", "body_id", "payroll_id", "build"),
        CheckConstraint("count > 0", name="count"),
        CheckConstraint("reason <> ''", name="reason"),
    )

    payroll_id: Mapped[UUID]
    build: Mapped[int]
    kind: Mapped[Kind] = mapped_column(stored(Kind))
    count: Mapped[int]
    reason: Mapped[str]
    accepted_by: Mapped[UUID]
    accepted_at: Mapped[datetime]
    kept_from: Mapped[int | None]


class ReasonMissing(Refused):
    """A finding is accepted only with a reason that the next person can read."""


class OneByOne(Refused):
    """Findings of this kind are accepted each for itself, by somebody who has looked at it."""

    def __init__(self, kind: Kind) -> None:
        super().__init__(f"{kind} is accepted one by one")
        self.kind = kind


def accept(
    session: Session,
    payroll: Payroll,
    kind: Kind,
    *,
    finding_id: UUID | None = None,
    reason: str,
    by: Actor,
    at: datetime,
) -> int:
    """Accept one finding, or all open ones of a kind, with a reason, on a payroll locked by the caller.

    Returns how many. Whoever accepts a finding cannot approve the payroll. Raises ReasonMissing, NotNow (not being
    checked, or the kind blocks: that is put right, not accepted), OneByOne, NotAllowed.
    """
    by.must_be(Role.PREPARER, Role.FINANCE, scheme=payroll.scheme_id)
    if payroll.status is not PayrollStatus.CHECKED:
        raise NotNow("payroll", payroll.status, "accepted in parts")
    # of findings about names the body's policy says how grave they are, so it is the group that knows
    group = session.get(FindingGroup, (payroll.body_id, payroll.id, kind))
    severity = group.severity if group else SEVERITIES[kind]
    if severity is not Severity.NEEDS_REASON:
        raise NotNow("finding", severity, "accepted")
    if finding_id is None and kind in ONE_BY_ONE:
        raise OneByOne(kind)
    if not reason.strip():
        raise ReasonMissing
    accepted = (
        update(Finding)
        .where(Finding.payroll_id == payroll.id, Finding.kind == kind, Finding.accepted_at.is_(None))
        .values(accepted_by=by.person_id, accepted_at=at, reason=reason.strip())
        .execution_options(synchronize_session=False)
    )
    if finding_id is not None:
        accepted = accepted.where(Finding.id == finding_id)
    count: int = session.execute(accepted).rowcount  # type: ignore[attr-defined]
    if not count:
        return 0
    session.get_one(FindingGroup, (payroll.body_id, payroll.id, kind)).open_count -= count
    session.add(
        Acceptance(
            body_id=payroll.body_id,
            id=new_id(),
            payroll_id=payroll.id,
            build=payroll.build,
            kind=kind,
            count=count,
            reason=reason.strip(),
            accepted_by=by.person_id,
            accepted_at=at,
        )
    )
    session.flush()
    audit.record(session, "findings.accepted", by=by, about=payroll, at=at, kind=kind.value, count=count)
    return count


def accepted_by(session: Session, payroll: Payroll) -> set[UUID]:
    """Everybody who accepted a finding of a payroll as it is built now."""
    people = select(Acceptance.accepted_by).where(
        Acceptance.payroll_id == payroll.id, Acceptance.build == payroll.build
    )
    return set(session.scalars(people.distinct()))


def reasons_of(session: Session, payroll: Payroll, *, most: int = 100) -> Sequence[tuple[Kind, str, UUID, int]]:
    """The accepted kinds with reason, person and count: what an approver reads.

    most: so many; where many were accepted each for itself, those reasons that were given most often.
    """
    together = func.sum(Acceptance.count)
    rows = session.execute(
        select(Acceptance.kind, Acceptance.reason, Acceptance.accepted_by, together)
        .where(Acceptance.payroll_id == payroll.id, Acceptance.build == payroll.build)
        .group_by(Acceptance.kind, Acceptance.reason, Acceptance.accepted_by)
        .order_by(together.desc(), Acceptance.kind, Acceptance.reason, Acceptance.accepted_by)
        .limit(most)
    ).all()
    by_kind = sorted(rows, key=lambda row: (row[0].value, row[1]))
    return [(kind, reason, person_id, int(count)) for kind, reason, person_id, count in by_kind]

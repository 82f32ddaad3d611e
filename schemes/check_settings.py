"""How strictly a scheme's payrolls are checked: what each check's finding means, and from where on it finds something.

Two people change it, and it counts for payrolls that are created from then on. Checks that keep somebody from being
paid twice, or money from going where nobody looked, can be made stricter and never weaker than they are here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes import audit, change
from schemes.change import Change, ChangeKind
from schemes.database import Base, BodyOwned, new_id, to_body_row
from schemes.errors import FieldFault, FieldsRefused, Misfit
from schemes.person import Actor, Role
from schemes.scheme import get_scheme

PROPOSERS = (Role.ADMINISTRATOR, Role.FINANCE)
CONFIRMERS = (Role.ADMINISTRATOR, Role.APPROVER, Role.FINANCE)


class Weight(StrEnum):
    """What a finding means. Each is stricter than the one before."""

    NOTE = "note"
    REASON = "needs_reason"
    BLOCK = "block"


class Check(StrEnum):
    """The checks whose weight a scheme chooses. Of all others it is the same everywhere."""

    UNUSUALLY_LARGE = "unusually_large"
    AMOUNT_CHANGED = "amount_changed"
    ARREARS = "arrears"
    FIRST_PAYMENT = "first_payment"
    AWARD_CHANGED = "award_changed"
    BANK_DETAILS_CHANGED = "bank_details_changed"
    MODULUS_NOT_CHECKABLE = "modulus_not_checkable"
    ONE_ACCOUNT_SEVERAL_PAYEES = "one_account_several_payees"
    POSSIBLY_ONE_PERSON = "possibly_one_person"
    PAID_ELSEWHERE = "paid_elsewhere"
    PERIOD_PAID_ELSEWHERE = "period_paid_elsewhere"
    TOTAL_VARIANCE = "total_variance"
    COUNT_VARIANCE = "count_variance"
    HOLIDAYS_RUN_OUT = "holidays_run_out"
    FUNDS_NOT_RECORDED = "funds_not_recorded"
    FUNDS_SHORT = "funds_short"
    CONTROL_TOTAL_MISSING = "control_total_missing"
    CONTROL_TOTAL_DIFFERS = "control_total_differs"


class Range(NamedTuple):
    """A weight as it is without settings, and the least that it may be."""

    usual: Weight
    least: Weight


WEIGHTS: dict[Check, Range] = {
    Check.UNUSUALLY_LARGE: Range(Weight.REASON, Weight.NOTE),
    Check.AMOUNT_CHANGED: Range(Weight.REASON, Weight.NOTE),
    Check.ARREARS: Range(Weight.REASON, Weight.NOTE),
    Check.FIRST_PAYMENT: Range(Weight.NOTE, Weight.NOTE),
    Check.AWARD_CHANGED: Range(Weight.NOTE, Weight.NOTE),
    Check.BANK_DETAILS_CHANGED: Range(Weight.NOTE, Weight.NOTE),
    Check.MODULUS_NOT_CHECKABLE: Range(Weight.REASON, Weight.REASON),
    Check.ONE_ACCOUNT_SEVERAL_PAYEES: Range(Weight.REASON, Weight.REASON),
    Check.POSSIBLY_ONE_PERSON: Range(Weight.REASON, Weight.REASON),
    Check.PAID_ELSEWHERE: Range(Weight.REASON, Weight.REASON),
    Check.PERIOD_PAID_ELSEWHERE: Range(Weight.NOTE, Weight.NOTE),
    Check.TOTAL_VARIANCE: Range(Weight.REASON, Weight.REASON),
    Check.COUNT_VARIANCE: Range(Weight.REASON, Weight.REASON),
    Check.HOLIDAYS_RUN_OUT: Range(Weight.NOTE, Weight.NOTE),
    Check.FUNDS_NOT_RECORDED: Range(Weight.NOTE, Weight.NOTE),
    Check.FUNDS_SHORT: Range(Weight.REASON, Weight.NOTE),
    Check.CONTROL_TOTAL_MISSING: Range(Weight.NOTE, Weight.NOTE),
    Check.CONTROL_TOTAL_DIFFERS: Range(Weight.REASON, Weight.REASON),
}


class Thresholds(NamedTuple):
    """From where on a check finds something. Percent and times are whole numbers.

    times_the_median: how many times the middle payment is unusually large. change_percent and change_least_pence: both
    have to be passed by a payment that differs from the middle one of the award's last `change_payments`. days_back:
    how long before the pay date payments of other payrolls are compared. total_percent, count_percent: how far the
    total and the number of payments may be from the last comparable payroll.
    """

    times_the_median: int = 6
    change_percent: int = 25
    change_least_pence: int = 10_00
    change_payments: int = 3
    days_back: int = 60
    total_percent: int = 10
    count_percent: int = 10


BETWEEN: dict[str, tuple[int, int]] = {
    "times_the_median": (2, 100),
    "change_percent": (1, 1000),
    "change_least_pence": (0, 1_000_000_00),
    "change_payments": (1, 12),
    "days_back": (31, 366),
    "total_percent": (1, 100),
    "count_percent": (1, 100),
}


USUAL_THRESHOLDS = Thresholds()


@dataclass(frozen=True)
class CheckSettings:
    """The weights that are not as usual, and the thresholds. `number` counts a scheme's settings; 0 is the usual."""

    weights: Mapping[Check, Weight] = field(default_factory=dict)
    thresholds: Thresholds = USUAL_THRESHOLDS
    number: int = 0

    def weight(self, check: Check) -> Weight:
        return self.weights.get(check, WEIGHTS[check].usual)


USUAL = CheckSettings()


class CheckSettingsRow(BodyOwned, Base):
    """A scheme's settings from the instant on which a second person confirmed them. Never changed."""

    __tablename__ = "check_settings"
    __table_args__ = (
        UniqueConstraint("body_id", "scheme_id", "number"),
        to_body_row("scheme", "scheme_id"),
        CheckConstraint("number >= 1", name="number"),
    )

    scheme_id: Mapped[UUID]
    number: Mapped[int]
    settings: Mapped[dict[str, Any]] = mapped_column(JSONB)
    set_by: Mapped[UUID]
    set_at: Mapped[datetime]


def settings_json(settings: CheckSettings) -> dict[str, Any]:
    """Settings as they are kept and as a file has them: every weight and every threshold."""
    return {
        "weights": {check.value: settings.weight(check).value for check in Check},
        "thresholds": settings.thresholds._asdict(),
    }


def settings_from(kept: Mapping[str, Any], *, number: int = 0) -> CheckSettings:
    """Settings from JSON; what is left out is as usual. Raises FieldsRefused with all that is wrong."""
    faults: list[FieldFault] = []
    weights: dict[Check, Weight] = {}
    for name, value in section(kept, "weights", faults).items():
        if name not in list(Check) or value not in list(Weight):
            faults.append(FieldFault(f"weights.{name}", Misfit.UNKNOWN))
        elif list(Weight).index(Weight(value)) < list(Weight).index(WEIGHTS[Check(name)].least):
            faults.append(FieldFault(f"weights.{name}", Misfit.OUT_OF_RANGE, (WEIGHTS[Check(name)].least.value,)))
        else:
            weights[Check(name)] = Weight(value)
    numbers: dict[str, int] = {}
    for name, value in section(kept, "thresholds", faults).items():
        if name not in BETWEEN:
            faults.append(FieldFault(f"thresholds.{name}", Misfit.UNKNOWN))
        elif not isinstance(value, int) or not BETWEEN[name][0] <= value <= BETWEEN[name][1]:
            faults.append(FieldFault(f"thresholds.{name}", Misfit.OUT_OF_RANGE, BETWEEN[name]))
        else:
            numbers[name] = value
    faults += [FieldFault(name, Misfit.UNKNOWN) for name in kept if name not in ("weights", "thresholds")]
    if faults:
        raise FieldsRefused("check settings", faults)
    return CheckSettings(weights, Thresholds(**numbers), number)


def section(kept: Mapping[str, Any], name: str, faults: list[FieldFault]) -> Mapping[str, Any]:
    found = kept.get(name, {})
    if isinstance(found, Mapping):
        return found
    faults.append(FieldFault(name, Misfit.UNKNOWN))
    return {}


def row_at(session: Session, scheme_id: UUID, at: datetime | None = None) -> CheckSettingsRow | None:
    """The settings of a scheme that counted at an instant, or now, as they are kept; None before any were confirmed."""
    rows = select(CheckSettingsRow).where(CheckSettingsRow.scheme_id == scheme_id)
    if at is not None:
        rows = rows.where(CheckSettingsRow.set_at <= at)
    return session.scalars(rows.order_by(CheckSettingsRow.number.desc()).limit(1)).first()


def settings_at(session: Session, scheme_id: UUID, at: datetime | None = None) -> CheckSettings:
    """The settings of a scheme that counted at an instant, or now; the usual ones before any were confirmed."""
    row = row_at(session, scheme_id, at)
    return settings_from(row.settings, number=row.number) if row else USUAL


def facts(session: Session, scheme_id: UUID) -> dict[str, Any]:
    """What stands there now, as a proposal's facts."""
    return {**settings_json(settings_at(session, scheme_id)), "scheme": get_scheme(session, scheme_id).code}


def propose(
    session: Session,
    scheme_id: UUID,
    wanted: CheckSettings,
    *,
    change_id: UUID,
    reason: str,
    by: Actor,
    at: datetime,
) -> Change:
    """Propose other settings for a scheme. Raises NotFound, NotAllowed, and as `change.propose`."""
    by.must_be(*PROPOSERS, scheme=scheme_id)
    before = facts(session, scheme_id)
    return change.propose(
        session,
        ChangeKind.CHECKS,
        change_id=change_id,
        subject_id=scheme_id,
        before=before,
        after={**settings_json(wanted), "scheme": before["scheme"]},
        reason=reason,
        by=by,
        at=at,
    )


def apply(session: Session, confirmed: Change, by: Actor, at: datetime) -> None:
    kept = {name: confirmed.after[name] for name in ("weights", "thresholds")}
    newest = select(func.max(CheckSettingsRow.number)).where(CheckSettingsRow.scheme_id == confirmed.subject_id)
    row = CheckSettingsRow(
        body_id=by.body_id,
        id=new_id(),
        scheme_id=confirmed.subject_id,
        number=(session.scalar(newest) or 0) + 1,
        settings=settings_json(settings_from(kept)),
        set_by=by.person_id,
        set_at=at,
    )
    session.add(row)
    session.flush()
    audit.record(session, "checks.set", by=by, about=get_scheme(session, row.scheme_id), at=at, number=row.number)

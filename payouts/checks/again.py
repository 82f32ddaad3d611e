"""Looking once more for one thing in a payroll that was checked, since something that it was held against is new.

Only of the payroll as a whole: for a payment's findings it is built again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from payouts.checks.finding import Finding, FindingGroup, Found, Kind, Severity
from payouts.payroll import Payroll, PayrollStatus
from schemes.check_settings import Check, CheckSettings
from schemes.database import new_id


def find_again(
    session: Session, payroll: Payroll, kinds: Collection[Kind], found: Iterable[Found], settings: CheckSettings
) -> None:
    """Put what is found now in place of what was, for a payroll locked by the caller; nothing unless it is checked.

    kinds: those that a scheme weighs. A finding that is the same stays, with its reason; any other goes with its own.
    """
    if payroll.status is not PayrollStatus.CHECKED:
        return
    mine = (Finding.payroll_id == payroll.id) & Finding.kind.in_(kinds)
    then: dict[Kind, dict[str, Any]] = dict(session.execute(select(Finding.kind, Finding.facts).where(mine)).all())
    now = {one.kind: one.facts for one in found}
    for kind in kinds:
        if then.get(kind) == now.get(kind):
            continue
        for model in (Finding, FindingGroup):
            gone = delete(model).where(model.payroll_id == payroll.id, model.kind == kind)
            session.execute(gone.execution_options(synchronize_session="fetch"))
        if kind in now:
            add(session, payroll, kind, now[kind], Severity(settings.weight(Check(kind.value)).value))
    session.flush()


def add(session: Session, payroll: Payroll, kind: Kind, facts: dict[str, Any], severity: Severity) -> None:
    mine: dict[str, Any] = {
        "body_id": payroll.body_id,
        "payroll_id": payroll.id,
        "kind": kind,
        "severity": severity,
    }
    session.add(Finding(**mine, id=new_id(), payment_id=None, facts=facts))
    is_open = int(severity is not Severity.NOTE)
    session.add(FindingGroup(**mine, count=1, open_count=is_open, amount_pence=0))

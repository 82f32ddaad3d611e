"""How a payment came about: the steps from what the award said, and the scheme's rule, to its amount.

Nothing is kept of the steps of an ordinary payment, since they follow from what was known then: they are reckoned anew
through the one entitlement, and told only where they come to what was paid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from bacs import pence
from payouts.entitlement import Due, entitlement
from payouts.gates.manifest import Manifest
from payouts.payment import Payment
from payouts.payment_part import PartKind, parts_of
from payouts.payroll import Payroll, get_payroll
from schemes.amount_rule import Rules, rules_of
from schemes.award import Award
from schemes.award_history import History
from schemes.award_version import histories_of
from schemes.period import Period
from schemes.scheme_version import version_of

WORDS = {PartKind.ARREARS: "With arrears for", PartKind.RECOVERY: "Less what was recovered in"}


def reckoned(session: Session, payments: Sequence[Payment]) -> dict[UUID, list[str]]:
    """The steps of some payments, a line each, by payment; of what no award makes due, none."""
    award_ids = {payment.award_id for payment in payments if payment.award_id is not None}
    awards = session.scalars(select(Award).where(Award.id.in_(award_ids))).all()
    histories = histories_of(session, awards)
    rules: dict[tuple[UUID, UUID], Rules] = {}
    found: dict[UUID, list[str]] = {}
    for payment in payments:
        if payment.award_id not in histories:
            continue
        payroll = get_payroll(session, payment.payroll_id)
        key = (payroll.scheme_id, payroll.id)
        if key not in rules:
            rules[key] = rules_of(session, payroll.scheme_id).with_own(
                Period(payroll.period_first_day, payroll.period_last_day),
                version_of(session, payroll.scheme_id, payroll.scheme_version).definition,
            )
        found[payment.id] = steps_of(session, payment, payroll, histories[payment.award_id], rules[key])
    return found


def steps_of(session: Session, payment: Payment, payroll: Payroll, history: History, rules: Rules) -> list[str]:
    parts = parts_of(session, payroll.id, [payment.award_id] if payment.award_id else [])
    mine = parts.get(payment.award_id, []) if payment.award_id else []
    rest = payment.amount_pence - sum(part.pence if part.kind is PartKind.ARREARS else -part.pence for part in mine)
    period = Period(payment.period_first_day, payment.period_last_day)
    steps = ["What the award said then can no longer be told" if rest else "Nothing for the period itself"]
    for known_at in known(session, payroll):
        due = entitlement(as_known(history, known_at), rules.of(payment.component, period), period)
        if isinstance(due, Due) and due.amount_pence == rest:
            steps = [*due.steps, f"For the period: {pence.format(due.amount_pence)}"]
            break
    for part in mine:
        about = f"{part.about_first_day.isoformat()} to {part.about_last_day.isoformat()}"
        steps += [f"{WORDS[part.kind]} {about}: {pence.format(part.pence)}", *(str(step) for step in part.steps)]
    return [*steps, f"Paid: {pence.format(payment.amount_pence)}"]


def known(session: Session, payroll: Payroll) -> list[datetime]:
    """Instants at which the payroll may have been built last: what was known at one of them made its amounts."""
    sealed = session.scalars(select(Manifest.made_at).where(Manifest.payroll_id == payroll.id)).all()
    return sorted({payroll.made_at, *sealed}, reverse=True)


def as_known(history: History, at: datetime) -> History:
    """A history without what was said later."""
    earlier = tuple(terms for terms in history.terms if terms.made_at <= at)
    return replace(history, terms=earlier or history.terms[:1])

"""Running all checks over a payroll: chunk by chunk, in any worker, and over the whole when the last one is done."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from payouts.building import awards_due, stale
from payouts.checks import (
    accounts,
    amounts,
    chunk,
    confirmation,
    control_totals,
    dates,
    differences,
    duplicates,
    elsewhere,
    funds,
    history,
    names,
    reading,
)
from payouts.checks.facts import OfPayment, OfPayroll, PayrollFacts
from payouts.checks.finding import RULE_SET, SEVERITIES, Finding, Found, Kind, Severity, count_groups
from payouts.checks.kept import take_up_reasons
from payouts.cheque import cheques_of
from payouts.notices import forecast
from payouts.payment import in_payroll, lines_of, ordinals
from payouts.payroll import Payroll, PayrollStatus, get_payroll, move
from payouts.tasks import outbox
from payouts.urgent import by_cheque
from schemes.check_settings import Check, CheckSettings
from schemes.database import copy_rows, new_id

if TYPE_CHECKING:
    from payouts.app import Service

OF_PAYROLL: tuple[OfPayroll, ...] = (
    amounts.totals_agree,
    differences.explained,
    amounts.whole_within_limits,
    differences.total_as_last_time,
    differences.count_as_last_time,
    dates.in_time,
    dates.holidays_known,
    funds.covered,
    control_totals.as_expected,
    confirmation.asked,
)
OF_PAYMENT: tuple[OfPayment, ...] = (
    amounts.within_limits,
    amounts.unusually_large,
    amounts.arrears,
    accounts.digits,
    accounts.confirmed,
    accounts.shared,
    accounts.several_payments,
    accounts.first_payment,
    accounts.one_off,
    history.amount_changed,
    history.award_changed,
    history.bank_details_changed,
    duplicates.paid_twice,
    elsewhere.paid_elsewhere,
    elsewhere.period_paid_elsewhere,
    names.on_the_wire,
    confirmation.answered,
)
# these look at no account
OF_CHEQUE: tuple[OfPayment, ...] = (
    amounts.within_limits,
    amounts.unusually_large,
    amounts.arrears,
    accounts.several_payments,
    accounts.one_off,
    history.amount_changed,
    history.award_changed,
    duplicates.paid_twice,
    elsewhere.period_paid_elsewhere,
)
COLUMNS = ("body_id", "id", "payroll_id", "kind", "severity", "payment_id", "facts")


def plan(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """Read what only a look at all payments of a payroll that was just built shows, and cut them into chunks."""
    payroll = get_payroll(session, UUID(args["payroll_id"]), lock=True)
    if stale(payroll, args):
        return
    session.execute(
        delete(Finding).where(Finding.payroll_id == payroll.id).execution_options(synchronize_session=False)
    )
    payroll.check_rules = RULE_SET
    payroll.progress_done, payroll.progress_total = 0, chunk.cut(session, payroll)
    totals = reading.read_totals(session, service, payroll)
    for number in range(payroll.progress_total):
        outbox.add(
            session,
            "payroll.check_chunk",
            once=f"payroll.check/{payroll.id}/{payroll.build}/{number}",
            at=service.now(),
            payroll_id=str(payroll.id),
            build=payroll.build,
            chunk=number,
            totals=totals,
        )


def check_chunk(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """Check the payments of one chunk; the last chunk to finish has the payroll checked as a whole."""
    payroll = get_payroll(session, UUID(args["payroll_id"]))
    if stale(payroll, args):
        return
    mine = chunk.chunk_of(session, payroll, args["chunk"])
    facts = reading.facts_of_chunk(session, service, payroll, mine, args["totals"])
    here, cheques = in_payroll(payroll.id) & ordinals(mine.first, mine.last), by_cheque(session, payroll)
    looks = OF_CHEQUE if cheques else OF_PAYMENT
    store(
        session,
        payroll,
        facts,
        [
            found
            for payment in (cheques_of(session, here) if cheques else lines_of(session, here))
            for of_payment in looks
            for found in of_payment(payment, facts)
        ],
    )
    mine.due_count, mine.due_pence = awards_due(session, payroll, mine.first_award_id, mine.last_award_id)
    session.flush()
    finish_chunk(session, service, payroll, args)


def store(session: Session, payroll: Payroll, facts: PayrollFacts, findings: Iterable[Found]) -> None:
    severities = {**SEVERITIES, **confirmation.severities(facts.name_policy), **chosen(facts.settings)}
    rows = (
        (
            payroll.body_id,
            new_id(),
            payroll.id,
            found.kind.value,
            severities[found.kind].value,
            found.payment_id,
            json.dumps(found.facts),
        )
        for found in findings
    )
    copy_rows(session, "finding", COLUMNS, rows)


def chosen(settings: CheckSettings) -> dict[Kind, Severity]:
    """How grave findings are where the scheme chooses."""
    return {Kind(check.value): Severity(settings.weight(check).value) for check in Check}


def finish_chunk(session: Session, service: Service, payroll: Payroll, args: Mapping[str, Any]) -> None:
    """Count the chunk as done. One short row lock at the end: chunks run side by side until here."""
    done, total = session.execute(
        update(Payroll)
        .where(Payroll.id == payroll.id)
        .values(progress_done=Payroll.progress_done + 1)
        .returning(Payroll.progress_done, Payroll.progress_total)
        .execution_options(synchronize_session=False)
    ).one()
    if done == total:
        session.refresh(payroll)
        # it may have been given up since this chunk began; now it cannot be any more
        if not stale(payroll, args):
            conclude(session, service, payroll, args["totals"])


def conclude(session: Session, service: Service, payroll: Payroll, totals: dict[str, int]) -> None:
    """Check the payroll as a whole, count what was found, and let people look at it."""
    facts = reading.facts_of_payroll(session, service, payroll, totals)
    store(session, payroll, facts, [found for of_payroll in OF_PAYROLL for found in of_payroll(facts)])
    chunk.forget(session, payroll)
    take_up_reasons(session, payroll, at=service.now())
    count_groups(session, payroll)
    move(session, payroll, PayrollStatus.CHECKED, by=None, at=service.now())
    forecast.ask(session, payroll, once=str(payroll.build), at=service.now())

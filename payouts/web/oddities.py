"""What is late or odd in the body: shown first on the home page, to everybody who may read of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from flask import url_for
from sqlalchemy.orm import Session

from bacs.errors import DateBeyondCalendar
from payouts.coming_payrolls import silent_at_the_bank
from payouts.gates.can_pay import can_pay_today
from payouts.gates.deadline import plan_of
from payouts.gates.decision import gate_states
from payouts.ledger.control_run import newest_run
from payouts.payroll import Payroll, PayrollStatus
from payouts.tasks.outbox import stopped_counts
from payouts.web.access import may_see
from payouts.web.duties import lacking_sentence, scheme_and_amount
from payouts.web.figures import clock, count, day, pounds, weekday
from payouts.web.funds import funds_shown
from payouts.web.pages import now, service
from payouts.webhooks.webhook import Paused, webhooks_of_body
from schemes.bank_details import london_day


class Oddity(NamedTuple):
    """Something that is not as it should be: what, and a link to the page where somebody sees to it."""

    words: str
    link: str
    href: str


def oddities(session: Session, still_open: Sequence[Payroll]) -> list[Oddity]:
    """still_open: the payrolls that have not gone to the bank."""
    if not may_see("pages.show_payroll"):
        return []
    found = chain(
        too_late(still_open),
        late_gates(session, still_open),
        short_of_money(session, still_open),
        silence(session),
        stopped_work(session),
        books(session),
        deaf_webhooks(session),
        nobody_can_pay(session),
    )
    return [one for one in found if one.href]


def page_of(payroll: Payroll) -> str:
    return url_for("pages.show_payroll", payroll_id=payroll.id)


def too_late(still_open: Sequence[Payroll]) -> Iterator[Oddity]:
    for payroll in still_open:
        if now() > payroll.deadline_at:
            words = (
                f"The files of payroll {payroll.number} had to be with the bank by "
                f"{clock(payroll.deadline_at)} on {weekday(payroll.deadline_at)}."
            )
            yield Oddity(words, f"Go to payroll {payroll.number}", page_of(payroll))


def late_gates(session: Session, still_open: Sequence[Payroll]) -> Iterator[Oddity]:
    for payroll in still_open:
        if payroll.status is not PayrollStatus.SEALED or now() > payroll.deadline_at:
            continue
        waiting = next((state.gate for state in gate_states(session, payroll) if state.is_waiting), None)
        if waiting is None:
            continue
        try:
            due = plan_of(session, payroll, service().calendar).due[waiting.id]
        except DateBeyondCalendar:
            continue
        if now() > due:
            words = (
                f"{waiting.name} of payroll {payroll.number} was to be decided by {clock(due)} on {weekday(due)}. "
                f"The bank takes its files until {clock(payroll.deadline_at)} on {weekday(payroll.deadline_at)}."
            )
            yield Oddity(words, f"See who decides at {waiting.name}", f"{page_of(payroll)}#gates")


def short_of_money(session: Session, still_open: Sequence[Payroll]) -> Iterator[Oddity]:
    """Of the payrolls that wait at their gates: before that, finance has not been asked."""
    for payroll in still_open:
        funds = funds_shown(session, payroll) if payroll.status is PayrollStatus.SEALED else None
        if funds and funds.recorded and funds.short_pence:
            words = f"The account {funds.account} lacks {pounds(funds.short_pence)} on {weekday(funds.day)}."
            href = url_for("pages.show_funds", bank_profile_id=funds.line_id)
            yield Oddity(words, "See the money on this account", href)


def silence(session: Session) -> Iterator[Oddity]:
    for payroll in silent_at_the_bank(session, london_day(now())):
        words = (
            f"Payroll {payroll.number} was to be paid on {day(payroll.pay_date)}, and the bank’s reports have not "
            "said that it was taken."
        )
        yield Oddity(words, f"What the bank said about payroll {payroll.number}", page_of(payroll))


def stopped_work(session: Session) -> Iterator[Oddity]:
    stopped = sum(stopped_counts(session).values())
    if stopped:
        words = (
            f"{count(stopped, 'piece')} of the service’s own work failed again and again, and "
            f"{'waits' if stopped == 1 else 'wait'} for the people who run it. Tell them."
        )
        yield Oddity(words, "See which payrolls it may hold up", url_for("pages.show_payrolls"))


def books(session: Session) -> Iterator[Oddity]:
    run = newest_run(session)
    if run is not None and run.difference_count:
        words = (
            f"The control of the books on {day(run.ran_at)} found {count(run.difference_count, 'difference')}: "
            "what the entries say is not what the payrolls or the statements say."
        )
        yield Oddity(words, "See the differences", url_for("pages.show_control", control_id=run.id))


def deaf_webhooks(session: Session) -> Iterator[Oddity]:
    deaf = [one for one in webhooks_of_body(session) if one.paused_because in (Paused.FAILING, Paused.GONE)]
    if deaf and may_see("pages.show_webhooks"):
        words = f"{count(len(deaf), 'webhook was', 'webhooks were')} paused, because nobody answered."
        yield Oddity(words, "See the webhooks", url_for("pages.show_webhooks"))


def nobody_can_pay(session: Session) -> Iterator[Oddity]:
    if not may_see("pages.show_duties"):
        return
    for one in can_pay_today(session, today=london_day(now())):
        if one.lacking:
            words = (
                f"Your people can’t run a payroll of {scheme_and_amount(one)}: your body lacks "
                f"{lacking_sentence(one.lacking)}."
            )
            yield Oddity(words, "See who runs a payroll", url_for("pages.show_duties"))

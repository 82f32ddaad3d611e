"""Amounts against the scheme's and the bank's limits, and against each other."""

from __future__ import annotations

from collections.abc import Iterator

from payouts.checks.facts import PayrollFacts
from payouts.checks.finding import Found, Kind
from payouts.payment import PaymentLine


def within_limits(payment: PaymentLine, facts: PayrollFacts) -> Iterator[Found]:
    """No payment above the scheme's limit, and no item above what the bank takes for one."""
    if payment.amount_pence > facts.payment_limit_pence:
        yield Found(Kind.PAYMENT_OVER_LIMIT, payment.id, {"limit_pence": facts.payment_limit_pence})
    if payment.amount_pence > facts.item_limit_pence:
        yield Found(Kind.ITEM_OVER_BANK_LIMIT, payment.id, {"limit_pence": facts.item_limit_pence})
    elif payment.id in facts.items_over_limit:
        told = {"item_pence": facts.items_over_limit[payment.id], "limit_pence": facts.item_limit_pence}
        yield Found(Kind.COMBINED_OVER_BANK_LIMIT, payment.id, told)


def unusually_large(payment: PaymentLine, facts: PayrollFacts) -> Iterator[Found]:
    """An amount many times the usual one is mostly a slipped decimal point."""
    if facts.median_pence and payment.amount_pence > facts.settings.thresholds.times_the_median * facts.median_pence:
        yield Found(Kind.UNUSUALLY_LARGE, payment.id, {"median_pence": facts.median_pence})


def arrears(payment: PaymentLine, facts: PayrollFacts) -> Iterator[Found]:
    """Money for earlier periods is more than the usual amount: a person says why it is right."""
    if payment.award_id is not None and payment.award_id in facts.arrears:
        pence, periods = facts.arrears[payment.award_id]
        yield Found(Kind.ARREARS, payment.id, {"arrears_pence": pence, "periods": periods})


def whole_within_limits(facts: PayrollFacts) -> Iterator[Found]:
    """The payroll's total within the scheme's and the sponsoring bank's limits; more payments make more files."""
    if facts.total_pence > facts.payroll_limit_pence:
        yield Found(
            Kind.PAYROLL_OVER_LIMIT,
            None,
            {"total_pence": facts.total_pence, "limit_pence": facts.payroll_limit_pence},
        )
    if facts.total_pence > facts.file_limit_pence:
        yield Found(
            Kind.FILE_OVER_LIMIT, None, {"total_pence": facts.total_pence, "limit_pence": facts.file_limit_pence}
        )
    if facts.item_count > facts.items_per_file:
        yield Found(Kind.TOO_MANY_ITEMS, None, {"count": facts.item_count, "limit": facts.items_per_file})


def totals_agree(facts: PayrollFacts) -> Iterator[Found]:
    """The payments built, and those left out, together are what the awards say: nothing lost, nothing twice."""
    if facts.payment_count == 0:
        yield Found(Kind.NOTHING_TO_PAY, None, {})
    if (facts.payment_count, facts.total_pence) != (facts.due_count, facts.due_pence):
        yield Found(
            Kind.TOTALS_DIFFER,
            None,
            {
                "count": facts.payment_count,
                "due_count": facts.due_count,
                "total_pence": facts.total_pence,
                "due_pence": facts.due_pence,
            },
        )

"""The payments of a payroll, and those who are not paid by it, page by page."""

from __future__ import annotations

from uuid import UUID

from flask import render_template
from flask.typing import ResponseReturnValue

from payouts.payment import payments_of, unpaid_of
from payouts.payment_part import parts_of
from payouts.payroll import get_payroll
from payouts.web.access import EVERY_ROLE, allowed
from payouts.web.pages import id_given, number_given, pages, transaction

PAGE = 50


@pages.route("/payrolls/<uuid:payroll_id>/payments")
@allowed(EVERY_ROLE)
def show_payments(payroll_id: UUID) -> ResponseReturnValue:
    after = number_given("after") or 0
    with transaction() as session:
        payroll = get_payroll(session, payroll_id)
        rows = payments_of(session, payroll_id, after=after, limit=PAGE + 1)
        return render_template(
            "payrolls/show_payments.html",
            payroll=payroll,
            rows=rows[:PAGE],
            parts=parts_of(session, payroll_id, [row.payment.award_id for row in rows[:PAGE]]),
            next_after=rows[PAGE - 1].payment.ordinal if len(rows) > PAGE else None,
            after=after,
        )


@pages.route("/payrolls/<uuid:payroll_id>/not-paid")
@allowed(EVERY_ROLE)
def show_unpaid(payroll_id: UUID) -> ResponseReturnValue:
    after = id_given("after")
    with transaction() as session:
        payroll = get_payroll(session, payroll_id)
        rows = unpaid_of(session, payroll_id, after=after, limit=PAGE + 1)
        return render_template(
            "payrolls/show_unpaid.html",
            payroll=payroll,
            rows=rows[:PAGE],
            next_after=rows[PAGE - 1].unpaid.id if len(rows) > PAGE else None,
            after=after,
        )

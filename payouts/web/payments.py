"""The payments of a payroll, and those who are not paid by it, page by page."""

from __future__ import annotations

from tempfile import SpooledTemporaryFile
from uuid import UUID

from flask import render_template, request, send_file
from flask.typing import ResponseReturnValue

from payouts.difference.unpaid_file import write_unpaid
from payouts.payment import UnpaidReason, payments_of, unpaid_of, unpaid_sums
from payouts.payment_item import items_of
from payouts.payment_part import parts_of
from payouts.payroll import get_payroll
from payouts.web.access import ANYONE_SIGNED_IN, EVERY_ROLE, allowed
from payouts.web.pages import actor, id_given, now, number_given, pages, transaction

PAGE = 50
IN_MEMORY = 16 * 1024 * 1024


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
            together=items_of(session, [row.payment for row in rows[:PAGE]]),
            parts=parts_of(session, payroll_id, [row.payment.award_id for row in rows[:PAGE] if row.payment.award_id]),
            next_after=rows[PAGE - 1].payment.ordinal if len(rows) > PAGE else None,
            after=after,
        )


@pages.route("/payrolls/<uuid:payroll_id>/not-paid")
@allowed(EVERY_ROLE)
def show_unpaid(payroll_id: UUID) -> ResponseReturnValue:
    after, reason = id_given("after"), reason_given()
    with transaction() as session:
        payroll = get_payroll(session, payroll_id)
        rows = unpaid_of(session, payroll_id, reason=reason, after=after, limit=PAGE + 1)
        return render_template(
            "payrolls/show_unpaid.html",
            payroll=payroll,
            sums=unpaid_sums(session, payroll_id),
            reason=reason,
            rows=rows[:PAGE],
            next_after=rows[PAGE - 1].unpaid.id if len(rows) > PAGE else None,
            after=after,
        )


def reason_given() -> UnpaidReason | None:
    """The reason of the address's query; what is none counts as not given."""
    try:
        return UnpaidReason(request.args["reason"])
    except (KeyError, ValueError):
        return None


@pages.route("/payrolls/<uuid:payroll_id>/not-paid/file", methods=["POST"])
@allowed(ANYONE_SIGNED_IN)
def take_unpaid(payroll_id: UUID) -> ResponseReturnValue:
    """A POST, because it is recorded who took it out."""
    # a million names do not fit into memory; Flask closes the file once it is sent
    kept = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115
    with transaction() as session:
        payroll = get_payroll(session, payroll_id)
        write_unpaid(session, payroll, reason=reason_given(), to=kept, by=actor(), at=now())
    kept.seek(0)
    name = f"not-paid-payroll-{payroll.number:04d}.csv"
    return send_file(kept, mimetype="text/csv", as_attachment=True, download_name=name)

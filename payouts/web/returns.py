"""What came back, in the browser: the work list with ages and owners, and each case with what has to be done."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from payouts.payment import Payment
from payouts.payroll import get_payroll
from payouts.returns import case as work
from payouts.returns.case import WORKERS, CaseRow, cases, next_of, row_of
from payouts.returns.outcome import ENDS, ReturnOutcome, outcomes_of, waiting_of
from payouts.returns.recall import recall_of
from payouts.returns.reissue import numbers_paying, payrolls_paying
from payouts.returns.returned import OPEN, CaseStatus, ReturnedPayment, get_case
from payouts.web.access import ANYONE_SIGNED_IN, allowed
from payouts.web.pages import actor, id_given, now, pages, transaction
from schemes.account import accounts_of
from schemes.bank_details import london_day
from schemes.claim import standing_of
from schemes.claim import waiting_of as claim_waiting_of
from schemes.payee import get_payee
from schemes.person import names
from schemes.scheme import schemes_of_body

SHOWN = 50


@pages.route("/bank/returns")
@allowed(ANYONE_SIGNED_IN)
def show_returned() -> ResponseReturnValue:
    after, own = id_given("after"), "mine" in request.args
    mine = 1 if own else None
    with transaction() as session:
        rows = cases(session, after=after, mine=actor().person_id if own else None, limit=SHOWN + 1)
        return render_template(
            "returns/show_returned.html",
            rows=rows[:SHOWN],
            waiting=work.waiting(session),
            schemes=schemes_of_body(session),
            own=own,
            paying=numbers_paying(session, [row.case.id for row in rows]),
            ages={row.case.id: (london_day(now()) - london_day(row.case.opened_at)).days for row in rows},
            next=way_on(rows, mine=mine),
            first=url_for("pages.show_returned", mine=mine) if after else None,
            names=names(session),
        )


def way_on(rows: list[CaseRow], *, mine: int | None) -> str | None:
    if len(rows) <= SHOWN:
        return None
    return url_for("pages.show_returned", after=rows[SHOWN - 1].case.id, mine=mine)


@pages.route("/bank/returns/<uuid:returned_payment_id>")
@allowed(ANYONE_SIGNED_IN)
def show_return(returned_payment_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        case = get_case(session, returned_payment_id)
        row, successor = row_of(session, case), successor_of(session, case)
        whose, is_open = (row.payee.id, row.beneficiary.id), case.status in OPEN
        once = standing_of(session, *whose, day=None)
        claim = standing_of(session, *whose, day=london_day(now())) if is_open else once
        went_to = next((one for one in accounts_of(session, row.payee.id) if one.id == row.payment.account_id), None)
        return render_template(
            "returns/show_return.html",
            row=row,
            went_to=went_to,
            next=next_of(session, row, at=now()),
            may_work=any(actor().holds(role, case.scheme_id) for role in WORKERS),
            age=(london_day(now()) - london_day(case.opened_at)).days,
            successor=successor,
            again=get_payroll(session, successor.payroll_id) if successor else None,
            paying=payrolls_paying(session, case) if is_open else None,
            proposed=waiting_of(session, case.id),
            claim=claim,
            lapsed=get_payee(session, once.to_payee_id) if once and not claim else None,
            to_payee=get_payee(session, claim.to_payee_id) if claim else row.payee,
            claim_waits=claim_waiting_of(session, row.payee.id, row.beneficiary.id),
            decided=decided_of(session, case),
            asked=recall_of(session, row.payment),
            names=names(session),
        )


def successor_of(session: Session, case: ReturnedPayment) -> Payment | None:
    if case.successor_id is None:
        return None
    found: Payment = session.get_one(Payment, (case.body_id, case.successor_id))
    return found


def decided_of(session: Session, case: ReturnedPayment) -> ReturnOutcome | None:
    """What two people said last of a payment that is kept for now, set off or written off."""
    said = outcomes_of(session, case.id) if case.status in (CaseStatus.KEPT, *ENDS.values()) else ()
    return next((one for one in said if one.confirmed_at), None)


@pages.route("/bank/returns/<uuid:returned_payment_id>/assign", methods=["POST"])
@allowed(*WORKERS)
def assign_return(returned_payment_id: UUID) -> ResponseReturnValue:
    with transaction() as session:
        work.assign(session, get_case(session, returned_payment_id, lock=True), by=actor(), at=now())
    flash("It is yours now")
    return redirect(url_for("pages.show_return", returned_payment_id=returned_payment_id), 303)

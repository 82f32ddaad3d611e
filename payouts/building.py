"""Building a payroll: awards due become payments, chunk by chunk, in any worker, each under its permanent key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from payouts import arrears, one_offs, recovering
from payouts.arrears import Difference
from payouts.awarded import AwardLine, Destination, awards_between, histories_between
from payouts.checks.finding import Finding, FindingGroup
from payouts.checks.kept import keep_reasons
from payouts.entitlement import Due, entitlement
from payouts.gates.amendment import TakenOut
from payouts.off_cycle import looked_at
from payouts.payment import Payment, PaymentStatus, Unpaid, UnpaidReason
from payouts.payment_item import PaymentItem, combines, make_items
from payouts.payment_part import Overpayment, PartKind, PaymentPart, parts_by_award
from payouts.payroll import Payroll, PayrollStatus, get_payroll
from payouts.permanent_key import insert_payments
from payouts.returns import reissue
from payouts.tasks import outbox
from payouts.urgent import by_cheque
from schemes.amount_rule import rules_of
from schemes.award import Award
from schemes.award_history import NotDue
from schemes.database import copy_rows, new_id, one_of
from schemes.definition import Definition
from schemes.mandate import PaymentBar, payment_bars
from schemes.payee import Beneficiary
from schemes.payment_reference import names_whose, payment_reference
from schemes.period import Period
from schemes.recovery import Recovery
from schemes.scheme_version import version_of

if TYPE_CHECKING:
    from payouts.app import Service

CHUNK = 10_000
PAID_ALREADY = UnpaidReason.PAID_ALREADY
QUARTER = timedelta(days=92)
UNPAID_COLUMNS = ("body_id", "id", "payroll_id", "award_id", "beneficiary_id", "reason", "due_pence")


def plan(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """Clear what an earlier build left, and cut the scheme's awards into chunks."""
    payroll = get_payroll(session, UUID(args["payroll_id"]), lock=True)
    if stale(payroll, args):
        return
    keep_reasons(session, payroll)
    for model in (Finding, FindingGroup, Unpaid, PaymentPart, PaymentItem, Payment):
        session.execute(
            delete(model).where(model.payroll_id == payroll.id).execution_options(synchronize_session=False)
        )
    payroll.payment_count = payroll.total_pence = payroll.unpaid_count = payroll.progress_done = 0
    bounds = chunk_bounds(session, payroll)
    entered = one_offs.ask_for_chunks(session, payroll, begin=len(bounds), size=CHUNK, at=service.now())
    entered += reissue.ask_for_chunks(session, payroll, begin=len(bounds), size=CHUNK, at=service.now())
    payroll.progress_total = len(bounds) + entered
    for number, (first, last) in enumerate(bounds):
        outbox.add(
            session,
            "payroll.build",
            once=f"payroll.build/{payroll.id}/{payroll.build}/{number}",
            at=service.now(),
            payroll_id=str(payroll.id),
            build=payroll.build,
            chunk=number,
            first=str(first),
            last=str(last),
        )
    if not payroll.progress_total:
        ask_for_comparison(session, service, payroll)


def chunk_bounds(session: Session, payroll: Payroll) -> list[tuple[UUID, UUID]]:
    """First and last award id of each chunk, in order."""
    place = func.row_number().over(order_by=Award.id)
    numbered = (
        select(Award.id, place.label("place"), func.count().over().label("all"))
        .where(Award.scheme_id == payroll.scheme_id, looked_at(payroll))
        .subquery()
    )
    is_first, is_last = numbered.c.place % CHUNK == 1, (numbered.c.place % CHUNK == 0)
    ends = select(numbered.c.id, numbered.c.place).where(is_first | is_last | (numbered.c.place == numbered.c.all))
    bounds: dict[int, tuple[UUID, UUID]] = {}
    for award_id, number in session.execute(ends.order_by(numbered.c.place)):
        first, _ = bounds.get((number - 1) // CHUNK, (award_id, award_id))
        bounds[(number - 1) // CHUNK] = (first, award_id)
    return list(bounds.values())


def stale(payroll: Payroll, args: Mapping[str, Any]) -> bool:
    """Whether the work belongs to an earlier build, or the payroll was given up meanwhile."""
    return payroll.status is not PayrollStatus.BUILDING or payroll.build != args["build"]


def build_chunk(session: Session, service: Service, args: Mapping[str, Any]) -> None:
    """Build the payments of one chunk of awards; the last chunk to finish asks for the checks."""
    payroll = get_payroll(session, UUID(args["payroll_id"]))
    if stale(payroll, args):
        return
    definition = version_of(session, payroll.scheme_id, payroll.scheme_version).definition
    period = Period(payroll.period_first_day, payroll.period_last_day)
    rules = rules_of(session, payroll.scheme_id).with_own(period, definition)
    first, last = UUID(args["first"]), UUID(args["last"])
    arrears.lock_period(session, payroll.scheme_id, period, shared=True)
    awards, bars = whom_to_pay(session, payroll, first, last)
    reckoned = arrears.reckon(
        session, payroll, awards, rules, arrears.settled_before(session, payroll.scheme_id, period)
    )
    made_good = arrears.arrears_paid(session, payroll, first, last)
    made_good |= recovering.recovered_elsewhere(session, payroll, first, last)
    recoveries = recovering.to_take(session, payroll, awards)
    of_whom = {award.id: award.beneficiary_id for award in awards if award.id in recoveries}
    made_good |= recovering.with_live_payment(session, payroll, of_whom)
    whose = references_of(session, definition, awards)
    left, combined = left_out_before(session, payroll, first, last), combines(session)
    taken: dict[UUID, Taken] = {}
    payments, unpaid = [], []
    for position, award in enumerate(awards, start=1):
        due = entitlement(award.history, rules.of(award.component, period), period)
        owed = [difference for difference in reckoned.get(award.id, ()) if difference.owed_pence > 0]
        outcome = (
            PAID_ALREADY
            if award.id in made_good
            else outcome_of(award, due, owed, period, bars.get((award.to.payee_id, award.beneficiary_id)))
        )
        if award.id in left and isinstance(outcome, int):
            outcome = UnpaidReason.TAKEN_OUT
        if isinstance(outcome, int) and award.id in recoveries:
            taken[award.id] = Taken(*recoveries[award.id], outcome)
            outcome = outcome - taken[award.id].pence or UnpaidReason.RECOVERED
        if isinstance(outcome, UnpaidReason):
            unpaid.append(unpaid_row(payroll, award, outcome, due_in_all(due, owed)))
        elif outcome is not None:
            ordinal = args["chunk"] * CHUNK + position
            reference = payment_reference(
                definition.reference,
                scheme=definition.code,
                payroll=payroll.number,
                number=ordinal,
                reference=whose.get(award.beneficiary_id, ""),
            )
            together = award.to.payee_id in combined
            payments.append(payment_row(payroll, award, outcome, ordinal, reference, combined=together))
    built = insert_payments(session, payments)
    paid_already = [row for row in payments if row[1] not in built]
    awards_by_id = {award.id: award for award in awards}
    unpaid += [unpaid_row(payroll, awards_by_id[row[7]], PAID_ALREADY, row[13]) for row in paid_already]
    copy_rows(session, "unpaid", UNPAID_COLUMNS, unpaid)
    arrears.must_still_be_owed(session, payroll, awards, reckoned)
    left_out = {row[3] for row in unpaid if row[5] != UnpaidReason.RECOVERED}
    keep_reckoned(session, payroll, reckoned, left_out, at=service.now())
    keep_taken(session, payroll, {award_id: one for award_id, one in taken.items() if award_id not in left_out})
    total_pence = sum(row[13] for row in payments if row[1] in built)
    finish_chunk(session, service, payroll, len(built), total_pence, len(unpaid))


def left_out_before(session: Session, payroll: Payroll, first: UUID, last: UUID) -> set[UUID]:
    """Awards in a range that somebody took out of this payroll: building it again must not bring them back."""
    return set(
        session.scalars(
            select(TakenOut.award_id).where(TakenOut.payroll_id == payroll.id, TakenOut.award_id.between(first, last))
        )
    )


def outcome_of(
    award: AwardLine, due: Due | NotDue, owed: list[Difference], period: Period, bar: PaymentBar | None
) -> int | UnpaidReason | None:
    """What an award is paid, in pence, or why it is not; None where nobody would ask."""
    if isinstance(due, NotDue) and (due is NotDue.SUSPENDED or not owed):
        return UnpaidReason(due.value) if of_interest(award, due, period) else None
    return not_payable(award.to, bar) or due_in_all(due, owed) or 0


def not_payable(to: Destination, bar: PaymentBar | None) -> UnpaidReason | None:
    """Why nobody can be paid there now, or None."""
    if to.held is not None:
        return UnpaidReason(to.held.value)
    if bar is not None:
        return UnpaidReason(bar.value)
    if to.account_id is None and not to.is_cheque:
        return UnpaidReason.NO_CONFIRMED_BANK_DETAILS
    if to.stopped is not None:
        return UnpaidReason.BANK_DETAILS_STOPPED
    return None


def whom_to_pay(
    session: Session, payroll: Payroll, first: UUID, last: UUID
) -> tuple[list[AwardLine], dict[tuple[UUID, UUID], PaymentBar]]:
    """The awards of a range with where their money would go, and which payees may not have it."""
    awards = awards_between(session, payroll, first, last)
    bars = payment_bars(session, ((award.to.payee_id, award.beneficiary_id) for award in awards), payroll.pay_date)
    if by_cheque(session, payroll):
        return [replace(award, to=award.to.by_cheque()) for award in awards], without_accounts(bars)
    return awards, bars


def without_accounts(bars: Mapping[tuple[UUID, UUID], PaymentBar]) -> dict[tuple[UUID, UUID], PaymentBar]:
    """Of what keeps somebody from being paid, what keeps them from being paid by a cheque too."""
    return {pair: bar for pair, bar in bars.items() if bar is PaymentBar.MANDATE_NOT_IN_FORCE}


def due_in_all(due: Due | NotDue, owed: list[Difference]) -> int | None:
    """What is due for the period, with what is owed for earlier ones; None where nothing is due for the period."""
    arrears_pence = sum(difference.owed_pence for difference in owed)
    return due.amount_pence + arrears_pence if isinstance(due, Due) else arrears_pence or None


def keep_reckoned(
    session: Session,
    payroll: Payroll,
    reckoned: Mapping[UUID, list[Difference]],
    left_out: set[UUID],
    *,
    at: datetime,
) -> None:
    """Keep the arrears of those who are not left out, and what was paid too much, for a person to look at."""
    if not reckoned:
        return
    known = select(Overpayment.award_id, Overpayment.about_first_day, Overpayment.found_at)
    since = {(row[0], row[1]): row[2] for row in session.execute(known.where(Overpayment.award_id == one_of(reckoned)))}
    session.execute(delete(Overpayment).where(Overpayment.award_id == one_of(reckoned)))
    for award_id, differences in reckoned.items():
        for period, due_pence, paid_pence, steps in differences:
            about = {"award_id": award_id, "about_first_day": period.first_day, "about_last_day": period.last_day}
            mine = {"body_id": payroll.body_id, "id": new_id(), **about}
            if due_pence < paid_pence:
                over = {"due_pence": due_pence, "paid_pence": paid_pence, "found_in": payroll.id}
                over["found_at"] = since.get((award_id, period.first_day), at)
                session.add(Overpayment(**mine, **over))
            elif award_id not in left_out:
                pence = due_pence - paid_pence
                part = {"payroll_id": payroll.id, "kind": PartKind.ARREARS, "pence": pence, "steps": list(steps)}
                session.add(PaymentPart(**mine, **part))
    session.flush()


class Taken(NamedTuple):
    """What is recovered from a payment: `gross_pence` is the payment before it, `left_pence` the balance before it."""

    recovery: Recovery
    left_pence: int
    gross_pence: int

    @property
    def pence(self) -> int:
        return self.recovery.instalment_of(self.gross_pence, self.left_pence)


def keep_taken(session: Session, payroll: Payroll, taken: Mapping[UUID, Taken]) -> None:
    """Keep what was taken, as a part of the payment or of the award that is recovered whole."""
    for award_id, one in taken.items():
        if one.pence:
            steps = recovering.steps_of(one.recovery, one.gross_pence, one.pence, one.left_pence)
            session.add(
                PaymentPart(
                    body_id=payroll.body_id,
                    id=new_id(),
                    payroll_id=payroll.id,
                    award_id=award_id,
                    kind=PartKind.RECOVERY,
                    about_first_day=payroll.period_first_day,
                    about_last_day=payroll.period_last_day,
                    recovery_id=one.recovery.id,
                    pence=one.pence,
                    steps=steps,
                )
            )
    session.flush()


def of_interest(award: AwardLine, why: NotDue, period: Period) -> bool:
    """Whether a person would ask why this award is not paid: not of one that ended more than a quarter ago."""
    return why is not NotDue.ENDED or award.history.is_due_from(period.first_day - QUARTER)


def references_of(session: Session, definition: Definition, awards: list[AwardLine]) -> dict[UUID, str]:
    """The beneficiaries' own references, where the scheme's payments bear them."""
    if not names_whose(definition.reference):
        return {}
    ids = {award.beneficiary_id for award in awards}
    return dict(session.execute(select(Beneficiary.id, Beneficiary.reference).where(Beneficiary.id.in_(ids))).all())


def payment_row(
    payroll: Payroll, award: AwardLine, amount_pence: int, ordinal: int, reference: str, *, combined: bool
) -> tuple[Any, ...]:
    return (
        payroll.body_id,
        new_id(),
        payroll.id,
        payroll.scheme_id,
        award.beneficiary_id,
        award.to.payee_id,
        award.to.account_id,
        award.id,
        payroll.period_first_day,
        payroll.period_last_day,
        award.component,
        1,
        ordinal,
        amount_pence,
        reference,
        PaymentStatus.PREPARED.value,
        combined,
    )


def unpaid_row(payroll: Payroll, award: AwardLine, reason: UnpaidReason, due_pence: int | None) -> tuple[Any, ...]:
    return payroll.body_id, new_id(), payroll.id, award.id, award.beneficiary_id, reason.value, due_pence


def finish_chunk(
    session: Session, service: Service, payroll: Payroll, count: int, total_pence: int, unpaid: int
) -> None:
    """Add the chunk to the payroll's figures. One short row lock at the end: chunks run side by side until here."""
    done, total = session.execute(
        update(Payroll)
        .where(Payroll.id == payroll.id)
        .values(
            progress_done=Payroll.progress_done + 1,
            payment_count=Payroll.payment_count + count,
            total_pence=Payroll.total_pence + total_pence,
            unpaid_count=Payroll.unpaid_count + unpaid,
        )
        .returning(Payroll.progress_done, Payroll.progress_total)
        .execution_options(synchronize_session=False)
    ).one()
    if done == total:
        ask_for_comparison(session, service, payroll)


def ask_for_comparison(session: Session, service: Service, payroll: Payroll) -> None:
    """All is built: put together what goes in one credit, have the difference explained, then have it checked."""
    make_items(session, payroll)
    outbox.add(
        session,
        "payroll.compare_plan",
        once=f"payroll.compare_plan/{payroll.id}/{payroll.build}",
        at=service.now(),
        payroll_id=str(payroll.id),
        build=payroll.build,
    )


def ask_for_checks(session: Session, service: Service, payroll: Payroll) -> None:
    outbox.add(
        session,
        "payroll.check",
        once=f"payroll.check/{payroll.id}/{payroll.build}",
        at=service.now(),
        payroll_id=str(payroll.id),
        build=payroll.build,
    )


EVERY_AWARD = (UUID(int=0), UUID(int=2**128 - 1))


def awards_due(session: Session, payroll: Payroll, first: UUID, last: UUID) -> tuple[int, int]:
    """Count and total in pence of what the awards of a range say is due, with arrears, less what is listed as unpaid.

    Reads the awards anew, through the one entitlement: the checks hold it against the payments that were built.
    """
    period = Period(payroll.period_first_day, payroll.period_last_day)
    unpaid = set(
        session.scalars(
            select(Unpaid.award_id).where(Unpaid.payroll_id == payroll.id, Unpaid.award_id.between(first, last))
        )
    )
    definition = version_of(session, payroll.scheme_id, payroll.scheme_version).definition
    rules = rules_of(session, payroll.scheme_id).with_own(period, definition)
    parts = parts_by_award(session, payroll.id, first, last)
    count = total_pence = 0
    for award_id, component, history in histories_between(session, payroll, first, last):
        due = entitlement(history, rules.of(component, period), period)
        if award_id not in unpaid and (isinstance(due, Due) or award_id in parts):
            count += 1
            total_pence += (due.amount_pence if isinstance(due, Due) else 0) + parts.get(award_id, 0)
    return count, total_pence

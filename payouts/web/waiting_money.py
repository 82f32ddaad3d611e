"""What waits for somebody about money: recoveries, one-off payments, what came back, what the bank has not said."""

from __future__ import annotations

from itertools import chain

from flask import url_for
from sqlalchemy.orm import Session

from payouts.responses import suspense
from payouts.returns import case as returned
from payouts.returns import outcome, recall, telling, trace, tracing
from payouts.statement import entry, manual
from payouts.web.figures import clock, count, day, number, pounds, up_to
from payouts.web.pages import actor, now
from payouts.web.waiting_item import Items, Waiting
from schemes import claim, one_off
from schemes.bank_details import london_day
from schemes.one_off_file import OneOffFileStatus, undecided
from schemes.one_off_payment import waiting as one_offs_waiting
from schemes.proposal import waiting_about_awards
from schemes.recovery import CONFIRMERS as CONFIRMERS_OF_RECOVERY
from schemes.recovery import Recovery
from schemes.write_off import WriteOff

MOST_COUNTED = 1000


def about_money(session: Session) -> Items:
    return chain(
        open_recoveries(session),
        open_write_offs(session),
        open_one_off_files(session),
        open_one_offs(session),
        what_came_back(session),
        lines_in_suspense(session),
        statement_lines(session),
        returns_to_confirm(session),
        claims_to_confirm(session),
        recalls_without_answer(session),
        traces_due(session),
    )


def open_recoveries(session: Session) -> Items:
    for recovery, beneficiary in waiting_about_awards(session, Recovery):
        item = Waiting(
            f"Recovery from {beneficiary.name}",
            f"{pounds(recovery.total_pence)} to be confirmed or rejected.",
            url_for("pages.decide_recovery", award_id=recovery.award_id, recovery_id=recovery.id),
            who="a finance officer or an approver who did not propose it",
        )
        mine = recovery.proposed_by != actor().person_id and bool(actor().roles.intersection(CONFIRMERS_OF_RECOVERY))
        yield mine, item


def open_write_offs(session: Session) -> Items:
    for write_off, beneficiary in waiting_about_awards(session, WriteOff):
        item = Waiting(
            f"{'End of a recovery from' if write_off.recovery_id else 'Write-off for'} {beneficiary.name}",
            "To be confirmed or rejected.",
            url_for("pages.decide_write_off", award_id=write_off.award_id, write_off_id=write_off.id),
            who="a finance officer or an approver who did not propose it",
        )
        mine = write_off.proposed_by != actor().person_id and bool(actor().roles.intersection(CONFIRMERS_OF_RECOVERY))
        yield mine, item


def open_one_offs(session: Session) -> Items:
    for row in one_offs_waiting(session):
        item = Waiting(
            f"One-off payment for {row.beneficiary.name}",
            f"{pounds(row.one_off.amount_pence)} to be confirmed or rejected.",
            url_for("pages.show_one_off", one_off_id=row.one_off.id),
            who="a finance officer or an approver who did not enter it",
        )
        confirms = any(actor().holds(role, row.scheme.id) for role in one_off.CONFIRMERS)
        yield confirms and row.one_off.proposed_by != actor().person_id, item


def open_one_off_files(session: Session) -> Items:
    for file in undecided(session):
        href = url_for("pages.show_one_off_file", one_off_file_id=file.id)
        mine, payments = file.made_by == actor().person_id, count(file.rows_good, "one-off payment")
        if file.status is OneOffFileStatus.READ:
            item = Waiting(f"File {file.file_name}", f"{payments} to enter or discard.", href, who="whoever sent it")
            yield mine, item
        else:
            who = "a finance officer or an approver who did not send it"
            item = Waiting(f"File {file.file_name}", f"{payments} to be confirmed or rejected.", href, who=who)
            confirms = any(actor().holds(role, file.scheme_id) for role in one_off.CONFIRMERS)
            yield confirms and not mine, item


def what_came_back(session: Session) -> Items:
    """Returned payments, until each is put right: one line for them all."""
    count_of, pence, oldest = returned.waiting(session)
    if oldest is None:
        return
    item = Waiting(
        f"{count(count_of, 'payment')} that came back",
        f"{pounds(pence)} is held until somebody puts it right. The oldest came back on {day(oldest)}.",
        url_for("pages.show_returned"),
        who="a preparer or a finance officer",
    )
    yield any(actor().holds(role) for role in returned.WORKERS), item


def returns_to_confirm(session: Session) -> Items:
    """What somebody recorded or proposed about a return, until a second person has seen it."""
    for told in telling.waiting(session):
        item = Waiting(
            "Payment that came back by letter",
            f"Recorded on {day(told.proposed_at)}, to be confirmed or rejected.",
            url_for("pages.decide_told", told_return_id=told.id),
            who="a finance officer or an approver who did not record it",
        )
        mine = told.proposed_by != actor().person_id and any(actor().holds(role) for role in telling.CONFIRMERS)
        yield mine, item
    for made, case in outcome.waiting(session):
        item = Waiting(
            f"{pounds(case.amount_pence)} that came back",
            "What becomes of it is to be confirmed or rejected.",
            url_for("pages.decide_outcome", returned_payment_id=case.id, return_outcome_id=made.id),
            who="a finance officer or an approver who did not propose it",
        )
        confirmers = [role for role in outcome.CONFIRMERS if actor().holds(role, case.scheme_id)]
        yield made.proposed_by != actor().person_id and bool(confirmers), item


def claims_to_confirm(session: Session) -> Items:
    for one in claim.waiting(session):
        item = Waiting(
            "Who receives what is owed to somebody who died",
            f"Proposed on {day(one.proposed_at)}, to be confirmed or rejected.",
            url_for("pages.decide_claim", claim_id=one.id),
            who="a finance officer or an approver who did not propose it",
        )
        mine = one.proposed_by != actor().person_id and any(actor().holds(role) for role in claim.CONFIRMERS)
        yield mine, item


def recalls_without_answer(session: Session) -> Items:
    for one in recall.open_recalls(session):
        late = now() > one.deadline_at
        item = Waiting(
            "Recall that the bank has not answered",
            "The time for it has passed: ask the bank what became of it." if late else "Tell the bank, if nobody has.",
            url_for("pages.show_recall", recall_id=one.id),
            f"{clock(one.deadline_at)}, {day(one.deadline_at)}",
            late,
            "a preparer, a finance officer, an approver or a releaser",
        )
        yield any(actor().holds(role) for role in recall.ASKERS), item


def traces_due(session: Session) -> Items:
    found = trace.waiting(session, today=london_day(now()))
    if found.next_due is not None:
        item = Waiting(
            f"{count(found.traces, 'payment')} that {'is' if found.traces == 1 else 'are'} looked for",
            f"{number(found.late)} of them late." if found.late else "The bank or somebody here has the next step.",
            url_for("pages.show_traces"),
            day(found.next_due),
            bool(found.late),
            "a preparer or a finance officer",
        )
        yield any(actor().holds(role) for role in tracing.WORKERS), item


def lines_in_suspense(session: Session) -> Items:
    lines = suspense.open_count(session)
    if lines:
        item = Waiting(
            f"{up_to(lines, MOST_COUNTED, 'line')} from the bank without a payment",
            "Somebody finds out which payment is meant, and someone else confirms it.",
            url_for("pages.show_suspense"),
            who="a preparer or a finance officer",
        )
        yield any(actor().holds(role) for role in (*suspense.SETTLERS, *suspense.CONFIRMERS)), item


def statement_lines(session: Session) -> Items:
    lines = len(entry.unmatched_ids(session, limit=MOST_COUNTED))
    if lines:
        item = Waiting(
            f"{up_to(lines, MOST_COUNTED, 'entry', 'entries')} of the statements that nothing explains",
            "A finance officer says what each is, and someone else confirms it.",
            url_for("pages.show_unmatched"),
            who="a finance officer",
        )
        yield any(actor().holds(role) for role in manual.PROPOSERS), item

"""What waits for somebody about payees and beneficiaries: details, holds, suspensions, doubles, and who is erased."""

from __future__ import annotations

from itertools import chain

from flask import url_for
from sqlalchemy.orm import Session

from payouts import erasure
from payouts.web.figures import day, up_to
from payouts.web.pages import actor, now
from payouts.web.waiting_item import Items, Waiting, may_confirm
from schemes import disowned
from schemes.bank_details import london_day, proposals
from schemes.duplicates import pair
from schemes.hold import reviews_due
from schemes.suspension import reviews_due as suspensions_due

MOST_COUNTED = 1000


def about_people(session: Session) -> Items:
    return chain(
        open_proposals(session),
        disowned_changes(session),
        due_reviews(session),
        suspension_reviews(session),
        doubles(session),
        to_be_erased(session),
    )


def open_proposals(session: Session) -> Items:
    for account, payee in proposals(session):
        item = Waiting(
            f"Bank details of {payee.name}",
            f"Version {account.version}, proposed on {day(account.proposed_at)}, to be confirmed or rejected.",
            url_for("pages.show_bank_details", payee_id=payee.id),
            who="someone who did not propose them",
        )
        yield may_confirm(account.proposed_by), item


def disowned_changes(session: Session) -> Items:
    for account, payee in disowned.waiting(session):
        assert account.disowned_at is not None, "only a change that somebody disowned waits"
        item = Waiting(
            f"Change that {payee.name} says is not theirs",
            f"Version {account.version} of the bank details, to be looked into since {day(account.disowned_at)}.",
            url_for("pages.show_bank_details", payee_id=payee.id),
            who="someone who did not propose it",
        )
        yield may_confirm(account.proposed_by), item


def due_reviews(session: Session) -> Items:
    for hold, payee in reviews_due(session, london_day(now())):
        assert hold.review_on is not None, "only a hold with a review date is due"
        item = Waiting(
            f"Hold on {payee.name}",
            f"To be looked at again since {day(hold.review_on)}.",
            url_for("pages.show_payee", payee_id=payee.id),
            who="someone who did not stop the payments",
        )
        yield may_confirm(hold.placed_by), item


def suspension_reviews(session: Session) -> Items:
    for suspension, beneficiary in suspensions_due(session, london_day(now())):
        assert suspension.review_on is not None, "only a suspension with a review date is due"
        item = Waiting(
            f"Suspended award of {beneficiary.name}",
            f"To be looked at again since {day(suspension.review_on)}.",
            url_for("pages.show_award", award_id=suspension.award_id),
            who="someone who did not suspend it",
        )
        yield may_confirm(suspension.placed_by), item


def doubles(session: Session) -> Items:
    """People who are likely in the register twice: one line, however many."""
    payees = pair.likely_count(session, pair.DuplicatePair, most=MOST_COUNTED)
    beneficiaries = pair.likely_count(session, pair.BeneficiaryPair, most=MOST_COUNTED)
    for found, href, of in (
        (payees, "pages.show_duplicates", "payees"),
        (beneficiaries, "pages.show_beneficiary_pairs", "beneficiaries"),
    ):
        if found:
            item = Waiting(
                f"{up_to(found, MOST_COUNTED, f'pair of {of}', f'pairs of {of}')} who are likely one person",
                "Somebody says whether they are one, before both are paid.",
                url_for(href),
                who="a preparer, a finance officer, an approver or an administrator",
            )
            yield any(actor().holds(role) for role in pair.DECIDERS), item


def to_be_erased(session: Session) -> Items:
    found = erasure.due_count(session, most=MOST_COUNTED)
    if found:
        item = Waiting(
            f"{up_to(found, MOST_COUNTED, 'payee')} whose time is over",
            "Their records are no longer needed. An administrator proposes to erase them.",
            url_for("pages.show_retention"),
            who="an administrator",
        )
        yield any(actor().holds(role) for role in erasure.PROPOSERS), item

"""What an answer means for use under a body's policy: for a proposal that is decided, and for a payroll's release."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from payouts.confirmation.codes import RULES, Code, Use
from payouts.confirmation.confirmation import Confirmation, Standing, is_old, standing, standing_in_payroll
from payouts.payroll import Payroll
from schemes.account import Account
from schemes.errors import Refused
from schemes.name_policy import Meaning, NamePolicy, Outcome, policy_at


class BlockedByAnswer(Refused):
    """By the body's policy nobody uses bank details about which the bank said this."""


class AnswerNeedsReason(Refused):
    """By the body's policy bank details about which the bank said this are confirmed only with a reason."""


def meaning_of(answer: Standing | None, policy: NamePolicy, now: datetime) -> Meaning:
    """What the answer that a version goes by means for use.

    What spoke against a name does so however long ago it was said; what spoke for it counts for so many days only.
    """
    if answer is None or answer.code is Code.NO_ANSWER:
        return policy.not_asked
    rule = RULES[answer.code]
    if rule.use is Use.BLOCK:
        return Meaning.BLOCK
    forgotten = rule.outcome in (Outcome.MATCH, Outcome.UNABLE)
    if forgotten and is_old(answer.asked_at, now, policy.good_for):
        return policy.not_asked
    return policy.meaning_of(rule.outcome)


def must_be_usable(session: Session, account: Account, *, reason: str, at: datetime) -> str | None:
    """Whether the policy lets a person confirm a version now; the reason that is kept, where one is needed.

    Raises BlockedByAnswer, AnswerNeedsReason.
    """
    meaning = meaning_of(standing_of(session, account), policy_at(session, at), at)
    if meaning is Meaning.BLOCK:
        raise BlockedByAnswer
    if meaning is Meaning.ALLOW:
        return None
    if not reason.strip():
        raise AnswerNeedsReason
    return reason.strip()


def standing_of(session: Session, account: Account) -> Standing | None:
    """The answer that a version goes by."""
    asked = standing(select(Confirmation).where(Confirmation.account_id == account.id))
    answer = session.scalars(asked).one_or_none()
    return Standing(answer.code, answer.asked_at) if answer else None


def blocked_accounts(session: Session, payroll: Payroll) -> int:
    """Into how many accounts of a payroll nobody may pay by what their banks said, whenever they said it.

    The checks saw what was known when they ran; this finds what came since. The policy is the one of the payroll's day.
    """
    policy = policy_at(session, payroll.made_at)
    answers = standing_in_payroll(session, payroll.id).values()
    return sum(speaks_against(answer, policy) for answer in answers)


def speaks_against(answer: Standing, policy: NamePolicy) -> bool:
    """Whether a bank's word blocks. That nobody was asked is the checks' affair: it cannot come after them."""
    rule = RULES[answer.code]
    if answer.code is Code.NO_ANSWER:
        return False
    return rule.use is Use.BLOCK or policy.meaning_of(rule.outcome) is Meaning.BLOCK

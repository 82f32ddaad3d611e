"""Confirmation of Payee: what the payees' banks answered about the names, whenever they were asked."""

from __future__ import annotations

from collections.abc import Iterator

from payouts.checks.facts import PayrollFacts
from payouts.checks.finding import Found, Kind, Severity
from payouts.confirmation.codes import RULES, Code, Outcome, Use
from payouts.confirmation.confirmation import is_old
from payouts.payment import PaymentLine
from schemes.name_policy import Meaning, NamePolicy

OF_OUTCOME = {
    Outcome.CLOSE: Kind.NAME_CLOSE_MATCH,
    Outcome.NO_MATCH: Kind.NAME_NO_MATCH,
    Outcome.SWITCHED: Kind.ACCOUNT_SWITCHED,
    Outcome.UNABLE: Kind.NAME_CANNOT_BE_CHECKED,
}


OF_MEANING = {Meaning.ALLOW: Severity.NOTE, Meaning.REASON: Severity.NEEDS_REASON, Meaning.BLOCK: Severity.BLOCK}


def severities(policy: NamePolicy) -> dict[Kind, Severity]:
    """How grave each finding about names is, by the body's policy. That there is no such account always blocks."""
    return {
        Kind.NAME_CLOSE_MATCH: OF_MEANING[policy.close],
        Kind.NAME_NO_MATCH: OF_MEANING[policy.no_match],
        Kind.ACCOUNT_SWITCHED: OF_MEANING[policy.switched],
        Kind.NAME_CANNOT_BE_CHECKED: OF_MEANING[policy.unable],
        Kind.NAMES_NOT_CHECKED: OF_MEANING[policy.not_asked],
    }


def answered(payment: PaymentLine, facts: PayrollFacts) -> Iterator[Found]:
    """What the bank said against the name. That it said so long ago does not make it better.

    A match says nothing; nor do a bank that cannot be reached and an old "cannot be checked", which count as not asked.
    """
    standing = facts.confirmations.get(payment.account_id)
    if standing is None or standing.code is Code.NO_ANSWER:
        return
    rule = RULES[standing.code]
    kind = Kind.NO_SUCH_ACCOUNT if rule.use is Use.BLOCK else OF_OUTCOME.get(rule.outcome)
    if kind is None or (
        rule.outcome is Outcome.UNABLE and is_old(standing.asked_at, facts.now, facts.name_policy.good_for)
    ):
        return
    yield Found(kind, payment.id, {"asked_at": standing.asked_at.isoformat()})


def asked(facts: PayrollFacts) -> Iterator[Found]:
    """How many accounts no bank was asked about, or not lately: one note for all, since it may be everybody."""
    left = facts.account_count - facts.confirmed_count
    if left > 0:
        yield Found(
            Kind.NAMES_NOT_CHECKED,
            None,
            {"accounts": left, "all": facts.account_count, "days": facts.name_policy.good_for_days},
        )

"""Why an award is paid more or less than last time: one pure function of what the register says and of what was paid.

Every cause is worked out from its own facts (the award's versions, its suspensions, the scheme's rules, the parts of a
payment, the reasons for which nobody was paid), by the one `entitlement`; none is what is left over from the others.
So they need not come to the difference, and what they miss is told as unexplained.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from payouts.entitlement import Due, entitlement
from payouts.payment import UnpaidReason
from schemes.amount import AmountRule, Inputs
from schemes.award_history import History, NotDue, Terms
from schemes.period import Period
from schemes.suspension import Spell


class Cause(StrEnum):
    """Why a payroll is not what the last one was, in the order of a finance officer's reconciliation."""

    STARTERS = "starters"
    PAID_AGAIN = "paid_again"
    """Due last time too, but left out of it: no bank details, on hold."""
    RESUMED = "resumed"
    """Suspended last time."""
    LEAVERS = "leavers"
    LEFT_OUT = "left_out"
    """Due, but not paid this time: no bank details, on hold, taken out."""
    SUSPENDED = "suspended"
    PAID_APART = "paid_apart"
    """Another payroll paid the period, this time or last time."""
    RATES = "rates"
    """The award's own amount, units or rate."""
    SCHEME_RATES = "scheme_rates"
    """The scheme's rule."""
    PART_PERIODS = "part_periods"
    """A part of the period this time or last time: started, ended or changed within it."""
    ARREARS = "arrears"
    ARREARS_LAST_TIME = "arrears_last_time"
    """Paid last time, and not again."""
    RECOVERIES = "recoveries"
    RECOVERIES_LAST_TIME = "recoveries_last_time"
    ONE_OFFS = "one_offs"
    """Paid this time though no award makes it due: grants, refunds, top-ups."""
    ONE_OFFS_LAST_TIME = "one_offs_last_time"
    REISSUES = "reissues"
    """Paid again, because the payment came back."""
    UNEXPLAINED = "unexplained"


class Side(NamedTuple):
    """What one payroll made of an award: its payments together, their parts, and why there is none. Pence."""

    paid_pence: int = 0
    arrears_pence: int = 0
    recovered_pence: int = 0
    unpaid: UnpaidReason | None = None


class Basis(NamedTuple):
    """What a payroll goes by: its period, and its scheme's rule for the award; None where it pays none such."""

    period: Period
    rule: AmountRule | None


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that was ever said of an award, with when."""

    terms: tuple[Terms, ...]
    spells: tuple[Spell, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether nothing has happened to the award since it was made."""
        return len(self.terms) == 1 and not self.spells

    def known_at(self, at: datetime) -> History | None:
        """The award as it was known at an instant, or None before it was made."""
        terms = tuple(terms for terms in self.terms if terms.made_at <= at)
        spans = (spell.days_known_at(at) for spell in self.spells)
        return History(terms, tuple(span for span in spans if span is not None)) if terms else None

    def now(self) -> History:
        spans = (spell.days() for spell in self.spells)
        return History(self.terms, tuple(span for span in spans if span is not None))

    def instants(self) -> list[datetime]:
        """When anything was said, in order."""
        said = {terms.made_at for terms in self.terms}
        said.update(spell.placed_at for spell in self.spells)
        said.update(spell.lifted_at for spell in self.spells if spell.lifted_at is not None)
        return sorted(said)


MOMENT = timedelta(microseconds=1)
UNCOMMITTED = timedelta(hours=1)
"""What was said so long before a payroll was created may still not have been seen by its building."""


def known_while_built(story: Story, since: datetime) -> Iterator[History | None]:
    """What a payroll created at an instant may have been built from, the likeliest first.

    A payroll is built, and built again, after it was created: whatever was said from then on may be in it or not.
    """
    yield story.known_at(since)
    instants = story.instants()
    yield from (story.known_at(at) for at in instants if at > since)
    yield from (story.known_at(at - MOMENT) for at in reversed(instants) if since - UNCOMMITTED < at <= since)


# why nothing is due, as a payroll lists it: the register itself must say so too
BY_REGISTER = {UnpaidReason(why.value) for why in NotDue}


@dataclass(frozen=True, slots=True)
class Standing:
    """An award in one payroll: what it says of the period, and what the payroll should pay by that."""

    history: History | None
    basis: Basis
    side: Side

    @property
    def outcome(self) -> Due | NotDue:
        if self.history is None:
            return NotDue.NOT_STARTED
        return entitlement(self.history, self.basis.rule, self.basis.period)

    def why(self, outcome: Due | NotDue) -> NotDue | UnpaidReason | None:
        """Why the plain amount of the period is not paid, or None where it should be."""
        if isinstance(outcome, NotDue):
            return outcome
        listed = self.side.unpaid
        return listed if listed not in BY_REGISTER and listed is not UnpaidReason.RECOVERED else None

    @property
    def plain_pence(self) -> int:
        """What should be paid for the period itself, without arrears and recoveries."""
        outcome = self.outcome
        return outcome.amount_pence if isinstance(outcome, Due) and self.why(outcome) is None else 0

    @property
    def expected_pence(self) -> int:
        return self.plain_pence + self.side.arrears_pence - self.side.recovered_pence

    @property
    def unsuspended_pence(self) -> int:
        """What the period would be without suspensions."""
        assert self.history is not None
        return pence_of(entitlement(History(self.history.terms), self.basis.rule, self.basis.period)) or 0

    @property
    def inputs(self) -> Inputs:
        """What stands at the end of the period, or stood last in it."""
        assert self.history is not None
        in_force = [one.inputs for one in self.history.stretches(self.basis.period) if one.inputs is not None]
        return in_force[-1]

    def whole_pence(self, rule: AmountRule | None, inputs: Inputs) -> int | None:
        """What a rule makes of inputs for the whole of the period; None where they do not fit together."""
        assert self.history is not None
        terms = self.history.terms[0]._replace(from_day=self.basis.period.first_day, last_day=None, inputs=inputs)
        return pence_of(entitlement(History((terms,)), rule, self.basis.period))


def pence_of(outcome: Due | NotDue) -> int | None:
    if isinstance(outcome, Due):
        return outcome.amount_pence
    return 0 if outcome is NotDue.NOTHING_DUE else None


class Line(NamedTuple):
    """How much of an award's difference has one cause, in pence, and why nothing was paid, where that is it."""

    cause: Cause
    pence: int
    why: str | None = None


def explain(story: Story, then: tuple[Basis, Side, datetime] | None, now: tuple[Basis, Side]) -> list[Line]:
    """The lines that lead from what was paid last time to what is paid now; what they miss is one of them.

    then: the last payroll, with the instant at which it was created; None: there was none.
    """
    standing_now = Standing(story.now(), *now)
    standing_then = as_built(story, *then) if then is not None else Standing(None, now[0], Side())
    lines = [line for line in causes(standing_then, standing_now) if line.pence]
    difference = standing_now.side.paid_pence - standing_then.side.paid_pence
    missed = difference - sum(line.pence for line in lines)
    return [*lines, Line(Cause.UNEXPLAINED, missed)] if missed else lines


def as_built(story: Story, basis: Basis, side: Side, since: datetime) -> Standing:
    """An award in an earlier payroll, as it was known when that was built."""
    first: Standing | None = None
    for history in known_while_built(story, since):
        standing = Standing(history, basis, side)
        if standing.expected_pence == side.paid_pence:
            return standing
        first = first or standing
    assert first is not None
    return first


STOPPED = {
    NotDue.NOT_STARTED: (Cause.STARTERS, Cause.LEAVERS),
    NotDue.ENDED: (Cause.STARTERS, Cause.LEAVERS),
    NotDue.SUSPENDED: (Cause.RESUMED, Cause.SUSPENDED),
    NotDue.NOTHING_DUE: (Cause.RATES, Cause.RATES),
    NotDue.NO_RULE: (Cause.SCHEME_RATES, Cause.SCHEME_RATES),
    UnpaidReason.PAID_ALREADY: (Cause.PAID_APART, Cause.PAID_APART),
}
"""By why nothing was or is paid: the cause where that was last time, and where it is now."""


def causes(then: Standing, now: Standing) -> Iterator[Line]:
    """Every cause with its own pence, whether or not they come to the difference."""
    yield Line(Cause.ARREARS_LAST_TIME, -then.side.arrears_pence)
    yield Line(Cause.RECOVERIES_LAST_TIME, then.side.recovered_pence)
    yield Line(Cause.ARREARS, now.side.arrears_pence)
    yield Line(Cause.RECOVERIES, -now.side.recovered_pence)
    why_then, why_now = then.why(then.outcome), now.why(now.outcome)
    if why_then is not None:
        if why_now is None:
            cause, _ = STOPPED.get(why_then, (Cause.PAID_AGAIN, Cause.LEFT_OUT))
            yield Line(cause, now.plain_pence, why_then.value)
    elif why_now is not None:
        _, cause = STOPPED.get(why_now, (Cause.PAID_AGAIN, Cause.LEFT_OUT))
        yield Line(cause, -then.plain_pence, why_now.value)
    else:
        yield from changes(then, now)


def changes(then: Standing, now: Standing) -> Iterator[Line]:
    """Of an award that is due both times: suspended days, parts of periods, the award's own rate, the scheme's."""
    yield Line(Cause.RESUMED, then.unsuspended_pence - then.plain_pence)
    yield Line(Cause.SUSPENDED, now.plain_pence - now.unsuspended_pence)
    inputs_then, inputs_now = then.inputs, now.inputs
    whole_then = then.whole_pence(then.basis.rule, inputs_then) or 0
    whole_now = now.whole_pence(now.basis.rule, inputs_now) or 0
    parts = (now.unsuspended_pence - whole_now) - (then.unsuspended_pence - whole_then)
    yield Line(Cause.PART_PERIODS, parts)
    by_old_rule = then.whole_pence(then.basis.rule, inputs_now)
    if by_old_rule is None:
        # the new inputs do not fit the old rule: it was the rule that changed
        by_old_rule = whole_then
    yield Line(Cause.RATES, by_old_rule - whole_then)
    yield Line(Cause.SCHEME_RATES, whole_now - by_old_rule)

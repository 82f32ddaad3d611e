"""What a payee will be paid in the next twelve months: the projections of all their awards, month by month."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import NamedTuple

from sqlalchemy.orm import Session

from bacs.calendar import Calendar
from payouts.projection import Projected, projection
from schemes.amount_rule import Rules, rules_of
from schemes.award import Award
from schemes.award_version import awards_paid_to, histories_of
from schemes.payee import Beneficiary, Payee
from schemes.scheme import Scheme, get_scheme


class AwardAhead(NamedTuple):
    """An award with the periods to come in which it is paid to the payee."""

    award: Award
    scheme: Scheme
    beneficiary: Beneficiary
    coming: list[Projected]

    @property
    def pence(self) -> int:
        return sum(one.pence for one in self.coming)


class Ahead(NamedTuple):
    """Pence by month, by the pay date or else by the first day of the period, and the awards behind them."""

    months: list[tuple[date, int]]
    awards: list[AwardAhead]
    is_whole: bool


MOST_AWARDS = 200


def ahead_of(session: Session, payee: Payee, calendar: Calendar, today: date) -> Ahead:
    """What all awards of a payee pay them from a day on. Not whole where a payee has more awards than are looked at."""
    awards = awards_paid_to(session, payee.id, limit=MOST_AWARDS + 1)
    histories = histories_of(session, awards[:MOST_AWARDS])
    schemes: dict[object, tuple[Scheme, Rules]] = {}
    listed = []
    sums: dict[date, int] = defaultdict(int)
    for award in awards[:MOST_AWARDS]:
        if award.scheme_id not in schemes:
            schemes[award.scheme_id] = get_scheme(session, award.scheme_id), rules_of(session, award.scheme_id)
        scheme, rules = schemes[award.scheme_id]
        history = histories[award.id]
        # an award may be paid to somebody else from some day on
        coming = [
            one
            for one in projection(history, award.component, rules, calendar, today)
            if history.payee_on(one.pay_date or one.period.last_day) == payee.id
        ]
        if not any(one.pence for one in coming):
            continue
        for one in coming:
            sums[(one.pay_date or one.period.first_day).replace(day=1)] += one.pence
        beneficiary = session.get_one(Beneficiary, (award.body_id, award.beneficiary_id))
        listed.append(AwardAhead(award, scheme, beneficiary, coming))
    return Ahead(sorted(sums.items()), listed, len(awards) <= MOST_AWARDS)

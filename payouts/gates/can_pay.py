"""Can our people run a payroll? For each scheme, amount and pattern: one way to share it out, or who is missing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from payouts.gates.staffing import Post, Staffing, missing, staffing
from schemes.body import DutyPattern
from schemes.duties import duties_on
from schemes.gate_rule import GateRule, needs
from schemes.person import Held, Person, Role, holders
from schemes.scheme import Scheme, gate_rules, schemes_of_body


class CanPay(NamedTuple):
    """The answer for one scheme under one pattern. `lacking` is empty where there is a way.

    from_pence: for pay dates on which the scheme pays this much or more; 0 for the rest.
    """

    scheme: Scheme
    pattern: DutyPattern
    from_pence: int
    posts: list[Post]
    way: Staffing | None
    lacking: tuple[Role, ...]


def who_can_pay(session: Session, *patterns: DutyPattern) -> list[CanPay]:
    """The answers for each of the body's schemes, and each amount from which its gates take more people."""
    people, schemes = holders(session), schemes_of_body(session)
    rules = {scheme.id: gate_rules(session, scheme) for scheme in schemes}
    return [
        can_pay(scheme, rules[scheme.id], from_pence, people, pattern)
        for pattern in patterns
        for scheme in schemes
        for from_pence in amounts(rules[scheme.id])
    ]


def amounts(rules: Iterable[GateRule]) -> list[int]:
    """0, and each amount in pence from which one of the gates takes more people."""
    return sorted({0, *(tier.from_pence for rule in rules for tier in rule.tiers)})


def can_pay_today(session: Session, *, today: date) -> list[CanPay]:
    """The answers under the pattern that counts today."""
    return who_can_pay(session, duties_on(session, today).pattern)


def can_pay(
    scheme: Scheme,
    rules: Sequence[GateRule],
    from_pence: int,
    people: Iterable[tuple[Person, list[Held]]],
    pattern: DutyPattern,
) -> CanPay:
    held = {person.id: roles_in(scheme.id, roles) for person, roles in people}
    posts = [post_of(rule, from_pence) for rule in rules]
    way = staffing(held, posts, pattern)
    return CanPay(scheme, pattern, from_pence, posts, way, () if way else missing(held, posts, pattern))


def post_of(rule: GateRule, amount_pence: int) -> Post:
    """What a gate takes at an amount."""
    needed = needs(rule.role, rule.people_needed, rule.tiers, amount_pence)
    others = tuple((role, people) for role, people in needed.items() if role is not rule.role)
    return Post(rule.name, rule.kind, rule.role, needed[rule.role], others)


def roles_in(scheme_id: UUID, held: Iterable[Held]) -> frozenset[Role]:
    """The roles that somebody has for a scheme: all that name none, and those that name it."""
    return frozenset(one.role for one in held if not one.schemes or scheme_id in one.schemes)

"""Can our people run a payroll? For each scheme and pattern: one way to share it out, or who is missing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from payouts.gates.staffing import Post, Staffing, missing, staffing
from schemes.body import DutyPattern
from schemes.duties import duties_on
from schemes.person import Held, Person, Role, holders
from schemes.scheme import Scheme, gate_rules, schemes_of_body


class CanPay(NamedTuple):
    """The answer for one scheme under one pattern. `lacking` is empty where there is a way."""

    scheme: Scheme
    pattern: DutyPattern
    posts: list[Post]
    way: Staffing | None
    lacking: tuple[Role, ...]


def who_can_pay(session: Session, *patterns: DutyPattern) -> list[CanPay]:
    """The answers for each of the body's schemes under each of these patterns."""
    people, schemes = holders(session), schemes_of_body(session)
    posts = {
        scheme.id: [Post(rule.name, rule.kind, rule.role, rule.people_needed) for rule in gate_rules(session, scheme)]
        for scheme in schemes
    }
    return [can_pay(scheme, posts[scheme.id], people, pattern) for pattern in patterns for scheme in schemes]


def can_pay_today(session: Session, *, today: date) -> list[CanPay]:
    """The answers under the pattern that counts today."""
    return who_can_pay(session, duties_on(session, today).pattern)


def can_pay(
    scheme: Scheme, posts: list[Post], people: Iterable[tuple[Person, list[Held]]], pattern: DutyPattern
) -> CanPay:
    held = {person.id: roles_in(scheme.id, roles) for person, roles in people}
    way = staffing(held, posts, pattern)
    return CanPay(scheme, pattern, posts, way, () if way else missing(held, posts, pattern))


def roles_in(scheme_id: UUID, held: Iterable[Held]) -> frozenset[Role]:
    """The roles that somebody has for a scheme: all that name none, and those that name it."""
    return frozenset(one.role for one in held if not one.schemes or scheme_id in one.schemes)

"""Whether a body's people, with the roles that they hold, can take a payroll through every gate of a pattern.

A small search over who could decide where, by the same `bar` that decisions are held to: so it can't promise what the
gates then refuse. What a single payroll adds (whoever keyed new money or proposed new bank details) is not known yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple
from uuid import UUID

from payouts.gates.separation import Part, bar
from schemes.body import DutyPattern
from schemes.gate_rule import GateKind
from schemes.person import Role

People = Mapping[UUID, frozenset[Role]]


class Post(NamedTuple):
    """A gate to be staffed, in the order of a payroll's way. others: people of other roles that it takes besides."""

    name: str
    kind: GateKind
    role: Role
    people_needed: int
    others: tuple[tuple[Role, int], ...] = ()


class Seat(NamedTuple):
    """So many people of one role at the gate of a position."""

    position: int
    role: Role
    people: int


class Staffing(NamedTuple):
    """One way to run a payroll: who builds it, and who says go at each gate, by position."""

    builder: UUID
    gates: Mapping[int, frozenset[UUID]]


@dataclass
class Search:
    """Who is tried at which gate. `stuck`: the place in `order` beyond which nobody was found so far.

    The seats with the least choice come first: what can't be is then found out soon. In which order people decide
    makes no difference to who may.
    """

    people: People
    posts: Sequence[Post]
    pattern: DutyPattern
    order: Sequence[Seat] = field(init=False)
    stuck: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        # alike people side by side, so that of a gate's people each set is tried once
        self.people = dict(sorted(self.people.items(), key=lambda held: sorted(held[1])))
        seats = [
            Seat(position, role, people)
            for position, post in enumerate(self.posts, start=1)
            for role, people in ((post.role, post.people_needed), *post.others)
        ]
        choice = {seat.role: sum(seat.role in roles for roles in self.people.values()) for seat in seats}
        self.order = sorted(seats, key=lambda seat: choice[seat.role] - seat.people)

    def candidates(self, role: Role, used: frozenset[UUID], after: UUID | None = None) -> Iterator[UUID]:
        """Those with a role; of several who hold the same roles and have no part yet, the first stands for all."""
        alike: set[frozenset[Role]] = set()
        passed = after is None
        for person, roles in self.people.items():
            if passed and role in roles and (person in used or roles not in alike):
                if person not in used:
                    alike.add(roles)
                yield person
            passed = passed or person == after

    def fill(
        self, part: Part, used: frozenset[UUID], place: int = 0, taken: int = 0, after: UUID | None = None
    ) -> Part | None:
        """The seats from a place in `order` on, filled; None where that can't be done after what is decided so far.

        taken: how many of the seats of this place are, the last one by `after`.
        """
        if place == len(self.order):
            return part
        self.stuck = max(self.stuck, place)
        position, role, people = self.order[place]
        if taken == people:
            return self.fill(part, used, place + 1)
        kind, there = self.posts[position - 1].kind, part.decided.get(position, frozenset())
        for person in self.candidates(role, used, after):
            if bar(person, kind, position, part, self.pattern) is None:
                decided = {**part.decided, position: there | {person}}
                filled = self.fill(replace(part, decided=decided), used | {person}, place, taken + 1, person)
                if filled is not None:
                    return filled
        return None

    def run(self) -> Staffing | None:
        gates = {position: post.kind for position, post in enumerate(self.posts, start=1)}
        for builder in self.candidates(Role.PREPARER, frozenset()):
            built = frozenset({builder})
            filled = self.fill(Part(built, built, frozenset(), frozenset(), {}, gates), built)
            if filled is not None:
                return Staffing(builder, filled.decided)
        return None

    @property
    def lacks(self) -> Role:
        """The role for which nobody was found."""
        if not any(Role.PREPARER in roles for roles in self.people.values()):
            return Role.PREPARER
        return self.order[self.stuck].role


def staffing(people: People, posts: Sequence[Post], pattern: DutyPattern) -> Staffing | None:
    """One way in which these people could run a payroll, or None. Whoever builds it accepts its findings too."""
    return Search(people, posts, pattern).run()


def missing(people: People, posts: Sequence[Post], pattern: DutyPattern) -> tuple[Role, ...]:
    """Further people who would make it possible, each by the one role they would need; empty if it is possible.

    Not one of them could be left out. There may be another choice of people that does as well.
    """
    lacking: list[Role] = []
    while (search := Search(with_further(people, lacking), posts, pattern)).run() is None:
        lacking.append(search.lacks)
    for role in list(lacking):
        fewer = list(lacking)
        fewer.remove(role)
        if staffing(with_further(people, fewer), posts, pattern) is not None:
            lacking = fewer
    return tuple(sorted(lacking, key=list(Role).index))


def with_further(people: People, lacking: Sequence[Role]) -> People:
    # ids that nobody has: those of people are never as small
    return {**people, **{UUID(int=number): frozenset({role}) for number, role in enumerate(lacking)}}

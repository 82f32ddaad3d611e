"""The rules of two people as a table, and over every way in which people could share out the gates."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from uuid import UUID

import pytest

from payouts.gates.separation import Bar, Part, bar
from schemes.scheme import GateKind

ANNA, BILL, CARA, DEEP, EMIN = (UUID(int=n) for n in range(1, 6))
READY, FUNDS, APPROVE, RELEASE = GateKind
POSITION = {kind: position for position, kind in enumerate(GateKind, start=1)}


def part(*, built=(), accepted=(), proposed=(), keyed=(), decided=None):
    people = {POSITION[kind]: frozenset(who) for kind, who in (decided or {}).items()}
    return Part(frozenset(built), frozenset(accepted), frozenset(proposed), frozenset(keyed), people)


@pytest.mark.parametrize(
    ("kind", "done", "why"),
    [
        (READY, part(), None),
        (READY, part(built=[ANNA]), None),
        (READY, part(built=[ANNA], accepted=[ANNA], proposed=[ANNA]), None),
        (READY, part(decided={READY: [ANNA]}), Bar.DECIDED_THIS_GATE),
        (FUNDS, part(), None),
        (FUNDS, part(built=[ANNA]), None),
        (FUNDS, part(decided={READY: [ANNA]}), Bar.DECIDED_ANOTHER_GATE),
        (APPROVE, part(), None),
        (APPROVE, part(built=[ANNA]), Bar.BUILT_IT),
        (APPROVE, part(built=[BILL, ANNA]), Bar.BUILT_IT),
        (APPROVE, part(accepted=[ANNA]), Bar.ACCEPTED_FINDINGS),
        (APPROVE, part(proposed=[ANNA]), Bar.PROPOSED_BANK_DETAILS),
        (APPROVE, part(keyed=[ANNA]), Bar.KEYED_MONEY),
        (APPROVE, part(decided={FUNDS: [ANNA]}), Bar.DECIDED_ANOTHER_GATE),
        (APPROVE, part(decided={APPROVE: [BILL]}), None),
        (APPROVE, part(decided={APPROVE: [ANNA, BILL]}), Bar.DECIDED_THIS_GATE),
        (APPROVE, part(built=[BILL], accepted=[CARA], proposed=[DEEP], decided={READY: [EMIN]}), None),
        (RELEASE, part(), None),
        (RELEASE, part(built=[ANNA]), Bar.BUILT_IT),
        (RELEASE, part(accepted=[ANNA]), Bar.ACCEPTED_FINDINGS),
        (RELEASE, part(proposed=[ANNA]), Bar.PROPOSED_BANK_DETAILS),
        (RELEASE, part(keyed=[ANNA]), Bar.KEYED_MONEY),
        (RELEASE, part(decided={APPROVE: [ANNA]}), Bar.DECIDED_ANOTHER_GATE),
        (RELEASE, part(decided={READY: [BILL], FUNDS: [CARA], APPROVE: [DEEP]}), None),
    ],
)
def test_anna_may_decide_or_is_told_why_not(kind, done, why):
    assert bar(ANNA, kind, POSITION[kind], done) == why


def passes(people, done):
    """Whether these four people, one at each gate in order, would all be let through."""
    decided = {}
    for kind, person in zip(GateKind, people, strict=True):
        now = replace(done, decided=decided)
        if bar(person, kind, POSITION[kind], now) is not None:
            return False
        decided = {**decided, POSITION[kind]: frozenset({person})}
    return True


@pytest.mark.parametrize(
    "done",
    [
        part(),
        part(built=[ANNA]),
        part(built=[ANNA], accepted=[BILL]),
        part(built=[ANNA], proposed=[ANNA, CARA]),
        part(keyed=[BILL]),
    ],
    ids=[
        "nobody did anything",
        "Anna built it",
        "Bill accepted findings",
        "Cara proposed bank details",
        "Bill keyed money",
    ],
)
def test_of_all_ways_to_share_out_the_gates_only_four_different_people_pass(done):
    barred = done.built_by | done.accepted_findings | done.proposed_bank_details | done.keyed_money
    passing = [people for people in product((ANNA, BILL, CARA, DEEP, EMIN), repeat=4) if passes(people, done)]
    assert passing, "somebody must be able to pay people"
    for people in passing:
        assert len(set(people)) == 4
        assert not {people[2], people[3]} & barred

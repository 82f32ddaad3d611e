"""The rules of two people as a table, and over every way in which people could share out the gates."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payouts.gates.separation import Bar, Part, bar
from schemes.body import DutyPattern
from schemes.gate_rule import GateKind

ANNA, BILL, CARA, DEEP, EMIN = (UUID(int=n) for n in range(1, 6))
READY, FUNDS, APPROVE, RELEASE = GateKind
FOUR, THREE, TWO = DutyPattern
POSITION = {kind: position for position, kind in enumerate(GateKind, start=1)}
LEAST = {FOUR: 4, THREE: 3, TWO: 2}


def part(*, built=(), accepted=(), proposed=(), keyed=(), decided=None, gates=tuple(GateKind)):
    people = {POSITION[kind]: frozenset(who) for kind, who in (decided or {}).items()}
    kinds = dict(enumerate(gates, start=1))
    return Part(frozenset(built), frozenset(accepted), frozenset(proposed), frozenset(keyed), people, kinds)


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
def test_of_four_people_anna_may_decide_or_is_told_why_not(kind, done, why):
    assert bar(ANNA, kind, POSITION[kind], done, FOUR) == why


@pytest.mark.parametrize(
    ("pattern", "kind", "done", "why"),
    [
        (THREE, RELEASE, part(decided={FUNDS: [ANNA]}), None),
        (THREE, RELEASE, part(decided={READY: [ANNA]}), Bar.DECIDED_ANOTHER_GATE),
        (THREE, APPROVE, part(decided={FUNDS: [ANNA]}), Bar.DECIDED_ANOTHER_GATE),
        (THREE, FUNDS, part(decided={READY: [ANNA]}), Bar.DECIDED_ANOTHER_GATE),
        (THREE, RELEASE, part(built=[ANNA], decided={FUNDS: [ANNA]}), Bar.BUILT_IT),
        (THREE, RELEASE, part(keyed=[ANNA], decided={FUNDS: [ANNA]}), Bar.KEYED_MONEY),
        (THREE, APPROVE, part(accepted=[ANNA]), Bar.ACCEPTED_FINDINGS),
        (TWO, APPROVE, part(decided={FUNDS: [ANNA]}), None),
        (TWO, RELEASE, part(built=[ANNA], accepted=[ANNA], decided={READY: [ANNA]}), None),
        (TWO, RELEASE, part(decided={FUNDS: [ANNA]}), Bar.DECIDED_ANOTHER_GATE),
        (TWO, RELEASE, part(decided={APPROVE: [ANNA]}), Bar.DECIDED_ANOTHER_GATE),
        (TWO, APPROVE, part(decided={READY: [ANNA]}), Bar.DECIDED_ANOTHER_GATE),
        (TWO, FUNDS, part(decided={READY: [ANNA]}), Bar.DECIDED_ANOTHER_GATE),
        (TWO, APPROVE, part(built=[ANNA]), Bar.BUILT_IT),
        (TWO, APPROVE, part(keyed=[ANNA]), Bar.KEYED_MONEY),
        (TWO, RELEASE, part(keyed=[ANNA], decided={READY: [ANNA]}), Bar.KEYED_MONEY),
        (TWO, RELEASE, part(proposed=[ANNA]), Bar.PROPOSED_BANK_DETAILS),
    ],
)
def test_fewer_people_share_only_the_gates_of_their_pattern(pattern, kind, done, why):
    assert bar(ANNA, kind, POSITION[kind], done, pattern) == why


@pytest.mark.parametrize("pattern", [THREE, TWO])
def test_nobody_shares_gates_where_nobody_approves(pattern):
    gates = (READY, FUNDS, RELEASE)
    shared = READY if pattern is TWO else FUNDS
    done = replace(part(gates=gates), decided={gates.index(shared) + 1: frozenset({ANNA})})
    assert bar(ANNA, RELEASE, 3, done, pattern) is Bar.DECIDED_ANOTHER_GATE


def passes(people, done, pattern):
    """Whether these people, one at each gate in order, would all be let through."""
    decided = {}
    for position, person in enumerate(people, start=1):
        now = replace(done, decided=decided)
        if bar(person, done.gates[position], position, now, pattern) is not None:
            return False
        decided = {**decided, position: frozenset({person})}
    return True


@pytest.mark.parametrize("pattern", DutyPattern)
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
def test_of_all_ways_to_share_out_the_gates_none_passes_with_fewer_people_than_the_pattern_has(done, pattern):
    barred = done.built_by | done.accepted_findings | done.proposed_bank_details | done.keyed_money
    everyone = (ANNA, BILL, CARA, DEEP, EMIN)
    passing = [people for people in product(everyone, repeat=4) if passes(people, done, pattern)]
    assert min(len(set(people)) for people in passing) == LEAST[pattern], "and as few as that can"
    for people in passing:
        assert people[2] not in barred, "whoever built it or brought something in never approves"
        assert people[3] not in done.proposed_bank_details | done.keyed_money
        assert pattern is TWO or people[3] not in barred


some_people = st.sets(st.sampled_from([ANNA, BILL, CARA, DEEP, EMIN]), max_size=3)
some_gates = st.lists(st.sampled_from(list(GateKind)), min_size=1, max_size=6)


@given(
    gates=some_gates,
    needed=st.lists(st.integers(1, 2), min_size=6, max_size=6),
    pattern=st.sampled_from(DutyPattern),
    built=st.sampled_from([ANNA, BILL, CARA, DEEP, EMIN]),
    accepted=some_people,
    proposed=some_people,
    keyed=some_people,
    tries=st.lists(st.sampled_from([ANNA, BILL, CARA, DEEP, EMIN]), max_size=40),
)
def test_whatever_gates_there_are_and_whoever_tries_in_whatever_order_nobody_lets_their_own_work_through(
    gates, needed, pattern, built, accepted, proposed, keyed, tries
):
    """Any gates in any order, each asking for one or two people: only the rules hold, no role does."""
    done = part(built=[built], accepted=accepted, proposed=proposed, keyed=keyed, gates=gates)
    decided = {position: frozenset() for position in done.gates}
    for person in tries:
        position = next((p for p in done.gates if len(decided[p]) < needed[p - 1]), None)
        if position is not None and not bar(
            person, gates[position - 1], position, replace(done, decided=decided), pattern
        ):
            decided[position] |= {person}
    if any(len(decided[p]) < needed[p - 1] for p in done.gates):
        return
    deciders = frozenset().union(*decided.values())
    assert all(not decided[p] & (done.built_by | accepted | proposed | keyed) for p in of_kind(done, APPROVE))
    assert all(not decided[p] & (proposed | keyed) for p in of_kind(done, RELEASE))
    if set(gates) == set(GateKind):
        assert len(deciders) >= LEAST[pattern]
    if APPROVE in gates or (RELEASE in gates and pattern is not TWO) or len(set(gates)) > 1:
        assert len(deciders | {built}) >= 2


def of_kind(done, kind):
    return [position for position, each in done.gates.items() if each is kind]

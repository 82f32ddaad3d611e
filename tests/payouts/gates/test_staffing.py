"""Whether people can run a payroll: found by search, and held against every way there is."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payouts.gates.can_pay import can_pay_today, roles_in, who_can_pay
from payouts.gates.separation import Part, bar
from payouts.gates.staffing import Post, missing, staffing
from schemes.body import DutyPattern
from schemes.gate_rule import GateKind
from schemes.person import Held, Role

PREPARER, FINANCE, APPROVER, RELEASER = Role.PREPARER, Role.FINANCE, Role.APPROVER, Role.RELEASER
FOUR, THREE, TWO = DutyPattern
POSTS = [
    Post(kind.value, kind, role, 1)
    for kind, role in zip(GateKind, (PREPARER, FINANCE, APPROVER, RELEASER), strict=True)
]


def staff(*roles):
    """People by the roles of each."""
    return {UUID(int=1000 + number): frozenset(held) for number, held in enumerate(roles)}


@pytest.mark.parametrize(
    ("people", "pattern", "lacking"),
    [
        ([{PREPARER}, {FINANCE}, {APPROVER}, {RELEASER}], FOUR, ()),
        ([{PREPARER}, {FINANCE}, {APPROVER}], FOUR, (RELEASER,)),
        ([{PREPARER}, {FINANCE, RELEASER}, {APPROVER}], FOUR, (RELEASER,)),
        ([{PREPARER}, {FINANCE, RELEASER}, {APPROVER}], THREE, ()),
        ([{PREPARER}, {FINANCE}, {APPROVER}], THREE, (RELEASER,)),
        ([{PREPARER, RELEASER}, {FINANCE, APPROVER}], TWO, ()),
        ([{PREPARER, RELEASER}, {FINANCE, APPROVER}], THREE, (APPROVER, RELEASER)),
        ([set(Role)], TWO, (FINANCE, APPROVER)),
        ([set(Role), set(Role)], TWO, ()),
        ([set(Role), set(Role)], THREE, (APPROVER,)),
        ([], FOUR, (PREPARER, FINANCE, APPROVER, RELEASER)),
    ],
)
def test_those_who_are_missing_are_told(people, pattern, lacking):
    assert missing(staff(*people), POSTS, pattern) == lacking


def test_a_gate_that_takes_two_people_takes_two():
    posts = [*POSTS[:2], replace_needed(POSTS[2], 2), POSTS[3]]
    four = staff({PREPARER}, {FINANCE}, {APPROVER}, {RELEASER})
    assert missing(four, posts, FOUR) == (APPROVER,)


def replace_needed(post, needed):
    return post._replace(people_needed=needed)


roles = st.frozensets(st.sampled_from([PREPARER, FINANCE, APPROVER, RELEASER]), max_size=4)


@settings(max_examples=60)
@given(held=st.lists(roles, max_size=4), pattern=st.sampled_from(DutyPattern))
def test_with_those_who_are_missing_there_is_a_way_and_without_any_one_of_them_there_is_none(held, pattern):
    lacking = missing(staff(*held), POSTS, pattern)
    for left_out in [None, *range(len(lacking))]:
        further = [{role} for number, role in enumerate(lacking) if number != left_out]
        assert (staffing(staff(*held, *further), POSTS, pattern) is not None) == (left_out is None)


@settings(max_examples=60)
@given(held=st.lists(roles, max_size=4), pattern=st.sampled_from(DutyPattern))
def test_a_way_is_found_exactly_when_there_is_one_among_all_ways(held, pattern):
    people = staff(*held)
    found = staffing(people, POSTS, pattern)
    assert (found is not None) == any(
        passes(people, builder, takes, pattern) for builder in people for takes in product(people, repeat=4)
    )
    if found is not None:
        takes = [next(iter(found.gates[position])) for position in range(1, 5)]
        assert passes(people, found.builder, takes, pattern)


def passes(people, builder, takes, pattern):
    """Whether a preparer's payroll is let through by these people, one at each gate."""
    if PREPARER not in people[builder]:
        return False
    built = frozenset({builder})
    part = Part(built, built, frozenset(), frozenset(), {}, dict(enumerate(GateKind, start=1)))
    for position, (person, post) in enumerate(zip(takes, POSTS, strict=True), start=1):
        if post.role not in people[person] or bar(person, post.kind, position, part, pattern) is not None:
            return False
        part = replace(part, decided={**part.decided, position: frozenset({person})})
    return True


def test_a_large_body_is_answered_as_well_as_a_small_one():
    """Sixty people of the same few kinds, and no way: without seeing who is alike this would take hours."""
    crowd = staff(*[{PREPARER}] * 20, *[{FINANCE, RELEASER}] * 1, *[{APPROVER, PREPARER}] * 20, *[{PREPARER}] * 20)
    assert missing(crowd, POSTS, FOUR) == (RELEASER,)


def test_the_largest_gates_that_a_scheme_may_have_are_answered_too():
    posts = [post._replace(people_needed=9) for post in POSTS for _ in range(3)]
    assert len(missing(staff({PREPARER}, {APPROVER}), posts, FOUR)) == 3 * 4 * 9 - 2


def test_a_role_that_is_for_another_scheme_does_not_count():
    ours, theirs = UUID(int=1), UUID(int=2)
    held = [Held(PREPARER, frozenset()), Held(FINANCE, frozenset({theirs})), Held(APPROVER, frozenset({ours, theirs}))]
    assert roles_in(ours, held) == {PREPARER, APPROVER}


def test_a_body_is_answered_for_each_of_its_schemes_under_the_pattern_of_the_day(office, harbour):
    with office.transaction() as session:
        [answer] = can_pay_today(session, today=office.service.now().date())
        [under_two] = who_can_pay(session, TWO)
    assert (answer.scheme.id, answer.pattern, answer.lacking) == (harbour.scheme_id, FOUR, ())
    assert set(answer.way.gates) == {1, 2, 3, 4}
    assert under_two.lacking == ()

"""Manifests that follow one another: whatever the move does not allow to differ, a decision does not survive."""

from __future__ import annotations

import hashlib
from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payouts.gates.lineage import MAY_DIFFER, line_of_manifests, payments_before, signed_for, unexplained
from payouts.gates.voiding import VOIDS, Move
from schemes.gate_rule import GateKind
from schemes.signer import canonical, digest

READY, FUNDS, APPROVE, RELEASE = GateKind
FIRST = {
    "body": "b",
    "payroll": "p",
    "build": 1,
    "pay_date": "2026-11-25",
    "processing_day": "2026-11-24",
    "input_day": "2026-11-23",
    "payment_count": 10,
    "total_pence": 1000,
    "payments": "0" * 64,
    "check_results": "1" * 64,
    "gates": [{"position": 1, "kind": "ready", "role": "preparer", "people": 1}],
    "files": [{"name": "1.txt", "sha256": "2" * 64, "payments": 10, "total_pence": 1000}],
}


def follow(before, move, *, taken=0, pence=0, serial=2):
    """The manifest that a move rightly leads to."""
    said = {"manifest": digest(before), "move": move.value, "payment_count": taken, "total_pence": pence}
    after = {**deepcopy(before), "follows": {**said, "reason": "r", "by": "anna"}}
    if move is Move.TAKE_OUT:
        after |= {"payment_count": before["payment_count"] - taken, "total_pence": before["total_pence"] - pence}
        after["payments"] = hashlib.sha256(before["payments"].encode()).hexdigest()
    else:
        after |= {"pay_date": f"2026-12-{serial:02}", "processing_day": "2026-11-30", "input_day": "2026-11-29"}
    count, total = after["payment_count"], after["total_pence"]
    after["files"] = [{"name": f"{serial}.txt", "sha256": "3" * 64, "payments": count, "total_pence": total}]
    return after


OUT, DATED = follow(FIRST, Move.TAKE_OUT, taken=2, pence=150), follow(FIRST, Move.RE_DATE)


def test_what_the_moves_lead_to_is_explained():
    assert unexplained(FIRST, OUT) == unexplained(FIRST, DATED) == []


@pytest.mark.parametrize("after", [OUT, DATED], ids=["taken out", "re-dated"])
@pytest.mark.parametrize("name", sorted(FIRST.keys() - {"files"}))
def test_a_statement_that_the_move_does_not_allow_to_differ_is_named(after, name):
    changed = {**after, name: 7 if isinstance(FIRST[name], int) else "other"}
    allowed = MAY_DIFFER[Move(after["follows"]["move"])] - {"payment_count", "total_pence"}
    assert (name in unexplained(FIRST, changed)) == (name not in allowed)


@pytest.mark.parametrize("name", sorted(FIRST))
def test_a_statement_left_out_or_put_in_is_named(name):
    assert unexplained(FIRST, {**OUT, "new": 1}) == ["new"]
    if name not in MAY_DIFFER[Move.TAKE_OUT]:
        assert unexplained(FIRST, {key: value for key, value in OUT.items() if key != name}) == [name]


@pytest.mark.parametrize(
    ("taken", "pence"), [(0, 0), (-1, 50), (1, 0), (1, -50), (10, 1000)], ids=["none", "added", "0", "raised", "all"]
)
def test_nothing_is_added_or_raised_nor_everything_taken(taken, pence):
    assert unexplained(FIRST, follow(FIRST, Move.TAKE_OUT, taken=taken, pence=pence))


def test_files_that_do_not_add_up_to_what_stays_are_named():
    after = deepcopy(OUT)
    after["files"][0]["total_pence"] += 1
    assert unexplained(FIRST, after) == ["files"]


@pytest.mark.parametrize(
    "said", [{"manifest": "0" * 64}, {"move": "no_go"}, {"move": "query"}, {"move": "anything"}], ids=str
)
def test_a_manifest_follows_only_the_one_that_it_names_and_only_by_a_move_that_rebuilds(said):
    assert unexplained(FIRST, {**OUT, "follows": {**OUT["follows"], **said}}) == ["follows"]


def chain(moves):
    line = [FIRST]
    for serial, move in enumerate(moves, start=2):
        taken = 1 if move is Move.TAKE_OUT else 0
        line.append(follow(line[-1], move, taken=taken, pence=10 * taken, serial=serial))
    return line[::-1]


some_moves = st.lists(st.sampled_from([Move.TAKE_OUT, Move.RE_DATE]), max_size=6)


@given(moves=some_moves, kind=st.sampled_from(GateKind))
def test_a_decision_counts_back_to_the_move_that_voids_it_and_no_further(moves, kind):
    line = chain(moves)
    found = line_of_manifests(line[0], {digest(one): one for one in line})
    assert found == line
    stands = 0
    for move in reversed(moves):
        if kind in VOIDS[move]:
            break
        stands += 1
    assert signed_for(kind, line) == {digest(one) for one in line[: stands + 1]}


@given(moves=some_moves.filter(bool), data=st.data())
def test_of_a_line_in_which_any_statement_was_changed_nothing_older_counts(moves, data):
    """Whoever rewrites an older manifest, digest and all, breaks the name by which the next one knows it."""
    line = chain(moves)
    place = data.draw(st.integers(1, len(line) - 1))
    name = data.draw(st.sampled_from(sorted(FIRST.keys())))
    forged = {**line[place], name: "forged"}
    for known in (digest(line[place]), digest(forged)):
        kept = {digest(one): one for one in line} | {known: forged}
        if known != digest(forged):
            kept.pop(digest(forged), None)
            assert len(line_of_manifests(line[0], kept)) == place
        else:
            assert digest(forged) not in {digest(one) for one in line_of_manifests(line[0], kept)}


def line_of(ordinal, amount):
    return canonical([str(ordinal), "id", "who", str(amount)]) + b"\n"


@given(
    ordinals=st.sets(st.integers(1, 5000), min_size=4, max_size=40).map(sorted),
    steps=st.lists(st.integers(0, 3), max_size=4),
    data=st.data(),
)
def test_the_payments_of_every_older_manifest_are_those_that_stay_and_those_that_left_since(ordinals, steps, data):
    staying = [line_of(each, each) for each in ordinals]
    line, taken = [FIRST | {"payments": sha(staying)}], {}
    for step in steps:
        leaving = data.draw(st.permutations(staying))[: min(step, len(staying) - 1)]
        taken[digest(line[0])] = leaving
        staying = [one for one in staying if one not in leaving]
        line.insert(0, {**line[0], "payments": sha(staying), "follows": {"manifest": digest(line[0])}})
    found = payments_before(staying, taken, line)
    assert found == {digest(one): one["payments"] for one in line}
    if staying and len(line) > 1:
        other = [*staying[:-1], staying[-1].replace(b"who", b"eve")]
        changed = payments_before(other, taken, line)
        assert all(changed[digest(one)] != one["payments"] for one in line)


def sha(lines):
    return hashlib.sha256(b"".join(lines)).hexdigest()

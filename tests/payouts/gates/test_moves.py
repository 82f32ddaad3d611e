"""Whoever does what in whatever order to a sealed payroll: nothing is released but by every gate, on what is there."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from payouts.gates.lineage import signed_for
from payouts.gates.separation import Part, bar
from payouts.gates.voiding import VOIDS, Move
from schemes.body import DutyPattern
from schemes.gate_rule import GateKind
from schemes.signer import digest
from tests.payouts.gates.test_lineage import FIRST, follow

PEOPLE = [UUID(int=n) for n in range(1, 6)]
LEAST = {DutyPattern.FOUR: 4, DutyPattern.THREE: 3, DutyPattern.TWO: 2}
GATES = dict(enumerate(GateKind, start=1))
REBUILDS = (Move.TAKE_OUT, Move.RE_DATE)


class Payroll:
    """A payroll with four gates, as far as who decides on what: a model, held to the rules' own functions."""

    def __init__(self, pattern, builder):
        self.pattern, self.builder = pattern, builder
        self.changed = set()
        self.serial = 1
        self.seal()

    def seal(self):
        """Files built as if for the first time: no manifest is followed."""
        self.serial += 1
        self.line = [FIRST | {"build": self.serial}]
        self.decisions = []

    def live(self):
        """position -> who said go there, and what counts at that gate, as release counts it."""
        counts = {position: signed_for(kind, self.line) for position, kind in GATES.items()}
        return {
            at: frozenset(who for who, where, on in self.decisions if where == at and on in counts[at]) for at in GATES
        }

    def waiting(self):
        live = self.live()
        return next((position for position in GATES if not live[position]), None)

    def go(self, person):
        position = self.waiting()
        if position is None:
            return
        built = frozenset({self.builder})
        part = Part(built, frozenset(), frozenset(), frozenset(), self.live(), GATES, frozenset(self.changed))
        if bar(person, GATES[position], position, part, self.pattern) is None:
            self.decisions.append((person, position, digest(self.line[0])))

    def move(self, what, person):
        if what in REBUILDS:
            count = self.line[0]["payment_count"]
            if what is Move.TAKE_OUT and count < 2:
                return
            taken = {"taken": 1, "pence": 10} if what is Move.TAKE_OUT else {}
            self.serial += 1
            self.line.insert(0, follow(self.line[0], what, serial=self.serial, **taken))
            self.changed.add(person)
            self.decisions = [d for d in self.decisions if GATES[d[1]] not in VOIDS[what]]
        elif what is not Move.QUERY:
            self.seal()


steps = st.lists(
    st.tuples(st.sampled_from(PEOPLE), st.sampled_from([None, None, None, *(m for m in Move if m is not Move.CANCEL)])),
    max_size=60,
)


@settings(max_examples=150)
@given(pattern=st.sampled_from(DutyPattern), builder=st.sampled_from(PEOPLE), doing=steps)
def test_no_order_of_people_and_moves_lets_fewer_through_than_the_pattern_has(pattern, builder, doing):
    """At any moment at which every gate counts: as many people as the pattern, and none their own work."""
    payroll = Payroll(pattern, builder)
    for person, what in doing:
        payroll.go(person) if what is None else payroll.move(what, person)
        live = payroll.live()
        if all(live.values()):
            deciders = frozenset().union(*live.values())
            assert len(deciders) >= LEAST[pattern]
            assert not live[3] & (payroll.changed | {builder})
            assert pattern is DutyPattern.TWO or not live[4] & (payroll.changed | {builder})
            approved_on = {on for who, at, on in payroll.decisions if at in (3, 4) and who in live[at]}
            assert approved_on == {digest(payroll.line[0])}, "approval and release are of the bytes that go out"


@given(pattern=st.sampled_from(DutyPattern), doing=st.lists(st.sampled_from([None, *Move]), max_size=40))
def test_one_person_alone_never_gets_a_payroll_through_whatever_they_do(pattern, doing):
    payroll = Payroll(pattern, PEOPLE[0])
    for what in doing:
        payroll.go(PEOPLE[0]) if what is None else payroll.move(what, PEOPLE[0])
        assert payroll.waiting() is not None


@given(moves=st.lists(st.sampled_from([Move.TAKE_OUT, Move.RE_DATE, Move.NO_GO, Move.REOPEN, Move.QUERY]), max_size=8))
def test_after_any_moves_four_people_still_bring_the_payroll_through(moves):
    """No move ends in a place from which nobody gets on: those who built and changed it are but one."""
    payroll = Payroll(DutyPattern.FOUR, PEOPLE[0])
    for what in [*moves, None]:
        for person in PEOPLE:
            payroll.go(person)
        if what is not None:
            payroll.move(what, PEOPLE[0])
    assert payroll.waiting() is None

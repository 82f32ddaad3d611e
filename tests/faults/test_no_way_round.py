"""No way round the gates: whoever tries what in which order, a release has the go of everybody whom it takes.

Each sequence is a transaction that is rolled back, so that the same sealed payroll is tried again and again. What a
release must have is reckoned here anew from the stored decisions, by other code than the one that decides.
"""

from __future__ import annotations

import random
from contextlib import suppress
from itertools import combinations

import pytest
from sqlalchemy import select

from payouts.checks.acceptance import accepted_by
from payouts.demo.harbour import Harbour
from payouts.gates.decision import Decision, Verdict
from payouts.gates.gate import gates_of
from payouts.gates.manifest import manifest_of
from payouts.payroll import Payroll, PayrollStatus, create_payroll, get_payroll
from schemes.body import DutyPattern
from schemes.database import new_id
from schemes.delegation import hand_over
from schemes.errors import Refused
from schemes.gate_rule import FIRST_GATES, GateKind, Tier
from schemes.person import Role
from tests.office import Office

pytestmark = pytest.mark.faults

SEQUENCES, ACTS = 6, 16
DECIDING = (Role.PREPARER, Role.FINANCE, Role.APPROVER, Role.RELEASER)
MAY_SHARE = {DutyPattern.FOUR: [], DutyPattern.THREE: [{GateKind.FUNDS, GateKind.RELEASE}]}


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def harbour(start) -> Harbour:
    return start.harbour


@pytest.fixture
def office(service, harbour) -> Office:
    return Office(service, harbour)


def some_gates(dice):
    """The usual gates, taking one person or more, and more of them from some amount on."""
    ready, funds, approve, release = FIRST_GATES
    base = dice.choice((1, 1, 2))
    tiers = (Tier(dice.choice((1, 50_000_00, 10**9)), Role.APPROVER, base + 1),)
    if dice.random() < 0.5:
        tiers += (Tier(dice.choice((2, 60_000_00)), Role.FINANCE, 1),)
    return ready, funds, approve._replace(people_needed=base, tiers=tiers), release


def prepared(office, dice):
    """A sealed payroll under gates and duties of this seed, and a crowd with all sorts of roles."""
    office.set_gates(*some_gates(dice))
    if dice.random() < 0.4:
        office.set_duties(DutyPattern.THREE)
    crowd = [office.person(role) for role in DECIDING]
    crowd += [office.person_with(*dice.sample(DECIDING, dice.randint(1, 4))) for _ in range(5)]
    builder = dice.choice([person for person in crowd if Role.PREPARER in person.roles])
    with office.transaction() as session:
        old = session.scalars(select(Payroll)).one()
    payroll_id = office.create(old.pay_date.replace(month=12, day=1), by=builder)
    office.work()
    office.accept_findings(payroll_id, by=builder)
    office.seal(payroll_id)
    return payroll_id, crowd


def act(session, office, dice, payroll_id, crowd, delegations):
    """One person tries something, mostly to say go; what is refused leaves nothing behind."""
    payroll = get_payroll(session, payroll_id, lock=True)
    person, at = dice.choice(crowd), office.service.now()
    what = dice.random()
    if what < 0.08:
        other = dice.choice(crowd)
        days = {"first_day": at.date(), "last_day": at.date(), "reason": "away", "by": person, "at": at}
        hand_over(session, delegation_id=new_id(), delegate_id=other.person_id, **days)
        delegations.append((person, other))
    elif what < 0.14:
        facts = {"scheme_id": payroll.scheme_id, "pay_date": payroll.pay_date, "by": crowd[0], "at": at}
        more = create_payroll(session, office.service.calendar, payroll_id=new_id(), **facts)
        more.total_pence = dice.choice((1, 40_000_00, 10**9))
        session.flush()
    elif what < 0.16:
        office.decide_in(session, payroll_id, dice.randint(1, 4), by=person, verdict=Verdict.NO_GO, reason="no")
    else:
        # mostly at the gate that waits, otherwise there would hardly be a release to look at
        said = {decision.gate_id for decision in live(session, payroll_id)}
        gates = gates_of(session, payroll_id)
        waiting = next((gate.position for gate in gates if gate.id not in said), 4)
        position = dice.choice((waiting, waiting, waiting, max(1, waiting - 1), dice.randint(1, 4)))
        able = [one for one in crowd if one.roles.intersection(gates[position - 1].roles)]
        person = dice.choice(able) if dice.random() < 0.7 else person
        away, instead = dice.choice(delegations) if delegations and dice.random() < 0.3 else (None, person)
        said_for = {"for_person_id": away.person_id} if away else {}
        office.decide_in(session, payroll_id, position, by=instead, **said_for)


def live(session, payroll_id):
    return session.scalars(
        select(Decision).where(Decision.payroll_id == payroll_id, Decision.voided_at.is_(None))
    ).all()


def assert_rightly_released(session, payroll):
    """By the stored decisions alone: enough people of each role at each gate, and nobody in two places."""
    of_day = select(Payroll.total_pence).where(
        Payroll.pay_date == payroll.pay_date,
        Payroll.scheme_id == payroll.scheme_id,
        Payroll.status != PayrollStatus.CANCELLED,
    )
    amount, decisions, gates = sum(session.scalars(of_day)), live(session, payroll.id), gates_of(session, payroll.id)
    deciders = {}
    for gate in gates:
        here = [one for one in decisions if one.gate_id == gate.id]
        assert all(one.verdict is Verdict.GO for one in here)
        needed = {gate.role: gate.people_needed}
        for tier in gate.tiers:
            if amount >= tier.from_pence:
                needed[tier.role] = max(needed.get(tier.role, 0), tier.people_needed)
        for role, people in needed.items():
            assert len({one.person_id for one in here if (one.role or gate.role) is role}) >= people, gate.name
        deciders[gate.kind] = {person for one in here for person in (one.person_id, one.for_person_id) if person}
    for one, other in combinations(deciders, 2):
        if {one, other} not in MAY_SHARE[payroll.duty_pattern]:
            assert not deciders[one] & deciders[other], (one, other)
    built = {payroll.made_by, payroll.built_by} | accepted_by(session, payroll)
    assert not built & (deciders[GateKind.APPROVE] | deciders[GateKind.RELEASE])
    least = 4 if payroll.duty_pattern is DutyPattern.FOUR else 3
    assert len(set().union(*deciders.values())) >= least
    to_open = set(manifest_of(session, payroll).read().get("to_open", ()))
    approvals = [one for one in decisions if any(g.id == one.gate_id and g.kind is GateKind.APPROVE for g in gates)]
    assert all(to_open <= set(one.opened or ()) for one in approvals)


def test_nobody_finds_a_way_to_release_without_everybody_whom_it_takes(office, seed):
    dice = random.Random(seed)
    payroll_id, crowd = prepared(office, dice)
    for _ in range(SEQUENCES):
        delegations: list = []
        with office.transaction() as session:
            for _ in range(ACTS):
                with suppress(Refused), session.begin_nested():
                    act(session, office, dice, payroll_id, crowd, delegations)
                payroll = get_payroll(session, payroll_id)
                if payroll.status is PayrollStatus.RELEASED:
                    assert_rightly_released(session, payroll)
                    break
            session.rollback()

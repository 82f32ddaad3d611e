"""No way round the gates: whoever tries what in which order, a release has the go of everybody whom it takes.

Each sequence is a transaction that is rolled back, so that the same sealed payroll is tried again and again. What a
release must have is reckoned here anew from the stored decisions, by other code than the one that decides.
"""

from __future__ import annotations

import os
import random
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import combinations
from uuid import UUID

import pytest
from sqlalchemy import select

from payouts.checks.acceptance import accepted_by
from payouts.demo.harbour import Harbour
from payouts.files.sealing import ask_for_files
from payouts.gates.amendment import Amendment, TakenOut
from payouts.gates.decision import Decision, Verdict, decisions_of
from payouts.gates.gate import gates_of
from payouts.gates.manifest import manifest_of
from payouts.gates.voiding import Move
from payouts.payment import Payment, PaymentStatus, in_payroll
from payouts.payroll import Payroll, PayrollStatus, create_payroll, get_payroll, rebuild
from payouts.redating import first_possible, re_date
from payouts.reopening import reopen
from payouts.taking_out import take_out
from payouts.tasks import outbox
from payouts.tasks.kinds import KINDS
from payouts.tasks.outbox import Task, TaskState
from schemes.body import DutyPattern
from schemes.database import new_id
from schemes.delegation import hand_over
from schemes.errors import Refused
from schemes.gate_rule import FIRST_GATES, GateKind, Tier
from schemes.person import Actor, Role
from schemes.role_change import remove
from tests.office import MOST_ROUNDS, Office
from tests.opening import accept_everything

pytestmark = pytest.mark.faults

SEQUENCES, ACTS = int(os.environ.get("PAYOUTS_GATE_SEQUENCES", "3")), 20
DECIDING = (Role.PREPARER, Role.FINANCE, Role.APPROVER, Role.RELEASER)
MAY_SHARE = {
    DutyPattern.FOUR: [],
    DutyPattern.THREE: [{GateKind.FUNDS, GateKind.RELEASE}],
    DutyPattern.TWO: [{GateKind.READY, GateKind.RELEASE}, {GateKind.FUNDS, GateKind.APPROVE}],
}
LEAST = {DutyPattern.FOUR: 4, DutyPattern.THREE: 3, DutyPattern.TWO: 2}
CEILING = 10_000_000_00


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
    with office.transaction() as session:
        old = session.scalars(select(Payroll)).one()
    pattern = dice.choices(list(LEAST), weights=(4, 3, 3))[0]
    if pattern is DutyPattern.TWO:
        # two people pay nobody whom a payroll of more people did not pay before
        office.decide_all(old.id)
        office.set_duties(pattern, until=date(2026, 12, 4), ceiling_pence=CEILING)
    elif pattern is DutyPattern.THREE:
        office.set_duties(pattern)
    office.set_gates(*some_gates(dice))
    crowd = [office.person(role) for role in DECIDING]
    crowd += [office.person_with(*dice.sample(DECIDING, dice.randint(1, 4))) for _ in range(5)]
    builder = dice.choice([person for person in crowd if Role.PREPARER in person.roles])
    payroll_id = office.create(old.pay_date.replace(month=12, day=1), by=builder)
    office.work()
    office.accept_findings(payroll_id, by=builder)
    office.seal(payroll_id)
    return payroll_id, crowd


@dataclass
class Room:
    """Where a sequence plays: who is there still, who hands decisions to whom, who left at which moment."""

    office: Office
    payroll_id: UUID
    crowd: list[Actor]
    delegations: list[tuple[Actor, Actor]] = field(default_factory=list)
    left: dict[UUID, set[UUID]] = field(default_factory=dict)


def act(session, room, dice):
    """One person tries something, mostly to say go; what is refused leaves nothing behind."""
    payroll = get_payroll(session, room.payroll_id, lock=True)
    if payroll.status is PayrollStatus.CHECKED:
        return prepare_again(session, room, dice, payroll)
    chosen = dice.choices((hand_over_to, begin_another, stop, change, leave, say_go), weights=(8, 6, 2, 9, 3, 72))[0]
    return chosen(session, room, dice, payroll)


def prepare_again(session, room, dice, payroll):
    """Whoever tries it builds the payroll anew, or has its files built as it is."""
    person, at = dice.choice(room.crowd), room.office.service.now()
    if dice.random() < 0.2:
        rebuild(session, payroll, by=person, at=at)
        work_in(session, room)
        accept_everything(session, payroll.id, reason="looked at", by=dice.choice(room.crowd), at=at)
    else:
        ask_for_files(session, payroll, by=person, at=at)
        work_in(session, room)


def hand_over_to(session, room, dice, payroll):
    person, other, at = dice.choice(room.crowd), dice.choice(room.crowd), room.office.service.now()
    days = {"first_day": at.date(), "last_day": at.date(), "reason": "away", "by": person, "at": at}
    hand_over(session, delegation_id=new_id(), delegate_id=other.person_id, **days)
    room.delegations.append((person, other))


def begin_another(session, room, dice, payroll):
    """Another payroll of the same day raises the amount that the gates go by."""
    service = room.office.service
    facts = {"scheme_id": payroll.scheme_id, "pay_date": payroll.pay_date, "by": room.crowd[0], "at": service.now()}
    more = create_payroll(session, service.calendar, payroll_id=new_id(), **facts)
    more.total_pence = dice.choice((1, 40_000_00, 10**9))
    session.flush()


def stop(session, room, dice, payroll):
    person, gate = dice.choice(room.crowd), dice.randint(1, 4)
    room.office.decide_in(session, payroll.id, gate, by=person, verdict=Verdict.NO_GO, reason="no")


def change(session, room, dice, payroll):
    """Somebody takes payments out, moves the day or takes the payroll back, and its files are built again."""
    service = room.office.service
    able = [one for one in room.crowd if Role.PREPARER in one.roles] or room.crowd
    facts = {"amendment_id": new_id(), "reason": "a letter", "by": dice.choice(able), "at": service.now()}
    what = dice.random()
    if what < 0.5:
        ids = session.scalars(select(Payment.id).where(in_payroll(payroll.id)).order_by(Payment.ordinal)).all()
        take_out(session, payroll, payment_ids=dice.sample(ids, dice.randint(1, 3)), **facts)
    elif what < 0.8:
        days = first_possible(session, service.calendar, payroll, now=service.now(), most=4)
        re_date(session, service.calendar, payroll, pay_date=dice.choice(days).entry_day, **facts)
    else:
        reopen(session, payroll, **facts)
    work_in(session, room)


def leave(session, room, dice, payroll):
    """An administrator takes every role from somebody, who tries things all the same."""
    place = dice.randrange(len(room.crowd))
    gone, office = room.crowd[place], room.office
    remove(session, gone.person_id, by=office.person(Role.ADMINISTRATOR), at=office.service.now())
    room.crowd[place] = replace(gone, roles=frozenset())
    room.left[gone.person_id] = {decision.id for decision in decisions_of(session, payroll.id, live=False)}


def say_go(session, room, dice, payroll):
    # mostly at the gate that waits, otherwise there would hardly be a release to look at
    said = {decision.gate_id for decision in live(session, payroll.id)}
    gates = gates_of(session, payroll.id)
    waiting = next((gate.position for gate in gates if gate.id not in said), 4)
    position = dice.choice((waiting, waiting, waiting, max(1, waiting - 1), dice.randint(1, 4)))
    able = [one for one in room.crowd if one.roles.intersection(gates[position - 1].roles)]
    person = dice.choice(able if able and dice.random() < 0.7 else room.crowd)
    away, instead = dice.choice(room.delegations) if room.delegations and dice.random() < 0.3 else (None, person)
    now = next(one for one in room.crowd if one.person_id == instead.person_id)
    room.office.decide_in(session, payroll.id, position, by=now, **({"for_person_id": away.person_id} if away else {}))


def work_in(session, room):
    """What workers would do for the payroll, in the transaction that is rolled back."""
    service = room.office.service
    mine = (Task.state == TaskState.WAITING) & (Task.args["payroll_id"].astext == str(room.payroll_id))
    for _ in range(MOST_ROUNDS):
        tasks = session.scalars(select(Task).where(mine, Task.kind.startswith("payroll.")).order_by(Task.id)).all()
        if not tasks:
            return
        for task in tasks:
            KINDS[task.kind].run(session, service, task.args)
            outbox.end(task, at=service.now())
    raise AssertionError("tasks wait that are never done")


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
    changed = set(session.scalars(select(Amendment.made_by).where(Amendment.payroll_id == payroll.id)))
    built = {payroll.made_by, payroll.built_by} | accepted_by(session, payroll) | changed
    assert not built & deciders[GateKind.APPROVE]
    if payroll.duty_pattern is DutyPattern.TWO:
        assert payroll.total_pence <= CEILING
    else:
        assert not built & deciders[GateKind.RELEASE]
    assert len(set().union(*deciders.values())) >= LEAST[payroll.duty_pattern]
    to_open = set(manifest_of(session, payroll).read().get("to_open", ()))
    approvals = [one for one in decisions if any(g.id == one.gate_id and g.kind is GateKind.APPROVE for g in gates)]
    assert all(to_open <= set(one.opened or ()) for one in approvals)


def assert_each_decision_is_about_what_went(session, payroll):
    """What changed since a decision leaves what that gate asks as it was; what was taken out does not go."""
    still_about = {kind: {payroll.manifest_id} for kind in GateKind}
    asks_the_same, amendment_id = {GateKind.READY, GateKind.FUNDS}, payroll.amendment_id
    while amendment_id is not None:
        amendment = session.get_one(Amendment, (payroll.body_id, amendment_id))
        if amendment.move is Move.RE_DATE:
            asks_the_same.discard(GateKind.FUNDS)
        for kind in asks_the_same:
            still_about[kind].add(amendment.follows_id)
        amendment_id = amendment.after_id
    kinds = {gate.id: gate.kind for gate in gates_of(session, payroll.id)}
    assert all(one.manifest_id in still_about[kinds[one.gate_id]] for one in live(session, payroll.id))
    mine = (Payment.payroll_id == payroll.id) & (Payment.status == PaymentStatus.RELEASED)
    went = {row.id: row.amount_pence for row in session.execute(select(Payment.id, Payment.amount_pence).where(mine))}
    assert (len(went), sum(went.values())) == (payroll.payment_count, payroll.total_pence)
    taken = select(TakenOut.payment_id).where(TakenOut.payroll_id == payroll.id)
    assert not went.keys() & set(session.scalars(taken))


def assert_nobody_decided_who_had_left(session, room):
    for person_id, before in room.left.items():
        decisions = decisions_of(session, room.payroll_id, live=False)
        later = [one for one in decisions if one.id not in before and person_id in one.people]
        assert later == []


def test_nobody_finds_a_way_to_release_without_everybody_whom_it_takes(office, seed):
    dice = random.Random(seed)
    payroll_id, crowd = prepared(office, dice)
    for _ in range(SEQUENCES):
        room = Room(office, payroll_id, list(crowd))
        with office.transaction() as session:
            for _ in range(ACTS):
                with suppress(Refused), session.begin_nested():
                    act(session, room, dice)
                payroll = get_payroll(session, payroll_id)
                if payroll.status is PayrollStatus.RELEASED:
                    assert_rightly_released(session, payroll)
                    assert_each_decision_is_about_what_went(session, payroll)
                    break
            assert_nobody_decided_who_had_left(session, room)
            session.rollback()

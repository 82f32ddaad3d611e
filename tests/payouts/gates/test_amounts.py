"""How many people a gate takes grows with all that the scheme pays on the day, whichever payrolls it is split into."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from payouts.evidence.pack import write_pack
from payouts.evidence.verifying import verify
from payouts.gates.can_pay import can_pay_today
from payouts.gates.deciding import GateNotReached
from payouts.gates.decision import Verdict, decisions_of, gate_states
from payouts.gates.manifest import ReleaseRefused, manifest_of
from payouts.payroll import PayrollStatus, get_payroll
from schemes.errors import NotAllowed, NotNow
from schemes.gate_rule import FIRST_GATES, GateRule, Tier, gate_faults, needs
from schemes.person import Role

PREPARER, FINANCE, APPROVER, RELEASER = Role.PREPARER, Role.FINANCE, Role.APPROVER, Role.RELEASER
READY, FUNDS, APPROVE, RELEASE = FIRST_GATES
BEYOND = 10**9
"""Pence: more than the small register comes to."""


@pytest.fixture
def start(landed):
    return landed


def with_tiers(*tiers):
    return READY, FUNDS, APPROVE._replace(tiers=tiers), RELEASE


@pytest.fixture
def sealed_with(office):
    def seal(*tiers):
        office.set_gates(*with_tiers(*tiers))
        payroll_id = office.create()
        office.work()
        office.accept_findings(payroll_id)
        office.seal(payroll_id)
        return payroll_id

    return seal


def state_of(office, payroll_id, position):
    with office.transaction() as session:
        return gate_states(session, get_payroll(session, payroll_id))[position - 1]


def add_a_payroll_of(office, owner, pence):
    """A later payroll of the same day. Its awards are paid by the first one: its total is written in."""
    later = office.create()
    office.work()
    with owner.begin() as connection:
        connection.execute(text("UPDATE payroll SET total_pence = :p WHERE id = :id"), {"p": pence, "id": later})
    return later


def test_below_the_amount_the_gate_takes_what_it_always_takes(office, sealed_with):
    payroll_id = sealed_with(Tier(BEYOND, APPROVER, 2))
    office.decide_all(payroll_id)
    with office.transaction() as session:
        assert get_payroll(session, payroll_id).status is PayrollStatus.RELEASED


def test_from_the_amount_on_it_takes_more_people_and_one_of_them_twice_does_not_count(office, sealed_with):
    payroll_id = sealed_with(Tier(1, APPROVER, 2))
    office.decide_all(payroll_id, upto=3)
    office.decide(payroll_id, 3, by=office.person(APPROVER))  # the same decision again
    with pytest.raises(GateNotReached):
        office.decide(payroll_id, 4, by=office.person(RELEASER))
    office.decide(payroll_id, 3, by=office.person_with(APPROVER))
    assert office.decide(payroll_id, 4, by=office.person(RELEASER))


def test_whoever_said_go_may_still_stop_the_payroll_while_others_are_asked(office, sealed_with):
    payroll_id = sealed_with(Tier(1, APPROVER, 2))
    office.decide_all(payroll_id, upto=3)
    office.decide(payroll_id, 3, by=office.person(APPROVER), verdict=Verdict.NO_GO, reason="read it again")
    with office.transaction() as session:
        assert get_payroll(session, payroll_id).status is PayrollStatus.CHECKED
        assert decisions_of(session, payroll_id) == []
        assert [one.verdict for one in decisions_of(session, payroll_id, live=False)][2:] == ["go", "no_go"]


def test_people_of_another_role_are_asked_besides_and_none_stands_in_for_the_other(office, sealed_with):
    payroll_id = sealed_with(Tier(1, FINANCE, 1))
    office.decide_all(payroll_id, upto=3)
    assert state_of(office, payroll_id, 3).lacks == {FINANCE: 1}
    with pytest.raises(NotAllowed):
        office.decide(payroll_id, 3, by=office.person_with(APPROVER))
    both = office.person_with(APPROVER, FINANCE)
    office.decide(payroll_id, 3, by=both)
    assert office.decide(payroll_id, 4, by=office.person(RELEASER))
    with office.transaction() as session:
        [word] = [one for one in decisions_of(session, payroll_id) if one.person_id == both.person_id]
        assert (word.role, word.is_genuine()) == (FINANCE, True)


def test_a_later_payroll_of_the_same_day_raises_what_an_earlier_one_needs_before_its_release(
    office, owner, sealed_with
):
    payroll_id = sealed_with(Tier(BEYOND, APPROVER, 2))
    office.decide_all(payroll_id, upto=3)
    assert state_of(office, payroll_id, 4).is_waiting
    add_a_payroll_of(office, owner, BEYOND)
    assert state_of(office, payroll_id, 3).lacks == {APPROVER: 1}
    with pytest.raises(GateNotReached):
        office.decide(payroll_id, 4, by=office.person(RELEASER))
    office.decide(payroll_id, 3, by=office.person_with(APPROVER))
    assert office.decide(payroll_id, 4, by=office.person(RELEASER))


def test_a_payroll_that_was_given_up_counts_no_longer_and_another_day_never_did(office, owner, sealed_with):
    payroll_id = sealed_with(Tier(BEYOND, APPROVER, 2))
    later = add_a_payroll_of(office, owner, BEYOND)
    assert state_of(office, payroll_id, 3).needs == {APPROVER: 2}
    with owner.begin() as connection:
        connection.execute(text("UPDATE payroll SET status = 'cancelled' WHERE id = :id"), {"id": later})
    assert state_of(office, payroll_id, 3).needs == {APPROVER: 1}
    with owner.begin() as connection:
        connection.execute(text("UPDATE payroll SET status = 'building' WHERE id = :id"), {"id": later})
        elsewhen = text("UPDATE payroll SET pay_date = pay_date + 1 WHERE id = :id")
        connection.execute(elsewhen, {"id": later})
    assert state_of(office, payroll_id, 3).needs == {APPROVER: 1}


def test_the_tiers_are_signed_and_cannot_be_lowered_afterwards(office, owner, sealed_with):
    payroll_id = sealed_with(Tier(1, APPROVER, 2))
    with owner.begin() as connection:
        connection.execute(text("UPDATE gate SET tiers = '[]'"))
    with pytest.raises(ReleaseRefused, match="gates"):
        office.decide_all(payroll_id, upto=1)


def test_an_evidence_pack_proves_that_enough_people_of_each_role_said_go(office, service, owner, sealed_with):
    payroll_id = sealed_with(Tier(BEYOND, APPROVER, 2), Tier(BEYOND, FINANCE, 1))
    add_a_payroll_of(office, owner, BEYOND)
    office.decide_all(payroll_id, upto=3)
    office.decide(payroll_id, 3, by=office.person_with(APPROVER))
    office.decide(payroll_id, 3, by=office.person_with(FINANCE))
    office.decide(payroll_id, 4, by=office.person(RELEASER))
    packed = io.BytesIO()
    auditor = office.person_with(Role.AUDITOR)
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id)
        facts = {"to": packed, "redacted": True, "reason": "", "by": auditor, "at": service.now()}
        write_pack(session, service.seals, service.signer, payroll, **facts)
        assert manifest_of(session, payroll).read()["gates"][2]["tiers"][0]["from_pence"] == BEYOND
    report = verify(packed)
    assert report.faults == []
    assert {"gate 3 (approve) has the go of 2", "gate 3 (approve) has the go of 1 as finance"} <= set(report.holds)
    decisions = json.loads(zipfile.ZipFile(packed).read("decisions.json"))
    assert [one["record"]["role"] for one in decisions if one["gate"] == 3] == ["approver", "approver", "finance"]


def test_a_second_approve_gate_takes_a_second_person(office, sealed_with):
    second = GateRule(APPROVE.kind, "Head of service", "Do you agree?", APPROVER)
    office.set_gates(READY, FUNDS, APPROVE, second, RELEASE)
    payroll_id = office.create()
    office.work()
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    office.decide_all(payroll_id, upto=3)
    everything = replace(office.person(APPROVER), roles=frozenset(Role))
    with pytest.raises(Exception, match="decided_another_gate"):
        office.decide(payroll_id, 4, by=everything)
    office.decide(payroll_id, 4, by=office.person_with(APPROVER))
    with pytest.raises(NotNow):
        office.decide(payroll_id, 4, by=office.person_with(APPROVER))
    assert office.decide(payroll_id, 5, by=office.person(RELEASER))


def test_whether_people_can_run_a_payroll_is_answered_for_each_amount(office, harbour):
    office.set_gates(*with_tiers(Tier(5_000_00, APPROVER, 3), Tier(9_000_00, FINANCE, 1)))
    today = office.service.now().date()
    with office.transaction() as session:
        answers = [(one.from_pence, one.lacking) for one in can_pay_today(session, today=today)]
    lacking = (APPROVER, APPROVER)
    assert answers == [(0, ()), (5_000_00, lacking), (9_000_00, (FINANCE, *lacking))]


tiers_of = st.lists(
    st.builds(Tier, st.integers(1, 100), st.sampled_from([FINANCE, APPROVER]), st.integers(1, 9)), max_size=5
)


@given(tiers=tiers_of, less=st.integers(0, 120), more=st.integers(0, 120))
def test_more_money_never_takes_fewer_people_of_any_role(tiers, less, more):
    low, high = (needs(APPROVER, 1, tiers, amount) for amount in sorted((less, more)))
    assert all(high[role] >= people for role, people in low.items())


@pytest.mark.parametrize(
    ("tiers", "fields"),
    [
        ((Tier(0, APPROVER, 2),), ["gates.2.tiers.0.from_pence"]),
        ((Tier(9, APPROVER, 2), Tier(8, FINANCE, 1)), ["gates.2.tiers.1.from_pence"]),
        ((Tier(9, APPROVER, 1),), ["gates.2.tiers.0.people_needed"]),
        ((Tier(9, APPROVER, 10),), ["gates.2.tiers.0.people_needed"]),
        ((Tier(9, APPROVER, 3), Tier(10, APPROVER, 2)), ["gates.2.tiers.1.people_needed"]),
        ((Tier(9, Role.AUDITOR, 1),), ["gates.2.tiers.0.role"]),
        ((Tier(9, APPROVER, 2), Tier(9, FINANCE, 1)), []),
    ],
)
def test_tiers_that_ask_for_nothing_more_or_of_nobody_who_decides_are_found(tiers, fields):
    assert [fault.field for fault in gate_faults(with_tiers(*tiers))] == fields

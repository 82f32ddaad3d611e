"""Decisions at the gates of a sealed payroll, by people who hold every role: only the rules of two people hold them."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations, product

import pytest
from sqlalchemy import select, text

from payouts.files.payment_file import PaymentFile, files_of
from payouts.gates.attachment import EvidenceNeeded
from payouts.gates.deciding import DecisionRefused, GateNotReached, ManifestChanged, ReasonNeeded
from payouts.gates.decision import Verdict, decisions_of, gate_states
from payouts.gates.manifest import manifest_of
from payouts.gates.separation import Bar
from payouts.payroll import PayrollStatus, get_payroll
from schemes.audit import AuditEvent
from schemes.database import new_id
from schemes.errors import NotAllowed, NotNow
from schemes.person import Role

PREPARER, FINANCE, APPROVER, RELEASER = Role.PREPARER, Role.FINANCE, Role.APPROVER, Role.RELEASER


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def payroll_id(sealed):
    return sealed.payroll_id


def all_powerful(actor):
    """The same person with every role there is: no role stands between them and the money."""
    return replace(actor, roles=frozenset(Role))


def status_of(office, payroll_id):
    with office.transaction() as session:
        return get_payroll(session, payroll_id).status


def live(office, payroll_id):
    with office.transaction() as session:
        return len(decisions_of(session, payroll_id))


def test_four_people_release_a_payroll_each_at_their_gate(office, payroll_id):
    released = [
        office.decide(payroll_id, position, by=office.person(role))
        for position, role in enumerate((PREPARER, FINANCE, APPROVER, RELEASER), start=1)
    ]
    assert released == [False, False, False, True]
    assert status_of(office, payroll_id) is PayrollStatus.RELEASED


@pytest.mark.parametrize("few", list(combinations((PREPARER, FINANCE, APPROVER, RELEASER), 3)), ids="+".join)
def test_no_three_people_can_release_whatever_their_roles_and_whoever_takes_which_gate(office, payroll_id, few):
    """So no single person and no pair either: they are among the three."""
    people = [all_powerful(office.person(role)) for role in few]
    released = []
    for takes in product(people, repeat=4):
        # refused as a whole: the next three start afresh
        with suppress(DecisionRefused), office.transaction() as session:
            released = [
                office.decide_in(session, payroll_id, position, by=person)
                for position, person in enumerate(takes, start=1)
            ]
        assert not any(released)
    assert live(office, payroll_id) == 0


def test_gates_are_passed_in_their_order_only(office, payroll_id):
    roles = (PREPARER, FINANCE, APPROVER, RELEASER)
    for passed in range(3):
        for position in range(passed + 2, 5):
            with pytest.raises(GateNotReached):
                office.decide(payroll_id, position, by=office.person(roles[position - 1]))
        office.decide(payroll_id, passed + 1, by=office.person(roles[passed]))


@pytest.mark.parametrize("position", [1, 2, 3, 4])
def test_a_person_without_the_gates_role_decides_nothing_neither_go_nor_no_go(office, payroll_id, position):
    office.decide_all(payroll_id, upto=position - 1)
    right = (PREPARER, FINANCE, APPROVER, RELEASER)[position - 1]
    wrong = replace(office.person(right), person_id=new_id(), roles=frozenset(Role) - {right})
    for verdict in Verdict:
        with pytest.raises(NotAllowed):
            office.decide(payroll_id, position, by=wrong, verdict=verdict, reason="no")


@pytest.mark.parametrize("position", [3, 4])
def test_whoever_built_the_payroll_neither_approves_nor_releases_it(office, payroll_id, position):
    for gate, role in ((1, RELEASER), (2, FINANCE), (3, APPROVER)):
        if gate < position:
            office.decide(payroll_id, gate, by=all_powerful(office.person(role)))
    with pytest.raises(DecisionRefused) as refused:
        office.decide(payroll_id, position, by=all_powerful(office.person(PREPARER)))
    assert refused.value.why is Bar.BUILT_IT


def test_whoever_accepted_a_finding_does_not_approve(office):
    december = office.create(date(2026, 12, 1))
    office.work()
    office.accept_findings(december, by=all_powerful(office.person(APPROVER)))
    office.seal(december)
    office.decide_all(december, upto=2)
    with pytest.raises(DecisionRefused) as refused:
        office.decide(december, 3, by=office.person(APPROVER))
    assert refused.value.why is Bar.ACCEPTED_FINDINGS


def test_whoever_proposed_bank_details_does_not_approve_the_first_payroll_that_uses_them(office, payroll_id):
    """The preparer brought the register in; here somebody else builds, and the preparer would approve."""
    other = replace(office.person(PREPARER), person_id=new_id())
    december = office.create(date(2026, 12, 1), by=other)
    office.work()
    office.accept_findings(december, by=other)
    office.seal(december)
    office.decide(december, 1, by=other)
    office.decide(december, 2, by=office.person(FINANCE))
    with pytest.raises(DecisionRefused) as refused:
        office.decide(december, 3, by=all_powerful(office.person(PREPARER)))
    assert refused.value.why is Bar.PROPOSED_BANK_DETAILS
    office.decide_all(payroll_id)  # November's payroll is released: its bank details are new no longer
    office.decide(december, 3, by=office.person(APPROVER), verdict=Verdict.NO_GO, reason="sealed before that")
    office.seal(december)
    office.decide(december, 1, by=other)
    office.decide(december, 2, by=office.person(FINANCE))
    office.decide(december, 3, by=all_powerful(office.person(PREPARER)))


def test_whoever_entered_an_award_does_not_approve_the_first_payroll_that_pays_it(office, owner, payroll_id):
    """Somebody else proposed the bank details and built the payroll: the amount alone is the approver's own."""
    keyed = text("UPDATE award SET made_by = :approver WHERE id = (SELECT award_id FROM payment LIMIT 1)")
    with owner.begin() as connection:
        connection.execute(keyed, {"approver": office.person(APPROVER).person_id})
    office.decide(payroll_id, 1, by=office.person(PREPARER), verdict=Verdict.NO_GO, reason="sealed before that")
    office.seal(payroll_id)
    office.decide_all(payroll_id, upto=2)
    with pytest.raises(DecisionRefused) as refused:
        office.decide(payroll_id, 3, by=office.person(APPROVER))
    assert refused.value.why is Bar.KEYED_MONEY


def test_a_go_at_funds_needs_evidence(office, payroll_id):
    office.decide_all(payroll_id, upto=1)
    with pytest.raises(EvidenceNeeded):
        office.decide(payroll_id, 2, by=office.person(FINANCE), evidence="  ")


@pytest.mark.parametrize("position", [1, 2, 3, 4])
def test_a_no_go_at_any_gate_returns_the_payroll_voids_every_decision_and_withdraws_the_file(
    office, payroll_id, position
):
    roles = (PREPARER, FINANCE, APPROVER, RELEASER)
    office.decide_all(payroll_id, upto=position - 1)
    with pytest.raises(ReasonNeeded):
        office.decide(payroll_id, position, by=office.person(roles[position - 1]), verdict=Verdict.NO_GO, reason=" ")
    office.decide(
        payroll_id, position, by=office.person(roles[position - 1]), verdict=Verdict.NO_GO, reason="the total is wrong"
    )
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id)
        assert payroll.status is PayrollStatus.CHECKED
        assert manifest_of(session, payroll) is None
        assert files_of(session, payroll_id) == []
        assert session.scalars(select(PaymentFile.withdrawn_at)).one() is not None
        assert decisions_of(session, payroll_id) == []
        history = decisions_of(session, payroll_id, live=False)
        assert [d.verdict for d in history] == [Verdict.GO] * (position - 1) + [Verdict.NO_GO]
        assert {d.voided_because for d in history} == {f"no-go at {gate_name(session, payroll, position)}"}
        assert history[-1].reason == "the total is wrong"


def gate_name(session, payroll, position):
    return gate_states(session, payroll)[position - 1].gate.name


def test_a_no_go_is_open_to_the_one_who_built_it_too(office, payroll_id):
    office.decide_all(payroll_id, upto=2)
    builder = all_powerful(office.person(PREPARER))
    office.decide(payroll_id, 3, by=builder, verdict=Verdict.NO_GO, reason="I saw a mistake")
    assert status_of(office, payroll_id) is PayrollStatus.CHECKED


def test_after_a_no_go_everybody_decides_anew_on_another_file_with_a_serial_of_its_own(office, payroll_id):
    with office.transaction() as session:
        first = files_of(session, payroll_id)[0]
        old = manifest_of(session, get_payroll(session, payroll_id)).digest
    office.decide_all(payroll_id, upto=3)
    office.decide(payroll_id, 4, by=office.person(RELEASER), verdict=Verdict.NO_GO, reason="wait")
    office.seal(payroll_id)
    with office.transaction() as session:
        second = files_of(session, payroll_id)[0]
        assert (first.serial, second.serial) == (1, 2)
        assert manifest_of(session, get_payroll(session, payroll_id)).digest != old
    with pytest.raises(ManifestChanged):
        office.decide(payroll_id, 1, by=office.person(PREPARER), manifest_digest=old)
    assert live(office, payroll_id) == 0
    office.decide_all(payroll_id)
    assert status_of(office, payroll_id) is PayrollStatus.RELEASED


@pytest.mark.parametrize("digest", ["", "0" * 64])
def test_a_decision_on_anything_but_the_manifest_of_now_is_refused(office, payroll_id, digest):
    with pytest.raises(ManifestChanged):
        office.decide(payroll_id, 1, by=office.person(PREPARER), manifest_digest=digest)


def test_the_same_decision_sent_twice_is_one_decision_and_one_event(office, payroll_id, clock):
    office.decide(payroll_id, 1, by=office.person(PREPARER))
    clock.advance(seconds=3)
    office.decide(payroll_id, 1, by=office.person(PREPARER))
    assert live(office, payroll_id) == 1
    with office.transaction() as session:
        assert len(session.scalars(select(AuditEvent.id).where(AuditEvent.action == "gate.go")).all()) == 1


def test_a_second_go_at_a_passed_gate_by_somebody_else_is_refused(office, payroll_id):
    office.decide(payroll_id, 1, by=office.person(PREPARER))
    with pytest.raises(NotNow):
        office.decide(payroll_id, 1, by=all_powerful(office.person(RELEASER)))


def test_nothing_is_decided_before_the_files_are_sealed_or_after_release(office, payroll_id):
    other = office.create(date(2026, 12, 1))
    office.work()
    with pytest.raises(NotNow):
        office.decide(other, 1, by=office.person(PREPARER))
    office.decide_all(payroll_id)
    with pytest.raises(NotNow):
        office.decide(payroll_id, 4, by=office.person(RELEASER), verdict=Verdict.NO_GO, reason="too late")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("body_id", new_id()),
        ("payroll_id", new_id()),
        ("gate_id", new_id()),
        ("person_id", new_id()),
        ("verdict", Verdict.NO_GO),
        ("reason", "because"),
        ("evidence", "other evidence"),
        ("manifest_digest", "0" * 64),
        ("decided_at", None),
        ("shown", {"total_pence": 1}),
        ("signature", bytes(64)),
    ],
)
def test_a_signature_verifies_and_fails_when_any_word_of_the_decision_changes(office, payroll_id, field, value):
    office.decide_all(payroll_id, upto=1)
    with office.transaction() as session:
        decision = decisions_of(session, payroll_id)[0]
        session.expunge(decision)
    assert decision.is_genuine()
    setattr(decision, field, value or decision.decided_at + timedelta(seconds=1))
    assert not decision.is_genuine()

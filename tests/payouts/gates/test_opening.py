"""Whoever approves opens what was found about accounts, duplicates and variance; of very many, a stated share."""

from __future__ import annotations

import hashlib

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from payouts.channels.release import not_as_approved
from payouts.checks import to_open
from payouts.checks.finding import OPENED, Finding, Kind, results_digest
from payouts.gates.deciding import decide
from payouts.gates.decision import Verdict, decisions_of, gate_states
from payouts.gates.manifest import manifest_of
from payouts.gates.opening import NotOpened, Opening, left_to_open, open_finding
from payouts.payment import Payment
from payouts.payroll import get_payroll
from schemes.audit import AuditEvent
from schemes.errors import NotAllowed, NotNow
from schemes.person import Role


@pytest.fixture
def start(sealed):
    return sealed


def approve(office, payroll_id, by):
    """Say go at the gate that waits, having opened nothing more."""
    with office.transaction() as session:
        payroll = get_payroll(session, payroll_id, lock=True)
        gate = next(state.gate for state in gate_states(session, payroll) if state.is_waiting)
        manifest = manifest_of(session, payroll)
        said = {"verdict": Verdict.GO, "reason": "", "evidence": "", "manifest_digest": manifest.digest, "shown": {}}
        return decide(
            session, office.service.signer, payroll, gate_id=gate.id, by=by, at=office.service.now(), **said
        ).id


def open_one(office, payroll_id, finding_id, by):
    with office.transaction() as session:
        return open_finding(session, get_payroll(session, payroll_id), finding_id, by=by, at=office.service.now()).id


def left(office, payroll_id, person_id):
    with office.transaction() as session:
        return left_to_open(session, manifest_of(session, get_payroll(session, payroll_id)), person_id)


def test_a_go_counts_once_this_approver_has_opened_each_and_says_so_under_signature(office, sealed):
    payroll_id, approver, other = (
        sealed.payroll_id, office.person(Role.APPROVER), office.person_with(Role.APPROVER),
    )  # fmt: skip
    office.decide_all(payroll_id, upto=2)
    waiting = left(office, payroll_id, approver.person_id)
    with office.transaction() as session:
        of_kinds = select(Finding.id).where(Finding.kind.in_(OPENED)).order_by(Finding.id)
        assert sorted(waiting) == list(session.scalars(of_kinds)) != []
    for finding_id in waiting:
        open_one(office, payroll_id, finding_id, other)
        with pytest.raises(NotOpened) as refused:
            approve(office, payroll_id, approver)
        assert refused.value.count == len(waiting), "what somebody else opened is not opened by this one"
    with pytest.raises(NotAllowed):
        open_one(office, payroll_id, waiting[0], office.person(Role.PREPARER))
    assert len({open_one(office, payroll_id, waiting[0], approver) for _ in range(2)}) == 1
    for finding_id in waiting[1:]:
        open_one(office, payroll_id, finding_id, approver)
    decision_id = approve(office, payroll_id, approver)
    with office.transaction() as session:
        decision = next(one for one in decisions_of(session, payroll_id) if one.id == decision_id)
        assert (decision.opened, decision.is_genuine()) == ([str(one) for one in waiting], True)
        opened = select(AuditEvent).where(AuditEvent.action == "finding.opened")
        assert len(session.scalars(opened).all()) == 2 * len(waiting)
    office.decide(payroll_id, 4, by=office.person(Role.RELEASER))
    with pytest.raises(NotNow):
        open_one(office, payroll_id, waiting[0], office.person_with(Role.APPROVER))


def test_an_approval_that_leaves_an_opening_out_is_no_approval_at_release(office, sealed, owner):
    office.decide_all(sealed.payroll_id, upto=3)
    with office.transaction() as session, pytest.raises(DBAPIError):
        session.execute(text("DELETE FROM finding_opening"))
    with office.transaction() as session:
        payroll = get_payroll(session, sealed.payroll_id)
        approval = decisions_of(session, sealed.payroll_id)[2]
        # signed by the service all the same: as if somebody had it sign what is less than was asked
        approval.opened = approval.opened[1:]
        approval.signature = office.service.signer.sign(approval.record())
        with session.no_autoflush:
            found = not_as_approved(session, office.service.seals, payroll, signer=office.service.signer)
        assert found == [f"decision {approval.id}"]
        session.expunge(approval)
        session.rollback()


def test_of_very_many_of_a_kind_the_largest_are_opened_and_others_by_a_lot_that_anybody_can_draw_again(
    office, sealed, monkeypatch
):
    monkeypatch.setattr(to_open, "EACH", 8)
    monkeypatch.setattr(to_open, "LARGEST", 3)
    monkeypatch.setattr(to_open, "OPENED", {Kind.FIRST_PAYMENT})
    with office.transaction() as session:
        lot = results_digest(session, sealed.payroll_id)
        chosen = to_open.to_open(session, sealed.payroll_id, lot=lot)
        rows = session.execute(
            select(Finding.id, Payment.amount_pence)
            .join(Payment, Payment.id == Finding.payment_id)
            .where(Finding.kind == Kind.FIRST_PAYMENT)
        ).all()
        another = to_open.to_open(session, sealed.payroll_id, lot="another")
    by_amount = [str(finding_id) for finding_id, _ in sorted(rows, key=lambda row: (-row[1], row[0]))]
    drawn = sorted(by_amount[3:], key=lambda one: hashlib.sha256(f"{lot}{one}".encode()).digest())
    assert chosen == [*by_amount[:3], *drawn[:5]]
    assert another[:3] == chosen[:3]
    assert another[3:] != chosen[3:]


def test_openings_outlive_what_the_preparer_takes_out_and_end_with_the_build(office, sealed):
    payroll_id = sealed.payroll_id
    office.decide_all(payroll_id, upto=3)
    with office.transaction() as session:
        leaving = session.scalars(select(Payment.id).order_by(Payment.ordinal).limit(1)).one()
    office.take_out(payroll_id, [leaving])
    office.work()
    approver = office.person(Role.APPROVER).person_id
    assert left(office, payroll_id, approver) == []
    with office.transaction() as session:
        assert session.scalars(select(Opening.opened_by).distinct()).all() == [approver]

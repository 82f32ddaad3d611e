"""Somebody died yesterday: their payment leaves a sealed payroll, and the others are paid all the same."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from payouts.channels.release import not_as_approved
from payouts.files.payment_file import PaymentFile, files_of
from payouts.gates.amendment import TakenOut
from payouts.gates.deciding import DecisionRefused, ManifestChanged
from payouts.gates.decision import Verdict, decisions_of
from payouts.gates.manifest import manifest_of
from payouts.gates.separation import Bar
from payouts.ledger.entry import LedgerEntry
from payouts.payment import Payment, PaymentStatus, UnpaidReason, unpaid_counts
from payouts.payroll import PayrollStatus, get_payroll, rebuild
from payouts.taking_out import NotInPayroll
from schemes import database
from schemes.database import new_id
from schemes.errors import NotAllowed, NotNow, ReasonNotGiven
from schemes.person import Role

PREPARER, FINANCE, APPROVER, RELEASER = Role.PREPARER, Role.FINANCE, Role.APPROVER, Role.RELEASER


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def payroll_id(sealed):
    return sealed.payroll_id


def look(office, payroll_id):
    with office.transaction() as session:
        return get_payroll(session, payroll_id)


def payments(office, payroll_id, *, first=1, last=2):
    """The payments at these places of a payroll."""
    with office.transaction() as session:
        mine = select(Payment).where(Payment.payroll_id == payroll_id).order_by(Payment.ordinal)
        return session.scalars(mine.offset(first - 1).limit(last - first + 1)).all()


def take_out(office, payroll_id, leaving, **changes):
    taken = office.take_out(payroll_id, [payment.id for payment in leaving], **changes)
    office.work()
    return taken


def test_a_payment_leaves_and_only_those_decisions_are_void_whose_facts_changed(office, payroll_id):
    office.decide_all(payroll_id, upto=3)
    before, leaving = look(office, payroll_id), payments(office, payroll_id)
    with office.transaction() as session:
        first = manifest_of(session, before)
    take_out(office, payroll_id, leaving)
    after, pence = look(office, payroll_id), sum(payment.amount_pence for payment in leaving)
    assert after.status is PayrollStatus.SEALED
    assert (after.payment_count, after.total_pence) == (before.payment_count - 2, before.total_pence - pence)
    with office.transaction() as session:
        assert unpaid_counts(session, payroll_id)[UnpaidReason.TAKEN_OUT] == 2
        live = decisions_of(session, payroll_id)
        assert [decision.person_id for decision in live] == [office.person(r).person_id for r in (PREPARER, FINANCE)]
        assert {decision.manifest_digest for decision in live} == {first.digest}
        second = manifest_of(session, after)
        follows = second.read()["follows"]
        assert (follows["manifest"], follows["move"], follows["payment_count"]) == (first.digest, "take_out", 2)
        assert [file.serial for file in files_of(session, payroll_id)] == [2]
        assert session.scalar(select(func.count()).where(PaymentFile.withdrawn_at.is_not(None))) == 1


def test_the_others_are_released_under_the_new_file_and_whoever_left_is_nowhere_in_it(office, payroll_id):
    office.decide_all(payroll_id, upto=3)
    leaving = payments(office, payroll_id)
    take_out(office, payroll_id, leaving)
    take_out(office, payroll_id, payments(office, payroll_id, first=5, last=5))
    office.decide(payroll_id, 3, by=office.person(APPROVER))
    assert office.decide(payroll_id, 4, by=office.person(RELEASER))
    content, payroll = office.download(payroll_id), look(office, payroll_id)
    assert not any(payment.reference.encode() in content for payment in leaving)
    with office.transaction() as session:
        assert session.scalar(select(func.count()).select_from(LedgerEntry)) == payroll.payment_count
        counts = select(Payment.status, func.count()).group_by(Payment.status)
        moved = {PaymentStatus.RELEASED: payroll.payment_count, PaymentStatus.TAKEN_OUT: 3}
        assert dict(session.execute(counts).all()) == moved


def test_whoever_approved_the_payroll_as_it_was_has_not_approved_what_is_left(office, payroll_id):
    office.decide_all(payroll_id, upto=3)
    old = manifest_digest(office, payroll_id)
    take_out(office, payroll_id, payments(office, payroll_id))
    with pytest.raises(ManifestChanged):
        office.decide(payroll_id, 3, by=office.person(APPROVER), manifest_digest=old)


def manifest_digest(office, payroll_id):
    with office.transaction() as session:
        return manifest_of(session, get_payroll(session, payroll_id)).digest


@pytest.mark.parametrize("position", [3, 4])
def test_whoever_took_a_payment_out_neither_approves_nor_releases(office, payroll_id, position):
    other = office.person_with(PREPARER, APPROVER, RELEASER)
    take_out(office, payroll_id, payments(office, payroll_id), by=other)
    office.decide_all(payroll_id, upto=position - 1)
    with pytest.raises(DecisionRefused) as refused:
        office.decide(payroll_id, position, by=other)
    assert refused.value.why is Bar.CHANGED_IT


def test_the_key_of_who_left_is_free_for_one_successor(office, payroll_id):
    [leaving] = payments(office, payroll_id, last=1)
    take_out(office, payroll_id, [leaving])
    second = office.create()
    office.work()
    third = office.create()
    office.work()
    assert [p.award_id for p in payments(office, second, last=9)] == [leaving.award_id]
    assert look(office, third).payment_count == 0


def test_a_payroll_from_which_everybody_is_taken_out_is_cancelled(office, payroll_id):
    everybody = payments(office, payroll_id, last=1000)
    assert take_out(office, payroll_id, everybody) is None
    payroll = look(office, payroll_id)
    assert (payroll.status, payroll.given_up_because) == (PayrollStatus.CANCELLED, "died yesterday")


def test_taking_out_takes_a_reason_a_preparer_and_payments_that_are_there(office, payroll_id):
    [one] = payments(office, payroll_id, last=1)
    with pytest.raises(ReasonNotGiven):
        office.take_out(payroll_id, [one.id], reason=" ")
    with pytest.raises(NotAllowed):
        office.take_out(payroll_id, [one.id], by=office.person(APPROVER))
    for wanted in ([], [new_id()], [one.id, new_id()]):
        with pytest.raises(NotInPayroll):
            office.take_out(payroll_id, wanted)
    take_out(office, payroll_id, [one])
    with pytest.raises(NotInPayroll):
        office.take_out(payroll_id, [one.id])


def test_the_same_act_sent_twice_is_one_act(office, payroll_id):
    [one] = payments(office, payroll_id, last=1)
    amendment_id = new_id()
    for _ in range(2):
        assert office.take_out(payroll_id, [one.id], amendment_id=amendment_id).id == amendment_id
    office.work()
    assert office.take_out(payroll_id, [one.id], amendment_id=amendment_id).id == amendment_id
    with office.transaction() as session:
        assert session.scalar(select(func.count()).select_from(TakenOut)) == 1


def test_nobody_is_taken_out_of_a_payroll_that_is_not_sealed_or_was_released(office, payroll_id):
    [one] = payments(office, payroll_id, last=1)
    office.take_out(payroll_id, [one.id])
    with pytest.raises(NotNow):
        office.take_out(payroll_id, [payments(office, payroll_id)[1].id])
    office.work()
    office.decide_all(payroll_id)
    with pytest.raises(NotNow):
        office.take_out(payroll_id, [payments(office, payroll_id)[1].id])


def test_whoever_was_taken_out_stays_out_when_the_payroll_is_built_again(office, payroll_id):
    [leaving] = payments(office, payroll_id, last=1)
    take_out(office, payroll_id, [leaving])
    count = look(office, payroll_id).payment_count
    by, at = office.person(PREPARER), office.service.now()
    office.decide(payroll_id, 1, by=by, verdict=Verdict.NO_GO, reason="look again")
    with office.transaction() as session:
        rebuild(session, get_payroll(session, payroll_id, lock=True), by=by, at=at)
    office.work()
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    assert look(office, payroll_id).payment_count == count
    assert leaving.award_id not in {p.award_id for p in payments(office, payroll_id, last=1000)}
    with office.transaction() as session:
        assert "follows" not in manifest_of(session, get_payroll(session, payroll_id)).read()
    office.decide_all(payroll_id)
    assert look(office, payroll_id).status is PayrollStatus.RELEASED


TAMPERED = {
    "a payment that stays": "UPDATE payment SET amount_pence = amount_pence + 1 WHERE ordinal = 7",
    "a payment that left": "UPDATE payment SET amount_pence = amount_pence + 1 WHERE status = 'taken_out'",
    "who left": """UPDATE taken_out SET payment_id = (SELECT id FROM payment WHERE status = 'prepared' LIMIT 1)""",
    "that somebody left": "DELETE FROM taken_out",
    "how many left": "UPDATE amendment SET payment_count = 2",
    "why": "UPDATE amendment SET reason = 'other'",
    "the move": "UPDATE amendment SET move = 're_date'",
    "the older manifest": "UPDATE manifest SET document = replace(document, '2026', '2027') WHERE made_at ="
    " (SELECT min(made_at) FROM manifest) AND document NOT LIKE '%follows%'",
    "the older manifest's digest": "UPDATE manifest SET digest = repeat('0', 64) WHERE document NOT LIKE '%follows%'",
    "a void approval": "UPDATE decision SET voided_at = NULL WHERE voided_at IS NOT NULL",
    "somebody put back": "UPDATE payment SET status = 'prepared' WHERE status = 'taken_out'",
}


def test_release_names_whatever_was_changed_behind_the_back_of_the_move(office, owner, payroll_id):
    """Each by the database's owner with every rule off, looked at as release does, and undone for the next."""
    second = office.person_with(APPROVER)
    office.decide_all(payroll_id, upto=3)
    take_out(office, payroll_id, payments(office, payroll_id, last=1))
    office.decide(payroll_id, 3, by=second)
    found = {}
    for name, statement in {"nothing": "SELECT 1", **TAMPERED}.items():
        with database.transaction(owner, office.harbour.body_id) as session:
            session.execute(text("SET LOCAL session_replication_role = replica"))
            for rule in ("ck_amendment_taken_out", "ck_amendment_by_preparer"):
                session.execute(text(f"ALTER TABLE amendment DROP CONSTRAINT {rule}"))
            assert session.execute(text(statement)).rowcount > 0, name
            payroll, signer = get_payroll(session, payroll_id), office.service.signer
            found[name] = not_as_approved(session, office.service.seals, payroll, signer=signer)
            session.rollback()
    assert found.pop("nothing") == []
    assert [name for name, named in found.items() if not named] == []


def test_the_database_itself_takes_nothing_of_it_back(office, payroll_id):
    office.decide_all(payroll_id, upto=3)
    take_out(office, payroll_id, payments(office, payroll_id, last=1))
    for statement in (
        "UPDATE payment SET status = 'prepared' WHERE status = 'taken_out'",
        "UPDATE payment_file SET withdrawn_at = NULL WHERE withdrawn_at IS NOT NULL",
        "UPDATE decision SET voided_at = NULL WHERE voided_at IS NOT NULL",
        "UPDATE taken_out SET amount_pence = 1",
        "DELETE FROM amendment",
    ):
        with pytest.raises(DBAPIError), office.transaction() as session:
            session.execute(text(statement))


def at_once(*acts):
    """What each of some acts, begun together, gave back or raised."""
    start, outcomes = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place, act):
        start.wait()
        try:
            outcomes[place] = act()
        except (NotNow, NotInPayroll, ManifestChanged) as late:
            outcomes[place] = late

    threads = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def test_of_two_people_who_take_out_at_once_the_second_is_told(office, payroll_id):
    one, two = payments(office, payroll_id)
    other = office.person_with(PREPARER)
    outcomes = at_once(
        lambda: office.take_out(payroll_id, [one.id]), lambda: office.take_out(payroll_id, [two.id], by=other)
    )
    assert sorted(isinstance(outcome, NotNow) for outcome in outcomes) == [False, True]
    office.work()
    with office.transaction() as session:
        assert session.scalar(select(func.count()).select_from(TakenOut)) == 1


def test_a_payment_is_either_taken_out_or_released_when_both_are_tried_at_once(office, payroll_id):
    office.decide_all(payroll_id, upto=3)
    [one] = payments(office, payroll_id, last=1)
    outcomes = at_once(
        lambda: office.take_out(payroll_id, [one.id]),
        lambda: office.decide(payroll_id, 4, by=office.person(RELEASER)),
    )
    office.work()
    [now] = payments(office, payroll_id, last=1)
    released = outcomes[1] is True
    assert isinstance(outcomes[0] if released else outcomes[1], NotNow)
    assert now.status is (PaymentStatus.RELEASED if released else PaymentStatus.TAKEN_OUT)
    assert look(office, payroll_id).status is (PayrollStatus.RELEASED if released else PayrollStatus.SEALED)

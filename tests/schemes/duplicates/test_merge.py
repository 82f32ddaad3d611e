"""Merging two payees: two people, no award lost, nothing paid twice, and no payment rewritten."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest
from sqlalchemy import func, select, text

from payouts import building, permanent_key
from payouts.payment import Payment, Unpaid, UnpaidReason
from payouts.tasks import worker
from payouts.tasks.outbox import Task, TaskState
from schemes import audit
from schemes.account import accounts_of
from schemes.amount import Inputs
from schemes.award import Award
from schemes.award_version import awards_paid_to, change_award, history_of
from schemes.change import Change, ChangedSince, ChangeKind, ChangeWaiting
from schemes.database import new_id
from schemes.duplicates import merge, pair
from schemes.duplicates.merge import MergeBar, MergedAward, MergeRefused
from schemes.duplicates.pair import PairStatus, get_pair
from schemes.errors import NotAllowed, NotFound, ReasonNotGiven, SamePerson
from schemes.hold import HoldKind, holds_of, is_paid_for
from schemes.payee import Beneficiary, Mandate, Payee
from schemes.person import Role

HEADER = (
    "reference,beneficiary_name,amount,start_date,end_date,account_name,sort_code,account_number,"
    "payee_reference,payee_name,payee_role\n"
)
ACCOUNT = "20-29-59,63748472"
ROWS = (
    f"A-1,Mary Watson,100.00,2026-04-01,2026-10-31,M Watson,{ACCOUNT},,,\n"
    f"A-2,Watson Mary,120.00,2026-11-01,,M Watson,{ACCOUNT},,,\n"
    f"A-3,Peter Parker,80.00,2026-04-01,,P Parker,{ACCOUNT},,,\n"
    f"C-1,Child One,50.00,2026-04-01,,M Watson,{ACCOUNT},P-1,Mary Watson,parent\n"
    f"C-2,Child Two,60.00,2026-04-01,,M Watson,{ACCOUNT},P-1,Mary Watson,parent\n"
)


@pytest.fixture
def ids(office):
    """The payees' ids by reference: one person under A-1 and A-2 one after the other, and as a parent under P-1."""
    import_id = office.bring_in((HEADER + ROWS).encode())
    office.keep(import_id)
    office.confirm(import_id)
    with office.transaction() as session:
        return dict(session.execute(select(Payee.reference, Payee.id)).all())


def merged(office, gone_id, kept_id):
    change_id = office.propose_merge(office.pair(gone_id, kept_id), kept_id=kept_id)
    office.confirm_change(change_id)
    return change_id


def awards_by_payee(session):
    rows = session.execute(
        select(Payee.reference, Award.amount_pence).join(Award, Award.payee_id == Payee.id).order_by(Award.id)
    )
    found = {}
    for reference, pence in rows:
        found.setdefault(reference, []).append(pence)
    return found


def test_the_awards_go_to_the_one_who_stays_and_everything_else_is_kept(office, ids):
    with office.transaction() as session:
        before = {a.id: a.version for a in accounts_of(session, ids["A-2"])}
    merged(office, ids["A-2"], ids["A-1"])
    with office.transaction() as session:
        assert awards_by_payee(session) == {"A-1": [10000, 12000], "A-3": [8000], "P-1": [5000, 6000]}
        gone = session.scalars(select(Payee).where(Payee.id == ids["A-2"])).one()
        assert gone.merged_into == ids["A-1"]
        assert {a.id: a.version for a in accounts_of(session, gone.id)} == before
        moved = session.scalars(select(MergedAward)).one()
        assert moved.paid_before == gone.id
        assert pair.pairs(session, status=PairStatus.MERGED)[0].first.reference == "A-1"
        assert [payee.reference for payee in merge.merged_into(session, ids["A-1"])] == ["A-2"]
        told = [e.action for e in audit.trail(session, subject_id=gone.id)]
    assert told[0] == "payee.merged"


def test_the_next_payroll_pays_all_into_one_account_once(office, ids):
    merged(office, ids["A-2"], ids["A-1"])
    office.create()
    office.work()
    with office.transaction() as session:
        paid = session.execute(select(Payment.payee_id, Payment.amount_pence)).all()
    assert Counter(paid)[ids["A-1"], 12000] == 1
    assert ids["A-2"] not in {payee_id for payee_id, _ in paid}


def test_nobody_confirms_their_own_merge_and_confirming_twice_is_once(office, ids):
    pair_id = office.pair(ids["A-1"], ids["A-2"])
    change_id = office.propose_merge(pair_id, kept_id=ids["A-1"], by=office.person(Role.FINANCE))
    with pytest.raises(SamePerson):
        office.confirm_change(change_id)
    with pytest.raises(NotAllowed):
        office.confirm_change(change_id, by=office.person(Role.PREPARER))
    for _ in range(2):
        office.confirm_change(change_id, by=office.person(Role.APPROVER))
    with office.transaction() as session:
        assert session.scalar(select(func.count()).select_from(MergedAward)) == 1


def test_one_who_has_an_award_for_the_same_days_is_not_merged_before_one_ends(office, ids, owner):
    pair_id = office.pair(ids["A-1"], ids["A-3"])
    with pytest.raises(MergeRefused) as refused:
        office.propose_merge(pair_id, kept_id=ids["A-3"])
    assert refused.value.why is MergeBar.BOTH_HAVE_AWARD
    assert len(refused.value.awards) == 2
    with owner.begin() as connection:
        connection.execute(text("UPDATE award SET first_day = '2026-11-01' WHERE payee_id = :id"), {"id": ids["A-3"]})
    office.propose_merge(pair_id, kept_id=ids["A-3"])


def test_an_award_that_begins_meanwhile_stops_the_merge_when_it_is_confirmed(office, ids, owner):
    change_id = office.propose_merge(office.pair(ids["A-1"], ids["A-2"]), kept_id=ids["A-1"])
    with owner.begin() as connection:
        connection.execute(text("UPDATE award SET last_day = NULL WHERE payee_id = :id"), {"id": ids["A-1"]})
    with pytest.raises(MergeRefused):
        office.confirm_change(change_id)
    with owner.begin() as connection:
        connection.execute(text("DELETE FROM award WHERE payee_id = :id"), {"id": ids["A-2"]})
    with pytest.raises(ChangedSince):
        office.confirm_change(change_id)


def test_nobody_is_merged_while_bank_details_wait_or_twice_or_with_a_stranger(office, ids):
    pair_id = office.pair(ids["A-1"], ids["A-2"])
    with pytest.raises(NotFound):
        office.propose_merge(pair_id, kept_id=ids["A-3"])
    first = office.propose_merge(pair_id, kept_id=ids["A-1"])
    with pytest.raises(ChangeWaiting):
        office.propose_merge(pair_id, kept_id=ids["A-1"])
    office.confirm_change(first)
    with pytest.raises(MergeRefused) as refused:
        office.propose_merge(office.pair(ids["A-2"], ids["P-1"]), kept_id=ids["P-1"])
    assert refused.value.why is MergeBar.MERGED_ALREADY
    with office.transaction() as session:
        assert not is_paid_for(session, ids["A-2"], session.scalars(select(Mandate.beneficiary_id)).first())


def test_a_proposed_account_is_decided_before_a_merge(office, ids):
    bring = HEADER + f"B-1,Mary Watson,10.00,2027-04-01,,M Watson,{ACCOUNT},,,\n"
    office.keep(office.bring_in(bring.encode()))
    with office.transaction() as session:
        waiting = session.scalars(select(Payee.id).where(Payee.reference == "B-1")).one()
    with pytest.raises(MergeRefused) as refused:
        office.propose_merge(office.pair(ids["P-1"], waiting), kept_id=ids["P-1"])
    assert refused.value.why is MergeBar.BANK_DETAILS_WAIT


def test_a_merge_needs_a_reason_and_a_role(office, ids):
    pair_id = office.pair(ids["A-1"], ids["A-2"])
    with pytest.raises(NotAllowed):
        office.propose_merge(pair_id, kept_id=ids["A-1"], by=office.person(Role.RELEASER))
    with office.transaction() as session, pytest.raises(ReasonNotGiven):
        merge.propose(
            session, get_pair(session, pair_id), change_id=new_id(), kept_id=ids["A-1"], reason=" ",
            by=office.person(Role.PREPARER), at=office.service.now(),
        )  # fmt: skip


def test_holds_go_with_the_person(office, ids):
    office.stop_payments(ids["A-2"], HoldKind.CLOSED)
    with office.transaction() as session:
        mary = session.scalars(select(Beneficiary.id).where(Beneficiary.reference == "A-1")).one()
    office.stop_payments(ids["A-1"], HoldKind.DECEASED, beneficiary_id=mary)
    merged(office, ids["A-2"], ids["A-1"])
    with office.transaction() as session:
        held = [(row.hold.kind, row.beneficiary and row.beneficiary.reference) for row in holds_of(session, ids["A-1"])]
    assert sorted(held, key=str) == [
        (HoldKind.CLOSED, None), (HoldKind.DECEASED, "A-1"), (HoldKind.DECEASED, "A-2"),
    ]  # fmt: skip


def test_the_database_pays_one_person_once_whatever_anybody_awards_afterwards(office, ids, owner):
    office.create()
    office.work()
    merged(office, ids["A-2"], ids["A-1"])
    # somebody gives the record that was merged an award for a period that the other one was paid for
    with owner.begin() as connection:
        connection.execute(
            text("UPDATE award SET last_day = NULL, amount_pence = 9900 WHERE beneficiary_id = "
                 "(SELECT id FROM beneficiary WHERE reference = 'A-1')")
        )  # fmt: skip
    office.create(date(2026, 11, 27))
    office.work()
    with office.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Payment).where(Payment.amount_pence == 9900)) == 0
        unpaid = session.scalars(select(Unpaid.reason).join(Award, Award.id == Unpaid.award_id).where(
            Award.amount_pence == 9900, Unpaid.reason == UnpaidReason.PAID_ALREADY
        )).all()  # fmt: skip
    assert len(unpaid) == 1


def test_of_two_chunks_that_pay_one_person_at_the_same_moment_one_is_built_anew(office, ids, owner, monkeypatch):
    office.create()
    office.work()
    merged(office, ids["A-2"], ids["A-1"])
    with owner.begin() as connection:
        connection.execute(text("UPDATE award SET last_day = NULL"))
    monkeypatch.setattr(building, "CHUNK", 1)
    payroll_id = office.create(date(2026, 12, 4))
    office.work(leave="payroll.build")
    with office.transaction() as session:
        chunks = session.scalars(select(Task.id).where(Task.state == TaskState.WAITING).order_by(Task.id)).all()
    look, looked = permanent_key.under_another_record, []

    def look_before_the_others_pay(*args):
        twice = look(*args)
        looked.append(args)
        if len(looked) == 1:
            for other in chunks[1:]:
                worker.perform(office.service, other, office.harbour.body_id)
        return twice

    monkeypatch.setattr(permanent_key, "under_another_record", look_before_the_others_pay)
    worker.perform(office.service, chunks[0], office.harbour.body_id)
    with office.transaction() as session:
        [error] = session.scalars(select(Task.error).where(Task.error.is_not(None)))
        assert "paid twice, under two records" in error
    worker.perform(office.service, chunks[0], office.harbour.body_id)
    office.work()
    with office.transaction() as session:
        person = select(Beneficiary.id).where(Beneficiary.reference.in_(("A-1", "A-2")))
        mine = select(Payment.id).where(Payment.payroll_id == payroll_id, Payment.beneficiary_id.in_(person))
        assert len(session.scalars(mine).all()) == 1


def test_a_file_that_still_names_the_one_who_is_gone_pays_the_one_who_stayed(office, ids):
    bring = HEADER + f"D-1,Dora One,10.00,2027-04-01,,M Watson,{ACCOUNT},E-1,Mary Watson,provider\n"
    first = office.bring_in(bring.encode())
    office.keep(first)
    office.confirm(first)
    with office.transaction() as session:
        provider = session.scalars(select(Payee.id).where(Payee.reference == "E-1")).one()
    merged(office, provider, ids["P-1"])
    second = office.bring_in(bring.replace("D-1,Dora One", "D-2,Dora Two").encode())
    office.keep(second)
    with office.transaction() as session:
        dora = session.scalars(select(Beneficiary.id).where(Beneficiary.reference == "D-2")).one()
        assert session.scalars(select(Award.payee_id).where(Award.beneficiary_id == dora)).one() == ids["P-1"]
        assert [award.payee_id for award in awards_paid_to(session, provider)] == []


def test_an_award_that_will_be_paid_to_the_one_who_is_gone_is_said_anew(office, ids):
    at = office.service.now()
    with office.transaction() as session:
        child = session.scalars(select(Beneficiary.id).where(Beneficiary.reference == "C-1")).one()
        session.add(
            Mandate(
                body_id=office.harbour.body_id, id=new_id(), beneficiary_id=child, payee_id=ids["A-2"],
                capacity="appointee", made_at=at,
            )
        )  # fmt: skip
        session.flush()
        award = session.scalars(select(Award).where(Award.beneficiary_id == child)).one()
        for day, payee, pence in ((date(2027, 1, 1), "A-2", 5000), (date(2027, 6, 1), "P-1", 7000)):
            change_award(
                session, award, version_id=new_id(), from_day=day, last_day=None, inputs=Inputs(pence),
                payee_id=ids[payee], reason="agreed", by=office.person(Role.PREPARER), at=at,
            )  # fmt: skip
    merged(office, ids["A-2"], ids["A-1"])
    with office.transaction() as session:
        history = history_of(session, session.get_one(Award, (office.harbour.body_id, award.id)))
    days = (date(2026, 12, 31), date(2027, 1, 1), date(2027, 5, 31), date(2027, 6, 1))
    assert [history.payee_on(day) for day in days] == [ids["P-1"], ids["A-1"], ids["A-1"], ids["P-1"]]
    assert [history.state_on(day)[0].amount_pence for day in days] == [5000, 5000, 5000, 7000]


def test_two_merges_of_the_same_two_from_either_side_leave_one_who_stays(office, ids):
    pair_id = office.pair(ids["A-1"], ids["A-2"])
    first = office.propose_merge(pair_id, kept_id=ids["A-1"])
    second = office.propose_merge(pair_id, kept_id=ids["A-2"])
    office.confirm_change(first)
    with pytest.raises((MergeRefused, ChangedSince)):
        office.confirm_change(second)
    with office.transaction() as session:
        waiting = session.scalars(select(Change).where(Change.kind == ChangeKind.MERGE)).all()
        assert {found.confirmed_at is None for found in waiting} == {True, False}

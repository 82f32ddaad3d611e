"""Undoing a merge: everything goes back to whom it was, nothing is lost, and nothing is paid a second time."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from payouts.payment import Payment
from schemes import change_applied
from schemes.account import Account
from schemes.amount import Inputs
from schemes.award import Award
from schemes.award_version import AwardVersion, change_award, history_of
from schemes.change import Change, ChangeWaiting
from schemes.database import new_id
from schemes.duplicates import merge, pair, unmerge
from schemes.duplicates.merge import MergeBar, MergedAward, MergeRefused
from schemes.duplicates.pair import DuplicatePair, PairStatus, get_pair
from schemes.errors import SamePerson
from schemes.mandate import payment_bars
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
    f"A-3,Peter Parker,80.00,2026-04-01,2026-04-30,P Parker,{ACCOUNT},,,\n"
    f"C-1,Child One,50.00,2026-04-01,,M Watson,{ACCOUNT},P-1,Mary Watson,parent\n"
)
REFERENCES = ("A-1", "A-2", "A-3", "P-1")


@pytest.fixture
def ids(office):
    import_id = office.bring_in((HEADER + ROWS).encode())
    office.keep(import_id)
    office.confirm(import_id)
    with office.transaction() as session:
        return dict(session.execute(select(Payee.reference, Payee.id)).all())


def merged(office, gone_id, kept_id):
    pair_id = office.pair(gone_id, kept_id)
    office.confirm_change(office.propose_merge(pair_id, kept_id=kept_id))
    return pair_id


def undo(office, pair_id, *, confirm=True):
    with office.transaction() as session:
        proposed = unmerge.propose(
            session, get_pair(session, pair_id, lock=True), change_id=new_id(), reason="two passports",
            by=office.person(Role.PREPARER), at=office.service.now(),
        )  # fmt: skip
    if confirm:
        office.confirm_change(proposed.id)
    return proposed.id


def register(session):
    """Who is paid for what, and who stands behind whom: what an undone merge leaves as it was."""
    awards = session.execute(select(Award.id, Award.amount_pence, Award.beneficiary_id, Award.payee_id)).all()
    today = date(2026, 11, 25)
    mandates = session.execute(
        select(Mandate.payee_id, Mandate.beneficiary_id, Mandate.capacity).where(Mandate.parted_at.is_(None))
    ).all()
    barred = payment_bars(session, {(payee, beneficiary) for payee, beneficiary, _ in mandates}, today)
    return {
        "awards": Counter(awards),
        "mandates": set(mandates),
        "barred": barred,
        "merged": dict(session.execute(select(Payee.id, Payee.merged_into)).all()),
        "people": dict(session.execute(select(Beneficiary.id, Beneficiary.same_as)).all()),
        "accounts": set(session.execute(select(Account.id, Account.payee_id)).all()),
    }


def test_an_undone_merge_leaves_the_register_as_it_was_and_its_history_behind(office, ids, clock):
    with office.transaction() as session:
        before = register(session)
    pair_id = merged(office, ids["A-2"], ids["A-1"])
    clock.advance(days=3)
    change_id = undo(office, pair_id, confirm=False)
    with pytest.raises(ChangeWaiting):
        undo(office, pair_id)
    with pytest.raises(SamePerson):
        office.confirm_change(change_id, by=replace(office.person(Role.PREPARER), roles=frozenset({Role.FINANCE})))
    for _ in range(2):
        office.confirm_change(change_id)
    with office.transaction() as session:
        assert register(session) == before
        assert session.scalar(select(func.count()).select_from(MergedAward)) == 1
        assert get_pair(session, pair_id).status is PairStatus.NOT_SAME
        assert get_pair(session, pair_id).because == "two passports"
        ended = session.scalars(select(Mandate).where(Mandate.parted_at.is_not(None))).all()
    assert [(mandate.payee_id, mandate.ended_on) for mandate in ended] == [
        (ids["A-1"], clock().date() - timedelta(days=1))
    ]
    with pytest.raises(MergeRefused) as refused:
        undo(office, pair_id)
    assert refused.value.why is MergeBar.NOT_MERGED


def test_what_was_paid_meanwhile_is_not_paid_again_and_the_next_goes_to_each(office, ids):
    pair_id = merged(office, ids["A-2"], ids["A-1"])
    office.create(date(2026, 11, 25))
    office.work()
    undo(office, pair_id)
    office.create(date(2026, 12, 23))
    office.work()
    with office.transaction() as session:
        paid = session.execute(
            select(Payment.period_first_day, Payment.payee_id)
            .where(Payment.amount_pence == 12000).order_by(Payment.period_first_day)
        ).all()  # fmt: skip
    days = [day for day, _ in paid]
    assert len(days) == len(set(days))
    assert {payee for _, payee in paid[:1]} == {ids["A-1"]}
    assert paid[-1].payee_id == ids["A-2"]


def test_of_two_merges_the_later_one_is_undone_first(office, ids):
    first = merged(office, ids["A-3"], ids["A-2"])
    second = merged(office, ids["A-2"], ids["P-1"])
    with pytest.raises(MergeRefused) as refused:
        undo(office, first)
    assert refused.value.why is MergeBar.MERGED_AGAIN
    undo(office, second)
    with office.transaction() as session:
        assert register(session)["merged"] == {**dict.fromkeys(ids.values()), ids["A-3"]: ids["A-2"]}
    undo(office, first)
    with office.transaction() as session:
        assert set(register(session)["merged"].values()) == {None}


def test_a_version_of_an_award_that_was_said_since_the_merge_stays(office, ids, clock):
    with office.transaction() as session:
        award = session.scalars(select(Award).where(Award.payee_id == ids["A-2"])).one()
        change(office, session, award, date(2027, 1, 1), ids["A-2"], 13000)
    clock.advance(days=1)
    pair_id = merged(office, ids["A-2"], ids["A-1"])
    clock.advance(days=1)
    with office.transaction() as session:
        change(office, session, session.get_one(Award, (award.body_id, award.id)), date(2027, 6, 1), ids["A-1"], 14000)
    clock.advance(days=1)
    undo(office, pair_id)
    with office.transaction() as session:
        history = history_of(session, session.get_one(Award, (award.body_id, award.id)))
    days = (date(2026, 12, 1), date(2027, 1, 1), date(2027, 6, 1))
    assert [history.payee_on(day) for day in days] == [ids["A-2"], ids["A-2"], ids["A-1"]]
    assert [history.state_on(day)[0].amount_pence for day in days] == [12000, 13000, 14000]


def change(office, session, award, from_day, payee_id, pence):
    change_award(
        session, award, version_id=new_id(), from_day=from_day, last_day=None, inputs=Inputs(pence), payee_id=payee_id,
        reason="agreed", by=office.person(Role.PREPARER), at=office.service.now(),
    )  # fmt: skip


steps = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(REFERENCES), st.sampled_from(REFERENCES)).filter(lambda two: two[0] != two[1]),
        st.just(None),
    ),
    max_size=8,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_whatever_is_merged_undone_and_merged_again_undoing_all_of_it_leaves_what_was(office, ids, wanted):
    """None undoes the last merge; at the end all are undone, the last one first."""
    at = office.service.now()
    with office.transaction() as session:
        before, stack = register(session), []
        versions = session.scalar(select(func.count()).select_from(AwardVersion))
        for step in [*wanted, *[None] * len(wanted)]:
            at += timedelta(seconds=1)
            if step is None and stack:
                pair_id, earlier = stack.pop()
                settle(office, session, unmerge.propose, pair_id, at)
                assert register(session) == earlier
            elif step is not None:
                earlier = register(session)
                gone, kept = (ids[reference] for reference in step)
                pair_id = pair_of(office, session, gone, kept, at)
                if pair_id and settle(office, session, merge.propose, pair_id, at, kept_id=kept):
                    stack.append((pair_id, earlier))
                    holds_together(session, earlier)
        assert register(session) == before
        assert session.scalar(select(func.count()).select_from(AwardVersion)) >= versions, "history is only added to"
        session.rollback()


def holds_together(session, earlier):
    """After a merge every award still stands once, of the same beneficiary and amount, and pays nobody who is gone."""
    now = register(session)
    assert Counter(row[:3] for row in now["awards"]) == Counter(row[:3] for row in earlier["awards"])
    assert now["accounts"] == earlier["accounts"]
    gone = {payee for payee, into in now["merged"].items() if into}
    assert len(gone) == len(list(filter(None, earlier["merged"].values()))) + 1
    assert not {row[3] for row in now["awards"]} & gone
    assert not {into for into in now["merged"].values() if into} & gone


def settle(office, session, propose, pair_id, at, **facts):
    """Propose and confirm inside the caller's transaction; whether it was possible."""
    by, finance = office.person(Role.PREPARER), office.person(Role.FINANCE)
    try:
        with session.begin_nested():
            found = get_pair(session, pair_id)
            waiting = propose(session, found, change_id=new_id(), reason="r", by=by, at=at, **facts)
            for _ in range(2):
                change_applied.confirm(session, session.get_one(Change, (by.body_id, waiting.id)), by=finance, at=at)
    except MergeRefused:
        return False
    return True


def pair_of(office, session, gone, kept, at):
    """The pair of two payees, as a search would have it: none of two who were merged already."""
    first, second = sorted((gone, kept))
    found = session.scalars(
        select(DuplicatePair).where(DuplicatePair.first_payee_id == first, DuplicatePair.second_payee_id == second)
    ).first()
    if found is None:
        found = DuplicatePair(
            body_id=office.harbour.body_id, id=new_id(), first_payee_id=first, second_payee_id=second,
            likelihood="likely", evidence={"name": 100, "same": [], "different": []}, status=PairStatus.OPEN,
            found_at=at,
        )  # fmt: skip
        session.add(found)
    elif found.status is PairStatus.MERGED:
        return None
    elif found.status is PairStatus.NO_LONGER_ALIKE:
        pair.move(found, PairStatus.OPEN)
    session.flush()
    return found.id

"""Payees who may be one are found after an import, on request and at night, in chunks, never all with all."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from payouts import matching
from payouts.tasks import clock as ticking
from schemes.audit import AuditEvent
from schemes.duplicates import chunk, pair, search, shared_account
from schemes.duplicates.likeness import Likelihood
from schemes.duplicates.pair import DuplicatePair, PairStatus
from schemes.duplicates.search import DuplicateSearch, MatchKey, Scope
from schemes.errors import NotAllowed, NotNow, ReasonNotGiven
from schemes.payee import Payee, for_search
from schemes.person import Role

HEADER = "reference,beneficiary_name,amount,start_date,email,account_name,sort_code,account_number\n"
ONE, OTHER = "20-29-59,63748472", "08-99-99,66374958"


def register_of(*rows):
    return (HEADER + "".join(f"{row}\n" for row in rows)).encode()


def row(reference, name, account=ONE, email=""):
    return f"{reference},{name},100.00,2026-04-01,{email},{name[:18]},{account}"


def bring_in(office, *rows):
    import_id = office.bring_in(register_of(*rows))
    office.keep(import_id)
    return import_id


def found(office, **wanted):
    with office.transaction() as session:
        return [
            (row.pair.likelihood, {row.first.reference, row.second.reference}) for row in pair.pairs(session, **wanted)
        ]


def rename(owner, reference, name):
    with owner.begin() as connection:
        connection.execute(
            text("UPDATE payee SET name = :name, search_name = :search WHERE reference = :reference"),
            {"name": name, "search": for_search(name), "reference": reference},
        )


def look_through(office, scope=Scope.REGISTER, **given):
    with office.transaction() as session:
        begun = matching.ask(session, scope, by=office.person(Role.PREPARER), at=office.service.now(), **given)
    office.work()
    return begun.id


@pytest.fixture
def twins(office):
    bring_in(office, row("A-1", "Mary Watson"), row("A-2", "Watson Mary"), row("A-3", "Peter Parker", OTHER))


def test_one_person_enrolled_twice_is_found_when_the_file_lands(office, twins):
    assert found(office) == [(Likelihood.LIKELY, {"A-1", "A-2"})]


def test_somebody_in_a_new_file_is_found_beside_somebody_in_an_old_one(office, twins):
    bring_in(office, row("B-1", "Mr Peter Parker", OTHER))
    assert (Likelihood.LIKELY, {"A-3", "B-1"}) in found(office)


def test_every_pair_is_found_whatever_the_chunks(office, monkeypatch):
    monkeypatch.setattr(chunk, "CHUNK", 2)
    names = ["Ann Lee", "Bob Ray", "Cid Fox", "Lee Ann", "Ray Bob", "Fox Cid", "Zoe Dee"]
    bring_in(office, *(row(f"A-{n}", name, f"20-29-59,6374847{2}") for n, name in enumerate(names)))
    likely = found(office, likelihood=Likelihood.LIKELY)
    assert sorted(sorted(ids) for _, ids in likely) == [["A-0", "A-3"], ["A-1", "A-4"], ["A-2", "A-5"]]
    search_id = look_through(office)
    assert found(office, likelihood=Likelihood.LIKELY) == likely
    with office.transaction() as session:
        going_on = search.get_search(session, search_id)
        assert (going_on.done, going_on.total, going_on.ended_at is not None) == (7, 7, True)
        assert session.scalar(select(func.count()).select_from(MatchKey)) == 14


def test_an_account_of_many_is_one_entry_and_no_pair(office):
    bring_in(office, *(row(f"A-{n:02}", f"{chr(65 + n)}nn {chr(75 + n)}ong{chr(66 + n)}") for n in range(11)))
    assert found(office) == []
    with office.transaction() as session:
        [shared] = shared_account.shared_accounts(session)
        assert shared.payee_count == 11
    bring_in(office, row("B-1", "Somebody Else"))
    with office.transaction() as session:
        assert [shared.payee_count for shared in shared_account.shared_accounts(session)] == [12]


def test_the_pairs_of_a_family_s_account_are_settled_for_good_at_once_but_for_those_of_one_name(office):
    names = ["Ann Long", "Bob Short", "Cem Tall", "Ann Longe"]
    bring_in(office, *(row(f"A-{n}", name) for n, name in enumerate(names)), row("B-1", "Dee Far", OTHER))
    assert len(found(office, likelihood=Likelihood.POSSIBLE)) == 5
    at, by = office.service.now(), office.person(Role.PREPARER)
    with office.transaction() as session:
        first = pair.pairs(session, likelihood=Likelihood.POSSIBLE)[0].pair
        with pytest.raises(ReasonNotGiven):
            shared_account.settle_account(
                session, pair.get_pair(session, first.id, lock=True), reason=" ", by=by, at=at
            )
        locked = pair.get_pair(session, first.id, lock=True)
        assert shared_account.settle_account(session, locked, reason="one household", by=by, at=at) == 5
    look_through(office)
    assert found(office, likelihood=Likelihood.POSSIBLE) == [], "for good"
    assert [sorted(ids) for _, ids in found(office, likelihood=Likelihood.LIKELY)] == [["A-0", "A-3"]]
    bring_in(office, row("A-9", "Eve New"))
    assert len(found(office, likelihood=Likelihood.POSSIBLE)) == 4, "somebody new is looked at anew"


def test_a_provider_of_many_clients_is_one_payee_and_no_duplicate(office):
    columns = HEADER.strip() + ",payee_reference,payee_name,payee_role\n"
    rows = [
        f"A-{n},Client {chr(65 + n)} Other,90.00,2026-04-01,,Quayside Ltd,{ONE},P-1,Quayside Ltd,provider\n"
        for n in range(15)
    ]
    office.keep(office.bring_in((columns + "".join(rows)).encode()))
    assert found(office) == []
    with office.transaction() as session:
        assert shared_account.shared_accounts(session) == []


def say_not_same(office, reason="Two cousins; both were seen", by=Role.PREPARER):
    with office.transaction() as session:
        [waiting] = pair.pairs(session)
        locked = pair.get_pair(session, waiting.pair.id, lock=True)
        pair.say_not_same(session, locked, reason=reason, by=office.person(by), at=office.service.now())
        return locked.id


def test_two_people_are_not_proposed_again_until_their_records_change(office, twins, owner):
    say_not_same(office)
    look_through(office)
    assert found(office) == []
    assert found(office, status=PairStatus.NOT_SAME) == [(Likelihood.LIKELY, {"A-1", "A-2"})]
    rename(owner, "A-2", "Mary Wattson")
    look_through(office)
    assert found(office) == [(Likelihood.LIKELY, {"A-1", "A-2"})]


def test_a_pair_whose_records_were_put_right_is_listed_no_longer(office, twins, owner):
    with owner.begin() as connection:
        connection.execute(text("UPDATE account SET fingerprint = 'x' WHERE payee_id = (SELECT id FROM payee LIMIT 1)"))
    rename(owner, "A-2", "Norman Osborn")
    look_through(office)
    assert found(office) == []
    rename(owner, "A-2", "Mary Watson")
    look_through(office)
    assert found(office) == [(Likelihood.POSSIBLE, {"A-1", "A-2"})]


def test_a_decision_needs_a_reason_and_a_role_and_is_made_once(office, twins):
    with pytest.raises(ReasonNotGiven):
        say_not_same(office, " ")
    with pytest.raises(NotAllowed):
        say_not_same(office, by=Role.RELEASER)
    pair_id = say_not_same(office)
    with office.transaction() as session:
        decided = pair.get_pair(session, pair_id, lock=True)
        pair.say_not_same(session, decided, reason="", by=office.person(Role.PREPARER), at=office.service.now())
        with pytest.raises(NotNow):
            pair.say_not_same(session, decided, reason="x", by=office.person(Role.FINANCE), at=office.service.now())
        events = session.scalars(select(AuditEvent).where(AuditEvent.action == "duplicates.not_same")).all()
    assert [event.facts for event in events] == [{}], "the reason may hold anything, so the trail has none of it"


def test_at_night_only_those_are_compared_whose_records_changed(office, twins, clock):
    clock.advance(days=1)
    with office.transaction() as session:
        peter = session.scalars(select(Payee.id).where(Payee.reference == "A-3")).one()
    office.stop_payments(peter)
    day = ticking.ask_daily(office.service, None)
    assert day == clock().date()
    assert ticking.ask_daily(office.service, day) == day
    ticking.ask_daily(office.service, None)
    office.work()
    with office.transaction() as session:
        nightly = session.scalars(select(DuplicateSearch).where(DuplicateSearch.scope == Scope.CHANGED)).all()
    assert [(search.done, search.total) for search in nightly] == [(1, 1)]


def test_before_the_small_hours_nothing_is_asked(office, clock):
    clock.advance(hours=-8)
    assert ticking.ask_daily(office.service, clock().date() - timedelta(days=1)) == clock().date() - timedelta(days=1)


def test_a_search_asked_for_twice_is_one_and_needs_a_role(office, twins):
    search_id = look_through(office)
    assert look_through(office, search_id=search_id) == search_id
    with office.transaction() as session, pytest.raises(NotAllowed):
        matching.ask(session, Scope.REGISTER, by=office.person(Role.RELEASER), at=office.service.now())


def test_the_keys_tell_nothing_to_whoever_reads_them(office, twins, owner):
    with owner.connect() as connection:
        keys = connection.scalars(text("SELECT value FROM match_key")).all()
        evidence = connection.scalars(text("SELECT evidence::text FROM duplicate_pair")).all()
    assert keys
    assert {len(key) for key in keys} == {16}
    assert not any("watson" in told.casefold() for told in evidence)


def test_a_pair_is_of_two(office, twins):
    with office.transaction() as session:
        assert session.scalar(select(func.count()).select_from(DuplicatePair)) == 1

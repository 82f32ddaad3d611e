"""One beneficiary under two payees: found, told apart for good, or taken for one by two people and paid once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import func, select, text

from payouts import matching
from payouts.checks.finding import Finding, Kind
from payouts.payment import Payment
from schemes.database import new_id
from schemes.duplicates import chunk, one_beneficiary, pair
from schemes.duplicates.beneficiary_search import BeneficiaryKey
from schemes.duplicates.likeness import Likelihood
from schemes.duplicates.merge import MergeBar, MergeRefused
from schemes.duplicates.pair import PairStatus, get_beneficiary_pair
from schemes.duplicates.search import Scope, get_search
from schemes.errors import NotAllowed, ReasonNotGiven, SamePerson
from schemes.hold import Hold, HoldKind
from schemes.payee import Beneficiary, Payee
from schemes.person import Role
from tests.duplicating import a_beneficiary_pair

HEADER = (
    "reference,beneficiary_name,date_of_birth,amount,start_date,end_date,account_name,sort_code,account_number,"
    "payee_reference,payee_name,payee_role\n"
)
MOTHER = "M Watson,20-29-59,63748472,P-1,Mary Watson,parent"
FATHER = "B Watson,08-99-99,66374958,P-2,Ben Watson,parent"
ROWS = (
    f"C-1,Tom Watson,2015-03-04,50.00,2026-04-01,2026-11-30,{MOTHER}\n"
    f"C-2,Thomas Watson,2015-03-04,60.00,2026-12-01,,{FATHER}\n"
    f"C-3,Tom Watson,2015-03-04,70.00,2026-04-01,2026-11-30,{FATHER}\n"
    f"C-4,Ann Watson,2017-08-09,40.00,2026-04-01,,{MOTHER}\n"
    "A-1,Ann Other,1980-01-01,40.00,2026-04-01,,A Other,20-29-59,63748472,,,\n"
)


def bring_in(office, *rows):
    import_id = office.bring_in((HEADER + "".join(rows)).encode())
    office.keep(import_id)
    office.confirm(import_id)


@pytest.fixture
def family(office):
    """Tom stands in the register three times: under his mother, and twice under his father."""
    bring_in(office, *ROWS.splitlines(keepends=True))


def found(office, **wanted):
    with office.transaction() as session:
        rows = pair.beneficiary_pairs(session, **wanted)
        return {(row.first.reference, row.second.reference): row.pair.likelihood for row in rows}


def references(office, beneficiary_ids):
    with office.transaction() as session:
        return set(session.scalars(select(Beneficiary.reference).where(Beneficiary.id.in_(beneficiary_ids))))


def look_through(office):
    with office.transaction() as session:
        begun = matching.ask(session, Scope.REGISTER, by=office.person(Role.PREPARER), at=office.service.now())
    office.work()
    return begun.id


def decide(office, propose, pair_id, *, confirm=True):
    """The preparer proposes, the finance officer confirms."""
    change_id = new_id()
    with office.transaction() as session:
        proposed = propose(
            session, get_beneficiary_pair(session, pair_id, lock=True), change_id=change_id,
            reason="one birth certificate", by=office.person(Role.PREPARER), at=office.service.now(),
        )  # fmt: skip
    if confirm:
        office.confirm_change(proposed.id)
    return proposed.id


def people(office):
    """The records of each person who has several, by reference."""
    with office.transaction() as session:
        root = func.coalesce(Beneficiary.same_as, Beneficiary.id)
        rows = session.execute(select(root, func.array_agg(Beneficiary.reference)).group_by(root)).all()
    return sorted(sorted(each) for _, each in rows if len(each) > 1)


def test_one_child_under_two_parents_is_found_when_the_file_lands_and_siblings_are_not(office, family):
    assert found(office)["C-1", "C-3"] is Likelihood.LIKELY
    assert not any("C-4" in both or "A-1" in both for both in found(office))


def test_somebody_who_is_paid_themselves_is_found_beside_a_record_paid_to_another_whichever_came_first(office, family):
    bring_in(office, "S-1,Ann Watson,2017-08-09,40.00,2026-04-01,,A Watson,08-99-99,66374958,,,\n")
    assert found(office)["C-4", "S-1"] is Likelihood.LIKELY
    bring_in(office, f"C-9,Ann Other,1980-01-01,40.00,2026-12-01,,{FATHER}\n")
    assert found(office)["A-1", "C-9"] is Likelihood.LIKELY
    with office.transaction() as session:
        keyed = set(session.scalars(select(BeneficiaryKey.beneficiary_id)))
    assert references(office, keyed) == {"C-1", "C-2", "C-3", "C-4", "C-9"}, "payees have their own keys"


def test_every_pair_of_beneficiaries_is_found_whatever_the_chunks(office, family, monkeypatch):
    before = found(office)
    monkeypatch.setattr(chunk, "CHUNK", 1)
    search_id = look_through(office)
    assert found(office) == before
    with office.transaction() as session:
        ended = get_search(session, search_id)
    # three payees and four children
    assert (ended.done, ended.total, ended.ended_at is not None) == (7, 7, True)


def test_neighbours_of_one_name_are_told_by_their_house_numbers(office, owner):
    bring_in(
        office,
        f"C-1,Tom Watson,,50.00,2026-04-01,,{MOTHER}\n",
        f"C-2,Tom Watson,,60.00,2026-04-01,,{FATHER}\n",
    )
    assert found(office) == {("C-1", "C-2"): Likelihood.POSSIBLE}
    with owner.begin() as connection:
        lives = text("UPDATE beneficiary SET address = :address, postcode = 'PL1 1AA' WHERE reference = :reference")
        for reference, address in (("C-1", "1 High Street\nPL1 1AA"), ("C-2", "3 High Street\nPL1 1AA")):
            connection.execute(lives, {"address": address, "reference": reference})
    look_through(office)
    assert found(office) == {}
    with owner.begin() as connection:
        connection.execute(lives, {"address": "Flat 2, 1 High St\nPlymouth\nPL1 1AA", "reference": "C-2"})
    look_through(office)
    assert found(office) == {("C-1", "C-2"): Likelihood.LIKELY}


def test_two_children_are_two_for_good_once_somebody_says_so_with_a_reason(office, family):
    with office.transaction() as session:
        [mine] = [row.pair for row in pair.beneficiary_pairs(session) if row.second.reference == "C-3"]
        facts = {"by": office.person(Role.PREPARER), "at": office.service.now()}
        with pytest.raises(ReasonNotGiven):
            pair.say_not_same(session, mine, reason=" ", **facts)
        pair.say_not_same(session, mine, reason="twins", **facts)
    look_through(office)
    assert ("C-1", "C-3") not in found(office)
    assert ("C-1", "C-3") in found(office, status=PairStatus.NOT_SAME)


def test_one_child_with_two_awards_for_the_same_days_is_not_one_before_an_award_ends(office, family):
    with pytest.raises(MergeRefused) as refused:
        decide(office, one_beneficiary.propose_one, a_pair(office, "C-1", "C-3"))
    assert refused.value.why is MergeBar.BOTH_HAVE_AWARD


def a_pair(office, one, other):
    with office.transaction() as session:
        for row in pair.beneficiary_pairs(session):
            if {row.first.reference, row.second.reference} == {one, other}:
                return row.pair.id
    return a_beneficiary_pair(office, one, other)


def test_two_people_take_two_records_for_one_and_both_are_stopped_together(office, family):
    with office.transaction() as session:
        mother = session.scalars(select(Payee.id).where(Payee.reference == "P-1")).one()
        tom = session.scalars(select(Beneficiary.id).where(Beneficiary.reference == "C-1")).one()
    office.stop_payments(mother, HoldKind.DECEASED, beneficiary_id=tom)
    pair_id = a_pair(office, "C-1", "C-2")
    change_id = decide(office, one_beneficiary.propose_one, pair_id, confirm=False)
    with pytest.raises(SamePerson):
        office.confirm_change(change_id, by=replace(office.person(Role.PREPARER), roles=frozenset({Role.FINANCE})))
    with pytest.raises(NotAllowed):
        office.confirm_change(change_id, by=office.person_with(Role.AUDITOR))
    for _ in range(2):
        office.confirm_change(change_id)
    assert people(office) == [["C-1", "C-2"]]
    with office.transaction() as session:
        held = session.scalars(select(Hold.beneficiary_id).where(Hold.kind == HoldKind.DECEASED)).all()
    assert references(office, held) == {"C-1", "C-2"}
    with pytest.raises(MergeRefused) as refused:
        decide(office, one_beneficiary.propose_one, pair_id)
    assert refused.value.why is MergeBar.ONE_ALREADY


def december(office, owner):
    """What a payroll of December pays Tom, when a mistake lets both awards run on: the pence of each payment."""
    with owner.begin() as connection:
        connection.execute(text("UPDATE award SET last_day = NULL"))
    payroll_id = office.create(date(2026, 12, 23))
    office.work()
    with office.transaction() as session:
        paid = select(Payment.amount_pence).where(
            Payment.payroll_id == payroll_id, Payment.amount_pence.in_([5000, 6000])
        )
        return sorted(session.scalars(paid))


def test_the_database_pays_one_child_once_whoever_receives_the_money(office, family, owner):
    decide(office, one_beneficiary.propose_one, a_pair(office, "C-1", "C-2"))
    assert len(december(office, owner)) == 1


def test_two_who_were_taken_for_one_by_mistake_are_each_paid_again(office, family, owner):
    pair_id = a_pair(office, "C-1", "C-2")
    with pytest.raises(MergeRefused) as refused:
        decide(office, one_beneficiary.propose_two, pair_id)
    assert refused.value.why is MergeBar.NOT_MERGED
    decide(office, one_beneficiary.propose_one, pair_id)
    decide(office, one_beneficiary.propose_two, pair_id)
    assert people(office) == []
    assert ("C-1", "C-2") in found(office, status=PairStatus.NOT_SAME)
    assert december(office, owner) == [5000, 6000]


def test_what_another_pair_says_stays_when_one_is_undone(office, family, owner):
    with owner.begin() as connection:
        connection.execute(
            text("UPDATE award SET component = reference FROM beneficiary b WHERE b.id = beneficiary_id")
        )
    first, second, third = (a_pair(office, *two) for two in (("C-1", "C-2"), ("C-2", "C-3"), ("C-1", "C-3")))
    decide(office, one_beneficiary.propose_one, first)
    decide(office, one_beneficiary.propose_one, second)
    assert people(office) == [["C-1", "C-2", "C-3"]]
    decide(office, one_beneficiary.propose_two, first)
    assert people(office) == [["C-2", "C-3"]]
    decide(office, one_beneficiary.propose_one, third)
    decide(office, one_beneficiary.propose_two, second)
    assert people(office) == [["C-1", "C-3"]]


def test_a_payroll_that_pays_both_records_of_a_child_needs_a_reason(office, family):
    payroll_id = office.create(date(2026, 11, 25))
    office.work()
    with office.transaction() as session:
        twice = session.execute(
            select(Beneficiary.reference, Finding.facts)
            .join(Payment, Payment.id == Finding.payment_id)
            .join(Beneficiary, Beneficiary.id == Payment.beneficiary_id)
            .where(Finding.payroll_id == payroll_id, Finding.kind == Kind.POSSIBLY_ONE_PERSON)
        ).all()
    assert sorted((reference, facts["others"]) for reference, facts in twice) == [("C-1", "C-3"), ("C-3", "C-1")]

"""Changed bank details: two people, a call to the payee and a cooling-off stand between a letter and the money."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from schemes import audit, bank_details, cooling_off
from schemes.account import Account, CameBy, State, Stopped, get_account, in_use_on, state_on
from schemes.call_back import Call, CallBackNeeded, ContactTooNew, call_backs_of
from schemes.cooling_off import CoolingOff
from schemes.database import new_id
from schemes.errors import NotAllowed, NotFound, NotNow, OutOfRange, ReasonNotGiven, SamePerson
from schemes.payee import Payee
from schemes.person import Role
from schemes.typed_details import DetailsFault, DetailsRefused

GOOD = {"sort_code": "20-29-59", "account_number": "63748472", "roll_number": ""}
MONDAY = date(2026, 11, 23)
WEDNESDAY = date(2026, 11, 25)
CALL = Call("The payee herself", "01234 567890, from the first application form", date(2026, 1, 5))


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def payee_id(office):
    """A payee who is due in November, with one confirmed version."""
    with office.transaction() as session:
        return session.scalars(
            text("SELECT payee_id FROM award WHERE first_day < '2026-11-01' AND last_day IS NULL ORDER BY id LIMIT 1")
        ).one()


@pytest.fixture
def propose(office, payee_id):
    def proposing(role=Role.PREPARER, **changes):
        values = {
            "account_id": new_id(), "payee_id": payee_id, "holder_name": "M Changed", "came_by": CameBy.LETTER,
            **GOOD, **changes,
        }  # fmt: skip
        with office.transaction() as session:
            by, at = office.person(role), office.service.now()
            return bank_details.propose(session, office.service.seals, by=by, at=at, **values).id

    return proposing


@pytest.fixture
def confirm(office, payee_id):
    def confirming(account_id, *, by=None, call=CALL, at_the_bank=(), waive_because=None):
        with office.transaction() as session:
            return bank_details.confirm(
                session,
                office.service.calendar,
                get_account(session, payee_id, account_id, lock=True),
                call=call,
                at_the_bank=at_the_bank,
                waive_because=waive_because,
                by=by or office.person(Role.FINANCE),
                at=office.service.now(),
            )

    return confirming


@pytest.fixture
def act(office, payee_id):
    """Do something to a version as a person of a role."""

    def acting(operation, account_id, *args, role=Role.FINANCE, **facts):
        with office.transaction() as session:
            account = get_account(session, payee_id, account_id, lock=True)
            return operation(session, account, *args, by=office.person(role), at=office.service.now(), **facts)

    return acting


@pytest.fixture
def in_use(office, payee_id):
    def using(day):
        with office.transaction() as session:
            found = in_use_on(session, payee_id, day)
            return found.version if found else None

    return using


def first_version(office, payee_id):
    with office.transaction() as session:
        return session.scalars(select(Account.id).where(Account.payee_id == payee_id, Account.version == 1)).one()


def test_a_proposal_is_a_version_that_is_not_used(propose, in_use, office, payee_id):
    account_id = propose()
    with office.transaction() as session:
        account = get_account(session, payee_id, account_id)
        assert (account.version, account.last_four, account.came_by) == (2, "8472", CameBy.LETTER)
        assert account.is_waiting
        assert [found.account.id for found in bank_details.proposals(session)] == [account_id]
    assert in_use(WEDNESDAY + timedelta(days=300)) == 1


def test_a_proposal_sent_twice_is_one(propose, office):
    account_id = new_id()
    assert propose(account_id=account_id) == propose(account_id=account_id)
    with office.transaction() as session:
        assert len(bank_details.proposals(session)) == 1


def test_of_two_proposals_the_second_waits_its_turn(propose):
    propose()
    with pytest.raises(bank_details.ProposalWaiting):
        propose()


def test_two_proposals_of_one_payee_cannot_wait_even_in_the_database(propose, owner):
    account_id = propose()
    columns = "body_id, payee_id, holder_name, sealed_details, fingerprint, last_four, modulus_outcome, modulus_rule, "
    columns += "weight_table, proposed_by, proposed_at"
    with pytest.raises(IntegrityError, match="uq_account_waiting"), owner.begin() as connection:
        connection.execute(
            text(f"INSERT INTO account (id, version, {columns}) SELECT :id, 9, {columns} FROM account WHERE id = :old"),
            {"id": new_id(), "old": account_id},
        )


@pytest.mark.parametrize(
    ("changes", "field", "fault"),
    [
        ({"sort_code": "20-29-5"}, "sort_code", DetailsFault.SORT_CODE),
        ({"account_number": "6374847x"}, "account_number", DetailsFault.ACCOUNT_NUMBER),
        ({"account_number": "637"}, "account_number", DetailsFault.ACCOUNT_NUMBER),
        ({"account_number": "6374847211"}, "account_number", DetailsFault.BANK_UNKNOWN),
        ({"account_number": "63748473"}, "account_number", DetailsFault.MODULUS),
        ({"roll_number": "ÄÄ"}, "roll_number", DetailsFault.ROLL_NUMBER),
        ({"holder_name": " "}, "holder_name", DetailsFault.HOLDER_NAME),
    ],
)
def test_details_that_nothing_could_be_paid_to_are_refused_with_the_field(propose, changes, field, fault):
    with pytest.raises(DetailsRefused) as refused:
        propose(**changes)
    assert (refused.value.field, refused.value.fault) == (field, fault)


def test_only_a_preparer_proposes(propose):
    with pytest.raises(NotAllowed):
        propose(role=Role.FINANCE)


def test_a_change_is_used_only_after_the_cooling_off(propose, confirm, in_use):
    account = confirm(propose())
    assert account.usable_from == WEDNESDAY
    assert [in_use(MONDAY), in_use(date(2026, 11, 24)), in_use(WEDNESDAY)] == [1, 1, 2]


def test_the_cooling_off_counts_the_banks_working_days(propose, confirm, clock):
    clock.advance(days=4)  # Friday: the weekend does not count
    assert confirm(propose()).usable_from == date(2026, 12, 1)


def test_a_body_chooses_its_cooling_off_and_none_is_one_too(office, propose, confirm, in_use):
    with office.transaction() as session:
        cooling_off.set_to(session, CoolingOff(0, 0, 0), at=office.service.now())
    assert confirm(propose()).usable_from is None
    assert in_use(MONDAY) == 2


def test_a_cooling_off_of_months_is_refused(office):
    with pytest.raises(OutOfRange), office.transaction() as session:
        cooling_off.set_to(session, CoolingOff(0, 2, 21), at=office.service.now())


def test_what_is_in_use_now_is_no_change(propose, confirm, clock):
    confirm(propose())
    clock.advance(days=2)
    with pytest.raises(bank_details.SameDetails):
        propose()


def test_nobody_confirms_what_they_proposed(propose, confirm, office):
    both = replace(office.person(Role.PREPARER), roles=frozenset({Role.PREPARER, Role.FINANCE}))
    with pytest.raises(SamePerson):
        confirm(propose(), by=both)


def test_the_database_refuses_a_proposer_who_confirms_or_waives(propose, confirm, owner):
    account_id = propose()
    with pytest.raises(IntegrityError, match="two_people"), owner.begin() as connection:
        connection.execute(
            text("UPDATE account SET confirmed_by = proposed_by, confirmed_at = now() WHERE id = :id"),
            {"id": account_id},
        )
    confirm(account_id)
    with pytest.raises(IntegrityError, match="waiver"), owner.begin() as connection:
        connection.execute(
            text("UPDATE account SET waived_by = proposed_by, waived_at = now(), waived_because = 'x' WHERE id = :id"),
            {"id": account_id},
        )


def test_a_preparer_does_not_confirm(propose, confirm, office):
    other = replace(office.person(Role.PREPARER), person_id=new_id())
    with pytest.raises(NotAllowed):
        confirm(propose(), by=other)


@pytest.mark.parametrize("call", [None, replace(CALL, spoke_to=" "), replace(CALL, contact="")])
def test_a_change_without_a_call_back_is_not_confirmed(propose, confirm, call):
    with pytest.raises(CallBackNeeded):
        confirm(propose(), call=call)


def test_a_contact_that_came_with_the_letter_is_no_contact(propose, confirm):
    account_id = propose()
    with pytest.raises(ContactTooNew) as refused:
        confirm(account_id, call=replace(CALL, contact_held_since=MONDAY - timedelta(days=29)))
    assert refused.value.latest == MONDAY - timedelta(days=30)
    assert confirm(account_id, call=replace(CALL, contact_held_since=refused.value.latest)).confirmed_at


def test_a_call_back_is_kept_with_who_called_and_whom(propose, confirm, office, payee_id):
    account_id = propose()
    confirm(account_id)
    with office.transaction() as session:
        call = call_backs_of(session, payee_id)[account_id]
    assert (call.spoke_to, call.contact_held_since) == (CALL.spoke_to, CALL.contact_held_since)
    assert (call.called_by, call.called_on) == (office.person(Role.FINANCE).person_id, MONDAY)


def test_a_confirmation_sent_twice_is_one_and_another_person_s_is_told(propose, confirm, office):
    account_id = propose()
    assert confirm(account_id).id == confirm(account_id).id
    with pytest.raises(NotNow):
        confirm(account_id, by=office.person(Role.APPROVER))


def test_an_urgent_change_is_used_at_once_with_a_reason_and_a_call(propose, confirm, in_use):
    account_id = propose()
    with pytest.raises(CallBackNeeded):
        confirm(account_id, call=None, waive_because="No food in the house")
    with pytest.raises(ReasonNotGiven):
        confirm(account_id, waive_because=" ")
    confirm(account_id, waive_because="No food in the house")
    assert in_use(MONDAY) == 2


def test_a_cooling_off_can_still_be_waived_once_it_runs(propose, confirm, act, in_use):
    account_id = propose()
    confirm(account_id)
    for role, refusal in ((Role.PREPARER, NotAllowed), (Role.FINANCE, ReasonNotGiven)):
        with pytest.raises(refusal):
            act(bank_details.waive, account_id, reason="", role=role)
    act(bank_details.waive, account_id, reason="The old account is overdrawn")
    assert in_use(MONDAY) == 2
    with pytest.raises(NotNow):
        act(bank_details.waive, account_id, reason="Again", role=Role.APPROVER)


def test_a_rejected_proposal_is_never_used_and_makes_room(propose, confirm, act, in_use):
    account_id = propose()
    with pytest.raises(ReasonNotGiven):
        act(bank_details.reject, account_id, reason=" ")
    act(bank_details.reject, account_id, reason="The payee knew nothing of it")
    with pytest.raises(NotNow):
        confirm(account_id)
    assert in_use(WEDNESDAY + timedelta(days=30)) == 1
    propose()


def test_whoever_proposed_may_withdraw_it_and_propose_another(propose, act, in_use):
    first = propose()
    act(bank_details.reject, first, reason="Typed the wrong payee", role=Role.PREPARER)
    assert in_use(WEDNESDAY + timedelta(days=30)) == 1
    assert propose() != first


def test_a_change_stopped_in_its_cooling_off_never_comes_into_use(propose, confirm, act, in_use):
    account_id = propose()
    confirm(account_id)
    act(bank_details.stop, account_id, Stopped.COMPROMISED)
    assert in_use(WEDNESDAY + timedelta(days=300)) == 1


def test_a_stop_after_the_first_use_leaves_no_way_back_to_the_old_account(propose, confirm, act, clock, in_use):
    account_id = propose()
    confirm(account_id)
    clock.advance(days=3)
    act(bank_details.stop, account_id, Stopped.CLOSED)
    assert in_use(WEDNESDAY + timedelta(days=300)) == 2


def test_a_proposal_cannot_be_stopped_and_a_stop_cannot_be_changed(propose, act, office, payee_id):
    with pytest.raises(NotNow):
        act(bank_details.stop, propose(), Stopped.CLOSED)
    first = first_version(office, payee_id)
    act(bank_details.stop, first, Stopped.CLOSED)
    act(bank_details.stop, first, Stopped.CLOSED)
    with pytest.raises(NotNow):
        act(bank_details.stop, first, Stopped.COMPROMISED)


def test_another_payee_s_account_is_not_found(propose, office, payee_id):
    account_id = propose()
    with office.transaction() as session:
        other = session.scalars(select(Payee.id).where(Payee.id != payee_id).limit(1)).one()
        with pytest.raises(NotFound):
            get_account(session, other, account_id)


def test_every_version_says_where_it_is(propose, confirm, act, office, payee_id, clock):
    account_id = propose()

    def states():
        today = bank_details.london_day(office.service.now())
        with office.transaction() as session:
            in_use = in_use_on(session, payee_id, today)
            accounts = session.scalars(select(Account).where(Account.payee_id == payee_id).order_by(Account.version))
            return [state_on(account, in_use, today) for account in accounts]

    assert states() == [State.IN_USE, State.WAITING]
    confirm(account_id)
    assert states() == [State.IN_USE, State.COOLING_OFF]
    clock.advance(days=2)
    assert states() == [State.REPLACED, State.IN_USE]
    act(bank_details.stop, account_id, Stopped.CLOSED)
    act(bank_details.reject, propose(), reason="No")
    assert states() == [State.REPLACED, State.CLOSED, State.REJECTED]


def test_the_trail_tells_each_step_and_no_number_or_name(propose, confirm, act, office, payee_id):
    account_id = propose()
    confirm(account_id)
    act(bank_details.waive, account_id, reason="Urgent: rent")
    act(bank_details.stop, account_id, Stopped.CLOSED)
    with office.transaction() as session:
        events = [e for e in reversed(audit.trail(session, subject_id=payee_id)) if e.action.startswith("bank_details")]
    assert [event.action.partition(".")[2] for event in events] == ["proposed", "confirmed", "waived", "stopped"]
    told = " ".join(str(event.facts) for event in events)
    assert not [word for word in ("63748472", "8472", "Changed", "rent", CALL.spoke_to, CALL.contact) if word in told]

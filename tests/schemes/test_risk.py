"""The risk of new bank details: what makes it high, and that the cooling-off goes by it."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select, text

from schemes import bank_details, cooling_off, risk
from schemes.account import Account, CameBy, Stopped, get_account
from schemes.audit import AuditEvent
from schemes.call_back import Call
from schemes.contact import add_contact
from schemes.contact_value import Channel
from schemes.cooling_off import CoolingOff, HighRiskSooner
from schemes.database import new_id
from schemes.payee import Payee
from schemes.person import Role
from schemes.risk import Risk, RiskReason

CALL = Call("The payee herself", "01234 567890", date(2026, 1, 5))
MONDAY, TUESDAY, FRIDAY = date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 27)


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def payees(office):
    with office.transaction() as session:
        return session.scalars(select(Payee.id).order_by(Payee.reference).limit(2)).all()


@pytest.fixture
def change(office, payees):
    """Propose other details for a payee, the first one if none is said."""

    def changing(payee_id=None, *, came_by=CameBy.LETTER, account_number="63748472"):
        account_id, payee_id = new_id(), payee_id or payees[0]
        with office.transaction() as session:
            bank_details.propose(
                session,
                office.service.seals,
                account_id=account_id,
                payee_id=payee_id,
                holder_name="M Changed",
                sort_code="20-29-59",
                account_number=account_number,
                roll_number="",
                came_by=came_by,
                by=office.person(Role.PREPARER),
                at=office.service.now(),
            )
        return account_id

    return changing


@pytest.fixture
def assess(office):
    def assessing(account_id, *at_the_bank):
        with office.transaction() as session:
            account = session.scalars(select(Account).where(Account.id == account_id)).one()
            found = risk.assess(session, account, at_the_bank=at_the_bank, at=office.service.now())
            return found.risk, list(found.reasons)

    return assessing


@pytest.fixture
def confirm(office):
    def confirming(account_id, *at_the_bank):
        with office.transaction() as session:
            account = session.scalars(select(Account).where(Account.id == account_id).with_for_update()).one()
            by, at = office.person(Role.FINANCE), office.service.now()
            calendar = office.service.calendar
            bank_details.confirm(session, calendar, account, call=CALL, at_the_bank=at_the_bank, by=by, at=at)
            return account.usable_from

    return confirming


@pytest.fixture
def by_risk(office):
    """A body that lets first details wait 1 working day, changes 2 and risky ones 4."""
    with office.transaction() as session:
        cooling_off.set_to(session, CoolingOff(1, 2, 4), at=office.service.now())


def forget_the_file(owner, payee_id):
    """As if the payee's first details had never been confirmed."""
    with owner.begin() as connection:
        connection.execute(
            text("UPDATE account SET confirmed_by = NULL, confirmed_at = NULL WHERE payee_id = :id"), {"id": payee_id}
        )


def test_a_change_that_came_by_letter_to_an_account_of_nobody_else_is_ordinary(change, assess):
    assert assess(change()) == (Risk.ORDINARY, [])


@pytest.mark.parametrize(
    ("came_by", "reason"),
    [(CameBy.EMAIL, RiskReason.CAME_BY_EMAIL), (CameBy.PHONE, RiskReason.CAME_BY_PHONE)],
)
def test_a_change_by_email_or_phone_is_risky(change, assess, came_by, reason):
    assert assess(change(came_by=came_by)) == (Risk.HIGH, [reason])


@pytest.mark.parametrize(
    "reason", [RiskReason.NAME_NO_MATCH, RiskReason.NAME_CANNOT_BE_CHECKED, RiskReason.ACCOUNT_SWITCHED]
)
def test_what_the_bank_says_against_it_is_risky(change, assess, reason):
    assert assess(change(), reason) == (Risk.HIGH, [reason])


def test_the_account_of_another_payee_is_risky_unless_that_proposal_was_rejected(office, change, assess, payees):
    other, mine = change(payees[1]), change()
    assert assess(mine) == (Risk.HIGH, [RiskReason.ACCOUNT_OF_ANOTHER_PAYEE])
    with office.transaction() as session:
        account = get_account(session, payees[1], other, lock=True)
        by = office.person(Role.PREPARER)
        bank_details.reject(session, account, reason="mistyped", by=by, at=office.service.now())
    assert assess(mine) == (Risk.ORDINARY, [])


def test_an_account_that_was_compromised_is_risky_whoever_has_it_now(office, change, confirm, assess, payees):
    first = change()
    confirm(first)
    with office.transaction() as session:
        account = get_account(session, payees[0], first, lock=True)
        bank_details.stop(
            session, account, Stopped.COMPROMISED, by=office.person(Role.FINANCE), at=office.service.now()
        )
    found = assess(change(payees[1]))
    assert found == (Risk.HIGH, [RiskReason.ACCOUNT_OF_ANOTHER_PAYEE, RiskReason.ACCOUNT_COMPROMISED])


def test_a_second_change_within_30_days_is_risky_and_a_later_one_is_not(change, confirm, assess, clock):
    confirm(change())
    clock.advance(days=29)
    again = change(account_number="63748477")
    assert assess(again) == (Risk.HIGH, [RiskReason.CHANGED_LATELY])
    clock.advance(days=2)
    assert assess(again) == (Risk.ORDINARY, [])


@pytest.mark.parametrize(
    ("role", "found"),
    [(Role.FINANCE, (Risk.HIGH, [RiskReason.REJECTED_LATELY])), (Role.PREPARER, (Risk.ORDINARY, []))],
)
def test_a_change_after_a_rejected_one_is_risky_and_after_a_withdrawn_one_is_not(
    office, change, assess, payees, role, found
):
    first = change()
    with office.transaction() as session:
        account = get_account(session, payees[0], first, lock=True)
        bank_details.reject(session, account, reason="no", by=office.person(role), at=office.service.now())
    assert assess(change()) == found


def test_a_change_soon_after_a_contact_changed_is_risky(office, change, assess, payees, clock):
    clock.advance(minutes=1)
    account_id = change()
    with office.transaction() as session:
        add_contact(
            session,
            contact_id=new_id(),
            payee_id=payees[0],
            channel=Channel.TEXT,
            typed="07700 900123",
            because="a call",
            by=office.person(Role.PREPARER),
            at=office.service.now(),
        )
    assert assess(account_id) == (Risk.HIGH, [RiskReason.CONTACT_CHANGED])
    clock.advance(days=31)
    assert assess(account_id) == (Risk.ORDINARY, [])


def test_first_details_are_risky_only_for_what_speaks_against_the_account(owner, change, assess, payees):
    forget_the_file(owner, payees[0])
    account_id = change(came_by=CameBy.EMAIL)
    assert assess(account_id) == (Risk.FIRST, [])
    assert assess(account_id, RiskReason.NAME_NO_MATCH) == (Risk.HIGH, [RiskReason.NAME_NO_MATCH])


def test_the_cooling_off_goes_by_the_risk_and_the_trail_tells_it(office, owner, by_risk, change, confirm, payees):
    risky, ordinary = change(came_by=CameBy.EMAIL), change(payees[1], account_number="63748477")
    assert (confirm(risky), confirm(ordinary)) == (FRIDAY, date(2026, 11, 25))
    with office.transaction() as session:
        asked = select(AuditEvent.facts).where(AuditEvent.action == "bank_details.confirmed").order_by(AuditEvent.id)
        told = [(facts["risk"], facts["reasons"], facts["cooling_off_days"]) for facts in session.scalars(asked)]
    assert told == [("high", ["came_by_email"], 4), ("ordinary", [], 2)]


def test_first_details_wait_where_the_body_wants_it(owner, by_risk, change, confirm, payees):
    forget_the_file(owner, payees[0])
    assert confirm(change()) == TUESDAY


def test_what_is_risky_is_never_used_sooner_than_what_is_not(office):
    for wanted in (CoolingOff(0, 5, 4), CoolingOff(5, 2, 4)):
        with pytest.raises(HighRiskSooner), office.transaction() as session:
            cooling_off.set_to(session, wanted, at=office.service.now())

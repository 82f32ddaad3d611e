"""A payee is told on every contact of a proposed change, and whoever did not ask for it holds it by a link."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
import requests
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from payouts.channels.release import ReleaseRefused
from payouts.files.sealing import PaymentsStopped
from payouts.notices import warning
from payouts.notices.notice import NoticeStatus
from payouts.notices.warning import DetailsWarning, warn
from payouts.payment import Payment
from schemes import bank_details, contact, disowned
from schemes.account import Account, CameBy, State, accounts_of, get_account, in_use_on, state_on
from schemes.audit import AuditEvent
from schemes.bank_details import ChangeHeld
from schemes.call_back import Call
from schemes.contact import Contact
from schemes.contact_value import Channel
from schemes.database import new_id
from schemes.disowned import Disowned
from schemes.errors import NotAllowed, NotNow, ReasonNotGiven, SamePerson
from schemes.hold import HoldKind
from schemes.payee import Payee
from schemes.person import Role
from tests.contacting import mark_safe
from tests.payouts.notices.test_notices import notify, office
from tests.web.one_app import app_on
from tests.web.visitor import Visitor

__all__ = ["notify", "office"]
CALL = Call("The payee herself", "01234 567890", date(2026, 1, 5))
MONDAY, WEDNESDAY = date(2026, 11, 23), date(2026, 11, 25)


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def payee(office):
    """Somebody who is paid this month and can be written to."""
    with office.transaction() as session:
        first = text(
            "SELECT p.id FROM payee p JOIN award a ON a.body_id = p.body_id AND a.payee_id = p.id "
            "WHERE p.email IS NOT NULL AND a.last_day IS NULL AND p.reference LIKE 'HILF%' ORDER BY p.reference LIMIT 1"
        )
        return session.get_one(Payee, (office.harbour.body_id, session.scalars(first).one()))


@pytest.fixture
def propose(office, payee):
    """Propose a change as the page does, and return its version and how many contacts are told."""

    def proposing():
        by, at = office.person(Role.PREPARER), office.service.now()
        with office.transaction() as session:
            proposed = bank_details.propose(
                session,
                office.service.seals,
                account_id=new_id(),
                payee_id=payee.id,
                holder_name="M Changed",
                sort_code="20-29-59",
                account_number="63748472",
                roll_number="",
                came_by=CameBy.LETTER,
                by=by,
                at=at,
            )
            return proposed.id, warn(session, office.service, proposed, at=at)

    return proposing


@pytest.fixture
def add_contact(office, payee):
    def adding(channel, typed):
        with office.transaction() as session:
            return contact.add_contact(
                session,
                contact_id=new_id(),
                payee_id=payee.id,
                channel=channel,
                typed=typed,
                because="a form",
                by=office.person(Role.PREPARER),
                at=office.service.now(),
            ).id

    return adding


@pytest.fixture
def sent(notify):
    """What the simulator took, newest first."""
    return lambda: requests.get(f"{notify.url}/_sandbox/outbox", timeout=10).json()["notifications"]


@pytest.fixture
def link(office, propose, sent):
    """The version that was proposed, and the token in the message about it."""
    account_id, told = propose()
    assert told == 1
    office.work()
    return account_id, token_of(sent()[0])


def token_of(message):
    return re.search(r"/not-me/([\w-]+)", message["body"])[1]


def use(office, token):
    with office.transaction() as session:
        return warning.use_link(session, token, at=office.service.now())


def act(office, payee, operation, account_id, *, role=Role.FINANCE, by=None, **facts):
    with office.transaction() as session:
        account = get_account(session, payee.id, account_id, lock=True)
        operation(session, account, by=by or office.person(role), at=office.service.now(), **facts)


def confirm(office, payee, account_id, role=Role.FINANCE):
    def confirming(session, account, **said):
        bank_details.confirm(session, office.service.calendar, account, call=CALL, at_the_bank=(), **said)

    act(office, payee, confirming, account_id, role=role)


def in_use(office, payee, day):
    with office.transaction() as session:
        return in_use_on(session, payee.id, day).version


def test_the_payee_is_told_once_and_the_message_tells_no_stranger_anything(office, payee, propose, sent):
    account_id, told = propose()
    assert told == 1
    with office.transaction() as session:
        account = get_account(session, payee.id, account_id)
        assert warn(session, office.service, account, at=office.service.now()) == 0
    office.work()
    (message,) = sent()
    said = f"{message['subject']} {message['body']}"
    assert payee.name in said
    for secret in ("8472", "Harbour", "Independent", "Changed", payee.reference, "benefit"):
        assert secret not in said.replace("harbour.example", "")
    assert "We will never ask for your bank details or a password by email" in said


def test_nothing_that_is_kept_leads_back_to_the_link(office, owner, propose, sent):
    propose()
    with owner.connect() as connection:
        dumped = connection.scalar(text("SELECT string_agg(w::text, ' ') FROM details_warning w"))
    office.work()
    assert token_of(sent()[0]) not in dumped
    with office.transaction() as session:
        (kept,) = session.scalars(select(DetailsWarning)).all()
        assert (kept.status, kept.sealed_content) == (NoticeStatus.SENT, None)
        told = session.scalars(select(AuditEvent).where(AuditEvent.action == "bank_details.told")).one()
        assert told.facts == {"version": 2, "contacts": 1}


def test_every_contact_of_the_last_90_days_is_told_those_that_ended_too(
    office, payee, add_contact, propose, sent, clock
):
    add_contact(Channel.TEXT, "07700 900123")
    add_contact(Channel.PHONE, "01234 567890")
    long_gone = add_contact(Channel.EMAIL, "long-gone@example.org")
    end(office, payee, long_gone)
    clock.advance(days=91)
    lately = add_contact(Channel.EMAIL, "ended-lately@example.org")
    end(office, payee, lately)
    account_id, told = propose()
    assert told == 3
    office.work()
    assert {message["email_address"] or message["phone_number"] for message in sent()} == {
        payee.email, "+447700900123", "ended-lately@example.org",
    }  # fmt: skip
    with office.transaction() as session:
        account = get_account(session, payee.id, account_id)
        left = warning.left_to_people(session, account, at=office.service.now())
        assert [(one.channel, one.value) for one in left] == [(Channel.PHONE, "+441234567890")]


def end(office, payee, contact_id):
    by, at = office.person(Role.PREPARER), office.service.now()
    with office.transaction() as session:
        contact.end_contact(session, payee_id=payee.id, contact_id=contact_id, because="moved", by=by, at=at)


def test_of_a_payee_who_is_in_danger_only_the_safe_contacts_are_told(office, payee, add_contact, propose, sent):
    safe = add_contact(Channel.EMAIL, "sister@example.org")
    mark_safe(office, payee.id, [safe])
    propose()
    office.work()
    assert [message["email_address"] for message in sent()] == ["sister@example.org"]


def test_nobody_writes_to_the_dead_and_a_first_account_replaces_nothing(office, owner, payee, propose):
    hold_id = office.stop_payments(payee.id, HoldKind.DECEASED, review_on=None)
    assert propose()[1] == 0
    office.let_go_on(payee.id, hold_id)
    with owner.begin() as connection:
        connection.execute(text("UPDATE account SET rejected_by = proposed_by, rejected_at = now(), "
                                "rejected_because = 'x' WHERE version = 2"))  # fmt: skip
        connection.execute(text("UPDATE account SET confirmed_by = NULL, confirmed_at = NULL WHERE version = 1"))
    assert propose()[1] == 0


def test_without_notify_nothing_is_planned_and_nothing_fails(office, payee, propose):
    silent = replace(office.service.settings, sandbox_notify_url="")
    object.__setattr__(office.service, "settings", silent)
    assert propose()[1] == 0
    office.work()


def test_a_held_change_is_confirmed_by_nobody_until_somebody_has_looked_and_then_by_a_third(office, payee, link):
    account_id, token = link
    assert use(office, token) is Disowned.HELD
    with pytest.raises(ChangeHeld):
        confirm(office, payee, account_id)
    for role, reason, refusal in (
        (Role.PREPARER, "x", NotAllowed),
        (Role.APPROVER, " ", ReasonNotGiven),
    ):
        with pytest.raises(refusal):
            act(office, payee, disowned.let_go_on, account_id, role=role, reason=reason)
    act(office, payee, disowned.let_go_on, account_id, role=Role.APPROVER, reason="Her son pressed it")
    with pytest.raises(SamePerson):
        confirm(office, payee, account_id, Role.APPROVER)
    confirm(office, payee, account_id)
    assert in_use(office, payee, WEDNESDAY) == 2


def test_whoever_proposed_a_change_does_not_let_it_go_on_not_even_in_the_database(office, owner, payee, link):
    account_id, token = link
    use(office, token)
    both = replace(office.person(Role.PREPARER), roles=frozenset(Role))
    with pytest.raises(SamePerson):
        act(office, payee, disowned.let_go_on, account_id, by=both, reason="x")
    with pytest.raises(DBAPIError, match="looked"), owner.begin() as connection:
        connection.execute(
            text(
                "UPDATE account SET looked_by = proposed_by, looked_at = now(), looked_because = 'x' WHERE version = 2"
            )
        )


def test_a_change_that_cools_off_is_held_too_and_used_only_once_it_was_looked_into(office, payee, link, clock):
    account_id, token = link
    confirm(office, payee, account_id)
    assert use(office, token) is Disowned.HELD
    with office.transaction() as session:
        account = get_account(session, payee.id, account_id)
        assert state_on(account, in_use_on(session, payee.id, MONDAY), MONDAY) is State.HELD
    clock.advance(days=4)
    assert in_use(office, payee, date(2026, 11, 27)) == 1
    with pytest.raises((ChangeHeld, NotNow)):
        act(office, payee, bank_details.waive, account_id, role=Role.APPROVER, reason="Rent")
    act(office, payee, disowned.let_go_on, account_id, role=Role.APPROVER, reason="Spoke to her")
    assert in_use(office, payee, date(2026, 11, 26)) == 1, "what was not in use then does not become so afterwards"
    assert in_use(office, payee, date(2026, 11, 27)) == 2


def test_a_payroll_that_was_built_before_the_hold_pays_nobody_into_the_new_account(office, payee, link):
    account_id, token = link
    with office.transaction() as session:
        account = get_account(session, payee.id, account_id, lock=True)
        bank_details.confirm(
            session,
            office.service.calendar,
            account,
            call=CALL,
            at_the_bank=(),
            waive_because=None,
            by=office.person(Role.FINANCE),
            at=office.service.now(),
        )
        account.usable_from = WEDNESDAY
    payroll_id = office.create(date(2026, 11, 27))
    office.work(leave="notices.send")
    with office.transaction() as session:
        paid = session.scalars(select(Payment.account_id).where(Payment.payee_id == payee.id)).all()
    assert paid == [account_id]
    office.accept_findings(payroll_id)
    office.seal(payroll_id)
    office.decide_all(payroll_id, upto=3)
    use(office, token)
    with pytest.raises((ReleaseRefused, PaymentsStopped)):
        office.decide(payroll_id, 4, by=office.person(Role.RELEASER))


def test_a_change_in_use_is_not_taken_back_by_a_link_and_waits_for_a_person(office, payee, link, clock):
    account_id, token = link
    confirm(office, payee, account_id)
    clock.advance(days=3)
    assert use(office, token) is Disowned.IN_USE_ALREADY
    assert in_use(office, payee, date(2026, 11, 26)) == 2
    with office.transaction() as session:
        assert [found.account.id for found in disowned.waiting(session)] == [account_id]
    act(office, payee, disowned.let_go_on, account_id, role=Role.APPROVER, reason="Spoke to her")
    with office.transaction() as session:
        assert disowned.waiting(session) == []


@pytest.mark.parametrize("days", [31, None])
def test_a_link_works_once_and_for_a_month(office, payee, link, clock, days):
    _, token = link
    if days:
        clock.advance(days=days)
    else:
        assert use(office, token) is Disowned.HELD
    assert use(office, token) is None


def test_a_link_to_a_change_that_was_rejected_does_nothing(office, payee, link):
    account_id, token = link
    act(office, payee, bank_details.reject, account_id, reason="mistyped")
    assert use(office, token) is Disowned.OVER
    with office.transaction() as session:
        assert accounts_of(session, payee.id)[0].disowned_at is None


@pytest.fixture
def stranger(office):
    return Visitor(app_on(office.service).test_client())


def press(stranger, token):
    stranger.get(f"/not-me/{token}")
    return stranger.press("This was not me: hold it")


def test_whoever_got_the_link_holds_the_change_without_an_account(office, payee, link, stranger):
    account_id, token = link
    page = stranger.get(f"/not-me/{token}")
    with office.transaction() as session:
        assert not get_account(session, payee.id, account_id).held_back, "a mail program that opens links holds nothing"
    for secret in (payee.name, payee.reference, "Harbour", "8472"):
        assert secret not in page.response.get_data(as_text=True)
    assert press(stranger, token).h1 == "Thank you"
    with office.transaction() as session:
        assert get_account(session, payee.id, account_id).held_back


def test_a_link_that_is_made_up_looks_like_any_other_until_too_many_were_tried(link, stranger):
    _, token = link
    known, made_up = (stranger.get(f"/not-me/{one}") for one in (token, "made-up"))
    assert re.sub(r'value="[^"]+"|/not-me/[\w-]+', "", known.response.text) == re.sub(
        r'value="[^"]+"|/not-me/[\w-]+', "", made_up.response.text
    )
    answers = [press(stranger, f"made-up-{number}").h1 for number in range(6)]
    assert answers[0] == "Thank you"
    assert answers[-1] == "Try again later"
    assert press(stranger, token).h1 == "Thank you", "who has a true link is never slowed down"


def test_a_form_without_its_token_holds_nothing(office, payee, link, stranger):
    account_id, token = link
    assert stranger.client.post(f"/not-me/{token}", data={}).status_code in (400, 403)
    with office.transaction() as session:
        assert session.scalars(select(Account.held_back).where(Account.id == account_id)).one() is False


def test_an_erased_payee_is_not_written_to(office, owner, payee, propose, sent):
    propose()
    with owner.begin() as connection:
        connection.execute(text("UPDATE sealing_key SET wrapped = NULL WHERE id = :id"), {"id": payee.key_id})
    office.work()
    assert sent() == []
    with office.transaction() as session:
        kept = session.scalars(select(DetailsWarning)).one()
        assert (kept.status, kept.sealed_content) == (NoticeStatus.HELD_BACK, None)
        assert session.scalars(select(Contact.id).where(Contact.id == kept.contact_id)).one()
    assert timedelta(days=30) == kept.expires_at - kept.made_at

"""The home page: what it tells whom, and what somebody has seen of what others did."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from payouts.last_look import LastLook
from payouts.tasks.outbox import Task, TaskState
from schemes.audit import seal_chain
from schemes.person import Role


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def link(office):
    """What the clock does: what happened gets its place in the chain."""

    def all_that_happened():
        with office.transaction() as session:
            while seal_chain(session, office.harbour.body_id):
                pass

    return all_that_happened


def test_what_others_did_is_told_until_somebody_says_that_they_have_seen_it(signed_in, office, sealed, link):
    link()
    finance = signed_in(Role.FINANCE)
    told = finance.get("/").table("since")
    assert any(who == office.person(Role.PREPARER).name for _, who, _ in told)
    assert not any(who == office.person(Role.FINANCE).name for _, who, _ in told), "nobody is told what they did"
    done = [what for _, _, what in told]
    assert any(what.startswith("Accepted findings (One account for several payees: ") for what in done), done
    assert any(what.startswith("Created payroll 1 See it") for what in done), done
    page = finance.get("/")
    office.decide_all(sealed.payroll_id, upto=1)
    link()
    page = finance.press("I have seen this")
    assert page.table("since")[0][2].startswith("Said go"), "this was not on the page yet"
    page = finance.press("I have seen this")
    assert "Nobody else did anything since you last looked" in page.text
    assert signed_in(Role.APPROVER).get("/").table("since"), "each has their own"


def test_an_older_page_takes_nothing_back(signed_in, office, link):
    link()
    finance = signed_in(Role.FINANCE)
    older = finance.get("/")
    finance.press("I have seen this")
    finance.page = older
    finance.press("I have seen this", position="1")
    assert "Nobody else did anything" in finance.get("/").text
    finance.page = older
    finance.press("I have seen this", position=str(2**62))
    with office.transaction() as session:
        [kept] = session.scalars(select(LastLook)).all()
    assert kept.position < 10_000, "nobody has seen what is to come"


def test_the_next_payrolls_stand_there_with_who_is_next_and_the_time_that_is_left(signed_in, harbour, clock):
    page = signed_in(Role.FINANCE).get("/")
    [pay_date, status, who, left] = page.table("coming")[0]
    assert "payroll 1" in pay_date
    assert (status, who) == ("At the gates", harbour.people[Role.PREPARER].name)
    assert "left" in left
    assert signed_in(Role.PREPARER).get("/").table("coming")[0][2] == "You"
    clock.advance(days=3)
    assert "Too late" in signed_in(Role.FINANCE).get("/").table("coming")[0][3]


def test_what_is_late_or_odd_is_told_to_an_auditor_too_and_not_to_enquiries(signed_in, office, clock):
    assert "had to be with the bank" not in signed_in(Role.AUDITOR).get("/").text
    clock.advance(days=3)
    with office.transaction() as session:
        task = session.scalars(select(Task).limit(1)).one()
        task.state, task.error = TaskState.STOPPED, "KeyMissing: of J BLOGGS"
    page = signed_in(Role.AUDITOR).get("/")
    assert page.h1 == "What happens here"
    assert "The files of payroll 1 had to be with the bank by" in page.text
    assert "1 piece of the service’s own work failed again and again" in page.text
    assert "BLOGGS" not in page.text
    clerk = signed_in(Role.ENQUIRY).get("/")
    assert clerk.h1 == "Find a payee or a payment"
    assert "late or odd" not in clerk.text
    assert clerk.table("payrolls")

"""Somebody new at a browser: from signing up to a first payroll that the bank has answered, alone in a sandbox."""

from __future__ import annotations

import re
from dataclasses import replace

import pyotp
import pytest
from sqlalchemy import select

from payouts.demo.harbour import Harbour
from schemes import before_body
from schemes.body import Body
from schemes.person import Role
from tests.office import Office
from tests.web.one_app import app_on
from tests.web.visitor import Visitor, text_of

PASSWORD = "kettle bicycle quarry"
ASKED = {"name": "Nia Newcomer", "email": "nia@new.example", "body_name": "Newcomers & Sons"}


@pytest.fixture
def open_app(service):
    """The app of an installation on which anybody may sign up."""
    return app_on(replace(service, settings=replace(service.settings, sign_up=True)))


@pytest.fixture
def newcomer(open_app):
    return Visitor(open_app.test_client())


class Newcomer:
    """Somebody who signed up, with the workers of their sandbox."""

    def __init__(self, visitor: Visitor, service, clock) -> None:
        self.visitor, self.service, self.clock = visitor, service, clock
        self.client = visitor.client

    def set_up(self) -> None:
        visitor = self.visitor
        visitor.get("/sign-up")
        visitor.get(visitor.press("Send me the link", **ASKED).link("Set up your account"))
        secret = text_of(visitor.page.soup.select_one(".govuk-details__text strong")).replace(" ", "")
        code = pyotp.TOTP(secret).at(self.clock())
        visitor.get(visitor.press("Set up the account", password=PASSWORD, code=code).link("Continue"))
        with self.service.transaction(None) as session:
            person = before_body.person_of_email(session, ASKED["email"])
            body_id = before_body.memberships_of(session, person.id)[0].body_id
        self.office = Office(self.service, Harbour(body_id, body_id, {}, {}))

    def next(self) -> list[str]:
        """What the list has still to do, having done the work of the workers."""
        self.office.work(leave="staff.send")
        page = self.visitor.get("/first-payroll")
        return [name for name, status in page.steps.items() if status in ("Not yet started", "In progress")]

    def code(self) -> str:
        """The code of the colleague as whom one works, from the page beside the field."""
        self.clock.advance(seconds=31)
        here = self.visitor.page
        page = self.visitor.get("/practice")
        row = next(row for row in page.table("colleagues") if row[-1] == "You work as them")
        self.visitor.page = here
        return row[3]


@pytest.fixture
def somebody_new(newcomer, service, clock):
    found = Newcomer(newcomer, service, clock)
    found.set_up()
    return found


def test_somebody_alone_gets_from_signing_up_to_the_banks_word(somebody_new, service):
    me = somebody_new.visitor
    assert me.page.h1 == "Your first payroll"
    me.press("Set the sandbox up")
    assert somebody_new.next() == ["Define a scheme"]
    me.press("Begin with the example")
    me.get(me.page.link("Check your answers"))
    me.press("Propose it to a second person", reason="To begin with")
    assert somebody_new.next() == ["Define a scheme"]
    me.press("Work as Ada Administrator and go on")
    assert "a practice colleague" in text_of(me.page.soup.select_one(".app-works-as"))
    me.press("Save the decision", decision="confirm", code=somebody_new.code())
    assert me.page.done == ["You confirmed the change"], me.page.errors
    me.press("Go back to being yourself")

    assert somebody_new.next() == ["Bring payees in"]
    me.get(me.page.link("Bring made-up payees in"))
    me.press("Bring them in", people="60")
    assert somebody_new.next() == ["Bring payees in"]
    me.get(me.page.link("Go on"))
    me.press("Continue", decision="keep")
    assert somebody_new.next() == ["Confirm the bank details"]
    me.press("Work as Ada Administrator and go on")
    me.press("Confirm bank details")
    me.press("Go back to being yourself")

    assert somebody_new.next()[0].startswith("Rehearse")
    me.get(me.page.link("Go on"))
    me.press("Create the payroll")
    payroll = me.page.response.request.path
    somebody_new.next()
    accept_everything(me, payroll)
    me.get(payroll)
    me.press("Build the files")
    for name in ("", "Femi Finance", "Ailsa Approver", "Rhys Releaser"):
        assert somebody_new.next() == ["Go through the gates"]
        decide(somebody_new, payroll, name)
    assert somebody_new.next() == ["Hand the file over"]


def accept_everything(me, payroll):
    page = me.get(f"{payroll}/checks")
    for address in [a["href"] for a in page.soup.select(f"a[href^='{payroll}/checks/']")]:
        page = me.get(address)
        one_by_one = [a["href"] for a in page.soup.select(f"a[href^='{payroll}/findings/']")]
        page = me.get(one_by_one[0]) if one_by_one else page
        while me.page.has_button("Accept"):
            me.press("Accept", reason="Looked at it with the papers")


def decide(somebody_new, payroll, name):
    """Say go at the gate that waits, as oneself or as a colleague."""
    me = somebody_new.visitor
    if name:
        me.press(f"Work as {name} and go on")
    me.get(next(a["href"] for a in me.get(payroll).soup.select(f"main a[href^='{payroll}/gates/']")))
    gate = me.page.response.request.path
    while me.page.has_button("Open the next one"):
        me.press("Open the next one")
    me.get(gate)
    if name:
        code = somebody_new.code()
    else:
        somebody_new.clock.advance(seconds=31)
        code = own_code(somebody_new)
    page = me.press("Sign the decision", verdict="go", evidence="Treasury T-1", code=code)
    assert not page.errors
    if name:
        me.press("Go back to being yourself")


def own_code(somebody_new):
    """What the newcomer's own authenticator app shows."""
    service = somebody_new.service
    with service.transaction(None) as session:
        person = before_body.person_of_email(session, ASKED["email"])
    place = f"person/{person.id}/code_secret".encode()
    secret = service.seals.ring.unwrap(person.code_ring_key_id, person.code_secret, place).decode()
    return pyotp.TOTP(secret).at(somebody_new.clock())


def test_practice_colleagues_are_shown_to_their_sandbox_alone(somebody_new, app, service):
    me = somebody_new.visitor
    me.press("Set the sandbox up")
    codes = [row[3] for row in me.get("/practice").table("colleagues")]
    assert len(codes) == 4
    assert all(re.fullmatch(r"\d{6}", code) for code in codes)
    public = Visitor(app.test_client()).get("/sign-in").response.get_data(as_text=True)
    assert not [code for code in codes if code in public], "the demo's own page shows the demo's people only"
    assert "practice.invalid" not in public
    follow = Visitor(app.test_client()).get("/follow").response.get_data(as_text=True)
    assert "Newcomers" not in follow, "a sandbox somebody made for themselves is named to nobody"


def test_signing_out_as_a_colleague_signs_oneself_out_too(somebody_new):
    me = somebody_new.visitor
    me.press("Set the sandbox up")
    me.get("/practice")
    with me.client.session_transaction() as cookie:
        own = cookie["token"]
    me.press("Work as Ada", next="/first-payroll")
    assert me.page.h1 == "Your first payroll"
    me.press("Sign out")
    with me.client.session_transaction() as cookie:
        cookie["token"] = own
    assert me.get("/").h1 == "Sign in"


def test_an_address_with_an_account_is_answered_like_any_other(somebody_new, open_app):
    known, unknown = (Visitor(open_app.test_client()) for _ in range(2))
    answers = []
    for person, email in ((known, ASKED["email"]), (unknown, "nobody@new.example")):
        person.get("/sign-up")
        page = person.press("Send me the link", **{**ASKED, "email": email})
        answers.append(re.sub(r"/invitations/\S+|csrf\S+|value=\S+", "", page.response.get_data(as_text=True)))
    assert answers[0] == answers[1]
    assert known.get(known.page.link("Set up your account")).text.count("There is an account with this email") == 1


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"email": "nobody"}, "Enter an email address"),
        ({"body_name": "win at www.example.com"}, "Enter a name of at most 60"),
        ({"body_name": "go to https://x"}, "Enter a name of at most 60"),
        ({"name": ""}, "Enter your name"),
    ],
)
def test_what_does_not_fit_is_told_beside_its_field_and_makes_nothing(newcomer, service, owner, changes, error):
    newcomer.get("/sign-up")
    page = newcomer.press("Send me the link", **{**ASKED, **changes})
    assert page.errors[0].startswith(error)
    with owner.connect() as connection:
        assert connection.scalars(select(Body.id)).all() == []


def test_nobody_signs_up_where_it_is_closed(app, visitor, owner):
    assert visitor.get("/sign-up").status == 403
    assert "Make a sandbox" not in visitor.get("/sign-in").text
    visitor.client.post("/sign-up", data=ASKED)
    with owner.connect() as connection:
        assert connection.scalars(select(Body.id)).all() == []


def test_a_live_body_has_no_practice_and_the_same_list(service, harbour, owner, signed_in):
    with owner.begin() as connection:
        connection.execute(Body.__table__.update().values(kind="live"))
    administrator = signed_in(Role.ADMINISTRATOR)
    assert administrator.get("/practice").status == 404
    page = administrator.get("/first-payroll")
    assert page.steps["Bring payees in"] == "Not yet started"
    assert not page.has_button("Set the sandbox up")

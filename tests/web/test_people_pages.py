"""People come, change and go, as administrators and those concerned see it in the browser."""

from __future__ import annotations

import json
import re

import pyotp
import pytest
from sqlalchemy import select

from payouts.demo.harbour import seed
from payouts.notices.staff import StaffEvent, StaffMessage
from schemes.person import Membership, Person, Role
from schemes.seal import get_key
from tests.web.visitor import Visitor, text_of

PASSWORD = "kettle bicycle quarry"


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def messages(service, harbour):
    """What waits to be sent to the people of the body: event, address and text, oldest first."""

    def run(body_id=None):
        with service.transaction(body_id or harbour.body_id) as session:
            found = []
            for message in session.scalars(select(StaffMessage).order_by(StaffMessage.id)):
                key = service.seals.open_row(get_key(session, message.body_id, message.key_id))
                content = json.loads(key.open(message.sealed_content, "staff_message", message.id))
                found.append((message.event, content["email"], content["text"]))
            return found

    return run


@pytest.fixture
def link(messages):
    """The path of the last link that was sent."""
    return lambda: [found[1] for _, _, text in messages() if (found := re.search(r"https?://[^/]+(/\S+)", text))][-1]


@pytest.fixture
def administrator(signed_in):
    return signed_in(Role.ADMINISTRATOR)


@pytest.fixture
def confirm(signed_in):
    """The approver confirms the change that waits."""

    def run(title):
        approver = signed_in(Role.APPROVER)
        approver.get(approver.get("/changes").link(title))
        page = approver.press("Save the decision", decision="confirm", code=approver.code())
        assert page.done == ["You confirmed the change"], page.errors
        return approver

    return run


@pytest.fixture
def invite(administrator):
    def run(**changes):
        administrator.get("/people/invite")
        who = {"name": "Nia Newcomer", "email": "Nia@New.example", "reason": "cover"}
        filled = {**who, "roles": ["releaser"], "reach": "all"}
        return administrator.press("Propose the invitation", **{**filled, **changes})

    return run


def secret_on(page):
    return text_of(page.soup.select_one(".govuk-details__text strong")).replace(" ", "")


def set_up(visitor, address, clock, **changes):
    page = visitor.get(address)
    filled = {"name": "Nia Newcomer", "password": PASSWORD, "code": pyotp.TOTP(secret_on(page)).at(clock())}
    return visitor.press("Set up the account", **{**filled, **changes})


def people_listed(page):
    return {row[0]: row[1:3] for row in page.table("people")}


def test_somebody_invited_sets_up_an_account_and_works(
    administrator, invite, confirm, link, visitor, clock, app, harbour
):
    assert invite().done
    confirm("Invitation of Nia Newcomer")
    assert administrator.get("/people").table("invitations")[0][2].startswith("Sent")
    address = link()
    page = set_up(visitor, address, clock)
    assert page.h1 == "Your account is set up"
    codes = [text_of(code) for code in page.soup.select(".app-codes code")]
    assert len(set(codes)) == 10
    assert visitor.get("/").h1 == "What waits for you", "signed in without another password"
    assert "releaser" in text_of(visitor.page.soup.select_one(".app-header__person"))
    assert people_listed(administrator.get("/people"))["Nia Newcomer nia@new.example"][0] == "releaser"
    clock.advance(minutes=2)
    again = Visitor(app.test_client())
    assert again.get(address).status == 410, "a link works once"
    again.get("/sign-in")
    assert again.press("Sign in", email="nia@new.example", password=PASSWORD, code=codes[0]).h1 == "What waits for you"
    third = Visitor(app.test_client())
    third.get("/sign-in")
    assert third.press("Sign in", email="nia@new.example", password=PASSWORD, code=codes[0]).errors, (
        "each code works once"
    )


def test_a_recovery_code_that_was_used_is_told_by_email(invite, confirm, link, visitor, clock, messages, app):
    invite()
    confirm("Invitation of Nia")
    page = set_up(visitor, link(), clock)
    code = text_of(page.soup.select_one(".app-codes code"))
    later = Visitor(app.test_client())
    later.get("/sign-in")
    # as it is read from paper
    later.press("Sign in", email="nia@new.example", password=PASSWORD, code=code.upper().replace("-", " "))
    event, email, text = messages()[-1]
    assert (event, email) == (StaffEvent.RECOVERY_CODE_USED, "nia@new.example")
    assert "left: 9" in text
    assert code not in text


def test_nothing_is_sent_before_a_second_person_has_confirmed(administrator, invite, messages):
    invite()
    assert messages() == []
    administrator.get(administrator.get("/changes").link("Invitation of Nia"))
    assert administrator.page.text.count("Confirm the change") == 0, "nobody confirms their own proposal"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"email": "nobody"}, "Enter an email address, like name@example.gov.uk"),
        ({"email": "priya@harbour.example"}, "Somebody with this email address is in your body already"),
        ({"roles": []}, "Choose at least one role"),
        ({"reach": "some"}, "Choose the schemes"),
        ({"roles": ["auditor", "approver"], "name": " "}, "Enter their name"),
    ],
)
def test_an_invitation_that_cannot_be_is_told_beside_its_field(invite, changes, error):
    page = invite(**changes)
    assert page.status == 422
    assert any(said.startswith(error) for said in page.errors), page.errors


def test_the_same_address_is_invited_once(invite):
    invite()
    assert invite().errors == ["An invitation to this email address is open, or waits for a second person"]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"password": "password1234"}, "This password is easily guessed"),
        ({"password": "nia@new.example"}, "This password is easily guessed"),
        ({"password": "too short"}, "Use at least 12 characters"),
        ({"code": "000000"}, "The code does not fit the QR code"),
        ({"name": ""}, "Enter your name"),
    ],
)
def test_an_account_is_not_set_up_by_halves_and_the_qr_code_stays(
    invite, confirm, link, visitor, clock, changes, error
):
    invite()
    confirm("Invitation of Nia")
    address = link()
    shown = secret_on(visitor.get(address))
    filled = {"name": "Nia", "password": PASSWORD, "code": pyotp.TOTP(shown).at(clock())}
    page = visitor.press("Set up the account", **{**filled, **changes})
    assert any(said.startswith(error) for said in page.errors), page.errors
    assert secret_on(page) == shown
    assert visitor.press("Set up the account", **filled).h1 == "Your account is set up"


def test_an_invitation_ends_after_a_week_when_withdrawn_and_when_sent_again(
    administrator, invite, confirm, link, visitor, clock
):
    invite()
    confirm("Invitation of Nia")
    first = link()
    administrator.get("/people")
    administrator.press("Send again")
    assert visitor.get(first).status == 410
    second = link()
    assert visitor.get(second).status == 200
    clock.advance(days=6, hours=23)
    assert visitor.get(second).status == 200
    clock.advance(hours=2)
    assert visitor.get(second).status == 410


def test_a_withdrawn_invitation_leads_nowhere(administrator, invite, confirm, link, visitor):
    invite()
    confirm("Invitation of Nia")
    administrator.get("/people")
    page = administrator.press("Withdraw")
    assert page.table("invitations")[0][2].startswith("Withdrawn By Ada")
    assert visitor.get(link()).status == 410


def test_a_link_that_nobody_sent_says_what_to_do(visitor):
    page = visitor.get("/invitations/of-nobody")
    assert (page.status, page.h1) == (410, "This link works no more")
    assert visitor.get("/resets/of-nobody").status == 410


def test_somebody_from_another_body_keeps_their_account_and_only_accepts(
    service, invite, confirm, link, app, clock, administrator
):
    other = seed(service, name="Neighbour", domain="neighbour.example")
    stranger = other.people[Role.APPROVER]
    invite(name="Nobody in particular", email=stranger.email, roles=["approver"])
    confirm("Invitation of Nobody in particular")
    address = link()
    somebody_else = administrator.get(address)
    assert "You are signed in as ada@harbour.example" in somebody_else.text
    assert not somebody_else.has_button("Accept")
    theirs = Visitor(app.test_client())
    theirs.get(theirs.get(address).link("Sign in"))
    page = theirs.press(
        "Sign in",
        email=stranger.email,
        password="a lamp in the harbour",
        code=pyotp.TOTP(other.code_secrets[Role.APPROVER]).at(clock()),
    )
    assert page.h1.startswith("Join Harbour")
    assert theirs.press("Accept the invitation").done == ["You work with Harbour Independent Living Fund now"]
    listed = people_listed(administrator.get("/people"))
    assert "Decides from" in listed[f"{stranger.name} {stranger.email}"][0], "a new approver waits"


def change_roles(administrator, harbour, role, **filled):
    administrator.get(f"/people/{harbour.people[role].person_id}/roles")
    filled = {"roles": ["approver"], "reach": "all", "reason": "cover", **filled}
    return administrator.press("Propose the change", **filled)


def test_a_changed_role_counts_once_confirmed_and_a_new_approver_decides_a_day_later(
    administrator, harbour, confirm, messages, clock, office, sealed, signed_in
):
    office.decide_all(sealed.payroll_id, upto=2)
    change_roles(administrator, harbour, Role.AUDITOR)
    assert people_listed(administrator.get("/people"))["Arun Auditor arun@harbour.example"][0] == "auditor"
    confirm("Roles of Arun Auditor")
    assert people_listed(administrator.get("/people"))["Arun Auditor arun@harbour.example"][0].startswith(
        "approver Decides from"
    )
    told = [(event, email) for event, email, _ in messages()]
    assert told == [
        (StaffEvent.NEW_APPROVER, "ailsa@harbour.example"),
        (StaffEvent.NEW_APPROVER, "arun@harbour.example"),
    ]
    arun = signed_in(Role.AUDITOR)
    address = f"/payrolls/{sealed.payroll_id}"
    arun.get(arun.get(address).link("Decide"))
    assert "You can say go from" in arun.page.text


def test_a_role_for_one_scheme_is_shown_with_its_code_and_kept(administrator, harbour, confirm, service):
    change_roles(administrator, harbour, Role.RELEASER, roles=["releaser", "auditor"], reach="some", schemes=["HIL"])
    confirm("Roles of Rhys Releaser")
    assert (
        people_listed(administrator.get("/people"))["Rhys Releaser rhys@harbour.example"][0]
        == "releaser (HIL only), auditor"
    )
    with service.transaction(harbour.body_id) as session:
        held = select(Membership.role, Membership.scheme_id).where(
            Membership.person_id == harbour.people[Role.RELEASER].person_id, Membership.ended_at.is_(None)
        )
        assert set(session.execute(held).all()) == {(Role.RELEASER, harbour.scheme_id), (Role.AUDITOR, None)}


def test_nobody_changes_or_confirms_their_own_roles(administrator, harbour, signed_in):
    page = administrator.get(f"/people/{harbour.people[Role.ADMINISTRATOR].person_id}/roles")
    assert "Nobody changes their own roles" in page.text
    assert not page.has_button("Propose")
    change_roles(administrator, harbour, Role.APPROVER, roles=["administrator"])
    ailsa = signed_in(Role.APPROVER)
    ailsa.get(ailsa.get("/changes").link("Roles of Ailsa"))
    page = ailsa.press("Save the decision", decision="confirm", code=ailsa.code())
    assert page.errors == ["You are the one whom it concerns, so someone else must do this"]


def test_whoever_is_removed_is_out_at_once_and_their_name_stays(administrator, harbour, signed_in):
    priya = signed_in(Role.PREPARER)
    administrator.get(f"/people/{harbour.people[Role.PREPARER].person_id}/remove")
    page = administrator.press("Remove this person")
    assert page.done == ["You removed Priya Preparer. They are signed out everywhere"]
    assert "Priya Preparer" not in " ".join(people_listed(page))
    assert priya.get("/payees").h1 == "Sign in"
    trail = " ".join(" ".join(row) for row in administrator.get("/audit").table("events"))
    assert "Priya Preparer" in trail


def test_whoever_lost_their_codes_sets_them_anew_and_decides_a_day_later(
    administrator, harbour, confirm, messages, link, visitor, clock, app, office, sealed, signed_in, service
):
    office.decide_all(sealed.payroll_id, upto=2)
    femi = signed_in(Role.FINANCE)
    administrator.get(f"/people/{harbour.people[Role.FINANCE].person_id}/reset")
    administrator.press("Propose the reset", reason="called on the number in her contract")
    assert femi.get("/").h1 == "What waits for you", "nothing happens before the second person"
    confirm("New password and codes for Femi")
    assert femi.get("/").h1 == "Sign in"
    assert [(event, email) for event, email, _ in messages()] == [
        (StaffEvent.RESET_LINK, "femi@harbour.example"),
        (StaffEvent.RESET_CONFIRMED, "ailsa@harbour.example"),
    ]
    address = re.search(r"(/resets/\S+)", messages()[0][2])[1]
    page = visitor.get(address)
    secret = secret_on(page)
    done = visitor.press("Set the new password", password=PASSWORD, code=pyotp.TOTP(secret).at(clock()))
    assert done.h1 == "Your password and codes are new"
    assert visitor.get(address).status == 410
    clock.advance(minutes=1)
    visitor.get("/sign-in")
    old = {"email": "femi@harbour.example", "password": "a lamp in the harbour"}
    assert visitor.press("Sign in", **old, code=pyotp.TOTP(secret).at(clock())).errors
    clock.advance(minutes=1)
    visitor.press("Sign in", email=old["email"], password=PASSWORD, code=pyotp.TOTP(secret).at(clock()))
    assert visitor.page.h1 == "What waits for you"
    with service.transaction(harbour.body_id) as session:
        femi = session.get_one(Person, harbour.people[Role.FINANCE].person_id)
        assert femi.may_decide_from is not None


def test_the_link_of_a_reset_works_for_a_day(administrator, harbour, confirm, messages, visitor, clock):
    administrator.get(f"/people/{harbour.people[Role.FINANCE].person_id}/reset")
    administrator.press("Propose the reset", reason="telephone stolen")
    confirm("New password and codes for Femi")
    address = re.search(r"(/resets/\S+)", messages()[0][2])[1]
    clock.advance(hours=23)
    assert visitor.get(address).status == 200
    clock.advance(hours=2)
    assert visitor.get(address).status == 410


@pytest.mark.parametrize(
    ("address", "button"),
    [
        ("/people/invite", "Propose the invitation"),
        ("/absences/appoint", "Propose it to a second person"),
    ],
)
def test_the_summary_names_the_fields_in_the_order_of_the_page(signed_in, address, button):
    administrator = signed_in(Role.ADMINISTRATOR)
    administrator.get(address)
    page = administrator.press(button)
    told = [link["href"][1:] for link in page.soup.select(".govuk-error-summary a")]
    assert len(told) > 1
    assert told == [tag["id"] for tag in page.soup.find_all(id=told)]

import base64
import hashlib
from dataclasses import replace

import pytest
from sqlalchemy import text

from payouts.app import create_app
from payouts.demo.harbour import NAME, seed
from payouts.web.security import TEMPLATE_SCRIPT
from schemes.person import DEMO_PASSWORD, Role
from tests.web.visitor import Page, Visitor


@pytest.fixture
def start(seeded):
    return seeded


def try_to_sign_in(visitor: Visitor, harbour, code: str, password: str = DEMO_PASSWORD) -> Page:
    visitor.get("/sign-in")
    return visitor.press("Sign in", email=harbour.people[Role.PREPARER].email, password=password, code=code)


def test_whoever_is_signed_out_signs_in_and_comes_back_to_the_page_they_wanted(visitor, harbour, code_of):
    page = visitor.get("/payees?search=PROV")
    assert page.h1 == "Sign in"
    page = visitor.press(
        "Sign in", email=harbour.people[Role.FINANCE].email, password=DEMO_PASSWORD, code=code_of(Role.FINANCE)
    )
    assert page.h1 == "Payees"
    assert page.response.request.query_string == b"search=PROV"


def test_a_way_to_another_site_is_not_followed_after_signing_in(visitor, harbour, code_of):
    visitor.get("/sign-in?next=//evil.example/")
    page = visitor.press(
        "Sign in",
        email=harbour.people[Role.FINANCE].email,
        password=DEMO_PASSWORD,
        code=code_of(Role.FINANCE),
        next="//evil.example/",
    )
    assert page.h1 == "What waits for you"


def test_a_code_may_be_pasted_with_spaces_and_the_address_in_capitals(visitor, harbour, code_of):
    code = code_of(Role.PREPARER)
    visitor.get("/sign-in")
    page = visitor.press(
        "Sign in",
        email=f" {harbour.people[Role.PREPARER].email.upper()} ",
        password=DEMO_PASSWORD,
        code=f" {code[:3]} {code[3:]} ",
    )
    assert page.h1 == "What waits for you"


@pytest.mark.parametrize("wrong", ["password", "code", "email"])
def test_what_was_wrong_is_not_told(visitor, harbour, code_of, wrong):
    given = {"email": harbour.people[Role.PREPARER].email, "password": DEMO_PASSWORD, "code": code_of(Role.PREPARER)}
    visitor.get("/sign-in")
    page = visitor.press("Sign in", **{**given, wrong: "nobody@example.org" if wrong == "email" else "000000"})
    assert page.status == 422
    assert page.title.startswith("Error: Sign in")
    assert page.errors == [
        "Check your email address, password and code. One of them is wrong, or the code was used already"
    ]
    assert "value" not in page.soup.find(id="password").attrs


def test_an_empty_form_names_each_field(visitor, harbour):
    visitor.get("/sign-in")
    assert visitor.press("Sign in").errors == [
        "Enter your email address",
        "Enter your password",
        "Enter your one-time code",
    ]


def test_guesses_are_slowed_and_then_locked_out_with_the_time_to_wait(visitor, harbour, clock, code_of):
    told = []
    for _ in range(30):
        page = try_to_sign_in(visitor, harbour, "000000")
        told.append(page.errors[0])
        if "slowed" in page.errors[0]:
            clock.advance(minutes=5)
        if "locked" in page.errors[0]:
            break
    assert any("slowed down after 4 wrong tries. Wait 2 seconds" in words for words in told)
    assert "locked after 10 wrong tries. Wait 15 minutes" in told[-1]
    assert "locked" in try_to_sign_in(visitor, harbour, code_of(Role.PREPARER)).errors[0]
    clock.advance(minutes=16)
    assert try_to_sign_in(visitor, harbour, code_of(Role.PREPARER)).h1 == "What waits for you"


def test_a_demo_shows_its_people_and_their_codes(visitor, harbour, code_of):
    page = visitor.get("/sign-in")
    people = {row[0]: row[-1] for row in page.table("demo-people")}
    assert people[harbour.people[Role.APPROVER].name] == code_of(Role.APPROVER)
    assert visitor.get("/demo/codes").table("demo-people") == page.table("demo-people")


def test_a_real_installation_shows_nobody(make_settings, service, harbour):
    app = create_app(replace(service, settings=make_settings(demo=False)))
    visitor = Visitor(app.test_client())
    assert DEMO_PASSWORD not in visitor.get("/sign-in").text
    assert visitor.get("/demo/codes").status == 404


def test_signing_out_ends_the_session_for_a_copied_cookie_too(preparer, app):
    cookie = preparer.client.get_cookie("payouts")
    preparer.get("/")
    assert preparer.press("Sign out").h1 == "You have signed out"
    thief = Visitor(app.test_client())
    thief.client.set_cookie("payouts", cookie.value)
    assert thief.get("/payees").h1 == "Sign in"


def test_an_hour_without_a_click_ends_the_session(preparer, clock):
    clock.advance(minutes=59)
    assert preparer.get("/payees").h1 == "Payees"
    clock.advance(minutes=61)
    assert preparer.get("/payees").h1 == "Sign in"


def test_whoever_sends_a_form_after_their_session_ended_comes_back_to_its_page(preparer, clock, harbour):
    address = f"/schemes/{harbour.scheme_id}/payrolls/new"
    preparer.get(address)
    clock.advance(hours=2)
    token = preparer.page.soup.find("input", attrs={"name": "csrf_token"})["value"]
    answer = preparer.client.post(
        address, data={"csrf_token": token}, headers={"Referer": f"http://localhost{address}"}
    )
    assert answer.location == f"/sign-in?next={address}&ended=1"


def test_a_person_of_two_bodies_chooses_one_and_can_change(visitor, service, harbour, owner, code_of):
    priya = harbour.people[Role.PREPARER]
    neighbour = seed(service, name="Neighbour", domain="neighbour.example")
    with owner.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO membership (body_id, id, person_id, role, given_at) "
                "VALUES (:body, uuidv7(), :person, :role, now())"
            ),
            {"body": neighbour.body_id, "person": priya.person_id, "role": Role.APPROVER.value},
        )
    visitor.get("/payees")
    page = visitor.press("Sign in", email=priya.email, password=DEMO_PASSWORD, code=code_of(Role.PREPARER))
    assert page.h1 == "Which body do you want to work in?"
    assert visitor.press("Continue").errors == ["Choose a body"]
    assert visitor.press("Continue", body=str(service.now())).status == 422
    page = visitor.press("Continue", body=str(neighbour.body_id))
    assert page.title == "Home – Neighbour"
    assert "approver" in page.soup.header.get_text()
    visitor.get(page.link("Change body"))
    assert visitor.press("Continue", body=str(harbour.body_id)).title == f"Home – {NAME}"


def test_a_form_from_nowhere_is_refused(preparer):
    page = Page(preparer.client.post("/sign-out"))
    assert page.status == 400
    assert page.h1 == "Send the form again"
    assert preparer.get("/payees").h1 == "Payees"


def test_a_signed_in_page_is_kept_by_nobody_and_framed_by_nobody(preparer):
    headers = preparer.get("/payees").response.headers
    assert headers["Cache-Control"] == "no-store"
    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Strict-Transport-Security" not in headers


def test_over_https_the_cookie_is_bound_to_this_host_and_browsers_are_told_to_stay_on_https(
    make_settings, service, harbour
):
    app = create_app(replace(service, settings=make_settings(base_url="https://payouts.example.org")))
    response = app.test_client().get("/sign-in", base_url="https://payouts.example.org")
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("__Host-payouts=")
    assert all(part in cookie for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))
    assert "Domain" not in cookie
    assert response.headers["Strict-Transport-Security"].startswith("max-age=31536000")


def test_the_policy_lets_only_the_template_s_own_script_run(visitor, harbour):
    inline = [script.string for script in visitor.get("/sign-in").soup.find_all("script") if not script.get("src")]
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in inline]
    assert [f"'sha256-{digest}'" for digest in hashes] == [TEMPLATE_SCRIPT]


def test_a_body_s_colour_is_a_stylesheet_that_browsers_keep(visitor, harbour):
    response = visitor.client.get("/colours/00625e.css")
    assert response.mimetype == "text/css"
    assert "max-age" in response.headers["Cache-Control"]
    assert visitor.client.get("/colours/0;}*{.css").status_code == 404

"""Who is let in to the API, with what rights and how often; and that every refusal is a problem in one form."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

import pytest
from sqlalchemy import select

from payouts.api import body
from payouts.api.pace import WINDOW, Pace
from payouts.app import create_app
from schemes import api_key
from schemes.api_key import Scope, get_key
from schemes.audit import AuditEvent
from schemes.before_body import call
from schemes.person import Role
from tests.api.caller import Caller, problem
from tests.keys import a_key, take_secret


@pytest.fixture
def start(landed):
    return landed


def refusals(office):
    with office.transaction() as session:
        events = session.scalars(select(AuditEvent).where(AuditEvent.action == "api_key.refused")).all()
        return [event.facts["why"] for event in events]


def test_without_a_key_nothing_is_told(app):
    answer = Caller(app.test_client()).get("/payees")
    assert problem(answer) == "no-key"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_wrong_revoked_replaced_and_unfit_keys_are_refused_in_the_same_words_and_told_apart_in_the_trail(
    office, app, service
):
    client = app.test_client()
    revoked, replaced = a_key(office), a_key(office)
    with office.transaction() as session:
        key = get_key(session, revoked.id, lock=True)
        api_key.revoke(session, key, by=office.person_with(Role.ADMINISTRATOR), at=service.now())
    take_secret(office, replaced.id, by=replaced.taken_by)
    elsewhere, unfit = a_key(office, networks=["203.0.113.0/24"]), a_key(office, Scope.PAYMENTS)
    written = [
        "payouts_test_aaaaaaaaaaaa_" + "a" * 43, revoked.written, replaced.written, elsewhere.written, unfit.written
    ]  # fmt: skip
    answers = [Caller(client, secret).get("/payees") for secret in written]
    assert {problem(answer) for answer in answers} == {"key-refused"}
    told = [{**answer.json, "request_id": ""} for answer in answers]
    assert all(each == told[0] for each in told)
    assert sorted(refusals(office)) == ["network", "replaced", "revoked", "scope"]


def test_neither_a_new_secret_nor_an_old_name_brings_a_right_that_the_key_has_not(office, app, service, caplog):
    client, details = app.test_client(), "/payees/NOBODY/bank_details"
    cases = a_key(office, Scope.PAYEES, name="Cases")
    with office.transaction() as session:
        found = get_key(session, cases.id, lock=True)
        api_key.revoke(session, found, by=office.person_with(Role.ADMINISTRATOR), at=service.now())
    grants = a_key(office, Scope.PAYMENTS, name="Cases")
    renewed = take_secret(office, grants.id, by=grants.taken_by, overlap_days=7)
    for secret in (cases.written, grants.written, renewed):
        assert problem(Caller(client, secret).post(details, {})) == "key-refused"
    for secret in (grants.written, renewed):
        assert problem(Caller(client, secret).post("/one_off_payments", {})) == "invalid"
    assert problem(Caller(client, cases.written).post("/one_off_payments", {})) == "key-refused"
    Caller(client, "payouts_test_aaaaaaaaaaaa_" + "a" * 43).get("/payees")
    told = [record.getMessage().rpartition(" ")[2] for record in caplog.records if "key refused" in record.getMessage()]
    assert told == ["(revoked)", "(scope)", "(scope)", "(revoked)", "(wrong)"]
    assert not [secret for secret in (cases.written, grants.written, renewed) if secret in caplog.text]


def test_the_key_that_is_used_is_told_and_its_use_noted(office, app):
    key = a_key(office, Scope.READ, name="Case management")
    answer = Caller(app.test_client(), key.written).get("/body")
    assert answer.json["key"]["name"] == "Case management"
    with office.transaction() as session:
        (found,) = call(session, "api_key_of", key.written.split("_")[2])
    assert found.last_used_at == office.service.now()


@pytest.fixture
def paced(app, office):
    """Counts calls as it is told to, for as long as the test lasts."""
    api = app.extensions["payouts_api"]
    before = api.extensions["payouts_pace"]

    def by(redis_url):
        pace = Pace(redis_url, 2)
        api.extensions["payouts_pace"] = lambda service: pace

    yield by
    api.extensions["payouts_pace"] = before


def test_a_key_that_calls_too_often_waits_for_the_next_minute(office, caller, clock, paced):
    paced(office.service.settings.redis_url)
    one, other = caller(), caller()
    assert [one.get("/body").headers["RateLimit"] for _ in range(2)] == ['"default";r=1;t=60', '"default";r=0;t=60']
    answer = one.get("/body")
    assert problem(answer) == "too-many-requests"
    assert answer.headers["Retry-After"] == str(WINDOW)
    assert other.get("/body").status_code == 200
    clock.advance(seconds=WINDOW)
    assert one.get("/body").status_code == 200


def test_a_system_that_goes_on_with_a_revoked_key_neither_fills_the_trail_nor_uses_up_another_s_calls(
    office, app, service, paced
):
    paced(service.settings.redis_url)
    key = a_key(office)
    renewed = take_secret(office, key.id, by=key.taken_by)
    client = app.test_client()
    answers = [Caller(client, key.written).get("/body") for _ in range(5)]
    assert {problem(answer) for answer in answers} == {"key-refused"}
    assert refusals(office) == ["replaced"] * 2
    assert Caller(client, renewed).get("/body").headers["RateLimit"] == '"default";r=1;t=60'


def test_calls_go_on_uncounted_while_the_redis_server_is_gone(reader, paced):
    paced("redis://127.0.0.1:1")
    answers = [reader.get("/body") for _ in range(4)]
    assert {answer.status_code for answer in answers} == {200}
    assert "RateLimit" not in answers[0].headers


WRONG_CALLS = [
    ("GET", "/nowhere", "not-found"),
    ("GET", "", "not-found"),
    ("GET", "/payees/NOBODY", "not-found"),
    ("GET", "/payees/a%00b", "bad-request"),
    ("GET", "/payees?name=a%00b", "bad-request"),
    ("GET", "/payees?nmae=ab", "invalid"),
    ("GET", "/payees?limit=0", "invalid"),
    ("GET", "/payees?limit=1e3", "invalid"),
    ("GET", "/payees?updated_since=yesterday", "invalid"),
    ("DELETE", "/payees", "method-not-allowed"),
    ("GET", "/payrolls/99999999999999999999", "not-found"),
    ("GET", "/awards/not-an-id", "not-found"),
]


def test_whatever_is_wrong_with_a_call_is_told_as_a_problem(reader):
    answers = [reader.send(method, path) for method, path, _ in WRONG_CALLS]
    assert [problem(answer) for answer in answers] == [name for _, _, name in WRONG_CALLS]
    for kind in {answer.json["type"] for answer in answers}:
        assert reader.client.get(urlsplit(kind).path).status_code == 200, "its type leads to what explains it"


def test_a_problem_says_which_part_of_the_address_is_wrong(reader):
    assert reader.get("/payees?limit=1000").json["errors"][0]["parameter"] == "limit"


def test_the_api_sets_no_cookie_and_needs_no_form_token_and_the_pages_keep_theirs(reader, app):
    answer = reader.get("/body")
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    page = app.test_client().get("/nowhere")
    assert page.mimetype == "text/html"


def test_what_fails_inside_is_a_problem_that_tells_nothing(reader, app, monkeypatch):
    def fail(session):
        raise RuntimeError("somebody's account is 12345678")

    monkeypatch.setattr(body, "get_body", fail)
    answer = reader.get("/body")
    assert problem(answer) == "broken"
    assert "12345678" not in answer.get_data(as_text=True)


def test_a_caller_s_address_is_what_the_nearest_trusted_proxy_says_and_not_what_callers_write(office, app, service):
    behind = create_app(replace(service, settings=replace(service.settings, trusted_proxies=2)))
    key = a_key(office, networks=["203.0.113.0/24"])

    def call(called, forwarded):
        return Caller(called.test_client(), key.written).get("/body", **{"X-Forwarded-For": forwarded}).status_code

    assert call(app, "203.0.113.9") == 403, "callers reach it directly, and may write what they like"
    assert call(behind, "203.0.113.9, 198.51.100.4") == 200
    assert call(behind, "203.0.113.9, 192.0.2.66, 198.51.100.4") == 403
    assert call(behind, "203.0.113.9") == 403

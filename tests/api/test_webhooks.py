"""Webhooks through the API: a system sees to its own, and to nobody else's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import select, text

from payouts.api.application import description
from payouts.api_reply import ApiReply
from payouts.app import make_service
from payouts.tasks import clock as ticking
from payouts.webhooks import replaying, sending, webhook
from payouts.webhooks.webhook import Paused
from schemes.api_key import Scope
from schemes.audit import AuditEvent
from tests.api.caller import problem
from tests.keys import an_administrator
from tests.receiving import receiver

NEW = {"url": "https://cases.harbour.example/payouts", "events": ["payee."], "payload": "full"}


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def service(make_settings, clock):
    """The operator lets webhooks go to this machine, by its name."""
    made = make_service(make_settings(webhook_hosts="localhost"), now=clock)
    yield made
    made.engine.dispose()


def test_a_system_sets_one_up_and_is_shown_its_secret_once(office, reader):
    first = reader.post("/webhooks", NEW, once="hook")
    assert first.status_code == 201, first.json
    assert first.json["secret"].startswith("whsec_")
    assert (first.json["status"], first.json["events"]) == ("active", ["payee."])
    again = reader.post("/webhooks", NEW, once="hook")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json == {**first.json, "secret": None}
    with office.transaction() as session:
        assert first.json["secret"] not in str(session.scalars(select(ApiReply.content)).all())
    assert [one["id"] for one in reader.get("/webhooks").json["data"]] == [first.json["id"]]


def test_a_system_of_a_live_body_begins_nothing_by_itself(office, reader, owner):
    with owner.begin() as connection:
        connection.execute(text("UPDATE api_key SET kind = 'live'"))
    made = reader.post("/webhooks", NEW).json
    assert (made["status"], made["paused_because"]) == ("paused", "new")
    assert problem(reader.post(f"/webhooks/{made['id']}/test", {})) == "not-now"
    with office.transaction() as session:
        found = webhook.get_webhook(session, made["id"], lock=True)
        replaying.resume(session, found, by=an_administrator(office), at=office.service.now())
    assert reader.get(f"/webhooks/{made['id']}").json["status"] == "active"


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"url": "http://127.0.0.1/"}, "#/url"),
        ({"url": "https://169.254.169.254/latest"}, "#/url"),
        ({"url": "https://[::ffff:10.0.0.1]/"}, "#/url"),
        ({"url": "https://cases.harbour.example:22/"}, "#/url"),
        ({"events": ["person."]}, "#/events"),
        ({"events": [""]}, "#/events/0"),
        ({"description": "x" * 101}, "#/description"),
        ({"payload": "everything"}, "#/payload"),
        ({"secret": "mine"}, "#/secret"),
    ],
)
def test_what_does_not_fit_is_said_field_by_field(reader, changed, pointer):
    answer = reader.post("/webhooks", {**NEW, **changed})
    assert problem(answer) == "invalid"
    assert answer.json["errors"][0]["pointer"] == pointer


def test_a_system_changes_its_own_unless_it_was_changed_since(reader):
    made = reader.post("/webhooks", NEW).json
    path = f"/webhooks/{made['id']}"
    version = reader.get(path).headers["ETag"]
    changed = reader.patch(path, {"events": []}, **{"If-Match": version})
    assert changed.json["events"] == []
    assert problem(reader.patch(path, {"payload": "thin"}, **{"If-Match": version})) == "changed-since"
    assert problem(reader.patch(path, {"url": "https://elsewhere.example/"})) == "invalid"
    assert reader.post(f"{path}/pause", {}).json["paused_because"] == "person"
    assert problem(reader.post(f"{path}/pause", {})) == "not-now"
    assert reader.post(f"{path}/secret", {"overlap_hours": 0}).json["secret"] != made["secret"]
    assert reader.post(f"{path}/remove", {}).json["status"] == "removed"
    assert problem(reader.get(path)) == "not-found"


def test_a_webhook_of_another_key_is_not_there(caller, reader):
    made = reader.post("/webhooks", NEW).json
    other = caller(Scope.READ)
    assert other.get("/webhooks").json["data"] == []
    for method, way in [("GET", ""), ("PATCH", ""), ("GET", "/deliveries"), ("POST", "/test"), ("POST", "/remove")]:
        send = other.post if method == "POST" else lambda path, given, of=method: other.send(of, path, given)
        content = None if method == "GET" else {}
        assert problem(send(f"/webhooks/{made['id']}{way}", content)) == "not-found", (method, way)


def test_what_was_sent_is_read_page_by_page_and_sent_again(office, service, reader, clock):
    def round_of_work():
        ticking.link_audit(service)
        sending.ask_due(service)
        office.work()

    with receiver() as there:
        ticking.link_audit(service)
        made = reader.post("/webhooks", {**NEW, "url": there.url.replace("127.0.0.1", "localhost"), "events": []}).json
        path = f"/webhooks/{made['id']}"
        test = reader.post(f"{path}/test", {}).json
        round_of_work()
        clock.advance(seconds=1)
        reader.post(f"{path}/test", {})
        round_of_work()
        found = reader.all(f"{path}/deliveries", limit=1)
        assert [one["type"] for one in found] == ["webhook.test", "webhook.test"]
        assert found[-1]["event_id"] == test["event_id"]
        assert there.received[0].id == test["event_id"]
        one = reader.get(f"{path}/deliveries/{test['id']}").json
        assert (one["status"], one["log"][0]["code"], one["due_at"]) == ("delivered", 204, None)
        assert reader.get(f"{path}/deliveries?failed=true").json["data"] == []
        assert reader.post(f"{path}/deliveries/{test['id']}/replay", {}).json["status"] == "waiting"
        assert reader.post(f"{path}/replay", {"since": "2026-11-01T00:00:00Z"}).json == {"count": 0}
        round_of_work()
        assert [one.id for one in there.received].count(test["event_id"]) == 2
    with office.transaction() as session:
        recorded = session.scalars(select(AuditEvent.action).where(AuditEvent.action.startswith("webhook."))).all()
    assert recorded.count("webhook.replayed") == 2


def test_the_description_tells_what_comes_as_it_comes():
    (call,) = description()["webhooks"].values()
    content = call["post"]["requestBody"]["content"]["application/json"]
    schemas = description()["components"]["schemas"]
    assert content["schema"]["$ref"].rpartition("/")[2] in schemas
    assert set(content["example"]) == set(schemas["Message"]["required"])
    assert set(content["example"]["data"]) == set(schemas["ToldEvent"]["required"])
    page = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text()
    assert json.loads(page.split("```json\n")[1].split("```")[0]) == content["example"]


def test_the_page_about_webhooks_has_a_command_that_does_what_it_says(reader):
    page = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text()
    command = page.split("```sh\n")[1].split("```")[0]
    sent = json.loads(command.split("-d '")[1].rstrip().removesuffix("'"))
    assert reader.post("/webhooks", sent).status_code == 201
    assert Paused.NEW.value in page or "waits until an administrator lets it begin" in page

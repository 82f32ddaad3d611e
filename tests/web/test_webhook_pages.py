"""The pages for webhooks: added by an administrator, tried, paused, let go on, and looked into."""

from __future__ import annotations

import re

import pytest

from payouts.tasks import clock as ticking
from payouts.webhooks import sending
from payouts.webhooks.webhook import get_webhook
from schemes.api_key import Scope
from schemes.person import Role
from tests.hooked import a_delivery, a_webhook
from tests.keys import a_key
from tests.web.test_every_page import faults_of

LIST = "/settings/api-keys/webhooks"


@pytest.fixture
def start(seeded):
    return seeded


def test_an_administrator_adds_one_for_a_key_and_is_shown_its_secret_once(signed_in, office):
    key = a_key(office, Scope.READ, name="Case management")
    administrator = signed_in(Role.ADMINISTRATOR)
    administrator.get(administrator.get("/settings/api-keys").link("See the webhooks"))
    administrator.get(f"{LIST}/add")
    wanted = {"key": str(key.id), "url": "https://10.0.0.1/", "events": ["payroll."], "payload": "thin"}
    page = administrator.press("Add the webhook and show me its secret", **wanted, code=administrator.code())
    assert "This leads to a machine inside a network" in page.errors[0]
    wanted["url"] = "https://cases.harbour.example/hook"
    page = administrator.press("Add the webhook and show me its secret", **wanted, code="000000")
    assert page.status == 422
    page = administrator.press("Add the webhook and show me its secret", **wanted, code=administrator.code())
    written = re.search(r"whsec_\S+", page.text)[0]
    page = administrator.get(page.link("I have copied it"))
    assert written not in page.text
    assert faults_of(page) == []
    (row,) = administrator.get(LIST).table("webhooks")
    assert row == ["https://cases.harbour.example/hook", "Case management", "Payrolls", "Works"]


def test_one_is_tried_paused_let_go_on_and_removed(signed_in, office, service):
    made = a_webhook(office)
    delivery = a_delivery(office, made.id)
    sending.ask_due(service)
    office.work()
    administrator = signed_in(Role.ADMINISTRATOR)
    page = administrator.get(f"{LIST}/{made.id}")
    assert "Nothing arrives there since" in page.text
    assert page.table("deliveries")[0][2:] == ["1", "On its way"]
    page = administrator.get(f"{LIST}/{made.id}/deliveries/{delivery.id}")
    assert page.table("attempts")[0][1] == "The name leads to an address that the service does not call"
    assert faults_of(page) == []
    assert "The message is sent again" in administrator.press("Send it again").text
    assert "A test message is on its way" in administrator.press("Send a test message").text
    assert "Nothing failed since then" in administrator.press("Of the last day").text
    assert "What happens meanwhile is kept for it" in administrator.press("Pause it").text
    administrator.get(f"{LIST}/{made.id}/resume")
    page = administrator.press("Let it go on", skip="yes")
    assert {row[-1] for row in page.table("deliveries")} == {"Left out"}
    administrator.get(f"{LIST}/{made.id}/secret")
    assert "whsec_" in administrator.press("Show me a new secret", overlap="24", code=administrator.code()).text
    administrator.get(f"{LIST}/{made.id}/remove")
    assert "This body has no webhooks yet" in administrator.press("Remove the webhook").text


def test_an_auditor_reads_and_changes_nothing(signed_in, office):
    made = a_webhook(office)
    delivery = a_delivery(office, made.id)
    auditor = signed_in(Role.AUDITOR)
    page = auditor.get(f"{LIST}/{made.id}")
    assert "An administrator can pause it" in page.text
    assert auditor.get(f"{LIST}/{made.id}/deliveries/{delivery.id}").status == 200
    for way in ("secret", "resume", "remove"):
        assert auditor.get(f"{LIST}/{made.id}/{way}").status == 403
    ticking.link_audit(office.service)
    with office.transaction() as session:
        assert get_webhook(session, made.id).status == "active"

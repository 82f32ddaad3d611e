"""The pages for API keys: proposed by one administrator, confirmed by a second person, taken, and revoked."""

from __future__ import annotations

import re

from schemes.api_key import Scope
from schemes.person import Role
from tests.keys import a_key, found

PROPOSAL = {
    "name": "Case management",
    "scopes": ["payees"],
    "networks": "192.0.2.0/24",
    "reason": "new",
}


def test_a_key_is_proposed_confirmed_and_its_secret_shown_once(signed_in, office):
    administrator = signed_in(Role.ADMINISTRATOR)
    administrator.get("/settings/api-keys/propose")
    page = administrator.press("Propose the key", **{**PROPOSAL, "scopes": ["payees", "payments"]})
    assert page.errors[0].startswith("Choose bank details or payments, not both")
    page = administrator.press("Propose the key", **PROPOSAL)
    assert "Add payees and propose bank details" in page.text
    approver = signed_in(Role.APPROVER)
    approver.get(page.response.request.path)
    approver.press("Save the decision", decision="confirm", code=approver.code())
    page = approver.get("/settings/api-keys")
    (row,) = page.table("keys")
    assert row == ["Case management", "Add payees and propose bank details", "Not yet", "No secret taken"]
    assert approver.get(page.link("Case management") + "/secret").status == 403
    administrator.get(page.link("Case management") + "/secret")
    assert administrator.press("Show me a new secret", code="000000").status == 422
    page = administrator.press("Show me a new secret", code=administrator.code())
    written = re.search(r"payouts_test_\S+", page.text)[0]
    assert found(office, written).why is None
    assert written not in administrator.get(page.link("I have copied it")).text


def test_a_key_is_revoked_by_one_administrator(signed_in, office):
    key = a_key(office, Scope.AWARDS)
    administrator = signed_in(Role.ADMINISTRATOR)
    administrator.get(f"/settings/api-keys/{key.id}/revoke")
    page = administrator.press("Revoke the key")
    assert page.table("keys")[0][-1] == "Revoked"
    assert found(office, key.written).why == "revoked"


def test_an_auditor_reads_the_keys_and_changes_none(signed_in, office):
    key = a_key(office)
    auditor = signed_in(Role.AUDITOR)
    page = auditor.get(f"/settings/api-keys/{key.id}")
    assert "An administrator can replace its secret" in page.text
    assert auditor.get(f"/settings/api-keys/{key.id}/revoke").status == 403

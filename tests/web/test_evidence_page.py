"""The evidence of a payroll, taken out in the browser."""

from __future__ import annotations

import io

import pytest

from payouts.evidence.verifying import verify
from schemes.person import Role


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def here(sealed):
    return f"/payrolls/{sealed.payroll_id}/evidence"


def test_a_releaser_takes_everything_with_a_reason_and_it_verifies(signed_in, here, service):
    releaser = signed_in(Role.RELEASER)
    releaser.get(here)
    assert releaser.press("Download the evidence").errors == ["Choose what should be in the evidence"]
    assert releaser.press("Download the evidence", form="complete").errors == [
        "Say why you take everybody's bank details out of the service"
    ]
    answer = releaser.send("Download the evidence", form="complete", reason="The auditor asks")
    assert "evidence-payroll-0001.zip" in answer.headers["Content-Disposition"]
    report = verify(io.BytesIO(answer.get_data()), trusted_keys=frozenset({service.signer.public_key}))
    assert report.faults == []


def test_an_approver_gets_the_decisions_and_nobodys_details(signed_in, here):
    approver = signed_in(Role.APPROVER)
    page = approver.get(here)
    assert "Everything" not in page.text
    answer = approver.send("Download the evidence", form="redacted")
    assert verify(io.BytesIO(answer.get_data())).faults == []
    assert b"payments.jsonl" not in answer.get_data()
    approver.get(here)
    assert approver.press("Download the evidence", form="complete").status == 403

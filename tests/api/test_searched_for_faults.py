"""Schemathesis, and hostile values in every field, against the running API: never a 5xx, never a neighbour's data."""

from __future__ import annotations

import json
import os

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import CHECKS, load_all_checks

from payouts.api.application import description
from payouts.demo.harbour import seed
from schemes.api_key import Scope
from tests.api.caller import PREFIX, Caller
from tests.keys import a_key
from tests.office import Office

EXAMPLES = int(os.environ.get("PAYOUTS_API_EXAMPLES", "2"))
"""For each call; `make search` tries many more."""

HOSTILE = [
    "",
    "\u0000",
    "\ud800",
    "\u202e\u200b\ufeff👩‍👩‍👧‍👦",
    "' OR 1=1 --{{7*7}}<script>",
    "=cmd|' /C calc'!A0",
    "x" * 100_000,
    "9999-12-31",
    "0001-01-01",
    -1,
    10**400,
    1.5,
    True,
    None,
    [[[[]]]],
    {"a": {"b": "c"}},
]


@pytest.fixture
def start(sealed):
    return sealed


@pytest.fixture
def systems(caller):
    """Two systems that together may do everything that a machine may."""
    return caller(Scope.READ, Scope.PAYEES, Scope.AWARDS), caller(Scope.READ, Scope.PAYMENTS)


def system_for(systems, path):
    return systems[1] if path.startswith(("/one_off", "/payments")) else systems[0]


def test_schemathesis_finds_nothing(app, systems):
    load_all_checks()
    # what a valid call names may not be there, so a call that fits its description may be refused all the same
    left_out = CHECKS.get_by_names(["positive_data_acceptance"])
    schema = schemathesis.openapi.from_wsgi(f"{PREFIX}/openapi.json", app)
    tried = []
    for result in schema.get_all_operations():
        operation = result.ok()
        tried += try_out(operation, system_for(systems, operation.path).secret, left_out)
    assert len(tried) > 30


def try_out(operation, secret, left_out):
    """Call an operation with what Hypothesis makes of its description; returns the calls."""
    tried = []

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def call(case):
        tried.append(case)
        case.call_and_validate(headers={"Authorization": f"Bearer {secret}"}, excluded_checks=left_out)

    call()
    return tried


def test_calls_that_follow_from_each_other_find_nothing_either(app, systems):
    load_all_checks()
    left_out = CHECKS.get_by_names(["positive_data_acceptance"])
    schema = schemathesis.openapi.from_wsgi(f"{PREFIX}/openapi.json", app)
    followed = []

    class Following(schema.as_state_machine()):
        def get_call_kwargs(self, case):
            return {"headers": {"Authorization": f"Bearer {system_for(systems, case.operation.path).secret}"}}

        def validate_response(self, response, case, **given):
            followed.append((case.operation.path, response.status_code))
            sent = self.get_call_kwargs(case)
            case.validate_response(response, excluded_checks=left_out, headers=sent["headers"], transport_kwargs=sent)

    Following.run(
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=6,
            deadline=None,
            database=None,
            derandomize=True,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
    )
    assert len(followed) > EXAMPLES


def test_whatever_is_made_leads_to_every_call_about_it():
    made = description()["paths"]["/payees"]["post"]["responses"]["201"]["links"]
    assert made["get_payees_payee"]["parameters"] == {"payee": "$response.body#/id"}
    assert "post_payees_payee_bank_details" in made
    assert not [name for name in made if "contact_id" in name]


def examples():
    """Each call that has an example, with the example."""
    for path, operations in description()["paths"].items():
        content = operations.get("post", {}).get("requestBody", {}).get("content", {}).get("application/json", {})
        if "example" in content:
            yield path, content["example"]


def everywhere(example, value, way=()):
    """The example with the value in each of its fields in turn, and in place of the whole."""
    yield value
    if isinstance(example, dict):
        for name, below in example.items():
            for put in everywhere(below, value):
                yield {**example, name: put}
    elif isinstance(example, list):
        for place, below in enumerate(example):
            for put in everywhere(below, value):
                yield [*example[:place], put, *example[place + 1 :]]


def test_no_value_in_any_field_breaks_the_api(systems):
    statuses = set()
    for path, example in examples():
        system, number = system_for(systems, path), 0
        for value in HOSTILE:
            for content in everywhere(example, value):
                number += 1
                answer = system.client.post(
                    PREFIX + path.replace("{payee}", "CASE-1001"),
                    data=json.dumps(content),
                    headers={
                        "Authorization": f"Bearer {system.secret}",
                        "Idempotency-Key": f"{path}{number}",
                        "Content-Type": "application/json",
                    },
                )
                assert answer.status_code < 500, (path, repr(content)[:300])
                statuses.add(answer.status_code)
    assert statuses >= {201, 422}


NO_JSON = [b"", b"{", b"[" * 100_000, b"\xff\xfe", b'{"a": NaN}', b'{"a": 1' + b"0" * 9000 + b"}"]


def test_a_body_that_is_no_json_is_told_so(systems):
    headers = {"Authorization": f"Bearer {systems[0].secret}", "Content-Type": "application/json"}
    for content in NO_JSON:
        answer = systems[0].client.post(f"{PREFIX}/payees", data=content, headers={**headers, "Idempotency-Key": "k"})
        assert answer.status_code == 400, content[:20]


def test_hostile_addresses_and_headers_are_refused_and_tell_nothing_of_a_neighbour(office, app, systems):
    other = Office(office.service, seed(office.service, name="Neighbour", domain="neighbour.example"))
    neighbour = Caller(app.test_client(), a_key(other, Scope.READ).written)
    for path in ("/payees", "/awards", "/payments", "/beneficiaries", "/imports", "/one_off_payments", "/payrolls"):
        for value in ("'", "%27%20OR%201=1", "%F0%9F%A4%A1", "x" * 5000, "..%2f..", "%C0%80", "-1", "9" * 300):
            for address in (f"{path}/{value}", f"{path}?cursor={value}", f"{path}?reference={value}"):
                answer = neighbour.get(address)
                assert answer.status_code in (200, 404, 422), (address, answer.status_code)
                assert answer.status_code != 200 or answer.json["data"] == []
    for header in ("Authorization", "If-Match", "If-None-Match", "Idempotency-Key", "Content-Type"):
        for value in ("", "x" * 5000, '"', "Bearer", "Bearer \u00e9", "W/*,*"):
            assert systems[0].send("POST", "/payees", {}, **{header: value}).status_code < 500

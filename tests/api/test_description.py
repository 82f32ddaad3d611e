"""What is written of the API, held against the API."""

from __future__ import annotations

from pathlib import Path

import pytest

from payouts.api import problem
from payouts.api.application import description
from payouts.api.refusals import FIELDS, KINDS
from payouts.web.words import sentence  # noqa: F401  registers every refusal
from schemes.api_key import Scope

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def start(landed):
    return landed


def test_the_page_of_errors_is_the_code_s():
    assert (DOCS / "api-errors.md").read_text() == problem.as_markdown(), "payouts api errors > docs/api-errors.md"


def test_every_refusal_that_is_mapped_leads_to_a_problem_that_there_is():
    assert set(KINDS.values()) <= set(problem.PROBLEMS)
    assert not KINDS.keys() & FIELDS.keys()


def test_the_description_is_served_and_the_same_for_whoever_prints_it(app):
    served = app.test_client().get("/api/v1/openapi.json")
    assert served.json == description()
    assert served.json["openapi"].startswith("3.1")


def test_every_call_but_those_of_documentation_says_which_right_it_needs(app):
    api = app.extensions["payouts_api"]
    unmarked = {
        rule.endpoint
        for rule in api.url_map.iter_rules()
        if not getattr(api.view_functions[rule.endpoint], "payouts_scopes", None)
    }
    assert unmarked == {"api-docs.openapi_json", "explaining.explain_problem", "explaining.show_description"}


def test_every_call_and_every_field_of_an_address_is_described():
    for path, operations in description()["paths"].items():
        for method, operation in operations.items():
            if method == "parameters":
                continue
            assert operation["summary"], (method, path)
            for given in operation.get("parameters", []):
                assert given.get("description") or given["name"] == "status" or "enum" in str(given), (path, given)


def named_in(rule):
    """Something for each name in an address."""
    return {name: 1 if name == "line" else "00000000-0000-4000-8000-000000000000" for name in rule.arguments}


def test_a_key_reaches_exactly_what_its_rights_are_marked_for(app, caller):
    """The matrix of keys and routes: each right by itself against every address, cell by cell."""
    api = app.extensions["payouts_api"]
    adapter = api.url_map.bind("localhost")
    for scope in Scope:
        system = caller(scope)
        for rule in api.url_map.iter_rules():
            marked = getattr(api.view_functions[rule.endpoint], "payouts_scopes", None)
            if marked is None:
                continue
            path = adapter.build(rule.endpoint, named_in(rule))
            for method in rule.methods & {"GET", "POST", "PATCH"}:
                answer = (
                    system.post(path, {})
                    if method == "POST"
                    else system.send(method, path, {} if method == "PATCH" else None)
                )
                scopes, every = marked
                let_in = scopes <= {scope} if every else scope in scopes
                refused = answer.status_code == 403 and answer.json["type"].endswith("key-refused")
                assert refused is not let_in, (scope, method, path, answer.json)

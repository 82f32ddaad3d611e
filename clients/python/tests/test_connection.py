"""Calls in trouble: what is tried again, when, and with what; nothing that was sent is told to anybody."""

from __future__ import annotations

import json
import logging
from datetime import date

import httpx
import pytest

from payouts_client import (
    Broken,
    ChangedSince,
    KeyRefused,
    NewBankDetails,
    NoAnswer,
    Payouts,
    Problem,
    Row,
    TooManyRequests,
    Tries,
    UnexpectedAnswer,
)
from payouts_client.connection import part
from payouts_client.words import PaymentStatus

ADDRESS = "http://localhost:5000"
SECRET = "payouts_test_aaaaaaaaaaaa_" + "s" * 43
DETAILS = NewBankDetails(account_holder="Mo Field", sort_code="20-29-59", account_number="63748472")
BODY = {
    "id": "00000000-0000-7000-8000-000000000001",
    "name": "Harbour",
    "kind": "sandbox",
    "key": {
        "id": "00000000-0000-7000-8000-000000000002",
        "name": "Cases",
        "kind": "test",
        "scopes": ["read"],
        "schemes": [],
    },
}


def problem(name, status, headers=()):
    content = {"type": f"{ADDRESS}/api/v1/errors/{name}", "title": name, "status": status, "request_id": "r"}
    return httpx.Response(
        status, content=json.dumps(content), headers={"Content-Type": "application/problem+json", **dict(headers)}
    )


class Service:
    """Answers in the order given: an answer, or an error of the connection."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []
        self.waits = []

    def __call__(self, request):
        request.read()
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def payouts(self, **terms):
        tries = Tries(sleep=self.waits.append, draw=lambda: 1.0, **terms)
        return Payouts(ADDRESS, SECRET, tries=tries, transport=httpx.MockTransport(self))

    @property
    def keys(self):
        return [request.headers.get("Idempotency-Key") for request in self.requests]


def details_proposed():
    content = {
        "id": BODY["id"],
        "version": 1,
        "state": "waiting",
        "account_holder": "Mo Field",
        "account_number_ends": "8472",
        "proposed_at": "2026-11-23T09:30:00.000Z",
        "confirmed_at": None,
        "usable_from": None,
        "rejected_because": None,
        "confirmed_by_match": False,
        "name_check": None,
    }
    return httpx.Response(201, json=content)


def test_after_silence_and_trouble_the_same_call_is_made_again_under_the_same_key():
    service = Service(httpx.ReadTimeout("silence"), problem("broken", 500), httpx.Response(502), details_proposed())
    service.payouts().payees.propose_bank_details("CASE-1", DETAILS)
    assert len(set(service.keys)) == 1
    assert service.keys[0]
    assert len({request.content for request in service.requests}) == 1
    assert service.waits == [0.5, 1.0, 2.0]


def test_each_thing_that_is_asked_for_has_a_key_of_its_own_unless_one_is_said():
    service = Service(details_proposed(), details_proposed(), details_proposed())
    payouts = service.payouts()
    for key in (None, None, "mine"):
        payouts.payees.propose_bank_details("CASE-1", DETAILS, idempotency_key=key)
    assert len(set(service.keys)) == 3
    assert service.keys[2] == "mine"


def test_the_service_says_how_long_to_wait_and_whoever_has_no_patience_is_told_at_once():
    pace = problem("too-many-requests", 429, {"Retry-After": "7"})
    service = Service(pace, httpx.Response(200, json=BODY))
    service.payouts().body()
    assert service.waits == [7.5]
    impatient = Service(pace)
    with pytest.raises(TooManyRequests) as raised:
        impatient.payouts(patience=5).body()
    assert raised.value.retry_after == 7
    assert impatient.waits == []


def test_waits_grow_up_to_a_limit_and_are_drawn_at_random():
    assert [Tries(draw=lambda: 1.0).wait_before(number, None) for number in range(2, 10)] == [
        0.5, 1, 2, 4, 8, 16, 20, 20
    ]  # fmt: skip
    assert len({Tries().wait_before(5, None) for _ in range(20)}) > 1


def test_after_the_last_try_the_caller_is_told_the_key_to_ask_again_with():
    service = Service(*[httpx.ReadTimeout("silence")] * 3)
    with pytest.raises(NoAnswer) as raised:
        service.payouts(most=3).payees.propose_bank_details("CASE-1", DETAILS)
    assert raised.value.idempotency_key == service.keys[0]
    assert len(service.requests) == 3


def test_a_correction_is_tried_again_only_where_nothing_can_have_been_done():
    lost = Service(httpx.ReadTimeout("silence"))
    with pytest.raises(NoAnswer):
        lost.payouts().payees.correct("CASE-1", name="Mo", reason="married")
    refused = Service(httpx.ConnectError("nobody there"), problem("unavailable", 503), problem("changed-since", 412))
    with pytest.raises(ChangedSince):
        refused.payouts().payees.correct("CASE-1", name="Mo", reason="married")
    assert len(refused.requests) == 3


def test_what_a_refusal_says_is_not_asked_again():
    service = Service(problem("key-refused", 403))
    with pytest.raises(KeyRefused) as raised:
        service.payouts().body()
    assert (raised.value.status, raised.value.request_id, raised.value.name) == (403, "r", "key-refused")


def test_a_kind_of_problem_that_is_newer_than_this_client_is_a_problem_all_the_same():
    with pytest.raises(Problem, match="409"):
        Service(problem("of-tomorrow", 409)).payouts().body()
    with pytest.raises(UnexpectedAnswer, match="404"):
        Service(httpx.Response(404, text="<html>a proxy</html>")).payouts().body()
    assert PaymentStatus("of_tomorrow") == "of_tomorrow"


def test_rows_that_can_be_gone_through_once_are_sent_once():
    row = {"reference": "CASE-1", "start_date": date(2026, 12, 1)}
    once = Service(httpx.ReadTimeout("silence"))
    with pytest.raises(NoAnswer) as raised:
        once.payouts().imports.send("HIL", (each for each in [row, row]))
    assert raised.value.idempotency_key == once.keys[0]
    twice = Service(httpx.ReadTimeout("silence"), problem("broken", 500), problem("invalid", 422))
    with pytest.raises(Problem):
        twice.payouts().imports.send("HIL", [row, row])
    assert {request.content for request in twice.requests} == {
        b'{"reference":"CASE-1","start_date":"2026-12-01"}\n' * 2
    }


def test_neither_a_log_nor_an_error_nor_whatever_is_printed_shows_an_account_or_the_secret(caplog):
    caplog.set_level(logging.DEBUG)
    row = Row(
        reference="CASE-1",
        beneficiary_name="Mo Field",
        start_date=date(2026, 12, 1),
        amount="1.00",
        account_name="Mo Field",
        sort_code="20-29-59",
        account_number="63748472",
    )
    service = Service(problem("broken", 500), details_proposed(), *[problem("broken", 500)] * 6)
    payouts = service.payouts()
    proposed = payouts.payees.propose_bank_details("CASE-1", DETAILS)
    with pytest.raises(Broken) as raised:
        payouts.payees.create(reference="CASE-1", name="Mo Field", bank_details=DETAILS)
    shown = [DETAILS, row, proposed, raised.value, payouts]
    told = f"{caplog.text} {' '.join(map(repr, shown))} {' '.join(map(str, shown))}"
    assert "tried again" in told
    for hidden in ("63748472", "8472", "20-29-59", SECRET):
        assert hidden not in told


def test_a_secret_is_not_sent_unencrypted_to_another_machine():
    with pytest.raises(ValueError, match="https"):
        Payouts("http://payouts.example", SECRET)
    assert SECRET not in repr(Payouts("https://payouts.example", SECRET))


def test_a_reference_never_leads_to_another_address():
    for reference in ("", ".", "..", "a/b"):
        with pytest.raises(ValueError, match="reference"):
            part(reference)
    assert part("a b?c#d") == "a%20b%3Fc%23d"

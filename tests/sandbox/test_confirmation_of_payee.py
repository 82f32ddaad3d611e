"""The simulator of Confirmation of Payee as a stranger meets it: what it takes, refuses, and does for testers."""

from __future__ import annotations

import threading
import time

import pytest
import requests

from payouts.sandbox.confirmation_of_payee import ConfirmationServer

TOKEN = "a token of the sandbox"
QUESTION = {
    "SchemeName": "SortCodeAccountNumber", "Identification": "20295963748472", "Name": "Jo Bloggs",
    "AccountType": "Personal",
}  # fmt: skip


@pytest.fixture
def server():
    running = ConfirmationServer("127.0.0.1", 0, token=TOKEN)
    thread = threading.Thread(target=running.run)
    thread.start()
    yield running
    running.stop()
    thread.join()


def post(server, *, token=TOKEN, correlation="c-1", **changes):
    data = {name: value for name, value in {**QUESTION, **changes}.items() if value is not None}
    headers = {"Authorization": f"Bearer {token}"} | ({"X-Correlation-ID": correlation} if correlation else {})
    return requests.post(f"{server.url}/name-verification", json={"Data": data}, headers=headers, timeout=5)


def test_a_match_has_no_code_and_carries_the_id_of_its_question(server):
    answer = post(server)
    assert answer.json() == {"Data": {"VerificationReport": {"Matched": True}}}
    assert answer.headers["X-Correlation-ID"] == "c-1"


def test_a_close_match_tells_the_name_and_a_no_match_does_not(server):
    close = post(server, Name="Jo MBAM").json()["Data"]["VerificationReport"]
    none = post(server, Name="Jo ANNM").json()["Data"]["VerificationReport"]
    assert close == {"Matched": False, "ReasonCode": "MBAM", "Name": "Alex Morgan-Reed"}
    assert none == {"Matched": False, "ReasonCode": "ANNM"}


@pytest.mark.parametrize("token", ["", "another"])
def test_without_its_token_nothing_is_answered(server, token):
    assert post(server, token=token).status_code == 401


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"Identification": "2029596374847"}, "Identification"),
        ({"Identification": "20-29-59 63748472"}, "Identification"),
        ({"Name": None}, "Name"),
        ({"Name": "x" * 141}, "Name"),
        ({"AccountType": "Joint"}, "AccountType"),
        ({"SchemeName": "IBAN"}, "SchemeName"),
        ({"correlation": ""}, "X-Correlation-ID"),
    ],
)
def test_a_question_that_a_provider_would_not_take_is_refused_by_the_field(server, changes, named):
    answer = post(server, **changes)
    assert answer.status_code == 400
    assert named in answer.json()["Message"]


def test_what_is_no_question_is_refused(server):
    headers = {"Authorization": f"Bearer {TOKEN}"}
    for body in (b"", b"[]", b'{"Data": {"Name": 7}}'):
        url = f"{server.url}/name-verification"
        assert requests.post(url, data=body, headers=headers, timeout=5).status_code == 400
    assert requests.get(f"{server.url}/nowhere", timeout=5).status_code == 404


def test_a_fault_it_does_not_know_is_refused_and_none_is_set(server):
    url = f"{server.url}/_sandbox/faults"
    assert requests.post(url, json={"answer_503": 1, "explode": 1}, timeout=5).status_code == 400
    assert set(requests.get(url, timeout=5).json().values()) == {0}


def test_it_stops_at_once_even_while_somebody_waits_for_a_silent_bank():
    running = ConfirmationServer("127.0.0.1", 0, token=TOKEN)
    thread = threading.Thread(target=running.run)
    thread.start()
    ended = []

    def wait():
        try:
            post(running, Name="Jo TIMEOUT")
        except requests.ConnectionError:
            ended.append(time.monotonic())

    waiter = threading.Thread(target=wait)
    waiter.start()
    while requests.get(f"{running.url}/_sandbox/count", timeout=5).json()["asked"] == 0:
        time.sleep(0.01)
    began = time.monotonic()
    running.stop()
    thread.join()
    waiter.join()
    assert ended[0] - began < 2


def test_it_does_not_start_without_a_token():
    with pytest.raises(ValueError, match="bearer token"):
        ConfirmationServer("127.0.0.1", 0, token="")

"""Webhooks from the command line: set up, tried, paused, gone on with and removed in an administrator's name."""

from __future__ import annotations

import pyotp
import pytest
from click.testing import CliRunner
from standardwebhooks.webhooks import Webhook as Verifier

from payouts.cli import payouts
from payouts.commands import ground
from payouts.webhooks.address import AddressRefused
from schemes.api_key import Scope
from schemes.database import new_id
from schemes.errors import NotAllowed, NotFound
from schemes.person import DEMO_PASSWORD, Role
from tests.keys import a_key


@pytest.fixture
def start(landed):
    return landed


@pytest.fixture
def typed(service, harbour, clock, monkeypatch):
    """Type `payouts webhook …` as somebody with their next one-time code; with nobody, look."""
    monkeypatch.setattr(ground, "service", lambda: service)

    def type_as(role, *words):
        clock.advance(seconds=30)
        who = []
        if role is not None:
            monkeypatch.setenv("PAYOUTS_PASSWORD", DEMO_PASSWORD)
            monkeypatch.setenv("PAYOUTS_CODE", pyotp.TOTP(harbour.code_secrets[role]).at(clock()))
            who = ["--as", harbour.people[role].email]
        return CliRunner().invoke(payouts, ["webhook", *(str(word) for word in words), *who])

    return type_as


@pytest.fixture
def added(office, typed, receiving):
    """The id and the secret of a webhook that an administrator set up for payees' events."""
    a_key(office, Scope.READ, name="Case management")
    answer = typed(Role.ADMINISTRATOR, "add", "Case management", receiving.url, "--event", "payee.")
    assert answer.exit_code == 0, answer.output
    return answer.output.split()


def test_one_is_added_tried_and_its_deliveries_listed_and_its_secret_is_shown_once(typed, receiving, added, tick):
    webhook_id, secret = added
    listed = typed(None, "list").output
    assert f"{webhook_id}\tCase management\t{receiving.url}\tpayee.\tactive\n" == listed
    assert secret not in listed
    assert typed(Role.ADMINISTRATOR, "test", webhook_id).exit_code == 0
    tick()
    assert receiving.types == ["webhook.test"]
    assert "\twebhook.test\tdelivered\t1 attempts\t204\n" in typed(None, "deliveries", webhook_id).output
    assert typed(None, "deliveries", webhook_id, "--failed").output == ""
    new = typed(Role.ADMINISTRATOR, "secret", webhook_id).output.strip()
    assert new not in ("", secret)
    assert {Verifier(each) and each[:6] for each in (new, secret)} == {"whsec_"}


def test_while_it_is_paused_nothing_is_sent_and_then_what_it_missed_or_not(typed, receiving, added, happen, tick):
    webhook_id, _ = added
    for skip in ([], ["--skip"]):
        assert typed(Role.ADMINISTRATOR, "pause", webhook_id).output == "Paused.\n"
        happen("payee.merged" if skip else "payee.added")
        tick()
        assert "paused (person)" in typed(None, "list").output
        assert typed(Role.ADMINISTRATOR, "resume", webhook_id, *skip).output == "It goes on.\n"
        tick()
        assert receiving.types == ["payee.added"]


def test_what_was_not_taken_is_sent_again_by_the_hour(typed, receiving, added, happen, tick):
    webhook_id, _ = added
    receiving.answer = lambda received: (410, {})
    happen("payee.added")
    tick()
    assert "\t410\n" in typed(None, "deliveries", webhook_id).output
    receiving.answer = lambda received: (204, {})
    typed(Role.ADMINISTRATOR, "resume", webhook_id, "--skip")
    assert typed(Role.ADMINISTRATOR, "replay", webhook_id, "--hours", 1).output == "1 sent again.\n"
    tick()
    assert "\tdelivered\t" in typed(None, "deliveries", webhook_id).output
    assert [one.id for one in receiving.received] == [receiving.received[0].id] * 2


@pytest.mark.parametrize("act", ["secret", "test", "pause", "resume", "remove", "replay"])
def test_only_an_administrator_does_any_of_it_and_to_one_that_is_there(typed, added, act):
    webhook_id, _ = added
    assert isinstance(typed(Role.PREPARER, act, webhook_id).exception, NotAllowed)
    assert isinstance(typed(Role.ADMINISTRATOR, act, new_id()).exception, NotFound)
    assert "active" in typed(None, "list").output


def test_an_address_inside_is_refused_and_a_removed_one_is_gone(typed, added):
    inside = typed(Role.ADMINISTRATOR, "add", "Case management", "https://10.0.0.1/")
    assert isinstance(inside.exception, AddressRefused)
    assert isinstance(typed(Role.ADMINISTRATOR, "add", "Nobody", "https://10.0.0.1/").exception, NotFound)
    assert typed(Role.ADMINISTRATOR, "remove", added[0]).output == "Removed.\n"
    assert typed(None, "list").output == ""

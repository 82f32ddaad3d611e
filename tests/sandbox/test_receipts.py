import time
from datetime import timedelta

import pytest
import requests
from notifications_python_client import NotificationsAPIClient

from payouts.sandbox.notification import Pace
from payouts.sandbox.templates import PAYMENT_ON_ITS_WAY, PAYMENT_ON_ITS_WAY_LETTER, PAYMENT_ON_ITS_WAY_TEXT

KEY = "sandbox-key-8b3a2c52-6a3c-4f5e-9e0f-51f1b9b8c001-0d8f5a36-61aa-4ce6-8cf4-0a3f0e6c7b01"
TOKEN = "receipts-token-of-the-sandbox"
AT_ONCE = Pace(timedelta(0), timedelta(0))
PAYMENT = dict.fromkeys(("name", "amount", "date", "last_four", "contact", "sender"), "x")


@pytest.fixture
def posting(start, callback):
    return start(receipts_url=callback.url, receipts_token=TOKEN, pace=AT_ONCE)


@pytest.fixture
def client(posting):
    return NotificationsAPIClient(KEY, base_url=posting.url)


def send(client, to="sian@example.com", reference="payment-1"):
    return client.send_email_notification(to, PAYMENT_ON_ITS_WAY, PAYMENT, reference=reference)


def wait_for_ending(notify, ending):
    for _ in range(200):
        endings = requests.get(f"{notify.url}/_sandbox/count", timeout=5).json()["receipts"]
        if endings.get(ending):
            return endings
        time.sleep(0.05)
    raise AssertionError(endings)


def test_a_receipt_tells_how_an_email_ended(client, callback):
    sent = send(client, "perm-fail@simulator.notify")
    [receipt] = callback.wait_for(1)

    assert callback.posted[0][0] == f"Bearer {TOKEN}"
    assert receipt == {
        "id": sent["id"], "reference": "payment-1", "to": "perm-fail@simulator.notify", "status": "permanent-failure",
        "created_at": receipt["created_at"], "sent_at": receipt["created_at"], "completed_at": receipt["created_at"],
        "notification_type": "email", "template_id": PAYMENT_ON_ITS_WAY, "template_version": 1,
    }  # fmt: skip


def test_letters_have_no_receipt(client, callback):
    address = {"address_line_1": "Siân", "address_line_2": "1 Quay Street", "address_line_3": "SW1A 1AA"}
    client.send_letter_notification(PAYMENT_ON_ITS_WAY_LETTER, {**PAYMENT, **address})
    client.send_sms_notification("07700900456", PAYMENT_ON_ITS_WAY_TEXT, PAYMENT)

    assert [receipt["notification_type"] for receipt in callback.wait_for(1)] == ["sms"]


def test_a_receipt_waits_until_the_fate_is_known(start, callback, clock):
    notify = start(receipts_url=callback.url, receipts_token=TOKEN, pace=Pace(timedelta(0), timedelta(seconds=20)))
    send(NotificationsAPIClient(KEY, base_url=notify.url))
    time.sleep(0.5)
    assert callback.posted == []

    clock.ahead = timedelta(seconds=21)
    assert callback.wait_for(1)[0]["status"] == "delivered"


def test_a_receipt_is_posted_again_after_the_callback_failed(posting, client, callback):
    callback.answers = [503]
    sent = send(client)

    assert [receipt["id"] for receipt in callback.wait_for(2)] == [sent["id"], sent["id"]]
    assert wait_for_ending(posting, "posted") == {"posted": 1}


def test_a_receipt_that_the_callback_refuses_is_dropped(posting, client, callback):
    callback.answers = [403]
    send(client)

    assert wait_for_ending(posting, "dropped") == {"dropped": 1}
    assert len(callback.posted) == 1


def test_a_callback_that_is_away_never_holds_up_sending(start, callback):
    nobody = "http://127.0.0.1:9/receipts"
    notify = start(receipts_url=nobody, receipts_token=TOKEN, pace=AT_ONCE)
    client = NotificationsAPIClient(KEY, base_url=notify.url)
    began = time.monotonic()
    for _ in range(20):
        send(client)

    assert time.monotonic() - began < 5
    assert requests.get(f"{notify.url}/_sandbox/count", timeout=5).json()["notifications"] == 20


def test_receipts_still_owed_are_posted_after_a_restart_and_posted_ones_are_not(start, callback, clock, tmp_path):
    settings = {"receipts_url": callback.url, "receipts_token": TOKEN, "store": tmp_path / "outlives"}
    first = start(**settings, pace=AT_ONCE)
    send(NotificationsAPIClient(KEY, base_url=first.url), reference="told")
    callback.wait_for(1)
    wait_for_ending(first, "posted")
    first.stop()
    second = start(**settings, pace=Pace(timedelta(0), timedelta(seconds=20)))
    send(NotificationsAPIClient(KEY, base_url=second.url), reference="owed")
    second.stop()
    start(**settings, pace=AT_ONCE)

    assert [receipt["reference"] for receipt in callback.wait_for(2)] == ["told", "owed"]


def test_a_receipt_comes_twice_or_late_where_a_tester_asks_for_it(start, callback, clock):
    notify = start(receipts_url=callback.url, receipts_token=TOKEN, pace=AT_ONCE)
    client = NotificationsAPIClient(KEY, base_url=notify.url)
    faults = {"repeat_receipts": 1, "late_receipts": 1}
    requests.post(f"{notify.url}/_sandbox/faults", json=faults, timeout=5).raise_for_status()
    send(client, reference="late")
    send(client, reference="twice")
    assert [receipt["reference"] for receipt in callback.wait_for(2)] == ["twice", "twice"]
    clock.ahead = timedelta(seconds=11)
    assert callback.wait_for(3)[2]["reference"] == "late"


def test_a_letter_that_came_back_is_told_to_the_callback_when_a_tester_sends_it_back(start, callback):
    notify = start(receipts_url=callback.url, receipts_token=TOKEN, pace=AT_ONCE)
    client = NotificationsAPIClient(KEY, base_url=notify.url)
    address = {"address_line_1": "Siân", "address_line_2": "1 Quay Street", "address_line_3": "SW1A 1AA"}
    sent = client.send_letter_notification(PAYMENT_ON_ITS_WAY_LETTER, {**PAYMENT, **address}, reference="letter-1")
    back = requests.post(f"{notify.url}/_sandbox/returned-letters/{sent['id']}", timeout=5)
    assert (back.status_code, back.json()) == (200, {"status": 204})
    [told] = callback.wait_for(1)
    assert (told["notification_id"], told["reference"]) == (sent["id"], "letter-1")
    assert "status" not in told

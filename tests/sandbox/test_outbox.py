import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import requests
from notifications_python_client import NotificationsAPIClient

from payouts.sandbox.notification import DEFAULT_PACE, Notification
from payouts.sandbox.outbox import Outbox, OutboxDamaged, OutboxInUse
from payouts.sandbox.templates import PAYMENT_ON_ITS_WAY

KEY = "sandbox-key-8b3a2c52-6a3c-4f5e-9e0f-51f1b9b8c001-0d8f5a36-61aa-4ce6-8cf4-0a3f0e6c7b01"
NOON = datetime(2026, 9, 14, 12, tzinfo=UTC)


def message(number):
    return Notification(
        id=f"00000000-0000-4000-8000-{number:012}", service_id="service", type="email", recipient="zoë@example.org",
        reference=f"payment-{number}", template_id=PAYMENT_ON_ITS_WAY, template_version=1,
        subject="Your payment", body="Dear Zoë,\nit is on its way", created_at=NOON + timedelta(seconds=number),
    )  # fmt: skip


@pytest.fixture
def outbox(tmp_path):
    outbox = Outbox(tmp_path)
    yield outbox
    outbox.close()


def page(outbox, **wanted):
    return [one.reference for one in outbox.page(now=NOON + timedelta(minutes=5), pace=DEFAULT_PACE, **wanted)]


def test_what_was_accepted_is_there_after_a_restart_to_the_letter(tmp_path, outbox):
    outbox.accept(message(1))
    outbox.accept(message(2))
    outbox.end_receipt(message(1).id, "posted")
    outbox.close()
    again = Outbox(tmp_path)

    assert again.get(message(1).id) == message(1)
    assert page(again) == ["payment-2", "payment-1"]
    assert again.without_receipt() == [message(2)]
    again.close()


def test_a_last_line_cut_short_by_a_kill_is_dropped_and_does_not_spoil_the_next(tmp_path, outbox):
    outbox.accept(message(1))
    outbox.accept(message(2))
    outbox.close()
    file = tmp_path / "notify.jsonl"
    file.write_bytes(file.read_bytes()[:-20])
    second = Outbox(tmp_path)
    second.accept(message(3))
    second.close()
    third = Outbox(tmp_path)

    assert page(third) == ["payment-3", "payment-1"]
    third.close()


@pytest.mark.parametrize("line", [b"{", b"[]", b'{"event": "invented"}', b'{"event": "accepted", "id": "1"}'])
def test_a_broken_line_in_the_middle_is_not_passed_over(tmp_path, outbox, line):
    outbox.accept(message(1))
    outbox.close()
    file = tmp_path / "notify.jsonl"
    file.write_bytes(line + b"\n" + file.read_bytes())

    with pytest.raises(OutboxDamaged) as caught:
        Outbox(tmp_path)
    assert caught.value.line == 1


def test_messages_that_come_at_once_are_all_kept_whole(tmp_path, outbox):
    with ThreadPoolExecutor(8) as senders:
        list(senders.map(outbox.accept, map(message, range(400))))
    outbox.close()
    again = Outbox(tmp_path)

    assert {one.reference for one in again.without_receipt()} == {f"payment-{number}" for number in range(400)}
    again.close()


def test_two_simulators_never_write_to_one_store(tmp_path, outbox):
    with pytest.raises(OutboxInUse):
        Outbox(tmp_path)


def test_messages_are_shown_for_seven_days(outbox):
    outbox.accept(message(1))
    outbox.accept(message(3))
    week_later = NOON + timedelta(days=7, seconds=2)

    assert [one.reference for one in outbox.page(now=week_later, pace=DEFAULT_PACE)] == ["payment-3"]


def test_a_page_goes_on_after_the_message_that_is_named(outbox):
    for number in range(1, 6):
        outbox.accept(message(number))

    assert page(outbox, size=2) == ["payment-5", "payment-4"]
    assert page(outbox, size=2, older_than=message(4).id) == ["payment-3", "payment-2"]
    assert page(outbox, older_than="unknown") == []


def test_a_reference_that_came_again_shows_both_messages(outbox):
    outbox.accept(message(1))
    outbox.accept(replace(message(2), reference="payment-1"))

    assert page(outbox, reference="payment-1") == ["payment-1", "payment-1"]
    assert page(outbox, reference="payment-1", older_than=message(2).id) == ["payment-1"]


@pytest.mark.faults
def test_a_simulator_killed_while_it_is_busy_keeps_all_that_it_had_answered(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code = (
        "from pathlib import Path; from payouts.sandbox.notify import serve; "
        f"serve('127.0.0.1', {port}, store=Path({str(tmp_path)!r}), receipts_url=None, receipts_token=None, "
        f"api_keys=[{KEY!r}])"
    )
    url = f"http://127.0.0.1:{port}"

    def started():
        process = subprocess.Popen([sys.executable, "-c", code])
        for _ in range(200):
            try:
                requests.get(f"{url}/_sandbox/count", timeout=1)
                return process
            except requests.ConnectionError:
                time.sleep(0.05)
        raise AssertionError("the simulator did not start")

    process = started()
    client = NotificationsAPIClient(KEY, base_url=url)
    answered = [_send(client, f"payment-{number}") for number in range(50)]
    process.kill()
    process.wait()
    process = started()
    found = {one["id"] for one in client.get_all_notifications()["notifications"]}
    process.send_signal(signal.SIGTERM)

    assert found == set(answered)
    assert process.wait(timeout=10) == 0


def _send(client, reference):
    values = dict.fromkeys(("name", "amount", "date", "last_four", "contact", "sender"), "x")
    return client.send_email_notification("zoe@example.org", PAYMENT_ON_ITS_WAY, values, reference=reference)["id"]

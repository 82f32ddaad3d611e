"""One message through the real client to a Notify in every kind of trouble: once, or not at all and tried again."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
import requests
from notifications_python_client.notifications import NotificationsAPIClient

from payouts.notices.connection import Way
from payouts.notices.delivery import Clients, Message
from payouts.notices.notice import NoticeStatus
from payouts.notices.pace import ABROAD
from payouts.notices.sending import addressed
from payouts.sandbox.notify import NotifyServer
from payouts.sandbox.notify_keys import EXAMPLES
from payouts.sandbox.templates import PASS_THROUGH
from schemes.database import new_id

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture
def notify(tmp_path):
    server = NotifyServer(
        "127.0.0.1", 0, store=tmp_path / "notify", api_keys=EXAMPLES.values(), receipts_url=None, receipts_token=None
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    yield server
    server.stop()
    thread.join()


class Mine:
    """A task that nobody else has taken over."""

    def check(self):
        pass


class Paces:
    """Notes what a 429 said of which lane."""

    def __init__(self):
        self.slowed = []

    def wait(self, lane):
        return None

    def slow_down(self, lane, *, day_is_over):
        self.slowed.append((lane, day_is_over))
        return AT


@pytest.fixture
def pace():
    return Paces()


@pytest.fixture
def deliver(notify, pace):
    """Sends by a key of a kind; the client waits for a short time only."""

    def run(message, kind="live"):
        def client():
            return NotificationsAPIClient(EXAMPLES[kind], base_url=notify.url, timeout=0.5)

        return Clients(client, Mine(), pace).deliver(message)

    return run


def message(to="ann@example.com", way=Way.EMAIL, *, notice_id=None, left_over=False):
    words = {"subject": "A payment", "body": "It is on its way"}
    return Message(notice_id or new_id(), way, to, PASS_THROUGH[way], words, left_over)


def outbox(notify):
    found = requests.get(f"{notify.url}/_sandbox/outbox", timeout=5).json()["notifications"]
    return [each["reference"] for each in found]


@pytest.mark.parametrize(
    ("fault", "status", "error"),
    [
        ("answer_400", NoticeStatus.REFUSED, "400 BadRequestError"),
        ("answer_403", None, ""),
        ("answer_429", None, ""),
        ("answer_429_for_the_day", None, ""),
        ("answer_500", None, ""),
        ("answer_503", None, ""),
        ("accept_then_500", NoticeStatus.SENT, ""),
        ("accept_then_503", NoticeStatus.SENT, ""),
        ("lose_replies", NoticeStatus.SENT, ""),
        ("time_out", NoticeStatus.SENT, ""),
    ],
)
def test_whatever_notify_answers_a_message_is_known_to_be_sent_once_or_is_tried_again(
    notify, deliver, pace, fault, status, error
):
    requests.post(f"{notify.url}/_sandbox/faults", json={fault: 1}, timeout=5).raise_for_status()
    first = message()
    answer = deliver(first)
    assert (answer.status, answer.error, answer.notify_id is not None) == (status, error, status is NoticeStatus.SENT)
    assert pace.slowed == ([("email", "day" in fault)] if "429" in fault else [])
    if status is not NoticeStatus.REFUSED:
        again = deliver(message(notice_id=first.notice_id, left_over=True))
        assert again.status is NoticeStatus.SENT
        assert outbox(notify) == [str(first.notice_id)]


@pytest.mark.parametrize(
    ("way", "to"),
    [
        (Way.EMAIL, "nobody at home"),
        (Way.EMAIL, "ann@example"),
        (Way.TEXT, "07700 9OO 123"),
        (Way.TEXT, "0113 496 0000"),
        (Way.LETTER, "1 Quay Street"),
    ],
)
def test_an_address_that_is_none_is_refused_and_never_tried_again(deliver, notify, way, to):
    answer = deliver(message(to, way))
    assert answer.status is NoticeStatus.REFUSED
    assert answer.error in ("400 ValidationError", "400 BadRequestError")
    assert outbox(notify) == []


@pytest.mark.parametrize(
    ("kind", "way", "to", "error"),
    [
        ("team", Way.EMAIL, "ann@example.com", "400 BadRequestError"),
        ("team", Way.TEXT, "07700 900123", "400 BadRequestError"),
        ("team", Way.LETTER, "Ann\n1 Quay Street\nLS1 4DY", "403 BadRequestError"),
        ("trial", Way.EMAIL, "ann@example.com", "400 BadRequestError"),
        ("team", Way.EMAIL, "ada@harbour.example", ""),
        ("team", Way.TEXT, "07700 900801", ""),
        ("test", Way.EMAIL, "ann@example.com", ""),
    ],
)
def test_a_team_key_and_a_service_in_trial_send_to_their_team_alone(deliver, notify, kind, way, to, error):
    answer = deliver(message(to, way), kind)
    assert answer.status is (NoticeStatus.REFUSED if error else NoticeStatus.SENT)
    assert answer.error == error
    assert len(outbox(notify)) == (0 if error else 1)


def test_a_service_in_trial_sends_fifty_a_day_and_then_says_that_the_day_is_over(deliver, notify, pace):
    for _ in range(50):
        assert deliver(message("ada@harbour.example"), "trial").status is NoticeStatus.SENT
    assert deliver(message("ada@harbour.example"), "trial").until == AT
    assert pace.slowed == [("email", True)]
    assert deliver(message("07700 900801", Way.TEXT), "trial").status is NoticeStatus.SENT


def test_a_number_abroad_has_a_day_of_its_own():
    assert message("+33612345678", Way.TEXT).lane == ABROAD
    assert message("+447700900123", Way.TEXT).lane == Way.TEXT
    assert message("+33612345678@example.com").lane == Way.EMAIL


def test_a_letter_begins_with_the_payees_name_and_fits_an_envelope():
    assert addressed("Ann ((Price))", "1 Quay Street\nLeeds\nLS1 4DY").splitlines() == [
        "Ann Price", "1 Quay Street", "Leeds", "LS1 4DY",
    ]  # fmt: skip
    longest = addressed("Ann", "\n".join("abcdefg")).splitlines()
    assert longest == ["Ann", "a, b", "c", "d", "e", "f", "g"]

import time
from datetime import timedelta

import jwt
import pytest
import requests
from notifications_python_client import NotificationsAPIClient
from notifications_python_client.errors import HTTP503Error, HTTPError

from payouts.sandbox.templates import (
    PAYMENT_ON_ITS_WAY,
    PAYMENT_ON_ITS_WAY_LETTER,
    PAYMENT_ON_ITS_WAY_TEXT,
    PAYMENTS_ON_THEIR_WAY,
    TEMPLATES,
)

SERVICE = "8b3a2c52-6a3c-4f5e-9e0f-51f1b9b8c001"
KEY = f"sandbox-key-{SERVICE}-0d8f5a36-61aa-4ce6-8cf4-0a3f0e6c7b01"
NEIGHBOUR_KEY = "neighbour-8b3a2c52-6a3c-4f5e-9e0f-51f1b9b8c002-0d8f5a36-61aa-4ce6-8cf4-0a3f0e6c7b02"

PAYMENT = {
    "name": "Siân O'Connor", "amount": "£412.50", "date": "16 September 2026", "last_four": "8472",
    "contact": "01632 960123", "sender": "Harbour payments",
}  # fmt: skip
ADDRESS = {"address_line_1": "Siân O'Connor", "address_line_2": "1 Quay Street", "address_line_3": "SW1A 1AA"}


def send(client, to="sian@example.com", reference=None):
    return client.send_email_notification(to, PAYMENT_ON_ITS_WAY, PAYMENT, reference=reference)


def refused(http_status, call, /, *args, **kwargs):
    with pytest.raises(HTTPError) as caught:
        call(*args, **kwargs)
    assert caught.value.status_code == http_status
    return [(error["error"], error["message"]) for error in caught.value.message]


def count(notify):
    return requests.get(f"{notify.url}/_sandbox/count", timeout=5).json()


def make_trouble(notify, **faults):
    return requests.post(f"{notify.url}/_sandbox/faults", json=faults, timeout=5)


def test_an_email_is_accepted_with_its_placeholders_filled(client):
    answer = send(client, reference="payment-1")

    assert answer["reference"] == "payment-1"
    assert answer["content"]["subject"] == "Your payment of £412.50 is on its way"
    assert "Dear Siân O'Connor," in answer["content"]["body"]
    assert "((" not in answer["content"]["body"]
    assert answer["template"]["id"] == PAYMENT_ON_ITS_WAY
    assert answer["uri"].endswith(f"/v2/notifications/{answer['id']}")


def test_a_text_is_accepted_and_says_which_number_it_is_from(client):
    answer = client.send_sms_notification("07700 900456", PAYMENT_ON_ITS_WAY_TEXT, PAYMENT)

    assert answer["content"]["body"].startswith("Harbour payments: we have sent £412.50")
    assert answer["content"]["from_number"]
    assert client.get_notification_by_id(answer["id"])["phone_number"] == "07700 900456"


def test_a_letter_is_accepted_then_received_and_shows_its_address(client, clock):
    sent = client.send_letter_notification(PAYMENT_ON_ITS_WAY_LETTER, {**PAYMENT, **ADDRESS})
    before = client.get_notification_by_id(sent["id"])
    clock.ahead = timedelta(seconds=4)
    after = client.get_notification_by_id(sent["id"])

    assert (before["status"], after["status"]) == ("accepted", "received")
    assert [after[f"line_{number}"] for number in range(1, 5)] == [*ADDRESS.values(), None]


def test_a_status_advances_with_age(client, clock):
    sent = send(client)
    seen = []
    for seconds in (0, 1.5, 4):
        clock.ahead = timedelta(seconds=seconds)
        seen.append(client.get_notification_by_id(sent["id"]))

    assert [one["status"] for one in seen] == ["created", "sending", "delivered"]
    assert [one["sent_at"] is None for one in seen] == [True, False, False]
    assert [one["completed_at"] is None for one in seen] == [True, True, False]


@pytest.mark.parametrize(
    ("to", "ends_as"),
    [
        ("zoe@example.org", "delivered"),
        ("temp-fail@simulator.notify", "temporary-failure"),
        ("Perm-Fail@simulator.notify", "permanent-failure"),
    ],
)
def test_a_magic_address_decides_how_an_email_ends(client, clock, to, ends_as):
    sent = send(client, to)
    clock.ahead = timedelta(seconds=4)

    assert client.get_notification_by_id(sent["id"])["status"] == ends_as


@pytest.mark.parametrize(
    ("to", "ends_as"),
    [
        ("07700900456", "delivered"),
        ("+447700900003", "temporary-failure"),
        ("07700 900002", "permanent-failure"),
        ("+33 6 12 34 56 78", "sent"),
    ],
)
def test_a_magic_number_decides_how_a_text_ends(client, clock, to, ends_as):
    sent = client.send_sms_notification(to, PAYMENT_ON_ITS_WAY_TEXT, PAYMENT)
    clock.ahead = timedelta(seconds=4)

    assert client.get_notification_by_id(sent["id"])["status"] == ends_as


def test_a_smoke_test_recipient_is_answered_and_leaves_nothing_behind(client, notify):
    answer = send(client, "simulate-delivered-2@notifications.service.gov.uk", reference="smoke")

    assert answer["content"]["subject"]
    assert refused(404, client.get_notification_by_id, answer["id"]) == [("NoResultFound", "No result found")]
    assert count(notify)["notifications"] == 0


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"email_address": "not an address"}, ("ValidationError", "email_address Not a valid email address")),
        ({"email_address": None}, ("ValidationError", "email_address None is not of type string")),
        ({"template_id": "42"}, ("ValidationError", "template_id is not a valid UUID")),
        ({"template_id": SERVICE}, ("BadRequestError", "Template not found")),
        (
            {"template_id": PAYMENT_ON_ITS_WAY_TEXT},
            ("BadRequestError", "sms template is not suitable for email notification"),
        ),
        ({"reference": 7}, ("ValidationError", "reference 7 is not of type string")),
        ({"personalisation": "Siân"}, ("ValidationError", "personalisation Siân is not of type object")),
        (
            {"phone_number": "07"},
            ("ValidationError", "Additional properties are not allowed (phone_number was unexpected)"),
        ),
        (
            {"one_click_unsubscribe_url": "http://example.org"},
            ("ValidationError", "one_click_unsubscribe_url is not a valid https url"),
        ),
        (
            {"personalisation": {key: value for key, value in PAYMENT.items() if key not in ("amount", "sender")}},
            ("BadRequestError", "Missing personalisation: amount, sender"),
        ),
    ],
)  # fmt: skip
def test_a_request_that_notify_would_refuse_is_refused_in_its_words(client, notify, change, expected):
    body = {"email_address": "sian@example.com", "template_id": PAYMENT_ON_ITS_WAY, "personalisation": PAYMENT}

    assert refused(400, client.post, "/v2/notifications/email", {**body, **change}) == [expected]
    assert count(notify)["notifications"] == 0


def test_every_field_that_is_missing_is_named(client):
    assert refused(400, client.post, "/v2/notifications/email", {}) == [
        ("ValidationError", "email_address is a required property"),
        ("ValidationError", "template_id is a required property"),
    ]


@pytest.mark.parametrize(
    ("number", "message"),
    [
        ("07700 90045", "phone_number Not enough digits"),
        ("07700 9004567", "phone_number Too many digits"),
        ("020 7946 0018", "phone_number Not a UK mobile number"),
        ("Siân", "phone_number Must not contain letters or symbols"),
    ],
)
def test_a_number_that_cannot_take_a_text_is_refused(client, number, message):
    assert refused(400, client.send_sms_notification, number, PAYMENT_ON_ITS_WAY_TEXT, PAYMENT) == [
        ("ValidationError", message)
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"address_line_2": " "}, "Address must be at least 3 lines"),
        ({"address_line_3": "12345"}, "Last line of address must be a real UK postcode or another country"),
        ({"address_line_1": "(Siân)"}, "Address lines must not start with any of the following"),
    ],
)
def test_an_address_that_cannot_be_posted_to_is_refused(client, change, message):
    personalisation = {**PAYMENT, **ADDRESS, **change}
    [(error, words)] = refused(400, client.send_letter_notification, PAYMENT_ON_ITS_WAY_LETTER, personalisation)

    assert error == "ValidationError"
    assert words.startswith(message)


def test_a_body_that_is_not_json_is_refused(notify):
    token = jwt.encode({"iss": SERVICE, "iat": int(time.time())}, KEY[-36:], algorithm="HS256")
    answer = requests.post(
        f"{notify.url}/v2/notifications/email", data=b"{", headers={"Authorization": f"Bearer {token}"}, timeout=5
    )

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"] == "Invalid JSON supplied in POST data"


def test_a_call_without_a_token_is_refused(notify):
    answer = requests.get(f"{notify.url}/v2/templates", timeout=5)

    assert (answer.status_code, answer.json()["errors"][0]["error"]) == (401, "AuthError")


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (KEY[:-1] + "2", "Invalid token: API key not found"),
        (KEY.replace("c001-", "c009-"), "Invalid token: service not found"),
    ],
)
def test_a_key_that_is_not_known_is_refused(notify, key, message):
    stranger = NotificationsAPIClient(key, base_url=notify.url)

    assert refused(403, stranger.get_all_templates) == [("AuthError", message)]


@pytest.mark.parametrize("seconds", [-40, 40])
def test_a_clock_that_is_wrong_by_more_than_half_a_minute_is_refused(client, clock, seconds):
    clock.ahead = timedelta(seconds=seconds)

    assert refused(403, client.get_all_templates) == [
        ("AuthError", "Error: Your system clock must be accurate to within 30 seconds")
    ]


def test_a_token_that_is_signed_in_another_way_is_refused(notify):
    token = jwt.encode({"iss": SERVICE, "iat": int(time.time())}, KEY[-36:] * 2, algorithm="HS512")
    answer = requests.get(f"{notify.url}/v2/templates", headers={"Authorization": f"Bearer {token}"}, timeout=5)

    assert (answer.status_code, answer.json()["errors"][0]["message"]) == (
        403,
        "Invalid token: algorithm used is not HS256",
    )


def test_one_service_sees_nothing_of_anothers(client, notify):
    sent = send(client, reference="ours")
    neighbour = NotificationsAPIClient(NEIGHBOUR_KEY, base_url=notify.url)

    assert refused(404, neighbour.get_notification_by_id, sent["id"])
    assert neighbour.get_all_notifications(reference="ours")["notifications"] == []


def test_a_message_is_found_by_its_reference(client):
    for number in range(3):
        send(client, reference=f"payment-{number}")

    found = client.get_all_notifications(reference="payment-1", template_type="email")["notifications"]
    assert [one["reference"] for one in found] == ["payment-1"]


def test_a_list_can_be_filtered_by_type_and_status(client, clock):
    send(client, "temp-fail@simulator.notify", "failing")
    client.send_sms_notification("07700900456", PAYMENT_ON_ITS_WAY_TEXT, PAYMENT, reference="text")
    clock.ahead = timedelta(seconds=4)
    send(client, reference="new")

    def references(**wanted):
        return [one["reference"] for one in client.get_all_notifications(**wanted)["notifications"]]

    assert references() == ["new", "text", "failing"]
    assert references(template_type="sms") == ["text"]
    assert references(status="created") == ["new"]
    assert references(status="failed") == ["failing"]
    assert references(status="delivered", template_type="email") == []


def test_a_filter_that_notify_does_not_know_is_refused(client):
    [(error, message)] = refused(400, client.get_all_notifications, status="lost")

    assert error == "ValidationError"
    assert message.startswith("status lost is not one of [created, sending")


def test_long_lists_come_in_pages_of_250_that_the_client_walks_through(client):
    for number in range(260):
        send(client, reference=f"payment-{number}")
    first = client.get_all_notifications()

    assert len(first["notifications"]) == 250
    assert f"older_than={first['notifications'][-1]['id']}" in first["links"]["next"]
    walked = [one["reference"] for one in client.get_all_notifications_iterator()]
    assert walked == [f"payment-{number}" for number in reversed(range(260))]


def test_an_id_that_is_no_uuid_is_refused_and_one_that_is_unknown_is_not_found(client):
    assert refused(400, client.get_notification_by_id, "42") == [("ValidationError", "id is not a valid UUID")]
    assert refused(404, client.get_notification_by_id, SERVICE) == [("NoResultFound", "No result found")]


def test_templates_are_told_with_what_they_need(client):
    assert [one["id"] for one in client.get_all_templates()["templates"]] == [one.id for one in TEMPLATES]
    texts = [one["id"] for one in client.get_all_templates("sms")["templates"]]
    assert texts == [one.id for one in TEMPLATES if one.type == "sms"]
    assert PAYMENT_ON_ITS_WAY_TEXT in texts
    template = client.get_template(PAYMENTS_ON_THEIR_WAY)
    assert set(template["personalisation"]) == {"name", "count", "total", "date", "last_four", "contact", "sender"}
    assert client.get_template_version(PAYMENTS_ON_THEIR_WAY, 1) == template
    assert refused(404, client.get_template_version, PAYMENTS_ON_THEIR_WAY, 2)


def test_a_preview_is_filled_and_sends_nothing(client, notify):
    preview = client.post_template_preview(PAYMENT_ON_ITS_WAY, PAYMENT)

    assert preview["subject"] == "Your payment of £412.50 is on its way"
    assert count(notify)["notifications"] == 0
    assert refused(400, client.post_template_preview, PAYMENT_ON_ITS_WAY, {})[0][0] == "BadRequestError"


def test_a_lost_reply_leaves_a_message_that_can_be_looked_up(client, notify):
    make_trouble(notify, lose_replies=1)
    with pytest.raises(HTTP503Error) as caught:
        send(client, reference="payment-7")

    assert caught.value.response is None  # nothing was answered: the client made the 503 up
    assert [one["reference"] for one in client.get_all_notifications(reference="payment-7")["notifications"]] == [
        "payment-7"
    ]
    assert send(client, reference="payment-8")["id"]
    assert count(notify)["repeated_references"] == []


def test_a_message_answered_with_503_was_either_kept_or_not_as_the_tester_asked(client, notify):
    make_trouble(notify, answer_503=1)
    with pytest.raises(HTTP503Error):
        send(client, reference="not kept")
    make_trouble(notify, accept_then_503=1)
    with pytest.raises(HTTP503Error):
        send(client, reference="kept")

    assert [one["reference"] for one in client.get_all_notifications()["notifications"]] == ["kept"]


def test_a_message_over_the_rate_is_answered_with_429(client, notify):
    make_trouble(notify, answer_429=1)

    assert refused(429, send, client)[0][0] == "RateLimitError"
    assert send(client)["id"]


@pytest.mark.parametrize("faults", [{"earthquake": 1}, {"lose_replies": -1}, {"lose_replies": "3"}])
def test_trouble_that_the_simulator_does_not_know_is_refused_whole(notify, faults):
    answer = make_trouble(notify, answer_503=5, **faults)

    assert answer.status_code == 400
    assert requests.get(f"{notify.url}/_sandbox/faults", timeout=5).json()["answer_503"] == 0


def test_the_count_names_references_that_came_twice(client, notify):
    for reference in ("payment-1", "payment-2", "payment-1"):
        send(client, reference=reference)

    told = count(notify)
    assert (told["notifications"], told["references"]) == (3, 2)
    assert told["repeated_references"] == ["payment-1"]


def test_the_outbox_shows_what_would_have_been_sent_newest_first(client, notify):
    send(client, "zoe@example.org")
    send(client, "sian@example.com")
    shown = requests.get(f"{notify.url}/_sandbox/outbox?limit=1", timeout=5).json()["notifications"]

    assert [(one["to"], one["subject"]) for one in shown] == [
        ("sian@example.com", "Your payment of £412.50 is on its way")
    ]


def test_a_page_that_notify_does_not_have_is_answered_in_json(client):
    assert refused(404, client.get, "/v2/everything")[0][0] == "Not Found"


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_no_message_says_what_the_money_is_for(template):
    words = f"{template.subject} {template.body}".lower()

    for telling in ("disab", "benefit", "living", "care", "grant", "award", "allowance", "fund"):
        assert telling not in words


def test_the_simulator_refuses_to_start_without_keys_or_with_broken_ones(start):
    for keys in ([], ["sandbox-key"]):
        with pytest.raises(ValueError, match="API key"):
            start(api_keys=keys)


def test_receipts_are_not_posted_without_a_token(start):
    with pytest.raises(ValueError, match="bearer token"):
        start(receipts_url="http://127.0.0.1:9/receipts")

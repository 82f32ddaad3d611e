"""Calls from the service: genuine ones are read, all others refused."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from payouts_client import NotGenuine, Webhook

# the example of the convention's own libraries
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID, AT = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def headers(**changes):
    return {"webhook-id": ID, "Webhook-Timestamp": str(AT), "webhook-signature": SIGNATURE, **changes}


def webhook(*secrets):
    return Webhook(*(secrets or (SECRET,)), now=lambda: AT + 200.0)


def test_a_genuine_call_is_read():
    assert webhook().verify(BODY, headers()) == {"test": 2432232314}


def test_of_several_signatures_and_secrets_one_has_to_fit():
    other = "whsec_" + base64.b64encode(b"x" * 32).decode()
    assert webhook(other, SECRET).verify(BODY, headers(**{"webhook-signature": f"v1,AAAA v1a,BBBB {SIGNATURE}"}))
    with pytest.raises(NotGenuine):
        webhook(other).verify(BODY, headers())


WRONG = [
    {"webhook-id": "another"},
    {"Webhook-Timestamp": str(AT + 1)},
    {"Webhook-Timestamp": "soon"},
    {"webhook-signature": ""},
    {"webhook-signature": SIGNATURE.removeprefix("v1,")},
    {"webhook-signature": SIGNATURE.replace("v1,", "v2,")},
    {"webhook-signature": "v1,é"},
]


@pytest.mark.parametrize("changes", WRONG)
def test_a_call_with_anything_changed_is_refused(changes):
    with pytest.raises(NotGenuine):
        webhook().verify(BODY, headers(**changes))


def test_another_body_an_old_call_and_one_without_a_signature_are_refused():
    with pytest.raises(NotGenuine):
        webhook().verify(BODY + b" ", headers())
    with pytest.raises(NotGenuine, match="just now"):
        Webhook(SECRET, now=lambda: AT + 301.0).verify(BODY, headers())
    with pytest.raises(NotGenuine, match="missing"):
        webhook().verify(BODY, {})


def test_what_is_signed_and_no_object_is_refused():
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    signed = hmac.new(key, f"{ID}.{AT}.[]".encode(), hashlib.sha256).digest()
    with pytest.raises(NotGenuine, match="JSON"):
        webhook().verify(b"[]", headers(**{"webhook-signature": "v1," + base64.b64encode(signed).decode()}))


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_AAAA", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_é"])
def test_what_is_no_secret_is_told_so_without_being_told(secret):
    with pytest.raises(ValueError, match="no secret") as raised:
        Webhook(secret)
    assert len(secret) < 7 or secret not in str(raised.value)
    assert SECRET not in repr(Webhook(SECRET))

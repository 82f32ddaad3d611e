"""The process id of a payment or an award: made by nobody else, and of no use anywhere else."""

from __future__ import annotations

import base64
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payouts.following.process_id import Followed, Kind, process_id, read_process_id
from schemes.seal import KeyRing, Seals

SEALS = Seals(KeyRing({"k1": bytes(32)}), fingerprint_key=b"f" * 32)
OTHERS = Seals(KeyRing({"k1": bytes(32)}), fingerprint_key=b"g" * 32)
BODY = UUID("01890000-0000-7000-8000-00000000beef")
TWIN = UUID("01890000-0000-7000-9000-00000000beef")
"""Another body with the same tag."""

followed = st.builds(Followed, st.sampled_from(Kind), st.just(BODY), st.uuids())


@given(followed)
def test_a_process_id_leads_to_its_row_and_body_only(one):
    written = process_id(SEALS, one)
    assert read_process_id(SEALS, written, [TWIN, BODY]) == one
    assert read_process_id(SEALS, written, [TWIN]) is None
    assert read_process_id(OTHERS, written, [BODY]) is None


@given(followed, st.integers(min_value=0), st.integers(1, 255))
def test_no_byte_of_a_process_id_can_be_another(one, place, change):
    packed = bytearray(base64.urlsafe_b64decode(process_id(SEALS, one) + "="))
    packed[place % len(packed)] ^= change
    changed = base64.urlsafe_b64encode(packed).decode().rstrip("=")
    assert read_process_id(SEALS, changed, [BODY, TWIN]) is None


@pytest.mark.parametrize("written", ["", "x", "p" * 42, "p" * 44, "é" * 43, "!" * 43, "A" * 43, "_" * 43])
def test_what_was_never_given_out_leads_nowhere(written):
    assert read_process_id(SEALS, written, [BODY]) is None


def test_the_page_of_an_award_does_not_open_with_a_payment_s_code():
    row = UUID(int=7)
    packed = bytearray(base64.urlsafe_b64decode(process_id(SEALS, Followed(Kind.PAYMENT, BODY, row)) + "="))
    packed[:1] = Kind.AWARD.encode()
    assert read_process_id(SEALS, base64.urlsafe_b64encode(packed).decode().rstrip("="), [BODY]) is None

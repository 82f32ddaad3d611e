"""Sealed values open where they were sealed, unchanged, with a key that lives; anywhere else they do not."""

from __future__ import annotations

import threading
from uuid import UUID

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from payouts.app import make_service
from payouts.files.payment_file import files_of
from payouts.files.segment import open_content
from payouts.payment import Payment, lines_of
from schemes import seal
from schemes.account import open_details
from schemes.bank_profile import BankProfile, open_account
from schemes.errors import KeyMissing, SealBroken
from schemes.person import DEMO_PASSWORD, Role, rewrap_codes
from schemes.seal import KeyRing, SealingKey, Seals, get_key
from schemes.sign_in import sign_in

BODY, NEIGHBOUR = UUID(int=1), UUID(int=2)
ROW, OTHER = UUID(int=3), UUID(int=4)
RING = "k1:YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE="
NEXT = "k2:ZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGRkZGQ="
SEALS = Seals(KeyRing.parse(RING), b"f" * 32)


@pytest.fixture
def key(clock):
    return SEALS.make(BODY, clock())[1]


@given(
    st.binary(max_size=300), st.text(alphabet="abcdefghij_/0123456789", min_size=1, max_size=30), st.uuids(), st.uuids()
)
def test_what_was_sealed_opens_again_in_its_place(value, table, row_id, body_id):
    _, key = SEALS.make(body_id, None)
    sealed = key.seal(value, table, row_id)
    assert key.open(sealed, table, row_id) == value
    assert value not in sealed or len(value) < 4


def test_the_same_value_sealed_twice_looks_different(key):
    assert key.seal(b"12345678", "account", ROW) != key.seal(b"12345678", "account", ROW)


@pytest.mark.parametrize(("table", "row_id"), [("account", OTHER), ("bank_profile", ROW), ("", ROW)])
def test_a_value_moved_to_another_row_or_table_does_not_open(key, table, row_id):
    with pytest.raises(SealBroken):
        key.open(key.seal(b"12345678", "account", ROW), table, row_id)


def test_a_value_moved_to_another_body_does_not_open_even_with_its_key(clock):
    row, key = SEALS.make(BODY, clock())
    sealed = key.seal(b"12345678", "account", ROW)
    with pytest.raises(SealBroken):
        seal.OpenKey(NEIGHBOUR, key.cipher).open(sealed, "account", ROW)
    with pytest.raises(SealBroken):
        SEALS.open(NEIGHBOUR, row.id, row.ring_key_id, row.wrapped)
    with pytest.raises(SealBroken):
        SEALS.open(BODY, OTHER, row.ring_key_id, row.wrapped)


@given(st.binary(min_size=1, max_size=40), st.data())
def test_a_value_with_any_bit_changed_does_not_open(value, data):
    _, key = SEALS.make(BODY, None)
    sealed = bytearray(key.seal(value, "account", ROW))
    at = data.draw(st.integers(0, len(sealed) - 1))
    sealed[at] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(SealBroken):
        key.open(bytes(sealed), "account", ROW)


@given(st.binary(max_size=60))
def test_bytes_that_nobody_sealed_do_not_open_and_break_nothing_else(noise):
    _, key = SEALS.make(BODY, None)
    with pytest.raises(SealBroken):
        key.open(noise, "account", ROW)
    with pytest.raises(SealBroken):
        SEALS.ring.unwrap("k1", noise, b"place")


def test_neither_a_key_nor_a_ring_nor_the_settings_print_their_secrets(key, make_settings):
    shown = repr((key, SEALS, SEALS.ring, make_settings()))
    assert "YWFh" not in shown
    assert "aaaa" not in shown
    assert "ffff" not in shown


@pytest.mark.parametrize("written", ["", "k1", "k1:", ":YWFh", "k1:YWFh", RING + ",k2:YWFh"])
def test_a_key_ring_that_is_not_one_is_refused(written):
    with pytest.raises(ValueError):
        KeyRing.parse(written)


def test_fingerprints_are_equal_within_a_body_and_different_across_bodies_and_keys():
    mine = SEALS.fingerprint(BODY, "089999", "66374958", "")
    assert mine == SEALS.fingerprint(BODY, "089999", "66374958", "")
    assert mine != SEALS.fingerprint(NEIGHBOUR, "089999", "66374958", "")
    assert mine != SEALS.fingerprint(BODY, "089999", "66374958", "ROLL/1")
    assert mine != Seals(SEALS.ring, b"g" * 32).fingerprint(BODY, "089999", "66374958", "")


@given(st.lists(st.text(alphabet="0123456789", max_size=4), min_size=3, max_size=3), st.integers(0, 2))
def test_fingerprints_do_not_confuse_where_one_part_ends_and_the_next_begins(parts, at):
    joined = "".join(parts)
    shifted = [joined[: at + 1], joined[at + 1 :], ""]
    same = SEALS.fingerprint(BODY, *parts) == SEALS.fingerprint(BODY, *shifted)
    assert same == (parts == shifted)


class TestWithARegister:
    """Rotation and erasure on a body with a sealed payroll."""

    @pytest.fixture
    def start(self, sealed):
        return sealed

    def opened(self, service, office, payroll_id):
        """All that is sealed of the payroll and the bank profile, in the clear."""
        with service.transaction(office.harbour.body_id) as session:
            details = []
            for line in lines_of(session, Payment.payroll_id == payroll_id):
                key = service.seals.open(office.harbour.body_id, line.key_id, line.ring_key_id, line.wrapped)
                details.append(open_details(key, line.account_id, line.sealed_details))
            profile = open_account(session, service.seals, session.scalars(select(BankProfile)).one())
            return details, profile, open_content(session, service.seals, files_of(session, payroll_id)[0]).read()

    def test_after_rotation_everything_opens_with_the_new_ring_alone_and_people_can_sign_in(
        self, office, sealed, make_settings, clock
    ):
        before = self.opened(office.service, office, sealed.payroll_id)
        assert len(before[0]) > 40
        both = make_service(make_settings(key_ring=f"{NEXT},{RING}"), now=clock)
        only = make_service(make_settings(key_ring=NEXT), now=clock)
        with pytest.raises(KeyMissing):
            self.opened(only, office, sealed.payroll_id)
        chunks = 0
        while True:
            with both.transaction(office.harbour.body_id) as session:
                rewrap_codes(session, both.seals.ring)
                if not seal.rewrap(session, both.seals, limit=10):
                    break
            chunks += 1
            assert self.opened(both, office, sealed.payroll_id) == before, "the service reads on meanwhile"
        assert chunks > 3
        with only.transaction(office.harbour.body_id) as session:
            assert seal.keys_left(session, "k2") == 0
        assert self.opened(only, office, sealed.payroll_id) == before
        for role in Role.PREPARER, Role.RELEASER:
            code = pyotp.TOTP(office.harbour.code_secrets[role]).at(clock())
            with only.transaction(None) as session:
                email = office.person(role).email
                assert sign_in(session, only.seals.ring, email=email, password=DEMO_PASSWORD, code=code, at=clock())
        both.engine.dispose()
        only.engine.dispose()

    def test_two_rotations_side_by_side_wrap_each_key_once(self, office, make_settings, clock):
        both = make_service(make_settings(key_ring=f"{NEXT},{RING}"), now=clock)
        with both.transaction(office.harbour.body_id) as session:
            total, counts, start = seal.keys_left(session, "k2"), [], threading.Barrier(2)

        def rotate():
            start.wait()
            done = -1
            while done:
                with both.transaction(office.harbour.body_id) as session:
                    done = seal.rewrap(session, both.seals, limit=7)
                counts.append(done)

        threads = [threading.Thread(target=rotate) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sum(counts) == total > 40
        both.engine.dispose()

    def test_a_destroyed_key_never_opens_again_and_rotation_leaves_it_so(self, office, sealed, clock):
        service, body_id = office.service, office.harbour.body_id
        with office.transaction() as session:
            line = next(iter(lines_of(session, Payment.payroll_id == sealed.payroll_id)))
        with office.transaction() as session:
            seal.destroy(session, body_id, line.key_id, at=clock())
        with office.transaction() as session:
            row = get_key(session, body_id, line.key_id)
            assert row.destroyed_at == clock()
            with pytest.raises(KeyMissing):
                service.seals.open_row(row)
            others = session.scalars(select(SealingKey).where(SealingKey.id != row.id)).all()
            for other in others:  # no other key opens it either
                with pytest.raises(SealBroken):
                    open_details(service.seals.open_row(other), line.account_id, line.sealed_details)
        with office.transaction() as session:
            assert seal.rewrap(session, Seals(KeyRing.parse(f"{NEXT},{RING}"), b"f" * 32)) == len(others)
            assert get_key(session, body_id, line.key_id).wrapped is None

    def test_bank_details_stand_nowhere_in_the_clear(self, office, sealed, owner):
        details, profile, content = self.opened(office.service, office, sealed.payroll_id)
        secrets = {d.account_number for d in details} | {profile.account_number}
        secrets |= {d.roll_number for d in details if d.roll_number}
        with owner.connect() as connection:
            tables = connection.scalars(
                text("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
            ).all()
            for table in tables:
                dump = "\n".join(connection.scalars(text(f"SELECT t::text FROM {table} t")))
                found = [secret for secret in secrets if secret in dump or secret.encode().hex() in dump]
                assert found == [], table
        assert all(d.account_number.encode() in content for d in details[:5]), "the file has them, and it is sealed"

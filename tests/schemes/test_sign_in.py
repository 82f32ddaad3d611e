"""Signing in: what is right opens a session once; guesses are slowed and locked out, one by one or all at once."""

from __future__ import annotations

import threading
from datetime import timedelta

import pyotp
import pytest
from argon2 import extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY
from sqlalchemy import text

from schemes import before_body
from schemes.errors import PasswordTooShort, SignInSlowed
from schemes.password import NOBODY
from schemes.person import DEMO_PASSWORD, Role, add_person
from schemes.sign_in import (
    IDLE,
    LOCK,
    LOCKED_AFTER,
    address_digest,
    confirm_code,
    memberships,
    sign_in,
    sign_out,
    sign_out_everywhere,
    signed_in_person,
)
from tests.conftest import PASSWORD_HASHER

EMAIL = "priya@harbour.example"


@pytest.fixture
def start(seeded):
    return seeded


@pytest.fixture
def code(harbour, clock):
    return lambda role=Role.PREPARER: pyotp.TOTP(harbour.code_secrets[role]).at(clock())


@pytest.fixture
def attempt(service, clock, code):
    """One try to sign in, as a page makes it: committed either way."""

    def run(email=EMAIL, password=DEMO_PASSWORD, given=None):
        with service.transaction(None) as session:
            return sign_in(
                session, service.seals.ring, email=email, password=password, code=given or code(), at=clock()
            )

    return run


@pytest.fixture
def who(service, clock):
    """Whose session a token is now."""

    def run(token):
        with service.transaction(None) as session:
            person = signed_in_person(session, token, at=clock())
        return person.email if person else None

    return run


def test_the_right_password_and_code_sign_in(attempt, who, service, harbour):
    signed = attempt()
    assert signed.person_id == harbour.people[Role.PREPARER].person_id
    assert who(signed.token) == EMAIL
    with service.transaction(None) as session:
        (body,) = memberships(session, signed.person_id)
    assert (body.body_id, body.roles) == (harbour.body_id, {Role.PREPARER})


@pytest.mark.parametrize(
    "wrong",
    [
        {"password": "not the password"},
        {"password": ""},
        {"password": DEMO_PASSWORD.upper()},
        {"given": "000000"},
        {"given": "12345"},
        {"given": "a code"},
        {"given": "١٢٣٤٥٦"},
        {"given": "1" * 32},
        {"email": "nobody@harbour.example"},
        {"email": ""},
        {"email": "priya@harbour.example\x00"},
        {"email": "\x00"},
        {"password": "\x00"},
        {"email": "' OR 1=1 --"},
    ],
    ids=str,
)
def test_anything_wrong_signs_nobody_in_and_does_not_say_what_was_wrong(attempt, wrong):
    assert attempt(**wrong) is None


def test_an_address_may_be_typed_in_capitals_and_with_spaces(attempt):
    assert attempt(email="  Priya@Harbour.EXAMPLE ") is not None


def test_another_persons_code_does_not_do(attempt, code):
    assert attempt(given=code(Role.FINANCE)) is None


def test_a_code_signs_in_once_and_an_older_one_never_after_it(attempt, clock, code):
    first = code()
    assert attempt(given=first) is not None
    assert attempt(given=first) is None
    clock.advance(seconds=30)
    assert attempt(given=code()) is not None
    assert attempt(given=first) is None


def test_a_code_is_good_for_thirty_seconds_either_way_and_no_longer(attempt, clock, code):
    earlier = code()
    clock.advance(seconds=30)
    assert attempt(given=earlier) is not None
    clock.advance(minutes=5)
    late = code()
    clock.advance(seconds=61)
    assert attempt(given=late) is None


@pytest.fixture
def wait(service, clock):
    """Failures counted for an address, and how long none is looked at; or sets the count, as wrong tries had."""

    def run(email=EMAIL, *, failures=None):
        with service.transaction(None) as session:
            counted, until = before_body.sign_in_wait(session, address_digest(email))
            if failures is not None:
                before_body.set_sign_in_wait(session, address_digest(email), failures, clock())
        return counted, until - clock() if until else timedelta(0)

    return run


@pytest.mark.parametrize("email", [EMAIL, "nobody@harbour.example"], ids=["somebody's address", "nobody's address"])
def test_ten_guesses_are_slowed_more_each_time_and_then_locked_out_for_a_quarter_of_an_hour(
    attempt, clock, wait, email
):
    waits = []
    for number in range(1, LOCKED_AFTER + 1):
        assert attempt(email=email, password="guess") is None
        failures, pause = wait(email)
        assert failures == number
        waits.append(pause.total_seconds())
        if pause:
            clock.time += pause - timedelta(seconds=1)
            with pytest.raises(SignInSlowed):
                attempt(email=email)
            clock.advance(seconds=1)
    assert waits == [0, 0, 0, 2, 4, 8, 16, 32, 64, LOCK.total_seconds()]


def test_a_locked_address_is_locked_for_the_right_password_too_until_the_lock_ends(attempt, clock, wait):
    wait(failures=LOCKED_AFTER - 1)
    assert attempt(password="guess") is None
    for pause in (0, 14 * 60 + 59):
        clock.advance(seconds=pause)
        with pytest.raises(SignInSlowed) as slowed:
            attempt()
    assert slowed.value.until == clock() + timedelta(seconds=1)
    clock.advance(seconds=1)
    assert attempt() is not None
    assert wait() == (0, timedelta(0))


def test_each_guess_after_a_lock_locks_again(attempt, clock, wait):
    wait(failures=LOCKED_AFTER)
    assert attempt(password="guess") is None
    assert wait() == (LOCKED_AFTER + 1, LOCK)


def test_one_persons_guesses_do_not_lock_another_out(attempt, code, wait):
    wait(failures=LOCKED_AFTER - 1)
    assert attempt(password="guess") is None
    assert attempt(email="femi@harbour.example", given=code(Role.FINANCE)) is not None


def test_guesses_sent_all_at_once_get_no_more_tries_than_one_after_another(attempt):
    """Sixteen threads with different passwords, the right one among them at the end: few are looked at."""
    barrier, outcomes = threading.Barrier(16), []

    def run():
        barrier.wait()
        try:
            outcomes.append(attempt(password="guess"))
        except SignInSlowed:
            outcomes.append("slowed")

    threads = [threading.Thread(target=run) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count(None) == 4, "the free tries; the fourth begins the wait"
    assert outcomes.count("slowed") == 12


def test_one_code_sent_by_many_browsers_at_once_signs_in_one_of_them(attempt, code):
    same, barrier, outcomes = code(), threading.Barrier(4), []

    def run():
        barrier.wait()
        try:
            outcomes.append(attempt(given=same))
        except SignInSlowed:
            outcomes.append(None)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(outcome is not None for outcome in outcomes) == 1


def test_a_session_that_lies_idle_for_an_hour_ends_and_one_in_use_goes_on(attempt, who, clock):
    token = attempt().token
    for _ in range(3):
        clock.advance(minutes=59)
        assert who(token) == EMAIL
    clock.time += IDLE + timedelta(seconds=1)
    assert who(token) is None
    clock.advance(minutes=-30)
    assert who(token) == EMAIL, "only time ended it"


def test_signing_out_ends_this_session_and_everywhere_ends_all(attempt, who, service, clock):
    tokens = []
    for _ in range(3):
        tokens.append(attempt().token)
        clock.advance(seconds=30)
    with service.transaction(None) as session:
        sign_out(session, tokens[0], at=clock())
    assert [who(token) for token in tokens] == [None, EMAIL, EMAIL]
    with service.transaction(None) as session:
        person_id = signed_in_person(session, tokens[1], at=clock()).id
        sign_out_everywhere(session, person_id, at=clock())
    assert [who(token) for token in tokens] == [None, None, None]


@pytest.mark.parametrize("token", ["", "x", "not a token of anybody's"])
def test_a_token_that_nobody_was_given_is_nobodys(who, token):
    assert who(token) is None


def test_the_token_itself_is_not_in_the_database(attempt, owner):
    token = attempt().token
    with owner.connect() as connection:
        stored = "".join(connection.scalars(text("SELECT t::text FROM web_session t")))
    assert token not in stored
    assert token.encode().hex() not in stored


@pytest.fixture
def confirm(service, harbour, clock):
    """Whether a code lets the approver decide."""

    def run(given):
        with service.transaction(None) as session:
            person_id = harbour.people[Role.APPROVER].person_id
            return confirm_code(session, service.seals.ring, person_id, given, at=clock())

    return run


def test_a_decision_takes_a_code_of_its_own_once(confirm, code, clock):
    assert confirm(code(Role.APPROVER))
    assert not confirm(code(Role.APPROVER))
    clock.advance(seconds=30)
    assert not confirm(code(Role.PREPARER))
    assert confirm(code(Role.APPROVER))


def test_guessed_codes_before_a_decision_lock_the_person_out_of_signing_in_too(confirm, attempt, code, clock):
    for _ in range(LOCKED_AFTER):
        try:
            assert not confirm("000000")
        except SignInSlowed as slowed:
            clock.time = slowed.until
            assert not confirm("000000")
    with pytest.raises(SignInSlowed):
        confirm(code(Role.APPROVER))
    with pytest.raises(SignInSlowed):
        attempt(email="ailsa@harbour.example", given=code(Role.APPROVER))


def test_a_short_password_is_refused_whoever_adds_the_person(service, harbour, clock):
    with pytest.raises(PasswordTooShort), service.transaction(harbour.body_id) as session:
        add_person(
            session, service.seals.ring, email="a@b.example", name="A", password="elevenchars",
            roles=frozenset({Role.AUDITOR}), at=clock(),
        )  # fmt: skip


def test_guessing_a_password_costs_what_rfc_9106_asks_for_whether_or_not_anybody_has_the_address():
    assert extract_parameters(PASSWORD_HASHER().hash(DEMO_PASSWORD)) == RFC_9106_LOW_MEMORY
    assert extract_parameters(NOBODY) == RFC_9106_LOW_MEMORY

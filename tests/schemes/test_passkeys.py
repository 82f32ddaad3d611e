"""Passkeys: made once, answering once, for one statement at one site; and a copy of one is noticed."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from schemes import credential_reset, passkey
from schemes.database import new_id
from schemes.passkey import PasskeyCopied, PasskeyNameMissing, PasskeyRefused, PasskeyTooNew
from schemes.passkey_signature import PasskeyFault, PasskeySignature, faults_of
from schemes.person import Role
from tests.authenticator import PRESENT, VERIFIED, Authenticator, with_part

STATEMENT = {"verdict": "go", "manifest": "ab" * 32, "reason": "", "person": "p"}


@pytest.fixture
def keys(office):
    """What pages do with a person's passkeys, one transaction each."""
    return Keys(office)


class Keys:
    def __init__(self, office):
        self.office, self.site, self.now = office, office.service.passkey_site, office.service.now

    def add(self, role, authenticator, *, name="Blue key", change=lambda answer: answer, passkey_id=None):
        person = self.office.person(role)
        with self.office.transaction() as session:
            options = passkey.ask_for_new(
                session, self.site, person.person_id, email=person.email, name=person.name, at=self.now()
            )
        answer = change(authenticator.make(options))
        return self.keep(role, answer, name=name, passkey_id=passkey_id)

    def keep(self, role, answer, *, name="Blue key", passkey_id=None):
        with self.office.transaction() as session:
            return passkey.add(
                session,
                self.site,
                self.office.person(role).person_id,
                passkey_id=passkey_id or new_id(),
                name=name,
                answer=answer,
                at=self.now(),
            )

    def ask(self, role, statement=STATEMENT):
        with self.office.transaction() as session:
            return passkey.ask_to_sign(session, self.site, self.office.person(role).person_id, statement, at=self.now())

    def take(self, role, answer, statement=STATEMENT):
        with self.office.transaction() as session:
            return passkey.take_signature(
                session, self.site, self.office.person(role).person_id, statement, answer=answer, at=self.now()
            )

    def live(self, role):
        with self.office.transaction() as session:
            return passkey.live_passkeys(session, self.office.person(role).person_id)


@pytest.fixture
def key():
    return Authenticator()


@pytest.fixture
def added(keys, key, clock):
    """The approver's passkey, old enough to sign."""
    row = keys.add(Role.APPROVER, key)
    clock.advance(hours=24)
    return row


def refused(call, *arguments, **more):
    with pytest.raises(PasskeyRefused) as found:
        call(*arguments, **more)
    return found.value.fault


def test_what_a_passkey_signed_proves_the_statement_with_its_public_key_alone(keys, key, added):
    signed = keys.take(Role.APPROVER, key.sign(keys.ask(Role.APPROVER)))
    kept = json.loads(json.dumps(signed.as_facts()))
    assert faults_of(kept, STATEMENT) == []
    assert faults_of(kept, {**STATEMENT, "verdict": "no_go"}) == [PasskeyFault.OTHER_STATEMENT]
    [row] = keys.live(Role.APPROVER)
    assert (row.sign_count, row.last_used_at) == (1, keys.now())


def test_a_new_passkey_signs_nothing_for_a_day(keys, key, clock):
    row = keys.add(Role.APPROVER, key)
    clock.advance(hours=23, minutes=59)
    with pytest.raises(PasskeyTooNew) as found:
        keys.ask(Role.APPROVER)
    assert found.value.until == row.signs_from == row.made_at + timedelta(hours=24)
    clock.advance(minutes=1)
    assert keys.take(Role.APPROVER, key.sign(keys.ask(Role.APPROVER)))


def test_a_new_passkey_signs_nothing_where_an_older_one_was_asked(keys, key, added):
    newer = Authenticator()
    keys.add(Role.APPROVER, newer)
    options = keys.ask(Role.APPROVER)
    assert [one["id"] for one in json.loads(options)["allowCredentials"]] == [json.loads(key.sign(options))["id"]]
    with pytest.raises(PasskeyTooNew):
        keys.take(Role.APPROVER, newer.sign(options))


def test_an_answer_counts_once(keys, key, added):
    answer = key.sign(keys.ask(Role.APPROVER))
    keys.take(Role.APPROVER, answer)
    assert refused(keys.take, Role.APPROVER, answer) is PasskeyFault.CHALLENGE_GONE


def test_an_answer_that_comes_too_late_does_not_count(keys, key, added, clock):
    answer = key.sign(keys.ask(Role.APPROVER))
    clock.advance(minutes=10)
    assert refused(keys.take, Role.APPROVER, answer) is PasskeyFault.CHALLENGE_GONE


def test_a_challenge_that_the_service_never_gave_is_not_answered(keys, key, added):
    answer = key.sign(keys.ask(Role.APPROVER), challenge="AAAA")
    assert refused(keys.take, Role.APPROVER, answer) is PasskeyFault.CHALLENGE_GONE


def test_what_was_signed_counts_for_no_other_statement(keys, key, added):
    answer = key.sign(keys.ask(Role.APPROVER))
    assert refused(keys.take, Role.APPROVER, answer, {**STATEMENT, "reason": "x"}) is PasskeyFault.OTHER_STATEMENT


def test_nobody_answers_with_another_persons_passkey(keys, key, added, clock):
    own = Authenticator()
    keys.add(Role.RELEASER, own)
    clock.advance(hours=24)
    stolen = key.sign(keys.ask(Role.RELEASER))
    assert refused(keys.take, Role.RELEASER, stolen) is PasskeyFault.UNKNOWN
    asked_of_another = own.sign(keys.ask(Role.APPROVER))
    assert refused(keys.take, Role.RELEASER, asked_of_another) is PasskeyFault.CHALLENGE_GONE


FORGERIES = {
    PasskeyFault.OTHER_SITE: [{"origin": "http://localhost:5001"}, {"origin": "https://localhost:5000"},
                              {"site": "payouts.example"}],
    PasskeyFault.NOT_VERIFIED: [{"flags": PRESENT}],
    PasskeyFault.NOBODY_THERE: [{"flags": VERIFIED}],
}  # fmt: skip


@pytest.mark.parametrize(("fault", "changes"), [(f, c) for f, all_of_it in FORGERIES.items() for c in all_of_it])
def test_an_answer_from_elsewhere_or_of_nobody_is_refused_and_named(keys, key, added, fault, changes):
    options = keys.ask(Role.APPROVER)
    vars(key).update(changes)
    assert refused(keys.take, Role.APPROVER, key.sign(options)) is fault


@pytest.mark.parametrize("part", ["authenticatorData", "clientDataJSON", "signature"])
def test_a_flipped_byte_is_found_wherever_it_is(keys, key, added, part):
    answer = with_part(key.sign(keys.ask(Role.APPROVER)), part, lambda old: old[:-1] + bytes([old[-1] ^ 1]))
    expected = {"clientDataJSON": PasskeyFault.UNREADABLE}
    assert refused(keys.take, Role.APPROVER, answer) is expected.get(part, PasskeyFault.WRONG_SIGNATURE)


@pytest.mark.parametrize("answer", ["", "{}", "[]", "null", '{"id": 1}', "x" * 100_000, '{"response": "\\u0000"}'])
def test_what_is_no_answer_of_a_passkey_is_refused(keys, added, answer):
    assert refused(keys.take, Role.APPROVER, answer) is PasskeyFault.UNREADABLE
    assert refused(keys.keep, Role.APPROVER, answer) is PasskeyFault.UNREADABLE


def test_a_copy_is_noticed_by_its_count(keys, key, added):
    copy = Authenticator(credential_id=key.credential_id, key=key.key)
    for _ in range(2):
        keys.take(Role.APPROVER, key.sign(keys.ask(Role.APPROVER)))
    with pytest.raises(PasskeyCopied) as found:
        keys.take(Role.APPROVER, copy.sign(keys.ask(Role.APPROVER)))
    assert found.value.passkey_id == added.id


def test_a_passkey_that_does_not_count_signs_again_and_again(keys, clock):
    synced = Authenticator(counts=False)
    keys.add(Role.APPROVER, synced)
    clock.advance(hours=24)
    for _ in range(2):
        assert keys.take(Role.APPROVER, synced.sign(keys.ask(Role.APPROVER))).sign_count == 0


def test_a_removed_passkey_signs_nothing_even_what_it_was_asked_before(keys, key, added):
    answer = key.sign(keys.ask(Role.APPROVER))
    person_id = keys.office.person(Role.APPROVER).person_id
    with keys.office.transaction() as session:
        assert not passkey.remove(session, keys.office.person(Role.RELEASER).person_id, added.id, at=keys.now())
        assert passkey.remove(session, person_id, added.id, at=keys.now())
        assert not passkey.remove(session, person_id, added.id, at=keys.now()), "twice is once"
    assert refused(keys.take, Role.APPROVER, answer) is PasskeyFault.UNKNOWN
    assert refused(keys.ask, Role.APPROVER) is PasskeyFault.UNKNOWN


def test_a_reset_of_credentials_takes_all_passkeys_away(keys, key, added, office):
    person_id, at = office.person(Role.APPROVER).person_id, office.service.now()
    with office.transaction() as session:
        reset = credential_reset.CredentialReset(
            body_id=office.harbour.body_id, id=new_id(), person_id=person_id, confirmed_at=at, expires_at=at
        )
        session.add(reset)
        token = credential_reset.new_link(reset, at=at)
        session.flush()
        credential_reset.set_anew(
            session, office.service.seals.ring, token, password="seven ships in a row", code_secret="A" * 32, at=at
        )
    assert keys.live(Role.APPROVER) == []


def test_a_passkey_is_added_once_however_often_it_is_sent_and_belongs_to_one_person(keys, key):
    passkey_id = new_id()
    first = keys.add(Role.APPROVER, key, passkey_id=passkey_id)
    assert keys.keep(Role.APPROVER, "{}", passkey_id=passkey_id).id == first.id
    assert refused(keys.add, Role.RELEASER, key) is PasskeyFault.KNOWN_ALREADY
    assert len(keys.live(Role.APPROVER)) == 1


def test_a_passkey_has_a_name_and_is_made_for_this_site_by_whoever_was_asked(keys, key):
    for name in ("", "  ", "x" * 61):
        with pytest.raises(PasskeyNameMissing):
            keys.add(Role.APPROVER, key, name=name)
    assert refused(keys.add, Role.APPROVER, Authenticator(origin="https://evil.example")) is PasskeyFault.OTHER_SITE
    assert refused(keys.add, Role.APPROVER, Authenticator(flags=PRESENT)) is PasskeyFault.OTHER_SITE
    with keys.office.transaction() as session:
        person = keys.office.person(Role.RELEASER)
        options = passkey.ask_for_new(
            session, keys.site, person.person_id, email=person.email, name=person.name, at=keys.now()
        )
    assert refused(keys.keep, Role.APPROVER, key.make(options)) is PasskeyFault.CHALLENGE_GONE
    assert keys.live(Role.APPROVER) == []


def test_nobody_has_more_passkeys_than_they_can_keep_apart(keys):
    for _ in range(passkey.MOST_PASSKEYS):
        keys.add(Role.APPROVER, Authenticator())
    assert refused(keys.add, Role.APPROVER, Authenticator()) is PasskeyFault.TOO_MANY


def test_a_signature_whose_parts_are_of_no_passkey_is_unreadable_and_no_crash(keys, key, added):
    facts = keys.take(Role.APPROVER, key.sign(keys.ask(Role.APPROVER))).as_facts()
    # a credential's id is signed by nobody: release looks whose it is, and the decision's own signature binds it
    for part in facts.keys() - {"credential_id"}:
        for value in ("", "AAAA", "%"):
            assert faults_of({**facts, part: value}, STATEMENT), part
    assert faults_of({}, STATEMENT) == [PasskeyFault.UNREADABLE]
    assert PasskeySignature.from_facts(facts).faults(STATEMENT) == []

"""How files get to the bank: agreed on by two people, the secret sealed, the way of an open payroll left alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import asyncssh
import pytest

from schemes import bank_connection, change_applied, openpgp
from schemes.bank_connection import (
    BankConnection,
    Channel,
    ConnectionFault,
    ConnectionTerms,
    ConnectionTermsRefused,
    SignIn,
    channel_at,
    connection_of,
    open_pgp_key,
    open_secret,
    with_pgp_keys,
)
from schemes.bank_profile import bank_profiles
from schemes.change import NothingToChange
from schemes.database import new_id
from schemes.errors import NotAllowed, SamePerson
from schemes.person import Role
from schemes.ssh_key import fingerprint, plain_key
from tests.openpgp import BANK, BANK_KEY, SUITE, golden

HOST_KEY = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
TERMS = ConnectionTerms(Channel.SFTP, "sftp.bank.example", 22, "harbour", HOST_KEY, outgoing_folder="in")


@pytest.fixture
def start(seeded):
    return seeded


@pytest.fixture
def agree(office):
    """Two administrators agree on terms; the connection that counts then, detached."""
    by, other = (office.person_with(Role.ADMINISTRATOR) for _ in range(2))

    def agree_on(terms, **changes) -> BankConnection:
        at = office.service.now()
        with office.transaction() as session:
            line_id = bank_profiles(session)[0].line_id
            facts = {"change_id": new_id(), "line_id": line_id, "reason": "the bank's letter", "by": by, "at": at}
            proposed = bank_connection.propose(session, office.service.seals, terms, **{**facts, **changes})
            with pytest.raises(SamePerson):
                change_applied.confirm(session, proposed, by=by, at=at)
            change_applied.confirm(session, proposed, by=other, at=at)
            counting = connection_of(session, line_id)
            assert counting is not None
            session.expunge(counting)
            return counting

    return agree_on


def secret_of(office, connection):
    with office.transaction() as session:
        return open_secret(session, office.service.seals, connection)


def test_a_connection_counts_once_two_people_agreed_and_its_private_key_is_sealed(office, agree) -> None:
    counting = agree(TERMS)
    private = secret_of(office, counting)
    assert b"PRIVATE KEY" not in counting.sealed_secret
    ours = asyncssh.import_private_key(private).export_public_key().decode().split()[:2]
    assert counting.public_key.split() == ours


def test_the_key_stays_over_a_change_of_the_folder_and_goes_with_another_key(office, agree) -> None:
    first = agree(TERMS)
    moved = agree(replace(TERMS, outgoing_folder="payments"))
    assert secret_of(office, moved) == secret_of(office, first)
    renewed = agree(replace(TERMS, outgoing_folder="payments"), makes_key=True)
    assert renewed.public_key != first.public_key


def test_a_password_is_kept_until_another_is_given(office, agree) -> None:
    terms = replace(TERMS, sign_in=SignIn.PASSWORD)
    with pytest.raises(ConnectionTermsRefused):
        agree(terms)
    agree(terms, password="correct horse")
    moved = agree(replace(terms, outgoing_folder="x"))
    assert secret_of(office, moved) == "correct horse"
    assert moved.public_key == ""


def test_nothing_is_proposed_where_nothing_would_change(agree) -> None:
    with pytest.raises(NothingToChange):
        agree(ConnectionTerms(Channel.DOWNLOAD))
    agree(TERMS)
    with pytest.raises(NothingToChange):
        agree(TERMS)


def test_only_an_administrator_proposes(agree, office) -> None:
    with pytest.raises(NotAllowed):
        agree(TERMS, by=office.person(Role.RELEASER))


def test_the_way_of_a_payroll_is_that_of_the_day_it_was_created(office, agree, clock) -> None:
    begun = office.service.now()
    clock.advance(hours=1)
    line_id = agree(TERMS).line_id
    clock.advance(hours=1)
    between = office.service.now()
    clock.advance(hours=1)
    agree(ConnectionTerms(Channel.DOWNLOAD))
    with office.transaction() as session:
        ways = [channel_at(session, line_id, at) for at in (begun, between, office.service.now() + timedelta(hours=1))]
    assert ways == [Channel.DOWNLOAD, Channel.SFTP, Channel.DOWNLOAD]


def test_our_openpgp_key_stays_until_two_people_agree_on_another_and_its_secret_half_is_sealed(
    office, agree, monkeypatch
):
    monkeypatch.setattr(openpgp, "SUITE", SUITE)
    terms = replace(TERMS, pgp_certificate=BANK, signs=True)
    first = agree(terms)
    assert first.pgp_ends_at is None
    assert b"PRIVATE KEY" not in first.sealed_pgp_key
    moved = agree(replace(terms, outgoing_folder="x"))
    assert moved.our_certificate == first.our_certificate
    renewed = agree(replace(terms, outgoing_folder="x"), makes_pgp_key=True)
    assert renewed.our_certificate != first.our_certificate
    with office.transaction() as session:
        keys = [open_pgp_key(session, office.service.seals, each) for each in (first, moved, renewed)]
        assert keys[0] == keys[1] != keys[2]
        assert [each.id for each in with_pgp_keys(session)] == [renewed.id, moved.id, first.id]
    without = agree(replace(TERMS, pgp_certificate=BANK))
    assert (without.our_certificate, without.sealed_pgp_key) == ("", None)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"host": "sftp.bank.example/in"}, ConnectionFault.HOST),
        ({"host": "-oProxyCommand=x"}, ConnectionFault.HOST),
        ({"host": ""}, ConnectionFault.HOST),
        ({"port": 0}, ConnectionFault.PORT),
        ({"username": "a b"}, ConnectionFault.USERNAME),
        ({"host_key": "ssh-ed25519 AAAA"}, ConnectionFault.HOST_KEY),
        ({"host_key": ""}, ConnectionFault.HOST_KEY),
        ({"outgoing_folder": "../up"}, ConnectionFault.FOLDER),
        ({"outgoing_folder": "a/../../b"}, ConnectionFault.FOLDER),
        ({"incoming_folder": "a\nb"}, ConnectionFault.FOLDER),
        ({"pgp_certificate": "their letter"}, ConnectionFault.PGP_UNREADABLE),
        ({"pgp_certificate": BANK_KEY}, ConnectionFault.PGP_SECRET),
        ({"pgp_certificate": golden("signs-only.asc")}, ConnectionFault.PGP_NO_ENCRYPTION_KEY),
        ({"pgp_certificate": golden("ended.asc")}, ConnectionFault.PGP_EXPIRED),
        ({"signs": True}, ConnectionFault.PGP_NOTHING_TO_SIGN),
    ],
)
def test_a_connection_that_no_server_has_is_refused_by_its_field(agree, changes, fault) -> None:
    with pytest.raises(ConnectionTermsRefused) as refused:
        agree(replace(TERMS, **changes))
    assert (refused.value.field, refused.value.fault) == (next(iter(changes)), fault)


def test_a_key_is_taken_as_banks_write_it() -> None:
    plain = plain_key(HOST_KEY)
    assert plain_key(f"{plain} bank@example") == plain
    assert plain_key(f"[sftp.bank.example]:22 {plain} comment") == plain
    assert fingerprint(plain) == asyncssh.import_public_key(plain).get_fingerprint("sha256")
    assert fingerprint("no key") == ""

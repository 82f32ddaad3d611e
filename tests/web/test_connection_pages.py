"""Pages of how files get to the bank: agreed on by two people, and a file's way with what a person can do about it."""

from __future__ import annotations

from datetime import timedelta

import asyncssh
import pytest

from payouts.channels import sending
from payouts.channels.dispatch import Trouble, get_dispatch
from payouts.files.payment_file import files_of
from schemes import bank_connection, change_applied, openpgp
from schemes.bank_connection import Channel, ConnectionTerms
from schemes.bank_profile import bank_profiles
from schemes.database import new_id
from schemes.person import Role
from schemes.ssh_key import fingerprint
from tests.openpgp import BANK, BANK_KEY, FINGERPRINT, SUITE

HOST_KEY = " ".join(asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().split()[:2])


@pytest.fixture
def start(sealed):
    return sealed


def test_a_connection_is_proposed_on_its_page_and_confirmed_by_another(signed_in, office, monkeypatch) -> None:
    monkeypatch.setattr(openpgp, "SUITE", SUITE)
    admin = signed_in(Role.ADMINISTRATOR)
    with office.transaction() as session:
        profile_id = bank_profiles(session)[0].id
    page = admin.get(admin.get(f"/bank-profiles/{profile_id}").link("How files of this account get to the bank"))
    assert "downloads released files" in page.text
    admin.get(page.link("Propose to send files by SFTP"))
    typed = {
        "host": "sftp.bank.example",
        "port": "22",
        "username": "harbour",
        "sign_in": "key",
        "reason": "their letter",
    }
    page = admin.press("Propose this connection", **typed, host_key="not a key")
    assert page.errors == ["Enter the server’s public key as the bank gave it, like ssh-ed25519 AAAA…"]
    typed["host_key"] = f"sftp.bank.example {HOST_KEY}"
    page = admin.press("Propose this connection", **typed, pgp_certificate=BANK_KEY)
    assert page.errors[0].startswith("This is a private key, and was not kept")
    page = admin.press("Propose this connection", **typed, pgp_certificate=BANK, signs="y")
    assert FINGERPRINT in page.text
    assert "sftp.bank.example, port 22" in page.text
    finance = signed_in(Role.FINANCE)
    finance.get(page.response.request.path)
    finance.press("Save the decision", decision="confirm", code=finance.code())
    page = finance.get(f"/bank-profiles/{profile_id}/connection")
    assert fingerprint(HOST_KEY) in page.text
    assert "ssh-ed25519 AAAA" in page.text
    assert FINGERPRINT in page.text
    assert "BEGIN PGP PUBLIC KEY BLOCK" in page.text


def test_an_uncertain_file_is_found_by_two_people_and_counts_as_submitted(signed_in, office, sealed) -> None:
    at = office.service.now() - timedelta(days=1)
    terms = ConnectionTerms(Channel.SFTP, "sftp.bank.example", 22, "harbour", HOST_KEY)
    by, other = (office.person_with(Role.ADMINISTRATOR) for _ in range(2))
    with office.transaction() as session:
        line_id = bank_profiles(session)[0].line_id
        facts = {"change_id": new_id(), "line_id": line_id, "reason": "their letter", "by": by, "at": at}
        proposed = bank_connection.propose(session, office.service.seals, terms, **facts)
        change_applied.confirm(session, proposed, by=other, at=at)
    office.decide_all(sealed.payroll_id)
    with office.transaction() as session:
        file = files_of(session, sealed.payroll_id)[0]
        dispatch = get_dispatch(session, sealed.payroll_id, file.id)
        sending.note_trouble(session, office.service, dispatch, Trouble.NAME_TAKEN, at=office.service.now())
        way = f"/payrolls/{sealed.payroll_id}/files/{file.id}/way"
    releaser, finance = signed_in(Role.RELEASER), signed_in(Role.FINANCE)
    page = releaser.get(f"/payrolls/{sealed.payroll_id}")
    assert "A file did not get to the bank by itself" in page.text
    assert not page.has_button("Download")
    assert "Nothing was replaced" in releaser.get(page.link("See what happened")).text
    assert releaser.press("Say what you found", found="there").errors == ["Say how you know"]
    page = releaser.press("Say what you found", found="there", reason="their portal lists it")
    assert "Somebody else has to look too" in page.text
    finance.get(way)
    assert "With the bank" in finance.press("Confirm that the bank has it").text
    assert "Femi Finance on" in finance.get(f"/payrolls/{sealed.payroll_id}").text

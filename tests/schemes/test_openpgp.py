"""OpenPGP with GnuPG at the other end: certificates looked at, messages made and opened, the wrong ones refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pysequoia import Cert, CipherSuite, Tsk, encrypt

from schemes import openpgp
from schemes.openpgp import CertificateFault, CertificateRefused, NotDone, Signature
from tests.openpgp import BANK, BANK_KEY, FINGERPRINT, SUITE, from_bank, golden, read_by_bank

AS_INSTALLED = openpgp.SUITE
TODAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _quick_keys(monkeypatch):
    monkeypatch.setattr(openpgp, "SUITE", SUITE)


def test_a_certificate_is_known_by_its_fingerprint_and_says_when_it_ends() -> None:
    found = openpgp.look_at(f"\n{BANK}  ", at=TODAY)
    assert found == (FINGERPRINT, ("A bank of tests <bank@example.com>",), None)
    assert openpgp.fingerprint(BANK) == FINGERPRINT
    assert openpgp.fingerprint("none") == ""


@pytest.mark.parametrize(
    ("written", "fault"),
    [
        ("the bank's letter", CertificateFault.UNREADABLE),
        (BANK.replace("\n", "\n!", 4), CertificateFault.UNREADABLE),
        (BANK + " " * openpgp.LONGEST, CertificateFault.UNREADABLE),
        (BANK_KEY, CertificateFault.SECRET),
        (golden("signs-only.asc"), CertificateFault.NO_ENCRYPTION_KEY),
        (golden("ended.asc"), CertificateFault.EXPIRED),
    ],
)
def test_what_nothing_can_be_encrypted_to_is_refused_with_its_reason(written, fault) -> None:
    with pytest.raises(CertificateRefused) as refused:
        openpgp.look_at(written, at=TODAY)
    assert refused.value.fault is fault


def test_a_certificate_ends_with_its_last_key_for_messages_though_it_has_no_last_day_itself() -> None:
    ended = openpgp.parsed(golden("ended.asc"))
    assert ended is not None
    assert openpgp.end_of(ended) == datetime(2025, 1, 1, 12, tzinfo=UTC)
    assert ended.expiration is None


def test_a_revoked_certificate_is_refused() -> None:
    made = Tsk.generate("A bank")
    certificate = made.extract_certificate()
    revoked = Cert.from_bytes(bytes(certificate) + bytes(certificate.revoke(certifier=made.certifier())))
    with pytest.raises(CertificateRefused) as refused:
        openpgp.look_at(str(revoked), at=TODAY)
    assert refused.value.fault is CertificateFault.REVOKED


def test_a_message_of_gnupg_is_opened_and_the_bank_opens_ours_and_sees_who_signed_it() -> None:
    content = golden("message-from-gpg.asc").encode()
    assert openpgp.is_message(content)
    assert openpgp.opened(content, BANK_KEY).content == b"VOL1000001  a file that GnuPG encrypted\r\n"
    ours = openpgp.new_key("Harbour")
    blocks = [b"VOL1", b"", b"x" * 3_000_000, b"UTL1"]
    message = b"".join(openpgp.encrypted(blocks, BANK, ours.secret))
    assert openpgp.is_message(message)
    assert read_by_bank(message, signed_by=ours.certificate) == b"".join(blocks)
    assert read_by_bank(b"".join(openpgp.encrypted(blocks, BANK))) == b"".join(blocks)


@pytest.mark.parametrize("content", [b"", b"<?xml version", b"VOL1", b"\xef\xbb\xbfdate,amount", b"PK\x03\x04"])
def test_a_report_is_no_message(content) -> None:
    assert not openpgp.is_message(content)


def test_a_message_opens_whole_or_not_at_all(monkeypatch) -> None:
    ours, another = openpgp.new_key("Harbour"), openpgp.new_key("Another")
    message = from_bank(b"paid " * 100_000, ours.certificate)
    assert openpgp.opened(message, ours.secret).content == b"paid " * 100_000
    changed = message[:200_000] + bytes([message[200_000] ^ 1]) + message[200_001:]
    for wrong in (message[:-1], changed, b"\xc1 no message", from_bank(b"paid", another.certificate)):
        with pytest.raises(NotDone):
            openpgp.opened(wrong, ours.secret)
    monkeypatch.setattr(openpgp, "LARGEST", 1000)
    with pytest.raises(NotDone):
        openpgp.opened(message, ours.secret)


def test_where_nothing_can_be_encrypted_no_message_is_made() -> None:
    for certificate in ("none", golden("signs-only.asc")):
        with pytest.raises(NotDone):
            list(openpgp.encrypted([b"x" * 100_000] * 20, certificate))


def test_a_new_key_ends_never_and_is_read_by_any_program(monkeypatch) -> None:
    # of the same kind, and made in a sixth of the time
    assert (AS_INSTALLED, hasattr(CipherSuite, AS_INSTALLED)) == ("RSA3k", True)
    monkeypatch.setattr(openpgp, "SUITE", "RSA2k")
    made = openpgp.new_key("Harbour")
    assert openpgp.look_at(made.certificate, at=TODAY + timedelta(days=9000)).ends_at is None


@pytest.mark.parametrize(
    ("name", "certificate", "proves"),
    [
        ("signed.asc", BANK, Signature.VERIFIED),
        ("forged.asc", BANK, Signature.BROKEN),
        ("signed-compressed.asc", BANK, Signature.UNCHECKED),
        ("signed.asc", "", Signature.UNKNOWN),
        ("signed.asc", golden("signs-only.asc"), Signature.UNKNOWN),
        ("message-from-gpg.asc", BANK, Signature.NONE),
    ],
)
def test_a_signature_proves_who_wrote_a_message_by_their_certificate_and_by_no_other(name, certificate, proves) -> None:
    found = openpgp.opened(golden(name).encode(), BANK_KEY, certificate)
    assert found.signature is proves
    assert found.content.startswith(b"VOL1000001")
    assert bool(found.signed_by) is (proves is not Signature.NONE)


def test_what_a_revoked_key_signed_is_not_good() -> None:
    bank, ours = Tsk.generate("A bank"), openpgp.new_key("A body")
    message = encrypt(bytes=b"paid", recipients=[Cert.from_bytes(ours.certificate.encode())], signer=bank.signer())
    certificate = bank.extract_certificate()
    revoked = bytes(certificate) + bytes(certificate.revoke(bank.certifier()))
    for written, proves in ((certificate, Signature.VERIFIED), (Cert.from_bytes(revoked), Signature.BROKEN)):
        assert openpgp.opened(message, ours.secret, str(written)).signature is proves

"""OpenPGP (RFC 4880, and 9580 after it), for banks that want files as messages: certificates, our keys, messages.

A message is never the same twice, since its session key is drawn anew: whoever sends one keeps it. Content goes through
a process of its own (`openpgp_process`), block by block: a file of a million payments is never held whole, and whatever
a hostile answer does, it does where there is little memory and nothing else. The library is loaded where it is used,
since few bodies have such a bank.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from queue import SimpleQueue
from typing import IO, TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pysequoia import Cert

LONGEST = 60_000
"""Characters of a certificate: a key of 4,096 bits with a few names has about 5,000."""
LARGEST = 512 * 1024**2
"""Bytes of an opened message, as of a file that is collected: a message of a few kilobytes can hold gigabytes."""
BLOCK = 256 * 1024
SUITE = "RSA3k"
"""Of a key of ours. Any program of any bank reads RSA; not every one reads the curves, which would be made faster."""
PROCESS = Path(__file__).with_name("openpgp_process.py")
ARMOURED = b"-----BEGIN PGP MESSAGE-----"
# the first packet of an encrypted message is a session key (RFC 9580, 5.1 and 5.3), in the old format or the new
FIRST_PACKETS = frozenset({0x84, 0x85, 0x86, 0x8C, 0x8D, 0x8E, 0xC1, 0xC3})


class CertificateFault(StrEnum):
    """Why nothing can be encrypted to what somebody gave as a certificate."""

    UNREADABLE = "unreadable"
    SECRET = "secret"  # noqa: S105 - the word, not one
    REVOKED = "revoked"
    EXPIRED = "expired"
    NO_ENCRYPTION_KEY = "no_encryption_key"


class CertificateRefused(Exception):
    """`fault` says why."""

    def __init__(self, fault: CertificateFault) -> None:
        super().__init__(fault)
        self.fault = fault


class NotDone(Exception):
    """No message could be made, or opened."""


class Signature(StrEnum):
    """What a message's signature proves of who wrote it.

    unknown: it is of a key that nobody gave us. broken: it is in the name of the sender's key, and not good: what it
    signed was changed, the key was revoked or had ended, or it is of a kind that can be forged. unchecked: it is in the
    name of that key, in a compressed message, and the library does not look for signatures in these.
    """

    NONE = "none"
    VERIFIED = "verified"
    UNKNOWN = "unknown"
    BROKEN = "broken"
    UNCHECKED = "unchecked"


class Opened(NamedTuple):
    """What a message holds. signed_by: the fingerprint or id of the key that its signature names, "" of none."""

    content: bytes
    signature: Signature
    signed_by: str


class Certificate(NamedTuple):
    """What people compare with the bank's letter. ends_at: when nothing can be encrypted to it any more, if ever."""

    fingerprint: str
    names: tuple[str, ...]
    ends_at: datetime | None


class NewKey(NamedTuple):
    """A key of ours: the secret half, to be sealed, and the certificate that the bank gets."""

    secret: str
    certificate: str


def look_at(written: str, *, at: datetime) -> Certificate:
    """A certificate that files can be encrypted to at an instant. Raises CertificateRefused."""
    read = parsed(written)
    if read is None:
        raise CertificateRefused(CertificateFault.UNREADABLE)
    if has_secret_half(written):
        raise CertificateRefused(CertificateFault.SECRET)
    if read.is_revoked:
        raise CertificateRefused(CertificateFault.REVOKED)
    ends_at = end_of(read)
    if ends_at is not None and ends_at <= at:
        raise CertificateRefused(CertificateFault.EXPIRED)
    if not takes_messages(read):
        raise CertificateRefused(CertificateFault.NO_ENCRYPTION_KEY)
    return Certificate(in_fours(read.fingerprint), tuple(str(name) for name in read.user_ids), ends_at)


def parsed(written: str) -> Cert | None:
    """A certificate between its BEGIN and END lines; None for what is none."""
    if "-----BEGIN PGP " not in written or len(written) > LONGEST:
        return None
    from pysequoia import Cert

    try:
        return Cert.from_bytes(written.strip().encode())
    except Exception:
        # the library raises whatever its parser met: to whoever pasted it, it is one thing
        return None


def has_secret_half(written: str) -> bool:
    """Whether somebody gave away what they should have kept."""
    from pysequoia.packet import PacketPile, Tag

    packets = PacketPile.from_bytes(written.strip().encode())
    return any(packet.tag in (Tag.SecretKey, Tag.SecretSubkey) for packet in packets)


def takes_messages(read: Cert) -> bool:
    from pysequoia import encrypt

    try:
        encrypt(recipients=[read], bytes=b"", armor=False)
    except Exception:
        return False
    return True


def end_of(read: Cert) -> datetime | None:
    """When the certificate ends, or the last of its keys that messages are encrypted to; None for never."""
    ends = ends_of_subkeys(read)
    if not ends or None in ends:
        return read.expiration
    last = max(end for end in ends if end is not None)
    return last if read.expiration is None else min(last, read.expiration)


def ends_of_subkeys(read: Cert) -> list[datetime | None]:
    """The end of each subkey for encryption, by the newest word of its owner about it (RFC 9580, 5.2.3.13)."""
    from pysequoia.packet import PacketPile, Tag

    found: dict[str, tuple[datetime, datetime | None]] = {}
    subkey, made_at = None, None
    for packet in PacketPile.from_bytes(bytes(read)):
        if packet.tag == Tag.PublicSubkey:
            subkey, made_at = packet.fingerprint, packet.key_created
        flags = packet.key_flags if packet.tag == Tag.Signature else None
        said_at = packet.signature_created if flags else None
        if subkey is None or made_at is None or said_at is None or flags is None:
            continue
        if not (flags.transport_encryption or flags.storage_encryption):
            continue
        valid_for = packet.key_validity_period
        if subkey not in found or said_at > found[subkey][0]:
            found[subkey] = said_at, made_at + valid_for if valid_for else None
    return [end for _, end in found.values()]


def fingerprint(written: str) -> str:
    """In groups of four, as people compare it with the bank's letter; "" of none."""
    read = parsed(written)
    return in_fours(read.fingerprint) if read is not None else ""


def in_fours(digits: str) -> str:
    return " ".join(digits.upper()[place : place + 4] for place in range(0, len(digits), 4))


def new_key(name: str) -> NewKey:
    """A key to sign with and to be written to, without a last day: two people change it."""
    from pysequoia import CipherSuite, Tsk

    made = Tsk.generate(name, cipher_suite=getattr(CipherSuite, SUITE))
    return NewKey(str(made), str(made.extract_certificate()))


def is_message(content: bytes) -> bool:
    """Whether these bytes begin as an encrypted message does; no report, statement or table does."""
    return content[:200].lstrip().startswith(ARMOURED) or content[:1] in {bytes([first]) for first in FIRST_PACKETS}


def encrypted(blocks: Iterable[bytes], certificate: str, secret_key: str = "") -> Iterator[bytes]:
    """A message to the holder of a certificate, block by block, signed where a key of ours is given.

    What was yielded is a message only once the iterator has ended. Raises NotDone.
    """
    made: SimpleQueue[bytes] = SimpleQueue()
    with running("encrypt", certificate=certificate, key=secret_key) as process:
        assert process.stdin is not None, "asked for"
        assert process.stdout is not None, "asked for"
        reader = threading.Thread(target=gather, args=(process.stdout, made), name="openpgp", daemon=True)
        reader.start()
        try:
            for block in blocks:
                process.stdin.write(block)
                yield from waiting_in(made)
            process.stdin.close()
        except BrokenPipeError:
            raise NotDone("the process that encrypts ended") from None
        reader.join()
        if process.wait() != 0:
            raise NotDone("the process that encrypts gave up")
        yield from waiting_in(made)


def gather(stream: IO[bytes], into: SimpleQueue[bytes]) -> None:
    # beside the writing: a process that waits for its reader would stop reading, and both would wait for ever
    while block := stream.read(BLOCK):
        into.put(block)


def waiting_in(made: SimpleQueue[bytes]) -> Iterator[bytes]:
    while not made.empty():
        yield made.get()


def opened(message: bytes, secret_key: str, certificate: str = "") -> Opened:
    """What a message to a key of ours holds, all or nothing, and what its signature proves.

    certificate: of whoever should have signed it. Raises NotDone for any other message, cut or huge.
    """
    with running("decrypt", key=secret_key, largest=LARGEST, certificate=certificate) as process:
        content, said = process.communicate(message)
        if process.returncode != 0:
            raise NotDone("no message to this key, or not a whole one")
        signature, signed_by = json.loads(said.splitlines()[-1])
        return Opened(content, Signature(signature), in_fours(signed_by))


@contextmanager
def running(act: str, **given: str | int) -> Iterator[subprocess.Popen[bytes]]:
    """The process for the block; what it is given goes through a pipe, where nobody else can read a key."""
    read_end, write_end = os.pipe()
    process = subprocess.Popen(  # noqa: S603 - our own program, by its path
        # -I: nothing of the environment or of the folder decides what it imports
        [sys.executable, "-I", str(PROCESS), act, str(read_end)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # what a library may print is not read where nobody waits for a word
        stderr=subprocess.PIPE if act == "decrypt" else subprocess.DEVNULL,
        pass_fds=(read_end,),
        env={},
    )
    os.close(read_end)
    try:
        with os.fdopen(write_end, "wb") as pipe:
            pipe.write(json.dumps(given).encode())
        yield process
    except BrokenPipeError:
        raise NotDone("the process ended before it was told what to do") from None
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                close_quietly(stream)


def close_quietly(stream: IO[bytes]) -> None:
    with suppress(BrokenPipeError):
        stream.close()

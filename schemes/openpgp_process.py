"""The process in which `openpgp` has content encrypted and opened: content in, message out, or the other way round.

It is started by its path, with little memory and nothing of the service in it: no settings, no database, and no more
keys than the one at hand. What it is told comes through a pipe, as JSON. Where anything is wrong it ends, and says no
more than that.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pysequoia import Cert

MEMORY = 2 * 1024**3
SECONDS = 600


def main(act: str, pipe: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    # a key must not lie about in what is left of a process that broke down
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with os.fdopen(pipe, "rb") as given:
        told = json.load(given)
    if act == "encrypt":
        encrypt(told["certificate"], told["key"])
    else:
        decrypt(told["key"], told["largest"], told["certificate"])


def encrypt(certificate: str, key: str) -> None:
    from pysequoia import Cert, Tsk, encrypt_file

    signer = Tsk.from_bytes(key.encode()).signer() if key else None
    to = [Cert.from_bytes(certificate.encode())]
    encrypt_file("/dev/stdin", "/dev/stdout", recipients=to, signer=signer, armor=False)


def decrypt(key: str, largest: int, certificate: str) -> None:
    """The content goes out, and beside it whose signature the message bears, as a line of JSON."""
    from pysequoia import Cert, Tsk, decrypt

    message = sys.stdin.buffer.read(largest + 1)
    decryptor = Tsk.from_bytes(key.encode()).decryptor()
    signers = [Cert.from_bytes(certificate.encode())] if certificate else []
    named: list[str] = []

    def known(key_ids: list[str]) -> list[Cert]:
        named.extend(each.lower() for each in key_ids)
        return signers

    try:
        content = decrypt(bytes=message, decryptor=decryptor, store=known).bytes
        signature, signed_by = "verified", signers[0].fingerprint
    except Exception as error:
        # asked for a signature, the library opens nothing without a good one
        content = decrypt(bytes=message, decryptor=decryptor).bytes
        # 0.1.35 looks for none in a compressed message, and says of it no more than this
        looks_into = not str(error).startswith("Unexpected message structure")
        signature = judged(named, signers[0] if signers else None, looks_into=looks_into)
        signed_by = named[0] if named else ""
    if content is None or len(message) > largest or len(content) > largest:
        raise SystemExit(3)
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()
    sys.stderr.write(f"\n{json.dumps([signature, signed_by])}")


def judged(named: list[str], signer: Cert | None, *, looks_into: bool) -> str:
    """What a message is that bears no good signature of a signer. named: fingerprints or key ids in its signatures."""
    from pysequoia.packet import PacketPile, Tag

    if not named:
        return "none"
    packets = list(PacketPile.from_bytes(bytes(signer))) if signer is not None else []
    keys = [packet.fingerprint or "" for packet in packets if packet.tag in (Tag.PublicKey, Tag.PublicSubkey)]
    # a key id is the end of a fingerprint, or the beginning of a newer one (RFC 9580, 5.5.4)
    is_known = any(key.endswith(name) or key.startswith(name) for key in keys for name in named)
    if not is_known:
        return "unknown"
    return "broken" if looks_into else "unchecked"


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

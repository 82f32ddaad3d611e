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
        decrypt(told["key"], told["largest"])


def encrypt(certificate: str, key: str) -> None:
    from pysequoia import Cert, Tsk, encrypt_file

    signer = Tsk.from_bytes(key.encode()).signer() if key else None
    to = [Cert.from_bytes(certificate.encode())]
    encrypt_file("/dev/stdin", "/dev/stdout", recipients=to, signer=signer, armor=False)


def decrypt(key: str, largest: int) -> None:
    from pysequoia import Tsk, decrypt

    message = sys.stdin.buffer.read(largest + 1)
    content = decrypt(bytes=message, decryptor=Tsk.from_bytes(key.encode()).decryptor()).bytes
    if content is None or len(message) > largest or len(content) > largest:
        raise SystemExit(3)
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

"""SSH keys as banks and people write them: a server's public key, and the pair that a body signs in with."""

from __future__ import annotations

from base64 import b64decode, b64encode
from hashlib import sha256

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_ssh_private_key,
    load_ssh_public_key,
)


def is_public_key(written: str) -> bool:
    try:
        load_ssh_public_key(written.encode())
    except (ValueError, UnsupportedAlgorithm):
        return False
    return True


def plain_key(written: str) -> str:
    """A public key without the comment after it, or the host name before it (as a known_hosts line has it)."""
    words = written.split()
    if len(words) > 2 and not words[0].startswith(("ssh-", "ecdsa-")):
        words = words[1:]
    return " ".join(words[:2])


def fingerprint(public_key: str) -> str:
    """As `ssh-keygen -l` shows it, so that two people can compare it with what the bank's letter says; "" of none."""
    parts = public_key.split()
    if len(parts) < 2 or not is_public_key(public_key):
        return ""
    loaded = load_ssh_public_key(public_key.encode()).public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
    digest = sha256(b64decode(loaded.split()[1])).digest()
    return "SHA256:" + b64encode(digest).decode().rstrip("=")


def new_private_key() -> str:
    made = Ed25519PrivateKey.generate()
    return made.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()).decode()


def public_half(private_key: str) -> str:
    loaded = load_ssh_private_key(private_key.encode(), None)
    return loaded.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()

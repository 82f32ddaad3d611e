"""Passwords: long enough, and none that guessers try first (NCSC guidance: no character classes, no expiry)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from zxcvbn import zxcvbn

from schemes.errors import PasswordGuessable, PasswordTooShort

LEAST_PASSWORD = 12
# of zxcvbn's five: fewer than 100 million guesses, going by its lists of breached passwords, names and keyboard walks
GUESSABLE_BELOW = 3
# characters; zxcvbn reads no further, since its time grows with the square
LOOKED_AT = 72
NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$5HhrYtX3DZbxVHyZnPV5nGlvr4TR1KrsPkVLp0pWgPA"


@cache
def hasher() -> PasswordHasher:
    """Argon2id with the library's defaults (RFC 9106, low-memory profile)."""
    return PasswordHasher()


def hash_password(password: str, *, about: Iterable[str] = ()) -> str:
    """The hash to keep. about: the person's name and address, which are guessed first.

    Raises PasswordTooShort, PasswordGuessable.
    """
    if len(password) < LEAST_PASSWORD:
        raise PasswordTooShort(LEAST_PASSWORD)
    words = [word for text in about for word in (text, *text.replace("@", " ").split())]
    if zxcvbn(password[:LOOKED_AT], user_inputs=words)["score"] < GUESSABLE_BELOW:
        raise PasswordGuessable
    return hasher().hash(password)


def fits(password: str, password_hash: str | None) -> bool:
    """Whether a password is right. Without a hash it is not, and takes as long."""
    try:
        hasher().verify(password_hash or NOBODY, password)
    except VerificationError:
        return False
    return password_hash is not None

"""Recovery codes: ten for each person, shown once, each good for one sign-in without the authenticator app.

Kept as SHA-256: 80 random bits need no slow hash. The app's role reaches them by functions only.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, Session, mapped_column

from schemes import before_body
from schemes.database import Base

HOW_MANY = 10
# Crockford's alphabet: without i, l, o and u, which are taken for others
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 16
GROUP = 4
MISREAD = str.maketrans({"i": "1", "l": "1", "o": "0"})


class RecoveryCode(Base):
    """One code of one person, by its SHA-256."""

    __tablename__ = "recovery_code"

    person_id: Mapped[UUID] = mapped_column(ForeignKey("person.id"), primary_key=True)
    digest: Mapped[bytes] = mapped_column(primary_key=True)
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


def renew(session: Session, person_id: UUID, *, at: datetime) -> list[str]:
    """Ten new codes to show once; those before them work no more."""
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(LENGTH)) for _ in range(HOW_MANY)]
    before_body.renew_recovery_codes(session, person_id, [digest_of(code) for code in codes], at)
    return ["-".join(code[start : start + GROUP] for start in range(0, LENGTH, GROUP)) for code in codes]


def use(session: Session, person_id: UUID, written: str, *, at: datetime) -> bool:
    """Whether what was written is an unused code of this person; it is used now."""
    code = plain(written)
    return len(code) == LENGTH and before_body.use_recovery_code(session, person_id, digest_of(code), at)


def plain(written: str) -> str:
    """A code as it was made, however it was typed or pasted."""
    return "".join(written.split()).replace("-", "").casefold().translate(MISREAD)


def digest_of(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()


def left(session: Session, person_id: UUID) -> int:
    """How many codes a person has that were not used."""
    return before_body.recovery_codes_left(session, person_id)

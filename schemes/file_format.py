"""The forms that a bank or a bureau may take a payment file in."""

from __future__ import annotations

from enum import StrEnum


class FileFormat(StrEnum):
    """The form of a payment file: Bacs's own, or an ISO 20022 message as a bank wants it.

    No ISO code says "Bacs" in a pain.001, so each bank chose its own way to be asked (`bacs.iso20022.profile`).
    """

    STANDARD18 = "standard18"
    PAIN001 = "pain001"
    PAIN001_03 = "pain001-03"
    PAIN001_HSBC = "pain001-hsbc"
    PAIN001_GOLDMAN_SACHS = "pain001-goldman-sachs"

    @property
    def is_message(self) -> bool:
        """Whether it is XML."""
        return self is not FileFormat.STANDARD18

"""The forms of payment files that can be built."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from payouts.files import standard18
from payouts.files.facts import Form


class FileFormat(StrEnum):
    """The form of a payment file."""

    STANDARD18 = "standard18"


FORMS: Mapping[FileFormat, Form] = {FileFormat.STANDARD18: standard18.FORM}

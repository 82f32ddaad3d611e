"""The forms of payment files that can be built."""

from __future__ import annotations

from collections.abc import Mapping

from payouts.files import pain001, standard18
from payouts.files.facts import Form
from schemes.file_format import FileFormat

BANKS: Mapping[FileFormat, str] = {
    FileFormat.PAIN001: "common",
    FileFormat.PAIN001_03: "common-03",
    FileFormat.PAIN001_HSBC: "hsbc",
    FileFormat.PAIN001_GOLDMAN_SACHS: "goldman-sachs",
}
FORMS: Mapping[FileFormat, Form] = {
    FileFormat.STANDARD18: standard18.FORM,
    **{form: pain001.form(bank) for form, bank in BANKS.items()},
}


def takes_faster_payments(file_format: FileFormat) -> bool:
    """Whether a bank that takes files of a form takes Faster Payments in it: by how its messages mark the scheme."""
    return file_format in BANKS and pain001.wishes(BANKS[file_format]).faster_payments is not None

"""The forms of payment files that can be built."""

from __future__ import annotations

from collections.abc import Mapping

from payouts.files import pain001, standard18
from payouts.files.facts import Form
from schemes.file_format import FileFormat

FORMS: Mapping[FileFormat, Form] = {
    FileFormat.STANDARD18: standard18.FORM,
    FileFormat.PAIN001: pain001.form("common"),
    FileFormat.PAIN001_03: pain001.form("common-03"),
    FileFormat.PAIN001_HSBC: pain001.form("hsbc"),
    FileFormat.PAIN001_GOLDMAN_SACHS: pain001.form("goldman-sachs"),
}

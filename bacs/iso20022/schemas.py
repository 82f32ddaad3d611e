"""Holding a message against its official schema, which is not shipped here: the caller has it.

What we write must be valid. What banks send often is not: their files are read all the same, and this only records
what is wrong with them.
"""

from os import PathLike
from typing import BinaryIO, NamedTuple

from lxml import etree  # type: ignore[import-untyped]

from bacs.errors import Unreadable
from bacs.xmlstream import whole


class SchemaFault(NamedTuple):
    """Where a message breaks its schema, and how, in libxml2's words."""

    line: int
    message: str


def faults(source: bytes | BinaryIO, schema: str | PathLike[str]) -> list[SchemaFault]:
    """What breaks the schema in a message, [] when it is valid.

    The message is read whole before the schema is looked at: a schema attached to the parser would take a cut-off
    file for a valid one. A message inside a bank's envelope is found at any depth. Raises `Unreadable` and
    `HostileXml`.
    """
    root = whole(source)
    document = next(root.iter("{*}Document"), None)
    if document is None:
        raise Unreadable(0, "no Document in this XML file")
    checker = etree.XMLSchema(etree.parse(str(schema)))
    checker.validate(document)
    return [SchemaFault(error.line, error.message) for error in checker.error_log]

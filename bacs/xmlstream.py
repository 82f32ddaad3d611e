"""Reading XML that may be hostile, cut off or huge: one element at a time, in flat memory.

A document type is refused before anything is built, since it could define entities; nothing is fetched; a file
that ends early is an error and never a shorter file. No schema is attached to the parser: with one, libxml2 takes
a cut-off file for a whole one.
"""

import io
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO
from xml.parsers import expat

from lxml import etree  # type: ignore[import-untyped]

from bacs.errors import HostileXml, Unreadable

Element = Any
"""An lxml element: lxml comes without types."""

LARGEST_FILE = 2 * 1024**3
"""Bytes read before a file is given up, unless told otherwise."""

LARGEST_ELEMENT = 16 * 1024**2
"""Bytes from one awaited element to the next: what is held in memory at once, however the file is made."""

LARGEST_TAG = 2 * 1024**2
"""Bytes from one tag to the next where no tree is built: expat reads an unfinished tag again with each chunk."""

DEEPEST = 256
"""Elements inside each other, as libxml2 has it too: expat keeps room for each, however many megabytes of them come."""

_LONGEST_PROLOG = 64 * 1024
_CHUNK = 64 * 1024


class _RootReached(Exception):
    """The prolog is over."""


def first_named(source: bytes | BinaryIO, names: frozenset[str]) -> str:
    """The first element of some local names near the start of a file, "" when there is none.

    A seekable file is wound back. Raises `HostileXml` for a document type, `Unreadable` for no XML.
    """
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    start = file.tell()
    found: list[str] = []

    def on_element(name: str, _attributes: dict[str, str]) -> None:
        found.append(name.rpartition(":")[2])
        if found[-1] in names:
            raise _RootReached

    try:
        _parse_start(file.read, on_element)
    except _RootReached:
        return found[-1]
    finally:
        file.seek(start)
    return ""


def opened(source: bytes | BinaryIO, *, limit_bytes: int = LARGEST_FILE) -> Iterator[tuple[str, list[str]]]:
    """Yield every element as it begins: its local name, and its attributes as names and values in turn.

    For files whose data is all in attributes: no tree is built, which takes half the time. Raises `HostileXml` and
    `Unreadable`; what was yielded before that belongs to no file.
    """
    checked = _Source(source, limit_bytes, LARGEST_TAG)
    parser = expat.ParserCreate()
    parser.ordered_attributes = True
    begun: list[tuple[str, list[str]]] = []

    depth = 0

    def on_element(name: str, attributes: list[str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise HostileXml(parser.CurrentLineNumber, "elements stand too deep in each other")
        begun.append((name.rpartition(":")[2] if ":" in name else name, attributes))

    def on_end(_: str) -> None:
        nonlocal depth
        depth -= 1

    def on_doctype(*_: object) -> None:
        raise HostileXml(parser.CurrentLineNumber, "the file has a document type")

    parser.StartElementHandler = on_element
    parser.EndElementHandler = on_end
    parser.StartDoctypeDeclHandler = on_doctype
    try:
        while chunk := checked.read(_CHUNK):
            parser.Parse(chunk)
            if begun:
                checked.since_element = 0
                yield from begun
                begun.clear()
        parser.Parse(b"", True)  # noqa: FBT003
        yield from begun
    except expat.ExpatError as error:
        raise Unreadable(error.lineno, f"not XML: {expat.ErrorString(error.code)}") from None
    except (LookupError, UnicodeError) as error:
        raise Unreadable(1, f"not XML in a known encoding: {error}") from None


def _parse_start(read: Callable[[int], bytes], on_element: Callable[[str, dict[str, str]], None]) -> None:
    def on_doctype(*_: object) -> None:
        raise HostileXml(parser.CurrentLineNumber, "the file has a document type")

    parser = expat.ParserCreate()
    parser.StartElementHandler = on_element
    parser.StartDoctypeDeclHandler = on_doctype
    size = 0
    try:
        while size <= _LONGEST_PROLOG and (chunk := read(_CHUNK)):
            size += len(chunk)
            parser.Parse(chunk)
    except expat.ExpatError as error:
        raise Unreadable(error.lineno, f"not XML: {expat.ErrorString(error.code)}") from None
    except (LookupError, ValueError) as error:
        raise Unreadable(1, f"not XML in a known encoding: {error}") from None


class _Source:
    """The bytes of a file, counted, with those already looked at put back in front."""

    def __init__(self, source: bytes | BinaryIO, limit_bytes: int, largest_element: int) -> None:
        self.largest_element = largest_element
        self._file = io.BytesIO(source) if isinstance(source, bytes) else source
        self._left = limit_bytes
        self._seen = b""
        self.since_element = 0

    def read_prolog(self) -> str:
        """The name of the root element. Raises `HostileXml` for a document type, `Unreadable` for no XML."""
        root: list[str] = []

        def on_element(name: str, _attributes: dict[str, str]) -> None:
            root.append(name)
            raise _RootReached

        try:
            _parse_start(self.look_at, on_element)
        except _RootReached:
            return root[0].rpartition(":")[2]
        raise Unreadable(0, "no XML element found")

    def look_at(self, size: int) -> bytes:
        """Read on, and put what was read back in front."""
        chunk = self._take(size)
        self._seen += chunk
        return chunk

    def read(self, size: int = -1) -> bytes:
        if self._seen:
            head, self._seen = self._seen, b""
            return head
        return self._take(size if size > 0 else _CHUNK)

    def _take(self, size: int) -> bytes:
        chunk = self._file.read(size)
        self._left -= len(chunk)
        self.since_element += len(chunk)
        if self._left < 0:
            raise Unreadable(0, "the file is larger than allowed")
        if self.since_element > self.largest_element:
            raise Unreadable(0, "a part of the file is larger than any bank's")
        return chunk


def finished(
    source: bytes | BinaryIO, names: frozenset[str], *, limit_bytes: int = LARGEST_FILE
) -> Iterator[tuple[str, Element]]:
    """Yield the elements of some local names, each when it is complete, with that name; the root comes last.

    The namespace does not matter. When the next element is asked for, an earlier sibling of the same name is
    forgotten, and all between, so look at an element at once. Raises `HostileXml` and `Unreadable`; what was
    yielded before that belongs to no file.
    """
    checked = _Source(source, limit_bytes, LARGEST_ELEMENT)
    root_name = checked.read_prolog()
    tags = [f"{{*}}{name}" for name in sorted(names | {root_name})]
    if not root_name:
        raise Unreadable(1, "not XML: the root element has no name")
    parse = etree.iterparse(
        checked,
        tag=tags,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    local_names: dict[str, str] = {}
    element = None
    try:
        for _, element in parse:
            tag = element.tag
            name = local_names.get(tag)
            if name is None:
                name = local_names[tag] = tag.rpartition("}")[2]
            yield name, element
            checked.since_element = 0
            _forget_before(element, tag)
    except etree.XMLSyntaxError as error:
        raise Unreadable(error.lineno or 0, f"not XML: {error.msg}") from None
    except (etree.LxmlError, LookupError, UnicodeError) as error:
        raise Unreadable(0, f"not XML: {error}") from None
    if element is None or element.getparent() is not None:
        raise Unreadable(0, "the file ends before its root element does")


def whole(source: bytes | BinaryIO, *, limit_bytes: int = LARGEST_ELEMENT) -> Element:
    """The root of a small file, read whole. Raises `HostileXml` and `Unreadable`."""
    return deque(finished(source, frozenset(), limit_bytes=limit_bytes), maxlen=1).pop()[1]


def _forget_before(element: Element, tag: str) -> None:
    """Take an earlier sibling of the same name out of the tree, and whatever stands between."""
    before = []
    sibling = element.getprevious()
    while sibling is not None:
        before.append(sibling)
        if sibling.tag == tag:
            parent = element.getparent()
            for each in before:
                parent.remove(each)
            return
        sibling = sibling.getprevious()


def local_name(element: Element) -> str:
    """An element's name without its namespace."""
    name: str = element.tag
    return name.rpartition("}")[2]

"""Taking the values out of many elements of one shape, fast.

The entries of a statement look alike: the same elements in the same order, around other texts. An element is written
out by libxml2 and split at its texts; what is left over is its shape. The paths of a shape's texts are worked out
once, so that the next element of that shape costs one split and one `dict`.
"""

import re
from html import unescape
from typing import NamedTuple

from lxml import etree  # type: ignore[import-untyped]

from bacs.iso20022.reading import Values, values_of
from bacs.xmlstream import Element, local_name

MOST_SHAPES = 1000
"""Shapes remembered: a file whose elements all differ is read the slow way, in bounded memory."""

MOST_TEXTS = 200
"""Texts of a shape worth remembering."""

_TEXT = re.compile(r">([^<]+)<")
_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)


class _Shape(NamedTuple):
    """Where the texts of a shape go: the element's own, and those of one inner element kept apart."""

    paths: tuple[str, ...]
    constants: Values
    first_inner: int
    after_inner: int
    inner_paths: tuple[str, ...]
    inner_constants: Values


class Shapes:
    """Reads elements, of which at most one inner element, named `inner`, is kept apart."""

    def __init__(self, inner: str = "") -> None:
        self._inner = inner
        self._shapes: dict[tuple[str, ...], _Shape | None] = {}

    def values(self, element: Element) -> tuple[Values, Values | None]:
        """The texts of an element by path, as `values_of` gives them, and those of its inner element if it has one."""
        text = etree.tostring(element, encoding="utf-8", with_tail=False).decode()
        pieces = _TEXT.split(text)
        key = tuple(pieces[::2])
        texts = pieces[1::2]
        shape = self._shapes.get(key)
        if shape is None:
            if key in self._shapes or len(self._shapes) >= MOST_SHAPES or len(texts) > MOST_TEXTS:
                return self._slowly(element)
            shape = self._shapes[key] = self._shape(key, len(texts))
            if shape is None:
                return self._slowly(element)
        if "&" in text:
            texts = [unescape(each) for each in texts]
        texts = list(map(str.strip, texts))
        if not shape.inner_paths:
            return dict(zip(shape.paths, texts, strict=True)) | shape.constants, None
        first, after = shape.first_inner, shape.after_inner
        inner = dict(zip(shape.inner_paths, texts[first:after], strict=True)) | shape.inner_constants
        texts[first:after] = []
        return dict(zip(shape.paths, texts, strict=True)) | shape.constants, inner

    def _slowly(self, element: Element) -> tuple[Values, Values | None]:
        values, inner = values_of(element, self._inner)
        return values, values_of(inner[0])[0] if inner else None

    def _shape(self, key: tuple[str, ...], count: int) -> _Shape | None:
        """The shape of these pieces, `None` when it is not simple: repeated paths, or several inner elements."""
        # in place of each text its number, so that reading the values tells which text belongs to which path
        numbered = key[0] + "".join(f">{place}<{piece}" for place, piece in enumerate(key[1:]))
        try:
            root = etree.fromstring(numbered.encode(), _PARSER)
        except etree.XMLSyntaxError:
            # what libxml2 lets pass in a stream, as a namespace that is no URI, it refuses in a document
            return None
        outer, inner = values_of(root, self._inner)
        if len(inner) > 1:
            return None
        places, constants = _places(outer)
        inner_places, inner_constants = _places(values_of(inner[0])[0] if inner else {})
        if places is None or inner_places is None or bool(inner) != bool(inner_places):
            return None
        # a text that is no leaf's is the space between elements: its path is ""
        paths = [places.get(place, inner_places.get(place, "")) for place in range(count)]
        first, after = (min(inner_places), max(inner_places) + 1) if inner_places else (count, count)
        if any(first <= place < after for place in places):
            return None
        outer_paths = (*paths[:first], *paths[after:])
        return _Shape(outer_paths, constants, first, after, tuple(paths[first:after]), inner_constants)


def _places(values: Values) -> tuple[dict[int, str] | None, Values]:
    """Paths by the number of their text, `None` when a path has several, and what is no text."""
    constants = {path: value for path, value in values.items() if path.endswith("@Ccy")}
    texts = {path: value for path, value in values.items() if path not in constants}
    if not all(value.isdigit() for value in texts.values()):
        return None, constants
    return {int(value): path for path, value in texts.items()}, constants


def is_named(element: Element | None, name: str) -> bool:
    """Whether there is an element, and of this local name."""
    return element is not None and local_name(element) == name

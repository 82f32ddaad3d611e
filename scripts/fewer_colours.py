"""A picture of a page with a palette: as PNG it is a third of the size, and nobody sees a difference.

Chromium takes its pictures with three bytes a pixel. A page has few colours, and the edges of its letters many that are
nearly the same.
"""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from collections.abc import Iterator
from functools import cache

SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOURS = 64
Colour = tuple[int, ...]


def fewer_colours(png: bytes) -> bytes:
    """The same picture in its 64 commonest colours; every other becomes the nearest of these. RGB or RGBA in."""
    width, height, rows = read(png)
    counted = Counter(pixel for row in rows for pixel in row)
    palette = [colour for colour, _ in counted.most_common(COLOURS)]

    @cache
    def nearest(pixel: Colour) -> int:
        return min(
            range(len(palette)), key=lambda at: sum((a - b) ** 2 for a, b in zip(pixel, palette[at], strict=True))
        )

    lines = b"".join(b"\0" + bytes(map(nearest, row)) for row in rows)
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    colours = bytes(part for colour in palette for part in colour)
    parts = ((b"IHDR", head), (b"PLTE", colours), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return SIGNATURE + b"".join(
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in parts
    )


def read(png: bytes) -> tuple[int, int, list[list[Colour]]]:
    """Width, height and the rows of pixels of a PNG as Chromium writes it: 8 bits a channel, not interlaced."""
    chunks = dict.fromkeys((b"IHDR", b"IDAT"), b"")
    for name, content in chunks_of(png):
        if name in chunks:
            chunks[name] += content
    width, height, _, kind = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
    channels = {2: 3, 6: 4}[kind]
    data, stride = zlib.decompress(chunks[b"IDAT"]), width * channels
    rows, above = [], bytes(stride)
    for start in range(0, len(data), stride + 1):
        above = unfiltered(data[start], data[start + 1 : start + 1 + stride], above, channels)
        rows.append([tuple(above[at : at + 3]) for at in range(0, stride, channels)])
    return width, height, rows


def chunks_of(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    while at < len(png):
        length, name = struct.unpack(">I4s", png[at : at + 8])
        yield name, png[at + 8 : at + 8 + length]
        at += 12 + length


def unfiltered(kind: int, line: bytes, above: bytes, channels: int) -> bytes:
    """A row as it was before one of the five filters of PNG (section 9 of its specification)."""
    row = bytearray(line)
    for at, value in enumerate(line):
        left = row[at - channels] if at >= channels else 0
        corner = above[at - channels] if at >= channels else 0
        added = (0, left, above[at], (left + above[at]) // 2, paeth(left, above[at], corner))[kind]
        row[at] = (value + added) & 0xFF
    return bytes(row)


def paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    return min((left, above, corner), key=lambda each: abs(guess - each))

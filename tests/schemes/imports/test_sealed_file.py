"""An import's file is sealed in segments and opened as it is read: all comes back, and no segment can be changed."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemes import sealed_file
from schemes.errors import SealBroken
from schemes.imports.register_import import ImportStatus, get_import
from schemes.imports.sealed_file import SealedFile
from schemes.seal import SEALED_IS_LONGER, KeyRing, Seals
from schemes.sealed_file import seal_file

BODY, IMPORT, OTHER = (UUID(int=number) for number in (1, 2, 3))
TABLE = "register_import"
SIZE = 16
KEY = Seals(KeyRing.parse("k1:" + base64.b64encode(b"a" * 32).decode()), b"b" * 32).make_for(BODY, OTHER)[2]


@pytest.fixture(autouse=True)
def small_segments(monkeypatch):
    monkeypatch.setattr(sealed_file, "SEGMENT", SIZE)


@pytest.fixture
def start(seeded):
    return seeded


def opened(kept, byte_count, import_id=IMPORT, *, read=lambda file: file.whole()):
    with ThreadPoolExecutor(max_workers=1) as database:

        def part(first, length):
            return kept[first : first + length]

        return read(SealedFile(part, database, KEY, import_id=import_id, byte_count=byte_count))


@given(content=st.binary(max_size=5 * SIZE), pieces=st.integers(1, 3 * SIZE))
def test_what_is_read_is_what_was_sealed_whole_or_piece_by_piece_and_as_often_as_it_is_read(content, pieces):
    def read_twice(file):
        return [b"".join(iter(lambda stream=stream: stream.read(pieces), b"")) for stream in (file.open(), file.open())]

    kept = seal_file(KEY, content, TABLE, IMPORT)
    assert opened(kept, len(content)) == content
    assert opened(kept, len(content), read=read_twice) == [content, content]
    assert opened(kept, len(content), read=lambda file: file.head) == content[:SIZE]


def test_a_file_that_an_earlier_release_sealed_as_a_whole_is_read():
    content = b"reference,amount\r\n" * 9
    assert opened(KEY.seal(content, TABLE, IMPORT), len(content)) == content


LENGTH = SIZE + SEALED_IS_LONGER
SEGMENTS = {
    "cut off": lambda first, second, third: (first, second),
    "left out": lambda first, second, third: (first, third),
    "changed over": lambda first, second, third: (second, first, third),
    "sent twice": lambda first, second, third: (first, first, third),
    "changed": lambda first, second, third: (first, second[:-1] + bytes([second[-1] ^ 1]), third),
}


@pytest.mark.parametrize("spoil", SEGMENTS.values(), ids=SEGMENTS)
def test_a_file_one_of_whose_segments_was_spoilt_does_not_open(spoil):
    kept = seal_file(KEY, b"x" * 3 * SIZE, TABLE, IMPORT)
    segments = [kept[first : first + LENGTH] for first in range(1, len(kept), LENGTH)]
    with pytest.raises(SealBroken):
        opened(b"".join((kept[:1], *spoil(*segments))), 3 * SIZE)


def test_a_file_of_another_import_does_not_open():
    with pytest.raises(SealBroken):
        opened(seal_file(KEY, b"x", TABLE, IMPORT), 1, OTHER)


@pytest.mark.parametrize("encode", [lambda text: text, lambda text: text.decode().encode("utf-16")])
def test_a_register_of_many_segments_is_read_as_one_of_a_single_one(office, small_register, monkeypatch, encode):
    monkeypatch.setattr(sealed_file, "SEGMENT", 1000 if encode(b"x") == b"x" else 1001)
    assert len(encode(small_register)) > 3 * sealed_file.SEGMENT
    import_id = office.bring_in(encode(small_register))
    with office.transaction() as session:
        brought = get_import(session, import_id)
    assert (brought.status, brought.rows) == (ImportStatus.READ, 60)

"""A file is sealed in segments and opened as it is read, from any place and by one thread alone."""

from __future__ import annotations

import base64
import io
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemes import sealed_file
from schemes.errors import SealBroken
from schemes.seal import KeyRing, Seals
from schemes.sealed_file import SealedFile, seal_file

BODY, ROW, OTHER = (UUID(int=number) for number in (1, 2, 3))
SIZE = 16
KEY = Seals(KeyRing.parse("k1:" + base64.b64encode(b"a" * 32).decode()), b"b" * 32).make_for(BODY, OTHER)[2]


@pytest.fixture(autouse=True)
def small_segments(monkeypatch):
    monkeypatch.setattr(sealed_file, "SEGMENT", SIZE)


def kept_in(kept, byte_count, *, table="response", row_id=ROW):
    return SealedFile(
        lambda start, length: kept[start : start + length], KEY, table=table, row_id=row_id, byte_count=byte_count
    )


@given(
    content=st.binary(max_size=5 * SIZE), moves=st.lists(st.tuples(st.integers(0, 6 * SIZE), st.integers(0, 3 * SIZE)))
)
def test_from_whatever_place_it_is_read_it_reads_as_the_file_that_was_sealed(content, moves):
    stream, plain = kept_in(seal_file(KEY, content, "response", ROW), len(content)).open(), io.BytesIO(content)
    for start, length in moves:
        stream.seek(start)
        plain.seek(start)
        assert stream.read(length) == plain.read(length)
    stream.seek(0)
    assert stream.read() == content


def test_no_more_than_a_segment_is_asked_for_at_a_time():
    kept, asked = seal_file(KEY, b"x" * 10 * SIZE, "response", ROW), []

    def part(start, length):
        asked.append(length)
        return kept[start : start + length]

    stream = SealedFile(part, KEY, table="response", row_id=ROW, byte_count=10 * SIZE).open()
    assert len(stream.read()) == 10 * SIZE
    assert max(asked) == SIZE + sealed_file.SEALED_IS_LONGER
    assert len(asked) == 11


def test_a_file_that_was_sealed_as_a_whole_is_read():
    content = b"<Document/>" * 9
    file = kept_in(KEY.seal(content, "response", ROW), len(content))
    assert (file.open().read(), file.whole()) == (content, content)


def test_a_file_of_another_row_or_table_does_not_open():
    kept = seal_file(KEY, b"x", "response", ROW)
    for elsewhere in ({"row_id": OTHER}, {"table": "statement_file"}):
        with pytest.raises(SealBroken):
            kept_in(kept, 1, **elsewhere).open().read()

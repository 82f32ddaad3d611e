"""Ids of what a file brings: each its own, and rising, so that indexes grow at their ends."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from schemes.database import first_id
from schemes.imports.good_rows import Ids
from schemes.imports.landing_line import LAST_DIGITS
from schemes.imports.register_import import CHUNK


def test_ids_rise_from_row_to_row_and_from_chunk_to_chunk():
    made_at = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
    milliseconds = int(made_at.timestamp() * 1000)
    chunks = [Ids(milliseconds + later, CHUNK) for later in (0, 1)]
    ids = [UUID(chunk.of_row(number) + "2") for chunk in chunks for number in range(CHUNK)]
    assert ids == sorted(set(ids))
    assert {(each.version, each.variant) for each in ids} == {(7, "specified in RFC 4122")}
    assert first_id(made_at) <= ids[0]


def test_ids_of_two_bodies_that_bring_rows_in_at_the_same_moment_differ():
    assert Ids(0, 1).of_row(0) != Ids(0, 1).of_row(0)


def test_no_two_things_of_a_row_have_one_id():
    assert len(set(LAST_DIGITS.values())) == len(LAST_DIGITS)

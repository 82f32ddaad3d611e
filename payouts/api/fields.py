"""Fields of the API, which take exactly what its description says and nothing that only looks like it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, NoReturn
from uuid import UUID

import marshmallow as ma
from flask import Request
from marshmallow import fields, validate
from webargs.flaskparser import FlaskParser

from payouts.api.problem import Refusal
from schemes.amount import MOST_AMOUNT_PENCE

DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
WHOLE = re.compile(r"-?[0-9]{1,18}")
UUID_TEXT = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# as in registers: our id has 36 characters, so the two are never mistaken for each other
LONGEST_REFERENCE = 35
DEEPEST = 20


class Text(fields.String):
    """A string of at most so many characters."""

    def __init__(self, *, most: int, least: int = 0, **kwargs: Any) -> None:
        super().__init__(validate=validate.Length(least or None, most), **kwargs)


class Day(fields.Date):
    """`2026-11-23`, and no other way to write a day."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> date:
        if not isinstance(value, str) or not DAY.fullmatch(value):
            raise self.make_error("invalid", input=value, obj_type="date")
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise self.make_error("invalid", input=value, obj_type="date") from None


class Instant(fields.DateTime):
    """An instant with its distance to UTC; given out in UTC."""

    def _serialize(self, value: datetime | None, attr: Any, obj: Any, **kwargs: Any) -> str | None:
        return (
            None if value is None else value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        )

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> datetime:
        if not isinstance(value, str) or not INSTANT.fullmatch(value):
            raise self.make_error("invalid", input=value, obj_type="datetime")
        try:
            found = datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            raise self.make_error("invalid", input=value, obj_type="datetime") from None
        if not 1970 <= found.year <= 9000:
            raise self.make_error("invalid", input=value, obj_type="datetime")
        return found


class Whole(fields.Integer):
    """A whole number of JSON; in an address its digits. Neither `true` nor `1.0` nor `"1"` is one."""

    def __init__(self, *, least: int, most: int, **kwargs: Any) -> None:
        super().__init__(validate=validate.Range(least, most), **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        if isinstance(data, dict) and (isinstance(value, bool) or not isinstance(value, int)):
            raise self.make_error("invalid", input=value)
        if not isinstance(data, dict) and not WHOLE.fullmatch(str(value)):
            raise self.make_error("invalid", input=value)
        return int(value)


class Pence(Whole):
    """An amount: a whole number of pence, of at least one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(least=1, most=MOST_AMOUNT_PENCE, **kwargs)


class Truth(fields.Boolean):
    """`true` or `false`."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class Id(fields.UUID):
    """One of our ids, written with hyphens."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> UUID:
        if not isinstance(value, str) or not UUID_TEXT.fullmatch(value):
            raise self.make_error("invalid_uuid")
        return UUID(value)


def reference(**kwargs: Any) -> Text:
    """The body's own reference of a person."""
    return Text(least=1, most=LONGEST_REFERENCE, **kwargs)


class Parser(FlaskParser):
    """Reads what was sent. Fields that nobody knows are refused: a misspelt one would be lost in silence."""

    DEFAULT_UNKNOWN_BY_LOCATION = {**FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION, "json": ma.RAISE, "query": ma.RAISE}  # noqa: RUF012

    def _get_schema(self, argmap: Any, req: Request) -> ma.Schema:
        return made(argmap) if isinstance(argmap, type) else super()._get_schema(argmap, req)

    def load_json(self, req: Request, schema: ma.Schema) -> Any:
        if req.mimetype != "application/json":
            raise Refusal("unsupported-media-type")
        return read_json(req.get_data())

    def handle_error(
        self, error: ma.ValidationError, req: Any, schema: Any, *, error_status_code: Any, error_headers: Any
    ) -> NoReturn:
        raise Refusal("invalid", errors=list(faults(error.normalized_messages())))


@cache
def made(schema: type[ma.Schema]) -> ma.Schema:
    """A schema, made once: webargs makes one for each call, copying every field of it."""
    return schema()


def read_json(content: bytes) -> Any:
    """Raises Refusal for what is no JSON, and for texts that PostgreSQL cannot hold."""
    try:
        read = json.loads(content, parse_constant=refuse_constant)
    except (ValueError, RecursionError):
        raise Refusal("bad-request") from None
    for where, text in texts(read):
        if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
            raise Refusal(
                "invalid", errors=[{"pointer": f"#{where}", "detail": "This holds a character that no text has."}]
            )
    return read


def refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def texts(read: Any, where: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Every text of a JSON value, keys too, with the way to it."""
    if depth > DEEPEST:
        raise Refusal("bad-request", "The body is nested too deeply.")
    if isinstance(read, str):
        yield where, read
    elif isinstance(read, list):
        for number, each in enumerate(read):
            yield from texts(each, f"{where}/{number}", depth + 1)
    elif isinstance(read, dict):
        for key, each in read.items():
            yield where, key
            yield from texts(each, f"{where}/{escaped(key)}", depth + 1)


def escaped(key: object) -> str:
    """A key as it stands in a JSON pointer (RFC 6901)."""
    return str(key).encode("utf-8", "replace").decode().replace("~", "~0").replace("/", "~1")


def faults(messages: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """What webargs found, by place: the body as JSON pointers, the address by parameter."""
    for location, found in messages.items():
        for where, told in leaves(found):
            if location == "json":
                yield {"pointer": f"#{where}", "detail": told}
            else:
                yield {"parameter": where.lstrip("/"), "detail": told}


def leaves(found: Any, where: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(found, Mapping):
        for key, below in found.items():
            # what concerns an object as a whole belongs to the object
            yield from leaves(below, where if key == "_schema" else f"{where}/{escaped(key)}")
    elif isinstance(found, list):
        for each in found:
            yield from leaves(each, where)
    else:
        yield where, str(found)

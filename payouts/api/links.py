"""What leads to what: the reply to whatever makes a thing names it for every call below its address (OpenAPI links)."""

from __future__ import annotations

import re
from typing import Any

from apispec import APISpec

METHODS = ("get", "post", "patch")
MADE = ("201", "202")
PARAMETER = re.compile(r"\{(\w+)\}")


def link(spec: APISpec) -> None:
    """Add the links, once every path is there: from `POST /payees` to all that begins with `/payees/{payee}`."""
    paths: dict[str, dict[str, Any]] = spec._paths
    for path, operations in paths.items():
        below = [
            (other, method) for other in paths for method in METHODS if method in paths[other] and is_of(other, path)
        ]
        for status in MADE:
            reply = operations.get("post", {}).get("responses", {}).get(status)
            if reply is not None and below:
                reply["links"] = {name_of(other, method): leading_to(path, other, method) for other, method in below}


def is_of(other: str, path: str) -> bool:
    """Whether an address is of a thing in a collection: it, or something below it."""
    rest = other.removeprefix(f"{path}/")
    return rest != other and rest.startswith("{") and len(PARAMETER.findall(rest)) == 1


def name_of(path: str, method: str) -> str:
    return "_".join([method, *re.findall(r"\w+", path)])


def leading_to(path: str, other: str, method: str) -> dict[str, Any]:
    """The link: what both addresses have is the same, and the last name is the id of what was made."""
    *same, last = PARAMETER.findall(other)
    parameters = {name: f"$request.path.{name}" for name in same} | {last: "$response.body#/id"}
    pointer = other.replace("~", "~0").replace("/", "~1")
    return {"operationRef": f"#/paths/{pointer}/{method}", "parameters": parameters}

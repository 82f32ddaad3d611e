"""Who may ask for what: the table of all routes and roles, read off the marks that the app itself goes by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from flask import Flask

from payouts.web.access import BEFORE_A_BODY, PUBLIC, audience_of, roles_for
from payouts.web.pages import pages
from schemes.person import Role

EVERYBODY = "everybody"


class Permission(NamedTuple):
    """One way to ask: a method and a route, the roles that may, and whether somebody not signed in may."""

    method: str
    route: str
    roles: frozenset[Role]
    public: bool


def permissions(app: Flask) -> Iterator[Permission]:
    """Every way to ask that a browser has, by route."""
    for rule in sorted(app.url_map.iter_rules(), key=str):
        if not rule.endpoint.startswith(f"{pages.name}."):
            continue
        who = audience_of(app, rule.endpoint)
        public = PUBLIC in who
        roles = frozenset(Role) if public or BEFORE_A_BODY in who else roles_for(who)
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            yield Permission(method, str(rule), roles, public)


def as_markdown(app: Flask) -> str:
    """The table as a page of the documentation: a row a way to ask, a column a role."""
    lines = [
        f"| | | {EVERYBODY} | {' | '.join(Role)} |",
        f"|---|---|{'---|' * (len(Role) + 1)}",
    ]
    for method, route, roles, public in permissions(app):
        cells = ["yes" if public else "", *("yes" if role in roles else "" for role in Role)]
        lines.append(f"| {method} | `{route}` | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"

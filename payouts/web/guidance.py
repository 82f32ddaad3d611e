"""Help on every page: the user guide by role, and the accessibility statement, open to everybody."""

from __future__ import annotations

import re
import struct
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import NamedTuple

from flask import Flask, Response, abort, g, render_template
from flask.typing import ResponseReturnValue
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from payouts.web.access import PUBLIC, allowed
from payouts.web.pages import pages, service
from schemes.person import Role

ACCESSIBILITY = "accessibility"
A_DAY = 24 * 3600
# by whom it is read, in the order of a payroll
GUIDE: dict[str, Role | None] = {
    "preparers": Role.PREPARER,
    "finance-officers": Role.FINANCE,
    "approvers": Role.APPROVER,
    "releasers": Role.RELEASER,
    "administrators": Role.ADMINISTRATOR,
    "auditors": Role.AUDITOR,
    "enquiries": Role.ENQUIRY,
    ACCESSIBILITY: None,
}
# which part answers a question on a page of a section, for whoever has the role of none of its parts
SECTIONS = {
    "payees": "preparers",
    "payrolls": "preparers",
    "bank": "finance-officers",
    "ledger": "finance-officers",
    "schemes": "administrators",
    "changes": "approvers",
    "settings": "administrators",
    "people": "administrators",
    "audit": "auditors",
}
CLASSES = {
    "h1": "govuk-heading-xl",
    "h2": "govuk-heading-m",
    "p": "govuk-body",
    "ul": "govuk-list govuk-list--bullet",
    "ol": "govuk-list govuk-list--number",
    "a": "govuk-link",
}


class Part(NamedTuple):
    """One page of the guide. title: its first heading; body: HTML made of our own text."""

    name: str
    title: str
    body: Markup


@pages.route("/help")
@allowed(PUBLIC)
def show_help() -> ResponseReturnValue:
    return render_template("help/show_help.html", parts=[part(name) for name in GUIDE], mine=mine())


@pages.route("/help/<name>")
@allowed(PUBLIC)
def show_help_part(name: str) -> ResponseReturnValue:
    if name not in GUIDE:
        abort(404)
    return render_template("help/show_help_part.html", part=part(name))


@pages.route("/help/pictures/<picture>.png")
@allowed(PUBLIC)
def show_help_picture(picture: str) -> ResponseReturnValue:
    if picture not in pictures():
        abort(404)
    answer = Response(png_of(picture), mimetype="image/png")
    # they are of nobody, and change with a release only
    g.cacheable = True
    answer.cache_control.max_age, answer.cache_control.public = A_DAY, True
    return answer


@cache
def pictures() -> frozenset[str]:
    return frozenset(one.name.removesuffix(".png") for one in guide("pictures").iterdir())


def png_of(name: str) -> bytes:
    return guide("pictures", f"{name}.png").read_bytes()


def size_of(png: bytes) -> tuple[int, int]:
    """Width and height of a PNG in pixels, which stand at the head of its first chunk."""
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def guide(*names: str) -> Traversable:
    return resources.files("payouts.web").joinpath("guide", *names)


@cache
def part(name: str) -> Part:
    """A page of the guide, from the text that ships with the service."""
    text = guide(f"{name}.md").read_text(encoding="utf-8")
    markdown = MarkdownIt("commonmark", {"html": False})
    tokens = markdown.parse(text)
    for at, token in enumerate(tokens):
        dress(token)
        if token.type == "heading_open" and token.tag == "h2":
            token.attrSet("id", anchor(tokens[at + 1].content))
    title = next(tokens[at + 1].content for at, token in enumerate(tokens) if token.type == "heading_open")
    return Part(name, title, Markup(markdown.renderer.render(tokens, markdown.options, {})))  # noqa: S704


def dress(token: Token) -> None:
    """Give the elements the Design System's classes. A paragraph in a list item is none of its own.

    Pictures have their size, so that nothing moves when they come, and come only when they are scrolled to.
    """
    for one in (token, *(token.children or ())):
        if one.nesting == 1 and one.tag in CLASSES and not one.hidden:
            one.attrSet("class", CLASSES[one.tag])
        if one.type == "image":
            width, height = size_of(png_of(Path(str(one.attrs["src"])).stem))
            shown = {"class": "app-picture", "loading": "lazy", "width": str(width), "height": str(height)}
            for attribute, value in shown.items():
                one.attrSet(attribute, value)


def anchor(heading: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", heading.lower()))


def mine() -> list[str]:
    """The parts for the roles of whoever is signed in."""
    actor = g.get("actor")
    return [name for name, role in GUIDE.items() if actor is not None and role in actor.roles]


def help_on(section: str | None) -> str:
    """Which part of the guide helps with a page of a section: one of the person's own where they have one only."""
    parts = mine()
    if len(parts) == 1:
        return parts[0]
    found = SECTIONS.get(section or "")
    return found if found is not None and (not parts or found in parts) else (parts[0] if parts else "")


def feedback() -> str:
    """Where people say what they think of the service: an address of a page or of a mailbox, or empty."""
    where = service().settings.feedback
    return f"mailto:{where}" if "@" in where and ":" not in where else where


def register(app: Flask) -> None:
    app.add_template_global(help_on)
    app.add_template_global(feedback)

"""Words for what a body sets about itself: its kind, and what is wrong with a name or a colour."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from schemes.body import BodyKind
from schemes.body_details import LONGEST_NAME, NameMissing
from schemes.colour import ColourFault, ColourRefused
from schemes.errors import Refused

KINDS: dict[BodyKind, str] = {
    BodyKind.SANDBOX: "Sandbox: it behaves like a live body and moves no money",
    BodyKind.LIVE: "Live: its files move money",
}

COLOURS: dict[ColourFault, str] = {
    ColourFault.NOT_A_COLOUR: "Enter a colour as # and 6 digits or letters from A to F, like #00625e",
    ColourFault.TOO_PALE: "Enter a darker colour: lines of this one can hardly be seen on white pages",
    ColourFault.UNREADABLE: "Enter a darker colour: neither white nor black text can be read on this one by everybody",
}

TELLERS: dict[type[Refused], Callable[[Any], str]] = {
    ColourRefused: lambda refusal: COLOURS[refusal.fault],
    NameMissing: lambda refusal: f"Enter the name of the body, in at most {LONGEST_NAME} characters",
}


def register(app: Flask) -> None:
    app.add_template_filter(KINDS.__getitem__, "body_kind")

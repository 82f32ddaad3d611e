"""The compiled CSS and JavaScript, and each body's colour, served so that browsers keep them until they change."""

from __future__ import annotations

import hashlib
import mimetypes
from pathlib import Path

from flask import Flask, Response, abort, g, request, send_from_directory
from flask.typing import ResponseReturnValue

from payouts.web.access import PUBLIC, allowed
from payouts.web.pages import pages
from schemes.colour import HEX, text_on

STATIC = Path(__file__).parent / "static"
A_YEAR = 365 * 24 * 60 * 60
# the smaller first, which browsers take by https only
COPIES = {"br": "br", "gzip": "gz"}


def version() -> str:
    """One version for all files together, so that what a script imports changes its address with it."""
    digest = hashlib.sha256()
    for path in sorted(STATIC.glob("*")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


@pages.route("/assets/<version>/<path:name>")
@allowed(PUBLIC)
def asset(version: str, name: str) -> ResponseReturnValue:
    """A compiled file, whatever version is asked for: an old page may ask while a new release is starting.

    Compressed for whoever takes it so, by a copy that was made with the file.
    """
    g.cacheable = True
    for coding, ending in COPIES.items():
        if request.accept_encodings.quality(coding) and (STATIC / f"{name}.{ending}").is_file():
            media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
            response = send_from_directory(STATIC, f"{name}.{ending}", mimetype=media_type, max_age=A_YEAR)
            response.content_encoding = coding
            break
    else:
        response = send_from_directory(STATIC, name, max_age=A_YEAR)
    response.vary.add("Accept-Encoding")
    return response


@pages.route("/colours/<colour>.css")
@allowed(PUBLIC)
def body_colour(colour: str) -> ResponseReturnValue:
    """A body's colour as a stylesheet: the content security policy allows no style written into a page."""
    if not HEX.fullmatch(colour):
        abort(404)
    g.cacheable = True
    rules = f":root{{--body-colour:#{colour};--body-colour-text:#{text_on(colour)};--govuk-brand-colour:#{colour}}}"
    response = Response(rules, mimetype="text/css")
    response.cache_control.public = True
    response.cache_control.max_age = A_YEAR
    return response


def css_colour(colour: str) -> str:
    """Six digits of a body's colour however it is written; the service's own where it is not a colour."""
    written = colour.strip().removeprefix("#").lower()
    return written if HEX.fullmatch(written) else "1d4f6e"


def register(app: Flask) -> None:
    app.add_template_filter(css_colour)
    app.jinja_env.globals["assets"] = f"/assets/{version()}"

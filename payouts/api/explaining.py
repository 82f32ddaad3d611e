"""Pages for people beside the API: its description to click through, and each kind of problem at its type's address."""

from __future__ import annotations

from functools import cache

from flask import Blueprint, Response

from payouts.api.problem import PROBLEMS, Refusal
from payouts.web.stylesheets import version

pages = Blueprint("explaining", __name__)

# Swagger UI has pictures in its stylesheet; its styles and scripts are files of ours
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>The API of Payouts</title>
  <link rel="stylesheet" href="{assets}/swagger-ui.css">
  <link rel="icon" href="{assets}/favicon.svg">
</head>
<body>
  <main id="api" data-description="/api/v1/openapi.json">
    <p>This page needs JavaScript. Without it, read <a href="/api/v1/openapi.json">the description itself</a>.</p>
  </main>
  <script src="{assets}/swagger-ui-bundle.js" defer></script>
  <script src="{assets}/api.mjs" type="module"></script>
</body>
</html>
"""


@cache
def page() -> str:
    return PAGE.format(assets=f"/assets/{version()}")


@pages.route("/docs")
def show_description() -> Response:
    """The description, to read and to try out with one's own key."""
    response = Response(page(), mimetype="text/html")
    response.headers["Content-Security-Policy"] = POLICY
    return response


@pages.route("/errors/<name>")
def explain_problem(name: str) -> Response:
    """What a problem's type leads to."""
    kind = PROBLEMS.get(name)
    if kind is None:
        raise Refusal("not-found")
    text = f"{kind.status} {kind.title}\n\n{kind.cause}\n\n{kind.cure}\n"
    return Response(text, mimetype="text/plain")

"""Pages for people beside the API: each kind of problem at the address that is its type."""

from __future__ import annotations

from flask import Blueprint, Response

from payouts.api.problem import PROBLEMS, Refusal

pages = Blueprint("explaining", __name__)


@pages.route("/errors/<name>")
def explain_problem(name: str) -> Response:
    """What a problem's type leads to."""
    kind = PROBLEMS.get(name)
    if kind is None:
        raise Refusal("not-found")
    text = f"{kind.status} {kind.title}\n\n{kind.cause}\n\n{kind.cure}\n"
    return Response(text, mimetype="text/plain")

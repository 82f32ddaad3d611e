"""The way between the pages: what stands in the service navigation of whoever is signed in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Flask, g, url_for

from payouts.web.access import may_see
from schemes.sign_in import IDLE

# section, words, endpoint
PLACES = (
    ("home", "Home", "pages.home"),
    ("payees", "Payees", "pages.show_payees"),
    ("payrolls", "Payrolls", "pages.show_payrolls"),
    ("bank", "Bank", "pages.show_responses"),
    ("ledger", "Money", "pages.show_ledger"),
    ("schemes", "Schemes", "pages.show_schemes"),
    ("changes", "Changes", "pages.show_changes"),
    ("settings", "Settings", "pages.show_settings"),
    ("people", "People", "pages.show_people"),
    ("audit", "Audit", "pages.show_audit"),
)
# before a session ends, whoever looks at a page is asked whether they are still there
WARNING = timedelta(minutes=5)


def navigation(section: str | None) -> list[dict[str, Any]]:
    """The navigation's items, with the section marked that the page is in."""
    return [
        {"text": words, "href": url_for(endpoint), "active": name == section}
        for name, words, endpoint in PLACES
        if may_see(endpoint)
    ]


def who_is_here() -> dict[str, Any]:
    """What the frame of every page shows."""
    here = {name: g.get(name) for name in ("person", "actor", "body", "bodies")}
    return {**here, "idle_seconds": int(IDLE.total_seconds()), "warn_seconds": int(WARNING.total_seconds())}


def register(app: Flask) -> None:
    app.add_template_global(navigation)
    app.add_template_global(may_see)
    app.context_processor(who_is_here)

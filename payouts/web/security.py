"""What every answer carries so that a browser keeps it private, and runs and frames nothing but ours."""

from __future__ import annotations

from flask import Flask, Response, current_app, g, request
from flask_wtf.csrf import CSRFProtect

# The one inline script of the GOV.UK template, which marks the page as able to run scripts; a test hashes it
TEMPLATE_SCRIPT = "'sha256-GUQ5ad8JK5KmEWmROf3LZd9ge94daqNvd8xy9YS1iDw='"

POLICY = "; ".join(
    (
        "default-src 'none'",
        f"script-src 'self' {TEMPLATE_SCRIPT}",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

A_YEAR = 365 * 24 * 60 * 60


def register(app: Flask, *, base_url: str) -> None:
    """Guard an app: tokens on every form, strict cookies, and the headers of each answer."""
    https = base_url.startswith("https://")
    app.config.update(
        # the prefix makes browsers refuse a cookie set for a whole domain by a neighbour
        SESSION_COOKIE_NAME="__Host-payouts" if https else "payouts",
        SESSION_COOKIE_SECURE=https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        # a page left open over lunch still sends its form; the sign-in behind it has its own end
        WTF_CSRF_TIME_LIMIT=None,
    )
    CSRFProtect(app)
    app.after_request(guard)


def guard(response: Response) -> Response:
    """Put the headers on an answer."""
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
    if current_app.config["SESSION_COOKIE_SECURE"]:
        response.headers["Strict-Transport-Security"] = f"max-age={A_YEAR}; includeSubDomains"
    if not g.get("cacheable") or request.method != "GET":
        response.headers["Cache-Control"] = "no-store"
    return response

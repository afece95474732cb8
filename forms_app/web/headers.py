"""The headers of every answer, errors included."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from flask import Flask, current_app, g, request
from werkzeug.wrappers import Response

ALWAYS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
CONTENT = (
    "default-src 'self'; base-uri 'none'; form-action 'self' {neutral_site}; frame-ancestors 'none'; object-src 'none'; "
    "script-src {scripts}"
)
TWO_YEARS = "max-age=63072000"
A_YEAR = "public, max-age=31536000, immutable"
AN_HOUR = "public, max-age=3600"


def init_app(app: Flask) -> None:
    app.after_request(_add_headers)
    app.jinja_env.globals["nonce"] = nonce


def nonce() -> str:
    """Names the scripts of this one answer. A browser runs no other."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return str(g.nonce)


def _add_headers(response: Response) -> Response:
    for name, value in ALWAYS.items():
        response.headers[name] = value
    response.headers["Content-Security-Policy"] = _content_policy()
    response.headers["Cache-Control"] = _keeping(response)
    if current_app.config["SESSION_COOKIE_SECURE"]:
        response.headers["Strict-Transport-Security"] = TWO_YEARS
    return response


def _content_policy() -> str:
    # A browser asks it again when a form is answered with a redirect: “Hide this page now” leads to another site.
    site = urlsplit(current_app.config["NEUTRAL_PAGE"])
    scripts = f"'nonce-{g.nonce}'" if "nonce" in g else "'none'"
    return CONTENT.format(neutral_site=f"{site.scheme}://{site.netloc}", scripts=scripts)


def _keeping(response: Response) -> str:
    if request.endpoint != "static" or response.status_code not in (200, 206, 304):
        return "no-store"
    return A_YEAR if "v" in request.args else AN_HOUR

"""The headers of every answer, errors included."""

from __future__ import annotations

from flask import Flask, current_app, request
from werkzeug.wrappers import Response

ALWAYS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
TWO_YEARS = "max-age=63072000"
A_YEAR = "public, max-age=31536000, immutable"
AN_HOUR = "public, max-age=3600"


def init_app(app: Flask) -> None:
    app.after_request(_add_headers)


def _add_headers(response: Response) -> Response:
    for name, value in ALWAYS.items():
        response.headers[name] = value
    response.headers["Cache-Control"] = _keeping(response)
    if current_app.config["SESSION_COOKIE_SECURE"]:
        response.headers["Strict-Transport-Security"] = TWO_YEARS
    return response


def _keeping(response: Response) -> str:
    if request.endpoint != "static" or response.status_code not in (200, 206, 304):
        return "no-store"
    return A_YEAR if "v" in request.args else AN_HOUR

"""A form is taken from our own pages alone, as the browser says where it comes from; its token is asked for as well."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, g, request
from werkzeug.exceptions import Forbidden

CHANGES_NOTHING = frozenset({"GET", "HEAD", "OPTIONS"})


def init_app(app: Flask) -> None:
    """Comes before anything reads the form."""
    app.before_request(_refuse_other_sites)


def _refuse_other_sites() -> None:
    if request.method not in CHANGES_NOTHING and not _is_ours():
        g.is_from_elsewhere = True
        raise Forbidden


def _is_ours() -> bool:
    """What says nothing is not refused here: old browsers, and programs, which no other site can make send a cookie."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    # Our pages send no referrer, and so a browser may say “null” of them.
    origin = request.headers.get("Origin", "null")
    return origin == "null" or urlsplit(origin).netloc == request.host

"""One line in the log for every request: who, which page, how it went, how long; never what."""

from __future__ import annotations

import secrets
import time

import structlog
from flask import Flask, g, request
from werkzeug.wrappers import Response

from forms_app.web.sessions import person_or_none

log = structlog.get_logger("forms_app.web")


def init_app(app: Flask) -> None:
    """Comes first, so that whatever happens afterwards is in the line."""
    app.before_request(_begin)
    app.after_request(_write)


def _begin() -> None:
    g.request_id = secrets.token_hex(6)
    g.began = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _write(response: Response) -> Response:
    if request.endpoint == "static":
        return response
    person = person_or_none()
    log.info(
        "request",
        method=request.method if request.method in {"GET", "HEAD", "POST", "OPTIONS"} else "other",
        # The pattern of the address: an address itself can carry a token or a name.
        route=request.url_rule.rule if request.url_rule is not None else None,
        status=response.status_code,
        milliseconds=round((time.perf_counter() - g.began) * 1000, 1) if "began" in g else None,
        person=str(person.id) if person is not None else None,
    )
    return response

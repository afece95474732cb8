"""What a person reads when something cannot be done, in plain English and without a hint of what is inside."""

from __future__ import annotations

from collections.abc import Iterator

import structlog
from flask import Flask, g, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import (
    BadRequest,
    Forbidden,
    HTTPException,
    InternalServerError,
    MethodNotAllowed,
    NotFound,
    RequestEntityTooLarge,
    SecurityError,
    ServiceUnavailable,
    TooManyRequests,
)

from forms_app.db.reach import UNREACHABLE
from forms_app.db.sealing import SealFault
from forms_app.documents.faults import DocumentFault
from forms_app.domain import errors as domain
from forms_app.policies.shelf import NoSuchPolicy

Page = tuple[str, int] | tuple[str, int, dict[str, str]]
NOT_TYPED = frozenset({"csrf_token", "code", "seen", "form_key", "sha256"})
LONG_ENOUGH = 20
UNREADY = (domain.CalendarEnds, NoSuchPolicy, DocumentFault)
"""What those who run the service have to mend: a calendar that ran out, a policy or a font that is gone."""


log = structlog.get_logger("forms_app.web")


class SignedOutWhileTyping(Forbidden):
    """A form arrived from somebody who is not signed in any more."""

    def __init__(self, *, kept: bool) -> None:
        super().__init__()
        self.kept = kept


class ProofOwed(Forbidden):
    """A form arrived from somebody who has to prove first, or once more, that it is them."""

    def __init__(self, *, kept: bool, where: str) -> None:
        super().__init__()
        self.kept, self.where = kept, where


PAGES: dict[type[HTTPException], str] = {
    BadRequest: "errors/bad_request.html",
    Forbidden: "errors/forbidden.html",
    NotFound: "errors/not_found.html",
    MethodNotAllowed: "errors/method_not_allowed.html",
    RequestEntityTooLarge: "errors/too_large.html",
    TooManyRequests: "errors/too_many.html",
}


def init_app(app: Flask) -> None:
    app.register_error_handler(HTTPException, _show_other)
    for kind in PAGES:
        app.register_error_handler(kind, _show)
    app.register_error_handler(CSRFError, _show_open_too_long)
    app.register_error_handler(SignedOutWhileTyping, _show_signed_out)
    app.register_error_handler(ProofOwed, _show_proof_owed)
    app.register_error_handler(SecurityError, _show_bare)
    app.register_error_handler(InternalServerError, _show_fault)
    app.register_error_handler(ServiceUnavailable, _show_away)
    app.register_error_handler(domain.NotFound, _show_not_found)
    app.register_error_handler(SealFault, _show_unopened)
    for unready in UNREADY:
        app.register_error_handler(unready, _show_unready)
    for away in UNREACHABLE:
        app.register_error_handler(away, _show_away)


def _show(error: HTTPException) -> Page:
    template = next(PAGES[kind] for kind in type(error).__mro__ if kind in PAGES)
    return render_template(template), error.code or 400, _more(error)


def _more(error: HTTPException) -> dict[str, str]:
    """The headers by which a program learns what it may do instead, or when."""
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        return {"Allow": ", ".join(error.valid_methods)}
    if isinstance(error, TooManyRequests):
        return {"Retry-After": str(error.retry_after)}
    return {}


def _show_other(error: HTTPException) -> HTTPException | Page:
    if error.code is None or error.code < 400:
        return error  # a redirect that the routing asks for
    return render_template(PAGES[BadRequest]), error.code


def _show_not_found(_: domain.NotFound) -> Page:
    return render_template(PAGES[NotFound]), 404


def _show_unready(fault: Exception) -> Page:
    log.error("unready", reason=type(fault).__name__)
    return render_template("errors/unready.html", why=str(fault), typed=_typed()), 503


def _show_unopened(fault: SealFault) -> Page:
    log.error("sealed_value_not_opened", reason=str(fault))
    return render_template("errors/unopened.html", typed=_typed()), 503


def _show_bare(_: SecurityError) -> Page:
    # The request named another host: no address of ours can be written into the page.
    return render_template("errors/wrong_address.html"), 400


def _show_open_too_long(_: CSRFError) -> Page:
    return render_template("errors/open_too_long.html", typed=_typed()), 403


def _show_signed_out(error: SignedOutWhileTyping) -> Page:
    return render_template("errors/signed_out.html", kept=error.kept, typed="" if error.kept else _typed()), 403


def _show_proof_owed(error: ProofOwed) -> Page:
    typed = "" if error.kept else _typed()
    return render_template("errors/proof_owed.html", kept=error.kept, typed=typed, where=error.where), 403


def _show_fault(_: InternalServerError) -> Page:
    return render_template("errors/fault.html", request_id=g.get("request_id", ""), typed=_typed()), 500


def _show_away(_: Exception) -> Page:
    g.database_is_away = True
    return render_template("errors/away.html", typed=_typed()), 503, {"Retry-After": "30"}


def _typed() -> str:
    """The longer texts of a form that cannot be accepted, so that nobody has to write them twice.

    Only for a form that the browser says came from our own page: another site must not put words on ours.
    """
    if request.headers.get("Sec-Fetch-Site") != "same-origin":
        return ""
    return "\n\n".join(_texts())


def _texts() -> Iterator[str]:
    for name, text in request.form.items(multi=True):
        if name not in NOT_TYPED and (len(text) > LONG_ENOUGH or " " in text.strip()):
            yield text.replace("\r\n", "\n").strip()

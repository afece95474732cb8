"""The API for other systems. It knows tokens and no sessions, sets no cookie, and answers in JSON whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from io import BytesIO
from typing import Any, TypeVar
from uuid import UUID

import structlog
from flask import Blueprint, Flask, current_app, g, request, send_file
from pydantic import ValidationError
from werkzeug.exceptions import BadRequest, Conflict, Forbidden, HTTPException, NotFound, TooManyRequests, Unauthorized
from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.wrappers import Response

from forms_app.db.actors import NOBODY
from forms_app.documents.catalogue import Format
from forms_app.domain import errors
from forms_app.domain.access import May
from forms_app.domain.interface import FilingAsked, Problem, Value
from forms_app.domain.limits import CALLS_OF_TOKEN, FILES_OF_TOKEN, WRONG_TOKENS_FOR_NETWORK, Limit
from forms_app.domain.systems import Scope
from forms_app.services import interface
from forms_app.services.interface import Addresses
from forms_app.services.limits import allows
from forms_app.services.tokens import System, system_with
from forms_app.services.work import Work
from forms_app.services.workshop import Workshop
from forms_app.web.access import open_to
from forms_app.web.downloads import FORMAT, TYPES
from forms_app.web.limits import network_of
from forms_app.web.openapi import JSON, PROBLEM, REFUSALS, description
from forms_app.web.sessions import secret

View = TypeVar("View", bound=Callable[..., Any])
ROOT = "/api/v1"
LONGEST_KEY = 200
SCHEME = "bearer"
blueprint = Blueprint("api", __name__, url_prefix=ROOT)
AWAY = "The service cannot answer now. Ask again in half a minute."


def init_app(app: Flask) -> None:
    """Comes before it is asked who may open a page."""
    app.before_request(_find_system)
    app.after_request(_answer_in_json)


def scoped(scope: Scope, limit: Limit | None = None) -> Callable[[View], View]:
    """Says what a token must be good for."""

    def declare(view: View) -> View:
        @wraps(view)
        def asked(**parts: Any) -> Any:
            system: System = g.system
            if scope not in system.scopes:
                raise Forbidden
            _take(CALLS_OF_TOKEN, str(system.token_id))
            if limit is not None:
                _take(limit, str(system.token_id))
            return view(system, **parts)

        asked.scope = scope  # type: ignore[attr-defined]
        return asked  # type: ignore[return-value]

    return declare


@blueprint.get("/openapi.json")
@open_to(May.SEE_PUBLIC_PAGES)
def described() -> dict[str, Any]:
    return description(_root())


@blueprint.get("/escalations")
@open_to(May.USE_API)
@scoped(Scope.ESCALATIONS)
def escalations(system: System) -> Response:
    with _working(system) as work:
        found = interface.escalations(work, system, _to(), since=_since())
    return _said(found)


@blueprint.get("/escalations/<reference>")
@open_to(May.USE_API)
@scoped(Scope.ESCALATIONS)
def escalation(system: System, reference: str) -> Response:
    with _working(system) as work:
        found = interface.escalation(work, system, _to(), reference=reference)
    return _said(found)


@blueprint.get("/documents")
@open_to(May.USE_API)
@scoped(Scope.DOCUMENTS)
def documents(system: System) -> Response:
    with _working(system) as work:
        found = interface.documents(work, system, _to(), since=_since())
    return _said(found)


@blueprint.get("/documents/<uuid:document_id>")
@open_to(May.USE_API)
@scoped(Scope.DOCUMENTS)
def document(system: System, document_id: UUID) -> Response:
    with _working(system) as work:
        found = interface.document(work, system, _to(), document_id=document_id)
    return _said(found)


@blueprint.get(f"/documents/<uuid:document_id>/files/{FORMAT}")
@open_to(May.USE_API)
@scoped(Scope.DOCUMENTS, FILES_OF_TOKEN)
def file(system: System, document_id: UUID, file_format: Format) -> Response:
    with _working(system) as work:
        found = interface.document_file(work, system, document_id=document_id, file_format=file_format)
    answer = send_file(
        BytesIO(found.content), mimetype=TYPES[file_format], as_attachment=True, download_name=found.name, etag=False
    )
    answer.set_etag(found.sha256)
    return answer


@blueprint.post("/documents/<uuid:document_id>/filings")
@open_to(May.USE_API)
@scoped(Scope.FILING)
def filing(system: System, document_id: UUID) -> Response:
    asked, key = _filing_asked(), _key()
    with _working(system) as work:
        found = interface.file_document(work, system, document_id=document_id, key=key, filed_at=asked.filed_at)
    return _said(found, 201)


@blueprint.get("/register")
@open_to(May.USE_API)
@scoped(Scope.REGISTER)
def register(system: System) -> Response:
    with _working(system) as work:
        found = interface.register(work, system, since=_since())
    return _said(found)


@blueprint.get("/numbers/<period>")
@open_to(May.USE_API)
@scoped(Scope.NUMBERS)
def numbers(system: System, period: str) -> Response:
    with _working(system) as work:
        found = interface.numbers(work, system, code=period)
    return _said(found)


# --- what is asked -----------------------------------------------------------------------------------------------


def _since() -> str | None:
    return request.args.get("since")


def _key() -> str:
    key = request.headers.get("Idempotency-Key", "")
    if not 0 < len(key) <= LONGEST_KEY or not key.isascii() or not key.isprintable():
        raise BadRequest("Send an `Idempotency-Key` of your own, a new one for each filing.")
    return key


def _filing_asked() -> FilingAsked:
    try:
        found = FilingAsked.model_validate_json(request.get_data())
    except ValidationError:
        found = None
    if found is None or found.filed_at.tzinfo is None:
        raise BadRequest('Send JSON such as {"filed_at": "2027-03-01T10:30:00Z"}, and nothing else in it.')
    return found


# --- who asks ----------------------------------------------------------------------------------------------------


def _find_system() -> None:
    """Nothing but a token says who asks: a cookie that came along says nothing here."""
    g.system = None
    if request.blueprint != blueprint.name or request.endpoint == "api.described":
        return
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    with _workshop().on_behalf_of(NOBODY).reading() as work:
        found = (
            system_with(work, token=token.strip(), address=request.remote_addr) if scheme.lower() == SCHEME else None
        )
    if found is None:
        _take(WRONG_TOKENS_FOR_NETWORK, network_of(request.remote_addr))
        raise Unauthorized
    g.system = found
    structlog.contextvars.bind_contextvars(token=str(found.token_id))


def _take(limit: Limit, whose: str) -> None:
    with _workshop().on_behalf_of(NOBODY).writing() as work:
        is_allowed = allows(work, limit, whose=whose, secret=secret())
    if not is_allowed:
        raise TooManyRequests(retry_after=max(1, int(limit.every.total_seconds())))


@contextmanager
def _working(system: System) -> Iterator[Work]:
    """A piece of work of this program. What was refused to it is noted, and answered as if it had never been."""
    try:
        with _workshop().on_behalf_of(system.actor).writing() as work:
            yield work
    except errors.NotFound as refused:
        with _workshop().writing() as work:
            work.note("api_refused", board=system.board_id, about=system.token_id, code=request.endpoint)
        raise NotFound(str(refused)) from None
    except errors.ChangedMeanwhile as refused:
        raise Conflict(str(refused)) from None
    except errors.NotAllowedNow as refused:
        raise BadRequest(str(refused)) from None


def _workshop() -> Workshop:
    found: Workshop = current_app.extensions["workshop"]
    return found


# --- what is answered --------------------------------------------------------------------------------------------


def _root() -> str:
    return f"{current_app.config['SERVICE_URL']}{ROOT}"


def _to() -> Addresses:
    return Addresses(_root())


def _said(value: Value, status: int = 200) -> Response:
    answer = Response(value.model_dump_json(), status, mimetype=JSON)
    answer.add_etag()
    return answer if request.method == "POST" else answer.make_conditional(request.environ)


def _refuse(refused: HTTPException) -> Response:
    return _problem(refused.code or 500, refused)


for _kind in (BadRequest, Unauthorized, Forbidden, NotFound, Conflict, TooManyRequests):
    blueprint.register_error_handler(_kind, _refuse)


def _answer_in_json(response: Any) -> Any:
    """What went wrong before an address of the API was found, or in a way that nobody foresaw, is a problem in JSON as well."""
    if not request.path.startswith(f"{ROOT}/") or response.status_code < 400 or response.mimetype == PROBLEM:
        return response
    answer = _problem(response.status_code)
    for name in ("Retry-After", "Allow"):
        if name in response.headers:
            answer.headers[name] = response.headers[name]
    return current_app.response_class(answer.get_data(), answer.status_code, answer.headers)


def _problem(status: int, refused: HTTPException | None = None) -> Response:
    title = HTTP_STATUS_CODES.get(status, "Problem")
    detail = _detail(status, refused)
    problem = Problem(type="about:blank", title=title, status=status, detail=detail)
    answer = Response(problem.model_dump_json(), status, mimetype=PROBLEM)
    if status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(refused, TooManyRequests):
        answer.headers["Retry-After"] = str(refused.retry_after)
    return answer


def _detail(status: int, refused: HTTPException | None) -> str:
    """Our own sentence, or else what the description says; never Werkzeug's words, which may repeat what was sent."""
    if refused is not None and refused.description and refused.description != type(refused).description:
        return refused.description
    return REFUSALS.get(status, AWAY if status >= 500 else "This cannot be asked here in this way.")

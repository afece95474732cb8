"""Away from here at once, whatever happens, and with what was typed kept where the page knows how to keep it.

A form that is sent with `?instead=keep` or `?instead=leave` is saved as a draft, and nothing else is done with it.
"""

from __future__ import annotations

from flask import Blueprint, Flask, current_app, g, request, session
from werkzeug.wrappers import Response

from forms_app.db.reach import UNREACHABLE
from forms_app.domain.access import May
from forms_app.web import sessions
from forms_app.web.access import Keeper, open_to
from forms_app.web.sessions import person_or_none

blueprint = Blueprint("leaving", __name__)
EVERYTHING = '"cache", "storage"'
"""Of ours the browser keeps nothing. Our one cookie goes by its name: “cookies” would be those of all services in the same domain."""


def init_app(app: Flask) -> None:
    """Comes before everything that could refuse the request: who wants to leave leaves."""
    app.after_request(_leave)
    app.jinja_env.globals["form_that_keeps"] = form_that_keeps


def init_keeping(app: Flask) -> None:
    """Comes after it is known that this person may open the page."""
    app.before_request(_keep_instead)


@blueprint.post("/leave")
@open_to(May.SEE_PUBLIC_PAGES)
def leave() -> str:
    return ""


def form_that_keeps(action: str) -> str:
    """The id of a form whose text goes along when somebody leaves. A page has one at most."""
    g.kept_form = action
    return "kept-form"


def _keeper() -> Keeper | None:
    return getattr(current_app.view_functions.get(request.endpoint or ""), "keep", None)


def _keep_instead() -> Response | None:
    keep, person = _keeper(), person_or_none()
    if request.method != "POST" or request.args.get("instead") not in {"keep", "leave"} or person is None:
        return None
    if keep is not None:
        keep(person, **(request.view_args or {}))
    return Response(status=204)


def _leave(response: Response) -> Response:
    wanted = request.endpoint == "leaving.leave" or request.args.get("instead") == "leave"
    if request.method != "POST" or not wanted or g.get("is_from_elsewhere"):
        return response
    try:
        sessions.end()
    except UNREACHABLE:
        session.clear()
    away = Response(status=303, headers={"Location": current_app.config["NEUTRAL_PAGE"]})
    return forget_everything(away)


def forget_everything(response: Response) -> Response:
    """With this answer the browser forgets what it keeps of this service."""
    response.headers["Clear-Site-Data"] = EVERYTHING
    return response

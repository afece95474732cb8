"""Where somebody is signed in, how long this session lasts, and how they end others."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, g, redirect, render_template, url_for
from werkzeug.wrappers import Response

from forms_app.domain.access import May
from forms_app.services import own_sessions
from forms_app.web.access import open_to
from forms_app.web.sessions import current, signed_in_person, workshop

blueprint = Blueprint("own_sessions", __name__)


@blueprint.get("/your-sessions")
@open_to(May.KEEP_OWN_ACCOUNT, before_second_step=True)
def every() -> str:
    with workshop().reading() as work:
        sessions = own_sessions.open_sessions(work, by=signed_in_person().id)
    return render_template("own_sessions/every.html", sessions=sessions, this=current().session_id)


@blueprint.post("/your-sessions/<uuid:session_id>/end")
@open_to(May.KEEP_OWN_ACCOUNT, before_second_step=True)
def end(session_id: UUID) -> Response:
    with workshop().writing() as work:
        own_sessions.end_session(work, by=signed_in_person().id, session_id=session_id)
    return redirect(url_for("own_sessions.every"), 303)


@blueprint.post("/your-sessions/end-others")
@open_to(May.KEEP_OWN_ACCOUNT, before_second_step=True)
def end_others() -> Response:
    with workshop().writing() as work:
        own_sessions.end_other_sessions(work, by=signed_in_person().id, but=current().session_id)
    return redirect(url_for("own_sessions.every"), 303)


@blueprint.get("/session")
@open_to(May.SEE_PUBLIC_PAGES)
def time_left() -> dict[str, int]:
    """For the page that waits to warn somebody."""
    return {"seconds": g.get("seconds_left", 0)}


@blueprint.post("/session")
@open_to(May.KEEP_OWN_ACCOUNT, before_second_step=True)
def stay() -> dict[str, int]:
    """Somebody who is still there says so, or goes on typing."""
    return time_left()

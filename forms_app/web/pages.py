"""The pages that say something to everybody, and the one that machines ask."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from forms_app.db.boards import boards
from forms_app.db.reach import answers
from forms_app.web.access import anyone, open_to
from forms_app.web.sessions import person_or_none, workshop

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
@open_to(anyone)
def start() -> Response | str:
    if person_or_none() is not None:
        return redirect(url_for("escalations.yours"), 303)
    return render_template("pages/start.html")


@blueprint.get("/danger")
@open_to(anyone)
def danger() -> str:
    return render_template("pages/danger.html")


@blueprint.get("/accessibility")
@open_to(anyone)
def accessibility() -> str:
    return render_template("pages/accessibility.html")


@blueprint.get("/privacy")
@open_to(anyone)
def privacy() -> str:
    return render_template("pages/privacy.html")


@blueprint.get("/contact")
@open_to(anyone)
def contact() -> str:
    with workshop().reading() as work:
        return render_template("pages/contact.html", boards=boards(work.session))


@blueprint.get("/health")
@open_to(anyone)
def health() -> tuple[dict[str, str], int]:
    reachable = answers(workshop().database)
    return {"database": "reachable" if reachable else "unreachable"}, 200 if reachable else 503

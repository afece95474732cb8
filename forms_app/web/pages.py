"""The pages that say something to everybody, and the one that machines ask."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from forms_app.db.boards import boards
from forms_app.db.reach import answers
from forms_app.domain.access import May
from forms_app.domain.watchdog import Health
from forms_app.web.access import open_to
from forms_app.web.sessions import person_or_none, watchdog, workshop

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
@open_to(May.SEE_PUBLIC_PAGES)
def start() -> Response | str:
    if person_or_none() is not None:
        return redirect(url_for("escalations.yours"), 303)
    return render_template("pages/start.html")


@blueprint.get("/danger")
@open_to(May.SEE_PUBLIC_PAGES)
def danger() -> str:
    return render_template("pages/danger.html")


@blueprint.get("/accessibility")
@open_to(May.SEE_PUBLIC_PAGES)
def accessibility() -> str:
    return render_template("pages/accessibility.html")


@blueprint.get("/privacy")
@open_to(May.SEE_PUBLIC_PAGES)
def privacy() -> str:
    return render_template("pages/privacy.html")


@blueprint.get("/contact")
@open_to(May.SEE_PUBLIC_PAGES)
def contact() -> str:
    with workshop().reading() as work:
        return render_template("pages/contact.html", boards=boards(work.session))


@blueprint.get("/health")
@open_to(May.SEE_PUBLIC_PAGES)
def health() -> tuple[dict[str, str], int]:
    """Whether this web process can serve: a worker that is gone is no reason to send nobody here any more."""
    found = _health()
    return _as_words(found), 503 if found is None else 200


@blueprint.get("/health/work")
@open_to(May.SEE_PUBLIC_PAGES)
def health_of_the_work() -> tuple[dict[str, str], int]:
    """Whether what is owed is being done: for a monitor that calls somebody."""
    found = _health()
    return _as_words(found), 200 if found is not None and found.is_good else 503


def _health() -> Health | None:
    return watchdog().health() if answers(workshop().database) else None


def _as_words(found: Health | None) -> dict[str, str]:
    if found is None:
        return {"database": "unreachable"}
    return {
        "database": "reachable",
        "worker": found.worker.value,
        "mail": "on hold" if found.is_on_hold else "on time" if found.mail_is_on_time else "late",
        "standing_work": "done" if found.standing_work_is_done else "failing",
    }

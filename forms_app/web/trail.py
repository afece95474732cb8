"""The trail: as a timeline for those who take part and for the Board's office, and whole, for whoever audits it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, abort, render_template, request
from werkzeug.wrappers import Response

from forms_app.domain.access import May
from forms_app.domain.trail import Asked
from forms_app.forms.trail import TrailForm
from forms_app.services.auditing import trail_as_file, trail_view
from forms_app.services.timeline import timeline_at_board, timeline_of
from forms_app.web.access import open_to
from forms_app.web.downloads import as_download
from forms_app.web.rendering import show
from forms_app.web.sessions import signed_in_person, workshop

MOST_DIGITS = 15

blueprint = Blueprint("trail", __name__)


@blueprint.get("/escalations/<uuid:escalation_id>/timeline")
@open_to(May.SEE_TIMELINE)
def timeline(escalation_id: UUID) -> str:
    with workshop().reading() as work:
        found = timeline_of(work, by=signed_in_person().id, escalation_id=escalation_id, before=_before())
    return render_template(
        "trail/timeline.html", view=found, id=escalation_id, page="escalations.one", heading=_heading(found.reference)
    )


@blueprint.get("/register/<uuid:escalation_id>/timeline")
@open_to(May.SEE_REGISTER_ENTRY)
def at_board(escalation_id: UUID) -> str:
    with workshop().reading() as work:
        found = timeline_at_board(work, by=signed_in_person().id, escalation_id=escalation_id, before=_before())
    return render_template(
        "trail/timeline.html", view=found, id=escalation_id, page="board.one", heading=_heading(found.reference)
    )


@blueprint.get("/trail")
@open_to(May.SEE_TRAIL)
def every() -> tuple[str, int]:
    form = TrailForm(request.args)
    asked = form.asked() if form.validate() else Asked()
    with workshop().reading() as work:
        view = trail_view(work, by=signed_in_person().id, asked=asked, before=_before())
    return show("trail/every.html", form, view=view, asked=_in_the_address(), heading="The trail")


@blueprint.get("/trail/entries.<any(csv, jsonl):file_format>")
@open_to(May.SEE_TRAIL, proved_again=True)
def download(file_format: str) -> Response:
    form = TrailForm(request.args)
    if not form.validate():
        abort(404)
    with workshop().writing() as work:
        content = trail_as_file(work, by=signed_in_person().id, asked=form.asked(), file_format=file_format)
    return as_download(f"trail.{file_format}", content)


def _heading(reference: str) -> str:
    return f"Timeline of {reference}"


def _in_the_address() -> dict[str, Any]:
    """What was asked, for the links to other pages of it."""
    return {name: value for name, value in request.args.items() if name != "before" and value}


def _before() -> int | None:
    number = request.args.get("before", "")
    return int(number) if number.isascii() and number.isdigit() and len(number) <= MOST_DIGITS else None

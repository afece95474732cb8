"""The Board's own Word layouts: what is in force, what may stand in one, taking one in, and publishing it."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, redirect, request, send_file, url_for
from werkzeug.wrappers import Response
from wtforms import FileField, Form

from forms_app.documents.invented import How
from forms_app.documents.layouts import checked
from forms_app.domain.access import May
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow
from forms_app.services import layouts
from forms_app.services.layouts import KindView
from forms_app.web.access import open_to
from forms_app.web.downloads import as_download
from forms_app.web.form_keys import id_typed
from forms_app.web.rendering import CONFLICT, show
from forms_app.web.sessions import poke, signed_in_person, workshop
from forms_app.web.uploads import takes_file

Answer = Response | tuple[str, int]
LARGEST_MEGABYTES = 2
NO_FILE = "Choose the Word file (DOCX) that you want to upload"
SERVICE_LAYOUT = "service"
SAMPLES = "<any('plain','hard'):how>"

blueprint = Blueprint("layouts", __name__, url_prefix="/word-layouts")


class UploadForm(Form):
    file = FileField("Your layout", description="A Word document (DOCX), up to 2 MB.")


# --- what is there ------------------------------------------------------------------------------------------------


@blueprint.get("")
@open_to(May.SEE_LAYOUTS)
def every() -> tuple[str, int]:
    with workshop().reading() as work:
        lines = layouts.layout_lines(work, by=signed_in_person().id)
    return show("layouts/every.html", lines=lines, heading="Word layouts")


@blueprint.get("/<kind_code>/fields")
@open_to(May.SEE_LAYOUTS)
def fields(kind_code: str) -> tuple[str, int]:
    kind = layouts.laid_out(kind_code)
    groups = layouts.field_groups(kind_code)
    return show("layouts/fields.html", kind=kind, groups=groups, heading="Fields of a layout", caption=kind.title)


@blueprint.get("/<kind_code>/starter")
@open_to(May.SEE_LAYOUTS)
def starter(kind_code: str) -> Response:
    return as_download(*layouts.starter(kind_code))


@blueprint.get("/versions/<uuid:layout_id>")
@open_to(May.SEE_LAYOUTS)
def version(layout_id: UUID) -> Response:
    with workshop().reading() as work:
        name, content = layouts.layout_file(work, by=signed_in_person().id, layout_id=layout_id)
    return as_download(name, content)


@blueprint.get(f"/versions/<uuid:layout_id>/{SAMPLES}-sample")
@open_to(May.SEE_LAYOUTS)
def sample(layout_id: UUID, how: str) -> Response:
    with workshop().reading() as work:
        found = layouts.layout_to_try(work, by=signed_in_person().id, layout_id=layout_id)
    return as_download(*layouts.sample_file(*found, How(how)))


@blueprint.get("/versions/<uuid:layout_id>/pages/<int:number>")
@open_to(May.SEE_LAYOUTS)
def picture(layout_id: UUID, number: int) -> Response:
    with workshop().reading() as work:
        content = layouts.picture(work, by=signed_in_person().id, layout_id=layout_id, number=number)
    return send_file(BytesIO(content), mimetype="image/png")


# --- one kind -----------------------------------------------------------------------------------------------------


@blueprint.get("/<kind_code>")
@open_to(May.SEE_LAYOUTS)
def one(kind_code: str) -> tuple[str, int]:
    return _page(_view(kind_code), UploadForm())


@blueprint.post("/<kind_code>")
@open_to(May.UPLOAD_LAYOUT)
@takes_file(megabytes=LARGEST_MEGABYTES)
def upload(kind_code: str) -> Answer:
    kind, form = layouts.laid_out(kind_code), UploadForm(request.files)
    content = form.file.data.read() if form.file.data else b""
    if not content:
        form.file.errors = [NO_FILE]
        return _page(_view(kind_code), form)
    found = checked(kind, content)
    if found.faults:
        form.file.errors = [_summed_up(len(found.faults), found.faults[0])]
        return _page(_view(kind_code), form, faults=found.faults)
    try:
        with workshop().writing() as work:
            layouts.upload(
                work,
                by=signed_in_person().id,
                kind_code=kind_code,
                layout=found.layout,
                seen=request.form.get("seen", ""),
            )
    except ChangedMeanwhile as refused:
        return _page(_view(kind_code), form, refused=refused)
    poke()
    return _to(kind_code)


@blueprint.post("/<kind_code>/propose")
@open_to(May.UPLOAD_LAYOUT)
def propose(kind_code: str) -> Answer:
    """An earlier version, or the service's own layout."""
    chosen = request.form.get("layout", "")
    try:
        with workshop().writing() as work:
            layouts.propose(
                work,
                by=signed_in_person().id,
                kind_code=kind_code,
                layout_id=None if chosen == SERVICE_LAYOUT else id_typed(chosen),
                seen=request.form.get("seen", ""),
            )
    except (ChangedMeanwhile, NotAllowedNow) as refused:
        return _page(_view(kind_code), UploadForm(), refused=refused)
    return _to(kind_code)


@blueprint.post("/<kind_code>/decisions/<uuid:choice_id>")
@open_to(May.PUBLISH_LAYOUT)
def decide(kind_code: str, choice_id: UUID) -> Answer:
    decision = {"publish": layouts.publish, "withdraw": layouts.withdraw}.get(request.form.get("decision", ""))
    if decision is None:
        abort(404)
    try:
        with workshop().writing() as work:
            decision(work, by=signed_in_person().id, kind_code=kind_code, choice_id=choice_id)
    except (ChangedMeanwhile, NotAllowedNow) as refused:
        return _page(_view(kind_code), UploadForm(), refused=refused)
    poke()
    return _to(kind_code)


# --- parts --------------------------------------------------------------------------------------------------------


def _view(kind_code: str) -> KindView:
    with workshop().reading() as work:
        return layouts.kind_view(work, by=signed_in_person().id, kind_code=kind_code)


def _page(view: KindView, form: UploadForm, *, refused: Exception | None = None, **shown: Any) -> tuple[str, int]:
    page, status = show(
        "layouts/one.html",
        form,
        view=view,
        heading=view.line.title,
        caption="Word layout",
        refused=str(refused or ""),
        **{"faults": (), **shown},
    )
    return page, CONFLICT if refused is not None else status


def _summed_up(count: int, only: str) -> str:
    return (
        only
        if count == 1
        else f"This file cannot be used yet. {count} things in it must be changed: they are listed below"
    )


def _to(kind_code: str) -> Response:
    return redirect(url_for("layouts.one", kind_code=kind_code), 303)

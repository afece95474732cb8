"""The list of people as a file: downloaded, and uploaded, looked at and only then taken."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as Answered
from wtforms import FileField, Form

from forms_app.db.actors import SERVICE
from forms_app.domain.access import May
from forms_app.domain.comma_separated import MOST_FAULTS, SheetFaults
from forms_app.domain.errors import ChangedMeanwhile
from forms_app.domain.limits import DOWNLOADS_OF_MANY
from forms_app.services import drafts, people_file
from forms_app.services.people_file import Plan
from forms_app.services.work import Work
from forms_app.web.access import open_to
from forms_app.web.limits import limited
from forms_app.web.rendering import show
from forms_app.web.sessions import poke, signed_in_person, workshop
from forms_app.web.uploads import takes_file

Answer = Answered | tuple[str, int]
CONFLICT = 409
LARGEST_MEGABYTES = 2
NO_FILE = "Choose the CSV file that you want to upload"
ABOUT, FORM, PAGE = "people_file", "people_file", "file"
"""Where the file waits between the upload and the look at it: a draft of whoever uploaded it."""
MOST_SHOWN = 500

blueprint = Blueprint("people_files", __name__, url_prefix="/people/file")


class UploadForm(Form):
    file = FileField("Your file", description="A CSV file in UTF-8, up to 2 MB.")


@blueprint.route("", methods=["GET", "POST"])
@open_to(May.ADMINISTER_PEOPLE, proved_again=True)
@takes_file(megabytes=LARGEST_MEGABYTES)
def upload() -> Answer:
    if request.method == "GET":
        return _page(UploadForm())
    form = UploadForm(request.files)
    content = form.file.data.read() if form.file.data else b""
    if not content:
        form.file.errors = [NO_FILE]
        return _page(form)
    try:
        with workshop().writing() as work:
            people_file.plan_of(work, by=signed_in_person().id, content=content)
            _keep(work, content)
    except SheetFaults as found:
        form.file.errors = [_summed_up(found)]
        return _page(form, found)
    return redirect(url_for("people_files.check"), 303)


@blueprint.get("/people.csv")
@open_to(May.ADMINISTER_PEOPLE, proved_again=True)
@limited(DOWNLOADS_OF_MANY, methods=frozenset({"GET"}))
def download() -> Response:
    with workshop().writing() as work:
        content = people_file.people_as_file(work, by=signed_in_person().id)
    headers = {"Content-Disposition": "attachment; filename=people.csv"}
    return Response(content, mimetype="text/csv", headers=headers)


@blueprint.route("/check", methods=["GET", "POST"])
@open_to(May.ADMINISTER_PEOPLE, proved_again=True)
def check() -> Answer:
    """What the file would change; and, after a press of the button, changes it."""
    by = signed_in_person().id
    with workshop().reading() as work:
        content = _kept(work)
    if content is None:
        return redirect(url_for("people_files.upload"), 303)
    try:
        if request.method == "GET":
            with workshop().reading() as work:
                return _check_page(people_file.plan_of(work, by=by, content=content))
        # Of what a leaver leaves behind an administrator reaches no row: the service ends it for them.
        with workshop().on_behalf_of(SERVICE).writing() as work:
            people_file.carry_out(work, by=by, content=content, seen=request.form.get("seen", ""))
            _throw_away(work)
    except SheetFaults as found:
        form = UploadForm()
        form.file.errors = [_summed_up(found)]
        return _page(form, found)
    except ChangedMeanwhile as refused:
        with workshop().reading() as work:
            page, _ = _check_page(people_file.plan_of(work, by=by, content=content), refused=str(refused))
        return page, CONFLICT
    poke()
    return redirect(url_for("people.every"), 303)


def _page(form: UploadForm, found: SheetFaults | None = None) -> tuple[str, int]:
    faults = found.faults if found is not None else ()
    return show(
        "people/file.html",
        form,
        faults=[str(fault) for fault in faults[:MOST_FAULTS]],
        more=max(0, len(faults) - MOST_FAULTS),
        columns=people_file.COLUMNS,
        heading="The list of people as a file",
    )


def _check_page(plan: Plan, *, refused: str = "") -> tuple[str, int]:
    return show("people/check_file.html", plan=plan, most=MOST_SHOWN, refused=refused, heading="What this file changes")


def _summed_up(found: SheetFaults) -> str:
    if len(found.faults) == 1:
        return str(found.faults[0])
    return (
        f"Nothing was taken from this file. {len(found.faults):,} things in it must be changed: they are listed below"
    )


def _keep(work: Work, content: bytes) -> None:
    text = content.decode("utf-8-sig")
    drafts.save_page(work, by=signed_in_person().id, about=ABOUT, form=FORM, page=PAGE, pairs=[[PAGE, text]])


def _kept(work: Work) -> bytes | None:
    for draft in drafts.drafts_of(work, by=signed_in_person().id):
        if (draft.about, draft.form) == (ABOUT, FORM):
            return draft.answers[PAGE][0][1].encode()
    return None


def _throw_away(work: Work) -> None:
    drafts.throw_away(work, by=signed_in_person().id, about=ABOUT, form=FORM)

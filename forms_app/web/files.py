"""Lists as files: downloaded, and uploaded, looked at and only then taken. One way for people, agencies and contacts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as Answered
from wtforms import FileField, Form

from forms_app.db.actors import SERVICE
from forms_app.domain.access import May
from forms_app.domain.comma_separated import MOST_FAULTS, SheetFaults
from forms_app.domain.errors import ChangedMeanwhile
from forms_app.services import agencies_file, contacts_file, drafts, people_file
from forms_app.services.planned import Plan
from forms_app.services.work import Work
from forms_app.web.access import open_to
from forms_app.web.rendering import CONFLICT, show
from forms_app.web.sessions import poke, signed_in_person, workshop
from forms_app.web.uploads import takes_file

Answer = Answered | tuple[str, int]
LARGEST_MEGABYTES = 2
NO_FILE = "Choose the CSV file that you want to upload"
EMPTY_FILE = "The file is empty. Choose another one"
FORM = "file"
"""What the draft is called in which a file waits between the upload and the look at it."""
MOST_SHOWN = 500


class Takes(Protocol):
    def __call__(self, work: Work, *, by: UUID, content: bytes, seen: str) -> None: ...


class Plans(Protocol):
    def __call__(self, work: Work, *, by: UUID, content: bytes) -> Plan: ...


class Writes(Protocol):
    def __call__(self, work: Work, *, by: UUID) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Listed:
    """One kind of list."""

    name: str
    """Of the file that is downloaded, and of the words of its page."""
    heading: str
    may: May
    back: str
    columns: Sequence[str]
    writes: Writes
    plans: Plans
    takes: Takes

    @property
    def about(self) -> str:
        return f"file:{self.name}"


class UploadForm(Form):
    file = FileField("Your file", description="A CSV file in UTF-8, up to 2 MB.")


def blueprint_of(listed: Listed, path: str) -> Blueprint:
    """The three pages of a list."""
    blueprint = Blueprint(f"{listed.name}_files", __name__, url_prefix=path)
    opens: Callable[[Callable[[], Answer]], Callable[[], Answer]] = open_to(listed.may, proved_again=True)

    def upload() -> Answer:
        return _upload(listed)

    def download() -> Answer:
        return _download(listed)

    def check() -> Answer:
        return _check(listed)

    takes = takes_file(megabytes=LARGEST_MEGABYTES)
    blueprint.add_url_rule("", "upload", takes(opens(upload)), methods=["GET", "POST"])
    blueprint.add_url_rule(f"/{listed.name}.csv", "download", opens(download), methods=["GET"])
    blueprint.add_url_rule("/check", "check", opens(check), methods=["GET", "POST"])
    return blueprint


PEOPLE = Listed(
    "people",
    "The list of people as a file",
    May.ADMINISTER_PEOPLE,
    "people.every",
    people_file.COLUMNS,
    people_file.people_as_file,
    people_file.plan_people,
    people_file.bring_in_people,
)
AGENCIES = Listed(
    "agencies",
    "The agencies as a file",
    May.KEEP_AGENCIES,
    "agencies.every",
    agencies_file.COLUMNS,
    agencies_file.agencies_as_file,
    agencies_file.plan_agencies,
    agencies_file.bring_in_agencies,
)
CONTACTS = Listed(
    "contacts",
    "The contacts as a file",
    May.KEEP_CONTACTS,
    "directory.contacts",
    contacts_file.COLUMNS,
    contacts_file.contacts_as_file,
    contacts_file.plan_contacts,
    contacts_file.bring_in_contacts,
)
BLUEPRINTS = (
    blueprint_of(PEOPLE, "/people/file"),
    blueprint_of(AGENCIES, "/agencies/file"),
    blueprint_of(CONTACTS, "/contacts/file"),
)


def _upload(listed: Listed) -> Answer:
    if request.method == "GET":
        return _page(listed, UploadForm())
    form = UploadForm(request.files)
    content = form.file.data.read() if form.file.data else b""
    if not content:
        form.file.errors = [EMPTY_FILE if form.file.data else NO_FILE]
        return _page(listed, form)
    try:
        with workshop().writing() as work:
            listed.plans(work, by=signed_in_person().id, content=content)
            _keep(work, listed, content)
    except SheetFaults as found:
        return _at_fault(listed, form, found)
    return redirect(url_for(f"{listed.name}_files.check"), 303)


def _download(listed: Listed) -> Response:
    with workshop().writing() as work:
        content = listed.writes(work, by=signed_in_person().id)
    headers = {"Content-Disposition": f"attachment; filename={listed.name}.csv"}
    return Response(content, mimetype="text/csv", headers=headers)


def _check(listed: Listed) -> Answer:
    """What the file would change; and, after a press of the button, changes it."""
    by = signed_in_person().id
    with workshop().reading() as work:
        content = _kept(work, listed)
    if content is None:
        return redirect(url_for(f"{listed.name}_files.upload"), 303)
    try:
        if request.method == "GET":
            return _check_page(listed, content)
        # Of what a leaver leaves behind an administrator reaches no row: the service ends it for them.
        with workshop().on_behalf_of(SERVICE).writing() as work:
            listed.takes(work, by=by, content=content, seen=request.form.get("seen", ""))
            drafts.throw_away(work, by=by, about=listed.about, form=FORM)
    except SheetFaults as found:
        return _at_fault(listed, UploadForm(), found)
    except ChangedMeanwhile as refused:
        page, _ = _check_page(listed, content, refused=str(refused))
        return page, CONFLICT
    poke()
    return redirect(url_for(listed.back), 303)


def _page(listed: Listed, form: UploadForm, found: SheetFaults | None = None) -> tuple[str, int]:
    faults = found.faults if found is not None else []
    return show(
        "files/upload.html",
        form,
        listed=listed,
        faults=[str(fault) for fault in faults[:MOST_FAULTS]] if len(faults) > 1 else [],
        more=max(0, len(faults) - MOST_FAULTS),
        heading=listed.heading,
    )


def _check_page(listed: Listed, content: bytes, *, refused: str = "") -> tuple[str, int]:
    with workshop().reading() as work:
        plan = listed.plans(work, by=signed_in_person().id, content=content)
    heading = "What this file changes"
    return show("files/check.html", listed=listed, plan=plan, most=MOST_SHOWN, refused=refused, heading=heading)


def _at_fault(listed: Listed, form: UploadForm, found: SheetFaults) -> tuple[str, int]:
    many = (
        f"Nothing was taken from this file. {len(found.faults):,} things in it must be changed: they are listed below"
    )
    form.file.errors = [str(found.faults[0]) if len(found.faults) == 1 else many]
    return _page(listed, form, found)


def _keep(work: Work, listed: Listed, content: bytes) -> None:
    text = content.decode("utf-8-sig")
    drafts.save_page(work, by=signed_in_person().id, about=listed.about, form=FORM, page=FORM, pairs=[[FORM, text]])


def _kept(work: Work, listed: Listed) -> bytes | None:
    for draft in drafts.drafts_of(work, by=signed_in_person().id):
        if (draft.about, draft.form) == (listed.about, FORM):
            return draft.answers[FORM][0][1].encode()
    return None

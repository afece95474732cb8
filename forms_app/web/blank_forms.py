"""The Board's forms to fill in by hand, for everybody who is signed in."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, render_template
from werkzeug.wrappers import Response

from forms_app.domain.access import May
from forms_app.services.blank_forms import blank_file_for, blank_forms_for, owe_missing_forms
from forms_app.web.access import open_to
from forms_app.web.downloads import as_download
from forms_app.web.sessions import poke, signed_in_person, workshop

blueprint = Blueprint("blank_forms", __name__)


@blueprint.get("/blank-forms")
@open_to(May.TAKE_BLANK_FORMS)
def every() -> str:
    person = signed_in_person()
    with workshop().reading() as work:
        forms = blank_forms_for(work, by=person.id)
    if forms.any_missing:
        with workshop().writing() as work:
            owe_missing_forms(work, by=person.id)
        poke()
    return render_template("blank_forms/every.html", forms=forms, heading="Blank forms")


@blueprint.get("/blank-forms/<uuid:file_id>")
@open_to(May.TAKE_BLANK_FORMS)
def download(file_id: UUID) -> Response:
    with workshop().reading() as work:
        name, content = blank_file_for(work, by=signed_in_person().id, file_id=file_id)
    return as_download(name, content)

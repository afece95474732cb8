"""Where people check a file, fetch the key of the service, and download everything of an escalation as one file."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from flask import Blueprint, abort, current_app, render_template, request
from werkzeug.wrappers import Response
from wtforms import FileField, Form

from forms_app.documents.claims import is_pdf_or_word
from forms_app.documents.signatures import SigningKey
from forms_app.domain.access import May
from forms_app.domain.limits import DOWNLOADS_OF_MANY
from forms_app.services.bundles import CHECK, Bundle, Signing, TooLarge, board_bundle_for, bundle_for
from forms_app.services.download_budget import take_escalation
from forms_app.services.proof import Checked, check_file
from forms_app.web.access import open_to
from forms_app.web.download_budget import over_budget
from forms_app.web.downloads import as_download
from forms_app.web.limits import limited
from forms_app.web.rendering import SHOWN_AGAIN, show
from forms_app.web.sessions import secret, signed_in_person, workshop
from forms_app.web.uploads import takes_file

blueprint = Blueprint("proof", __name__)
LARGEST_MEGABYTES = 10
NO_FILE = "Choose the PDF or Word file that you want to check"
NOT_A_DOCUMENT = "Choose a PDF or a Word file (DOCX). The service issues no other files"


class FileForm(Form):
    file = FileField("The file", description="PDF or Word (DOCX), up to 10 MB. It is not kept.")


@blueprint.route("/check-a-file", methods=["GET", "POST"])
@open_to(May.CHECK_ISSUED_FILE)
@takes_file(megabytes=LARGEST_MEGABYTES)
def check() -> tuple[str, int]:
    form = FileForm(request.files)
    if request.method == "GET":
        return show("proof/check.html", form, heading="Check a file", checked=None)
    content = form.file.data.read() if form.file.data else b""
    if not is_pdf_or_word(content):
        form.file.errors = [NOT_A_DOCUMENT if content else NO_FILE]
        return show("proof/check.html", form, heading="Check a file", checked=None)
    with workshop().writing() as work:
        checked = check_file(work, by=signed_in_person().id, content=content, secret=secret())
    return show("proof/check.html", form, heading=_heading(checked), checked=checked)


def _heading(checked: Checked) -> str:
    if checked.files:
        return "This file was issued by the service"
    if checked.is_blank_form:
        return "This is a blank form of your Board"
    return "This is not the file that was issued" if checked.named else "This file was not issued to you"


@blueprint.get("/signing-key")
@open_to(May.SEE_PUBLIC_PAGES)
def key() -> str:
    return render_template("proof/key.html", key=signing().key, check=CHECK, heading="The key of the service")


@blueprint.get("/signing-key.pem")
@open_to(May.SEE_PUBLIC_PAGES)
def key_file() -> Response:
    key = signing().key or abort(404)
    return Response(key.public_pem(), mimetype="application/x-pem-file")


@blueprint.get("/escalations/<uuid:escalation_id>/bundle")
@open_to(May.DOWNLOAD_EVERYTHING, proved_again=True)
@limited(DOWNLOADS_OF_MANY, methods=frozenset({"GET"}))
def bundle(escalation_id: UUID) -> Response | tuple[str, int]:
    return _packed(bundle_for, escalation_id)


@blueprint.get("/register/<uuid:escalation_id>/bundle")
@open_to(May.DOWNLOAD_FOR_BOARD, proved_again=True)
@limited(DOWNLOADS_OF_MANY, methods=frozenset({"GET"}))
def board_bundle(escalation_id: UUID) -> Response | tuple[str, int]:
    by = signed_in_person().id
    refused = over_budget(lambda work: take_escalation(work, by=by, escalation_id=escalation_id))
    return refused or _packed(board_bundle_for, escalation_id)


def _packed(pack: Callable[..., Bundle], escalation_id: UUID) -> Response | tuple[str, int]:
    try:
        with workshop().writing() as work:
            found = pack(work, by=signed_in_person().id, escalation_id=escalation_id, signing=signing())
    except TooLarge:
        return render_template(
            "proof/too_large.html", heading="These documents are too large for one file"
        ), SHOWN_AGAIN
    return as_download(found.name, found.content)


def signing() -> Signing:
    key: SigningKey | None = current_app.extensions["signing_key"]
    return Signing(key, current_app.config["SERVICE_URL"])

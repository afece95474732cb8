"""The pages of the Board's office: its register, and what it may see of one escalation."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, render_template
from werkzeug.wrappers import Response

from forms_app.documents.catalogue import Format
from forms_app.domain.access import May
from forms_app.services.deliveries import count_at_board
from forms_app.services.handing_over import count_empty_places
from forms_app.services.held import waiting_at_board
from forms_app.services.mail_domains import domains_to_confirm
from forms_app.services.register import board_file, board_view, told_escalations
from forms_app.web.access import open_to
from forms_app.web.documents import FORMAT, as_download
from forms_app.web.sessions import signed_in_person, workshop

blueprint = Blueprint("board", __name__)


@blueprint.get("/register")
@open_to(May.SEE_REGISTER)
def register() -> str:
    with workshop().reading() as work:
        found = told_escalations(work, by=signed_in_person().id)
        waiting = waiting_at_board(work, by=signed_in_person().id)
        domains = domains_to_confirm(work, by=signed_in_person().id)
        failing = count_at_board(work, by=signed_in_person().id)
        empty = count_empty_places(work, by=signed_in_person().id)
    return render_template(
        "board/register.html",
        escalations=found,
        waiting=waiting,
        domains=domains,
        failing=failing,
        empty=empty,
        heading="Board register",
    )


@blueprint.get("/register/<uuid:escalation_id>")
@open_to(May.SEE_REGISTER_ENTRY)
def one(escalation_id: UUID) -> str:
    with workshop().reading() as work:
        view = board_view(work, by=signed_in_person().id, escalation_id=escalation_id)
    return render_template("board/one.html", view=view, heading=f"Escalation {view.summary.reference}")


@blueprint.get(f"/register/documents/<uuid:document_id>/{FORMAT}")
@open_to(May.DOWNLOAD_DEIDENTIFIED)
def download(document_id: UUID, file_format: Format) -> Response:
    with workshop().writing() as work:
        name, content = board_file(work, by=signed_in_person().id, document_id=document_id, file_format=file_format)
    return as_download(name, content)

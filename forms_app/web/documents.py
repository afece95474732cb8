"""Documents, for the people to whom they are owed: the bytes as issued."""

from __future__ import annotations

from io import BytesIO
from uuid import UUID

from flask import Blueprint, render_template, send_file
from werkzeug.wrappers import Response

from forms_app.documents.catalogue import Format
from forms_app.services.attachments import password_for
from forms_app.services.documents import document_for, file_for
from forms_app.web.access import open_to, signed_in
from forms_app.web.sessions import secret, signed_in_person, workshop

blueprint = Blueprint("documents", __name__)
FORMAT = "<any('pdf','docx'):file_format>"
TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "zip": "application/zip",
}


@blueprint.get("/documents/<uuid:document_id>")
@open_to(signed_in)
def one(document_id: UUID) -> str:
    """Where the link in an email leads, for somebody who has proved the address by signing in."""
    with workshop().reading() as work:
        found = document_for(work, by=signed_in_person().id, document_id=document_id)
        password = password_for(work, by=signed_in_person().id, document_id=document_id, secret=secret())
    return render_template("documents/one.html", found=found, password=password, heading=found.line.title)


@blueprint.get(f"/documents/<uuid:document_id>/{FORMAT}")
@open_to(signed_in)
def download(document_id: UUID, file_format: Format) -> Response:
    with workshop().writing() as work:
        name, content = file_for(work, by=signed_in_person().id, document_id=document_id, file_format=file_format)
    return as_download(name, content)


def as_download(name: str, content: bytes) -> Response:
    file_type = TYPES[name.rsplit(".", 1)[1]]
    return send_file(BytesIO(content), mimetype=file_type, as_attachment=True, download_name=name)

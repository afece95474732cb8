"""Files that are given out: of which type, under which name, and in which piece of work that is noted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO

from flask import request, send_file
from werkzeug.wrappers import Response

from forms_app.services.work import Work
from forms_app.web.sessions import workshop

FORMAT = "<any('pdf','docx'):file_format>"
TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
    "jsonl": "application/jsonl",
    "svg": "image/svg+xml",
    "zip": "application/zip",
}


def as_download(name: str, content: bytes) -> Response:
    return send_file(BytesIO(content), mimetype=TYPES[name.rpartition(".")[2]], as_attachment=True, download_name=name)


@contextmanager
def giving_out() -> Iterator[Work]:
    """A piece of work that notes what it gives out. Where only the headers are asked for, nothing is given out, and nothing kept."""
    with workshop().reading() if request.method == "HEAD" else workshop().writing() as work:
        yield work

"""Files that people send: read in memory and never written to a disk, and larger than a form only where a page says so."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any, TypeVar

from flask import Flask, Request, current_app, g, request

from forms_app.web.sessions import person_or_none

View = TypeVar("View", bound=Callable[..., Any])
MEGABYTE = 1024 * 1024
FORM_AROUND_IT = 64 * 1024


class RequestInMemory(Request):
    def _get_file_stream(self, *_: Any, **__: Any) -> BytesIO:
        """Of more than half a megabyte Werkzeug would make a temporary file."""
        return BytesIO()


def takes_file(*, megabytes: int) -> Callable[[View], View]:
    """Lets somebody who is signed in send this page a file of that size. Any other page takes what a form needs."""

    def declare(view: View) -> View:
        view.largest_file = megabytes  # type: ignore[attr-defined]
        return view

    return declare


def init_app(app: Flask) -> None:
    """Comes after the session is found, and before anything reads the form."""
    app.request_class = RequestInMemory
    app.before_request(_make_room)


def _make_room() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    largest: int | None = getattr(view, "largest_file", None)
    if largest is not None and person_or_none() is not None:
        g.largest_file = largest
        request.max_content_length = largest * MEGABYTE + FORM_AROUND_IT

"""Every page that somebody was shown, and every one that was refused to them, is in the trail before the answer leaves."""

from __future__ import annotations

from uuid import UUID

from flask import Flask, current_app, g, request
from werkzeug.wrappers import Response

from forms_app.db.reach import UNREACHABLE
from forms_app.domain.access import May
from forms_app.services.signing_in import SignedInPerson
from forms_app.services.trail import note_page
from forms_app.services.workshop import Workshop
from forms_app.web.access import lines_of
from forms_app.web.sessions import person_or_none

OWN = frozenset({May.SEE_PUBLIC_PAGES, May.KEEP_OWN_ACCOUNT})
"""Pages for everybody, and about nobody but whoever looks at them."""
NOTES_ITSELF = frozenset(
    {
        "documents.read",
        "documents.download",
        "reports.download",
        "board.download",
        "proof.bundle",
        "proof.board_bundle",
        "trail.download",
    }
)
"""Pages that write an entry of their own whenever they are opened."""
REFUSALS = frozenset({403, 404})


def init_app(app: Flask) -> None:
    app.after_request(_note)


def _note(response: Response) -> Response:
    person, page = person_or_none(), request.endpoint
    if person is None or page is None or g.get("database_is_away"):
        return response
    refused = response.status_code in REFUSALS
    if not refused and not (response.status_code == 200 and _shows_something(page)):
        return response
    try:
        _write(person, page, refused=refused)
    except UNREACHABLE as away:
        # What cannot be noted is not shown.
        return current_app.make_response(current_app.handle_user_exception(away))
    return response


def _shows_something(page: str) -> bool:
    if request.method != "GET" or page == "static":
        return False
    return page not in NOTES_ITSELF and not OWN.issuperset(lines_of(current_app, page))


def _write(person: SignedInPerson, page: str, *, refused: bool) -> None:
    # As the service: what was refused is beyond the reach of whoever asked for it.
    workshop: Workshop = current_app.extensions["workshop"]
    ids = {name: value for name, value in (request.view_args or {}).items() if isinstance(value, UUID)}
    with workshop.writing() as work:
        note_page(work, by=person, page=page, ids=ids, refused=refused)

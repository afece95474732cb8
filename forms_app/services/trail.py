"""What the trail says of pages: who was shown what, and who was refused."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from forms_app.db.trail import escalation_behind
from forms_app.services.signing_in import SignedInPerson
from forms_app.services.work import Work


def note_page(work: Work, *, by: SignedInPerson, page: str, ids: Mapping[str, UUID], refused: bool) -> None:
    """`page` is the name of the page, and `ids` are those of its address, whether there is anything of them or not."""
    named = [found for name, found in ids.items() if name != "escalation_id"]
    work.note(
        "refused" if refused else "viewed",
        person=by.id,
        board=by.board_id,
        escalation=escalation_behind(work.session, ids),
        about=named[-1] if named else None,
        code=page,
    )

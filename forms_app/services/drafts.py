"""What a person is writing: kept on the server at every step, theirs alone, until the form is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from forms_app.db import drafts
from forms_app.db.tables import Draft
from forms_app.services.work import Work

NEW = "new"
"""What a draft is about before there is an escalation."""


@dataclass(frozen=True, slots=True)
class Drafted:
    """`id` is the key of the form: sent twice, it is recorded once."""

    id: UUID
    about: str
    form: str
    answers: dict[str, list[list[str]]]
    saved_at: datetime


def drafted(work: Work, *, by: UUID, about: str, form: str) -> Drafted:
    """This person's draft of this form, a new one if there is none."""
    found = drafts.draft_of(work.session, by, about, form)
    if found is None:
        found = Draft(person_id=by, about=about, form=form, answers={}, saved_at=work.now)
        work.session.add(found)
        work.session.flush()
    return _value(found)


def save_page(work: Work, *, by: UUID, about: str, form: str, page: str, pairs: list[list[str]]) -> Drafted:
    """Keeps what was typed on one page, as it came in, whether or not it is complete."""
    drafted(work, by=by, about=about, form=form)
    found = drafts.draft_of(work.session, by, about, form)
    assert found is not None, "made a moment ago"
    found.answers = {**found.answers, page: pairs}
    found.saved_at = work.now
    return _value(found)


def throw_away(work: Work, *, by: UUID, about: str, form: str) -> None:
    """Deletes this person's draft, because they asked for it."""
    found = drafts.draft_of(work.session, by, about, form)
    if found is not None:
        drafts.forget_draft(work.session, found.id)


def drafts_of(work: Work, *, by: UUID) -> list[Drafted]:
    return [_value(draft) for draft in drafts.drafts_of(work.session, by)]


def _value(draft: Draft) -> Drafted:
    return Drafted(draft.id, draft.about, draft.form, draft.answers, draft.saved_at)

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
    return _value(drafts.begun_draft(work.session, by, about, form, work.now))


def drafted_as(work: Work, *, by: UUID, form_key: UUID) -> Drafted | None:
    """This person's draft of this key, whatever it is about."""
    found = drafts.draft_with_id(work.session, by, form_key)
    return None if found is None else _value(found)


def save_page(work: Work, *, by: UUID, about: str, form: str, page: str, pairs: list[list[str]]) -> Drafted:
    """Keeps what was typed on one page, as it came in, whether or not it is complete."""
    found = drafts.begun_draft(work.session, by, about, form, work.now)
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

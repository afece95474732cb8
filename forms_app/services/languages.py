"""The language of the emails that somebody is sent, which they choose themselves."""

from __future__ import annotations

from uuid import UUID

from forms_app.domain.languages import Language
from forms_app.services.directory import own_person
from forms_app.services.work import Work


def language_of(work: Work, *, by: UUID) -> Language:
    """Raises NotFound."""
    return Language(own_person(work, by).language)


def choose_language(work: Work, *, by: UUID, language: Language) -> None:
    """Raises NotFound."""
    own = own_person(work, by)
    if own.language != language:
        own.language = language.value
        work.note(f"language_chosen_{language}", person=own.id, board=own.board_id, about=own.id)

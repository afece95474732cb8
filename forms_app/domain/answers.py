"""What was asked, as it was worded, and what was answered, as it was typed."""

from __future__ import annotations

from pydantic import TypeAdapter

from forms_app.domain.policy import Code, Part


class Answered(Part):
    id: Code
    question: str
    answer: str
    codes: tuple[str, ...] = ()
    """For a choice: the ids of what was chosen. Empty for what was typed."""


class Section(Part):
    title: str
    answers: tuple[Answered, ...]


Sections = tuple[Section, ...]
SECTIONS: TypeAdapter[Sections] = TypeAdapter(Sections)


def to_json(sections: Sections) -> str:
    return SECTIONS.dump_json(sections).decode()


def from_json(text: str) -> Sections:
    return SECTIONS.validate_json(text)

"""An address that somebody must not learn: whether the subject has one, and what documents say in its place."""

from __future__ import annotations

from forms_app.domain.answers import Answered, Section, Sections

QUESTION = "Must their address be kept secret from anybody?"
SAID = "protected"
"""The id of its answer."""
YES = ("yes",)
WHERE = frozenset({"address", "school", "gp"})
"""The answers about the subject that say where they can be found."""
NOT_SAID = "Kept secret. Whoever takes part finds it in the service."


def is_protected(subject: Sections) -> bool:
    return any(answer.id == SAID and answer.codes == YES for section in subject for answer in section.answers)


def for_documents(subject: Sections) -> Sections:
    """What documents may say of the subject: not where they can be found, while that is secret."""
    if not is_protected(subject):
        return subject
    return tuple(
        section.model_copy(update={"answers": tuple(_left_out(answer) for answer in section.answers)})
        for section in subject
    )


def with_secrecy(subject: Sections) -> Sections:
    """The same, with the answer that the address must be kept secret."""
    yes = Answered(id=SAID, question=QUESTION, answer="Yes", codes=YES)
    others = tuple(
        section.model_copy(update={"answers": tuple(each for each in section.answers if each.id != SAID)})
        for section in subject
    )
    first = others[0] if others else Section(title="Subject", answers=())
    return (first.model_copy(update={"answers": (*first.answers, yes)}), *others[1:])


def _left_out(answer: Answered) -> Answered:
    is_secret = answer.id in WHERE and answer.answer.strip()
    return answer.model_copy(update={"answer": NOT_SAID}) if is_secret else answer

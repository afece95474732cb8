"""What identifies the people of one escalation, gathered from everything that was written down of it."""

from __future__ import annotations

from collections.abc import Iterator

from forms_app.db.tables import Escalation
from forms_app.deidentification.dictionary import Identifier, Sort, names_typed_in
from forms_app.domain.answers import from_json
from forms_app.services.filling.values import actions_of
from forms_app.services.history import concern_of, step_of

SUBJECT = {
    "names": ("the child’s name", Sort.NAME, "the child"),
    "known_as": ("a name that the child is known by", Sort.NAME, "the child"),
    "births": ("the child’s date of birth", Sort.BIRTH, ""),
    "family": ("the name of one of the family", Sort.NAME, "one of the family"),
    "address": ("the child’s address", Sort.ADDRESS, "the family’s home"),
    "school": ("the child’s school, nursery or college", Sort.SCHOOL, "a school"),
    "gp": ("the child’s GP or health practice", Sort.PRACTICE, "a health practice"),
    "numbers": ("a number that agencies know the child by", Sort.NUMBER, ""),
}
"""The answers about the subject, by their ids. Whatever else was typed about the subject identifies too."""
WROTE_IT_BY_HAND = "paper_by"


def identifiers_of(escalation: Escalation) -> tuple[Identifier, ...]:
    """Of its subject, its parties, its actions and itself. The rows are loaded as `reads.escalation_for` loads them."""
    found = (
        *_of_the_subject(escalation),
        *_of_the_parties(escalation),
        *_of_the_agencies(escalation),
        *_of_the_actions(escalation),
        *_of_what_was_on_paper(escalation),
        Identifier("the reference of the escalation", escalation.reference, Sort.REFERENCE, "this escalation"),
    )
    return tuple(dict.fromkeys(each for each in found if each.text.strip()))


def _of_the_subject(escalation: Escalation) -> Iterator[Identifier]:
    for section in from_json(escalation.subject.answers):
        for answer in section.answers:
            if not answer.codes:
                what, sort, instead = SUBJECT.get(answer.id, ("something known of the child", Sort.NAME, ""))
                yield Identifier(what, answer.answer, sort, instead)


def _of_the_parties(escalation: Escalation) -> Iterator[Identifier]:
    whose = "somebody who takes part"
    for party in escalation.parties:
        person, agency = party.person, party.agency.name
        yield Identifier(f"the name of {whose}", person.name, instead="a professional")
        yield Identifier(f"the email address of {whose}", person.email, Sort.CONTACT)
        yield Identifier(f"the telephone number of {whose}", person.telephone, Sort.CONTACT)
        yield Identifier(f"the post of {whose}", f"{person.job_title}, {agency}", Sort.ROLE, "a professional")


def _of_the_agencies(escalation: Escalation) -> Iterator[Identifier]:
    names = (
        *(party.agency.name for party in escalation.parties),
        *(each.name for each in concern_of(escalation).agencies),
    )
    for name in names:
        yield Identifier("the name of an agency that takes part", name, Sort.AGENCY, "an agency")


def _of_the_actions(escalation: Escalation) -> Iterator[Identifier]:
    """Whoever was to do something, where that is a name and no post."""
    for record in escalation.records:
        for action in actions_of(step_of(record).facts):
            name = names_typed_in(action.who)
            yield Identifier("the name of somebody who was to act", name, instead="a professional")


def _of_what_was_on_paper(escalation: Escalation) -> Iterator[Identifier]:
    """Whoever wrote by hand what was typed in here: perhaps nobody who takes part."""
    for record in escalation.records:
        for section in from_json(record.sections):
            for answer in section.answers:
                if answer.id == WROTE_IT_BY_HAND:
                    name = names_typed_in(answer.answer)
                    yield Identifier("the name of somebody who wrote it on paper", name, instead="a professional")

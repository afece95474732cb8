"""What identifies the people of one escalation, gathered from everything that was written down of it."""

from __future__ import annotations

from collections.abc import Iterator

from forms_app.db.tables import Escalation
from forms_app.deidentification.dictionary import Identifier, Sort
from forms_app.domain.answers import from_json

SUBJECT = {
    "names": ("the child’s name", Sort.NAME),
    "known_as": ("a name that the child is known by", Sort.NAME),
    "births": ("the child’s date of birth", Sort.BIRTH),
    "family": ("the name of one of the family", Sort.NAME),
    "address": ("the child’s address", Sort.ADDRESS),
    "school": ("the child’s school, nursery or college", Sort.SCHOOL),
    "gp": ("the child’s GP or health practice", Sort.PRACTICE),
    "numbers": ("a number that agencies know the child by", Sort.NUMBER),
}
"""The answers about the subject, by their ids. One that has no line here identifies too."""


def identifiers_of(escalation: Escalation) -> tuple[Identifier, ...]:
    """Of its subject, its parties and itself. The rows are loaded as `reads.escalation_for` loads them."""
    found = (*_of_the_subject(escalation), *_of_the_parties(escalation), *_of_itself(escalation))
    return tuple(dict.fromkeys(each for each in found if each.text.strip()))


def _of_the_subject(escalation: Escalation) -> Iterator[Identifier]:
    for section in from_json(escalation.subject.answers):
        for answer in section.answers:
            if not answer.codes:
                what, sort = SUBJECT.get(answer.id, ("something known of the child", Sort.NAME))
                yield Identifier(what, answer.answer, sort)


def _of_the_parties(escalation: Escalation) -> Iterator[Identifier]:
    for party in escalation.parties:
        person, agency = party.person, party.agency.name
        yield Identifier("the name of somebody who takes part", person.name)
        yield Identifier("the email address of somebody who takes part", person.email, Sort.CONTACT)
        yield Identifier("the telephone number of somebody who takes part", person.telephone, Sort.CONTACT)
        yield Identifier("the post of somebody who takes part", f"{person.job_title}, {agency}", Sort.ROLE)
        yield Identifier("the name of an agency that takes part", agency, Sort.AGENCY)


def _of_itself(escalation: Escalation) -> Iterator[Identifier]:
    yield Identifier("the reference of the escalation", escalation.reference, Sort.REFERENCE)

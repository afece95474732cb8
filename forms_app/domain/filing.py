"""What a filled-in form comes to: the values that forms give and services record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from forms_app.domain.answers import Sections
from forms_app.domain.policy import Side
from forms_app.domain.records import Concern

NO_LONGER_OPEN = "The other escalation is no longer open. Raise the concern by itself."
NOBODY_IN_SEAT = "Nobody holds this seat at your Board now. Telephone the Board’s business unit."


@dataclass(frozen=True, slots=True)
class ListedPerson:
    """A person as they stand in the Board's directory."""

    id: UUID
    name: str
    job_title: str
    agency_id: UUID
    agency: str
    level: str
    seat: str | None


@dataclass(frozen=True, slots=True)
class ListedAgency:
    id: UUID
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Directory:
    """The agencies and people of one Board, as the person who fills in a form may choose from them."""

    own: ListedPerson
    agencies: tuple[ListedAgency, ...]
    people: tuple[ListedPerson, ...]

    def of_agency(self, agency_id: UUID) -> tuple[ListedPerson, ...]:
        return tuple(person for person in self.people if person.agency_id == agency_id)


@dataclass(frozen=True, slots=True)
class NamedParty:
    """A person who is named to act for a side at a level."""

    person_id: UUID
    side: Side
    level: str


@dataclass(frozen=True, slots=True)
class Written:
    """What a person wrote in one form: the key of the form, the answers, and the UK date on which it happened."""

    form_key: UUID
    sections: Sections
    happened_on: date


@dataclass(frozen=True, slots=True)
class NewConcern:
    route: str
    facts: Concern
    subject_kind: str
    subject: Sections
    people: tuple[NamedParty, ...]
    written: Written


@dataclass(frozen=True, slots=True)
class Seen:
    """The stage at which a person began to write, and the outcome that waited there for answers; both may have moved on since."""

    route: str
    stage: str
    outcome: UUID | None = None


@dataclass(frozen=True, slots=True)
class Filed:
    """The receipt: what was recorded. The same again when the same form is sent twice."""

    escalation_id: UUID
    record_id: UUID

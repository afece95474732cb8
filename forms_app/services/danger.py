"""Whom somebody tells who sees immediate danger: people of their own agency, in the order of the policy."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from forms_app.db.people import people_of_board
from forms_app.domain.policy import Policy
from forms_app.services.directory import own_person
from forms_app.services.work import Work


@dataclass(frozen=True, slots=True)
class PersonToTell:
    name: str
    job_title: str
    telephone: str


@dataclass(frozen=True, slots=True)
class LevelToTell:
    """One level to go to, with its people, who may be none."""

    title: str
    people: tuple[PersonToTell, ...]


def whom_to_tell(work: Work, *, by: UUID, policy: Policy) -> tuple[LevelToTell, ...]:
    """The first level first; the later ones are for when nobody of the earlier ones can be reached."""
    own = own_person(work, by)
    colleagues = [
        person
        for person in people_of_board(work.session, own.board_id)
        if person.agency_id == own.agency_id and person.id != own.id
    ]
    return tuple(
        LevelToTell(
            title=policy.level_title(level, own.agency.kind),
            people=tuple(
                PersonToTell(person.name, person.job_title, person.telephone)
                for person in colleagues
                if person.level == level
            ),
        )
        for level in policy.danger.tell
    )

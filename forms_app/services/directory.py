"""The Board's agencies and people, as somebody who fills in a form may choose from them."""

from __future__ import annotations

from uuid import UUID

from forms_app.db.boards import agencies_of_board
from forms_app.db.people import people_of_board, person_with_board
from forms_app.db.tables import Person
from forms_app.domain.errors import NotFound
from forms_app.domain.filing import Directory, ListedAgency, ListedPerson
from forms_app.domain.policy import Policy
from forms_app.services.work import Work


def directory_for(work: Work, *, by: UUID, with_others: bool = True) -> Directory:
    """Everyone of this person's Board who has not left, or this person alone. Raises NotFound when this person has."""
    own = _own(work, by)
    if not with_others:
        return Directory(own=listed(own), agencies=(), people=())
    people = tuple(listed(person) for person in people_of_board(work.session, own.board_id))
    agencies = tuple(
        ListedAgency(agency.id, agency.name, agency.kind) for agency in agencies_of_board(work.session, own.board_id)
    )
    return Directory(own=listed(own), agencies=agencies, people=people)


def policy_for(work: Work, *, by: UUID) -> Policy:
    """The policy under which this person would open an escalation today."""
    return work.shelf.get(_own(work, by).board.policy_key)


def listed(person: Person) -> ListedPerson:
    return ListedPerson(
        id=person.id,
        name=person.name,
        job_title=person.job_title,
        agency_id=person.agency_id,
        agency=person.agency.name,
        level=person.level,
        seat=person.seat,
    )


def _own(work: Work, by: UUID) -> Person:
    own = person_with_board(work.session, by)
    if own is None:
        raise NotFound("There is no such person.")
    return own

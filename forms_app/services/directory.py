"""The Board's agencies and people, as somebody who fills in a form may choose from them, and its policy as it has it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from forms_app.db import contacts
from forms_app.db.boards import agencies_of_board
from forms_app.db.people import people_of_board, person_with_board
from forms_app.db.tables import Contact, EquivalentTitle, Person
from forms_app.domain import policy as policies
from forms_app.domain.access import May, Relation, can_take_part, may
from forms_app.domain.errors import NotAllowedNow, NotFound
from forms_app.domain.filing import Directory, ListedAgency, ListedPerson
from forms_app.domain.policy import Decision, Equivalents, Policy
from forms_app.services.work import Work

NOBODY_TO_ASK = (
    "Your Board has not given the telephone number and email address of its business unit, so no concern can be raised "
    "here yet. Ask the people who run this service to add them."
)


def directory_for(work: Work, *, by: UUID, with_others: bool = True) -> Directory:
    """Everyone of this person's Board who has not left, or this person alone. Raises NotFound when this person has."""
    own = own_person(work, by)
    if not with_others:
        return Directory(own=listed(own), agencies=(), people=())
    present = people_of_board(work.session, own.board_id)
    people = tuple(listed(person) for person in present if can_take_part(person))
    agencies = tuple(
        ListedAgency(agency.id, agency.name, agency.kind) for agency in agencies_of_board(work.session, own.board_id)
    )
    return Directory(own=listed(own), agencies=agencies, people=people)


def policy_for(work: Work, *, by: UUID) -> Policy:
    """The policy under which this person would open an escalation today.

    Raises NotAllowedNow while nobody could reach their Board's business unit.
    """
    board = own_person(work, by).board
    if not (board.telephone.strip() and board.email.strip()):
        raise NotAllowedNow(NOBODY_TO_ASK)
    return as_adopted(work, policy_key=board.policy_at(work.now), board_id=board.id)


def as_adopted(work: Work, *, policy_key: str, board_id: UUID) -> Policy:
    """The policy with this Board's own job titles, and with its own contacts where it has any of the same name.

    A list of escalations asks for it many times: it is put together once in each piece of work.
    """
    known: dict[tuple[str, UUID], Policy] = work.session.info.setdefault("as_adopted", {})
    if (policy_key, board_id) not in known:
        own = contacts.own_contacts(work.session, board_id)
        titles = contacts.titles_of_board(work.session, board_id)
        known[policy_key, board_id] = _laid_over(work.shelf.get(policy_key), titles, own)
    return known[policy_key, board_id]


def own_person(work: Work, by: UUID) -> Person:
    """Who is asking, with agency and Board. Raises NotFound for somebody who has left."""
    own = person_with_board(work.session, by)
    if own is None:
        raise NotFound("There is no such person.")
    return own


def person_who_may(work: Work, by: UUID, what: May) -> Person:
    """Somebody whom the table lets do this for their own Board, with agency and Board. Raises NotFound for anybody else."""
    own = own_person(work, by)
    if not may(own, what, Relation.OWN_BOARD):
        raise NotFound("There is no such page.")
    return own


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


def _laid_over(policy: Policy, titles: Sequence[EquivalentTitle], own: Sequence[Contact]) -> Policy:
    if not titles and not own:
        return policy
    additions = tuple(
        each.model_copy(update={"contacts": _with_own(each.contacts, own)}) for each in policy.local_additions
    )
    changed = {
        # The first row that has a title is the one that counts.
        "equivalents": (*_rows(titles), *policy.equivalents),
        "contacts": _with_own(policy.contacts, own),
        "local_additions": additions,
    }
    return policy.model_copy(update=changed)


def _rows(titles: Sequence[EquivalentTitle]) -> list[Equivalents]:
    return [
        Equivalents(
            agency_kind=kind,
            titles={each.level: each.title for each in titles if each.agency_kind == kind},
            source=Decision(decided="The Board’s own title."),
        )
        for kind in dict.fromkeys(each.agency_kind for each in titles)
    ]


def _with_own(given: Sequence[policies.Contact], own: Sequence[Contact]) -> tuple[policies.Contact, ...]:
    by_name = {contact.role: contact for contact in own}
    return tuple(_replaced(contact, by_name[contact.name]) if contact.name in by_name else contact for contact in given)


def _replaced(contact: policies.Contact, own: Contact) -> policies.Contact:
    out_of_hours = f"{own.out_of_hours_telephone} (out of hours)" if own.out_of_hours_telephone else ""
    return contact.model_copy(
        update={
            "telephone": ", ".join(filter(None, (own.telephone, out_of_hours))) or None,
            "email": own.email or None,
            "hours": own.hours or None,
            "checked_on": own.checked_on,
        }
    )

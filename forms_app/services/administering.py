"""Who administers whose people: the business unit those of the whole Board, an administrator those of their own agency."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from forms_app.db.boards import agencies_of_board, agency_of_board, hold_board
from forms_app.db.people import business_unit_of, person_to_change, person_with_email
from forms_app.db.tables import Agency, Person
from forms_app.domain.access import May, Relation, may
from forms_app.domain.errors import NotAllowedNow, NotFound
from forms_app.domain.mail_rules import domain_of
from forms_app.domain.policy import OFFICE, Policy, Side
from forms_app.domain.seats import Seat
from forms_app.mail.webmail import is_webmail
from forms_app.services.directory import own_person
from forms_app.services.work import Work

NOBODY = "There is no such person."
NO_AGENCY = "There is no such agency."
OFFICE_LEVEL = "The Board’s office"
LAST_OF_UNIT = (
    "This is the last person of the business unit who can sign in. Give somebody else a seat in the unit first: without one "
    "the Board could not be told of anything."
)
ONLY_YOU_LEFT = (
    "Only you would be left of the business unit, and nobody could look at what you do. Lock them, and they cannot sign in. Then give "
    "somebody else a seat in the unit, or ask the people who run this service to say that this person has left."
)
LEVEL_OF_BOARD = "People at this level act for the Board. Ask the business unit to give it."
OWN_CASE = "Nobody does this for themselves. Ask somebody else of the business unit."
TAKEN = "Somebody in this service has this email address already. Each person needs one of their own."
WEBMAIL = "Anybody can have an address at {domain}. Give their work address. If they have none, ask the people who run this service."


@dataclass(frozen=True, slots=True)
class Administrator:
    """Somebody who administers people, and where."""

    person: Person
    keeps_board: bool

    @property
    def id(self) -> UUID:
        return self.person.id

    @property
    def board_id(self) -> UUID:
        return self.person.board_id

    @property
    def agency_id(self) -> UUID | None:
        """The one agency whose people they administer; None for the business unit."""
        return None if self.keeps_board else self.person.agency_id

    def administers(self, person: Person) -> bool:
        """Whoever holds a seat at the Board is the business unit's, in whichever agency they work."""
        return self.keeps_board or (person.agency_id == self.person.agency_id and person.seat is None)


def administrator(work: Work, by: UUID) -> Administrator:
    """Raises NotFound for somebody who administers nobody."""
    own = own_person(work, by)
    if not may(own, May.ADMINISTER_PEOPLE, Relation.OWN_BOARD, Relation.OWN_AGENCY):
        raise NotFound("They administer nobody.")
    return Administrator(own, keeps_board=may(own, May.ADMINISTER_PEOPLE, Relation.OWN_BOARD))


def officer(work: Work, by: UUID) -> Administrator:
    """Raises NotFound for somebody who is not of the business unit."""
    found = administrator(work, by)
    if not found.keeps_board:
        raise NotFound("This is the business unit’s.")
    return found


def administered(work: Work, own: Administrator, person_id: UUID) -> Person:
    """One of the people whom this person administers, held until the end. Raises NotFound."""
    person = person_to_change(work.session, own.board_id, person_id)
    if person is None or not own.administers(person):
        raise NotFound(NOBODY)
    return person


def agencies_administered(work: Work, own: Administrator) -> Sequence[Agency]:
    """Those that are not closed."""
    agencies = agencies_of_board(work.session, own.board_id)
    return [each for each in agencies if each.closed_at is None and own.agency_id in (None, each.id)]


def open_agency(work: Work, own: Administrator, agency_id: UUID) -> Agency:
    """One of them, which is not closed before this transaction is over. Raises NotFound."""
    agency = agency_of_board(work.session, own.board_id, agency_id, lock=True)
    if agency is None or agency.closed_at is not None or own.agency_id not in (None, agency.id):
        raise NotFound(NO_AGENCY)
    return agency


def levels_of(policy: Policy) -> dict[str, str]:
    """The levels at which a person can be, by id, with that of the Board's own office."""
    return {**{level.id: level.title for level in policy.levels}, OFFICE: OFFICE_LEVEL}


def may_give_level(own: Administrator, policy: Policy, level: str, held: str | None = None) -> bool:
    """A level at which the policy has somebody act for the Board is the business unit's to give: who holds it can be brought
    into any escalation of the Board. Whoever `held` it keeps it.
    """
    actors = (actor for route in policy.routes for stage in route.stages for actor in stage.actors)
    of_the_board = {OFFICE, *(each for actor in actors if actor.side is Side.BOARD for each in actor.levels)}
    return own.keeps_board or level == held or level not in of_the_board


def policy_of_board(work: Work, own: Administrator) -> Policy:
    return work.policy_of(own.person.board)


def fault_of_address(work: Work, email: str) -> str | None:
    """Why nobody can be given this address now, in a sentence."""
    if is_webmail(domain := domain_of(email)):
        return WEBMAIL.format(domain=domain)
    return None if person_with_email(work.session, email) is None else TAKEN


def refuse_last_officer(work: Work, person: Person, by: UUID | None = None) -> None:
    """Raises NotAllowedNow where the Board would have nobody left of its business unit who can sign in, or nobody but `by`:
    whoever takes the only other one away would decide alone from then on.

    Two who take each other away at once: one waits for the other, and then sees it.
    """
    if person.seat != Seat.BUSINESS_UNIT:
        return
    hold_board(work.session, person.board_id)
    if not any(each.id != person.id for each in officers(work, person.board_id)):
        raise NotAllowedNow(LAST_OF_UNIT)
    if {each.id for each in business_unit_of(work.session, person.board_id)} - {person.id} == {by}:
        raise NotAllowedNow(ONLY_YOU_LEFT)


def officers(work: Work, board_id: UUID) -> list[Person]:
    """Everybody of the business unit who can sign in."""
    return [person for person in business_unit_of(work.session, board_id) if person.locked_at is None]

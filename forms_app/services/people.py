"""The people of a Board's agencies, for whoever administers them: the list, one of them, and what one person may change alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from forms_app.db.people import everybody_of_board, person_with_email
from forms_app.db.tables import Person
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow, NotFound
from forms_app.domain.people import LEAD, PersonDetails, Show
from forms_app.domain.policy import Policy
from forms_app.domain.seats import Seat
from forms_app.domain.working_days import spell_date, uk_date
from forms_app.services.administering import (
    LEVEL_OF_BOARD,
    NOBODY,
    OWN_CASE,
    Administrator,
    administered,
    administrator,
    agencies_administered,
    fault_of_address,
    levels_of,
    may_give_level,
    open_agency,
    policy_of_board,
    refuse_last_officer,
)
from forms_app.services.handing_over import tell_of_empty_places
from forms_app.services.leaving import open_escalations, shut_out
from forms_app.services.mail_domains import look_up_rules, name_domains, rule_for
from forms_app.services.proposing import ProposalLine, proposals_for
from forms_app.services.work import Work

ON_A_PAGE = 100
SEEN_BEFORE = "Somebody changed this person after you opened this page. Look at what it says now, and change it again."
NO_SUCH_LEVEL = "The policy has no such level."


@dataclass(frozen=True, slots=True)
class PersonLine:
    """One person, for somebody who administers them."""

    id: UUID
    details: PersonDetails
    email: str
    agency: str
    level: str
    """The title of the level."""
    seat: Seat | None
    administers: bool
    is_lead: bool
    is_locked: bool
    locked: str
    has_left: bool
    left: str
    signed_in: str
    added: str


@dataclass(frozen=True, slots=True)
class Choice:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    show: Show = Show.PRESENT
    agency_id: UUID | None = None
    level: str = ""


@dataclass(frozen=True, slots=True)
class PeopleView:
    lines: tuple[PersonLine, ...]
    """Those of one page."""
    found: int
    page: int
    pages: int
    agencies: tuple[Choice, ...]
    levels: tuple[Choice, ...]
    proposals: tuple[ProposalLine, ...]
    keeps_board: bool


@dataclass(frozen=True, slots=True)
class PersonView:
    line: PersonLine
    proposals: tuple[ProposalLine, ...]
    agencies: tuple[Choice, ...]
    levels: tuple[Choice, ...]
    keeps_board: bool
    """Whether whoever looks is of the business unit."""
    is_oneself: bool
    escalations: int | None
    """In how many open ones they take part; None for anybody but the business unit."""
    may_be_emailed: bool
    """Whether the domain of their address is confirmed."""


def people_view(work: Work, *, by: UUID, wanted: PeopleFilter = PeopleFilter(), page: int = 1) -> PeopleView:
    """One page of the list. Raises NotFound."""
    own = administrator(work, by)
    policy = policy_of_board(work, own)
    found = [_line(each, policy) for each in _listed(work, own, wanted)]
    pages = max(1, -(-len(found) // ON_A_PAGE))
    page = min(max(page, 1), pages)
    return PeopleView(
        lines=tuple(found[(page - 1) * ON_A_PAGE : page * ON_A_PAGE]),
        found=len(found),
        page=page,
        pages=pages,
        agencies=_agencies(work, own),
        levels=_levels(policy),
        proposals=proposals_for(work, own),
        keeps_board=own.keeps_board,
    )


def person_view(work: Work, *, by: UUID, person_id: UUID) -> PersonView:
    """Raises NotFound."""
    own = administrator(work, by)
    person = next((each for each in _administered(work, own) if each.id == person_id), None)
    if person is None:
        raise NotFound(NOBODY)
    look_up_rules(work, [person])
    policy = policy_of_board(work, own)
    return PersonView(
        line=_line(person, policy),
        proposals=tuple(each for each in proposals_for(work, own) if each.person_id == person_id),
        agencies=_agencies(work, own),
        levels=_levels_to_give(own, policy, person.level),
        keeps_board=own.keeps_board,
        is_oneself=person.id == by,
        escalations=len(open_escalations(work, person.id)) if own.keeps_board else None,
        may_be_emailed=rule_for(work, person) is not None,
    )


def choices_for_new(work: Work, *, by: UUID) -> tuple[tuple[Choice, ...], tuple[Choice, ...]]:
    """The agencies to which somebody may add people, and the levels. Raises NotFound."""
    own = administrator(work, by)
    policy = policy_of_board(work, own)
    return _agencies(work, own), _levels_to_give(own, policy)


def add_person(work: Work, *, by: UUID, form_key: UUID, details: PersonDetails, email: str) -> UUID:
    """Adds somebody; the same form sent twice adds them once. A new domain waits to be confirmed.

    Raises NotFound, NotAllowedNow.
    """
    own = administrator(work, by)
    open_agency(work, own, details.agency_id)
    person_id = uuid5(by, form_key.hex)
    known = person_with_email(work.session, email)
    if known is not None and known.id == person_id:
        return person_id
    if fault := fault_of_address(work, email):
        raise NotAllowedNow(fault)
    _refuse_level(work, own, details.level)
    person = Person(id=person_id, board_id=own.board_id, email=email, added_at=work.now, administers_agency=False)
    write_details(person, details)
    work.session.add(person)
    work.session.flush()
    name_domains(work, own.board_id)
    work.note("person_added", person=by, board=own.board_id, about=person_id)
    return person_id


def change_person(work: Work, *, by: UUID, person_id: UUID, details: PersonDetails, seen: str) -> None:
    """`seen` is the stamp of the details that were looked at. Raises NotFound, NotAllowedNow and ChangedMeanwhile."""
    own = administrator(work, by)
    person = administered(work, own, person_id)
    if details_of(person) == details:
        return
    if details_of(person).stamp != seen:
        raise ChangedMeanwhile(SEEN_BEFORE)
    open_agency(work, own, details.agency_id)
    _refuse_level(work, own, details.level, person.level)
    carry_over(work, own, person, details)
    work.session.flush()
    name_domains(work, own.board_id)


def carry_over(work: Work, own: Administrator, person: Person, details: PersonDetails) -> None:
    """Writes the details. Whoever moves to another agency administers the people of neither, and takes part for neither.

    Raises NotAllowedNow for one's own agency and level, by which somebody sees more.
    """
    if person.id == own.id and (person.agency_id, person.level) != (details.agency_id, details.level):
        raise NotAllowedNow(OWN_CASE)
    if person.agency_id != details.agency_id and person.administers_agency:
        person.administers_agency = False
        work.note("administration_taken", person=own.id, board=own.board_id, about=person.id)
    code = "moved" if person.agency_id != details.agency_id else None
    left_behind = open_escalations(work, person.id) if code else []
    write_details(person, details)
    tell_of_empty_places(work, person.id, left_behind)
    work.note("person_changed", person=own.id, board=own.board_id, about=person.id, code=code)


def lock_person(work: Work, *, by: UUID, person_id: UUID) -> None:
    """Nobody signs in as them until somebody unlocks them. Raises NotFound, NotAllowedNow."""
    own = administrator(work, by)
    person = administered(work, own, person_id)
    if person.id == by:
        raise NotAllowedNow(OWN_CASE)
    if person.locked_at is None:
        refuse_last_officer(work, person)
        lock(work, person, by=by)


def unlock_person(work: Work, *, by: UUID, person_id: UUID) -> None:
    """Raises NotFound, NotAllowedNow."""
    own = administrator(work, by)
    person = administered(work, own, person_id)
    if person.id == by:
        raise NotAllowedNow(OWN_CASE)
    if person.locked_at is not None:
        unlock(work, person, by=by)


def lock(work: Work, person: Person, *, by: UUID | None) -> None:
    """`by` is None where it was the service, because nobody had signed in for long."""
    person.locked_at, person.locked_by_id = work.now, by
    shut_out(work, person)
    code = "dormant" if by is None else None
    work.note("person_locked", person=by, board=person.board_id, about=person.id, code=code)


def unlock(work: Work, person: Person, *, by: UUID | None) -> None:
    """Counts as heard of from now. `by` is the person themselves where an escalation waits for them and they proved their address."""
    person.locked_at, person.locked_by_id = None, None
    person.added_at, person.signed_in_at = work.now, None
    code = "own_address" if by == person.id else None
    work.note("person_unlocked", person=by, board=person.board_id, about=person.id, code=code)


def details_of(person: Person) -> PersonDetails:
    return PersonDetails(person.agency_id, person.name, person.job_title, person.level, person.telephone)


def write_details(person: Person, details: PersonDetails) -> None:
    person.agency_id, person.name, person.job_title = details.agency_id, details.name, details.job_title
    person.level, person.telephone = details.level, details.telephone


def lines_of(work: Work, own: Administrator, people: Sequence[Person]) -> tuple[PersonLine, ...]:
    policy = policy_of_board(work, own)
    return tuple(_line(each, policy) for each in people)


# --- parts -------------------------------------------------------------------------------------------------------


def _refuse_level(work: Work, own: Administrator, level: str, held: str | None = None) -> None:
    policy = policy_of_board(work, own)
    if level not in levels_of(policy):
        raise NotAllowedNow(NO_SUCH_LEVEL)
    if not may_give_level(own, policy, level, held):
        raise NotAllowedNow(LEVEL_OF_BOARD)


def _administered(work: Work, own: Administrator) -> Sequence[Person]:
    found = everybody_of_board(work.session, own.board_id, own.agency_id)
    return [each for each in found if own.administers(each)]


def _listed(work: Work, own: Administrator, wanted: PeopleFilter) -> list[Person]:
    """By agency and name."""
    found = [
        each
        for each in _administered(work, own)
        if _is_shown(each, wanted.show)
        and wanted.agency_id in (None, each.agency_id)
        and wanted.level in ("", each.level)
    ]
    return sorted(found, key=lambda each: (each.agency.name, each.name.casefold(), str(each.id)))


def _is_shown(person: Person, show: Show) -> bool:
    if (person.left_at is not None) is not (show is Show.LEFT):
        return False
    match show:
        case Show.LOCKED:
            return person.locked_at is not None
        case Show.NEVER:
            return person.signed_in_at is None
        case Show.SPECIAL:
            return person.seat is not None or person.administers_agency
        case Show.PRESENT | Show.LEFT:
            return True


def _line(person: Person, policy: Policy) -> PersonLine:
    return PersonLine(
        id=person.id,
        details=details_of(person),
        email=person.email,
        agency=person.agency.name,
        level=levels_of(policy).get(person.level, person.level),
        seat=Seat(person.seat) if person.seat else None,
        administers=person.administers_agency,
        is_lead=person.level == LEAD,
        is_locked=person.locked_at is not None,
        locked=_day(person.locked_at),
        has_left=person.left_at is not None,
        left=_day(person.left_at),
        signed_in=_day(person.signed_in_at),
        added=_day(person.added_at),
    )


def _day(moment: datetime | None) -> str:
    return "" if moment is None else spell_date(uk_date(moment))


def _agencies(work: Work, own: Administrator) -> tuple[Choice, ...]:
    return tuple(Choice(str(each.id), each.name) for each in agencies_administered(work, own))


def _levels(policy: Policy) -> tuple[Choice, ...]:
    return tuple(Choice(level, title) for level, title in levels_of(policy).items())


def _levels_to_give(own: Administrator, policy: Policy, held: str | None = None) -> tuple[Choice, ...]:
    return tuple(each for each in _levels(policy) if may_give_level(own, policy, each.id, held))

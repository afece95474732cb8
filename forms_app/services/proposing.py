"""What lets somebody in, or lets them see more, is proposed by one person and confirmed by another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn
from uuid import UUID

from forms_app.db.administering import proposal_to_decide, waiting_proposals, withdraw_proposals
from forms_app.db.boards import hold_board
from forms_app.db.identities import forget_identities
from forms_app.db.people import business_unit_of
from forms_app.db.places import takes_part_anywhere
from forms_app.db.tables import Person, Proposal
from forms_app.domain.access import APART, May, signs_off_own
from forms_app.domain.errors import NotAllowedNow, NotFound
from forms_app.domain.people import Lets
from forms_app.domain.seats import Seat
from forms_app.domain.working_days import spell_date, uk_date
from forms_app.mail.compose import Kind
from forms_app.services.administering import (
    OWN_CASE,
    Administrator,
    administered,
    administrator,
    fault_of_address,
    officer,
    refuse_last_officer,
)
from forms_app.services.leaving import shut_out
from forms_app.services.mail_domains import name_domains
from forms_app.services.notifying import notify
from forms_app.services.work import Work

YES = "yes"
"""What is proposed about administering; a seat or an address is proposed by itself."""
CONFIRMED, WITHDRAWN = "confirmed", "withdrawn"
NOT_HERE = "They have left. Nothing can be given to them."
NOT_BY_YOU = "You proposed this, or it is about you. Somebody else of the business unit has to look at it."
TAKES_PART = (
    "They take part in an escalation, and whoever has this seat sees none. Their places have to be handed over first."
)
ANSWERED = "Somebody else decided about this meanwhile, or it was proposed anew."


@dataclass(frozen=True, slots=True)
class ProposalLine:
    """Something that waits to be confirmed, for somebody who administers the person whom it is about."""

    id: UUID
    person_id: UUID
    name: str
    agency: str
    what: Lets
    value: str
    proposed_by: str
    since: str
    may_confirm: bool


def proposals_for(work: Work, own: Administrator) -> tuple[ProposalLine, ...]:
    """Everything that waits about the people whom somebody administers."""
    found = waiting_proposals(work.session, own.board_id)
    return tuple(_line(each, own) for each in found if own.administers(each.person))


def proposal_for(work: Work, *, by: UUID, proposal_id: UUID) -> ProposalLine:
    """Raises NotFound."""
    own = administrator(work, by)
    return next((each for each in proposals_for(work, own) if each.id == proposal_id), None) or _gone()


def give_seat(work: Work, *, by: UUID, person_id: UUID, seat: Seat | None) -> bool:
    """Proposes a seat, or takes away the one that they have, which needs nobody else. Whether it is so from now on.

    Raises NotFound, NotAllowedNow.
    """
    own = officer(work, by)
    person = _somebody_else(work, own, person_id)
    if person.seat == seat:
        withdraw_proposals(work.session, person.id, by, work.now, Lets.SEAT)
        return True
    refuse_last_officer(work, person, by)
    if seat is not None:
        _refuse_apart(work, person, seat)
        return _propose(work, own, person, Lets.SEAT, seat.value)
    withdraw_proposals(work.session, person.id, by, work.now, Lets.SEAT)
    work.note("seat_taken", person=by, board=own.board_id, about=person.id, code=person.seat)
    person.seat = None
    return True


def let_administer(work: Work, *, by: UUID, person_id: UUID, administers: bool) -> bool:
    """Proposes that somebody administers the people of their agency, or ends it at once. Whether it is so from now on.

    Raises NotFound, NotAllowedNow.
    """
    own = administrator(work, by)
    person = _somebody_else(work, own, person_id)
    if administers and not person.administers_agency:
        return _propose(work, own, person, Lets.ADMINISTER, YES)
    withdraw_proposals(work.session, person.id, by, work.now, Lets.ADMINISTER)
    if person.administers_agency and not administers:
        person.administers_agency = False
        work.note("administration_taken", person=by, board=own.board_id, about=person.id)
    return True


def change_address(work: Work, *, by: UUID, person_id: UUID, email: str) -> bool:
    """Proposes another email address. Whether it is so from now on. Raises NotFound, NotAllowedNow."""
    own = administrator(work, by)
    person = administered(work, own, person_id)
    email = email.strip().lower()
    if email == person.email:
        withdraw_proposals(work.session, person.id, by, work.now, Lets.ADDRESS)
        return True
    _refuse_address(work, email)
    if not _can_confirm(work, own.id, person) and person.id == by:
        raise NotAllowedNow(OWN_CASE)
    return _propose(work, own, person, Lets.ADDRESS, email)


def confirm(work: Work, *, by: UUID, proposal_id: UUID) -> None:
    """Raises NotFound, and NotAllowedNow for whoever proposed it or whom it is about."""
    own = officer(work, by)
    proposal = proposal_to_decide(work.session, own.board_id, proposal_id) or _gone()
    if signs_off_own(May.GIVE_SEATS, by, _hands(proposal)):
        raise NotAllowedNow(NOT_BY_YOU)
    _carry_out(work, proposal, proposal.person, by=by)


def withdraw(work: Work, *, by: UUID, proposal_id: UUID) -> None:
    """Raises NotFound."""
    own = administrator(work, by)
    proposal = proposal_to_decide(work.session, own.board_id, proposal_id) or _gone()
    if not own.administers(proposal.person):
        _gone()
    proposal.decision, proposal.decided_by_id, proposal.decided_at = WITHDRAWN, by, work.now
    work.note("proposal_withdrawn", person=by, board=own.board_id, about=proposal.person_id, code=proposal.what)


def _somebody_else(work: Work, own: Administrator, person_id: UUID) -> Person:
    """Somebody present whom they administer, and not themselves. Raises NotFound, NotAllowedNow."""
    person = administered(work, own, person_id)
    if person.id == own.id:
        raise NotAllowedNow(OWN_CASE)
    if person.left_at is not None:
        raise NotAllowedNow(NOT_HERE)
    return person


def _propose(work: Work, own: Administrator, person: Person, what: Lets, value: str) -> bool:
    """Whether it counts from now on, because nobody else could confirm it."""
    hold_board(work.session, own.board_id)
    withdraw_proposals(work.session, person.id, own.id, work.now, what)
    proposal = Proposal(person_id=person.id, what=what.value, value=value, proposed_by_id=own.id, proposed_at=work.now)
    work.session.add(proposal)
    work.note("proposal_made", person=own.id, board=own.board_id, about=person.id, code=what.value)
    is_alone = own.keeps_board and not _can_confirm(work, own.id, person)
    if is_alone:
        _carry_out(work, proposal, person, by=own.id)
    elif what is Lets.ADDRESS and person.left_at is None:
        notify(work, Kind.ADDRESS_CHANGES, person, key=f"{work.now}", about=person.id)
    return is_alone


def _refuse_apart(work: Work, person: Person, seat: Seat) -> None:
    """Raises NotAllowedNow where a seat that sees no escalation would go to somebody who takes part in one."""
    if seat in APART and takes_part_anywhere(work.session, person.id):
        raise NotAllowedNow(TAKES_PART)


def _can_confirm(work: Work, proposer: UUID, person: Person) -> bool:
    """Whether there is somebody else of the business unit to look at it, be it that they are locked: anybody there locks others alone."""
    return any(each.id not in (proposer, person.id) for each in business_unit_of(work.session, person.board_id))


def _carry_out(work: Work, proposal: Proposal, person: Person, *, by: UUID) -> None:
    match Lets(proposal.what):
        case Lets.SEAT:
            if person.left_at is not None:
                raise NotAllowedNow(NOT_HERE)
            refuse_last_officer(work, person)
            _refuse_apart(work, person, Seat(proposal.value))
            person.seat = proposal.value
        case Lets.ADMINISTER:
            if person.left_at is not None:
                raise NotAllowedNow(NOT_HERE)
            person.administers_agency = True
        case Lets.ADDRESS:
            _refuse_address(work, proposal.value)
            person.email = proposal.value
            shut_out(work, person)
            forget_identities(work.session, person.id)
            work.session.flush()
            name_domains(work, person.board_id)
    code = f"{proposal.what}_alone" if by == proposal.proposed_by_id else proposal.what
    proposal.decision, proposal.decided_by_id, proposal.decided_at = CONFIRMED, by, work.now
    work.note("proposal_confirmed", person=by, board=person.board_id, about=person.id, code=code)


def _refuse_address(work: Work, email: str) -> None:
    if fault := fault_of_address(work, email):
        raise NotAllowedNow(fault)


def _line(proposal: Proposal, own: Administrator) -> ProposalLine:
    person = proposal.person
    return ProposalLine(
        id=proposal.id,
        person_id=person.id,
        name=person.name,
        agency=person.agency.name,
        what=Lets(proposal.what),
        value=proposal.value,
        proposed_by=proposal.proposed_by.name,
        since=spell_date(uk_date(proposal.proposed_at)),
        may_confirm=own.keeps_board and not signs_off_own(May.GIVE_SEATS, own.id, _hands(proposal)),
    )


def _hands(proposal: Proposal) -> tuple[UUID, UUID]:
    return proposal.proposed_by_id, proposal.person_id


def _gone() -> NoReturn:
    raise NotFound(ANSWERED)

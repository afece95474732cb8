"""Somebody of the Board says that they have an interest in an escalation: they decide nothing in it, and another is asked."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from forms_app.db import places
from forms_app.db.drafts import forget_drafts_in
from forms_app.db.people import person_with_board
from forms_app.db.reads import escalation_for, told_escalation
from forms_app.db.tables import Escalation, HandOver, Interest, Party
from forms_app.domain.access import May, Relation, may
from forms_app.domain.errors import NotAllowedNow, NotFound
from forms_app.domain.places import Reason
from forms_app.domain.policy import Side
from forms_app.services.handing_over import tell_of_change, tell_office_of_empty_place
from forms_app.services.places import end_covers
from forms_app.services.work import Work

NOT_HERE = "There is no such escalation."
OF_A_SIDE = (
    "You act for one of the two sides, and decide nothing for the Board here. If you should not act at all, hand your place "
    "over, with the reason that you have an interest."
)


@dataclass(frozen=True, slots=True)
class InterestView:
    escalation_id: UUID
    reference: str
    is_party: bool
    """Whether they act for the Board in it, and so give up a place."""


def interest_view(work: Work, *, by: UUID, escalation_id: UUID) -> InterestView:
    """Raises NotFound for whoever neither acts for the Board in it nor sees it in its register, NotAllowedNow for a side."""
    escalation, party = _found(work, by, escalation_id)
    return InterestView(escalation.id, escalation.reference, party is not None)


def declare_interest(work: Work, *, by: UUID, escalation_id: UUID, words: str) -> None:
    """From this moment they see nothing of it because of their seat, and a place that they held is empty.

    Raises NotFound and NotAllowedNow.
    """
    if places.has_declared(work.session, escalation_id, by):
        return
    escalation, party = _found(work, by, escalation_id, lock=True)
    work.session.add(Interest(escalation_id=escalation_id, person_id=by, words=words, declared_at=work.now))
    if party is not None:
        _give_up(work, escalation, party)
        forget_drafts_in(work.session, by, escalation_id)
    work.note("interest_declared", person=by, board=escalation.board_id, escalation=escalation_id)


def _give_up(work: Work, escalation: Escalation, party: Party) -> None:
    if party.is_cover:
        party.covers_until = work.now
    else:
        end_covers(work, escalation, party.place_id)
        party.gave_up_at = work.now
        work.session.add(
            HandOver(
                escalation_id=escalation.id,
                place_id=party.place_id,
                from_id=party.person_id,
                to_id=None,
                by_id=party.person_id,
                reason=Reason.INTEREST.value,
                at=work.now,
            )
        )
        tell_office_of_empty_place(work, escalation, party.place_id)
    work.session.flush()
    tell_of_change(work, escalation, party.place_id, but=party.person_id)


def _found(work: Work, by: UUID, escalation_id: UUID, *, lock: bool = False) -> tuple[Escalation, Party | None]:
    escalation = escalation_for(work.session, escalation_id, by, lock=lock)
    if escalation is not None:
        party = next(each for each in escalation.parties if each.person_id == by)
        if party.side != Side.BOARD:
            raise NotAllowedNow(OF_A_SIDE)
        return escalation, party
    person = person_with_board(work.session, by)
    if person is None or not may(person, May.DECLARE_INTEREST, Relation.OFFICE):
        raise NotFound(NOT_HERE)
    escalation = told_escalation(work.session, escalation_id, person.board_id, by)
    if escalation is None:
        raise NotFound(NOT_HERE)
    return escalation, None

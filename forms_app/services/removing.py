"""Takes somebody out of an escalation who was named by mistake: from that moment they see nothing of it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from forms_app.db import deliveries as rows
from forms_app.db.drafts import forget_drafts_in
from forms_app.db.reads import escalation_for
from forms_app.db.tables import Escalation, Party
from forms_app.domain.deliveries import EventKind, Reason
from forms_app.domain.errors import NotAllowedNow, NotFound
from forms_app.domain.policy import Side
from forms_app.services.ledger import Ledger
from forms_app.services.places import end_covers
from forms_app.services.withdrawing import take_away, tell_office
from forms_app.services.work import Work

NOBODY = "There is no such person."


@dataclass(frozen=True, slots=True)
class RemovalView:
    """Somebody who takes part, as a page about removing them shows it."""

    escalation_id: UUID
    reference: str
    person_id: UUID
    name: str
    job_title: str
    agency: str
    is_oneself: bool
    cannot: str
    """Why they cannot be removed; empty when they can."""


def removal_view(work: Work, *, by: UUID, escalation_id: UUID, person_id: UUID) -> RemovalView:
    """Raises NotFound for somebody who may not remove this person, and for a person who takes no part."""
    escalation, party = _found(work, by, escalation_id, person_id)
    if party.removed_at is not None:
        raise NotFound(NOBODY)
    return RemovalView(
        escalation_id=escalation_id,
        reference=escalation.reference,
        person_id=person_id,
        name=party.person.name,
        job_title=party.person.job_title,
        agency=party.agency.name,
        is_oneself=by == person_id,
        cannot=cannot_be_removed(escalation, party),
    )


def remove_party(work: Work, *, by: UUID, escalation_id: UUID, person_id: UUID) -> None:
    """They lose access at once, and every document of this escalation is withdrawn from them. Doing it again changes nothing.

    Raises NotFound, and NotAllowedNow with a sentence.
    """
    rows.hold_people(work.session, [person_id])
    escalation, party = _found(work, by, escalation_id, person_id, lock=True)
    if party.removed_at is not None:
        return
    if sentence := cannot_be_removed(escalation, party):
        raise NotAllowedNow(sentence)
    end_covers(work, escalation, party.place_id)
    forget_drafts_in(work.session, person_id, escalation_id)
    party.removed_at = work.now
    owed = rows.deliveries_of_person(work.session, escalation_id, person_id)
    known = Ledger(work, owed, {})
    for each in owed:
        take_away(
            work,
            each,
            known.facts(each, each.document),
            by=by,
            reason=Reason.NAMED_BY_MISTAKE,
            key=f"{EventKind.WITHDRAWN}:{party.id}:{each.id}",
            told_once=f"{party.id}:{work.now:%Y%m%d%H%M%S}",
        )
    if owed:
        tell_office(work, by, owed[0].document, key=f"{party.id}:{work.now:%Y%m%d%H%M%S}")
    work.note("party_removed", person=by, board=escalation.board_id, escalation=escalation_id, about=party.id)


def cannot_be_removed(escalation: Escalation, party: Party) -> str:
    """Why somebody stays; empty for somebody who can have been named by mistake and is not needed."""
    if party.is_raiser:
        return "Whoever raised the concern stays in the escalation."
    if any(record.person_id == party.person_id for record in escalation.records):
        return "This person has recorded something here, so they were not named by mistake. What they recorded stays."
    if not any(_stands_beside(other, party) for other in escalation.parties):
        return (
            "Nobody else takes part who can act for them. Add the right person first, for example as somebody who stands in, "
            "and then come back."
        )
    return ""


def _stands_beside(other: Party, party: Party) -> bool:
    """Whether another party is there who acts for the same side: of the same agency, unless that is the Board's."""
    is_same_agency = party.side == Side.BOARD or other.agency_id == party.agency_id
    return other.id != party.id and other.side == party.side and is_same_agency and not other.has_left


def _found(
    work: Work, by: UUID, escalation_id: UUID, person_id: UUID, *, lock: bool = False
) -> tuple[Escalation, Party]:
    escalation = escalation_for(work.session, escalation_id, by, lock=lock)
    if escalation is None:
        raise NotFound(NOBODY)
    party = next((each for each in escalation.parties if each.person_id == person_id), None)
    own = next(each for each in escalation.parties if each.person_id == by)
    if party is None or party.is_cover or party.gave_up_at is not None:
        raise NotFound(NOBODY)
    if own.agency_id not in may_remove(escalation, party):
        raise NotFound(NOBODY)
    return escalation, party


def may_remove(escalation: Escalation, party: Party) -> frozenset[UUID]:
    """The agencies whose people may: their own, and that of whoever named them."""
    named_in = next((each for each in escalation.records if each.entered_at == party.joined_at), None)
    raising = next(each.agency_id for each in escalation.parties if each.is_raiser)
    named_by = raising if named_in is None or named_in.agency_id is None else named_in.agency_id
    return frozenset({party.agency_id, named_by})

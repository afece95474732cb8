"""What the parties do: open an escalation, and record what happens at each of its stages and beside them.

Each is one transaction: the record, the audit entry and everything owed because of it, or nothing at all.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from forms_app.db import reads
from forms_app.db.boards import agencies_of_board
from forms_app.db.drafts import forget_draft
from forms_app.db.tables import Escalation, StageRecord, SubjectOfConcern
from forms_app.domain.acts import acts_open_to, fault_of, fault_of_opening, level_of_raiser, overtaken
from forms_app.domain.answers import to_json
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow, NotFound
from forms_app.domain.escalation import Open, Standing
from forms_app.domain.filing import NO_LONGER_OPEN, Filed, NamedParty, NewConcern, Seen, Written
from forms_app.domain.policy import Policy, Route, Side
from forms_app.domain.records import (
    Concern,
    Facts,
    HelpAsked,
    InformationRequest,
    MeetingCalled,
    MeetingHeld,
    PeopleJoin,
    Place,
    StepUp,
)
from forms_app.services import joining
from forms_app.services.circulating import circulate
from forms_app.services.directory import own_person
from forms_app.services.history import place_of, standing_of
from forms_app.services.places import covered_by
from forms_app.services.similar import similar_to
from forms_app.services.watching import watch
from forms_app.services.webhooks import tell_of_stage
from forms_app.services.work import Work

REFERENCE_LETTERS = "23456789BCDFGHJKMNPQRTVWXYZ"
"""Without vowels, and without what is read out wrongly on a telephone."""


def open_escalation(work: Work, *, by: UUID, concern: NewConcern) -> Filed:
    """Opens an escalation under the policy of the raiser's Board, at the first stage of the route.

    Raises NotFound for a person of another Board, NotAllowedNow for what the policy does not permit.
    """
    if (earlier := filed_before(work, by=by, form_key=concern.written.form_key)) is not None:
        return earlier
    beside = concern.facts.beside
    if beside is not None:
        _check_beside(work, beside, by)
    raiser = own_person(work, by)
    policy = work.policy_of(raiser.board)
    route = _checked_route(policy, concern)
    agencies = [(agency.id, agency.kind) for agency in agencies_of_board(work.session, raiser.board_id)]
    joining.check_agencies(policy, route, raiser, concern.facts.agencies, agencies)
    stage = route.stages[0]
    escalation = Escalation(
        id=uuid4(),
        board=raiser.board,
        reference=_reference(raiser.board.code),
        policy_key=policy.key,
        category=concern.facts.category,
        opened_at=work.now,
        beside_id=beside,
        subject=SubjectOfConcern(kind=concern.subject_kind, answers=to_json(concern.subject)),
    )
    level = level_of_raiser(policy, stage, raiser.level)
    named = [NamedParty(raiser.id, Side.RAISING, level), *concern.people]
    here = joining.Among(policy, raiser.board_id, raiser.agency_id, concern.facts.agencies)
    joins = joining.to_stage(work, here, stage, named)
    joining.join(escalation, joins, at=work.now, raiser=raiser.id)
    place = Place(raiser.id, raiser.agency_id, Side.RAISING, level, is_raiser=True)
    where, facts = Seen(route.id, stage.id), _with_levels(concern.facts, joins, ())
    written = _record(escalation, at=work.now, place=place, where=where, facts=facts, written=concern.written)
    work.session.add(escalation)
    return _finish(work, escalation, written)


def record(
    work: Work,
    *,
    by: UUID,
    escalation_id: UUID,
    seen: Seen,
    facts: Facts,
    written: Written,
    people: Sequence[NamedParty] = (),
) -> Filed:
    """Records what a party did, and lets the people join whom they named.

    Raises NotFound for anybody who takes no part, ChangedMeanwhile when the escalation has moved on since they began,
    NotAllowedNow with a sentence for what the policy does not take.
    """
    if (earlier := filed_before(work, by=by, form_key=written.form_key)) is not None:
        return earlier
    escalation = reads.escalation_for(work.session, escalation_id, by, lock=True)
    if escalation is None:
        raise NotFound("There is no such escalation.")
    now = standing_of(work, escalation)
    party = next(party for party in escalation.parties if party.person_id == by)
    place, covered = place_of(party), covered_by(escalation, party)
    is_allowed = facts.kind in acts_open_to(place, now)
    here_is = (now.visits[-1].route.id, now.visits[-1].stage.id)
    if (seen.route, seen.stage) != here_is or not (is_allowed or isinstance(now, Open)):
        raise ChangedMeanwhile("This escalation has moved on since you began. Your text is kept; nothing was sent.")
    if not is_allowed:
        raise NotAllowedNow("The policy does not let you do this at this stage.")
    if (late := overtaken(facts, place, now, outcome_seen=seen.outcome)) is not None:
        raise ChangedMeanwhile(f"{late} Your text is kept; nothing was sent.")
    similar = similar_to(work, escalation) if isinstance(facts, StepUp) else 0
    if (fault := fault_of(facts, place, now, similar=similar)) is not None:
        raise NotAllowedNow(fault)
    here = joining.among(work, escalation)
    joins = _joining(work, here, now, place, facts, people)
    facts = _with_levels(facts, joins, here.places)
    joining.join(escalation, joins, at=work.now)
    row = _record(escalation, at=work.now, place=place, where=seen, facts=facts, written=written)
    row.for_id = covered
    return _finish(work, escalation, row)


def filed_before(work: Work, *, by: UUID, form_key: UUID) -> Filed | None:
    """The receipt of a form that this person has sent before, if they have."""
    found = reads.record_with_key(work.session, form_key, by)
    return None if found is None else Filed(found.escalation_id, found.id)


# --- how each is done --------------------------------------------------------------------------------------------


def _joining(
    work: Work, here: joining.Among, now: Standing, by: Place, facts: Facts, named: Sequence[NamedParty]
) -> joining.Joining:
    """Who joins because of this record. Raises NotAllowedNow for people whom it cannot name."""
    match now, facts:
        case Open(), StepUp(route=str(route), stage=str(stage)):
            return joining.to_stage(work, here, here.policy.stage(route, stage), named)
        case Open(), StepUp():
            return joining.people(work, here, named)
        case Open(), PeopleJoin():
            return joining.beside(work, here, now.visit.stage, named, facts=facts, by=by)
        case Open(), MeetingCalled():
            return joining.meeting_called(work, here, now, named, facts, by)
        case Open(), MeetingHeld():
            joining.check_meeting_held(here, now, facts)
        case Open(), InformationRequest():
            joining.check_request(here, facts)
        case Open(), HelpAsked():
            return joining.helpers(work, here, facts)
        case _:
            pass
    return []


def _with_levels(facts: Facts, joins: joining.Joining, places: Sequence[Place]) -> Facts:
    """The facts, with what only the service itself says in them: who acts at a further level, and that it was a person."""
    match facts:
        case Concern() | PeopleJoin():
            return facts.model_copy(update={"also": joining.further_levels(joins, places)})
        case StepUp():
            return facts.model_copy(update={"also": joining.further_levels(joins, places), "unanswered": None})
        case _:
            return facts


def _finish(work: Work, escalation: Escalation, row: StageRecord) -> Filed:
    """Writes the audit entry, owes what the policy's notices make of this record and drops the draft."""
    work.note(
        f"{row.kind}_recorded", person=row.person_id, board=escalation.board.id, escalation=escalation.id, about=row.id
    )
    circulate(work, escalation, row)
    watch(work, escalation, row)
    tell_of_stage(work, escalation, row)
    forget_draft(work.session, row.form_key)
    return Filed(escalation.id, row.id)


def _check_beside(work: Work, escalation_id: UUID, by: UUID) -> None:
    """Both are open at the same time. Raises NotFound for whoever takes no part, NotAllowedNow when the other has ended."""
    other = reads.escalation_for(work.session, escalation_id, by)
    if other is None:
        raise NotFound("There is no such escalation.")
    if not isinstance(standing_of(work, other), Open):
        raise NotAllowedNow(NO_LONGER_OPEN)


def _checked_route(policy: Policy, concern: NewConcern) -> Route:
    route = next((route for route in policy.routes if route.id == concern.route), None)
    if route is None:
        raise NotAllowedNow("The policy has no such route.")
    if concern.subject_kind not in policy.subjects:
        raise NotAllowedNow("The policy does not cover this subject.")
    if (fault := fault_of_opening(concern.facts, policy, route)) is not None:
        raise NotAllowedNow(fault)
    return route


def _record(
    escalation: Escalation, *, at: datetime, place: Place, where: Seen, facts: Facts, written: Written
) -> StageRecord:
    row = StageRecord(
        id=uuid4(),
        number=len(escalation.records) + 1,
        kind=facts.kind,
        route=where.route,
        stage=where.stage,
        side=place.side.value,
        agency_id=place.agency,
        person_id=place.person,
        happened_on=written.happened_on,
        entered_at=at,
        form_key=written.form_key,
        facts=facts.model_dump_json(),
        sections=to_json(written.sections),
    )
    escalation.records.append(row)
    return row


def _reference(board_code: str) -> str:
    """Says which Board it is and nothing else: not how many there are, not when, not about whom."""
    return f"{board_code}-{''.join(secrets.choice(REFERENCE_LETTERS) for _ in range(7))}"

"""What the parties do: open an escalation, write their account, record an outcome, answer it, take it further.

Each is one transaction: the record, the audit entry and everything owed because of it, or nothing at all.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from forms_app.db import reads
from forms_app.db.boards import agencies_of_board
from forms_app.db.drafts import forget_draft
from forms_app.db.people import people_of_board, person_with_board
from forms_app.db.tables import Escalation, Party, Person, StageRecord, SubjectOfConcern
from forms_app.domain.answers import to_json
from forms_app.domain.circulation import Happening
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow, NotFound
from forms_app.domain.escalation import (
    Account,
    Act,
    Agreement,
    Concern,
    Destination,
    Facts,
    Open,
    Outcome,
    Place,
    Resolved,
    Standing,
    StepUp,
    acts_open_to,
    level_of_raiser,
    next_place,
)
from forms_app.domain.filing import Filed, NamedParty, NewConcern, Seen, Written
from forms_app.domain.policy import OFFICE, Event, Policy, Side, Stage
from forms_app.services.circulating import circulate
from forms_app.services.history import concern_of, place_of, policy_of, standing_of, step_of
from forms_app.services.work import Work

REFERENCE_LETTERS = "23456789BCDFGHJKMNPQRTVWXYZ"
"""Without vowels, and without what is read out wrongly on a telephone."""


# --- the acts ----------------------------------------------------------------------------------------------------


def open_escalation(work: Work, *, by: UUID, concern: NewConcern) -> Filed:
    """Opens an escalation under the policy of the raiser's Board, at the first stage of the route.

    Raises NotFound for a person of another Board, NotAllowedNow for what the policy does not permit.
    """
    if (earlier := filed_before(work, by=by, form_key=concern.written.form_key)) is not None:
        return earlier
    raiser = _person(work, by)
    policy = work.shelf.get(raiser.board.policy_key)
    stage = _first_stage(policy, concern)
    _check_agencies(work, policy, raiser, concern.facts)
    escalation = Escalation(
        id=uuid4(),
        board=raiser.board,
        reference=_reference(raiser.board.code),
        policy_key=policy.key,
        category=concern.facts.category,
        opened_at=work.now,
        subject=SubjectOfConcern(kind=concern.subject_kind, answers=to_json(concern.subject)),
    )
    level = level_of_raiser(policy, stage, raiser.level)
    named = [NamedParty(raiser.id, Side.RAISING, level), *concern.people]
    joining = _checked(work, policy, stage, raiser, concern.facts, (), named)
    _join(escalation, joining, at=work.now, raiser=raiser.id)
    record = _record(
        escalation,
        at=work.now,
        place=Place(raiser.id, raiser.agency_id, Side.RAISING, level, is_raiser=True),
        where=Seen(concern.route, stage.id),
        facts=concern.facts,
        written=concern.written,
    )
    work.session.add(escalation)
    return _finish(work, escalation, record, by)


def file_account(work: Work, *, by: UUID, escalation_id: UUID, seen: Seen, account: Account, written: Written) -> Filed:
    """Adds what this person's side says at this stage. An account that corrects another one names it."""
    return _act(work, Act.FILE_ACCOUNT, by, escalation_id, seen, account, written)


def record_outcome(
    work: Work, *, by: UUID, escalation_id: UUID, seen: Seen, outcome: Outcome, written: Written
) -> Filed:
    """Records how the stage was settled. Where all sides close the stage, the others are asked to answer."""
    return _act(work, Act.RECORD_OUTCOME, by, escalation_id, seen, outcome, written)


def answer_outcome(
    work: Work, *, by: UUID, escalation_id: UUID, seen: Seen, answer: Agreement, written: Written
) -> Filed:
    """Agrees or does not agree, for this person's side, with the outcome that another side recorded."""
    return _act(work, Act.ANSWER_OUTCOME, by, escalation_id, seen, answer, written)


def step_up(
    work: Work,
    *,
    by: UUID,
    escalation_id: UUID,
    seen: Seen,
    step: StepUp,
    people: Sequence[NamedParty],
    written: Written,
) -> Filed:
    """Takes the escalation to the next stage, with the people who act there, or out of the policy after the last."""
    return _act(work, Act.STEP_UP, by, escalation_id, seen, step, written, people)


def filed_before(work: Work, *, by: UUID, form_key: UUID) -> Filed | None:
    """The receipt of a form that this person has sent before, if they have."""
    found = reads.record_with_key(work.session, form_key, by)
    return None if found is None else Filed(found.escalation_id, found.id)


# --- how each is done --------------------------------------------------------------------------------------------


def _act(
    work: Work,
    act: Act,
    by: UUID,
    escalation_id: UUID,
    seen: Seen,
    facts: Facts,
    written: Written,
    people: Sequence[NamedParty] = (),
) -> Filed:
    if (earlier := filed_before(work, by=by, form_key=written.form_key)) is not None:
        return earlier
    escalation = reads.escalation_for(work.session, escalation_id, by, lock=True)
    if escalation is None:
        raise NotFound("There is no such escalation.")
    policy, now = policy_of(work, escalation), standing_of(work, escalation)
    place = next(place_of(party) for party in escalation.parties if party.person_id == by)
    if not isinstance(now, Open) or seen != Seen(now.visit.route.id, now.visit.stage.id):
        raise ChangedMeanwhile("This escalation has moved on since you began. Your text is kept; nothing was sent.")
    if act not in acts_open_to(place, now):
        raise NotAllowedNow("The policy does not let you do this at this stage.")
    _check_facts(policy, now, by, facts)
    if isinstance(facts, StepUp) and facts.stage is not None and facts.route is not None:
        stage = policy.stage(facts.route, facts.stage)
        raiser = next(party.person for party in escalation.parties if party.is_raiser)
        joining = _checked(work, policy, stage, raiser, concern_of(escalation), escalation.parties, people)
        _join(escalation, joining, at=work.now)
    record = _record(escalation, at=work.now, place=place, where=seen, facts=facts, written=written)
    return _finish(work, escalation, record, by)


def _finish(work: Work, escalation: Escalation, record: StageRecord, by: UUID) -> Filed:
    """Writes the audit entry, owes what the policy's notices make of this record and drops the draft."""
    work.note(
        f"{record.kind}_recorded", person=by, board=escalation.board.id, escalation=escalation.id, about=record.id
    )
    circulate(work, escalation, record, _happening(work, escalation, record))
    forget_draft(work.session, record.form_key)
    return Filed(escalation.id, record.id)


def _happening(work: Work, escalation: Escalation, record: StageRecord) -> Happening:
    now = standing_of(work, escalation)
    if record.kind == "step_up" and isinstance(now, Open):
        return Happening(Event.STAGE_ENTERED, now.visit.route.id, now.visit.stage.id)
    return Happening(_event(step_of(record).facts, now), record.route, record.stage)


def _event(facts: Facts, now: Standing) -> Event:
    match facts:
        case Concern():
            return Event.OPENED
        case Account():
            return Event.ACCOUNT_FILED
        case StepUp():
            return Event.LEFT
        case Outcome():
            return Event.RESOLVED if isinstance(now, Resolved) else Event.OUTCOME_PROPOSED
        case Agreement():
            return Event.RESOLVED if isinstance(now, Resolved) else Event.OUTCOME_ANSWERED


def _check_facts(policy: Policy, now: Open, by: UUID, facts: Facts) -> None:
    stage = now.visit.stage
    match facts:
        case Outcome():
            if facts.outcome not in stage.closing.outcomes:
                raise NotAllowedNow("This stage cannot end with that outcome.")
            if policy.review_date == "required" and facts.review_on is None:
                raise NotAllowedNow("The policy asks for a review date.")
        case Account() if facts.corrects is not None:
            _check_correction(now, by, facts)
        case Agreement():
            if now.proposed is None or now.proposed.step.id != facts.outcome:
                raise ChangedMeanwhile("Another outcome was recorded since you began. Your text is kept.")
        case StepUp():
            to = next_place(policy, now.visit)
            wanted = (to.route.id, to.stage.id) if isinstance(to, Destination) else (None, None)
            if (facts.route, facts.stage) != wanted:
                raise NotAllowedNow("The policy takes this stage to another one.")
        case _:
            pass


def _check_correction(now: Open, by: UUID, account: Account) -> None:
    here = [(step, step.facts) for step in now.visit.steps if isinstance(step.facts, Account)]
    latest = {step.id for step, _ in here if step.person == by} - {facts.corrects for _, facts in here}
    if account.corrects not in latest:
        raise NotAllowedNow("Only your own account at this stage can be corrected, and only its latest version.")
    if not account.reason.strip():
        raise NotAllowedNow("Say why the account is corrected.")


def _first_stage(policy: Policy, concern: NewConcern) -> Stage:
    route = next((route for route in policy.routes if route.id == concern.route), None)
    if route is None:
        raise NotAllowedNow("The policy has no such route.")
    if concern.facts.category not in {choice.id for choice in policy.categories_of(route)}:
        raise NotAllowedNow("The policy does not name this reason.")
    if concern.subject_kind not in policy.subjects:
        raise NotAllowedNow("The policy does not cover this subject.")
    return route.stages[0]


def _check_agencies(work: Work, policy: Policy, raiser: Person, concern: Concern) -> None:
    """The other agencies are of this Board, and the raiser's own only where the policy permits it."""
    known = {agency.id for agency in agencies_of_board(work.session, raiser.board_id) if agency.kind != OFFICE}
    chosen = {agency.id for agency in concern.agencies}
    if not chosen:
        raise NotAllowedNow("Name the agency that you disagree with.")
    if not chosen <= known:
        raise NotFound("There is no such agency at this Board.")
    if len(chosen) > 1 and not policy.several_responding_agencies:
        raise NotAllowedNow("The policy is for a disagreement with one agency.")
    if raiser.agency_id in chosen and not policy.internal.permitted:
        raise NotAllowedNow(policy.internal.signpost)


def _checked(
    work: Work,
    policy: Policy,
    stage: Stage,
    raiser: Person,
    concern: Concern,
    before: Sequence[Party],
    named: Sequence[NamedParty],
) -> list[tuple[Person, NamedParty]]:
    """The people who join, each looked up and allowed on that side; raises NotAllowedNow when one is missing."""
    known = {person.id: person for person in people_of_board(work.session, raiser.board_id)}
    joining: dict[UUID, tuple[Person, NamedParty]] = {}
    for party in named:
        person = known.get(party.person_id)
        if person is None:
            raise NotFound("There is no such person at this Board's agencies.")
        if not _may_stand(person, party, raiser, concern):
            raise NotAllowedNow("Somebody was named for a side on which their agency does not stand.")
        joining.setdefault(person.id, (person, party))
    acting = {(Side(party.side), party.level) for party in before} | {(party.side, party.level) for party in named}
    for actor in stage.actors:
        if actor.needed and (actor.side, actor.level) not in acting:
            raise NotAllowedNow(f"Name who acts at this stage as: {policy.level_title(actor.level)}.")
    _check_sides(concern, stage, before, named, joining)
    present = {party.person_id for party in before}
    return [pair for pair in joining.values() if pair[0].id not in present]


def _check_sides(
    concern: Concern,
    stage: Stage,
    before: Sequence[Party],
    named: Sequence[NamedParty],
    joining: Mapping[UUID, tuple[Person, NamedParty]],
) -> None:
    """Each person stands on one side, and every agency that responds at this stage has somebody who acts for it."""
    sides = {(party.person_id, Side(party.side)) for party in before} | {(one.person_id, one.side) for one in named}
    if len(sides) > len({person for person, _ in sides}):
        raise NotAllowedNow("Somebody was named on two sides. Each person stands on one.")
    acting = {party.agency_id for party in before if party.side == Side.RESPONDING}
    acting |= {person.agency_id for person, party in joining.values() if party.side is Side.RESPONDING}
    if any(actor.needed and actor.side is Side.RESPONDING for actor in stage.actors):
        for agency in concern.agencies:
            if agency.id not in acting:
                raise NotAllowedNow(f"Name somebody who acts for {agency.name}.")


def _may_stand(person: Person, party: NamedParty, raiser: Person, concern: Concern) -> bool:
    """Whether the person's agency stands on that side; for the Board's side also whether they hold the level."""
    responding = {agency.id for agency in concern.agencies}
    match party.side:
        case Side.RAISING:
            return person.agency_id == raiser.agency_id
        case Side.RESPONDING:
            return person.agency_id in responding
        case Side.BOARD:
            holds = party.level in {person.level, person.seat}
            return holds and person.agency_id not in responding | {raiser.agency_id}


def _join(
    escalation: Escalation,
    joining: Sequence[tuple[Person, NamedParty]],
    *,
    at: datetime,
    raiser: UUID | None = None,
) -> None:
    for person, party in joining:
        escalation.parties.append(
            Party(
                number=len(escalation.parties) + 1,
                person_id=person.id,
                person=person,
                agency_id=person.agency_id,
                agency=person.agency,
                side=party.side.value,
                level=party.level,
                is_raiser=person.id == raiser,
                joined_at=at,
            )
        )


def _record(
    escalation: Escalation, *, at: datetime, place: Place, where: Seen, facts: Facts, written: Written
) -> StageRecord:
    record = StageRecord(
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
    escalation.records.append(record)
    return record


def _person(work: Work, person_id: UUID) -> Person:
    found = person_with_board(work.session, person_id)
    if found is None:
        raise NotFound("There is no such person.")
    return found


def _reference(board_code: str) -> str:
    """Says which Board it is and nothing else: not how many there are, not when, not about whom."""
    return f"{board_code}-{''.join(secrets.choice(REFERENCE_LETTERS) for _ in range(7))}"

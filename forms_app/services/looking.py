"""What the pages of an escalation show: one frozen value per page, only of what the person who looks may see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from forms_app.db import reads
from forms_app.db.tables import Escalation
from forms_app.domain.acts import Act, Destination, acts_open_to, next_place
from forms_app.domain.answers import Sections, from_json
from forms_app.domain.clocks import Running
from forms_app.domain.errors import NotFound
from forms_app.domain.escalation import Left, Open, Resolved, Standing, parties_that_close
from forms_app.domain.policy import Contact, Guidance, Link, Policy, Side, Stage
from forms_app.domain.records import Account, AgreedAction, Place
from forms_app.domain.working_days import spell_date, spell_time, uk_date
from forms_app.services.documents import DocumentLine, document_lines
from forms_app.services.filling import (
    SERVICE,
    SIDES,
    WRITTEN,
    actions_of,
    by_when,
    kept,
    month,
    spell_limit,
    stage_title,
    title_of,
    where_it_stands,
    who_acts,
)
from forms_app.services.history import concern_of, place_of, policy_of, standing_of, step_of
from forms_app.services.similar import similar_to
from forms_app.services.work import Work


@dataclass(frozen=True, slots=True)
class Summary:
    """One line of a list of escalations."""

    id: UUID
    reference: str
    where: str
    opened: str
    raising: str
    responding: str
    next_due: str
    is_late: bool
    is_open: bool
    waits_for_you: bool


@dataclass(frozen=True, slots=True)
class ClockLine:
    who: str
    what: str
    limit: str
    by_when: str
    kept: str
    is_late: bool
    note: str
    section: str
    words: str


@dataclass(frozen=True, slots=True)
class PartyLine:
    name: str
    job_title: str
    agency: str
    side: str
    is_raiser: bool
    telephone: str


@dataclass(frozen=True, slots=True)
class RecordLine:
    id: UUID
    stage: str
    what: str
    by: str
    agency: str
    side: str
    happened: str
    entered: str
    sections: Sections
    actions: tuple[AgreedAction, ...]
    corrects: UUID | None
    corrected_by: UUID | None
    can_be_corrected: bool
    """Whether it is this person's own account at the stage where it is, and its latest version."""


@dataclass(frozen=True, slots=True)
class ProposedOutcome:
    """An outcome that waits for answers."""

    record_id: UUID
    outcome: str
    by: str
    waits_for: tuple[str, ...]
    disagree: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EscalationView:
    """One escalation as a party sees it."""

    summary: Summary
    policy: Policy
    stage: Stage | None
    stage_name: str
    stage_seen: tuple[str, str]
    """Route and stage, by which a form says at which stage it was begun."""
    visit_number: int
    place: Place
    places: tuple[Place, ...]
    responding: tuple[UUID, ...]
    """The agencies whose decision is questioned, also before any of their people takes part."""
    parties: tuple[PartyLine, ...]
    subject: Sections
    records: tuple[RecordLine, ...]
    clocks: tuple[ClockLine, ...]
    documents: tuple[DocumentLine, ...]
    acts: frozenset[Act]
    proposed: ProposedOutcome | None
    next_name: str
    similar: int
    """How many similar escalations the Board has had, this one counted; 0 where the policy has no pattern."""
    standing: Standing


def your_escalations(work: Work, *, by: UUID) -> list[Summary]:
    """The escalations in which this person takes part, the newest first."""
    return [summary_of(work, escalation, by) for escalation in reads.escalations_of(work.session, by)]


def escalation_view(work: Work, *, by: UUID, escalation_id: UUID, with_documents: bool = True) -> EscalationView:
    """One escalation, for a person who takes part in it. Raises NotFound for anybody else."""
    escalation = reads.escalation_for(work.session, escalation_id, by)
    if escalation is None:
        raise NotFound("There is no such escalation.")
    policy, now = policy_of(work, escalation), standing_of(work, escalation)
    place = next(place_of(party) for party in escalation.parties if party.person_id == by)
    visit = now.visits[-1]
    documents = reads.documents_for(work.session, escalation_id, by) if with_documents else ()
    return EscalationView(
        summary=summary_of(work, escalation, by),
        policy=policy,
        stage=visit.stage if isinstance(now, Open) else None,
        stage_name=stage_title(policy, visit.stage),
        stage_seen=(visit.route.id, visit.stage.id),
        visit_number=len(now.visits),
        place=place,
        places=tuple(place_of(party) for party in escalation.parties),
        responding=tuple(agency.id for agency in concern_of(escalation).agencies),
        parties=tuple(_parties(escalation)),
        subject=from_json(escalation.subject.answers),
        records=tuple(_records(policy, escalation, by, now)),
        clocks=tuple(clock_line(policy, clock, work) for clock in now.clocks),
        documents=document_lines(work, documents, escalation.reference) if documents else (),
        acts=acts_open_to(place, now),
        proposed=_proposed(policy, escalation, now) if isinstance(now, Open) else None,
        next_name=_next_name(policy, now),
        similar=similar_to(work, escalation),
        standing=now,
    )


# --- parts -------------------------------------------------------------------------------------------------------


def clock_line(policy: Policy, clock: Running, work: Work) -> ClockLine:
    return ClockLine(
        who=who_acts(policy, clock),
        what=clock.does,
        limit=spell_limit(clock.limit),
        by_when=by_when(clock),
        kept=kept(clock, work.now),
        is_late=clock.is_late(work.now),
        note=_note(policy, clock, work),
        section=clock.source.section,
        words=clock.source.words,
    )


def _note(policy: Policy, clock: Running, work: Work) -> str:
    """Why the moment is not what the limit alone would give, or what a reader should know about it."""
    if clock.due is None:
        if clock.met_at is not None or clock.left_at is not None:
            return ""
        days = (work.now - clock.started_at).days
        return f"Waiting for {days} {'day' if days == 1 else 'days'}" if days else "Waiting since today"
    if clock.due.because == "cap":
        return "Shortened by the limit over several stages"
    if clock.due.because == "protects_child":
        return f"Shortened to protect the {policy.words.child}"
    if clock.due.to_the_minute and not work.calendar(policy).is_working(clock.due.day):
        return "Hours are counted through weekends and holidays: this ends on a day that is not a working day"
    return ""


def summary_of(work: Work, escalation: Escalation, by: UUID | None) -> Summary:
    policy, now = policy_of(work, escalation), standing_of(work, escalation)
    due = now.next_due if isinstance(now, Open) else None
    waits = False
    if by is not None and isinstance(now, Open):
        place = next(place_of(party) for party in escalation.parties if party.person_id == by)
        waits = Act.ANSWER_OUTCOME in acts_open_to(place, now)
    return Summary(
        id=escalation.id,
        reference=escalation.reference,
        where=where_it_stands(policy, now),
        opened=spell_date(uk_date(escalation.opened_at)) if by else month(escalation.opened_at),
        raising=next(party.agency.name for party in escalation.parties if party.is_raiser),
        responding=", ".join(agency.name for agency in concern_of(escalation).agencies),
        next_due=(spell_time(due.at) if due.to_the_minute else spell_date(due.day)) if due else "",
        is_late=due is not None and work.now >= due.at,
        is_open=isinstance(now, Open),
        waits_for_you=waits,
    )


def _parties(escalation: Escalation) -> Iterator[PartyLine]:
    for party in escalation.parties:
        yield PartyLine(
            name=party.person.name,
            job_title=party.person.job_title,
            agency=party.agency.name,
            side=SIDES[Side(party.side)],
            is_raiser=party.is_raiser,
            telephone=party.person.telephone,
        )


def _records(policy: Policy, escalation: Escalation, by: UUID, now: Standing) -> Iterator[RecordLine]:
    people = {party.person_id: party for party in escalation.parties}
    facts = {record.id: step_of(record).facts for record in escalation.records}
    corrections = {fact.corrects: name for name, fact in facts.items() if isinstance(fact, Account) and fact.corrects}
    here = {step.id for step in now.visit.steps} if isinstance(now, Open) else set()
    for record in escalation.records:
        fact, party = facts[record.id], people.get(record.person_id) if record.person_id else None
        yield RecordLine(
            id=record.id,
            stage=stage_title(policy, policy.stage(record.route, record.stage)),
            what=WRITTEN[record.kind],
            by=party.person.name if party else SERVICE,
            agency=party.agency.name if party else "",
            side=SIDES[Side(record.side)] if record.side else "",
            happened=spell_date(record.happened_on),
            entered=spell_time(record.entered_at),
            sections=from_json(record.sections),
            actions=actions_of(fact),
            corrects=fact.corrects if isinstance(fact, Account) else None,
            corrected_by=corrections.get(record.id),
            can_be_corrected=record.id in here
            and record.person_id == by
            and isinstance(fact, Account)
            and record.id not in corrections,
        )


def _proposed(policy: Policy, escalation: Escalation, now: Open) -> ProposedOutcome | None:
    if now.proposed is None:
        return None
    names = {(Side(party.side), party.agency_id): party.agency.name for party in escalation.parties}
    needed = parties_that_close(now.visit.stage, [place_of(party) for party in escalation.parties])
    waiting = needed - now.proposed.agreed - now.proposed.disagreed
    return ProposedOutcome(
        record_id=now.proposed.step.id,
        outcome=title_of(policy.outcomes, now.proposed.facts.outcome),
        by=next(party.agency.name for party in escalation.parties if party.person_id == now.proposed.step.person),
        waits_for=tuple(sorted(names[side] for side in waiting)),
        disagree=tuple(sorted(names[side] for side in now.proposed.disagreed)),
    )


def _next_name(policy: Policy, now: Standing) -> str:
    """Where the escalation goes when this stage does not settle it."""
    match now:
        case Open(visit=visit):
            to = next_place(policy, visit)
            return stage_title(policy, to.stage) if isinstance(to, Destination) else to.title
        case Resolved() | Left():
            return ""


# --- from a view, for a page -------------------------------------------------------------------------------------


def guidance_for(policy: Policy, stage: Stage | None, moment: str) -> list[Guidance]:
    """The policy's and the stage's guidance for this moment, the policy's first."""
    every = [*policy.guidance, *(stage.guidance if stage else ())]
    return [guidance for guidance in every if "always" in guidance.show or moment in guidance.show]


def help_for(policy: Policy, stage: Stage | None, board: str) -> tuple[list[Link], list[Contact]]:
    """The links and contacts of the policy and the stage, with what this Board added."""
    added = [addition for addition in policy.local_additions if addition.board == board]
    links = [*policy.links, *(stage.links if stage else ()), *(link for each in added for link in each.links)]
    return links, [*policy.contacts, *(contact for each in added for contact in each.contacts)]


def record_of(view: EscalationView, record_id: UUID) -> RecordLine:
    """One record of a view. Raises NotFound."""
    for record in view.records:
        if record.id == record_id:
            return record
    raise NotFound("There is no such record.")

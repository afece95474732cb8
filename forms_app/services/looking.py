"""What the pages of an escalation show: one frozen value per page, only of what the person who looks may see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from forms_app.db import reads
from forms_app.db.tables import Document, Escalation, Party
from forms_app.domain.acts import Act, Destination, acts_open_to, next_place, open_to_correction
from forms_app.domain.answers import Sections, from_json
from forms_app.domain.clocks import CountedDay, Running, day_by_day
from forms_app.domain.errors import NotFound
from forms_app.domain.escalation import Open, Standing
from forms_app.domain.policy import Contact, Guidance, Link, Policy, Side, Stage, Unit
from forms_app.domain.records import Account, AgreedAction, Agreement, Correction, Place, Step
from forms_app.domain.sight import is_told_who
from forms_app.domain.waiting import awaited, is_refusal, supports
from forms_app.domain.working_days import spell_date, spell_time
from forms_app.services.documents import DocumentLine, document_lines
from forms_app.services.filling.values import actions_of, dissents, why_by_itself
from forms_app.services.handing_over import changes_of, may_hand_over
from forms_app.services.history import concern_of, places_of, policy_of, standing_of, step_of
from forms_app.services.in_words import (
    SIDES,
    WRITTEN,
    by_when,
    document_title,
    kept,
    spell_limit,
    title_of,
    what_is_due,
    who_acts,
    who_recorded,
)
from forms_app.services.ledger import Acting, Reader
from forms_app.services.open_points import OpenPoint, OpenPoints
from forms_app.services.places import as_raiser, holders_of, is_empty, standing_in_words
from forms_app.services.removing import cannot_be_removed, may_remove
from forms_app.services.sight import visible
from forms_app.services.similar import similar_to, threshold_for
from forms_app.services.summaries import Summary, summary_of
from forms_app.services.withdrawing import WithdrawalLine, withdrawals_in
from forms_app.services.work import Work

RECENT = 8
"""How many documents a page shows at once; the older ones are folded, stage by stage."""
ACTIONS = {"outcome": "Agreed actions", "meeting_held": "Recommendations", "steps": "Steps"}
"""What a record calls that which somebody will do by a date."""


@dataclass(frozen=True, slots=True)
class ClockLine:
    who: str
    what: str
    limit: str
    by_when: str
    kept: str
    is_late: bool
    note: str
    days: tuple[CountedDay, ...]
    """How the days of the limit were counted; none where it is not counted in days."""
    how: str
    """How it came to its moment, where it was not by counting days."""
    shown_by: str
    section: str
    words: str


@dataclass(frozen=True, slots=True)
class PartyLine:
    id: UUID
    """Of the person."""
    name: str
    job_title: str
    agency: str
    side: str
    is_raiser: bool
    telephone: str
    can_be_removed: bool
    """Whether this reader may say that they were named by mistake."""
    place_id: UUID
    standing: str
    """What is to be known of their place: that they cover, gave it up or left; empty for whoever simply holds it."""
    is_empty: bool
    """Whether nobody holds the place of which this was the last holder."""
    can_be_handed_over: bool
    """Whether this reader may name a successor, and who covers."""


@dataclass(frozen=True, slots=True)
class RecordLine:
    id: UUID
    kind: str
    stage: str
    what: str
    by: str
    agency: str
    side: str
    happened: str
    entered: str
    sections: Sections
    actions: tuple[AgreedAction, ...]
    actions_title: str
    corrects: UUID | None
    corrected_by: tuple[UUID, ...]
    can_be_corrected: bool
    """Whether this person can say in a record of its own what in it is wrong."""
    can_be_written_again: bool
    """Whether it is this person's own account at the stage where it is, and its latest version."""
    by_itself: str
    """Why the service made it; empty for what a person recorded."""


@dataclass(frozen=True, slots=True)
class ProposedOutcome:
    """An outcome that waits for answers."""

    record_id: UUID
    outcome: str
    by: str
    waits_for: tuple[str, ...]
    disagree: tuple[str, ...]
    agree_actions: tuple[str, ...]
    """Those of them who agree all the same that the actions go ahead."""


@dataclass(frozen=True, slots=True)
class Said:
    """What one party said, and where it stands."""

    name: str
    agency: str
    record: UUID


@dataclass(frozen=True, slots=True)
class OnFile:
    """Whether an agency has said that the record is on the child's file."""

    agency: str
    said_on: str


@dataclass(frozen=True, slots=True)
class Beside:
    """Another escalation about the same child."""

    id: UUID
    reference: str


@dataclass(frozen=True, slots=True)
class DocumentsOfStage:
    """Some of the older documents: those of what was recorded at one stage."""

    stage: str
    documents: tuple[DocumentLine, ...]

    @property
    def needs_a_person(self) -> bool:
        """Whether somebody must look at one of them, or telephone somebody about it."""
        return any(
            line.fault is not None or any(delivery.needs_a_person for delivery in line.deliveries)
            for line in self.documents
        )


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
    changes: tuple[str, ...]
    """How places changed hands."""
    can_declare_interest: bool
    subject: Sections
    records: tuple[RecordLine, ...]
    clocks: tuple[ClockLine, ...]
    documents: tuple[DocumentLine, ...]
    """The newest first."""
    older_documents: tuple[DocumentsOfStage, ...]
    """Those of them that are folded, where there are many."""
    withdrawn: tuple[WithdrawalLine, ...]
    """What was withdrawn of what this party was sent."""
    acts: frozenset[Act]
    awaited: tuple[Act, ...]
    """What waits for this party, the most urgent first."""
    open_points: tuple[OpenPoint, ...]
    supporting: tuple[Said, ...]
    """The managers of the raising side who support it at this stage, and those who do not."""
    not_supporting: tuple[Said, ...]
    dissenting: tuple[Said, ...]
    on_file: tuple[OnFile, ...]
    proposed: ProposedOutcome | None
    next_name: str
    similar: int
    """How many similar escalations the Board has had, this one counted; 0 where the policy has no pattern."""
    similar_months: int
    """In how many months."""
    standing: Standing

    @property
    def recent_documents(self) -> tuple[DocumentLine, ...]:
        return self.documents[:RECENT]


def your_escalations(work: Work, *, by: UUID) -> list[Summary]:
    """The escalations in which this person takes part, the newest first."""
    return [summary_of(work, escalation, by) for escalation in reads.escalations_of(work.session, by)]


def opened_beside(work: Work, *, by: UUID, escalation_id: UUID) -> tuple[Beside, ...]:
    """The escalations about the same child, opened beside this one or before it, in which this person takes part too."""
    found = reads.opened_beside(work.session, escalation_id, by)
    return tuple(Beside(escalation.id, escalation.reference) for escalation in found)


def escalation_view(work: Work, *, by: UUID, escalation_id: UUID, with_documents: bool = True) -> EscalationView:
    """One escalation, for a person who takes part in it. Raises NotFound for anybody else."""
    escalation = reads.escalation_for(work.session, escalation_id, by)
    if escalation is None:
        raise NotFound("There is no such escalation.")
    policy, now = policy_of(work, escalation), standing_of(work, escalation)
    places = tuple(places_of(escalation))
    place = next(place for place in places if place.person == by)
    own = next(party for party in escalation.parties if party.person_id == by)
    responding = tuple(agency.id for agency in concern_of(escalation).agencies)
    visit = now.visits[-1]
    documents = reads.documents_for(work.session, escalation_id, by) if with_documents else ()
    acting = Acting(place.agency, next(each.agency for each in places if each.is_raiser))
    lines = document_lines(work, documents, escalation.reference, Reader.PARTY, acting) if documents else ()
    is_told = is_told_who(policy, place, now.recorded)
    return EscalationView(
        summary=summary_of(work, escalation, by, now),
        policy=policy,
        stage=visit.stage if isinstance(now, Open) else None,
        stage_name=policy.stage_title(visit.stage),
        stage_seen=(visit.route.id, visit.stage.id),
        visit_number=len(now.visits),
        place=place,
        places=places,
        responding=responding,
        parties=tuple(_parties(policy, escalation, own)),
        changes=changes_of(work, escalation, own),
        can_declare_interest=own.side == Side.BOARD,
        subject=from_json(escalation.subject.answers) if is_told else (),
        records=tuple(_records(policy, escalation, place, now)),
        clocks=tuple(clock_line(policy, clock, work, now.clocks) for clock in now.clocks),
        documents=lines,
        older_documents=tuple(_older(policy, escalation, documents, lines)),
        withdrawn=withdrawals_in(work, by=by, escalation_id=escalation_id) if with_documents else (),
        acts=acts_open_to(place, now),
        awaited=awaited(place, now, places=places, responding=responding, at=work.now),
        open_points=tuple(OpenPoints(work, policy, escalation, now).lines()) if is_told else (),
        supporting=_said(escalation, (step for step in supports(now) if not is_refusal(step))),
        not_supporting=_said(escalation, (step for step in supports(now) if is_refusal(step))),
        dissenting=_said(escalation, dissents(now)),
        on_file=tuple(_on_file(escalation)),
        proposed=_proposed(policy, escalation, now) if isinstance(now, Open) and is_told else None,
        next_name=_next_name(now),
        similar=similar_to(work, escalation),
        similar_months=threshold_for(work, policy, escalation.board_id).months if policy.pattern else 0,
        standing=now,
    )


# --- parts -------------------------------------------------------------------------------------------------------


def clock_line(policy: Policy, clock: Running, work: Work, among: Sequence[Running]) -> ClockLine:
    days = day_by_day(clock.limit, start=clock.started_at, calendar=work.calendar(policy))
    return ClockLine(
        who=who_acts(policy, clock),
        what=what_is_due(policy, clock, among),
        limit=spell_limit(clock.limit),
        by_when=by_when(clock),
        kept=kept(clock, work.now),
        is_late=clock.is_late(work.now),
        note=_note(policy, clock, work),
        days=days,
        how=_how(clock, days),
        shown_by="" if clock.shown_by is None else document_title(policy, clock.shown_by),
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


def _how(clock: Running, days: tuple[CountedDay, ...]) -> str:
    """How a limit that is not counted in days came to its moment, or what its counted days lead to."""
    if clock.due is None:
        return ""
    if clock.due.because in {"cap", "protects_child"}:
        return "This is the policy’s own limit, before it was shortened." if days else ""
    match clock.limit.unit:
        case Unit.HOURS:
            start, limit = spell_time(clock.started_at), spell_limit(clock.limit)
            return f"From {start}, {limit} without a pause: nights, weekends and bank holidays count."
        case Unit.STATED:
            return "The side that takes it further stated this date."
        case Unit.AGREED:
            return "All sides accepted this date."
        case _:
            return ""


def _said(escalation: Escalation, steps: Iterable[Step]) -> tuple[Said, ...]:
    people = {party.person_id: party for party in escalation.parties}
    return tuple(
        Said(people[step.person].person.name, people[step.person].agency.name, step.id)
        for step in steps
        if step.person is not None
    )


def _on_file(escalation: Escalation) -> Iterator[OnFile]:
    """The agencies of both sides, and any other that has said it, each with what it said last."""
    names = {party.agency_id: party.agency.name for party in escalation.parties if party.is_raiser}
    names |= {agency.id: agency.name for agency in concern_of(escalation).agencies}
    said: dict[UUID, str] = {}
    for record in escalation.records:
        if record.kind == "filing" and record.agency_id is not None:
            said[record.agency_id] = spell_date(record.happened_on)
    names |= {party.agency_id: party.agency.name for party in escalation.parties if party.agency_id in said}
    for agency, name in names.items():
        yield OnFile(name, said.get(agency, ""))


def _parties(policy: Policy, escalation: Escalation, by: Party) -> Iterator[PartyLine]:
    holders = {holder.id for holder in holders_of(escalation)}
    for party in escalation.parties:
        is_there, holds = party.removed_at is None, party.id in holders
        may = party.holds_place and by.agency_id in may_remove(escalation, party)
        yield PartyLine(
            id=party.person_id,
            name=party.person.name,
            job_title=party.person.job_title,
            agency=party.agency.name,
            side=SIDES[Side(party.side)] + as_raiser(escalation, party),
            is_raiser=party.is_raiser,
            telephone=party.person.telephone if is_there and not party.has_left else "",
            can_be_removed=may and not cannot_be_removed(escalation, party),
            place_id=party.place_id,
            standing=standing_in_words(escalation, party),
            is_empty=holds and is_empty(party),
            can_be_handed_over=holds and may_hand_over(policy, party, by),
        )


def _older(
    policy: Policy, escalation: Escalation, documents: Sequence[Document], lines: Sequence[DocumentLine]
) -> Iterator[DocumentsOfStage]:
    titles = {row.id: policy.stage_title(policy.stage(row.route, row.stage)) for row in escalation.records}
    found: dict[str, list[DocumentLine]] = {}
    for document, line in list(zip(documents, lines, strict=True))[RECENT:]:
        found.setdefault(titles[document.record_id], []).append(line)
    return (DocumentsOfStage(stage, tuple(each)) for stage, each in found.items())


def _records(policy: Policy, escalation: Escalation, by: Place, now: Standing) -> Iterator[RecordLine]:
    people = {party.person_id: party for party in escalation.parties}
    facts = {record.id: step_of(record).facts for record in escalation.records}
    corrections: dict[UUID, list[UUID]] = {}
    for name, fact in facts.items():
        if isinstance(fact, Account | Correction) and fact.corrects is not None:
            corrections.setdefault(fact.corrects, []).append(name)
    correctable = {step.id for step in open_to_correction(by, now)}
    here = {step.id for step in now.visit.steps} if isinstance(now, Open) else set()
    for record in visible(escalation.records, policy, by):
        fact, party = facts[record.id], people.get(record.person_id) if record.person_id else None
        yield RecordLine(
            id=record.id,
            stage=policy.stage_title(policy.stage(record.route, record.stage)),
            kind=record.kind,
            what=WRITTEN[record.kind],
            by=who_recorded(record, people),
            agency=party.agency.name if party else "",
            side=SIDES[Side(record.side)] if record.side else "",
            happened=spell_date(record.happened_on),
            entered=spell_time(record.entered_at),
            sections=from_json(record.sections),
            actions=actions_of(fact),
            actions_title=ACTIONS.get(record.kind, ""),
            corrects=fact.corrects if isinstance(fact, Account | Correction) else None,
            corrected_by=tuple(corrections.get(record.id, ())),
            can_be_corrected=record.id in correctable,
            can_be_written_again=record.id in here
            and record.person_id == by.person
            and isinstance(fact, Account)
            and record.id not in corrections,
            by_itself="" if record.person_id else why_by_itself(policy, escalation, record),
        )


def _proposed(policy: Policy, escalation: Escalation, now: Open) -> ProposedOutcome | None:
    if now.proposed is None:
        return None
    names = {(Side.RESPONDING, agency.id): agency.name for agency in concern_of(escalation).agencies}
    names |= {(Side(party.side), party.agency_id): party.agency.name for party in escalation.parties}
    actions = {
        step.agency: step.facts.agrees_actions
        for step in now.visit.steps
        if isinstance(step.facts, Agreement) and step.facts.outcome == now.proposed.step.id
    }
    return ProposedOutcome(
        record_id=now.proposed.step.id,
        outcome=title_of(policy.outcomes, now.proposed.facts.outcome),
        by=next(party.agency.name for party in escalation.parties if party.person_id == now.proposed.step.person),
        waits_for=tuple(sorted(names[side] for side in now.proposed.waits_for)),
        disagree=tuple(sorted(names[side] for side in now.proposed.disagreed)),
        agree_actions=tuple(sorted(names[side] for side in now.proposed.disagreed if actions.get(side[1]))),
    )


def _next_name(now: Standing) -> str:
    """Where the escalation goes when this stage does not settle it."""
    if not isinstance(now, Open):
        return ""
    to = next_place(now.policy, now.visit)
    return now.policy.stage_title(to.stage) if isinstance(to, Destination) else to.title


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

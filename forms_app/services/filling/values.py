"""What every kind of document is filled from: an escalation at one moment, and the parts that several kinds have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from forms_app.db.tables import Escalation, StageRecord
from forms_app.db.tables import Party as PartyRow
from forms_app.documents import contexts as say
from forms_app.domain.answers import Section, Sections, from_json
from forms_app.domain.circulation import Circulation, Happening
from forms_app.domain.clocks import Running
from forms_app.domain.escalation import Resolved, Standing, Visit
from forms_app.domain.policy import DEIDENTIFIED, DocumentKind, Policy, Side
from forms_app.domain.records import AgreedAction, Dissent, Facts, MeetingHeld, Outcome, Step, StepsSet, StepUp
from forms_app.domain.secrecy import for_documents
from forms_app.domain.working_days import spell_date, spell_time, uk_date
from forms_app.services.history import step_of
from forms_app.services.in_words import (
    SERVICE,
    SIDES,
    by_when,
    document_title,
    kept,
    month,
    not_met,
    spell_limit,
    what_is_due,
    who_acts,
    who_recorded,
)
from forms_app.services.places import as_raiser
from forms_app.services.sight import visible

NO_DANGER = ("danger", ("no",))
"""The answer to the question before every form that says nothing which a reader has to know."""
NOBODY = say.Party(name=SERVICE, job_title="None", agency="None", side="None")
"""Who wrote what the service wrote itself."""


@dataclass(frozen=True, slots=True)
class Filling:
    """Everything that a document of this moment can say."""

    policy: Policy
    escalation: Escalation
    record: StageRecord
    standing: Standing
    now: datetime
    happening: Happening | None = None
    """What the record amounts to; None where somebody asks for a document."""
    kinds: Mapping[UUID, str] = field(default_factory=dict)
    """The kind of each agency of the Board, for documents that do not name it."""

    # --- what stands in most documents

    def heading(self, kind: DocumentKind) -> say.Heading:
        board = self.escalation.board
        return say.Heading(
            board=board.name,
            title=document_title(self.policy, kind),
            policy=f"{self.policy.title} ({self.policy.dated})",
            reference=self.escalation.reference,
            issued_on=month(self.now) if kind in DEIDENTIFIED else spell_date(uk_date(self.now)),
            business_unit=f"Telephone {board.telephone}, email {board.email}",
        )

    def subject(self) -> tuple[say.Answer, ...]:
        return tuple(
            say.Answer(question=answer.question, answer=answer.answer)
            for section in for_documents(from_json(self.escalation.subject.answers))
            for answer in section.answers
        )

    def sections(self, leave_out: frozenset[str] = frozenset()) -> tuple[say.Section, ...]:
        return self.sections_of(self.record, leave_out)

    def sections_of(self, record: StageRecord, leave_out: frozenset[str] = frozenset()) -> tuple[say.Section, ...]:
        """What was written in a record, or why the service made it."""
        if record.person_id is None:
            why = say.Answer(question="Why", answer=why_by_itself(self.policy, self.escalation, record))
            return (say.Section(title=SERVICE, answers=(why,)),)
        return sections_in_words(from_json(record.sections), leave_out)

    def stage_of(self, record: StageRecord) -> str:
        return self.policy.stage_title(self.policy.stage(record.route, record.stage))

    def time_limits(self) -> tuple[say.TimeLimit, ...]:
        return time_limits(self.policy, self.standing.clocks, self.now)

    def stage_lines(self, spell: Callable[[datetime], str]) -> tuple[say.StageLine, ...]:
        """The stages that it has been through. `spell` says when: to the minute, or only in which month."""
        return tuple(
            say.StageLine(
                stage=self.policy.stage_title(visit.stage),
                entered=spell(visit.entered_at),
                left=spell(visit.left_at) if visit.left_at else "Not yet",
                how=_how_left(visit),
            )
            for visit in self.standing.visits
        )

    # --- people

    def parties(self) -> tuple[say.Party, ...]:
        """Those who take part or took part; who only covers for one of them stands in what they recorded."""
        there = (row for row in self.escalation.parties if row.removed_at is None and not row.is_cover)
        return tuple(self.party(row) for row in there)

    def people(self, persons: Iterable[UUID]) -> tuple[say.Party, ...]:
        """Those of them who take part, each once."""
        rows = {row.person_id: row for row in self.escalation.parties}
        return tuple(self.party(rows[person]) for person in dict.fromkeys(persons) if person in rows)

    def party(self, row: PartyRow) -> say.Party:
        return say.Party(
            name=row.person.name,
            job_title=row.person.job_title,
            agency=row.agency.name,
            side=SIDES[Side(row.side)] + as_raiser(self.escalation, row),
        )

    def written_by(self, record: StageRecord) -> say.Party:
        """The party who wrote a record, with whom they covered for, or the service itself."""
        rows = {row.person_id: row for row in self.escalation.parties}
        if record.person_id is None or record.person_id not in rows:
            return NOBODY
        said = self.party(rows[record.person_id])
        return said.model_copy(update={"name": who_recorded(record, rows)})

    def raiser(self) -> say.Party:
        """Whoever raised the concern, by name, though their place may be another’s by now."""
        first = self.escalation.records[0].person_id
        return next(self.party(row) for row in self.escalation.parties if row.person_id == first)


Maker = Callable[[Filling, Circulation], say.Context]
"""Fills one kind of document."""


def _how_left(visit: Visit) -> str:
    if visit.left_at is None:
        return "Open"
    if visit.steps and isinstance(visit.steps[-1].facts, StepUp):
        return "Not resolved here"
    return "Resolved"


def dissents(now: Standing) -> list[Step]:
    """The records of those who did not share the decision that closed the stage."""
    return [step for step in now.since if isinstance(step.facts, Dissent)] if isinstance(now, Resolved) else []


def why_by_itself(policy: Policy, escalation: Escalation, record: StageRecord) -> str:
    """Why the service made a record of its own, in a sentence."""
    match step_of(record).facts:
        case StepUp(unanswered=str(clock)):
            stage = policy.stage(record.route, record.stage)
            does = next((each.does for each in stage.clocks if each.id == clock), clock)
            return f"Opened by itself: nobody kept “{does}” in time."
        case _:
            others = (row for row in visible(escalation.records, policy, None) if row.kind != record.kind)
            last = [row.entered_at for row in others if row.number < record.number][-1]
            return f"Nothing had been recorded since {spell_time(last)}."


# --- time limits --------------------------------------------------------------------------------------------------


def time_limits(policy: Policy, clocks: Sequence[Running], now: datetime) -> tuple[say.TimeLimit, ...]:
    """Clocks in words: who, what, by when, and whether each was kept."""
    return tuple(
        say.TimeLimit(
            who=who_acts(policy, clock),
            what=what_is_due(policy, clock, clocks),
            by_when=by_when(clock),
            kept=kept(clock, now),
        )
        for clock in clocks
    )


def timeliness(policy: Policy, clocks: Sequence[Running], now: datetime) -> tuple[say.TimeLimit, ...]:
    """Clocks without their dates: the limits, and whether each was kept."""
    return tuple(
        say.TimeLimit(
            who=who_acts(policy, clock),
            what=what_is_due(policy, clock, clocks),
            by_when=spell_limit(clock.limit),
            kept=_kept_in_time(clock, now),
        )
        for clock in clocks
    )


def _kept_in_time(clock: Running, now: datetime) -> str:
    late = clock.is_late(now)
    return not_met(clock, late) if clock.met_at is None else ("Late" if late else "Kept")


# --- what was written ----------------------------------------------------------------------------------------------


def sections_in_words(sections: Sections, leave_out: frozenset[str] = frozenset()) -> tuple[say.Section, ...]:
    return tuple(
        say.Section(title=section.title, answers=answers)
        for section in sections
        if (answers := tuple(_answers(section, leave_out)))
    )


def _answers(section: Section, leave_out: frozenset[str]) -> Iterator[say.Answer]:
    for answer in section.answers:
        if answer.id not in leave_out and (answer.id, answer.codes) != NO_DANGER:
            yield say.Answer(question=answer.question, answer=answer.answer)


def actions_of(facts: Facts) -> tuple[AgreedAction, ...]:
    """What a record says that somebody will do by a date: actions, recommendations, steps."""
    match facts:
        case Outcome(actions=actions) | MeetingHeld(recommendations=actions) | StepsSet(steps=actions):
            return actions
        case _:
            return ()


def actions_in_words(facts: Facts) -> tuple[say.Action, ...]:
    return tuple(
        say.Action(what=action.what, who=action.who, by_when=spell_date(action.by_when)) for action in actions_of(facts)
    )

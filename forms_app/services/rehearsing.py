"""Walks an invented escalation through one route of a policy, by the very services that people use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID, uuid4

from forms_app.db import reads
from forms_app.db.tables import Document
from forms_app.documents.catalogue import file_name, kind_of
from forms_app.domain.acts import Act, Destination, acts_open_to, gates_to, level_of_raiser, next_place
from forms_app.domain.answers import Answered, Section, Sections
from forms_app.domain.escalation import Open, Standing
from forms_app.domain.filing import Filed, ListedPerson, NamedParty, NewConcern, Seen, Written
from forms_app.domain.policy import OFFICE, Actor, Asked, Policy, Question, QuestionKind, Route, Side, Stage
from forms_app.domain.records import (
    Account,
    AgreedAction,
    Agreement,
    Concern,
    ConcernedAgency,
    Outcome,
    Place,
    StepUp,
    Timing,
)
from forms_app.domain.working_days import LONDON, spell_time, uk_date
from forms_app.services import escalations
from forms_app.services.directory import directory_for
from forms_app.services.documents import FORMATS
from forms_app.services.history import place_of, policy_of, standing_of
from forms_app.services.in_words import SIDES, by_when, spell_limit, who_acts
from forms_app.services.work import Work, Workshop

HAPPENED = {
    "account": "The other side writes its account",
    "outcome": "An outcome is recorded",
    "agreement": "A side agrees with the outcome",
}
WorkshopAt = Callable[[datetime], Workshop]
"""The same database at another moment."""


@dataclass(frozen=True, slots=True)
class RehearsedClock:
    id: str
    who: str
    what: str
    limit: str
    due: str
    due_at: str | None
    section: str
    words: str


@dataclass(frozen=True, slots=True)
class RehearsedDocument:
    kind: str
    title: str
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RehearsedEvent:
    """Something that is recorded, with the documents that it makes and who gets each."""

    at: str
    what: str
    by: str
    documents: tuple[RehearsedDocument, ...]


@dataclass(frozen=True, slots=True)
class RehearsedStage:
    id: str
    title: str
    entered: str
    people: tuple[str, ...]
    clocks: tuple[RehearsedClock, ...]
    asked: tuple[str, ...]
    closes: str
    events: tuple[RehearsedEvent, ...]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    policy: str
    title: str
    route: str
    opened: str
    stages: tuple[RehearsedStage, ...]
    end: str


def rehearse(at: WorkshopAt, *, policy: Policy, route: Route, raiser: UUID, opened: datetime) -> Rehearsal:
    """Opens an invented escalation and takes it up stage by stage; resolves it where it can go no further.

    The other side writes its account an hour after each stage begins; the next step is taken at ten o'clock on the
    next working day. `raiser` is a person of a Board that has adopted the policy.
    """
    walk = _Walk(at, policy, raiser, opened)
    return Rehearsal(
        policy=policy.key,
        title=policy.title,
        route=route.id,
        opened=spell_time(opened),
        stages=tuple(walk.stages(route)),
        end=walk.end,
    )


def every_file(work: Work) -> Iterator[tuple[str, bytes]]:
    """Every document of a whole database, for a rehearsal: names and bytes, in the order in which they were owed."""
    for document in reads.every_document(work.session):
        for form in FORMATS:
            found = reads.file_of(work.session, document.id, form)
            if found is not None:
                yield file_name(kind_of(document.kind), document.escalation.reference, form), found.content


class _Walk:
    """One walk under way: the moment at which it is, and what was recorded so far."""

    def __init__(self, at: WorkshopAt, policy: Policy, raiser: UUID, opened: datetime) -> None:
        self.at, self.policy, self.raiser, self.now = at, policy, raiser, opened
        self.escalation: UUID | None = None
        self.events: list[RehearsedEvent] = []
        self.end = ""
        with at(opened).reading() as work:
            self.directory = directory_for(work, by=raiser)
            self.calendar = work.calendar(policy)
        own = self.directory.own.agency_id
        self.other = next(each for each in self.directory.agencies if each.kind != OFFICE and each.id != own)

    def stages(self, route: Route) -> Iterator[RehearsedStage]:
        self._open(route)
        while (stage := self._stage()) is not None:
            yield stage

    def _stage(self) -> RehearsedStage | None:
        """Everything that happens at the stage where it is; None when it is not at any."""
        now, places = self._standing()
        if not isinstance(now, Open):
            return None
        visit, began = now.visit, self.now
        clocks = tuple(
            RehearsedClock(
                id=clock.id,
                who=who_acts(self.policy, clock),
                what=clock.does,
                limit=spell_limit(clock.limit),
                due=by_when(clock),
                due_at=clock.due.at.isoformat() if clock.due else None,
                section=clock.source.section,
                words=clock.source.words,
            )
            for clock in now.clocks
        )
        for place in places:
            if place.side is Side.RESPONDING and place.side in visit.stage.sides:
                self.now += timedelta(hours=1)
                self._file(place.person, Account(), visit.route, visit.stage, Asked.ACCOUNT)
                break
        self._leave(now, places)
        events, self.events = tuple(self.events), []
        return RehearsedStage(
            id=visit.stage.id,
            title=self.policy.stage_title(visit.stage),
            entered=spell_time(began),
            people=tuple(self._people(visit.stage)),
            clocks=clocks,
            asked=tuple(self._asked(visit.stage)),
            closes=visit.stage.closing.who.value.replace("_", " "),
            events=events,
        )

    def _open(self, route: Route) -> None:
        stage = route.stages[0]
        concern = NewConcern(
            route=route.id,
            facts=Concern(
                shape=self.policy.concern_shapes[0].id if self.policy.concern_shapes else None,
                category=self.policy.categories_of(route)[0].id,
                agencies=(ConcernedAgency(id=self.other.id, name=self.other.name),),
                timing=self._timing(stage),
                gates=tuple(gate.id for gate in gates_to(stage, "opening")),
            ),
            subject_kind=self.policy.subjects[0].value,
            subject=(
                Section(title="Subject", answers=(Answered(id="names", question="Full names", answer="A. N. Other"),)),
            ),
            people=tuple(self._named(stage)),
            written=self._written(stage, Asked.OPENING, Side.RAISING),
        )
        with self.at(self.now).writing() as work:
            filed = escalations.open_escalation(work, by=self.raiser, concern=concern)
        self.escalation = filed.escalation_id
        self._note(filed, "The concern is raised", self.raiser)

    def _leave(self, now: Open, places: list[Place]) -> None:
        """Takes it to the next stage; where there is none, resolves it, or takes it out of the policy."""
        visit = now.visit
        self.now = self._next_morning()
        to = next_place(self.policy, visit)
        stepper = next((place for place in places if Act.STEP_UP in acts_open_to(place, now)), None)
        if isinstance(to, Destination) and stepper is not None:
            step = StepUp(
                route=to.route.id,
                stage=to.stage.id,
                timing=self._timing(to.stage),
                gates=tuple(gate.id for gate in gates_to(to.stage, "entering")),
            )
            self._step(stepper.person, step, visit.route, visit.stage, self._named(to.stage, places))
            return
        self._resolve(now, places)
        self.end = "Resolved" if isinstance(to, Destination) else f"Resolved. If not: {to.title}"

    def _resolve(self, now: Open, places: list[Place]) -> None:
        visit = now.visit
        closer = next(place for place in places if Act.RECORD_OUTCOME in acts_open_to(place, now))
        outcome = Outcome(
            outcome=visit.stage.closing.outcomes[0],
            actions=(AgreedAction(what="Hold a meeting", who="Both sides", by_when=uk_date(self.now)),),
            outstanding="None",
            review_on=uk_date(self.now) + timedelta(days=28),
            learning=tuple(choice.id for choice in self.policy.learning[:1]),
            gates=tuple(gate.id for gate in gates_to(visit.stage, "resolving")),
        )
        filed = self._file(closer.person, outcome, visit.route, visit.stage, Asked.OUTCOME)
        for place in places:
            if Act.ANSWER_OUTCOME in acts_open_to(place, self._standing()[0]):
                answer = Agreement(outcome=filed.record_id, agrees=True)
                self._file(place.person, answer, visit.route, visit.stage, None)

    def _file(
        self, by: UUID, facts: Account | Outcome | Agreement, route: Route, stage: Stage, asked: Asked | None
    ) -> Filed:
        assert self.escalation is not None, "opened first"
        written = self._written(stage, asked, self._side(by))
        with self.at(self.now).writing() as work:
            filed = escalations.record(
                work,
                by=by,
                escalation_id=self.escalation,
                seen=Seen(route.id, stage.id),
                facts=facts,
                written=written,
            )
        self._note(filed, HAPPENED[facts.kind], by)
        return filed

    def _step(self, by: UUID, step: StepUp, route: Route, stage: Stage, people: Iterator[NamedParty]) -> None:
        assert self.escalation is not None, "opened first"
        with self.at(self.now).writing() as work:
            filed = escalations.record(
                work,
                by=by,
                escalation_id=self.escalation,
                seen=Seen(route.id, stage.id),
                facts=step,
                people=tuple(people),
                written=self._written(stage, Asked.STEP_UP, Side.RAISING),
            )
        self._note(filed, "It is not settled here, and goes on", by)

    def _note(self, filed: Filed, what: str, by: UUID) -> None:
        with self.at(self.now).reading() as work:
            documents = [row for row in self._documents(work) if row.record_id == filed.record_id]
            made = tuple(
                RehearsedDocument(
                    kind=row.kind,
                    title=row.title,
                    to=tuple(self._described(delivery.person_id) for delivery in row.deliveries),
                )
                for row in sorted(documents, key=lambda row: row.kind)
            )
        self.events.append(RehearsedEvent(spell_time(self.now), what, self._described(by), made))

    def _documents(self, work: Work) -> list[Document]:
        assert self.escalation is not None, "opened first"
        return list(reads.documents_for(work.session, self.escalation, self.raiser))

    def _standing(self) -> tuple[Standing, list[Place]]:
        assert self.escalation is not None, "opened first"
        with self.at(self.now).reading() as work:
            escalation = reads.escalation_for(work.session, self.escalation, self.raiser)
            assert escalation is not None, "the raiser is a party"
            assert policy_of(work, escalation).key == self.policy.key, "adopted by the raiser's Board"
            return standing_of(work, escalation), [place_of(party) for party in escalation.parties]

    # --- invented people and answers

    def _named(self, stage: Stage, places: Sequence[Place] = ()) -> Iterator[NamedParty]:
        """Somebody for each place of the stage that nobody fills yet; the raiser, when it is opened, for their own."""
        as_raiser = level_of_raiser(self.policy, stage, self.directory.own.level)
        filled = {(place.side, place.level) for place in places} or {(Side.RAISING, as_raiser)}
        for actor in stage.actors:
            if (actor.side, actor.level) not in filled:
                yield NamedParty(self._candidate(actor).id, actor.side, actor.level)

    def _candidate(self, actor: Actor) -> ListedPerson:
        """Somebody of the right agency, at the level if there is anybody; for the Board of an agency not involved."""
        directory, own, other = self.directory, self.directory.own.agency_id, self.other.id
        people = {
            Side.RAISING: directory.of_agency(own),
            Side.RESPONDING: directory.of_agency(other),
            Side.BOARD: tuple(each for each in directory.people if each.agency_id not in {own, other}),
        }[actor.side]
        return next((person for person in people if actor.level in {person.level, person.seat}), people[0])

    def _timing(self, stage: Stage) -> Timing:
        later = uk_date(self.now) + timedelta(days=7)
        priority = self.policy.priorities[0].id if self.policy.priorities else None
        units = {clock.limit.unit.value for clock in stage.clocks}
        return Timing(
            concern_identified_on=uk_date(self.now),
            decision_received_on=uk_date(self.now),
            time_frame=later if units & {"stated", "agreed"} else None,
            priority=priority,
        )

    def _written(self, stage: Stage, asked: Asked | None, side: Side) -> Written:
        return Written(form_key=uuid4(), sections=self._sections(stage, asked, side), happened_on=uk_date(self.now))

    def _sections(self, stage: Stage, asked: Asked | None, side: Side) -> Sections:
        return tuple(
            Section(
                title=group.title, answers=tuple(self._answer(self.policy.question(name)) for name in group.questions)
            )
            for group in stage.groups
            if group.asked is asked and side in group.sides
        )

    def _answer(self, question: Question) -> Answered:
        match question.kind:
            case QuestionKind.CHOICE | QuestionKind.CHOICES:
                first = question.options[0]
                return Answered(id=question.id, question=question.label, answer=first.title, codes=(first.id,))
            case QuestionKind.YES_NO:
                return Answered(id=question.id, question=question.label, answer="Yes", codes=("yes",))
            case QuestionKind.DATE:
                day: date = uk_date(self.now)
                return Answered(id=question.id, question=question.label, answer=day.isoformat())
            case _:
                return Answered(id=question.id, question=question.label, answer="An invented answer.")

    def _people(self, stage: Stage) -> Iterator[str]:
        for actor in stage.actors:
            title = actor.title or self.policy.level_title(actor.level)
            yield f"{SIDES[actor.side]} side: {title}"

    def _asked(self, stage: Stage) -> Iterator[str]:
        for group in stage.groups:
            for name in group.questions:
                yield f"{group.asked.value.replace('_', ' ')}: {self.policy.question(name).label}"

    def _side(self, person: UUID) -> Side:
        _, places = self._standing()
        return next(place.side for place in places if place.person == person)

    def _described(self, person_id: UUID) -> str:
        person = next(each for each in self.directory.people if each.id == person_id)
        word = " (who raised it)" if person_id == self.raiser else ""
        return f"{person.job_title}, {person.agency}{word}"

    def _next_morning(self) -> datetime:
        day = self.calendar.nth_after(uk_date(self.now), 1)
        return datetime.combine(day, time(10), LONDON)

"""Walks an invented escalation through one route of a policy, by the very services that people use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Literal
from uuid import UUID, uuid4

from forms_app.db import reads, releases
from forms_app.db.people import seat_holders
from forms_app.db.tables import Release
from forms_app.documents.catalogue import file_name, kind_of
from forms_app.domain.access import May, Relation, may
from forms_app.domain.acts import (
    Act,
    Destination,
    Onward,
    acts_open_to,
    gates_to,
    is_filled,
    level_of_raiser,
    meetings_called,
    meetings_open_to,
    next_place,
    ways_on,
)
from forms_app.domain.answers import Answered, Section, Sections
from forms_app.domain.escalation import Left, Open, Resolved, Standing, outcome_waiting
from forms_app.domain.filing import Filed, ListedPerson, NamedParty, NewConcern, Seen, Written
from forms_app.domain.policy import OFFICE, Actor, Asked, Policy, Question, QuestionKind, Route, Side, Stage
from forms_app.domain.records import (
    Account,
    AgreedAction,
    Agreement,
    CameOf,
    Concern,
    ConcernedAgency,
    Facts,
    FollowUp,
    HelpAsked,
    MeetingCalled,
    MeetingHeld,
    Outcome,
    Place,
    StepDone,
    StepsSet,
    StepUp,
    Support,
    TimeAnswered,
    Timing,
)
from forms_app.domain.release import Decision
from forms_app.domain.working_days import LONDON, spell_time, uk_date
from forms_app.services import escalations, rehearsed, releasing
from forms_app.services.directory import directory_for, own_person
from forms_app.services.documents import FORMATS
from forms_app.services.history import place_of, policy_of, standing_of
from forms_app.services.in_words import spell_limit
from forms_app.services.rehearsed import Rehearsal, RehearsedDocument, RehearsedEvent, RehearsedStage
from forms_app.services.scanning import Because
from forms_app.services.work import Work
from forms_app.services.workshop import Workshop

HAPPENED = {
    "account": "The other side writes its account",
    "outcome": "An outcome is recorded",
    "agreement": "A side agrees with the outcome",
    "step_up": "It is not settled here, and goes on",
    "support": "A manager of the raising side supports it",
    "time_answer": "A side accepts the date",
    "meeting_called": "A meeting is called",
    "meeting_held": "The meeting is recorded",
    "help": "Somebody at the Board is asked for help",
    "steps": "The steps are set",
    "step_done": "A step has been taken",
    "follow_up": "What was agreed was carried out",
    "came_of": "Somebody says what came of it elsewhere",
}
FORMS = {"account": Asked.ACCOUNT, "outcome": Asked.OUTCOME, "step_up": Asked.STEP_UP}
WorkshopAt = Callable[[datetime], Workshop]
"""The same database at another moment."""
End = Literal["resolved", "left"]


def rehearse(
    at: WorkshopAt,
    *,
    policy: Policy,
    route: Route,
    raiser: UUID,
    opened: datetime,
    end: End = "resolved",
    pass_over: bool = False,
) -> Rehearsal:
    """Opens an invented escalation and takes it up stage by stage until there is no further one.

    There it is resolved, or, with `left`, goes on to the procedure outside the policy, if the route ends in one. With
    `pass_over` it passes over stages wherever the policy lets it. What happens at a stage happens one hour after the
    other; the next step is taken at ten o'clock on the next working day. `raiser` is a person of a Board that has
    adopted the policy; where the route is not for their kind of agency, somebody of another agency of that Board raises it.
    """
    walk = _Walk(at, policy, route, raiser, opened, end, pass_over)
    stages = tuple(walk.stages(route))
    return Rehearsal(
        format=rehearsed.FORMAT,
        policy=policy.key,
        title=policy.title,
        route=route.id,
        opened=spell_time(opened),
        helpers=tuple(rehearsed.RehearsedHelper(helper.title, helper.seat.value) for helper in policy.helpers),
        restricted_notes=_levels(policy, policy.restricted_notes.levels if policy.restricted_notes else ()),
        quiet=spell_limit(policy.quiet.limit) if policy.quiet else None,
        stages=stages,
        end=walk.end,
        duties=tuple(walk.duties),
        afterwards=walk.happened(),
    )


def every_file(work: Work) -> Iterator[tuple[str, bytes]]:
    """Every document of a whole database, for a rehearsal: names and bytes, in the order in which they were owed."""
    for document in reads.every_document(work.session):
        for form in FORMATS:
            found = reads.file_of(work.session, document.id, form)
            if found is not None:
                yield file_name(kind_of(document.kind), document.escalation.reference, form), found.content


def release_what_waits(work: Work, *, at_board_of: UUID) -> None:
    """As a raiser who has nothing to add, and somebody of the office who takes no part, would release each document."""
    board_id = own_person(work, at_board_of).board_id
    for waits in releases.held_at_board(work.session, board_id, Because.DEIDENTIFIED):
        parties = releases.escalation_behind(work.session, waits.document.escalation_id).parties
        raiser = next(party.person_id for party in parties if party.is_raiser)
        holders = seat_holders(work.session, board_id)
        office = [person.id for person in holders if may(person, May.SEE_REGISTER, Relation.OWN_BOARD)]
        second = next((each for each in office if each not in {party.person_id for party in parties}), None)
        if second is not None:
            _release(work, waits, raiser, second)


def _release(work: Work, waits: Release, raiser: UUID, second: UUID) -> None:
    document = waits.document_id
    releasing.write_texts(work, by=raiser, document_id=document, seen=waits.revision, texts={}, without_texts=True)
    kept = [Decision(finding.number, "keep", "Everything here is invented.") for finding in waits.findings]
    releasing.resolve(work, by=raiser, document_id=document, seen=waits.revision, decisions=kept)
    releasing.send(work, by=raiser, document_id=document, seen=waits.revision)
    releasing.decide(work, by=second, document_id=document, seen=waits.revision)


def _levels(policy: Policy, levels: Sequence[str]) -> tuple[str, ...]:
    return tuple(policy.level_title(level) for level in levels)


class _Walk:
    """One walk under way: the moment at which it is, and what was recorded so far."""

    def __init__(
        self, at: WorkshopAt, policy: Policy, route: Route, raiser: UUID, opened: datetime, ends: End, pass_over: bool
    ) -> None:
        self.at, self.policy, self.now = at, policy, opened
        self.ends, self.pass_over = ends, pass_over
        self.escalation: UUID | None = None
        self.events: list[RehearsedEvent] = []
        self.duties: list[rehearsed.RehearsedDuty] = []
        self.end = ""
        with at(opened).reading() as work:
            self.directory = directory_for(work, by=raiser)
            among = [each for each in self.directory.agencies if each.kind in (route.between or [each.kind])]
            agencies = {each.id for each in among if each.kind != OFFICE}
            if self.directory.own.agency_id not in agencies:
                raiser = next(each.id for each in self.directory.people if each.agency_id in agencies)
                self.directory = directory_for(work, by=raiser)
            self.calendar = work.calendar(policy)
        own, self.raiser = self.directory.own.agency_id, raiser
        self.other = next(each for each in among if each.id in agencies - {own})

    def stages(self, route: Route) -> Iterator[RehearsedStage]:
        self._open(route)
        while (stage := self._stage()) is not None:
            yield stage
        self._afterwards()

    def happened(self) -> tuple[RehearsedEvent, ...]:
        """What has happened since this was last asked."""
        events, self.events = tuple(self.events), []
        return events

    def _stage(self) -> RehearsedStage | None:
        """Everything that happens at the stage where it is; None when it is not at any."""
        now, places = self._standing()
        if not isinstance(now, Open):
            return None
        stage, began, policy = now.visit.stage, self.now, self.policy
        clocks = tuple(rehearsed.clock_of(policy, stage, running) for running in now.clocks)
        ways = ways_on(now, similar=policy.pattern.count or 0 if policy.pattern else 0)
        self._other_side_writes(now, places)
        self._beside_the_ladder()
        self._leave()
        return RehearsedStage(
            id=stage.id,
            title=policy.stage_title(stage),
            counts=stage.counts,
            decision_stands=now.decision_stands,
            entered=spell_time(began),
            people=tuple(rehearsed.acts(policy, actor) for actor in stage.actors),
            clocks=clocks,
            gates=rehearsed.gates_of(stage.gates),
            asked=tuple(rehearsed.asked_at(policy, stage)),
            meetings=tuple(rehearsed.meeting_of(policy, meeting) for meeting in policy.meetings_at(stage)),
            alongside=tuple(item.title for item in stage.alongside),
            supported_by=_levels(policy, stage.supported_by),
            checks=tuple(check.text for check in stage.checks),
            closes=rehearsed.WHO_CLOSES[stage.closing.who],
            dissent_recorded=stage.closing.dissent_recorded,
            ways_on=tuple(rehearsed.way_of(policy, stage, way) for way in ways if rehearsed.leads_on(way)),
            events=self.happened(),
        )

    # --- what happens at a stage

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
                subject_status=next((status.id for status in route.subject_status), None),
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

    def _other_side_writes(self, now: Open, places: Sequence[Place]) -> None:
        for place in places:
            if place.side is Side.RESPONDING and place.side in now.visit.stage.sides:
                self.now += timedelta(hours=1)
                self._record(place, Account())
                break

    def _beside_the_ladder(self) -> None:
        """One of each of what this stage has beside its forms, by the first who may do it."""
        self._first_who(Act.SAY_SUPPORT, lambda place, now: Support(supports=True))
        while self._first_who(Act.ANSWER_TIME, _accepts):
            pass
        for meeting in self._here().visit.stage.meetings:
            self._meet(meeting.id)
        if self._is_last():
            for helper in self.policy.helpers:
                self._first_who(Act.ASK_HELP, _asks(helper.id))
            for meeting in self.policy.meetings:
                self._meet(meeting.id)
        step = (AgreedAction(what="Look at the plan together", who="Both sides", by_when=uk_date(self.now)),)
        if self._first_who(Act.SET_STEPS, lambda place, now: StepsSet(steps=step)):
            steps = self._here().visit.steps[-1].id
            self._first_who(Act.FINISH_STEP, lambda place, now: StepDone(steps=steps, number=0))

    def _meet(self, meeting_id: str) -> None:
        """A meeting is called and recorded, if a party may call it and enough of them can attend."""
        now, places = self._here(), self._standing()[1]
        everybody = tuple(place.person for place in places)
        meeting = next(each for each in self.policy.meetings_at(now.visit.stage) if each.id == meeting_id)
        able = {place.side: place for place in reversed(places) if meeting in meetings_open_to(now, place)}
        if not able or len(everybody) < (meeting.at_least or 0):
            return
        conveners = tuple(place.person for place in able.values())
        by = next(place for place in places if place.person in conveners)
        when = self.now + timedelta(hours=2)
        tests = [f"composition-{number}" for number in range(len(meeting.composition))]
        tests += [f"independent-{who}" for who in meeting.independent]
        self.now += timedelta(hours=1)
        self._record(by, MeetingCalled(meeting=meeting_id, at=when, conveners=conveners, invited=everybody))
        called = next(step.id for step in meetings_called(self._here()))
        self.now += timedelta(hours=1)
        self._record(by, MeetingHeld(meeting=meeting_id, called=called, attended=everybody, confirmed=tuple(tests)))

    def _leave(self) -> None:
        """Takes it to the next stage; where there is none, resolves it, or takes it out of the policy."""
        self.now = self._next_morning()
        now, places = self._standing()
        assert isinstance(now, Open), "nothing has closed it yet"
        to = next_place(self.policy, now.visit)
        for way in self._preferred(now):
            by = next((place for place in places if _may_take(place, now, way)), None)
            if by is not None:
                self._go(way, by, places)
                return
        self._resolve(now, places)
        self.end = "Resolved" if isinstance(to, Destination) else f"Resolved. If not: {to.title}"

    def _preferred(self, now: Open) -> Iterator[Onward]:
        first, *others = ways_on(now)
        if self.pass_over:
            yield from reversed(others)
        if isinstance(first.to, Destination) or self.ends == "left":
            yield first

    def _go(self, way: Onward, by: Place, places: Sequence[Place]) -> None:
        if not isinstance(way.to, Destination):
            self._record(by, StepUp(route=None, stage=None))
            self.end = f"Left for: {way.to.title}"
            return
        step = StepUp(
            route=way.to.route.id,
            stage=way.to.stage.id,
            timing=self._timing(way.to.stage),
            gates=tuple(gate.id for gate in gates_to(way.to.stage, "entering")),
            skip_reason=next((reason.id for reason in way.reasons), None),
        )
        self._record(by, step, tuple(self._named(way.to.stage, places)))

    def _resolve(self, now: Open, places: Sequence[Place]) -> None:
        closer = next(place for place in places if Act.RECORD_OUTCOME in acts_open_to(place, now))
        outcome = Outcome(
            outcome=now.visit.stage.closing.outcomes[0],
            actions=(AgreedAction(what="Hold a meeting", who="Both sides", by_when=uk_date(self.now)),),
            outstanding="None",
            review_on=uk_date(self.now) + timedelta(days=28),
            checks=tuple(check.id for check in now.visit.stage.checks),
            learning=tuple(choice.id for choice in self.policy.learning[:1]),
            gates=tuple(gate.id for gate in gates_to(now.visit.stage, "resolving")),
        )
        filed = self._record(closer, outcome)
        for place in places:
            if Act.ANSWER_OUTCOME in acts_open_to(place, self._standing()[0]):
                self._record(place, Agreement(outcome=filed.record_id, agrees=True))

    def _afterwards(self) -> None:
        """What is owed after the end is done by the first who owes it; or somebody says what came of it elsewhere."""
        now, places = self._standing()
        if isinstance(now, Left):
            self.now = self._next_morning()
            self._record(places[0], CameOf(resumes=False))
        if isinstance(now, Resolved):
            done = tuple(True for _ in now.outcome.actions)
            for owed in now.duties:
                self.duties.append(rehearsed.duty_of(owed.duty))
                by = next((place for place in places if owed.duty.side in {"all", place.side}), None)
                if by is not None:
                    self.now = self._next_morning()
                    self._record(by, FollowUp(duty=owed.duty.id, carried_out=done, then="done"))

    # --- recording

    def _first_who(self, act: Act, facts_of: Callable[[Place, Open], Facts]) -> bool:
        """Lets the first party record this who may; says whether there was one."""
        now, places = self._here(), self._standing()[1]
        place = next((place for place in places if act in acts_open_to(place, now)), None)
        if place is not None:
            self._record(place, facts_of(place, now))
        return place is not None

    def _record(self, by: Place, facts: Facts, people: tuple[NamedParty, ...] = ()) -> Filed:
        assert self.escalation is not None, "opened first"
        now = self._standing()[0]
        last = now.visits[-1]
        with self.at(self.now).writing() as work:
            filed = escalations.record(
                work,
                by=by.person,
                escalation_id=self.escalation,
                seen=Seen(last.route.id, last.stage.id, outcome_waiting(now)),
                facts=facts,
                people=people,
                written=self._written(last.stage, FORMS.get(facts.kind), by.side),
            )
        self._note(filed, HAPPENED[facts.kind], by.person)
        return filed

    def _note(self, filed: Filed, what: str, by: UUID) -> None:
        with self.at(self.now).reading() as work:
            assert self.escalation is not None, "opened first"
            documents = reads.documents_for(work.session, self.escalation, self.raiser)
            made = tuple(
                RehearsedDocument(
                    kind=row.kind,
                    title=row.title,
                    to=tuple(self._described(delivery.person_id) for delivery in row.deliveries),
                )
                for row in sorted(documents, key=lambda row: row.kind)
                if row.record_id == filed.record_id
            )
        self.events.append(RehearsedEvent(spell_time(self.now), what, self._described(by), made))

    # --- where it stands

    def _standing(self) -> tuple[Standing, list[Place]]:
        assert self.escalation is not None, "opened first"
        with self.at(self.now).reading() as work:
            escalation = reads.escalation_for(work.session, self.escalation, self.raiser)
            assert escalation is not None, "the raiser is a party"
            assert policy_of(work, escalation).key == self.policy.key, "adopted by the raiser's Board"
            return standing_of(work, escalation), [place_of(party) for party in escalation.parties]

    def _here(self) -> Open:
        now, _ = self._standing()
        assert isinstance(now, Open), "it is at a stage"
        return now

    def _is_last(self) -> bool:
        return not isinstance(next_place(self.policy, self._here().visit), Destination)

    # --- invented people and answers

    def _named(self, stage: Stage, places: Sequence[Place] = ()) -> Iterator[NamedParty]:
        """Somebody for each place of the stage that nobody fills yet; the raiser, when it is opened, for their own."""
        own = self.directory.own
        raiser = Place(self.raiser, own.agency_id, Side.RAISING, level_of_raiser(self.policy, stage, own.level))
        for actor in stage.actors:
            if not is_filled(places or [raiser], actor, None):
                person = self._candidate(actor)
                held = next((level for level in actor.levels if level in {person.level, person.seat}), actor.level)
                yield NamedParty(person.id, actor.side, held)

    def _candidate(self, actor: Actor) -> ListedPerson:
        """Somebody of the right agency, at the level if there is anybody; for the Board of an agency not involved."""
        directory, own, other = self.directory, self.directory.own.agency_id, self.other.id
        people = {
            Side.RAISING: directory.of_agency(own),
            Side.RESPONDING: directory.of_agency(other),
            Side.BOARD: tuple(each for each in directory.people if each.agency_id not in {own, other}),
        }[actor.side]
        fits = (person for person in people if {person.level, person.seat} & set(actor.levels))
        return next(fits, people[0])

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

    def _described(self, person_id: UUID) -> str:
        person = next(each for each in self.directory.people if each.id == person_id)
        word = " (who raised it)" if person_id == self.raiser else ""
        return f"{person.job_title}, {person.agency}{word}"

    def _next_morning(self) -> datetime:
        day = self.calendar.nth_after(uk_date(self.now), 1)
        return datetime.combine(day, time(10), LONDON)


def _may_take(place: Place, now: Open, way: Onward) -> bool:
    return Act.STEP_UP in acts_open_to(place, now) and way.may_be_taken_by(place)


def _asks(helper: str) -> Callable[[Place, Open], Facts]:
    return lambda place, now: HelpAsked(helper=helper)


def _accepts(place: Place, now: Open) -> Facts:
    assert now.time_proposed is not None, "it waits for this party"
    return TimeAnswered(proposal=now.time_proposed.step.id, accepts=True)

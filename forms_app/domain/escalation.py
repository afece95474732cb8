"""Where one escalation stands, worked out from what was recorded and from the policy it began under."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from forms_app.domain.clocks import Due, Running, due, in_force, protects_child, shorter
from forms_app.domain.policy import After, Cap, Clock, Closer, Duty, Moment, Policy, Route, Side, Stage, Unit
from forms_app.domain.records import (
    Account,
    Agreement,
    CameOf,
    Concern,
    FollowUp,
    MeetingHeld,
    Outcome,
    Place,
    Step,
    StepUp,
    TimeAnswered,
    TimeSet,
    Timing,
)
from forms_app.domain.working_days import Calendar, end_of, start_of, uk_date

Party = tuple[Side, UUID]
"""A side, and the agency that acts for it."""

# --- where it stands ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Visit:
    """One stay at one stage, from the record that entered it to the record that left it."""

    route: Route
    stage: Stage
    entry: Step
    timing: Timing
    steps: tuple[Step, ...]
    left_at: datetime | None = None

    @property
    def entered_at(self) -> datetime:
        return self.entry.entered_at


@dataclass(frozen=True, slots=True)
class Proposed:
    """An outcome that waits for the answers of the other sides."""

    step: Step
    facts: Outcome
    agreed: frozenset[Party]
    """Those that agree; the one that recorded it is among them."""
    disagreed: frozenset[Party]


@dataclass(frozen=True, slots=True)
class TimeProposed:
    """A date by which all sides should settle it, and what they said to it."""

    step: Step
    time_frame: date
    accepted: frozenset[Party]
    refused: frozenset[Party]
    waits_for: frozenset[Party]

    @property
    def is_agreed(self) -> bool:
        return not self.waits_for and not self.refused


@dataclass(frozen=True, slots=True)
class Open:
    policy: Policy
    visit: Visit
    visits: tuple[Visit, ...]
    clocks: tuple[Running, ...]
    proposed: Proposed | None
    time_proposed: TimeProposed | None

    @property
    def next_due(self) -> Due | None:
        """The next moment that somebody still has to keep."""
        waiting = [clock.due for clock in self.clocks if clock.met_at is None and clock.due is not None]
        return min(waiting, key=lambda moment: moment.at, default=None)

    @property
    def decision_stands(self) -> bool:
        """Whether the decision that is questioned stands while it is challenged."""
        return self.visit.stage.closing.decision_stands


@dataclass(frozen=True, slots=True)
class OwedDuty:
    """What is still to be done after the end, or was."""

    duty: Duty
    due: Due | None
    met_at: datetime | None


@dataclass(frozen=True, slots=True)
class Resolved:
    policy: Policy
    visits: tuple[Visit, ...]
    clocks: tuple[Running, ...]
    step: Step
    outcome: Outcome
    at: datetime
    since: tuple[Step, ...]
    """What was recorded after it."""
    duties: tuple[OwedDuty, ...]


@dataclass(frozen=True, slots=True)
class Left:
    """It went on to a procedure outside the policy, or ended where the route names no further step."""

    policy: Policy
    visits: tuple[Visit, ...]
    clocks: tuple[Running, ...]
    after: After
    at: datetime
    since: tuple[Step, ...]

    @property
    def came_of(self) -> Step | None:
        """The record that says what came of it."""
        return next((step for step in reversed(self.since) if isinstance(step.facts, CameOf)), None)


Standing = Open | Resolved | Left


def standing(policy: Policy, steps: Sequence[Step], *, places: Sequence[Place], calendar: Calendar) -> Standing:
    """Where it stands after these records, in the order in which they were entered. Raises CalendarEnds."""
    state = _History(policy, places)
    for step in steps:
        state.add(step)
    return state.standing(calendar)


class _History:
    """The records, one after the other: the stays at stages, and how the last one ended, if it has."""

    def __init__(self, policy: Policy, places: Sequence[Place]) -> None:
        self.policy, self.places = policy, places
        self.visits: list[Visit] = []
        self.ended_at: datetime | None = None
        self.proposed: Proposed | None = None
        self.has_left = False
        self.since: list[Step] = []

    def add(self, step: Step) -> None:
        facts = step.facts
        if isinstance(facts, Concern):
            self._enter(step, step.route, step.stage, facts.timing)
        if self.ended_at is not None:
            self._after_the_end(step)
            return
        self.visits[-1] = replace(self.visits[-1], steps=(*self.visits[-1].steps, step))
        if isinstance(facts, StepUp):
            self._go_on(step, facts)
        elif isinstance(facts, Outcome | Agreement):
            self.proposed = _proposed(self.visits[-1])
            if self.proposed is not None and self._is_settled(self.proposed, step.entered_at):
                self._end(step.entered_at)

    def _enter(self, step: Step, route: str, stage: str, timing: Timing) -> None:
        self.visits.append(Visit(self.policy.route(route), self.policy.stage(route, stage), step, timing, ()))
        self.proposed, self.ended_at, self.has_left, self.since = None, None, False, []

    def _go_on(self, step: Step, facts: StepUp) -> None:
        self._end(step.entered_at)
        if facts.route is None or facts.stage is None:
            self.has_left = True
        else:
            self._enter(step, facts.route, facts.stage, facts.timing)

    def _after_the_end(self, step: Step) -> None:
        reopens = isinstance(step.facts, FollowUp) and step.facts.then == "reopen"
        resumes = isinstance(step.facts, CameOf) and step.facts.resumes
        if reopens or resumes:
            last = self.visits[-1]
            self._enter(step, last.route.id, last.stage.id, Timing())
        else:
            self.since.append(step)

    def _end(self, at: datetime) -> None:
        self.visits[-1] = replace(self.visits[-1], left_at=at)
        self.ended_at = at

    def _is_settled(self, proposed: Proposed, at: datetime) -> bool:
        """Whether everyone has agreed who takes part at this moment and whose word is needed."""
        stage = self.visits[-1].stage
        if stage.closing.who is not Closer.ALL_SIDES:
            return True
        there = [place for place in self.places if place.joined_at is None or place.joined_at <= at]
        return parties_that_close(stage, there) <= proposed.agreed

    def standing(self, calendar: Calendar) -> Standing:
        visits, last = tuple(self.visits), self.visits[-1]
        if self.ended_at is None:
            proposed = _time_proposed(last, self.places)
            here = tuple(_clocks_here(visits, last, self.places, calendar=calendar))
            return Open(self.policy, last, visits, here, self.proposed, proposed)
        clocks = tuple(_all_clocks(visits, self.places, calendar=calendar))
        since = tuple(self.since)
        if self.has_left:
            return Left(self.policy, visits, clocks, last.route.after, self.ended_at, since)
        assert self.proposed is not None, "what is resolved has an outcome"
        outcome = self.proposed.facts
        duties = tuple(_duties(self.policy, last, outcome, self.ended_at, since))
        return Resolved(self.policy, visits, clocks, self.proposed.step, outcome, self.ended_at, since, duties)


def parties_that_close(stage: Stage, places: Sequence[Place]) -> frozenset[Party]:
    """Those whose word is needed where all sides close the stage."""
    sides = stage.sides & {Side.RAISING, Side.RESPONDING}
    return frozenset(place.party for place in places if place.side in sides)


def _party(step: Step) -> Party:
    assert step.side is not None, "only the service itself has no side"
    assert step.agency is not None, "only the service itself has no agency"
    return step.side, step.agency


def _proposed(visit: Visit) -> Proposed | None:
    """The latest outcome recorded at this stage, with the answers given to it since."""
    found: Proposed | None = None
    for step in visit.steps:
        match step.facts:
            case Outcome() as facts:
                found = Proposed(step, facts, frozenset({_party(step)}), frozenset())
            case Agreement() as answer if found is not None and answer.outcome == found.step.id:
                party = {_party(step)}
                found = replace(
                    found,
                    agreed=found.agreed | party if answer.agrees else found.agreed - party,
                    disagreed=found.disagreed - party if answer.agrees else found.disagreed | party,
                )
            case _:
                pass
    return found


def _time_proposed(visit: Visit, places: Sequence[Place]) -> TimeProposed | None:
    """The latest date that was proposed at this stage, where its limit is one that all sides accept."""
    if not any(clock.limit.unit is Unit.AGREED for clock in visit.stage.clocks):
        return None
    needed = parties_that_close(visit.stage, places)
    found: TimeProposed | None = None
    if visit.timing.time_frame is not None:
        own = frozenset({_party(visit.entry)})
        found = TimeProposed(visit.entry, visit.timing.time_frame, own, frozenset(), needed - own)
    for step in visit.steps:
        match step.facts:
            case TimeSet(time_frame=date() as day):
                own = frozenset({_party(step)})
                found = TimeProposed(step, day, own, frozenset(), needed - own)
            case TimeAnswered() as answer if found is not None and answer.proposal == found.step.id:
                own = frozenset({_party(step)})
                found = replace(
                    found,
                    accepted=found.accepted | own if answer.accepts else found.accepted - own,
                    refused=found.refused - own if answer.accepts else found.refused | own,
                    waits_for=found.waits_for - own,
                )
            case _:
                pass
    return found


def _duties(
    policy: Policy, last: Visit, outcome: Outcome, ended_at: datetime, since: Sequence[Step]
) -> Iterator[OwedDuty]:
    """The policy's duties after this end: due by its own dates, or by the date that a follow-up has set instead."""
    for duty in policy.duties:
        if duty.stages and last.stage.id not in duty.stages:
            continue
        days = {
            "at_once": (uk_date(ended_at),),
            "review_date": (outcome.review_on,),
            "action_date": tuple(action.by_when for action in outcome.actions),
        }[duty.due]
        day = max((day for day in days if day is not None), default=None)
        if day is None and duty.due != "at_once":
            continue
        met_at: datetime | None = None
        for step in since:
            if isinstance(step.facts, FollowUp) and step.facts.duty == duty.id:
                met_at = step.entered_at if step.facts.then == "done" else None
                day = step.facts.again_on or day
        yield OwedDuty(duty, None if day is None else Due(at=end_of(day), day=day), met_at)


# --- clocks ------------------------------------------------------------------------------------------------------


def _all_clocks(visits: Sequence[Visit], places: Sequence[Place], *, calendar: Calendar) -> Iterator[Running]:
    """Every clock of every stay, each cap once, where the stay that it ends in begins to be counted."""
    for number, visit in enumerate(visits):
        over = [cap for cap in visit.route.caps if visit.stage.id in cap.stages]
        later = {(stay.route.id, stay.stage.id) for stay in visits[number + 1 :]}
        yield from _own_clocks(visits, visit, places, calendar=calendar)
        for cap in over:
            if not any((visit.route.id, stage) in later for stage in cap.stages):
                yield from _cap(cap, visits, visit, calendar=calendar)


def _clocks_here(
    visits: Sequence[Visit], visit: Visit, places: Sequence[Place], *, calendar: Calendar
) -> Iterator[Running]:
    """The clocks of the stage it is at, then the caps that lie over that stage."""
    yield from _own_clocks(visits, visit, places, calendar=calendar)
    for cap in visit.route.caps:
        if visit.stage.id in cap.stages:
            yield from _cap(cap, visits, visit, calendar=calendar)


def _own_clocks(
    visits: Sequence[Visit], visit: Visit, places: Sequence[Place], *, calendar: Calendar
) -> Iterator[Running]:
    proposed = _time_proposed(visit, places)
    agreed = proposed.time_frame if proposed is not None and proposed.is_agreed else None
    caps = [
        running
        for cap in visit.route.caps
        if visit.stage.id in cap.stages
        for running in _cap(cap, visits, visit, calendar=calendar)
    ]
    for clock in visit.stage.clocks:
        started = _started(clock.starts, visits, visit)
        if started is not None:
            frame = agreed if clock.limit.unit is Unit.AGREED else _stated(visit)
            yield _running(clock, visit, started, frame, caps, calendar)


def _stated(visit: Visit) -> date | None:
    """The date that the side which escalates stated last."""
    stated = [
        step.facts.time_frame
        for step in visit.steps
        if isinstance(step.facts, TimeSet) and step.side is visit.entry.side and step.facts.time_frame is not None
    ]
    return stated[-1] if stated else visit.timing.time_frame


def _protected(visit: Visit) -> date | None:
    """The earliest date that anybody set at this stage to protect the child."""
    days = [
        visit.timing.protect_by,
        *(step.facts.protect_by for step in visit.steps if isinstance(step.facts, TimeSet)),
    ]
    return min((day for day in days if day is not None), default=None)


def _running(
    clock: Clock,
    visit: Visit,
    started: datetime,
    frame: date | None,
    caps: Sequence[Running],
    calendar: Calendar,
) -> Running:
    moment = due(clock.limit, start=started, calendar=calendar, stated=frame, priority=visit.timing.priority)
    if clock.may_be_shortened:
        moment = shorter(moment, protects_child(_protected(visit)))
    for cap in caps:
        over = cap.due if clock.may_be_shortened else due(cap.limit, start=cap.started_at, calendar=calendar)
        if over is not None and over.because != "protects_child":
            over = replace(over, because="cap")
        moment = shorter(moment, over)
    return Running(
        id=clock.id,
        side=None if clock.side == "all" else clock.side,
        level=clock.level,
        does=clock.does,
        limit=in_force(clock.limit, visit.timing.priority),
        started_at=started,
        due=moment,
        met_at=_met(clock.stops, visit),
        source=clock.source,
        left_at=visit.left_at,
        shown_by=clock.shown_by,
    )


def _cap(cap: Cap, visits: Sequence[Visit], visit: Visit, *, calendar: Calendar) -> Iterator[Running]:
    """A limit over several stages, as it stood at this stay: met when the last stay under it was left.

    A date that protects the child holds for the whole limit, also at the stages after the one at which it was given.
    """
    under = [
        stay
        for stay in visits
        if stay.route.id == visit.route.id and stay.stage.id in cap.stages and stay.entered_at <= visit.entered_at
    ]
    started = _started(cap.starts, visits, under[0])
    if started is not None:
        moment = due(cap.limit, start=started, calendar=calendar)
        for stay in under:
            moment = shorter(moment, protects_child(_protected(stay)))
        yield Running(
            id=cap.id,
            side=None,
            level=None,
            does=cap.title,
            limit=cap.limit,
            started_at=started,
            due=moment,
            met_at=under[-1].left_at,
            source=cap.source,
            left_at=under[-1].left_at,
        )


def _started(moment: Moment, visits: Sequence[Visit], visit: Visit) -> datetime | None:
    opened = visits[0]
    match moment:
        case Moment.OPENED:
            return next((stay for stay in visits if stay.stage.counts), opened).entered_at
        case Moment.STAGE_ENTERED:
            return visit.entered_at
        case Moment.CONCERN_IDENTIFIED:
            return _day(opened.timing.concern_identified_on) or opened.entered_at
        case Moment.DECISION_RECEIVED:
            return _day(opened.timing.decision_received_on) or opened.entered_at
        case _:
            return _met(moment, visit)


def _day(day: date | None) -> datetime | None:
    """The start of a UK day of which nobody said the hour: hours are counted from there, the safer way."""
    return None if day is None else start_of(day)


def _met(moment: Moment, visit: Visit) -> datetime | None:
    match moment:
        case Moment.OPENED | Moment.STAGE_ENTERED | Moment.CONCERN_IDENTIFIED | Moment.DECISION_RECEIVED:
            return visit.entered_at
        case Moment.ACCOUNT_BY_RAISING:
            return _first(visit, Side.RAISING)
        case Moment.ACCOUNT_BY_RESPONDING:
            return _first(visit, Side.RESPONDING)
        case Moment.ACCOUNTS_BY_ALL:
            firsts = [first for side in visit.stage.sides if (first := _first(visit, side)) is not None]
            return max(firsts) if len(firsts) == len(visit.stage.sides) else None
        case Moment.OUTCOME_RECORDED:
            recorded = (step.entered_at for step in visit.steps if isinstance(step.facts, Outcome))
            return next(recorded, visit.left_at)
        case Moment.MEETING_HELD:
            held = (step.entered_at for step in visit.steps if isinstance(step.facts, MeetingHeld | Outcome))
            return next(held, visit.left_at)
        case Moment.RESOLVED | Moment.STAGE_LEFT:
            return visit.left_at


def _first(visit: Visit, side: Side) -> datetime | None:
    """When this side first filed at this stage: its account, or the concern itself."""
    for step in visit.steps:
        if step.side is side and isinstance(step.facts, Account | Concern):
            return step.entered_at
    return None

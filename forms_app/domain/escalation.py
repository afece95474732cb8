"""Where one escalation stands, worked out from what was recorded and from the policy it began under."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from forms_app.domain.clocks import Due, Running, due, protects_child, shorter
from forms_app.domain.policy import (
    After,
    Cap,
    Clock,
    Closer,
    Code,
    Moment,
    Part,
    Policy,
    Route,
    Side,
    Stage,
)
from forms_app.domain.working_days import Calendar, start_of

# --- what was recorded -------------------------------------------------------------------------------------------


class AgreedAction(Part):
    what: str
    who: str
    by_when: date


class Timing(Part):
    """What a person said about time when the stage began."""

    concern_identified_on: date | None = None
    decision_received_on: date | None = None
    time_frame: date | None = None
    """The date that the side which escalates states, or that all sides agreed."""
    protect_by: date | None = None
    protect_because: str = ""
    priority: Code | None = None


class ConcernedAgency(Part):
    """An agency whose decision is questioned, by the name that it had then."""

    id: UUID
    name: str


class Concern(Part):
    """The raiser opened the escalation."""

    kind: Literal["concern"] = "concern"
    shape: Code | None
    category: Code
    agencies: tuple[ConcernedAgency, ...]
    """The responding agencies; their people join at the stage where they first act."""
    timing: Timing = Timing()


class Account(Part):
    """A side wrote its own account of a stage; a later one may correct an earlier one, with a reason."""

    kind: Literal["account"] = "account"
    corrects: UUID | None = None
    reason: str = ""


class Outcome(Part):
    """Somebody who may close the stage recorded its outcome; where all sides close, the others still answer it."""

    kind: Literal["outcome"] = "outcome"
    outcome: Code
    actions: tuple[AgreedAction, ...] = ()
    outstanding: str = ""
    review_on: date | None = None
    checks: tuple[Code, ...] = ()
    learning: tuple[Code, ...] = ()
    policy_gap: bool = False


class Agreement(Part):
    """A side answered the outcome that another side had recorded."""

    kind: Literal["agreement"] = "agreement"
    outcome: UUID
    agrees: bool
    reasons: str = ""


class StepUp(Part):
    """The stage did not settle it: it goes on to the next stage, or out of the policy."""

    kind: Literal["step_up"] = "step_up"
    route: Code | None
    stage: Code | None
    """Both None when it leaves for something outside this policy."""
    timing: Timing = Timing()


Facts = Concern | Account | Outcome | Agreement | StepUp


@dataclass(frozen=True, slots=True)
class Step:
    """One stage record as the engine sees it: who, where, when, and its facts without the prose."""

    id: UUID
    route: str
    stage: str
    side: Side
    agency: UUID
    person: UUID
    happened_on: date
    entered_at: datetime
    facts: Facts


@dataclass(frozen=True, slots=True)
class Place:
    """One person's place in an escalation."""

    person: UUID
    agency: UUID
    side: Side
    level: str
    is_raiser: bool = False


# --- where it stands ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Visit:
    """One stay at one stage, from the record that entered it to the record that left it."""

    route: Route
    stage: Stage
    entered_at: datetime
    timing: Timing
    steps: tuple[Step, ...]
    left_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Proposed:
    """An outcome that waits for the answers of the other sides."""

    step: Step
    facts: Outcome
    agreed: frozenset[tuple[Side, UUID]]
    """The sides, each with its agency, that agree; the one that recorded it is among them."""
    disagreed: frozenset[tuple[Side, UUID]]


@dataclass(frozen=True, slots=True)
class Open:
    visit: Visit
    visits: tuple[Visit, ...]
    clocks: tuple[Running, ...]
    proposed: Proposed | None

    @property
    def next_due(self) -> Due | None:
        """The next moment that somebody still has to keep."""
        waiting = [clock.due for clock in self.clocks if clock.met_at is None and clock.due is not None]
        return min(waiting, key=lambda moment: moment.at, default=None)


@dataclass(frozen=True, slots=True)
class Resolved:
    visits: tuple[Visit, ...]
    clocks: tuple[Running, ...]
    step: Step
    outcome: Outcome
    at: datetime


@dataclass(frozen=True, slots=True)
class Left:
    """It went on to a procedure outside the policy, or ended where the route names no further step."""

    visits: tuple[Visit, ...]
    clocks: tuple[Running, ...]
    after: After
    at: datetime


Standing = Open | Resolved | Left


def standing(policy: Policy, steps: Sequence[Step], *, places: Sequence[Place], calendar: Calendar) -> Standing:
    """Where it stands after these records, in the order in which they were entered. Raises CalendarEnds."""
    visits = tuple(_visits(policy, steps))
    last, ending = visits[-1], steps[-1]
    proposed = _proposed(last)
    if isinstance(ending.facts, StepUp) and ending.facts.stage is None:
        clocks = tuple(_all_clocks(visits, calendar=calendar))
        return Left(visits=visits, clocks=clocks, after=last.route.after, at=ending.entered_at)
    if proposed is not None and _settled(last.stage, proposed, places):
        visits = (*visits[:-1], replace(last, left_at=ending.entered_at))
        clocks = tuple(_all_clocks(visits, calendar=calendar))
        return Resolved(visits=visits, clocks=clocks, step=proposed.step, outcome=proposed.facts, at=ending.entered_at)
    here = tuple(_clocks_here(visits, last, calendar=calendar))
    return Open(visit=last, visits=visits, clocks=here, proposed=proposed)


def parties_that_close(stage: Stage, places: Sequence[Place]) -> frozenset[tuple[Side, UUID]]:
    """The sides, each with its agency, whose word is needed where all sides close the stage."""
    sides = stage.sides & {Side.RAISING, Side.RESPONDING}
    return frozenset((place.side, place.agency) for place in places if place.side in sides)


def _settled(stage: Stage, proposed: Proposed, places: Sequence[Place]) -> bool:
    if stage.closing.who is not Closer.ALL_SIDES:
        return True
    return parties_that_close(stage, places) <= proposed.agreed


def _visits(policy: Policy, steps: Sequence[Step]) -> Iterator[Visit]:
    first = steps[0]
    assert isinstance(first.facts, Concern), "an escalation begins with the concern"
    route = policy.route(first.route)
    here = Visit(route, policy.stage(first.route, first.stage), first.entered_at, first.facts.timing, (first,))
    for step in steps[1:]:
        here = replace(here, steps=(*here.steps, step))
        if isinstance(step.facts, StepUp):
            yield replace(here, left_at=step.entered_at)
            if step.facts.route is None or step.facts.stage is None:
                return
            route = policy.route(step.facts.route)
            stage = policy.stage(step.facts.route, step.facts.stage)
            here = Visit(route, stage, step.entered_at, step.facts.timing, ())
    yield here


def _proposed(visit: Visit) -> Proposed | None:
    """The latest outcome recorded at this stage, with the answers given to it since."""
    found: Proposed | None = None
    for step in visit.steps:
        side = (step.side, step.agency)
        match step.facts:
            case Outcome() as facts:
                found = Proposed(step, facts, frozenset({side}), frozenset())
            case Agreement() as answer if found is not None and answer.outcome == found.step.id:
                found = replace(
                    found,
                    agreed=found.agreed | {side} if answer.agrees else found.agreed - {side},
                    disagreed=found.disagreed - {side} if answer.agrees else found.disagreed | {side},
                )
            case _:
                pass
    return found


# --- clocks ------------------------------------------------------------------------------------------------------


def _all_clocks(visits: Sequence[Visit], *, calendar: Calendar) -> Iterator[Running]:
    """Every clock of every stay, each cap once, where the stay that it ends in begins to be counted."""
    for number, visit in enumerate(visits):
        over = [cap for cap in visit.route.caps if visit.stage.id in cap.stages]
        later = {(stay.route.id, stay.stage.id) for stay in visits[number + 1 :]}
        yield from _own_clocks(visits, visit, calendar=calendar)
        for cap in over:
            if not any((visit.route.id, stage) in later for stage in cap.stages):
                yield from _cap(cap, visits, visit, calendar=calendar)


def _clocks_here(visits: Sequence[Visit], visit: Visit, *, calendar: Calendar) -> Iterator[Running]:
    """The clocks of the stage it is at, then the caps that lie over that stage."""
    yield from _own_clocks(visits, visit, calendar=calendar)
    for cap in visit.route.caps:
        if visit.stage.id in cap.stages:
            yield from _cap(cap, visits, visit, calendar=calendar)


def _own_clocks(visits: Sequence[Visit], visit: Visit, *, calendar: Calendar) -> Iterator[Running]:
    caps = [
        running
        for cap in visit.route.caps
        if visit.stage.id in cap.stages
        for running in _cap(cap, visits, visit, calendar=calendar)
    ]
    for clock in visit.stage.clocks:
        started = _started(clock.starts, visits, visit)
        if started is not None:
            yield _running(clock, visit, started, caps, calendar)


def _running(clock: Clock, visit: Visit, started: datetime, caps: Sequence[Running], calendar: Calendar) -> Running:
    moment = due(
        clock.limit,
        start=started,
        calendar=calendar,
        stated=visit.timing.time_frame,
        priority=visit.timing.priority,
    )
    if clock.may_be_shortened:
        moment = shorter(moment, protects_child(visit.timing.protect_by))
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
        limit=clock.limit,
        started_at=started,
        due=moment,
        met_at=_met(clock.stops, visit),
        source=clock.source,
        left_at=visit.left_at,
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
            moment = shorter(moment, protects_child(stay.timing.protect_by))
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
            return opened.entered_at
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
        case Moment.OUTCOME_RECORDED | Moment.MEETING_HELD:
            recorded = (step.entered_at for step in visit.steps if isinstance(step.facts, Outcome))
            return next(recorded, visit.left_at)
        case Moment.RESOLVED | Moment.STAGE_LEFT:
            return visit.left_at


def _first(visit: Visit, side: Side) -> datetime | None:
    """When this side first filed at this stage: its account, or the concern itself."""
    for step in visit.steps:
        if step.side is side and isinstance(step.facts, Account | Concern):
            return step.entered_at
    return None


# --- where it can go ---------------------------------------------------------------------------------------------


class Act(StrEnum):
    """What a party can do with an open escalation."""

    FILE_ACCOUNT = "account"
    RECORD_OUTCOME = "outcome"
    ANSWER_OUTCOME = "agreement"
    STEP_UP = "step_up"


@dataclass(frozen=True, slots=True)
class Destination:
    route: Route
    stage: Stage


def next_place(policy: Policy, visit: Visit) -> Destination | After:
    """Where it goes when this stage does not settle it."""
    stages = visit.route.stages
    position = [stage.id for stage in stages].index(visit.stage.id)
    if position + 1 < len(stages):
        return Destination(visit.route, stages[position + 1])
    after = visit.route.after
    if after.kind == "joins" and after.route is not None and after.stage is not None:
        return Destination(policy.route(after.route), policy.stage(after.route, after.stage))
    return after


def acts_open_to(place: Place, now: Standing) -> frozenset[Act]:
    """What this party may do at this moment under the policy. Nothing once it is resolved or has left."""
    if not isinstance(now, Open):
        return frozenset()
    stage, open_acts = now.visit.stage, set[Act]()
    if place.side in stage.sides or place.is_raiser:
        open_acts.add(Act.FILE_ACCOUNT)
    if _may_close(now.visit, place):
        open_acts.add(Act.RECORD_OUTCOME)
    if _must_answer(now, place):
        open_acts.add(Act.ANSWER_OUTCOME)
    if _may_step_up(now.visit, place):
        open_acts.add(Act.STEP_UP)
    return frozenset(open_acts)


def _may_close(visit: Visit, place: Place) -> bool:
    match visit.stage.closing.who:
        case Closer.ALL_SIDES:
            return place.side in visit.stage.sides & {Side.RAISING, Side.RESPONDING}
        case Closer.RAISING_SIDE:
            return place.side is Side.RAISING
        case Closer.RAISER:
            return place.is_raiser
        case Closer.ARBITER:
            arbiter = visit.route.final_arbiter
            named = arbiter is not None and (place.side, place.level) == (arbiter.side, arbiter.level)
            return place.side is Side.BOARD or named


def _must_answer(now: Open, place: Place) -> bool:
    if now.proposed is None or now.visit.stage.closing.who is not Closer.ALL_SIDES:
        return False
    side = (place.side, place.agency)
    answered = now.proposed.agreed | now.proposed.disagreed
    return side in parties_that_close(now.visit.stage, [place]) and side not in answered


def _may_step_up(visit: Visit, place: Place) -> bool:
    if visit.stage is visit.route.stages[-1] and visit.route.after.kind == "ends_here":
        return False
    match visit.stage.steps_up:
        case "raising_side":
            return place.side is Side.RAISING
        case "board_side":
            return place.side is Side.BOARD
        case "any_side":
            return True


def level_of_raiser(policy: Policy, stage: Stage, level: str) -> str:
    """The level at which the raiser acts at the first stage: their own if it acts there, else the lowest if that does."""
    acting = {actor.level for actor in stage.actors if actor.side is Side.RAISING}
    lowest = policy.levels[0].id
    return lowest if level not in acting and lowest in acting else level

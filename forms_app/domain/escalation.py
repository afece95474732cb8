"""Where one escalation stands, worked out from what was recorded and from the policy it began under."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID, uuid4

from forms_app.domain.clocks import Due, Running, due, due_on, in_force, protects_child, shorter
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
from forms_app.domain.working_days import Calendar, start_of, uk_date

Party = tuple[Side, UUID]
"""A side, and the agency that acts for it."""

# --- where it stands ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Visit:
    """One stay at one stage, from the record that entered it to the record that left it; equal to itself alone."""

    route: Route
    stage: Stage
    entry: Step
    timing: Timing
    concerned: frozenset[Party]
    """The agency that raised it and those whose decision is questioned, whether or not anybody of theirs takes part."""
    steps: tuple[Step, ...]
    left_at: datetime | None = None

    @property
    def entered_at(self) -> datetime:
        return self.entry.entered_at

    @property
    def begins_again(self) -> bool:
        """Whether it was opened again here after an end: every limit is counted from this moment."""
        return isinstance(self.entry.facts, FollowUp | CameOf)

    @property
    def escalated_by(self) -> Side:
        """The side that brought it here, and states the time that it gives: the raising side where the service did."""
        return Side.RAISING if self.begins_again else self.entry.side or Side.RAISING


@dataclass(frozen=True, slots=True)
class Proposed:
    """An outcome that waits for the answers of the other sides."""

    step: Step
    facts: Outcome
    agreed: frozenset[Party]
    """Those that agree; the one that recorded it is among them."""
    disagreed: frozenset[Party]
    waits_for: frozenset[Party]
    """Those whose word is needed and who have not answered."""


@dataclass(frozen=True, slots=True)
class TimeProposed:
    """A date by which all sides should settle it, and what they said to it. Once agreed it stays so until another is."""

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
    recorded: tuple[Step, ...]
    """Everything, in order, also what came after an end."""
    proposed: Proposed | None
    time_proposed: TimeProposed | None

    @property
    def next_due(self) -> Due | None:
        """The next moment that somebody still has to keep."""
        waiting = [clock.due for clock in self.clocks if clock.met_at is None and clock.due is not None]
        return min(waiting, key=lambda moment: moment.at, default=None)

    @property
    def decision_stands(self) -> bool:
        """Whether the decision that is questioned stands while it is challenged, also after joining another route."""
        joined_from = [visit for visit in self.visits if visit.route.id != self.visit.route.id][-1:]
        return any(visit.stage.closing.decision_stands for visit in (self.visit, *joined_from))


@dataclass(frozen=True, slots=True)
class OwedDuty:
    """What is still to be done after the end, or was: when the last of the sides that owe it said so."""

    duty: Duty
    due: Due | None
    met_at: datetime | None
    waits_for: frozenset[Side]

    @property
    def sides(self) -> frozenset[Side]:
        return sides_of(self.duty)


@dataclass(frozen=True, slots=True)
class Resolved:
    policy: Policy
    visits: tuple[Visit, ...]
    clocks: tuple[Running, ...]
    recorded: tuple[Step, ...]
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
    recorded: tuple[Step, ...]
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
        self.concerned: frozenset[Party] = frozenset()
        self.visits: list[Visit] = []
        self.ended_at: datetime | None = None
        self.proposed: Proposed | None = None
        self.has_left = False
        self.since: list[Step] = []
        self.recorded: list[Step] = []

    def add(self, step: Step) -> None:
        facts = step.facts
        self.recorded.append(step)
        if isinstance(facts, Concern):
            self.concerned = frozenset({_party(step), *((Side.RESPONDING, agency.id) for agency in facts.agencies)})
            self._enter(step, step.route, step.stage, facts.timing)
        if self.ended_at is not None:
            self._after_the_end(step)
            return
        self.visits[-1] = replace(self.visits[-1], steps=(*self.visits[-1].steps, step))
        if isinstance(facts, StepUp):
            self._go_on(step, facts)
        elif isinstance(facts, Outcome | Agreement):
            self.proposed = _proposed(self.visits[-1], self._there(step.entered_at))
            if self.proposed is not None and self._is_settled(self.proposed):
                self._end(step.entered_at)

    def _enter(self, step: Step, route: str, stage: str, timing: Timing) -> None:
        if timing.priority is None and self.visits:
            timing = timing.model_copy(update={"priority": self.visits[-1].timing.priority})
        there = self.policy.stage(route, stage)
        self.visits.append(Visit(self.policy.route(route), there, step, timing, self.concerned, ()))
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
            self._enter(step, last.route.id, last.stage.id, _still_protecting(last, step.entered_at))
        else:
            self.since.append(step)

    def _end(self, at: datetime) -> None:
        self.visits[-1] = replace(self.visits[-1], left_at=at)
        self.ended_at = at

    def _there(self, at: datetime) -> list[Place]:
        """Those who had joined by a moment: whoever joins later changes nothing of what was settled."""
        return [place for place in self.places if place.joined_at is None or place.joined_at <= at]

    def _is_settled(self, proposed: Proposed) -> bool:
        """Whether everyone has agreed whose word is needed."""
        if self.visits[-1].stage.closing.who is not Closer.ALL_SIDES:
            return True
        return not proposed.waits_for and not proposed.disagreed

    def standing(self, calendar: Calendar) -> Standing:
        visits, last, recorded = tuple(self.visits), self.visits[-1], tuple(self.recorded)
        if self.ended_at is None:
            here = tuple(_clocks_here(_run(visits, last), last, calendar=calendar))
            proposed = _proposed(last, self.places)
            time_proposed = next(reversed(_times_proposed(last)), None)
            return Open(self.policy, last, visits, here, recorded, proposed, time_proposed)
        clocks = tuple(_all_clocks(visits, calendar=calendar))
        since = tuple(self.since)
        if self.has_left:
            return Left(self.policy, visits, clocks, recorded, last.route.after, self.ended_at, since)
        assert self.proposed is not None, "what is resolved has an outcome"
        outcome = self.proposed.facts
        duties = tuple(_duties(self.policy, last, outcome, self.ended_at, since))
        step = self.proposed.step
        return Resolved(self.policy, visits, clocks, recorded, step, outcome, self.ended_at, since, duties)


def outcome_waiting(now: Standing) -> UUID | None:
    """The outcome that waits for answers, by the record in which it was proposed."""
    return now.proposed.step.id if isinstance(now, Open) and now.proposed is not None else None


def parties_that_close(visit: Visit, places: Sequence[Place] = ()) -> frozenset[Party]:
    """Those whose word is needed where all sides close the stage: every agency concerned, of the sides that act there."""
    sides = visit.stage.sides & {Side.RAISING, Side.RESPONDING}
    return frozenset(party for party in {*visit.concerned, *(place.party for place in places)} if party[0] in sides)


def _party(step: Step) -> Party:
    assert step.side is not None, "only the service itself has no side"
    assert step.agency is not None, "only the service itself has no agency"
    return step.side, step.agency


def _proposed(visit: Visit, places: Sequence[Place]) -> Proposed | None:
    """The latest outcome recorded at this stage, with the answers given to it since."""
    found: Step | None = None
    answers: dict[Party, bool] = {}
    for step in visit.steps:
        match step.facts:
            case Outcome():
                found, answers = step, {_party(step): True}
            case Agreement() as answer if found is not None and answer.outcome == found.id:
                answers[_party(step)] = answer.agrees
            case _:
                pass
    if found is None or not isinstance(found.facts, Outcome):
        return None
    said_yes = frozenset(party for party, agrees in answers.items() if agrees)
    waits_for = frozenset[Party]()
    if visit.stage.closing.who is Closer.ALL_SIDES:
        waits_for = parties_that_close(visit, places) - frozenset(answers)
    return Proposed(found, found.facts, said_yes, frozenset(answers) - said_yes, waits_for)


def _times_proposed(visit: Visit) -> list[TimeProposed]:
    """Every date that was proposed at this stage, where its limit is one that all sides accept."""
    if not any(clock.limit.unit is Unit.AGREED for clock in visit.stage.clocks):
        return []
    needed = parties_that_close(visit)
    found: list[TimeProposed] = []
    for step in (visit.entry, *visit.steps):
        match step.facts:
            case TimeSet(time_frame=date() as day):
                found.append(_just_proposed(step, day, needed))
            case TimeAnswered() as answer if found and answer.proposal == found[-1].step.id:
                found[-1] = _answered(found[-1], _party(step), answer.accepts)
            # Nobody has entered a stage of which it is only asked how its clocks would run.
            case Concern() | StepUp() if step is visit.entry and step.side is not None and not found:
                if visit.timing.time_frame is not None:
                    found.append(_just_proposed(step, visit.timing.time_frame, needed))
            case _:
                pass
    return found


def _just_proposed(step: Step, day: date, needed: frozenset[Party]) -> TimeProposed:
    own = frozenset({_party(step)})
    return TimeProposed(step, day, own, frozenset(), needed - own)


def _answered(proposed: TimeProposed, party: Party, accepts: bool) -> TimeProposed:
    own = frozenset({party})
    return replace(
        proposed,
        accepted=proposed.accepted | own if accepts else proposed.accepted - own,
        refused=proposed.refused - own if accepts else proposed.refused | own,
        waits_for=proposed.waits_for - own,
    )


def sides_of(duty: Duty) -> frozenset[Side]:
    """The sides that each have to say that the duty is done."""
    return frozenset({Side.RAISING, Side.RESPONDING}) if duty.side == "all" else frozenset({duty.side})


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
        done: dict[Side, datetime] = {}
        for step in since:
            if isinstance(step.facts, FollowUp) and step.facts.duty == duty.id and step.side is not None:
                done.pop(step.side, None)
                if step.facts.then == "done":
                    done[step.side] = step.entered_at
                day = step.facts.again_on or day
        waits_for = sides_of(duty) - set(done)
        met_at = None if waits_for else max(done.values())
        yield OwedDuty(duty, None if day is None else due_on(day), met_at, waits_for)


# --- a stage that may be entered ---------------------------------------------------------------------------------


def clocks_if_entered(
    route: Route, stage: Stage, timing: Timing, *, before: Sequence[Visit], at: datetime, calendar: Calendar
) -> tuple[Running, ...]:
    """The clocks of a stage as they would run if it were entered now, after these stays. Raises CalendarEnds."""
    facts = StepUp(route=route.id, stage=stage.id, timing=timing)
    entry = Step(uuid4(), route.id, stage.id, None, None, None, uk_date(at), at, facts)
    visit = Visit(route, stage, entry, timing, frozenset(), ())
    return tuple(_clocks_here(_run((*before, visit), visit), visit, calendar=calendar))


def last_that_can_be_shortened(stage: Stage, clocks: Sequence[Running]) -> Due | None:
    """The latest moment of the limits that an earlier date would shorten; None while one of them has no moment yet."""
    fixed = {clock.id for clock in stage.clocks if not clock.may_be_shortened}
    known = {clock.id for clock in clocks}
    moments = [clock.due for clock in clocks if clock.id not in fixed and clock.met_at is None]
    if any(clock.id not in known | fixed for clock in stage.clocks) or None in moments:
        return None
    return max((moment for moment in moments if moment is not None), key=lambda due: due.at, default=None)


# --- clocks ------------------------------------------------------------------------------------------------------


def _run(visits: Sequence[Visit], visit: Visit) -> list[Visit]:
    """The stays since it was opened, or opened again, up to the next time that it was opened again."""
    run: list[Visit] = []
    for stay in visits:
        if stay.begins_again and visit in run:
            break
        run = [stay] if stay.begins_again else [*run, stay]
    return run


def _all_clocks(visits: Sequence[Visit], *, calendar: Calendar) -> Iterator[Running]:
    """Every clock of every stay, each cap once, where the stay that it ends in begins to be counted."""
    for visit in visits:
        run = _run(visits, visit)
        later = {(stay.route.id, stay.stage.id) for stay in run[run.index(visit) + 1 :]}
        yield from _own_clocks(run, visit, calendar=calendar)
        for cap in _caps_over(visit):
            if not any((visit.route.id, stage) in later for stage in cap.stages):
                yield from _cap(cap, run, visit, calendar=calendar)


def _clocks_here(run: Sequence[Visit], visit: Visit, *, calendar: Calendar) -> Iterator[Running]:
    """The clocks of the stage it is at, then the caps that lie over that stage."""
    yield from _own_clocks(run, visit, calendar=calendar)
    for cap in _caps_over(visit):
        yield from _cap(cap, run, visit, calendar=calendar)


def clocks_of(visits: Sequence[Visit], *, calendar: Calendar) -> list[tuple[Running, Visit]]:
    """The clocks of every stay, each shortened by what lies over it, with the stay whose it is. Raises CalendarEnds."""
    return [(clock, visit) for visit in visits for clock in _own_clocks(_run(visits, visit), visit, calendar=calendar)]


def _caps_over(visit: Visit) -> list[Cap]:
    return [cap for cap in visit.route.caps if visit.stage.id in cap.stages]


def _own_clocks(run: Sequence[Visit], visit: Visit, *, calendar: Calendar) -> Iterator[Running]:
    caps = [running for cap in _caps_over(visit) for running in _cap(cap, run, visit, calendar=calendar)]
    for clock in visit.stage.clocks:
        started = _started(clock.starts, run, visit)
        if started is not None:
            frame = _agreed(visit) if clock.limit.unit is Unit.AGREED else _stated(visit)
            yield _running(clock, visit, started, frame, caps, calendar)


def _agreed(visit: Visit) -> date | None:
    """The date that all sides agreed last; another one that is only proposed does not undo it."""
    return next((each.time_frame for each in reversed(_times_proposed(visit)) if each.is_agreed), None)


def _stated(visit: Visit) -> date | None:
    """The date that the side which escalates stated last."""
    stated = [
        step.facts.time_frame
        for step in visit.steps
        if isinstance(step.facts, TimeSet) and step.side is visit.escalated_by and step.facts.time_frame is not None
    ]
    return stated[-1] if stated else visit.timing.time_frame


def _protected(visit: Visit) -> date | None:
    """The earliest date that anybody set at this stage to protect the child."""
    days = [
        visit.timing.protect_by,
        *(step.facts.protect_by for step in visit.steps if isinstance(step.facts, TimeSet)),
    ]
    return min((day for day in days if day is not None), default=None)


def _still_protecting(last: Visit, at: datetime) -> Timing:
    """A date that protects the child goes on to protect when it is opened again, unless that day is over."""
    day = _protected(last)
    return Timing(protect_by=None if day is None or day < uk_date(at) else day)


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
        over = cap.due
        if not clock.may_be_shortened:
            over = due(cap.limit, start=cap.started_at, calendar=calendar, priority=visit.timing.priority)
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
        stage=(visit.route.id, visit.stage.id),
    )


def _cap(cap: Cap, run: Sequence[Visit], visit: Visit, *, calendar: Calendar) -> Iterator[Running]:
    """A limit over several stages, as it stood at this stay: met when the last stay under it was left.

    A date that protects the child holds for the whole limit, also at the stages after the one at which it was given.
    """
    under = [
        stay for stay in run[: run.index(visit) + 1] if stay.route.id == visit.route.id and stay.stage.id in cap.stages
    ]
    started = _started(cap.starts, run, under[0])
    if started is not None:
        moment = due(cap.limit, start=started, calendar=calendar, priority=visit.timing.priority)
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


def _started(moment: Moment, run: Sequence[Visit], visit: Visit) -> datetime | None:
    opened = run[0]
    match moment:
        case Moment.OPENED:
            return next((stay for stay in run if stay.stage.counts), opened).entered_at
        case Moment.STAGE_ENTERED:
            return visit.entered_at
        case Moment.CONCERN_IDENTIFIED:
            return _day(opened.timing.concern_identified_on) or opened.entered_at
        case Moment.DECISION_RECEIVED:
            return _day(opened.timing.decision_received_on) or opened.entered_at
        case _:
            return _happened(moment, visit)


def _day(day: date | None) -> datetime | None:
    """The start of a UK day of which nobody said the hour: hours are counted from there, the safer way."""
    return None if day is None else start_of(day)


def _met(moment: Moment, visit: Visit) -> datetime | None:
    """When a clock was kept: leaving the stage counts as having tried what an outcome or a meeting would have ended."""
    if moment in {Moment.OUTCOME_RECORDED, Moment.MEETING_HELD}:
        return _happened(moment, visit) or visit.left_at
    return _happened(moment, visit)


def _happened(moment: Moment, visit: Visit) -> datetime | None:
    match moment:
        case Moment.OPENED | Moment.STAGE_ENTERED | Moment.CONCERN_IDENTIFIED | Moment.DECISION_RECEIVED:
            return visit.entered_at
        case Moment.ACCOUNT_BY_RAISING:
            return _filed_by(visit, Side.RAISING)
        case Moment.ACCOUNT_BY_RESPONDING:
            return _filed_by(visit, Side.RESPONDING)
        case Moment.ACCOUNTS_BY_ALL:
            filed = [_filed_by(visit, side) for side in visit.stage.sides]
            return _last(filed)
        case Moment.OUTCOME_RECORDED:
            return _first_outcome(visit)
        case Moment.MEETING_HELD:
            return _first(step for step in visit.steps if isinstance(step.facts, MeetingHeld))
        case Moment.RESOLVED | Moment.STAGE_LEFT:
            return visit.left_at


def _filed_by(visit: Visit, side: Side) -> datetime | None:
    """When every agency concerned on this side had filed at this stage: its account, or the concern itself."""
    filed = [step for step in visit.steps if step.side is side and isinstance(step.facts, Account | Concern)]
    agencies = {agency for each, agency in visit.concerned if each is side}
    if not agencies:
        return _first(filed)
    return _last([_first(step for step in filed if step.agency == agency) for agency in agencies])


def _first_outcome(visit: Visit) -> datetime | None:
    """When an outcome was recorded that nobody has refused since: a refused one has ended nothing."""
    found: Step | None = None
    for step in visit.steps:
        match step.facts:
            case Outcome():
                found = found or step
            case Agreement(agrees=False):
                found = None
            case _:
                pass
    return None if found is None else found.entered_at


def _first(steps: Iterable[Step]) -> datetime | None:
    return next((step.entered_at for step in steps), None)


def _last(moments: Sequence[datetime | None]) -> datetime | None:
    """The last of these moments, once there are all of them."""
    known = [moment for moment in moments if moment is not None]
    return max(known) if len(known) == len(moments) else None

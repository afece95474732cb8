"""What each party may do at this moment under the policy, and where an escalation can go from here."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from forms_app.domain.clocks import Running
from forms_app.domain.escalation import Left, Open, Resolved, Standing, Visit, parties_that_close
from forms_app.domain.policy import (
    Actor,
    After,
    Choice,
    Closer,
    Gate,
    Meeting,
    Policy,
    Route,
    Side,
    Skip,
    Stage,
    Unit,
)
from forms_app.domain.records import (
    Account,
    Agreement,
    Alongside,
    Concern,
    Dissent,
    Facts,
    FollowUp,
    HelpAsked,
    InformationGiven,
    InformationRequest,
    MeetingCalled,
    MeetingHeld,
    Outcome,
    PeopleJoin,
    Place,
    Step,
    StepDone,
    StepsSet,
    StepUp,
    TimeAnswered,
    TimeSet,
)


class Act(StrEnum):
    """What a person can record. Each has a form of its own; but for the first, its record is called the same."""

    OPEN = "opening"
    FILE_ACCOUNT = "account"
    RECORD_OUTCOME = "outcome"
    ANSWER_OUTCOME = "agreement"
    STEP_UP = "step_up"
    LOG_CONTACT = "contact"
    FILE_ON_RECORD = "filing"
    ASK_INFORMATION = "information_request"
    GIVE_INFORMATION = "information_given"
    CALL_MEETING = "meeting_called"
    RECORD_MEETING = "meeting_held"
    SET_TIME = "time"
    ANSWER_TIME = "time_answer"
    ADD_PEOPLE = "people"
    SAY_SUPPORT = "support"
    DISSENT = "dissent"
    SET_STEPS = "steps"
    FINISH_STEP = "step_done"
    NOTE_ALONGSIDE = "alongside"
    ASK_HELP = "help"
    REPORT_DANGER = "danger"
    WRITE_RESTRICTED_NOTE = "restricted_note"
    MAKE_PROFORMA = "proforma"
    FOLLOW_UP = "follow_up"
    SAY_WHAT_CAME = "came_of"


ALWAYS = frozenset({Act.LOG_CONTACT, Act.FILE_ON_RECORD, Act.REPORT_DANGER, Act.MAKE_PROFORMA})
"""Open to every party, also after the end."""
SIDES = frozenset({Side.RAISING, Side.RESPONDING})


def acts_open_to(place: Place, now: Standing) -> frozenset[Act]:
    """What this party may do at this moment under the policy."""
    return frozenset({*ALWAYS, *_restricted(place, now.policy), *_acts(place, now)})


def _restricted(place: Place, policy: Policy) -> Iterator[Act]:
    if policy.restricted_notes is not None and place.level in policy.restricted_notes.levels:
        yield Act.WRITE_RESTRICTED_NOTE


def _acts(place: Place, now: Standing) -> Iterator[Act]:
    match now:
        case Open():
            yield from _on_the_ladder(place, now)
            yield from _beside_the_ladder(place, now)
        case Resolved():
            yield Act.FOLLOW_UP
            if _may_dissent(place, now):
                yield Act.DISSENT
        case Left():
            if now.came_of is None:
                yield Act.SAY_WHAT_CAME


def _on_the_ladder(place: Place, now: Open) -> Iterator[Act]:
    stage = now.visit.stage
    if acts_at(stage, place) or place.is_raiser or (place.side in stage.sides & SIDES):
        yield Act.FILE_ACCOUNT
    if _may_close(now.visit, place):
        yield Act.RECORD_OUTCOME
    if _must_answer(now, place):
        yield Act.ANSWER_OUTCOME
    if _may_step_up(now.visit, place):
        yield Act.STEP_UP


def _beside_the_ladder(place: Place, now: Open) -> Iterator[Act]:
    stage = now.visit.stage
    yield from _asked_of(place, now)
    if meetings_open_to(now, place):
        yield Act.CALL_MEETING
        yield Act.RECORD_MEETING
    if place.side in SIDES:
        yield Act.SET_TIME
        if now.policy.helpers:
            yield Act.ASK_HELP
    if place.side in SIDES or acts_at(stage, place):
        yield Act.ADD_PEOPLE
    if place.side is Side.RAISING and not place.is_raiser and place.level in stage.supported_by:
        yield Act.SAY_SUPPORT
    if stage.arbiter_sets_steps and is_arbiter(now.visit, place):
        yield Act.SET_STEPS
    if steps_to_take(now):
        yield Act.FINISH_STEP
    if stage.alongside:
        yield Act.NOTE_ALONGSIDE


def _asked_of(place: Place, now: Open) -> Iterator[Act]:
    """What one agency asks of another, and what it has been asked."""
    yield Act.ASK_INFORMATION
    if open_requests(now, place.agency):
        yield Act.GIVE_INFORMATION
    if now.time_proposed is not None and place.party in now.time_proposed.waits_for:
        yield Act.ANSWER_TIME


def acts_at(stage: Stage, place: Place) -> bool:
    """Whether this party acts at the stage, at one of its levels."""
    return any(place.side is actor.side and place.level in actor.levels for actor in stage.actors)


def is_arbiter(visit: Visit, place: Place) -> bool:
    """Whether this party decides: acts for the Board at this stage, or is the route's final arbiter."""
    arbiter = visit.route.final_arbiter
    named = arbiter is not None and place.side is arbiter.side and place.level in arbiter.levels
    return named or (place.side is Side.BOARD and acts_at(visit.stage, place))


def _may_close(visit: Visit, place: Place) -> bool:
    match visit.stage.closing.who:
        case Closer.ALL_SIDES:
            return place.side in visit.stage.sides & SIDES
        case Closer.RAISING_SIDE:
            return place.side is Side.RAISING
        case Closer.RAISER:
            return place.is_raiser
        case Closer.ARBITER:
            return is_arbiter(visit, place)


def _must_answer(now: Open, place: Place) -> bool:
    if now.proposed is None or now.visit.stage.closing.who is not Closer.ALL_SIDES:
        return False
    answered = now.proposed.agreed | now.proposed.disagreed
    return place.party in parties_that_close(now.visit.stage, [place]) and place.party not in answered


def _may_step_up(visit: Visit, place: Place) -> bool:
    if visit.stage is visit.route.stages[-1] and visit.route.after.kind == "ends_here":
        return False
    match visit.stage.steps_up:
        case "raising_side":
            return place.side is Side.RAISING
        case "board_side":
            return is_arbiter(visit, place)
        case "any_side":
            return place.side in SIDES or acts_at(visit.stage, place)


def _may_dissent(place: Place, now: Resolved) -> bool:
    closing = now.visits[-1].stage.closing
    said = {step.person for step in now.since if isinstance(step.facts, Dissent)}
    return closing.dissent_recorded and place.side in SIDES and place.person not in said


# --- what waits for somebody ---------------------------------------------------------------------------------------


def open_requests(now: Open, agency: UUID | None = None) -> list[Step]:
    """The requests for information that nobody has answered, at this stage or an earlier one; those to one agency."""
    steps = [step for visit in now.visits for step in visit.steps]
    answered = {step.facts.request for step in steps if isinstance(step.facts, InformationGiven)}
    return [
        step
        for step in steps
        if isinstance(step.facts, InformationRequest)
        and step.id not in answered
        and (agency is None or step.facts.agency == agency)
    ]


def steps_to_take(now: Open) -> list[tuple[Step, int]]:
    """The arbiter's steps that are still to be taken: the record that set them, and the number in it."""
    here = now.visit.steps
    latest = next((step for step in reversed(here) if isinstance(step.facts, StepsSet)), None)
    if latest is None or not isinstance(latest.facts, StepsSet):
        return []
    done = {step.facts.number for step in here if isinstance(step.facts, StepDone) and step.facts.steps == latest.id}
    return [(latest, number) for number in range(len(latest.facts.steps)) if number not in done]


def meetings_open_to(now: Open, place: Place) -> tuple[Meeting, ...]:
    """The meetings that this party convenes at this stage."""
    return tuple(
        meeting
        for meeting in now.policy.meetings_at(now.visit.stage)
        if any(place.side is actor.side and place.level in actor.levels for actor in meeting.conveners)
    )


def meetings_called(now: Open) -> list[Step]:
    """The meetings that were called and of which nobody has recorded yet that they were held."""
    steps = [step for visit in now.visits for step in visit.steps]
    held = {step.facts.called for step in steps if isinstance(step.facts, MeetingHeld)}
    return [step for step in steps if isinstance(step.facts, MeetingCalled) and step.id not in held]


def unfilled(now: Open, places: Sequence[Place], responding: Collection[UUID]) -> list[tuple[Actor, UUID | None]]:
    """Who is needed at this stage and not named yet: the actor, and the agency for which they would act."""
    raising = next(place.agency for place in places if place.is_raiser)
    agencies: dict[Side, Collection[UUID | None]] = {
        Side.RAISING: (raising,),
        Side.RESPONDING: tuple(responding),
        Side.BOARD: (None,),
    }
    return [
        (actor, agency)
        for actor in now.visit.stage.actors
        if actor.needed
        for agency in agencies[actor.side]
        if not is_filled(places, actor, agency)
    ]


def is_filled(places: Sequence[Place], actor: Actor, agency: UUID | None) -> bool:
    """Whether somebody of this side, at this agency, acts at one of these levels already."""
    return any(
        place.side is actor.side and place.level in actor.levels and agency in {None, place.agency} for place in places
    )


def opens_by_itself(now: Open) -> list[Running]:
    """The clocks nobody has kept yet after which the policy opens the next stage, whether or not the time is over.

    Not those that were over when the stage began, by a limit over several stages: the escalation would rush through.
    """
    if not isinstance(next_place(now.policy, now.visit), Destination):
        return []
    opens = {clock.id for clock in now.visit.stage.clocks if clock.if_unanswered == "opens_next_stage"}
    return [
        clock
        for clock in now.clocks
        if clock.id in opens and clock.met_at is None and clock.due and clock.due.at > now.visit.entered_at
    ]


# --- where it can go ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Destination:
    route: Route
    stage: Stage


@dataclass(frozen=True, slots=True)
class Onward:
    """One way on from the stage where it is."""

    to: Destination | After
    passes_over: tuple[Stage, ...] = ()
    reasons: tuple[Choice, ...] = ()
    """One of which must be given; none for the next stage."""
    skip: Skip | None = None

    @property
    def key(self) -> str:
        return f"{self.to.route.id}.{self.to.stage.id}" if isinstance(self.to, Destination) else "out"

    def may_be_taken_by(self, place: Place) -> bool:
        """Whether this party has the authority: where the policy wants a second person, it is not the raiser."""
        return self.skip is None or self.skip.rule != "second_person" or not place.is_raiser


def next_place(policy: Policy, visit: Visit) -> Destination | After:
    """Where it goes when this stage does not settle it and nothing is passed over."""
    stages = visit.route.stages
    position = [stage.id for stage in stages].index(visit.stage.id)
    if position + 1 < len(stages):
        return Destination(visit.route, stages[position + 1])
    after = visit.route.after
    if after.kind == "joins" and after.route is not None and after.stage is not None:
        return Destination(policy.route(after.route), policy.stage(after.route, after.stage))
    return after


def ways_on(now: Open, *, similar: int = 0) -> tuple[Onward, ...]:
    """Every way on: the next stage first, then those that pass over stages.

    `similar` is how many similar escalations the Board has had in the period that the policy's pattern names.
    """
    policy, visit = now.policy, now.visit
    ways = [Onward(next_place(policy, visit))]
    known = {ways[0].key}
    for way in (*_skips(visit), *_pattern(policy, visit, similar)):
        if way.key not in known:
            known.add(way.key)
            ways.append(way)
    return tuple(ways)


def _skips(visit: Visit) -> Iterator[Onward]:
    skip = visit.stage.skip
    if skip.rule != "never":
        for target in skip.to:
            yield from _later(visit, target, skip.reasons, skip)


def _pattern(policy: Policy, visit: Visit, similar: int) -> Iterator[Onward]:
    pattern = policy.pattern
    if pattern is not None and pattern.count is not None and similar >= pattern.count:
        title = f"There have been {similar} similar escalations"
        yield from _later(visit, pattern.opens, (Choice(id="pattern", title=title, source=pattern.source),), None)


def _later(visit: Visit, target: str, reasons: tuple[Choice, ...], skip: Skip | None) -> Iterator[Onward]:
    ids = [stage.id for stage in visit.route.stages]
    here = ids.index(visit.stage.id)
    if target in ids[here + 1 :]:
        there = ids.index(target)
        passed = visit.route.stages[here + 1 : there]
        yield Onward(Destination(visit.route, visit.route.stages[there]), passed, reasons, skip)


def gates_to(stage: Stage, before: str) -> tuple[Gate, ...]:
    return tuple(gate for gate in stage.gates if gate.before == before)


# --- what is refused -----------------------------------------------------------------------------------------------


def fault_of(facts: Facts, place: Place, now: Standing, *, similar: int = 0) -> str | None:
    """Why the policy does not take this record now, in a sentence; None when it does.

    Whether the party may do this at all is asked first, of `acts_open_to`.
    """
    match now, facts:
        case Open(), Outcome():
            return _fault_of_outcome(facts, now)
        case Open(), Account():
            return _fault_of_correction(facts, place, now)
        case Open(), StepUp():
            return _fault_of_step_up(facts, place, now, similar)
        case Open(), _:
            return _fault_beside(facts, place, now)
        case Resolved(), FollowUp():
            return _fault_of_follow_up(facts, now)
        case _:
            return None


def _fault_of_outcome(facts: Outcome, now: Open) -> str | None:
    stage = now.visit.stage
    if facts.outcome not in stage.closing.outcomes:
        return "This stage cannot end with that outcome."
    if now.policy.review_date == "required" and facts.review_on is None:
        return "The policy asks for a review date."
    return _unconfirmed(gates_to(stage, "resolving"), facts.gates)


def _fault_of_correction(facts: Account, place: Place, now: Open) -> str | None:
    if facts.corrects is None:
        return None
    here = [(step, step.facts) for step in now.visit.steps if isinstance(step.facts, Account)]
    latest = {step.id for step, _ in here if step.person == place.person} - {other.corrects for _, other in here}
    if facts.corrects not in latest:
        return "Only your own account at this stage can be corrected, and only its latest version."
    return None if facts.reason.strip() else "Say why the account is corrected."


def _fault_of_step_up(facts: StepUp, place: Place, now: Open, similar: int) -> str | None:
    key = f"{facts.route}.{facts.stage}" if facts.stage is not None else "out"
    way = next((way for way in ways_on(now, similar=similar) if way.key == key), None)
    if way is None:
        return "The policy takes this stage to another one."
    if not way.may_be_taken_by(place):
        return "To pass over stages, the policy wants a second person: ask somebody else of your agency to do it."
    if way.reasons and facts.skip_reason not in {reason.id for reason in way.reasons}:
        return "Say why stages are passed over, with one of the policy’s reasons."
    return _unconfirmed(gates_to(way.to.stage, "entering"), facts.gates) if isinstance(way.to, Destination) else None


def _unconfirmed(gates: Sequence[Gate], confirmed: Collection[str]) -> str | None:
    return next((gate.otherwise for gate in gates if gate.id not in confirmed), None)


def fault_of_status(status: str | None, policy: Policy, route: Route) -> str | None:
    """Why this route is not for somebody of this status, in a sentence; None when it is."""
    if route.subject_status and status not in {choice.id for choice in route.subject_status}:
        return f"“{route.title}” is not for a {policy.words.child} of this status. Choose another kind of disagreement."
    return None


def fault_of_opening(facts: Concern, policy: Policy, route: Route) -> str | None:
    """Why the policy does not take this concern on this route, in a sentence."""
    if facts.category not in {choice.id for choice in policy.categories_of(route)}:
        return "The policy does not name this reason."
    if (fault := fault_of_status(facts.subject_status, policy, route)) is not None:
        return fault
    if len(facts.agencies) > 1 and not policy.several_responding_agencies:
        return "The policy is for a disagreement with one agency."
    return _unconfirmed(gates_to(route.stages[0], "opening"), facts.gates)


def _fault_beside(facts: Facts, place: Place, now: Open) -> str | None:
    match facts:
        case InformationRequest(agency=agency) if agency == place.agency:
            return "Choose another agency: this is your own."
        case MeetingCalled() | MeetingHeld():
            return _fault_of_meeting(facts, place, now)
        case TimeSet():
            return _fault_of_time(facts, now)
        case PeopleJoin(because="next_tier") if not now.visit.stage.repeats_tiers:
            return "At this stage the policy does not go up tier by tier: take it further instead."
        case Alongside(item=item) if item not in {each.id for each in now.visit.stage.alongside}:
            return "The policy does not name this at this stage."
        case HelpAsked(helper=helper) if helper not in {each.id for each in now.policy.helpers}:
            return "The policy names nobody whom you could ask for this."
        case _:
            return None


def overtaken(facts: Facts, place: Place, now: Standing) -> str | None:
    """Why what this record answers is no longer there to be answered, in a sentence; None when it is."""
    if not isinstance(now, Open):
        return None
    match facts:
        case Agreement() if now.proposed is None or now.proposed.step.id != facts.outcome:
            return "Another outcome was recorded since you began."
        case TimeAnswered() if now.time_proposed is None or now.time_proposed.step.id != facts.proposal:
            return "Another date was proposed since you began."
        case InformationGiven(request=request) if request not in {each.id for each in open_requests(now, place.agency)}:
            return "This request has been answered already, or is not for your agency."
        case MeetingHeld(called=UUID() as called) if called not in {step.id for step in meetings_called(now)}:
            return "Somebody has recorded this meeting since you began."
        case StepDone() if (facts.steps, facts.number) not in {(step.id, n) for step, n in steps_to_take(now)}:
            return "This step has been taken already, or other steps were set since you began."
        case _:
            return None


def _fault_of_meeting(facts: MeetingCalled | MeetingHeld, place: Place, now: Open) -> str | None:
    meeting = next((each for each in meetings_open_to(now, place) if each.id == facts.meeting), None)
    if meeting is None:
        return "The policy does not let you call this meeting at this stage."
    if isinstance(facts, MeetingHeld) and len(facts.attended) < (meeting.at_least or 0):
        return f"At least {meeting.at_least} people must attend: name everybody who did, or hold it again."
    return None


def _fault_of_time(facts: TimeSet, now: Open) -> str | None:
    units = {clock.limit.unit for clock in now.visit.stage.clocks}
    if facts.time_frame is None and facts.protect_by is None:
        return "Give a date."
    if facts.time_frame is not None and not units & {Unit.STATED, Unit.AGREED}:
        return "The policy sets the limit of this stage: you can only shorten it, to protect the child."
    if facts.protect_by is not None and not facts.protect_because.strip():
        return "Say why it must be sooner."
    return None


def _fault_of_follow_up(facts: FollowUp, now: Resolved) -> str | None:
    if facts.duty is not None and facts.duty not in {owed.duty.id for owed in now.duties}:
        return "The policy does not name this duty here."
    if len(facts.carried_out) != len(now.outcome.actions):
        return "Say of every agreed action whether it was carried out."
    if facts.then == "done" and not all(facts.carried_out):
        return "An action was not carried out: give a new date, or open the escalation again."
    if facts.then == "again" and facts.again_on is None:
        return "Give the date on which it will be looked at again."
    return None


def level_of_raiser(policy: Policy, stage: Stage, level: str) -> str:
    """The level at which the raiser acts at the first stage: their own if it acts there, else the lowest if that does."""
    acting = {level for actor in stage.actors if actor.side is Side.RAISING for level in actor.levels}
    lowest = policy.levels[0].id
    return lowest if level not in acting and lowest in acting else level

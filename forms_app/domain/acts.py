"""What each party may do at this moment under the policy, and where an escalation can go from here."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from forms_app.domain.clocks import Running
from forms_app.domain.escalation import Left, Open, Resolved, Standing, Visit, outcome_waiting
from forms_app.domain.policy import (
    BOTH_SIDES,
    Actor,
    After,
    Asked,
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
    Correction,
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
    ProformaMade,
    RestrictedNote,
    Step,
    StepDone,
    StepsSet,
    StepUp,
    TimeAnswered,
    TimeSet,
    Timing,
)
from forms_app.domain.sight import is_told_who


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
    CORRECT = "correction"


ALWAYS = frozenset({Act.LOG_CONTACT, Act.FILE_ON_RECORD, Act.REPORT_DANGER, Act.MAKE_PROFORMA})
"""Open to every party, also after the end."""


WITHOUT_SIGHT = frozenset({Act.LOG_CONTACT, Act.REPORT_DANGER, Act.CALL_MEETING, Act.RECORD_MEETING, Act.CORRECT})
"""What somebody may do who is not told yet whom it is about."""


def acts_open_to(place: Place, now: Standing) -> frozenset[Act]:
    """What this party may do at this moment under the policy."""
    found = _acts_open_to(place, now)
    return found if is_told_who(now.policy, place, now.recorded) else found & WITHOUT_SIGHT


def _acts_open_to(place: Place, now: Standing) -> frozenset[Act]:
    corrects = {Act.CORRECT} if open_to_correction(place, now) else ()
    return frozenset({*ALWAYS, *corrects, *_restricted(place, now.policy), *_acts(place, now)})


def _restricted(place: Place, policy: Policy) -> Iterator[Act]:
    if reads_restricted(place, policy):
        yield Act.WRITE_RESTRICTED_NOTE


def reads_restricted(place: Place, policy: Policy) -> bool:
    """Whether this party writes and reads their own agency's restricted notes: by their post, whatever they act as here.

    Somebody of another agency may have named them for a level, and gives nobody sight of such a note by it.
    """
    rule = policy.restricted_notes
    return rule is not None and (place.post or place.level) in rule.levels


def _acts(place: Place, now: Standing) -> Iterator[Act]:
    match now:
        case Open():
            yield from _on_the_ladder(place, now)
            yield from _beside_the_ladder(place, now)
        case Resolved():
            if _answers_for_it(place, now):
                yield Act.FOLLOW_UP
            if _may_dissent(place, now):
                yield Act.DISSENT
        case Left():
            if _answers_for_it(place, now) and _has_not_said_what_came(place, now):
                yield Act.SAY_WHAT_CAME


def _answers_for_it(place: Place, now: Resolved | Left) -> bool:
    """Whether this party says what became of it, and opens it again: somebody of the two sides, or who decided; no helper."""
    return place.side in BOTH_SIDES or is_arbiter(now.visits[-1], place)


def _has_not_said_what_came(place: Place, now: Left) -> bool:
    """Nobody has; or the others have, and the side that raised it has not: their word cannot close its way back."""
    said = now.came_of
    return said is None or (place.side is Side.RAISING and said.side is not Side.RAISING)


def _on_the_ladder(place: Place, now: Open) -> Iterator[Act]:
    stage = now.visit.stage
    if (acts_at(stage, place) or place.is_raiser or place.side in stage.sides & BOTH_SIDES) and _is_asked(stage, place):
        yield Act.FILE_ACCOUNT
    if _may_close(now, place) and not_held(now) is None:
        yield Act.RECORD_OUTCOME
    if _must_answer(now, place):
        yield Act.ANSWER_OUTCOME
    if _may_step_up(now.visit, place):
        yield Act.STEP_UP


def _is_asked(stage: Stage, place: Place) -> bool:
    """Whether the stage asks an account of this side: one without a question would say nothing."""
    return any(group.asked is Asked.ACCOUNT and place.side in group.sides for group in stage.groups)


def _beside_the_ladder(place: Place, now: Open) -> Iterator[Act]:
    stage = now.visit.stage
    yield from _asked_of(place, now)
    if meetings_open_to(now, place):
        yield Act.CALL_MEETING
    if meetings_open_to(now, place) or any(_convened(step, place, now) for step in meetings_called(now)):
        yield Act.RECORD_MEETING
    if place.side in BOTH_SIDES and now.policy.helpers:
        yield Act.ASK_HELP
    if place.side in BOTH_SIDES or acts_at(stage, place):
        yield Act.SET_TIME
        yield Act.ADD_PEOPLE
    if place.side is Side.RAISING and not place.is_raiser and place.levels & set(stage.supported_by):
        yield Act.SAY_SUPPORT
    if stage.arbiter_sets_steps and is_arbiter(now.visit, place):
        yield Act.SET_STEPS
    if steps_to_take(now):
        yield Act.FINISH_STEP
    if stage.alongside or going_on_alongside(now):
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
    return any(fits(place, actor) for actor in stage.actors)


def fits(place: Place, actor: Actor) -> bool:
    """Whether this party acts for the actor's side at one of its levels."""
    return place.side is actor.side and not place.levels.isdisjoint(actor.levels)


def is_further_tier(policy: Policy, stage: Stage, places: Sequence[Place], side: Side, level: str) -> bool:
    """Whether a level lies above that of everybody who acts for the side at the stage, in the policy's order of levels."""
    order = [choice.id for choice in policy.levels]
    acting = [place.level for place in places if place.side is side and acts_at(stage, place)]
    highest = max((order.index(each) for each in acting if each in order), default=-1)
    return level not in order or order.index(level) > highest


def is_arbiter(visit: Visit, place: Place) -> bool:
    """Whether this party decides: acts for the Board at this stage, or is the route's final arbiter."""
    arbiter = visit.route.final_arbiter
    return (arbiter is not None and fits(place, arbiter)) or (place.side is Side.BOARD and acts_at(visit.stage, place))


def _may_close(now: Open, place: Place) -> bool:
    visit = now.visit
    match visit.stage.closing.who:
        case Closer.ALL_SIDES:
            return place.side in visit.stage.sides & BOTH_SIDES
        case Closer.RAISING_SIDE:
            return place.side is Side.RAISING
        case Closer.RAISER:
            return place.is_raiser or not place.people.isdisjoint(_for_the_raiser(now))
        case Closer.ARBITER:
            return is_arbiter(visit, place)


def _for_the_raiser(now: Open) -> set[UUID | None]:
    """Whose word is the raiser's: their own, and that of whoever stands in for them."""
    people = {now.visits[0].entry.person}
    for step in now.recorded:
        match step.facts:
            case PeopleJoin(because="stands_in", instead_of=UUID() as absent) as joined if absent in people:
                people.update(joined.joins)
            case _:
                pass
    return people


def _must_answer(now: Open, place: Place) -> bool:
    return now.proposed is not None and place.party in now.proposed.waits_for


def _may_step_up(visit: Visit, place: Place) -> bool:
    if visit.stage is visit.route.stages[-1] and visit.route.after.kind == "ends_here":
        return False
    match visit.stage.steps_up:
        case "raising_side":
            return place.side is Side.RAISING
        case "board_side":
            return is_arbiter(visit, place)
        case "any_side":
            return place.side in BOTH_SIDES or acts_at(visit.stage, place)


def _may_dissent(place: Place, now: Resolved) -> bool:
    closing = now.visits[-1].stage.closing
    said = {step.person for step in now.since if isinstance(step.facts, Dissent)}
    return closing.dissent_recorded and place.side in BOTH_SIDES and place.person not in said


def open_to_correction(place: Place, now: Standing) -> list[Step]:
    """The records of this party that a later one can correct, also after the end; an account is written again instead."""
    return [
        step
        for step in now.recorded
        if step.person == place.person and not isinstance(step.facts, Account | RestrictedNote | ProformaMade)
    ]


# --- what waits for somebody ---------------------------------------------------------------------------------------


def open_requests(now: Open, agency: UUID | None = None) -> list[Step]:
    """The requests for information that nobody has answered, at this stage or an earlier one; those to one agency."""
    answered = {step.facts.request for step in now.recorded if isinstance(step.facts, InformationGiven)}
    return [
        step
        for step in now.recorded
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
        if any(fits(place, actor) for actor in meeting.conveners)
    )


def meeting_of(step: Step, policy: Policy) -> Meeting | None:
    """The policy's meeting that a record calls or has held."""
    if not isinstance(step.facts, MeetingCalled | MeetingHeld):
        return None
    known = policy.meetings_at(policy.stage(step.route, step.stage))
    return next((meeting for meeting in known if meeting.id == step.facts.meeting), None)


def _convened(called: Step, place: Place, now: Open) -> bool:
    """Whether this party convened a meeting that was called, also at a stage that has been left since."""
    meeting = meeting_of(called, now.policy)
    return meeting is not None and any(fits(place, actor) for actor in meeting.conveners)


def going_on_alongside(now: Open) -> set[str]:
    """What began outside this procedure, at this stage or an earlier one, and has not ended."""
    state = {step.facts.item: step.facts.state for step in now.recorded if isinstance(step.facts, Alongside)}
    return {item for item, is_now in state.items() if is_now == "begun"}


def meetings_called(now: Open) -> list[Step]:
    """The meetings that were called and of which nobody has recorded yet that they were held."""
    steps = now.recorded
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
    """Whether somebody of this side, at this agency, acts at one of these levels already and has not left."""
    return any(fits(place, actor) and agency in {None, place.agency} and not place.has_left for place in places)


def opens_by_itself(now: Open) -> list[Running]:
    """The clocks nobody has kept yet after which the policy opens the next stage, whether or not the time is over.

    Not those that were over when the stage began, by a limit over several stages: the escalation would rush through.
    None where something must be confirmed before the next stage: the service cannot confirm it for anybody.
    """
    to = next_place(now.policy, now.visit)
    if not isinstance(to, Destination) or gates_to(to.stage, "entering"):
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
        """By which it is chosen from among the ways on. By a pattern, a stage may be reached that a skip reaches as well."""
        where = f"{self.to.route.id}.{self.to.stage.id}" if isinstance(self.to, Destination) else "out"
        return f"{where}.pattern" if self.passes_over and self.skip is None else where

    def leads_to(self, facts: StepUp) -> bool:
        if isinstance(self.to, Destination):
            return (self.to.route.id, self.to.stage.id) == (facts.route, facts.stage)
        return facts.route is None and facts.stage is None

    def may_be_taken_by(self, place: Place) -> bool:
        """Whether this party has the authority: a second person is of the side that raised it, and is not the raiser."""
        if self.skip is None or self.skip.rule != "second_person":
            return True
        return not place.is_raiser and place.side is not Side.RESPONDING


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
    ways = {way.key: way for way in (*_skips(visit), *_pattern(policy, visit, similar)) if way.passes_over}
    return (Onward(next_place(policy, visit)), *ways.values())


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
    """What somebody must confirm first."""
    return tuple(gate for gate in stage.gates if gate.before == before and gate.meeting is None)


def not_held(now: Open) -> Gate | None:
    """The gate whose meeting nobody has recorded yet as held at this stay; the stage cannot be settled before."""
    held = {step.facts.meeting for step in now.visit.steps if isinstance(step.facts, MeetingHeld)}
    return next((gate for gate in now.visit.stage.gates if gate.meeting is not None and gate.meeting not in held), None)


# --- what is refused -----------------------------------------------------------------------------------------------


def fault_of(facts: Facts, place: Place, now: Standing, *, similar: int = 0) -> str | None:
    """Why the policy does not take this record now, in a sentence; None when it does.

    Whether the party may do this at all is asked first, of `acts_open_to`.
    """
    match now, facts:
        case _, Correction():
            return _fault_of_correction(facts, place, now)
        case Open(), Outcome():
            return _fault_of_outcome(facts, now)
        case Open(), Account():
            return _fault_of_account(facts, place, now)
        case Open(), StepUp():
            return _fault_of_step_up(facts, place, now, similar)
        case Open(), _:
            return _fault_beside(facts, place, now)
        case Resolved(), FollowUp():
            return _fault_of_follow_up(facts, place, now)
        case _:
            return None


def _fault_of_outcome(facts: Outcome, now: Open) -> str | None:
    stage = now.visit.stage
    if facts.outcome not in stage.closing.outcomes:
        return "This stage cannot end with that outcome."
    if now.policy.review_date == "required" and facts.review_on is None:
        return "The policy asks for a review date."
    if set(facts.checks) - {check.id for check in stage.checks}:
        return "The policy does not name this check at this stage."
    if set(facts.learning) - {choice.id for choice in now.policy.learning}:
        return "The policy does not name this kind of learning."
    return _unconfirmed(gates_to(stage, "resolving"), facts.gates)


def _fault_of_correction(facts: Correction, place: Place, now: Standing) -> str | None:
    if facts.corrects in {step.id for step in open_to_correction(place, now)}:
        return None
    return "You can correct only what you recorded yourself. Ask whoever recorded this to correct it."


def _fault_of_account(facts: Account, place: Place, now: Open) -> str | None:
    if facts.corrects is None:
        return None
    here = [(step, step.facts) for step in now.visit.steps if isinstance(step.facts, Account)]
    latest = {step.id for step, _ in here if step.person == place.person} - {other.corrects for _, other in here}
    if facts.corrects not in latest:
        return "Only your own account at this stage can be corrected, and only its latest version."
    return None if facts.reason.strip() else "Say why the account is corrected."


def _fault_of_step_up(facts: StepUp, place: Place, now: Open, similar: int) -> str | None:
    ways = [way for way in ways_on(now, similar=similar) if way.leads_to(facts)]
    if not ways:
        return "The policy takes this stage to another one."
    way = next((way for way in ways if facts.skip_reason in {reason.id for reason in way.reasons}), ways[0])
    if not way.may_be_taken_by(place):
        return "To pass over stages, the policy wants a second person: ask somebody else of your agency to do it."
    if way.passes_over and facts.skip_reason not in {reason.id for reason in way.reasons}:
        return "Say why stages are passed over, with one of the policy’s reasons."
    if (fault := _fault_of_timing(facts.timing)) is not None:
        return fault
    return _unconfirmed(gates_to(way.to.stage, "entering"), facts.gates) if isinstance(way.to, Destination) else None


def _fault_of_timing(given: Timing | TimeSet) -> str | None:
    return "Say why it must be sooner." if given.protect_by is not None and not given.protect_because.strip() else None


def _unconfirmed(gates: Sequence[Gate], confirmed: Collection[str]) -> str | None:
    return next((gate.otherwise for gate in gates if gate.id not in confirmed), None)


def fault_of_status(status: str | None, policy: Policy, route: Route) -> str | None:
    """Why this route is not for somebody of this status, in a sentence; None when it is."""
    if route.subject_status and status not in {choice.id for choice in route.subject_status}:
        return f"“{route.title}” is not for a {policy.words.child} of this status. Choose another kind of disagreement."
    return None


def fault_of_kinds(kinds: Iterable[str], policy: Policy, route: Route) -> str | None:
    """Why this route is not for agencies of these kinds, in a sentence; None when it is."""
    if not route.between or set(kinds) <= set(route.between):
        return None
    names = " and ".join(kind.title for kind in policy.agency_kinds if kind.id in route.between)
    return f"“{route.title}” is only between agencies of these kinds: {names}. Choose another kind of disagreement."


def fault_of_opening(facts: Concern, policy: Policy, route: Route) -> str | None:
    """Why the policy does not take this concern on this route, in a sentence."""
    if facts.category not in {choice.id for choice in policy.categories_of(route)}:
        return "The policy does not name this reason."
    if (fault := fault_of_status(facts.subject_status, policy, route)) is not None:
        return fault
    if len(facts.agencies) > 1 and not policy.several_responding_agencies:
        return "The policy is for a disagreement with one agency."
    if (fault := _fault_of_timing(facts.timing)) is not None:
        return fault
    return _unconfirmed(gates_to(route.stages[0], "opening"), facts.gates)


def _fault_beside(facts: Facts, place: Place, now: Open) -> str | None:
    match facts:
        case InformationRequest(agency=agency) if agency == place.agency:
            return "Choose another agency: this is your own."
        case MeetingCalled() | MeetingHeld():
            return _fault_of_meeting(facts, place, now)
        case TimeSet():
            return _fault_of_time(facts, place, now)
        case PeopleJoin(because="next_tier") if not now.visit.stage.repeats_tiers:
            return "At this stage the policy does not go up tier by tier: take it further instead."
        case Alongside():
            return _fault_of_alongside(facts, now)
        case HelpAsked(helper=helper) if helper not in {each.id for each in now.policy.helpers}:
            return "The policy names nobody whom you could ask for this."
        case _:
            return None


def overtaken(facts: Facts, place: Place, now: Standing, *, outcome_seen: UUID | None) -> str | None:
    """Why what this record answers is no longer there to be answered, in a sentence; None when it is.

    `outcome_seen` is the outcome that waited for answers when its writer began: another takes its place only knowingly.
    """
    if not isinstance(now, Open):
        return None
    match facts:
        case Outcome() if outcome_waiting(now) != outcome_seen:
            return "Another outcome was recorded since you began."
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
    called = (step for step in meetings_called(now) if isinstance(facts, MeetingHeld) and step.id == facts.called)
    known = [
        *meetings_open_to(now, place),
        *(meeting_of(step, now.policy) for step in called if _convened(step, place, now)),
    ]
    meeting = next((each for each in known if each is not None and each.id == facts.meeting), None)
    if meeting is None:
        return "The policy does not let you call this meeting at this stage."
    if isinstance(facts, MeetingHeld) and len(set(facts.attended)) < (meeting.at_least or 0):
        return f"At least {meeting.at_least} people must attend: name everybody who did, or hold it again."
    return None


def _fault_of_time(facts: TimeSet, place: Place, now: Open) -> str | None:
    units = {clock.limit.unit for clock in now.visit.stage.clocks}
    if facts.time_frame is None and facts.protect_by is None:
        return "Give a date."
    if facts.time_frame is not None and not units & {Unit.STATED, Unit.AGREED}:
        return "The policy sets the limit of this stage: you can only shorten it, to protect the child."
    if facts.time_frame is not None and Unit.AGREED not in units and place.side is not now.visit.escalated_by:
        return "The side that took it here states this date. You can give an earlier one, to protect the child."
    return _fault_of_timing(facts)


def _fault_of_alongside(facts: Alongside, now: Open) -> str | None:
    begun = facts.item in going_on_alongside(now)
    if facts.state == "ended":
        return None if begun else "This has not begun yet, or has ended already."
    if facts.item not in {each.id for each in now.visit.stage.alongside}:
        return "The policy does not name this at this stage."
    return "This goes on already." if begun else None


def _fault_of_follow_up(facts: FollowUp, place: Place, now: Resolved) -> str | None:
    owed = next((owed for owed in now.duties if owed.duty.id == facts.duty), None)
    if facts.duty is not None and owed is None:
        return "The policy does not name this duty here."
    if owed is not None and place.side not in owed.sides:
        return "This is for another side to say."
    is_of_actions = owed is None or owed.duty.due == "action_date"
    if len(facts.carried_out) != len(now.outcome.actions) and (is_of_actions or facts.carried_out):
        return "Say of every agreed action whether it was carried out."
    if facts.then == "done" and is_of_actions and not all(facts.carried_out):
        return "An action was not carried out: give a new date, or open the escalation again."
    if facts.then == "again" and facts.again_on is None:
        return "Give the date on which it will be looked at again."
    return None


def level_of_raiser(policy: Policy, stage: Stage, level: str) -> str:
    """The level at which the raiser acts at the first stage: their own if it acts there, else the lowest if that does."""
    acting = {level for actor in stage.actors if actor.side is Side.RAISING for level in actor.levels}
    lowest = policy.levels[0].id
    return lowest if level not in acting and lowest in acting else level

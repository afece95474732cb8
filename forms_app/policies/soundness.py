"""What cannot work in a policy though each of its parts is well formed: nobody could ever do it, or get there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from forms_app.domain.policy import (
    BOTH_SIDES,
    Actor,
    Closer,
    Gate,
    Meeting,
    Moment,
    Path,
    Policy,
    Route,
    Side,
    Stage,
    Unit,
)

FILED_BY = {Moment.ACCOUNT_BY_RESPONDING: Side.RESPONDING}
"""Events that come only where this side acts. The raiser can write everywhere, so an account by their side always comes."""


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about one place of a policy, in a sentence."""

    place: Path
    sentence: str


def unsound(policy: Policy) -> Iterator[Remark]:
    """Everything for which a policy cannot be used."""
    yield from _round_in_a_circle(policy)
    yield from _never_reached(policy)
    for number, route in enumerate(policy.routes):
        for index, stage in enumerate(route.stages):
            for remark in _stage(policy, route, stage, index):
                yield Remark(("routes", number, "stages", index, *remark.place), remark.sentence)
    for number, meeting in enumerate(policy.meetings):
        yield from _convened(meeting, _everybody(policy), ("meetings", number))
    yield from _duties(policy)
    yield from _notices(policy)
    yield from _pattern(policy)


def before(route: Route, stage: Stage) -> tuple[Stage, ...]:
    """The stages of the route up to this one, this one among them: whoever acted there is still a party."""
    return route.stages[: route.stages.index(stage) + 1]


def joined_from(policy: Policy, route: Route, stage: Stage) -> tuple[Route, ...]:
    """The routes that go on at this stage when their own last one did not settle it."""
    return tuple(
        other
        for other in policy.routes
        if other.after.kind == "joins" and (other.after.route, other.after.stage) == (route.id, stage.id)
    )


def parties_by(policy: Policy, route: Route, stage: Stage) -> Iterator[Actor]:
    """Everybody who can be a party by the time that this stage is reached."""
    for earlier in before(route, stage):
        yield from earlier.actors
        for other in joined_from(policy, route, earlier):
            yield from (actor for each in other.stages for actor in each.actors)


# --- where it can go -------------------------------------------------------------------------------------------------


def can_go_on(route: Route, stage: Stage) -> bool:
    """Whether anybody, or the time, can take it on from this stage."""
    if any(clock.if_unanswered == "opens_next_stage" for clock in stage.clocks):
        return True
    return stage.steps_up != "board_side" or Side.BOARD in stage.sides or route.final_arbiter is not None


def _never_reached(policy: Policy) -> Iterator[Remark]:
    for number, route in enumerate(policy.routes):
        reached = {route.stages[0].id, *(each.id for each in route.stages if joined_from(policy, route, each))}
        for index, stage in enumerate(route.stages):
            if stage.id not in reached:
                last = route.stages[index - 1].name
                place: Path = ("routes", number, "stages", index)
                yield Remark(place, f"nobody can take it on from “{last}”, so this stage is never reached")
            elif can_go_on(route, stage):
                reached |= {later.id for later in route.stages[index + 1 : index + 2]} | set(stage.skip.to)


def _round_in_a_circle(policy: Policy) -> Iterator[Remark]:
    joins = {route.id: route.after.route for route in policy.routes if route.after.kind == "joins"}
    for number, route in enumerate(policy.routes):
        seen, here = {route.id}, joins.get(route.id)
        while here is not None and here not in seen:
            seen.add(here)
            here = joins.get(here)
        if here == route.id:
            yield Remark(("routes", number, "after"), "this route leads back to itself, so it never ends")


# --- one stage -------------------------------------------------------------------------------------------------------


def _stage(policy: Policy, route: Route, stage: Stage, index: int) -> Iterator[Remark]:
    yield from _clocks(policy, stage)
    for number, gate in enumerate(stage.gates):
        if (why := _never_asked(policy, route, stage, gate, index)) is not None:
            yield Remark(("gates", number), f"this is never asked: {why}")
    yield from _skip(route, stage, index)
    for number, meeting in enumerate(stage.meetings):
        yield from _convened(meeting, parties_by(policy, route, stage), ("meetings", number))
    if stage.arbiter_sets_steps and Side.BOARD not in stage.sides and route.final_arbiter is None:
        yield Remark(("arbiter_sets_steps",), "an arbiter sets the steps, but nobody of the Board acts at this stage")
    if stage.closing.who is Closer.ALL_SIDES and not stage.sides & BOTH_SIDES:
        yield Remark(("closing", "who"), "all sides close this stage, but neither raising nor responding acts at it")


def _clocks(policy: Policy, stage: Stage) -> Iterator[Remark]:
    for number, clock in enumerate(stage.clocks):
        place: Path = ("clocks", number)
        sides = stage.sides if clock.side == "all" else {clock.side}
        acting = {level for actor in stage.actors if actor.side in sides for level in actor.levels}
        if clock.level is not None and clock.level not in acting:
            yield Remark((*place, "level"), f"nobody acts as {clock.level} here, so nobody can keep this clock")
        if clock.limit.unit is Unit.AGREED and not stage.sides >= BOTH_SIDES:
            yield Remark((*place, "limit"), "both sides must act at a stage with a limit that is agreed")
        for name, moment in (("starts", clock.starts), ("stops", clock.stops)):
            if moment is Moment.MEETING_HELD and not policy.meetings_at(stage):
                yield Remark((*place, name), f"no meeting is held at this stage, so this clock never {name}")
            if moment in FILED_BY and FILED_BY[moment] not in stage.sides:
                yield Remark((*place, name), f"nobody responds at this stage, so this clock never {name}")


def _never_asked(policy: Policy, route: Route, stage: Stage, gate: Gate, index: int) -> str | None:
    if gate.before == "opening" and index > 0:
        return "only the first stage of a route is opened; write before: entering"
    if gate.before == "entering" and index == 0 and not joined_from(policy, route, stage):
        return "the first stage of a route is opened, not entered; write before: opening"
    return None


def _skip(route: Route, stage: Stage, index: int) -> Iterator[Remark]:
    skip, ids = stage.skip, [each.id for each in route.stages]
    if skip.rule == "never" and skip.to:
        yield Remark(("skip", "to"), "the rule is never, so leave this out")
    if skip.rule != "never" and not skip.to:
        yield Remark(("skip",), "say to which later stages it may pass")
    for number, target in enumerate(skip.to):
        ahead = ids.index(target) - index
        if ahead < 1:
            yield Remark(("skip", "to", number), f"“{target}” does not come after this stage")
        elif ahead == 1:
            yield Remark(("skip", "to", number), f"“{target}” is the next stage: nothing is passed over")


def _convened(meeting: Meeting, parties: Iterator[Actor], place: Path) -> Iterator[Remark]:
    known = {(actor.side, level) for actor in parties for level in actor.levels}
    if not any((actor.side, level) in known for actor in meeting.conveners for level in actor.levels):
        yield Remark(
            (*place, "conveners"), "nobody can call this meeting: none of these acts at this stage or before it"
        )


def _everybody(policy: Policy) -> Iterator[Actor]:
    """Whoever acts at any stage, and those who are asked for help."""
    for route in policy.routes:
        for stage in route.stages:
            yield from stage.actors
    yield from (Actor(side=Side.BOARD, level=helper.seat.value) for helper in policy.helpers)


# --- the rest --------------------------------------------------------------------------------------------------------


def _duties(policy: Policy) -> Iterator[Remark]:
    known = {stage.id for route in policy.routes for stage in route.stages}
    for number, duty in enumerate(policy.duties):
        for missing in sorted(set(duty.stages) - known):
            yield Remark(("duties", number, "stages"), f"no stage is called “{missing}”")


def _notices(policy: Policy) -> Iterator[Remark]:
    for number, notice in enumerate(policy.notices):
        there = {stage.id for route in policy.routes if route.id in notice.routes for stage in route.stages}
        for missing in sorted(set(notice.stages) - there) if notice.routes else ():
            yield Remark(("notices", number, "stages"), f"none of these routes has a stage “{missing}”")


def _pattern(policy: Policy) -> Iterator[Remark]:
    if policy.pattern is not None and all(
        route.stages[0].id == policy.pattern.opens for route in _with_pattern(policy)
    ):
        sentence = f"“{policy.pattern.opens}” is where everybody begins, so a pattern opens nothing"
        yield Remark(("pattern", "opens"), sentence)


def _with_pattern(policy: Policy) -> Iterator[Route]:
    assert policy.pattern is not None, "asked only for a policy with a pattern"
    opens = policy.pattern.opens
    return (route for route in policy.routes if opens in {stage.id for stage in route.stages})

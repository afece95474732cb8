"""What a careful author still gets wrong: a policy can be used with any of these, but each deserves a second look."""

from __future__ import annotations

import re
from collections.abc import Iterator

from forms_app.domain.policy import (
    BOTH_SIDES,
    COUNTED,
    OUTSIDE,
    Asked,
    Clock,
    Closer,
    DocumentKind,
    Event,
    Group,
    Limit,
    Notice,
    Path,
    Policy,
    Route,
    Side,
    Stage,
    Unit,
)
from forms_app.policies.soundness import Remark, can_go_on, joined_from, parties_by

FIGURE = re.compile(
    r"\d|\b(one|two|three|four|five|six|seven|eight|nine|ten|twelve|same)\b"
    r"|\b(an?|next|each|every)\s+(working\s+|calendar\s+)?(hour|day|week|fortnight|month)\b",
    re.IGNORECASE,
)
"""What says how long, or how many, in a quotation."""
MEETINGS = frozenset({Event.MEETING_CALLED, Event.MEETING_HELD})
ENDS = frozenset({Event.OUTCOME_PROPOSED, Event.OUTCOME_ANSWERED, Event.RESOLVED})
"""The events that know what was learned."""


def warnings_about(policy: Policy) -> Iterator[Remark]:
    """A sentence for each thing that may be a slip, with its place."""
    yield from _routes_without_categories(policy)
    for number, route in enumerate(policy.routes):
        for remark in (*_stages_alike(route), *_of_stages(policy, route)):
            yield Remark(("routes", number, *remark.place), remark.sentence)
    yield from _told_twice(policy)
    yield from _of_notices(policy)
    yield from _documents_never_made(policy)
    yield from _caps_without_figures(policy)
    yield from _duties_of_nobody(policy)
    yield from _helpers_without_title(policy)
    yield from _board_without_sight(policy)
    yield from _additions_of_strangers(policy)


# --- routes and stages -----------------------------------------------------------------------------------------------


def _routes_without_categories(policy: Policy) -> Iterator[Remark]:
    if not any(route.categories for route in policy.routes):
        return
    for number, route in enumerate(policy.routes[1:], start=1):
        if not route.categories:
            sentence = (
                f"route “{route.title}” has no categories of its own, though other routes have: "
                "people are offered the policy’s list there"
            )
            yield Remark(("routes", number), sentence)


def _stages_alike(route: Route) -> Iterator[Remark]:
    """Two stages of a route with the same people, limits and questions, where neither says that this is meant."""
    seen: dict[object, Stage] = {}
    for index, stage in enumerate(route.stages):
        first = seen.setdefault(_what_matters(stage), stage)
        if first is not stage and stage.same_as is None:
            sentence = f"stages “{first.name}” and “{stage.name}” are alike; if that is meant, say same_as: {first.id}"
            yield Remark(("stages", index), sentence)


def _what_matters(stage: Stage) -> object:
    return (
        frozenset((actor.side, actor.level) for actor in stage.actors),
        frozenset((clock.side, clock.level, clock.limit.unit, clock.limit.amount) for clock in stage.clocks),
        frozenset((group.asked, group.questions) for group in stage.groups),
    )


def _of_stages(policy: Policy, route: Route) -> Iterator[Remark]:
    for index, stage in enumerate(route.stages):
        place: Path = ("stages", index)
        if not stage.guidance:
            yield Remark(place, f"stage “{stage.name}” of route “{route.title}” has no guidance")
        if stage.skip.rule != "never" and not stage.skip.reasons:
            yield Remark((*place, "skip"), "stages may be passed over without any reason: nobody is asked for one")
        for level in stage.supported_by:
            raising = [actor for actor in parties_by(policy, route, stage) if actor.side is Side.RAISING]
            if not any(level in actor.levels for actor in raising):
                sentence = (
                    f"nobody of the raising side acts as {level} by then, so nobody may ever be asked for support"
                )
                yield Remark((*place, "supported_by"), sentence)
        for number, clock in enumerate(stage.clocks):
            for remark in _of_clock(policy, route, stage, clock):
                yield Remark((*place, "clocks", number, *remark.place), remark.sentence)
        for number, group in enumerate(stage.groups):
            for remark in _of_group(policy, route, stage, group):
                yield Remark((*place, "groups", number, *remark.place), remark.sentence)
        yield from _asked_nothing(route, stage, place)


def _of_clock(policy: Policy, route: Route, stage: Stage, clock: Clock) -> Iterator[Remark]:
    if _counts(clock.limit) and not FIGURE.search(clock.source.words):
        yield Remark(("source", "words"), f"these words give no figure, but the limit does: “{clock.source.words}”")
    if clock.limit.unit is Unit.BY_PRIORITY:
        for missing in policy.priorities:
            if missing.id not in clock.limit.priorities:
                yield Remark(("limit",), f"this says nothing about the priority “{missing.id}”: then there is no limit")
    if clock.if_unanswered == "opens_next_stage":
        if stage is route.stages[-1] and route.after.kind != "joins":
            yield Remark(("if_unanswered",), "no stage comes after this one, so none opens by itself")
        if clock.limit.unit is Unit.WITHOUT_DELAY:
            yield Remark(("if_unanswered",), "a limit without_delay never runs out, so no stage opens by itself")
        if (gate := _gate_after(policy, route, stage)) is not None:
            said = f"somebody must confirm “{gate}” before the next stage, so it never opens by itself"
            yield Remark(("if_unanswered",), said)
    if clock.shown_by is not None and not any(
        notice.document is clock.shown_by and _reaches(notice, route, stage) for notice in policy.notices
    ):
        yield Remark(("shown_by",), f"no notice makes a {clock.shown_by} at this stage")


def _gate_after(policy: Policy, route: Route, stage: Stage) -> str | None:
    """What somebody must confirm before the stage that comes next, as its policy file calls it."""
    later = route.stages[route.stages.index(stage) + 1 :]
    after = route.after
    if later:
        to = later[0]
    elif after.kind == "joins" and after.route is not None and after.stage is not None:
        to = policy.stage(after.route, after.stage)
    else:
        return None
    return next((gate.id for gate in to.gates if gate.before == "entering"), None)


def _counts(limit: Limit) -> bool:
    return limit.unit in COUNTED or any(each.unit in COUNTED for each in limit.priorities.values())


def _reaches(notice: Notice, route: Route, stage: Stage) -> bool:
    return (not notice.routes or route.id in notice.routes) and (not notice.stages or stage.id in notice.stages)


# --- questions -------------------------------------------------------------------------------------------------------


def fills_in(route: Route, stage: Stage, form: Asked) -> frozenset[Side]:
    """The sides that are given this form at this stage."""
    match form:
        case Asked.OPENING:
            return frozenset({Side.RAISING} if stage is route.stages[0] else ())
        case Asked.ACCOUNT:
            return stage.sides | {Side.RAISING}
        case Asked.OUTCOME:
            return _closers(route, stage)
        case Asked.STEP_UP:
            return _steppers(route, stage)


def _closers(route: Route, stage: Stage) -> frozenset[Side]:
    match stage.closing.who:
        case Closer.ALL_SIDES:
            return stage.sides & BOTH_SIDES
        case Closer.RAISING_SIDE | Closer.RAISER:
            return frozenset({Side.RAISING})
        case Closer.ARBITER:
            return _arbiters(route)


def _arbiters(route: Route) -> frozenset[Side]:
    return frozenset({Side.BOARD} if route.final_arbiter is None else {Side.BOARD, route.final_arbiter.side})


def _steppers(route: Route, stage: Stage) -> frozenset[Side]:
    if stage is route.stages[-1] and route.after.kind == "ends_here":
        return frozenset()
    match stage.steps_up:
        case "raising_side":
            return frozenset({Side.RAISING})
        case "board_side":
            return _arbiters(route) if can_go_on(route, stage) else frozenset()
        case "any_side":
            return BOTH_SIDES | stage.sides


def _of_group(policy: Policy, route: Route, stage: Stage, group: Group) -> Iterator[Remark]:
    filling = fills_in(route, stage, group.asked)
    form = group.asked.value.replace("_", " ")
    if not filling & set(group.sides):
        who = ", ".join(sorted(side.value for side in filling)) or "nobody"
        yield Remark((), f"“{group.title}” is never asked: {who} fills in the form “{form}” of this stage")
    elif "sides" in group.model_fields_set:
        for side in sorted(set(group.sides) - filling):
            yield Remark(("sides",), f"“{group.title}” is meant for the {side} side, which has no form “{form}” here")
    for question in (policy.question(name) for name in group.questions):
        if question.only_if is not None and question.only_if.question not in group.questions:
            sentence = (
                f"“{question.id}” is asked whatever is answered to “{question.only_if.question}”: "
                "put both into one group"
            )
            yield Remark(("questions",), sentence)


def _asked_nothing(route: Route, stage: Stage, place: Path) -> Iterator[Remark]:
    for form, does in ((Asked.OUTCOME, "close this stage"), (Asked.STEP_UP, "take it on from this stage")):
        asked = {side for group in stage.groups if group.asked is form for side in group.sides}
        for side in sorted(fills_in(route, stage, form) - asked) if asked else ():
            yield Remark((*place, "groups"), f"the {side} side can {does}, and is not asked what others are")


# --- notices and documents -------------------------------------------------------------------------------------------


def _told_twice(policy: Policy) -> Iterator[Remark]:
    notices = policy.notices
    for index, notice in enumerate(notices):
        for earlier in notices[:index]:
            again = sorted(set(notice.to) & set(earlier.to))
            if again and _meet(notice, earlier):
                sentence = f"on {notice.on}, {', '.join(again)} are told twice by {notice.document}"
                yield Remark(("notices", index), sentence)


def _meet(one: Notice, other: Notice) -> bool:
    """Whether there is a happening on which both are sent."""
    same = (one.on, one.document) == (other.on, other.document)
    on_conditions = one.only_if is not None and other.only_if is not None and one.only_if != other.only_if
    routes = not one.routes or not other.routes or bool(set(one.routes) & set(other.routes))
    stages = not one.stages or not other.stages or bool(set(one.stages) & set(other.stages))
    return same and routes and stages and not on_conditions


def _of_notices(policy: Policy) -> Iterator[Remark]:
    if not any(OUTSIDE & set(notice.to) for notice in policy.notices):
        yield Remark(("notices",), "the Board is never told of anything")
    for index, notice in enumerate(policy.notices):
        if (why := _never_sent(policy, notice)) is not None:
            yield Remark(("notices", index), f"this notice is never sent: {why}")
        elif not OUTSIDE & set(notice.to) and not _acting(policy, notice) & {side_of(to) for to in notice.to}:
            yield Remark(
                ("notices", index, "to"), "this notice goes to nobody but the raiser: none of these sides acts then"
            )
        elif notice.document is DocumentKind.REFERRAL and not _board_acts(policy, notice):
            sentence = "nobody of the Board acts at any of these stages: this refers it to the sides themselves"
            yield Remark(("notices", index), sentence)


def _board_acts(policy: Policy, notice: Notice) -> bool:
    return any(Side.BOARD in stage.sides for route, stage in _stages(policy) if _reaches(notice, route, stage))


def side_of(audience: str) -> str:
    return audience.removesuffix("_side")


def _acting(policy: Policy, notice: Notice) -> set[str]:
    """The sides of which somebody can be a party when this notice is sent."""
    there = [(route, stage) for route, stage in _stages(policy) if _reaches(notice, route, stage)]
    sides = {actor.side.value for route, stage in there for actor in parties_by(policy, route, stage)}
    return {*sides, Side.RAISING.value, *([Side.BOARD.value] if policy.helpers else [])}


def _never_sent(policy: Policy, notice: Notice) -> str | None:
    there = [(route, stage) for route, stage in _stages(policy) if _reaches(notice, route, stage)]
    if notice.on is Event.OPENED and not any(stage is route.stages[0] for route, stage in there):
        return "an escalation is opened at the first stage of a route, and none of these is one"
    if notice.on is Event.STAGE_ENTERED and not any(_is_entered(policy, *each) for each in there):
        return "the first stage of a route is opened, not entered; write on: opened"
    if notice.on is Event.LEFT and notice.stages and not any(_is_left(*each) for each in there):
        return "it does not leave the policy from any of these stages"
    if notice.on in MEETINGS and not any(policy.meetings_at(stage) for _, stage in there) and _is_limited(notice):
        return "no meeting is held at any of these stages"
    if notice.only_if in {"learning", "policy_gap"} and notice.on not in ENDS:
        return f"what was learned is known only when there is an outcome, not when: {notice.on}"
    if notice.only_if == "learning" and not policy.learning:
        return "the policy has no learning to choose from"
    if notice.only_if == "from_stage_reached" and not notice.stages and not notice.routes:
        return "say which stages it is that must have been reached"
    return None


def _is_limited(notice: Notice) -> bool:
    """Whether it is for some routes or stages; every policy has to have one that is for all."""
    return bool(notice.stages or notice.routes)


def _stages(policy: Policy) -> Iterator[tuple[Route, Stage]]:
    return ((route, stage) for route in policy.routes for stage in route.stages)


def _is_entered(policy: Policy, route: Route, stage: Stage) -> bool:
    return stage is not route.stages[0] or bool(joined_from(policy, route, stage))


def _is_left(route: Route, stage: Stage) -> bool:
    return stage is route.stages[-1] and route.after.kind in {"leaves_for", "returns_to"}


def _documents_never_made(policy: Policy) -> Iterator[Remark]:
    asked_for = {DocumentKind.BOARD_PROFORMA, DocumentKind.FILE_COPY}
    made = {notice.document for notice in policy.notices} | asked_for
    for kind in sorted(set(policy.document_titles) - made):
        yield Remark(("document_titles", kind.value), f"no notice makes a {kind}, so nobody ever has this document")


# --- figures, duties, people -----------------------------------------------------------------------------------------


def _caps_without_figures(policy: Policy) -> Iterator[Remark]:
    for number, route in enumerate(policy.routes):
        for index, cap in enumerate(route.caps):
            if _counts(cap.limit) and not FIGURE.search(cap.source.words):
                sentence = f"these words give no figure, but the limit does: “{cap.source.words}”"
                yield Remark(("routes", number, "caps", index, "source", "words"), sentence)


def _duties_of_nobody(policy: Policy) -> Iterator[Remark]:
    for number, duty in enumerate(policy.duties):
        there = [each for each in _stages(policy) if not duty.stages or each[1].id in duty.stages]
        acting = {actor.side for route, stage in there for actor in parties_by(policy, route, stage)}
        if duty.side != "all" and duty.side not in acting:
            yield Remark(
                ("duties", number, "side"), f"nobody of the {duty.side} side is a party then, so nobody owes this"
            )


def _helpers_without_title(policy: Policy) -> Iterator[Remark]:
    levels = {level.id for level in policy.levels}
    for number, helper in enumerate(policy.helpers):
        if helper.seat.value not in levels:
            sentence = f"whoever holds this seat has no title among the parties: add a level “{helper.seat}”"
            yield Remark(("helpers", number, "seat"), sentence)


def _additions_of_strangers(policy: Policy) -> Iterator[Remark]:
    for number, addition in enumerate(policy.local_additions):
        if policy.adopted_by and addition.board not in policy.adopted_by:
            sentence = f"“{addition.board}” is not among those that have adopted this policy"
            yield Remark(("local_additions", number, "board"), sentence)


def _board_without_sight(policy: Policy) -> Iterator[Remark]:
    acting = {actor.side for _, stage in _stages(policy) for actor in stage.actors}
    if (Side.BOARD in acting or policy.helpers) and not any(sight.side is Side.BOARD for sight in policy.sight):
        yield Remark(
            ("sight",), "nothing says what the Board’s side sees, and so it sees everything that the parties recorded"
        )

"""Walks an invented escalation through a policy, stage by stage, for tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise
from uuid import UUID, uuid4

from forms_app.domain.circulation import Happening, owed
from forms_app.domain.clocks import Running
from forms_app.domain.escalation import Open, Resolved, Standing, standing
from forms_app.domain.policy import (
    Asked,
    Audience,
    DocumentKind,
    Event,
    Guidance,
    Policy,
    Question,
    Route,
    Side,
    Stage,
)
from forms_app.domain.records import Agreement, Concern, ConcernedAgency, Facts, Outcome, Place, Step, StepUp, Timing
from forms_app.policies.bank_holidays import calendar_of

FRIDAY_EVENING = datetime(2027, 3, 5, 17, 30, tzinfo=UTC)
MONDAY = datetime(2027, 3, 1, 10, 30, tzinfo=UTC)

RAISER = Place(uuid4(), uuid4(), Side.RAISING, "practitioner", is_raiser=True)
MANAGER = Place(uuid4(), RAISER.agency, Side.RAISING, "first_line_manager")
OTHER = Place(uuid4(), uuid4(), Side.RESPONDING, "practitioner")
BOARD = Place(uuid4(), uuid4(), Side.BOARD, "board_member")
SCRUTINEER = Place(uuid4(), uuid4(), Side.BOARD, "scrutineer")
ALL = (RAISER, MANAGER, OTHER, BOARD)

SEATS = {audience: uuid4() for audience in Audience}
"""One invented person for every seat at the Board."""


def opened(policy: Policy, at: datetime, timing: Timing | None = None, route: Route | None = None) -> Step:
    there = route or policy.main
    facts = Concern(
        shape=None,
        category=policy.categories_of(there)[0].id,
        agencies=(ConcernedAgency(id=OTHER.agency, name="Inventedshire Children’s Social Care"),),
        timing=timing or Timing(),
    )
    return step(there.id, there.stages[0].id, at, facts)


def step(route: str, stage: str, at: datetime, facts: Facts, by: Place = RAISER) -> Step:
    return Step(uuid4(), route, stage, by.side, by.agency, by.person, at.date(), at, facts)


def climbed(policy: Policy, to: str, at: datetime, timing: Timing | None = None) -> list[Step]:
    """The records of an escalation that went up the main ladder to a stage, all in one moment."""
    stages = [stage.id for stage in policy.main.stages]
    steps = [opened(policy, at, timing)]
    for before, after in pairwise(stages[: stages.index(to) + 1]):
        facts = StepUp(route=policy.main.id, stage=after, timing=timing or Timing())
        steps.append(step(policy.main.id, before, at, facts))
    return steps


def standing_at(policy: Policy, steps: Sequence[Step], places: Sequence[Place] = ALL) -> Standing:
    return standing(policy, steps, places=places, calendar=calendar_of(policy.nation))


def at_stage(policy: Policy, stage: str, at: datetime = MONDAY, timing: Timing | None = None) -> Open:
    now = standing_at(policy, climbed(policy, stage, at, timing))
    assert isinstance(now, Open)
    return now


def resolved_at(policy: Policy, stage: str, outcome: Outcome) -> Resolved:
    """Resolved at a stage by the Board's word or by the raiser's, with which the other side agrees where it must."""
    there = policy.stage(policy.main.id, stage)
    arbiter = next((actor.level for actor in there.actors if actor.side is Side.BOARD), BOARD.level)
    closer = replace(BOARD, level=arbiter) if there.closing.who == "arbiter" else RAISER
    steps = climbed(policy, stage, MONDAY)
    proposed = step(policy.main.id, stage, MONDAY, outcome, closer)
    steps.append(proposed)
    if there.closing.who == "all_sides":
        steps.append(step(policy.main.id, stage, MONDAY, Agreement(outcome=proposed.id, agrees=True), OTHER))
    now = standing_at(policy, steps, places=(closer,))
    assert isinstance(now, Resolved)
    return now


def clock(now: Standing, name: str) -> Running:
    return next(running for running in now.clocks if running.id == name)


def due_on(now: Standing, name: str) -> date | None:
    due = clock(now, name).due
    return None if due is None else due.day


def circulated(
    policy: Policy,
    event: Event,
    stage: str,
    now: Standing,
    *,
    places: Sequence[Place] = ALL,
    outcome: Outcome | None = None,
) -> dict[DocumentKind, set[UUID]]:
    """Who gets which document when something happens on the main ladder."""
    circulations = owed(
        policy,
        Happening(event, policy.main.id, stage),
        now=now,
        places=places,
        outside={audience: (person,) for audience, person in SEATS.items()},
        outcome=now.outcome if isinstance(now, Resolved) else outcome,
    )
    return {circulation.document: set(circulation.recipients) for circulation in circulations}


def told(
    policy: Policy, event: Event, stage: str, now: Standing, outcome: Outcome | None = None
) -> dict[str, set[str]]:
    """The same by the names of sides and seats."""
    names = {person: audience.value for audience, person in SEATS.items()}
    names |= {RAISER.person: "raiser", MANAGER.person: "raising", OTHER.person: "responding", BOARD.person: "board"}
    found = circulated(policy, event, stage, now, outcome=outcome)
    return {document: {names[person] for person in people} for document, people in found.items()}


def asked(policy: Policy, stage: str, form: Asked, side: Side) -> list[Question]:
    """The questions of one form of a stage, in their order."""
    groups = policy.stage(policy.main.id, stage).groups
    names = [name for group in groups if group.asked is form and side in group.sides for name in group.questions]
    return [policy.question(name) for name in names]


def names_asked(stage: Stage, form: Asked, side: Side) -> set[str]:
    return {name for group in stage.groups if group.asked is form and side in group.sides for name in group.questions}


def options(policy: Policy, question: str) -> set[str]:
    return {option.id for option in policy.question(question).options}


def needed_levels(stage: Stage) -> set[tuple[str, str]]:
    return {(actor.side.value, actor.level) for actor in stage.actors if actor.needed}


def guidance_at(policy: Policy, moment: str, stage: str | None = None) -> str:
    """Everything that is said to a person at one moment, in one piece."""
    return " ".join(guidance.text for guidance in _guidance(policy, stage) if {"always", moment} & set(guidance.show))


def _guidance(policy: Policy, stage: str | None) -> Iterator[Guidance]:
    yield from policy.guidance
    if stage is not None:
        yield from policy.stage(policy.main.id, stage).guidance

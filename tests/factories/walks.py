"""Walks through every stage of a route to every ending, by what the parties do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from forms_app.domain.acts import Act, acts_open_to
from forms_app.domain.escalation import Left, Open
from forms_app.domain.records import Place
from tests.factories.scenes import Scene


def walk_every_way(here: Scene, way: str) -> Iterator[type]:
    """Ends an escalation at each of the stages that this route leads through, and once beyond the last."""
    steps = 0
    while True:
        escalation = here.open(way, everybody=True).escalation_id
        for _ in range(steps):
            here.step_up(escalation, everybody=True)
        if isinstance(here.standing(escalation), Left):
            yield Left
            return
        goes_on = can_step_up(here, escalation)
        settle(here, escalation)
        yield type(here.standing(escalation))
        if not goes_on:
            return
        steps += 1


def can_step_up(here: Scene, escalation: UUID) -> bool:
    now = here.standing(escalation)
    return any(Act.STEP_UP in acts_open_to(place, now) for place in here.places(escalation))


def settle(here: Scene, escalation: UUID) -> None:
    """Every side writes; an outcome is recorded, not agreed at first, recorded again and agreed."""
    for place in one_of_each(who_may(here, escalation, Act.FILE_ACCOUNT)):
        here.account(escalation, by=place.person)
    record(here, escalation)
    if answering := who_may(here, escalation, Act.ANSWER_OUTCOME):
        answer(here, escalation, answering[0], agrees=False)
        record(here, escalation)
        for place in one_of_each(who_may(here, escalation, Act.ANSWER_OUTCOME)):
            answer(here, escalation, place, agrees=True)


def record(here: Scene, escalation: UUID) -> None:
    here.hold(escalation)
    learning = tuple(choice.id for choice in here.policy.learning[:1])
    closing = who_may(here, escalation, Act.RECORD_OUTCOME)
    here.outcome(escalation, by=closing[-1].person, learning=learning, policy_gap=True)


def answer(here: Scene, escalation: UUID, place: Place, *, agrees: bool) -> None:
    now = here.standing(escalation)
    assert isinstance(now, Open)
    assert now.proposed is not None
    here.answer(escalation, by=place.person, to=now.proposed.step.id, agrees=agrees)


def who_may(here: Scene, escalation: UUID, act: Act) -> list[Place]:
    now = here.standing(escalation)
    return [place for place in here.places(escalation) if act in acts_open_to(place, now)]


def one_of_each(places: Sequence[Place]) -> list[Place]:
    return list({(place.side, place.agency): place for place in places}.values())

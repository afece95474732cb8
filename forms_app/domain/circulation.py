"""Who is owed what when something happens, by the policy's notices. The raiser is among the recipients of everything."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from forms_app.domain.escalation import Open, Resolved, Standing
from forms_app.domain.policy import Audience, DocumentKind, Event, Notice, Policy, Side
from forms_app.domain.records import (
    Account,
    Agreement,
    CameOf,
    Concern,
    Facts,
    FollowUp,
    MeetingCalled,
    MeetingHeld,
    Outcome,
    Place,
    Quiet,
    Step,
    StepUp,
)

PARTIES = {
    Audience.RAISING_SIDE: Side.RAISING,
    Audience.RESPONDING_SIDE: Side.RESPONDING,
    Audience.BOARD_SIDE: Side.BOARD,
}


class RaiserLeftOut(Exception):
    """A circulation without the person who first raised it cannot be made."""


@dataclass(frozen=True, slots=True)
class Circulation:
    """One document owed to its recipients. Cannot exist without the raiser."""

    document: DocumentKind
    recipients: tuple[UUID, ...]
    raiser: UUID
    to: tuple[Audience, ...] = ()
    """Whom the policy's notices name for it."""
    for_learning: bool = False
    """Whether it is made for nothing but what was learned."""

    def __post_init__(self) -> None:
        if self.raiser not in self.recipients:
            raise RaiserLeftOut("the person who raised the escalation is told of everything that happens to it")


NOT_CIRCULATED = frozenset({"contact", "filing", "alongside", "restricted_note", "proforma"})
"""Kinds of record of which nobody gets a document: they stand on the escalation's page, or are made for one person."""


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happened at a stage; on `stage_entered` the stage that was entered."""

    event: Event
    route: str
    stage: str


def happening_of(step: Step, now: Standing) -> Happening | None:
    """What a record amounts to, now that it has been made; None for what is not circulated."""
    if step.facts.kind in NOT_CIRCULATED:
        return None
    entered = now.visits[-1].entry.id == step.id
    if entered and isinstance(now, Open) and not isinstance(step.facts, Concern):
        return Happening(Event.STAGE_ENTERED, now.visit.route.id, now.visit.stage.id)
    return Happening(_event(step.facts, now), step.route, step.stage)


def _event(facts: Facts, now: Standing) -> Event:
    match facts:
        case Concern():
            return Event.OPENED
        case Account():
            return Event.ACCOUNT_FILED
        case StepUp():
            return Event.LEFT
        case Outcome():
            return Event.RESOLVED if isinstance(now, Resolved) else Event.OUTCOME_PROPOSED
        case Agreement():
            return Event.RESOLVED if isinstance(now, Resolved) else Event.OUTCOME_ANSWERED
        case FollowUp() | CameOf():
            return Event.FOLLOWED_UP
        case Quiet():
            return Event.GONE_QUIET
        case MeetingCalled():
            return Event.MEETING_CALLED
        case MeetingHeld():
            return Event.MEETING_HELD
        case _:
            return Event.ENTRY_MADE


def owed(
    policy: Policy,
    happening: Happening,
    *,
    now: Standing,
    places: Sequence[Place],
    outside: Mapping[Audience, Sequence[UUID]],
    outcome: Outcome | None = None,
    unsighted: Collection[UUID] = (),
) -> tuple[Circulation, ...]:
    """One circulation for each document that the policy's notices make of this happening.

    `outside` names the people who hold each of the Board's seats, and `unsighted` the parties who are not told yet whom it
    is about: only a de-identified document goes to them. A document that several notices make goes once, to
    all of their recipients together.
    """
    raiser = next(place.person for place in places if place.is_raiser)
    found: dict[DocumentKind, list[Notice]] = {}
    for notice in policy.notices:
        if _applies(notice, happening, now=now, outcome=outcome):
            found.setdefault(notice.document, []).append(notice)
    sighted = [place for place in places if place.person not in unsighted]
    return tuple(
        _circulation(notices, raiser, sighted if notices[0].identified else places, outside)
        for notices in found.values()
    )


def _circulation(
    notices: Sequence[Notice], raiser: UUID, places: Sequence[Place], outside: Mapping[Audience, Sequence[UUID]]
) -> Circulation:
    """The one document that all of these notices make."""
    people = (person for notice in notices for person in _people(notice, places, outside))
    return Circulation(
        document=notices[0].document,
        recipients=tuple(dict.fromkeys((raiser, *people))),
        raiser=raiser,
        to=tuple(dict.fromkeys(audience for notice in notices for audience in notice.to)),
        for_learning=all(notice.only_if == "learning" for notice in notices),
    )


def _applies(notice: Notice, happening: Happening, *, now: Standing, outcome: Outcome | None) -> bool:
    if notice.on is not happening.event:
        return False
    match notice.only_if:
        case None:
            return _at(notice, happening.route, happening.stage)
        case "from_stage_reached":
            return any(_at(notice, visit.route.id, visit.stage.id) for visit in now.visits)
        case "learning":
            return outcome is not None and bool(outcome.learning) and _at(notice, happening.route, happening.stage)
        case "policy_gap":
            return outcome is not None and outcome.policy_gap and _at(notice, happening.route, happening.stage)


def _at(notice: Notice, route: str, stage: str) -> bool:
    return (not notice.routes or route in notice.routes) and (not notice.stages or stage in notice.stages)


def _people(notice: Notice, places: Sequence[Place], outside: Mapping[Audience, Sequence[UUID]]) -> Iterator[UUID]:
    for audience in notice.to:
        if audience in PARTIES:
            yield from (place.person for place in places if place.side is PARTIES[audience])
        else:
            yield from outside.get(audience, ())

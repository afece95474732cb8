"""Walks that were worked out by hand from the text of each policy, against what the service makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel, ConfigDict
from ruamel.yaml import YAML

from forms_app.domain.clocks import Running
from forms_app.domain.escalation import Left, Open, Standing
from forms_app.domain.records import Place, TimeAnswered
from forms_app.domain.working_days import LONDON
from forms_app.services.looking import clock_line
from tests.factories.scenes import Scene, scene

WORKED = Path(__file__).parent / "worked"
FILES = {file.stem: YAML(typ="safe").load(file) for file in sorted(WORKED.glob("*.yaml"))}
SIDES = ("raising", "responding", "board")


class Given(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Event(Given):
    """What happened at a moment of UK time, or only that somebody looks; then what must be so."""

    at: str
    opened: dict[str, Any] | None = None
    account: str | None = None
    outcome: dict[str, Any] | None = None
    answer: dict[str, Any] | None = None
    step_up: str | None = None
    """The stage at which it must arrive, or `out`."""
    timing: dict[str, Any] = {}

    stands: str | None = None
    due: dict[str, date | str | None] | None = None
    """Every clock that runs where it stands: the UK day by the end of which, or the UK minute by which."""
    because: dict[str, str] = {}
    late: list[str] | None = None
    notes: dict[str, str] = {}
    told: dict[str, list[str]] | None = None
    """Every document that it makes, and who is owed it: sides as they are then, and seats at the Board."""


class Walk(Given):
    walk: str
    by_hand: str
    route: str
    events: list[Event]


def walks() -> list[Any]:
    return [
        pytest.param(file["policy"], Walk(**given), id=f"{name}: {given['walk']}")
        for name, file in FILES.items()
        for given in file["walks"]
    ]


@pytest.mark.requirement("B-11", "B-13", "B-23", "B-28", "B-29", "B-35", "S-20", "S-28", "S-34", "W-13", "W-19")
@pytest.mark.requirement("H-07", "H-13", "H-18", "H-31", "U-44", "U-45", "U-48")
@pytest.mark.parametrize(("policy", "walk"), walks())
def test_the_service_agrees_with_what_was_worked_out_by_hand(policy: str, walk: Walk, sqlite_url: str) -> None:
    with scene(sqlite_url, policy) as here:
        assert faults(here, walk) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"due": {"resolve_early": date(2027, 3, 8)}}, "due"),
        ({"told": {"written_account": ["raising"]}}, "told"),
        ({"stands": "stage_two"}, "stands"),
        ({"late": ["resolve_early"]}, "late"),
        ({"notes": {"resolve_early": "Anything"}}, "notes"),
    ],
)
def test_a_walk_that_is_wrong_is_noticed(changed: dict[str, Any], said: str, sqlite_url: str) -> None:
    event = Event(at="2027-03-05 18:30", opened={}, **changed)
    walk = Walk(walk="wrong", by_hand="", route="ladder", events=[event])

    with scene(sqlite_url, "hull") as here:
        (fault,) = faults(here, walk)

    assert f": {said}: " in fault


# --- how ---------------------------------------------------------------------------------------------------------


def faults(here: Scene, walk: Walk) -> list[str]:
    return [f"{event.at}: {fault}" for event, found in _walked(here, walk) for fault in found]


def _walked(here: Scene, walk: Walk) -> Iterator[tuple[Event, list[str]]]:
    escalation: UUID | None = None
    for event in walk.events:
        here.clock.now = _instant(event.at)
        places = [] if escalation is None else here.places(escalation)
        record = _act(here, walk, event, escalation, places)
        if escalation is None:
            assert record is not None, "a walk begins with the opening"
            escalation, record = record
        elif record is not None:
            _, record = record
        yield event, [*_differences(here, event, escalation), *_of_documents(here, event, escalation, record)]


def _act(here: Scene, walk: Walk, event: Event, escalation: UUID | None, places: list[Place]) -> Any:
    filed = None
    if event.opened is not None:
        filed = here.open(walk.route, **event.opened)
    elif escalation is None:
        raise AssertionError("a walk begins with the opening")
    elif event.account is not None:
        filed = here.account(escalation, by=_who(places, event.account))
    elif event.outcome is not None:
        given = {name: tuple(said) if isinstance(said, list) else said for name, said in event.outcome.items()}
        filed = here.outcome(escalation, by=_who(places, given.pop("by")), **given)
    elif event.answer is not None:
        now = here.standing(escalation)
        assert isinstance(now, Open)
        assert now.proposed is not None
        by = _who(places, event.answer["by"])
        filed = here.answer(escalation, by=by, to=now.proposed.step.id, agrees=event.answer["agrees"])
    elif event.step_up is not None:
        filed = here.step_up(escalation, **event.timing)
    if filed is not None:
        _accept_the_date(here, filed.escalation_id)
    return None if filed is None else (filed.escalation_id, filed.record_id)


def _accept_the_date(here: Scene, escalation: UUID) -> None:
    """Where a time must be acceptable to all, these walks let all of them accept the one that was named."""
    now = here.standing(escalation)
    if isinstance(now, Open) and now.time_proposed is not None:
        answer = TimeAnswered(proposal=now.time_proposed.step.id, accepts=True)
        for party in sorted(now.time_proposed.waits_for):
            by = next(place.person for place in here.places(escalation) if place.party == party)
            here.record(escalation, answer, by=by)


def _who(places: list[Place], said: str) -> UUID:
    side, level = said.split()
    return next(place.person for place in places if (place.side, place.level) == (side, level))


def _differences(here: Scene, event: Event, escalation: UUID) -> Iterator[str]:
    now = here.standing(escalation)
    stands = event.stands or ("left" if event.step_up == "out" else event.step_up)
    if stands is not None and (where := _where(now)) != stands:
        yield f"stands: {where}, not {stands}"
    clocks = {clock.id: clock for clock in now.clocks}
    if event.due is not None:
        wanted = {name: _wanted(due) for name, due in event.due.items()}
        found = {name: _found(clock) for name, clock in clocks.items()}
        if wanted != found:
            yield f"due: {found}, not {wanted}"
    for name, reason in event.because.items():
        if (due := clocks[name].due) is None or due.because != reason:
            yield f"because: {due}, not {reason}"
    if event.late is not None:
        late = [name for name, clock in clocks.items() if clock.is_late(here.clock.now)]
        if late != event.late:
            yield f"late: {late}, not {event.late}"
    with here.workshop.reading() as work:
        for name, sentence in event.notes.items():
            line = clock_line(here.policy, clocks[name], work, now.clocks)
            if line.note != sentence:
                yield f"notes: “{line.note}”, not “{sentence}”"


def _of_documents(here: Scene, event: Event, escalation: UUID, record: UUID | None) -> Iterator[str]:
    if record is None:
        return
    told, raiser = here.told(record), next(place.person for place in here.places(escalation) if place.is_raiser)
    if not told:
        yield "told: nobody"
    for kind, people in told.items():
        if raiser not in people:
            yield f"told: the raiser has no {kind}"
    if event.told is not None:
        places = here.places(escalation)
        wanted = {
            kind: {person for group in groups for person in _group(here, places, group)}
            for kind, groups in event.told.items()
        }
        if wanted != told:
            yield f"told: {_named(here, told)}, not {_named(here, wanted)}"


def _group(here: Scene, places: list[Place], group: str) -> Iterator[UUID]:
    if group == "raiser":
        yield from (place.person for place in places if place.is_raiser)
    elif group in SIDES:
        yield from (place.person for place in places if place.side == group)
    else:
        yield here.holder(group)


def _named(here: Scene, told: dict[str, set[UUID]]) -> dict[str, list[str]]:
    emails = {person: email for email, person in here.people.items()}
    return {kind: sorted(emails[person] for person in people) for kind, people in told.items()}


def _where(now: Standing) -> str:
    if isinstance(now, Open):
        return now.visit.stage.id
    return "left" if isinstance(now, Left) else "resolved"


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON).astimezone(UTC)


def _wanted(due: date | str | None) -> tuple[datetime, bool] | None:
    """The instant from which it is late, and whether it is meant to the minute."""
    if due is None:
        return None
    if isinstance(due, str):
        return _instant(due), True
    midnight = datetime.combine(due + timedelta(days=1), datetime.min.time(), LONDON)
    return midnight.astimezone(UTC), False


def _found(clock: Running) -> tuple[datetime, bool] | None:
    return None if clock.due is None else (clock.due.at, clock.due.to_the_minute)

"""An escalation's rows as the values by which the domain decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated
from uuid import UUID

from pydantic import Field, TypeAdapter

from forms_app.db.tables import Escalation, Party, StageRecord
from forms_app.domain.errors import CalendarEnds
from forms_app.domain.escalation import Open, Standing, standing
from forms_app.domain.policy import Policy, Side
from forms_app.domain.records import Concern, Facts, PeopleJoin, Place, Step, StepUp
from forms_app.services.directory import as_adopted
from forms_app.services.work import Work

NAMES_WHO_ACTS = frozenset({"concern", "step_up", "people"})
FACTS: TypeAdapter[Facts] = TypeAdapter(Annotated[Facts, Field(discriminator="kind")])


def step_of(record: StageRecord) -> Step:
    return Step(
        id=record.id,
        route=record.route,
        stage=record.stage,
        side=None if record.side is None else Side(record.side),
        agency=record.agency_id,
        person=record.person_id,
        happened_on=record.happened_on,
        entered_at=record.entered_at,
        facts=FACTS.validate_json(record.facts),
    )


def concern_of(escalation: Escalation) -> Concern:
    """The facts by which it was opened."""
    facts = step_of(escalation.records[0]).facts
    assert isinstance(facts, Concern), "an escalation begins with the concern"
    return facts


def places_of(escalation: Escalation) -> list[Place]:
    """The place of everybody who was not named by mistake, as it is today, with every level at which they act by the records.

    Who covers is there for a time, and afterwards as if they had never been.
    """
    also = list(_also(escalation))
    there = (party for party in escalation.parties if party.removed_at is None)
    return [_place(party, also) for party in there if not (party.is_cover and party.has_left)]


def place_of(party: Party) -> Place:
    """One party's place as it is today."""
    return _place(party, _also(party.escalation))


def _place(party: Party, also: Iterable[tuple[UUID, str]]) -> Place:
    before = {
        each.person_id for each in party.escalation.parties if each.place_id == party.place_id and not each.is_cover
    }
    return Place(
        person=party.person_id,
        agency=party.agency_id,
        side=Side(party.side),
        level=party.level,
        is_raiser=party.is_raiser,
        joined_at=party.joined_at,
        also=frozenset(level for person, level in also if person in {party.person_id, *before}),
        post=party.person.level,
        speaks_for=frozenset(before - {party.person_id}) if not party.has_left else frozenset(),
        has_left=party.has_left,
    )


def _also(escalation: Escalation) -> Iterator[tuple[UUID, str]]:
    """The further levels at which people act who took part already."""
    for record in escalation.records:
        if record.kind in NAMES_WHO_ACTS:
            facts = step_of(record).facts
            assert isinstance(facts, Concern | StepUp | PeopleJoin), "nothing else names who acts"
            yield from ((each.person, each.level) for each in facts.also)


def policy_of(work: Work, escalation: Escalation) -> Policy:
    return as_adopted(work, policy_key=escalation.policy_key, board_id=escalation.board.id)


def standing_of(work: Work, escalation: Escalation) -> Standing:
    """Where it stands by everything that was recorded. Raises CalendarEnds."""
    policy = policy_of(work, escalation)
    return standing(
        policy,
        [step_of(record) for record in escalation.records],
        places=places_of(escalation),
        calendar=work.calendar(policy),
    )


def is_open(work: Work, escalation: Escalation) -> bool:
    """Whether it goes on. Where the calendar ends too soon to tell, it does: rather one too many is looked at."""
    try:
        return isinstance(standing_of(work, escalation), Open)
    except CalendarEnds:
        return True

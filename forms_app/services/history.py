"""An escalation's rows as the values by which the domain decides."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, TypeAdapter

from forms_app.db.tables import Escalation, Party, StageRecord
from forms_app.domain.escalation import Standing, standing
from forms_app.domain.policy import Policy, Side
from forms_app.domain.records import Concern, Facts, Place, Step
from forms_app.services.directory import as_adopted
from forms_app.services.work import Work

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


def place_of(party: Party) -> Place:
    return Place(
        person=party.person_id,
        agency=party.agency_id,
        side=Side(party.side),
        level=party.level,
        is_raiser=party.is_raiser,
        joined_at=party.joined_at,
    )


def policy_of(work: Work, escalation: Escalation) -> Policy:
    return as_adopted(work, policy_key=escalation.policy_key, board_id=escalation.board.id)


def standing_of(work: Work, escalation: Escalation) -> Standing:
    """Where it stands by everything that was recorded. Raises CalendarEnds."""
    policy = policy_of(work, escalation)
    return standing(
        policy,
        [step_of(record) for record in escalation.records],
        places=[place_of(party) for party in escalation.parties],
        calendar=work.calendar(policy),
    )

"""How many similar escalations a Board has had: this one, and those of the same two agencies for the same reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from forms_app.db import reads
from forms_app.domain.errors import NotAllowedNow
from forms_app.domain.policy import Choice, Pattern, Policy
from forms_app.domain.records import StepUp
from forms_app.services import escalations
from forms_app.services.similar import months_before, similar_to
from tests.factories.policies import BOTH, SOURCE, policy, route, stage
from tests.factories.scenes import Scene, scene


def under(**more: Any) -> Policy:
    return policy(
        route(stage("one"), stage("two"), stage("three")),
        categories=(Choice(id="other", title="Something else"), Choice(id="plan", title="A plan")),
        pattern=Pattern(count=2, months=6, opens="three", source=SOURCE),
        **more,
    )


@pytest.fixture
def here(database_url: str) -> Iterator[Scene]:
    with scene(database_url, under()) as made:
        yield made


def similar(here: Scene, escalation: UUID, by: UUID | None = None) -> int:
    with here.workshop.reading() as work:
        found = reads.escalation_for(work.session, escalation, by or here.raiser)
        assert found is not None
        return similar_to(work, found)


def open_for(here: Scene, category: str) -> UUID:
    concern = here.concern("main", here.named(here.policy.main.stages[0], opening=True))
    facts = concern.facts.model_copy(update={"category": category})
    with here.workshop.writing() as work:
        filed = escalations.open_escalation(work, by=here.raiser, concern=replace(concern, facts=facts))
    return filed.escalation_id


def test_the_first_of_its_kind_is_one(here: Scene) -> None:
    assert similar(here, here.open().escalation_id) == 1


def test_it_is_also_counted_where_nobody_of_the_other_agency_takes_part_yet(database_url: str) -> None:
    alone = under().model_copy(update={"routes": (route(stage("one", actors=BOTH[:1]), stage("two"), stage("three")),)})
    with scene(database_url, alone) as here:
        assert similar(here, here.open().escalation_id) == 1


@pytest.mark.requirement("S-32")
def test_those_of_the_same_agencies_and_reason_are_counted_and_no_others(here: Scene) -> None:
    here.open()
    open_for(here, "plan")
    here.responding = ("police",)
    here.open()
    here.responding = ("socialcare",)
    theirs = here.open(by=here.at("health", "practitioner")).escalation_id

    assert similar(here, here.open().escalation_id) == 2
    assert similar(here, theirs, by=here.at("health", "practitioner")) == 1


def test_only_those_of_the_policys_months_are_counted(here: Scene) -> None:
    here.clock.strike(2026, 8, 31)
    here.open()
    here.clock.strike(2026, 9, 1)
    here.open()
    here.clock.strike(2027, 3, 1)

    assert similar(here, here.open().escalation_id) == 2


def test_enough_of_them_open_the_stage_that_the_policy_names(here: Scene) -> None:
    escalation = here.open().escalation_id
    leap = StepUp(route="main", stage="three", skip_reason="pattern")
    with pytest.raises(NotAllowedNow):
        here.record(escalation, leap, by=here.raiser)

    here.open()
    here.record(escalation, leap, by=here.raiser)

    assert here.stage(escalation).id == "three"


def test_where_the_policy_has_no_pattern_nothing_is_counted(database_url: str) -> None:
    with scene(database_url, policy()) as here:
        assert similar(here, here.open().escalation_id) == 0


@pytest.mark.parametrize(
    ("day", "months", "before"),
    [
        (date(2027, 3, 15), 6, date(2026, 9, 15)),
        (date(2027, 3, 31), 1, date(2027, 2, 28)),
        (date(2028, 3, 31), 1, date(2028, 2, 29)),
        (date(2027, 1, 31), 2, date(2026, 11, 30)),
        (date(2027, 12, 1), 24, date(2025, 12, 1)),
    ],
)
def test_so_many_months_before_a_day(day: date, months: int, before: date) -> None:
    assert months_before(day, months) == before

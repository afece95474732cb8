"""A rehearsal shows a Board what its policy will do, by doing it."""

from __future__ import annotations

from datetime import datetime

import pytest

from forms_app.domain.working_days import LONDON
from forms_app.policies.bank_holidays import calendar_of
from forms_app.services.rehearsing import Rehearsal, rehearse
from forms_app.services.work import Workshop
from tests.factories.policies import policy, route, stage
from tests.factories.scenes import Scene, scene, shelf

CHRISTMAS_EVE = datetime(2026, 12, 24, 14, 30, tzinfo=LONDON)
ROUTES = [pytest.param(each.key, way.id, id=f"{each.key} {way.id}") for each in shelf() for way in each.routes]


def rehearsed(here: Scene, way: str, opened: datetime = CHRISTMAS_EVE) -> Rehearsal:
    def at(moment: datetime) -> Workshop:
        return Workshop(here.database, here.shelf, calendar_of, lambda: moment)

    return rehearse(at, policy=here.policy, route=here.policy.route(way), raiser=here.raiser, opened=opened)


@pytest.mark.requirement("B-31", "S-36")
@pytest.mark.parametrize(("key", "way"), ROUTES)
def test_every_route_can_be_rehearsed_and_the_raiser_has_everything(key: str, way: str, sqlite_url: str) -> None:
    with scene(sqlite_url, shelf().get(key)) as here:
        found = rehearsed(here, way)

    stages = [stage.id for stage in here.policy.route(way).stages]
    assert [stage.id for stage in found.stages][: len(stages)] == stages
    assert found.end.startswith("Resolved")
    for stage_ in found.stages:
        assert stage_.events
        assert stage_.clocks
        for event in stage_.events:
            assert event.documents
            for document in event.documents:
                assert any("(who raised it)" in person for person in document.to), (stage_.id, document)


def test_the_moments_are_those_that_were_worked_out_by_hand(sqlite_url: str) -> None:
    with scene(sqlite_url, "four-lscb") as here:
        first, second, third, fourth = rehearsed(here, "ladder").stages

    assert [(clock.id, clock.due) for clock in first.clocks] == [
        ("concern_in_writing", "End of 24 December 2026"),
        ("stage_one_limit", "End of 29 December 2026"),
    ]
    assert second.entered == "29 December 2026 at 10am"
    assert {clock.due for clock in (*second.clocks, *third.clocks)} == {"End of 31 December 2026"}
    assert (fourth.entered, fourth.clocks[1].due) == ("31 December 2026 at 10am", "End of 8 January 2027")


def test_a_rehearsal_is_the_same_each_time(sqlite_url: str) -> None:
    with scene(sqlite_url, "west-sussex") as here:
        assert rehearsed(here, "main") == rehearsed(here, "main")


def test_a_policy_that_no_board_has_adopted_yet_can_be_rehearsed(sqlite_url: str) -> None:
    with scene(sqlite_url, policy(route(stage("one"), stage("two")))) as here:
        found = rehearsed(here, "main")

    assert [stage.id for stage in found.stages] == ["one", "two"]

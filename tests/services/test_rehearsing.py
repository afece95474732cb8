"""A rehearsal shows a Board what its policy will do, by doing it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from forms_app.db.releases import held_at_board
from forms_app.domain.policy import Policy
from forms_app.domain.working_days import LONDON
from forms_app.policies.bank_holidays import calendar_of
from forms_app.policies.shelf import Shelf
from forms_app.services.directory import own_person
from forms_app.services.rehearsed import Rehearsal, RehearsedEvent
from forms_app.services.rehearsing import End, rehearse, release_what_waits
from forms_app.services.scanning import Because
from forms_app.services.workshop import Workshop
from tests.factories.policies import policy, route, stage
from tests.factories.scenes import Scene, scene, shelf

CHRISTMAS_EVE = datetime(2026, 12, 24, 14, 30, tzinfo=LONDON)
INVENTED = Shelf.from_folders([Path(__file__).parents[1] / "policies/invented"])
ROUTES = [
    pytest.param(each, way.id, id=f"{each.key} {way.id}") for each in (*shelf(), *INVENTED) for way in each.routes
]


def rehearsed(here: Scene, way: str, *, end: End = "resolved", pass_over: bool = False) -> Rehearsal:
    def at(moment: datetime) -> Workshop:
        return Workshop(here.database, here.shelf, calendar_of, lambda: moment)

    return rehearse(
        at,
        policy=here.policy,
        route=here.policy.route(way),
        raiser=here.raiser,
        opened=CHRISTMAS_EVE,
        end=end,
        pass_over=pass_over,
    )


def happened(found: Rehearsal, words: str) -> list[RehearsedEvent]:
    events = [*(event for stage_ in found.stages for event in stage_.events), *found.afterwards]
    return [event for event in events if event.what == words]


@pytest.mark.requirement("B-31", "S-36")
@pytest.mark.parametrize(("under", "way"), ROUTES)
def test_every_route_can_be_rehearsed_and_the_raiser_has_everything(under: Policy, way: str, sqlite_url: str) -> None:
    with scene(sqlite_url, under) as here:
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

    assert [(clock.id, clock.due, clock.opens_next_stage) for clock in first.clocks] == [
        ("concern_in_writing", "End of 24 December 2026", False),
        ("stage_one_limit", "End of 29 December 2026", False),
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


# --- what it shows -----------------------------------------------------------------------------------------------


def test_gates_ways_meetings_and_what_goes_on_alongside_are_shown_at_their_stage(sqlite_url: str) -> None:
    with scene(sqlite_url, "hull") as here:
        first, second, third, *_ = rehearsed(here, "ladder").stages

    assert [(way.to, way.passes_over) for way in first.ways_on] == [
        ("Stage 2: Resolving disagreements at the right level", ()),
        ("Stage 3: Escalating concerns", ("Stage 2: Resolving disagreements at the right level",)),
    ]
    assert first.ways_on[1].reasons == ("No line manager is available, and the child’s welfare cannot wait",)
    assert first.alongside == ("A new or renewed referral to children’s social care",)
    assert second.supported_by == ("First-line manager or supervisor", "Named or designated safeguarding lead")
    assert [(gate.when, gate.for_each_agency) for gate in third.gates] == [("before it comes here", True)]
    (meeting,) = third.meetings
    assert (meeting.title, meeting.must_be_so) == (
        "Professional consultation meeting",
        ("Independent of the case: facilitator",),
    )
    assert meeting.recorded == ("minutes",)


def test_who_may_pass_over_stages_is_said(sqlite_url: str) -> None:
    with scene(sqlite_url, "four-lscb") as here:
        first, *_ = rehearsed(here, "ladder").stages

    assert [way.by for way in first.ways_on] == ["the raising side", "the raising side: somebody who did not raise it"]


def test_meetings_support_and_steps_really_happen_and_everybody_is_told(sqlite_url: str) -> None:
    with scene(sqlite_url, "west-sussex") as here:
        found = rehearsed(here, "main")

    for words in ("A side accepts the date", "A meeting is called", "The meeting is recorded", "The steps are set"):
        (event,) = happened(found, words)
        assert any("(who raised it)" in person for person in event.documents[0].to)
        assert any("Children’s Social Care" in person for person in event.documents[0].to)


def test_help_is_asked_and_the_helpers_meeting_is_held_at_the_last_stage(sqlite_url: str) -> None:
    with scene(sqlite_url, "annex-c") as here:
        found = rehearsed(here, "main")

    assert [helper.title for helper in found.helpers] == ["Senior Liaison Officer"]
    assert found.restricted_notes == ("Senior manager",)
    assert found.quiet == "2 working days"
    (asked,) = happened(found, "Somebody at the Board is asked for help")
    (held,) = happened(found, "The meeting is recorded")
    assert asked in found.stages[-1].events
    assert held.by.startswith("Senior Liaison Officer")


def test_what_is_owed_after_the_end_is_shown_and_done(sqlite_url: str) -> None:
    with scene(sqlite_url, "berkshire") as here:
        found = rehearsed(here, "main")

    assert [duty.id for duty in found.duties] == [
        "pursue_outstanding",
        "review_outcome",
        "report_to_sub_group",
    ]
    assert len(happened(found, "What was agreed was carried out")) == len(found.duties)
    assert found.afterwards[-1].by.startswith("Board member")


@pytest.mark.parametrize(
    ("key", "way", "left_for"),
    [
        ("annex-c", "main", "The Worcestershire escalation policy"),
        ("west-sussex", "main", "the Secretary of State"),
        ("four-lscb", "plan_implementation", "the Conference Chair"),
        ("hull", "conference_dissent", "the procedure for professional dissent"),
    ],
)
def test_it_can_be_walked_from_its_opening_out_of_the_policy(
    key: str, way: str, left_for: str, sqlite_url: str
) -> None:
    with scene(sqlite_url, key) as here:
        found = rehearsed(here, way, end="left")

    assert found.end.startswith(f"Left for: {left_for}")
    assert found.duties == ()
    assert [event.what for event in found.afterwards] == ["Somebody says what came of it elsewhere"]
    assert not happened(found, "An outcome is recorded")


def test_stages_are_passed_over_wherever_the_policy_lets_it(sqlite_url: str) -> None:
    with scene(sqlite_url, "berkshire") as here:
        found = rehearsed(here, "main", pass_over=True)

    assert [stage_.id for stage_ in found.stages] == ["own_manager", "leads", "board_meeting"]


def test_stages_are_not_passed_over_when_the_second_person_is_missing(sqlite_url: str) -> None:
    with scene(sqlite_url, "four-lscb") as here:
        found = rehearsed(here, "ladder", pass_over=True)

    assert [stage_.id for stage_ in found.stages] == ["stage_one", "stage_two", "stage_four"]


def test_what_waits_for_two_people_is_released_so_that_its_files_can_be_made(sqlite_url: str) -> None:
    with scene(sqlite_url, "hull") as here:
        rehearsed(here, here.policy.main.id)
        with here.workshop.writing() as work:
            board = own_person(work, here.raiser).board_id
            assert held_at_board(work.session, board, Because.DEIDENTIFIED)

            release_what_waits(work, at_board_of=here.raiser)

            assert not held_at_board(work.session, board, Because.DEIDENTIFIED)

"""Annex C's policy file says what the text of April 2023 says."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import uuid4

import pytest

from forms_app.domain.acts import Act, Destination, acts_open_to, meetings_open_to, next_place
from forms_app.domain.policy import After, Asked, Decision, DocumentKind, Event, Policy, Side, Subject, Unit
from forms_app.domain.records import AgreedAction, Outcome, Place
from forms_app.policies.reader import read_policy
from forms_app.policies.shelf import SHIPPED
from tests.policies.walking import (
    FRIDAY_EVENING,
    MANAGER,
    OTHER,
    RAISER,
    asked,
    at_stage,
    clock,
    due_on,
    guidance_at,
    needed_levels,
    resolved_at,
    told,
)

LADDER = ["officers", "managers", "senior_managers", "senior_managers_again"]


@pytest.fixture(scope="module")
def policy() -> Policy:
    return read_policy(SHIPPED / "annex-c-2023-04.yaml")


def _ids(policy: Policy, stage: str, form: Asked, side: Side) -> list[str]:
    return [question.id for question in asked(policy, stage, form, side)]


def _checks(policy: Policy, stage: str) -> list[str]:
    return [check.id for check in policy.stage("main", stage).checks]


# --- what it is for ----------------------------------------------------------------------------------------------


@pytest.mark.requirement("W-01")
def test_officers_challenge_a_decision_that_they_think_is_not_safe(policy: Policy) -> None:
    assert policy.words.practitioner == "officer"
    assert policy.level_title("practitioner") == "Officer"
    assert "decision" in _ids(policy, "officers", Asked.OPENING, Side.RAISING)


@pytest.mark.requirement("W-02")
def test_it_is_about_an_individual_at_risk_child_or_adult(policy: Policy) -> None:
    assert policy.words.child == "individual"
    assert {Subject.CHILD, Subject.ADULT} <= set(policy.subjects)


@pytest.mark.requirement("W-03")
def test_it_names_four_areas_and_something_else(policy: Policy) -> None:
    assert [category.id for category in policy.categories] == ["need", "roles", "action", "communication", "other"]


@pytest.mark.requirement("W-04")
def test_the_risks_are_asked_and_safety_comes_first_at_every_moment(policy: Policy) -> None:
    assert policy.question("risks").required
    assert "risks" in _ids(policy, "officers", Asked.OPENING, Side.RAISING)
    for stage in LADDER:
        assert "risks" in _ids(policy, stage, Asked.STEP_UP, Side.RAISING)
        assert "safety of the individual" in guidance_at(policy, "account", stage)


@pytest.mark.requirement("W-05")
def test_challenging_is_called_a_right_and_a_responsibility(policy: Policy) -> None:
    assert "Every officer may challenge a decision." in guidance_at(policy, "before_opening")
    assert "Your right, and your responsibility" in {words.title for words in policy.guidance}


@pytest.mark.requirement("W-06")
def test_the_officer_says_whether_the_line_manager_supports_it(policy: Policy) -> None:
    assert {option.id for option in policy.question("line_manager").options} == {
        "supports",
        "does_not_support",
        "not_yet",
    }
    assert "line_manager" in _ids(policy, "officers", Asked.OPENING, Side.RAISING)


@pytest.mark.requirement("W-08")
@pytest.mark.parametrize("stage", LADDER)
def test_advice_may_be_recorded_at_every_stage(policy: Policy, stage: str) -> None:
    for side in (Side.RAISING, Side.RESPONDING):
        assert {"consulted", "advice"} <= set(_ids(policy, stage, Asked.ACCOUNT, side))
    assert not policy.question("consulted").required
    assert "Named Safeguarding Officer" in guidance_at(policy, "account", stage)


@pytest.mark.requirement("W-09")
def test_the_disagreement_can_be_explained_in_plain_words(policy: Policy) -> None:
    assert "plain_words" in _ids(policy, "officers", Asked.OPENING, Side.RAISING)
    for stage in LADDER:
        assert "plain_words" in _ids(policy, stage, Asked.OUTCOME, Side.RESPONDING)
    assert "can understand what is being discussed" in guidance_at(policy, "opening")


@pytest.mark.requirement("W-10")
def test_a_party_can_ask_the_senior_liaison_officer_for_help_at_every_stage(policy: Policy) -> None:
    (helper,) = policy.helpers

    assert helper.seat == "liaison_officer"
    assert "Senior Liaison Officer" in policy.contacts[0].name
    assert "way forward" in guidance_at(policy, "help")
    for stage in LADDER:
        for place in (RAISER, OTHER):
            assert Act.ASK_HELP in acts_open_to(place, at_stage(policy, stage))


@pytest.mark.requirement("W-11", "W-12")
@pytest.mark.parametrize("stage", LADDER)
def test_the_liaison_officer_can_call_the_review_group_which_recommends(policy: Policy, stage: str) -> None:
    officer = Place(uuid4(), uuid4(), Side.BOARD, "liaison_officer")
    now = at_stage(policy, stage)

    (meeting,) = meetings_open_to(now, officer)

    assert (meeting.id, meeting.recommendations) == ("case_review_group", True)
    assert Act.CALL_MEETING in acts_open_to(officer, now)
    assert meetings_open_to(now, RAISER) == ()


@pytest.mark.requirement("W-31")
def test_senior_managers_write_notes_that_only_senior_managers_of_their_agency_read(policy: Policy) -> None:
    senior = Place(uuid4(), RAISER.agency, Side.RAISING, "senior_manager")
    now = at_stage(policy, "senior_managers_again")

    assert Act.WRITE_RESTRICTED_NOTE in acts_open_to(senior, now)
    assert Act.WRITE_RESTRICTED_NOTE not in acts_open_to(RAISER, now)
    assert "restricted note" in guidance_at(policy, "outcome", "senior_managers_again")
    assert "policies" in {option.id for option in policy.question("reviews_considered").options}


def test_the_line_manager_says_themself_whether_they_support_it(policy: Policy) -> None:
    now = at_stage(policy, "officers")

    assert Act.SAY_SUPPORT in acts_open_to(MANAGER, now)
    assert Act.SAY_SUPPORT not in acts_open_to(OTHER, now)
    assert "You can go on." in guidance_at(policy, "not_supported", "officers")


@pytest.mark.requirement("W-16", "W-25", "W-32")
@pytest.mark.parametrize("stage", LADDER)
def test_whether_the_actions_were_carried_out_is_owed_after_every_stage(policy: Policy, stage: str) -> None:
    action = AgreedAction(what="Hold a meeting", who="Both", by_when=date(2027, 3, 12))
    now = resolved_at(policy, stage, Outcome(outcome="agreed", actions=(action,)))

    (owed,) = [each for each in now.duties if each.duty.id == "check_implemented"]

    assert owed.due is not None
    assert owed.due.day == date(2027, 3, 12)
    assert Act.FOLLOW_UP in acts_open_to(RAISER, now)


@pytest.mark.requirement("W-33")
def test_it_says_when_it_was_last_updated(policy: Policy) -> None:
    assert (policy.version, policy.dated) == ("2023-04", "Last updated April 2023")


# --- the four stages ---------------------------------------------------------------------------------------------


@pytest.mark.requirement("W-07", "W-17")
def test_no_stage_is_passed_over_and_each_leads_to_the_next(policy: Policy) -> None:
    assert [(stage.number, stage.id) for stage in policy.main.stages] == list(enumerate(LADDER, start=1))
    assert {stage.skip.rule for stage in policy.main.stages} == {"never"}
    for here, there in pairwise(LADDER):
        place = next_place(policy, at_stage(policy, here).visit)
        assert isinstance(place, Destination)
        assert place.stage.id == there


@pytest.mark.requirement("W-13")
def test_stage_one_takes_one_working_day(policy: Policy) -> None:
    assert due_on(at_stage(policy, "officers", FRIDAY_EVENING), "one_working_day") == date(2027, 3, 8)


@pytest.mark.requirement("W-14", "W-15")
def test_stage_one_checks_that_actions_are_understood_and_recorded(policy: Policy) -> None:
    assert _checks(policy, "officers") == ["shared_understanding", "actions_recorded", "implemented"]


@pytest.mark.requirement("W-18")
def test_stage_two_is_between_the_line_managers(policy: Policy) -> None:
    levels = needed_levels(policy.stage("main", "managers"))

    assert levels == {("raising", "first_line_manager"), ("responding", "first_line_manager")}


@pytest.mark.requirement("W-19")
def test_the_twenty_four_hours_go_on_through_a_weekend_and_through_a_change_of_the_clocks(policy: Policy) -> None:
    before_summer_time = datetime(2027, 3, 27, 20, 0, tzinfo=UTC)

    over_weekend = clock(at_stage(policy, "managers", FRIDAY_EVENING), "twenty_four_hours").due
    over_change = clock(at_stage(policy, "managers", before_summer_time), "twenty_four_hours").due

    assert over_weekend is not None
    assert over_weekend.at == FRIDAY_EVENING + timedelta(hours=24)
    assert over_change is not None
    assert over_change.at == before_summer_time + timedelta(hours=24)
    assert "weekends and bank holidays" in guidance_at(policy, "account", "managers")


@pytest.mark.requirement("W-20")
def test_designated_leads_may_take_part_at_stage_two(policy: Policy) -> None:
    leads = [actor for actor in policy.stage("main", "managers").actors if actor.level == "safeguarding_lead"]

    assert {actor.side for actor in leads} == {Side.RAISING, Side.RESPONDING}
    assert not any(actor.needed for actor in leads)


FIVE = ["shared_understanding", "fed_back", "confirmed_in_writing", "plan_review", "implemented"]


@pytest.mark.requirement("W-21", "W-27")
def test_stages_two_and_three_have_the_same_five_checks(policy: Policy) -> None:
    assert _checks(policy, "managers") == FIVE
    assert _checks(policy, "senior_managers") == FIVE


@pytest.mark.requirement("W-22", "W-23", "W-30")
@pytest.mark.parametrize("stage", LADDER[1:])
def test_when_it_is_resolved_operational_staff_have_it_in_writing_at_once(policy: Policy, stage: str) -> None:
    documents = told(policy, Event.RESOLVED, stage, at_stage(policy, stage))

    assert {"raiser", "raising", "responding"} <= documents[DocumentKind.WRITTEN_CONFIRMATION]
    assert "fed_back" in _ids(policy, stage, Asked.OUTCOME, Side.RAISING)
    assert policy.review_date == "optional"


@pytest.mark.requirement("W-24")
def test_whether_the_childs_plan_needs_a_review_is_asked(policy: Policy) -> None:
    for stage in ("managers", "senior_managers"):
        assert {"plan_review", "plan_reference"} <= set(_ids(policy, stage, Asked.OUTCOME, Side.RAISING))


@pytest.mark.requirement("W-26")
def test_stage_three_is_without_delay(policy: Policy) -> None:
    (limit,) = [each.limit for each in policy.stage("main", "senior_managers").clocks]

    assert limit.unit is Unit.WITHOUT_DELAY
    assert due_on(at_stage(policy, "senior_managers"), "without_delay") is None


@pytest.mark.requirement("W-28")
def test_stage_four_repeats_stage_three_and_says_so_with_the_link(policy: Policy) -> None:
    third, fourth = (policy.stage("main", stage) for stage in LADDER[2:])

    assert fourth.same_as == third.id
    assert fourth.actors == third.actors
    assert [each.limit for each in fourth.clocks] == [each.limit for each in third.clocks]
    assert fourth.links[0].url is not None
    assert "Worcestershire" in fourth.links[0].url
    assert "says the same at stages three and four" in guidance_at(policy, "account", "senior_managers_again")


@pytest.mark.requirement("W-29")
def test_stage_four_asks_where_the_record_is_held(policy: Policy) -> None:
    assert policy.question("record_held").required
    assert "record_held" in _ids(policy, "senior_managers_again", Asked.OUTCOME, Side.RAISING)
    assert _checks(policy, "senior_managers_again")[:2] == ["outcome_in_writing", "record_held"]


def test_what_stage_four_does_not_resolve_leaves_for_the_worcestershire_policy(policy: Policy) -> None:
    after = next_place(policy, at_stage(policy, "senior_managers_again").visit)

    assert isinstance(after, After)
    assert after.kind == "leaves_for"


# --- who is told -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", LADDER)
@pytest.mark.parametrize("event", list(Event))
def test_the_raiser_is_told_of_everything(policy: Policy, event: Event, stage: str) -> None:
    documents = told(policy, event, stage, at_stage(policy, stage))

    assert documents
    assert all("raiser" in recipients for recipients in documents.values())


def test_what_the_board_is_told_was_decided_because_the_text_is_silent(policy: Policy) -> None:
    outside = [notice for notice in policy.notices if not notice.identified]

    assert {notice.on for notice in outside} == {Event.STAGE_ENTERED, Event.RESOLVED, Event.LEFT, Event.GONE_QUIET}
    for notice in outside:
        assert isinstance(notice.source, Decision)
        assert "the text is silent" in notice.source.decided.lower()

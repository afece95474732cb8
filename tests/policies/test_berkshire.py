"""Berkshire's policy file says what the text of April 2017 says."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from uuid import uuid4

import pytest

from forms_app.domain.acts import Act, Destination, acts_open_to, is_filled, meetings_open_to, next_place
from forms_app.domain.escalation import Resolved
from forms_app.domain.policy import Asked, Closer, DocumentKind, Event, Policy, QuestionKind, Side, Unit
from forms_app.domain.records import MeetingHeld, Outcome, Place, Timing
from forms_app.policies.reader import read_policy
from forms_app.policies.shelf import SHIPPED
from tests.policies.walking import (
    BOARD,
    MANAGER,
    MONDAY,
    OTHER,
    RAISER,
    asked,
    at_stage,
    climbed,
    due_on,
    guidance_at,
    needed_levels,
    resolved_at,
    standing_at,
    step,
    told,
)

LADDER = ["own_manager", "professionals", "managers", "leads", "board_meeting"]
AGENCIES_STAGES = LADDER[:4]
OPENING = ("own_manager", Asked.OPENING, Side.RAISING)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return read_policy(SHIPPED / "berkshire-2017-04.yaml")


def _ids(policy: Policy, stage: str, form: Asked, side: Side) -> list[str]:
    return [question.id for question in asked(policy, stage, form, side)]


# --- what it is for ----------------------------------------------------------------------------------------------


@pytest.mark.requirement("B-02")
def test_it_is_about_a_decision_an_action_or_an_inaction_of_another_agency(policy: Policy) -> None:
    assert [shape.id for shape in policy.concern_shapes] == ["decision", "action", "inaction"]
    assert all("other agency" in shape.title for shape in policy.concern_shapes)


@pytest.mark.requirement("B-03")
def test_it_names_four_areas_and_something_else(policy: Policy) -> None:
    assert [category.id for category in policy.categories] == ["need", "roles", "plans", "communication", "other"]


@pytest.mark.requirement("B-10")
def test_inside_one_agency_it_points_to_that_agencys_own_procedure(policy: Policy) -> None:
    assert not policy.internal.permitted
    assert "whistleblowing" in policy.internal.signpost


@pytest.mark.requirement("B-04")
def test_the_plan_that_the_agencies_agreed_is_asked_for_and_sharing_is_advised(policy: Policy) -> None:
    assert {"plan_kind", "plan_reference"} <= set(_ids(policy, *OPENING))
    assert "Share information" in guidance_at(policy, "opening")


@pytest.mark.requirement("B-05")
def test_the_childs_welfare_is_named_at_every_moment(policy: Policy) -> None:
    for moment in ("before_opening", "opening", "account", "outcome", "step_up"):
        assert "child’s welfare" in guidance_at(policy, moment)


@pytest.mark.requirement("B-06", "B-15")
def test_the_opening_asks_for_their_reasons_the_problem_the_disagreement_and_the_outcome_wanted(policy: Policy) -> None:
    opening = {question.id: question for question in asked(policy, *OPENING)}

    assert all(opening[name].required for name in ("rationale", "problem", "disagreed", "desired_outcome"))
    (gate,) = policy.main.stages[0].gates
    assert (gate.id, gate.before) == ("sought_reasons", "opening")


@pytest.mark.requirement("B-09")
def test_what_it_means_for_the_child_is_asked_at_every_stage(policy: Policy) -> None:
    assert policy.question("impact").required
    assert "impact" in _ids(policy, *OPENING)
    for stage in LADDER[1:]:
        assert "impact" in _ids(policy, stage, Asked.ACCOUNT, Side.RAISING)
        assert "impact" in _ids(policy, stage, Asked.ACCOUNT, Side.RESPONDING)
    assert "attention away from the child" in guidance_at(policy, "before_opening")


# --- the five stages ---------------------------------------------------------------------------------------------


def test_there_are_five_stages(policy: Policy) -> None:
    assert [(stage.number, stage.id) for stage in policy.main.stages] == list(enumerate(LADDER, start=1))


@pytest.mark.requirement("B-14")
def test_stage_one_is_with_the_own_manager_and_the_other_agency_takes_no_part(policy: Policy) -> None:
    first = policy.main.stages[0]

    assert needed_levels(first) == {("raising", "practitioner"), ("raising", "first_line_manager")}
    assert first.sides == {Side.RAISING}
    assert first.closing.who is Closer.RAISING_SIDE
    assert Act.RECORD_OUTCOME not in acts_open_to(OTHER, at_stage(policy, "own_manager"))


@pytest.mark.requirement("B-16", "B-17")
def test_stage_two_is_between_the_professionals_as_soon_as_possible(policy: Policy) -> None:
    stage = policy.stage("main", "professionals")

    assert needed_levels(stage) == {("raising", "practitioner"), ("responding", "practitioner")}
    assert stage.clocks[0].limit.unit is Unit.WITHOUT_DELAY


@pytest.mark.requirement("B-18")
def test_how_they_talked_is_asked(policy: Policy) -> None:
    mode = policy.question("contact_mode")

    assert {"telephone", "face_to_face"} <= {option.id for option in mode.options}
    assert "contact_mode" in _ids(policy, "professionals", Asked.ACCOUNT, Side.RESPONDING)


@pytest.mark.requirement("B-19")
def test_somebody_may_support_either_side_at_stage_two(policy: Policy) -> None:
    supporters = [actor for actor in policy.stage("main", "professionals").actors if not actor.needed]

    assert {actor.side for actor in supporters} == {Side.RAISING, Side.RESPONDING}
    assert all("support" in (actor.title or "") for actor in supporters)


@pytest.mark.requirement("B-20")
def test_stage_three_is_between_supervisors_at_the_same_level(policy: Policy) -> None:
    levels = needed_levels(policy.stage("main", "managers"))

    assert levels == {("raising", "first_line_manager"), ("responding", "first_line_manager")}


@pytest.mark.requirement("B-21")
def test_stage_four_is_for_operations_managers_or_safeguarding_leads(policy: Policy) -> None:
    stage = policy.stage("main", "leads")
    now = at_stage(policy, "leads")
    lead = Place(uuid4(), RAISER.agency, Side.RAISING, "safeguarding_lead")

    assert needed_levels(stage) == {("raising", "senior_manager"), ("responding", "senior_manager")}
    assert {actor.levels for actor in stage.actors} == {("senior_manager", "safeguarding_lead")}
    assert is_filled([lead], stage.actors[0], RAISER.agency)
    assert Act.RECORD_OUTCOME in acts_open_to(lead, now)


@pytest.mark.requirement("B-24")
def test_stage_four_ends_only_after_the_two_managers_have_talked(policy: Policy) -> None:
    (gate,) = policy.stage("main", "leads").gates

    (tried, _, _) = policy.stage("main", "board_meeting").gates

    assert (gate.id, gate.before) == ("leads_discussed", "resolving")
    assert (tried.id, tried.before) == ("leads_tried", "entering")


@pytest.mark.requirement("B-25")
def test_the_board_records_no_outcome_at_the_agencies_stages(policy: Policy) -> None:
    for stage in AGENCIES_STAGES:
        assert Act.RECORD_OUTCOME not in acts_open_to(BOARD, at_stage(policy, stage))


@pytest.mark.requirement("B-27")
def test_the_decision_comes_only_after_the_record_of_the_meeting(policy: Policy) -> None:
    steps = climbed(policy, "board_meeting", MONDAY)
    held = MeetingHeld(meeting="senior_meeting", attended=(BOARD.person, OTHER.person))

    before = standing_at(policy, steps)
    after = standing_at(policy, [*steps, step("main", "board_meeting", MONDAY, held, BOARD)])

    assert Act.RECORD_OUTCOME not in acts_open_to(BOARD, before)
    assert Act.RECORD_OUTCOME in acts_open_to(BOARD, after)


@pytest.mark.requirement("B-26")
def test_stage_five_is_chaired_by_a_board_member_from_an_agency_that_is_not_involved(policy: Policy) -> None:
    stage = policy.stage("main", "board_meeting")

    assert ("board", "board_member") in needed_levels(stage)
    assert stage.closing.who is Closer.ARBITER
    assert [gate.before for gate in stage.gates] == ["entering", "entering", "resolving"]
    assert stage.meetings[0].independent == ("chair",)
    assert policy.main.final_arbiter is not None
    ladder = {Act.FILE_ACCOUNT, Act.RECORD_OUTCOME, Act.ANSWER_OUTCOME, Act.STEP_UP}
    assert acts_open_to(RAISER, at_stage(policy, "board_meeting")) & ladder == {Act.FILE_ACCOUNT}


@pytest.mark.requirement("B-27")
def test_the_meeting_of_the_most_senior_managers_is_recorded(policy: Policy) -> None:
    outcome = set(_ids(policy, "board_meeting", Asked.OUTCOME, Side.BOARD))
    (meeting,) = meetings_open_to(at_stage(policy, "board_meeting"), BOARD)

    assert (meeting.id, meeting.minutes) == ("senior_meeting", True)
    assert meetings_open_to(at_stage(policy, "board_meeting"), RAISER) == ()
    assert {"meeting_issues", "meeting_understanding", "meeting_decision"} <= outcome
    assert {("raising", "executive"), ("responding", "executive")} <= needed_levels(
        policy.stage("main", "board_meeting")
    )


def test_it_goes_from_stage_to_stage_and_ends_with_the_meeting(policy: Policy) -> None:
    for here, there in pairwise(LADDER):
        place = next_place(policy, at_stage(policy, here).visit)
        assert isinstance(place, Destination)
        assert place.stage.id == there
    assert policy.main.after.kind == "ends_here"


def test_imminent_risk_is_the_only_reason_to_go_straight_to_the_safeguarding_lead(policy: Policy) -> None:
    for stage in AGENCIES_STAGES[:2]:
        skip = policy.stage("main", stage).skip
        assert (skip.rule, skip.to) == ("urgency", ("leads",))
        assert [reason.id for reason in skip.reasons] == ["imminent_risk"]
    for stage in AGENCIES_STAGES[2:]:
        assert policy.stage("main", stage).skip.rule == "never"


# --- how long it may take ----------------------------------------------------------------------------------------


@pytest.mark.requirement("B-13", "B-35")
@pytest.mark.parametrize("stage", AGENCIES_STAGES)
def test_five_working_days_from_the_day_it_was_raised_lie_over_stages_one_to_four(policy: Policy, stage: str) -> None:
    """Raised on Monday 1 March 2027: the working week ends on Monday 8 March."""
    now = at_stage(policy, stage)

    assert due_on(now, "five_working_days") == date(2027, 3, 8)
    assert due_on(now, policy.stage("main", stage).clocks[0].id) == date(2027, 3, 8)


def test_the_working_week_does_not_lie_over_the_boards_meeting(policy: Policy) -> None:
    assert due_on(at_stage(policy, "board_meeting"), "hold_meeting") is None


@pytest.mark.requirement("B-11", "B-13")
def test_a_date_that_protects_the_child_makes_it_shorter_and_never_longer(policy: Policy) -> None:
    sooner = Timing(protect_by=date(2027, 3, 3), protect_because="The child goes home on Thursday")
    later = Timing(protect_by=date(2027, 3, 31), protect_because="There is no hurry")

    assert due_on(at_stage(policy, "managers", timing=sooner), "five_working_days") == date(2027, 3, 3)
    assert due_on(at_stage(policy, "managers", timing=later), "five_working_days") == date(2027, 3, 8)
    assert "As short as it can be" in guidance_at(policy, "opening")


# --- who is told -------------------------------------------------------------------------------------------------


@pytest.mark.requirement("B-23")
def test_the_business_unit_is_told_at_stage_four_and_not_before(policy: Policy) -> None:
    for stage in LADDER[1:3]:
        assert set(told(policy, Event.STAGE_ENTERED, stage, at_stage(policy, stage))) == {DocumentKind.STAGE_RECORD}

    at_four = told(policy, Event.STAGE_ENTERED, "leads", at_stage(policy, "leads"))

    assert "business_unit" in at_four[DocumentKind.NOTICE_TO_BOARD]
    assert "business_unit" in at_four[DocumentKind.BOARD_PROFORMA]


@pytest.mark.requirement("B-31")
@pytest.mark.parametrize("stage", LADDER)
@pytest.mark.parametrize("event", list(Event))
def test_the_worker_who_first_raised_it_is_told_of_everything(policy: Policy, event: Event, stage: str) -> None:
    documents = told(policy, event, stage, at_stage(policy, stage))

    assert documents
    assert all("raiser" in recipients for recipients in documents.values())


@pytest.mark.requirement("B-32")
@pytest.mark.parametrize("stage", LADDER)
def test_the_outcome_is_confirmed_in_writing_between_the_parties(policy: Policy, stage: str) -> None:
    outcome = Outcome(outcome="agreed")

    documents = told(policy, Event.RESOLVED, stage, resolved_at(policy, stage, outcome), outcome)

    assert {"raiser", "raising", "responding"} <= documents[DocumentKind.WRITTEN_CONFIRMATION]


def test_the_board_hears_the_end_of_what_it_heard_the_beginning_of(policy: Policy) -> None:
    outcome = Outcome(outcome="agreed")
    below = told(policy, Event.RESOLVED, "managers", resolved_at(policy, "managers", outcome), outcome)
    above = told(policy, Event.RESOLVED, "leads", resolved_at(policy, "leads", outcome), outcome)

    assert DocumentKind.BOARD_PROFORMA not in below
    assert above[DocumentKind.BOARD_PROFORMA] == {"raiser", "business_unit"}


@pytest.mark.requirement("B-28")
def test_the_sub_group_has_a_report_when_the_meeting_has_decided(policy: Policy) -> None:
    now = resolved_at(policy, "board_meeting", Outcome(outcome="decided"))

    documents = told(policy, Event.RESOLVED, "board_meeting", now, now.outcome)

    assert isinstance(now, Resolved)
    assert documents[DocumentKind.SUB_GROUP_REPORT] == {"raiser", "sub_group"}
    assert "report_to_sub_group" in _ids(policy, "board_meeting", Asked.OUTCOME, Side.BOARD)


@pytest.mark.requirement("B-29")
@pytest.mark.parametrize("stage", LADDER)
def test_a_gap_in_a_policy_goes_to_the_chair_and_to_the_policy_sub_group(policy: Policy, stage: str) -> None:
    gap = Outcome(outcome="agreed", policy_gap=True)
    none = Outcome(outcome="agreed")

    with_gap = told(policy, Event.RESOLVED, stage, resolved_at(policy, stage, gap), gap)
    without = told(policy, Event.RESOLVED, stage, resolved_at(policy, stage, none), none)

    assert with_gap[DocumentKind.POLICY_GAP_NOTICE] == {"raiser", "chair", "policy_sub_group"}
    assert DocumentKind.POLICY_GAP_NOTICE not in without


def test_whether_there_is_a_gap_is_asked_by_the_service_alone(policy: Policy) -> None:
    assert not [question.id for question in policy.questions if "gap" in question.label.lower()]
    assert "say so, and which one it is" in guidance_at(policy, "outcome")


@pytest.mark.requirement("B-33")
def test_in_danger_one_goes_to_the_safeguarding_lead_or_else_to_the_line_manager(policy: Policy) -> None:
    assert policy.danger.tell == ("safeguarding_lead", "first_line_manager")


@pytest.mark.requirement("B-33")
def test_whoever_goes_straight_to_the_lead_is_not_asked_what_their_manager_said(policy: Policy) -> None:
    (group,) = (group for group in policy.stage("main", "own_manager").groups if group.asked is Asked.STEP_UP)
    step_up = {question.id: question for question in policy.questions if question.id in group.questions}

    assert {"consulted_on", "conclusion"} < step_up.keys()
    for name in ("consulted_on", "conclusion"):
        only_if = step_up[name].only_if
        assert only_if is not None
        assert only_if.question == "consulted"
        assert "no_time" not in only_if.is_one_of


def test_the_proforma_has_no_answer_that_somebody_typed(policy: Policy) -> None:
    shown = [question for question in policy.questions if question.on_proforma]

    assert shown
    assert all(question.kind is QuestionKind.CHOICE and not question.identifies for question in shown)


def test_at_stage_one_the_opening_goes_to_whoever_takes_part(policy: Policy) -> None:
    documents = told(policy, Event.OPENED, "own_manager", at_stage(policy, "own_manager"))

    assert set(documents) == {DocumentKind.WRITTEN_ACCOUNT}
    assert {MANAGER.side, RAISER.side} == {Side.RAISING}
    assert {"raiser", "raising"} <= documents[DocumentKind.WRITTEN_ACCOUNT]

"""4LSCB's policy file says what the text of the four Boards says."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID, uuid4

import pytest

from forms_app.domain.acts import Act, Destination, acts_open_to, next_place
from forms_app.domain.escalation import Left, Open, Resolved, Standing
from forms_app.domain.policy import (
    DEIDENTIFIED,
    After,
    Asked,
    Audience,
    Closer,
    DocumentKind,
    Event,
    Moment,
    Policy,
    Side,
    Stage,
    Unit,
)
from forms_app.domain.records import (
    Account,
    Agreement,
    Concern,
    ConcernedAgency,
    Facts,
    Outcome,
    Place,
    Step,
    StepUp,
    TimeAnswered,
    Timing,
)
from forms_app.policies.reader import read_policy
from forms_app.policies.shelf import SHIPPED
from tests.policies.walking import (
    MONDAY,
    OTHER,
    RAISER,
    SEATS,
    circulated,
    clock,
    due_on,
    names_asked,
    options,
    standing_at,
    step,
)

MIDDAY_BEFORE_EASTER = datetime(2027, 3, 25, 12, 0, tzinfo=UTC)
"""A Thursday; Good Friday and Easter Monday follow."""

CHAIR = Place(uuid4(), uuid4(), Side.BOARD, "independent_chair")
BUSINESS_UNIT, BOARD_CHAIR = SEATS[Audience.BUSINESS_UNIT], SEATS[Audience.CHAIR]

LADDER = ("stage_one", "stage_two", "stage_three", "stage_four")


@pytest.fixture(scope="module")
def policy() -> Policy:
    return read_policy(SHIPPED / "4lscb-2019.yaml")


# --- the ladder --------------------------------------------------------------------------------------------------


@pytest.mark.requirement("H-25", "H-35")
def test_the_ladder_goes_from_professionals_to_managers_to_senior_managers_to_the_panel(policy: Policy) -> None:
    assert [(stage.number, stage.id) for stage in policy.main.stages] == list(enumerate(LADDER, start=1))
    assert _levels(policy, "stage_one") == {"practitioner"}
    assert _levels(policy, "stage_two", needed=True) == {"first_line_manager"}
    assert _levels(policy, "stage_three", needed=True) == {"senior_manager"}
    assert "independent_chair" in _levels(policy, "stage_four")


@pytest.mark.requirement("H-07")
def test_the_concern_is_put_in_writing_on_the_same_working_day(policy: Policy) -> None:
    saturday = date(2027, 3, 6)
    opened_on_monday = datetime(2027, 3, 8, 9, 0, tzinfo=UTC)

    now = standing_at(policy, [_opened(opened_on_monday, Timing(concern_identified_on=saturday))])

    assert due_on(now, "concern_in_writing") == date(2027, 3, 8)
    assert not clock(now, "concern_in_writing").is_late(opened_on_monday)
    assert _kinds(policy, Event.OPENED, "stage_one", now) == {DocumentKind.WRITTEN_ACCOUNT}


@pytest.mark.parametrize("route", ["mash", "joint_response", "conference_need", "conference_dissent"])
def test_every_track_begins_in_writing_on_the_same_working_day(policy: Policy, route: str) -> None:
    clock = next(clock for clock in policy.route(route).stages[0].clocks if clock.id == "concern_in_writing")

    assert (clock.limit.unit, clock.starts) == (Unit.SAME_WORKING_DAY, Moment.CONCERN_IDENTIFIED)


@pytest.mark.requirement("H-13")
def test_stage_one_is_over_after_one_working_day_and_support_may_be_named(policy: Policy) -> None:
    now = standing_at(policy, [_opened(MIDDAY_BEFORE_EASTER)])

    assert due_on(now, "stage_one_limit") == date(2027, 3, 30)
    assert not policy.question("support").required
    assert "support" in names_asked(policy.main.stages[0], Asked.OPENING, Side.RAISING)


@pytest.mark.requirement("H-18")
def test_stages_two_and_three_share_two_working_days(policy: Policy) -> None:
    steps = [_opened(MONDAY), _stepped(MONDAY + timedelta(days=1), "stage_one", "stage_two")]
    in_two = standing_at(policy, steps)
    in_three = standing_at(policy, [*steps, _stepped(MONDAY + timedelta(days=2), "stage_two", "stage_three")])

    thursday = date(2027, 3, 4)
    assert due_on(in_two, "stage_two_limit") == thursday
    assert due_on(in_three, "stage_three_limit") == thursday
    assert due_on(in_three, "stages_two_and_three") == thursday


@pytest.mark.requirement("H-19")
def test_stage_four_goes_through_the_representative_and_takes_five_working_days(policy: Policy) -> None:
    steps = _at_stage_four(MIDDAY_BEFORE_EASTER)
    now = standing_at(policy, steps, places=(RAISER, OTHER, CHAIR))

    assert (Side.RAISING, "board_member") in {
        (actor.side, actor.level) for actor in _stage(policy, "stage_four").actors
    }
    assert policy.level_title("board_member") == "LSCB representative"
    assert due_on(now, "panel_limit") == date(2027, 4, 5)
    told = _circulated(policy, Event.STAGE_ENTERED, "stage_four", now)
    assert told[DocumentKind.NOTICE_TO_BOARD] >= {BUSINESS_UNIT, BOARD_CHAIR}


@pytest.mark.requirement("H-31")
def test_a_date_that_protects_the_child_shortens_stage_four_and_never_lengthens_it(policy: Policy) -> None:
    sooner = Timing(protect_by=date(2027, 3, 3), protect_because="The child goes home on Thursday")
    later = Timing(protect_by=date(2027, 4, 30), protect_because="There is no hurry")

    assert due_on(standing_at(policy, _at_stage_four(MONDAY, sooner)), "panel_limit") == date(2027, 3, 3)
    assert due_on(standing_at(policy, _at_stage_four(MONDAY, later)), "panel_limit") == date(2027, 3, 8)


@pytest.mark.requirement("H-28")
def test_the_lscb_is_asked_urgently_for_what_is_unresolved_or_a_policy_issue(policy: Policy) -> None:
    assert options(policy, "panel_reason") == {"unresolved", "policy_issue"}
    assert "panel_reason" in names_asked(_stage(policy, "stage_three"), Asked.STEP_UP, Side.RAISING)
    urgent = next(clock for clock in _stage(policy, "stage_four").clocks if clock.id == "account_for_panel")
    assert urgent.limit.unit is Unit.WITHOUT_DELAY


@pytest.mark.requirement("H-29")
def test_the_agency_that_raised_it_tells_the_panel_what_it_is_about_and_what_was_tried(policy: Policy) -> None:
    stage = _stage(policy, "stage_four")

    assert {"panel_account", "attempts"} <= names_asked(stage, Asked.ACCOUNT, Side.RAISING)
    assert not {"panel_account", "attempts"} & names_asked(stage, Asked.ACCOUNT, Side.RESPONDING)
    now = standing_at(policy, _at_stage_four(MONDAY), places=(RAISER, OTHER, CHAIR))
    told = _circulated(policy, Event.ACCOUNT_FILED, "stage_four", now)
    assert told[DocumentKind.STAGE_RECORD] == {RAISER.person, OTHER.person, CHAIR.person}


def test_a_significant_policy_issue_may_go_to_the_lscb_at_once_with_a_second_person(policy: Policy) -> None:
    for stage in ("stage_one", "stage_two"):
        skip = _stage(policy, stage).skip
        assert (skip.rule, skip.to, [reason.id for reason in skip.reasons]) == (
            "second_person",
            ("stage_four",),
            ["policy_issue"],
        )


def test_only_the_panel_decides_and_nobody_closes_over_another_before_it(policy: Policy) -> None:
    who = {stage.id: stage.closing.who for stage in policy.main.stages}

    assert who == {**dict.fromkeys(LADDER[:3], Closer.ALL_SIDES), "stage_four": Closer.ARBITER}
    now = standing_at(policy, _at_stage_four(MONDAY), places=(RAISER, OTHER, CHAIR))
    assert Act.RECORD_OUTCOME in acts_open_to(CHAIR, now)
    assert Act.RECORD_OUTCOME not in acts_open_to(RAISER, now)


def test_meetings_name_who_convenes_and_who_takes_part(policy: Policy) -> None:
    (meeting,) = _stage(policy, "stage_three").meetings
    (panel,) = _stage(policy, "stage_four").meetings

    assert {actor.side for actor in meeting.conveners} == {Side.RAISING, Side.RESPONDING}
    assert {actor.level for actor in meeting.members} == {"practitioner", "first_line_manager"}
    assert [actor.level for actor in panel.conveners] == ["independent_chair"]
    assert any("Statutory" in line for line in panel.composition)
    assert any("Voluntary" in line for line in panel.composition)


# --- what is asked and recorded ------------------------------------------------------------------------------------


@pytest.mark.requirement("H-14")
def test_concern_and_effect_on_the_child_are_required(policy: Policy) -> None:
    asked = names_asked(policy.main.stages[0], Asked.OPENING, Side.RAISING)

    assert {"concern", "impact"} <= asked
    assert policy.question("concern").required
    assert policy.question("impact").required


@pytest.mark.requirement("H-09", "H-10", "H-20")
def test_need_is_shown_by_indicators_present_now_evidence_and_toolkits(policy: Policy) -> None:
    asked = names_asked(policy.main.stages[0], Asked.OPENING, Side.RAISING)

    assert {"indicators", "evidence", "toolkit"} <= asked
    assert "present now" in policy.question("indicators").label
    assert policy.question("evidence").required
    assert {"resolution", "plan"} <= names_asked(policy.main.stages[0], Asked.OUTCOME, Side.RAISING)


@pytest.mark.requirement("H-15", "H-32", "H-42")
@pytest.mark.parametrize("side", [Side.RAISING, Side.RESPONDING])
def test_each_side_keeps_its_own_full_record_of_the_conversation(policy: Policy, side: Side) -> None:
    stages = [*policy.main.stages[:3], policy.route("mash").stages[0]]

    for stage in stages:
        assert {"discussion_how", "discussion_record"} <= names_asked(stage, Asked.ACCOUNT, side)
    assert policy.question("discussion_record").required
    assert {"telephone", "face_to_face", "teleconference"} <= options(policy, "discussion_how")


@pytest.mark.requirement("H-22")
@pytest.mark.parametrize("side", [Side.RAISING, Side.RESPONDING])
def test_both_managers_say_why_the_threshold_is_or_is_not_met(policy: Policy, side: Side) -> None:
    asked = names_asked(_stage(policy, "stage_two"), Asked.ACCOUNT, side)

    assert {"threshold_opinion", "threshold_reasons"} <= asked
    assert policy.question("threshold_reasons").required


@pytest.mark.requirement("H-23")
def test_a_manager_who_does_not_share_a_colleagues_view_says_so_to_the_other_side(policy: Policy) -> None:
    question = policy.question("own_manager_view")
    now = standing_at(policy, [_opened(MONDAY), _stepped(MONDAY, "stage_one", "stage_two")])
    manager, lead = (
        Place(uuid4(), RAISER.agency, Side.RAISING, level) for level in ("first_line_manager", "safeguarding_lead")
    )

    assert isinstance(now, Open)
    assert [Act.SAY_SUPPORT in acts_open_to(place, now) for place in (manager, lead, RAISER, OTHER)] == [
        True,
        True,
        False,
        False,
    ]
    assert question.required
    assert "disagrees" in options(policy, "own_manager_view")
    assert "own_manager_view" in names_asked(_stage(policy, "stage_two"), Asked.ACCOUNT, Side.RESPONDING)
    for event in (Event.ENTRY_MADE, Event.ACCOUNT_FILED):
        told = _circulated(policy, event, "stage_two", now)
        assert told[DocumentKind.STAGE_RECORD] == {RAISER.person, OTHER.person}


@pytest.mark.requirement("H-21")
def test_stage_two_goes_through_each_sides_own_manager_first_and_then_across(policy: Policy) -> None:
    stage = _stage(policy, "stage_two")
    now = standing_at(policy, [_opened(MONDAY), _stepped(MONDAY, "stage_one", "stage_two")])
    both = [_step(MONDAY, "ladder", "stage_two", place, Account()) for place in (RAISER, OTHER)]
    after = standing_at(policy, [_opened(MONDAY), _stepped(MONDAY, "stage_one", "stage_two"), *both])

    assert {(actor.side.value, actor.levels) for actor in stage.actors} == {
        ("raising", ("first_line_manager", "safeguarding_lead")),
        ("responding", ("first_line_manager", "safeguarding_lead")),
    }
    assert [gate.before for gate in stage.gates] == ["entering"]
    assert [clock.id for clock in now.clocks] == ["own_discussion", "stage_two_limit", "stages_two_and_three"]
    assert [clock.id for clock in after.clocks if clock.met_at] == ["own_discussion"]
    assert "liaise" in {clock.id for clock in after.clocks}


def test_no_stage_opens_by_itself_because_the_next_one_wants_something_confirmed(policy: Policy) -> None:
    clocks = [clock for route in policy.routes for stage in route.stages for clock in stage.clocks]

    assert {clock.if_unanswered for clock in clocks} == {"stays_open"}


@pytest.mark.requirement("H-04")
def test_the_threshold_document_is_linked_and_tiers_and_areas_of_indicators_can_be_chosen(policy: Policy) -> None:
    assert "Your LSCB’s threshold document" in {link.title for link in policy.links}
    for route in policy.routes:
        opening = names_asked(route.stages[0], Asked.OPENING, Side.RAISING)
        assert {"tier", "indicator_areas"} <= opening, route.id
        assert {"indicators", "tier_4_indicators"} & opening, route.id
    assert {"tier_3", "tier_4"} <= options(policy, "tier")


def test_a_party_may_record_dissent_from_the_panels_word(policy: Policy) -> None:
    ending = _step(MONDAY, "ladder", "stage_four", CHAIR, Outcome(outcome="decided"))
    now = standing_at(policy, [*_at_stage_four(MONDAY), ending], places=(RAISER, OTHER, CHAIR))

    assert [Act.DISSENT in acts_open_to(place, now) for place in (RAISER, OTHER, CHAIR)] == [True, True, False]


@pytest.mark.requirement("H-27")
def test_senior_managers_ask_the_designated_professional_for_advice(policy: Policy) -> None:
    for side in (Side.RAISING, Side.RESPONDING):
        assert {"advice_from", "advice"} <= names_asked(_stage(policy, "stage_three"), Asked.ACCOUNT, side)


@pytest.mark.requirement("H-02")
def test_it_starts_at_the_lowest_level_and_asks_at_the_end_who_was_heard(policy: Policy) -> None:
    assert "Start where the work is done" in _guidance_titles(policy.main.stages[0])
    for stage in policy.main.stages:
        assert any("heard" in group.questions for group in stage.groups if group.asked is Asked.OUTCOME)


@pytest.mark.requirement("H-33")
def test_the_confirmation_waits_for_every_party(policy: Policy) -> None:
    proposal = _step(MONDAY, "ladder", "stage_one", RAISER, Outcome(outcome="agreed"))
    answer = _step(MONDAY, "ladder", "stage_one", OTHER, Agreement(outcome=proposal.id, agrees=True))

    waiting = standing_at(policy, [_opened(MONDAY), proposal])
    resolved = standing_at(policy, [_opened(MONDAY), proposal, answer])

    assert isinstance(waiting, Open)
    assert isinstance(resolved, Resolved)
    told = _circulated(policy, Event.RESOLVED, "stage_one", resolved)
    assert told[DocumentKind.WRITTEN_CONFIRMATION] == {RAISER.person, OTHER.person}
    assert {"outcome_in_writing", "outstanding_in_writing", "actions_agreed"} <= {
        check.id for check in _stage(policy, "stage_one").checks
    }


# --- guidance ------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("H-01", "H-05", "H-06", "H-17", "H-34", "H-36", "H-37")
@pytest.mark.parametrize(
    ("title", "where"),
    [
        ("Challenge is part of the job", "before_opening"),
        ("What this is for", "before_opening"),
        ("Stay respectful", "account"),
        ("The child comes first", "always"),
        ("Act promptly", "opening"),
        ("Keep an open mind", "account"),
    ],
)
def test_guidance_stands_where_it_is_needed(policy: Policy, title: str, where: str) -> None:
    guidance = next(guidance for guidance in policy.guidance if guidance.title == title)

    assert where in guidance.show


@pytest.mark.requirement("H-36")
def test_new_information_can_be_added_at_every_stage(policy: Policy) -> None:
    for stage in policy.main.stages:
        assert "new_information" in names_asked(stage, Asked.ACCOUNT, Side.RESPONDING)


@pytest.mark.requirement("H-08")
def test_everybody_who_works_with_children_has_a_kind_of_agency(policy: Policy) -> None:
    kinds = {kind.id for kind in policy.agency_kinds}

    assert {"childrens_social_care", "police", "health", "school", "voluntary", "other"} <= kinds


def test_a_disagreement_inside_one_agency_is_sent_to_the_agencys_own_procedure(policy: Policy) -> None:
    assert not policy.internal.permitted
    assert "own procedure" in policy.internal.signpost


# --- the tracks ----------------------------------------------------------------------------------------------------


@pytest.mark.requirement("H-38")
def test_the_mash_has_five_reasons_of_its_own(policy: Policy) -> None:
    assert [choice.id for choice in policy.categories_of(policy.route("mash"))] == [
        "not_eligible",
        "further_information",
        "child_protection_procedures",
        "single_or_joint_response",
        "need_for_conference",
    ]


@pytest.mark.requirement("H-39", "H-40")
def test_the_mash_asks_why_you_are_worried_and_for_tier_4_indicators(policy: Policy) -> None:
    asked = names_asked(policy.route("mash").stages[0], Asked.OPENING, Side.RAISING)

    assert {"mash_worried", "tier_4_indicators"} <= asked
    assert policy.question("mash_worried").label == "Help me understand why you are worried"
    assert policy.question("tier_4_indicators").required
    assert "For the MASH team" in _guidance_titles(policy.route("mash").stages[0])


@pytest.mark.requirement("H-11", "H-12")
def test_consent_and_its_four_exceptions_are_recorded_and_lock_nothing(policy: Policy) -> None:
    stage = policy.route("mash").stages[0]

    assert {"consent", "consent_informed", "consent_exception"} <= names_asked(stage, Asked.OPENING, Side.RAISING)
    exceptions = {"significant_harm", "crime", "tier_3_or_4", "fabricated_illness"}
    assert options(policy, "consent_exception") == exceptions | {"none"}
    assert not stage.gates
    assert "does not stop" in (policy.question("consent_exception").hint or "")


def test_the_mash_agrees_its_time_and_goes_on_with_the_managers(policy: Policy) -> None:
    route = policy.route("mash")
    opened = _opened(MONDAY, Timing(time_frame=date(2027, 3, 2)), route="mash", category="not_eligible")

    now = standing_at(policy, [opened])
    assert due_on(now, "conversation_limit") is None, "nobody but the raiser has accepted it yet"
    accepted = step("mash", route.stages[0].id, MONDAY, TimeAnswered(proposal=opened.id, accepts=True), OTHER)
    now = standing_at(policy, [opened, accepted])

    assert due_on(now, "conversation_limit") == date(2027, 3, 2)
    assert _next(policy, now) == ("ladder", "stage_two")
    assert route.stages[0].closing.who is Closer.ALL_SIDES


@pytest.mark.requirement("H-43")
def test_police_and_social_care_have_three_levels_and_the_third_is_final(policy: Policy) -> None:
    route = policy.route("joint_response")

    assert [{actor.level for actor in stage.actors} for stage in route.stages] == [
        {"first_line_manager"},
        {"senior_manager"},
        {"executive"},
    ]
    assert route.after.kind == "ends_here"
    assert "decided" in route.stages[2].closing.outcomes
    assert policy.level_title("first_line_manager", "police") == "Sergeant"
    assert policy.level_title("senior_manager", "childrens_social_care") == "District or Service Manager"
    assert policy.level_title("executive", "police") == "Chief Inspector"


@pytest.mark.requirement("H-44", "H-52")
@pytest.mark.parametrize(
    ("route", "stage"), [("joint_response", "joint_final_level"), ("conference_dissent", "dissent_line_management")]
)
def test_the_meeting_of_all_parties_is_recorded(policy: Policy, route: str, stage: str) -> None:
    held = policy.stage(route, stage)

    assert "resolution" in names_asked(held, Asked.OUTCOME, Side.RAISING)
    assert {"records_kept", "outcome_recorded"} <= {check.id for check in held.checks}
    (meeting,) = held.meetings
    assert (meeting.id, meeting.minutes) == ("all_parties_meeting", True)
    assert {actor.side for actor in meeting.conveners} == {Side.RAISING, Side.RESPONDING}


@pytest.mark.requirement("H-45", "H-46")
def test_a_conference_can_be_requested_with_support_and_a_refusal_has_reasons(policy: Policy) -> None:
    stage = policy.route("conference_need").stages[0]

    asked = names_asked(stage, Asked.OPENING, Side.RAISING)
    assert {"request_standing", "conference_reasons", "request_supported_by"} <= asked
    assert {"senior_manager", "designated", "named"} <= options(policy, "request_supported_by")
    assert {"request_answer", "refused_reasons"} <= names_asked(stage, Asked.ACCOUNT, Side.RESPONDING)
    assert policy.question("refused_reasons").required


@pytest.mark.requirement("H-47")
def test_a_refused_request_goes_through_line_management_to_the_lscb(policy: Policy) -> None:
    steps = [_opened(MONDAY, route="conference_need", category="need_for_conference")]
    assert _next(policy, standing_at(policy, steps)) == ("conference_need", "conference_line_management")

    onward = StepUp(route="conference_need", stage="conference_line_management")
    steps.append(_step(MONDAY, "conference_need", "conference_request", RAISER, onward))
    assert _next(policy, standing_at(policy, steps)) == ("ladder", "stage_four")


@pytest.mark.requirement("H-48")
def test_dissent_is_recorded_with_the_view_the_conference_and_the_decision(policy: Policy) -> None:
    stage = policy.route("conference_dissent").stages[0]

    asked = names_asked(stage, Asked.OPENING, Side.RAISING)
    assert {"conference_on", "conference_decision", "dissenting_view", "others_dissenting"} <= asked
    assert {"chair_note", "chair_reasons"} <= names_asked(stage, Asked.ACCOUNT, Side.RESPONDING)
    assert not stage.counts


def test_the_decision_stands_while_it_is_challenged_and_the_dissenter_decides_whether_to(policy: Policy) -> None:
    stages = policy.route("conference_dissent").stages

    assert all(stage.closing.decision_stands for stage in stages)
    assert stages[0].closing.who is Closer.RAISING_SIDE
    assert [gate.before for gate in stages[1].gates] == ["entering"]


@pytest.mark.requirement("H-49")
def test_the_chairs_decision_stands_also_while_the_lscb_hears_the_appeal(policy: Policy) -> None:
    route, last = "conference_dissent", "dissent_line_management"
    dissent = Concern(shape=None, category="no_consensus", agencies=(), timing=Timing())
    opened = _step(MONDAY, route, "dissent_noted", RAISER, dissent)
    up = _step(MONDAY, route, "dissent_noted", RAISER, StepUp(route=route, stage=last))
    appeal = _step(MONDAY, route, last, RAISER, StepUp(route="ladder", stage="stage_four"))

    appealed = standing_at(policy, [opened, up, appeal])
    ordinary = standing_at(policy, _at_stage_four(MONDAY))

    assert isinstance(appealed, Open)
    assert isinstance(ordinary, Open)
    assert (appealed.visit.stage.id, appealed.decision_stands) == ("stage_four", True)
    assert not ordinary.decision_stands


@pytest.mark.requirement("H-50", "H-51", "H-53")
def test_dissent_goes_to_the_conference_chair_first_then_upwards_then_to_the_lscb(policy: Policy) -> None:
    route = policy.route("conference_dissent")

    assert [stage.id for stage in route.stages] == [
        "dissent_noted",
        "dissent_chair",
        "dissent_managers",
        "dissent_line_management",
    ]
    assert (Side.RESPONDING, "conference_chair") in {(a.side, a.level) for a in route.stages[1].actors}
    assert {a.level for a in route.stages[2].actors if a.needed} == {"senior_manager"}
    assert [clock.limit.unit for clock in route.stages[3].clocks] == [Unit.WITHOUT_DELAY]
    assert (route.after.kind, route.after.route, route.after.stage) == ("joins", "ladder", "stage_four")


@pytest.mark.requirement("H-54", "H-55")
def test_the_plan_track_starts_with_first_line_managers_and_goes_up_without_delay(policy: Policy) -> None:
    first, second = policy.route("plan_implementation").stages

    assert {actor.level for actor in first.actors if actor.needed} == {"first_line_manager"}
    assert [clock.limit.unit for clock in second.clocks] == [Unit.WITHOUT_DELAY]
    assert second.repeats_tiers


@pytest.mark.requirement("H-56")
def test_in_health_services_named_professionals_advise_on_the_plan(policy: Policy) -> None:
    for stage in policy.route("plan_implementation").stages:
        assert "named_professional_input" in names_asked(stage, Asked.ACCOUNT, Side.RAISING)
        assert "safeguarding_lead" in {actor.level for actor in stage.actors if not actor.needed}
    assert "If you work in a health service" in _guidance_titles(policy.route("plan_implementation").stages[0])


@pytest.mark.requirement("H-57")
def test_the_plan_track_returns_to_the_conference_chair_with_a_request(policy: Policy) -> None:
    onward = StepUp(route="plan_implementation", stage="plan_line_management")
    steps = [
        _opened(MONDAY, route="plan_implementation", category="core_group"),
        _step(MONDAY, "plan_implementation", "plan_first_line", RAISER, onward),
    ]
    now = standing_at(policy, steps)
    back = _step(MONDAY, "plan_implementation", "plan_line_management", RAISER, StepUp(route=None, stage=None))
    left = standing_at(policy, [*steps, back])

    assert isinstance(now, Open)
    assert "request_to_chair" in names_asked(now.visit.stage, Asked.STEP_UP, Side.RAISING)
    assert "conference_chair" in {actor.level for actor in now.visit.stage.actors}
    assert isinstance(left, Left)
    assert (left.after.kind, "Conference Chair" in left.after.title) == ("returns_to", True)


# --- who is told ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["stage_one", "stage_two", "stage_three"])
def test_the_lscb_is_not_told_before_stage_four(policy: Policy, stage: str) -> None:
    reached = LADDER[: LADDER.index(stage) + 1]
    now = standing_at(policy, [_opened(MONDAY), *(_stepped(MONDAY, *step) for step in pairwise(reached))])

    for event in set(Event) - {Event.GONE_QUIET}:
        assert not _kinds(policy, event, stage, now) & DEIDENTIFIED


def test_the_lscb_has_a_proforma_of_what_its_panel_resolved(policy: Policy) -> None:
    ending = _step(MONDAY, "ladder", "stage_four", CHAIR, Outcome(outcome="decided"))
    now = standing_at(policy, [*_at_stage_four(MONDAY), ending], places=(RAISER, OTHER, CHAIR))

    told = _circulated(policy, Event.RESOLVED, "stage_four", now)

    assert told[DocumentKind.BOARD_PROFORMA] == {RAISER.person, BUSINESS_UNIT}
    assert told[DocumentKind.WRITTEN_CONFIRMATION] == {RAISER.person, OTHER.person, CHAIR.person}


# --- a walk --------------------------------------------------------------------------------------------------------


def _stage(policy: Policy, stage: str) -> Stage:
    return policy.stage("ladder", stage)


def _levels(policy: Policy, stage: str, *, needed: bool | None = None) -> set[str]:
    return {actor.level for actor in _stage(policy, stage).actors if needed is None or actor.needed is needed}


def _guidance_titles(stage: Stage) -> set[str | None]:
    return {guidance.title for guidance in stage.guidance}


def _step(at: datetime, route: str, stage: str, by: Place, facts: Facts) -> Step:
    return step(route, stage, at, facts, by)


def _opened(at: datetime, timing: Timing | None = None, *, route: str = "ladder", category: str = "thresholds") -> Step:
    first = {
        "ladder": "stage_one",
        "mash": "mash_conversation",
        "conference_need": "conference_request",
        "plan_implementation": "plan_first_line",
    }[route]
    agencies = (ConcernedAgency(id=OTHER.agency, name="Inventedshire Children’s Social Care"),)
    concern = Concern(shape=None, category=category, agencies=agencies, timing=timing or Timing())
    return _step(at, route, first, RAISER, concern)


def _stepped(at: datetime, here: str, there: str, timing: Timing | None = None) -> Step:
    return _step(at, "ladder", here, RAISER, StepUp(route="ladder", stage=there, timing=timing or Timing()))


def _at_stage_four(at: datetime, timing: Timing | None = None) -> list[Step]:
    return [
        _opened(at),
        _stepped(at, "stage_one", "stage_two"),
        _step(at, "ladder", "stage_two", OTHER, Account()),
        _stepped(at, "stage_two", "stage_three"),
        _stepped(at, "stage_three", "stage_four", timing),
    ]


def _next(policy: Policy, now: Standing) -> tuple[str, str]:
    assert isinstance(now, Open)
    match next_place(policy, now.visit):
        case Destination(route, stage):
            return route.id, stage.id
        case After() as after:
            return after.kind, after.title


def _circulated(policy: Policy, event: Event, stage: str, now: Standing) -> dict[DocumentKind, set[UUID]]:
    places = (RAISER, OTHER, *([CHAIR] if stage == "stage_four" else []))
    return circulated(policy, event, stage, now, places=places)


def _kinds(policy: Policy, event: Event, stage: str, now: Standing) -> set[DocumentKind]:
    return set(_circulated(policy, event, stage, now))

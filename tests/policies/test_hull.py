"""Hull's policy file says what the text of its Board says."""

from __future__ import annotations

from itertools import pairwise
from uuid import uuid4

import pytest

from forms_app.domain.acts import Destination, next_place
from forms_app.domain.escalation import Left, Open, Resolved, Standing
from forms_app.domain.policy import (
    DEIDENTIFIED,
    Asked,
    Audience,
    Closer,
    DocumentKind,
    Event,
    Policy,
    Side,
    Stage,
    Subject,
    Unit,
)
from forms_app.domain.records import Account, Agreement, Concern, Outcome, Place, StepUp
from forms_app.policies.reader import read_policy
from forms_app.policies.shelf import SHIPPED
from tests.policies.walking import (
    MONDAY,
    OTHER,
    RAISER,
    SEATS,
    circulated,
    climbed,
    names_asked,
    options,
    standing_at,
    step,
)

LADDER = ("stage_one", "stage_two", "stage_three", "stage_four", "mediation")

BOTH = (RAISER, OTHER)
MANAGER = Place(uuid4(), OTHER.agency, Side.RESPONDING, "first_line_manager")
CHAIR = Place(uuid4(), uuid4(), Side.BOARD, "independent_chair")
BUSINESS_UNIT, BOARD_CHAIR = SEATS[Audience.BUSINESS_UNIT], SEATS[Audience.CHAIR]


@pytest.fixture(scope="module")
def policy() -> Policy:
    return read_policy(SHIPPED / "hull-2015.yaml")


# --- the ladder --------------------------------------------------------------------------------------------------


@pytest.mark.requirement("U-07")
def test_four_numbered_stages_go_up_level_by_level_and_end_in_mediation(policy: Policy) -> None:
    assert [(stage.id, stage.number) for stage in policy.main.stages] == list(
        zip(LADDER, [1, 2, 3, 4, None], strict=True)
    )
    assert all(stage.counts for stage in policy.main.stages)
    for here, there in pairwise(LADDER):
        now = standing_at(policy, climbed(policy, here, MONDAY))
        assert isinstance(now, Open)
        onward = next_place(policy, now.visit)
        assert isinstance(onward, Destination)
        assert onward.stage.id == there


@pytest.mark.requirement("U-23", "U-31")
def test_the_text_gives_no_number_of_days_only_without_delay(policy: Policy) -> None:
    limits = {clock.id: clock.limit.unit for stage in policy.main.stages for clock in stage.clocks}

    assert set(limits.values()) == {Unit.WITHOUT_DELAY}
    assert {"find_out", "managers_contact", "refer_on", "refer_up"} <= set(limits)
    now = standing_at(policy, climbed(policy, "stage_two", MONDAY))
    assert {clock.due for clock in now.clocks} == {None}


@pytest.mark.requirement("U-23")
def test_the_first_line_manager_is_told_when_stage_two_begins(policy: Policy) -> None:
    now = standing_at(policy, climbed(policy, "stage_two", MONDAY))

    told = circulated(policy, Event.STAGE_ENTERED, "stage_two", now, places=(RAISER, OTHER, MANAGER))

    assert told[DocumentKind.STAGE_RECORD] == {RAISER.person, OTHER.person, MANAGER.person}


@pytest.mark.requirement("U-25")
def test_managers_of_every_agency_concerned_take_part(policy: Policy) -> None:
    assert policy.several_responding_agencies
    stage = _stage(policy, "stage_two")
    assert {(actor.side, actor.level) for actor in stage.actors if actor.needed} == {
        (Side.RAISING, "first_line_manager"),
        (Side.RESPONDING, "first_line_manager"),
    }
    contact = next(clock for clock in stage.clocks if clock.id == "managers_contact")
    assert contact.side == "all"


@pytest.mark.requirement("U-14")
@pytest.mark.parametrize("stage", ["stage_one", "stage_two"])
def test_an_agency_may_name_a_manager_for_disagreements(policy: Policy, stage: str) -> None:
    named = [actor for actor in _stage(policy, stage).actors if actor.level == "nominated_manager"]

    assert {actor.side for actor in named} == {Side.RAISING, Side.RESPONDING}
    assert not any(actor.needed for actor in named)


@pytest.mark.requirement("U-42", "U-43")
def test_board_members_of_the_agencies_resolve_it_and_cannot_end_without_a_view(policy: Policy) -> None:
    stage = _stage(policy, "stage_four")

    assert {(actor.side, actor.level) for actor in stage.actors} == {
        (Side.RAISING, "board_member"),
        (Side.RESPONDING, "board_member"),
    }
    assert stage.closing.outcomes == ("agreed", "agreed_in_part")
    assert policy.question("resolution").required


def test_nobody_closes_over_somebody_elses_head(policy: Policy) -> None:
    assert {stage.closing.who for stage in policy.main.stages} == {Closer.ALL_SIDES}


def test_the_next_tier_is_open_when_it_is_urgent_and_no_line_manager_is_there(policy: Policy) -> None:
    skip = _stage(policy, "stage_one").skip

    assert (skip.rule, skip.to) == ("urgency", ("stage_three",))
    assert [reason.id for reason in skip.reasons] == ["no_line_manager"]


def test_the_leads_of_all_agencies_are_informed_before_stage_three(policy: Policy) -> None:
    (gate,) = _stage(policy, "stage_three").gates

    assert (gate.before, gate.per_agency) == ("entering", True)
    assert _stage(policy, "stage_three").repeats_tiers


def test_a_referral_goes_on_beside_every_stage(policy: Policy) -> None:
    assert all([choice.id for choice in stage.alongside] == ["referral"] for stage in policy.main.stages)


# --- what is asked and recorded ------------------------------------------------------------------------------------


@pytest.mark.requirement("U-16")
def test_stage_one_begins_by_defining_the_disagreement(policy: Policy) -> None:
    assert "definition" in names_asked(_stage(policy, "stage_one"), Asked.OPENING, Side.RAISING)
    assert policy.question("definition").required


@pytest.mark.requirement("U-17")
def test_all_parties_read_the_same_statement_and_say_what_they_miss(policy: Policy) -> None:
    now = standing_at(policy, climbed(policy, "stage_one", MONDAY))

    told = circulated(policy, Event.OPENED, "stage_one", now, places=BOTH)

    assert told == {DocumentKind.WRITTEN_ACCOUNT: {RAISER.person, OTHER.person}}
    assert "information_missing" in names_asked(_stage(policy, "stage_one"), Asked.ACCOUNT, Side.RESPONDING)


@pytest.mark.requirement("U-10")
def test_there_are_nine_reasons(policy: Policy) -> None:
    assert [choice.id for choice in policy.categories_of(policy.main)] == [
        "roles",
        "philosophy",
        "expectations",
        "communication",
        "views_not_considered",
        "eligibility",
        "response_to_concern",
        "decision",
        "funding",
    ]


@pytest.mark.requirement("U-19")
def test_a_disagreement_at_a_meeting_names_the_meeting_and_the_minute(policy: Policy) -> None:
    asked = names_asked(_stage(policy, "stage_one"), Asked.OPENING, Side.RAISING)

    assert {"arose_at", "meeting_date", "minute_reference"} <= asked
    meetings = options(policy, "arose_at") - {"no"}
    assert meetings == {
        "team_around_family",
        "early_help",
        "conference",
        "looked_after_review",
        "strategy",
        "core_group",
        "other_meeting",
    }
    condition = policy.question("minute_reference").only_if
    assert condition is not None
    assert set(condition.is_one_of) == meetings


@pytest.mark.requirement("U-05")
@pytest.mark.parametrize("stage", LADDER[1:])
def test_managers_and_members_declare_a_conflict_of_interest(policy: Policy, stage: str) -> None:
    for side in _stage(policy, stage).sides:
        assert {"conflict_of_interest", "conflict_handled"} <= names_asked(_stage(policy, stage), Asked.ACCOUNT, side)


@pytest.mark.requirement("U-13")
def test_there_is_room_for_a_note_from_supervision_and_nobody_must_fill_it(policy: Policy) -> None:
    assert "supervision" in names_asked(_stage(policy, "stage_one"), Asked.ACCOUNT, Side.RAISING)
    assert not policy.question("supervision").required


@pytest.mark.requirement("U-26", "U-34")
@pytest.mark.parametrize("side", [Side.RAISING, Side.RESPONDING])
@pytest.mark.parametrize("stage", LADDER[:4])
def test_each_side_records_its_discussions(policy: Policy, stage: str, side: Side) -> None:
    assert {"discussion_how", "discussion_record"} <= names_asked(_stage(policy, stage), Asked.ACCOUNT, side)
    assert policy.question("discussion_record").required


@pytest.mark.requirement("U-26")
def test_managers_record_the_circumstances_and_the_nature_of_the_disagreement(policy: Policy) -> None:
    for side in (Side.RAISING, Side.RESPONDING):
        assert {"circumstances", "nature"} <= names_asked(_stage(policy, "stage_two"), Asked.ACCOUNT, side)


@pytest.mark.requirement("U-28")
def test_the_agreed_plan_is_fed_back_confirmed_and_given_a_review_date(policy: Policy) -> None:
    now = _resolved_at(policy, "stage_two")

    assert policy.review_date == "required"
    assert "fed_back" in names_asked(_stage(policy, "stage_two"), Asked.OUTCOME, Side.RESPONDING)
    told = circulated(policy, Event.RESOLVED, "stage_two", now, places=BOTH)
    both = {RAISER.person, OTHER.person}
    assert told == {DocumentKind.WRITTEN_CONFIRMATION: both, DocumentKind.ACKNOWLEDGEMENT_SHEET: both}


@pytest.mark.requirement("U-38")
def test_the_consultation_meeting_says_whether_its_facilitator_is_independent(policy: Policy) -> None:
    (meeting,) = _stage(policy, "stage_three").meetings

    assert meeting.independent == ("facilitator",)
    assert "facilitated" in names_asked(_stage(policy, "stage_three"), Asked.OUTCOME, Side.RAISING)


@pytest.mark.requirement("U-41", "U-51")
def test_stage_three_leaves_a_full_record_for_the_childs_file(policy: Policy) -> None:
    stage = _stage(policy, "stage_three")

    assert {"key_discussion", "key_disagreement", "resolution"} <= names_asked(stage, Asked.OUTCOME, Side.RAISING)
    assert "case_file" in {check.id for check in stage.checks}
    for other in ("stage_one", "stage_two", "stage_four", "mediation"):
        assert "child_file" in {check.id for check in _stage(policy, other).checks}


@pytest.mark.requirement("U-46")
def test_the_chair_records_the_mediation_with_its_minutes_and_methodology(policy: Policy) -> None:
    stage = _stage(policy, "mediation")

    assert [gate.before for gate in stage.gates] == ["resolving"]
    assert [clock.stops for clock in stage.clocks] == ["meeting_held"]
    assert "resolution" in names_asked(stage, Asked.OUTCOME, Side.RAISING)
    (meeting,) = stage.meetings
    assert (meeting.form, meeting.minutes, meeting.methodology) == ("mediation", True, True)


def test_a_disagreement_need_not_be_about_a_child(policy: Policy) -> None:
    assert Subject.NONE in policy.subjects


# --- people --------------------------------------------------------------------------------------------------------


@pytest.mark.requirement("U-30")
@pytest.mark.parametrize(
    ("kind", "counterpart"),
    [
        ("childrens_social_care", "Team manager"),
        ("early_years", "Safeguarding officer"),
        ("midwifery", "Named midwife or named nurse"),
        ("hospital_nursing", "Named nurse"),
        ("hospital_doctors", "Named doctor or designated doctor"),
        ("general_practice", "Named doctor or designated doctor"),
        ("mental_health", "Lead nurse for safeguarding"),
        ("school", "Child protection co-ordinator"),
        ("police", "Detective Inspector, Protecting Vulnerable People Unit"),
        ("nspcc", "Service manager"),
        ("probation", "Senior probation officer with responsibility for safeguarding"),
        ("voluntary", "Senior officer"),
    ],
)
def test_each_kind_of_agency_has_its_counterpart(policy: Policy, kind: str, counterpart: str) -> None:
    assert policy.level_title("first_line_manager", kind) == counterpart
    assert len(policy.equivalents) == 12


# --- guidance, contacts, links -------------------------------------------------------------------------------------


@pytest.mark.requirement("U-02", "U-03", "U-04", "U-09", "U-11", "U-12", "U-22")
@pytest.mark.parametrize(
    ("title", "where"),
    [
        ("Everyone has a part", "before_opening"),
        ("Speak up, and listen", "before_opening"),
        ("The child comes first", "always"),
        ("Write what you know", "account"),
        ("Your agency’s own procedures", "before_opening"),
        ("It goes on until it is resolved", "step_up"),
        ("If you believe that a child is being harmed", "opening"),
    ],
)
def test_guidance_stands_where_it_is_needed(policy: Policy, title: str, where: str) -> None:
    guidance = next(guidance for guidance in policy.guidance if guidance.title == title)

    assert where in guidance.show


@pytest.mark.requirement("U-32", "U-33")
def test_stage_two_says_that_it_is_not_a_complaint_and_protects_good_relations(policy: Policy) -> None:
    guidance = next(one for one in _stage(policy, "stage_two").guidance if one.title == "This is not a complaint")

    assert guidance.show == ("always",)
    assert "work together" in guidance.text


@pytest.mark.requirement("U-29")
def test_a_disagreement_with_ones_own_manager_has_somewhere_to_go(policy: Policy) -> None:
    titles = {guidance.title for guidance in _stage(policy, "stage_two").guidance}

    assert "If you disagree with your own manager" in titles
    assert not policy.internal.permitted
    assert "named professional" in policy.internal.signpost


@pytest.mark.requirement("U-15")
def test_guidance_on_communication_and_need_is_linked(policy: Policy) -> None:
    titles = {link.title for link in policy.links}

    assert "Effective Communication, Consent and Information Sharing Procedure" in titles
    assert "Threshold of Need Guidance and Framework" in titles


@pytest.mark.requirement("U-54")
def test_the_whistleblowing_line_is_named(policy: Policy) -> None:
    contact = next(contact for contact in policy.contacts if "whistleblowing" in contact.name)

    assert contact.telephone == "0800 028 0285"


@pytest.mark.parametrize(
    ("name", "telephone"),
    [
        ("Early Help and Safeguarding Hub (EHASH)", "01482 448 879"),
        ("Immediate Help Team", "01482 300 304"),
        ("Local Authority Designated Officer", "01482 790 933"),
        ("Police Protecting Vulnerable People Unit", "101"),
        ("Hull Safeguarding Children Board", "01482 379 090"),
        ("Named Nurse Safeguarding Children, City Health Care Partnership", "01482 617 875"),
        ("Named Nurse Safeguarding, Hull and East Yorkshire Hospital Trust (HEYHT)", "01482 674 589"),
        ("Named Nurse Safeguarding Children, Humber NHS Foundation Trust (HNHSFT)", "01482 335 810"),
    ],
)
def test_the_contacts_are_those_of_the_text(policy: Policy, name: str, telephone: str) -> None:
    assert {contact.name: contact.telephone for contact in policy.contacts}[name] == telephone


@pytest.mark.requirement("U-57")
def test_the_policy_says_when_it_was_written_and_that_it_was_reviewed(policy: Policy) -> None:
    assert "2012" in policy.dated
    assert any("reviewed" in line for line in policy.history)


# --- the signpost --------------------------------------------------------------------------------------------------


@pytest.mark.requirement("U-20")
def test_the_conference_chair_notes_dissent(policy: Policy) -> None:
    (stage,) = policy.route("conference_dissent").stages

    assert "chair_note" in names_asked(stage, Asked.ACCOUNT, Side.RESPONDING)
    assert "conference_chair" in {actor.level for actor in stage.actors}
    assert not stage.counts


@pytest.mark.requirement("U-53")
def test_dissent_at_a_conference_leaves_for_its_own_procedure(policy: Policy) -> None:
    opened = step(
        "conference_dissent", "dissent_noted", MONDAY, Concern(shape=None, category="initial_plan", agencies=())
    )
    out = step("conference_dissent", "dissent_noted", MONDAY, StepUp(route=None, stage=None), RAISER)

    now = standing_at(policy, [opened, out])

    assert isinstance(now, Left)
    assert now.after.kind == "leaves_for"
    assert "Professional Dissent from the Conference Decision" in {link.title for link in policy.links}


# --- the Board -----------------------------------------------------------------------------------------------------


@pytest.mark.requirement("U-44")
def test_stage_four_and_its_resolution_reach_the_board_by_proforma(policy: Policy) -> None:
    entered = circulated(
        policy, Event.STAGE_ENTERED, "stage_four", standing_at(policy, climbed(policy, "stage_four", MONDAY))
    )
    resolved = circulated(policy, Event.RESOLVED, "stage_four", _resolved_at(policy, "stage_four"))

    assert BUSINESS_UNIT in entered[DocumentKind.BOARD_PROFORMA]
    assert BUSINESS_UNIT in resolved[DocumentKind.BOARD_PROFORMA]


@pytest.mark.requirement("U-45")
def test_the_chair_is_asked_to_mediate_by_proforma_and_offers_an_appointment(policy: Policy) -> None:
    now = standing_at(policy, climbed(policy, "mediation", MONDAY), places=(RAISER, OTHER, CHAIR))

    told = circulated(policy, Event.STAGE_ENTERED, "mediation", now, places=(RAISER, OTHER, CHAIR))

    assert {BUSINESS_UNIT, BOARD_CHAIR} <= told[DocumentKind.BOARD_PROFORMA]
    assert told[DocumentKind.STAGE_RECORD] == {RAISER.person, OTHER.person, CHAIR.person}
    assert [clock.id for clock in now.clocks] == ["offer_mediation"]


@pytest.mark.requirement("U-39", "U-47", "U-48")
def test_lessons_beyond_line_management_reach_the_board_by_proforma(policy: Policy) -> None:
    assert {choice.id for choice in policy.learning} == {
        "training",
        "commissioning",
        "agency_guidance",
        "board_guidance",
    }
    at_two = circulated(policy, Event.RESOLVED, "stage_two", _resolved_at(policy, "stage_two", "training"))
    at_three = circulated(policy, Event.RESOLVED, "stage_three", _resolved_at(policy, "stage_three", "training"))
    without = circulated(policy, Event.RESOLVED, "stage_three", _resolved_at(policy, "stage_three"))

    assert DocumentKind.BOARD_PROFORMA not in at_two
    assert BUSINESS_UNIT in at_three[DocumentKind.BOARD_PROFORMA]
    assert DocumentKind.BOARD_PROFORMA not in without


@pytest.mark.requirement("U-49")
def test_whatever_the_board_gets_identifies_nobody(policy: Policy) -> None:
    parties = {Audience.RAISING_SIDE, Audience.RESPONDING_SIDE, Audience.BOARD_SIDE}

    for notice in policy.notices:
        assert set(notice.to) <= parties or notice.document in DEIDENTIFIED


# --- a walk --------------------------------------------------------------------------------------------------------


def _stage(policy: Policy, stage: str) -> Stage:
    return policy.stage("ladder", stage)


def _resolved_at(policy: Policy, stage: str, *learning: str) -> Standing:
    outcome = step("ladder", stage, MONDAY, Outcome(outcome="agreed", learning=learning), RAISER)
    answer = step("ladder", stage, MONDAY, Agreement(outcome=outcome.id, agrees=True), OTHER)
    view = step("ladder", stage, MONDAY, Account(), OTHER)
    now = standing_at(policy, [*climbed(policy, stage, MONDAY), view, outcome, answer])
    assert isinstance(now, Resolved)
    return now

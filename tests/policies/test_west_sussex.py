"""West Sussex's policy file says what the text of January 2022 says."""

from __future__ import annotations

from datetime import date

import pytest

from forms_app.domain.acts import Act, acts_open_to, next_place
from forms_app.domain.policy import After, Asked, Closer, DocumentKind, Event, Policy, Side, Unit
from forms_app.domain.records import Outcome, Timing
from forms_app.policies.reader import read_policy
from forms_app.policies.shelf import SHIPPED
from tests.policies.walking import (
    RAISER,
    SCRUTINEER,
    asked,
    at_stage,
    due_on,
    guidance_at,
    needed_levels,
    resolved_at,
    told,
)

LADDER = ["professionals", "managers", "senior_managers", "leads", "partnership", "secretary_of_state"]
STATED = Timing(time_frame=date(2027, 3, 12))


@pytest.fixture(scope="module")
def policy() -> Policy:
    return read_policy(SHIPPED / "west-sussex-2022-01.yaml")


def _ids(policy: Policy, stage: str, form: Asked, side: Side) -> list[str]:
    return [question.id for question in asked(policy, stage, form, side)]


# --- what it is for ----------------------------------------------------------------------------------------------


@pytest.mark.requirement("S-01")
def test_it_names_its_version_and_what_to_read_with_it(policy: Policy) -> None:
    assert policy.dated == "Reviewed January 2022"
    assert [link.title for link in policy.links] == [
        "Safeguarding Children Partnership Complaints Procedure",
        "Pan-Sussex Safeguarding Procedures: Resolution of Professional Disagreements",
        "Resolving Professional Differences Briefing",
    ]


@pytest.mark.requirement("S-02")
def test_every_kind_of_agency_that_the_text_names_can_take_part(policy: Policy) -> None:
    named = {"childrens_social_care", "school", "health", "police", "probation", "housing", "voluntary"}

    assert named <= {kind.id for kind in policy.agency_kinds}


@pytest.mark.requirement("S-03")
def test_a_concern_has_one_of_two_shapes(policy: Policy) -> None:
    assert [shape.id for shape in policy.concern_shapes] == ["concern", "conflicting_views"]


@pytest.mark.requirement("S-05")
def test_it_may_be_used_inside_one_agency(policy: Policy) -> None:
    assert policy.internal.permitted


@pytest.mark.requirement("S-06")
def test_it_names_seven_areas(policy: Policy) -> None:
    assert [category.id for category in policy.categories] == [
        "need",
        "assessment",
        "action",
        "roles",
        "service",
        "timeliness",
        "information",
    ]


@pytest.mark.requirement("S-04", "S-08", "S-09", "S-15")
def test_before_a_concern_is_opened_the_person_reads_when_and_who(policy: Policy) -> None:
    said = guidance_at(policy, "before_opening")

    assert "see things differently" in said
    assert "still worried that a child is not safe" in said
    assert "no particular rank" in said
    assert "which route your own agency has" in said


@pytest.mark.requirement("S-10", "S-12", "S-17")
def test_the_principles_are_said_where_they_help(policy: Policy) -> None:
    for moment in ("before_opening", "opening", "account", "outcome", "step_up"):
        assert "hold up a decision" in guidance_at(policy, moment)
    assert "Share what matters" in guidance_at(policy, "account")
    assert "not closed because nobody does anything" in guidance_at(policy, "account")


@pytest.mark.requirement("S-07", "S-22")
def test_the_difference_its_evidence_and_its_effect_on_the_child_must_be_written(policy: Policy) -> None:
    opening = {question.id: question for question in asked(policy, "professionals", Asked.OPENING, Side.RAISING)}

    assert all(opening[name].required for name in ("difference", "evidence", "effect"))


@pytest.mark.requirement("S-13")
def test_a_safeguarding_lead_can_take_part_from_stage_one(policy: Policy) -> None:
    leads = [actor for actor in policy.main.stages[0].actors if actor.level == "safeguarding_lead"]

    assert {actor.side for actor in leads} == {Side.RAISING, Side.RESPONDING}
    assert not any(actor.needed for actor in leads)
    assert "lead_informed" in _ids(policy, "professionals", Asked.OPENING, Side.RAISING)


# --- the six stages ----------------------------------------------------------------------------------------------


@pytest.mark.requirement("S-19")
def test_there_are_six_stages(policy: Policy) -> None:
    assert [(stage.number, stage.id) for stage in policy.main.stages] == list(enumerate(LADDER, start=1))


@pytest.mark.requirement("S-20")
@pytest.mark.parametrize("stage", LADDER)
def test_at_each_stage_the_one_who_escalates_states_the_time_frame(policy: Policy, stage: str) -> None:
    (stated,) = [clock for clock in policy.stage("main", stage).clocks if clock.limit.unit is Unit.STATED]

    assert due_on(at_stage(policy, stage, timing=STATED), stated.id) == date(2027, 3, 12)


@pytest.mark.requirement("S-21")
def test_stage_one_is_with_the_professional_who_decided_and_asks_what_it_is_based_on(policy: Policy) -> None:
    assert needed_levels(policy.main.stages[0]) == {("raising", "practitioner"), ("responding", "practitioner")}
    assert {"decision_maker", "basis"} <= set(_ids(policy, "professionals", Asked.OPENING, Side.RAISING))


@pytest.mark.requirement("S-16", "S-23")
@pytest.mark.parametrize("stage", LADDER[:4])
def test_every_agency_records_the_discussions_and_says_whether_they_are_on_file(policy: Policy, stage: str) -> None:
    for side in (Side.RAISING, Side.RESPONDING):
        assert {"contact_mode", "contact_with", "contact_record", "child_file"} <= set(
            _ids(policy, stage, Asked.ACCOUNT, side)
        )

    documents = told(policy, Event.ACCOUNT_FILED, stage, at_stage(policy, stage))
    assert {"raiser", "raising", "responding"} <= documents[DocumentKind.STAGE_RECORD]


@pytest.mark.requirement("S-18")
def test_line_managers_say_what_their_safeguarding_lead_advised(policy: Policy) -> None:
    assert {"lead_informed", "lead_advice"} <= set(_ids(policy, "managers", Asked.ACCOUNT, Side.RAISING))
    assert "safeguarding lead for advice" in guidance_at(policy, "account", "managers")


@pytest.mark.requirement("S-25", "S-26")
def test_stage_two_may_be_raised_by_word_of_mouth_but_its_record_is_written(policy: Policy) -> None:
    outcome = {question.id: question for question in asked(policy, "managers", Asked.OUTCOME, Side.RESPONDING)}

    assert {option.id for option in policy.question("raised_how").options} == {"written", "verbal"}
    assert "raised_how" in _ids(policy, "professionals", Asked.STEP_UP, Side.RAISING)
    assert all(outcome[name].required for name in ("issue_raised", "action_taken", "child_outcome"))


@pytest.mark.requirement("S-27")
def test_it_goes_on_without_delay_to_a_head_of_service_or_the_like(policy: Policy) -> None:
    (refer,) = [clock for clock in policy.stage("main", "managers").clocks if clock.id == "refer_on"]

    assert refer.limit.unit is Unit.WITHOUT_DELAY
    assert {
        kind: policy.level_title("senior_manager", kind)
        for kind in ("childrens_social_care", "police", "school", "health")
    } == {
        "childrens_social_care": "Head of Service",
        "police": "Detective inspector",
        "school": "Head teacher",
        "health": "Named doctor or named nurse",
    }


@pytest.mark.requirement("S-28")
def test_the_partnership_gets_the_escalation_template_at_stage_three_and_not_before(policy: Policy) -> None:
    at_two = told(policy, Event.STAGE_ENTERED, "managers", at_stage(policy, "managers"))
    at_three = told(policy, Event.STAGE_ENTERED, "senior_managers", at_stage(policy, "senior_managers"))

    assert set(at_two) == {DocumentKind.STAGE_RECORD}
    assert at_three[DocumentKind.BOARD_PROFORMA] == {"raiser", "business_unit"}
    assert policy.document_titles[DocumentKind.BOARD_PROFORMA] == "Escalation template"


@pytest.mark.requirement("S-29")
def test_stage_three_ends_only_after_the_two_senior_managers_have_talked(policy: Policy) -> None:
    (gate,) = policy.stage("main", "senior_managers").gates

    assert gate.before == "resolving"
    assert "outcome for the child" in gate.statement


@pytest.mark.requirement("S-30")
def test_stage_four_says_which_of_three_reasons_and_who_took_part(policy: Policy) -> None:
    assert [option.id for option in policy.question("leads_reason").options] == ["unresolved", "serious", "policy"]
    assert "leads_reason" in _ids(policy, "senior_managers", Asked.STEP_UP, Side.RAISING)
    assert [gate.before for gate in policy.stage("main", "leads").gates] == ["resolving"]
    assert "designated doctor or nurse" in policy.stage("main", "leads").gates[0].statement
    assert needed_levels(policy.stage("main", "leads")) == {
        ("raising", "safeguarding_lead"),
        ("responding", "safeguarding_lead"),
    }
    assert policy.level_title("safeguarding_lead", "health") == "Designated doctor or designated nurse"
    assert policy.level_title("safeguarding_lead", "childrens_social_care") == "Senior child protection manager"


@pytest.mark.requirement("S-31")
def test_three_matters_of_a_conference_are_pointed_to_the_pan_sussex_procedure(policy: Policy) -> None:
    assert len(policy.stage("main", "leads").links) == 3
    assert "Pan-Sussex" in guidance_at(policy, "before_opening")


def test_similar_concerns_open_stage_five(policy: Policy) -> None:
    assert policy.pattern is not None
    assert (policy.pattern.opens, policy.pattern.count) == ("partnership", None)
    for stage in LADDER[:3]:
        assert "partnership" in policy.stage("main", stage).skip.to


@pytest.mark.requirement("S-33")
def test_at_stage_five_the_scrutineer_sets_the_process_and_decides(policy: Policy) -> None:
    stage = policy.stage("main", "partnership")

    assert needed_levels(stage) == {("board", "scrutineer")}
    assert stage.arbiter_sets_steps
    assert stage.closing.who is Closer.ARBITER
    assert Act.SET_STEPS in acts_open_to(SCRUTINEER, at_stage(policy, "partnership"))
    assert Act.SET_STEPS not in acts_open_to(RAISER, at_stage(policy, "partnership"))


@pytest.mark.requirement("S-34")
def test_the_directors_of_the_three_partners_are_told_at_stage_five(policy: Policy) -> None:
    documents = told(policy, Event.STAGE_ENTERED, "partnership", at_stage(policy, "partnership"))

    assert "directors" in documents[DocumentKind.NOTICE_TO_BOARD]
    assert "directors" in documents[DocumentKind.BOARD_PROFORMA]


@pytest.mark.requirement("S-35")
def test_only_the_scrutineer_takes_it_to_the_secretary_of_state(policy: Policy) -> None:
    for stage in LADDER[4:]:
        now = at_stage(policy, stage)
        assert Act.STEP_UP not in acts_open_to(RAISER, now)
        assert Act.STEP_UP in acts_open_to(SCRUTINEER, now)

    after = next_place(policy, at_stage(policy, "secretary_of_state").visit)

    assert isinstance(after, After)
    assert after.kind == "leaves_for"
    assert "Secretary of State" in after.title


# --- who is told -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", LADDER)
@pytest.mark.parametrize("event", list(Event))
def test_the_raiser_is_told_of_everything(policy: Policy, event: Event, stage: str) -> None:
    documents = told(policy, event, stage, at_stage(policy, stage))

    assert documents
    assert all("raiser" in recipients for recipients in documents.values())


def test_the_partnership_hears_the_end_only_of_what_it_was_told_of(policy: Policy) -> None:
    outcome = Outcome(outcome="decided")
    end = told(policy, Event.RESOLVED, "partnership", resolved_at(policy, "partnership", outcome), outcome)

    assert "business_unit" in end[DocumentKind.BOARD_PROFORMA]
    assert DocumentKind.BOARD_PROFORMA not in told(
        policy, Event.RESOLVED, "managers", at_stage(policy, "managers"), outcome
    )

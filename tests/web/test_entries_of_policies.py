"""What the five policies ask for beside their ladders, filled in page by page by whoever they let do it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from forms_app.domain.acts import fits
from forms_app.domain.escalation import Open, Resolved
from forms_app.domain.filing import NamedParty
from forms_app.domain.policy import Meeting, Side
from forms_app.domain.records import (
    AgreedAction,
    Alongside,
    FollowUp,
    InformationRequest,
    MeetingHeld,
    PeopleJoin,
    RestrictedNote,
    StepsSet,
    TimeAnswered,
)
from tests.factories.scenes import shelf
from tests.web.clerk import Office, choices_on, day, office
from tests.web.test_entries import WHY, add, sent

TODAY = date(2027, 3, 1)
SOON = TODAY + timedelta(days=4)
MEETINGS = [
    (policy.id, route.id, stage.id, meeting.id)
    for policy in shelf()
    for route in policy.routes
    for stage in route.stages
    for meeting in stage.meetings
]


@pytest.fixture
def at(sqlite_url: str) -> Iterator[Callable[[str], Office]]:
    """The office of a Board that has adopted this policy."""
    opened = []

    def adopted(policy: str) -> Office:
        opened.append(office(sqlite_url, policy))
        return opened[0].__enter__()

    yield adopted
    for each in opened:
        each.__exit__(None, None, None)


def up_to(here: Office, stage: str, route: str | None = None) -> UUID:
    """An escalation at this stage, with everybody there who may act."""
    escalation = here.scene.open(route, everybody=True).escalation_id
    while here.scene.stage(escalation).id != stage:
        here.scene.step_up(escalation, everybody=True)
    return escalation


def acting(here: Office, escalation: UUID, side: Side, level: str) -> UUID:
    return next(
        place.person
        for place in here.scene.places(escalation)
        if place.side is side and level in place.levels and not place.is_raiser
    )


# --- meetings ---


def call_and_hold(here: Office, escalation: UUID, meeting: Meeting, by: UUID) -> MeetingHeld:
    """Called together with everybody who convenes it, with all who take part, and held the same day."""
    path = here.path(escalation, "meeting-called", "invited")
    when = {
        "f-meeting": meeting.id,
        **day("f-day", TODAY),
        "f-time": "4pm",
        "f-place": "Room 4",
        "f-agenda": "The plan",
    }
    here.fill(escalation, by, "meeting-called", {"meeting": when, "invited": {}})
    page = here.visitor(by).get(path)
    guests = {name: list(choices_on(page, name).values()) for name in ("f-with", "f-invited")}
    sent(here.fill(escalation, by, "meeting-called", {"meeting": when, "invited": guests}))

    called = here.records(escalation)[-1].id
    everybody = [str(place.person) for place in here.scene.places(escalation)]
    tests = {f"f-{name}": "yes" for name, _ in meeting.tests}
    minutes = {"f-methodology": "Mediation", "f-minutes": "All spoke.", "f-outcome": "A new plan"}
    pages: dict[str, Any] = {
        "which": {"f-which": str(called), **day("f-happened", TODAY)},
        "attended": {"f-attended": everybody},
        **({"tests": tests} if tests else {}),
        "minutes": minutes,
    }
    if meeting.recommendations:
        row = "f-recommendations-0"
        pages["recommendations"] = {
            f"{row}-what": "Review how thresholds are used",
            f"{row}-who": "Head of service",
            **day(f"{row}-by_when", SOON),
        }
    sent(here.fill(escalation, by, "meeting-held", pages))
    facts = here.facts(escalation)
    assert isinstance(facts, MeetingHeld)
    assert facts.called == called
    return facts


@pytest.mark.requirement("H-26", "H-30", "H-44", "U-27", "U-37", "U-46", "B-27")
@pytest.mark.parametrize(("policy", "route", "stage", "name"), MEETINGS)
def test_every_meeting_of_the_policies_is_called_and_recorded(
    at: Callable[[str], Office], policy: str, route: str, stage: str, name: str
) -> None:
    here = at(policy)
    escalation = up_to(here, stage, route)
    meeting = next(each for each in here.scene.stage(escalation).meetings if each.id == name)
    places = here.scene.places(escalation)
    able = [place for place in places if any(fits(place, actor) for actor in meeting.conveners)]

    facts = call_and_hold(here, escalation, meeting, able[0].person)

    assert set(facts.confirmed) == {test for test, _ in meeting.tests}
    assert set(facts.attended) == {place.person for place in places}
    said = here.said(escalation)
    assert said["minutes"] == "All spoke."
    assert ("methodology" in said) == meeting.methodology


@pytest.mark.requirement("W-10", "W-11", "W-12")
def test_the_liaison_officer_comes_when_asked_and_takes_it_to_the_review_group(at: Callable[[str], Office]) -> None:
    here = at("annex-c")
    escalation, officer = here.scene.open().escalation_id, here.scene.holder("liaison_officer")
    assert here.visitor(officer).get(f"/escalations/{escalation}").status_code == 404

    wanted = {"f-helper": "senior_liaison_officer", "f-what": "To bring both of us to one table"}
    sent(here.fill(escalation, here.scene.raiser, "help", {"help": wanted}))
    facts = call_and_hold(here, escalation, here.scene.policy.meetings[0], officer)

    assert facts.recommendations == (
        AgreedAction(what="Review how thresholds are used", who="Head of service", by_when=SOON),
    )


# --- what else they name ---


@pytest.mark.requirement("W-31")
def test_senior_managers_note_what_is_about_competence(at: Callable[[str], Office]) -> None:
    here = at("annex-c")
    escalation = up_to(here, "senior_managers")
    senior = acting(here, escalation, Side.RAISING, "senior_manager")
    about = {"f-about": "competence", "f-note": "Ask for supervision."}

    sent(here.fill(escalation, senior, "restricted-note", {"note": about}))

    assert here.facts(escalation) == RestrictedNote(about="competence")
    assert here.scene.documents(here.records(escalation)[-1].id) == []
    theirs = acting(here, escalation, Side.RESPONDING, "senior_manager")
    assert "Ask for supervision." in here.visitor(senior).get(f"/escalations/{escalation}").text
    assert "Ask for supervision." not in here.visitor(theirs).get(f"/escalations/{escalation}").text


@pytest.mark.requirement("W-16", "W-25", "W-32")
@pytest.mark.parametrize("stage", ["officers", "managers", "senior_managers_again"])
def test_the_actions_of_each_stage_are_followed_up(at: Callable[[str], Office], stage: str) -> None:
    here = at("annex-c")
    escalation = up_to(here, stage)
    proposed = here.scene.outcome(escalation, by=acting(here, escalation, Side.RESPONDING, _level(here, escalation)))
    here.scene.answer(escalation, by=here.scene.raiser, to=proposed.record_id)
    now = here.scene.standing(escalation)
    assert isinstance(now, Resolved)
    of_actions = [owed.duty.id for owed in now.duties if owed.duty.due == "action_date"]
    duty = {"f-duty": of_actions[0] if of_actions else "-"}

    pages = {"duty": duty, "actions": {"f-action-0": "yes"}, "then": {"f-then": "done", **WHY}}
    sent(here.fill(escalation, here.scene.raiser, "follow-up", pages))

    assert here.facts(escalation) == FollowUp(
        duty=of_actions[0] if of_actions else None, carried_out=(True,), then="done"
    )


def _level(here: Office, escalation: UUID) -> str:
    return next(actor.level for actor in here.scene.stage(escalation).actors if actor.side is Side.RESPONDING)


@pytest.mark.requirement("S-24", "H-41")
@pytest.mark.parametrize(
    ("policy", "route", "stage"), [("west-sussex", "main", "professionals"), ("four-lscb", "mash", "mash_conversation")]
)
def test_a_time_that_all_sides_accept(at: Callable[[str], Office], policy: str, route: str, stage: str) -> None:
    here = at(policy)
    escalation = up_to(here, stage, route)
    sent(here.fill(escalation, here.scene.raiser, "time", {"time": day("f-time_frame", SOON)}))
    proposal = here.records(escalation)[-1].id

    other = next(place.person for place in here.scene.places(escalation) if place.side is Side.RESPONDING)
    sent(here.fill(escalation, other, "time-answer", {"answer": {"f-accepts": "yes"}}))

    assert here.facts(escalation) == TimeAnswered(proposal=proposal, accepts=True)
    now = here.scene.standing(escalation)
    assert isinstance(now, Open)
    assert SOON in {clock.due.day for clock in now.clocks if clock.due is not None}


@pytest.mark.requirement("S-33")
def test_the_scrutineer_sets_the_process(at: Callable[[str], Office]) -> None:
    here = at("west-sussex")
    escalation = up_to(here, "partnership")
    row = {"f-steps-0-what": "Hear both leads", "f-steps-0-who": "The scrutineer", **day("f-steps-0-by_when", SOON)}
    pages = {"process": {"f-how": "Both are heard, then I decide."}, "steps": row}

    sent(here.fill(escalation, acting(here, escalation, Side.BOARD, "scrutineer"), "steps", pages))

    step = AgreedAction(what="Hear both leads", who="The scrutineer", by_when=SOON)
    assert here.facts(escalation) == StepsSet(steps=(step,))


@pytest.mark.requirement("U-21")
@pytest.mark.parametrize("stage", ["stage_one", "stage_three", "mediation"])
def test_the_duty_to_refer_goes_on_at_every_stage(at: Callable[[str], Office], stage: str) -> None:
    here = at("hull")
    escalation = up_to(here, stage)
    begun = {"f-item": "begun.referral", **day("f-happened", TODAY)}

    sent(here.fill(escalation, here.scene.raiser, "alongside", {"alongside": begun}))

    assert here.facts(escalation) == Alongside(item="referral", state="begun")
    assert here.scene.stage(escalation).id == stage


@pytest.mark.requirement("U-35")
def test_the_third_stage_goes_up_each_tier(at: Callable[[str], Office]) -> None:
    here = at("hull")
    escalation = up_to(here, "stage_three")
    tier = [here.scene.at(agency, "executive") for agency in ("school", "socialcare")]

    for person in tier:
        sent(add(here, escalation, "next_tier", {"f-others-0-person": str(person)}))

    assert here.facts(escalation) == PeopleJoin(because="next_tier", joins=(tier[1],))
    assert set(tier) <= {place.person for place in here.scene.places(escalation)}
    assert here.scene.stage(escalation).id == "stage_three"


@pytest.mark.requirement("H-24")
@pytest.mark.parametrize("stage", ["stage_one", "stage_two", "stage_three"])
def test_the_most_senior_person_of_one_agency_turns_to_the_next_tier_of_the_other(
    at: Callable[[str], Office], stage: str
) -> None:
    here = at("four-lscb")
    escalation = up_to(here, stage)
    executive = here.scene.at("socialcare", "executive")

    sent(add(here, escalation, "chain_exhausted", {"f-others-0-person": str(executive)}))

    assert here.facts(escalation) == PeopleJoin(because="chain_exhausted", joins=(executive,))
    assert executive in here.scene.told(here.records(escalation)[-1].id)["stage_record"]


@pytest.mark.requirement("H-16")
def test_more_information_is_asked_for_by_a_date(at: Callable[[str], Office]) -> None:
    here = at("four-lscb")
    escalation, agency = here.scene.open().escalation_id, here.scene.agency("socialcare").id
    asked = {"f-agency": str(agency), "f-what": "The tool that was used", **day("f-by", SOON)}

    sent(here.fill(escalation, here.scene.raiser, "information-request", {"request": asked}))

    assert here.facts(escalation) == InformationRequest(agency=agency, by_when=SOON)


@pytest.mark.requirement("B-19", "S-13")
@pytest.mark.parametrize("policy", ["berkshire", "west-sussex"])
def test_the_safeguarding_lead_takes_part_from_the_first_stage(at: Callable[[str], Office], policy: str) -> None:
    here = at(policy)
    escalation, lead = here.scene.open().escalation_id, here.scene.at("school", "safeguarding_lead")

    sent(add(here, escalation, "supports", {"f-others-0-person": str(lead)}))

    assert NamedParty(lead, Side.RAISING, "safeguarding_lead") in [
        NamedParty(place.person, place.side, place.level) for place in here.scene.places(escalation)
    ]

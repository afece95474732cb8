"""What is open in an escalation, in words: who has to do what, by when, and how it stands."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete

from forms_app.db.tables import Party
from forms_app.domain.escalation import Open
from forms_app.domain.records import (
    AgreedAction,
    Alongside,
    CameOf,
    Facts,
    FollowUp,
    InformationGiven,
    InformationRequest,
    MeetingCalled,
    MeetingHeld,
    StepDone,
    StepsSet,
    TimeAnswered,
    TimeSet,
)
from forms_app.services.looking import escalation_view
from forms_app.services.open_points import OpenPoint
from tests.factories.everything import at_the_chair, everything
from tests.factories.scenes import Scene, scene

SCHOOL, CARE = "Inventedshire Primary School", "Inventedshire Children’s Social Care"


@pytest.fixture
def here(sqlite_url: str) -> Iterator[Scene]:
    with scene(sqlite_url, everything()) as made:
        yield made


@pytest.fixture
def escalation(here: Scene) -> UUID:
    return here.open().escalation_id


def points(here: Scene, escalation: UUID) -> tuple[OpenPoint, ...]:
    with here.workshop.reading() as work:
        return escalation_view(work, by=here.raiser, escalation_id=escalation).open_points


def lines(here: Scene, escalation: UUID) -> list[tuple[str, str, str, str]]:
    return [(each.what, each.who, each.by_when, each.state) for each in points(here, escalation)]


def say(here: Scene, escalation: UUID, facts: Facts, by: UUID | None = None) -> UUID:
    return here.record(escalation, facts, by=by or here.raiser).record_id


def test_nothing_is_open_where_nothing_was_asked(here: Scene, escalation: UUID) -> None:
    assert lines(here, escalation) == []


@pytest.mark.requirement("H-16")
def test_a_request_says_from_whom_and_by_when_until_it_is_answered(here: Scene, escalation: UUID) -> None:
    care, asked = here.at("socialcare", "practitioner"), "Information that Inventedshire Primary School asked for"
    request = InformationRequest(agency=here.agency("socialcare").id, by_when=here.today + timedelta(days=2))
    record = say(here, escalation, request)

    assert lines(here, escalation) == [(asked, CARE, "3 March 2027", "Waiting")]
    assert points(here, escalation)[0].record == record

    here.clock.strike(2027, 3, 4)
    assert lines(here, escalation) == [(asked, CARE, "3 March 2027", "Overdue")]
    assert points(here, escalation)[0].is_late

    say(here, escalation, InformationGiven(request=record), by=care)
    assert lines(here, escalation) == []


@pytest.mark.requirement("S-24", "H-41")
def test_a_proposed_date_says_who_must_still_accept_it_and_who_did_not(here: Scene, escalation: UUID) -> None:
    care, what = here.at("socialcare", "practitioner"), f"The date that {SCHOOL} proposed: 5 March 2027"
    proposal = say(here, escalation, TimeSet(time_frame=here.today + timedelta(days=4)))

    assert lines(here, escalation) == [(what, CARE, "", "Not accepted yet")]

    refusal = say(here, escalation, TimeAnswered(proposal=proposal, accepts=False), by=care)
    assert lines(here, escalation) == [(what, CARE, "", "Not accepted: propose another date")]
    assert points(here, escalation)[0].record == refusal, "there stands why, and which date they would accept"

    again = say(here, escalation, TimeSet(time_frame=here.today + timedelta(days=5)), by=care)
    say(here, escalation, TimeAnswered(proposal=again, accepts=True))
    assert lines(here, escalation) == []


def test_a_meeting_can_be_put_into_a_calendar_until_it_begins(here: Scene, escalation: UUID) -> None:
    care = here.at("socialcare", "practitioner")
    at = here.clock.now + timedelta(days=1)
    called = MeetingCalled(meeting="joint", at=at, conveners=(care,), invited=(here.raiser, care))
    record = say(here, escalation, called)

    (point,) = points(here, escalation)
    assert (point.what, point.by_when, point.state) == ("Joint meeting", "2 March 2027 at 10:30am", "Called")
    assert point.who.startswith("Convened by ")
    assert point.meeting == record

    here.clock.forward(days=1)
    (point,) = points(here, escalation)
    assert (point.state, point.meeting) == ("Not recorded yet", None)

    say(here, escalation, MeetingHeld(meeting="joint", called=record, attended=(here.raiser, care)))
    assert lines(here, escalation) == []


@pytest.mark.requirement("U-21")
def test_what_goes_on_alongside_stays_open_at_the_next_stage(here: Scene, escalation: UUID) -> None:
    referral = "A referral to children’s social care"
    say(here, escalation, Alongside(item="referral", state="begun"))
    here.step_up(escalation)

    assert (referral, SCHOOL, "", "Begun on 1 March 2027") in lines(here, escalation)

    say(here, escalation, Alongside(item="referral", state="ended"))
    assert (referral, SCHOOL, "", "Ended on 1 March 2027") in lines(here, escalation)


@pytest.mark.requirement("S-33")
def test_the_steps_that_the_arbiter_set_say_which_are_taken(here: Scene) -> None:
    escalation = at_the_chair(here)
    steps = points(here, escalation)[0].record
    assert steps is not None
    say(here, escalation, StepDone(steps=steps, number=0))

    assert lines(here, escalation) == [
        ("Meet the family together", "Both managers", "4 March 2027", "Done on 1 March 2027"),
        ("Write one plan", "Both managers", "4 March 2027", "Waiting"),
    ]

    action = AgreedAction(what="Start over", who="Both managers", by_when=here.today)
    say(here, escalation, StepsSet(steps=(action,)), by=here.holder("chair"))
    assert lines(here, escalation) == [("Start over", "Both managers", "1 March 2027", "Waiting")]


def test_a_place_that_nobody_fills_is_named_with_its_agency(here: Scene, escalation: UUID) -> None:
    here.step_up(escalation)
    with here.database.writing() as session:
        session.execute(delete(Party).where(Party.level == "first_line_manager"))

    assert lines(here, escalation) == [("Somebody to act as: first_line_manager", SCHOOL, "", "Nobody is named yet")]


@pytest.mark.requirement("W-16", "U-08")
def test_what_is_owed_after_the_end_says_of_which_side_by_when_and_whether_it_was_done(
    here: Scene, escalation: UUID
) -> None:
    care = here.at("socialcare", "practitioner")
    proposed = here.outcome(escalation, by=care, review_on=here.today + timedelta(days=9)).record_id
    here.answer(escalation, by=here.raiser, to=proposed)
    what = "Check that the actions were carried out"

    assert lines(here, escalation) == [(what, "Raising side, Responding side", "10 March 2027", "Waiting")]

    done = FollowUp(duty="check", carried_out=(True,), then="done")
    say(here, escalation, done)
    here.clock.strike(2027, 3, 11)
    assert lines(here, escalation) == [(what, "Responding side", "10 March 2027", "Overdue")]

    say(here, escalation, done, by=care)
    assert lines(here, escalation)[0][3] == "Done on 11 March 2027"


@pytest.mark.requirement("U-08")
def test_what_has_left_waits_for_word_of_what_came_of_it(sqlite_url: str) -> None:
    with scene(sqlite_url, "annex-c") as here:
        escalation = here.open().escalation_id
        while isinstance(here.standing(escalation), Open):
            here.step_up(escalation)

        (point,) = points(here, escalation)
        assert point.what.startswith("What came of it: ")

        say(here, escalation, CameOf(resumes=False))
        assert lines(here, escalation) == []

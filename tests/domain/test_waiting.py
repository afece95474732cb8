"""What an escalation waits for from each party, and how long nothing has been recorded."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from forms_app.domain.acts import Act
from forms_app.domain.clocks import Due
from forms_app.domain.errors import CalendarEnds
from forms_app.domain.escalation import OwedDuty, standing
from forms_app.domain.policy import Duty, Meeting, Policy, Side
from forms_app.domain.records import (
    AgreedAction,
    Agreement,
    Concern,
    ConcernedAgency,
    Facts,
    InformationRequest,
    MeetingCalled,
    MeetingHeld,
    Outcome,
    Place,
    Step,
    StepsSet,
    StepUp,
    Support,
)
from forms_app.domain.waiting import awaited, days_without_record, is_due, is_refusal, steps_set, supports
from forms_app.domain.working_days import Calendar, end_of
from forms_app.policies.bank_holidays import calendar_of
from tests.factories.policies import BOTH, SOURCE, policy, route, stage

ENGLAND = calendar_of("england-and-wales")
MONDAY = datetime(2027, 3, 1, 10, 0, tzinfo=UTC)
SCHOOL, CARE = uuid4(), uuid4()
RAISER = Place(uuid4(), SCHOOL, Side.RAISING, "practitioner", is_raiser=True)
MANAGER = Place(uuid4(), SCHOOL, Side.RAISING, "first_line_manager")
OTHER = Place(uuid4(), CARE, Side.RESPONDING, "practitioner")
PLACES = (RAISER, MANAGER, OTHER)
JOINT = Meeting(id="joint", title="Joint meeting", form="meeting", conveners=BOTH, source=SOURCE)
RAISING = frozenset({Side.RAISING})
DUTY = Duty(id="check", text="Check the actions", side=Side.RAISING, due="review_date", source=SOURCE)


def rules(**more: Any) -> Policy:
    return policy(route(stage("one", supported_by=("first_line_manager",)), stage("two")), **more)


def step(facts: Facts, by: Place = RAISER, **more: Any) -> Step:
    at = more.pop("at", MONDAY)
    where = {"route": "main", "stage": "one", "side": by.side, "agency": by.agency, "person": by.person}
    return Step(**{"id": uuid4(), "happened_on": at.date(), "entered_at": at, "facts": facts, **where, **more})


def opened() -> Step:
    return step(Concern(shape=None, category="other", agencies=(ConcernedAgency(id=CARE, name="Care"),)))


def waits_for(
    place: Place, *steps: Step, at: datetime = MONDAY, places: tuple[Place, ...] = PLACES, given: Policy | None = None
) -> tuple[Act, ...]:
    now = standing(given or rules(), [opened(), *steps], places=places, calendar=ENGLAND)
    return awaited(place, now, places=places, responding=[CARE], at=at)


def test_nothing_waits_where_nothing_was_asked() -> None:
    assert waits_for(RAISER) == ()
    assert waits_for(OTHER) == ()


def test_an_outcome_waits_for_the_side_that_has_not_answered_it() -> None:
    outcome = step(Outcome(outcome="agreed"))

    assert waits_for(OTHER, outcome) == (Act.ANSWER_OUTCOME,)
    assert waits_for(RAISER, outcome) == ()
    assert waits_for(OTHER, outcome, step(Agreement(outcome=outcome.id, agrees=False), OTHER)) == ()


def test_a_request_waits_for_the_agency_that_was_asked() -> None:
    request = step(InformationRequest(agency=CARE, by_when=date(2027, 3, 3)))

    assert waits_for(OTHER, request) == (Act.GIVE_INFORMATION,)
    assert waits_for(RAISER, request) == ()


def test_a_manager_is_asked_for_their_support_until_they_say() -> None:
    assert waits_for(MANAGER) == (Act.SAY_SUPPORT,)
    assert waits_for(MANAGER, step(Support(supports=False), MANAGER)) == ()


def test_a_place_that_nobody_fills_waits_for_its_own_agency() -> None:
    nobody = (RAISER, MANAGER)

    assert waits_for(RAISER, places=nobody) == ()
    police = Place(uuid4(), CARE, Side.RESPONDING, "senior_manager")
    assert waits_for(police, places=(*nobody, police)) == (Act.ADD_PEOPLE,)


def test_a_meeting_waits_for_whoever_convened_it_once_it_has_begun() -> None:
    given = rules(meetings=(JOINT,))
    called = step(MeetingCalled(meeting="joint", at=MONDAY, conveners=(OTHER.person,), invited=()))

    assert waits_for(OTHER, called, given=given) == (Act.RECORD_MEETING,)
    assert waits_for(RAISER, called, given=given) == (Act.RECORD_MEETING,), "who called it"
    assert waits_for(OTHER, called, given=given, at=MONDAY - timedelta(minutes=1)) == ()
    theirs = step(MeetingCalled(meeting="joint", at=MONDAY, conveners=(OTHER.person,), invited=()), OTHER)
    assert waits_for(RAISER, theirs, given=given) == (), "who may record it, but neither called nor convenes it"
    held = step(MeetingHeld(meeting="joint", called=called.id, attended=(OTHER.person,)))
    assert waits_for(OTHER, called, held, given=given) == ()


@pytest.mark.requirement("W-16")
def test_a_duty_after_the_end_waits_for_its_side_from_its_day_on() -> None:
    given = rules(duties=(DUTY,))
    outcome = step(Outcome(outcome="agreed", review_on=date(2027, 3, 10)))
    settled = (outcome, step(Agreement(outcome=outcome.id, agrees=True), OTHER))
    on_the_day = datetime(2027, 3, 10, 0, 0, tzinfo=UTC)

    assert waits_for(RAISER, *settled, given=given, at=on_the_day) == (Act.FOLLOW_UP,)
    assert waits_for(RAISER, *settled, given=given, at=on_the_day - timedelta(minutes=1)) == ()
    assert waits_for(OTHER, *settled, given=given, at=on_the_day) == ()


@pytest.mark.requirement("U-08")
def test_what_has_left_the_policy_waits_for_word_of_what_came_of_it() -> None:
    gone = step(StepUp(route=None, stage=None))
    given = policy(route(stage("one"), after="leaves_for"))

    assert waits_for(RAISER, gone, given=given) == (Act.SAY_WHAT_CAME,)


def test_a_duty_that_was_done_is_not_due() -> None:
    due = Due(at=end_of(date(2027, 3, 1)), day=date(2027, 3, 1))

    assert is_due(OwedDuty(DUTY, due, None, RAISING), MONDAY)
    assert not is_due(OwedDuty(DUTY, due, MONDAY, frozenset()), MONDAY)
    assert is_due(OwedDuty(DUTY, None, None, RAISING), MONDAY)


@pytest.mark.requirement("H-23", "U-29")
def test_what_a_manager_said_last_counts() -> None:
    said = (step(Support(supports=False), MANAGER), step(Support(supports=True), MANAGER))
    now = standing(rules(), [opened(), said[0]], places=PLACES, calendar=ENGLAND)
    later = standing(rules(), [opened(), *said], places=PLACES, calendar=ENGLAND)

    assert [is_refusal(each) for each in supports(now)] == [True]
    assert [is_refusal(each) for each in supports(later)] == [False]


def test_only_the_steps_that_were_set_last_count() -> None:
    action = AgreedAction(what="Meet", who="Both", by_when=date(2027, 3, 3))
    first, second = (step(StepsSet(steps=(action,))) for _ in range(2))
    now = standing(rules(), [opened(), first, second], places=PLACES, calendar=ENGLAND)

    assert steps_set(now) == second  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("at", "days"),
    [
        (MONDAY, 0),
        (datetime(2027, 3, 2, 23, tzinfo=UTC), 0),
        (datetime(2027, 3, 3, 0, tzinfo=UTC), 1),
        (datetime(2027, 3, 8, 9, tzinfo=UTC), 4),
        (datetime(2027, 3, 6, 9, tzinfo=UTC), 4),
    ],
)
def test_only_whole_working_days_without_a_record_are_counted(at: datetime, days: int) -> None:
    assert days_without_record(MONDAY, at, ENGLAND) == days


def test_silence_beyond_the_calendar_is_refused() -> None:
    short = Calendar(first=date(2027, 1, 1), last=date(2027, 3, 3), closed={})

    with pytest.raises(CalendarEnds):
        days_without_record(MONDAY, datetime(2027, 3, 9, tzinfo=UTC), short)

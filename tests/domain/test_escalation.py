"""Where an escalation stands after what was recorded, who may do what there, and when each clock is over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms_app.domain.acts import ALWAYS, Act, Destination, level_of_raiser, next_place
from forms_app.domain.clocks import Running
from forms_app.domain.escalation import Left, Open, Resolved
from forms_app.domain.policy import Actor, After, Choice, Closer, Duty, Limit, Moment, Policy, Side, Unit
from forms_app.domain.records import (
    Account,
    AgreedAction,
    CameOf,
    FollowUp,
    MeetingHeld,
    Outcome,
    Place,
    TimeAnswered,
    TimeSet,
)
from forms_app.domain.working_days import end_of
from tests.factories.courses import (
    CHAIRING,
    EVERYBODY,
    MANAGER,
    MONDAY,
    OTHER,
    POLICE,
    RAISER,
    SCHOOL,
    SERGEANT,
    SOCIAL_CARE,
    Course,
    course,
)
from tests.factories.policies import BOTH, CHAIR, SOURCE, cap, clock, limit, policy, route, stage

# --- every kind of ending ---


def test_what_was_only_opened_is_open_at_the_first_stage() -> None:
    now = course().standing()

    assert isinstance(now, Open)
    assert (now.visit.stage.id, now.proposed, len(now.visits)) == ("one", None, 1)


def test_an_outcome_waits_until_every_side_agrees() -> None:
    walk = course().settled(OTHER)

    now = walk.standing()
    assert isinstance(now, Open)
    assert now.proposed is not None
    assert now.proposed.agreed == {(Side.RESPONDING, SOCIAL_CARE)}
    assert isinstance(walk.answered(RAISER).standing(), Resolved)


def test_it_was_resolved_when_the_last_answer_came_in_with_the_outcome_that_was_agreed() -> None:
    now = course().settled(OTHER).answered(RAISER).standing()

    assert isinstance(now, Resolved)
    assert now.at == MONDAY + timedelta(hours=2)
    assert now.step.side is Side.RESPONDING
    assert now.visits[-1].left_at == now.at


def test_every_agency_of_the_other_side_has_to_agree() -> None:
    walk = course(places=(*EVERYBODY, SERGEANT)).settled(RAISER).answered(OTHER)

    assert isinstance(walk.standing(), Open)
    assert isinstance(walk.answered(SERGEANT).standing(), Resolved)


def test_one_colleague_answers_for_the_agency() -> None:
    assert isinstance(course().settled(OTHER).answered(MANAGER).standing(), Resolved)


def test_a_side_that_does_not_agree_keeps_it_open() -> None:
    walk = course().settled(OTHER).answered(RAISER, agrees=False)

    now = walk.standing()
    assert isinstance(now, Open)
    assert now.proposed is not None
    assert now.proposed.disagreed == {(Side.RAISING, SCHOOL)}
    assert Act.ANSWER_OUTCOME not in walk.acts(RAISER)
    assert Act.RECORD_OUTCOME in walk.acts(RAISER)


def test_a_new_outcome_takes_the_place_of_the_one_before_with_its_answers() -> None:
    walk = course(places=(*EVERYBODY, SERGEANT)).settled(RAISER)
    first = walk.steps[-1].id
    walk.answered(OTHER).settled(SERGEANT).answered(OTHER, to=first)

    now = walk.standing()

    assert isinstance(now, Open)
    assert now.proposed is not None
    assert now.proposed.agreed == {(Side.RESPONDING, POLICE)}


def test_an_outcome_at_an_earlier_stage_is_not_proposed_at_the_next() -> None:
    now = course().settled(OTHER).went_on().standing()

    assert isinstance(now, Open)
    assert now.proposed is None


@pytest.mark.parametrize("closes", [Closer.RAISING_SIDE, Closer.RAISER])
def test_where_the_raising_side_closes_its_word_is_enough(closes: Closer) -> None:
    assert isinstance(course(stage(closes=closes)).settled(RAISER).standing(), Resolved)


def test_where_an_arbiter_closes_nobody_is_asked() -> None:
    walk = course(stage(closes=Closer.ARBITER, actors=(*BOTH, CHAIR))).settled(CHAIRING)

    assert isinstance(walk.standing(), Resolved)


@pytest.mark.parametrize("after", ["leaves_for", "returns_to"])
def test_it_leaves_where_the_route_goes_on_outside_the_policy(after: str) -> None:
    now = course(stage(), after=after).went_on().standing()

    assert isinstance(now, Left)
    assert now.after.kind == after
    assert now.visits[-1].left_at == now.at


def test_it_joins_another_route_at_the_stage_that_is_named() -> None:
    joins = After(kind="joins", route="main", stage="two", title="Stage two", source=SOURCE)
    under = policy(
        route(), route(stage("talk"), route_id="track", after="ends_here").model_copy(update={"after": joins})
    )
    walk = Course(under, route="track").opened().went_on()

    now = walk.standing()

    assert isinstance(now, Open)
    assert (now.visit.route.id, now.visit.stage.id) == ("main", "two")
    assert [visit.stage.id for visit in now.visits] == ["talk", "two"]


def test_the_last_stage_of_a_route_that_ends_goes_nowhere() -> None:
    walk = course(stage())
    now = walk.standing()
    assert isinstance(now, Open)

    assert isinstance(next_place(walk.under, now.visit), After)
    assert all(Act.STEP_UP not in walk.acts(place) for place in EVERYBODY)


@pytest.mark.parametrize("ending", ["resolved", "left"])
def test_after_an_ending_nobody_can_go_on(ending: str) -> None:
    walk = course(stage(), after="leaves_for")
    walk = walk.settled(OTHER).answered(RAISER) if ending == "resolved" else walk.went_on()

    later = {Act.FOLLOW_UP} if ending == "resolved" else {Act.SAY_WHAT_CAME}
    assert {walk.acts(place) - {Act.CORRECT} for place in (RAISER, MANAGER, OTHER)} == {ALWAYS | later}
    assert walk.acts(CHAIRING) == ALWAYS, "who neither disagrees nor decides"


# --- who may do what ---


@pytest.mark.parametrize(
    ("closes", "may"),
    [
        (Closer.ALL_SIDES, {RAISER, MANAGER, OTHER}),
        (Closer.RAISING_SIDE, {RAISER, MANAGER}),
        (Closer.RAISER, {RAISER}),
        (Closer.ARBITER, {CHAIRING}),
    ],
)
def test_who_may_record_the_outcome_is_what_the_stage_says(closes: Closer, may: set[Place]) -> None:
    walk = course(stage(closes=closes, actors=(*BOTH, CHAIR)), stage("two"))

    assert {place for place in EVERYBODY if Act.RECORD_OUTCOME in walk.acts(place)} == may


def test_an_arbiter_of_the_route_who_is_not_of_the_board_may_close_and_no_colleague_of_theirs() -> None:
    conference_chair = replace(OTHER, person=uuid4(), level="senior_manager")
    arbiter = Actor(side=Side.RESPONDING, level="senior_manager")
    under = policy(route(stage(closes=Closer.ARBITER), final_arbiter=arbiter))
    walk = Course(under, (RAISER, OTHER, conference_chair)).opened()

    assert Act.RECORD_OUTCOME in walk.acts(conference_chair)
    assert Act.RECORD_OUTCOME not in walk.acts(OTHER)
    assert Act.RECORD_OUTCOME not in walk.acts(RAISER)


@pytest.mark.parametrize(
    ("steps_up", "may"),
    [
        ("raising_side", {RAISER, MANAGER}),
        ("board_side", {CHAIRING}),
        ("any_side", {RAISER, MANAGER, OTHER, CHAIRING}),
    ],
)
def test_who_may_take_it_further_is_what_the_stage_says(steps_up: str, may: set[Place]) -> None:
    walk = course(stage(steps_up=steps_up, actors=(*BOTH, CHAIR)), stage("two"))

    assert {place for place in EVERYBODY if Act.STEP_UP in walk.acts(place)} == may


def test_only_sides_that_act_at_the_stage_write_an_account_and_always_the_raiser() -> None:
    boards_own = course(stage(closes=Closer.ARBITER, actors=(CHAIR,)), stage("two"))

    assert {place for place in EVERYBODY if Act.FILE_ACCOUNT in boards_own.acts(place)} == {RAISER, CHAIRING}


def test_only_a_side_that_has_not_answered_yet_is_asked_and_never_the_one_that_proposed() -> None:
    walk = course(places=(*EVERYBODY, SERGEANT)).settled(OTHER)
    asked = {RAISER, MANAGER, SERGEANT}
    everybody = (*EVERYBODY, SERGEANT)

    assert {place for place in everybody if Act.ANSWER_OUTCOME in walk.acts(place)} == asked
    walk.answered(MANAGER)
    assert {place for place in everybody if Act.ANSWER_OUTCOME in walk.acts(place)} == {SERGEANT}


@pytest.mark.parametrize(
    ("acting", "level", "becomes"),
    [
        (("practitioner",), "senior_manager", "practitioner"),
        (("practitioner", "first_line_manager"), "first_line_manager", "first_line_manager"),
        (("senior_manager",), "practitioner", "practitioner"),
        (("senior_manager",), "first_line_manager", "first_line_manager"),
    ],
)
def test_the_level_at_which_a_raiser_acts(acting: Sequence[str], level: str, becomes: str) -> None:
    here = stage(actors=(*(Actor(side=Side.RAISING, level=each) for each in acting), BOTH[1]))

    assert level_of_raiser(policy(route(here)), here, level) == becomes


def test_after_the_last_stage_but_one_comes_the_last() -> None:
    walk = course()
    now = walk.standing()
    assert isinstance(now, Open)

    to = next_place(walk.under, now.visit)

    assert isinstance(to, Destination)
    assert to.stage.id == "two"


# --- clocks and caps ---


def test_a_clock_runs_from_its_own_event_to_its_own_event() -> None:
    answers = clock(
        "answer", side=Side.RESPONDING, starts=Moment.ACCOUNT_BY_RAISING, stops=Moment.ACCOUNT_BY_RESPONDING
    )
    refers = clock("refer", starts=Moment.ACCOUNTS_BY_ALL, stops=Moment.STAGE_LEFT)
    walk = course(stage("zero"), stage(clocks=(answers, refers))).went_on()

    assert [running.id for running in walk.standing().clocks] == []
    walk.wrote(RAISER, Account())
    assert [running.id for running in walk.standing().clocks] == ["answer"]
    walk.wrote(OTHER, Account())
    assert walk.clock("answer").met_at == walk.steps[-1].entered_at
    assert walk.clock("refer").started_at == walk.steps[-1].entered_at
    assert walk.clock("refer").met_at is None


def test_the_concern_itself_is_the_raising_sides_account_of_the_first_stage() -> None:
    walk = course(stage(clocks=(clock("write", side=Side.RAISING, stops=Moment.ACCOUNT_BY_RAISING),)))

    assert walk.clock("write").met_at == MONDAY


def test_a_clock_that_counts_from_a_day_in_the_past_counts_from_its_beginning() -> None:
    identified = clock("write", limit=limit(Unit.HOURS, 24), starts=Moment.CONCERN_IDENTIFIED, stops=Moment.OPENED)
    walk = Course(policy(route(stage(clocks=(identified,))))).opened(concern_identified_on=date(2027, 2, 27))

    running = walk.clock("write")

    assert running.due is not None
    assert running.due.at == datetime(2027, 2, 28, 0, 0, tzinfo=UTC)
    assert running.is_late(MONDAY)


def test_where_the_day_is_not_known_the_opening_counts() -> None:
    received = clock("write", limit=limit(Unit.HOURS, 24), starts=Moment.DECISION_RECEIVED)
    walk = Course(policy(route(stage(clocks=(received,))))).opened()

    assert walk.clock("write").started_at == MONDAY


def test_taking_it_further_counts_as_having_tried() -> None:
    walk = course().went_on(at=MONDAY + timedelta(hours=5)).settled(OTHER).answered(RAISER)

    now = walk.standing()

    assert [running.met_at for running in now.clocks] == [MONDAY + timedelta(hours=5), MONDAY + timedelta(hours=6)]


def test_a_cap_is_counted_once_over_its_stages_and_met_when_the_last_was_left() -> None:
    under = policy(route(stage("one"), stage("two"), stage("three"), caps=(cap("one", "two"),)))
    walk = Course(under).opened().went_on().went_on().settled(OTHER).answered(RAISER)

    caps = [running for running in walk.standing().clocks if running.id == "together"]

    assert [running.met_at for running in caps] == [MONDAY + timedelta(hours=2)]


@pytest.mark.requirement("B-35", "H-18")
def test_a_cap_that_starts_at_a_stage_starts_at_the_first_of_its_stages() -> None:
    under = policy(
        route(stage("one"), stage("two"), stage("three"), caps=(cap("two", "three", starts=Moment.STAGE_ENTERED),))
    )
    walk = Course(under).opened().went_on(at=MONDAY + timedelta(days=1)).went_on(at=MONDAY + timedelta(days=2))

    assert walk.clock("together").due is not None
    assert walk.clock("discuss").due == replace(walk.clock("together").due, because="cap")
    assert walk.clock("together").due.day == date(2027, 3, 4)


def test_a_date_given_at_a_later_stage_does_not_make_an_earlier_one_late() -> None:
    under = policy(route(stage("one"), stage("two"), caps=(cap("one", "two"),)))
    walk = Course(under).opened().went_on(at=MONDAY + timedelta(days=1), protect_by=date(2027, 2, 28))
    walk.settled(OTHER).answered(RAISER)

    first, second, together = walk.standing().clocks

    assert (first.due.day, first.is_late(walk.now)) == (date(2027, 3, 3), False)
    assert (second.due.day, second.is_late(walk.now)) == (date(2027, 2, 28), True)
    assert together.due.day == date(2027, 2, 28)


@pytest.mark.requirement("B-11")
def test_a_clock_that_may_not_be_shortened_is_kept_by_its_limit_and_its_cap() -> None:
    firm = clock(limit=limit(Unit.WORKING_DAYS, 5), may_be_shortened=False)
    under = policy(route(stage("one", clocks=(firm,)), stage("two"), caps=(cap("one", "two"),)))

    walk = Course(under).opened(protect_by=date(2027, 3, 1))

    assert walk.clock("discuss").due.day == date(2027, 3, 3)
    assert walk.clock("together").due.day == date(2027, 3, 1)


LIMITS = st.one_of(
    st.builds(
        Limit, unit=st.sampled_from([Unit.WORKING_DAYS, Unit.CALENDAR_DAYS, Unit.HOURS]), amount=st.integers(1, 60)
    ),
    st.sampled_from([Limit(unit=unit) for unit in (Unit.WITHOUT_DELAY, Unit.STATED, Unit.SAME_WORKING_DAY)]),
)
DATES = st.one_of(st.none(), st.dates(date(2027, 2, 1), date(2027, 6, 1)))


@pytest.mark.requirement("B-35")
@given(
    limits=st.tuples(LIMITS, LIMITS),
    over=st.builds(Limit, unit=st.just(Unit.WORKING_DAYS), amount=st.integers(1, 10)),
    protects=st.tuples(DATES, DATES),
    stated=st.tuples(DATES, DATES),
    pause=st.timedeltas(timedelta(0), timedelta(days=20)),
    starts=st.sampled_from([Moment.OPENED, Moment.STAGE_ENTERED]),
)
def test_no_clock_is_due_later_than_its_cap_and_no_date_ever_lengthens(
    limits: tuple[Limit, Limit],
    over: Limit,
    protects: tuple[date | None, date | None],
    stated: tuple[date | None, date | None],
    pause: timedelta,
    starts: Moment,
) -> None:
    one, two = (stage(name, clocks=(clock(limit=each),)) for name, each in zip(("one", "two"), limits, strict=True))
    capped = policy(route(one, two, caps=(cap("one", "two", limit=over, starts=starts),)))

    def at_both(under: Policy, given_dates: tuple[date | None, date | None]) -> list[tuple[Running, ...]]:
        walk = Course(under).opened(time_frame=stated[0], protect_by=given_dates[0])
        first = walk.standing().clocks
        walk.went_on(at=walk.now + pause, time_frame=stated[1], protect_by=given_dates[1])
        return [first, walk.standing().clocks]

    without = at_both(policy(route(one, two)), (None, None))
    for (running, together), (plain,), day in zip(at_both(capped, protects), without, protects, strict=True):
        assert running.due is not None
        assert together.due is not None
        assert running.due.at <= together.due.at
        assert plain.due is None or running.due.at <= plain.due.at
        assert day is None or running.due.at <= end_of(day)


def test_the_next_moment_is_the_soonest_that_was_not_met() -> None:
    sooner = clock("sooner", limit=limit(Unit.HOURS, 2), stops=Moment.ACCOUNT_BY_RESPONDING)
    later = clock("later", limit=limit(Unit.WORKING_DAYS, 2))
    walk = course(stage(clocks=(later, sooner, clock("never"))))

    now = walk.standing()
    assert isinstance(now, Open)
    assert now.next_due == walk.clock("sooner").due
    walk.wrote(OTHER, Account())
    now = walk.standing()
    assert isinstance(now, Open)
    assert now.next_due == walk.clock("later").due


# --- who joins later, and who never came ---


def test_whoever_joins_after_it_was_agreed_changes_nothing() -> None:
    late = replace(SERGEANT, joined_at=MONDAY + timedelta(days=9))
    walk = Course(policy(route()), EVERYBODY).opened()
    walk.places = (*EVERYBODY, late)

    assert isinstance(walk.settled(OTHER).answered(RAISER).standing(), Resolved)


@pytest.mark.requirement("U-25")
def test_an_agency_of_which_nobody_takes_part_is_not_passed_over() -> None:
    walk = Course(policy(route()), (*EVERYBODY, SERGEANT)).opened()
    walk.places = EVERYBODY
    walk.settled(OTHER).answered(RAISER)

    proposed = walk.open().proposed
    assert proposed is not None
    assert proposed.waits_for == {(Side.RESPONDING, POLICE)}


def test_a_clock_that_a_side_must_keep_is_kept_when_its_last_agency_has_written() -> None:
    answers = clock("answer", side=Side.RESPONDING, stops=Moment.ACCOUNT_BY_RESPONDING)
    walk = course(stage(clocks=(answers,)), places=(*EVERYBODY, SERGEANT)).wrote(OTHER, Account())
    assert walk.clock("answer").met_at is None

    walk.wrote(SERGEANT, Account())

    assert walk.clock("answer").met_at == walk.steps[-1].entered_at


# --- a date that all sides accept ---

AGREED = clock("agreed", limit=limit(Unit.AGREED))
STATED = clock("stated", limit=limit(Unit.STATED))
FRIDAY, NEXT_WEEK = date(2027, 3, 5), date(2027, 3, 10)


def accepted(walk: Course, by: Place, *, accepts: bool = True) -> Course:
    proposed = walk.open().time_proposed
    assert proposed is not None
    return walk.wrote(by, TimeAnswered(proposal=proposed.step.id, accepts=accepts))


@pytest.mark.requirement("S-24", "H-41")
def test_a_date_counts_when_every_agency_has_accepted_it() -> None:
    places = (*EVERYBODY, SERGEANT)
    walk = Course(policy(route(stage(clocks=(AGREED,)))), places).opened(time_frame=FRIDAY)

    assert walk.clock("agreed").due is None
    assert accepted(walk, OTHER).clock("agreed").due is None
    due = accepted(walk, SERGEANT).clock("agreed").due
    assert due is not None
    assert (due.day, due.because) == (FRIDAY, "agreed")


def test_a_date_that_was_agreed_stays_until_all_have_accepted_another() -> None:
    walk = accepted(Course(policy(route(stage(clocks=(AGREED,))))).opened(time_frame=FRIDAY), OTHER)

    walk.wrote(OTHER, TimeSet(time_frame=NEXT_WEEK))
    assert walk.clock("agreed").due.day == FRIDAY
    assert Act.ANSWER_TIME in walk.acts(RAISER)
    assert Act.ANSWER_TIME not in walk.acts(OTHER)

    assert accepted(walk, RAISER).clock("agreed").due.day == NEXT_WEEK


def test_a_date_that_one_side_refuses_does_not_count() -> None:
    walk = accepted(Course(policy(route(stage(clocks=(AGREED,))))).opened(time_frame=FRIDAY), OTHER, accepts=False)

    proposed = walk.open().time_proposed
    assert proposed is not None
    assert (walk.clock("agreed").due, proposed.refused) == (None, {(Side.RESPONDING, SOCIAL_CARE)})
    assert Act.ANSWER_TIME not in walk.acts(OTHER)


def test_of_a_stated_and_an_agreed_limit_each_has_its_own_moment() -> None:
    walk = Course(policy(route(stage(clocks=(STATED, AGREED))))).opened(time_frame=FRIDAY)
    walk.wrote(OTHER, TimeSet(time_frame=NEXT_WEEK))

    assert (walk.clock("stated").due.day, walk.clock("agreed").due) == (FRIDAY, None)
    accepted(walk, RAISER)
    assert (walk.clock("stated").due.day, walk.clock("agreed").due.day) == (FRIDAY, NEXT_WEEK)


@pytest.mark.requirement("S-20")
def test_only_the_side_that_brought_it_here_states_the_date() -> None:
    under = policy(route(stage(clocks=(STATED,), steps_up="any_side"), stage("two", clocks=(STATED,))))
    walk = Course(under).opened(time_frame=FRIDAY)
    later = TimeSet(time_frame=NEXT_WEEK)
    assert walk.refusal(OTHER, later) is not None
    assert walk.refusal(RAISER, later) is None
    walk.wrote(OTHER, later)
    assert walk.clock("stated").due.day == FRIDAY, "not even if it had been recorded"

    walk.went_on(OTHER)

    assert walk.refusal(RAISER, later) is not None
    assert walk.refusal(OTHER, later) is None


@pytest.mark.requirement("B-11")
def test_a_later_date_that_protects_the_child_never_lengthens() -> None:
    walk = Course(policy(route(stage(clocks=(clock(limit=limit(Unit.WORKING_DAYS, 5)),))))).opened(protect_by=FRIDAY)

    walk.wrote(OTHER, TimeSet(protect_by=NEXT_WEEK, protect_because="There is no hurry."))
    assert walk.clock("discuss").due.day == FRIDAY
    walk.wrote(OTHER, TimeSet(protect_by=date(2027, 3, 3), protect_because="She goes home."))
    assert walk.clock("discuss").due.day == date(2027, 3, 3)


# --- opened again ---


def reopened(walk: Course, by: Place = RAISER, **follow_up: object) -> Course:
    count = len(walk.resolved().outcome.actions)
    given = {"carried_out": (False,) * count, "then": "reopen", **follow_up}
    walk.now = MONDAY + timedelta(days=30)
    return walk.wrote(by, FollowUp(**given))


def test_what_was_not_carried_out_opens_it_again_where_it_was_settled() -> None:
    walk = reopened(course().settled(OTHER).answered(RAISER))

    now = walk.open()
    assert [visit.stage.id for visit in now.visits] == ["one", "one"]
    assert (now.proposed, now.visit.begins_again) == (None, True)
    assert now.visits[0].left_at == MONDAY + timedelta(hours=2)
    assert Act.FOLLOW_UP not in walk.acts(RAISER)


def test_its_limits_and_those_over_several_stages_are_counted_from_the_day_on_which_it_was_opened_again() -> None:
    two_days = clock(limit=limit(Unit.WORKING_DAYS, 2))
    under = policy(route(stage(clocks=(two_days,)), stage("two", clocks=(two_days,)), caps=(cap("one", "two"),)))
    walk = Course(under).opened(protect_by=date(2027, 3, 2)).went_on().settled(OTHER).answered(RAISER)

    reopened(walk)

    assert {clock.due.day for clock in walk.open().clocks} == {date(2027, 4, 2)}
    assert walk.clock("together").started_at == MONDAY + timedelta(days=30)


def test_both_courses_of_a_limit_over_several_stages_are_kept() -> None:
    under = policy(route(stage("one"), stage("two"), caps=(cap("one", "two"),)))
    walk = reopened(Course(under).opened().settled(OTHER).answered(RAISER)).settled(OTHER).answered(RAISER)

    caps = [running for running in walk.resolved().clocks if running.id == "together"]

    assert [running.met_at for running in caps] == [MONDAY + timedelta(hours=2), MONDAY + timedelta(days=30, hours=2)]


def test_a_date_agreed_before_the_end_is_not_agreed_when_it_is_opened_again() -> None:
    walk = accepted(Course(policy(route(stage(clocks=(AGREED,))))).opened(time_frame=FRIDAY), OTHER)
    reopened(walk.settled(OTHER).answered(RAISER))

    assert (walk.clock("agreed").due, walk.open().time_proposed) == (None, None)


def test_what_was_answered_before_the_end_is_asked_again_and_the_new_actions_are_followed_up() -> None:
    action = AgreedAction(what="Visit", who="Social worker", by_when=FRIDAY)
    walk = course().wrote(OTHER, Outcome(outcome="agreed", actions=(action, action))).answered(RAISER)
    reopened(walk).wrote(OTHER, Outcome(outcome="agreed", actions=(action,)))
    assert Act.ANSWER_OUTCOME in walk.acts(RAISER)
    walk.answered(RAISER)

    both = FollowUp(carried_out=(True, True), then="done")
    assert walk.refusal(RAISER, both) == "Say of every agreed action whether it was carried out."
    assert walk.refusal(RAISER, FollowUp(carried_out=(True,), then="done")) is None


@pytest.mark.parametrize("after", ["leaves_for", "returns_to"])
def test_what_came_back_from_elsewhere_is_open_again_at_the_last_stage(after: str) -> None:
    walk = course(stage(), stage("two"), after=after).went_on().went_on()

    walk.wrote(OTHER, CameOf(resumes=True))

    assert [visit.stage.id for visit in walk.open().visits] == ["one", "two", "two"]
    assert isinstance(walk.went_on().standing(), Left), "it may leave again"


def test_what_came_of_it_is_said_once() -> None:
    walk = course(stage(), after="leaves_for").went_on().wrote(RAISER, CameOf(resumes=False))

    now = walk.standing()
    assert isinstance(now, Left)
    assert now.came_of is not None
    assert walk.acts(RAISER) == ALWAYS | {Act.CORRECT}


def test_the_priority_that_was_given_once_holds_at_the_stages_after_it() -> None:
    urgent = Limit(unit=Unit.BY_PRIORITY, priorities={"high": limit(Unit.HOURS, 4)})
    stages = [stage(name, clocks=(clock(limit=urgent),)) for name in ("one", "two")]
    under = policy(route(*stages), priorities=(Choice(id="high", title="High"),))
    walk = Course(under).opened(priority="high").went_on(at=MONDAY + timedelta(days=1))

    assert walk.clock("discuss").due.at == MONDAY + timedelta(days=1, hours=4)


# --- from the meeting to its letter ---


def test_a_limit_that_begins_with_a_meeting_begins_only_when_it_was_held() -> None:
    hold = clock("hold", starts=Moment.OUTCOME_RECORDED, stops=Moment.MEETING_HELD)
    letter = clock("letter", limit=limit(Unit.HOURS, 48), starts=Moment.MEETING_HELD, stops=Moment.STAGE_LEFT)
    walk = course(stage(clocks=(hold, letter)), stage("two")).settled(OTHER)
    assert walk.clock("hold").met_at is None, "an outcome is not the meeting about it"
    assert [running.id for running in walk.open().clocks] == ["hold"]

    walk.wrote(OTHER, MeetingHeld(meeting="any", attended=()))

    assert walk.clock("hold").met_at == walk.clock("letter").started_at == walk.steps[-1].entered_at


# --- what is owed after the end ---


def duty(who: Side | str = "all", due: str = "at_once", **more: object) -> Duty:
    return Duty(**{"id": f"{who}_{due}", "text": "Do it.", "side": who, "due": due, "source": SOURCE, **more})


def owing(*duties: Duty, **outcome: object) -> Course:
    walk = Course(policy(route(), duties=duties)).opened()
    return walk.wrote(OTHER, Outcome(**{"outcome": "agreed", **outcome})).answered(RAISER)


def test_what_all_owe_is_done_when_the_last_side_has_said_so() -> None:
    walk = owing(duty()).wrote(MANAGER, FollowUp(duty="all_at_once", then="done"))
    (owed,) = walk.resolved().duties
    assert (owed.met_at, owed.waits_for) == (None, {Side.RESPONDING})

    walk.wrote(OTHER, FollowUp(duty="all_at_once", then="done"))

    (owed,) = walk.resolved().duties
    assert (owed.met_at, owed.waits_for) == (walk.steps[-1].entered_at, frozenset())


def test_each_duty_is_due_on_its_own_day_and_only_where_there_is_one() -> None:
    action = AgreedAction(what="Visit", who="Social worker", by_when=FRIDAY)
    later = AgreedAction(what="Write", who="Social worker", by_when=NEXT_WEEK)
    duties = (duty(), duty(due="action_date"), duty(due="review_date"), duty(Side.BOARD, stages=("two",)))
    days = {each.duty.id: each.due.day for each in owing(*duties, actions=(action, later)).resolved().duties}
    assert days == {"all_at_once": MONDAY.date(), "all_action_date": NEXT_WEEK}

    assert [each.due.day for each in owing(*duties, review_on=FRIDAY).resolved().duties] == [MONDAY.date(), FRIDAY]


@pytest.mark.requirement("W-16", "W-25", "W-32")
def test_what_was_not_carried_out_is_looked_at_again_on_a_new_day() -> None:
    action = AgreedAction(what="Visit", who="Social worker", by_when=FRIDAY)
    walk = owing(duty(due="action_date"), actions=(action,))
    again = FollowUp(duty="all_action_date", carried_out=(False,), then="again", again_on=NEXT_WEEK)
    walk.wrote(OTHER, again)

    (owed,) = walk.resolved().duties

    assert (owed.due.day, owed.met_at, owed.waits_for) == (NEXT_WEEK, None, set(owed.sides))


def test_an_outcome_that_was_refused_keeps_no_clock_that_it_would_have_ended() -> None:
    walk = course(stage(clocks=(clock(stops=Moment.OUTCOME_RECORDED),))).settled(OTHER)
    assert the_clock(walk).met_at is not None

    walk = walk.answered(RAISER, agrees=False)

    assert the_clock(walk).met_at is None
    assert the_clock(walk.settled(OTHER)).met_at is not None


def the_clock(walk: Course) -> Running:
    return walk.standing().clocks[0]


@pytest.mark.parametrize(("day", "becomes"), [(date(2027, 4, 1), date(2027, 4, 1)), (FRIDAY, date(2027, 4, 7))])
def test_a_date_that_protects_the_child_goes_on_when_it_is_opened_again_unless_it_is_over(
    day: date, becomes: date
) -> None:
    five = clock(limit=limit(Unit.WORKING_DAYS, 5))
    walk = Course(policy(route(stage(clocks=(five,))))).opened(protect_by=day).settled(OTHER).answered(RAISER)

    assert the_clock(reopened(walk)).due.day == becomes

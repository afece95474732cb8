"""Who is reminded of what on which morning: days worked out by hand, and what must hold whatever is recorded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forms_app.domain.errors import CalendarEnds
from forms_app.domain.escalation import Open, Resolved
from forms_app.domain.pending import Unanswered, What
from forms_app.domain.policy import Actor, Closer, Duty, Meeting, Moment, Policy, Side, Unit
from forms_app.domain.records import (
    Account,
    AgreedAction,
    FiledOnRecord,
    FollowUp,
    InformationGiven,
    InformationRequest,
    MeetingCalled,
    MeetingHeld,
    Outcome,
    PeopleJoin,
    Place,
    StepDone,
    StepsSet,
    TimeSet,
)
from forms_app.domain.reminders import Reminder, morning_of, reminders
from forms_app.domain.working_days import Calendar
from forms_app.policies.bank_holidays import calendar_of
from tests.conftest import RELEASE
from tests.domain.test_random_walks import FILES, POLICIES, Walk
from tests.factories.courses import CHAIRING, MANAGER, MONDAY, OTHER, RAISER, SOCIAL_CARE, Course
from tests.factories.policies import BOTH, CHAIR, SOURCE, cap, clock, limit, policy, route, stage

ENGLAND = calendar_of("england-and-wales")
SUPERVISOR = Place(uuid4(), SOCIAL_CARE, Side.RESPONDING, "first_line_manager")
SENIOR = Place(uuid4(), SOCIAL_CARE, Side.RESPONDING, "senior_manager")
PLACES = (RAISER, MANAGER, OTHER, SUPERVISOR, SENIOR, CHAIRING)
NAMES: dict[UUID | None, str] = {
    RAISER.person: "raiser",
    MANAGER.person: "manager",
    OTHER.person: "other",
    SUPERVISOR.person: "supervisor",
    SENIOR.person: "senior",
    CHAIRING.person: "chair",
    None: "office",
}
BOTH_OF_THEM = {"raiser", "other"}
MANAGERS = {"manager", "supervisor"}
MEET = Meeting(id="joint", title="Joint meeting", form="meeting", conveners=BOTH, source=SOURCE)


def under(rules: Policy, *, at: datetime = MONDAY, places: Sequence[Place] = PLACES) -> Course:
    walk = Course(rules, places, now=at)
    return walk.opened()


def limited(unit: Unit, amount: int | None = None, **more: object) -> Policy:
    """One stage whose only clock has this limit."""
    return policy(route(stage("one", clocks=(clock(limit=limit(unit, amount), **more),))))


def at_eight(
    walk: Course, day: date, *, calendar: Calendar = ENGLAND, unanswered: Iterable[Unanswered] = ()
) -> frozenset[Reminder]:
    """Everything of which people are reminded at eight o'clock, by what had been recorded when the test asks."""
    return reminders(
        walk.standing(), places=walk.places, unanswered=unanswered, at=morning_of(day, 8), calendar=calendar
    )


def told(found: Iterable[Reminder], what: What | None = None) -> tuple[set[str], bool]:
    """Who is reminded, and whether of something that is late."""
    of_it = [each for each in found if what is None or each.what is what]
    assert len({each.is_late for each in of_it}) <= 1
    return {NAMES[each.to] for each in of_it}, any(each.is_late for each in of_it)


def march(day: int) -> date:
    return date(2027, 3, day)


NOBODY: tuple[set[str], bool] = (set(), False)


# --- a limit in working days ---


@pytest.mark.parametrize(
    ("day", "who", "is_late"),
    [
        (march(1), set(), False),  # Monday: it was opened at ten
        (march(2), set(), False),  # two working days are left
        (march(3), BOTH_OF_THEM, False),  # the working day before
        (march(4), BOTH_OF_THEM, False),  # Thursday: its last day
        (march(5), BOTH_OF_THEM | MANAGERS, True),  # the first working day after
        (march(8), BOTH_OF_THEM | MANAGERS, True),  # Monday: the second
        (march(9), BOTH_OF_THEM | MANAGERS | {"office"}, True),  # the third
        (march(10), BOTH_OF_THEM | MANAGERS | {"office"}, True),
        (march(31), BOTH_OF_THEM | MANAGERS | {"office"}, True),
    ],
)
def test_a_limit_of_three_working_days_from_the_day_before_to_long_after(
    day: date, who: set[str], is_late: bool
) -> None:
    walk = under(limited(Unit.WORKING_DAYS, 3))

    found = at_eight(walk, day)

    assert told(found) == (who, is_late)
    assert {(each.what, each.by, each.since) for each in found} <= {(What.CLOCK, march(4), None)}


@pytest.mark.parametrize(
    ("day", "who", "is_late"),
    [
        (date(2027, 3, 24), BOTH_OF_THEM, False),  # Wednesday before Easter: the working day before
        (date(2027, 3, 25), BOTH_OF_THEM, False),  # Maundy Thursday, the second working day after Tuesday
        (date(2027, 3, 30), BOTH_OF_THEM | MANAGERS, True),  # after Good Friday, the weekend and Easter Monday
        (date(2027, 3, 31), BOTH_OF_THEM | MANAGERS, True),
        (date(2027, 4, 1), BOTH_OF_THEM | MANAGERS | {"office"}, True),
    ],
)
def test_easter_and_the_change_of_the_clocks_are_passed_over(day: date, who: set[str], is_late: bool) -> None:
    walk = under(limited(Unit.WORKING_DAYS, 2), at=datetime(2027, 3, 23, 10, tzinfo=UTC))

    assert told(at_eight(walk, day)) == (who, is_late)


def test_in_another_nation_easter_monday_may_be_a_working_day() -> None:
    rules = limited(Unit.WORKING_DAYS, 2).model_copy(update={"nation": "scotland"})
    walk = under(rules, at=datetime(2027, 3, 23, 10, tzinfo=UTC))

    found = at_eight(walk, date(2027, 3, 29), calendar=calendar_of("scotland"))

    assert told(found) == (BOTH_OF_THEM | MANAGERS, True)


def test_a_holiday_that_is_added_later_moves_everything() -> None:
    walk = under(limited(Unit.CALENDAR_DAYS, 3))  # Thursday 4 March, whatever is a holiday
    closed = replace(ENGLAND, closed={**ENGLAND.closed, march(5): "Closed", march(8): "Closed"})

    assert told(at_eight(walk, march(9))) == (BOTH_OF_THEM | MANAGERS | {"office"}, True)
    assert told(at_eight(walk, march(9), calendar=closed)) == (BOTH_OF_THEM | MANAGERS, True)


def test_a_limit_that_ends_on_a_weekend_is_reminded_of_on_the_last_two_working_days() -> None:
    walk = under(limited(Unit.CALENDAR_DAYS, 5))  # Saturday 6 March

    assert [told(at_eight(walk, march(day))) for day in (3, 4, 5)] == [
        NOBODY,
        (BOTH_OF_THEM, False),
        (BOTH_OF_THEM, False),
    ]
    assert told(at_eight(walk, march(8))) == (BOTH_OF_THEM | MANAGERS, True)


def test_what_is_sent_on_a_day_off_says_what_the_working_day_before_it_said() -> None:
    walk = under(limited(Unit.WORKING_DAYS, 5))  # Monday 8 March

    assert told(at_eight(walk, march(5))) == told(at_eight(walk, march(6))) == (BOTH_OF_THEM, False)


@pytest.mark.parametrize(
    ("at", "is_late"),
    [(datetime(2027, 3, 4, 23, 59, 59, tzinfo=UTC), False), (datetime(2027, 3, 5, 0, 0, tzinfo=UTC), True)],
)
def test_it_is_overdue_from_the_moment_and_not_before(at: datetime, is_late: bool) -> None:
    walk = under(limited(Unit.WORKING_DAYS, 3))

    found = reminders(walk.standing(), places=PLACES, at=at, calendar=ENGLAND)

    assert told(found) == ((BOTH_OF_THEM | MANAGERS) if is_late else BOTH_OF_THEM, is_late)


def test_a_calendar_that_has_ended_is_not_guessed_on() -> None:
    short = Calendar(first=date(2027, 1, 1), last=march(4), closed={})
    walk = under(limited(Unit.CALENDAR_DAYS, 3))

    with pytest.raises(CalendarEnds):
        at_eight(walk, march(5), calendar=short)


# --- a limit in hours ---


@pytest.mark.parametrize(
    ("opened", "hours", "mornings"),
    [
        # Thursday 13:00 to Saturday 13:00: said on Friday, with the day on which it ends.
        (
            datetime(2027, 3, 4, 13, tzinfo=UTC),
            48,
            {march(5): ("coming", march(6), True), march(8): ("late", march(6), True)},
        ),
        # Monday 10:00 to Tuesday 10:00: said on its morning, and late the morning after.
        (MONDAY, 24, {march(2): ("coming", march(2), False), march(3): ("late", march(2), False)}),
        # Monday 10:00 to Tuesday 06:00: over before anybody is at work.
        (MONDAY, 20, {march(2): ("late", march(2), False)}),
        # From Wednesday 24 March 10:00 over Good Friday and the change of the clocks to Sunday 11:00 by the clock.
        (
            datetime(2027, 3, 24, 10, tzinfo=UTC),
            96,
            {
                date(2027, 3, 25): ("coming", date(2027, 3, 28), True),
                date(2027, 3, 30): ("late", date(2027, 3, 28), True),
            },
        ),
    ],
)
def test_hours_run_through_weekends_and_say_so(
    opened: datetime, hours: int, mornings: dict[date, tuple[str, date, bool]]
) -> None:
    walk = under(limited(Unit.HOURS, hours), at=opened)

    for day, (how, by, on_closed_day) in mornings.items():
        found = at_eight(walk, day)
        assert {(each.is_late, each.by, each.on_closed_day) for each in found} == {(how == "late", by, on_closed_day)}


def test_an_hour_that_is_over_today_is_the_manager_s_only_tomorrow() -> None:
    walk = under(limited(Unit.HOURS, 20))

    assert told(at_eight(walk, march(2))) == (BOTH_OF_THEM, True)
    assert told(at_eight(walk, march(3))) == (BOTH_OF_THEM | MANAGERS, True)


# --- no limit ---


@pytest.mark.parametrize(
    ("day", "who"),
    [
        (march(3), set()),
        (march(4), BOTH_OF_THEM),  # the third working day
        (march(5), set()),
        (march(9), BOTH_OF_THEM | MANAGERS),
        (march(12), BOTH_OF_THEM | MANAGERS | {"office"}),
        (march(15), set()),
        (date(2027, 5, 27), BOTH_OF_THEM | MANAGERS | {"office"}),  # the sixtieth
        (date(2027, 6, 2), set()),  # the sixty-third
    ],
)
def test_what_is_due_without_delay_is_chased_and_never_overdue(day: date, who: set[str]) -> None:
    walk = under(limited(Unit.WITHOUT_DELAY))

    found = at_eight(walk, day)

    assert told(found) == (who, False)
    assert {(each.by, each.since) for each in found} <= {(None, march(1))}


# --- whom ---


def test_of_several_managers_only_the_nearest_is_told() -> None:
    walk = under(limited(Unit.WORKING_DAYS, 1), places=(RAISER, MANAGER, OTHER, SENIOR))

    assert told(at_eight(walk, march(3))) == (BOTH_OF_THEM | {"manager", "senior"}, True)


def test_where_no_manager_takes_part_the_business_unit_is_told_in_their_place() -> None:
    walk = under(limited(Unit.WORKING_DAYS, 1), places=(RAISER, MANAGER, OTHER))

    assert told(at_eight(walk, march(2))) == (BOTH_OF_THEM, False)
    assert told(at_eight(walk, march(3))) == (BOTH_OF_THEM | {"manager", "office"}, True)


def test_a_manager_who_has_left_is_none() -> None:
    gone = replace(MANAGER, has_left=True)
    walk = under(limited(Unit.WORKING_DAYS, 1, side=Side.RAISING), places=(RAISER, gone, OTHER))

    assert told(at_eight(walk, march(3))) == ({"raiser", "office"}, True)


def test_a_manager_of_another_agency_or_side_is_not_theirs() -> None:
    elsewhere = Place(uuid4(), uuid4(), Side.RAISING, "senior_manager")
    walk = under(limited(Unit.WORKING_DAYS, 1, side=Side.RAISING), places=(RAISER, OTHER, SENIOR, elsewhere))

    assert told(at_eight(walk, march(3))) == ({"raiser", "office"}, True)


def test_only_the_side_of_a_clock_and_the_level_of_a_clock_is_reminded() -> None:
    levels = (*BOTH, Actor(side=Side.RESPONDING, level="first_line_manager"))
    only = clock(limit=limit(Unit.WORKING_DAYS, 1), side=Side.RESPONDING, level="first_line_manager")
    walk = under(policy(route(stage("one", actors=levels, clocks=(only,)))))

    assert told(at_eight(walk, march(2))) == ({"supervisor"}, False)
    assert told(at_eight(walk, march(3))) == ({"supervisor", "senior"}, True)


def test_the_board_s_arbiter_keeps_the_board_s_clock() -> None:
    decide = clock(limit=limit(Unit.WORKING_DAYS, 1), side=Side.BOARD)
    rules = policy(route(stage("one", closes=Closer.ARBITER, actors=(*BOTH, CHAIR), clocks=(decide,))))

    assert told(at_eight(under(rules), march(2))) == ({"chair"}, False)
    assert told(at_eight(under(rules), march(3))) == ({"chair", "office"}, True)
    assert told(at_eight(under(rules, places=PLACES[:-1]), march(3))) == ({"office"}, True)


def test_whoever_has_left_gets_nothing_and_the_others_of_their_agency_do() -> None:
    gone = replace(OTHER, has_left=True)
    stands_in = replace(OTHER, person=SENIOR.person)
    rules = limited(Unit.WORKING_DAYS, 1)

    with_one = under(rules, places=(RAISER, MANAGER, gone, stands_in))
    without = under(rules, places=(RAISER, MANAGER, gone, SUPERVISOR))
    alone = under(rules, places=(RAISER, MANAGER, gone))

    assert told(at_eight(with_one, march(2))) == ({"raiser", "senior"}, False)
    assert told(at_eight(without, march(2))) == ({"raiser", "supervisor"}, False)
    assert told(at_eight(alone, march(3))) == ({"raiser", "manager", "office"}, True)


# --- what is done ---


def test_whoever_has_written_their_account_is_not_reminded_of_it() -> None:
    rules = limited(Unit.WORKING_DAYS, 1, stops=Moment.ACCOUNTS_BY_ALL)
    walk = under(rules)

    assert told(at_eight(walk, march(2))) == ({"other"}, False), "the concern is the raiser's own account"
    assert told(at_eight(walk.wrote(OTHER, Account()), march(2))) == NOBODY


def test_whoever_has_agreed_waits_for_the_others() -> None:
    walk = under(limited(Unit.WORKING_DAYS, 1, stops=Moment.RESOLVED))
    assert told(at_eight(walk, march(2)), What.CLOCK) == (BOTH_OF_THEM, False)

    walk.settled(RAISER)
    assert told(at_eight(walk, march(2)), What.CLOCK) == ({"other"}, False)
    assert told(at_eight(walk, march(4)), What.ACKNOWLEDGEMENT) == ({"other"}, False)

    walk.answered(OTHER)
    assert told(at_eight(walk, march(2))) == NOBODY


def test_a_meeting_is_still_to_be_held_by_both_where_an_outcome_waits_for_one() -> None:
    walk = under(limited(Unit.WORKING_DAYS, 1, stops=Moment.MEETING_HELD)).settled(RAISER)

    assert told(at_eight(walk, march(2)), What.CLOCK) == (BOTH_OF_THEM, False)


def test_a_limit_over_several_stages_stops_with_the_last() -> None:
    untimed = clock(limit=limit(Unit.WITHOUT_DELAY))
    rules = policy(route(stage("one", clocks=(untimed,)), stage("two", clocks=(untimed,)), caps=(cap("one"),)))
    walk = under(rules)
    assert told(at_eight(walk, march(3))) == (BOTH_OF_THEM, False)

    walk.went_on()
    assert told(at_eight(walk, march(3))) == NOBODY


def test_what_was_asked_is_reminded_of_until_it_is_given() -> None:
    walk = under(limited(Unit.WITHOUT_DELAY)).wrote(RAISER, InformationRequest(agency=SOCIAL_CARE, by_when=march(8)))
    asked = walk.last()

    everybody = {"other", "supervisor", "senior"}
    assert told(at_eight(walk, march(5))) == (everybody, False)
    assert told(at_eight(walk, march(10)), What.ACTION) == (everybody, True)
    assert told(at_eight(walk.wrote(OTHER, InformationGiven(request=asked)), march(5))) == NOBODY


def test_a_date_that_was_proposed_waits_for_the_others() -> None:
    walk = under(limited(Unit.AGREED)).wrote(RAISER, TimeSet(time_frame=march(20)))

    assert told(at_eight(walk, march(4)), What.ACTION) == ({"other"}, False)


def test_a_step_of_the_arbiter_is_reminded_of_until_it_is_taken() -> None:
    rules = policy(route(stage("one", actors=(*BOTH, CHAIR), closes=Closer.ARBITER, arbiter_sets_steps=True)))
    step = AgreedAction(what="Meet", who="Both", by_when=march(8))
    walk = under(rules).wrote(CHAIRING, StepsSet(steps=(step,)))
    set_by = walk.last()

    assert told(at_eight(walk, march(8)), What.ACTION) == (BOTH_OF_THEM, False)
    assert told(at_eight(walk, march(9)), What.ACTION) == (BOTH_OF_THEM | MANAGERS, True)
    walk.wrote(OTHER, StepDone(steps=set_by, number=0))
    assert told(at_eight(walk, march(9)), What.ACTION) == NOBODY


def test_a_meeting_is_announced_to_all_and_asked_after_from_its_conveners() -> None:
    rules = policy(route(stage("one")), meetings=(MEET,))
    call = MeetingCalled(
        meeting="joint",
        at=datetime(2027, 3, 9, 14, tzinfo=UTC),
        conveners=(RAISER.person,),
        invited=(OTHER.person, MANAGER.person),
    )
    walk = under(rules).wrote(RAISER, call)
    called = walk.last()

    assert told(at_eight(walk, march(5)), What.MEETING) == NOBODY
    for day in (8, 9):
        assert told(at_eight(walk, march(day)), What.MEETING) == ({"raiser", "other", "manager"}, False)
    assert told(at_eight(walk, march(10)), What.MEETING) == NOBODY
    assert told(at_eight(walk, march(12)), What.MEETING) == ({"raiser"}, False)
    walk.wrote(RAISER, MeetingHeld(meeting="joint", called=called, attended=(RAISER.person, OTHER.person)))
    assert told(at_eight(walk, march(12)), What.MEETING) == NOBODY


def test_whoever_stands_in_comes_to_the_meeting_in_their_place() -> None:
    gone = replace(OTHER, has_left=True)
    call = MeetingCalled(
        meeting="joint", at=datetime(2027, 3, 9, 14, tzinfo=UTC), conveners=(RAISER.person,), invited=(OTHER.person,)
    )
    walk = under(policy(route(stage("one")), meetings=(MEET,)), places=(RAISER, MANAGER, gone, SUPERVISOR))
    walk.wrote(RAISER, call)
    assert told(at_eight(walk, march(9)), What.MEETING) == ({"raiser"}, False)

    walk.wrote(RAISER, PeopleJoin(because="stands_in", joins=(SUPERVISOR.person,), instead_of=OTHER.person))
    assert told(at_eight(walk, march(9)), What.MEETING) == ({"raiser", "supervisor"}, False)


# --- after the end ---


def ended(*duties: Duty, at: datetime = MONDAY, **facts: object) -> Course:
    """Resolved on Monday 1 March, at 12:00."""
    walk = under(policy(route(stage("one")), duties=duties), at=at)
    return walk.wrote(RAISER, Outcome(outcome="agreed", **facts)).answered(OTHER)


def duty(due: str, side: Side | str = "all") -> Duty:
    return Duty(id="check", text="Check it", side=side, due=due, source=SOURCE)


def test_a_duty_is_reminded_of_until_each_side_says_that_it_is_done() -> None:
    walk = ended(duty("review_date"), review_on=march(10))

    assert told(at_eight(walk, march(8)), What.REVIEW) == NOBODY
    for day in (9, 10):
        assert told(at_eight(walk, march(day)), What.REVIEW) == (BOTH_OF_THEM, False)
    assert told(at_eight(walk, march(11)), What.REVIEW) == (BOTH_OF_THEM | MANAGERS, True)
    walk.wrote(RAISER, FollowUp(duty="check", then="done"))
    assert told(at_eight(walk, march(11)), What.REVIEW) == ({"other", "supervisor"}, True)
    walk.wrote(OTHER, FollowUp(duty="check", then="done"))
    for day in (11, 15, 22):
        assert told(at_eight(walk, march(day)), What.REVIEW) == NOBODY


def test_a_duty_that_was_put_off_comes_back_on_its_new_day() -> None:
    walk = ended(duty("review_date", Side.RAISING), review_on=march(10))
    walk.wrote(RAISER, FollowUp(duty="check", then="again", again_on=march(24)))

    assert told(at_eight(walk, march(11)), What.REVIEW) == NOBODY
    assert told(at_eight(walk, march(23)), What.REVIEW) == ({"raiser"}, False)


def test_the_check_that_actions_were_carried_out_is_late_and_an_action_of_which_nobody_owes_word_is_not() -> None:
    visit = AgreedAction(what="Visit", who="Somebody", by_when=march(10))
    with_duty, without = ended(duty("action_date"), actions=(visit,)), ended(actions=(visit,))

    assert told(at_eight(with_duty, march(11)), What.CHECK) == (BOTH_OF_THEM | MANAGERS, True)
    for day in (9, 10):
        assert told(at_eight(without, march(day)), What.ACTION) == (BOTH_OF_THEM, False)
    assert told(at_eight(without, march(11)), What.ACTION) == NOBODY
    without.wrote(RAISER, FollowUp(carried_out=(True,), then="done"))
    assert told(at_eight(without, march(10)), What.ACTION) == NOBODY


def test_a_review_that_was_only_agreed_is_reminded_of_and_never_overdue() -> None:
    walk = ended(review_on=march(10))

    assert told(at_eight(walk, march(10)), What.REVIEW) == (BOTH_OF_THEM, False)
    assert told(at_eight(walk, march(11)), What.REVIEW) == NOBODY
    walk.wrote(RAISER, FollowUp(then="done"))
    assert told(at_eight(walk, march(10)), What.REVIEW) == NOBODY


@pytest.mark.parametrize(
    ("day", "who"),
    [
        (march(4), {"other"}),  # the third working day after Monday
        (march(5), set()),
        (march(9), {"other", "supervisor"}),
        (march(12), {"other", "supervisor", "office"}),
    ],
)
def test_an_answer_is_chased_from_the_third_working_day_after_the_document_was_accepted(
    day: date, who: set[str]
) -> None:
    reached = [Unanswered(OTHER.person, MONDAY), Unanswered(uuid4(), MONDAY)]

    found = at_eight(ended(), day, unanswered=reached)

    assert told(found, What.ACKNOWLEDGEMENT) == (who, False)


@pytest.mark.parametrize(
    ("day", "who"),
    [
        (march(5), set()),
        (march(8), BOTH_OF_THEM),  # the fifth working day after Monday
        (march(15), BOTH_OF_THEM | MANAGERS),
        (march(22), BOTH_OF_THEM | MANAGERS | {"office"}),
    ],
)
def test_each_agency_is_asked_whether_the_record_is_on_file(day: date, who: set[str]) -> None:
    assert told(at_eight(ended(), day), What.FILING) == (who, False)


def test_an_agency_that_has_said_so_is_not_asked_again_and_said_before_the_end_is_not_enough() -> None:
    early = under(policy(route(stage("one")))).wrote(OTHER, FiledOnRecord()).settled(RAISER).answered(OTHER)
    assert told(at_eight(early, march(8)), What.FILING) == (BOTH_OF_THEM, False)

    early.wrote(SUPERVISOR, FiledOnRecord())
    assert told(at_eight(early, march(8)), What.FILING) == ({"raiser"}, False)


def test_what_has_left_the_policy_is_filed_too() -> None:
    walk = under(policy(route(stage("one"), after="leaves_for"))).went_on()

    assert told(at_eight(walk, march(8))) == (BOTH_OF_THEM, False)


# --- whatever is recorded ---


@settings(max_examples=150 if RELEASE else 25)
@given(seed=st.integers(0, 2**32), file=st.sampled_from(FILES), mornings=st.lists(st.integers(0, 60), max_size=4))
def test_nobody_is_reminded_of_what_is_done_and_late_is_said_only_after_the_moment(
    seed: int, file: Path, mornings: list[int]
) -> None:
    walk = Walk(file, POLICIES[file].main.id, seed)
    for _ in range(12):
        walk.goes_on()
    now = walk.standing()
    gone = walk.chance.choice(walk.places[1:])
    places = tuple(replace(place, has_left=place == gone) for place in walk.places)
    for later in mornings:
        at = morning_of(walk.now.date() + timedelta(days=later), 8)
        if at < walk.now:
            continue
        for each in reminders(now, places=places, at=at, calendar=walk.calendar):
            assert each.to is None or each.to in {place.person for place in places if not place.has_left}
            assert (each.by is None) != (each.since is None)
            if each.is_late:
                assert each.by is not None
                assert each.by <= at.date()
            if each.what is What.CLOCK:
                assert isinstance(now, Open)
                running = [clock for clock in now.clocks if clock.met_at is None]
                assert any((clock.due and clock.due.day) == each.by for clock in running)
                assert not each.is_late or any(
                    clock.due and clock.due.day == each.by and clock.due.at <= at for clock in running
                )
            if each.what is What.FILING:
                assert not isinstance(now, Open)
            if each.what is What.CHECK:
                assert isinstance(now, Resolved)
                assert any(owed.met_at is None and owed.due and owed.due.day == each.by for owed in now.duties)

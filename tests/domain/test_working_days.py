"""Which days are working days, and where one UK day ends and the next begins."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms_app.domain.errors import CalendarEnds
from forms_app.domain.working_days import (
    Calendar,
    end_of,
    instant_of,
    spell_date,
    spell_time,
    start_of,
    uk_date,
    uk_time,
)
from forms_app.policies.bank_holidays import FIRST, LAST, calendar_of

ENGLAND = calendar_of("england-and-wales")
DAYS = st.dates(FIRST, LAST - timedelta(days=60))
INSTANTS = st.datetimes(datetime(2013, 1, 1), datetime(2028, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 its zone follows


# --- the calendar ---


@pytest.mark.parametrize("day", [FIRST - timedelta(days=1), LAST + timedelta(days=1)])
def test_a_day_outside_is_refused_and_not_called_a_working_day(day: date) -> None:
    with pytest.raises(CalendarEnds) as refused:
        ENGLAND.is_working(day)

    assert "Ask the people who run this service to update it." in str(refused.value)


def test_a_count_that_runs_past_the_end_is_refused() -> None:
    assert ENGLAND.nth_after(LAST - timedelta(days=3), 1) == LAST - timedelta(days=0 if LAST.weekday() < 5 else 2)
    with pytest.raises(CalendarEnds):
        ENGLAND.nth_after(LAST, 1)


@pytest.mark.parametrize(
    ("nation", "works", "rests"),
    [
        ("england-and-wales", [date(2027, 1, 4), date(2026, 11, 30)], [date(2027, 3, 29), date(2026, 8, 31)]),
        ("scotland", [date(2027, 3, 29)], [date(2027, 1, 4), date(2026, 11, 30), date(2026, 8, 3)]),
        ("northern-ireland", [date(2027, 1, 4)], [date(2027, 3, 17), date(2027, 7, 12), date(2027, 3, 29)]),
    ],
)
def test_each_nation_keeps_its_own_holidays(nation: str, works: list[date], rests: list[date]) -> None:
    calendar = calendar_of(nation)

    assert [calendar.is_working(day) for day in works] == [True] * len(works)
    assert [calendar.is_working(day) for day in rests] == [False] * len(rests)


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        (date(2026, 12, 24), 1, date(2026, 12, 29)),
        (date(2026, 12, 24), 4, date(2027, 1, 4)),
        (date(2027, 3, 25), 1, date(2027, 3, 30)),
        (date(2027, 3, 6), 5, date(2027, 3, 12)),
        (date(2027, 12, 24), 1, date(2027, 12, 29)),
    ],
)
def test_the_nth_working_day_after_a_day(day: date, count: int, expected: date) -> None:
    assert ENGLAND.nth_after(day, count) == expected


@given(DAYS, st.integers(1, 30))
def test_between_a_day_and_the_nth_after_it_lie_that_many_working_days(day: date, count: int) -> None:
    last = ENGLAND.nth_after(day, count)

    between = [day + timedelta(days=number) for number in range(1, (last - day).days + 1)]
    assert sum(ENGLAND.is_working(each) for each in between) == count
    assert ENGLAND.is_working(last)


@given(DAYS)
def test_this_or_next_stays_where_it_may(day: date) -> None:
    found = ENGLAND.this_or_next(day)

    assert found == day if ENGLAND.is_working(day) else found == ENGLAND.nth_after(day, 1)


def test_a_closure_of_the_board_is_no_working_day() -> None:
    calendar = Calendar(
        first=date(2027, 1, 1), last=date(2027, 12, 31), closed={date(2027, 3, 2): "An invented holiday"}
    )

    assert calendar.nth_after(date(2027, 3, 1), 1) == date(2027, 3, 3)


# --- UK days ---


@given(INSTANTS)
def test_an_instant_lies_within_its_uk_day(instant: datetime) -> None:
    day = uk_date(instant)

    assert start_of(day) <= instant < end_of(day)


@given(INSTANTS.map(lambda instant: instant.date()))
def test_one_uk_day_ends_where_the_next_begins(day: date) -> None:
    assert end_of(day) == start_of(day + timedelta(days=1))
    assert (end_of(day) - start_of(day)) // timedelta(hours=1) in {23, 24, 25}


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 3, 28), 24)])
def test_the_days_on_which_the_clocks_change_are_shorter_and_longer(day: date, hours: int) -> None:
    assert end_of(day) - start_of(day) == timedelta(hours=hours)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        uk_date(datetime(2027, 3, 1))  # noqa: DTZ001 what is tried here


def test_half_past_eleven_at_night_in_summer_is_still_that_day() -> None:
    assert uk_date(datetime(2026, 6, 30, 22, 30, tzinfo=UTC)) == date(2026, 6, 30)
    assert uk_date(datetime(2026, 6, 30, 23, 30, tzinfo=UTC)) == date(2026, 7, 1)


@pytest.mark.parametrize(
    ("hour", "minute", "said"),
    [(0, 0, "12am"), (9, 5, "9:05am"), (12, 0, "12pm"), (16, 30, "4:30pm"), (23, 59, "11:59pm")],
)
def test_times_are_spelled_as_govuk_does(hour: int, minute: int, said: str) -> None:
    assert spell_time(datetime(2027, 1, 5, hour, minute, tzinfo=UTC)) == f"5 January 2027 at {said}"
    assert spell_date(date(2027, 1, 5)) == "5 January 2027"


def test_a_time_in_summer_is_shown_as_a_clock_in_london_shows_it() -> None:
    assert spell_time(datetime(2026, 3, 29, 13, 0, tzinfo=UTC)) == "29 March 2026 at 2pm"
    assert uk_time(datetime(2026, 10, 25, 12, 0, tzinfo=UTC)).hour == 12


def test_what_a_clock_on_the_wall_shows_is_one_instant() -> None:
    assert instant_of(date(2027, 3, 1), time(14, 30)) == datetime(2027, 3, 1, 14, 30, tzinfo=UTC)
    assert instant_of(date(2027, 7, 1), time(14, 30)) == datetime(2027, 7, 1, 13, 30, tzinfo=UTC)


def test_an_hour_that_the_clocks_leave_out_is_refused() -> None:
    assert instant_of(date(2027, 3, 28), time(0, 59))
    assert instant_of(date(2027, 3, 28), time(2))
    with pytest.raises(ValueError, match="clocks go forward"):
        instant_of(date(2027, 3, 28), time(1, 30))

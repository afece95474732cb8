"""When one limit, counted from one event, is over; and that nothing ever makes it longer."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from forms_app.domain.clocks import CountedDay, Due, Running, day_by_day, due, in_force, protects_child, shorter
from forms_app.domain.errors import CalendarEnds
from forms_app.domain.policy import COUNTED, Citation, Limit, Unit
from forms_app.domain.working_days import LONDON, end_of, uk_date
from forms_app.policies.bank_holidays import LAST, calendar_of

ENGLAND = calendar_of("england-and-wales")
FRIDAY_EVENING = datetime(2027, 3, 5, 18, 0, tzinfo=UTC)
INSTANTS = st.datetimes(datetime(2013, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 its zone follows
DAYS = st.dates(date(2013, 1, 1), date(2028, 12, 31))
LIMITS = st.one_of(
    st.builds(Limit, unit=st.sampled_from(sorted(COUNTED)), amount=st.integers(1, 60)),
    st.builds(Limit, unit=st.sampled_from(sorted(set(Unit) - COUNTED - {Unit.BY_PRIORITY}))),
)
MOMENTS = st.one_of(st.none(), st.builds(lambda day: Due(at=end_of(day), day=day), DAYS))


def limit(unit: Unit, amount: int | None = None) -> Limit:
    return Limit(unit=unit, amount=amount)


def count(wanted: Limit, start: datetime, stated: date | None = None, priority: str | None = None) -> Due | None:
    return due(wanted, start=start, calendar=ENGLAND, stated=stated, priority=priority)


# --- each unit ---


@pytest.mark.parametrize(
    ("unit", "amount", "day"),
    [
        (Unit.WORKING_DAYS, 1, date(2027, 3, 8)),
        (Unit.WORKING_DAYS, 5, date(2027, 3, 12)),
        (Unit.WORKING_WEEKS, 1, date(2027, 3, 12)),
        (Unit.WORKING_WEEKS, 2, date(2027, 3, 19)),
        (Unit.CALENDAR_DAYS, 2, date(2027, 3, 7)),
        (Unit.SAME_WORKING_DAY, None, date(2027, 3, 5)),
    ],
)
def test_days_count_to_their_end_and_not_the_day_of_the_event(unit: Unit, amount: int | None, day: date) -> None:
    assert count(limit(unit, amount), FRIDAY_EVENING) == Due(at=end_of(day), day=day)


def test_the_same_working_day_of_a_saturday_is_monday() -> None:
    saturday = FRIDAY_EVENING + timedelta(days=1)

    assert count(limit(Unit.SAME_WORKING_DAY), saturday) == Due(at=end_of(date(2027, 3, 8)), day=date(2027, 3, 8))


@pytest.mark.requirement("W-19")
@pytest.mark.parametrize(
    ("start", "end"),
    [
        (datetime(2026, 3, 28, 13, tzinfo=LONDON), datetime(2026, 3, 29, 14, tzinfo=LONDON)),
        (datetime(2026, 10, 24, 13, tzinfo=LONDON), datetime(2026, 10, 25, 12, tzinfo=LONDON)),
        (datetime(2027, 3, 5, 17, 45, tzinfo=LONDON), datetime(2027, 3, 6, 17, 45, tzinfo=LONDON)),
    ],
)
def test_hours_are_elapsed_hours_to_the_minute(start: datetime, end: datetime) -> None:
    found = count(limit(Unit.HOURS, 24), start)

    assert found == Due(at=end.astimezone(UTC), day=end.date(), to_the_minute=True)
    assert found.at - start.astimezone(UTC) == timedelta(hours=24)


@pytest.mark.parametrize(("unit", "because"), [(Unit.STATED, "stated"), (Unit.AGREED, "agreed")])
def test_a_date_that_people_set_is_the_limit_and_without_one_there_is_none(unit: Unit, because: str) -> None:
    sunday = date(2027, 3, 7)

    assert count(limit(unit), FRIDAY_EVENING, stated=sunday) == Due(at=end_of(sunday), day=sunday, because=because)
    assert count(limit(unit), FRIDAY_EVENING) is None


def test_without_delay_has_no_moment() -> None:
    assert count(limit(Unit.WITHOUT_DELAY), FRIDAY_EVENING, stated=date(2027, 3, 7)) is None


def test_a_priority_has_its_own_limit() -> None:
    by_priority = Limit(unit=Unit.BY_PRIORITY, priorities={"urgent": limit(Unit.HOURS, 4)})

    assert count(by_priority, FRIDAY_EVENING, priority="urgent") == count(limit(Unit.HOURS, 4), FRIDAY_EVENING)
    assert count(by_priority, FRIDAY_EVENING) is None
    assert count(by_priority, FRIDAY_EVENING, priority="of no policy") is None


@pytest.mark.parametrize(
    "given_limit",
    [
        {"unit": Unit.HOURS},
        {"unit": Unit.STATED, "amount": 2},
        {"unit": Unit.WORKING_DAYS, "amount": 0},
        {"unit": Unit.BY_PRIORITY},
        {"unit": Unit.HOURS, "amount": 1, "priorities": {"urgent": Limit(unit=Unit.HOURS, amount=1)}},
    ],
)
def test_a_limit_that_says_too_little_or_too_much_cannot_be_written(given_limit: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Limit.model_validate(given_limit)


def test_a_limit_that_ends_after_the_calendar_is_refused() -> None:
    last = datetime.combine(LAST, datetime.min.time(), UTC)

    for unit in (Unit.WORKING_DAYS, Unit.WORKING_WEEKS):
        with pytest.raises(CalendarEnds):
            count(limit(unit, 1), last)


@given(LIMITS, INSTANTS, DAYS)
def test_no_limit_that_is_counted_is_over_before_it_begins(wanted: Limit, start: datetime, stated: date) -> None:
    found = count(wanted, start, stated)

    if found is not None and wanted.unit not in {Unit.STATED, Unit.AGREED}:
        assert found.at > start
        assert found.day >= uk_date(start)


@given(st.sampled_from(sorted(COUNTED)), st.integers(1, 59), INSTANTS)
def test_more_is_never_sooner(unit: Unit, amount: int, start: datetime) -> None:
    less, more = count(limit(unit, amount), start), count(limit(unit, amount + 1), start)

    assert less is not None
    assert more is not None
    assert less.at < more.at


@given(LIMITS, INSTANTS, st.timedeltas(timedelta(0), timedelta(days=30)))
def test_who_starts_later_is_never_due_sooner(wanted: Limit, start: datetime, later: timedelta) -> None:
    first, second = count(wanted, start), count(wanted, start + later)

    if first is not None and second is not None:
        assert first.at <= second.at


# --- whichever is shorter ---


@given(MOMENTS, MOMENTS)
def test_shorter_only_ever_shortens(first: Due | None, second: Due | None) -> None:
    found = shorter(first, second)

    set_moments = [moment for moment in (first, second) if moment is not None]
    assert found is None if not set_moments else found in set_moments
    assert all(found is not None and found.at <= moment.at for moment in set_moments)


@pytest.mark.requirement("B-11", "B-13")
@given(LIMITS, INSTANTS, DAYS, st.one_of(st.none(), DAYS))
def test_a_date_that_protects_the_child_only_ever_shortens(
    wanted: Limit, start: datetime, stated: date, protects: date | None
) -> None:
    without = count(wanted, start, stated)
    found = shorter(without, protects_child(protects))

    if without is not None:
        assert found is not None
        assert found.at <= without.at
    if protects is not None:
        assert found is not None
        assert found.at <= end_of(protects)


# --- late or not ---


def running(**more: datetime | None) -> Running:
    return Running(
        id="a",
        side=None,
        level=None,
        does="Meet",
        limit=limit(Unit.WORKING_DAYS, 1),
        started_at=FRIDAY_EVENING,
        due=Due(at=end_of(date(2027, 3, 8)), day=date(2027, 3, 8)),
        met_at=more.get("met_at"),
        left_at=more.get("left_at"),
        source=Citation(section="1", words="one day"),
    )


def test_it_is_late_from_the_instant_on_and_not_before() -> None:
    moment = end_of(date(2027, 3, 8))

    assert not running().is_late(moment - timedelta(microseconds=1))
    assert running().is_late(moment)


def test_what_was_met_in_time_stays_in_time_and_what_was_met_late_stays_late() -> None:
    moment, much_later = end_of(date(2027, 3, 8)), datetime(2027, 12, 1, tzinfo=UTC)

    assert not running(met_at=moment - timedelta(seconds=1)).is_late(much_later)
    assert running(met_at=moment).is_late(much_later)
    assert not running(left_at=moment - timedelta(seconds=1)).is_late(much_later)


# --- how it was counted ---


@pytest.mark.requirement("B-11")
def test_a_count_over_easter_says_of_each_day_whether_it_counts_and_why_not() -> None:
    thursday = datetime(2027, 3, 25, 10, 0, tzinfo=UTC)

    found = day_by_day(limit(Unit.WORKING_DAYS, 2), start=thursday, calendar=ENGLAND)

    assert [(day.day.day, day.number, day.why_not) for day in found] == [
        (25, None, "the day of the event itself"),
        (26, None, "Good Friday"),
        (27, None, "Saturday"),
        (28, None, "Sunday"),
        (29, None, "Easter Monday"),
        (30, 1, ""),
        (31, 2, ""),
    ]


def test_the_name_of_a_holiday_is_said_as_people_write_it() -> None:
    new_year = datetime(2021, 12, 31, 10, 0, tzinfo=UTC)

    found = day_by_day(limit(Unit.WORKING_DAYS, 1), start=new_year, calendar=ENGLAND)

    assert [day.why_not for day in found][1:4] == ["Saturday", "Sunday", "New Year’s Day (substitute day)"]


def test_the_same_working_day_counts_the_day_of_the_event_if_it_is_one() -> None:
    wanted = limit(Unit.SAME_WORKING_DAY)

    friday = day_by_day(wanted, start=FRIDAY_EVENING, calendar=ENGLAND)
    saturday = day_by_day(wanted, start=FRIDAY_EVENING + timedelta(days=1), calendar=ENGLAND)

    assert friday == (CountedDay(date(2027, 3, 5), 1),)
    assert [(day.number, day.why_not) for day in saturday] == [(None, "Saturday"), (None, "Sunday"), (1, "")]


@given(st.sampled_from(sorted(COUNTED - {Unit.HOURS})), st.integers(1, 30), INSTANTS)
def test_the_days_that_count_are_as_many_as_the_limit_and_the_last_is_the_day_it_is_due(
    unit: Unit, amount: int, start: datetime
) -> None:
    moment = count(limit(unit, amount), start)

    found = day_by_day(limit(unit, amount), start=start, calendar=ENGLAND)

    assert moment is not None
    assert found[-1].day == moment.day
    assert found[-1].number == (amount * 5 if unit is Unit.WORKING_WEEKS else amount)
    assert [day.number for day in found if day.number] == list(range(1, found[-1].number + 1))
    assert all((day.number is None) == bool(day.why_not) for day in found)
    assert [day.day for day in found] == [uk_date(start) + timedelta(days=each) for each in range(len(found))]


@pytest.mark.parametrize("unit", [Unit.STATED, Unit.AGREED, Unit.WITHOUT_DELAY])
def test_what_is_not_counted_by_days_has_no_count(unit: Unit) -> None:
    assert day_by_day(limit(unit), start=FRIDAY_EVENING, calendar=ENGLAND) == ()
    assert day_by_day(limit(Unit.HOURS, 24), start=FRIDAY_EVENING, calendar=ENGLAND) == ()


def test_the_limit_in_force_is_the_one_of_the_priority() -> None:
    urgent = limit(Unit.HOURS, 4)
    by_priority = Limit(unit=Unit.BY_PRIORITY, priorities={"urgent": urgent})

    assert in_force(by_priority, "urgent") == urgent
    assert in_force(by_priority, None) == by_priority
    assert in_force(urgent, "urgent") == urgent

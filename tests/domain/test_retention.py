"""How long what is kept: worked out by hand, from the rule and the dates."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from forms_app.domain.retention import CountedFrom, Dates, Rule, due_on, may_be_proposed, opened_by
from forms_app.domain.working_days import years_later

ENDED, LAST, BORN = date(2026, 3, 10), date(2026, 9, 1), date(2015, 6, 30)
EVERYTHING = Dates(ENDED, LAST, BORN)


@pytest.mark.parametrize(
    ("counted_from", "years", "dates", "due"),
    [
        (CountedFrom.ENDED, 6, EVERYTHING, date(2032, 3, 10)),
        (CountedFrom.LAST_RECORD, 6, EVERYTHING, date(2032, 9, 1)),
        (CountedFrom.BIRTH, 25, EVERYTHING, date(2040, 6, 30)),
        # A young adult: not before what was recorded last is a year old.
        (CountedFrom.BIRTH, 11, EVERYTHING, date(2027, 9, 1)),
        (CountedFrom.BIRTH, 25, Dates(ENDED, LAST, None), None),
        (CountedFrom.ENDED, 6, Dates(None, LAST, BORN), None),
        (CountedFrom.ENDED, None, EVERYTHING, None),
        (CountedFrom.SAVED, 6, EVERYTHING, None),
    ],
)
def test_the_first_day_on_which_it_may_go(
    counted_from: CountedFrom, years: int | None, dates: Dates, due: date | None
) -> None:
    assert due_on(Rule(counted_from, years), dates) == due


def test_what_began_on_a_leap_day_loses_no_day() -> None:
    assert years_later(date(2024, 2, 29), 6) == date(2030, 3, 1)
    assert years_later(date(2024, 2, 29), 8) == date(2032, 2, 29)


def test_nothing_is_proposed_before_its_day_or_before_the_warning_is_over() -> None:
    rule, due = Rule(CountedFrom.ENDED, 6, 30), date(2032, 3, 10)
    now = datetime(2032, 3, 10, 9, tzinfo=UTC)

    def proposed(warned_at: datetime, at: datetime = now) -> bool:
        return may_be_proposed(due, warned_at, rule, today=at.date(), now=at)

    assert proposed(now - timedelta(days=30))
    assert not proposed(now - timedelta(days=30) + timedelta(seconds=1))
    assert not proposed(now - timedelta(days=60), now - timedelta(days=1))


@pytest.mark.parametrize("counted_from", [CountedFrom.ENDED, CountedFrom.LAST_RECORD, CountedFrom.BIRTH])
@pytest.mark.parametrize("years", [1, 6, 25, 75])
def test_what_need_not_be_weighed_could_not_be_near(counted_from: CountedFrom, years: int) -> None:
    rule = Rule(counted_from, years, 30)
    for today in (date(2028, 2, 28), date(2028, 2, 29), date(2031, 7, 1)):
        day_after = opened_by(rule, today) + timedelta(days=1)
        # Ended on the day on which it was opened, about somebody born long ago: as soon as any can be.
        due = due_on(rule, Dates(day_after, day_after, date(1950, 1, 1)))
        assert due is not None
        assert due - rule.warning > today

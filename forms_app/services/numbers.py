"""The Board's numbers: counts alone, and none that could tell of whom it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from forms_app.db import numbers
from forms_app.domain.access import May
from forms_app.domain.numbers import NOTHING, Numbers
from forms_app.domain.periods import Period
from forms_app.domain.suppression import Told, told
from forms_app.domain.working_days import start_of, uk_date
from forms_app.services.directory import person_who_may
from forms_app.services.work import Work

QUARTERS = 4


@dataclass(frozen=True, slots=True)
class Year:
    """The quarters of one year that are over."""

    year: int
    begun: Told
    is_over: bool


def numbers_of(work: Work, board_id: UUID, period: Period) -> Numbers:
    """What is told of this period of a Board's. Whoever asks for it for somebody has asked the table of permissions."""
    return Numbers(period, counted_on=None, total=NOTHING, total_before=NOTHING, left_out=(), tables=())


def escalations_begun(work: Work, *, by: UUID) -> tuple[Year, ...]:
    """How many escalations of this person's Board began in each quarter that is over, the newest year first.

    A quarter that goes on is not counted: whoever looked twice would see from the difference what began meanwhile.
    Raises NotFound.
    """
    person = person_who_may(work, by, May.SEE_NUMBERS)
    first = numbers.first_begun(work.session, person.board_id)
    if first is None:
        return ()
    quarters = list(_quarters_over(uk_date(first).year, uk_date(work.now)))
    periods = [(start_of(since), start_of(_next(since))) for since in quarters]
    counts = dict(zip(quarters, numbers.begun_in(work.session, person.board_id, periods), strict=True))
    years = sorted({quarter.year for quarter in quarters}, reverse=True)
    return tuple(_year(year, [count for quarter, count in counts.items() if quarter.year == year]) for year in years)


def _year(year: int, counts: list[int]) -> Year:
    return Year(year, told(counts), is_over=len(counts) == QUARTERS)


def _quarters_over(year: int, today: date) -> Iterator[date]:
    quarter = date(year, 1, 1)
    while _next(quarter) <= today:
        yield quarter
        quarter = _next(quarter)


def _next(quarter: date) -> date:
    if quarter.month > 9:
        return date(quarter.year + 1, 1, 1)
    return date(quarter.year, quarter.month + 3, 1)

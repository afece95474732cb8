"""The Board's numbers: counts alone, and none that could tell of whom it is."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from forms_app.db import numbers
from forms_app.domain.access import May
from forms_app.domain.numbers import NOTHING, Numbers
from forms_app.domain.periods import Period
from forms_app.services.directory import person_who_may
from forms_app.services.figures import is_settled
from forms_app.services.work import Work


@dataclass(frozen=True, slots=True)
class Year:
    """A year of which quarters are counted."""

    period: Period
    is_counted: bool
    """All of it."""
    quarters: tuple[Period, ...]
    """Those that are counted."""


def periods_counted(work: Work, *, by: UUID) -> tuple[Year, ...]:
    """The years of this person's Board of which something is counted, the newest first. Raises NotFound."""
    person = person_who_may(work, by, May.SEE_NUMBERS)
    found = [Period.read(code) for code in numbers.counted_periods(work.session, person.board_id)]
    quarters = [each for each in found if each is not None and is_settled(each, work.now)]
    years = sorted({each.year for each in quarters}, reverse=True)
    return tuple(
        Year(Period(year), all(each in quarters for each in Period(year).quarters), own)
        for year in years
        for own in [tuple(each for each in quarters if each.year == year)]
    )


def numbers_of(work: Work, board_id: UUID, period: Period) -> Numbers:
    """What is told of this period of a Board's. Whoever asks for it for somebody has asked the table of permissions."""
    return Numbers(period, counted_on=None, total=NOTHING, total_before=NOTHING, left_out=(), tables=())

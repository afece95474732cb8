"""In which band of age somebody is, from a date of birth as people write it: all that a de-identified document says of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from forms_app.domain.policy import Subject

UNBORN, ADULT = "Unborn", "Adult"
BANDS = (UNBORN, "Under 1", "1 to 4", "5 to 9", "10 to 15", "16 and 17", ADULT)
UP_TO = (-1, 0, 4, 9, 15, 17)
"""The last year of age of each band but the last; below 0 somebody is not born yet."""
NOT_KNOWN, NOBODY = "Not known", "Nobody in particular"
OLDEST = 120

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?P<{}>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_DAY = r"(?P<{}>[0-9]{{1,2}})(?:st|nd|rd|th)?"
_YEAR = r"(?P<{}>[0-9]{{4}}|[0-9]{{2}})"
DATE = re.compile(
    r"\b(?:"
    r"(?P<y1>[0-9]{4})[-/.](?P<m1>[0-9]{1,2})[-/.](?P<d1>[0-9]{1,2})"
    rf"|{_DAY.format('d2')}\s*[-/.]\s*(?P<m2>[0-9]{{1,2}})\s*[-/.]\s*{_YEAR.format('y2')}"
    rf"|{_DAY.format('d3')}[\s-]+(?:of\s+)?{_MONTH.format('m3')}[\s,-]+{_YEAR.format('y3')}"
    rf"|{_MONTH.format('m4')}\s+{_DAY.format('d4')}[\s,]+{_YEAR.format('y4')}"
    r")\b",
    re.IGNORECASE,
)
"""2015-03-12, 12/03/2015, 12.3.15, 12 March 2015, 12th of Mar 2015, March 12, 2015."""


def age_bands(subject: Subject, births: str, on: date) -> tuple[str, ...]:
    """The bands on a day of those whom a concern is about, each once, the youngest first."""
    match subject:
        case Subject.UNBORN:
            return (UNBORN,)
        case Subject.ADULT:
            return (ADULT,)
        case Subject.NONE:
            return (NOBODY,)
        case _:
            found = {_band(years) for born in dates_in(births, on) if (years := _years(born, on)) <= OLDEST}
            return tuple(band for band in BANDS if band in found) or (NOT_KNOWN,)


def _band(years: int) -> str:
    return next((band for band, last in zip(BANDS, UP_TO, strict=False) if years <= last), ADULT)


def _years(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day)) if born <= on else -1


def dates_in(text: str, on: date) -> Iterator[date]:
    """Every date that can be read; a day and month that do not exist are none."""
    for match in DATE.finditer(text):
        day, month, year = (_part(match, name) for name in "dmy")
        try:
            yield date(_whole(year, on), _number_of(month), int(day))
        except ValueError:
            continue


def _part(match: re.Match[str], name: str) -> str:
    return next(value for number in "1234" if (value := match[f"{name}{number}"]) is not None)


def _number_of(month: str) -> int:
    return int(month) if month.isdigit() else MONTHS.index(month[:3].lower()) + 1


def _whole(year: str, on: date) -> int:
    """A year of two figures is one that has begun, or the next, in which a baby may be due."""
    if len(year) == len("2015"):
        return int(year)
    this_century = on.year // 100 * 100 + int(year)
    return this_century if this_century <= on.year + 1 else this_century - 100

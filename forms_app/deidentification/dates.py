"""Days of the calendar and exact ages, as people write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations

from forms_app.deidentification.hits import Hit

MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
)  # fmt: skip
SEASONS = ("winter", "spring", "summer", "autumn")
MONTH = (
    r"(?P<month>(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|Jun[e]?|Jul[y]?|Aug(?:ust)?|Sep(?:t(?:ember)?)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?))\b\.?"
)
YEAR = r"(?:,? {0,2}(?P<year>(?:19|20)\d\d|'?\d\d)(?![\d/:]))?"
NTH = (
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
    "thirtieth",
)
WRITTEN = (
    re.compile(r"(?<![\d/.-])(?P<a>\d{1,2}) ?(?P<mark>[/.-]) ?(?P<b>\d{1,2}) ?(?P=mark) ?(?P<year>\d{4}|\d{2})(?![\d/-])"),
    re.compile(r"(?<!\d)(?P<year>(?:19|20)\d\d)(?P<mark>[/.-])(?P<a>\d{1,2})(?P=mark)(?P<b>\d{1,2})(?!\d)"),
    re.compile(r"(?<!\d)(?P<a>0[1-9]|[12]\d|3[01])(?P<b>0[1-9]|1[0-2])(?P<year>(?:19|20)\d\d)(?!\d)"),
    re.compile(r"(?<!\d)(?P<year>(?:19|20)\d\d)(?P<b>0[1-9]|1[0-2])(?P<a>0[1-9]|[12]\d|3[01])(?!\d)"),
    re.compile(rf"\b(?:the )?(?P<a>\d{{1,2}}) ?(?:st|nd|rd|th)?(?: of)?[ -]{{1,2}}{MONTH}[ -]?{YEAR}", re.IGNORECASE),
    re.compile(rf"\b(?P<a>\d{{1,2}})(?:st|nd|rd|th)?{MONTH}{YEAR}", re.IGNORECASE),
    re.compile(rf"\b(?-i:(?=[A-Z])){MONTH} (?:the )?(?P<a>\d{{1,2}})(?!\d|%)(?:st|nd|rd|th)?{YEAR}", re.IGNORECASE),
    re.compile(rf"\b(?:the )?(?:(?:twenty|thirty)[ -])?(?P<nth>{'|'.join(NTH)}) (?:of )?{MONTH}{YEAR}", re.IGNORECASE),
)  # fmt: skip
OF_A_BIRTH = re.compile(
    rf"\b(?:born|due|birthday(?: is)?|DOB|birth)(?: in| on|:)? (?:{MONTH} ?(?P<year>\d{{4}})?|(?:19|20)\d\d\b)",
    re.IGNORECASE,
)
MONTH_AND_YEAR = re.compile(rf"\b{MONTH},? (?P<year>(?:19|20)\d\d)\b", re.IGNORECASE)
WITHOUT_A_YEAR = re.compile(
    r"\bon (?:the )?(?P<whole>\d{1,2}(?:/\d{1,2}|st|nd|rd|th))\b(?! (?:of |visit|day|week|attempt|occasion|floor))"
)


@dataclass(frozen=True, slots=True)
class Day:
    """A day as far as it is known."""

    year: int | None
    month: int
    day: int | None

    def may_be(self, other: Day) -> bool:
        return self.month == other.month and all(
            mine is None or theirs is None or mine == theirs
            for mine, theirs in ((self.year, other.year), (self.day, other.day))
        )


def days_in(text: str) -> list[Day]:
    """Every day that the text may mean: 4.3.19 may be of April too."""
    found = [day for match in _matches(text) for day in _days(match)]
    return found or [day for match in MONTH_AND_YEAR.finditer(text) for day in _days(match)]


def dates(text: str) -> Iterator[tuple[Hit, list[Day]]]:
    for match in _matches(text):
        if days := _days(match):
            yield _hit(match, days, "This is an exact date."), days
    for match in OF_A_BIRTH.finditer(text):
        yield _hit(match, _days(match), "This says when somebody was born, or will be."), _days(match)
    for match in MONTH_AND_YEAR.finditer(text):
        yield Hit(match.start(), match.end(), "month", ""), _days(match)
    for match in WITHOUT_A_YEAR.finditer(text):
        start, end = match.span("whole")
        yield Hit(start, end, "date", "This may be an exact date.", certain=False, rank=1), []


def _matches(text: str) -> Iterator[re.Match[str]]:
    for pattern in WRITTEN:
        yield from pattern.finditer(text)


def _hit(match: re.Match[str], days: list[Day], why: str) -> Hit:
    return Hit(match.start(), match.end(), "date", why, _season(days[0]) if days else "", rank=2)


def _season(day: Day) -> str:
    season = SEASONS[day.month % 12 // 3]
    return season if day.year is None else f"{season} {day.year}"


def _days(match: re.Match[str]) -> list[Day]:
    parts = match.groupdict()
    year = _year(parts.get("year"))
    if month := parts.get("month"):
        number = next(at for at, name in enumerate(MONTHS, 1) if name.startswith(month.lower()[:3]))
        day = int(parts["a"]) if parts.get("a") else None
        return [] if day is not None and not 1 <= day <= 31 else [Day(year, number, day)]
    if not parts.get("a") or not parts.get("b"):
        return []
    pairs = permutations((int(parts["a"]), int(parts["b"])))
    return list(dict.fromkeys(Day(year, month, day) for day, month in pairs if 1 <= day <= 31 and 1 <= month <= 12))


def _year(text: str | None) -> int | None:
    if not text:
        return None
    number = int(text.lstrip("'"))
    return number if number > 99 else number + (2000 if number < 40 else 1900)

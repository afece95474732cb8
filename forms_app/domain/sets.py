"""Sets of documents for a time, and how many documents one person may take in a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from forms_app.domain.working_days import start_of

KEPT = timedelta(days=7)
"""For so long a set can be downloaded from when it was asked for."""
NEARLY = 80
"""At so many hundredths of what one person may have in a day, somebody else is told."""


class LeftOut(StrEnum):
    """Why a document of the time is not in a set."""

    WITHDRAWN = "withdrawn"
    WAITS = "waits"
    """Two people have not let it go yet."""
    BEING_MADE = "being_made"


class Failure(StrEnum):
    """Why a set was not made."""

    FILE_CHANGED = "file_changed"
    NOT_ALLOWED = "not_allowed"
    """Who asked for it may not have it any more."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants as one file: what was issued from the first to the last of these months."""

    first_month: date
    last_month: date
    kinds: tuple[str, ...]
    formats: tuple[str, ...]

    @property
    def since(self) -> datetime:
        """The moment at which it begins in the United Kingdom."""
        return start_of(self.first_month)

    @property
    def until(self) -> datetime:
        """The moment at which it is over: no part of it."""
        return start_of(month_after(self.last_month))


def month_after(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def months(first: date, last: date) -> list[date]:
    """Every month from one to another, the newest first."""
    found = [first]
    while month_after(found[-1]) <= last:
        found.append(month_after(found[-1]))
    return found[::-1]


def is_nearly_all(taken: int, most: int) -> bool:
    return taken * 100 >= most * NEARLY

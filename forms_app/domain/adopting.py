"""From which day a Board can work under another version of its policy, and how a version stands at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from forms_app.domain.working_days import spell_date

FURTHEST = timedelta(days=366)
"""So far ahead a version can be adopted."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version on the shelf."""

    key: str
    title: str
    short_title: str
    dated: str
    is_in_force: bool
    starts: date | None
    """The day from which it will be in force, where that is confirmed."""
    was_in_force: bool


def fault_of_day(day: date, today: date) -> str | None:
    if day <= today:
        return "The first day must be after today"
    if day > today + FURTHEST:
        return f"The first day must be {spell_date(today + FURTHEST)} or earlier"
    return None

"""The bank holidays of each nation, from the holidays library; the only place that imports it."""

from __future__ import annotations

from datetime import date
from functools import cache

import holidays

from forms_app.domain.working_days import Calendar

FIRST = date(2012, 1, 1)
LAST = date(2029, 12, 31)
"""The last day for which the library's list is taken as known. Move it when the library is updated."""

SUBDIVISIONS = {"england-and-wales": "ENG", "scotland": "SCT", "northern-ireland": "NIR"}


@cache
def calendar_of(nation: str) -> Calendar:
    """The working days of a nation, by its name in a policy. Raises KeyError for a nation it does not know."""
    listed = holidays.country_holidays(
        "GB", subdiv=SUBDIVISIONS[nation], years=range(FIRST.year, LAST.year + 1), expand=False
    )
    return Calendar(first=FIRST, last=LAST, closed={day: _plain(name) for day, name in listed.items()})


def _plain(name: str) -> str:
    """The library's name as GOV.UK writes it."""
    return name.replace("'", "’").replace("(observed)", "(substitute day)")

"""A year or a quarter of the Board's, by UK dates: what a set of documents, a page of numbers or a report is of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from forms_app.domain.working_days import start_of

QUARTERS = {1: "January to March", 2: "April to June", 3: "July to September", 4: "October to December"}
CODE = re.compile(r"([12][0-9]{3})(?:-q([1-4]))?")


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A calendar year, or one quarter of it."""

    year: int
    quarter: int | None = None

    @classmethod
    def read(cls, code: str) -> Period | None:
        """The period of a code such as 2027 or 2027-q3; None for anything else."""
        found = CODE.fullmatch(code)
        return None if found is None else cls(int(found[1]), int(found[2]) if found[2] else None)

    @classmethod
    def with_day(cls, day: date) -> Period:
        """The quarter in which a day lies."""
        return cls(day.year, (day.month + 2) // 3)

    @property
    def code(self) -> str:
        return f"{self.year}" if self.quarter is None else f"{self.year}-q{self.quarter}"

    @property
    def title(self) -> str:
        return f"{self.year}" if self.quarter is None else f"{QUARTERS[self.quarter]} {self.year}"

    @property
    def first(self) -> date:
        return date(self.year, 1 if self.quarter is None else self.quarter * 3 - 2, 1)

    @property
    def last(self) -> date:
        following = date(self.year + 1, 1, 1) if self.quarter in {None, 4} else date(self.year, self.first.month + 3, 1)
        return following - timedelta(days=1)

    @property
    def since(self) -> datetime:
        """The moment, in UTC, at which it begins in the United Kingdom."""
        return start_of(self.first)

    @property
    def until(self) -> datetime:
        """The moment at which it is over: no part of it."""
        return start_of(self.last + timedelta(days=1))

    @property
    def quarters(self) -> tuple[Period, ...]:
        """Those of a year; of a quarter itself alone."""
        return (self,) if self.quarter is not None else tuple(Period(self.year, number) for number in QUARTERS)

    @property
    def year_before(self) -> Period:
        """The same a year earlier."""
        return Period(self.year - 1, self.quarter)

    def is_over(self, now: datetime) -> bool:
        return now >= self.until

"""What is told of the Board's numbers, in one frozen value for page, chart, file and document: no count that may not be told is in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from forms_app.domain.periods import Period

NOBODY_EXPLAINED = "Nobody has explained this yet."


class Unit(StrEnum):
    """What a cell says a number of."""

    ESCALATIONS = "escalations"
    IN_TEN = "in_ten"
    """About so many in ten: a share of what is too different from escalations to be counted beside them."""
    WORKING_DAYS = "working_days"


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure as it may be told: a number, or none where it would be too small or would give a small one away."""

    number: int | None
    unit: Unit = Unit.ESCALATIONS
    applies: bool = True
    """False where there is nothing to count, such as a year of which no quarter was counted."""

    @property
    def words(self) -> str:
        """As it stands on the page, in a file and in a document."""
        if not self.applies:
            return "–"
        if self.number is None:
            return "Not shown"
        return f"About {self.number} in 10" if self.unit is Unit.IN_TEN else str(self.number)

    @property
    def as_figure(self) -> int | str:
        """As a cell of a file: a number where it is one."""
        return self.number if self.number is not None and self.unit is not Unit.IN_TEN else self.words


HIDDEN, NOTHING = Cell(None), Cell(None, applies=False)


@dataclass(frozen=True, slots=True)
class Row:
    """One line: `labels` is the way to it, so that the row above with one label less is the one that it is a part of."""

    labels: tuple[str, ...]
    cells: tuple[Cell, ...]
    """One for each column of the table."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table. Its first column says of this period, the second of the same a year earlier, as `columns` has it."""

    id: str
    title: str
    counts: str
    """A sentence: what is counted."""
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    missing: str = ""
    """A sentence in the place of rows, where there is nothing to show."""
    note: str = ""
    """What the business unit wrote to explain it."""

    @property
    def explanation(self) -> str:
        return self.note or NOBODY_EXPLAINED


@dataclass(frozen=True, slots=True)
class Numbers:
    """All that is told of one year or quarter of one Board's."""

    period: Period
    counted_on: date | None
    """The day as of which it was counted, the last of several; None while it is not counted yet."""
    total: Cell
    total_before: Cell
    left_out: tuple[str, ...]
    """A sentence for each part of the period whose escalations no table counts."""
    tables: tuple[Table, ...]

    @property
    def not_explained(self) -> Iterator[Table]:
        """The tables that nobody has explained."""
        return (table for table in self.tables if not table.note and not table.missing)

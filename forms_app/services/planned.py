"""What a file would change, for a look before it is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from forms_app.documents.printable import unprintable
from forms_app.domain.comma_separated import CellFault, Row
from forms_app.domain.contacts import is_telephone, stamp_of
from forms_app.domain.errors import UnfitText
from forms_app.domain.text import SHORT, gate

NO_ADDRESS = "This is not an email address, like name@example.org."
CHANGED = "Something changed after you looked at this. Look at it again."


class Does(StrEnum):
    ADD = "add"
    CHANGE = "change"
    END = "end"
    """A person leaves, an agency closes, a contact goes."""


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """What one row would do, and to whom. `what` names the columns that would change."""

    line: int
    does: Does
    name: str
    agency: str
    what: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    lines: tuple[PlannedLine, ...]
    rows: int
    stamp: str
    """Says by itself whether the file would do something else by now."""

    def count(self, does: str) -> int:
        return sum(each.does == does for each in self.lines)


def plan(lines: Sequence[PlannedLine], rows: Sequence[Row], *values: str) -> Plan:
    """`values` are what would be written, so that the stamp changes with each of them."""
    return Plan(tuple(lines), len(rows), stamp_of(*map(str, lines), *values))


class Cells:
    """Reads the cells of rows, and keeps every fault that it finds."""

    def __init__(self) -> None:
        self.faults: list[CellFault] = []

    def fault(self, row: Row, column: str, sentence: str) -> None:
        self.faults.append(CellFault(row.line, column, sentence))

    def text(self, row: Row, column: str, *, needed: bool = False) -> str:
        """One line of text; nothing where the file has no such column."""
        said = row.cells.get(column, "")
        if needed and not said:
            self.fault(row, column, "This is empty.")
        try:
            return gate(said, limit=SHORT, lines=1, unprintable=unprintable)
        except UnfitText as refused:
            self.fault(row, column, str(refused))
            return ""

    def telephone(self, row: Row, column: str) -> str:
        said = self.text(row, column)
        if said and not is_telephone(said):
            self.fault(row, column, "This is not a telephone number, like 01632 960 001 or 07700 900 982 ext 12.")
        return said

    def one_of(self, row: Row, column: str, choices: Mapping[str, str], called: str) -> str:
        """The id of a choice by its id or title; nothing where there is no such choice."""
        said = row.cells[column].casefold()
        for each, title in choices.items():
            if said in (each.casefold(), title.casefold()):
                return each
        self.fault(row, column, f"There is no such {called}. There are: {', '.join(choices.values())}.")
        return ""

    def says_yes(self, row: Row, column: str) -> bool:
        said = row.cells.get(column, "").lower()
        if said not in ("", YES, NO):
            self.fault(row, column, "Write “yes” or “no”, or leave it empty.")
        return said == YES


YES, NO = "yes", "no"

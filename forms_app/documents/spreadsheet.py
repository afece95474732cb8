"""A table as an Excel file (XLSX) in which every cell is a text or a number, and nothing can be a formula or a link."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape
from io import BytesIO

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

Cell = str | int
LONGEST = 32_767
"""Characters that Excel takes in one cell; what is longer does not open."""
WIDEST, NARROWEST = 60, 10
FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
LONGEST_NAME = 31
DATED = datetime(2000, 1, 1, tzinfo=UTC)
"""Each file says the same day of itself: when it was made stands in the trail."""


def write_sheets(sheets: Iterable[tuple[str, Sequence[str], Iterable[Sequence[Cell]]]]) -> bytes:
    """The name, the columns and the rows of each sheet. Raises ValueError for a text that no cell holds whole."""
    file = BytesIO()
    with Workbook(file, {"in_memory": True}) as book:  # nothing of it lies in a temporary file
        book.set_properties({"created": DATED.replace(tzinfo=None)})
        bold = book.add_format({"bold": True})
        for name, columns, rows in sheets:
            sheet = book.add_worksheet(name.translate(FORBIDDEN)[:LONGEST_NAME])
            sheet.freeze_panes(1, 0)
            for place, column in enumerate(columns):
                sheet.set_column(place, place, max(NARROWEST, min(WIDEST, len(column) + 2)))
                sheet.write_string(0, place, column, bold)
            for line, row in enumerate(rows, start=1):
                for place, cell in enumerate(row):
                    _write(sheet, line, place, cell)
    return file.getvalue()


def _write(sheet: Worksheet, line: int, place: int, cell: Cell) -> None:
    """By the type of the cell. What a text begins with decides nothing: `write` would make formulas and links of some."""
    if isinstance(cell, int):
        sheet.write_number(line, place, cell)
        return
    text = _as_text(cell)
    if len(text) > LONGEST:
        raise ValueError("a cell of an Excel file holds 32,767 characters")
    sheet.write_string(line, place, text)


def _as_text(cell: str) -> str:
    """What looks like the XML of a cell XlsxWriter writes as it stands: that gets XML which says the same as a text."""
    looks_like_xml = cell.startswith("<r>") and cell.endswith("</r>")
    return f'<r><t xml:space="preserve">{escape(cell)}</t></r>' if looks_like_xml else cell

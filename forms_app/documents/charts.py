"""A table of the numbers as a bar chart: an SVG that a screen reader reads, made of the table alone, so that it says no more.

No library does: those that draw SVG without a browser (Matplotlib, pygal) give no text alternative, sizes that do not hold on a telephone,
or inline styles, which our pages forbid. Bars and words are all there is here.
"""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from xml.etree.ElementTree import Element, SubElement, tostring

from forms_app.domain.numbers import Cell, Row, Table, Unit

SVG = "http://www.w3.org/2000/svg"
WIDTH = 320
"""Of a telephone: on a wide page all of it grows, so that no letter is ever smaller than 12 pixels."""
LONGEST_BAR, FONT, LINE, GAP = 190, 14, 18, 10
LETTERS = 40
"""That fit on a line."""
BLUE, WHITE, BLACK = "#1d70b8", "#ffffff", "#0b0c0c"
SERIES = ({"fill": BLUE, "stroke": BLUE}, {"fill": WHITE, "stroke": BLUE})
"""This period, filled, and the one a year earlier, an outline. Each bar says its period and its number beside it."""


def chart_of(table: Table) -> str | None:
    """The first lines of a table, but for those that are 0, in its first two columns; None where there is nothing to draw."""
    rows = [
        row
        for row in table.rows
        if len(row.labels) == 1 and any(cell.number != 0 and cell.applies for cell in row.cells)
    ]
    if len(rows) < 2 or not any(cell.number for row in rows for cell in row.cells[:2]):
        return None
    drawing = Element("svg", {"xmlns": SVG, "role": "img", "aria-labelledby": f"{table.id}-title {table.id}-desc"})
    SubElement(drawing, "title", {"id": f"{table.id}-title"}).text = f"{table.title}: bar chart"
    SubElement(drawing, "desc", {"id": f"{table.id}-desc"}).text = _in_words(table, rows)
    group = SubElement(drawing, "g", {"font-family": "Arial, sans-serif", "font-size": str(FONT), "fill": BLACK})
    largest = max(cell.number or 0 for row in rows for cell in row.cells[:2])
    top = 0
    for row in rows:
        top = _row(group, row, table.columns[:2], largest, top) + GAP
    drawing.set("viewBox", f"0 0 {WIDTH} {top}")
    drawing.set("width", str(2 * WIDTH))
    drawing.set("height", str(2 * top))
    drawing.set("class", "app-chart")
    return tostring(drawing, encoding="unicode")


def _in_words(table: Table, rows: Sequence[Row]) -> str:
    lines = (
        f"{row.labels[0]}: "
        + ", ".join(f"{cell.words} in {column}" for column, cell in zip(table.columns[:2], row.cells, strict=False))
        for row in rows
    )
    return "; ".join(lines) + ". The table beside the chart says the same."


def _row(group: Element, row: Row, columns: Sequence[str], largest: int, top: int) -> int:
    """One line of the table from there on, and where it ends."""
    for line in wrap(row.labels[0], LETTERS):
        _words(group, line, 0, top, {"font-weight": "bold"})
        top += LINE
    for column, cell, looks in zip(columns, row.cells, SERIES, strict=False):
        if not cell.applies:
            continue
        length = round(LONGEST_BAR * (cell.number or 0) / largest)
        if length:
            bar = {"x": "1", "y": str(top + 2), "width": str(length), "height": str(LINE - 5), **looks}
            SubElement(group, "rect", bar)
        _words(group, _beside(cell, column), length + 6 if length else 1, top, {})
        top += LINE
    return top


def _beside(cell: Cell, column: str) -> str:
    period = column.rpartition(", ")[2]
    words = f"{cell.number} in 10" if cell.unit is Unit.IN_TEN and cell.number is not None else cell.words
    return f"{_short(period)}: {words}"


def _short(period: str) -> str:
    """April to June 2026 has no room beside a bar."""
    return period.rpartition(" ")[2]


def _words(group: Element, text: str, x: int, top: int, looks: dict[str, str]) -> None:
    SubElement(group, "text", {"x": str(x), "y": str(top + FONT), **looks}).text = text

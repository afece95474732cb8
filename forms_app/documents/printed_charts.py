"""Draws a table of figures as bars, for paper: a picture with the same numbers, of which the table beside it says everything in words."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from PIL import Image, ImageDraw, ImageFont

from forms_app.documents import fonts
from forms_app.documents.contexts import Drawn, FiguresReport, FiguresTable, Value

DOTS_PER_MM = 8
"""About 200 to the inch."""
WIDTH_MM, ROW_MM, BAR_MM, LABEL_MM, VALUE_MM = 166, 7, 4.4, 62, 38
TEXT_MM = 3.3
INK, BAR, RULE, PAPER = (11, 12, 12), (18, 67, 109), (177, 180, 182), (255, 255, 255)
ELLIPSIS = "…"
NOT_IN_THE_FONT = "·"


@dataclass(frozen=True, slots=True)
class Chart:
    """One picture, with the words for whoever does not see it."""

    alternative: str
    width_mm: int
    height_mm: int
    png: bytes


def charts_of(context: Value) -> tuple[Chart | None, ...]:
    """The picture of each table of figures; None for one that is not drawn."""
    tables = context.tables if isinstance(context, FiguresReport) else ()
    return tuple(bars(table) if table.drawn is Drawn.BARS else None for table in tables)


@lru_cache(64)
def bars(table: FiguresTable) -> Chart:
    """One bar a row, as long as the number in its second column. The same table gives the same bytes."""
    lengths = [_number(row[1]) for row in table.rows]
    longest = max((length for length in lengths if length), default=1)
    height = ROW_MM * len(table.rows) + 2
    picture = Image.new("RGB", (_dots(WIDTH_MM), _dots(height)), PAPER)
    draw = ImageDraw.Draw(picture)
    room = WIDTH_MM - LABEL_MM - VALUE_MM
    draw.line([(_dots(LABEL_MM), 0), (_dots(LABEL_MM), _dots(height))], fill=RULE, width=3)
    for number, (row, length) in enumerate(zip(table.rows, lengths, strict=True)):
        top, middle = ROW_MM * number + 1, ROW_MM * number + 1 + ROW_MM / 2
        end = LABEL_MM + room * (length or 0) / longest
        if length:
            box = [_dots(LABEL_MM), _dots(top + (ROW_MM - BAR_MM) / 2), _dots(end), _dots(top + (ROW_MM + BAR_MM) / 2)]
            draw.rectangle(box, fill=BAR)
        draw.text(
            (_dots(LABEL_MM - 2), _dots(middle)), _fitted(row[0], LABEL_MM - 4), fill=INK, font=_font(), anchor="rm"
        )
        draw.text((_dots(end + 2), _dots(middle)), _fitted(row[1], VALUE_MM - 3), fill=INK, font=_font(), anchor="lm")
    return Chart(" ".join(" ".join(_said(table)).split()), WIDTH_MM, height, _png(picture))


def _said(table: FiguresTable) -> Iterator[str]:
    yield f"Bar chart of the table that follows: {table.title}."
    yield "; ".join(f"{row[0]}: {row[1]}" for row in table.rows) + "."


def _number(cell: str) -> int | None:
    digits = cell.replace(",", "")
    return int(digits) if digits.isascii() and digits.isdigit() else None


def _fitted(text: str, millimetres: float) -> str:
    """The text, cut where it would be too long: the table has all of it."""
    known = fonts.own(fonts.TEXT[0])
    line = "".join(letter if ord(letter) in known else NOT_IN_THE_FONT for letter in " ".join(text.split()))
    while line and _font().getlength(line) > _dots(millimetres):
        line = line.rstrip(ELLIPSIS)[:-1].rstrip() + ELLIPSIS if len(line) > 2 else ""
    return line


def _png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG", dpi=(DOTS_PER_MM * 25.4,) * 2)
    return file.getvalue()


def _dots(millimetres: float) -> int:
    return round(millimetres * DOTS_PER_MM)


@cache
def _font() -> ImageFont.FreeTypeFont:
    content = io.BytesIO(fonts.contents()[fonts.TEXT[0]])
    return ImageFont.truetype(content, _dots(TEXT_MM), layout_engine=ImageFont.Layout.BASIC)

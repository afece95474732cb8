"""The annual and the quarterly report: the Board's numbers as its page of numbers shows them, each explained, and a few texts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from forms_app.db.numbers import writers_of_notes
from forms_app.db.report_tables import BoardReport
from forms_app.db.tables import Board
from forms_app.documents import contexts as say
from forms_app.documents.catalogue import ANNUAL_REPORT, QUARTERLY_REPORT, kind_of
from forms_app.domain.numbers import Numbers, Row, Table, Unit
from forms_app.domain.periods import Period
from forms_app.domain.suppression import SMALLEST
from forms_app.domain.working_days import spell_date
from forms_app.services.numbers import numbers_of
from forms_app.services.report_kinds import Draft, Question, heading_of, period_of
from forms_app.services.work import Work

INTRODUCTION, LEARNED, DONE, NOTE = "introduction", "learned", "done", "note-"
TEXTS = {LEARNED: "What the Board learned", DONE: "What the Board did"}
NO_NAMES = "Do not name anybody, and do not write a number that a table does not show."
NOT_COUNTED = (
    "The numbers of this period are not all counted yet. You can write the report now, and prepare it when they are."
)
MOST_BARS = 30
MOST_CELLS = 6
"""Columns of figures side by side on a page."""


@dataclass(frozen=True, slots=True)
class FiguresReports:
    """Of a year or of a quarter."""

    code: str
    is_annual: bool

    def parts(self, work: Work, board: Board) -> tuple[tuple[str, str], ...]:
        return (("", kind_of(self.code).title),)

    def takes(self, period: Period) -> bool:
        return (period.quarter is None) == self.is_annual

    def draft(self, work: Work, report: BoardReport) -> Draft:
        period = period_of(report)
        numbers = numbers_of(work, report.board_id, period)
        title = kind_of(self.code).title
        context = say.FiguresReport(
            heading=heading_of(work, report, f"{title}: {period.title}"),
            facts=tuple(_facts(numbers)),
            introduction=(),
            tables=tuple(part for table in numbers.tables for part in _printed(table)),
            how=tuple(_how(numbers)),
            texts=(),
        )
        notes = {f"The explanation of “{table.title}”": table.note for table in numbers.tables if table.note}
        not_yet = NOT_COUNTED if numbers.counted_on is None else ""
        writers = writers_of_notes(work.session, report.board_id, period.code)
        return Draft(context, tuple(_questions(numbers)), notes, not_yet, writers)

    def filled(self, context: say.Value, texts: Mapping[str, str]) -> say.Value:
        assert isinstance(context, say.FiguresReport)
        introduction = (
            (say.Answer(question="Introduction", answer=texts[INTRODUCTION]),) if INTRODUCTION in texts else ()
        )
        return context.model_copy(
            update={
                "introduction": introduction,
                "tables": tuple(_explained(table, texts) for table in context.tables),
                "texts": tuple(
                    say.Answer(question=title, answer=texts[name]) for name, title in TEXTS.items() if name in texts
                ),
            }
        )


ANNUAL, QUARTERLY = FiguresReports(ANNUAL_REPORT, is_annual=True), FiguresReports(QUARTERLY_REPORT, is_annual=False)


def _questions(numbers: Numbers) -> Iterator[Question]:
    yield Question(INTRODUCTION, "Introduction", NO_NAMES, needed=True)
    for table in numbers.not_explained:
        hint = f"{table.counts} Say why the figures are as they are, and what changed since the year before. {NO_NAMES}"
        yield Question(_note_on(table.title), f"What explains “{table.title}”?", hint, needed=True)
    for name, title in TEXTS.items():
        yield Question(name, title, NO_NAMES, needed=True)


def _facts(numbers: Numbers) -> Iterator[say.Fact]:
    yield say.Fact(name="Period", value=numbers.period.title)
    yield say.Fact(name="Escalations begun in it", value=numbers.total.words)
    yield say.Fact(name=f"In {numbers.period.year_before.title}", value=numbers.total_before.words)
    if numbers.counted_on is not None:
        yield say.Fact(name="Counted as of", value=spell_date(numbers.counted_on))


def _how(numbers: Numbers) -> Iterator[str]:
    yield "An escalation belongs to the period in which it was begun."
    yield (
        f"“Not shown” stands where fewer than {SMALLEST} were counted, or where the number would let somebody work out one "
        "that is not shown. So that nobody can be recognised, such numbers are shown nowhere."
    )
    yield from numbers.left_out


def _printed(table: Table) -> Iterator[say.FiguresTable]:
    """The table; one with more columns than fit on a page as several, one under the other."""
    if table.missing or not table.rows:
        yield say.FiguresTable(
            title=table.title,
            counts=table.counts,
            drawn=say.Drawn.NOT,
            columns=(),
            rows=(),
            total=(),
            nothing=(table.missing or "There is nothing to count.",),
            notes=_notes(table),
        )
    for first in range(0, len(table.columns) if table.rows and not table.missing else 0, MOST_CELLS):
        columns = slice(first, first + MOST_CELLS)
        yield say.FiguresTable(
            title=table.title if first == 0 else f"{table.title}, continued",
            counts=table.counts,
            drawn=say.Drawn.BARS if first == 0 and _can_be_drawn(table) else say.Drawn.NOT,
            columns=("Of which", *table.columns[columns]),
            rows=tuple((_named(row), *(cell.words for cell in row.cells[columns])) for row in table.rows),
            total=(),
            nothing=(),
            notes=_notes(table) if first == 0 else (),
        )


def _named(row: Row) -> str:
    return " – ".join(row.labels)


def _can_be_drawn(table: Table) -> bool:
    """A picture of many bars cannot be read, nor one in which some bars are parts of others; and one without a number says nothing."""
    first = [row.cells[0] for row in table.rows]
    return (
        2 <= len(first) <= MOST_BARS
        and len({len(row.labels) for row in table.rows}) == 1
        and all(cell.unit is Unit.ESCALATIONS for cell in first)
        and any(cell.number for cell in first)
    )


def _note_on(title: str) -> str:
    return NOTE + re.sub("[^a-z0-9]+", "-", title.lower())


def _notes(table: Table) -> tuple[str, ...]:
    return (table.note,) if table.note else ()


def _explained(table: say.FiguresTable, texts: Mapping[str, str]) -> say.FiguresTable:
    """With what was typed where the page of numbers has no note."""
    found = texts.get(_note_on(table.title))
    return table if found is None else table.model_copy(update={"notes": (found,)})

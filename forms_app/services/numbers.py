"""The Board's numbers: what was counted of its quarters, as far as it may be told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from forms_app.db import numbers as rows
from forms_app.db.boards import board_of, names_of_agencies
from forms_app.domain.access import May
from forms_app.domain.errors import NotFound
from forms_app.domain.figures import Part, Quarter, Stays, all_of
from forms_app.domain.numbers import HIDDEN, NOTHING, Cell, Numbers, Row, Table, Unit
from forms_app.domain.periods import QUARTERS, Period
from forms_app.domain.suppression import (
    MANY,
    SMALLEST,
    TEN,
    Path,
    Span,
    Told,
    spans,
    tenths,
    told_of_quarter,
    told_of_year,
)
from forms_app.domain.working_days import uk_date
from forms_app.services.directory import person_who_may
from forms_app.services.figure_words import SPLIT, TITLES, Words, limits_of
from forms_app.services.work import Work

BY_QUARTER, TIMES, DELIVERIES = "quarters", "times", "deliveries"
OF_A_QUARTER = (Part.AGENCIES, Part.STAGE, Part.REASON, Part.LEVEL, Part.LIMITS)
"""The tables that a quarter has. The others have first lines of these, and what is below a first line is of a year alone."""
TABLES = (BY_QUARTER, *(part.value for part in TITLES), TIMES, DELIVERIES)
"""The ids of every table that there can be."""
NOT_ASKED = "The policy of this Board does not ask for the level of need."
TOO_FEW = f"Fewer than {SMALLEST} escalations began in this period, so nothing more of them is shown."
TOO_FEW_STAYS = f"At no stage have {TEN} stays ended."
TOO_FEW_IN_QUARTER = (
    f"Fewer than {SMALLEST} escalations began in this quarter, or in the one before it with which it is counted together. So it has no "
    "number of its own."
)
NO_TABLES = (
    f"A quarter has tables only where {MANY} escalations or more began in the year before. From those of fewer it could be worked out "
    "what single ones were about. The tables of the year are shown when it is over."
)
OTHERS = "All others together"


@dataclass(frozen=True, slots=True)
class Year:
    """A year of which quarters are counted."""

    period: Period
    is_counted: bool
    """All of it."""
    quarters: tuple[Period, ...]
    """Those that are counted."""


def periods_counted(work: Work, *, by: UUID) -> tuple[Year, ...]:
    """The years of this person's Board of which something is counted, the newest first. Raises NotFound."""
    person = person_who_may(work, by, May.SEE_NUMBERS)
    found = {Period.read(code) for code in rows.counted_periods(work.session, person.board_id)}
    years = sorted({each.year for each in found if each is not None}, reverse=True)
    own = {year: tuple(each for each in Period(year).quarters if each in found) for year in years}
    return tuple(Year(Period(year), len(own[year]) == len(QUARTERS), own[year]) for year in years)


def numbers_for(work: Work, *, by: UUID, period: Period) -> Numbers:
    """What is told of a period of this person's Board. Raises NotFound, also where it is not counted yet."""
    person = person_who_may(work, by, May.SEE_NUMBERS)
    found = numbers_of(work, person.board_id, period)
    if found.counted_on is None:
        raise NotFound
    return found


def numbers_to_take_away(work: Work, *, by: UUID, period: Period) -> Numbers:
    """The same, for a file that leaves; it is noted who took it. Raises NotFound."""
    found = numbers_for(work, by=by, period=period)
    work.note("numbers_exported", person=by, board=person_who_may(work, by, May.SEE_NUMBERS).board_id, code=period.code)
    return found


def numbers_of(work: Work, board_id: UUID, period: Period) -> Numbers:
    """What is told of this period of a Board's. Whoever asks for it for somebody has asked the table of permissions."""
    years = (period.year, period.year - 1, period.year - 2)
    codes = [quarter.code for year in years for quarter in Period(year).quarters]
    counted = rows.counted(work.session, board_id, codes)
    now, before = (_counted_of(each, counted) for each in (period, period.year_before))
    if now is None:
        return Numbers(period, counted_on=None, total=NOTHING, total_before=NOTHING, left_out=(), tables=())
    words = _words(work, board_id, [each for _, each in counted.values()])
    notes = rows.notes(work.session, board_id, period.code)
    said = {each: row.text for each, row in notes.items()}
    telling = _Telling(period, now, before, words, said)
    return Numbers(
        period=period,
        counted_on=now.counted_on,
        total=_cell(now.total),
        total_before=NOTHING if before is None else _cell(before.total),
        left_out=tuple(_left_out(period, now)),
        tables=tuple(telling.tables()),
    )


def _words(work: Work, board_id: UUID, quarters: Sequence[Quarter]) -> Words:
    own = board_of(work.session, board_id).policy_at(work.now)
    keys = dict.fromkeys([own, *sorted({key for each in quarters for key in each.policies})])
    policies = tuple(work.shelf.get(key) for key in keys if key in work.shelf)
    return Words(policies, names_of_agencies(work.session, board_id))


# --- one period ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Counted:
    """A period that is counted, in the quarters of its year until its end."""

    counted_on: date
    year: tuple[Quarter, ...]
    """From January on."""
    is_year: bool
    has_quarter_tables: bool
    """Whether its quarters have tables of their own, where these are whole."""

    @property
    def every_span(self) -> tuple[Span, ...]:
        return spans([quarter.total for quarter in self.year])

    @property
    def spans(self) -> tuple[Span, ...]:
        """Those of which its tables are: of a quarter it alone."""
        return self.every_span if self.is_year else tuple(each for each in self.every_span if each == self._last)

    @property
    def _last(self) -> Span:
        return Span(len(self.year) - 1, len(self.year) - 1)

    @property
    def quarters(self) -> tuple[Quarter, ...]:
        return tuple(each for span in self.spans for each in self._of(span))

    @property
    def total(self) -> int | None:
        return sum(each.total for each in self.quarters) if self.spans else None

    def told(self, part: Part, words: Words) -> Told:
        """As far as the table may be told; nothing where the total may not, or where a quarter has no tables."""
        if not self.spans or not (self.is_year or self.has_quarter_tables):
            return {}
        whole = all_of(self.quarters, part)

        def codes(way: Path) -> tuple[str, ...]:
            below = {path[len(way)] for path in whole if len(path) > len(way) and path[: len(way)] == way}
            return words.codes(part, way, below)

        if not self.is_year:
            return told_of_quarter(whole, codes(()))
        parts = [all_of(self._of(span), part) for span in self.spans]
        apart = [self.has_quarter_tables and span.is_one for span in self.spans]
        return told_of_year(parts, apart, codes)

    def _of(self, span: Span) -> tuple[Quarter, ...]:
        return self.year[span.first : span.last + 1]


def _counted_of(period: Period, counted: Mapping[str, tuple[datetime, Quarter]]) -> _Counted | None:
    """None where any quarter of it, or before it in its year, is not counted yet."""
    until = [quarter for quarter in Period(period.year).quarters if quarter.last <= period.last]
    if any(each.code not in counted for each in until):
        return None
    day, quarters = uk_date(counted[until[-1].code][0]), tuple(counted[each.code][1] for each in until)
    earlier = [counted[each.code][1].total for each in Period(period.year - 1).quarters if each.code in counted]
    told = sum(sum(earlier[span.first : span.last + 1]) for span in spans(earlier))
    return _Counted(day, quarters, period.quarter is None, has_quarter_tables=told >= MANY)


def _left_out(period: Period, now: _Counted) -> Iterator[str]:
    if period.quarter is not None:
        if not now.spans:
            yield TOO_FEW_IN_QUARTER
        elif not now.has_quarter_tables:
            yield NO_TABLES
        return
    for span in now.spans:
        if not span.is_one:
            yield f"{_name(span)} are counted together, because fewer than {SMALLEST} escalations began in a quarter."
    first = now.spans[-1].last + 1 if now.spans else 0
    if first < len(now.year):
        rest = _name(Span(first, len(now.year) - 1))
        yield f"{rest}: fewer than {SMALLEST} escalations began. They are in no total and no table of this year."


def _name(span: Span) -> str:
    """January to June."""
    first, last = QUARTERS[span.first + 1], QUARTERS[span.last + 1]
    return f"{first.partition(' ')[0]} to {last.rpartition(' ')[2]}"


def _cell(count: int | None, unit: Unit = Unit.ESCALATIONS) -> Cell:
    return HIDDEN if count is None else Cell(count, unit)


# --- its tables ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Telling:
    """Puts what is told of a period beside what is told of the same a year earlier."""

    period: Period
    now: _Counted
    before: _Counted | None
    words: Words
    notes: Mapping[str, str]

    def tables(self) -> Iterator[Table]:
        yield self._of_quarters()
        if self.now.is_year or self.now.has_quarter_tables:
            for part in TITLES if self.now.is_year else OF_A_QUARTER:
                yield self._of_part(part)
        if self.now.is_year:
            yield self._of_times()
            yield self._of_deliveries()

    def _of_part(self, part: Part) -> Table:
        title, counts = TITLES[part]
        told = self.now.told(part, self.words)
        before = None if self.before is None else self.before.told(part, self.words)
        missing = TOO_FEW if not told else ""
        if part is Part.LEVEL and not self.words.asks_level:
            missing = NOT_ASKED
        below: dict[Path, list[Path]] = {}
        for path in {**told, **(before or {})}:
            if path:
                below.setdefault(path[:-1], []).append(path)
        lines = () if missing else tuple(self._lines(part, (), below, told, before))
        return self._table(part.value, title, f"{counts}.", self._columns(), lines, missing)

    def _lines(
        self, part: Part, way: Path, below: Mapping[Path, Sequence[Path]], told: Told, before: Told | None
    ) -> Iterator[Row]:
        """The lines below a way: the first ones all; below one of them those that are told, and the others together."""
        listed = below.get(way, ())
        if not way and part in SPLIT and part is not Part.OUTCOME:
            listed = [path for path in listed if path == (SPLIT[part],)]
        codes = self.words.codes(part, way, {path[-1] for path in listed})
        in_order = sorted(listed, key=lambda path: codes.index(path[-1]))
        is_short = len(way) > 0
        for path in in_order:
            cells = (self._one(told, path), NOTHING if before is None else self._one(before, path))
            if is_short and not any(cell.number for cell in cells):
                continue
            yield Row(self._labels(part, path), cells)
            yield from self._lines(part, path, below, told, before)
        if is_short and in_order:
            cells = (_others(told, way), NOTHING if before is None else _others(before, way))
            if any(cell.number for cell in cells):
                yield Row((*self._labels(part, way), OTHERS), cells)

    def _labels(self, part: Part, path: Path) -> tuple[str, ...]:
        return tuple(self.words.label(part, path[: length + 1]) for length in range(len(path)))

    def _one(self, told: Told, path: Path) -> Cell:
        """What no line tells is nothing where the line above is told and has parts that are, and hidden anywhere else."""
        if path in told:
            return _cell(told[path])
        above = told.get(path[:-1])
        if above is None:
            return HIDDEN
        siblings = [each for each in told if each[:-1] == path[:-1] and each]
        is_nothing = above == 0 or (siblings and all(told[each] is not None for each in siblings))
        return Cell(0) if is_nothing else HIDDEN

    def _columns(self) -> tuple[str, ...]:
        return (self.period.title, self.period.year_before.title)

    def _table(
        self, code: str, title: str, counts: str, columns: tuple[str, ...], lines: tuple[Row, ...], missing: str
    ) -> Table:
        return Table(code, title, counts, columns, lines, missing, self.notes.get(code, ""))

    # --- of a year alone ---

    def _of_quarters(self) -> Table:
        wanted = [Span(number, number) for number in range(len(self.now.year))]
        together = {span for each in self._both() for span in each.every_span if not span.is_one}
        lines = tuple(
            Row(
                (_name(span) + ("" if span.is_one else " together"),),
                (_in_span(self.now, span), NOTHING if self.before is None else _in_span(self.before, span)),
            )
            for span in [*wanted, *sorted(together, key=lambda span: (span.first, span.last))]
        )
        counts = "Escalations by the quarter in which they began."
        years = (str(self.period.year), str(self.period.year - 1))
        return self._table(BY_QUARTER, "Quarters", counts, years, lines, "")

    def _both(self) -> list[_Counted]:
        return [each for each in (self.now, self.before) if each is not None]

    def _of_times(self) -> Table:
        counts = (
            "Stays at each stage that have ended: about how many in ten kept every limit of the stage, the median of working days, "
            f"and how many working days the five longest lasted at least. Only stages with {TEN} stays or more are listed."
        )
        columns = tuple(
            f"{what}, {title}" for what in ("Kept", "Median", "Five longest, at least") for title in self._columns()
        )
        every = (
            Row((self._stage(code),), _in_turn([_time(each, code) for each in (self.now, self.before)]))
            for code, _ in self.words.stages
        )
        lines = tuple(row for row in every if any(cell.number is not None for cell in row.cells))
        return self._table(TIMES, "Time at each stage", counts, columns, lines, "" if lines else TOO_FEW_STAYS)

    def _stage(self, code: str) -> str:
        limits = limits_of(dict(self.words.stages)[code])
        return f"{self.words.stage(code)} (limits: {limits})" if limits else self.words.stage(code)

    def _of_deliveries(self) -> Table:
        counts = f"Documents sent to somebody: about how many in ten. Told of {TEN} or more."
        lines = tuple(
            Row((label,), tuple(_share_of_deliveries(each, number) for each in (self.now, self.before)))
            for number, label in enumerate(("Taken by a mail server and not sent back", "Answered, or said to be read"))
        )
        title = "Delivery and acknowledgement"
        return self._table(
            DELIVERIES,
            title,
            counts,
            self._columns(),
            lines if self.now.spans else (),
            "" if self.now.spans else TOO_FEW,
        )


def _others(told: Told, way: Path) -> Cell:
    """What is left of a line when those of its parts that are told are taken away; anybody can subtract it."""
    whole = told.get(way)
    if whole is None:
        return HIDDEN
    return Cell(whole - sum(count or 0 for path, count in told.items() if path[:-1] == way and path))


def _in_span(counted: _Counted, span: Span) -> Cell:
    """What began in some quarters, where that is told or is the sum of what is told."""
    inside = [each for each in counted.every_span if span.first <= each.first and each.last <= span.last]
    if sum(each.last - each.first + 1 for each in inside) != span.last - span.first + 1:
        return HIDDEN
    return Cell(sum(quarter.total for quarter in counted.year[span.first : span.last + 1]))


def _time(counted: _Counted | None, code: str) -> tuple[Cell, ...]:
    if counted is None:
        return NOTHING, NOTHING, NOTHING
    stays = [each for quarter in counted.quarters for each in quarter.stays if f"{each.route}/{each.stage}" == code]
    kept = sum(each.count for each in stays if each.kept)
    late = sum(each.count for each in stays if each.kept is False)
    days = _days(stays)
    if days.total() < TEN:
        return HIDDEN, HIDDEN, HIDDEN
    in_order = sorted(days.elements())
    shown = (in_order[(len(in_order) - 1) // 2], in_order[-SMALLEST])
    return _cell(tenths(kept, late), Unit.IN_TEN), *(Cell(each, Unit.WORKING_DAYS) for each in shown)


def _days(stays: Sequence[Stays]) -> Counter[int]:
    found = Counter[int]()
    for each in stays:
        found[each.working_days] += each.count
    return found


def _share_of_deliveries(counted: _Counted | None, number: int) -> Cell:
    if counted is None:
        return NOTHING
    sent = sum(each.deliveries for each in counted.quarters)
    yes = sum((each.delivered, each.acknowledged)[number] for each in counted.quarters)
    return _cell(tenths(yes, sent - yes), Unit.IN_TEN)


def _in_turn(cells: Sequence[Sequence[Cell]]) -> tuple[Cell, ...]:
    """The first of each, then the second of each."""
    return tuple(each for together in zip(*cells, strict=True) for each in together)

"""Counts each quarter of each Board once, four weeks after its end: from then on its numbers stand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from forms_app.db import numbers as rows
from forms_app.db.figure_tables import QuarterCount
from forms_app.domain.figures import COUNTED_AFTER, Quarter
from forms_app.domain.periods import Period
from forms_app.domain.working_days import uk_date
from forms_app.services.work import Work
from forms_app.services.workshop import Workshop

MOST_IN_A_TURN = 8


def count_quarters(workshop: Workshop) -> bool:
    """Counts what is due, a few quarters at a time: whether there is more. Count the register's rows first."""
    with workshop.reading() as work:
        due = [(board, period) for board in rows.every_board(work.session) for period in _due(work, board)]
    for board_id, period in due[:MOST_IN_A_TURN]:
        with workshop.reading() as work:  # of very many it takes seconds, in which others write
            counted = counted_anew(work, board_id, period)
        with workshop.writing() as work:
            if period in _due(work, board_id):
                _keep(work, board_id, period, counted)
    return len(due) > MOST_IN_A_TURN


def counted_anew(work: Work, board_id: UUID, period: Period) -> Quarter:
    """What there is now of the escalations that began in a quarter."""
    when = rows.When(board_id, period.since, period.until, uk_date(work.now))
    return rows.count_quarter(work.session, when)


def is_settled(period: Period, now: datetime) -> bool:
    """Whether it is time to count this period."""
    return now >= period.until + COUNTED_AFTER


def _due(work: Work, board_id: UUID) -> tuple[Period, ...]:
    """The quarters that are to be counted, from the year in which the Board's first escalation began."""
    first = rows.first_begun(work.session, board_id)
    if first is None:
        return ()
    there = rows.counted_periods(work.session, board_id)
    return tuple(each for each in _settled(uk_date(first).year, work.now) if each.code not in there)


def _settled(year: int, now: datetime) -> Iterator[Period]:
    while True:
        for quarter in Period(year).quarters:
            if not is_settled(quarter, now):
                return
            yield quarter
        year += 1


def _keep(work: Work, board_id: UUID, period: Period, counted: Quarter) -> None:
    row = QuarterCount(board_id=board_id, period=period.code, counted_at=work.now, counts=counted.as_json())
    work.session.add(row)
    work.session.flush()
    work.note("quarter_counted", board=board_id, about=row.id, code=period.code)

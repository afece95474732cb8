"""Every read of the register's pages, by name. Each is told to one person of a Board's office, and leaves out what is not theirs to see."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, func, literal, or_, select, tuple_, union_all
from sqlalchemy.orm import InstrumentedAttribute, Session

from forms_app.db.places import interest_in
from forms_app.db.register_tables import CONVENES, IS_OPEN, IS_QUIET, LACKS
from forms_app.db.tables import Agency, RegisterAgency, RegisterEntry, RegisterStay
from forms_app.domain.register import State
from forms_app.domain.register_filters import Filters, Mark, Only, Sort

MOST_COUNTED = 250
"""Nobody counts further: at a million rows a total would be read from all of them."""
OF_ONE_AGENCY = 4
"""So many times the most, of the newest rows of an agency, are looked through before all of them are."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Part:
    """One part of an order: these rows, by this column and then by id, both in the same direction."""

    column: InstrumentedAttribute[Any]
    descending: bool = False
    only: tuple[ColumnElement[bool], ...] = ()


_ORDERS: Mapping[Sort, tuple[_Part, ...]] = {
    Sort.NEWEST: (_Part(RegisterEntry.opened_at, descending=True),),
    Sort.OLDEST: (_Part(RegisterEntry.opened_at),),
    Sort.DUE: (
        _Part(RegisterEntry.due_at, only=(RegisterEntry.due_at.is_not(None),)),
        _Part(RegisterEntry.opened_at, descending=True, only=(RegisterEntry.due_at.is_(None),)),
    ),
    Sort.RECORDED: (_Part(RegisterEntry.recorded_at, descending=True),),
    Sort.REFERENCE: (_Part(RegisterEntry.reference),),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """By whom the register is asked, for what, at which moment."""

    board_id: UUID
    person_id: UUID
    filters: Filters
    now: datetime


@dataclass(frozen=True, slots=True)
class RowsOfPage:
    """Some rows of the register in its order, each with the place that a page beside it begins at."""

    rows: tuple[RegisterEntry, ...]
    marks: tuple[Mark, ...]
    has_before: bool
    has_after: bool


def page_of(
    session: Session, asked: Asked, size: int, *, after: Mark | None = None, before: Mark | None = None
) -> RowsOfPage:
    """So many rows after a mark, or before one, or from the beginning. A mark of nothing is the beginning."""
    backwards = before is not None
    start = _start(session, asked, before or after)
    found = list(_read(session, asked, size + 1, start, backwards=backwards and start is not None))
    more, found = len(found) > size, found[:size]
    if backwards and start is not None:
        if len(found) < size:  # whoever goes back to the beginning sees a whole page
            return page_of(session, asked, size)
        found.reverse()
        has_before, has_after = more, True
    else:
        has_before, has_after = start is not None, more
    return RowsOfPage(
        tuple(row for _, row in found), tuple(_mark(asked, *each) for each in found), has_before, has_after
    )


def count_up_to(session: Session, asked: Asked, most: int = MOST_COUNTED) -> int:
    """How many rows there are; one more than the most where there are more."""
    if asked.filters.receiving is None:
        return session.scalar(_count(_rows_like(asked, select(RegisterEntry.escalation_id)), most)) or 0
    found, seen = _of_one_agency(session, asked, most)
    if found > most or seen < OF_ONE_AGENCY * most:
        return found
    wanted = _rows_like(asked, select(RegisterEntry.escalation_id))
    # In this order, or all rows would be walked to find that an agency has none.
    return session.scalar(_count(wanted.order_by(RegisterAgency.opened_at), most)) or 0


def _of_one_agency(session: Session, asked: Asked, most: int) -> tuple[int, int]:
    """How many rows there are among the newest that an agency receives, and how many these are: PostgreSQL would read all of them."""
    own = select(RegisterAgency.escalation_id).where(RegisterAgency.agency_id == asked.filters.receiving)
    newest = own.order_by(RegisterAgency.opened_at.desc()).limit(OF_ONE_AGENCY * most).cte("newest")
    conditions = (*on_the_register(asked.board_id, asked.person_id), *_conditions(asked.filters, asked.now))
    wanted = select(RegisterEntry.escalation_id).join(newest, newest.c.escalation_id == RegisterEntry.escalation_id)
    seen = select(func.count()).select_from(newest)
    found, all_seen = session.execute(
        select(_count(wanted.where(*conditions), most).scalar_subquery(), seen.scalar_subquery())
    ).one()
    return found, all_seen


def _count(wanted: Select[Any], most: int) -> Select[int]:
    return select(func.count()).select_from(wanted.limit(most + 1).subquery())


@dataclass(frozen=True, slots=True)
class Between:
    """The agencies of some rows, and the stays that some of them have behind them on another route."""

    raising: Mapping[UUID, str]
    """Agency → name."""
    receiving: Mapping[UUID, tuple[str, ...]]
    """Row → names."""
    came_from: Mapping[UUID, tuple[str, str]]
    """Row → the route and the stage from which it joined another route."""


def between(session: Session, rows: Sequence[RegisterEntry]) -> Between:
    ids = [row.escalation_id for row in rows]
    names = select(Agency.id, Agency.name).where(Agency.id.in_({row.raising_id for row in rows}))
    named = (
        select(RegisterAgency.escalation_id, Agency.name)
        .join(Agency, Agency.id == RegisterAgency.agency_id)
        .where(RegisterAgency.escalation_id.in_(ids))
        .order_by(Agency.name)
    )
    receiving: dict[UUID, list[str]] = {}
    for row, name in session.execute(named):
        receiving.setdefault(row, []).append(name)
    stays = (
        select(RegisterStay.escalation_id, RegisterStay.route, RegisterStay.stage)
        .join(RegisterEntry, RegisterEntry.escalation_id == RegisterStay.escalation_id)
        .where(RegisterStay.escalation_id.in_(ids), RegisterStay.route != RegisterEntry.route)
        .order_by(RegisterStay.number)
    )
    return Between(
        raising={agency: name for agency, name in session.execute(names)},  # noqa: C416  # the rows are no pairs to mypy
        receiving={row: tuple(found) for row, found in receiving.items()},
        came_from={row: (route, stage) for row, route, stage in session.execute(stays)},
    )


def policies_had(session: Session, board_id: UUID, keys: Sequence[str]) -> Collection[str]:
    """Those of these policies under which this Board ever had an escalation."""
    had = [
        select(literal(key)).where(exists().where(RegisterEntry.board_id == board_id, RegisterEntry.policy_key == key))
        for key in keys
    ]
    return set(session.scalars(union_all(*had))) if had else set()


# --- which rows --------------------------------------------------------------------------------------------------


def on_the_register(board_id: UUID, person_id: UUID) -> tuple[ColumnElement[bool], ...]:
    """Whether the Board was told of an escalation, it is still there, and this person declared no interest in it."""
    return (
        RegisterEntry.board_id == board_id,
        RegisterEntry.told_at.is_not(None),
        RegisterEntry.destroyed_at.is_(None),
        ~interest_in(RegisterEntry.escalation_id, person_id),
    )


def _rows_like(asked: Asked, wanted: Select[Any]) -> Select[Any]:
    found = wanted.where(*on_the_register(asked.board_id, asked.person_id), *_conditions(asked.filters, asked.now))
    if asked.filters.receiving is not None:
        found = found.join(RegisterAgency, RegisterAgency.escalation_id == RegisterEntry.escalation_id)
        found = found.where(RegisterAgency.agency_id == asked.filters.receiving)
    return found


_SAME: Mapping[str, InstrumentedAttribute[Any]] = {
    "policy": RegisterEntry.policy_key,
    "reason": RegisterEntry.category,
    "raising": RegisterEntry.raising_id,
    "outcome": RegisterEntry.outcome,
}
"""What is asked for, and the column that must say the same."""


def _conditions(filters: Filters, now: datetime) -> Iterable[ColumnElement[bool]]:
    entry = RegisterEntry
    yield from (column == asked for name, column in _SAME.items() if (asked := getattr(filters, name)))
    if filters.reference:
        yield from (entry.reference >= filters.reference, entry.reference < _following(filters.reference))
    if filters.stage:
        route, _, stage = filters.stage.partition(".")
        yield from (entry.route == route, entry.stage == stage)
    if filters.state is not None:
        yield IS_OPEN if filters.state is State.OPEN else entry.state == filters.state.value
    if filters.period is not None:
        yield from (entry.opened_at >= filters.period.since, entry.opened_at < filters.period.until)
    yield from _of_this_moment(filters.only, now)


def _of_this_moment(only: Only | None, now: datetime) -> Iterable[ColumnElement[bool]]:
    match only:
        case Only.OVERDUE:
            yield IS_OPEN
            yield RegisterEntry.due_at <= now
        case Only.QUIET:
            yield IS_QUIET
        case Only.UNIT:
            yield IS_OPEN
            yield or_(LACKS, CONVENES, IS_QUIET, RegisterEntry.due_at <= now)
        case None:
            return


def _following(beginning: str) -> str:
    """The first text, by its letters, that does not begin like this."""
    return beginning[:-1] + chr(ord(beginning[-1]) + 1)


# --- in which order ----------------------------------------------------------------------------------------------


def _read(
    session: Session, asked: Asked, most: int, start: tuple[int, Any, UUID] | None, *, backwards: bool
) -> Iterable[tuple[int, RegisterEntry]]:
    """Rows with the number of their part, part after part until there are enough."""
    parts = list(enumerate(_ORDERS[asked.filters.sort]))
    if backwards:
        parts.reverse()
    left = most
    for number, part in parts:
        if start is not None and (number > start[0] if backwards else number < start[0]):
            continue
        descending = part.descending != backwards
        column, row_id = _keys(asked, part)
        wanted = _rows_like(asked, select(RegisterEntry)).where(*part.only)
        if start is not None and number == start[0]:
            here = tuple_(literal(start[1], column.type), literal(start[2], row_id.type))
            keys = tuple_(column, row_id)
            wanted = wanted.where(keys < here if descending else keys > here)
        order = (column.desc(), row_id.desc()) if descending else (column, row_id)
        found = session.scalars(wanted.order_by(*order).limit(left)).all()
        yield from ((number, row) for row in found)
        left -= len(found)
        if not left:
            return


def _keys(asked: Asked, part: _Part) -> tuple[InstrumentedAttribute[Any], InstrumentedAttribute[UUID]]:
    """The columns of the order. Where one agency is asked for, its own rows have the order of opening."""
    if asked.filters.receiving is not None and part.column is RegisterEntry.opened_at:
        return RegisterAgency.opened_at, RegisterAgency.escalation_id
    return part.column, RegisterEntry.escalation_id


def _mark(asked: Asked, number: int, row: RegisterEntry) -> Mark:
    column = _ORDERS[asked.filters.sort][number].column
    value = getattr(row, column.key)
    match value:
        case datetime() if column is RegisterEntry.opened_at:
            key = ""
        case datetime():
            key = str((value - EPOCH) // timedelta(microseconds=1))
        case _:
            key = value
    return Mark(number, row.escalation_id, key)


def _start(session: Session, asked: Asked, mark: Mark | None) -> tuple[int, Any, UUID] | None:
    """The place of a mark in the order that is asked for; None where it has none."""
    parts = _ORDERS[asked.filters.sort]
    if mark is None or mark.part >= len(parts):
        return None
    column = parts[mark.part].column
    if column is RegisterEntry.opened_at:
        own = (RegisterEntry.escalation_id == mark.row, RegisterEntry.board_id == asked.board_id)
        opened = session.scalar(select(RegisterEntry.opened_at).where(*own))
        return None if opened is None else (mark.part, opened, mark.row)
    if column is RegisterEntry.reference:
        return (mark.part, mark.key, mark.row) if mark.key else None
    if not (mark.key.isascii() and mark.key.isdigit()):
        return None
    try:
        return mark.part, EPOCH + timedelta(microseconds=int(mark.key)), mark.row
    except OverflowError:
        return None

"""How many there are of something in a period of a Board's: no row of anybody leaves this module."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import Session, aliased

from forms_app.db.figure_tables import FigureNote, QuarterCount
from forms_app.db.tables import Agency, Board, RegisterAgency, RegisterEntry, RegisterStay
from forms_app.domain.figures import SEVERAL, UNSAID, Actions, CameOf, Limits, Part, Quarter, Reviews, Stays
from forms_app.domain.register import State
from forms_app.domain.suppression import Path

_ENTRY, _AGENCY, _STAY = RegisterEntry, RegisterAgency, RegisterStay


@dataclass(frozen=True, slots=True)
class When:
    """Escalations of one Board that began in a period, its end not counted, as they stand on a day."""

    board_id: UUID
    since: datetime
    until: datetime
    today: date

    def of(self, table: Any) -> list[ColumnElement[bool]]:
        return [table.board_id == self.board_id, table.opened_at >= self.since, table.opened_at < self.until]

    @property
    def entries(self) -> list[ColumnElement[bool]]:
        """Those that ever were at a stage that counts."""
        return [*self.of(_ENTRY), _ENTRY.counts.is_(True)]


def first_begun(session: Session, board_id: UUID) -> datetime | None:
    """When the first escalation of the Board began."""
    return session.scalar(select(func.min(_ENTRY.opened_at)).where(_ENTRY.board_id == board_id))


def every_board(session: Session) -> Sequence[UUID]:
    return session.scalars(select(Board.id).order_by(Board.id)).all()


# --- counting anew -------------------------------------------------------------------------------------------------


def count_quarter(session: Session, when: When) -> Quarter:
    """Counts what there is now, in the same number of statements however many there are."""
    tallies = {Part.AGENCIES: _agencies(session, when), Part.LIMITS: _limits(session, when)}
    tallies |= {part: Counter[Path]() for part in Part if part not in tallies}
    for state, route, stage, outcome, actions, reviews, came_of, count in session.execute(_standing(when)):
        tallies[Part.STAGE][state, f"{route}/{stage}"] += count
        resolved, left = state == State.RESOLVED, state == State.LEFT
        tallies[Part.OUTCOME][(state, outcome or UNSAID) if resolved else (state,)] += count
        tallies[Part.ACTIONS][(state, actions) if resolved else (state,)] += count
        tallies[Part.REVIEWS][(state, reviews) if resolved else (state,)] += count
        tallies[Part.ELSEWHERE][(state, came_of) if left else (state,)] += count
    deliveries, delivered, acknowledged, policies = 0, 0, 0, set()
    for policy, category, level, count, *circulated in session.execute(_reasons(when)):
        tallies[Part.REASON][(category,)] += count
        tallies[Part.LEVEL][(level or UNSAID,)] += count
        policies.add(policy)
        deliveries, delivered, acknowledged = (
            before + more for before, more in zip((deliveries, delivered, acknowledged), circulated, strict=True)
        )
    return Quarter(tallies, _stays(session, when), deliveries, delivered, acknowledged, tuple(sorted(policies)))


def _standing(when: When) -> Select[Any]:
    actions = case(
        (_ENTRY.actions == 0, Actions.NONE_AGREED.value),
        (_ENTRY.actions_done.is_(None), Actions.NOT_SAID.value),
        (_ENTRY.actions_done >= _ENTRY.actions, Actions.ALL.value),
        else_=Actions.SOME.value,
    )
    reviews = case(
        (_ENTRY.review_held_on.is_not(None), Reviews.HELD.value),
        (_ENTRY.review_due_on.is_(None), Reviews.NONE.value),
        (_ENTRY.review_due_on < when.today, Reviews.LATE.value),
        else_=Reviews.TO_COME.value,
    )
    came_of = case((_ENTRY.came_of_it, CameOf.SAID.value), else_=CameOf.NOT_SAID.value)
    codes: list[Any] = [_ENTRY.state, _ENTRY.route, _ENTRY.stage, _ENTRY.outcome]
    worked_out = [actions.label("actions"), reviews.label("reviews"), came_of.label("came_of")]
    inner = select(*codes, *worked_out).where(*when.entries).subquery()
    columns: list[Any] = list(inner.c)
    return select(*columns, func.count()).group_by(*columns)


def _reasons(when: When) -> Select[Any]:
    codes: list[Any] = [_ENTRY.policy_key, _ENTRY.category, _ENTRY.level_of_need]
    circulated = [func.sum(each) for each in (_ENTRY.deliveries, _ENTRY.delivered, _ENTRY.acknowledged)]
    return select(*codes, func.count(), *circulated).where(*when.entries).group_by(*codes)


def _agencies(session: Session, when: When) -> Counter[Path]:
    """By the kinds of the agencies as they are now; an escalation with several is counted once, as one with several."""
    of_agencies = select(Agency.id, Agency.kind).where(Agency.board_id == when.board_id)
    kinds = {each: kind for each, kind in session.execute(of_agencies)}  # noqa: C416  # the rows are no pairs to mypy
    raised = select(_ENTRY.raising_id, func.count()).where(*when.entries).group_by(_ENTRY.raising_id)
    other = aliased(_AGENCY)
    has_another = select(other.agency_id).where(
        other.escalation_id == _AGENCY.escalation_id, other.agency_id != _AGENCY.agency_id
    )
    with_one = (
        select(_ENTRY.raising_id, _AGENCY.agency_id, func.count())
        .join(_AGENCY, _AGENCY.escalation_id == _ENTRY.escalation_id)
        .where(*when.entries, ~has_another.exists())
        .group_by(_ENTRY.raising_id, _AGENCY.agency_id)
    )
    found, left = Counter[Path](), {raising: count for raising, count in session.execute(raised)}  # noqa: C416
    for raising, receiving, count in session.execute(with_one):
        found[kinds[raising], kinds[receiving], f"{raising}/{receiving}"] += count
        left[raising] -= count
    for raising, count in left.items():
        if count:
            found[kinds[raising], SEVERAL] += count
    return found


def _limits(session: Session, when: When) -> Counter[Path]:
    worst = func.max(case((_STAY.kept.is_(False), 2), (_STAY.kept.is_(True), 1), else_=0)).label("worst")
    each = (
        select(worst)
        .select_from(_ENTRY)
        .outerjoin(_STAY, _STAY.escalation_id == _ENTRY.escalation_id)
        .where(*when.entries)
        .group_by(_ENTRY.escalation_id)
        .subquery()
    )
    means = {0: Limits.NONE, 1: Limits.KEPT, 2: Limits.MISSED}
    rows = session.execute(select(each.c.worst, func.count()).group_by(each.c.worst))
    return Counter({(means[worst].value,): count for worst, count in rows})


def _stays(session: Session, when: When) -> tuple[Stays, ...]:
    codes: list[Any] = [_STAY.route, _STAY.stage, _STAY.working_days, _STAY.kept]
    wanted = (
        select(*codes, func.count())
        .join(_ENTRY, _ENTRY.escalation_id == _STAY.escalation_id)
        .where(*when.of(_STAY), _ENTRY.counts.is_(True), _STAY.working_days.is_not(None))
        .group_by(*codes)
    )
    rows: Sequence[Any] = session.execute(wanted).all()
    found = [Stays(*row) for row in rows]
    return tuple(sorted(found, key=lambda each: (each.route, each.stage, each.working_days, str(each.kept))))


# --- what was counted ----------------------------------------------------------------------------------------------


def counted(session: Session, board_id: UUID, periods: Sequence[str]) -> dict[str, tuple[datetime, Quarter]]:
    """What was counted of these quarters, and when, as far as they have been counted."""
    wanted = select(QuarterCount).where(QuarterCount.board_id == board_id, QuarterCount.period.in_(periods))
    rows = session.scalars(wanted.order_by(QuarterCount.period))
    return {row.period: (row.counted_at, Quarter.from_json(row.counts)) for row in rows}


def counted_periods(session: Session, board_id: UUID) -> Sequence[str]:
    """The codes of the quarters that were counted, from the first on."""
    wanted = select(QuarterCount.period).where(QuarterCount.board_id == board_id)
    return session.scalars(wanted.order_by(QuarterCount.period)).all()


def notes(session: Session, board_id: UUID, period: str) -> dict[str, FigureNote]:
    """What the business unit wrote to explain the tables of a period, by table."""
    wanted = select(FigureNote).where(FigureNote.board_id == board_id, FigureNote.period == period)
    return {row.table_id: row for row in session.scalars(wanted.order_by(FigureNote.table_id))}


def hold_notes(session: Session, board_id: UUID) -> None:
    """Whoever else explains a table of this Board waits for this transaction."""
    session.execute(select(Board.id).where(Board.id == board_id).with_for_update(key_share=True))


def writers_of_notes(session: Session, board_id: UUID, period: str) -> frozenset[UUID]:
    """Who last wrote what explains a table of a period."""
    wanted = select(FigureNote.written_by_id).where(FigureNote.board_id == board_id, FigureNote.period == period)
    return frozenset(session.scalars(wanted))

"""How often the same two agencies disagreed for the same reason: counted from the register's copy, in one way for every reader.

Also what does not count as an escalation yet, and of what the Board was not told: a concern that was recorded. Nothing that was destroyed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from forms_app.db.learning_tables import PatternLook, PatternThreshold
from forms_app.db.places import interest_in
from forms_app.db.tables import Party, RegisterAgency, RegisterEntry
from forms_app.domain.patterns import Pair
from forms_app.domain.register import State


@dataclass(frozen=True, slots=True)
class Counted:
    """How often there was one pair with one reason."""

    pair: Pair
    count: int
    told: int
    """Of how many the Board was told."""
    open: int
    newest_at: datetime


def _counts(board_id: UUID, since: datetime) -> tuple[ColumnElement[bool], ...]:
    entry = RegisterEntry
    return (
        entry.board_id == board_id,
        entry.opened_at >= since,
        entry.destroyed_at.is_(None),
    )


def counted(
    session: Session, board_id: UUID, since: datetime, *, at_least: int, most: int, after: int = 0
) -> Sequence[Counted]:
    """Every pair and reason of which there are so many since a moment, the most frequent first."""
    found = session.execute(_grouped(board_id, since, at_least).limit(most).offset(after))
    return [_counted(*row) for row in found]


def _grouped(board_id: UUID, since: datetime, at_least: int) -> Select[UUID, UUID, str, int, int, int, datetime]:
    entry, agency = RegisterEntry, RegisterAgency
    by = (entry.raising_id, agency.agency_id, entry.category)
    count, newest = func.count(), func.max(entry.opened_at)
    return (
        select(
            *by,
            count,
            func.count(entry.told_at),
            func.count().filter(entry.state == State.OPEN.value),
            newest,
        )
        .join(agency, agency.escalation_id == entry.escalation_id)
        .where(*_counts(board_id, since))
        .group_by(*by)
        .having(count >= at_least)
        .order_by(count.desc(), newest.desc(), *by)
    )


def _counted(
    raising: UUID, receiving: UUID, category: str, count: int, told: int, still_open: int, newest: datetime
) -> Counted:
    return Counted(Pair(raising, receiving, category), count, told, still_open, newest)


def count_of(session: Session, board_id: UUID, pair: Pair, since: datetime) -> Counted | None:
    """One pair and reason; None where there is none since that moment."""
    entry, agency = RegisterEntry, RegisterAgency
    wanted = _grouped(board_id, since, 1).where(
        entry.raising_id == pair.raising_id,
        agency.agency_id == pair.receiving_id,
        entry.category == pair.category,
    )
    row = session.execute(wanted).one_or_none()
    return None if row is None else _counted(*row)


def others_like(
    session: Session,
    escalation_id: UUID,
    board_id: UUID,
    *,
    raising: UUID,
    receiving: Collection[UUID],
    category: str,
    since: datetime,
) -> Mapping[UUID, int]:
    """How many others there are, by the agency with which each was raised."""
    entry, agency = RegisterEntry, RegisterAgency
    found = (
        select(agency.agency_id, func.count())
        .join(entry, entry.escalation_id == agency.escalation_id)
        .where(
            *_counts(board_id, since),
            entry.escalation_id != escalation_id,
            entry.raising_id == raising,
            entry.category == category,
            agency.agency_id.in_(receiving),
        )
        .group_by(agency.agency_id)
    )
    return {each: count for each, count in session.execute(found)}  # noqa: C416  # the rows are no pairs to mypy


def entries_of(
    session: Session, board_id: UUID, pair: Pair, since: datetime, person_id: UUID, most: int
) -> Sequence[RegisterEntry]:
    """The escalations behind a count of which the Board was told and this reader declared no interest, the newest first."""
    entry, agency = RegisterEntry, RegisterAgency
    return session.scalars(
        select(entry)
        .join(agency, agency.escalation_id == entry.escalation_id)
        .where(
            *_counts(board_id, since),
            entry.raising_id == pair.raising_id,
            entry.category == pair.category,
            agency.agency_id == pair.receiving_id,
            entry.told_at.is_not(None),
            ~interest_in(entry.escalation_id, person_id),
        )
        .order_by(entry.opened_at.desc(), entry.escalation_id)
        .limit(most)
    ).all()


def raisers_of(session: Session, escalation_ids: Collection[UUID]) -> Sequence[Party]:
    """Who raised each of these, as they hold the place today."""
    return session.scalars(
        select(Party)
        .where(Party.escalation_id.in_(escalation_ids), Party.is_raiser.is_(True))
        .options(joinedload(Party.person))
        .order_by(Party.escalation_id, Party.id)
    ).all()


# --- what the Board decided --------------------------------------------------------------------------------------


def threshold_row(session: Session, board_id: UUID, *, lock: bool = False) -> PatternThreshold | None:
    wanted = select(PatternThreshold).where(PatternThreshold.board_id == board_id)
    return session.scalars(wanted.with_for_update() if lock else wanted).one_or_none()


def last_looks(session: Session, board_id: UUID, pairs: Collection[Pair]) -> Mapping[Pair, PatternLook]:
    """When somebody last looked at each of these of which anybody did, with whom."""
    look = PatternLook
    of_these = [
        and_(look.raising_id == each.raising_id, look.receiving_id == each.receiving_id, look.category == each.category)
        for each in pairs
    ]
    if not of_these:
        return {}
    found = session.scalars(
        select(look)
        .where(look.board_id == board_id, or_(*of_these))
        .options(joinedload(look.looked_by))
        .order_by(look.at, look.id)
    )
    return {Pair(each.raising_id, each.receiving_id, each.category): each for each in found}

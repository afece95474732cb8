"""Every read and change of the registers of learning and of gaps, by name. None crosses from one Board to another."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session, joinedload

from forms_app.db.learning_tables import SAYS_LEARNING, LearningChange, LearningLine, NothingToAdd
from forms_app.db.places import interest_in
from forms_app.db.tables import RegisterEntry
from forms_app.domain.learning import Show, Wanted
from forms_app.domain.seats import Seat

OWNERS = (joinedload(LearningLine.owner_person), joinedload(LearningLine.owner_agency))


# --- what is to be routed ----------------------------------------------------------------------------------------


def to_route(session: Session, board_id: UUID, person_id: UUID, most: int) -> Sequence[RegisterEntry]:
    """The escalations with learning or a gap of which there is no line yet, and nobody said that none is needed; the oldest first."""
    wanted = _waiting(board_id, person_id).order_by(RegisterEntry.opened_at, RegisterEntry.escalation_id)
    return session.scalars(wanted.limit(most)).all()


def count_to_route(session: Session, board_id: UUID, person_id: UUID, most: int) -> int:
    """How many these are; counted no further than `most`."""
    some = _waiting(board_id, person_id).with_only_columns(RegisterEntry.escalation_id).limit(most).subquery()
    return session.scalar(select(func.count()).select_from(some)) or 0


def _waiting(board_id: UUID, person_id: UUID) -> Select[RegisterEntry]:
    entry = RegisterEntry
    has_line = select(LearningLine.id).where(LearningLine.came_from_id == entry.escalation_id).exists()
    was_left = select(NothingToAdd.id).where(NothingToAdd.escalation_id == entry.escalation_id).exists()
    return _told(board_id, person_id).where(~has_line, ~was_left)


def _told(board_id: UUID, person_id: UUID) -> Select[RegisterEntry]:
    """What outcomes say is to be learnt, of the escalations that somebody of the business unit may see."""
    entry = RegisterEntry
    return select(entry).where(
        entry.board_id == board_id,
        SAYS_LEARNING,
        entry.told_at.is_not(None),
        entry.destroyed_at.is_(None),
        ~interest_in(entry.escalation_id, person_id),
    )


def one_with_learning(
    session: Session, escalation_id: UUID, board_id: UUID, person_id: UUID, *, lock: bool = False
) -> RegisterEntry | None:
    """One of the escalations of which lines can come, whether or not there are any. With `lock`, whoever else routes it waits."""
    wanted = _told(board_id, person_id).where(RegisterEntry.escalation_id == escalation_id)
    return session.scalars(wanted.with_for_update(of=RegisterEntry) if lock else wanted).one_or_none()


def nothing_comes_of(session: Session, escalation_id: UUID) -> NothingToAdd | None:
    return session.scalars(select(NothingToAdd).where(NothingToAdd.escalation_id == escalation_id)).one_or_none()


def reference_of(session: Session, escalation_id: UUID, board_id: UUID, person_id: UUID) -> str | None:
    """The reference of an escalation, for somebody who declared no interest in it."""
    entry = RegisterEntry
    mine = (entry.board_id == board_id, ~interest_in(entry.escalation_id, person_id))
    return session.scalar(select(entry.reference).where(entry.escalation_id == escalation_id, *mine))


# --- lines -------------------------------------------------------------------------------------------------------


def lines(
    session: Session,
    board_id: UUID,
    wanted: Wanted,
    *,
    only_of: Seat | None,
    today: date,
    most: int | None = None,
    after: int = 0,
) -> Sequence[LearningLine]:
    """Open ones by when they are due, so that what is overdue comes first; then those that are done, the last first.

    `only_of` is the sub-group of a reader who sees only its lines.
    """
    found = (
        select(LearningLine)
        .where(*_which(board_id, wanted, only_of, today))
        .options(*OWNERS)
        .order_by(LearningLine.done_at.is_not(None), LearningLine.done_at.desc(), LearningLine.due_on, LearningLine.id)
    )
    return session.scalars(found if most is None else found.limit(most).offset(after)).all()


def count_lines(session: Session, board_id: UUID, wanted: Wanted, *, only_of: Seat | None, today: date) -> int:
    of_these = select(func.count()).select_from(LearningLine).where(*_which(board_id, wanted, only_of, today))
    return session.scalar(of_these) or 0


def _which(board_id: UUID, wanted: Wanted, only_of: Seat | None, today: date) -> list[ColumnElement[bool]]:
    line = LearningLine
    found: list[ColumnElement[bool]] = [line.board_id == board_id, line.kind == wanted.kind.value]
    match wanted.show:
        case Show.OPEN:
            found.append(line.done_at.is_(None))
        case Show.OVERDUE:
            found += [line.done_at.is_(None), line.due_on < today]
        case Show.DONE:
            found.append(line.done_at.is_not(None))
        case Show.EVERYTHING:
            pass
    found += [line.sub_group == each.value for each in (wanted.sub_group, only_of) if each is not None]
    if (owner := wanted.owner) is not None:
        found += [
            line.owner_person_id == owner.person_id,
            line.owner_agency_id == owner.agency_id,
            line.owner_seat == (None if owner.seat is None else owner.seat.value),
        ]
    return found


def line_of_board(
    session: Session, line_id: UUID, board_id: UUID, *, only_of: Seat | None = None, lock: bool = False
) -> LearningLine | None:
    """One line. With `lock`, whoever else changes it waits until this transaction is over."""
    wanted = select(LearningLine).where(LearningLine.id == line_id, LearningLine.board_id == board_id).options(*OWNERS)
    if only_of is not None:
        wanted = wanted.where(LearningLine.sub_group == only_of.value)
    if lock:
        wanted = wanted.with_for_update(of=LearningLine).execution_options(populate_existing=True)
    return session.scalars(wanted).one_or_none()


def changes_of(session: Session, line_id: UUID) -> Sequence[LearningChange]:
    """Who changed what of a line, the oldest first, with the people."""
    return session.scalars(
        select(LearningChange)
        .where(LearningChange.line_id == line_id)
        .options(joinedload(LearningChange.changed_by))
        .order_by(LearningChange.at, LearningChange.field, LearningChange.id)
    ).all()


def writers_of(session: Session, lines: Collection[UUID]) -> frozenset[UUID]:
    """Who wrote any of these lines, or changed anything of one."""
    return frozenset(
        session.scalars(select(LearningChange.changed_by_id).where(LearningChange.line_id.in_(lines)).distinct())
    )


def lines_for_report(
    session: Session, board_id: UUID, sub_group: Seat, *, since: datetime, until: datetime
) -> Sequence[LearningLine]:
    """What a sub-group had in a time: what was written before its end and not done before its beginning, as they are due."""
    line = LearningLine
    wanted = (
        line.board_id == board_id,
        line.sub_group == sub_group.value,
        line.written_at < until,
        or_(line.done_at.is_(None), line.done_at >= since),
    )
    return session.scalars(select(line).where(*wanted).options(*OWNERS).order_by(line.kind, line.due_on, line.id)).all()

"""Boards and their agencies: every read by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms_app.db.tables import Agency, Board


def boards(session: Session) -> Sequence[Board]:
    """Every Board, by name."""
    return session.scalars(select(Board).order_by(Board.name)).all()


def board_of(session: Session, board_id: UUID) -> Board:
    """The Board of this id, which is there."""
    return session.get_one(Board, board_id)


def hold_board(session: Session, board_id: UUID) -> Board:
    """The Board, read anew. Whoever else would change what the Board keeps for itself waits for this transaction."""
    wanted = select(Board).where(Board.id == board_id).with_for_update(key_share=True)
    return session.scalars(wanted.execution_options(populate_existing=True)).one()


def board_with_code(session: Session, code: str) -> Board | None:
    return session.scalar(select(Board).where(Board.code == code))


def agency_with_name(session: Session, board_id: UUID, name: str) -> Agency | None:
    return session.scalar(select(Agency).where(Agency.board_id == board_id, Agency.name == name))


def agencies_of_board(session: Session, board_id: UUID) -> Sequence[Agency]:
    return session.scalars(select(Agency).where(Agency.board_id == board_id).order_by(Agency.name)).all()


def names_of_agencies(session: Session, board_id: UUID) -> Mapping[UUID, str]:
    """The name of every agency that a Board has or had."""
    found = session.execute(select(Agency.id, Agency.name).where(Agency.board_id == board_id))
    return {each: name for each, name in found}  # noqa: C416  # the rows are no pairs to mypy


def agency_of_board(session: Session, board_id: UUID, agency_id: UUID, *, lock: bool = False) -> Agency | None:
    """One agency. With `lock`, whoever else changes it, or adds somebody to it, waits until this transaction is over."""
    wanted = select(Agency).where(Agency.id == agency_id, Agency.board_id == board_id)
    return session.scalar(wanted.with_for_update(key_share=True) if lock else wanted)

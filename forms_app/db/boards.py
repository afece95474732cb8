"""Boards and their agencies: every read by name."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms_app.db.tables import Agency, Board


def boards(session: Session) -> Sequence[Board]:
    """Every Board, by name."""
    return session.scalars(select(Board).order_by(Board.name)).all()


def board_with_code(session: Session, code: str) -> Board | None:
    return session.scalar(select(Board).where(Board.code == code))


def agency_with_name(session: Session, board_id: UUID, name: str) -> Agency | None:
    return session.scalar(select(Agency).where(Agency.board_id == board_id, Agency.name == name))


def agencies_of_board(session: Session, board_id: UUID) -> Sequence[Agency]:
    return session.scalars(select(Agency).where(Agency.board_id == board_id).order_by(Agency.name)).all()

"""Boards, their agencies and the people in them, found by what a person calls them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from forms_app.db.tables import Agency, Board, Person


def board_with_code(session: Session, code: str) -> Board | None:
    return session.scalar(select(Board).where(Board.code == code))


def agency_with_name(session: Session, board_id: UUID, name: str) -> Agency | None:
    return session.scalar(select(Agency).where(Agency.board_id == board_id, Agency.name == name))


def person_with_email(session: Session, email: str) -> Person | None:
    """The person with this address, also one who has left, with the Board."""
    return session.scalar(select(Person).where(Person.email == email).options(joinedload(Person.board)))

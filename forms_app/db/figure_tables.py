"""The tables of the Board's numbers: what was counted of each quarter, once, and what the business unit says of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from forms_app.db.sealing import SealedText
from forms_app.db.tables import Base, _id


class QuarterCount(Base):
    """What was counted of the escalations that began in one quarter. It is never counted again: a difference would tell of somebody."""

    __tablename__ = "quarter_counts"
    __table_args__ = (UniqueConstraint("board_id", "period"),)

    id: Mapped[UUID] = _id()
    board_id: Mapped[UUID] = mapped_column(ForeignKey("boards.id"))
    period: Mapped[str]
    """The code of a quarter."""
    counted_at: Mapped[datetime]
    counts: Mapped[dict[str, Any]]
    """A `domain.figures.Quarter`: codes, ids and numbers, also those that nobody is told."""


class FigureNote(Base):
    """What the business unit wrote to explain one table of one period."""

    __tablename__ = "figure_notes"
    __table_args__ = (UniqueConstraint("board_id", "period", "table_id"),)

    id: Mapped[UUID] = _id()
    board_id: Mapped[UUID] = mapped_column(ForeignKey("boards.id"))
    period: Mapped[str]
    table_id: Mapped[str]
    text: Mapped[str] = mapped_column(SealedText("figure_notes.text"))
    written_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    written_at: Mapped[datetime]

"""The tables of sets of documents, and of how many documents somebody took on a day."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forms_app.db.tables import Base, Document, Person, _id

Index("ix_documents_issued_at", Document.issued_at)


class DocumentSet(Base):
    """Documents of some months that one person of the Board's office wants as one file. The file itself is never stored."""

    __tablename__ = "document_sets"
    __table_args__ = (UniqueConstraint("person_id", "form_key"),)

    id: Mapped[UUID] = _id()
    board_id: Mapped[UUID] = mapped_column(ForeignKey("boards.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    """Who asked for it: what is in it follows from what they may see, and only they can download it."""
    form_key: Mapped[UUID]
    first_month: Mapped[date]
    last_month: Mapped[date]
    """Each the first day of it."""
    kinds: Mapped[list[Any]]
    formats: Mapped[list[Any]]
    documents: Mapped[int]
    """How many it was to have. It can be downloaded only while they are all there."""
    asked_at: Mapped[datetime]
    made_at: Mapped[datetime | None]
    failed_because: Mapped[str | None]
    """A `domain.sets.Failure`."""
    goes_at: Mapped[datetime]

    person: Mapped[Person] = relationship(lazy="raise")


class DocumentSetItem(Base):
    """One document of a set, or one that was left out of it."""

    __tablename__ = "document_set_items"
    __table_args__ = (UniqueConstraint("set_id", "number"),)

    id: Mapped[UUID] = _id()
    set_id: Mapped[UUID] = mapped_column(ForeignKey("document_sets.id"))
    board_id: Mapped[UUID] = mapped_column(ForeignKey("boards.id"))
    document_id: Mapped[UUID] = mapped_column(ForeignKey("documents.id"), index=True)
    number: Mapped[int]
    left_because: Mapped[str | None]
    """A `domain.sets.LeftOut`."""
    checked_at: Mapped[datetime | None]
    """When its files were found to be those that were issued."""

    document: Mapped[Document] = relationship(lazy="raise")


class DownloadDay(Base):
    """How many de-identified documents somebody of the Board's office took on one day of the United Kingdom."""

    __tablename__ = "download_days"
    __table_args__ = (UniqueConstraint("person_id", "day"),)

    id: Mapped[UUID] = _id()
    board_id: Mapped[UUID] = mapped_column(ForeignKey("boards.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    day: Mapped[date]
    taken: Mapped[int]
    refused_at: Mapped[datetime | None]
    """When they were first refused more."""

    person: Mapped[Person] = relationship(lazy="raise")

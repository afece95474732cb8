"""The tables of the registers of learning and of gaps, and of what the Board decided about patterns. They belong to the Board."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, Index, UniqueConstraint, literal_column
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forms_app.db.sealing import SealedText
from forms_app.db.tables import Agency, Base, Person, RegisterEntry, _id

SAYS_LEARNING: ColumnElement[bool] = literal_column("(policy_gap OR CAST(learning AS TEXT) <> '[]')")
"""Whether the outcome of an escalation names learning or a gap: in these very words, because an index is only of those that do."""
Index(
    "ix_register_entries_says_learning",
    RegisterEntry.board_id,
    RegisterEntry.opened_at,
    RegisterEntry.escalation_id,
    sqlite_where=SAYS_LEARNING,
    postgresql_where=SAYS_LEARNING,
)
Index(
    "ix_register_entries_similar",
    RegisterEntry.raising_id,
    RegisterEntry.category,
    RegisterEntry.opened_at,
)


class LearningLine(Base):
    """One line of the register of learning, or of gaps: what the Board does about it, without the story of any escalation."""

    __tablename__ = "learning_lines"
    __table_args__ = (
        Index("ix_learning_lines_open", "board_id", "kind", "done_at", "due_on"),
        Index("ix_learning_lines_came_from_id", "came_from_id"),
    )

    id: Mapped[UUID] = _id()
    board_id: Mapped[UUID] = mapped_column(ForeignKey("boards.id"))
    kind: Mapped[str]
    """A `domain.learning.Kind`."""
    policy_key: Mapped[str]
    code: Mapped[str | None]
    """Which of the policy's kinds of learning it is."""
    section: Mapped[str] = mapped_column(SealedText("learning_lines.section"))
    """Of a gap: where in the policy."""
    what: Mapped[str] = mapped_column(SealedText("learning_lines.what"))
    action: Mapped[str] = mapped_column(SealedText("learning_lines.action"))
    owner_person_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    owner_agency_id: Mapped[UUID | None] = mapped_column(ForeignKey("agencies.id"))
    owner_seat: Mapped[str | None]
    """One of these three says whose it is."""
    due_on: Mapped[date]
    sub_group: Mapped[str | None]
    """The seat whose holders see it."""
    came_from_id: Mapped[UUID | None] = mapped_column(ForeignKey("escalations.id"))
    """The escalation of which somebody wrote it, for the business unit alone. It stays when that is destroyed."""
    kept_because: Mapped[str] = mapped_column(SealedText("learning_lines.kept_because"))
    """Why what the check found in its texts can stay."""
    written_at: Mapped[datetime]
    revision: Mapped[int]
    done_at: Mapped[datetime | None]
    done_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    done: Mapped[str] = mapped_column(SealedText("learning_lines.done"))
    """What was done."""

    owner_person: Mapped[Person | None] = relationship(foreign_keys=[owner_person_id], lazy="raise")
    owner_agency: Mapped[Agency | None] = relationship(foreign_keys=[owner_agency_id], lazy="raise")


class LearningChange(Base):
    """Who changed what of a line, and when. Only ever added to."""

    __tablename__ = "learning_changes"
    __table_args__ = (Index("ix_learning_changes_line_id", "line_id", "at"),)

    id: Mapped[UUID] = _id()
    board_id: Mapped[UUID] = mapped_column(ForeignKey("boards.id"))
    line_id: Mapped[UUID] = mapped_column(ForeignKey("learning_lines.id"))
    at: Mapped[datetime]
    changed_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    field: Mapped[str]
    """A code: `added`, `done`, `open_again`, or the field of `domain.learning.LineDetails`."""

    changed_by: Mapped[Person] = relationship(lazy="raise")


class NothingToAdd(Base):
    """Somebody of the business unit looked at the learning of an escalation, and no line of a register comes of it."""

    __tablename__ = "nothing_to_add"
    __table_args__ = (UniqueConstraint("escalation_id"),)

    id: Mapped[UUID] = _id()
    board_id: Mapped[UUID] = mapped_column(ForeignKey("boards.id"))
    escalation_id: Mapped[UUID] = mapped_column(ForeignKey("escalations.id"))
    reason: Mapped[str] = mapped_column(SealedText("nothing_to_add.reason"))
    at: Mapped[datetime]
    looked_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))


class PatternThreshold(Base):
    """From how many similar escalations in how many months a Board looks at them as a pattern, where its policy does not say."""

    __tablename__ = "pattern_thresholds"

    id: Mapped[UUID] = _id()
    board_id: Mapped[UUID] = mapped_column(ForeignKey("boards.id"), unique=True)
    count: Mapped[int]
    months: Mapped[int]
    set_at: Mapped[datetime]
    set_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))


class PatternLook(Base):
    """Somebody looked at a pattern, and nothing is to be done until one more comes."""

    __tablename__ = "pattern_looks"
    __table_args__ = (Index("ix_pattern_looks_pair", "board_id", "raising_id", "receiving_id", "category"),)

    id: Mapped[UUID] = _id()
    board_id: Mapped[UUID] = mapped_column(ForeignKey("boards.id"))
    raising_id: Mapped[UUID] = mapped_column(ForeignKey("agencies.id"))
    receiving_id: Mapped[UUID] = mapped_column(ForeignKey("agencies.id"))
    category: Mapped[str]
    count: Mapped[int]
    """How many there were."""
    reason: Mapped[str] = mapped_column(SealedText("pattern_looks.reason"))
    at: Mapped[datetime]
    looked_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))

    looked_by: Mapped[Person] = relationship(lazy="raise")

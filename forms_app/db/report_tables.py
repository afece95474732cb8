"""The tables of the Board's reports: documents that belong to no escalation."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from forms_app.db.sealing import SealedBytes, SealedJSON, SealedText
from forms_app.db.tables import Base, Board, _id

NOT_WITHDRAWN = text("withdrawn_at IS NULL")


class BoardReport(Base):
    """One report of a Board for a period, from the first word to the files. What was released never changes after."""

    __tablename__ = "board_reports"
    __table_args__ = (
        UniqueConstraint("board_id", "reference"),
        Index(
            "ix_board_reports_one",
            "board_id",
            "kind",
            "period",
            "part",
            unique=True,
            sqlite_where=NOT_WITHDRAWN,
            postgresql_where=NOT_WITHDRAWN,
        ),
    )

    id: Mapped[UUID] = _id()
    board_id: Mapped[UUID] = mapped_column(ForeignKey("boards.id"))
    kind: Mapped[str]
    """A code of the catalogue."""
    period: Mapped[str]
    """The code of a `domain.periods.Period` that is over."""
    part: Mapped[str]
    """What tells several of a kind and a period apart; mostly empty."""
    reference: Mapped[str]
    begun_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    begun_at: Mapped[datetime]
    texts: Mapped[dict[str, Any]] = mapped_column(SealedJSON("board_reports.texts"))
    """What was typed for it, by the ids of its questions; what nobody wrote is not there."""
    said: Mapped[dict[str, Any]] = mapped_column(SealedJSON("board_reports.said"))
    """What others typed and it takes over, as it was looked through last."""
    revision: Mapped[int] = mapped_column(default=0)
    """Goes up with everything that is done, so that nobody decides about what they did not see."""
    hands: Mapped[list[Any]]
    """The ids of everybody who had a hand in what it says: none of them releases it."""
    written_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    written_at: Mapped[datetime | None]
    prepared_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    prepared_at: Mapped[datetime | None]
    context: Mapped[str | None] = mapped_column(SealedText("board_reports.context"))
    """All that it says, as it was prepared, in JSON: None while it is not."""
    sent_back_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    sent_back_at: Mapped[datetime | None]
    sent_back_because: Mapped[str] = mapped_column(SealedText("board_reports.sent_back_because"), default="")
    released_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    released_at: Mapped[datetime | None]
    withdrawn_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_because: Mapped[str] = mapped_column(SealedText("board_reports.withdrawn_because"), default="")
    issued_at: Mapped[datetime | None]

    board: Mapped[Board] = relationship(lazy="raise")
    findings: Mapped[list[ReportFinding]] = relationship(
        lazy="raise", order_by="ReportFinding.number", cascade="all, delete-orphan"
    )
    files: Mapped[list[ReportFile]] = relationship(lazy="raise", order_by="ReportFile.format")


class ReportFinding(Base):
    """One thing that the scan found in what a report would say, and the reason for which somebody keeps it."""

    __tablename__ = "board_report_findings"
    __table_args__ = (UniqueConstraint("report_id", "number"),)

    id: Mapped[UUID] = _id()
    report_id: Mapped[UUID] = mapped_column(ForeignKey("board_reports.id"))
    board_id: Mapped[UUID] = mapped_column(ForeignKey("boards.id"))
    number: Mapped[int]
    field: Mapped[str] = mapped_column(SealedText("board_report_findings.field"))
    start: Mapped[int]
    end: Mapped[int]
    text: Mapped[str] = mapped_column(SealedText("board_report_findings.text"))
    rule: Mapped[str]
    why: Mapped[str] = mapped_column(SealedText("board_report_findings.why"))
    suggestion: Mapped[str] = mapped_column(SealedText("board_report_findings.suggestion"))
    kept_because: Mapped[str] = mapped_column(SealedText("board_report_findings.kept_because"), default="")
    """Empty while nobody has said what is to become of it."""


class ReportFile(Base):
    """The bytes as issued. Never changed, never drawn again."""

    __tablename__ = "board_report_files"
    __table_args__ = (UniqueConstraint("report_id", "format"),)

    id: Mapped[UUID] = _id()
    report_id: Mapped[UUID] = mapped_column(ForeignKey("board_reports.id"))
    board_id: Mapped[UUID] = mapped_column(ForeignKey("boards.id"))
    format: Mapped[str]
    content: Mapped[bytes] = mapped_column(SealedBytes("board_report_files.content"), deferred=True)
    sha256: Mapped[str]
    issued_at: Mapped[datetime]

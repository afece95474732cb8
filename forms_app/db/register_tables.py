"""The views of the register that people saved, and the indexes by which the register's pages and the office's day are read."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ForeignKey, Index, literal_column
from sqlalchemy.orm import Mapped, mapped_column

from forms_app.db.sealing import SealedText
from forms_app.db.tables import Attempt, Base, DeliveryEvent, OutboxItem, RegisterEntry, Release, _id

# A database only takes an index of some rows where a question names them in the very words of the index.
IS_OPEN: ColumnElement[bool] = literal_column("(state = 'open')")
IS_QUIET: ColumnElement[bool] = literal_column("(is_quiet)")
LACKS: ColumnElement[bool] = literal_column("(lacks IS NOT NULL)")
CONVENES: ColumnElement[bool] = literal_column("(convenes IS NOT NULL)")
WAITS: ColumnElement[bool] = literal_column("(decided_at IS NULL)")
WAS_REFUSED: ColumnElement[bool] = literal_column("(result = 'refused')")
HAS_FAILED: ColumnElement[bool] = literal_column("(kind IN ('bounced', 'given_up'))")
IS_PARKED: ColumnElement[bool] = literal_column("(parked_at IS NOT NULL)")


class SavedView(Base):
    """What somebody of the office often asks the register for, under a name of theirs. Nobody else sees it."""

    __tablename__ = "saved_views"

    id: Mapped[UUID] = _id()
    person_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"), index=True)
    name: Mapped[str] = mapped_column(SealedText("saved_views.name"))
    codes: Mapped[dict[str, Any]]
    """Of `domain.register_filters.Filters`."""
    is_first: Mapped[bool]
    """Whether the register opens with it."""
    saved_at: Mapped[datetime]


def _index(name: str, *columns: Any, where: Any = None) -> None:
    Index(name, *columns, sqlite_where=where, postgresql_where=where)


_ENTRY = RegisterEntry
_NEWEST = (_ENTRY.opened_at, _ENTRY.escalation_id)
_index("ix_register_entries_policy", _ENTRY.board_id, _ENTRY.policy_key, *_NEWEST)
_index("ix_register_entries_stage", _ENTRY.board_id, _ENTRY.route, _ENTRY.stage, *_NEWEST)
_index("ix_register_entries_category", _ENTRY.board_id, _ENTRY.category, *_NEWEST)
_index("ix_register_entries_outcome", _ENTRY.board_id, _ENTRY.outcome, *_NEWEST)
_index("ix_register_entries_raising", _ENTRY.board_id, _ENTRY.raising_id, *_NEWEST)
_index("ix_register_entries_is_open", _ENTRY.board_id, *_NEWEST, where=IS_OPEN)
_index("ix_register_entries_is_quiet", _ENTRY.board_id, *_NEWEST, where=IS_QUIET)
_index("ix_register_entries_lacks", _ENTRY.board_id, *_NEWEST, where=LACKS)
_index("ix_register_entries_convenes", _ENTRY.board_id, *_NEWEST, where=CONVENES)
_index("ix_releases_waits", Release.because, Release.held_at, where=WAITS)
_index("ix_attempts_was_refused", Attempt.delivery_id, where=WAS_REFUSED)
_index("ix_delivery_events_has_failed", DeliveryEvent.delivery_id, where=HAS_FAILED)
_index("ix_outbox_is_parked", OutboxItem.about_id, where=IS_PARKED)

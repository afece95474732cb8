"""The forms that are filled in by hand, as they were made: every read by name."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, undefer

from forms_app.db.tables import BlankFormFile, Board


@dataclass(frozen=True, slots=True)
class MadeFile:
    """One file, without its bytes."""

    id: UUID
    edition: str
    format: str
    size: int
    """In bytes."""


def made_files(session: Session, board_id: UUID, editions: Collection[str]) -> Sequence[MadeFile]:
    """The files of these editions, by edition and format."""
    found = session.execute(
        select(BlankFormFile.id, BlankFormFile.edition, BlankFormFile.format, func.length(BlankFormFile.content))
        .where(BlankFormFile.board_id == board_id, BlankFormFile.edition.in_(editions))
        .order_by(BlankFormFile.edition, BlankFormFile.format)
    )
    return [MadeFile(*row) for row in found]


def made_file(session: Session, board_id: UUID, file_id: UUID) -> BlankFormFile | None:
    """One file of this Board, with its bytes."""
    wanted = select(BlankFormFile).where(BlankFormFile.id == file_id, BlankFormFile.board_id == board_id)
    return session.scalar(wanted.options(undefer(BlankFormFile.content)))


def was_made(session: Session, board_id: UUID, sha256: str) -> bool:
    """Whether a file with this digest was made for this Board."""
    wanted = select(BlankFormFile.id).where(BlankFormFile.board_id == board_id, BlankFormFile.sha256 == sha256)
    return session.scalar(wanted.limit(1)) is not None


def board_to_make_for(session: Session, board_id: UUID, *, lock: bool = False) -> Board:
    """The Board. With `lock`, whoever else keeps its files waits for this transaction."""
    wanted = select(Board).where(Board.id == board_id)
    return session.scalars(wanted.with_for_update() if lock else wanted).one()

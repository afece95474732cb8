"""The Boards' own Word layouts, their pictures, and what is in force: every read by name."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload, undefer
from sqlalchemy.orm.interfaces import ORMOption

from forms_app.db.tables import Document, Escalation, LayoutChoice, LayoutPicture, OutboxItem, WordLayout

PUBLISHED, WITHDRAWN = "published", "withdrawn"


def layout_in_force(session: Session, board_id: UUID, kind: str) -> WordLayout | None:
    """The Board's own layout with its bytes; None where the service's own is in force."""
    chosen = session.scalar(_choices(board_id, kind).where(LayoutChoice.decision == PUBLISHED).limit(1))
    if chosen is None or chosen.layout_id is None:
        return None
    wanted = select(WordLayout).where(WordLayout.id == chosen.layout_id)
    return session.scalars(wanted.options(undefer(WordLayout.content))).one()


def choices_of_board(session: Session, board_id: UUID) -> Sequence[LayoutChoice]:
    """Everything that was proposed and decided, with who did, the newest of each kind first."""
    wanted = select(LayoutChoice).where(LayoutChoice.board_id == board_id)
    return session.scalars(
        wanted.options(*_with_people()).order_by(LayoutChoice.kind, LayoutChoice.number.desc())
    ).all()


def choices_of_kind(session: Session, board_id: UUID, kind: str) -> Sequence[LayoutChoice]:
    """The same for one kind of document."""
    return session.scalars(_choices(board_id, kind).options(*_with_people())).all()


def choice_of_board(session: Session, board_id: UUID, choice_id: UUID) -> LayoutChoice | None:
    wanted = select(LayoutChoice).where(LayoutChoice.id == choice_id, LayoutChoice.board_id == board_id)
    return session.scalar(wanted.options(*_with_people()))


def versions_of_kind(session: Session, board_id: UUID, kind: str) -> Sequence[WordLayout]:
    """Every version without its bytes, the newest first."""
    wanted = select(WordLayout).where(WordLayout.board_id == board_id, WordLayout.kind == kind)
    return session.scalars(wanted.options(joinedload(WordLayout.uploaded_by)).order_by(WordLayout.version.desc())).all()


def layout_of_board(session: Session, board_id: UUID, layout_id: UUID) -> WordLayout | None:
    """One version of this Board, with its bytes."""
    wanted = select(WordLayout).where(WordLayout.id == layout_id, WordLayout.board_id == board_id)
    return session.scalar(wanted.options(undefer(WordLayout.content)))


def versions_of(session: Session, layout_ids: Collection[UUID]) -> dict[UUID, int]:
    """The versions of these layouts."""
    found = session.execute(select(WordLayout.id, WordLayout.version).where(WordLayout.id.in_(layout_ids)))
    return {row.id: row.version for row in found}


def layout_to_draw(session: Session, layout_id: UUID) -> WordLayout:
    """A layout with its bytes, for the worker."""
    return session.scalars(
        select(WordLayout).where(WordLayout.id == layout_id).options(undefer(WordLayout.content))
    ).one()


def pictures_of(session: Session, layout_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many pages of each layout's sample were drawn."""
    found = session.execute(
        select(LayoutPicture.layout_id, func.count().label("pages"))
        .where(LayoutPicture.layout_id.in_(layout_ids))
        .group_by(LayoutPicture.layout_id)
    )
    return {row.layout_id: row.pages for row in found}


def picture(session: Session, board_id: UUID, layout_id: UUID, number: int) -> bytes | None:
    """One page of a layout of this Board."""
    return session.scalar(
        select(LayoutPicture.content)
        .join(WordLayout, WordLayout.id == LayoutPicture.layout_id)
        .where(WordLayout.board_id == board_id, LayoutPicture.layout_id == layout_id, LayoutPicture.number == number)
    )


def documents_not_made(session: Session, board_id: UUID, kind: str) -> Sequence[tuple[UUID, str]]:
    """The documents of a kind whose files failed, with the sentence of the last try, the oldest first."""
    found = session.execute(
        select(Document.id, OutboxItem.fault)
        .join(OutboxItem, OutboxItem.about_id == Document.id)
        .join(Escalation, Escalation.id == Document.escalation_id)
        .where(
            Escalation.board_id == board_id,
            Document.kind == kind,
            Document.issued_at.is_(None),
            OutboxItem.done_at.is_(None),
            OutboxItem.fault.is_not(None),
        )
        .order_by(OutboxItem.owed_at, Document.id)
    )
    return [(document_id, fault or "") for document_id, fault in found]


def _choices(board_id: UUID, kind: str) -> Select[LayoutChoice]:
    wanted = select(LayoutChoice).where(LayoutChoice.board_id == board_id, LayoutChoice.kind == kind)
    return wanted.order_by(LayoutChoice.number.desc())


def _with_people() -> tuple[ORMOption, ...]:
    return (
        joinedload(LayoutChoice.layout),
        joinedload(LayoutChoice.proposed_by),
        joinedload(LayoutChoice.decided_by),
    )

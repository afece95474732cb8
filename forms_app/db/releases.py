"""Every read of the documents that wait for a second person, by name. The last number of a document is the one that holds."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from forms_app.db.places import WHOLE, interest_in
from forms_app.db.register_tables import WAITS
from forms_app.db.tables import Document, Escalation, Person, Release

WITHDRAWAL = "withdrawal"
"""The proposal of a release that two people ended without letting the document go."""
WHOLE_RELEASE = (
    joinedload(Release.document).joinedload(Document.record),
    joinedload(Release.document).joinedload(Document.escalation),
    selectinload(Release.findings),
)


def release_of(session: Session, document_id: UUID, *, lock: bool = False) -> Release | None:
    """The last release of a document with what was found in it; None for a document that was never held.

    With `lock`, whoever else acts on it, or makes its files, waits until this transaction is over.
    """
    if lock:
        session.execute(select(Document.id).where(Document.id == document_id).with_for_update(of=Document))
    return session.scalars(
        select(Release)
        .where(Release.document_id == document_id)
        .options(*WHOLE_RELEASE)
        .order_by(Release.number.desc())
        .limit(1)
        .execution_options(populate_existing=lock)
    ).one_or_none()


def is_held(session: Session, document_id: UUID) -> bool:
    """Whether nothing may be made of it: it waits for a second person, or two have withdrawn it."""
    stays_in = or_(Release.decided_at.is_(None), Release.proposal == WITHDRAWAL)
    return bool(session.scalar(select(exists().where(Release.document_id == document_id, stays_in))))


def is_kept_back(release: Release) -> bool:
    """Whether two people decided that nobody is sent it."""
    return release.decided_at is not None and release.proposal == WITHDRAWAL


def held_in(session: Session, escalation_id: UUID) -> Sequence[Release]:
    """What waits in an escalation, the oldest first."""
    return session.scalars(
        select(Release)
        .join(Release.document)
        .where(Document.escalation_id == escalation_id, Release.decided_at.is_(None))
        .options(*WHOLE_RELEASE)
        .order_by(Release.held_at, Release.id)
    ).all()


def held_at_board(session: Session, board_id: UUID, because: str) -> Sequence[Release]:
    """What waits for one reason in all escalations of a Board, the oldest first."""
    return session.scalars(
        select(Release)
        .join(Release.document)
        .join(Document.escalation)
        .where(Escalation.board_id == board_id, Release.because == because, Release.decided_at.is_(None))
        .options(*WHOLE_RELEASE)
        .order_by(Release.held_at, Release.id)
    ).all()


def first_held(session: Session, board_id: UUID, person_id: UUID, because: str, most: int) -> Sequence[Release]:
    """The oldest that wait for one reason at a Board, for somebody of its office, without those in which they declared an interest."""
    wanted = _held_for(select(Release), board_id, person_id, because).options(*WHOLE_RELEASE)
    return session.scalars(wanted.order_by(Release.held_at, Release.id).limit(most)).all()


def count_held(session: Session, board_id: UUID, person_id: UUID, because: str, most: int) -> int:
    """How many those are; one more than the most where there are more."""
    found = _held_for(select(Release.id), board_id, person_id, because).limit(most + 1).subquery()
    return session.scalar(select(func.count()).select_from(found)) or 0


def _held_for(wanted: Select[Any], board_id: UUID, person_id: UUID, because: str) -> Select[Any]:
    return (
        wanted.join(Release.document)
        .join(Document.escalation)
        .where(Escalation.board_id == board_id, Release.because == because, WAITS)
        .where(~interest_in(Document.escalation_id, person_id))
    )


def releases_of(session: Session, document_ids: Collection[UUID]) -> dict[UUID, Release]:
    """The last release of each of these documents that ever was held."""
    found = select(Release).where(Release.document_id.in_(document_ids)).order_by(Release.number)
    return {release.document_id: release for release in session.scalars(found)}


def not_yet_issued(session: Session, escalation_id: UUID) -> Sequence[Document]:
    return session.scalars(
        select(Document)
        .where(Document.escalation_id == escalation_id, Document.issued_at.is_(None))
        .order_by(Document.owed_at, Document.id)
        .with_for_update(of=Document)
    ).all()


def escalation_behind(session: Session, escalation_id: UUID) -> Escalation:
    """The escalation whole, for the service itself."""
    return session.scalars(select(Escalation).where(Escalation.id == escalation_id).options(*WHOLE)).one()


def people_by_id(session: Session, ids: Collection[UUID]) -> dict[UUID, Person]:
    found = select(Person).where(Person.id.in_(ids)).options(joinedload(Person.agency))
    return {person.id: person for person in session.scalars(found)}


def opened_between(session: Session, board_id: UUID, since: datetime, until: datetime) -> Sequence[Escalation]:
    """The escalations of a Board that were opened in a time, the oldest first, whole."""
    return session.scalars(
        select(Escalation)
        .where(Escalation.board_id == board_id, Escalation.opened_at >= since, Escalation.opened_at < until)
        .options(*WHOLE)
        .order_by(Escalation.opened_at, Escalation.id)
    ).all()

"""Every read of what was sent to one person, on behalf of that person alone."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session, joinedload, selectinload

from forms_app.db.places import is_delivered_to
from forms_app.db.reads import NEWEST_FIRST
from forms_app.db.tables import Delivery, Document, StageRecord


def deliveries_to(session: Session, person_id: UUID) -> Sequence[Delivery]:
    """All that this person was sent and may still open, the newest first, with what they did about each."""
    newest_first = (Delivery.owed_at.desc(), *NEWEST_FIRST[1:])
    return session.scalars(_to(session, person_id).join(Document.record).order_by(*newest_first)).all()


def delivery_to(session: Session, document_id: UUID, person_id: UUID, *, lock: bool = False) -> Delivery | None:
    """One of them, with whoever recorded what it says. With `lock`, whoever else acts on it waits."""
    wanted = _to(session, person_id).where(Delivery.document_id == document_id)
    wanted = wanted.options(joinedload(Delivery.document).joinedload(Document.record).joinedload(StageRecord.person))
    wanted = wanted.execution_options(populate_existing=lock)
    return session.scalars(wanted.with_for_update(of=Delivery) if lock else wanted).one_or_none()


def delivery_id_to(session: Session, document_id: UUID, person_id: UUID) -> UUID | None:
    """Which delivery it is, and nothing else."""
    wanted = select(Delivery.id).join(Delivery.document).where(Delivery.document_id == document_id)
    return session.scalar(wanted.where(*_may_open(session, person_id)))


def _to(session: Session, person_id: UUID) -> Select[Delivery]:
    return (
        select(Delivery)
        .join(Delivery.document)
        .where(*_may_open(session, person_id))
        .options(
            joinedload(Delivery.document).joinedload(Document.escalation),
            joinedload(Delivery.document).selectinload(Document.files),
            selectinload(Delivery.events),
            selectinload(Delivery.acknowledgements),
        )
    )


def _may_open(session: Session, person_id: UUID) -> tuple[ColumnElement[bool], ...]:
    """Only what was issued: what is being made, or waits for a second person, was sent to nobody yet."""
    return (*is_delivered_to(session, person_id), Document.issued_at.is_not(None))

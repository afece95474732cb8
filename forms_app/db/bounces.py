"""Every read of what was sent, by the Message-ID with which it came back."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, selectinload

from forms_app.db.tables import Delivery


def sent_alone(session: Session, delivery_id: UUID) -> Sequence[Delivery]:
    """The delivery of a document that had a message to itself, with its attempts and events."""
    return _deliveries(session, Delivery.id == delivery_id)


def sent_together(session: Session, notification_id: UUID) -> Sequence[Delivery]:
    """The deliveries that went in one message, with their attempts and events."""
    return _deliveries(session, Delivery.notification_id == notification_id)


def _deliveries(session: Session, where: ColumnElement[bool]) -> Sequence[Delivery]:
    wanted = select(Delivery).where(where).options(selectinload(Delivery.attempts), selectinload(Delivery.events))
    return session.scalars(wanted.order_by(Delivery.owed_at, Delivery.id).with_for_update(of=Delivery)).all()

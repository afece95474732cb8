"""Every read and write of the messages that are no documents."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, joinedload

from forms_app.db.tables import Notification, Person


def notification_to_send(session: Session, notification_id: UUID) -> Notification:
    """The notification with the person to whom it goes, their Board and their agency."""
    wanted = select(Notification).where(Notification.id == notification_id)
    person = joinedload(Notification.person)
    return session.scalars(wanted.options(person.joinedload(Person.board), person.joinedload(Person.agency))).one()


def add(session: Session, **values: Any) -> bool:
    """Adds one. False, and no change, when there is one under the same key already."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    added = session.execute(
        insert(Notification)
        .values(**values)
        .on_conflict_do_nothing(index_elements=[Notification.dedupe_key])
        .returning(Notification.id)
    )
    return added.first() is not None

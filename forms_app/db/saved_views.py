"""Every read and change of the views of the register that somebody saved, by name. Each is only their own."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from forms_app.db.register_tables import SavedView
from forms_app.db.tables import Person


def views_of(session: Session, person_id: UUID) -> Sequence[SavedView]:
    """In the order in which they were saved."""
    wanted = select(SavedView).where(SavedView.person_id == person_id)
    return session.scalars(wanted.order_by(SavedView.saved_at, SavedView.id)).all()


def view_of(session: Session, view_id: UUID, person_id: UUID) -> SavedView | None:
    return session.scalars(
        select(SavedView).where(SavedView.id == view_id, SavedView.person_id == person_id)
    ).one_or_none()


def first_view_of(session: Session, person_id: UUID) -> SavedView | None:
    """The one with which the register opens."""
    wanted = select(SavedView).where(SavedView.person_id == person_id, SavedView.is_first.is_(True))
    return session.scalars(wanted.limit(1)).one_or_none()


def hold_views(session: Session, person_id: UUID) -> None:
    """Whoever else saves a view for this person waits for this transaction."""
    session.execute(select(Person.id).where(Person.id == person_id).with_for_update(key_share=True))


def none_is_first(session: Session, person_id: UUID) -> None:
    session.execute(update(SavedView).where(SavedView.person_id == person_id).values(is_first=False))


def forget_views(session: Session, person_id: UUID) -> None:
    """Somebody who leaves takes their names of views with them."""
    session.execute(delete(SavedView).where(SavedView.person_id == person_id))

"""Contacts, and a Board's own job titles: every read and change by name. None crosses from one Board to another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from forms_app.db.tables import Contact, EquivalentTitle


def contacts_of_board(session: Session, board_id: UUID) -> Sequence[Contact]:
    """The Board's own and those of its agencies, by what they are for and by name."""
    return _in_order(session.scalars(select(Contact).where(Contact.board_id == board_id)))


def own_contacts(session: Session, board_id: UUID) -> Sequence[Contact]:
    """The Board's own, without those of its agencies, by what they are for and by name."""
    return _in_order(session.scalars(select(Contact).where(Contact.board_id == board_id, Contact.agency_id.is_(None))))


def _in_order(contacts: Iterable[Contact]) -> Sequence[Contact]:
    """The database cannot put them in order: it does not know what they say."""
    return sorted(contacts, key=lambda contact: (contact.role, contact.name, contact.id))


def contact_of_board(session: Session, contact_id: UUID, board_id: UUID, *, lock: bool = False) -> Contact | None:
    """One contact. With `lock`, whoever else changes it waits until this transaction is over."""
    wanted = select(Contact).where(Contact.id == contact_id, Contact.board_id == board_id)
    return session.scalar(wanted.with_for_update() if lock else wanted)


def has_contacts(session: Session, board_id: UUID, agency_id: UUID | None) -> bool:
    """Whether this agency has any; without an agency, whether the Board has any of its own."""
    return bool(session.scalar(select(exists().where(Contact.board_id == board_id, Contact.agency_id == agency_id))))


def forget_contact(session: Session, contact_id: UUID) -> None:
    session.execute(delete(Contact).where(Contact.id == contact_id))


def titles_of_board(session: Session, board_id: UUID) -> Sequence[EquivalentTitle]:
    """The job titles that this Board lays over those of its policy."""
    return session.scalars(
        select(EquivalentTitle)
        .where(EquivalentTitle.board_id == board_id)
        .order_by(EquivalentTitle.agency_kind, EquivalentTitle.level)
    ).all()


def forget_titles(session: Session, board_id: UUID, agency_kind: str) -> None:
    """All of one kind of agency."""
    session.execute(
        delete(EquivalentTitle).where(EquivalentTitle.board_id == board_id, EquivalentTitle.agency_kind == agency_kind)
    )

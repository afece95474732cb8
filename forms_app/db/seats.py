"""Who takes part in an escalation at this moment, and which documents are for somebody because of a place or a seat: asked in one way."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from forms_app.db.tables import MOMENT, Delivery, Document, Escalation, Interest, Party, Person
from forms_app.domain.policy import Side

BOTH = (Side.RAISING.value, Side.RESPONDING.value)


def is_there(session: Session) -> ColumnElement[bool]:
    """Whether a party, joined here with its person, takes part at the moment of this piece of work; `Party.has_left` asks a row."""
    now = session.info[MOMENT]
    return and_(
        Person.id == Party.person_id,
        Person.agency_id == Party.agency_id,
        Person.left_at.is_(None),
        Party.removed_at.is_(None),
        Party.gave_up_at.is_(None),
        or_(Party.covers_until.is_(None), and_(Party.joined_at <= now, Party.covers_until > now)),
    )


def is_party(session: Session, person_id: UUID) -> ColumnElement[bool]:
    """Whether this person takes part in an escalation: holds a place in it, or covers for whoever does."""
    found = exists().where(Party.escalation_id == Escalation.id, Party.person_id == person_id, is_there(session))
    return found.correlate(Escalation)


def is_for(session: Session, person_id: UUID) -> ColumnElement[bool]:
    """Whether a document is for a place or a seat of this person, or is their agency's own copy of an escalation of theirs.

    What was withdrawn from them by name is not for them, whoever else of the same place or seat still has it.
    """
    delivered = exists().where(
        Delivery.document_id == Document.id, Delivery.withdrawn_at.is_(None), _is_theirs(session, person_id)
    )
    withdrawn = exists().where(
        Delivery.document_id == Document.id, Delivery.person_id == person_id, Delivery.withdrawn_at.is_not(None)
    )
    own_copy = exists().where(
        Party.escalation_id == Document.escalation_id,
        Party.person_id == person_id,
        Party.agency_id == Document.agency_id,
        is_there(session),
    )
    return or_(and_(delivered.correlate(Document), ~withdrawn.correlate(Document)), own_copy.correlate(Document))


def is_delivered_to(session: Session, person_id: UUID) -> tuple[ColumnElement[bool], ...]:
    """Whether a delivery went to this person, and its document is for them still."""
    return (
        Delivery.person_id == person_id,
        Delivery.withdrawn_at.is_(None),
        _is_theirs(session, person_id),
    )


def _is_theirs(session: Session, person_id: UUID) -> ColumnElement[bool]:
    """Whether a delivery is for a place or for a seat that this person has now."""
    place = exists().where(Party.place_id == Delivery.place_id, Party.person_id == person_id, is_there(session))
    holder, escalation, document = aliased(Person), aliased(Escalation), aliased(Document)
    of_their_board = (
        select(escalation.id)
        .join(document, document.escalation_id == escalation.id)
        .where(document.id == Delivery.document_id, escalation.board_id == holder.board_id)
        .where(~interest_in(escalation.id, person_id))
        .correlate(Delivery, holder)
        .exists()
    )
    seat = exists().where(
        Delivery.place_id.is_(None),
        holder.id == person_id,
        holder.left_at.is_(None),
        or_(
            and_(Delivery.seat.is_(None), Delivery.person_id == person_id),
            and_(Delivery.seat == holder.seat, of_their_board),
        ),
    )
    return or_(place.correlate(Delivery), seat.correlate(Delivery))


def interest_in(escalation_id: ColumnElement[UUID], person_id: UUID) -> ColumnElement[bool]:
    """Whether this person declared an interest in an escalation."""
    return (
        select(Interest.id)
        .where(Interest.escalation_id == escalation_id, Interest.person_id == person_id)
        .correlate_except(Interest)
        .exists()
    )


def has_declared(session: Session, escalation_id: UUID, person_id: UUID) -> bool:
    """Whether this person declared an interest in this escalation."""
    wanted = select(Interest.id).where(Interest.escalation_id == escalation_id, Interest.person_id == person_id)
    return session.scalar(wanted) is not None

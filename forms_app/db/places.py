"""Who takes part in an escalation at this moment, and which documents are for somebody because of a place or a seat: asked in one way."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased, joinedload, selectinload

from forms_app.db.deliveries import LINES
from forms_app.db.tables import MOMENT, Delivery, Document, Escalation, HandOver, Interest, Party, Person
from forms_app.domain.policy import Side

WHOLE = (
    joinedload(Escalation.board),
    joinedload(Escalation.subject),
    selectinload(Escalation.parties).joinedload(Party.person),
    selectinload(Escalation.parties).joinedload(Party.agency),
    selectinload(Escalation.records),
)
"""With parties, subject and records."""


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


def takes_part_anywhere(session: Session, person_id: UUID) -> bool:
    """Whether this person takes part in any escalation."""
    wanted = select(Party.id).join(Person, Person.id == Party.person_id)
    return session.scalar(wanted.where(Party.person_id == person_id, is_there(session)).limit(1)) is not None


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


def interest_in(escalation_id: InstrumentedAttribute[UUID], person_id: UUID) -> ColumnElement[bool]:
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


def is_for_another_now(session: Session, delivery: Delivery) -> bool:
    """Whether whom it was to go to gave up the place for which it is, covers in it no more, or should never have had it.

    Of somebody who has left, or moved to another agency, somebody must hear that it does not reach them.
    """
    if delivery.place_id is None:
        return False
    now, party = session.info[MOMENT], Party
    gone = or_(
        party.place_id != delivery.place_id,
        party.removed_at.is_not(None),
        party.gave_up_at.is_not(None),
        party.covers_until <= now,
    )
    in_it = (party.escalation_id == Document.escalation_id, Document.id == delivery.document_id)
    wanted = select(party.id).join(Document, in_it[0]).where(*in_it, party.person_id == delivery.person_id, gone)
    return session.scalar(wanted.limit(1)) is not None


def moved_away(session: Session, delivery: Delivery) -> bool:
    """Whether whom it is to go to works for another agency now than the one for which they had the place."""
    moved = (Party.place_id == delivery.place_id, Party.person_id == delivery.person_id)
    wanted = select(Party.id).join(Party.person).where(*moved, Person.agency_id != Party.agency_id)
    return delivery.place_id is not None and session.scalar(wanted.limit(1)) is not None


# --- changing hands ----------------------------------------------------------------------------------------------


def hand_overs_in(session: Session, escalation_id: UUID) -> Sequence[HandOver]:
    """How the places of an escalation changed hands, the oldest first, with the people."""
    return session.scalars(
        select(HandOver)
        .where(HandOver.escalation_id == escalation_id)
        .options(joinedload(HandOver.giver), joinedload(HandOver.taker))
        .order_by(HandOver.at, HandOver.id)
    ).all()


def last_hand_over(session: Session, escalation_id: UUID, place_id: UUID) -> HandOver | None:
    wanted = select(HandOver).where(HandOver.escalation_id == escalation_id, HandOver.place_id == place_id)
    return session.scalars(wanted.order_by(HandOver.at.desc(), HandOver.id).limit(1)).one_or_none()


def deliveries_to_place(session: Session, place_id: UUID, person_id: UUID) -> Sequence[Delivery]:
    """What went to this person for the place and was not withdrawn, locked, with what is known of it."""
    return session.scalars(
        select(Delivery)
        .where(Delivery.place_id == place_id, Delivery.person_id == person_id, Delivery.withdrawn_at.is_(None))
        .options(*LINES, joinedload(Delivery.document))
        .order_by(Delivery.owed_at, Delivery.id)
        .with_for_update(of=Delivery)
    ).all()


def documents_sent_to(session: Session, escalation_id: UUID, person_id: UUID) -> Collection[UUID]:
    """The documents of an escalation that were ever owed to this person."""
    wanted = select(Delivery.document_id).join(Delivery.document).where(Document.escalation_id == escalation_id)
    return set(session.scalars(wanted.where(Delivery.person_id == person_id)))


def nobody_holds_it() -> ColumnElement[bool]:
    """Whether a party, joined here with its person, was the last who held a place."""
    other = aliased(Party)
    held = exists().where(
        other.place_id == Party.place_id,
        other.covers_until.is_(None),
        other.removed_at.is_(None),
        other.gave_up_at.is_(None),
    )
    away = or_(Person.left_at.is_not(None), Person.agency_id != Party.agency_id)
    return and_(
        Party.covers_until.is_(None),
        Party.removed_at.is_(None),
        or_(and_(Party.gave_up_at.is_(None), away), and_(Party.gave_up_at.is_not(None), ~held.correlate(Party))),
    )


def escalations_with_empty_places(session: Session, board_id: UUID, person_id: UUID) -> Sequence[Escalation]:
    """The escalations of a Board with a place that nobody holds, for somebody of its office who declared no interest."""
    empty = exists().where(Party.escalation_id == Escalation.id, Person.id == Party.person_id, nobody_holds_it())
    return session.scalars(
        select(Escalation)
        .where(Escalation.board_id == board_id, empty.correlate(Escalation), ~interest_in(Escalation.id, person_id))
        .options(*WHOLE)
        .order_by(Escalation.opened_at, Escalation.id)
    ).all()


def escalation_for_its_office(
    session: Session, escalation_id: UUID, board_id: UUID, person_id: UUID, *, lock: bool = False
) -> Escalation | None:
    """One escalation of a Board, for somebody of its office who declared no interest, whether or not the Board was told of it.

    Show nothing of it but who holds a place, by job title.
    """
    wanted = (
        select(Escalation)
        .where(Escalation.id == escalation_id, Escalation.board_id == board_id)
        .where(~interest_in(Escalation.id, person_id))
        .options(*WHOLE)
        .execution_options(populate_existing=True)
    )
    return session.scalars(wanted.with_for_update(of=Escalation) if lock else wanted).one_or_none()


# --- interests ---------------------------------------------------------------------------------------------------


def declared_in(session: Session, escalation_id: UUID) -> Collection[UUID]:
    """Everybody who declared an interest in an escalation."""
    return set(session.scalars(select(Interest.person_id).where(Interest.escalation_id == escalation_id)))


def is_impartial(session: Session, escalation_id: UUID, person: Person) -> bool:
    """Whether somebody of the Board may decide in an escalation: they have and had no part in it, and declared no interest.

    Nor does anybody of their agency act for one of its two sides.
    """
    takes_part = or_(
        Party.person_id == person.id,
        and_(Party.agency_id == person.agency_id, Party.side != Side.BOARD.value),
    )
    wanted = select(Party.id).where(Party.escalation_id == escalation_id, takes_part).limit(1)
    return session.scalar(wanted) is None and not has_declared(session, escalation_id, person.id)

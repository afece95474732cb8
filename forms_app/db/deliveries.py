"""What people see of deliveries and do about them: every read and change by name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, CompoundSelect, and_, exists, or_, select, union, update
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from forms_app.db.outbox import OutboxKind
from forms_app.db.register_tables import HAS_FAILED, IS_PARKED, WAS_REFUSED
from forms_app.db.tables import (
    Acknowledgement,
    Attempt,
    Delivery,
    DeliveryEvent,
    Document,
    Escalation,
    Interest,
    Notification,
    OutboxItem,
    Person,
)
from forms_app.domain.deliveries import BY_RECIPIENT, EventKind

LINES = (
    joinedload(Delivery.person).joinedload(Person.agency),
    selectinload(Delivery.attempts),
    selectinload(Delivery.events).joinedload(DeliveryEvent.person).joinedload(Person.agency),
    selectinload(Delivery.acknowledgements),
)
"""Everything that is known of a delivery."""
ABOUT = (
    joinedload(Delivery.document).joinedload(Document.escalation).joinedload(Escalation.board),
    joinedload(Delivery.document).joinedload(Document.record),
)


@dataclass(frozen=True, slots=True)
class Posting:
    """How far the work of posting one delivery is, or of making one document."""

    next_try: datetime | None
    """None while it is worked on, and when it is done."""
    is_parked: bool


def postings_of(session: Session, deliveries: Collection[UUID], documents: Collection[UUID]) -> Mapping[UUID, Posting]:
    """The work of posting each of these deliveries, and of making these documents before, where it was ever owed."""
    kinds = [OutboxKind.POST_DELIVERY.value, OutboxKind.MAKE_DOCUMENT.value]
    found = select(OutboxItem).where(OutboxItem.kind.in_(kinds), OutboxItem.about_id.in_([*deliveries, *documents]))
    return {
        item.about_id: Posting(
            next_try=item.not_before if item.done_at is None and item.claimed_by is None else None,
            is_parked=item.parked_at is not None and item.done_at is None,
        )
        for item in session.scalars(found.order_by(OutboxItem.owed_at))
    }


def still_together(session: Session, notifications: Collection[UUID]) -> Collection[UUID]:
    """Those of these messages that no mail server has taken yet."""
    found = select(Notification.id).where(Notification.id.in_(notifications), Notification.accepted_at.is_(None))
    return set(session.scalars(found)) if notifications else set()


def delivery_to_act_on(session: Session, delivery_id: UUID, *, lock: bool = False) -> Delivery | None:
    """The delivery with everything that is known of it. With `lock`, whoever else acts on it waits for this transaction."""
    if lock:
        session.execute(select(Delivery.id).where(Delivery.id == delivery_id).with_for_update())
    wanted = select(Delivery).where(Delivery.id == delivery_id).options(*LINES, *ABOUT)
    return session.scalars(wanted.execution_options(populate_existing=lock)).one_or_none()


def deliveries_to_act_on(session: Session, document_id: UUID, *, lock: bool = False) -> Sequence[Delivery]:
    """All of a document, as `delivery_to_act_on` gives one. With `lock`, also whoever posts to one of them waits."""
    if lock:
        held = select(Delivery.id).where(Delivery.document_id == document_id)
        hold_people(
            session, session.scalars(select(Delivery.person_id).where(Delivery.document_id == document_id)).all()
        )
        session.execute(held.order_by(Delivery.id).with_for_update())
    wanted = select(Delivery).where(Delivery.document_id == document_id).options(*LINES, *ABOUT)
    return session.scalars(wanted.order_by(Delivery.number).execution_options(populate_existing=lock)).all()


def hold_people(session: Session, ids: Collection[UUID]) -> None:
    """Whoever begins to post something to these people waits for this transaction, which sees what was begun before."""
    held = select(Person.id).where(Person.id.in_(ids)).order_by(Person.id)
    session.execute(held.with_for_update(key_share=True))


def deliveries_of_person(session: Session, escalation_id: UUID, person_id: UUID) -> Sequence[Delivery]:
    """All of this person's in an escalation that are not withdrawn, locked."""
    return session.scalars(
        select(Delivery)
        .join(Delivery.document)
        .where(Document.escalation_id == escalation_id, Delivery.person_id == person_id)
        .where(Delivery.withdrawn_at.is_(None))
        .options(*LINES, *ABOUT)
        .order_by(Delivery.id)
        .with_for_update(of=Delivery)
    ).all()


def end_posting(session: Session, deliveries: Collection[UUID], now: datetime, *, only_parked: bool = False) -> None:
    """Nothing more is sent of these. What a worker has in hand it ends by itself."""
    item = OutboxItem
    wanted = [item.kind == OutboxKind.POST_DELIVERY.value, item.about_id.in_(deliveries), item.done_at.is_(None)]
    if only_parked:
        wanted.append(item.parked_at.is_not(None))
    session.execute(
        update(item)
        .where(*wanted, item.claimed_by.is_(None))
        .values(done_at=now, parked_at=None, fault=None)
        .execution_options(synchronize_session=False)
    )


def may_need_a_person(session: Session, board_id: UUID, person_id: UUID) -> Sequence[Delivery]:
    """The deliveries of a Board that failed at some time and that nothing is known to have made good, the newest first.

    For somebody of its office: without those of escalations in which they declared an interest.
    """
    declared = select(Interest.escalation_id).where(Interest.person_id == person_id)
    theirs = (Escalation.board_id == board_id, Escalation.id.not_in(declared))
    return _not_made_good(session, *theirs, Delivery.id.in_(_ever_failed()))


def may_need_a_person_in(session: Session, escalations: Collection[UUID]) -> Sequence[Delivery]:
    """The same of some escalations."""
    return _not_made_good(session, Document.escalation_id.in_(escalations), has_failed())


def _not_made_good(session: Session, *which: ColumnElement[bool]) -> Sequence[Delivery]:
    return session.scalars(
        select(Delivery)
        .join(Delivery.document)
        .join(Document.escalation)
        .where(*which, Delivery.withdrawn_at.is_(None), ~_was_reached())
        .options(*LINES, *ABOUT)
        .order_by(Delivery.owed_at.desc(), Delivery.id)
    ).all()


def has_ever_failed(session: Session, delivery_id: UUID) -> bool:
    return session.scalar(select(Delivery.id).where(Delivery.id == delivery_id, has_failed())) is not None


def _ever_failed() -> CompoundSelect[tuple[UUID]]:
    """The deliveries of every Board that failed at any time, from indexes that hold nothing else."""
    item, posting, making = OutboxItem, OutboxKind.POST_DELIVERY.value, OutboxKind.MAKE_DOCUMENT.value
    return union(
        select(DeliveryEvent.delivery_id).where(HAS_FAILED),
        select(Attempt.delivery_id).where(WAS_REFUSED),
        select(Delivery.id).join(item, item.about_id == Delivery.id).where(item.kind == posting, IS_PARKED),
        select(Delivery.id).join(item, item.about_id == Delivery.document_id).where(item.kind == making, IS_PARKED),
    )


def has_failed() -> ColumnElement[bool]:
    """Whether a delivery failed at any time, whatever has happened since."""
    posting, making = OutboxKind.POST_DELIVERY.value, OutboxKind.MAKE_DOCUMENT.value
    parked = exists().where(
        or_(
            and_(OutboxItem.kind == posting, OutboxItem.about_id == Delivery.id),
            and_(OutboxItem.kind == making, OutboxItem.about_id == Delivery.document_id),
        ),
        OutboxItem.parked_at.is_not(None),
    )
    refused = exists().where(Attempt.delivery_id == Delivery.id, Attempt.result == "refused")
    return or_(_has(EventKind.BOUNCED, EventKind.GIVEN_UP), refused.correlate(Delivery), parked.correlate(Delivery))


def _was_reached() -> ColumnElement[bool]:
    answered = exists().where(Acknowledgement.delivery_id == Delivery.id).correlate(Delivery)
    told = _has(EventKind.TOLD) & ~_has(EventKind.SENT_AGAIN)
    return or_(_has(*BY_RECIPIENT), answered, told)


def _has(*kinds: EventKind) -> ColumnElement[bool]:
    named = [kind.value for kind in kinds]
    found = exists().where(DeliveryEvent.delivery_id == Delivery.id, DeliveryEvent.kind.in_(named))
    return found.correlate(Delivery)


# --- what was withdrawn ---


def withdrawn_from(session: Session, document_id: UUID, person_id: UUID) -> Delivery | None:
    """The delivery by which this person had a document that was withdrawn from them since; with the Board."""
    return session.scalars(
        select(Delivery)
        .join(Delivery.person)
        .where(Delivery.document_id == document_id, Delivery.person_id == person_id)
        .where(Delivery.withdrawn_at.is_not(None), Person.left_at.is_(None))
        .options(*ABOUT)
    ).one_or_none()


def withdrawals_known_to(session: Session, escalation_id: UUID, person_id: UUID) -> Sequence[Delivery]:
    """What was withdrawn, from whomever, of the documents of an escalation that this person was sent; the newest first."""
    own = aliased(Delivery)  # asked of each document, since somebody may have been sent thousands
    was_sent = exists().where(own.document_id == Document.id, own.person_id == person_id)
    return session.scalars(
        select(Delivery)
        .join(Delivery.document)
        .where(Document.escalation_id == escalation_id, was_sent, Delivery.withdrawn_at.is_not(None))
        .options(*LINES, *ABOUT)
        .order_by(Delivery.withdrawn_at.desc(), Document.owed_at.desc(), Document.id, Delivery.number)
    ).all()


def withdrawals_of_board(session: Session, board_id: UUID, since: datetime) -> Sequence[Delivery]:
    """What was withdrawn since a moment in all escalations of a Board, the newest first."""
    return session.scalars(
        select(Delivery)
        .join(Delivery.document)
        .join(Document.escalation)
        .where(Escalation.board_id == board_id, Delivery.withdrawn_at >= since)
        .options(*LINES, *ABOUT)
        .order_by(Delivery.withdrawn_at.desc(), Escalation.reference, Delivery.document_id, Delivery.number)
    ).all()

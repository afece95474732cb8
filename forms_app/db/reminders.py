"""What the service reads to see whom to remind: for itself, and on nobody's behalf."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from forms_app.db.tables import Board, Delivery, Document, Escalation, OutboxItem, Party, RegisterEntry, StageRecord
from forms_app.domain.deliveries import ANSWERED


def board_to_remind(session: Session, board_id: UUID) -> Board:
    return session.scalars(select(Board).where(Board.id == board_id)).one()


def owed_at(session: Session, item_id: UUID) -> datetime:
    """The moment at which a piece of work was due."""
    return session.scalars(select(OutboxItem.owed_at).where(OutboxItem.id == item_id)).one()


def may_be_reminded_of(session: Session, board_id: UUID, today: date) -> Sequence[UUID]:
    """Those of a Board's escalations of which anybody can be reminded on a day: not those that ended long ago and owe nothing."""
    entry = RegisterEntry
    wanted = select(entry.escalation_id).where(entry.board_id == board_id, entry.reminded_until >= today)
    return session.scalars(wanted.where(entry.destroyed_at.is_(None)).order_by(entry.escalation_id)).all()


def escalations_with(session: Session, ids: Collection[UUID]) -> Sequence[Escalation]:
    """These escalations with parties and records, without what anybody wrote, in the order of their ids."""
    wanted = (
        select(Escalation)
        .where(Escalation.id.in_(ids))
        .options(
            joinedload(Escalation.board),
            selectinload(Escalation.parties).joinedload(Party.person),
            selectinload(Escalation.records).defer(StageRecord.sections, raiseload=True),
        )
    )
    return session.scalars(wanted.order_by(Escalation.id)).all()


def deliveries_of_outcomes(session: Session, escalations: Collection[UUID]) -> Sequence[Delivery]:
    """The deliveries of documents to which recipients answer, with attempts, events and answers, and their documents."""
    kinds = [kind.value for kind in ANSWERED]
    return session.scalars(
        select(Delivery)
        .join(Delivery.document)
        .where(Document.escalation_id.in_(escalations), Document.kind.in_(kinds), Delivery.withdrawn_at.is_(None))
        .options(
            contains_eager(Delivery.document).load_only(Document.escalation_id, Document.owed_at),
            selectinload(Delivery.attempts),
            selectinload(Delivery.events),
            selectinload(Delivery.acknowledgements),
        )
        .order_by(Document.owed_at, Delivery.number, Delivery.id)
    ).all()

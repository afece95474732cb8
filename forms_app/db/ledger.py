"""What the worker reads and writes about documents to make, deliveries to post and the attempts at posting them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload, undefer

from forms_app.db.tables import (
    Attempt,
    Delivery,
    DeliveryEvent,
    Document,
    DocumentFile,
    Escalation,
    Party,
    Person,
    SignInCode,
    StageRecord,
)
from forms_app.domain.deliveries import EventKind
from forms_app.domain.policy import DEIDENTIFIED


def document_to_make(session: Session, document_id: UUID, *, lock: bool = False) -> Document:
    """The document with its escalation. With `lock`, whoever else keeps its files waits for this transaction."""
    wanted = select(Document).where(Document.id == document_id).options(joinedload(Document.escalation))
    return session.scalars(wanted.with_for_update(of=Document) if lock else wanted).one()


def issued_with(session: Session, escalation_id: UUID, digest: str) -> Document | None:
    """The first document of an escalation whose files were made from what has this digest."""
    wanted = select(Document).where(Document.escalation_id == escalation_id, Document.digest == digest)
    return session.scalars(wanted.where(Document.issued_at.is_not(None)).order_by(Document.issued_at).limit(1)).first()


def documents_of_record(session: Session, record_id: UUID, kind: str, *, lock: bool = False) -> Sequence[Document]:
    """The documents of a kind that a record made, with their deliveries. With `lock`, whoever makes their files waits."""
    wanted = select(Document).where(Document.record_id == record_id, Document.kind == kind)
    wanted = wanted.options(selectinload(Document.deliveries))
    return session.scalars(wanted.with_for_update(of=Document) if lock else wanted).all()


def delivery_to_post(session: Session, delivery_id: UUID) -> Delivery:
    """The delivery with its document, the escalation and the Board."""
    return session.scalars(
        select(Delivery)
        .where(Delivery.id == delivery_id)
        .options(joinedload(Delivery.document).joinedload(Document.escalation).joinedload(Escalation.board))
    ).one()


def deliveries_of(session: Session, document_id: UUID) -> Sequence[Delivery]:
    return session.scalars(select(Delivery).where(Delivery.document_id == document_id).order_by(Delivery.number)).all()


def failed_document(session: Session, document_id: UUID) -> Document:
    """The document with whoever recorded what it says, and the parties."""
    return session.scalars(
        select(Document)
        .where(Document.id == document_id)
        .options(
            joinedload(Document.record).joinedload(StageRecord.person),
            joinedload(Document.escalation).selectinload(Escalation.parties).joinedload(Party.person),
        )
    ).one()


def to_travel_attached(session: Session, escalation_id: UUID) -> Sequence[Delivery]:
    """The deliveries of identified documents of an escalation that are to be attached, and that no mail server has accepted."""
    accepted = select(Attempt.id).where(Attempt.delivery_id == Delivery.id, Attempt.result == "accepted")
    deidentified = [kind.value for kind in DEIDENTIFIED]
    return session.scalars(
        select(Delivery)
        .join(Delivery.document)
        .where(Document.escalation_id == escalation_id, Document.kind.not_in(deidentified))
        .where(Delivery.attached, ~accepted.exists())
        .with_for_update(of=Delivery)
    ).all()


def files_of(session: Session, document_id: UUID) -> Sequence[DocumentFile]:
    """The files of a document with their bytes, by format."""
    return session.scalars(
        select(DocumentFile)
        .where(DocumentFile.document_id == document_id)
        .options(undefer(DocumentFile.content))
        .order_by(DocumentFile.format)
    ).all()


def was_accepted(session: Session, delivery_id: UUID) -> bool:
    accepted = select(Attempt.id).where(Attempt.delivery_id == delivery_id, Attempt.result == "accepted").limit(1)
    return session.scalar(accepted) is not None


def add_attempt(session: Session, delivery_id: UUID, result: str, at: datetime, smtp_code: int | None = None) -> None:
    """Adds the next line to the ledger of this delivery."""
    last = session.scalar(select(func.max(Attempt.number)).where(Attempt.delivery_id == delivery_id)) or 0
    session.add(Attempt(delivery_id=delivery_id, number=last + 1, at=at, result=result, smtp_code=smtp_code))
    session.flush()


def code_to_send(session: Session, code_id: UUID) -> SignInCode:
    return session.scalars(select(SignInCode).where(SignInCode.id == code_id)).one()


def person_of_code(session: Session, code: SignInCode) -> Person:
    """The person who asked for the code, with their Board."""
    return session.scalars(select(Person).where(Person.id == code.person_id).options(joinedload(Person.board))).one()


def add_event(
    session: Session,
    delivery_id: UUID,
    kind: EventKind,
    at: datetime,
    *,
    person_id: UUID | None = None,
    code: str = "",
    happened_at: datetime | None = None,
    key: str | None = None,
) -> bool:
    """Adds the next event of this delivery; whoever else adds one waits. False, and no change, when its key is known."""
    session.execute(select(Delivery.id).where(Delivery.id == delivery_id).with_for_update())
    if key is not None and session.scalar(select(DeliveryEvent.id).where(DeliveryEvent.key == key)) is not None:
        return False
    last = session.scalar(select(func.max(DeliveryEvent.number)).where(DeliveryEvent.delivery_id == delivery_id)) or 0
    session.add(
        DeliveryEvent(
            delivery_id=delivery_id,
            number=last + 1,
            at=at,
            kind=kind.value,
            person_id=person_id,
            code=code,
            happened_at=happened_at,
            key=key,
        )
    )
    session.flush()
    return True

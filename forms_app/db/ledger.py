"""What the worker reads and writes about documents to make, deliveries to post and the attempts at posting them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import exists, func, insert, select
from sqlalchemy.orm import Session, joinedload, selectinload, undefer

from forms_app.db.outbox import OutboxKind
from forms_app.db.places import is_there
from forms_app.db.tables import (
    Attempt,
    Delivery,
    DeliveryEvent,
    Document,
    DocumentFile,
    Escalation,
    OutboxItem,
    Party,
    Person,
    SignInCode,
    StageRecord,
)
from forms_app.db.touched import DELIVERY, touch
from forms_app.domain.deliveries import EventKind
from forms_app.domain.policy import DEIDENTIFIED_CODES


def document_to_make(session: Session, document_id: UUID, *, lock: bool = False) -> Document:
    """The document with its escalation. With `lock`, whoever else keeps its files waits for this transaction."""
    wanted = select(Document).where(Document.id == document_id).options(joinedload(Document.escalation))
    return session.scalars(wanted.with_for_update(of=Document) if lock else wanted).one()


def kinds_given_up(session: Session, board_id: UUID) -> Sequence[str]:
    """The kinds of the documents of a Board that the worker gave up before they were made."""
    given_up = exists().where(
        OutboxItem.about_id == Document.id,
        OutboxItem.kind == OutboxKind.MAKE_DOCUMENT.value,
        OutboxItem.parked_at.is_not(None),
    )
    wanted = select(Document.kind).join(Document.escalation).where(Escalation.board_id == board_id, given_up)
    return session.scalars(wanted.where(Document.issued_at.is_(None)).distinct().order_by(Document.kind)).all()


def issued_with(session: Session, escalation_id: UUID, digest: str) -> Document | None:
    """The first document of an escalation whose files were made from what has this digest."""
    wanted = select(Document).where(Document.escalation_id == escalation_id, Document.digest == digest)
    return session.scalars(wanted.where(Document.issued_at.is_not(None)).order_by(Document.issued_at).limit(1)).first()


def documents_of_record(session: Session, record_id: UUID, kind: str, *, lock: bool = False) -> Sequence[Document]:
    """The documents of a kind that a record made, with their deliveries. With `lock`, whoever makes their files waits."""
    wanted = select(Document).where(Document.record_id == record_id, Document.kind == kind)
    wanted = wanted.options(selectinload(Document.deliveries))
    return session.scalars(wanted.with_for_update(of=Document) if lock else wanted).all()


def delivery_to_post(session: Session, delivery_id: UUID, *, lock: bool = False) -> Delivery:
    """The delivery with its person, its document and whose record that is of, the escalation and the Board.

    With `lock`, whoever counts what this person is sent, or what whoever recorded it has sent, waits for this transaction.
    """
    if lock and session.get_bind().dialect.name != "sqlite":  # whose transactions that write are one after the other
        both = select(Delivery.person_id, StageRecord.person_id).join(Delivery.document).join(Document.record)
        people = session.execute(both.where(Delivery.id == delivery_id)).one()
        held = select(Person.id).where(Person.id.in_(people)).order_by(Person.id)
        session.execute(held.with_for_update(key_share=True))
    wanted = select(Delivery).where(Delivery.id == delivery_id)
    document = joinedload(Delivery.document)
    return session.scalars(
        wanted.options(
            joinedload(Delivery.person),
            document.joinedload(Document.record),
            document.joinedload(Document.escalation).joinedload(Escalation.board),
        ).execution_options(populate_existing=lock)
    ).one()


def deliveries_together(session: Session, notification_id: UUID) -> Sequence[Delivery]:
    """What goes together in this one message, with the references, the oldest first."""
    return session.scalars(
        select(Delivery)
        .where(Delivery.notification_id == notification_id)
        .options(joinedload(Delivery.document).joinedload(Document.escalation))
        .order_by(Delivery.owed_at, Delivery.id)
    ).all()


def deliveries_by_id(session: Session, ids: Collection[UUID]) -> Sequence[Delivery]:
    """These deliveries, with the subjects of their escalations."""
    document = joinedload(Delivery.document).joinedload(Document.escalation).joinedload(Escalation.subject)
    return session.scalars(select(Delivery).where(Delivery.id.in_(ids)).options(document).order_by(Delivery.id)).all()


def begun_since(
    session: Session,
    since: datetime,
    *,
    recipient: tuple[UUID, UUID] | None = None,
    sender: UUID | None = None,
) -> Sequence[datetime]:
    """When each message with a document was first handed over since a moment, the oldest first.

    To a person about an escalation, or of the records of one person. What went together is one message.
    """
    message = func.coalesce(Delivery.notification_id, Delivery.id)
    wanted = (
        select(func.min(Attempt.at).label("at"))
        .join(Delivery, Delivery.id == Attempt.delivery_id)
        .join(Document, Document.id == Delivery.document_id)
        .where(Attempt.at > since, Attempt.result == "started")
        .group_by(message)
    )
    if recipient is not None:
        person_id, escalation_id = recipient
        wanted = wanted.where(Delivery.person_id == person_id, Document.escalation_id == escalation_id)
    if sender is not None:
        wanted = wanted.join(StageRecord, StageRecord.id == Document.record_id).where(StageRecord.person_id == sender)
    return sorted(at for (at,) in session.execute(wanted))


def reference_of(session: Session, escalation_id: UUID) -> str:
    return session.scalars(select(Escalation.reference).where(Escalation.id == escalation_id)).one()


def place_of(session: Session, escalation_id: UUID, person_id: UUID) -> tuple[str, int] | None:
    """The side of somebody who takes part, and the number of the last record; None for anybody else."""
    last = select(func.max(StageRecord.number)).where(StageRecord.escalation_id == escalation_id).scalar_subquery()
    wanted = select(Party.side, last).join(Party.person).where(Party.escalation_id == escalation_id)
    found = session.execute(wanted.where(Party.person_id == person_id, is_there(session))).one_or_none()
    return None if found is None else (found[0], found[1] or 0)


def is_begun(session: Session, delivery_id: UUID) -> bool:
    """Whether the last line says that a message was handed over, and not what became of it."""
    last = select(Attempt.result).where(Attempt.delivery_id == delivery_id).order_by(Attempt.number.desc()).limit(1)
    return session.scalar(last) == "started"


def has_attempts(session: Session, delivery_id: UUID) -> bool:
    return session.scalar(select(Attempt.id).where(Attempt.delivery_id == delivery_id).limit(1)) is not None


def deliveries_of(session: Session, document_id: UUID) -> Sequence[Delivery]:
    return session.scalars(select(Delivery).where(Delivery.document_id == document_id).order_by(Delivery.number)).all()


def document_with_parties(session: Session, document_id: UUID) -> Document:
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
    return session.scalars(
        select(Delivery)
        .join(Delivery.document)
        .where(Document.escalation_id == escalation_id, Document.kind.not_in(DEIDENTIFIED_CODES))
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
    """Whether a mail server has taken it, since somebody last had it sent again."""
    accepted = select(func.max(Attempt.at)).where(Attempt.delivery_id == delivery_id, Attempt.result == "accepted")
    accepted_at = session.scalar(accepted)
    if accepted_at is None:
        return False
    again = select(func.max(DeliveryEvent.at)).where(
        DeliveryEvent.delivery_id == delivery_id, DeliveryEvent.kind == EventKind.SENT_AGAIN.value
    )
    sent_again_at = session.scalar(again)
    return sent_again_at is None or accepted_at > sent_again_at


def add_attempt(session: Session, delivery_id: UUID, result: str, at: datetime, smtp_code: int | None = None) -> None:
    """Adds the next line to the ledger of this delivery."""
    last = select(func.coalesce(func.max(Attempt.number), 0) + 1).where(Attempt.delivery_id == delivery_id)
    values = {"delivery_id": delivery_id, "at": at, "result": result, "smtp_code": smtp_code}
    session.execute(insert(Attempt).values(id=uuid4(), number=last.scalar_subquery(), **values))
    if result == "accepted":  # nothing else is counted
        touch(session, DELIVERY, delivery_id)


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

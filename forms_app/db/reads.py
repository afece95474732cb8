"""Every read of escalations by name. A read on somebody's behalf takes that person and returns only what they may see."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload, undefer

from forms_app.db.deliveries import LINES
from forms_app.db.places import WHOLE, interest_in, is_for, is_party
from forms_app.db.tables import (
    Delivery,
    Document,
    DocumentFile,
    Escalation,
    Party,
    Person,
    StageRecord,
)
from forms_app.domain.policy import DEIDENTIFIED_CODES, Side


def escalation_for(session: Session, escalation_id: UUID, person_id: UUID, *, lock: bool = False) -> Escalation | None:
    """The escalation with its parties, subject and records, if this person is a party to it.

    With `lock`, whoever else acts on it waits until this transaction is over.
    """
    wanted = (
        select(Escalation)
        .where(Escalation.id == escalation_id, is_party(session, person_id))
        .options(*WHOLE)
        .execution_options(populate_existing=True)
    )
    return session.scalars(wanted.with_for_update(of=Escalation) if lock else wanted).one_or_none()


def takes_part(session: Session, escalation_id: UUID, person_id: UUID) -> bool:
    """Whether this person is a party to the escalation."""
    found = select(Escalation.id).where(Escalation.id == escalation_id, is_party(session, person_id))
    return session.scalar(found) is not None


def party_of(session: Session, escalation_id: UUID, person_id: UUID) -> Party | None:
    """The party as which this person takes part in the escalation."""
    return session.scalars(
        select(Party)
        .join(Party.escalation)
        .where(Escalation.id == escalation_id, Party.person_id == person_id, is_party(session, person_id))
    ).one_or_none()


def raiser_of(session: Session, escalation_id: UUID) -> Party:
    """The party who raised it."""
    return session.scalars(select(Party).where(Party.escalation_id == escalation_id, Party.is_raiser.is_(True))).one()


def escalations_of(session: Session, person_id: UUID) -> Sequence[Escalation]:
    """The escalations to which this person is a party, the newest first, with parties and records."""
    return session.scalars(
        select(Escalation)
        .where(is_party(session, person_id))
        .options(*WHOLE)
        .order_by(Escalation.opened_at.desc(), Escalation.id)
    ).all()


def told_escalation(session: Session, escalation_id: UUID, board_id: UUID, person_id: UUID) -> Escalation | None:
    """One escalation of the register of this Board, as this person of its office sees it."""
    return session.scalars(
        select(Escalation)
        .where(Escalation.id == escalation_id, Escalation.board_id == board_id, _board_is_told(person_id))
        .options(*WHOLE)
    ).one_or_none()


def board_was_told(session: Session, escalation_id: UUID, board_id: UUID, person_id: UUID) -> bool:
    """Whether the escalation is on the register of this Board, for this person of its office."""
    told = select(Escalation.id).where(
        Escalation.id == escalation_id, Escalation.board_id == board_id, _board_is_told(person_id)
    )
    return session.scalar(told) is not None


def documents_for(session: Session, escalation_id: UUID, person_id: UUID) -> Sequence[Document]:
    """The documents of this escalation that are for this person, the newest first, with their deliveries."""
    return session.scalars(
        select(Document)
        .join(Document.record)
        .where(Document.escalation_id == escalation_id, is_for(session, person_id))
        .options(*LEDGER)
        .order_by(*NEWEST_FIRST)
    ).all()


def board_documents(session: Session, escalation_id: UUID, person_id: UUID) -> Sequence[Document]:
    """The de-identified documents that the Board was told by, as far as this person of its office still has them."""
    return session.scalars(
        select(Document)
        .join(Document.record)
        .where(Document.escalation_id == escalation_id, Document.kind.in_(DEIDENTIFIED_CODES), is_in_office(person_id))
        .options(*LEDGER)
        .order_by(*NEWEST_FIRST)
    ).all()


def document_for(session: Session, document_id: UUID, person_id: UUID) -> Document | None:
    """One document, if it is for this person, with its escalation."""
    return session.scalars(
        select(Document)
        .where(Document.id == document_id, is_for(session, person_id))
        .options(*LEDGER, joinedload(Document.escalation))
    ).one_or_none()


def is_or_was_for(session: Session, document_id: UUID, person_id: UUID) -> bool:
    """Whether the document is for this person, or was until it was withdrawn from them: they are told so."""
    withdrawn = exists().where(
        Delivery.document_id == Document.id, Delivery.person_id == person_id, Delivery.withdrawn_at.is_not(None)
    )
    found = select(Document.id).where(Document.id == document_id, or_(is_for(session, person_id), withdrawn))
    return session.scalar(found) is not None


def document_to_download(session: Session, document_id: UUID, person_id: UUID) -> Document | None:
    """One document, if it is for this person, with its escalation, and without who else is sent it."""
    wanted = select(Document).where(Document.id == document_id, is_for(session, person_id))
    return session.scalars(wanted.options(joinedload(Document.escalation))).one_or_none()


def board_document(session: Session, document_id: UUID, board_id: UUID, person_id: UUID) -> Document | None:
    """One de-identified document by which this Board was told, if this person of its office still has it."""
    return session.scalars(
        select(Document)
        .join(Document.escalation)
        .where(
            Document.id == document_id,
            Document.kind.in_(DEIDENTIFIED_CODES),
            Escalation.board_id == board_id,
            is_in_office(person_id),
        )
        .options(*LEDGER, joinedload(Document.escalation))
    ).one_or_none()


def documents_with_file(session: Session, sha256: str, person_id: UUID, office_of: UUID | None) -> Sequence[Document]:
    """The documents of which a file has this digest, as far as this person may open them, also from the office of a Board."""
    return _openable(session, Document.files.any(DocumentFile.sha256 == sha256), person_id, office_of)


def documents_with_reference(
    session: Session, references: Collection[str], person_id: UUID, office_of: UUID | None
) -> Sequence[Document]:
    """The documents of the escalations with these references, as far as this person may open them."""
    return _openable(session, Escalation.reference.in_(references), person_id, office_of)


def _openable(
    session: Session, wanted: ColumnElement[bool], person_id: UUID, office_of: UUID | None
) -> Sequence[Document]:
    in_the_office = and_(
        Escalation.board_id == office_of, Document.kind.in_(DEIDENTIFIED_CODES), is_in_office(person_id)
    )
    return session.scalars(
        select(Document)
        .join(Document.escalation)
        .join(Document.record)
        .where(wanted, or_(is_for(session, person_id), in_the_office) if office_of else is_for(session, person_id))
        .options(*LEDGER, joinedload(Document.escalation))
        .order_by(*NEWEST_FIRST)
    ).all()


def newest_copy(session: Session, escalation_id: UUID, agency_id: UUID) -> Document | None:
    """The last copy of everything that was made for this agency's file."""
    return session.scalars(
        select(Document)
        .where(Document.escalation_id == escalation_id, Document.agency_id == agency_id)
        .order_by(Document.owed_at.desc(), Document.id)
        .limit(1)
    ).one_or_none()


def every_document(session: Session) -> Sequence[Document]:
    """All documents, in the order in which they were owed, with their escalations."""
    return session.scalars(
        select(Document).options(joinedload(Document.escalation)).order_by(Document.owed_at, Document.kind, Document.id)
    ).all()


def file_of(session: Session, document_id: UUID, file_format: str) -> DocumentFile | None:
    """The bytes of one document, as issued. Ask first whether the person may see the document."""
    return session.scalars(
        select(DocumentFile)
        .where(DocumentFile.document_id == document_id, DocumentFile.format == file_format)
        .options(undefer(DocumentFile.content))
    ).one_or_none()


def size_of_files(session: Session, documents: Collection[UUID], formats: Collection[str]) -> int:
    """How many bytes the files of these documents have together."""
    of_these = (DocumentFile.document_id.in_(documents), DocumentFile.format.in_(formats))
    return session.scalar(select(func.coalesce(func.sum(func.length(DocumentFile.content)), 0)).where(*of_these)) or 0


def opened_beside(session: Session, escalation_id: UUID, person_id: UUID) -> Sequence[Escalation]:
    """The escalations that were opened beside this one, if this person takes part in them, and the one that it stands beside."""
    own = select(Escalation.beside_id).where(Escalation.id == escalation_id).scalar_subquery()
    return session.scalars(
        select(Escalation)
        .where(or_(Escalation.beside_id == escalation_id, Escalation.id == own), is_party(session, person_id))
        .order_by(Escalation.opened_at, Escalation.id)
    ).all()


def escalation_to_watch(session: Session, record_id: UUID) -> Escalation | None:
    """The escalation of a record, whole and locked, for the service itself."""
    return session.scalars(
        select(Escalation)
        .join(StageRecord, StageRecord.escalation_id == Escalation.id)
        .where(StageRecord.id == record_id)
        .options(*WHOLE)
        .with_for_update(of=Escalation)
        .execution_options(populate_existing=True)
    ).one_or_none()


def record_with_key(session: Session, form_key: UUID, person_id: UUID) -> StageRecord | None:
    """The record that this person's form made, if it was sent before; a send of theirs that is under way is waited for."""
    session.execute(select(Person.id).where(Person.id == person_id).with_for_update(key_share=True))
    return session.scalars(
        select(StageRecord).where(StageRecord.form_key == form_key, StageRecord.person_id == person_id)
    ).one_or_none()


NEWEST_FIRST = (Document.owed_at.desc(), StageRecord.number.desc(), Document.kind.desc(), Document.id)
"""Documents, joined with their records. Those of one moment by their records, and of one record a confirmation before its sheet."""
LEDGER = (
    selectinload(Document.files),
    joinedload(Document.record).load_only(StageRecord.agency_id),
    selectinload(Document.deliveries).options(*LINES),
)


def is_in_office(person_id: UUID) -> ColumnElement[bool]:
    """Whether a document by which the Board was told was neither withdrawn from its office, nor from this person of it.

    Nothing is there for somebody of it who declared an interest.
    """
    withdrawn = exists().where(
        Delivery.document_id == Document.id, Delivery.person_id == person_id, Delivery.withdrawn_at.is_not(None)
    )
    declared = interest_in(Document.escalation_id, person_id)
    return and_(tells_the_board(still=True), ~withdrawn.correlate(Document), ~declared)


def tells_the_board(*, still: bool = False) -> ColumnElement[bool]:
    """Whether a document was owed to somebody who stands on neither side, whatever seat they hold today.

    With `still`, only if it was not withdrawn from them since. The Board stays told all the same.
    """
    takes_a_side = exists().where(
        Party.escalation_id == Document.escalation_id,
        Party.person_id == Delivery.person_id,
        Party.side.in_((Side.RAISING.value, Side.RESPONDING.value)),
    )
    told = exists().where(Delivery.document_id == Document.id, ~takes_a_side.correlate(Document, Delivery))
    return (told.where(Delivery.withdrawn_at.is_(None)) if still else told).correlate(Document)


def _board_is_told(person_id: UUID) -> ColumnElement[bool]:
    """Whether a notice or a proforma told the Board, and this person of its office declared no interest.

    What goes to somebody of the Board who takes part does not tell the Board.
    """
    found = exists().where(
        Document.escalation_id == Escalation.id, Document.kind.in_(DEIDENTIFIED_CODES), tells_the_board()
    )
    return and_(found.correlate(Escalation), ~interest_in(Escalation.id, person_id))

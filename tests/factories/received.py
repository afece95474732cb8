"""Documents as their recipients find them: issued, with a real web version, and files that take no time."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from forms_app.db import outbox, received
from forms_app.db.outbox import OutboxKind
from forms_app.db.tables import Acknowledgement, Delivery, DeliveryEvent, Document, DocumentFile, Notification
from forms_app.documents import pdf, web_version
from forms_app.documents.catalogue import Issued, kind_of
from forms_app.documents.contexts import Context
from forms_app.domain.acts import Act
from forms_app.services.issuing import make_document
from tests.factories.scenes import Scene
from tests.factories.walks import answer, one_of_each, record, who_may


def issue_quickly(kind_code: str, context: Context, layout: bytes | None = None) -> Issued:
    kind, said = kind_of(kind_code), hashlib.sha256(context.model_dump_json().encode()).hexdigest().encode()
    page = web_version.make(kind, context, pdf.filled(kind, context))
    return Issued(docx=b"PK\x03\x04 " + said, pdf=b"%PDF-1.7 " + said, page=page)


def make_everything(here: Scene) -> None:
    """The files of all documents that are owed and not held."""
    with here.workshop.writing() as work:
        claims = outbox.claim(work.session, "test", work.now, 500, timedelta(hours=1))
    for claim in claims:
        if claim.kind == OutboxKind.MAKE_DOCUMENT:
            make_document(here.workshop, claim, issue_quickly)


@dataclass
class Sent:
    """An escalation that was opened, and what its documents are."""

    scene: Scene
    escalation: UUID

    def document(self, kind: str) -> UUID:
        """The newest of its kind."""
        with self.scene.database.reading() as session:
            wanted = select(Document.id).where(Document.escalation_id == self.escalation, Document.kind == kind)
            return session.scalars(wanted.order_by(Document.owed_at.desc(), Document.id)).first() or UUID(int=0)

    def sha256(self, document: UUID, file_format: str = "pdf") -> str:
        with self.scene.database.reading() as session:
            wanted = select(DocumentFile.sha256).where(DocumentFile.document_id == document)
            return session.scalars(wanted.where(DocumentFile.format == file_format)).one()

    def delivery(self, document: UUID, to: UUID) -> Delivery:
        with self.scene.database.reading() as session:
            wanted = select(Delivery).where(Delivery.document_id == document, Delivery.person_id == to)
            found = session.scalars(wanted).one()
            session.expunge(found)
            return found

    def events(self, document: UUID, to: UUID) -> list[tuple[str, str]]:
        """What the ledger knows beside the attempts: kinds and codes."""
        with self.scene.database.reading() as session:
            wanted = select(DeliveryEvent).where(DeliveryEvent.delivery_id == self.delivery_id(document, to))
            return [(event.kind, event.code) for event in session.scalars(wanted.order_by(DeliveryEvent.number))]

    def answers(self, document: UUID, to: UUID) -> list[tuple[int, str, str, str]]:
        with self.scene.database.reading() as session:
            wanted = select(Acknowledgement).where(Acknowledgement.delivery_id == self.delivery_id(document, to))
            found = session.scalars(wanted.order_by(Acknowledgement.number))
            return [(each.number, each.answer, each.reasons, each.sha256) for each in found]

    def delivery_id(self, document: UUID, to: UUID) -> UUID:
        return self.delivery(document, to).id

    def recipients(self, document: UUID) -> list[UUID]:
        with self.scene.database.reading() as session:
            wanted = select(Delivery.person_id).where(Delivery.document_id == document).order_by(Delivery.number)
            return list(session.scalars(wanted))

    def withdraw(self, document: UUID, to: UUID) -> None:
        with self.scene.workshop.writing() as work:
            delivery = received.delivery_to(work.session, document, to)
            assert delivery is not None
            delivery.withdrawn_at = work.now

    def told(self, kind: str) -> list[Notification]:
        with self.scene.database.reading() as session:
            found = session.scalars(select(Notification).where(Notification.kind == kind)).all()
            session.expunge_all()
            return list(found)


def opened(here: Scene) -> Sent:
    sent = Sent(here, here.open().escalation_id)
    make_everything(here)
    return sent


def resolved(here: Scene) -> Sent:
    """Both sides have settled it, and everybody has its documents."""
    sent = Sent(here, here.open(everybody=True).escalation_id)
    here.clock.forward(minutes=5)
    record(here, sent.escalation)
    for place in one_of_each(who_may(here, sent.escalation, Act.ANSWER_OUTCOME)):
        answer(here, sent.escalation, place, agrees=True)
    make_everything(here)
    here.clock.forward(minutes=5)
    return sent

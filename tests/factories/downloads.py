"""A Board of whose escalations de-identified documents were issued, and a second officer in its business unit."""

from __future__ import annotations

import hashlib
from uuid import UUID

from sqlalchemy import select

from forms_app.db.tables import Document, DocumentFile, Person
from forms_app.domain.policy import DEIDENTIFIED
from tests.factories.scenes import Scene


def content_of(document: UUID, form: str) -> bytes:
    return (b"%PDF-1.7 " if form == "pdf" else b"PK\x03\x04 ") + document.bytes + form.encode()


def issue(here: Scene) -> list[UUID]:
    """Files of each document that has none, whatever waits; those of them that are de-identified, the oldest first."""
    with here.database.writing() as session:
        found = session.scalars(select(Document).where(Document.issued_at.is_(None)).order_by(Document.owed_at)).all()
        for document in found:
            document.issued_at = here.clock.now
            for form in ("docx", "pdf"):
                content = content_of(document.id, form)
                session.add(
                    DocumentFile(
                        document_id=document.id,
                        format=form,
                        content=content,
                        sha256=hashlib.sha256(content).hexdigest(),
                        issued_at=here.clock.now,
                    )
                )
        return [document.id for document in found if document.kind in DEIDENTIFIED]


def tell_the_board(here: Scene) -> UUID:
    """An escalation that went so far that the Board was told of it."""
    here.clock.forward(minutes=1)
    escalation = here.open().escalation_id
    for _ in range(3):
        here.clock.forward(minutes=1)
        here.step_up(escalation)
    here.clock.forward(minutes=1)
    return escalation


def second_officer(here: Scene) -> UUID:
    """Whoever had the seat of the directors' office is of the business unit from now on."""
    holder = here.holder("directors")
    with here.database.writing() as session:
        session.get_one(Person, holder).seat = "business_unit"
    return holder

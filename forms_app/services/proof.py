"""Tells somebody whether a file is one that the service issued to them. The file is hashed, looked into with limits, and forgotten."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

from forms_app.db import blank_forms, reads
from forms_app.db.tables import Document, Person
from forms_app.documents.claims import references_in
from forms_app.domain.access import May, Relation, may
from forms_app.domain.policy import DEIDENTIFIED
from forms_app.domain.working_days import spell_time
from forms_app.services.attachments import LOCKED, password_of
from forms_app.services.directory import own_person
from forms_app.services.work import Work


@dataclass(frozen=True, slots=True)
class Place:
    """Where this person finds something: on the page of a document, of an escalation, or of the Board's register."""

    page: Literal["document", "escalation", "register"]
    document_id: UUID
    escalation_id: UUID
    reference: str


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A document of which the file is a file."""

    place: Place
    title: str
    issued: str
    password: str | None
    """Of a file that was sent locked."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What is known of a file. All empty: it was not issued to this person, whether it was ever issued or not."""

    files: tuple[FoundFile, ...] = ()
    is_blank_form: bool = False
    named: tuple[Place, ...] = ()
    """The escalations, as far as this person may open documents of theirs, that the file names without being a file of them."""


def check_file(work: Work, *, by: UUID, content: bytes, secret: bytes) -> Checked:
    """Looks for a file among those that this person may open. Raises NotFound for somebody who has left."""
    person = own_person(work, by)
    office = office_of(person)
    digest = hashlib.sha256(content).hexdigest()
    work.note("file_checked", person=by, board=person.board_id)
    if found := reads.documents_with_file(work.session, digest, by, office):
        return Checked(files=tuple(_found(document, by, digest, secret) for document in found))
    if blank_forms.was_made(work.session, person.board_id, digest):
        return Checked(is_blank_form=True)
    named = reads.documents_with_reference(work.session, references_in(content), by, office)
    newest = {document.escalation_id: document for document in reversed(named) if document.issued_at is not None}
    return Checked(named=tuple(_place_of_escalation(work, document, by) for document in newest.values()))


def office_of(person: Person) -> UUID | None:
    """The Board into whose register this person may look."""
    return person.board_id if may(person, May.SEE_REGISTER, Relation.OWN_BOARD) else None


def _found(document: Document, by: UUID, digest: str, secret: bytes) -> FoundFile:
    assert document.issued_at is not None
    is_locked = any(file.format == LOCKED and file.sha256 == digest for file in document.files)
    return FoundFile(
        place=_place(document, by),
        title=document.title,
        issued=spell_time(document.issued_at),
        password=password_of(secret, document.id) if is_locked else None,
    )


def _place_of_escalation(work: Work, document: Document, by: UUID) -> Place:
    if reads.takes_part(work.session, document.escalation_id, by):
        return replace(_place(document, by), page="escalation")
    return _place(document, by)


def _place(document: Document, by: UUID) -> Place:
    is_owed = any(delivery.person_id == by for delivery in document.deliveries)
    return Place(
        page="register" if document.kind in DEIDENTIFIED and not is_owed else "document",
        document_id=document.id,
        escalation_id=document.escalation_id,
        reference=document.escalation.reference,
    )

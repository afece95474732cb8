"""Tells somebody whether a file is one that the service issued to them. The file is hashed, looked into with limits, and forgotten."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from uuid import UUID

from forms_app.db import blank_forms, reads
from forms_app.db.tables import Document, Person
from forms_app.documents.claims import references_in
from forms_app.domain.policy import DEIDENTIFIED
from forms_app.domain.working_days import spell_time
from forms_app.services.attachments import LOCKED, password_of
from forms_app.services.directory import own_person
from forms_app.services.signing_in import SEES_REGISTER
from forms_app.services.work import Work


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A document of which the file is a file, and where its page is: theirs, or the one of the Board's register."""

    document_id: UUID
    escalation_id: UUID
    title: str
    reference: str
    issued: str
    on_register: bool
    """Whether this person finds it on the register, because it was not sent to them."""
    password: str | None
    """Of a file that was sent locked."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What is known of a file. All empty: it was not issued to this person, whether it was ever issued or not."""

    files: tuple[FoundFile, ...] = ()
    is_blank_form: bool = False
    named: tuple[FoundFile, ...] = ()
    """The newest document of each escalation that the file names without being a file of it."""


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
    return Checked(named=tuple(_found(document, by, digest, secret) for document in newest.values()))


def office_of(person: Person) -> UUID | None:
    """The Board into whose register this person may look."""
    return person.board_id if person.seat in SEES_REGISTER else None


def password_for(document: Document, secret: bytes) -> str | None:
    """The password of the copy that was sent locked, if one was. Only for somebody who may open the document."""
    return password_of(secret, document.id) if any(file.format == LOCKED for file in document.files) else None


def _found(document: Document, by: UUID, digest: str, secret: bytes) -> FoundFile:
    assert document.issued_at is not None
    locked = any(file.format == LOCKED and file.sha256 == digest for file in document.files)
    return FoundFile(
        document_id=document.id,
        escalation_id=document.escalation_id,
        title=document.title,
        reference=document.escalation.reference,
        issued=spell_time(document.issued_at),
        on_register=document.kind in DEIDENTIFIED and all(each.person_id != by for each in document.deliveries),
        password=password_of(secret, document.id) if locked else None,
    )

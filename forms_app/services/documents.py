"""What people see of the documents: who was sent each and what became of it, and the bytes as issued."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from forms_app.db import reads
from forms_app.db.outbox import needs_attention
from forms_app.db.releases import releases_of
from forms_app.db.tables import Delivery, Document, Release
from forms_app.documents.catalogue import Format, file_name, kind_of
from forms_app.domain.errors import NotFound
from forms_app.domain.policy import OFFICE
from forms_app.domain.working_days import spell_time
from forms_app.services.posting import ledger_lines
from forms_app.services.releasing import is_withdrawn
from forms_app.services.work import Work

FORMATS: tuple[Format, ...] = ("pdf", "docx")


@dataclass(frozen=True, slots=True)
class FileLine:
    format: str
    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    to: str
    agency: str
    how: str
    state: str
    needs_a_person: bool
    in_office: bool
    """Whether it goes to the Board's own office."""


@dataclass(frozen=True, slots=True)
class DocumentLine:
    id: UUID
    title: str
    owed: str
    fault: str | None
    """Why it could not be made, or has not been for long; None while all is well."""
    waits: str
    """Since when it waits for a second person, or that it was withdrawn; empty for what may be made."""
    files: tuple[FileLine, ...]
    deliveries: tuple[DeliveryLine, ...]
    is_own_copy: bool
    """Whether it was made for one agency's file: nobody is sent it."""

    @property
    def is_issued(self) -> bool:
        return bool(self.files)


@dataclass(frozen=True, slots=True)
class FoundDocument:
    """One document as somebody for whom it is finds it."""

    line: DocumentLine
    reference: str
    escalation_id: UUID
    is_party: bool
    """Whether this person may also open the escalation."""


def document_for(work: Work, *, by: UUID, document_id: UUID) -> FoundDocument:
    """A document that is for this person. Raises NotFound."""
    found = reads.document_for(work.session, document_id, by)
    if found is None:
        raise NotFound("There is no such document.")
    line = document_lines(work, [found], found.escalation.reference)[0]
    is_party = reads.takes_part(work.session, found.escalation_id, by)
    return FoundDocument(line, found.escalation.reference, found.escalation_id, is_party)


def file_for(work: Work, *, by: UUID, document_id: UUID, file_format: Format) -> tuple[str, bytes]:
    """The name and the bytes of a document as issued, for somebody for whom it is. Raises NotFound."""
    found = reads.document_to_download(work.session, document_id, by)
    if found is None:
        raise NotFound("There is no such document.")
    return as_issued(work, found, by, file_format)


def document_lines(work: Work, documents: Sequence[Document], reference: str) -> tuple[DocumentLine, ...]:
    """The documents with their files and deliveries, and what could not be done about each."""
    owed = [document.id for document in documents]
    owed += [delivery.id for document in documents for delivery in document.deliveries]
    faults = {item.about_id: item.fault or "" for item in needs_attention(work.session, work.now, about=owed)}
    held = releases_of(work.session, [document.id for document in documents])
    return tuple(_document(document, reference, faults, held.get(document.id)) for document in documents)


def _document(document: Document, reference: str, faults: Mapping[UUID, str], release: Release | None) -> DocumentLine:
    return DocumentLine(
        id=document.id,
        title=document.title,
        owed=spell_time(document.owed_at),
        fault=faults.get(document.id),
        waits="" if release is None else _waits(release),
        files=tuple(
            FileLine(form, file_name(kind_of(document.kind), reference, form), each.sha256)
            for form in FORMATS
            for each in document.files
            if each.format == form
        ),
        deliveries=tuple(_delivery(delivery, faults) for delivery in document.deliveries),
        is_own_copy=document.agency_id is not None,
    )


def _waits(release: Release) -> str:
    if release.decided_at is None:
        return f"Waits for a second person since {spell_time(release.held_at)}"
    return f"Withdrawn on {spell_time(release.decided_at)}: nobody is sent it" if is_withdrawn(release) else ""


def _delivery(delivery: Delivery, faults: Mapping[UUID, str]) -> DeliveryLine:
    state, needs_a_person = delivery_state(delivery)
    return DeliveryLine(
        to=delivery.person.name,
        agency=delivery.person.agency.name,
        how="Attached" if delivery.attached else "By link",
        state=state,
        needs_a_person=needs_a_person or delivery.id in faults,
        in_office=delivery.person.agency.kind == OFFICE,
    )


def delivery_state(delivery: Delivery) -> tuple[str, bool]:
    """What the ledger knows of a delivery, in words, and whether a person must do something about it."""
    lines = ledger_lines(delivery.attempts)
    if not lines:
        return "Not sent yet", False
    last, at = lines[-1], spell_time(lines[-1].at)
    match last.result:
        case "accepted":
            again = ", sent again after an interruption" if last.follows_interruption else ""
            return f"Accepted by the mail server on {at}{again}", False
        case "refused":
            return f"Refused by the mail server on {at}", True
        case "not_reached":
            return f"The mail server could not be reached on {at}; it will be tried again", False
        case "interrupted":
            return f"Interrupted on {at}; it will be sent again", False
        case _:
            return f"Being sent since {at}", False


def as_issued(work: Work, document: Document, by: UUID, file_format: Format) -> tuple[str, bytes]:
    """The name and the bytes of a document, which the caller has found to be for this person. Raises NotFound."""
    found = reads.file_of(work.session, document.id, file_format)
    if found is None:
        raise NotFound("This document has not been made yet.")
    work.note("document_downloaded", person=by, escalation=document.escalation_id, about=document.id)
    return file_name(kind_of(document.kind), document.escalation.reference, file_format), found.content

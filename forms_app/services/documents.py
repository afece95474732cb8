"""What people see of the documents: who was sent each and what became of it, and the bytes as issued."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from forms_app.db import reads
from forms_app.db.other_systems import filings_of
from forms_app.db.outbox import needs_attention
from forms_app.db.releases import is_kept_back, releases_of
from forms_app.db.tables import Delivery, Document, Release
from forms_app.documents.catalogue import Format, file_name, kind_of
from forms_app.domain.deliveries import Facts, needs_a_person, state_of
from forms_app.domain.errors import NotFound
from forms_app.domain.policy import OFFICE
from forms_app.domain.working_days import spell_time
from forms_app.services.ledger import Acting, HistoryLine, Ledger, Reader, acting_party, history_of, how_sent, in_words
from forms_app.services.receiving import note_given_out
from forms_app.services.work import Work

FORMATS: tuple[Format, ...] = ("pdf", "docx")


@dataclass(frozen=True, slots=True)
class FileLine:
    format: str
    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    id: UUID
    to: str
    """A name, or for the Board's office the job title of somebody who takes part."""
    agency: str
    how: str
    state: str
    needs_a_person: bool
    telephone: str
    """Only of somebody whom no message reaches."""
    history: tuple[HistoryLine, ...]
    is_withdrawn: bool


@dataclass(frozen=True, slots=True)
class DocumentLine:
    id: UUID
    escalation_id: UUID
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
    may_act: bool
    """Whether this reader can have it sent again, and say that they told somebody."""
    may_withdraw: bool
    filed: tuple[str, ...]
    """Which agencies' own systems said that they filed it, and when: a sentence each."""

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
    is_party = reads.takes_part(work.session, found.escalation_id, by)
    reader = Reader.PARTY if is_party else Reader.RECIPIENT
    acting = acting_party(work, by, found.escalation_id) if is_party else None
    line = document_lines(work, [found], found.escalation.reference, reader, acting)[0]
    return FoundDocument(line, found.escalation.reference, found.escalation_id, is_party)


def file_for(work: Work, *, by: UUID, document_id: UUID, file_format: Format) -> tuple[str, bytes]:
    """The name and the bytes of a document as issued, for somebody for whom it is. Raises NotFound."""
    found = reads.document_to_download(work.session, document_id, by)
    if found is None:
        raise NotFound("There is no such document.")
    note_given_out(work, by=by, document_id=document_id, file_format=file_format)
    return as_issued(work, found, by, file_format)


def document_lines(
    work: Work, documents: Sequence[Document], reference: str, reader: Reader, acting: Acting | None = None
) -> tuple[DocumentLine, ...]:
    """The documents with their files and deliveries, as this reader may know of them, and what could not be made.

    `acting` where the reader may do something about deliveries.
    """
    ids = [document.id for document in documents]
    faults = {item.about_id: item.fault or "" for item in needs_attention(work.session, work.now, about=ids)}
    held, filings = releases_of(work.session, ids), filings_of(work.session, ids)
    ledger = Ledger(work, [delivery for document in documents for delivery in document.deliveries], held)

    def line(document: Document) -> DocumentLine:
        release = held.get(document.id)
        return DocumentLine(
            id=document.id,
            escalation_id=document.escalation_id,
            title=document.title,
            owed=spell_time(document.owed_at),
            fault=faults.get(document.id),
            waits="" if release is None else _waits(release),
            files=tuple(_files(document, reference)),
            deliveries=tuple(
                _delivery(delivery, ledger.facts(delivery, document), reader) for delivery in document.deliveries
            ),
            is_own_copy=document.agency_id is not None,
            may_act=acting is not None and document.agency_id is None,
            may_withdraw=acting is not None and acting.may_withdraw(document),
            filed=tuple(
                f"Filed in the system of {each.agency.name} on {spell_time(each.filed_at)}"
                for each in filings
                if each.document_id == document.id
            ),
        )

    return tuple(line(document) for document in documents)


def _files(document: Document, reference: str) -> Iterator[FileLine]:
    for form in FORMATS:
        for each in document.files:
            if each.format == form:
                yield FileLine(form, file_name(kind_of(document.kind), reference, form), each.sha256)


def _waits(release: Release) -> str:
    if release.decided_at is None:
        return f"Waits for a second person since {spell_time(release.held_at)}"
    return f"Withdrawn on {spell_time(release.decided_at)}: nobody is sent it" if is_kept_back(release) else ""


def _delivery(delivery: Delivery, facts: Facts, reader: Reader) -> DeliveryLine:
    state, person = state_of(facts), delivery.person
    needed = needs_a_person(state)
    is_named = reader is not Reader.OFFICE or person.agency.kind == OFFICE
    return DeliveryLine(
        id=delivery.id,
        to=person.name if is_named else person.job_title,
        agency=person.agency.name,
        how=how_sent(delivery, facts),
        state=in_words(state),
        needs_a_person=needed,
        telephone=person.telephone if needed else "",
        history=history_of(delivery, reader),
        is_withdrawn=delivery.withdrawn_at is not None,
    )


def as_issued(work: Work, document: Document, by: UUID, file_format: Format) -> tuple[str, bytes]:
    """The name and the bytes of a document, which the caller has found to be for this person. Raises NotFound."""
    found = reads.file_of(work.session, document.id, file_format)
    if found is None:
        raise NotFound("This document has not been made yet.")
    board = document.escalation.board_id
    work.note(
        "document_downloaded",
        person=by,
        board=board,
        escalation=document.escalation_id,
        about=document.id,
        code=file_format,
    )
    return file_name(kind_of(document.kind), document.escalation.reference, file_format), found.content

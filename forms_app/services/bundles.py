"""Everything of an escalation that somebody may open, as one file, with a signed list of what is in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any
from uuid import UUID
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from forms_app.db import reads
from forms_app.db.deliveries import withdrawals_known_to
from forms_app.db.layouts import versions_of
from forms_app.db.places import hand_overs_in
from forms_app.db.releases import releases_of
from forms_app.db.tables import Delivery, Document, Escalation, HandOver
from forms_app.documents.catalogue import Format, file_name, kind_of
from forms_app.documents.faults import DocumentFault
from forms_app.documents.signatures import SigningKey
from forms_app.domain.deliveries import Paper
from forms_app.domain.errors import NotFound
from forms_app.domain.policy import DEIDENTIFIED, OFFICE
from forms_app.domain.working_days import spell_time, uk_date
from forms_app.services import bundled_ledger
from forms_app.services.bundled_ledger import STATES, Sent
from forms_app.services.directory import own_person
from forms_app.services.documents import FORMATS
from forms_app.services.ledger import Ledger, paper_of
from forms_app.services.proof import office_of
from forms_app.services.work import Work

MANIFEST, SIGNATURE, CONTENTS = "manifest.json", "manifest.json.sig", "contents.txt"
FORMAT = "forms-app-bundle-2"
LARGEST = 64 * 1024 * 1024
CHECK = f"openssl pkeyutl -verify -pubin -inkey signing-key.pem -rawin -in {MANIFEST} -sigfile {SIGNATURE}"

Known = tuple[Document, tuple[Delivery, ...]]
"""A document, and of its deliveries those that the reader may know of."""


@dataclass(frozen=True, slots=True)
class Bundle:
    name: str
    content: bytes


class TooLarge(Exception):
    """More than one download can carry."""


@dataclass(frozen=True, slots=True)
class Signing:
    """What a list is signed with, and where the key can be fetched. Without a key the list says that it is not signed."""

    key: SigningKey | None
    service_url: str


def bundle_for(work: Work, *, by: UUID, escalation_id: UUID, signing: Signing) -> Bundle:
    """All documents of an escalation that a party may open. Raises NotFound and TooLarge."""
    escalation = reads.escalation_for(work.session, escalation_id, by)
    if escalation is None:
        raise NotFound("There is no such escalation.")
    documents = reads.documents_for(work.session, escalation_id, by)
    own = [each for each in withdrawals_known_to(work.session, escalation_id, by) if each.person_id == by]
    known = [(document, tuple(document.deliveries)) for document in documents]
    places = hand_overs_in(work.session, escalation_id)
    return _bundle(work, escalation, known, by, signing, Gone(own, bundled_ledger.removed(escalation), places))


def board_bundle_for(work: Work, *, by: UUID, escalation_id: UUID, signing: Signing) -> Bundle:
    """The de-identified documents of an escalation of the register. Raises NotFound and TooLarge."""
    office = office_of(own_person(work, by))
    escalation = reads.told_escalation(work.session, escalation_id, office, by) if office else None
    if escalation is None:
        raise NotFound("There is no such escalation.")
    documents = reads.board_documents(work.session, escalation_id, by)
    return _bundle(work, escalation, [(document, _in_office(document)) for document in documents], by, signing)


@dataclass(frozen=True, slots=True)
class Gone:
    """What was withdrawn from the reader, and who was named by mistake: nothing of it for the Board's office."""

    documents: Sequence[Delivery] = ()
    people: Sequence[tuple[str, str, datetime]] = ()
    places: Sequence[HandOver] = ()
    """How places changed hands."""


def _in_office(document: Document) -> tuple[Delivery, ...]:
    return tuple(delivery for delivery in document.deliveries if delivery.person.agency.kind == OFFICE)


def _bundle(
    work: Work,
    escalation: Escalation,
    newest_first: Sequence[Known],
    by: UUID,
    signing: Signing,
    gone: Gone = Gone(),  # never changes
) -> Bundle:
    entries = _entries(work, escalation.reference, newest_first[::-1])
    if reads.size_of_files(work.session, [entry.document.id for entry in entries], FORMATS) > LARGEST:
        raise TooLarge
    contents = "".join(_contents(work.now, escalation, entries, gone, signing)).encode()
    manifest = _manifest(work.now, escalation, entries, gone, contents, signing)
    parts = [(MANIFEST, manifest), (CONTENTS, contents)]
    if signing.key is not None:
        parts.insert(1, (SIGNATURE, signing.key.sign(manifest)))
    whole = packed([*parts, *_files(work, entries)])
    work.note("bundle_downloaded", person=by, board=escalation.board_id, escalation=escalation.id)
    return Bundle(f"escalation-{escalation.reference}.zip", whole)


# --- one document in the list ---------------------------------------------------------------------------------------


PAPERS = {
    Paper.MADE: "issued",
    Paper.UNMADE: "being_made",
    Paper.HELD: "waits_for_a_second_person",
    Paper.KEPT_BACK: "withdrawn",
}
NOT_ISSUED = {
    Paper.UNMADE: "not yet, it is being made",
    Paper.HELD: "not yet, it waits for a second person",
    Paper.KEPT_BACK: "no, it was withdrawn",
}


@dataclass(frozen=True, slots=True)
class NamedFile:
    name: str
    format: Format
    sha256: str


def named_files(document: Document, number: str, reference: str, formats: Sequence[Format]) -> list[NamedFile]:
    """The files that a document has in these formats, as they are called in a download."""
    kind, digests = kind_of(document.kind), {file.format: file.sha256 for file in document.files}
    return [
        NamedFile(f"{number}-{file_name(kind, reference, form)}", form, digests[form])
        for form in formats
        if form in digests
    ]


@dataclass(frozen=True, slots=True)
class Entry:
    """One document of the list."""

    number: int
    reference: str
    document: Document
    sent: tuple[Sent, ...]
    paper: Paper
    layout: int | None
    """The version of the Board's own Word layout; None for the service's."""

    @property
    def files(self) -> list[NamedFile]:
        """Named by ids alone, and in the order in which they were owed."""
        return named_files(self.document, f"{self.number:02}", self.reference, FORMATS)

    @property
    def is_deidentified(self) -> bool:
        """Then no time is told but the month, as in the document itself."""
        return self.document.kind in DEIDENTIFIED

    def moment(self, at: datetime | None) -> str | None:
        if at is None:
            return None
        return f"{uk_date(at):%Y-%m}" if self.is_deidentified else _instant(at)

    def issued(self) -> str:
        """In words."""
        at = self.document.issued_at
        if at is None:
            return NOT_ISSUED[self.paper]
        return f"{uk_date(at):%B %Y}" if self.is_deidentified else spell_time(at)


def _entries(work: Work, reference: str, documents: Sequence[Known]) -> list[Entry]:
    held = releases_of(work.session, [document.id for document, _ in documents])
    ledger = Ledger(work, [each for _, deliveries in documents for each in deliveries], held)
    versions = versions_of(work.session, [document.layout_id for document, _ in documents if document.layout_id])
    return [
        Entry(
            number=number,
            reference=reference,
            document=document,
            sent=tuple(Sent(each, ledger.facts(each, document)) for each in deliveries),
            paper=paper_of(document, held.get(document.id)),
            layout=versions[document.layout_id] if document.layout_id else None,
        )
        for number, (document, deliveries) in enumerate(documents, start=1)
    ]


# --- the list, for machines and for people --------------------------------------------------------------------------


def _manifest(
    now: datetime,
    escalation: Escalation,
    entries: Sequence[Entry],
    gone: Gone,
    contents: bytes,
    signing: Signing,
) -> bytes:
    value = {
        "format": FORMAT,
        "service": signing.service_url,
        "board": escalation.board.name,
        "reference": escalation.reference,
        "policy": escalation.policy_key,
        "made_at": _instant(now),
        "signed_by": signing.key.fingerprint() if signing.key is not None else None,
        "contents": {"name": CONTENTS, "sha256": hashlib.sha256(contents).hexdigest()},
        "documents": [_document(entry) for entry in entries],
        "withdrawn": bundled_ledger.withdrawn_for_machines(gone.documents, _instant),
        "removed": [
            {"job_title": title, "agency": agency, "removed_at": _instant(at)} for title, agency, at in gone.people
        ],
        "places": bundled_ledger.changed_hands(gone.places, _instant),
    }
    return f"{json.dumps(value, indent=2, ensure_ascii=False)}\n".encode()


def _document(entry: Entry) -> dict[str, Any]:
    return {
        "id": str(entry.document.id),
        "kind": entry.document.kind,
        "state": PAPERS[entry.paper],
        "owed_at": entry.moment(entry.document.owed_at),
        "issued_at": entry.moment(entry.document.issued_at),
        "word_layout": entry.layout,
        "files": [{"name": file.name, "format": file.format, "sha256": file.sha256} for file in entry.files],
        "deliveries": {
            "attached": sum(each.delivery.attached for each in entry.sent),
            "by_link": sum(not each.delivery.attached for each in entry.sent),
            "states": bundled_ledger.counted(entry.sent),
            "ledger": [] if entry.is_deidentified else bundled_ledger.for_machines(entry.sent),
        },
    }


def _contents(
    now: datetime, escalation: Escalation, entries: Sequence[Entry], gone: Gone, signing: Signing
) -> Iterator[str]:
    yield f"Escalation {escalation.reference}\n{escalation.board.name}\n\n"
    yield f"Downloaded on {spell_time(now)}. Documents: {len(entries)}.\n"
    yield "Keep these files safe. They may name a child, a family and practitioners.\n\n"
    for entry in entries:
        yield f"{entry.number}. {entry.document.title}\n   Issued: {entry.issued()}\n"
        if entry.sent:
            states = ", ".join(
                f"{count} {STATES[state]}" for state, count in bundled_ledger.counted(entry.sent).items()
            )
            yield f"   Sent to {len(entry.sent)}: {states}\n"
        if not entry.is_deidentified:
            yield from bundled_ledger.for_people(entry.sent)
        for file in entry.files:
            yield f"   File: {file.name}\n   SHA-256: {file.sha256}\n"
        yield "\n"
    yield from _gone(gone)
    yield "How to check that nothing was changed\n\n"
    yield f"{MANIFEST} lists each file with its SHA-256. "
    if signing.key is None:
        yield "It is not signed, because the service has no key for that.\n"
    else:
        yield f"{SIGNATURE} is its signature.\n"
        yield f"Fetch the key of the service from {signing.service_url}/signing-key.pem, and type:\n\n   {CHECK}\n\n"
    yield f"You can also check each file on this page: {signing.service_url}/check-a-file\n"


def _gone(gone: Gone) -> Iterator[str]:
    yield from bundled_ledger.withdrawn_for_people(gone.documents)
    for title, agency, at in gone.people:
        yield f"Named by mistake, and taken out on {spell_time(at)}: {title}, {agency}\n"
    if gone.documents or gone.people:
        yield "\n"


def _instant(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


# --- the files ------------------------------------------------------------------------------------------------------


def _files(work: Work, entries: Sequence[Entry]) -> Iterator[tuple[str, bytes]]:
    """Every file under its name. Raises DocumentFault."""
    for entry in entries:
        for file in entry.files:
            yield file.name, stored_file(work, entry.document.id, file)


def stored_file(work: Work, document_id: UUID, file: NamedFile) -> bytes:
    """The bytes of a file. Raises DocumentFault for those that are not as they were issued."""
    stored = reads.file_of(work.session, document_id, file.format)
    if stored is None or hashlib.sha256(stored.content).hexdigest() != file.sha256:
        raise DocumentFault("A file that is stored here is not the one that was issued. Nothing was downloaded.")
    return stored.content


def packed(parts: Sequence[tuple[str, bytes]]) -> bytes:
    """With the oldest date that the format knows, and no smaller: PDF and Word files are packed already."""
    whole = BytesIO()
    with ZipFile(whole, "w", ZIP_STORED) as archive:
        for name, content in parts:
            entry = ZipInfo(name)
            entry.create_system = 0
            archive.writestr(entry, content)
    return whole.getvalue()

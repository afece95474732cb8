"""The lists in a set of documents: what is in it, what is not and why, for spreadsheets and for people. Ids, codes and months only."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from forms_app.db.set_tables import DocumentSet, DocumentSetItem
from forms_app.documents.catalogue import kind_of
from forms_app.domain.comma_separated import write_rows
from forms_app.domain.sets import LeftOut
from forms_app.domain.working_days import spell_time, uk_date
from forms_app.services.bundles import NamedFile, named_files
from forms_app.services.documents import FORMATS

TABLE, CONTENTS, SIGNATURE = "manifest.csv", "MANIFEST.txt", "manifest.csv.sig"
COLUMNS = ("file", "sha256", "reference", "kind", "issued", "policy", "left_out")
LEFT_IN_WORDS: Mapping[LeftOut, str] = {
    LeftOut.WITHDRAWN: "It was withdrawn.",
    LeftOut.WAITS: "It waits for two people to look at it.",
    LeftOut.BEING_MADE: "It is not made yet.",
}
INTERESTS = "Nothing is here of an escalation in which you declared an interest."
CHECK = f"openssl pkeyutl -verify -pubin -inkey signing-key.pem -rawin -in {TABLE} -sigfile {SIGNATURE}"


@dataclass(frozen=True, slots=True)
class Heading:
    """What stands above the list for people."""

    board: str
    now: datetime
    has_interests: bool
    service_url: str
    is_signed: bool


def files_of(item: DocumentSetItem, formats: Collection[str]) -> list[NamedFile]:
    """The files of one document of a set, as they are called in it."""
    document, asked = item.document, [form for form in FORMATS if form in formats]
    return named_files(document, f"{item.number:04}", document.escalation.reference, asked)


def table(items: Sequence[DocumentSetItem], formats: Collection[str]) -> bytes:
    """A line for each file, and one for each document that is not here."""
    return write_rows(COLUMNS, _rows(items, formats))


def _rows(items: Sequence[DocumentSetItem], formats: Collection[str]) -> Iterator[tuple[str, ...]]:
    for item in items:
        document, escalation = item.document, item.document.escalation
        issued = "" if document.issued_at is None else f"{uk_date(document.issued_at):%Y-%m}"
        known = (escalation.reference, document.kind, issued, escalation.policy_key)
        if item.left_because is not None:
            yield ("", "", *known, LEFT_IN_WORDS[LeftOut(item.left_because)])
            continue
        for file in files_of(item, formats):
            yield (file.name, file.sha256, *known, "")


def contents(found: DocumentSet, items: Sequence[DocumentSetItem], heading: Heading) -> bytes:
    """The same for people."""
    return "".join(_contents(found, items, heading)).encode()


def _contents(found: DocumentSet, items: Sequence[DocumentSetItem], heading: Heading) -> Iterator[str]:
    there = [item for item in items if item.left_because is None]
    missing = [item for item in items if item.left_because is not None]
    kinds = ", ".join(kind_of(kind).title for kind in found.kinds)
    yield f"De-identified documents\n{heading.board}\n\n"
    yield f"Issued: {spell_months(found.first_month, found.last_month)}\nKinds: {kinds}\n"
    yield f"Downloaded on {spell_time(heading.now)}. Documents: {len(there)}.\n"
    yield "Keep these files safe. They name nobody, but somebody who knows a child may recognise them.\n\n"
    for item in there:
        yield f"{item.number}. {item.document.escalation.reference}: {kind_of(item.document.kind).title}\n"
        yield from (f"   {file.name}\n   SHA-256 {file.sha256}\n" for file in files_of(item, found.formats))
    yield f"\nNot here: {len(missing)}\n" if missing else ""
    for item in missing:
        said = LEFT_IN_WORDS[LeftOut(item.left_because or "")]
        yield f"   {item.document.escalation.reference}: {kind_of(item.document.kind).title}. {said}\n"
    yield f"\n{INTERESTS}\n" if heading.has_interests else ""
    if heading.is_signed:
        yield f"\nTo check {TABLE}: fetch {heading.service_url}/signing-key.pem, and then\n   {CHECK}\n"


def spell_months(first: date, last: date) -> str:
    return f"{first:%B %Y}" if first == last else f"{first:%B %Y} to {last:%B %Y}"

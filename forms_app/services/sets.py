"""Sets of the Board's de-identified documents as one file: asked for, checked by the worker, downloaded for a time, deleted.

What is kept is the list of what is in a set; the file is packed when it is downloaded, from the documents as they were issued.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import cast
from uuid import UUID

from forms_app.db import outbox, reads
from forms_app.db import sets as rows
from forms_app.db.outbox import Claim, OutboxKind
from forms_app.db.set_tables import DocumentSet, DocumentSetItem
from forms_app.db.tables import Document, Person
from forms_app.documents.catalogue import Format, kind_of
from forms_app.documents.faults import DocumentFault
from forms_app.domain.access import May, Relation, may
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow, NotFound
from forms_app.domain.policy import DEIDENTIFIED_CODES
from forms_app.domain.sets import KEPT, Failure, LeftOut, Wanted, months
from forms_app.domain.working_days import spell_time, uk_date
from forms_app.services import download_budget, set_manifest
from forms_app.services.bundles import LARGEST, Bundle, Signing, packed, stored_file
from forms_app.services.directory import person_who_may
from forms_app.services.download_budget import LeftToday
from forms_app.services.set_manifest import Heading, files_of, spell_months
from forms_app.services.work import Work
from forms_app.services.workshop import Workshop

WAITS = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))
AT_ONCE = 25
"""How many documents one claim checks, so that others get their turn and the page says how far it is."""
MOST_COUNTED = 10_000
NO_SUCH_SET = "There is no such set."
NOTHING = "No documents of these kinds that you may see were issued in this time. Choose other months or kinds."
TOO_LARGE = f"These documents are larger than {LARGEST // 1024**2} MB together. Choose fewer months, or one format."
NOT_THERE_ANY_MORE = (
    "Something in this set was withdrawn or destroyed since it was made, or you declared an interest. Make the set again: "
    "the new one leaves it out."
)
NOT_MADE = "This set is not made yet."
FAILED_IN_WORDS = {
    Failure.FILE_CHANGED: "A file that is stored here is not the one that was issued, so nothing was made. Tell whoever runs this "
    "service.",
    Failure.NOT_ALLOWED: "Whoever asked for it may not download sets any more.",
}


@dataclass(frozen=True, slots=True)
class Choices:
    """What the form offers, and what can still be downloaded."""

    months: Sequence[date]
    left: LeftToday


@dataclass(frozen=True, slots=True)
class Before:
    """What a set would be, before somebody asks for it."""

    documents: int
    is_more: bool
    """Whether there are more than were counted."""
    left_out: int
    left: LeftToday

    @property
    def is_within(self) -> bool:
        return 0 < self.documents <= self.left.documents


@dataclass(frozen=True, slots=True)
class SetLine:
    id: UUID
    months: str
    kinds: tuple[str, ...]
    formats: tuple[str, ...]
    documents: int
    checked: int
    by: str
    job_title: str
    is_own: bool
    asked: str
    goes: str
    is_made: bool
    failed: str
    """Why it was not made; empty while nothing is wrong."""


@dataclass(frozen=True, slots=True)
class SetView:
    line: SetLine
    left_out: tuple[str, ...]
    has_interests: bool
    is_all_there: bool
    """Whether everything in it can still be downloaded."""


# --- asking for one --------------------------------------------------------------------------------------------------


def choices(work: Work, *, by: UUID) -> Choices:
    """Raises NotFound for anybody but the business unit."""
    person = person_who_may(work, by, May.DOWNLOAD_SETS)
    this_month = uk_date(work.now).replace(day=1)
    first = rows.first_issued(work.session, person.board_id, DEIDENTIFIED_CODES)
    first_month = this_month if first is None else uk_date(first).replace(day=1)
    return Choices(months(first_month, this_month), download_budget.left_today(work, person))


def look_before(work: Work, *, by: UUID, wanted: Wanted) -> Before:
    """How many documents a set would have. Raises NotFound."""
    person = person_who_may(work, by, May.DOWNLOAD_SETS)
    count = rows.count_issued(work.session, person.board_id, by, wanted, MOST_COUNTED + 1)
    return Before(
        documents=min(count, MOST_COUNTED),
        is_more=count > MOST_COUNTED,
        left_out=len(rows.left_out(work.session, person.board_id, by, wanted)),
        left=download_budget.left_today(work, person),
    )


def ask_for_set(work: Work, *, by: UUID, wanted: Wanted, form_key: UUID) -> UUID | LeftToday:
    """Owes a set, once for each form that was sent. Where it is more than can be downloaded today, what that is.

    The work must be committed either way: somebody else may be told. Raises NotFound, and NotAllowedNow where there is nothing, or
    too much for one file.
    """
    person = person_who_may(work, by, May.DOWNLOAD_SETS)
    before = rows.set_with_key(work.session, by, form_key)
    if before is not None:
        return before
    count = rows.count_issued(work.session, person.board_id, by, wanted, MOST_COUNTED + 1)
    if not count:
        raise NotAllowedNow(NOTHING)
    if (spent := download_budget.take(work, person, count)) is not None:
        return spent
    documents = rows.issued(work.session, person.board_id, by, wanted)
    if reads.size_of_files(work.session, [each.id for each in documents], wanted.formats) > LARGEST:
        raise NotAllowedNow(TOO_LARGE)
    return _owe(work, person, wanted, form_key, documents)


def _owe(work: Work, person: Person, wanted: Wanted, form_key: UUID, documents: Sequence[Document]) -> UUID:
    found = DocumentSet(
        board_id=person.board_id,
        person_id=person.id,
        form_key=form_key,
        first_month=wanted.first_month,
        last_month=wanted.last_month,
        kinds=list(wanted.kinds),
        formats=list(wanted.formats),
        documents=len(documents),
        asked_at=work.now,
        goes_at=work.now + KEPT,
    )
    work.session.add(found)
    work.session.flush()
    there: list[tuple[Document, LeftOut | None]] = [(document, None) for document in documents]
    missing = rows.left_out(work.session, person.board_id, person.id, wanted)
    in_order = sorted([*there, *missing], key=lambda each: (each[1] is not None, each[0].escalation.reference))
    for number, (document, left) in enumerate(in_order, start=1):
        work.session.add(
            DocumentSetItem(
                set_id=found.id, board_id=found.board_id, document_id=document.id, number=number, left_because=left
            )
        )
    making, deleting = OutboxKind.MAKE_SET, OutboxKind.DELETE_SET
    outbox.owe(work.session, making, found.id, f"{making}:{found.id}", work.now)
    outbox.owe(work.session, deleting, found.id, f"{deleting}:{found.id}", found.goes_at)
    work.note("set_asked", person=person.id, board=person.board_id, about=found.id, code=str(len(documents)))
    return found.id


# --- making it -----------------------------------------------------------------------------------------------------


def make_set(workshop: Workshop, claim: Claim) -> None:
    """Checks some of what is left of a set, in one transaction: whoever is killed in here has done nothing, and it is done again."""
    with workshop.writing() as work:
        found = rows.set_to_make(work.session, claim.about_id)
        if found is None or found.made_at is not None or found.failed_because is not None:
            outbox.finish(work.session, claim.item_id, claim.worker, work.now)
            return
        found.failed_because = _check_some(work, found)
        work.session.flush()
        if found.failed_because is None and rows.unchecked(work.session, found.id, 1):
            outbox.finish_until(work.session, claim.item_id, claim.worker, work.now)
            return
        if found.failed_because is None:
            found.made_at = work.now
        outbox.finish(work.session, claim.item_id, claim.worker, work.now)
        work.note("set_made", board=found.board_id, about=found.id, code=found.failed_because)


def _check_some(work: Work, found: DocumentSet) -> Failure | None:
    """Whether each file is the one that was issued. What was withdrawn since it was asked for is left out."""
    if found.person.left_at is not None or not may(found.person, May.DOWNLOAD_SETS, Relation.OWN_BOARD):
        return Failure.NOT_ALLOWED
    items = rows.unchecked(work.session, found.id, AT_ONCE)
    allowed = rows.may_have(work.session, [item.document_id for item in items], found.board_id, found.person_id)
    for item in items:
        item.checked_at = work.now
        if item.document_id not in allowed:
            item.left_because = LeftOut.WITHDRAWN
            found.documents -= 1
            continue
        try:
            _read(work, found, item)
        except DocumentFault:
            return Failure.FILE_CHANGED
    return None


def _read(work: Work, found: DocumentSet, item: DocumentSetItem) -> list[tuple[str, bytes]]:
    """The files of one document. Raises DocumentFault for one that is not there, or not as it was issued."""
    files = files_of(item, found.formats)
    if len(files) != len(found.formats):
        raise DocumentFault("A document of a set has not all the files that it was issued with.")
    return [(file.name, stored_file(work, item.document_id, file)) for file in files]


# --- downloading it ------------------------------------------------------------------------------------------------


def download_set(work: Work, *, by: UUID, set_id: UUID, signing: Signing) -> Bundle:
    """The whole set as one file, for whoever asked for it. What they may have is asked again.

    Raises NotFound, NotAllowedNow before it is made, ChangedMeanwhile where something in it is theirs no more, and DocumentFault.
    """
    person, found = _own_set(work, by, set_id)
    if found.made_at is None:
        raise NotAllowedNow(NOT_MADE)
    if not _is_all_there(work, found):
        raise ChangedMeanwhile(NOT_THERE_ANY_MORE)
    items = rows.items_of(work.session, found.id)
    there = [item for item in items if item.left_because is None]
    files = [file for item in there for file in _read(work, found, item)]
    listed = set_manifest.table(items, found.formats)
    heading = Heading(
        board=person.board.name,
        now=work.now,
        has_interests=rows.has_interests(work.session, by),
        service_url=signing.service_url,
        is_signed=signing.key is not None,
    )
    signature = [] if signing.key is None else [(set_manifest.SIGNATURE, signing.key.sign(listed))]
    contents = set_manifest.contents(found, items, heading)
    for item in there:
        escalation, document = item.document.escalation_id, item.document_id
        work.note(
            "document_downloaded", person=by, board=found.board_id, escalation=escalation, about=document, code="zip"
        )
    work.note("set_downloaded", person=by, board=found.board_id, about=found.id, code=str(len(there)))
    parts = [(set_manifest.TABLE, listed), *signature, (set_manifest.CONTENTS, contents), *files]
    return Bundle(f"{person.board.code}-documents-{_in_name(found)}.zip", packed(parts))


def _in_name(found: DocumentSet) -> str:
    return f"{found.first_month:%Y-%m}-to-{found.last_month:%Y-%m}"


def _own_set(work: Work, by: UUID, set_id: UUID) -> tuple[Person, DocumentSet]:
    person = person_who_may(work, by, May.DOWNLOAD_SETS)
    found = rows.set_of(work.session, set_id, by)
    if found is None or found.board_id != person.board_id or found.goes_at <= work.now:
        raise NotFound(NO_SUCH_SET)
    return person, found


def _is_all_there(work: Work, found: DocumentSet) -> bool:
    return rows.still_there(work.session, found.id, found.board_id, found.person_id) == found.documents


# --- what is shown of them -----------------------------------------------------------------------------------------


def sets_of_board(work: Work, *, by: UUID) -> list[SetLine]:
    """The Board's sets, whoever asked for them, the newest first. Raises NotFound."""
    person = person_who_may(work, by, May.DOWNLOAD_SETS)
    found = [each for each in rows.sets_of_board(work.session, person.board_id) if each.goes_at > work.now]
    checked = rows.count_checked(work.session, [each.id for each in found])
    return [_line(work, each, checked.get(each.id, 0), each.person, by) for each in found]


def set_view(work: Work, *, by: UUID, set_id: UUID) -> SetView:
    """One set, for whoever asked for it. Raises NotFound."""
    person, found = _own_set(work, by, set_id)
    checked = rows.count_checked(work.session, [found.id]).get(found.id, 0)
    missing = [item for item in rows.items_of(work.session, found.id) if item.left_because is not None]
    return SetView(
        line=_line(work, found, checked, person, by),
        left_out=tuple(
            f"{item.document.escalation.reference}: {kind_of(item.document.kind).title}. "
            f"{set_manifest.LEFT_IN_WORDS[LeftOut(item.left_because or '')]}"
            for item in missing
        ),
        has_interests=rows.has_interests(work.session, by),
        is_all_there=_is_all_there(work, found),
    )


def _line(work: Work, found: DocumentSet, checked: int, person: Person, by: UUID) -> SetLine:
    parked = outbox.why_parked(work.session, f"{OutboxKind.MAKE_SET}:{found.id}") or ""
    return SetLine(
        id=found.id,
        months=spell_months(found.first_month, found.last_month),
        kinds=tuple(kind_of(kind).title for kind in found.kinds),
        formats=tuple(cast(list[Format], found.formats)),
        documents=found.documents,
        checked=checked,
        by=person.name,
        job_title=person.job_title,
        is_own=found.person_id == by,
        asked=spell_time(found.asked_at),
        goes=spell_time(found.goes_at),
        is_made=found.made_at is not None,
        failed=FAILED_IN_WORDS[Failure(found.failed_because)] if found.failed_because else parked,
    )


# --- deleting it ---------------------------------------------------------------------------------------------------


def delete_set(workshop: Workshop, claim: Claim) -> None:
    """The list of what was in it goes; the trail keeps who asked for it and who downloaded it."""
    with workshop.writing() as work:
        found = rows.set_to_make(work.session, claim.about_id)
        if found is not None:
            work.note("set_deleted", board=found.board_id, about=found.id)
            rows.delete_set(work.session, found.id)
        outbox.finish(work.session, claim.item_id, claim.worker, work.now)

"""What the API gives to a program with a token: where escalations stand, its agency's documents, the Board's register and numbers."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from forms_app.db import other_systems as rows
from forms_app.db.boards import names_of_agencies
from forms_app.db.other_systems import After, DocumentRow, EscalationRow
from forms_app.db.other_systems_tables import Filing
from forms_app.db.reads import file_of
from forms_app.documents.catalogue import Format, file_name, kind_of
from forms_app.domain import interface as say
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow, NotFound
from forms_app.domain.numbers import Cell, Table
from forms_app.domain.periods import Period
from forms_app.domain.working_days import uk_date
from forms_app.services.documents import FORMATS
from forms_app.services.numbers import numbers_of
from forms_app.services.tokens import System, note_used
from forms_app.services.work import Work

ON_A_PAGE = 100
REFERENCE = re.compile("[A-Z]+-[0-9A-Z]+")
SETTLES = timedelta(seconds=30)
"""What is younger comes with the next question: another transaction may still be writing down something of the same moment."""
A_DAY = timedelta(days=1)
"""So far a clock may be behind ours."""
NO_ESCALATION = "There is no such escalation, or nobody of your agency takes part in it."
NO_DOCUMENT = "There is no such document, or your agency does not have it."
NO_SINCE = "`since` is not one that this service gave. Leave it out to begin with the first."
NO_PERIOD = "There is no such period, or it is not counted yet."
IN_THE_FUTURE = "`filed_at` is in the future. Say when your system filed it."
BEFORE_IT_WAS = "`filed_at` is before the day on which the document was issued. Say when your system filed it."
KEY_USED = "This `Idempotency-Key` was used for another filing. Make a new one for each."


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the API is: what the addresses in its answers begin with."""

    root: str

    def escalation(self, reference: str) -> str:
        return f"{self.root}/escalations/{reference}"

    def document(self, document_id: UUID) -> str:
        return f"{self.root}/documents/{document_id}"

    def file(self, document_id: UUID, file_format: str) -> str:
        return f"{self.document(document_id)}/files/{file_format}"


def escalations(work: Work, system: System, to: Addresses, *, since: str | None) -> say.Escalations:
    """Those in which somebody takes part for the agency. Raises NotAllowedNow for a `since` that is none."""
    board, agency = system.board_id, _agency(system)
    found = rows.escalations_of_agency(
        work.session, board, agency, after=_after(since), until=work.now - SETTLES, most=ON_A_PAGE
    )
    note_used(work, system, what="escalations")
    lines = [say.Escalation(**_stands(row, to)) for row in found]
    return say.Escalations(next=_next(found, since), escalations=lines)


def escalation(work: Work, system: System, to: Addresses, *, reference: str) -> say.OneEscalation:
    """Raises NotFound."""
    if not REFERENCE.fullmatch(reference):
        raise NotFound(NO_ESCALATION)
    found = rows.escalation_of_agency(work.session, system.board_id, _agency(system), reference)
    if found is None:
        raise NotFound(NO_ESCALATION)
    row, stays = found
    note_used(work, system, what="escalation", escalation=row.entry.escalation_id)
    return say.OneEscalation(
        **_stands(row, to),
        stays=[
            say.Stay(route=stay.route, stage=stay.stage, entered_at=stay.entered_at, left_at=stay.left_at)
            for stay in stays
        ],
    )


def documents(work: Work, system: System, to: Addresses, *, since: str | None) -> say.Documents:
    """Those that the agency has. Raises NotAllowedNow for a `since` that is none."""
    found = rows.documents_of_agency(
        work.session, system.board_id, _agency(system), after=_after(since), until=work.now - SETTLES, most=ON_A_PAGE
    )
    note_used(work, system, what="documents")
    return say.Documents(next=_next(found, since), documents=_documents(work, system, to, found))


def document(work: Work, system: System, to: Addresses, *, document_id: UUID) -> say.Document:
    """Raises NotFound."""
    found = _document(work, system, document_id)
    note_used(work, system, what="document", escalation=found.document.escalation_id)
    return _documents(work, system, to, [found])[0]


@dataclass(frozen=True, slots=True)
class Taken:
    name: str
    content: bytes
    sha256: str


def document_file(work: Work, system: System, *, document_id: UUID, file_format: Format) -> Taken:
    """The bytes as they were issued. Raises NotFound."""
    found = _document(work, system, document_id).document
    file = file_of(work.session, found.id, file_format)
    if file is None:
        raise NotFound(NO_DOCUMENT)
    note_used(work, system, what=f"file_{file_format}", escalation=found.escalation_id)
    work.note(
        "document_taken",
        board=system.board_id,
        escalation=found.escalation_id,
        about=found.id,
        code=file_format,
    )
    return Taken(file_name(kind_of(found.kind), found.escalation.reference, file_format), file.content, file.sha256)


def file_document(work: Work, system: System, *, document_id: UUID, key: str, filed_at: datetime) -> say.Filing:
    """Notes that the agency's system filed a document. Asked again under the same key, it answers what it answered first.

    Raises NotFound, NotAllowedNow for a moment at which it cannot have been, and ChangedMeanwhile for a key that was used for
    something else.
    """
    agency, found = _agency(system), _document(work, system, document_id).document
    if filed_at > work.now + SETTLES:
        raise NotAllowedNow(IN_THE_FUTURE)
    assert found.issued_at is not None, "what is not issued is nobody's"
    if filed_at < found.issued_at - A_DAY:
        raise NotAllowedNow(BEFORE_IT_WAS)
    filing = Filing(
        id=uuid4(),
        board_id=system.board_id,
        agency_id=agency,
        document_id=found.id,
        token_id=system.token_id,
        key_hash=hashlib.sha256(key.encode()).hexdigest(),
        filed_at=filed_at,
        noted_at=work.now,
    )
    if rows.add_filing(work.session, filing):
        note_used(work, system, what="filing", escalation=found.escalation_id)
        work.note("document_filed", board=system.board_id, escalation=found.escalation_id, about=found.id)
        return say.Filing(filed_at=filing.filed_at, noted_at=filing.noted_at)
    before = rows.filing_with_key(work.session, agency, filing.key_hash)
    if before is None or (before.document_id, before.filed_at) != (found.id, filed_at):
        raise ChangedMeanwhile(KEY_USED)
    return say.Filing(filed_at=before.filed_at, noted_at=before.noted_at)


def register(work: Work, system: System, *, since: str | None) -> say.Register:
    """The Board's register, without the escalations in which whoever asked for the token has an interest."""
    found = rows.register_lines(
        work.session,
        system.board_id,
        without=system.made_by_id,
        after=_after(since),
        until=work.now - SETTLES,
        most=ON_A_PAGE,
    )
    note_used(work, system, what="register")
    names = names_of_agencies(work.session, system.board_id)
    between = rows.agencies_in(work.session, [row.entry.escalation_id for row in found])

    def agency(agency_id: UUID) -> say.Agency:
        return say.Agency(id=agency_id, name=names[agency_id])

    lines = [
        say.RegisterLine(
            **_line(row),
            opened_in=f"{uk_date(row.entry.opened_at):%Y-%m}",
            reason=row.entry.category,
            due_at=row.entry.due_at,
            outcome=row.entry.outcome,
            level_of_need=row.entry.level_of_need,
            raised_by=agency(row.entry.raising_id),
            raised_with=[agency(each) for each in between[row.entry.escalation_id]],
            documents=row.entry.documents,
            deliveries=row.entry.deliveries,
            delivered=row.entry.delivered,
            acknowledged=row.entry.acknowledged,
        )
        for row in found
    ]
    return say.Register(next=_next(found, since), escalations=lines)


def numbers(work: Work, system: System, *, code: str) -> say.Numbers:
    """What is told of a year or a quarter of the Board's. Raises NotFound, also where it is not counted yet."""
    period = Period.read(code)
    found = None if period is None else numbers_of(work, system.board_id, period)
    if found is None or found.counted_on is None:
        raise NotFound(NO_PERIOD)
    note_used(work, system, what="numbers")
    return say.Numbers(
        period=found.period.code,
        counted_on=found.counted_on,
        total=_figure(found.total),
        total_before=_figure(found.total_before),
        left_out=list(found.left_out),
        tables=[_table(each) for each in found.tables],
    )


# --- parts -------------------------------------------------------------------------------------------------------


def _agency(system: System) -> UUID:
    assert system.agency_id is not None, "these scopes are given to agencies alone"
    return system.agency_id


def _document(work: Work, system: System, document_id: UUID) -> DocumentRow:
    found = rows.document_of_agency(work.session, system.board_id, _agency(system), document_id)
    if found is None:
        raise NotFound(NO_DOCUMENT)
    return found


def _line(row: EscalationRow) -> dict[str, object]:
    entry = row.entry
    return {
        "reference": entry.reference,
        "policy": entry.policy_key,
        "state": entry.state,
        "route": entry.route,
        "stage": entry.stage,
        "changed_at": row.changed_at,
        "ended_at": entry.ended_at,
    }


def _figure(cell: Cell) -> say.Figure:
    return say.Figure(number=cell.number if cell.applies else None, said=cell.words)


def _table(table: Table) -> say.FigureTable:
    return say.FigureTable(
        id=table.id,
        title=table.title,
        counts=table.counts,
        columns=list(table.columns),
        lines=[
            say.FigureLine(labels=list(row.labels), figures=[_figure(cell) for cell in row.cells]) for row in table.rows
        ],
        missing=table.missing,
        explanation=table.explanation,
    )


def _stands(row: EscalationRow, to: Addresses) -> dict[str, object]:
    return {**_line(row), "opened_at": row.entry.opened_at, "url": to.escalation(row.entry.reference)}


def _documents(work: Work, system: System, to: Addresses, found: Sequence[DocumentRow]) -> list[say.Document]:
    filings = rows.filings_of(work.session, [row.document.id for row in found], _agency(system))
    return [
        say.Document(
            id=row.document.id,
            reference=row.document.escalation.reference,
            kind=row.document.kind,
            title=row.document.title,
            own_copy=row.document.agency_id is not None,
            issued_at=row.document.issued_at,
            available_at=row.available_at,
            files=[
                say.File(
                    format=file.format,
                    name=file_name(kind_of(row.document.kind), row.document.escalation.reference, each),
                    sha256=file.sha256,
                    url=to.file(row.document.id, file.format),
                )
                for each in FORMATS
                for file in row.document.files
                if file.format == each
            ],
            filings=[
                say.Filing(filed_at=each.filed_at, noted_at=each.noted_at)
                for each in filings
                if each.document_id == row.document.id
            ],
            url=to.document(row.document.id),
        )
        for row in found
    ]


# --- where a list was left ---------------------------------------------------------------------------------------


def _next(found: Sequence[EscalationRow] | Sequence[DocumentRow], since: str | None) -> str | None:
    """Of an empty page it stays where it was."""
    if not found:
        return since
    last = found[-1]
    if isinstance(last, DocumentRow):
        return _cursor(After(last.available_at, last.document.id))
    return _cursor(After(last.changed_at, last.entry.escalation_id))


def _cursor(after: After) -> str:
    return base64.urlsafe_b64encode(f"{after.at.isoformat()} {after.id.hex}".encode()).decode().rstrip("=")


def _after(since: str | None) -> After | None:
    if since is None:
        return None
    try:
        at, _, key = base64.urlsafe_b64decode(since + "=" * (-len(since) % 4)).decode().partition(" ")
        moment = datetime.fromisoformat(at)
        if moment.tzinfo is None:
            raise NotAllowedNow(NO_SINCE)
        return After(moment.astimezone(UTC), UUID(key))
    except (ValueError, OverflowError, binascii.Error):
        raise NotAllowedNow(NO_SINCE) from None

"""What people see of the Board's reports: outside its office only those that were released."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from forms_app.db import numbers, outbox
from forms_app.db import reports as rows
from forms_app.db.outbox import OutboxKind
from forms_app.db.people import seat_holders
from forms_app.db.releases import people_by_id
from forms_app.db.report_tables import BoardReport, ReportFinding
from forms_app.db.tables import Board, Person
from forms_app.documents.catalogue import PAGE, Format, file_name, kind_of
from forms_app.documents.contexts import Value
from forms_app.domain.access import May, Relation, may
from forms_app.domain.errors import NotFound
from forms_app.domain.periods import Period
from forms_app.domain.release import FoundPlace
from forms_app.domain.working_days import spell_time, uk_date
from forms_app.services import reports
from forms_app.services.directory import person_who_may
from forms_app.services.documents import FORMATS, FileLine
from forms_app.services.held import found_place
from forms_app.services.report_kinds import Draft, Question, period_of
from forms_app.services.reports import KINDS, NOWHERE, blank_in, draft_of, filled, prepared_context, report_for
from forms_app.services.scanning import TEXT
from forms_app.services.work import Work

STATES = {
    "to_prepare": "Is being prepared",
    "to_decide": "Waits for a second person",
    "being_made": "Released: its files are being made",
    "released": "Released",
    "withdrawn": "Withdrawn",
}
MOST_YEARS = 6
"""How far back a report can be begun."""


@dataclass(frozen=True, slots=True)
class ReportLine:
    id: UUID
    title: str
    reference: str
    code: str
    """Of `STATES`."""
    when: str
    """When it was released; until then when it was begun."""

    @property
    def state(self) -> str:
        return STATES[self.code]

    @property
    def is_open(self) -> bool:
        return self.code not in {"released", "withdrawn"}


@dataclass(frozen=True, slots=True)
class Written:
    """A question, and what was typed."""

    question: Question
    text: str


@dataclass(frozen=True, slots=True)
class ReportView:
    """One report, as one person may see it."""

    line: ReportLine
    revision: int
    in_office: bool
    prepares: bool
    decides: bool
    withdraws: bool
    texts: tuple[Written, ...]
    blank: tuple[str, ...]
    """What has to be written and is not."""
    not_yet: str
    """Why it cannot be prepared yet."""
    undecided: tuple[FoundPlace, ...]
    kept: tuple[FoundPlace, ...]
    context: Value | None
    """What it says, as it was prepared, or else as it would be today; none once its files are there."""
    differs: bool
    """Whether it would say something else if it were prepared today."""
    done: tuple[str, ...]
    """Who did what, and when."""
    sent_back: str
    sent_back_because: str
    withdrawn_because: str
    ask: tuple[str, ...]
    """Who can release it, when this person cannot."""
    files: tuple[FileLine, ...]
    fault: str
    """Why its files could not be made."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A report that can be begun."""

    kind: str
    period: Period
    part: str
    title: str

    @property
    def code(self) -> str:
        return f"{self.kind}.{self.period.code}.{self.part}"


def report_lines(work: Work, *, by: UUID) -> tuple[ReportLine, ...]:
    """What this person may see, the newest period first. Raises NotFound."""
    person = person_who_may(work, by, May.SEE_REPORTS)
    found = rows.reports_of_board(work.session, person.board_id)
    return tuple(_line(work, person.board, report) for report in found if reports.reads(person, report))


def waiting_reports(work: Work, *, by: UUID) -> tuple[ReportLine, ...]:
    """What waits for this person to release it, or to send it back. Raises NotFound."""
    person = person_who_may(work, by, May.SEE_REPORTS)
    found = rows.reports_of_board(work.session, person.board_id)
    return tuple(_line(work, person.board, report) for report in found if reports.decides(person, report))


def what_can_be_begun(work: Work, *, by: UUID) -> tuple[Choice, ...]:
    """A report of each kind for each period that is over and has none, the newest first. Raises NotFound."""
    board = person_who_may(work, by, May.PREPARE_REPORT).board
    there = {
        (each.kind, each.period, each.part)
        for each in rows.reports_of_board(work.session, board.id)
        if each.withdrawn_at is None
    }
    return tuple(
        Choice(kind.code, period, part, f"{title}: {period.title}")
        for period in _periods_over(work, board.id)
        for kind in KINDS.values()
        if kind.takes(period)
        for part, title in kind.parts(work, board)
        if (kind.code, period.code, part) not in there
    )


def _periods_over(work: Work, board_id: UUID) -> Iterator[Period]:
    """From the first of which there is anything to report."""
    today = uk_date(work.now)
    began = _beginning(work, board_id)
    for year in range(today.year, max(today.year - MOST_YEARS, began.year) - 1, -1):
        periods = (Period(year), *reversed(Period(year).quarters))
        yield from (period for period in periods if period.is_over(work.now) and period.last >= began)


def _beginning(work: Work, board_id: UUID) -> date:
    """The first day of the first quarter that was counted, or in which an escalation was begun; today where there is neither."""
    counted = (Period.read(code) for code in numbers.counted_periods(work.session, board_id))
    begun = numbers.first_begun(work.session, board_id)
    days = [period.first for period in counted if period is not None]
    return min([*days, uk_date(begun or work.now)])


def report_view(work: Work, *, by: UUID, report_id: UUID) -> ReportView:
    """Raises NotFound."""
    report, person = report_for(work, by, report_id)
    in_office = may(person, May.RELEASE_REPORT, Relation.OWN_BOARD)
    draft = draft_of(work, report) if report.released_at is None and report.withdrawn_at is None else None
    today = None if draft is None else filled(report, draft)
    frozen = prepared_context(report) if report.context is not None else None
    places = [_place(report, draft, finding) for finding in report.findings] if in_office else []
    is_made = report.issued_at is not None
    return ReportView(
        line=_line(work, report.board, report),
        revision=report.revision,
        in_office=in_office,
        prepares=reports.prepares(person, report),
        decides=reports.decides(person, report),
        withdraws=reports.withdraws(person, report),
        texts=tuple(_texts(report, draft)),
        blank=() if draft is None else blank_in(report, draft),
        not_yet="" if draft is None else draft.not_yet,
        undecided=tuple(each for each in places if not each.kept_because),
        kept=tuple(each for each in places if each.kept_because),
        context=None if is_made else frozen or today,
        differs=frozen is not None and today is not None and frozen != today,
        done=tuple(_done(work, report)) if in_office else (),
        sent_back=_sent_back(work, report),
        sent_back_because=report.sent_back_because,
        withdrawn_because=report.withdrawn_because,
        ask=_who_decides(work, report) if in_office else (),
        files=tuple(_files(report)),
        fault=outbox.why_parked(work.session, f"{OutboxKind.MAKE_REPORT}:{report.id}") or "",
    )


def report_file(work: Work, *, by: UUID, report_id: UUID, file_format: Format) -> tuple[str, bytes]:
    """The name and the bytes of a report as issued. Raises NotFound."""
    report, _ = report_for(work, by, report_id)
    content = _as_issued(work, report, file_format)
    work.note("report_downloaded", person=by, board=report.board_id, about=report.id, code=file_format)
    return file_name(kind_of(report.kind), report.reference, file_format), content


def report_page(work: Work, *, by: UUID, report_id: UUID) -> tuple[str, str]:
    """The title and the web version of a report as issued. Raises NotFound."""
    report, _ = report_for(work, by, report_id)
    return _title(work, report.board, report), _as_issued(work, report, PAGE).decode()


def _as_issued(work: Work, report: BoardReport, file_format: str) -> bytes:
    found = rows.file_of_report(work.session, report.id, file_format)
    if found is None:
        raise NotFound(NOWHERE)
    return found.content


# --- parts -------------------------------------------------------------------------------------------------------


def _title(work: Work, board: Board, report: BoardReport) -> str:
    called = dict(KINDS[report.kind].parts(work, board)).get(report.part, kind_of(report.kind).title)
    return f"{called}: {period_of(report).title}"


def _line(work: Work, board: Board, report: BoardReport) -> ReportLine:
    when = spell_time(report.released_at or report.begun_at)
    return ReportLine(report.id, _title(work, board, report), report.reference, _state(report), when)


def _state(report: BoardReport) -> str:
    if report.withdrawn_at is not None:
        return "withdrawn"
    if report.released_at is not None:
        return "being_made" if report.issued_at is None else "released"
    return "to_prepare" if report.prepared_at is None else "to_decide"


def _texts(report: BoardReport, draft: Draft | None) -> Iterator[Written]:
    for question in draft.questions if draft is not None else ():
        yield Written(question, str(report.texts.get(question.id, "")))


def _place(report: BoardReport, draft: Draft | None, finding: ReportFinding) -> FoundPlace:
    kind, _, name = finding.field.partition(":")
    titles = {question.id: question.title for question in draft.questions} if draft is not None else {}
    where, whole = (
        (titles.get(name, name), report.texts.get(name, "")) if kind == TEXT else (name, report.said.get(name, ""))
    )
    return found_place(finding, where, whole)


def _done(work: Work, report: BoardReport) -> Iterator[str]:
    steps = (
        ("Begun", report.begun_by_id, report.begun_at),
        ("Written", report.written_by_id, report.written_at),
        ("Prepared", report.prepared_by_id, report.prepared_at),
        ("Released", report.released_by_id, report.released_at),
        ("Withdrawn", report.withdrawn_by_id, report.withdrawn_at),
    )
    people = people_by_id(work.session, {by for _, by, _ in steps if by is not None})
    for what, by, at in steps:
        if by is not None and at is not None:
            yield _did(what, people[by], at)


def _sent_back(work: Work, report: BoardReport) -> str:
    by, at = report.sent_back_by_id, report.sent_back_at
    return "" if by is None or at is None else _did("Sent back", people_by_id(work.session, {by})[by], at)


def _did(what: str, person: Person, at: datetime) -> str:
    return f"{what} by {person.name}, {person.job_title}, on {spell_time(at)}"


def _who_decides(work: Work, report: BoardReport) -> tuple[str, ...]:
    free: Sequence[Person] = [
        person
        for person in seat_holders(work.session, report.board_id)
        if may(person, May.RELEASE_REPORT, Relation.OWN_BOARD) and str(person.id) not in report.hands
    ]
    return tuple(", ".join(filter(None, (person.name, person.job_title, person.telephone))) for person in free)


def _files(report: BoardReport) -> Iterator[FileLine]:
    for form in FORMATS:
        for each in report.files:
            if each.format == form:
                yield FileLine(form, file_name(kind_of(report.kind), report.reference, form), each.sha256)

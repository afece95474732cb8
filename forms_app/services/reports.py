"""Reports of the Board: begun for a period that is over, written, checked, prepared, released by a second person, withdrawn.

Everything here is one transaction, locks the report first, and names the revision that the person saw: whoever comes
second is told that somebody was there before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID, uuid4

from forms_app.db import outbox, reports
from forms_app.db.boards import hold_board
from forms_app.db.outbox import OutboxKind
from forms_app.db.people import seat_holders
from forms_app.db.report_tables import BoardReport, ReportFinding
from forms_app.db.tables import Board, Person
from forms_app.documents.catalogue import kind_of
from forms_app.documents.contexts import Value
from forms_app.domain.access import May, Relation, may, signs_off_own
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow, NotFound
from forms_app.domain.periods import Period
from forms_app.domain.release import Decision
from forms_app.domain.working_days import spell_date, uk_date
from forms_app.mail.compose import Kind
from forms_app.services import figures_report, learning_report
from forms_app.services.directory import person_who_may
from forms_app.services.notifying import notify_hourly
from forms_app.services.releasing import put_instead
from forms_app.services.report_kinds import LIMIT, Draft, ReportKind
from forms_app.services.report_scanning import found_in_report, reasons_in, rows_of
from forms_app.services.work import Work

KINDS: Mapping[str, ReportKind] = {
    kind.code: kind for kind in (figures_report.ANNUAL, figures_report.QUARTERLY, learning_report.LEARNING)
}
NOWHERE = "There is no such report."
FIRST = "Somebody else acted on this report after you opened this page. Look at it again: what you did was not saved."


# --- writing -----------------------------------------------------------------------------------------------------


def begin(work: Work, *, by: UUID, kind: str, period: Period, part: str) -> UUID:
    """Begins a report. Raises NotFound, and NotAllowedNow for a period that goes on, or where there is such a report."""
    person = person_who_may(work, by, May.PREPARE_REPORT)
    sort = KINDS.get(kind)
    if sort is None or not sort.takes(period) or part not in dict(sort.parts(work, person.board)):
        raise NotFound(NOWHERE)
    if not period.is_over(work.now):
        raise NotAllowedNow("This period is not over yet. A report can be begun on the day after it.")
    hold_board(work.session, person.board_id)
    before = reports.reports_alike(work.session, person.board_id, kind, period.code, part)
    if any(each.withdrawn_at is None for each in before):
        raise NotAllowedNow("There is such a report already. Withdraw it first if it has to be made anew.")
    report = BoardReport(
        id=uuid4(),
        board_id=person.board_id,
        kind=kind,
        period=period.code,
        part=part,
        reference=_reference(person.board, kind, period, part, len(before) + 1),
        begun_by_id=by,
        begun_at=work.now,
        texts={},
        said={},
        hands=[],
    )
    work.session.add(report)
    work.session.flush()
    _note(work, "report_begun", report, by)
    return report.id


def _reference(board: Board, kind: str, period: Period, part: str, number: int) -> str:
    words = (board.code, period.code, kind.removesuffix("_report"), part, str(number) if number > 1 else "")
    return "-".join(word.upper().replace("_", "-") for word in words if word)


def write(work: Work, *, by: UUID, report_id: UUID, seen: int, texts: Mapping[str, str]) -> None:
    """Keeps what was typed and looks through it. Whatever was prepared before is void.

    Raises NotFound, ChangedMeanwhile, NotAllowedNow, and CheckFailed when nobody knows what stands in it.
    """
    report = _to_prepare(work, by, report_id, seen)
    known = {question.id for question in draft_of(work, report).questions}
    report.texts = {name: text for name, text in texts.items() if name in known and text.strip()}
    _written(work, report, by, "report_written")


def resolve(work: Work, *, by: UUID, report_id: UUID, seen: int, decisions: Sequence[Decision]) -> None:
    """Does what was decided about each thing that was found, and looks through what then stands there.

    Raises NotFound, ChangedMeanwhile, NotAllowedNow and CheckFailed.
    """
    report = _to_prepare(work, by, report_id, seen)
    found = {finding.number: finding for finding in report.findings}
    if {decision.number for decision in decisions} - set(found):
        raise ChangedMeanwhile(FIRST)
    texts = dict(report.texts)
    for decision in sorted(decisions, key=lambda each: found[each.number].start, reverse=True):
        if decision.what == "keep":
            _keep(found[decision.number], decision.words)
        else:
            put_instead(texts, found[decision.number], decision)
    if any(len(text) > LIMIT for text in texts.values()):
        raise NotAllowedNow(f"With these words a text would be longer than {LIMIT:,} characters. Use fewer.")
    report.texts = {name: text for name, text in texts.items() if text.strip()}
    _written(work, report, by, "report_findings_resolved")


def _keep(finding: ReportFinding, reason: str) -> None:
    if not reason.strip():
        raise NotAllowedNow("Say why it can stay.")
    finding.kept_because = reason


def _written(work: Work, report: BoardReport, by: UUID, action: str) -> None:
    _look_through(work, report)
    report.written_by_id, report.written_at = by, work.now
    _void(report)
    _touched(report, by)
    _note(work, action, report, by)


def _look_through(work: Work, report: BoardReport) -> None:
    """Scans it as it is now. A reason for keeping something holds for the same words in the same place."""
    report.said = dict(draft_of(work, report).scanned)
    reasons = reasons_in(report)
    found = found_in_report(work, report)
    report.findings.clear()
    work.session.flush()
    report.findings = rows_of(report, found, reasons)


def prepare(work: Work, *, by: UUID, report_id: UUID, seen: int) -> bool:
    """Freezes the report with the figures of this moment, and sends it to a second person.

    It is looked through once more before: False, and nothing sent, where that found something that nobody has decided on.
    Raises NotFound, ChangedMeanwhile, CheckFailed, and NotAllowedNow while something that it needs is blank.
    """
    report = _to_prepare(work, by, report_id, seen)
    draft = draft_of(work, report)
    if draft.not_yet:
        raise NotAllowedNow(draft.not_yet)
    blank = blank_in(report, draft)
    if blank:
        raise NotAllowedNow("Nothing may be left blank. Write: " + "; ".join(blank) + ".")
    _look_through(work, report)
    if undecided := any(not finding.kept_because for finding in report.findings):
        _void(report)
    else:
        report.context = filled(report, draft).model_dump_json()
        report.prepared_by_id, report.prepared_at = by, work.now
        report.hands = sorted({*report.hands, *map(str, draft.writers)})
        report.sent_back_by_id = report.sent_back_at = None
        report.sent_back_because = ""
    _touched(report, by)
    _note(work, "report_findings_resolved" if undecided else "report_prepared", report, by)
    if not undecided:
        _tell(work, report, Kind.REPORT_WAITS, May.RELEASE_REPORT, but=report.hands)
    return not undecided


# --- deciding ----------------------------------------------------------------------------------------------------


def send_back(work: Work, *, by: UUID, report_id: UUID, seen: int, because: str) -> None:
    """Gives it back to whoever prepares it, with a sentence. Raises NotFound, ChangedMeanwhile and NotAllowedNow."""
    report = _to_decide(work, by, report_id, seen)
    _void(report)
    report.sent_back_by_id, report.sent_back_at, report.sent_back_because = by, work.now, because
    report.revision += 1
    _note(work, "report_sent_back", report, by)
    _tell(work, report, Kind.REPORT_WAITS, May.PREPARE_REPORT, but=[str(by)])


def release(work: Work, *, by: UUID, report_id: UUID, seen: int) -> None:
    """Lets it go as it was prepared, and owes its files. Before, it is looked through once more: what is known grows.

    Raises NotFound, ChangedMeanwhile, NotAllowedNow and CheckFailed; then nothing has left.
    """
    report = _to_decide(work, by, report_id, seen)
    decided = reasons_in(report)
    if any((each.field, each.rule, each.text) not in decided for each in found_in_report(work, report)):
        raise NotAllowedNow(
            "The check before the release found something that nobody has decided on. Nothing was released. Send it back, "
            "so that it is checked again."
        )
    report.context = _issued_today(work, prepared_context(report)).model_dump_json()
    report.released_by_id, report.released_at = by, work.now
    report.revision += 1
    kind = OutboxKind.MAKE_REPORT
    outbox.owe(work.session, kind, report.id, f"{kind}:{report.id}", work.now)
    _note(work, "report_released", report, by)


def withdraw(work: Work, *, by: UUID, report_id: UUID, seen: int, because: str) -> None:
    """Ends it, whether it was released or not: nobody but the Board's office sees it any more, and another can be begun.

    Raises NotFound, ChangedMeanwhile and NotAllowedNow.
    """
    report, person = _found(work, by, report_id, seen)
    if not withdraws(person, report):
        raise NotAllowedNow("You cannot withdraw this report.")
    report.withdrawn_by_id, report.withdrawn_at, report.withdrawn_because = by, work.now, because
    report.revision += 1
    _note(work, "report_withdrawn", report, by)


def tell_of_issue(work: Work, report: BoardReport) -> None:
    """Tells everybody who may read it now, but for whoever had a hand in it."""
    _tell(work, report, Kind.REPORT_RELEASED, May.SEE_REPORTS, but=[*report.hands, str(report.released_by_id)])


def _tell(work: Work, report: BoardReport, kind: Kind, line: May, but: Sequence[str]) -> None:
    for person in seat_holders(work.session, report.board_id):
        if str(person.id) not in but and may(person, line, Relation.OWN_BOARD):
            notify_hourly(work, kind, person, about=report.id)


# --- what it says ------------------------------------------------------------------------------------------------


def draft_of(work: Work, report: BoardReport) -> Draft:
    """The report as it would be today, without what is typed for it."""
    return KINDS[report.kind].draft(work, report)


def filled(report: BoardReport, draft: Draft) -> Value:
    """The report as it would be today."""
    return KINDS[report.kind].filled(draft.context, report.texts)


def blank_in(report: BoardReport, draft: Draft) -> tuple[str, ...]:
    """What has to be written and is not."""
    return tuple(each.title for each in draft.questions if each.needed and each.id not in report.texts)


def prepared_context(report: BoardReport) -> Value:
    assert report.context is not None, "it was prepared"
    return kind_of(report.kind).context.model_validate_json(report.context)


def _issued_today(work: Work, context: Value) -> Value:
    heading = context.heading.model_copy(update={"issued_on": spell_date(uk_date(work.now))})  # type: ignore[attr-defined]  # every document has one
    return context.model_copy(update={"heading": heading})


# --- who may -----------------------------------------------------------------------------------------------------


def prepares(person: Person, report: BoardReport) -> bool:
    is_open = report.released_at is None and report.withdrawn_at is None
    return is_open and may(person, May.PREPARE_REPORT, Relation.OWN_BOARD)


def decides(person: Person, report: BoardReport) -> bool:
    """Whether they may let it go now: not those who had a hand in what it says."""
    waits = report.prepared_at is not None and report.released_at is None and report.withdrawn_at is None
    is_own = signs_off_own(May.RELEASE_REPORT, person.id, [UUID(hand) for hand in report.hands])
    return waits and not is_own and may(person, May.RELEASE_REPORT, Relation.OWN_BOARD)


def withdraws(person: Person, report: BoardReport) -> bool:
    line = May.PREPARE_REPORT if report.released_at is None else May.RELEASE_REPORT
    return report.withdrawn_at is None and may(person, line, Relation.OWN_BOARD)


def reads(person: Person, report: BoardReport) -> bool:
    """Whether somebody who may see reports sees this one: outside the Board's office only what was released."""
    return _is_given_out(report) or may(person, May.RELEASE_REPORT, Relation.OWN_BOARD)


def waits_for(work: Work, person: Person, report_id: UUID) -> bool:
    """Whether a report waits for this person: to release what was prepared, or else to prepare it."""
    report = reports.report_of_board(work.session, person.board_id, report_id)
    if report is None:
        return False
    return (prepares if report.prepared_at is None else decides)(person, report)


def is_readable_by(work: Work, person: Person, report_id: UUID) -> bool:
    report = reports.report_of_board(work.session, person.board_id, report_id)
    return report is not None and _is_given_out(report) and may(person, May.SEE_REPORTS, Relation.OWN_BOARD)


def _is_given_out(report: BoardReport) -> bool:
    return report.issued_at is not None and report.withdrawn_at is None


def report_for(work: Work, by: UUID, report_id: UUID, *, lock: bool = False) -> tuple[BoardReport, Person]:
    """A report that this person may see. Raises NotFound."""
    person = person_who_may(work, by, May.SEE_REPORTS)
    report = reports.report_of_board(work.session, person.board_id, report_id, lock=lock)
    if report is None or not reads(person, report):
        raise NotFound(NOWHERE)
    return report, person


def _found(work: Work, by: UUID, report_id: UUID, seen: int) -> tuple[BoardReport, Person]:
    """The report, locked, as this person saw it."""
    report, person = report_for(work, by, report_id, lock=True)
    if report.revision != seen:
        raise ChangedMeanwhile(FIRST)
    return report, person


def _to_prepare(work: Work, by: UUID, report_id: UUID, seen: int) -> BoardReport:
    report, person = _found(work, by, report_id, seen)
    if not prepares(person, report):
        raise NotAllowedNow("You cannot prepare this report.")
    return report


def _to_decide(work: Work, by: UUID, report_id: UUID, seen: int) -> BoardReport:
    report, person = _found(work, by, report_id, seen)
    if not decides(person, report):
        raise NotAllowedNow("You cannot decide about this report: somebody else must, who had no part in it.")
    return report


def _void(report: BoardReport) -> None:
    report.prepared_by_id = report.prepared_at = report.context = None


def _touched(report: BoardReport, by: UUID) -> None:
    report.revision += 1
    report.hands = sorted({*report.hands, str(by)})


def _note(work: Work, action: str, report: BoardReport, by: UUID) -> None:
    work.note(action, person=by, board=report.board_id, about=report.id, code=report.kind)

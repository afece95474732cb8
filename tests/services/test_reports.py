"""A report of the Board leaves when two people have looked at it, and says for ever what it said then."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from forms_app.db import outbox
from forms_app.db import reports as rows
from forms_app.db.figure_tables import FigureNote
from forms_app.db.outbox import OutboxKind
from forms_app.db.report_tables import BoardReport, ReportFile
from forms_app.db.tables import AuditEntry, Notification, OutboxItem, Person, RegisterEntry
from forms_app.deidentification.findings import ScanFailed
from forms_app.documents.catalogue import Issued
from forms_app.documents.contexts import Context, FiguresReport
from forms_app.documents.faults import DocumentFault
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow, NotFound
from forms_app.domain.numbers import Cell, Numbers, Row, Table
from forms_app.domain.periods import Period
from forms_app.domain.release import Decision
from forms_app.services import explaining, figures_report, reports, scanning
from forms_app.services.outbox import Desk, run_due
from forms_app.services.report_issuing import make_report
from forms_app.services.report_views import report_file, report_lines, report_view, what_can_be_begun
from forms_app.services.scanning import CheckFailed
from tests.factories.scenes import Scene, scene
from tests.mail.owed import LETTERHEAD, FakePostbox

YEAR = Period(2027)
CLEAN = "The agencies met more often than before."
REASONS = Table(
    id="reason",
    title="Reasons",
    counts="Escalations by reason.",
    columns=("2027", "2026"),
    rows=(Row(("Thresholds",), (Cell(12), Cell(None))), Row(("Plans",), (Cell(7), Cell(9)))),
)
STAGES = replace(REASONS, id="stage", title="Stages", note="Most were settled early.")
NUMBERS = Numbers(YEAR, date(2028, 1, 8), Cell(19), Cell(9), (), (REASONS, STAGES))


SEATS = (
    ("board", "directors", "business_unit"),
    ("police", "practitioner", "scrutineer"),
    ("health", "practitioner", "sub_group"),
)
ON_BOTH = pytest.mark.usefixtures("database_url")


@dataclass
class Counted:
    """What the Board’s page of numbers would say."""

    numbers: Numbers = NUMBERS


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    found = Counted()
    monkeypatch.setattr(
        figures_report, "numbers_of", lambda work, board_id, period: replace(found.numbers, period=period)
    )
    return found


@pytest.fixture
def here(request: pytest.FixtureRequest, counted: Counted) -> Iterator[Scene]:
    """On SQLite; a test that asks for the database first has it on each."""
    each = "database_url" if "database_url" in request.fixturenames else "sqlite_url"
    with scene(request.getfixturevalue(each), "west-sussex") as made:
        opened = made.open().escalation_id
        with made.database.writing() as session:
            session.get_one(RegisterEntry, opened).told_at = made.clock.now
            for agency, level, seat in SEATS:
                session.get_one(Person, made.at(agency, level)).seat = seat
        made.clock.strike(2028, 2, 1)
        yield made


def unit(here: Scene) -> UUID:
    return next(iter(set(units(here)) - {second(here)}))


def units(here: Scene) -> list[UUID]:
    with here.database.reading() as session:
        return list(session.scalars(select(Person.id).where(Person.seat == "business_unit")))


def second(here: Scene) -> UUID:
    return here.at("board", "directors")


@pytest.fixture
def report(here: Scene) -> UUID:
    with here.workshop.writing() as work:
        return reports.begin(work, by=unit(here), kind="annual_report", period=YEAR, part="")


def row(here: Scene, report: UUID) -> BoardReport:
    with here.workshop.reading() as work:
        found = rows.report_to_make(work.session, report)
        work.session.expunge_all()
        return found


def do(here: Scene, act: Callable[..., Any], report: UUID, *, by: UUID, **given: Any) -> Any:
    given.setdefault("seen", row(here, report).revision)
    with here.workshop.writing() as work:
        return act(work, by=by, report_id=report, **given)


def texts(text: str = CLEAN) -> dict[str, str]:
    return {"introduction": text, "note-reasons": CLEAN, "learned": CLEAN, "done": CLEAN}


def view(here: Scene, report: UUID, by: UUID) -> Any:
    with here.workshop.reading() as work:
        return report_view(work, by=by, report_id=report)


def prepared(here: Scene, report: UUID, **written: str) -> None:
    do(here, reports.write, report, by=unit(here), texts={**texts(), **written})
    keep_all(here, report)
    assert do(here, reports.prepare, report, by=unit(here))


def keep_all(here: Scene, report: UUID) -> None:
    found = view(here, report, unit(here)).undecided
    if found:
        kept = [Decision(each.number, "keep", "It names nobody.") for each in found]
        do(here, reports.resolve, report, by=unit(here), decisions=kept)


def noted(here: Scene, report: UUID) -> list[str]:
    with here.database.reading() as session:
        wanted = select(AuditEntry.action).where(AuditEntry.about_id == report).order_by(AuditEntry.id)
        return list(session.scalars(wanted))


def owed(here: Scene, report: UUID) -> list[OutboxItem]:
    with here.database.reading() as session:
        found = list(session.scalars(select(OutboxItem).where(OutboxItem.about_id == report)))
        session.expunge_all()
        return found


def draw(kind: str, context: Context, layout: bytes | None) -> Issued:
    if not isinstance(context, FiguresReport):
        return Issued(b"PK", b"%PDF", b"<article></article>")
    page = f"<article><h1>{context.heading.title}</h1></article>"
    return Issued(b"PK " + context.heading.issued_on.encode(), b"%PDF", page.encode())


def work_on(here: Scene, issue: Callable[..., Issued] = draw) -> None:
    """What a worker makes; it posts nothing."""
    with here.workshop.writing() as work:
        claims = outbox.claim(work.session, "worker", work.now, 50, timedelta(minutes=3))
    for claim in claims:
        if claim.kind == OutboxKind.MAKE_REPORT:
            make_report(here.workshop, claim, issue)


# --- begun ---


def test_a_report_is_of_a_period_that_is_over_and_there_is_one(here: Scene, report: UUID) -> None:
    with here.workshop.writing() as work, pytest.raises(NotAllowedNow, match="not over"):
        reports.begin(work, by=unit(here), kind="annual_report", period=Period(2028), part="")
    with here.workshop.writing() as work, pytest.raises(NotAllowedNow, match="already"):
        reports.begin(work, by=unit(here), kind="annual_report", period=YEAR, part="")
    with here.workshop.writing() as work, pytest.raises(NotFound):
        reports.begin(work, by=unit(here), kind="annual_report", period=Period(2027, 3), part="")
    assert row(here, report).reference.endswith("-2027-ANNUAL")


@ON_BOTH
def test_another_is_begun_when_one_was_withdrawn(here: Scene, report: UUID) -> None:
    do(here, reports.withdraw, report, by=unit(here), because="It was begun too early.")
    with here.workshop.writing() as work:
        again = reports.begin(work, by=unit(here), kind="annual_report", period=YEAR, part="")

    assert row(here, again).reference == f"{row(here, report).reference}-2"
    assert noted(here, report) == ["report_begun", "report_withdrawn"]
    with pytest.raises(NotAllowedNow):
        do(here, reports.write, report, by=unit(here), texts=texts())


def test_what_can_be_begun_is_what_there_is_not(here: Scene, report: UUID) -> None:
    with here.workshop.reading() as work:
        codes = [choice.code for choice in what_can_be_begun(work, by=unit(here))]
    figures = [code for code in codes if not code.startswith("learning_report")]
    assert figures == [f"quarterly_report.2027-q{quarter}." for quarter in (4, 3, 2, 1)]


# --- written and checked ---


def test_nothing_that_must_be_written_may_be_blank(here: Scene, report: UUID) -> None:
    do(here, reports.write, report, by=unit(here), texts={**texts(), "note-reasons": "  "})

    assert view(here, report, unit(here)).blank == ("What explains “Reasons”?",)
    with pytest.raises(NotAllowedNow, match="What explains “Reasons”"):
        do(here, reports.prepare, report, by=unit(here))


def test_numbers_that_are_not_counted_yet_are_not_sent_on(here: Scene, report: UUID, counted: Counted) -> None:
    counted.numbers = replace(NUMBERS, counted_on=None, tables=())
    do(here, reports.write, report, by=unit(here), texts=texts())

    with pytest.raises(NotAllowedNow, match="not all counted"):
        do(here, reports.prepare, report, by=unit(here))


def test_names_of_the_boards_people_and_of_the_records_are_found_wherever_they_stand(
    here: Scene, report: UUID, counted: Counted
) -> None:
    with here.database.writing() as session:
        session.get_one(Person, here.raiser).name = "Quillfeather Thrupp"
    with_name = replace(STAGES, note="Quillfeather helped.")
    counted.numbers = replace(NUMBERS, tables=(REASONS, with_name))
    child = "Ottilie Marchbank"
    do(
        here,
        reports.write,
        report,
        by=unit(here),
        texts=texts(f"We thank Quillfeather Thrupp for this; and {child} was seen."),
    )

    found = view(here, report, unit(here)).undecided

    assert {each.text for each in found} >= {"Quillfeather Thrupp", child, "Quillfeather"}
    assert all("child" not in each.why for each in found if child in each.text), "it does not say of whom a name is"
    assert [each.can_change for each in found if each.text == "Quillfeather"] == [False]
    assert not do(here, reports.prepare, report, by=unit(here)), "undecided"
    assert row(here, report).prepared_at is None


def test_what_was_found_is_kept_with_a_reason_or_replaced(here: Scene, report: UUID) -> None:
    do(here, reports.write, report, by=unit(here), texts=texts("Ottilie Marchbank was seen at 12 Fenwick Street."))
    first, *others = view(here, report, unit(here)).undecided
    decisions = [
        Decision(first.number, "generalise", "A child"),
        *(Decision(each.number, "keep", "It is the office’s own.") for each in others),
    ]
    do(here, reports.resolve, report, by=unit(here), decisions=decisions)

    assert row(here, report).texts["introduction"].startswith("A child was seen")
    assert {each.kept_because for each in view(here, report, unit(here)).kept} == {"It is the office’s own."}
    do(here, reports.write, report, by=unit(here), texts=texts("Ottilie Marchbank was seen."))
    with pytest.raises(NotAllowedNow, match="Say why"):
        do(here, reports.resolve, report, by=unit(here), decisions=[Decision(1, "keep", " ")])


def test_without_a_scan_nothing_is_written_and_nothing_leaves(
    here: Scene, report: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared(here, report)
    before = row(here, report).revision

    def fails(*_: Any) -> Any:
        raise ScanFailed

    monkeypatch.setattr(scanning, "scan", fails)
    with pytest.raises(CheckFailed):
        do(here, reports.release, report, by=second(here))
    with pytest.raises(CheckFailed):
        do(here, reports.write, report, by=unit(here), texts=texts("Other words."))
    assert (row(here, report).revision, owed(here, report)) == (before, [])


# --- released by a second person ---


@ON_BOTH
def test_whoever_wrote_or_prepared_it_does_not_release_it(here: Scene, report: UUID) -> None:
    do(here, reports.write, report, by=second(here), texts=texts())
    keep_all(here, report)
    assert do(here, reports.prepare, report, by=unit(here))

    for person in units(here):
        with pytest.raises(NotAllowedNow, match="somebody else"):
            do(here, reports.release, report, by=person)
    do(here, reports.release, report, by=here.holder("chair"))

    assert row(here, report).released_at == here.clock.now
    assert [item.kind for item in owed(here, report)] == ["make_report"]
    assert noted(here, report)[-2:] == ["report_prepared", "report_released"]


def test_of_two_who_explain_a_table_at_the_same_moment_the_last_one_holds(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(explaining, "numbers_of", lambda work, board_id, period: NUMBERS)
    both, found = threading.Barrier(2), explaining.rows.notes

    def slowly(session: Session, board_id: UUID, period: str) -> dict[str, FigureNote]:
        there = found(session, board_id, period)
        with suppress(threading.BrokenBarrierError):
            both.wait(0.5)
        return there

    monkeypatch.setattr(explaining.rows, "notes", slowly)
    with scene(postgresql_url, "west-sussex") as here:

        def explain(text: str) -> None:
            with here.workshop.writing() as work:
                explaining.explain(work, by=here.holder("business_unit"), period=YEAR, table_id="reason", text=text)

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(explain, [CLEAN, "The agencies met less often."]))
        with here.database.reading() as session:
            assert len(session.scalars(select(FigureNote)).all()) == 1


def test_whoever_explained_a_table_wrote_of_it_too(here: Scene, report: UUID) -> None:
    with here.database.writing() as session:
        board = session.get_one(Person, second(here)).board_id
        explained = {"text": CLEAN, "written_by_id": second(here), "written_at": here.clock.now}
        session.add(FigureNote(board_id=board, period=YEAR.code, table_id="stage", **explained))
    prepared(here, report)

    with pytest.raises(NotAllowedNow, match="somebody else"):
        do(here, reports.release, report, by=second(here))
    do(here, reports.release, report, by=here.holder("chair"))


@pytest.mark.parametrize("seat", ["scrutineer", "analyst", "auditor", None])
def test_nobody_outside_the_office_prepares_or_releases(here: Scene, report: UUID, seat: str | None) -> None:
    prepared(here, report)
    other = here.at("police", "practitioner")
    with here.database.writing() as session:
        session.get_one(Person, other).seat = seat

    for act, given in ((reports.release, {}), (reports.prepare, {}), (reports.send_back, {"because": "No."})):
        with pytest.raises((NotFound, NotAllowedNow)):
            do(here, act, report, by=other, **given)
    with pytest.raises(NotFound):
        view(here, report, other)


def test_what_is_changed_after_it_was_prepared_is_prepared_again(here: Scene, report: UUID) -> None:
    prepared(here, report)
    seen = row(here, report).revision
    do(here, reports.write, report, by=unit(here), texts=texts("Other words."))

    with pytest.raises(ChangedMeanwhile):
        do(here, reports.release, report, by=second(here), seen=seen)
    with pytest.raises(NotAllowedNow):
        do(here, reports.release, report, by=second(here))
    assert row(here, report).context is None


def test_it_says_what_the_numbers_were_when_it_was_prepared_and_the_page_says_that_they_changed(
    here: Scene, report: UUID, counted: Counted
) -> None:
    prepared(here, report)
    assert not view(here, report, second(here)).differs
    counted.numbers = replace(NUMBERS, total=Cell(20))

    assert view(here, report, second(here)).differs
    assert view(here, report, second(here)).context.facts[1].value == "19"
    do(here, reports.release, report, by=second(here))
    kept = FiguresReport.model_validate_json(row(here, report).context or "")
    assert kept.facts[1].value == "19"
    assert kept.heading.issued_on == "1 February 2028"


def test_what_became_known_since_stops_the_release(here: Scene, report: UUID) -> None:
    prepared(here, report, introduction="A plan of Quillfeather House was not shared.")
    with here.database.writing() as session:
        session.get_one(Person, here.raiser).name = "Quillfeather House"

    with pytest.raises(NotAllowedNow, match="nobody has decided"):
        do(here, reports.release, report, by=second(here))
    assert owed(here, report) == []


def test_it_is_sent_back_with_a_sentence_and_can_go_again(here: Scene, report: UUID) -> None:
    prepared(here, report)
    do(here, reports.send_back, report, by=second(here), because="Say more of the learning.")

    assert view(here, report, unit(here)).sent_back_because == "Say more of the learning."
    with pytest.raises(NotAllowedNow):
        do(here, reports.release, report, by=second(here))
    assert do(here, reports.prepare, report, by=unit(here))
    do(here, reports.release, report, by=second(here))


@ON_BOTH
def test_of_two_who_release_at_the_same_moment_one_does(here: Scene, report: UUID) -> None:
    prepared(here, report)
    seen, start, results = row(here, report).revision, threading.Barrier(2), []

    def one(by: UUID) -> None:
        start.wait()
        try:
            do(here, reports.release, report, by=by, seen=seen)
            results.append("released")
        except ChangedMeanwhile:
            results.append("told")

    threads = [threading.Thread(target=one, args=(by,)) for by in (second(here), here.holder("chair"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(results) == ["released", "told"]
    assert len(owed(here, report)) == 1


# --- made ---


@pytest.fixture
def released(here: Scene, report: UUID) -> UUID:
    prepared(here, report)
    do(here, reports.release, report, by=second(here))
    return report


@ON_BOTH
def test_its_files_are_made_once_and_kept(here: Scene, released: UUID) -> None:
    work_on(here)
    work_on(here)

    with here.workshop.writing() as work:
        name, content = report_file(work, by=here.holder("chair"), report_id=released, file_format="docx")
    assert name == f"report-{row(here, released).reference}.docx"
    assert content == b"PK 1 February 2028"
    with here.database.reading() as session:
        assert {file.format for file in session.scalars(select(ReportFile))} == {"docx", "pdf", "page"}
    assert noted(here, released)[-2:] == ["report_issued", "report_downloaded"]


def test_a_worker_that_is_killed_leaves_it_owed(here: Scene, released: UUID) -> None:
    class Killed(BaseException):
        pass

    def killed(*_: Any) -> Issued:
        raise Killed

    with pytest.raises(Killed):
        work_on(here, killed)
    assert row(here, released).issued_at is None
    here.clock.forward(minutes=10)
    work_on(here)
    assert row(here, released).issued_at is not None


def test_what_cannot_be_drawn_is_tried_again_and_the_office_is_told_why(here: Scene, released: UUID) -> None:
    def fails(*_: Any) -> Issued:
        raise DocumentFault("It cannot be drawn.")

    for _ in range(4):
        work_on(here, fails)
        here.clock.forward(hours=1)
    assert view(here, released, unit(here)).fault == "It cannot be drawn."


def test_what_was_withdrawn_before_it_was_made_is_never_made(here: Scene, released: UUID) -> None:
    do(here, reports.withdraw, released, by=second(here), because="A mistake.")
    work_on(here)

    assert row(here, released).issued_at is None
    assert all(item.done_at is not None for item in owed(here, released) if item.kind == "make_report")


def test_those_who_may_read_it_hear_of_it_and_of_nothing_before(here: Scene, released: UUID) -> None:
    def heard() -> set[tuple[str, UUID]]:
        with here.database.reading() as session:
            found = session.scalars(select(Notification).where(Notification.about_id == released))
            return {(each.kind, each.person_id) for each in found}

    assert heard() == {("report_waits", second(here)), ("report_waits", here.holder("chair"))}
    work_on(here)
    told = {person for kind, person in heard() if kind == "report_released"}
    assert told == {here.holder("chair"), here.holder("scrutineer")} | (told & set(sub_groups(here)))
    assert set(sub_groups(here)) <= told


def test_the_emails_lead_to_it_and_say_nothing_of_it(here: Scene, released: UUID) -> None:
    desk = Desk(FakePostbox(), LETTERHEAD, draw)  # type: ignore[arg-type]
    for _ in range(6):
        run_due(here.workshop, "worker", desk, most=50)

    posted = [each for each in desk.postbox.posted if f"/reports/{released}" in each.body]  # type: ignore[attr-defined]
    assert {each.message_id.partition(".")[0] for each in posted} == {"report_released"}, (
        "what waits no more is not said"
    )
    assert len(posted) == 2 + len(sub_groups(here)), "the Chair, the scrutineer, the sub-groups"
    for each in posted:
        assert CLEAN not in each.body
        assert row(here, released).reference not in f"{each.subject} {each.body}"


def sub_groups(here: Scene) -> list[UUID]:
    with here.database.reading() as session:
        return list(session.scalars(select(Person.id).where(Person.seat.in_(["sub_group", "policy_sub_group"]))))


@ON_BOTH
def test_outside_the_office_only_what_was_released_and_made_is_seen(here: Scene, released: UUID) -> None:
    scrutineer = here.holder("scrutineer")

    def seen() -> int:
        with here.workshop.reading() as work:
            return len(report_lines(work, by=scrutineer))

    assert seen() == 0
    with pytest.raises(NotFound):
        view(here, released, scrutineer)
    work_on(here)
    found = view(here, released, scrutineer)
    assert (seen(), found.done, found.undecided, found.kept, found.ask) == (1, (), (), (), ())
    do(here, reports.withdraw, released, by=second(here), because="A mistake.")
    assert seen() == 0
    with here.workshop.writing() as work, pytest.raises(NotFound):
        report_file(work, by=scrutineer, report_id=released, file_format="pdf")


def test_somebody_of_another_board_finds_nothing(here: Scene, released: UUID) -> None:
    with here.workshop.reading() as work:
        assert rows.report_of_board(work.session, UUID(int=7), released) is None

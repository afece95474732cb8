"""Sets of de-identified documents: what is in one, who may have it, and how many documents somebody can have in a day."""

from __future__ import annotations

import csv
import hashlib
import io
import shutil
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID, uuid4
from zipfile import ZipFile

import pytest
from sqlalchemy import func, select

from forms_app.db import keeping, outbox
from forms_app.db.outbox import Claim, OutboxKind
from forms_app.db.people import person_with_board
from forms_app.db.set_tables import DocumentSet, DocumentSetItem, DownloadDay
from forms_app.db.tables import (
    AuditEntry,
    Board,
    Delivery,
    Document,
    DocumentFile,
    Escalation,
    Notification,
    OutboxItem,
    Person,
)
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow, NotFound
from forms_app.domain.policy import DEIDENTIFIED_CODES
from forms_app.domain.sets import Failure, Wanted
from forms_app.services import download_budget, sets
from forms_app.services.bundles import Bundle, Signing
from forms_app.services.download_budget import LeftToday
from forms_app.services.interests import declare_interest
from tests.factories.downloads import issue, second_officer, tell_the_board
from tests.factories.scenes import Scene, rejoined, scene

MARCH = Wanted(date(2027, 3, 1), date(2027, 3, 1), DEIDENTIFIED_CODES, ("pdf", "docx"))
APRIL = Wanted(date(2027, 4, 1), date(2027, 4, 1), DEIDENTIFIED_CODES, ("pdf", "docx"))
UNSIGNED = Signing(None, "https://escalations.example")


both = pytest.mark.parametrize("here", ["sqlite_url", "postgresql_url"], indirect=True)


@pytest.fixture(scope="module")
def told_once(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with two escalations of which the Board was told: a template to copy, because making it takes its time."""
    file = tmp_path_factory.mktemp("told") / "forms.db"
    shutil.copyfile(migrated_sqlite, file)
    with scene(f"sqlite:///{file}", "hull") as made:
        told_twice(made)
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return file


@pytest.fixture
def here(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    """On SQLite, but for those that say `both`."""
    if getattr(request, "param", "") == "postgresql_url":
        with scene(request.getfixturevalue("postgresql_url"), "hull") as made:
            told_twice(made)
            yield made
        return
    file = tmp_path / "forms.db"
    shutil.copyfile(request.getfixturevalue("told_once"), file)
    found = rejoined(f"sqlite:///{file}", "hull")
    found.clock.forward(hours=1)
    yield found
    found.database.close()


def told_twice(here: Scene) -> None:
    tell_the_board(here)
    tell_the_board(here)


@pytest.fixture
def issued(here: Scene) -> list[UUID]:
    return issue(here)


def unit(here: Scene) -> UUID:
    return here.people["unit@board.inventedshire.example"]


def ask(here: Scene, by: UUID | None = None, wanted: Wanted = MARCH, key: UUID | None = None) -> UUID | LeftToday:
    with here.workshop.writing() as work:
        return sets.ask_for_set(work, by=by or unit(here), wanted=wanted, form_key=key or uuid4())


def asked(here: Scene, by: UUID | None = None, wanted: Wanted = MARCH) -> UUID:
    found = ask(here, by, wanted)
    assert isinstance(found, UUID)
    return found


def work_off(here: Scene, kind: OutboxKind = OutboxKind.MAKE_SET, worker: str = "w") -> None:
    """Whatever is due of a kind, until nothing is."""
    do = {OutboxKind.MAKE_SET: sets.make_set, OutboxKind.DELETE_SET: sets.delete_set}[kind]
    while claim := claimed(here, kind, worker):
        do(here.workshop, claim)


def claimed(here: Scene, kind: OutboxKind, worker: str = "w") -> Claim | None:
    with here.workshop.writing() as work:
        due = select(OutboxItem).where(OutboxItem.kind == kind.value, OutboxItem.done_at.is_(None))
        item = work.session.scalars(due.where(OutboxItem.not_before <= work.now)).first()
        if item is None or (item.claimed_until is not None and item.claimed_until > work.now):
            return None
        item.claimed_by, item.claimed_until = worker, work.now + timedelta(minutes=3)
        return Claim(item.id, item.kind, item.about_id, item.tries, worker)


def made(here: Scene, wanted: Wanted = MARCH) -> UUID:
    found = asked(here, wanted=wanted)
    work_off(here)
    return found


def download(here: Scene, set_id: UUID, by: UUID | None = None) -> Bundle:
    with here.workshop.writing() as work:
        return sets.download_set(work, by=by or unit(here), set_id=set_id, signing=UNSIGNED)


def opened(here: Scene, set_id: UUID) -> ZipFile:
    return ZipFile(io.BytesIO(download(here, set_id).content))


def listed(archive: ZipFile) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(archive.read("manifest.csv").decode("utf-8-sig"))))


def view(here: Scene, set_id: UUID) -> sets.SetView:
    with here.workshop.reading() as work:
        return sets.set_view(work, by=unit(here), set_id=set_id)


def actions(here: Scene) -> list[str]:
    with here.database.reading() as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def limit(here: Scene, documents: int) -> None:
    with here.database.writing() as session:
        session.scalars(select(Board)).one().documents_a_day = documents


# --- what is in one ------------------------------------------------------------------------------------------------


@both
def test_a_set_has_the_files_as_they_were_issued_and_a_list_of_them(here: Scene, issued: list[UUID]) -> None:
    with opened(here, made(here)) as archive:
        lines = listed(archive)
        files = {name: archive.read(name) for name in archive.namelist() if name.endswith((".pdf", ".docx"))}
        contents = archive.read("MANIFEST.txt").decode()

    with here.database.reading() as session:
        stored = session.scalars(select(DocumentFile.sha256).where(DocumentFile.document_id.in_(issued))).all()
        references = set(session.scalars(select(Escalation.reference)))
    assert len(issued) >= 2
    assert sorted(hashlib.sha256(content).hexdigest() for content in files.values()) == sorted(stored)
    assert {line["file"]: line["sha256"] for line in lines} == {
        name: hashlib.sha256(content).hexdigest() for name, content in files.items()
    }
    assert {line["reference"] for line in lines} == references
    assert {(line["issued"], line["left_out"]) for line in lines} == {("2027-03", "")}
    assert all(name in contents for name in files)
    assert [action for action in actions(here) if action.startswith("set_")] == [
        "set_asked",
        "set_made",
        "set_downloaded",
    ]
    assert actions(here).count("document_downloaded") == len(issued)


def test_what_was_issued_in_another_month_or_is_of_another_format_is_not_in_it(here: Scene, issued: list[UUID]) -> None:
    here.clock.strike(2027, 4, 1, 0)
    late = tell_the_board(here)
    later = issue(here)

    with opened(here, made(here)) as march:
        assert len(listed(march)) == 2 * len(issued)
    with opened(here, made(here, Wanted(APRIL.first_month, APRIL.last_month, DEIDENTIFIED_CODES, ("pdf",)))) as april:
        assert len(listed(april)) == len(later)
        with here.database.reading() as session:
            assert {line["reference"] for line in listed(april)} == {session.get_one(Escalation, late).reference}


def test_nothing_is_said_and_no_set_is_made(here: Scene, issued: list[UUID]) -> None:
    with pytest.raises(NotAllowedNow, match="No documents of these kinds"):
        ask(here, wanted=APRIL)

    with here.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(DocumentSet)) == 0
        assert session.scalar(select(func.count()).select_from(DownloadDay)) == 0


def test_a_form_that_is_sent_twice_asks_for_one_set_and_takes_its_documents_once(
    here: Scene, issued: list[UUID]
) -> None:
    key = uuid4()

    assert ask(here, key=key) == ask(here, key=key)

    assert taken(here) == len(issued)


@both
def test_what_waits_and_what_was_withdrawn_is_named_and_left_out(here: Scene, issued: list[UUID]) -> None:
    withdraw(here, issued[0])
    tell_the_board(here)

    with opened(here, made(here)) as archive:
        lines = listed(archive)
        contents = archive.read("MANIFEST.txt").decode()

    missing = [line for line in lines if not line["file"]]
    assert {"It was withdrawn.", "It waits for two people to look at it."} == {line["left_out"] for line in missing}
    assert f"Not here: {len(missing)}" in contents
    assert len(lines) - len(missing) == 2 * (len(issued) - 1)


def test_an_escalation_in_which_somebody_declared_an_interest_is_nowhere_in_it(here: Scene, issued: list[UUID]) -> None:
    reference = declare(here, issued[0])

    with opened(here, made(here)) as archive:
        said = b"".join(archive.read(name) for name in archive.namelist()[:2]).decode() + " ".join(archive.namelist())

    assert reference not in said
    assert "in which you declared an interest" in said


def test_one_file_that_is_too_large_is_refused(
    here: Scene, issued: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sets, "LARGEST", 10)

    with pytest.raises(NotAllowedNow, match="larger than"):
        ask(here)

    assert taken(here) == 0


# --- who may have it -----------------------------------------------------------------------------------------------


def test_a_set_is_for_whoever_asked_for_it(here: Scene, issued: list[UUID]) -> None:
    set_id, others = made(here), (here.holder("chair"), here.holder("sub_group"), here.raiser, uuid4())

    for by in (*others, second_officer(here)):
        with pytest.raises(NotFound):
            download(here, set_id, by)
        with pytest.raises(NotFound), here.workshop.reading() as work:
            sets.set_view(work, by=by, set_id=set_id)


def test_nobody_but_the_business_unit_asks_for_one_or_sees_who_did(here: Scene, issued: list[UUID]) -> None:
    for by in (here.holder("chair"), here.holder("sub_group"), here.raiser, uuid4()):
        with pytest.raises(NotFound):
            ask(here, by)
        with pytest.raises(NotFound), here.workshop.reading() as work:
            sets.sets_of_board(work, by=by)


def test_others_of_the_unit_see_that_there_is_one_and_whose(here: Scene, issued: list[UUID]) -> None:
    set_id, other = made(here), second_officer(here)

    with here.workshop.reading() as work:
        (line,) = sets.sets_of_board(work, by=other)

    assert (line.id, line.is_own, line.job_title, line.documents) == (
        set_id,
        False,
        "Business unit officer",
        len(issued),
    )


@both
def test_a_set_with_something_that_was_withdrawn_since_is_not_given_out(here: Scene, issued: list[UUID]) -> None:
    set_id = made(here)
    assert view(here, set_id).is_all_there
    withdraw(here, issued[0])

    with pytest.raises(ChangedMeanwhile, match="Make the set again"):
        download(here, set_id)

    assert not view(here, set_id).is_all_there
    assert "set_downloaded" not in actions(here)
    with opened(here, made(here)) as again:
        assert len([line for line in listed(again) if line["file"]]) == 2 * (len(issued) - 1)


def test_a_set_with_an_escalation_in_which_an_interest_was_declared_since_is_not_given_out(
    here: Scene, issued: list[UUID]
) -> None:
    set_id = made(here)
    declare(here, issued[0])

    with pytest.raises(ChangedMeanwhile):
        download(here, set_id)


def test_what_was_destroyed_since_is_in_no_set_any_more(here: Scene, issued: list[UUID]) -> None:
    set_id = made(here)
    with here.database.writing() as session:
        keeping.destroy(session, session.get_one(Document, issued[0]).escalation_id)

    with pytest.raises(ChangedMeanwhile):
        download(here, set_id)
    with opened(here, made(here)) as again:
        assert len(listed(again)) == 2 * (len(issued) - 1)


def test_whoever_is_of_the_unit_no_more_has_it_no_more(here: Scene, issued: list[UUID]) -> None:
    set_id, waiting = made(here), asked(here)
    with here.database.writing() as session:
        session.get_one(Person, unit(here)).seat = None

    with pytest.raises(NotFound):
        download(here, set_id)
    work_off(here)
    with here.database.reading() as session:
        assert session.get_one(DocumentSet, waiting).failed_because == Failure.NOT_ALLOWED


# --- making it -----------------------------------------------------------------------------------------------------


def test_it_says_how_far_it_is_and_is_not_given_out_before(
    here: Scene, issued: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sets, "AT_ONCE", 1)
    set_id = asked(here)
    claim = claimed(here, OutboxKind.MAKE_SET)
    assert claim is not None
    sets.make_set(here.workshop, claim)

    line = view(here, set_id).line
    assert (line.checked, line.documents, line.is_made) == (1, len(issued), False)
    with pytest.raises(NotAllowedNow):
        download(here, set_id)
    work_off(here)
    line = view(here, set_id).line
    assert (line.checked, line.is_made) == (len(issued), True)


def test_a_worker_that_is_killed_leaves_it_to_another(
    here: Scene, issued: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sets, "AT_ONCE", 1)
    set_id = asked(here)
    first = claimed(here, OutboxKind.MAKE_SET, "first")
    assert first is not None
    sets.make_set(here.workshop, first)
    second = claimed(here, OutboxKind.MAKE_SET, "killed")
    assert second is not None
    with monkeypatch.context() as broken:
        broken.setattr(outbox, "finish", killed)
        with pytest.raises(KeyboardInterrupt):
            sets.make_set(here.workshop, second)
    assert view(here, set_id).line.checked == 1, "what it had begun is undone"
    work_off(here, worker="other")
    assert not view(here, set_id).line.is_made, "its lease has not ended"

    here.clock.forward(minutes=4)
    work_off(here, worker="other")

    assert view(here, set_id).line.is_made
    assert actions(here).count("set_made") == 1
    with opened(here, set_id) as archive:
        assert len(listed(archive)) == 2 * len(issued)


def killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_what_is_withdrawn_while_it_is_made_is_left_out(here: Scene, issued: list[UUID]) -> None:
    set_id = asked(here)
    withdraw(here, issued[0])

    work_off(here)

    assert view(here, set_id).line.documents == len(issued) - 1
    with opened(here, set_id) as archive:
        assert [line["left_out"] for line in listed(archive) if not line["file"]] == ["It was withdrawn."]


def test_a_stored_file_that_is_not_the_one_that_was_issued_stops_it(here: Scene, issued: list[UUID]) -> None:
    set_id = asked(here)
    with here.database.writing() as session:
        for file in session.scalars(select(DocumentFile).where(DocumentFile.document_id == issued[0])):
            file.content = b"%PDF-1.7 changed"

    work_off(here)

    assert "is not the one that was issued" in view(here, set_id).line.failed
    with pytest.raises(NotAllowedNow):
        download(here, set_id)


@both
def test_after_a_week_it_is_deleted(here: Scene, issued: list[UUID]) -> None:
    set_id = made(here)
    here.clock.forward(days=7, seconds=-1)
    work_off(here, OutboxKind.DELETE_SET)
    assert view(here, set_id).line.is_made

    here.clock.forward(seconds=1)
    with pytest.raises(NotFound):
        download(here, set_id)
    work_off(here, OutboxKind.DELETE_SET)

    with here.database.reading() as session:
        for table in (DocumentSet, DocumentSetItem):
            assert session.scalar(select(func.count()).select_from(table)) == 0
    assert actions(here)[-1] == "set_deleted"


# --- how many documents somebody can have in a day -------------------------------------------------------------------


@both
def test_what_is_more_than_is_left_is_refused_and_the_others_are_told(here: Scene, issued: list[UUID]) -> None:
    other = second_officer(here)
    limit(here, len(issued))

    assert isinstance(ask(here), UUID)
    refused = ask(here)

    assert isinstance(refused, LeftToday)
    assert (refused.documents, refused.taken) == (0, len(issued))
    assert refused.whole_again.startswith("2 March 2027")
    assert told(here) == {("many_downloads", other)}
    assert "downloads_refused" in actions(here)
    with here.workshop.reading() as work:
        (line,) = download_budget.many_downloads(work, by=other)
        assert (line.taken, line.is_refused) == (len(issued), True)
        assert download_budget.many_downloads(work, by=unit(here)) == [], "nobody is warned of themselves"


def test_a_set_larger_than_a_whole_day_is_refused_and_told_too(here: Scene, issued: list[UUID]) -> None:
    limit(here, len(issued) - 1)

    assert isinstance(ask(here), LeftToday)

    assert taken(here) == 0
    assert told(here) == {("many_downloads", here.holder("chair"))}, "where nobody else is of the unit"


def test_the_day_begins_anew_at_midnight_of_the_united_kingdom(here: Scene, issued: list[UUID]) -> None:
    here.clock.strike(2027, 6, 1, 23, 59)
    limit(here, 1)
    assert take(here, 1) is None
    assert take(here, 1) is not None

    here.clock.strike(2027, 6, 2, 0, 0)

    assert take(here, 1) is None


def test_a_second_person_hears_once_at_eighty_in_a_hundred_and_once_at_the_end(here: Scene) -> None:
    second_officer(here)
    limit(here, 10)

    for _ in range(7):
        assert take(here, 1) is None
    assert told(here) == set()
    for _ in range(3):
        assert take(here, 1) is None
    assert actions(here).count("downloads_many") == 1
    for _ in range(3):
        assert take(here, 1) is not None

    with here.database.reading() as session:
        keys = session.scalars(select(Notification.dedupe_key).where(Notification.kind == "many_downloads")).all()
    assert sorted(key.rpartition(":")[2] for key in keys) == ["downloads_many", "downloads_refused"]


def test_a_document_counts_for_whoever_downloads_it_for_the_office_and_for_nobody_else(
    here: Scene, issued: list[UUID]
) -> None:
    with here.workshop.writing() as work:
        for by in (unit(here), here.holder("chair"), here.raiser, here.holder("sub_group")):
            assert download_budget.take_document(work, by=by, document_id=issued[0]) is None
        account = work.session.scalars(select(Document.id).where(Document.kind == "written_account")).first()
        assert account is not None
        assert download_budget.take_document(work, by=unit(here), document_id=account) is None

    with here.database.reading() as session:
        counted = {day.person_id: day.taken for day in session.scalars(select(DownloadDay))}
    assert counted == {unit(here): 1, here.holder("chair"): 1}


def test_everything_of_an_escalation_counts_each_document(here: Scene, issued: list[UUID]) -> None:
    with here.workshop.writing() as work:
        escalation = work.session.get_one(Document, issued[0]).escalation_id
        download_budget.take_escalation(work, by=unit(here), escalation_id=escalation)
        wanted = select(func.count()).where(Document.escalation_id == escalation, Document.id.in_(issued))
        there = work.session.scalar(wanted)

    assert taken(here) == there


@both
def test_those_who_take_at_once_take_no_more_together_than_there_is(here: Scene) -> None:
    limit(here, 10)

    with ThreadPoolExecutor(8) as several:
        came_of_it = list(several.map(lambda _: take(here, 1), range(24)))

    assert came_of_it.count(None) == 10
    assert taken(here) == 10


def take(here: Scene, documents: int) -> LeftToday | None:
    with here.workshop.writing() as work:
        person = person_with_board(work.session, unit(here))
        assert person is not None
        return download_budget.take(work, person, documents)


def taken(here: Scene) -> int:
    with here.database.reading() as session:
        wanted = select(DownloadDay.taken).where(DownloadDay.person_id == unit(here))
        return session.scalar(wanted) or 0


def told(here: Scene) -> set[tuple[str, UUID]]:
    with here.database.reading() as session:
        kinds = select(Notification).where(Notification.kind == "many_downloads")
        return {(each.kind, each.person_id) for each in session.scalars(kinds)}


def withdraw(here: Scene, document: UUID) -> None:
    """From everybody of the office who was sent it."""
    with here.database.writing() as session:
        for delivery in session.scalars(select(Delivery).where(Delivery.document_id == document)):
            delivery.withdrawn_at = here.clock.now


def declare(here: Scene, document: UUID) -> str:
    """An interest in the escalation of a document; its reference."""
    with here.workshop.writing() as work:
        escalation = work.session.get_one(Escalation, work.session.get_one(Document, document).escalation_id)
        declare_interest(work, by=unit(here), escalation_id=escalation.id, words="")
        return escalation.reference

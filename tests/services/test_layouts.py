"""A Board's own Word layouts: taken in, published by a second person, used at issue, and taken back."""

from __future__ import annotations

import io
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread
from uuid import UUID, uuid4

import docx
import pytest
from sqlalchemy import select

from forms_app.db.layouts import choices_of_kind, layout_in_force
from forms_app.db.tables import Agency, AuditEntry, Board, Document, DocumentFile, LayoutChoice, Person, WordLayout
from forms_app.documents import pictures, templates, word
from forms_app.documents.faults import DocumentFault
from forms_app.documents.fields import LAID_OUT
from forms_app.documents.invented import How, invented
from forms_app.documents.issue import issue
from forms_app.documents.layouts import checked
from forms_app.documents.press import Press
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow, NotFound
from forms_app.services import layouts
from forms_app.services.issuing import WAITS
from forms_app.services.layouts import KindView
from forms_app.services.outbox import Desk, run_due
from forms_app.services.work import Work
from tests.factories.keys import SEALING_KEYS
from tests.factories.scenes import DOMAIN, Scene, scene
from tests.mail.owed import LETTERHEAD, FakePostbox, fake_issue

KIND = "written_account"


@pytest.fixture
def here(database_url: str) -> Iterator[Scene]:
    with scene(database_url, "hull") as found:
        yield found


def with_words(text: str, *, left_out: str = "") -> bytes:
    """Our own layout with words of the Board's, as somebody saved it in Word."""
    document = docx.Document(str(templates.FOLDER / KIND / "record.docx"))
    document.paragraphs[0].insert_paragraph_before(text)
    for paragraph in document.element.body.iter("{http://schemas.openxmlformats.org/wordprocessingml/2006/main}t"):
        if left_out and left_out in (paragraph.text or ""):
            paragraph.text = "x"
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def unit_of(here: Scene) -> UUID:
    return here.people[f"unit@board.{DOMAIN}"]


def colleague(here: Scene) -> UUID:
    """Another person of the business unit."""
    with here.database.writing() as session:
        unit = session.scalars(select(Person).where(Person.seat == "business_unit")).first()
        assert unit is not None
        other = Person(
            id=uuid4(), board_id=unit.board_id, agency_id=unit.agency_id, name="Second Person", email="second@board.example",
            job_title="Officer", level=unit.level, seat="business_unit",
        )  # fmt: skip
        session.add(other)
        return other.id


def view(here: Scene, by: UUID) -> KindView:
    with here.workshop.reading() as work:
        return layouts.kind_view(work, by=by, kind_code=KIND)


def upload(here: Scene, text: str = "Oakshire", *, by: UUID | None = None, layout: bytes | None = None) -> UUID:
    unit = by or unit_of(here)
    content = layout or checked(LAID_OUT[KIND], with_words(text)).layout
    stamp = view(here, unit).stamp
    with here.workshop.writing() as work:
        return layouts.upload(work, by=unit, kind_code=KIND, layout=content, seen=stamp)


def open_choice(here: Scene) -> UUID:
    waiting = view(here, here.holder("chair")).waiting
    assert waiting is not None
    return waiting.choice.id


def publish(here: Scene, *, by: UUID | None = None) -> None:
    choice = open_choice(here)
    with here.workshop.writing() as work:
        layouts.publish(work, by=by or here.holder("chair"), kind_code=KIND, choice_id=choice)


def propose(here: Scene, layout_id: UUID | None) -> None:
    unit = unit_of(here)
    stamp = view(here, unit).stamp
    with here.workshop.writing() as work:
        layouts.propose(work, by=unit, kind_code=KIND, layout_id=layout_id, seen=stamp)


def in_force(here: Scene) -> int | None:
    with here.workshop.reading() as work:
        board = work.session.scalars(select(WordLayout.board_id)).first()
        assert board is not None
        found = layout_in_force(work.session, board, KIND)
        return found.version if found else None


def do_work(here: Scene, desk: Desk) -> None:
    while run_due(here.workshop, "w1", desk):
        pass


# --- two people ---


def test_a_layout_is_in_force_once_a_second_person_published_it(here: Scene) -> None:
    layout = upload(here)
    assert in_force(here) is None

    publish(here)

    assert in_force(here) == 1
    seen = view(here, unit_of(here))
    assert seen.line.what == "Version 1"
    assert seen.versions[0].id == layout
    assert [each.decided.split(" ", 1)[0] for each in seen.history] == ["Published"]


def test_another_of_the_business_unit_may_publish_too(here: Scene) -> None:
    other = colleague(here)
    upload(here)

    publish(here, by=other)

    assert in_force(here) == 1


def test_whoever_proposed_it_cannot_publish_it(here: Scene) -> None:
    upload(here)

    with pytest.raises(NotAllowedNow, match="Somebody else"):
        publish(here, by=unit_of(here))

    assert in_force(here) is None


def test_an_earlier_version_and_the_services_own_come_back_the_same_way(here: Scene) -> None:
    first = upload(here, "one")
    publish(here)
    upload(here, "two")
    publish(here)
    assert in_force(here) == 2

    propose(here, first)
    assert in_force(here) == 2
    publish(here)
    assert in_force(here) == 1
    propose(here, None)
    publish(here)

    assert in_force(here) is None
    assert [each.number for each in view(here, here.holder("chair")).versions] == [2, 1], "versions are kept"


def test_what_is_in_force_already_cannot_be_proposed(here: Scene) -> None:
    first = upload(here)
    publish(here)

    with pytest.raises(NotAllowedNow, match="in force already"):
        propose(here, first)


def test_only_one_thing_waits(here: Scene) -> None:
    upload(here, "one")
    first = open_choice(here)
    upload(here, "two")

    assert open_choice(here) != first
    with pytest.raises(ChangedMeanwhile, match="withdrew version 1"), here.workshop.writing() as work:
        layouts.publish(work, by=here.holder("chair"), kind_code=KIND, choice_id=first)


def test_two_publish_at_the_same_instant_and_one_sees_who_was_faster(here: Scene) -> None:
    other, chair = colleague(here), here.holder("chair")
    upload(here)
    choice, start, answers = open_choice(here), Barrier(2), dict[UUID, str]()

    def one(by: UUID) -> None:
        start.wait()
        try:
            with here.workshop.writing() as work:
                layouts.publish(work, by=by, kind_code=KIND, choice_id=choice)
            answers[by] = "published"
        except ChangedMeanwhile as refused:
            answers[by] = str(refused)

    threads = [Thread(target=one, args=(by,)) for by in (other, chair)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answer.startswith("Somebody was faster") for answer in answers.values()) == [False, True]
    assert any("published version 1 on" in answer for answer in answers.values())
    with here.database.reading() as session:
        assert session.scalars(select(AuditEntry.action).where(AuditEntry.action == "layout_published")).all() == [
            "layout_published"
        ]


def test_what_was_begun_before_somebody_decided_is_refused_with_who_did_what(here: Scene) -> None:
    upload(here)
    unit = unit_of(here)
    stamp = view(here, unit).stamp
    publish(here)

    with pytest.raises(ChangedMeanwhile, match="published version 1"), here.workshop.writing() as work:
        layouts.propose(work, by=unit, kind_code=KIND, layout_id=None, seen=stamp)


ASKS: tuple[Callable[[Work, UUID, UUID, UUID], object], ...] = (
    lambda work, by, layout, choice: layouts.layout_lines(work, by=by),
    lambda work, by, layout, choice: layouts.kind_view(work, by=by, kind_code=KIND),
    lambda work, by, layout, choice: layouts.layout_file(work, by=by, layout_id=layout),
    lambda work, by, layout, choice: layouts.layout_to_try(work, by=by, layout_id=layout),
    lambda work, by, layout, choice: layouts.picture(work, by=by, layout_id=layout, number=1),
    lambda work, by, layout, choice: layouts.upload(work, by=by, kind_code=KIND, layout=b"x", seen=""),
    lambda work, by, layout, choice: layouts.propose(work, by=by, kind_code=KIND, layout_id=None, seen=""),
    lambda work, by, layout, choice: layouts.publish(work, by=by, kind_code=KIND, choice_id=choice),
    lambda work, by, layout, choice: layouts.withdraw(work, by=by, kind_code=KIND, choice_id=choice),
)


@pytest.mark.parametrize("ask", ASKS)
def test_whoever_is_not_of_the_office_finds_nothing(
    here: Scene, ask: Callable[[Work, UUID, UUID, UUID], object]
) -> None:
    layout = upload(here)
    choice = open_choice(here)

    for by in (here.raiser, uuid4()):
        with pytest.raises(NotFound), here.workshop.writing() as work:
            ask(work, by, layout, choice)


def test_the_chair_publishes_and_changes_nothing_else(here: Scene) -> None:
    upload(here)
    choice, chair = open_choice(here), here.holder("chair")

    with pytest.raises(NotFound), here.workshop.writing() as work:
        layouts.upload(work, by=chair, kind_code=KIND, layout=b"x", seen="")
    with pytest.raises(NotFound), here.workshop.writing() as work:
        layouts.publish(work, by=chair, kind_code="stage_record", choice_id=choice)


def test_everything_is_in_the_audit_log_by_ids_alone(here: Scene) -> None:
    layout = upload(here)
    publish(here)
    with here.database.reading() as session:
        entries = session.scalars(
            select(AuditEntry).where(AuditEntry.action.like("layout%")).order_by(AuditEntry.id)
        ).all()
        choice = session.scalars(select(LayoutChoice)).one()
        session.expunge_all()

    assert [(entry.action, entry.about_id) for entry in entries] == [
        ("layout_uploaded", layout),
        ("layout_proposed", choice.id),
        ("layout_published", choice.id),
    ]
    assert [entry.person_id for entry in entries] == [unit_of(here)] * 2 + [here.holder("chair")]


# --- at issue ---


def word_file_of(here: Scene, document_id: UUID) -> bytes:
    with here.database.reading() as session:
        wanted = select(DocumentFile.content).where(
            DocumentFile.document_id == document_id, DocumentFile.format == "docx"
        )
        return session.scalars(wanted).one()


def documents(here: Scene, kind: str = KIND) -> list[Document]:
    with here.database.reading() as session:
        found = list(session.scalars(select(Document).where(Document.kind == kind).order_by(Document.owed_at)))
        session.expunge_all()
        return found


def test_a_document_has_the_layout_in_force_when_it_is_made_and_keeps_it(here: Scene) -> None:
    def only_ours(kind: str, context: object, layout: bytes | None) -> object:
        return issue(kind, context, layout) if kind == KIND else fake_issue(kind, context, layout)  # type: ignore[arg-type]

    desk = Desk(FakePostbox(), LETTERHEAD, only_ours)  # type: ignore[arg-type]
    layout = upload(here, "Words of Oakshire")
    publish(here)
    here.open()
    do_work(here, desk)
    first = documents(here)[0]
    propose(here, None)
    publish(here)
    here.clock.forward(minutes=1)
    here.open()
    do_work(here, desk)

    second = documents(here)[1]
    assert (first.layout_id, second.layout_id) == (layout, None)
    assert "Words of Oakshire" in [p.text for p in docx.Document(io.BytesIO(word_file_of(here, first.id))).paragraphs]
    assert "Words of Oakshire" not in [
        p.text for p in docx.Document(io.BytesIO(word_file_of(here, second.id))).paragraphs
    ]
    assert first.digest != second.digest


def test_a_layout_that_leaves_something_out_issues_nothing_until_another_is_published(here: Scene) -> None:
    """No such layout is let in. Should a fact be added to a kind after one was published, it is like this."""

    def makes(kind: str, context: object, layout: bytes | None) -> object:
        if kind == KIND and layout is not None:
            word.make(LAID_OUT[kind], context, layout)  # type: ignore[arg-type]
        return fake_issue(kind, context, layout)  # type: ignore[arg-type]

    desk = Desk(FakePostbox(), LETTERHEAD, makes)  # type: ignore[arg-type]
    upload(here, layout=with_words("x", left_out="raised_on"))
    publish(here)
    here.open()
    for wait in (*WAITS, WAITS[0]):
        do_work(here, desk)
        here.clock.forward(seconds=wait.total_seconds())

    assert documents(here)[0].issued_at is None
    (why,) = view(here, unit_of(here)).not_made
    assert "leaves out raised_on" in why
    assert "Change the layout, or go back to the service’s own" in why
    propose(here, None)
    publish(here)
    do_work(here, desk)

    assert documents(here)[0].issued_at is not None
    assert view(here, unit_of(here)).not_made == ()


def test_a_document_is_drawn_with_a_layout_in_a_process_that_is_shut_in() -> None:
    kind = LAID_OUT["notice_to_board"]
    layout = checked(kind, (templates.FOLDER / kind.template / "record.docx").read_bytes()).layout
    with Press() as press:
        made = press.issue(kind.code, invented(kind), layout)

    assert made.docx == word.make(kind, invented(kind), layout)
    assert made.pdf.startswith(b"%PDF")


# --- pictures ---


def desk_that(draw: layouts.Draw | None) -> Desk:
    return Desk(FakePostbox(), LETTERHEAD, fake_issue, draw=draw)


def test_the_worker_draws_the_sample_once(here: Scene) -> None:
    drawn = []

    def draw(content: bytes) -> list[bytes]:
        drawn.append(content)
        return [b"one", b"two"]

    layout = upload(here)
    assert view(here, here.holder("chair")).versions[0].is_being_drawn
    do_work(here, desk_that(draw))
    do_work(here, desk_that(draw))

    (content,) = drawn
    kind = LAID_OUT[KIND]
    with here.workshop.reading() as work:
        _, _, bytes_of_layout = layouts.layout_to_try(work, by=here.holder("chair"), layout_id=layout)
        assert content == word.make(kind, invented(kind, How.PLAIN), bytes_of_layout)
        assert layouts.picture(work, by=here.holder("chair"), layout_id=layout, number=2) == b"two"
    assert view(here, here.holder("chair")).versions[0].pictures == 2


def test_a_page_further_on_than_any_sample_goes_is_not_looked_for(here: Scene) -> None:
    layout = upload(here)

    with here.workshop.reading() as work, pytest.raises(NotFound):
        layouts.picture(work, by=here.holder("chair"), layout_id=layout, number=10**30)


def test_without_anything_to_draw_with_the_page_says_so(here: Scene) -> None:
    upload(here)

    do_work(here, desk_that(None))

    (version,) = view(here, here.holder("chair")).versions
    assert version.no_pictures == "This service has no program to draw pictures with."
    assert not version.is_being_drawn


def test_a_sample_that_cannot_be_drawn_says_why(here: Scene) -> None:
    def refuse(content: bytes) -> list[bytes]:
        raise DocumentFault("It takes longer than 60 seconds to draw, and was given up.")

    upload(here)
    for _ in range(len(layouts.WAITS) + 1):
        do_work(here, desk_that(refuse))
        here.clock.forward(seconds=timedelta(minutes=6).total_seconds())

    (version,) = view(here, here.holder("chair")).versions
    assert version.no_pictures == "It takes longer than 60 seconds to draw, and was given up."


def test_an_upload_leaves_nothing_when_it_fails(here: Scene) -> None:
    before = here.count()
    unit = unit_of(here)

    def stops() -> None:
        with here.workshop.writing() as work:
            layouts.upload(work, by=unit, kind_code=KIND, layout=b"x", seen="")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        stops()

    assert here.count() == before


def test_another_board_does_not_see_it(here: Scene) -> None:
    layout = upload(here)
    with here.database.writing() as session:
        unit = session.get_one(Person, unit_of(here))
        other = Board(
            code="OTH",
            name="Other Board",
            policy_key=here.policy.key,
            telephone="1",
            email="o@x.example",
        )
        session.add(other)
        session.flush()
        office = Agency(board_id=other.id, name="Office", kind="board")
        session.add(office)
        session.flush()
        unit.board_id, unit.agency_id = other.id, office.id

    with here.workshop.reading() as work:
        assert not any(line.waits or line.is_own for line in layouts.layout_lines(work, by=unit_of(here)))
        with pytest.raises(NotFound):
            layouts.layout_file(work, by=unit_of(here), layout_id=layout)
        assert choices_of_kind(work.session, other.id, KIND) == []


# --- LibreOffice ---


@pytest.fixture
def can_draw() -> None:
    missing = [program for program in pictures.PROGRAMS if shutil.which(program) is None]
    if missing:
        pytest.fail(f"{' and '.join(missing)} cannot be found here: run script/setup --test")
    if not pictures.can_draw():
        pytest.skip(
            "this kernel lets nobody shut a program off from the network, so the service draws no pictures here"
        )


@pytest.mark.usefixtures("can_draw")
def test_libreoffice_draws_a_sample() -> None:
    drawn = pictures.pages(word.make(LAID_OUT[KIND], invented(LAID_OUT[KIND]), None))

    assert drawn
    assert all(page.startswith(b"\x89PNG") for page in drawn)


@pytest.mark.usefixtures("can_draw")
def test_what_takes_too_long_to_draw_is_killed_with_all_that_it_began(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    with pytest.raises(DocumentFault, match=r"longer than 0\.2 seconds"):
        pictures.pages(word.make(LAID_OUT[KIND], invented(LAID_OUT[KIND]), None), seconds=0.2)

    assert running_with(str(tmp_path)) == []
    assert list(tmp_path.iterdir()) == []


def running_with(word_of_it: str) -> list[str]:
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found.append(file.read_bytes().decode(errors="replace"))
    return [line for line in found if word_of_it in line and "pytest" not in line]


@pytest.mark.usefixtures("can_draw")
def test_what_draws_reaches_no_network_and_knows_nothing_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "invented " * 8)
    monkeypatch.setenv("SEALING_KEYS", SEALING_KEYS)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        asks = f"import os, socket; open('env', 'w').write(str(dict(os.environ))); socket.create_connection({server.getsockname()})"
        pictures._run([sys.executable, "-c", asks], tmp_path, 20)
        assert "invented" not in (tmp_path / "env").read_text()

        monkeypatch.setattr(pictures, "OFFLINE", ())
        pictures._run([sys.executable, "-c", asks], tmp_path, 20)
        server.accept()[0].close()
        server.settimeout(0.05)
        with pytest.raises(TimeoutError):
            server.accept()

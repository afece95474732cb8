"""Making the files of a document: once, with its deliveries owed in the same transaction, or not at all and visibly."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from importlib.metadata import version
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import undefer

from forms_app.db.outbox import Claim, claim, finish, needs_attention
from forms_app.db.tables import AuditEntry, Document, DocumentFile
from forms_app.documents import digest, fonts, templates
from forms_app.documents.digest import digest_of
from forms_app.documents.faults import DocumentFault
from forms_app.services.issuing import WAITS, make_document
from forms_app.services.outbox import LEASE
from tests.documents.examples import PLAIN
from tests.mail.owed import FakeIssued, Office, Recipient, open_office, owe_document

TWO = (Recipient("one@brackenshire.example"), Recipient("two@elsewhere.example", is_secure=False))


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with open_office(database_url) as opened:
        yield opened


def claimed(office: Office) -> Claim:
    with office.workshop.writing() as work:
        return claim(work.session, "w1", work.now, 1, LEASE)[0]


def test_every_file_is_kept_and_each_delivery_is_owed(office: Office) -> None:
    document_id = owe_document(office, TWO)

    office.work(most=1)

    document = office.document(document_id)
    assert document.issued_at == office.clock.now
    with office.workshop.reading() as work:
        kept = work.session.scalars(select(DocumentFile).options(undefer(DocumentFile.content))).all()
        stored = {file.format: (file.sha256, file.content) for file in kept}
    assert stored == {
        "docx": (hashlib.sha256(FakeIssued.docx).hexdigest(), FakeIssued.docx),
        "page": (hashlib.sha256(FakeIssued.page).hexdigest(), FakeIssued.page),
        "pdf": (hashlib.sha256(FakeIssued.pdf).hexdigest(), FakeIssued.pdf),
    }
    owed = [item for item in office.items() if item.kind == "post_delivery"]
    assert {item.about_id for item in owed} == {delivery.id for delivery in document.deliveries}
    assert office.item(document_id).done_at == office.clock.now
    with office.workshop.reading() as work:
        noted = work.session.scalars(select(AuditEntry)).all()
        assert [(entry.action, entry.about_id) for entry in noted] == [("document_issued", document_id)]


def test_a_document_that_is_issued_is_never_drawn_again(office: Office) -> None:
    document_id = owe_document(office, TWO)
    first, drawn = claimed(office), []

    def issue(kind: str, context: object, layout: bytes | None = None) -> FakeIssued:
        drawn.append(kind)
        return FakeIssued()

    make_document(office.workshop, first, issue)
    make_document(office.workshop, first, issue)  # as after a crash between the files and the end of the work

    assert drawn == ["written_confirmation"]
    assert len(office.document(document_id).files) == 3
    assert len(office.items()) == 3


def test_two_workers_at_once_keep_one_set_of_files(office: Office) -> None:
    document_id = owe_document(office, TWO)
    claim_ = claimed(office)

    def issue_while_another_does(kind: str, context: object, layout: bytes | None = None) -> FakeIssued:
        make_document(
            office.workshop, claim_, lambda *_: FakeIssued(docx=b"the first", pdf=b"the first", page=b"the first")
        )
        return FakeIssued()

    make_document(office.workshop, claim_, issue_while_another_does)

    digest = hashlib.sha256(b"the first").hexdigest()
    assert {file.sha256 for file in office.document(document_id).files} == {digest}


def test_the_files_and_what_is_owed_stand_or_fall_together(office: Office) -> None:
    document_id = owe_document(office, TWO)
    one = claimed(office)
    broken = FakeIssued(docx=b"fine", pdf=None)  # type: ignore[arg-type]

    with pytest.raises(TypeError):
        make_document(office.workshop, one, lambda *_: broken)

    document = office.document(document_id)
    assert (document.issued_at, document.files) == (None, [])
    assert [item.kind for item in office.items()] == ["make_document"]
    assert office.item(document_id).done_at is None


def refuse(kind: str, context: object, layout: bytes | None = None) -> FakeIssued:
    raise DocumentFault("Page 2 would have a letter that our fonts do not have.")


def test_a_document_that_cannot_be_made_is_tried_again_and_then_shown(office: Office) -> None:
    document_id = owe_document(office, TWO)
    office.issue = refuse

    for wait in WAITS:
        assert office.work() == 1
        assert office.item(document_id).not_before == office.clock.now + wait
        assert office.work() == 0
        office.clock.go_on(seconds=wait.total_seconds())
    office.work()

    with office.workshop.reading() as work:
        (shown,) = needs_attention(work.session, work.now)
    assert (shown.about_id, shown.parked_at, shown.tries) == (document_id, office.clock.now, len(WAITS) + 1)
    assert shown.fault == "Page 2 would have a letter that our fonts do not have."
    assert office.document(document_id).context, "the record is kept"


def test_a_document_that_can_be_made_later_is_made(office: Office) -> None:
    document_id = owe_document(office, TWO)
    office.issue = refuse
    office.work()

    office.issue = lambda *_: FakeIssued()
    office.clock.go_on(seconds=WAITS[0].total_seconds())
    office.work(most=1)

    assert office.item(document_id).fault is None
    assert office.document(document_id).issued_at == office.clock.now


def test_a_record_that_does_not_fill_its_document_is_named_without_its_words(office: Office) -> None:
    document_id = owe_document(office, context='{"heading": "Ottilie Marchbank", "stage": 1}')

    office.work()

    fault = office.item(document_id).fault
    assert fault is not None
    assert "heading" in fault
    assert "Marchbank" not in fault


def test_a_kind_that_is_not_in_the_catalogue_is_a_fault_and_not_a_crash(office: Office) -> None:
    document_id = owe_document(office, kind="poem", context="{}")

    office.work()

    assert "no kind of document" in str(office.item(document_id).fault)


@pytest.mark.parametrize("kind", ["written_confirmation", "notice_to_board"])
def test_a_real_document_is_made(kind: str, office: Office) -> None:
    from forms_app.documents.issue import issue

    document_id = owe_document(office, kind=kind)
    office.issue = issue

    office.work(most=1)

    assert office.item(document_id).fault is None
    assert [file.format for file in office.document(document_id).files] == ["docx", "page", "pdf"]


def test_only_the_claimant_ends_the_work(office: Office) -> None:
    document_id = owe_document(office)
    one = claimed(office)

    with office.workshop.writing() as work:
        assert not finish(work.session, one.item_id, "w2", work.now)
        assert not finish(work.session, uuid4(), "w1", work.now)
    assert office.item(document_id).done_at is None


# --- nothing is drawn twice ---------------------------------------------------------------------------------------


def owe_twice(office: Office, *, in_one: bool = True, context: str | None = None) -> tuple[UUID, UUID]:
    """Two documents that say the same, the second perhaps in the escalation of the first."""
    first, second = owe_document(office, TWO), owe_document(office, TWO, context=context)
    if in_one:
        with office.workshop.writing() as work:
            its = work.session.get_one(Document, first)
            work.session.get_one(Document, second).escalation_id = its.escalation_id
    return first, second


def drawing(office: Office) -> list[str]:
    """What is drawn from now on; no two drawings are the same."""
    drawn: list[str] = []

    def issue(kind: str, context: object, layout: bytes | None = None) -> FakeIssued:
        drawn.append(kind)
        return FakeIssued(docx=b"PK %d" % len(drawn), pdf=b"%%PDF %d" % len(drawn))

    office.issue = issue
    return drawn


def hashes(office: Office, document: UUID) -> dict[str, str]:
    return {file.format: file.sha256 for file in office.document(document).files}


def test_the_same_of_the_same_escalation_is_drawn_once_and_both_have_the_files(office: Office) -> None:
    first, second = owe_twice(office)
    drawn = drawing(office)

    office.work()

    assert drawn == ["written_confirmation"]
    assert len(hashes(office, first)) == 3
    assert hashes(office, first) == hashes(office, second)
    assert office.document(first).digest == office.document(second).digest
    assert len(office.postbox.posted) == 4


def test_the_same_of_another_escalation_is_drawn_for_itself(office: Office) -> None:
    first, second = owe_twice(office, in_one=False)
    drawn = drawing(office)

    office.work()

    assert len(drawn) == 2
    assert hashes(office, first) != hashes(office, second)


def test_one_that_says_something_else_is_drawn(office: Office) -> None:
    other = PLAIN["written_confirmation"].model_copy(update={"outcome": "Something else"})
    owe_twice(office, context=other.model_dump_json())
    drawn = drawing(office)

    office.work()

    assert len(drawn) == 2


@pytest.mark.parametrize(
    "change", ["a byte is other than it was", "a file is gone", "it was made without a web version"]
)
def test_files_that_are_no_longer_whole_are_not_copied(office: Office, change: str) -> None:
    first, second = owe_twice(office)
    drawn = drawing(office)
    office.work(most=1)
    with office.workshop.writing() as work:
        made = {file.format: file for file in work.session.scalars(select(DocumentFile))}
        if change == "a byte is other than it was":
            made["pdf"].content = b"%PDF other"
        else:
            work.session.delete(made["pdf" if change == "a file is gone" else "page"])

    office.work()

    assert len(drawn) == 2
    assert len(hashes(office, first)) + len(hashes(office, second)) >= 5


def test_the_digest_knows_everything_that_the_files_are_made_from(monkeypatch: pytest.MonkeyPatch) -> None:
    digests = [
        digest_of("written_account", "{}"),
        digest_of("written_account", "{ }"),
        digest_of("stage_record", "{}"),
        digest_of("written_account", "{}", b"a layout"),
        digest_of("written_account", "{}", b""),
        digest_of("written_account{", "}"),
    ]
    monkeypatch.setattr("forms_app.documents.digest._making", lambda: b"other templates")
    digests.append(digest_of("written_account", "{}"))

    assert len(set(digests)) == len(digests)
    assert digest_of("written_account", "{}") == digests[-1]


def test_templates_fonts_program_and_libraries_are_in_the_digest() -> None:
    parts = set(digest._parts())

    assert {
        b"print.css",
        b"written_account/record.docx",
        b"pdf.py",
        b"weasyprint " + version("weasyprint").encode(),
    } <= parts
    assert (fonts.FOLDER / fonts.TEXT[0]).read_bytes() in parts
    assert templates.FOLDER.joinpath("parts.html").read_bytes() in parts

"""PDFs that travel locked: one copy for everybody, known by its digest, with a password that no message carries."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import undefer

from forms_app.db.outbox import claim
from forms_app.db.tables import Document, DocumentFile
from forms_app.services.attachments import LOCKED, make_locked_copy, password_for, password_of
from forms_app.services.outbox import LEASE
from forms_app.services.posting import Counter, Taken, post_delivery
from tests.mail.owed import LETTERHEAD, FakeIssued, Office, Recipient, open_office, owe_deliveries

SECRET = b"an invented secret of the service"
SECURE = (Recipient("one@brackenshire.example"), Recipient("two@brackenshire.example"))
OUTSIDE = Recipient("three@elsewhere.example", is_secure=False)


class Locks:
    """Stands in for the lock, which is tested with real files: no two copies are alike."""

    def __init__(self) -> None:
        self.asked: list[UUID] = []

    def __call__(self, pdf: bytes, document_id: UUID) -> bytes:
        assert pdf == FakeIssued.pdf
        self.asked.append(document_id)
        return b"%PDF locked " + uuid4().bytes


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with open_office(database_url) as opened:
        yield opened


def files(office: Office) -> dict[str, DocumentFile]:
    with office.workshop.reading() as work:
        found = work.session.scalars(select(DocumentFile).options(undefer(DocumentFile.content))).all()
        work.session.expunge_all()
        return {file.format: file for file in found}


def document_id(office: Office) -> UUID:
    with office.workshop.reading() as work:
        return work.session.scalars(select(Document.id)).one()


def test_everybody_is_sent_the_one_locked_copy_and_no_word_file(office: Office) -> None:
    office.lock = locks = Locks()
    owe_deliveries(office, [*SECURE, OUTSIDE])

    office.work()

    copy = files(office)[LOCKED]
    assert copy.sha256 == hashlib.sha256(copy.content).hexdigest()
    assert locks.asked == [document_id(office)]
    attached = {
        message.to: [(file.name, file.content) for file in message.attachments] for message in office.postbox.posted
    }
    for recipient in SECURE:
        ((name, content),) = attached[recipient.address]
        assert re.fullmatch(r"escalation-BRK-\w+-written-confirmation\.pdf", name)
        assert content == copy.content
    assert attached[OUTSIDE.address] == []


def test_the_message_says_where_the_password_is_and_not_what_it_is(office: Office) -> None:
    office.lock = Locks()
    owe_deliveries(office, SECURE[:1])

    office.work()

    (message,) = office.postbox.posted
    password = password_of(SECRET, document_id(office))
    assert "locked with a password, which is not in this email" in message.body
    assert f"{LETTERHEAD.service_url}/documents/{document_id(office)}" in message.body
    assert password not in message.body + message.subject
    assert "as Word" not in message.body


def test_without_the_setting_both_files_travel_open(office: Office) -> None:
    owe_deliveries(office, SECURE[:1])

    office.work()

    assert [file.content for file in office.postbox.posted[0].attachments] == [FakeIssued.docx, FakeIssued.pdf]
    assert LOCKED not in files(office)


def test_a_copy_from_before_the_setting_went_away_is_not_sent(office: Office) -> None:
    owe_deliveries(office, SECURE[:1])
    make_locked_copy(office.workshop, document_id(office), Locks())

    office.work()

    assert [file.content for file in office.postbox.posted[0].attachments] == [FakeIssued.docx, FakeIssued.pdf]


def test_nobody_locks_what_travels_by_link(office: Office) -> None:
    office.lock = locks = Locks()
    owe_deliveries(office, [OUTSIDE])

    office.work()

    assert locks.asked == []


def test_two_workers_at_once_keep_one_copy(office: Office) -> None:
    owe_deliveries(office, SECURE)
    about = document_id(office)

    def lock_while_another_does(pdf: bytes, document: UUID) -> bytes:
        make_locked_copy(office.workshop, document, lambda _, __: b"the first")
        return b"the second"

    make_locked_copy(office.workshop, about, lock_while_another_does)

    assert files(office)[LOCKED].content == b"the first"


def test_the_copy_is_made_with_no_transaction_open(office: Office) -> None:
    (delivery, *_) = owe_deliveries(office, SECURE[:1])
    with office.workshop.writing() as work:
        (claimed,) = [one for one in claim(work.session, "w1", work.now, 9, LEASE) if one.about_id == delivery]

    def lock(pdf: bytes, document: UUID) -> bytes:
        with office.workshop.writing() as work:  # would wait for ever, were another open
            work.note("seen", about=document)
        return b"%PDF locked"

    post_delivery(office.workshop, Taken(claimed), Counter(office.postbox, LETTERHEAD, lock))

    assert [file.content for file in office.postbox.posted[0].attachments] == [b"%PDF locked"]


# --- the password ---


def test_a_password_is_of_one_document_and_one_secret() -> None:
    one, other = uuid4(), uuid4()

    assert re.fullmatch(r"(?:[2-9A-HJ-NP-Z]{4}-){3}[2-9A-HJ-NP-Z]{4}", password_of(SECRET, one))
    assert password_of(SECRET, one) == password_of(SECRET, one)
    assert len({password_of(SECRET, one), password_of(SECRET, other), password_of(b"another", one)}) == 3


def test_only_whom_the_document_is_owed_to_learns_the_password(office: Office) -> None:
    office.lock = Locks()
    owe_deliveries(office, [*SECURE[:1], OUTSIDE])
    about = document_id(office)

    def learns(person: UUID) -> str | None:
        with office.workshop.reading() as work:
            return password_for(work, by=person, document_id=about, secret=SECRET)

    people = [delivery.person_id for delivery in office.document(about).deliveries]
    assert [learns(person) for person in people] == [None, None], "nothing was sent locked yet"
    office.work()

    assert [learns(person) for person in people] == [password_of(SECRET, about)] * 2
    assert learns(uuid4()) is None

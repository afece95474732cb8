"""What a message says, and what it can never say."""

from __future__ import annotations

import base64
import email
import email.policy
from dataclasses import replace
from datetime import UTC, date, datetime
from email.errors import MessageError
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import flask_mail
import pytest
from jinja2 import UndefinedError

from forms_app.domain.policy import DocumentKind
from forms_app.mail import compose
from forms_app.mail.compose import (
    WELSH_TITLES,
    Attachment,
    DocumentNotice,
    Kind,
    Letterhead,
    Message,
    Office,
    UnfitMessage,
    document_message,
    sign_in_message,
)
from forms_app.mail.travelling import EncodedFiles, as_bytes, flask_app

LETTERHEAD = Letterhead("no-reply@forms.example", "https://forms.example")
OFFICE = Office("Gŵyr Safeguarding Children Partnership", "01632 960001")
DELIVERY = UUID("6b1f0e8a-4d57-4f0e-9a57-0d9e35b0c001")
DOCUMENT = UUID("6b1f0e8a-4d57-4f0e-9a57-0d9e35b0c002")
PDF = Attachment("escalation-BRK-7-stage-record.pdf", b"%PDF")
DOCX = Attachment("escalation-BRK-7-stage-record.docx", b"PK")
NOTICE = DocumentNotice(DELIVERY, DOCUMENT, "stage_record", "BRK-7", "Stage record for the child’s file")
AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
TO = "perdita.quennell@brackenshire.example"


def written(notice: DocumentNotice = NOTICE) -> Message:
    return document_message(LETTERHEAD, OFFICE, notice, to=TO, at=AT)


def travelling(message: Message) -> EmailMessage:
    read = email.message_from_bytes(as_bytes(message), policy=email.policy.default)
    assert isinstance(read, EmailMessage)
    return read


def test_a_document_travels_attached_in_both_formats() -> None:
    read = travelling(written(replace(NOTICE, attachments=(DOCX, PDF))))

    attached = {part.get_filename(): (part.get_content_type(), part.get_content()) for part in read.iter_attachments()}
    assert attached == {
        DOCX.name: ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", b"PK"),
        PDF.name: ("application/pdf", b"%PDF"),
    }
    text = read.get_body().get_content()  # type: ignore[union-attr]
    assert "attached as PDF and as Word" in text
    assert f"https://forms.example/documents/{DOCUMENT}" in text.splitlines()


def test_a_document_that_may_not_travel_is_a_link_that_asks_for_the_address() -> None:
    read = travelling(written())

    assert not read.is_multipart()
    assert f"https://forms.example/documents/{DOCUMENT}" in read.get_content().splitlines()
    assert "You must sign in to open it" in read.get_content()


def test_a_message_says_whose_it_is_which_one_what_it_is_and_whom_to_ring() -> None:
    message = written()

    assert message.subject == "Gŵyr Safeguarding Children Partnership: BRK-7: Stage record for the child’s file"
    for expected in (OFFICE.board, "BRK-7", "Stage record for the child’s file", "01632 960001", "999"):
        assert expected in message.body
    assert "Do this by" not in message.body
    assert "Do this by 4 December 2026." in written(replace(NOTICE, by_when=date(2026, 12, 4))).body


def test_a_welsh_message_says_what_a_document_is_and_by_when_in_welsh() -> None:
    notice = replace(NOTICE, by_when=date(2026, 12, 4), attachments=(PDF,))

    message = document_message(LETTERHEAD, OFFICE, notice, to=TO, at=AT, language="cy")

    title = "Cofnod o’r cam ar gyfer ffeil y plentyn"
    assert message.subject == f"Gŵyr Safeguarding Children Partnership: BRK-7: {title}"
    assert f"Dogfen: {title}" in message.body.splitlines()
    assert "Gwnewch hyn erbyn 4 Rhagfyr 2026." in message.body.splitlines()


def test_every_document_that_is_sent_has_a_welsh_name() -> None:
    assert set(WELSH_TITLES) == set(DocumentKind)


def test_only_an_answer_that_a_document_asks_for_is_asked_for() -> None:
    asks, tells = written(replace(NOTICE, asks_answer=True)).body, written().body

    assert "whether you agree with what was recorded" in asks
    assert "that you have read it" in tells
    assert "agree" not in tells


def test_the_headers_of_a_message() -> None:
    read = travelling(written())

    assert {name: str(value) for name, value in read.items() if not name.startswith(("Content-", "MIME"))} == {
        "Subject": "Gŵyr Safeguarding Children Partnership: BRK-7: Stage record for the child’s file",
        "From": "no-reply@forms.example",
        "To": TO,
        "Date": read["Date"],
        "Message-ID": f"<delivery.{DELIVERY}@forms.example>",
        "Auto-Submitted": "auto-generated",
    }
    assert read["Date"].datetime == AT


def test_a_message_is_seven_bits_in_short_lines() -> None:
    message = written(replace(NOTICE, title="ŵ" * 400))

    content = as_bytes(message)

    assert content.isascii()
    assert max(map(len, content.splitlines())) <= 998
    assert "ŵ" * 400 in travelling(message).get_content()


def test_the_same_delivery_has_the_same_message_id_however_often_it_is_sent() -> None:
    first, later = travelling(written()), travelling(replace(written(), at=datetime(2027, 1, 1, tzinfo=UTC)))

    assert first["Message-ID"] == later["Message-ID"]


def test_left_to_itself_the_library_gives_each_message_another_id_with_the_machine_in_it() -> None:
    ids = {flask_mail.Message("s", [TO], "b", sender="a@forms.example").msgId for _ in range(2)}

    assert len(ids) == 2
    assert not any(one.endswith("@forms.example>") for one in ids)


def test_a_sign_in_message_says_all_that_it_must() -> None:
    link = "https://forms.example/sign-in/link/k3y"

    message = sign_in_message(LETTERHEAD, OFFICE, code_id=DELIVERY, code="402817", link=link, to=TO, at=AT)

    assert "402817" not in message.subject
    assert "Your code to sign in is 402817" in message.body
    assert link in message.body.splitlines()
    for expected in ("15 minutes", "Nobody will ever ask you for this code", "a button to press", "01632 960001"):
        assert expected in message.body
    assert message.message_id == f"sign-in.{DELIVERY}@forms.example"


@pytest.mark.parametrize("letter", ["\r\n", "\n", "\r", "\x00", "\x0b", "\x85", "\u2028", "\ud800"])
@pytest.mark.parametrize("header", ["subject", "to", "sender", "message_id"])
def test_no_header_can_be_broken_in_two(header: str, letter: str) -> None:
    message = written()

    with pytest.raises(UnfitMessage) as refused:
        replace(message, **{header: f"{getattr(message, header)}{letter}Bcc: quennell@example.com"})  # type: ignore[arg-type]

    assert "quennell" not in str(refused.value)


@pytest.mark.parametrize("part", ["board", "title", "reference"])
def test_a_line_break_in_what_is_filled_in_is_refused(part: str) -> None:
    office = replace(OFFICE, board="B\nBcc: x@y.example") if part == "board" else OFFICE
    notice = NOTICE if part == "board" else replace(NOTICE, **{part: "B\nBcc: x@y.example"})  # type: ignore[arg-type]

    with pytest.raises(UnfitMessage):
        document_message(LETTERHEAD, office, notice, to=TO, at=AT)


@pytest.mark.parametrize(
    "to", ["", "nobody", "a@b.example, c@d.example", "A <a@b.example>", "a b@c.example", "ŵ@b.example", "a@-b.example"]
)
def test_a_message_goes_to_one_plain_address(to: str) -> None:
    with pytest.raises(UnfitMessage):
        replace(written(), to=to)


@pytest.mark.parametrize(
    "name", ['a".pdf', "a\r\nBcc: x@y.example.pdf", "Quennell, P.pdf", "../a.pdf", "a.exe", ".pdf"]
)
def test_an_attachment_is_named_by_ids(name: str) -> None:
    with pytest.raises(UnfitMessage) as refused:
        Attachment(name, b"")

    assert name not in str(refused.value)


def test_left_to_itself_the_library_would_take_a_header_that_breaks_in_two() -> None:
    """Newer Pythons refuse it when it is written out, which is too late for a sentence; older ones send two headers."""
    loose = flask_mail.Message(
        "s", [TO], "b", sender="a@forms.example", extra_headers={"X-About": "x\r\nBcc: thief@example.com"}
    )

    with flask_app.app_context():
        try:
            written_out = loose.as_bytes().replace(b"\r", b"")
        except MessageError:
            return
        assert b"\nBcc: thief@example.com" in written_out


def test_a_blank_without_a_value_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        compose._filled(Kind.DOCUMENT, "subject", "en", {"board": "B"})


def test_a_word_that_no_text_knows_or_that_is_missing_is_refused() -> None:
    for words in ({"link": "https://forms.example", "name": "Perdita"}, {}):
        with pytest.raises(UnfitMessage) as refused:
            compose.compose(LETTERHEAD, OFFICE, kind=Kind.LAYOUT_FAILED, about_id=DOCUMENT, words=words, to=TO, at=AT)
        assert "Perdita" not in str(refused.value)


def test_a_message_does_not_print_what_it_says_or_to_whom() -> None:
    printed = repr(written(replace(NOTICE, attachments=(PDF,))))

    assert "perdita" not in printed
    assert "escalation" not in printed.partition("attachments")[0]
    assert "%PDF" not in printed


def test_a_message_id_stays_on_its_line_however_long_it_is() -> None:
    message = replace(written(), message_id=f"{'x' * 90}.{DELIVERY}@forms.example")

    assert f"\r\nMessage-ID: <{message.message_id}>\r\n".encode() in as_bytes(message)


def test_a_message_is_the_one_that_the_library_alone_would_compose() -> None:
    files = (PDF, Attachment("escalation-BRK-7-stage-record.docx", bytes(range(256)) * 300), Attachment("a.pdf", b""))
    message = written(replace(NOTICE, attachments=files))
    with flask_app.app_context():
        library = _library(message, files)

    assert as_read(as_bytes(message)) == as_read(library)


def _library(message: Message, files: tuple[Attachment, ...]) -> bytes:
    alone = flask_mail.Message(
        subject=message.subject,
        recipients=[message.to],
        body=message.body,
        sender=message.sender,
        date=message.at.timestamp(),
        attachments=[flask_mail.Attachment(file.name, file.content_type, file.content) for file in files],
        extra_headers={"Auto-Submitted": "auto-generated"},
    )
    alone.msgId = f"<{message.message_id}>"

    content: bytes = alone.as_bytes()
    return content


def as_read(content: bytes) -> list[tuple[dict[str, str], Any]]:
    """Each part of a message, without what separates them and how each is encoded for the journey."""
    unread = email.message_from_bytes(content, policy=email.policy.default)
    unsaid = ("Content-Transfer-Encoding", "Content-Type")
    return [
        (
            {name: str(value).strip() for name, value in part.items() if name not in unsaid},
            None if part.is_multipart() else (part.get_content_type(), part.get_content().rstrip()),
        )
        for part in unread.walk()
        if isinstance(part, EmailMessage)
    ]


def test_a_file_is_encoded_once_and_those_not_asked_for_are_let_go() -> None:
    files = EncodedFiles(most=1000)

    first = files.encoded(b"a" * 200)
    again = files.encoded(bytes(b"a" * 200))
    files.encoded(b"b" * 200)
    files.encoded(b"c" * 9000)

    assert again is first
    assert base64.decodebytes(first) == b"a" * 200
    assert files.encoded(b"a" * 200) is not first
    assert files._size <= 1000

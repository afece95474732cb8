"""The only builder of messages: each has one recipient, fixed headers, and nothing that identifies a person."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from uuid import UUID

from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES = Path(__file__).parents[2] / "templates" / "email"
ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")
CONTENT_TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
}
LINE_ENDS = ("\u2028", "\u2029")


class Kind(StrEnum):
    """Every kind of email: the folder of its words, and the beginning of its Message-ID."""

    DOCUMENT = "document"
    """One document, attached or by link. Its Message-ID begins with `delivery`."""
    DOCUMENTS_WAITING = "documents_waiting"
    """Several documents together, by link, where one email each would have been too many."""
    DELIVERY_FAILED = "delivery_failed"
    """To who recorded it, and to the business unit: a document reached one of its recipients not."""
    WITHDRAWN = "withdrawn"
    """To who should not have had it: delete it."""
    WITHDRAWAL = "withdrawal"
    """To the business unit: a document was withdrawn from somebody."""
    DISAGREEMENT = "disagreement"
    """To who recorded it: a recipient does not agree with what was recorded."""
    REMINDER = "reminder"
    """What is due and overdue, once a day."""
    RELEASE_WAITS = "release_waits"
    """To the business unit: a document waits for somebody to prepare or release it."""
    LAYOUT_FAILED = "layout_failed"
    """To the business unit: with the Board's own Word layout a document could not be made."""
    SIGN_IN = "sign_in"


BEGINS = {Kind.DOCUMENT: "delivery", Kind.SIGN_IN: "sign-in"}
"""What the Message-ID begins with, where it is not the kind."""


class UnfitMessage(Exception):
    """A message that may not be sent. The sentence names the part at fault and quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file named by ids only. The kind of file is the end of its name."""

    name: str
    content: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not FILE_NAME.fullmatch(self.name) or self.name.rpartition(".")[2] not in CONTENT_TYPES:
            raise UnfitMessage(
                "An attachment's name may have only letters, digits, dots and hyphens, and end in docx or pdf."
            )

    @property
    def content_type(self) -> str:
        return CONTENT_TYPES[self.name.rpartition(".")[2]]


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one address. Cannot exist with a header that would break into two."""

    message_id: str
    """Without angle brackets. The same however often the message is sent."""
    sender: str
    to: str = field(repr=False)
    at: datetime
    subject: str
    body: str = field(repr=False)
    attachments: tuple[Attachment, ...] = ()

    def __post_init__(self) -> None:
        for header in ("message_id", "sender", "to", "subject"):
            if any(_breaks_a_line(letter) for letter in getattr(self, header)):
                raise UnfitMessage(
                    f"The {header.replace('_', ' ')} of a message holds a control character; nothing was sent."
                )
        for header in ("message_id", "sender", "to"):
            if not ADDRESS.fullmatch(getattr(self, header)):
                raise UnfitMessage(
                    f"The {header.replace('_', ' ')} of a message is not one plain address; nothing was sent."
                )
        if self.at.tzinfo is None:
            raise UnfitMessage("The date of a message has no time zone; nothing was sent.")


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What every message carries: whom it is from, and where the service is."""

    sender: str
    service_url: str

    def message_id(self, kind: str, about_id: UUID) -> str:
        return f"{kind}.{about_id}@{self.sender.rpartition('@')[2]}"


@dataclass(frozen=True, slots=True)
class Office:
    """The Board's business unit, as it signs a message."""

    board: str
    telephone: str


@dataclass(frozen=True, slots=True)
class DocumentNotice:
    """One document for one address: attached, or with a link where there are no attachments."""

    delivery_id: UUID
    document_id: UUID
    reference: str
    title: str
    attachments: tuple[Attachment, ...] = ()
    is_locked: bool = False
    """Whether what is attached opens with a password, which is never in a message."""
    by_when: str | None = None


def compose(
    letterhead: Letterhead,
    office: Office,
    *,
    kind: Kind,
    about_id: UUID,
    words: Mapping[str, object],
    to: str,
    at: datetime,
    language: str = "en",
    attachments: tuple[Attachment, ...] = (),
) -> Message:
    """One message of a kind, in a language. Its Message-ID is the same whenever it is made about the same. Raises UnfitMessage.

    Beside `words`, every kind can use the Board's name, its telephone number and the service's address.
    """
    every = {"board": office.board, "telephone": office.telephone, "service_url": letterhead.service_url, **words}
    return Message(
        message_id=letterhead.message_id(BEGINS.get(kind, kind.value), about_id),
        sender=letterhead.sender,
        to=to,
        at=at,
        subject=_filled(kind, "subject", language, every),
        body=_filled(kind, "body", language, every),
        attachments=attachments,
    )


def document_message(
    letterhead: Letterhead, office: Office, notice: DocumentNotice, *, to: str, at: datetime, language: str = "en"
) -> Message:
    """Raises UnfitMessage."""
    words = {
        "reference": notice.reference,
        "title": notice.title,
        "is_attached": bool(notice.attachments),
        "is_locked": notice.is_locked,
        "link": f"{letterhead.service_url}/documents/{notice.document_id}",
        "by_when": notice.by_when,
    }
    return compose(
        letterhead,
        office,
        kind=Kind.DOCUMENT,
        about_id=notice.delivery_id,
        words=words,
        to=to,
        at=at,
        language=language,
        attachments=notice.attachments,
    )


def sign_in_message(
    letterhead: Letterhead,
    office: Office,
    *,
    code_id: UUID,
    code: str,
    link: str,
    to: str,
    at: datetime,
    language: str = "en",
) -> Message:
    """Raises UnfitMessage."""
    words = {"code": code, "link": link}
    kind = Kind.SIGN_IN
    return compose(letterhead, office, kind=kind, about_id=code_id, words=words, to=to, at=at, language=language)


# Plain text: nothing is escaped, and a blank without a value is an error.
_templates = Environment(
    loader=FileSystemLoader(TEMPLATES),
    undefined=StrictUndefined,
    autoescape=False,  # noqa: S701
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=False,
)


def _filled(kind: Kind, part: str, language: str, words: Mapping[str, object]) -> str:
    return _templates.get_template(f"{kind}/{part}.{language}.txt").render(words)


def _breaks_a_line(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cs") or letter in LINE_ENDS
